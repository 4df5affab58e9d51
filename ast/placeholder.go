package ast

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sigmatic/ast/diag"
)

// Vars are the values of placeholders, by name: each list is of alternatives, in
// Sigma's notation, so that * and ? are wildcards.
type Vars map[string][]string

// MaxExpansions bounds what one written value may become when placeholders get
// their values: several in one value multiply.
const MaxExpansions = 200

// Placeholders lists the placeholders of an expression that have no value, each
// name once, in order. The span is that of the value that needs it first.
func Placeholders(e Expr) []Text {
	var out []Text
	Leaves(e, func(m *Match, _ bool) {
		for _, name := range PlaceholdersOf(m.Value) {
			if !slices.ContainsFunc(out, func(t Text) bool { return t.Value == name }) {
				out = append(out, Text{Value: name, Span: m.Value.Range()})
			}
		}
	})
	return out
}

// PlaceholdersOf lists the names of a value's placeholders, in order.
func PlaceholdersOf(v Value) []string {
	switch v := v.(type) {
	case *Members:
		var names []string
		for _, t := range Placeholders(v.Expr) {
			names = append(names, t.Value)
		}
		return names
	case *Keyword:
		return PlaceholdersOf(v.Value)
	case *Pattern:
		return v.Placeholders()
	case *Regex:
		var names []string
		for _, h := range v.Holes {
			names = append(names, h.Name)
		}
		return names
	}
	return nil
}

// ExpandPlaceholders gives the rule with the values of its placeholders in their
// place, each value an alternative; the rule itself when it has none of them. A
// placeholder that vars does not know stays. What cannot be expanded is said in
// diagnostics, and left as it was.
func ExpandPlaceholders(r *Rule, vars Vars) (*Rule, []diag.Diagnostic) {
	if len(vars) == 0 {
		return r, nil
	}
	x := expander{vars: vars}
	detections := x.named(r.Detections)
	if !x.changed {
		return r, x.diags
	}
	out := *r
	out.Detections = detections
	return &out, x.diags
}

type expander struct {
	vars    Vars
	changed bool
	diags   []diag.Diagnostic
}

func (x *expander) named(list []*NamedDetection) []*NamedDetection {
	out := make([]*NamedDetection, len(list))
	for i, d := range list {
		out[i] = &NamedDetection{Name: d.Name, Body: x.body(d.Body)}
	}
	return out
}

func (x *expander) body(d Detection) Detection {
	all := func(members []Detection) []Detection {
		out := make([]Detection, len(members))
		for i, m := range members {
			out[i] = x.body(m)
		}
		return out
	}
	switch d := d.(type) {
	case *AllOf:
		return &AllOf{Members: all(d.Members), Span: d.Span}
	case *AnyOf:
		return &AnyOf{Members: all(d.Members), Span: d.Span}
	case *ArrayItem:
		out := *d
		if d.Body != nil {
			out.Body = x.body(d.Body)
		}
		out.Detections = x.named(d.Detections)
		return &out
	case *Item:
		out := *d
		out.Values = make([]Alternatives, len(d.Values))
		for i, list := range d.Values {
			out.Values[i] = x.alternatives(list)
		}
		return &out
	}
	panic(fmt.Sprintf("ast: unknown detection %T", d))
}

// ExpandValue gives what a value becomes when its placeholders have the values
// of vars. The diagnostic says why it cannot have them.
func ExpandValue(v Value, vars Vars) (Alternatives, *diag.Diagnostic) {
	x := expander{vars: vars}
	out := x.alternatives(Alternatives{v})
	if len(x.diags) > 0 {
		return nil, &x.diags[0]
	}
	return out, nil
}

// alternatives expands what one written value became.
func (x *expander) alternatives(list Alternatives) Alternatives {
	size := 0
	for _, v := range list {
		size += x.size(v)
	}
	if size == len(list) && !slices.ContainsFunc(list, x.knows) {
		return list
	}
	if size > MaxExpansions {
		x.diags = append(x.diags, diag.Diagnostic{
			Code: diag.TooManyExpansions, Severity: diag.Error, Span: list[0].Range(),
			Summary: fmt.Sprintf("the placeholders give this value more than %d alternatives", MaxExpansions),
			Help:    "give them fewer values, or split the value: the values of several placeholders multiply",
		})
		return list
	}
	x.changed = true
	var out Alternatives
	for _, v := range list {
		out = append(out, x.expandValue(v)...)
	}
	return out
}

