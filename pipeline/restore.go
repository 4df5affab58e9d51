package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
)

// Restore is Apply the other way about: it gives a rule that asks for fields of
// the store, as the rules of a product do, in the terms of the events. A field
// of the store that several fields of the event fill becomes one of these.
//
// The promise is the same equation: the rule selects Project(event) exactly if
// the restored rule selects the event. What the schema does not describe, or what
// the event's fields cannot answer, is an error; there is then no rule.
func (s *Schema) Restore(r *ast.Rule) (*ast.Rule, []diag.Diagnostic) {
	if s.fields == nil {
		return r, nil
	}
	a := applier{schema: s.For(r.LogSource), warned: map[string]bool{}}
	a.rewrite = a.restored
	out := *r
	out.Detections = a.detections(r)
	out.Fields = nil
	for _, t := range r.Fields {
		names := a.schema.Sources(t.Value)
		if len(names) == 0 {
			names = []string{t.Value}
		}
		for _, name := range names {
			out.Fields = append(out.Fields, ast.Text{Value: name, Span: t.Span})
		}
	}
	if diag.HasErrors(a.diags) {
		return nil, a.diags
	}
	return &out, a.diags
}

// Sources names the fields of the event from which a field of the store has its
// values; more than one if events differ, none if the schema does not describe it.
func (s *Schema) Sources(stored string) []string {
	var names []string
	for _, o := range s.origins(stored) {
		if o.derived == nil {
			names = append(names, o.name)
		} else if o.derived.copy != "" {
			names = append(names, o.derived.copy)
		}
	}
	return names
}

// origin is where a field of the store has a value from.
type origin struct {
	name    string // of the event's field
	field   *field
	target  *target
	network bool
	part    string // of a text that the store takes apart: what stands behind the target's name
	derived *derived
}

// origins finds all of them. A field that stands for all below another counts
// only where no narrower one does.
func (s *Schema) origins(stored string) []origin {
	var exact, below []origin
	for _, f := range s.fields {
		if f.network != nil && f.network.name == stored {
			exact = append(exact, origin{name: f.name, field: f, target: f.network, network: true})
			continue
		}
		for _, t := range f.targets {
			head, starred := strings.CutSuffix(t.name, "*")
			switch {
			case t.as == asHashes || t.as == asAccount:
				if part, ok := strings.CutPrefix(stored, t.name); ok && isPart(t.as, part) {
					exact = append(exact, origin{name: f.name, field: f, target: t, part: part})
				}
			case starred && strings.HasPrefix(stored, head):
				below = append(below, origin{name: strings.TrimSuffix(f.name, "*") + stored[len(head):], field: f, target: t})
			case s.at(t, "").Name == stored:
				exact = append(exact, origin{name: f.name, field: f, target: t})
			}
		}
	}
	for _, d := range s.derived {
		if d.name == stored {
			return []origin{{derived: d}} // it is made last
		}
	}
	if exact == nil {
		return below
	}
	return exact
}

func isPart(as transform, part string) bool {
	if as == asAccount {
		return part == ".name" || part == ".domain"
	}
	return slices.ContainsFunc(hashLengths, func(h hashName) bool { return h.below == part })
}

// restored gives the expression over fields of the event that selects what a
// leaf over a field of the store does.
func (a *applier) restored(of ast.Field, v ast.Value) ast.Expr {
	same := &ast.Match{Field: of, Value: v, Span: v.Range()}
	if _, ok := v.(*ast.FieldRef); ok {
		a.lose(v, of.Name, "comparisons of two fields are not restored")
		return same
	}
	found := a.schema.origins(of.Name)
	if len(found) == 0 {
		a.lose(v, of.Name, "the schema does not describe it")
		return same
	}
	terms := make([]ast.Expr, len(found))
	for i, o := range found {
		terms[i] = a.from(o, of, v)
	}
	if ofAbsence(v) {
		return allOf(v.Range(), terms...)
	}
	return anyOf(terms, v.Range())
}

// lose says that a leaf over a field of the store has no counterpart.
func (a *applier) lose(v ast.Value, name, why string) {
	a.diags = append(a.diags, diag.Diagnostic{Code: diag.SchemaLoss, Severity: diag.Error, Span: v.Range(),
		Summary: fmt.Sprintf("the field %q of the schema %s cannot be traced to the event: %s", name, a.schema.Name, why)})
}

// from is the leaf over the field that an origin names.
func (a *applier) from(o origin, of ast.Field, v ast.Value) ast.Expr {
	if o.derived != nil {
		return a.fromDerived(o.derived, of, v)
	}
	leaf := func(v ast.Value) ast.Expr {
		return &ast.Match{Field: ast.Field{Name: o.name, Span: of.Span}, Value: v, Span: v.Range()}
	}
	var e ast.Expr
	switch t := o.target; {
	case o.network, t.as == asAddress, t.as == asOther:
		e = a.fromAddress(o, of, v)
	case o.part != "":
		e = a.fromPart(o, of, v)
	case ofAbsence(v):
		e = leaf(v)
	case t.pairs() != nil:
		e = a.fromPairs(t.pairs(), o, of, v)
	default:
		if t.as == asJava || t.as == asJSON {
			a.ofText(of, t.as, v)
		}
		e = leaf(v)
	}
	span := v.Range()
	if only := o.target.only; len(only) > 0 {
		held := holdsIn(only, v)
		if ofAbsence(v) {
			e = &ast.Or{Terms: []ast.Expr{e, &ast.Not{Term: held, Span: span}}, Span: span}
		} else {
			e = allOf(span, e, held)
		}
	}
	if o.field.absent == nil {
		return e
	}
	none := leaf(&ast.Null{Span: span})
	switch {
	case ofAbsence(v):
		return &ast.Or{Span: span} // the store fills the field in
	case takes(v, *o.field.absent):
		return &ast.Or{Terms: []ast.Expr{e, none}, Span: span}
	}
	return e
}

