package cloudtrail

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// broken reports the value at the window's beginning, which came to an end with verdict v at index e, and goes to the next place where a
// record can begin. That place may be inside the value, at index from or later, or behind it. From is 0 for the rest of a delivery file's
// object, which is no record of its own.
func (s *scanner) broken(e int, v verdict, from int) {
	w := s.win
	p := Problem{Line: w.line, Offset: w.offset, Lost: true}
	if from > 0 {
		s.index++
		p.Index = s.index
	}
	next, inside := s.lookBack(e, from)
	if v == bad && !inside && s.misplaced(e) {
		next, inside = e, true
	}
	p.Reason, p.Detail = s.explain(e, v, from, inside)
	to := atRecord
	switch {
	case inside:
		w.advance(next)
	case v == cut:
		w.advance(e)
		to = atEnd
	default:
		to = s.lookAhead(e)
	}
	if to == atRecord {
		s.restart()
	}
	s.skipped(p, to)
}

// misplaced reports whether the byte at index e, where the machine stopped, opens an object in the place of a member's name or of a comma
// between members. A bracket that closes the object before is missing, so this is the beginning of the next record, and to follow the
// brackets from here would never come to their balance.
func (s *scanner) misplaced(e int) bool {
	behindValue := s.m.state == wantCommaOrEnd || s.m.state.complete()
	behindName := s.m.state == wantKeyOrEnd || s.m.state == wantKey || s.m.state == wantColon
	return s.win.bytes()[e] == '{' && (behindValue || behindName) && len(s.m.open) > 0 && s.m.open[len(s.m.open)-1] == '{'
}

// place is where the search for the next record ended.
type place uint8

const (
	atEnd    place = iota // of the text
	atBorder              // behind a value, or where a comma or bracket must come
	atRecord              // before the '{' of what should be a record
)

// restart makes the state fit for a record found by search: no comma is missed before it, and a delivery file is in no list.
func (s *scanner) restart() {
	if l := s.innermost(); l != nil {
		l.next = comma
	}
	if opens(s.win.need(maxPeek)) == recordsName {
		s.lists = s.lists[:0]
	}
}

// skipped reports p, whose reach ends at the window's beginning.
func (s *scanner) skipped(p Problem, to place) {
	p.Bytes = s.win.offset - p.Offset
	p.Detail += "; skipped " + count(p.Bytes, "byte")
	if to == atEnd {
		s.told = true
		p.Detail += " up to the end"
	} else {
		line, column := s.win.at(0)
		p.Detail += fmt.Sprintf(", reading goes on at line %d, column %d", line, column)
	}
	s.problem(p)
}

// explain says what is wrong at index e.
func (s *scanner) explain(e int, v verdict, from int, inside bool) (Reason, string) {
	line, column := s.win.at(e)
	where := "inside a record"
	if from == 0 {
		where = "behind the records of a delivery file"
	}
	switch v {
	case large:
		return TooLarge, "no end of the record within " + count(s.opts.MaxRecord, "byte") + ", the limit"
	case deep:
		return TooDeep, fmt.Sprintf("%s at line %d, column %d nests deeper than %s, the limit",
			s.found(e), line, column, count(s.opts.MaxDepth, "level"))
	case cut:
		if d, ok := errors.AsType[*damage](s.win.err); ok && !inside {
			return d.reason, d.Error() + ", " + where
		}
		return TruncatedJSON, "the text ends " + where + ", expected " + s.m.expected()
	}
	return InvalidJSON, fmt.Sprintf("unexpected %s at line %d, column %d, expected %s", s.found(e), line, column, s.m.expected())
}

// found quotes what stands at index i: a word, or one character.
func (s *scanner) found(i int) string {
	const longest = 20
	b := s.win.need(i + longest)
	b = b[i:min(i+longest, len(b))]
	n := 0
	for n < len(b) && (isDigit(b[n]) || b[n] == '_' || 'a' <= b[n]|0x20 && b[n]|0x20 <= 'z') {
		n++
	}
	if n == 0 {
		_, n = utf8.DecodeRune(b)
	}
	return quote(b[:n])
}

