package spl

import (
	"slices"
	"strconv"
	"strings"
)

func (p *parser) where(start Pos) (Command, error) {
	if err := p.enter(inExpr); err != nil {
		return nil, err
	}
	e, err := p.expr()
	return &WhereCommand{start, e}, err
}

func (p *parser) eval(start Pos) (Command, error) {
	c := &EvalCommand{Pos: start}
	for {
		if err := p.enter(inCommand); err != nil {
			return nil, err
		}
		name, err := p.fieldName()
		if err != nil {
			return nil, err
		}
		if !p.tok.is("=") {
			return nil, p.unexpected("\"=\"")
		}
		if err := p.enter(inExpr); err != nil {
			return nil, err
		}
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		if c.Fields = append(c.Fields, Assignment{name, e}); !p.tok.is(",") {
			return c, nil
		}
	}
}

// fieldName reads a name as commands take it: bare or in quotes.
func (p *parser) fieldName() (string, error) {
	if p.tok.kind != word && p.tok.kind != quoted && p.tok.kind != single || p.tok.text == "" {
		return "", p.unexpected("the name of a field")
	}
	name := p.tok.text
	return name, p.advance()
}

// plainName reads a name that stands for one field.
func (p *parser) plainName() (string, error) {
	at := p.tok.offset
	name, err := p.fieldName()
	if err == nil && strings.Contains(name, "*") {
		err = unknown(at, "%q, which stands for several fields", name)
	}
	return name, err
}

// names reads a list with commas or blanks between its names, up to the end of the
// command.
func (p *parser) names() ([]string, error) {
	var list []string
	for {
		name, err := p.fieldName()
		if err != nil {
			return nil, err
		}
		list = append(list, name)
		if p.tok.kind == end || p.tok.is("|") {
			return list, nil
		}
		if _, err := p.take(","); err != nil {
			return nil, err
		}
	}
}

// option reads name=value if that is what comes.
func (p *parser) option(names ...string) (Option, bool, error) {
	name := strings.ToLower(p.tok.text)
	if p.tok.kind != word || !slices.Contains(names, name) {
		return Option{}, false, nil
	}
	before, tok := p.lexer, p.tok
	if err := p.advance(); err != nil {
		return Option{}, false, err
	}
	if !p.tok.is("=") { // a field of that name
		p.lexer, p.tok = before, tok
		return Option{}, false, nil
	}
	if err := p.advance(); err != nil {
		return Option{}, false, err
	}
	value, err := p.fieldName()
	return Option{name, value}, true, err
}

// bin reads the field and its span in either order.
func (p *parser) bin(start Pos) (Command, error) {
	c := &BinCommand{Pos: start}
	if err := p.advance(); err != nil {
		return nil, err
	}
	for p.tok.kind != end && !p.tok.is("|") {
		o, ok, err := p.option("span")
		switch {
		case err != nil:
			return nil, err
		case ok:
			c.Span = o.Value
			continue
		case p.tok.isWord("as", true) && c.Field != "":
			if err := p.advance(); err != nil {
				return nil, err
			}
			if c.As, err = p.plainName(); err != nil {
				return nil, err
			}
			continue
		case c.Field != "":
			return nil, unknown(p.tok.offset, "%q in bin", p.tok.text)
		}
		if c.Field, err = p.plainName(); err != nil {
			return nil, err
		}
	}
	if c.Field == "" || c.Span == "" {
		return nil, unknown(int(start), "bin without a field or a span")
	}
	return c, nil
}

// streamOptions are those of streamstats that are read (SR, "streamstats").
var streamOptions = []string{"time_window", "window", "current", "global"}

func statsReader(k StatsKind) func(*parser, Pos) (Command, error) {
	return func(p *parser, start Pos) (Command, error) { return p.stats(start, k) }
}

func (p *parser) stats(start Pos, k StatsKind) (Command, error) {
	c := &StatsCommand{Pos: start, Kind: k}
	if err := p.advance(); err != nil {
		return nil, err
	}
	for k == StreamStats {
		o, ok, err := p.option(streamOptions...)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		c.Options = append(c.Options, o)
	}
	for {
		a, err := p.aggregation()
		if err != nil {
			return nil, err
		}
		c.Aggs = append(c.Aggs, a)
		if p.tok.isWord("by", true) {
			if err := p.advance(); err != nil {
				return nil, err
			}
			c.By, err = p.names()
			return c, err
		}
		if p.tok.kind == end || p.tok.is("|") {
			return c, nil
		}
		if _, err := p.take(","); err != nil {
			return nil, err
		}
	}
}

