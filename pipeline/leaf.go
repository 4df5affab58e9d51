package pipeline

import (
	"fmt"
	"slices"

	"sigmatic/ast"
)

// leaf gives the expression over fields of the store that selects what the leaf
// does.
func (a *applier) leaf(of ast.Field, v ast.Value) ast.Expr {
	f, below := a.describe(of.Name, of.Span)
	if ref, ok := v.(*ast.FieldRef); ok {
		return a.reference(of, f, below, ref)
	}
	if f == nil {
		return &ast.Match{Field: of, Value: v, Span: v.Range()}
	}
	if lost := a.schema.lossOf(f, of.Name); lost != "" {
		a.refuse(v, of.Name, lost)
		return &ast.Match{Field: of, Value: v, Span: v.Range()}
	}
	if _, ok := v.(*ast.CIDR); ok && f.network != nil {
		return a.match(of, f.network, "", v)
	}
	terms := make([]ast.Expr, len(f.targets))
	for i, t := range f.targets {
		terms[i] = a.present(of, f, t, below, v)
	}
	if ofAbsence(v) {
		return allOf(v.Range(), terms...) // none of the targets has a value
	}
	return anyOf(terms, v.Range())
}

// lossOf says why the store does not keep a field; "" if it does.
func (s *Schema) lossOf(f *field, name string) string {
	if f.lost == "" && s.form == formText && s.insideList(name) {
		return "it stands inside a list, which is kept as the text of its JSON"
	}
	return f.lost
}

// ofAbsence reports whether the leaf is true of a field that is not there.
func ofAbsence(v ast.Value) bool {
	switch v := v.(type) {
	case *ast.Null:
		return true
	case *ast.Exists:
		return !v.Want
	}
	return false
}

// ofPresence reports whether the leaf is true of any value.
func ofPresence(v ast.Value) bool {
	switch v := v.(type) {
	case *ast.Exists:
		return v.Want
	case *ast.Pattern:
		shape, _ := v.Shape()
		return shape == ast.ShapeAny
	}
	return false
}

// present joins a leaf over one target with what decides whether the target
// holds a value of the field at all.
func (a *applier) present(of ast.Field, f *field, t *target, below string, v ast.Value) ast.Expr {
	e := a.match(of, t, below, v)
	absence := ofAbsence(v)
	if len(t.when) > 0 {
		holds := a.schema.hold(t.when, v.Range())
		if absence {
			e = &ast.Or{Terms: []ast.Expr{e, &ast.Not{Term: holds, Span: v.Range()}}, Span: v.Range()}
		} else {
			e = allOf(v.Range(), e, holds)
		}
	}
	if f.absent == nil {
		return e
	}
	filler := a.match(of, t, below, &ast.Pattern{Parts: []ast.Part{ast.Literal(*f.absent)}, Span: v.Range()})
	switch {
	case absence:
		return filler // the store has it wherever the event has no value
	case takes(v, *f.absent):
		return allOf(v.Range(), e, &ast.Not{Term: filler, Span: v.Range()})
	}
	return e
}

// match is the leaf over one target, in the spelling and with the values that
// the store has.
func (a *applier) match(of ast.Field, t *target, below string, v ast.Value) ast.Expr {
	field := a.schema.at(t, below)
	field.Span = of.Span
	field.Case = t.spelling.letterCase()
	leaf := func(field ast.Field, v ast.Value) ast.Expr {
		return &ast.Match{Field: field, Value: v, Span: v.Range()}
	}
	switch t.as {
	case asHashes:
		return a.hashes(of, field, v)
	case asAccount:
		return a.account(of, field, v)
	}
	if ofAbsence(v) || ofPresence(v) {
		return leaf(field, v)
	}
	if pairs := t.pairs(); pairs != nil {
		return a.chosen(of, field, pairs, v)
	}
	if p, ok := v.(*ast.Pattern); ok {
		if text, exact := p.Literal(); exact && slices.Contains(a.schema.drops, text) {
			a.warn(v.Range(), fmt.Sprintf("under the schema %s a field %q of value %q is dropped; that it is not there is asked instead", a.schema.Name, of.Name, text))
			return leaf(field, &ast.Null{Span: v.Range()})
		}
	}
	if t.as == asJava || t.as == asJSON {
		a.ofText(of, t.as, v)
	}
	spelled := t.spelling.spell(v)
	if spelled == nil {
		return leaf(field, v)
	}
	field.Case = ast.CaseCanonical
	terms := make([]ast.Expr, len(spelled))
	for i, s := range spelled {
		terms[i] = leaf(field, s)
	}
	return anyOf(terms, v.Range())
}