// quote puts b in single quotes, with escapes for what cannot be printed.
func quote(b []byte) string {
	q := strconv.Quote(string(b))
	if string(b) == "'" {
		return q
	}
	return "'" + strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`) + "'"
}

// notAnObject reports and passes a complete value of another kind.
func (s *scanner) notAnObject(n int) {
	const longest = 40
	shown := s.win.bytes()[:n]
	dots := ""
	if n > longest {
		shown, dots = shown[:longest], "…"
	}
	s.index++
	p := Problem{Index: s.index, Line: s.win.line, Offset: s.win.offset, Bytes: int64(n), Reason: NotAnObject, Lost: true}
	p.Detail = "found " + quote(shown) + dots + ", expected an object; skipped " + count(n, "byte")
	s.win.advance(n)
	s.problem(p)
}

// odd reports n bytes of punctuation that should not stand here, or, with none, that a comma is missing or one too many. No event is
// lost by it: what is around it is read.
func (s *scanner) odd(n int) {
	l := s.innermost()
	line, column := s.win.at(0)
	p := Problem{Line: s.win.line, Offset: s.win.offset, Bytes: int64(n), Reason: InvalidJSON}
	found := s.found(0)
	if n > 1 {
		found = quote(s.win.bytes()[:n])
	}
	p.Detail = fmt.Sprintf("unexpected %s at line %d, column %d, expected %s", found, line, column, l.expected())
	if n > 0 {
		p.Detail += "; skipped " + count(n, "byte")
	} else {
		p.Detail += "; nothing skipped"
	}
	s.win.advance(n)
	s.problem(p)
}

// lookBack looks for the beginning of a record inside a broken value that ends, or seems to, at index e. Only a beginning that cannot well
// be part of the value counts: see lineBorder and textBorder.
//
// What lies behind that beginning is then read a second time, and damage can be made so that this happens again and again. So it is paid
// for from an account to which every byte of the text contributes; when that is empty the search goes on behind e, which costs nothing.
func (s *scanner) lookBack(e, from int) (int, bool) {
	b := s.win.need(e + maxPeek)
	b = b[:min(len(b), e+maxPeek)]
	none := min(e+1, len(b)) // a beginning at e itself counts
	best := lineBorder(b, from, none, s.win.indent)
	best = textBorder(b, from, best, recordsName, true)
	if own := opens(b) == eventVersion; own || s.native {
		best = textBorder(b, from, best, eventVersion, own)
	}
	again := int64(e - best)
	if best == none || s.looked+again > 1<<20+4*s.win.offset {
		return 0, false
	}
	s.looked += again
	return best, true
}

// lineBorder returns the index, from or later and before end, of the first '{' that begins a line not indented deeper than indent; end if
// there is none. Inside of a value that is laid out over lines everything is indented deeper than its first line.
func lineBorder(b []byte, from, end, indent int) int {
	for i := 0; i < end; {
		k := bytes.IndexByte(b[i:end], '\n')
		if k < 0 {
			break
		}
		i += k + 1
		first := i
		for first < len(b) && isBlank(b[first]) {
			first++
		}
		if from <= first && first < end && b[first] == '{' && first-i <= indent {
			return first
		}
	}
	return end
}

// textBorder returns the index, from or later and before end, of the first object that opens with the name; end if there is none.
// A valid string cannot contain that text, because the quotes in it would be escaped. Only asValue may it be the value of a member: that is
// what a record in an envelope is, unless the record before was cut off behind a colon.
func textBorder(b []byte, from, end int, name string, asValue bool) int {
	b = b[:min(end+maxPeek, len(b))]
	for i := 0; ; {
		k := bytes.Index(b[i:], []byte(name))
		if k < 0 {
			return end
		}
		first := i + k - 1
		i += k + len(name)
		for first > 0 && isSpace(b[first]) {
			first--
		}
		if from <= first && first < end && opens(b[first:]) == name && (asValue || lastByte(b[:first]) != ':') {
			return first
		}
	}
}

// lastByte returns the last byte of b that is no white space, 0 if there is none.
func lastByte(b []byte) byte {
	if b = bytes.TrimRight(b, space); len(b) > 0 {
		return b[len(b)-1]
	}
	return 0
}

// space is the white space of JSON.
const space = " \t\r\n"

// The members with which CloudTrail opens a record and a delivery file.
const (
	eventVersion = `"eventVersion"`
	recordsName  = `"` + recordsKey + `"`
)

// opens tells whether b, as far as maxPeek bytes show it, begins like a record or a delivery file of CloudTrail: it returns the name of the
// first member with its quotes, and "" for everything else.
func opens(b []byte) string {
	if len(b) == 0 || b[0] != '{' {
		return ""
	}
	b = bytes.TrimLeft(b[1:min(len(b), maxPeek)], space)
	if bytes.HasPrefix(b, []byte(eventVersion)) {
		return eventVersion
	}
	if b, ok := bytes.CutPrefix(b, []byte(recordsName)); ok {
		if b, ok = bytes.CutPrefix(bytes.TrimLeft(b, space), []byte(":")); ok && bytes.HasPrefix(bytes.TrimLeft(b, space), []byte("[")) {
			return recordsName
		}
	}
	return ""
}

// opensAt is opens for index *i, with enough text behind it. To have that, what is before the index may have to go, and the index becomes 0.
func (w *window) opensAt(i *int) string {
	if len(w.bytes())-*i < maxPeek {
		w.advance(*i)
		*i = 0
		w.need(maxPeek)
	}
	return opens(w.bytes()[*i:])
}

// lookAhead goes from index e of a broken value, where the machine stopped, to the next border: the end of the value, told by its
// brackets and by what follows it, or the beginning of another one. Nothing that it passes is kept in memory.
func (s *scanner) lookAhead(e int) place {
	w, indent := s.win, s.win.indent
	t := tracker{open: s.m.open, maxDepth: s.opts.MaxDepth, inString: inString <= s.m.state && s.m.state <= inHex, last: lastByte(w.bytes()[:e])}
	own := opens(w.bytes()) == eventVersion
	column, blank := 0, false // of the line that begins behind e; blank while only white space has been seen in it
	for j := e; ; j++ {
		if j == len(w.bytes()) {
			w.advance(j)
			if j = 0; !w.fill() {
				return atEnd
			}
		}
		c := w.bytes()[j]
		if c == '{' {
			name := w.opensAt(&j)
			if blank && column <= indent || name == recordsName || name == eventVersion && (own || s.native && t.last != ':') {
				w.advance(j)
				return atRecord
			}
		}
		switch {
		case c == '\n':
			column, blank = 0, true
		case isBlank(c):
			column++
		case c != '\r':
			blank = false
		}
		if !t.take(c) {
			continue
		}
		w.advance(j + 1)
		if s.plausible() {
			return atBorder
		}
		t.open = append(t.open, '{') // it was only a brace in a string that lost its quote
		j = -1
	}
}

// plausible reports whether what follows is what follows a value: in a list its end, or a comma and another value; elsewhere the end of the
// line or another value. A string does not count, because members begin with one.
func (s *scanner) plausible() bool {
	inList, separated := len(s.lists) > 0, false
	for i := range maxPeek {
		b := s.win.need(i + 1)
		if i == len(b) {
			return true
		}
		switch c := b[i]; {
		case c == '\n' && !inList:
			return true
		case isSpace(c):
		case c == ',' && inList && !separated:
			separated = true
		case c == '{' || c == '[':
			return separated == inList
		case inList:
			return c == ']' || separated && (isDigit(c) || strings.IndexByte("-tfn", c) >= 0)
		default:
			return c == bom[0]
		}
	}
	return true
}

// tracker follows the brackets of a value that is broken. A closing bracket ends what the nearest opening one of its kind began, together
// with what was left open in between; without such a one it means nothing. A quote opens a string only where a string may stand: if one is
// missing, what follows is taken for strings and what is between them by turns, and so comes right again.
type tracker struct {
	open     []byte
	maxDepth int
	beyond   int // brackets open beyond maxDepth, no longer told apart
	inString bool
	escaped  bool
	last     byte // the last byte that is no white space, 0 at first
}

// take takes one byte and reports whether it ends the value.
func (t *tracker) take(c byte) bool {
	last := t.last
	if !isSpace(c) {
		t.last = c
	}
	switch {
	case t.escaped:
		t.escaped = false
	case t.inString:
		t.inString, t.escaped = c != '"', c == '\\'
		return !t.inString && len(t.open) == 0 // a string that is the whole value
	case c == '"':
		t.inString = last == 0 || strings.IndexByte("{[,:", last) >= 0
	case c == '{' || c == '[':
		if len(t.open) == t.maxDepth {
			t.beyond++
		} else {
			t.open = append(t.open, c)
		}
	case c != '}' && c != ']':
	case t.beyond > 0:
		t.beyond--
	default:
		if k := bytes.LastIndexByte(t.open, c-2); k >= 0 {
			t.open = t.open[:k]
		}
		return len(t.open) == 0
	}
	return false
}

// junk passes text that is no JSON value. Outside of lists it reaches to the end of the line, inside to where the next element may begin or
// the list end; text of punctuation alone is passed as such, so that a bracket too many costs no record.
func (s *scanner) junk(l *list) {
	marks := ",:}]"
	if l != nil {
		marks = ":}"
	}
	w, n := s.win, 0
	for n < maxPeek && n < len(w.need(n+1)) && strings.IndexByte(marks, w.bytes()[n]) >= 0 {
		n++
	}
	if n > 0 {
		s.odd(n)
		return
	}
	s.index++
	p := Problem{Index: s.index, Line: w.line, Offset: w.offset, Reason: InvalidJSON, Lost: true}
	line, column := w.at(0)
	p.Detail = fmt.Sprintf("unexpected %s at line %d, column %d, expected %s", s.found(0), line, column, l.expected())
	for j := 0; ; j++ {
		if j == len(w.bytes()) {
			w.advance(j)
			if j = 0; !w.fill() {
				s.skipped(p, atEnd)
				return
			}
		}
		switch c := w.bytes()[j]; {
		case c == '\n' && l == nil, l != nil && w.offset+int64(j) > p.Offset && (c == ',' || c == ']' || c == '{'):
		case c != '{' || w.opensAt(&j) == "":
			continue
		}
		w.advance(j)
		if l != nil {
			l.elements++
			if l.next = element; w.bytes()[0] == '{' {
				l.next = comma
			}
		}
		s.skipped(p, atBorder)
		return
	}
}