func (x *expander) knows(v Value) bool {
	return slices.ContainsFunc(PlaceholdersOf(v), func(name string) bool { return len(x.vars[name]) > 0 })
}

// size is the number of values that v becomes, or more than MaxExpansions.
func (x *expander) size(v Value) int {
	n := 1
	for _, name := range PlaceholdersOf(v) {
		if values := len(x.vars[name]); values > 0 && n <= MaxExpansions {
			n *= values
		}
	}
	return n
}

func (x *expander) expandValue(v Value) Alternatives {
	switch v := v.(type) {
	case *Keyword:
		var out Alternatives
		for _, inner := range x.expandValue(v.Value) {
			if p, ok := inner.(*Pattern); ok {
				inner = p.Contains()
			}
			out = append(out, &Keyword{Value: inner, Span: v.Span})
		}
		return out
	case *Pattern:
		return x.pattern(v)
	case *Regex:
		return x.regex(v)
	}
	return Alternatives{v}
}

func (x *expander) pattern(v *Pattern) Alternatives {
	done := [][]Part{nil}
	for _, part := range v.Parts {
		pieces := [][]Part{{part}}
		if p, ok := part.(Placeholder); ok && len(x.vars[p.Name]) > 0 {
			pieces = pieces[:0]
			for _, text := range x.vars[p.Name] {
				pieces = append(pieces, ParsePattern(text))
			}
		}
		done = product(done, pieces)
	}
	out := make(Alternatives, len(done))
	for i, parts := range done {
		c := *v
		c.Parts = JoinParts(parts)
		out[i] = &c
	}
	return out
}

// product puts each tail behind each head.
func product[T any](heads, tails [][]T) [][]T {
	out := make([][]T, 0, len(heads)*len(tails))
	for _, head := range heads {
		for _, tail := range tails {
			out = append(out, slices.Concat(head, tail))
		}
	}
	return out
}

// regex puts values into an expression as what they are elsewhere: their text
// stands for itself, and only * and ? are wildcards.
func (x *expander) regex(v *Regex) Alternatives {
	done := []*Regex{{}}
	from := 0
	extend := func(text string) {
		for i := range done {
			c := *done[i]
			c.Source += text
			done[i] = &c
		}
	}
	for _, h := range v.Holes {
		extend(v.Source[from:h.At])
		from = h.At
		var next []*Regex
		for _, r := range done {
			if len(x.vars[h.Name]) == 0 {
				c := *r
				c.Holes = append(slices.Clone(r.Holes), Hole{Name: h.Name, At: len(r.Source)})
				next = append(next, &c)
			}
			for _, text := range x.vars[h.Name] {
				c := *r
				c.Source += regexOf(ParsePattern(text))
				next = append(next, &c)
			}
		}
		done = next
	}
	extend(v.Source[from:])
	out := make(Alternatives, len(done))
	for i, r := range done {
		c := *v
		c.Source, c.Holes = r.Source, r.Holes
		if err := c.Check(); err != nil {
			x.diags = append(x.diags, diag.Diagnostic{Code: diag.BadRegex, Severity: diag.Error, Span: v.Span,
				Summary: fmt.Sprintf("with the values of its placeholders the regular expression is not valid: %v", err)})
			return Alternatives{v}
		}
		out[i] = &c
	}
	return out
}

func regexOf(parts []Part) string {
	var b strings.Builder
	b.WriteString("(?:")
	for _, p := range parts {
		switch p := p.(type) {
		case Literal:
			b.WriteString(regexp.QuoteMeta(string(p)))
		case AnyRun:
			b.WriteString("(?s:.*)")
		case AnyOne:
			b.WriteString("(?s:.)")
		}
	}
	return b.String() + ")"
}