// spell gives the value as the store spells it, in all the ways that it may;
// nil where that is not known.
func (s *spelling) spell(v ast.Value) []ast.Value {
	if s == nil || s.rule == spelledFolded {
		return nil
	}
	switch v := v.(type) {
	case *ast.Pattern:
		if v.Cased {
			return []ast.Value{v} // the rule itself minds letter case
		}
		if s.rule != spelledNames {
			c := *v
			c.Parts = slices.Clone(v.Parts)
			for i, p := range c.Parts {
				if lit, ok := p.(ast.Literal); ok {
					c.Parts[i] = ast.Literal(s.respell(string(lit)))
				}
			}
			return []ast.Value{&c}
		}
		text, ok := v.Literal()
		if !ok {
			return nil
		}
		var out []ast.Value
		for _, name := range s.of(text) {
			c := *v
			c.Parts = []ast.Part{ast.Literal(name)}
			out = append(out, &c)
		}
		return out
	case *ast.Bool:
		if slices.Equal(s.of("true"), []string{"true"}) && slices.Equal(s.of("false"), []string{"false"}) {
			return []ast.Value{v}
		}
	}
	return nil
}

// pairs are the values of a target that has few: those of the schema, or the
// two of a boolean.
func (t *target) pairs() []valuePair {
	if t.values == nil && t.typ == ast.TypeBoolean {
		return booleans
	}
	return t.values
}

var booleans = []valuePair{
	{ast.Data{Kind: ast.DataBool, Text: "true"}, ast.Data{Kind: ast.DataBool, Text: "true"}},
	{ast.Data{Kind: ast.DataBool, Text: "false"}, ast.Data{Kind: ast.DataBool, Text: "false"}},
}

// chosen gives a leaf over a field that has few values: one of those of which
// the leaf is true.
func (a *applier) chosen(of, field ast.Field, pairs []valuePair, v ast.Value) ast.Expr {
	var terms []ast.Expr
	for _, p := range pairs {
		if takes(v, p.event.Text) {
			field.Case = ast.CaseCanonical // it stands there as the schema spells it
			terms = append(terms, &ast.Match{Field: field, Value: valueOf(p.store, v), Span: v.Range()})
		}
	}
	if terms == nil {
		a.warn(v.Range(), fmt.Sprintf("under the schema %s no value of the field %q is one of which this is true", a.schema.Name, of.Name))
	}
	return anyOf(terms, v.Range())
}

// operand is one side of a comparison of two fields.
type operand struct {
	field    ast.Field
	spelling *spelling
	guards   []ast.Expr // what decides whether it holds a value of the rule's field
}

// reference compares two fields: any target of the one with any of the other.
func (a *applier) reference(of ast.Field, f *field, below string, ref *ast.FieldRef) ast.Expr {
	g, belowOther := a.describe(ref.Field.Name, ref.Field.Span)
	left, right := a.operands(of, f, below, ref), a.operands(ref.Field, g, belowOther, ref)
	var terms []ast.Expr
	for _, l := range left {
		for _, r := range right {
			if alike(l.spelling, r.spelling) {
				l.field.Case, r.field.Case = ast.CaseCanonical, ast.CaseCanonical
			}
			c := *ref
			c.Field = r.field
			leaf := ast.Expr(&ast.Match{Field: l.field, Value: &c, Span: ref.Span})
			terms = append(terms, allOf(ref.Span, slices.Concat([]ast.Expr{leaf}, l.guards, r.guards)...))
		}
	}
	if terms == nil { // it was refused
		return &ast.Match{Field: of, Value: ref, Span: ref.Span}
	}
	return anyOf(terms, ref.Span)
}

// operands are the targets of a field that can be compared with another field.
func (a *applier) operands(of ast.Field, f *field, below string, ref *ast.FieldRef) []operand {
	if f == nil {
		return []operand{{field: of}}
	}
	if lost := a.schema.lossOf(f, of.Name); lost != "" {
		a.refuse(ref, of.Name, lost)
		return nil
	}
	var out []operand
	for _, t := range f.targets {
		if t.values != nil || t.as != asIs && t.as != asAddress && t.as != asOther {
			a.refuse(ref, of.Name, "the store has other values than the event, which cannot be compared with another field's")
			return nil
		}
		o := operand{field: a.schema.at(t, below), spelling: t.spelling}
		o.field.Span, o.field.Case = of.Span, t.spelling.letterCase()
		if len(t.when) > 0 {
			o.guards = append(o.guards, a.schema.hold(t.when, ref.Span))
		}
		if f.absent != nil {
			filler := &ast.Match{Field: o.field, Value: &ast.Pattern{Parts: []ast.Part{ast.Literal(*f.absent)}, Span: ref.Span}, Span: ref.Span}
			o.guards = append(o.guards, &ast.Not{Term: filler, Span: ref.Span})
		}
		out = append(out, o)
	}
	return out
}

// valueOf is the leaf's value that demands a value of the store.
func valueOf(d ast.Data, like ast.Value) ast.Value {
	switch d.Kind {
	case ast.DataBool:
		return &ast.Bool{Value: d.Truth(), Span: like.Range()}
	case ast.DataNumber:
		if n, ok := ast.ParseDecimal(d.Text); ok {
			return &ast.Number{Decimal: n, Lexeme: d.Text, Span: like.Range()}
		}
	}
	return &ast.Pattern{Parts: []ast.Part{ast.Literal(d.Text)}, Span: like.Range()}
}
