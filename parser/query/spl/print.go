package spl

import (
	"strconv"
	"strings"
)

// String gives the query in one spelling: all values and names are in quotes.
func (q *Query) String() string {
	var p printer
	for i, c := range q.Commands {
		if i > 0 {
			p.WriteString(" | ")
		}
		c.print(&p)
	}
	return p.String()
}

type printer struct{ strings.Builder }

func (p *printer) text(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func quote(s string) string { return `"` + escapes.Replace(s) + `"` }

// name writes a name as commands take it.
func name(s string) string { return `"` + s + `"` }

func names(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = name(s)
	}
	return strings.Join(out, ", ")
}

func (c *SearchCommand) print(p *printer) {
	p.WriteString("search ")
	c.Term.print(p)
}

func (t *And) print(p *printer) { p.terms(t.List, " AND ") }
func (t *Or) print(p *printer)  { p.terms(t.List, " OR ") }

func (t *Not) print(p *printer) {
	p.WriteString("NOT ")
	p.terms([]Term{t.Of}, "")
}

func (p *printer) terms(list []Term, word string) {
	for i, t := range list {
		if i > 0 {
			p.WriteString(word)
		}
		switch t.(type) {
		case *And, *Or:
			p.WriteString("(")
			t.print(p)
			p.WriteString(")")
		default:
			t.print(p)
		}
	}
}

func (v Value) String() string {
	if v.Cased {
		return "CASE(" + quote(v.Text) + ")"
	}
	return quote(v.Text)
}

func (t *Keyword) print(p *printer) {
	switch {
	case t.AsTerm:
		p.text("TERM(", quote(t.Value.Text), ")")
	case t.Value.Cased, t.Written:
		p.WriteString(t.Value.String())
	default:
		p.WriteString(escapes.Replace(t.Value.Text))
	}
}

func (t *Compare) print(p *printer) { p.text(quote(t.Field), string(t.Op), t.Value.String()) }

func (t *In) print(p *printer) {
	p.text(quote(t.Field), " IN (")
	for i, v := range t.Values {
		if i > 0 {
			p.WriteString(", ")
		}
		p.WriteString(v.String())
	}
	p.WriteString(")")
}

func (c *WhereCommand) print(p *printer) {
	p.WriteString("where ")
	c.Expr.print(p)
}

func (e *Number) print(p *printer) { p.WriteString(e.Text) }
func (e *String) print(p *printer) { p.WriteString(quote(e.Text)) }
func (e *Field) print(p *printer)  { p.text("'", e.Name, "'") }

func (e *Call) print(p *printer) {
	p.text(e.Name, "(")
	p.exprs(e.Args)
	p.WriteString(")")
}

func (p *printer) exprs(list []Expr) {
	for i, e := range list {
		if i > 0 {
			p.WriteString(", ")
		}
		e.print(p)
	}
}

// group writes an expression in parentheses unless it is one word.
func (p *printer) group(e Expr) {
	switch e.(type) {
	case *Binary, *Unary, *InList:
		p.WriteString("(")
		e.print(p)
		p.WriteString(")")
	default:
		e.print(p)
	}
}

func (e *Binary) print(p *printer) {
	p.group(e.Left)
	p.text(" ", e.Op, " ")
	p.group(e.Right)
}

func (e *Unary) print(p *printer) {
	p.text(e.Op, " ")
	p.group(e.Of)
}

func (e *InList) print(p *printer) {
	p.group(e.Of)
	p.WriteString(" IN (")
	p.exprs(e.List)
	p.WriteString(")")
}

func (c *EvalCommand) print(p *printer) {
	p.WriteString("eval ")
	for i, f := range c.Fields {
		if i > 0 {
			p.WriteString(", ")
		}
		p.text(name(f.Name), " = ")
		f.Expr.print(p)
	}
}

func (c *BinCommand) print(p *printer) {
	p.text("bin span=", name(c.Span), " ", name(c.Field))
	if c.As != "" {
		p.text(" as ", name(c.As))
	}
}

func (c *StatsCommand) print(p *printer) {
	p.WriteString(string(c.Kind))
	for _, o := range c.Options {
		p.text(" ", o.Name, "=", name(o.Value))
	}
	for i, a := range c.Aggs {
		if i > 0 {
			p.WriteString(",")
		}
		p.text(" ", a.Name)
		switch {
		case a.Of != nil:
			p.WriteString("(eval(")
			a.Of.print(p)
			p.WriteString("))")
		case a.Field != "":
			p.text("(", name(a.Field), ")")
		}
		p.text(" as ", name(a.As))
	}
	if len(c.By) > 0 {
		p.text(" by ", names(c.By))
	}
}

func (c *SortCommand) print(p *printer) {
	p.text("sort ", strconv.Itoa(c.Limit))
	for i, k := range c.Keys {
		sign := " "
		if i > 0 {
			sign = ", "
		}
		if k.Desc {
			sign += "-"
		}
		p.text(sign, name(k.Field))
	}
}

func (c *FieldsCommand) print(p *printer) {
	switch {
	case c.Table:
		p.WriteString("table ")
	case c.Remove:
		p.WriteString("fields - ")
	default:
		p.WriteString("fields ")
	}
	p.WriteString(names(c.Names))
}

func (c *RenameCommand) print(p *printer) {
	p.WriteString("rename ")
	for i, pair := range c.Pairs {
		if i > 0 {
			p.WriteString(", ")
		}
		p.text(name(pair[0]), " as ", name(pair[1]))
	}
}
