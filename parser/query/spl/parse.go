package spl

import "strings"

// maxDepth bounds how deep terms and expressions nest.
const maxDepth = 10000

// Parse reads a query. The error is a *SyntaxError.
func Parse(src string) (*Query, error) {
	p := &parser{lexer: lexer{src: src}, mode: inSearch}
	if err := p.advance(); err != nil {
		return nil, err
	}
	q := &Query{}
	for {
		c, err := p.command(len(q.Commands) == 0)
		if err != nil {
			return nil, err
		}
		q.Commands = append(q.Commands, c)
		if p.tok.kind == end {
			return q, nil
		}
		if !p.tok.is("|") {
			return nil, p.unexpected("the end or \"|\"")
		}
		if err := p.enter(inCommand); err != nil {
			return nil, err
		}
	}
}

type parser struct {
	lexer
	mode
	tok   token
	depth int
}

func (p *parser) advance() (err error) {
	p.tok, err = p.next(p.mode)
	return err
}

// enter reads the next token in another mode.
func (p *parser) enter(m mode) error {
	p.mode = m
	return p.advance()
}

func (p *parser) unexpected(want string) error {
	if p.tok.kind == end {
		return fail(p.tok.offset, "expected %s, found the end", want)
	}
	return fail(p.tok.offset, "expected %s, found %q", want, p.tok.text)
}

// take passes a sign.
func (p *parser) take(s string) (bool, error) {
	if !p.tok.is(s) {
		return false, nil
	}
	return true, p.advance()
}

func (p *parser) expect(s string) error {
	if !p.tok.is(s) {
		return p.unexpected("\"" + s + "\"")
	}
	return p.advance()
}

func (p *parser) nest() error {
	if p.depth++; p.depth > maxDepth {
		return unknown(p.tok.offset, "it nests deeper than %d", maxDepth)
	}
	return nil
}

// commands are the readers by name.
var commands = map[string]func(*parser, Pos) (Command, error){
	"where": (*parser).where, "eval": (*parser).eval, "bin": (*parser).bin, "bucket": (*parser).bin,
	"stats": statsReader(Stats), "eventstats": statsReader(EventStats), "streamstats": statsReader(StreamStats),
	"sort": (*parser).sort, "table": fieldsReader(true), "fields": fieldsReader(false), "rename": (*parser).rename,
}

// command reads one stage. The first may leave out the word search.
func (p *parser) command(first bool) (Command, error) {
	start, name := Pos(p.tok.offset), strings.ToLower(p.tok.text)
	if first {
		if p.tok.isWord("search", true) {
			if err := p.advance(); err != nil {
				return nil, err
			}
		}
		return p.search(start)
	}
	if p.tok.kind != word {
		return nil, p.unexpected("a command")
	}
	if name == "search" {
		if err := p.enter(inSearch); err != nil {
			return nil, err
		}
		return p.search(start)
	}
	read := commands[name]
	if read == nil {
		return nil, unknown(p.tok.offset, "the command %q", p.tok.text)
	}
	return read(p, start)
}

func (p *parser) search(start Pos) (Command, error) {
	if p.tok.kind == end || p.tok.is("|") {
		return nil, p.unexpected("a search term")
	}
	term, err := p.and()
	return &SearchCommand{start, term}, err
}

func (p *parser) and() (Term, error) {
	start := Pos(p.tok.offset)
	var list []Term
	for {
		t, err := p.or()
		if err != nil {
			return nil, err
		}
		list = append(list, t)
		if p.tok.kind == end || p.tok.is(")", "|") {
			if len(list) == 1 {
				return t, nil
			}
			return &And{start, list}, nil
		}
		if p.tok.isWord("AND", false) {
			if err := p.advance(); err != nil {
				return nil, err
			}
		}
	}
}