// fromPairs asks for the event's values that become those of which the leaf is
// true.
func (a *applier) fromPairs(pairs []valuePair, o origin, of ast.Field, v ast.Value) ast.Expr {
	var terms []ast.Expr
	for _, p := range pairs {
		if takes(v, p.store.Text) {
			terms = append(terms, &ast.Match{Field: ast.Field{Name: o.name, Span: of.Span}, Value: valueOf(p.event, v), Span: v.Range()})
		}
	}
	return anyOf(terms, v.Range())
}

// fromAddress asks for what only an address, or only another text, can satisfy.
func (a *applier) fromAddress(o origin, of ast.Field, v ast.Value) ast.Expr {
	field := ast.Field{Name: o.name, Span: of.Span}
	switch v := v.(type) {
	case *ast.CIDR:
		if o.target.as != asOther {
			return &ast.Match{Field: field, Value: v, Span: v.Span}
		}
	case *ast.Pattern:
		if text, exact := v.Literal(); exact && isAddress(text) == (o.target.as != asOther) {
			return &ast.Match{Field: field, Value: v, Span: v.Span}
		}
	}
	a.lose(v, of.Name, "of a field that holds only addresses, or none, a whole value or a network can be traced")
	return &ast.Match{Field: field, Value: v, Span: v.Range()}
}

// fromPart asks for a text that has a part: a hash among hashes, the name or the
// domain of an account.
func (a *applier) fromPart(o origin, of ast.Field, v ast.Value) ast.Expr {
	field := ast.Field{Name: o.name, Span: of.Span}
	p, ok := v.(*ast.Pattern)
	text, exact := "", false
	if ok {
		text, exact = p.Literal()
	}
	if !exact || strings.ContainsAny(text, `\,=`) {
		a.lose(v, of.Name, "of a part of a text, a whole value can be traced")
		return &ast.Match{Field: field, Value: v, Span: v.Range()}
	}
	c := *p
	switch o.part {
	case ".name":
		c.Parts = []ast.Part{ast.AnyRun{}, ast.Literal(`\` + text)}
	case ".domain":
		c.Parts = []ast.Part{ast.Literal(text + `\`), ast.AnyRun{}}
	default:
		i := slices.IndexFunc(hashLengths, func(h hashName) bool { return h.below == o.part })
		c.Parts = []ast.Part{ast.AnyRun{}, ast.Literal(hashLengths[i].name + "=" + text), ast.AnyRun{}}
	}
	return &ast.Match{Field: field, Value: &c, Span: v.Range()}
}

// fromDerived asks for one of the cases whose value the leaf is true of.
func (a *applier) fromDerived(d *derived, of ast.Field, v ast.Value) ast.Expr {
	span := v.Range()
	if d.copy != "" {
		leaf := &ast.Match{Field: ast.Field{Name: d.copy, Span: of.Span}, Value: v, Span: span}
		switch {
		case len(d.where) == 0:
			return leaf
		case ofAbsence(v):
			return &ast.Or{Terms: []ast.Expr{leaf, &ast.Not{Term: holdsIn(d.where, v), Span: span}}, Span: span}
		}
		return allOf(span, leaf, holdsIn(d.where, v))
	}
	var terms, earlier []ast.Expr
	for _, c := range d.cases {
		var here ast.Expr = &ast.And{Span: span}
		if len(c.where) > 0 {
			here = holdsIn(c.where, v)
		}
		if !ofAbsence(v) && takesAny(v, c.value) {
			terms = append(terms, allOf(span, append(slices.Clone(earlier), here)...))
		}
		earlier = append(earlier, &ast.Not{Term: here, Span: span})
	}
	if ofAbsence(v) {
		return allOf(span, earlier...)
	}
	return anyOf(terms, span)
}

func takesAny(v ast.Value, d ast.Data) bool {
	if d.Kind == ast.DataList {
		return slices.ContainsFunc(d.Items, func(item ast.Data) bool { return takes(v, item.Text) })
	}
	return takes(v, d.Text)
}

// holdsIn is what conditions on fields of the event demand.
func holdsIn(where []condition, like ast.Value) ast.Expr {
	terms := make([]ast.Expr, len(where))
	for i, c := range where {
		leaves := make([]ast.Expr, len(c.values))
		for j, v := range c.values {
			leaves[j] = &ast.Match{Field: ast.Field{Name: c.field}, Value: v, Span: like.Range()}
		}
		terms[i] = anyOf(leaves, like.Range())
	}
	return allOf(like.Range(), terms...)
}
