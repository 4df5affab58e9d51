package splunk

import (
	"errors"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/backends"
)

// regex is a regular expression of a rule as a string of eval holds it.
type regex struct {
	text  string
	folds bool // it ignores the case of letters for which more than ASCII matters
}

// translateRegex writes an expression in RE2's syntax for PCRE, in the normal
// form of quoteRegex. For text that may be JSON, literal characters also match
// their escapes, and anchors are refused: there is no telling where a value
// begins.
//
// It follows the source character by character, so that people find their
// expression again; since the source parses, only RE2's constructs come up.
func translateRegex(v *ast.Regex, json bool) (regex, error) {
	if _, err := v.Parse(); err != nil {
		return regex{}, errors.New(strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	w := regexWriter{src: v.Source, json: json}
	w.flags = regexFlags{v.IgnoreCase, v.Multiline}
	w.out.WriteString(flagGroup(v.IgnoreCase, v.DotAll))
	for w.src != "" && w.err == nil {
		w.next()
	}
	return regex{w.out.String(), w.folds}, w.err
}

type regexFlags struct{ ignoreCase, multiline bool }

type regexWriter struct {
	src   string // what is left
	out   strings.Builder
	flags regexFlags
	outer []regexFlags // of the groups around
	json  bool
	folds bool
	err   error
}

// next translates one element.
func (w *regexWriter) next() {
	switch c := w.src[0]; c {
	case '\\':
		w.escape()
	case '[':
		w.class()
	case '(':
		w.group()
	case ')':
		w.take(1)
		w.out.WriteByte(c)
		if n := len(w.outer); n > 0 {
			w.flags, w.outer = w.outer[n-1], w.outer[:n-1]
		}
	case '{':
		if n := repetition(w.src); n > 0 {
			w.out.WriteString(w.take(n))
			return
		}
		w.literal(w.rune())
	case '|', '*', '+', '?', '.':
		w.take(1)
		w.out.WriteByte(c)
	case '^':
		w.take(1)
		if w.flags.multiline {
			w.assertion(`(?<![^\x0a])`) // also at the very end, unlike ^ in PCRE
		} else {
			w.assertion(`\A`)
		}
	case '$':
		w.take(1)
		if w.flags.multiline {
			w.assertion(`(?![^\x0a])`)
		} else {
			w.assertion(`\z`) // $ would also stand before a last line break
		}
	default:
		w.literal(w.rune())
	}
}

// take consumes n bytes.
func (w *regexWriter) take(n int) string {
	s := w.src[:n]
	w.src = w.src[n:]
	return s
}

func (w *regexWriter) rune() rune {
	r, n := utf8.DecodeRuneInString(w.src)
	w.src = w.src[n:]
	return r
}

// one writes text that a quantifier behind it must take as a whole.
func (w *regexWriter) one(text string) {
	if w.src != "" && (strings.IndexByte("*+?", w.src[0]) >= 0 || repetition(w.src) > 0) {
		text = "(?:" + text + ")"
	}
	w.out.WriteString(text)
}

func (w *regexWriter) assertion(text string) {
	if w.json {
		w.err = errors.New("an anchor, which the text of a whole event has no place for")
	}
	w.one(text)
}

func (w *regexWriter) literal(r rune) {
	w.folds = w.folds || w.flags.ignoreCase && backends.FoldsBeyondASCII(string(r))
	var b strings.Builder
	if w.json {
		writeJSONRune(&b, r)
	} else {
		writeRegexRune(&b, r)
	}
	if spelledApart := r < ' ' || r == '\\' || r == '"'; r >= 0x80 || w.json && spelledApart {
		w.one(b.String())
		return
	}
	w.out.WriteString(b.String()) // one character, class or escape
}

// repetition gives the length of a {n}, {n,} or {n,m} at the start of s. Other
// braces are text.
func repetition(s string) int {
	end := strings.IndexByte(s, '}')
	if end < 0 || s[0] != '{' {
		return 0
	}
	low, high, ranged := strings.Cut(s[1:end], ",")
	if !allDigits(low) || ranged && high != "" && !allDigits(high) {
		return 0
	}
	return end + 1
}

// group opens a group or sets flags. Names are of no use to a match, and PCRE
// restricts them.
func (w *regexWriter) group() {
	if !strings.HasPrefix(w.src, "(?") {
		w.take(1)
		w.outer = append(w.outer, w.flags)
		w.out.WriteByte('(')
		return
	}
	w.take(2)
	if strings.HasPrefix(w.src, "P<") || strings.HasPrefix(w.src, "<") {
		w.take(strings.IndexByte(w.src, '>') + 1)
		w.outer = append(w.outer, w.flags)
		w.out.WriteString("(?:")
		return
	}
	end := strings.IndexAny(w.src, ":)")
	if end < 0 {
		w.err = errors.New("a group of an unknown kind")
		return
	}
	letters := w.take(end)
	opens := w.take(1) == ":"
	if opens {
		w.outer = append(w.outer, w.flags)
	}
	if text := w.setFlags(letters); opens {
		w.out.WriteString("(?" + text + ":")
	} else if text != "" {
		w.out.WriteString("(?" + text + ")")
	}
}

// setFlags applies flags and gives those that PCRE is told of: m is spelled out
// at the anchors, and U changes which match is found, never whether.
func (w *regexWriter) setFlags(letters string) string {
	on, kept, sign := true, "", ""
	for _, c := range letters {
		switch c {
		case '-':
			on, sign = false, "-"
		case 'i':
			w.flags.ignoreCase = on
			kept, sign = kept+sign+"i", ""
		case 's':
			kept, sign = kept+sign+"s", ""
		case 'm':
			w.flags.multiline = on
		}
	}
	return kept
}

// whiteSpace is \s of RE2. PCRE's has the vertical tab too, from 8.34 on.
const whiteSpace = `\x09\x0a\x0c\x0d `

func (w *regexWriter) escape() {
	if len(w.src) < 2 {
		w.err = errors.New("a backslash at the end")
		return
	}
	switch c := w.src[1]; c {
	case 'A', 'z', 'b', 'B':
		text := w.take(2)
		if c == 'b' || c == 'B' {
			w.one(text) // a border of words is the same in the event's text
			return
		}
		w.assertion(text)
	case 'd', 'D':
		w.out.WriteString(w.take(2))
	case 'w', 'W':
		w.folds = w.folds || w.flags.ignoreCase
		w.out.WriteString(w.take(2))
	case 's':
		w.take(2)
		w.out.WriteString(`[^\S\x0b]`)
	case 'S':
		w.take(2)
		w.out.WriteString(`[\S\x0b]`)
	case 'p', 'P':
		w.out.WriteString(w.property())
	case 'Q':
		w.take(2)
		text, rest, _ := strings.Cut(w.src, `\E`)
		for text != "" {
			r, n := utf8.DecodeRuneInString(text)
			text = text[n:]
			w.src = text
			if text == "" {
				w.src = rest // a quantifier behind \E takes the last character
			}
			w.quoted(r, text == "")
		}
		w.src = rest
	default:
		w.literal(w.escapedRune())
	}
}

// quoted writes a character between \Q and \E, where only behind the last one
// a quantifier can stand.
func (w *regexWriter) quoted(r rune, last bool) {
	rest := w.src
	if !last {
		w.src = ""
	}
	w.literal(r)
	w.src = rest
}

// property takes \pL or \p{Name}.
func (w *regexWriter) property() string {
	n := 3
	if strings.HasPrefix(w.src[2:], "{") {
		n = strings.IndexByte(w.src, '}') + 1
	}
	if n < 3 || n > len(w.src) {
		w.err = errors.New("a character class of an unknown form")
		n = len(w.src)
	}
	if w.flags.ignoreCase {
		w.err = errors.New("a Unicode class under the flag i, which PCRE does not fold")
	}
	return w.take(n)
}

// escapedRune takes an escape that stands for one character.
func (w *regexWriter) escapedRune() rune {
	c := w.src[1]
	switch {
	case c == 'x' && strings.HasPrefix(w.src[2:], "{"):
		end := strings.IndexByte(w.src, '}')
		if end < 0 {
			break
		}
		digits := w.take(end + 1)
		return w.number(digits[3:end], 16)
	case c == 'x' && len(w.src) >= 4:
		return w.number(w.take(4)[2:], 16)
	case c >= '0' && c <= '7':
		n := 2
		for n < 4 && n < len(w.src) && w.src[n] >= '0' && w.src[n] <= '7' {
			n++
		}
		return w.number(w.take(n)[1:], 8)
	case c < 0x80 && !(isWordByte(c) && c != '_'):
		w.take(2)
		return rune(c)
	}
	if i := strings.IndexByte("afnrtv", c); i >= 0 {
		w.take(2)
		return rune("\a\f\n\r\t\v"[i])
	}
	w.err = errors.New(`\` + string(rune(c)) + ", which is no escape of RE2")
	w.src = ""
	return 0
}

func (w *regexWriter) number(digits string, base int) rune {
	n, err := strconv.ParseInt(digits, base, 32)
	if err != nil {
		w.err = errors.New("an escape that is no number")
	}
	return rune(n)
}

// class writes a [class].
func (w *regexWriter) class() {
	w.folds = w.folds || w.flags.ignoreCase
	w.take(1)
	var b strings.Builder
	b.WriteByte('[')
	if strings.HasPrefix(w.src, "^") {
		b.WriteString(w.take(1))
	}
	for first := true; w.err == nil && w.src != "" && (first || w.src[0] != ']'); first = false {
		w.classItem(&b)
	}
	if w.src != "" {
		w.take(1)
	}
	b.WriteByte(']')
	w.out.WriteString(b.String())
}

func (w *regexWriter) classItem(b *strings.Builder) {
	if strings.HasPrefix(w.src, "[:") {
		if end := strings.Index(w.src[2:], ":]"); end >= 0 {
			b.WriteString(w.take(end + 4))
			return
		}
	}
	if len(w.src) > 1 && w.src[0] == '\\' {
		switch w.src[1] {
		case 'd', 'D', 'w', 'W':
			b.WriteString(w.take(2))
			return
		case 's':
			w.take(2)
			b.WriteString(whiteSpace)
			return
		case 'S':
			w.take(2)
			b.WriteString(`\S\x0b`)
			return
		case 'p', 'P':
			b.WriteString(w.property())
			return
		}
	}
	writeClassRune(b, w.classRune())
	if len(w.src) > 1 && w.src[0] == '-' && w.src[1] != ']' {
		w.take(1)
		b.WriteByte('-')
		writeClassRune(b, w.classRune())
	}
}

func (w *regexWriter) classRune() rune {
	if w.src[0] == '\\' && len(w.src) > 1 {
		return w.escapedRune()
	}
	return w.rune()
}

// maybeNumber reports whether the expression can match in text of digits, signs,
// points and exponents alone, so that the way in which a number is spelled may
// count.
func maybeNumber(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpNoMatch:
		return false
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if !strings.ContainsRune(numberRunes, r) && !(re.Flags&syntax.FoldCase != 0 && r == 'E') {
				return false
			}
		}
		return true
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for _, r := range numberRunes {
				if re.Rune[i] <= r && r <= re.Rune[i+1] {
					return true
				}
			}
		}
		return false
	case syntax.OpCapture, syntax.OpPlus, syntax.OpRepeat:
		return re.Op == syntax.OpRepeat && re.Min == 0 || maybeNumber(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !maybeNumber(sub) {
				return false
			}
		}
		return true
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if maybeNumber(sub) {
				return true
			}
		}
		return false
	}
	return true
}

// numberRunes are the characters of decimal numbers.
const numberRunes = "0123456789+-.eE"