func (p *parser) or() (Term, error) {
	start := Pos(p.tok.offset)
	var list []Term
	for {
		t, err := p.term()
		if err != nil {
			return nil, err
		}
		list = append(list, t)
		if !p.tok.isWord("OR", false) {
			if len(list) == 1 {
				return t, nil
			}
			return &Or{start, list}, nil
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}

func (p *parser) term() (Term, error) {
	if err := p.nest(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	start := p.tok
	switch {
	case p.tok.isWord("NOT", false):
		if err := p.advance(); err != nil {
			return nil, err
		}
		of, err := p.term()
		return &Not{Pos(start.offset), of}, err
	case p.tok.is("("):
		if err := p.advance(); err != nil {
			return nil, err
		}
		t, err := p.and()
		if err != nil {
			return nil, err
		}
		return t, p.expect(")")
	case p.tok.isWord("AND", false), p.tok.isWord("OR", false), p.tok.isWord("IN", false):
		return nil, p.unexpected("a search term")
	case p.tok.kind != word && p.tok.kind != quoted:
		return nil, p.unexpected("a search term")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	switch {
	case p.tok.is("(") && p.tok.joined && start.kind == word:
		return p.wrapped(start)
	case p.tok.is("=", "!=", "<", "<=", ">", ">="):
		return p.comparison(start)
	case p.tok.isWord("IN", false):
		return p.in(start)
	}
	return &Keyword{Pos: Pos(start.offset), Value: Value{Text: start.text}, Written: start.kind == quoted}, nil
}

// wrapped reads CASE(…) and TERM(…) in front of which no field stands.
func (p *parser) wrapped(name token) (Term, error) {
	k := &Keyword{Pos: Pos(name.offset)}
	switch name.text {
	case "CASE":
		k.Value.Cased = true
	case "TERM":
		k.AsTerm = true
	default:
		return nil, unknown(name.offset, "%q in front of a parenthesis", name.text)
	}
	var err error
	k.Value.Text, err = p.inParens()
	return k, err
}

// inParens reads one value in parentheses.
func (p *parser) inParens() (string, error) {
	if err := p.expect("("); err != nil {
		return "", err
	}
	if p.tok.kind != word && p.tok.kind != quoted {
		return "", p.unexpected("a value")
	}
	text := p.tok.text
	if err := p.advance(); err != nil {
		return "", err
	}
	return text, p.expect(")")
}

// timeModifiers are names that search takes for a range of time or another
// instruction, whatever an event holds (SR, "Time modifiers"; BNF).
var timeModifiers = map[string]bool{
	"earliest": true, "latest": true, "_index_earliest": true, "_index_latest": true, "starttime": true, "endtime": true,
	"starttimeu": true, "endtimeu": true, "timeformat": true, "now": true, "savedsearch": true, "eventtypetag": true,
	"daysago": true, "hoursago": true, "minutesago": true, "monthsago": true, "startdaysago": true, "enddaysago": true,
	"starthoursago": true, "endhoursago": true, "startminutesago": true, "endminutesago": true, "startmonthsago": true,
	"endmonthsago": true, "searchtimespandays": true, "searchtimespanhours": true, "searchtimespanminutes": true,
	"searchtimespanmonths": true, "hosttag": true, "maxresults": true, "maxtime": true, "readlevel": true,
}

// name checks the name of a field in a comparison.
func (p *parser) name(t token) (string, error) {
	switch {
	case t.text == "" || strings.Contains(t.text, "*"):
		return "", unknown(t.offset, "the name %q in a comparison", t.text)
	case timeModifiers[strings.ToLower(t.text)]:
		return "", unknown(t.offset, "%q is an instruction to search", t.text)
	}
	return t.text, nil
}

func (p *parser) comparison(name token) (Term, error) {
	field, err := p.name(name)
	if err != nil {
		return nil, err
	}
	c := &Compare{Pos: Pos(name.offset), Field: field, Op: CompareOp(p.tok.text)}
	if err := p.advance(); err != nil {
		return nil, err
	}
	c.Value, err = p.value()
	return c, err
}

// value reads a word, a string or CASE(…).
func (p *parser) value() (Value, error) {
	if p.tok.kind != word && p.tok.kind != quoted {
		return Value{}, p.unexpected("a value")
	}
	t := p.tok
	if err := p.advance(); err != nil {
		return Value{}, err
	}
	if t.kind == word && p.tok.is("(") && p.tok.joined {
		if t.text != "CASE" {
			return Value{}, unknown(t.offset, "%q in front of a parenthesis", t.text)
		}
		text, err := p.inParens()
		return Value{Text: text, Cased: true}, err
	}
	return Value{Text: t.text}, nil
}

func (p *parser) in(name token) (Term, error) {
	field, err := p.name(name)
	if err != nil {
		return nil, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	in := &In{Pos: Pos(name.offset), Field: field}
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		in.Values = append(in.Values, v)
		if more, err := p.take(","); err != nil {
			return nil, err
		} else if !more {
			return in, p.expect(")")
		}
	}
}
