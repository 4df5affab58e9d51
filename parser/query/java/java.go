// Package java reads regular expressions of Java (java.util.regex.Pattern), which
// ES|QL's REPLACE takes, and says them in the syntax of Go's package regexp.
//
// It knows what the two have in common: literals, classes, groups, alternatives,
// greedy and reluctant quantifiers, the flags i and s, \A \z \d \D \w \W and \s.
// Both take the first alternative that leads to a match, so their matches are the
// same. Where they differ it writes what Java means: i folds ASCII only, the dot
// stops at five line terminators, \s has the vertical tab in it. All else is an
// error.
package java

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Error says what is not read.
type Error struct {
	Offset int // of a byte in the expression
	Detail string
}

// Error gives the place and the construct.
func (e *Error) Error() string { return fmt.Sprintf("java: at byte %d: %s", e.Offset, e.Detail) }

// maxDepth bounds groups inside each other.
const maxDepth = 200

// Translate gives the expression in Go's syntax. The error is an *Error.
func Translate(source string) (string, error) {
	t := &translator{source: source}
	t.alternatives(0)
	if t.err == nil && t.at < len(source) {
		t.fail("a ) without a (")
	}
	if t.err != nil {
		return "", t.err
	}
	return t.out.String(), nil
}

type translator struct {
	source     string
	at         int
	out        strings.Builder
	ignoreCase bool
	dotAll     bool
	err        error
}

func (t *translator) fail(format string, args ...any) {
	if t.err == nil {
		t.err = &Error{t.at, fmt.Sprintf(format, args...)}
	}
	t.at = len(t.source)
}

func (t *translator) next() rune {
	if t.at >= len(t.source) {
		t.fail("the expression ends too early")
		return 0
	}
	r, n := utf8.DecodeRuneInString(t.source[t.at:])
	t.at += n
	return r
}

func (t *translator) take(s string) bool {
	if strings.HasPrefix(t.source[t.at:], s) {
		t.at += len(s)
		return true
	}
	return false
}

// alternatives translates up to the end of a group.
func (t *translator) alternatives(depth int) {
	if depth > maxDepth {
		t.fail("groups nest too deep")
	}
	for t.at < len(t.source) && t.source[t.at] != ')' {
		if t.take("|") {
			t.out.WriteByte('|')
			continue
		}
		if t.atom(depth) {
			t.quantifier()
		}
	}
}

// atom translates one operand; false if it is none that takes a quantifier.
func (t *translator) atom(depth int) bool {
	start := t.at
	switch r := t.next(); r {
	case '(':
		return t.group(depth)
	case '[':
		t.class()
	case '.':
		if t.dotAll {
			t.out.WriteString(`(?s:.)`)
		} else {
			t.out.WriteString(`[^\n\r\x{85}\x{2028}\x{2029}]`)
		}
	case '^':
		t.out.WriteString(`\A`)
		return false
	case '\\':
		return t.escape()
	case '$', '*', '+', '?', '{':
		t.at = start
		t.fail("%q is not read here", r)
	default:
		t.literal(r)
	}
	return true
}

func (t *translator) group(depth int) bool {
	ignoreCase, dotAll := t.ignoreCase, t.dotAll
	capture := true
	if t.take("?") {
		capture = false
		if !t.flags() {
			t.fail("a group that begins with (?%s", t.source[t.at:min(t.at+1, len(t.source))])
		}
		if t.take(")") {
			return false // the flags hold to the end of the group around
		}
		if !t.take(":") {
			t.fail("expected : behind the flags")
		}
	}
	t.out.WriteByte('(')
	if !capture {
		t.out.WriteString("?:")
	}
	t.alternatives(depth + 1)
	if t.err == nil && !t.take(")") {
		t.fail("expected ) at the end of a group")
	}
	t.out.WriteByte(')')
	t.ignoreCase, t.dotAll = ignoreCase, dotAll
	return true
}