// aggregations are the functions that are known, by their names.
var aggregations = map[string]string{
	"count": "count", "c": "count", "dc": "dc", "distinct_count": "dc", "values": "values", "list": "list", "min": "min", "max": "max",
	"sum": "sum", "avg": "avg", "mean": "avg", "earliest": "earliest", "latest": "latest", "first": "first", "last": "last",
}

func (p *parser) aggregation() (Agg, error) {
	at := p.tok
	if at.kind != word {
		return Agg{}, p.unexpected("a function such as count")
	}
	a := Agg{Name: aggregations[strings.ToLower(at.text)]}
	if a.Name == "" {
		return a, unknown(at.offset, "the function %q", at.text)
	}
	if err := p.advance(); err != nil {
		return a, err
	}
	a.As = at.text
	if p.tok.is("(") {
		if err := p.argument(&a); err != nil {
			return a, err
		}
		a.As = at.text + "(" + a.Field + ")"
	} else if a.Name != "count" {
		return a, p.unexpected("\"(\"")
	}
	if !p.tok.isWord("as", true) {
		if a.Of != nil {
			return a, unknown(at.offset, "an expression without a name")
		}
		return a, nil
	}
	if err := p.advance(); err != nil {
		return a, err
	}
	var err error
	a.As, err = p.plainName()
	return a, err
}

// argument reads the field of an aggregation, or eval(expression).
func (p *parser) argument(a *Agg) error {
	if err := p.advance(); err != nil {
		return err
	}
	if p.tok.is(")") && a.Name == "count" {
		return p.advance()
	}
	isEval := p.tok.isWord("eval", true)
	name, err := p.plainName()
	if err != nil {
		return err
	}
	if !isEval || !p.tok.is("(") {
		a.Field = name
		return p.expect(")")
	}
	if err := p.enter(inExpr); err != nil {
		return err
	}
	if a.Of, err = p.expr(); err != nil {
		return err
	}
	if !p.tok.is(")") {
		return p.unexpected("\")\"")
	}
	if err := p.enter(inCommand); err != nil {
		return err
	}
	return p.expect(")")
}

func (p *parser) sort(start Pos) (Command, error) {
	c := &SortCommand{Pos: start, Limit: 10000} // SR, "sort"
	if err := p.advance(); err != nil {
		return nil, err
	}
	if n, err := strconv.Atoi(p.tok.text); err == nil && p.tok.kind == word {
		c.Limit = n
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	for {
		k := SortKey{Desc: p.tok.is("-")}
		if p.tok.is("-", "+") {
			if err := p.advance(); err != nil {
				return nil, err
			}
		}
		var err error
		if k.Field, err = p.plainName(); err != nil {
			return nil, err
		}
		c.Keys = append(c.Keys, k)
		if p.tok.kind == end || p.tok.is("|") {
			return c, nil
		}
		if _, err := p.take(","); err != nil {
			return nil, err
		}
	}
}

func fieldsReader(table bool) func(*parser, Pos) (Command, error) {
	return func(p *parser, start Pos) (Command, error) {
		c := &FieldsCommand{Pos: start, Table: table}
		if err := p.advance(); err != nil {
			return nil, err
		}
		if !table && p.tok.is("-", "+") {
			c.Remove = p.tok.is("-")
			if err := p.advance(); err != nil {
				return nil, err
			}
		}
		var err error
		c.Names, err = p.names()
		return c, err
	}
}

func (p *parser) rename(start Pos) (Command, error) {
	c := &RenameCommand{Pos: start}
	if err := p.advance(); err != nil {
		return nil, err
	}
	for {
		from, err := p.plainName()
		if err != nil {
			return nil, err
		}
		if !p.tok.isWord("as", true) {
			return nil, p.unexpected("\"as\"")
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		to, err := p.plainName()
		if err != nil {
			return nil, err
		}
		c.Pairs = append(c.Pairs, [2]string{from, to})
		if p.tok.kind == end || p.tok.is("|") {
			return c, nil
		}
		if _, err := p.take(","); err != nil {
			return nil, err
		}
	}
}
