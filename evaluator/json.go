package evaluator

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxNesting is the depth beyond which an event is refused; the bound is that
// of encoding/json.
const maxNesting = 10000

// EventError says why bytes are no event.
type EventError struct {
	Offset int    // the byte at which reading stopped
	Reason string // lower case, what was expected
}

// Error implements error.
func (e *EventError) Error() string { return fmt.Sprintf("event, byte %d: %s", e.Offset, e.Reason) }

// ParseEvent reads one JSON object and nothing after it but blanks. It keeps
// what encoding/json would lose: numbers to the last digit, the order of keys,
// and bytes in strings that are not UTF-8. Where a key stands twice in one map
// the last value wins, as in encoding/json, and stands in the place of the first.
// A surrogate escape without its other half becomes U+FFFD. raw is not retained.
// The error is an *EventError.
func ParseEvent(raw []byte) (*Event, error) {
	r := reader{src: string(raw)}
	r.blanks()
	if r.peek() != '{' {
		return nil, r.fail("expected a JSON object")
	}
	root := &value{}
	if err := r.value(root); err != nil {
		return nil, err
	}
	r.blanks()
	if r.pos < len(r.src) {
		return nil, r.fail("expected nothing after the object")
	}
	return &Event{root: root}, nil
}

// reader is a recursive-descent reader of JSON (RFC 8259).
type reader struct {
	src string
	pos int
}

func (r *reader) fail(reason string) error { return &EventError{Offset: r.pos, Reason: reason} }

// peek is the next byte; 0, which no JSON token begins with, at the end.
func (r *reader) peek() byte {
	if r.pos < len(r.src) {
		return r.src[r.pos]
	}
	return 0
}

func (r *reader) take(c byte) bool {
	if r.pos < len(r.src) && r.src[r.pos] == c {
		r.pos++
		return true
	}
	return false
}

func (r *reader) blanks() {
	for r.pos < len(r.src) && strings.IndexByte(" \t\r\n", r.src[r.pos]) >= 0 {
		r.pos++
	}
}

// value reads into v, whose place in the event its parent has set.
func (r *reader) value(v *value) error {
	if v.depth >= maxNesting {
		return r.fail("nested too deep")
	}
	switch c := r.peek(); {
	case c == '{':
		v.kind = kindMap
		return r.mapMembers(v)
	case c == '[':
		v.kind = kindArray
		return r.arrayMembers(v)
	case c == '"':
		v.kind = kindString
		var err error
		v.text, err = r.text()
		return err
	case c == '-' || isDigit(c):
		v.kind = kindNumber
		var err error
		v.text, err = r.number()
		return err
	}
	for _, word := range []struct {
		text string
		kind valueKind
	}{{"true", kindBool}, {"false", kindBool}, {"null", kindNull}} {
		if strings.HasPrefix(r.src[r.pos:], word.text) {
			r.pos += len(word.text)
			v.kind, v.text = word.kind, word.text
			return nil
		}
	}
	return r.fail("expected a JSON value")
}

func (r *reader) mapMembers(v *value) error {
	r.pos++
	v.members = make(map[string]*value)
	r.blanks()
	if r.take('}') {
		return nil
	}
	for {
		r.blanks()
		if r.peek() != '"' {
			return r.fail("expected a key in quotes")
		}
		name, err := r.text()
		if err != nil {
			return err
		}
		r.blanks()
		if !r.take(':') {
			return r.fail("expected : after the key")
		}
		r.blanks()
		member := &value{parent: v, name: name, index: len(v.items), depth: v.depth + 1}
		if err := r.value(member); err != nil {
			return err
		}
		v.setMember(member)
		r.blanks()
		if r.take('}') {
			return nil
		}
		if !r.take(',') {
			return r.fail("expected , or } after a value")
		}
	}
}

func (v *value) setMember(member *value) {
	if first, twice := v.members[member.name]; twice {
		member.index = first.index
		v.items[first.index] = member
	} else {
		v.items = append(v.items, member)
	}
	v.members[member.name] = member
}

func (r *reader) arrayMembers(v *value) error {
	r.pos++
	r.blanks()
	if r.take(']') {
		return nil
	}
	for {
		r.blanks()
		item := &value{parent: v, index: len(v.items), depth: v.depth + 1}
		if err := r.value(item); err != nil {
			return err
		}
		v.items = append(v.items, item)
		r.blanks()
		if r.take(']') {
			return nil
		}
		if !r.take(',') {
			return r.fail("expected , or ] after a value")
		}
	}
}