// flags reads flags up to what ends them.
func (t *translator) flags() bool {
	on := true
	for t.at < len(t.source) {
		switch t.source[t.at] {
		case 'i':
			t.ignoreCase = on
		case 's':
			t.dotAll = on
		case '-':
			on = false
		case ':', ')':
			return true
		default:
			return false
		}
		t.at++
	}
	return false
}

// escape translates what stands behind a backslash.
func (t *translator) escape() bool {
	r := t.next()
	switch r {
	case 'A', 'z':
		t.out.WriteString(`\` + string(r))
		return false
	case 'd', 'D', 'w', 'W':
		t.out.WriteString(`\` + string(r))
		return true
	case 's':
		t.out.WriteString(`[ \t\n\v\f\r]`)
		return true
	case 'S':
		t.out.WriteString(`[^ \t\n\v\f\r]`)
		return true
	case 'n':
		t.literal('\n')
		return true
	case 't':
		t.literal('\t')
		return true
	case 'r':
		t.literal('\r')
		return true
	}
	if isLetter(r) || r >= '0' && r <= '9' {
		t.fail(`\%c is not read here`, r)
	}
	t.literal(r)
	return true
}

func isLetter(r rune) bool { return r < utf8.RuneSelf && r|0x20 >= 'a' && r|0x20 <= 'z' }

func (t *translator) literal(r rune) {
	if t.ignoreCase && isLetter(r) {
		fmt.Fprintf(&t.out, "[%c%c]", r&^0x20, r|0x20)
		return
	}
	t.out.WriteString(regexp.QuoteMeta(string(r)))
}

// class translates a class of characters and ranges.
func (t *translator) class() {
	t.out.WriteByte('[')
	if t.take("^") {
		t.out.WriteByte('^')
	}
	for first := true; t.err == nil && (first || !t.take("]")); first = false {
		if t.at >= len(t.source) {
			t.fail("expected ] at the end of a class")
			return
		}
		if t.take(`\d`) {
			t.out.WriteString(`\d`)
			continue
		}
		if t.take(`\w`) {
			t.out.WriteString(`\w`)
			continue
		}
		t.members()
	}
	t.out.WriteByte(']')
}

// members translates a character of a class, or a range of them.
func (t *translator) members() {
	lo := t.member()
	hi := lo
	if strings.HasPrefix(t.source[t.at:], "-") && !strings.HasPrefix(t.source[t.at:], "-]") {
		t.at++
		hi = t.member()
	}
	if lo > hi {
		t.fail("a range out of order")
	}
	fmt.Fprintf(&t.out, `\x{%x}-\x{%x}`, lo, hi)
	if !t.ignoreCase {
		return
	}
	for _, letters := range [][2]rune{{'a', 'z'}, {'A', 'Z'}} {
		if from, to := max(lo, letters[0]), min(hi, letters[1]); from <= to {
			fmt.Fprintf(&t.out, `\x{%x}-\x{%x}`, from^0x20, to^0x20)
		}
	}
}

func (t *translator) member() rune {
	r := t.next()
	switch {
	case r == '[' || r == '&' && strings.HasPrefix(t.source[t.at:], "&"):
		t.fail("a class in a class")
	case r != '\\':
		return r
	}
	if r = t.next(); isLetter(r) || r >= '0' && r <= '9' {
		t.fail(`\%c in a class is not read here`, r)
	}
	return r
}

// quantifier translates the quantifier of the last operand, if it has one.
func (t *translator) quantifier() {
	start := t.at
	switch {
	case t.take("*"), t.take("+"), t.take("?"):
	case t.take("{"):
		for t.at < len(t.source) && strings.IndexByte("0123456789,", t.source[t.at]) >= 0 {
			t.at++
		}
		if !t.take("}") {
			t.fail("expected } behind the count")
		}
	default:
		return
	}
	t.out.WriteString(t.source[start:t.at])
	if t.take("?") {
		t.out.WriteByte('?')
	}
	if t.at < len(t.source) && strings.IndexByte("*+?{", t.source[t.at]) >= 0 {
		t.fail("a possessive or repeated quantifier")
	}
}
