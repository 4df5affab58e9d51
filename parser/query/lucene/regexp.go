package lucene

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of the reader, so that no text exhausts memory or stack.
const (
	maxRegexpDepth = 1000
	maxRepeat      = 1 << 20
)

// ParseRegexp reads an expression with all operators of RegExp.ALL. The error is
// a *SyntaxError.
func ParseRegexp(text string) (Regexp, error) {
	return parseRegexp(&regexpParser{text: text})
}

// ParseQueryRegexp reads an expression as Elasticsearch's regexp query does, which
// makes one of a run of quantifiers before Lucene sees them: * unless all are the
// same. So where there is nothing to repeat, ?? matches the text ? (measured on
// 8.19.21; what it makes of +? there is not understood, and the error is then an
// *UnsupportedError).
func ParseQueryRegexp(text string) (Regexp, error) {
	return parseRegexp(&regexpParser{text: text, joinRuns: true})
}

// HasRuns reports whether the two readings of an expression may differ.
func HasRuns(text string) bool {
	for i := 1; i < len(text); i++ {
		if strings.IndexByte("?*+", text[i]) >= 0 && strings.IndexByte("?*+", text[i-1]) >= 0 {
			return true
		}
	}
	return false
}

func parseRegexp(p *regexpParser) (Regexp, error) {
	text := p.text
	if !utf8.ValidString(text) {
		return nil, &SyntaxError{0, "the expression is not UTF-8"}
	}
	if text == "" {
		return Concat{}, nil
	}
	re := p.union()
	if p.err == nil && p.at < len(text) {
		p.fail("expected the end, found %q", p.peekRune())
	}
	if p.err != nil {
		return nil, p.err
	}
	return re, nil
}

// regexpParser is a recursive-descent parser; each method is a rule of Lucene's
// grammar. What an operator would need an operand for is a plain character
// there: "(?:a)" matches the text "?:a", and "a||b" the text "|b".
type regexpParser struct {
	joinRuns bool
	text     string
	at       int
	depth    int
	err      error
}

func (p *regexpParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = &SyntaxError{Offset: p.at, Detail: fmt.Sprintf(format, args...)}
		p.at = len(p.text) // nothing is left to read, so that every loop ends
	}
}

func (p *regexpParser) peekRune() rune {
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return r
}

func (p *regexpParser) peek(set string) bool {
	return p.at < len(p.text) && strings.IndexByte(set, p.text[p.at]) >= 0
}

func (p *regexpParser) take(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *regexpParser) next() rune {
	if p.at >= len(p.text) {
		p.fail("expected a character, found the end")
		return 0
	}
	r, n := utf8.DecodeRuneInString(p.text[p.at:])
	p.at += n
	return r
}

func (p *regexpParser) union() Regexp {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxRegexpDepth {
		p.fail("the expression nests too deep")
		return Nothing{}
	}
	of := []Regexp{p.intersection()}
	for p.take('|') {
		of = append(of, p.intersection())
	}
	if len(of) == 1 {
		return of[0]
	}
	return Union{of}
}

func (p *regexpParser) intersection() Regexp {
	of := []Regexp{p.concat()}
	for p.take('&') {
		of = append(of, p.concat())
	}
	if len(of) == 1 {
		return of[0]
	}
	return Intersection{of}
}

// concat joins neighbouring characters to one literal.
func (p *regexpParser) concat() Regexp {
	of := []Regexp{p.repeat()}
	for p.at < len(p.text) && !p.peek(")|&") {
		next := p.repeat()
		last, isText := of[len(of)-1].(Literal)
		if more, ok := next.(Literal); ok && isText && !last.Quoted && !more.Quoted {
			of[len(of)-1] = Literal{Text: last.Text + more.Text}
			continue
		}
		of = append(of, next)
	}
	if len(of) == 1 {
		return of[0]
	}
	return Concat{of}
}

func (p *regexpParser) repeat() Regexp {
	e := p.complement()
	for p.peek("?*+{") {
		switch p.quantifier() {
		case '?':
			e = Repeat{e, 0, 1}
		case '*':
			e = Repeat{e, 0, -1}
		case '+':
			e = Repeat{e, 1, -1}
		case '{':
			e = p.counted(e)
		}
	}
	return e
}

// quantifier takes one of ? * + {, or a run that counts as one.
func (p *regexpParser) quantifier() rune {
	c := p.next()
	for p.joinRuns && c != '{' && p.peek("?*+") {
		if p.next() != c {
			c = '*'
		}
	}
	return c
}

func (p *regexpParser) counted(e Regexp) Regexp {
	min, ok := p.number()
	if !ok {
		p.fail("expected a number behind {")
		return e
	}
	max := min
	if p.take(',') {
		if max, ok = p.number(); !ok {
			max = -1
		}
	}
	if !p.take('}') {
		p.fail("expected } behind the count")
	}
	if max >= 0 && min > max {
		p.fail("the count {%d,%d} is out of order", min, max)
	}
	return Repeat{e, min, max}
}