// number gives a number as it is written.
func (r *reader) number() (string, error) {
	start := r.pos
	r.take('-')
	if !r.take('0') && !r.digits() {
		return "", r.fail("expected a digit")
	}
	if r.take('.') && !r.digits() {
		return "", r.fail("expected a digit after the point")
	}
	if r.take('e') || r.take('E') {
		if !r.take('+') {
			r.take('-')
		}
		if !r.digits() {
			return "", r.fail("expected a digit in the exponent")
		}
	}
	return r.src[start:r.pos], nil
}

func (r *reader) digits() bool {
	start := r.pos
	for isDigit(r.peek()) {
		r.pos++
	}
	return r.pos > start
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// text reads a string in quotes and gives its contents.
func (r *reader) text() (string, error) {
	r.pos++
	start := r.pos
	var b strings.Builder
	for r.pos < len(r.src) {
		switch c := r.src[r.pos]; {
		case c == '"':
			s := r.src[start:r.pos]
			r.pos++
			if b.Len() == 0 {
				return s, nil
			}
			return b.String() + s, nil
		case c < ' ':
			return "", r.fail("expected an escape instead of a control character")
		case c == '\\':
			b.WriteString(r.src[start:r.pos])
			if err := r.escape(&b); err != nil {
				return "", err
			}
			start = r.pos
		default:
			r.pos++
		}
	}
	return "", r.fail("expected a closing quote")
}

func (r *reader) escape(b *strings.Builder) error {
	r.pos++
	if r.take('u') {
		return r.unicodeEscape(b)
	}
	i := strings.IndexByte(`"\/bfnrt`, r.peek())
	if i < 0 {
		return r.fail("expected one of \" \\ / b f n r t u after a backslash")
	}
	r.pos++
	b.WriteByte("\"\\/\b\f\n\r\t"[i])
	return nil
}

func (r *reader) unicodeEscape(b *strings.Builder) error {
	unit, err := r.hex4()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(unit) && strings.HasPrefix(r.src[r.pos:], `\u`) {
		before := r.pos
		r.pos += 2
		low, err := r.hex4()
		if err != nil {
			return err
		}
		if pair := utf16.DecodeRune(unit, low); pair != utf8.RuneError {
			b.WriteRune(pair)
			return nil
		}
		r.pos = before // the second is a character of its own
	}
	b.WriteRune(unit) // a lone half is written as U+FFFD
	return nil
}

func (r *reader) hex4() (rune, error) {
	if len(r.src)-r.pos < 4 {
		return 0, r.fail("expected four hexadecimal digits")
	}
	n, err := strconv.ParseUint(r.src[r.pos:r.pos+4], 16, 16)
	if err != nil {
		return 0, r.fail("expected four hexadecimal digits")
	}
	r.pos += 4
	return rune(n), nil
}

// appendUnescaped appends the contents of a valid string, as reader.text has them.
func appendUnescaped(to []byte, b []byte) []byte {
	for i := 0; i < len(b); {
		if b[i] != '\\' {
			to = append(to, b[i])
			i++
			continue
		}
		if c := b[i+1]; c != 'u' {
			to = append(to, "\"\\/\b\f\n\r\t"[strings.IndexByte(`"\/bfnrt`, c)])
			i += 2
			continue
		}
		unit := hexUnit(b[i+2:])
		i += 6
		if utf16.IsSurrogate(unit) && len(b)-i >= 6 && b[i] == '\\' && b[i+1] == 'u' {
			if pair := utf16.DecodeRune(unit, hexUnit(b[i+2:])); pair != utf8.RuneError {
				unit = pair
				i += 6
			}
		}
		to = utf8.AppendRune(to, unit) // a lone half is written as U+FFFD
	}
	return to
}

// hexUnit reads four hexadecimal digits.
func hexUnit(b []byte) (unit rune) {
	for _, c := range b[:4] {
		digit := rune(c - '0')
		if c > '9' {
			digit = rune(c|0x20) - 'a' + 10
		}
		unit = unit<<4 | digit
	}
	return unit
}
