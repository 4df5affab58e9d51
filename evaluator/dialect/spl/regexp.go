package spl

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// compileRegexp brings an expression of PCRE to Go. The error says what cannot be
// brought.
func compileRegexp(source string) (*regexp.Regexp, error) {
	t := &translator{src: source}
	for t.src != "" {
		if err := t.piece(); err != nil {
			return nil, err
		}
	}
	re, err := regexp.Compile(t.out.String())
	if err != nil {
		return nil, fmt.Errorf("an expression that Go does not read: %w", err)
	}
	return re, nil
}

// translator writes an expression of PCRE for Go. Flag i is written out as classes
// of two letters, since Go's folds more letters than ASCII's.
type translator struct {
	src   string // what is left
	out   strings.Builder
	fold  bool
	outer []bool // fold of the groups around
}

func (t *translator) take(n int) string {
	s := t.src[:n]
	t.src = t.src[n:]
	return s
}

func (t *translator) rune() rune {
	r, n := utf8.DecodeRuneInString(t.src)
	t.src = t.src[n:]
	return r
}

// lineLooks are the looks to either side that stand for ^ and $ of lines.
var lineLooks = map[string]string{`(?<![^\x0a])`: "(?m:^)", `(?![^\x0a])`: "(?m:$)"}

// piece translates one element.
func (t *translator) piece() error {
	for look, line := range lineLooks {
		if strings.HasPrefix(t.src, look) {
			t.take(len(look))
			t.out.WriteString(line)
			return nil
		}
	}
	switch c := t.src[0]; c {
	case '\\':
		return t.escape()
	case '[':
		return t.class()
	case '(':
		return t.group()
	case ')':
		if n := len(t.outer); n > 0 {
			t.fold, t.outer = t.outer[n-1], t.outer[:n-1]
		}
		t.out.WriteString(t.take(1))
	case '^':
		t.take(1)
		t.out.WriteString(`\A`)
	case '$':
		if t.take(1); t.src != "" {
			return fmt.Errorf("$ that is not at the end")
		}
		t.out.WriteString(`(?:\n?\z)`) // also in front of a last line break
	case '*', '+', '?':
		return t.quantifier(1)
	case '{':
		if n := repeatLength(t.src); n > 0 {
			return t.quantifier(n)
		}
		t.literal(t.rune())
	case '|', '.':
		t.out.WriteString(t.take(1))
	default:
		t.literal(t.rune())
	}
	return nil
}

// quantifier copies one, lazy or not. Possessive ones Go lacks.
func (t *translator) quantifier(n int) error {
	t.out.WriteString(t.take(n))
	if strings.HasPrefix(t.src, "+") {
		return fmt.Errorf("a possessive quantifier")
	}
	if strings.HasPrefix(t.src, "?") {
		t.out.WriteString(t.take(1))
	}
	return nil
}

// repeatLength gives the length of {n}, {n,} or {n,m} at the start of s. Other braces
// are text.
func repeatLength(s string) int {
	i := strings.IndexByte(s, '}')
	if i < 0 {
		return 0
	}
	low, high, ranged := strings.Cut(s[1:i], ",")
	if !digits(low) || ranged && high != "" && !digits(high) {
		return 0
	}
	return i + 1
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// literal writes a character that stands for itself.
func (t *translator) literal(r rune) {
	if upper, lower, ok := bothCases(r); ok && t.fold {
		t.out.WriteString("[" + string(upper) + string(lower) + "]")
		return
	}
	t.out.WriteString(regexp.QuoteMeta(string(r)))
}

func bothCases(r rune) (upper, lower rune, ok bool) {
	if r < unicode.MaxASCII && unicode.IsLetter(r) {
		return unicode.ToUpper(r), unicode.ToLower(r), true
	}
	return r, r, false
}

// group opens a group or sets flags.
func (t *translator) group() error {
	if !strings.HasPrefix(t.src, "(?") {
		t.outer = append(t.outer, t.fold)
		t.out.WriteString(t.take(1))
		return nil
	}
	end := strings.IndexAny(t.src, ":)")
	if end < 0 {
		return fmt.Errorf("a group that does not end")
	}
	letters := t.src[2:end]
	if strings.Trim(letters, "is-") != "" {
		return fmt.Errorf("the group %s", t.src[:end])
	}
	opens := t.src[end] == ':'
	t.take(end + 1)
	if opens {
		t.outer = append(t.outer, t.fold)
	}
	on, kept := true, ""
	for _, c := range letters {
		switch c {
		case '-':
			on = false
		case 'i':
			t.fold = on
		case 's':
			kept = map[bool]string{true: "s", false: "-s"}[on]
		}
	}
	switch {
	case opens:
		t.out.WriteString("(?" + kept + ":")
	case kept != "":
		t.out.WriteString("(?" + kept + ")")
	}
	return nil
}

// classEscapes are what PCRE means by these escapes; \s has the vertical tab.
var classEscapes = map[byte]string{
	'd': `0-9`, 'w': `0-9A-Za-z_`, 's': `\x09-\x0d `,
	'D': `\x00-/:-\x{10ffff}`, 'W': `\x00-/:-@\[-\^` + "`" + `{-\x{10ffff}`, 'S': `\x00-\x08\x0e-\x1f!-\x{10ffff}`,
}

// escape translates one outside a class.
func (t *translator) escape() error {
	if len(t.src) < 2 {
		return fmt.Errorf("a backslash at the end")
	}
	c := t.src[1]
	if set := classEscapes[c]; set != "" {
		t.take(2)
		t.out.WriteString("[" + set + "]")
		return nil
	}
	switch c {
	case 'A', 'z', 'b', 'B':
		t.out.WriteString(t.take(2))
		return nil
	case 'p', 'P':
		if t.fold {
			return fmt.Errorf("a Unicode class under the flag i")
		}
		text, err := t.property()
		t.out.WriteString(text)
		return err
	}
	r, err := t.character()
	if err == nil {
		t.literal(r)
	}
	return err
}

// property takes \pL or \p{Name}.
func (t *translator) property() (string, error) {
	n := 3
	if strings.HasPrefix(t.src[2:], "{") {
		n = strings.IndexByte(t.src, '}') + 1
	}
	if n < 3 || n > len(t.src) {
		return "", fmt.Errorf("a Unicode class that does not end")
	}
	return t.take(n), nil
}

var controls = map[byte]rune{'n': '\n', 'r': '\r', 't': '\t', 'f': '\f', 'a': '\a', 'e': 0x1b}

// character takes an escape that stands for one character.
func (t *translator) character() (rune, error) {
	if len(t.src) < 2 {
		return 0, fmt.Errorf("a backslash at the end")
	}
	c := t.src[1]
	if r, ok := controls[c]; ok {
		t.take(2)
		return r, nil
	}
	if c == 'x' {
		return t.hex()
	}
	if c < utf8.RuneSelf && (unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c))) {
		return 0, fmt.Errorf(`the escape \%c`, c)
	}
	t.take(1)
	return t.rune(), nil
}

