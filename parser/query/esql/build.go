package esql

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"
)

// builder turns the grammar's tree into ours.
type builder struct{ err error }

func (b *builder) fail(at lexer.Position, format string, args ...any) {
	if b.err == nil {
		b.err = &SyntaxError{at.Offset, false, fmt.Sprintf(format, args...)}
	}
}

func pos(p lexer.Position) Pos { return Pos(p.Offset) }

func (b *builder) query(n *queryNode) *Query {
	q := &Query{}
	if n.Row != nil {
		q.Source = &Row{Pos: pos(n.Row.Pos), Fields: b.fields(n.Row.Fields)}
	} else {
		q.Source = b.from(n.From)
	}
	for _, c := range n.Commands {
		q.Commands = append(q.Commands, b.command(c))
	}
	return q
}

func (b *builder) from(n *fromNode) *From {
	f := &From{Pos: pos(n.Pos), Metadata: n.Metadata}
	for _, i := range n.Indices {
		var name strings.Builder
		for _, p := range i.Parts {
			if strings.HasPrefix(p, `"`) {
				p = unquoteString(p)
			}
			name.WriteString(p)
		}
		f.Indices = append(f.Indices, name.String())
	}
	return f
}

func (b *builder) command(n *commandNode) Command {
	at := pos(n.Pos)
	switch {
	case n.Where != nil:
		return &Where{Pos: at, Condition: b.or(n.Where)}
	case n.Eval != nil:
		return &Eval{Pos: at, Fields: b.fields(n.Eval)}
	case n.Stats != nil:
		return b.stats(at, n)
	case n.Sort != nil:
		s := &Sort{Pos: at}
		for _, o := range n.Sort {
			s.Orders = append(s.Orders, Order{b.or(o.Expr), o.Desc == "desc", o.Nulls})
		}
		return s
	case n.Limit != "":
		limit, err := strconv.Atoi(n.Limit)
		if err != nil {
			b.fail(n.Pos, "the limit %s is too large", n.Limit)
		}
		return &Limit{Pos: at, N: limit}
	case n.Keep != nil:
		return &Keep{Pos: at, Columns: names(n.Keep)}
	case n.Drop != nil:
		return &Drop{Pos: at, Columns: names(n.Drop)}
	case n.Rename != nil:
		r := &Rename{Pos: at}
		for _, e := range n.Rename {
			if e.As != nil {
				r.Names = append(r.Names, Renaming{joinName(e.First.Parts), joinName(e.As.Parts)})
				continue
			}
			r.Names = append(r.Names, Renaming{joinName(e.Equals.Parts), joinName(e.First.Parts)})
		}
		return r
	}
	return &MvExpand{Pos: at, Column: joinName(n.MvExpand.Parts)}
}

func (b *builder) stats(at Pos, n *commandNode) *Stats {
	s := &Stats{Pos: at, By: b.fields(n.Stats.By)}
	for _, a := range n.Stats.Aggregates {
		agg := Aggregate{Field: b.field(a.Field)}
		if a.Where != nil {
			agg.Where = b.or(a.Where)
		}
		s.Aggregates = append(s.Aggregates, agg)
	}
	if len(s.Aggregates) == 0 && len(s.By) == 0 {
		b.fail(n.Pos, "expected an aggregate or BY behind STATS")
	}
	return s
}

func names(nodes []*nameNode) []string {
	out := make([]string, len(nodes))
	for i, n := range nodes {
		out[i] = joinName(n.Parts)
	}
	return out
}

func (b *builder) fields(nodes []*fieldNode) []Field {
	var out []Field
	for _, n := range nodes {
		out = append(out, b.field(n))
	}
	return out
}

func (b *builder) field(n *fieldNode) Field {
	first := b.or(n.First)
	if n.Value == nil {
		return Field{Expr: first}
	}
	column, ok := first.(*Column)
	if !ok {
		b.fail(n.Pos, "expected a name before =, found %s", first)
		return Field{}
	}
	return Field{Name: column.Name, Expr: b.or(n.Value)}
}

func (b *builder) or(n *orNode) Expr {
	if len(n.Terms) == 1 {
		return b.and(n.Terms[0])
	}
	e := &Or{Pos: pos(n.Pos)}
	for _, t := range n.Terms {
		e.Terms = append(e.Terms, b.and(t))
	}
	return e
}

func (b *builder) and(n *andNode) Expr {
	if len(n.Terms) == 1 {
		return b.not(n.Terms[0])
	}
	e := &And{Pos: pos(n.Pos)}
	for _, t := range n.Terms {
		e.Terms = append(e.Terms, b.not(t))
	}
	return e
}

func (b *builder) not(n *notNode) Expr {
	if n.Not != nil {
		return &Not{Pos: pos(n.Pos), Of: b.not(n.Not)}
	}
	return b.test(n.Test)
}

