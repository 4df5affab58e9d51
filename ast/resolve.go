package ast

import (
	"fmt"
	"slices"
	"strings"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// Resolve gives one query for each condition of a rule: selectors opened,
// search identifiers put in their place, lists opened. A condition that names
// something that does not exist gives diagnostics and no query.
func Resolve(r *Rule) ([]*Query, []diag.Diagnostic) {
	res := resolver{detections: r.Detections}
	var queries []*Query
	for i, c := range r.Conditions {
		if c.Expr == nil {
			continue // the parser has said what is wrong with it
		}
		before := len(res.diags)
		expr := res.condition(c.Expr)
		if len(res.diags) == before {
			queries = append(queries, &Query{Rule: r, Condition: c, Index: i, Expr: expr})
		}
	}
	return queries, res.diags
}

// Unresolved gives the diagnostics of Resolve for conditions over search
// identifiers of these names, whatever stands under them.
func Unresolved(names []string, conditions []*RuleCondition) []diag.Diagnostic {
	r := resolver{detections: make([]*NamedDetection, len(names))}
	nothing := &AllOf{}
	for i, name := range names {
		r.detections[i] = &NamedDetection{Name: Text{Value: name}, Body: nothing}
	}
	for _, c := range conditions {
		if c.Expr != nil {
			r.condition(c.Expr)
		}
	}
	return r.diags
}

// ResolveMember gives what an item demands of a member of its array. An item
// whose condition names something that does not exist gives diagnostics as well.
func ResolveMember(d *ArrayItem) (Expr, []diag.Diagnostic) {
	if d.Condition == nil {
		return Open(d.Body), nil
	}
	res := resolver{detections: d.Detections}
	return res.condition(d.Condition.Expr), res.diags
}

type resolver struct {
	detections []*NamedDetection
	diags      []diag.Diagnostic
}

func (r *resolver) condition(c Condition) Expr {
	switch c := c.(type) {
	case *CondOr:
		return &Or{Terms: r.conditions(c.Operands), Span: c.Span}
	case *CondAnd:
		return &And{Terms: r.conditions(c.Operands), Span: c.Span}
	case *CondNot:
		return &Not{Term: r.condition(c.Operand), Span: c.Span}
	case *CondRef:
		for _, d := range r.detections {
			if d.Name.Value == c.Name {
				return Open(d.Body)
			}
		}
		r.unknown(c)
		return &Or{Span: c.Span}
	case *CondSelector:
		return r.selector(c)
	}
	panic(fmt.Sprintf("ast: unknown condition %T", c))
}

func (r *resolver) conditions(list []Condition) []Expr {
	out := make([]Expr, len(list))
	for i, c := range list {
		out[i] = r.condition(c)
	}
	return out
}

func (r *resolver) selector(c *CondSelector) Expr {
	var terms []Expr
	for _, d := range r.detections {
		if c.Selects(d.Name.Value) {
			terms = append(terms, Open(d.Body))
		}
	}
	switch {
	case len(terms) == 0:
		r.diags = append(r.diags, diag.Diagnostic{
			Code: diag.EmptySelector, Severity: diag.Error, Span: c.Span,
			Summary: fmt.Sprintf("%q selects no search identifier", c),
			Help:    "the identifiers are " + r.names() + "; those that begin with _ are only selected by a pattern that does too",
		})
		return &Or{Span: c.Span}
	case len(terms) == 1:
		return terms[0]
	case c.All:
		return &And{Terms: terms, Span: c.Span}
	}
	return &Or{Terms: terms, Span: c.Span}
}

func (r *resolver) unknown(c *CondRef) {
	help := "the identifiers are " + r.names()
	if near := diag.Nearest(c.Name, r.identifiers()); near != "" {
		help = fmt.Sprintf("did you mean %q? ", near) + help
	}
	d := diag.Diagnostic{
		Code: diag.UnknownIdentifier, Severity: diag.Error, Span: c.Span,
		Summary: fmt.Sprintf("the condition names %q, which the detection does not define", c.Name),
		Help:    help,
	}
	r.diags = append(r.diags, d)
}

func (r *resolver) identifiers() []string {
	names := make([]string, len(r.detections))
	for i, d := range r.detections {
		names[i] = d.Name.Value
	}
	return names
}

func (r *resolver) names() string {
	names := r.identifiers()
	for i, n := range names {
		names[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(names, ", ")
}

// Selects reports whether the selector takes the search identifier name. Names
// that begin with an underscore are private: only a pattern that begins with
// one reaches them.
func (c *CondSelector) Selects(name string) bool {
	private := strings.HasPrefix(name, "_")
	if c.Pattern == "them" {
		return !private
	}
	if private && !strings.HasPrefix(c.Pattern, "_") {
		return false
	}
	return matchStars(c.Pattern, name)
}

// matchStars is a whole match in which * stands for any run.
func matchStars(pattern, name string) bool {
	head, rest, starred := strings.Cut(pattern, "*")
	if !starred {
		return pattern == name
	}
	if !strings.HasPrefix(name, head) {
		return false
	}
	name = name[len(head):]
	for {
		part, more, again := strings.Cut(rest, "*")
		if !again {
			return strings.HasSuffix(name, part)
		}
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name, rest = name[i+len(part):], more
	}
}

// Open turns the body of a search identifier into an expression.
func Open(d Detection) Expr {
	switch d := d.(type) {
	case *AllOf:
		return group(d.Members, func(t []Expr) Expr { return &And{Terms: t, Span: d.Span} })
	case *AnyOf:
		return group(d.Members, func(t []Expr) Expr { return &Or{Terms: t, Span: d.Span} })
	case *Item:
		return openItem(d)
	case *ArrayItem:
		return openArrayItem(d)
	}
	panic(fmt.Sprintf("ast: unknown detection %T", d))
}

// openArrayItem puts each step around what follows it. The parser has reported a
// condition that names what does not exist.
func openArrayItem(d *ArrayItem) Expr {
	e, _ := ResolveMember(d)
	for _, step := range slices.Backward(d.Steps) {
		members := &Members{Selector: step.Selector, Expr: e, Span: d.Key.Span}
		e = &Match{Field: step.Field, Value: members, Span: d.Span}
	}
	return e
}

func group(members []Detection, build func([]Expr) Expr) Expr {
	if len(members) == 1 {
		return Open(members[0])
	}
	terms := make([]Expr, len(members))
	for i, m := range members {
		terms[i] = Open(m)
	}
	return build(terms)
}

func openItem(d *Item) Expr {
	terms := make([]Expr, len(d.Values))
	for i, alternatives := range d.Values {
		leaves := make([]Expr, len(alternatives))
		for j, v := range alternatives {
			leaves[j] = &Match{Field: d.Field, Value: v, Span: leafSpan(d, v)}
		}
		terms[i] = single(leaves, func() Expr { return &Or{Terms: leaves, Span: d.Span} })
	}
	e := single(terms, func() Expr {
		if d.All {
			return &And{Terms: terms, Span: d.Span}
		}
		return &Or{Terms: terms, Span: d.Span}
	})
	if d.Negated {
		return &Not{Term: e, Span: d.Span}
	}
	return e
}

func leafSpan(d *Item, v Value) source.Span {
	if s := v.Range(); !s.IsZero() {
		return s
	}
	return d.Span
}

func single(terms []Expr, group func() Expr) Expr {
	if len(terms) == 1 {
		return terms[0]
	}
	return group()
}