// hex takes \xHH or \x{H…}.
func (t *translator) hex() (rune, error) {
	text, n := "", 4
	if strings.HasPrefix(t.src, `\x{`) {
		n = strings.IndexByte(t.src, '}') + 1
		if n > 0 {
			text = t.src[3 : n-1]
		}
	} else if len(t.src) >= n {
		text = t.src[2:n]
	}
	var r rune
	if _, err := fmt.Sscanf(text, "%x", &r); err != nil || strings.Trim(text, "0123456789abcdefABCDEF") != "" || !utf8.ValidRune(r) {
		return 0, fmt.Errorf("a bad hexadecimal escape")
	}
	t.take(n)
	return r, nil
}

// class translates [ ].
func (t *translator) class() error {
	t.out.WriteString(t.take(1))
	if strings.HasPrefix(t.src, "^") {
		t.out.WriteString(t.take(1))
	}
	for first := true; ; first = false {
		switch {
		case t.src == "":
			return fmt.Errorf("a class that does not end")
		case t.src[0] == ']' && !first:
			t.out.WriteString(t.take(1))
			return nil
		}
		if err := t.classItem(); err != nil {
			return err
		}
	}
}

// classItem translates a set, a character, or a range.
func (t *translator) classItem() error {
	if strings.HasPrefix(t.src, "[:") {
		n := strings.Index(t.src, ":]")
		if n < 0 || t.fold {
			return fmt.Errorf("a named class under the flag i, or that does not end")
		}
		t.out.WriteString(t.take(n + 2))
		return nil
	}
	if t.src[0] == '\\' && len(t.src) > 1 {
		if set := classEscapes[t.src[1]]; set != "" {
			t.take(2)
			t.out.WriteString(set)
			return nil
		}
		if t.src[1] == 'p' || t.src[1] == 'P' {
			text, err := t.property()
			t.out.WriteString(text)
			return err
		}
	}
	low, err := t.classRune()
	if err != nil {
		return err
	}
	high := low
	if len(t.src) > 1 && t.src[0] == '-' && t.src[1] != ']' {
		t.take(1)
		if len(t.src) > 1 && t.src[0] == '\\' && classEscapes[t.src[1]] != "" {
			return fmt.Errorf("a range that ends in a set")
		}
		if high, err = t.classRune(); err != nil {
			return err
		}
	}
	if high < low {
		return fmt.Errorf("a range in reverse")
	}
	t.writeRange(low, high)
	if t.fold {
		t.writeFolded(low, high)
	}
	return nil
}

func (t *translator) classRune() (rune, error) {
	if t.src[0] == '\\' {
		return t.character()
	}
	return t.rune(), nil
}

func (t *translator) writeRange(low, high rune) {
	fmt.Fprintf(&t.out, `\x{%x}`, low)
	if high > low {
		fmt.Fprintf(&t.out, `-\x{%x}`, high)
	}
}

// writeFolded adds the ASCII letters of a range in their other case.
func (t *translator) writeFolded(low, high rune) {
	for _, letters := range [][3]rune{{'A', 'Z', 'a' - 'A'}, {'a', 'z', 'A' - 'a'}} {
		if from, to := max(low, letters[0]), min(high, letters[1]); from <= to {
			t.writeRange(from+letters[2], to+letters[2])
		}
	}
}