func (b *builder) test(n *testNode) Expr {
	of := b.comparison(n.Of)
	at := pos(n.Pos)
	switch {
	case n.Is != nil:
		return &IsNull{Pos: at, Of: of, Negated: n.Is.Not}
	case n.Match != nil:
		column, ok := of.(*Column)
		if !ok {
			b.fail(n.Pos, "expected a column before the colon, found %s", of)
			return of
		}
		return &Match{Pos: at, Column: column.Name, Value: b.constant(n.Match)}
	case n.List == nil:
		return of
	case n.List.In != nil:
		e := &In{Pos: at, Of: of, Negated: n.List.Not}
		for _, m := range n.List.In {
			e.List = append(e.List, b.or(m))
		}
		return e
	}
	like, isRegexp := n.List.Like, false
	if like == nil {
		like, isRegexp = n.List.RegLike, true
	}
	e := &Like{Pos: at, Of: of, Negated: n.List.Not, Regexp: isRegexp, List: like.List != nil}
	if like.List == nil {
		like.List = []string{like.One}
	}
	for _, p := range like.List {
		e.Patterns = append(e.Patterns, unquoteString(p))
	}
	return e
}

func (b *builder) comparison(n *comparisonNode) Expr {
	left := b.sum(n.Left)
	if n.Right == nil {
		return left
	}
	return &Binary{Pos: pos(n.Pos), Op: Operator(n.Op), Left: left, Right: b.sum(n.Right)}
}

func (b *builder) sum(n *sumNode) Expr {
	e := b.product(n.Left)
	for _, r := range n.Rest {
		e = &Binary{Pos: pos(n.Pos), Op: Operator(r.Op), Left: e, Right: b.product(r.Right)}
	}
	return e
}

func (b *builder) product(n *productNode) Expr {
	e := b.sign(n.Left)
	for _, r := range n.Rest {
		e = &Binary{Pos: pos(n.Pos), Op: Operator(r.Op), Left: e, Right: b.sign(r.Right)}
	}
	return e
}

func (b *builder) sign(n *signNode) Expr {
	if n.Of != nil {
		return &Sign{Pos: pos(n.Pos), Minus: n.Sign == "-", Of: b.sign(n.Of)}
	}
	e := b.primary(n.Cast.Primary)
	for _, t := range n.Cast.Types {
		e = &Cast{Pos: pos(n.Cast.Pos), Of: e, Type: strings.ToLower(unquoteName(t))}
	}
	return e
}

func (b *builder) primary(n *primaryNode) Expr {
	switch {
	case n.Group != nil:
		return &Paren{Pos: pos(n.Pos), Of: b.or(n.Group)}
	case n.Constant != nil:
		return b.constant(n.Constant)
	case n.Call != nil:
		return b.call(n)
	}
	return &Column{Pos: pos(n.Pos), Name: joinName(n.Column)}
}

func (b *builder) call(n *primaryNode) Expr {
	e := &Call{Pos: pos(n.Pos), Name: strings.ToLower(unquoteName(n.Call.Name)), Star: n.Call.Star}
	for i, a := range n.Call.Args {
		if a.Options == nil {
			e.Args = append(e.Args, b.or(a.Expr))
			continue
		}
		if i == 0 || i < len(n.Call.Args)-1 {
			b.fail(a.Pos, "options stand behind all arguments")
		}
		e.Options = []Option{}
		for _, o := range a.Options.Entries {
			e.Options = append(e.Options, Option{unquoteString(o.Key), b.constant(o.Value)})
		}
	}
	return e
}

func (b *builder) constant(n *constantNode) Expr {
	at := pos(n.Pos)
	switch {
	case n.Null:
		return &Null{Pos: at}
	case n.True, n.False:
		return &Bool{Pos: at, Value: n.True}
	case n.String != "":
		return &String{Pos: at, Value: unquoteString(n.String)}
	case n.Decimal != "":
		return &Number{Pos: at, Text: n.Decimal, Decimal: true}
	case n.Unit != "":
		return &Span{Pos: at, N: n.Integer, Unit: strings.ToLower(n.Unit)}
	case n.Integer != "":
		return &Number{Pos: at, Text: n.Integer}
	}
	e := &List{Pos: at}
	for _, m := range n.List {
		value := b.constant(m.Constant)
		if m.Sign != "" {
			value = &Sign{Pos: pos(m.Pos), Minus: m.Sign == "-", Of: value}
		}
		e.Values = append(e.Values, value)
	}
	return e
}

// unquoteString takes the quotes and escapes from a string.
func unquoteString(s string) string {
	if strings.HasPrefix(s, `"""`) && len(s) >= 6 {
		return s[3 : len(s)-3]
	}
	s = s[1 : len(s)-1]
	if !strings.Contains(s, `\`) {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\r`, "\r", `\t`, "\t").Replace(s)
}

// joinName gives the name that dotted parts are, without backticks.
func joinName(parts []string) string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = unquoteName(p)
	}
	return strings.Join(out, ".")
}

func unquoteName(s string) string {
	if !strings.HasPrefix(s, "`") {
		return s
	}
	return strings.ReplaceAll(s[1:len(s)-1], "``", "`")
}