func (p *regexpParser) number() (int, bool) {
	start := p.at
	for p.peek("0123456789") {
		p.at++
	}
	if start == p.at {
		return 0, false
	}
	n, err := strconv.Atoi(p.text[start:p.at])
	if err != nil || n > maxRepeat {
		p.fail("the number %s is too large", p.text[start:p.at])
	}
	return n, true
}

func (p *regexpParser) complement() Regexp {
	nots := 0
	for p.take('~') {
		nots++
	}
	e := p.class()
	for range nots {
		e = Complement{e}
	}
	return e
}

func (p *regexpParser) class() Regexp {
	if !p.take('[') {
		return p.simple()
	}
	c := Class{Negated: p.take('^')}
	c.Members = append(c.Members, p.member())
	for p.at < len(p.text) && !p.peek("]") {
		c.Members = append(c.Members, p.member())
	}
	if !p.take(']') {
		p.fail("expected ] at the end of a class")
	}
	return c
}

func (p *regexpParser) member() Range {
	if name, ok := p.named(); ok {
		return Range{Name: name}
	}
	// A backslash that is escaped begins no range: [\\-a] has a hyphen in it.
	escaped := strings.HasPrefix(p.text[p.at:], `\\`)
	lo := p.char()
	if escaped || !p.take('-') {
		return Range{Lo: lo, Hi: lo}
	}
	hi := p.char()
	if lo > hi {
		p.fail("the range %q to %q is out of order", lo, hi)
	}
	return Range{Lo: lo, Hi: hi}
}

// named takes a class by its letter. A backslash before any other letter of
// ASCII is an error.
func (p *regexpParser) named() (byte, bool) {
	if p.at+1 >= len(p.text) || p.text[p.at] != '\\' {
		return 0, false
	}
	c := p.text[p.at+1]
	switch {
	case strings.IndexByte("dDsSwW", c) >= 0:
		p.at += 2
		return c, true
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		p.fail("there is no class \\%c", c)
	}
	return 0, false
}

// char takes one character, which may have a backslash before it.
func (p *regexpParser) char() rune {
	p.take('\\')
	return p.next()
}

func (p *regexpParser) simple() Regexp {
	if p.at >= len(p.text) {
		p.fail("expected an operand, found the end")
		return Nothing{}
	}
	switch p.text[p.at] {
	case '.':
		p.at++
		return AnyChar{}
	case '#':
		p.at++
		return Nothing{}
	case '@':
		p.at++
		return AnyString{}
	case '"':
		return p.quoted()
	case '(':
		return p.group()
	case '<':
		return p.interval()
	}
	if name, ok := p.named(); ok {
		return Class{Members: []Range{{Name: name}}}
	}
	if p.joinRuns && p.peek("?*+") {
		start := p.at
		for p.peek("?*+") {
			p.at++
		}
		run := p.text[start:p.at]
		if strings.Trim(run, run[:1]) != "" && p.err == nil {
			p.err = &UnsupportedError{Offset: start, Detail: "the run " + run + " without an operand"}
		}
		return Literal{Text: run[:1]}
	}
	return Literal{Text: string(p.char())}
}

func (p *regexpParser) quoted() Regexp {
	text, _, ok := strings.Cut(p.text[p.at+1:], `"`)
	if !ok {
		p.fail("expected a closing quotation mark")
		return Nothing{}
	}
	p.at += len(text) + 2
	return Literal{Text: text, Quoted: true}
}

func (p *regexpParser) group() Regexp {
	p.at++
	if p.take(')') {
		return Concat{}
	}
	e := p.union()
	if !p.take(')') {
		p.fail("expected ) at the end of a group")
	}
	return e
}

func (p *regexpParser) interval() Regexp {
	start := p.at
	text, _, ok := strings.Cut(p.text[p.at+1:], ">")
	if !ok {
		p.fail("expected > at the end of an interval")
		return Nothing{}
	}
	lo, hi, _ := strings.Cut(text, "-")
	min, err1 := strconv.ParseInt(lo, 10, 32)
	max, err2 := strconv.ParseInt(hi, 10, 32)
	if err1 != nil || err2 != nil || min < 0 || max < 0 {
		p.at = start
		p.fail("<%s> is no interval of numbers", text)
		return Nothing{}
	}
	p.at += len(text) + 2
	i := Interval{Min: int(min), Max: int(max)}
	if len(lo) == len(hi) {
		i.Digits = len(lo)
	}
	if i.Min > i.Max {
		i.Min, i.Max = i.Max, i.Min
	}
	return i
}
