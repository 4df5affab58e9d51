package logsql

import (
	"strconv"
	"strings"
)

// signs are the filters that begin with a sign. field has its full name.
var signs = map[string]func(p *parser, start Pos, field string) (Filter, error){
	"=":  (*parser).equal,
	"!=": (*parser).notEqual,
	"~":  (*parser).tilde,
	"!~": (*parser).notTilde,
	">":  (*parser).compare,
	"<":  (*parser).compare,
}

func (p *parser) equal(start Pos, field string) (Filter, error) {
	p.advance()
	f := &Exact{Pos: start, Field: field, Text: p.argument()}
	if p.tok.is("*") && !p.tok.spaced {
		p.advance()
		f.Open = true
	}
	return f, nil
}

func (p *parser) notEqual(start Pos, field string) (Filter, error) {
	f, err := p.equal(start, field)
	return &Not{start, f}, err
}

func (p *parser) tilde(start Pos, field string) (Filter, error) {
	p.advance()
	source, err := p.operand()
	return &Regexp{start, field, source}, err
}

func (p *parser) notTilde(start Pos, field string) (Filter, error) {
	f, err := p.tilde(start, field)
	return &Not{start, f}, err
}

func (p *parser) compare(start Pos, field string) (Filter, error) {
	op := CompareOp(p.tok.text)
	if p.advance(); p.tok.is("=") {
		p.advance()
		op += "="
	}
	bound, err := p.operand()
	return &Compare{start, field, op, bound}, err
}

// makeFilter makes a filter of a function's arguments.
type makeFilter func(start Pos, field string, args []string) Filter

// function is a filter that is written as one.
type function struct {
	arguments int // -1 is any number
	optional  int // how many more it takes
	make      makeFilter
}

// functions are the filters that begin with a word. Those without a maker have a
// syntax of their own.
var functions = map[string]*function{
	"i":     {},
	"exact": {},
	"in":    {},
	"range": {},
	"re":    {arguments: 1, make: func(at Pos, f string, a []string) Filter { return &Regexp{at, f, a[0]} }},
	"contains_all": {arguments: -1, make: func(at Pos, f string, a []string) Filter {
		return &Contains{Pos: at, Field: f, Phrases: a}
	}},
	"contains_any": {arguments: -1, make: func(at Pos, f string, a []string) Filter {
		return &Contains{Pos: at, Field: f, Phrases: a, Any: true}
	}},
	"seq": {arguments: -1, make: func(at Pos, f string, a []string) Filter { return &Sequence{at, f, a} }},
	"string_range": {arguments: 2, make: func(at Pos, f string, a []string) Filter {
		return &StringRange{at, f, a[0], a[1]}
	}},
	"len_range": {arguments: 2, make: func(at Pos, f string, a []string) Filter {
		return &LenRange{at, f, a[0], a[1]}
	}},
	"ipv4_range": {arguments: 1, optional: 1, make: func(at Pos, f string, a []string) Filter {
		return &IPv4Range{at, f, a[0], strings.Join(a[1:], "")}
	}},
	"eq_field":   {arguments: 1, make: fieldCompare(EqField)},
	"le_field":   {arguments: 1, make: fieldCompare(LeField)},
	"lt_field":   {arguments: 1, make: fieldCompare(LtField)},
	"value_type": {},
}

func fieldCompare(r FieldRelation) makeFilter {
	return func(at Pos, f string, a []string) Filter { return &FieldCompare{at, f, r, a[0]} }
}

// function reads a filter that begins with a name. Without a parenthesis behind
// it, the name is the beginning of a text.
func (p *parser) function(start Pos, name, field string) (Filter, error) {
	f, written := functions[name], p.tok
	p.advance()
	if !p.tok.is("(") && (name != "range" || !p.tok.is("[")) {
		return p.phrase(start, written.text+p.suffix(phraseStops(field != "")), field)
	}
	switch name {
	case "i", "exact":
		return p.openFunction(start, name, canonical(field))
	case "range":
		return p.numberRange(start, canonical(field))
	case "in":
		return p.in(start, canonical(field))
	case "value_type":
		return nil, p.unknown("value_type, which tells how the server stores a field")
	}
	args, err := p.arguments(name)
	if err != nil {
		return nil, err
	}
	if n := len(args) - f.arguments; f.arguments >= 0 && (n < 0 || n > f.optional) {
		return nil, &SyntaxError{Offset: int(start), Detail: name + " takes " + strconv.Itoa(f.arguments) + " arguments, not " + strconv.Itoa(len(args))}
	}
	return f.make(start, canonical(field), args), nil
}

// openFunction reads i(text), i(text*) and the same of exact.
func (p *parser) openFunction(start Pos, name, field string) (Filter, error) {
	if p.advance(); p.tok.isEnd() {
		return nil, p.fail("expected an argument of %s", name)
	}
	text, open := p.argument(), false
	if p.tok.is("*") && !p.tok.spaced {
		open = true
		p.advance()
	}
	if !p.tok.is(")") {
		return nil, p.fail("expected \")\" of %s, found %q", name, p.tok.raw)
	}
	p.advance()
	switch {
	case name == "exact":
		return &Exact{start, field, text, open}, nil
	case open:
		return &Prefix{start, field, text, true}, nil
	}
	return &Phrase{start, field, text, true}, nil
}

func (p *parser) in(start Pos, field string) (Filter, error) {
	args, err := p.arguments("in")
	if err != nil {
		// The server now tries a query whose result is the list.
		return nil, &SyntaxError{Offset: int(start), Unknown: true, Detail: "in with what is no list of texts: " + err.Error()}
	}
	return &In{start, field, args}, nil
}

// numberRange reads range[1, 2), from the first bracket.
func (p *parser) numberRange(start Pos, field string) (Filter, error) {
	f := &Range{Pos: start, Field: field, Above: p.tok.is("(")}
	var err error
	if p.advance(); p.tok.isEnd() {
		return nil, p.fail("expected the bounds of a range")
	}
	if f.Low, err = p.operand(); err != nil {
		return nil, err
	}
	if !p.tok.is(",") {
		return nil, p.fail("expected \",\" in a range, found %q", p.tok.raw)
	}
	if p.advance(); p.tok.isEnd() {
		return nil, p.fail("expected the upper bound of a range")
	}
	if f.High, err = p.operand(); err != nil {
		return nil, err
	}
	if !p.tok.is(")", "]") {
		return nil, p.fail("expected \")\" or \"]\" of a range, found %q", p.tok.raw)
	}
	f.Below = p.tok.is(")")
	p.advance()
	return f, nil
}
