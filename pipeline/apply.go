package pipeline

import (
	"fmt"
	"slices"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// Apply gives the rule in the terms of the schema, and where the store keeps the
// events of its log source. A field that the schema does not describe keeps its
// name, of which nothing is known, and a warning says so. An error among the
// diagnostics means that the schema cannot say the rule; there is then no rule.
func (s *Schema) Apply(r *ast.Rule) (*ast.Rule, Source, []diag.Diagnostic) {
	if s.fields == nil {
		return r, Source{}, nil
	}
	l := s.logSource(r.LogSource)
	if l == nil && len(s.logSources) > 0 {
		return r, Source{}, []diag.Diagnostic{{Code: diag.SchemaLogSource, Severity: diag.Warning, Span: r.LogSource.Span,
			Summary: fmt.Sprintf("the schema %s is not for this log source; the rule's fields keep their names", s.Name)}}
	}
	s = s.For(r.LogSource)
	a := applier{schema: s, warned: map[string]bool{}}
	a.rewrite = a.leaf
	out := *r
	out.Detections = a.detections(r)
	out.Fields = a.names(r.Fields)
	var src Source
	if l != nil {
		src = l.source
		a.narrow(&out, l.where)
	}
	if diag.HasErrors(a.diags) {
		return nil, Source{}, a.diags
	}
	return &out, src, a.diags
}

// applier rewrites one rule.
type applier struct {
	schema  *Schema
	rewrite func(of ast.Field, v ast.Value) ast.Expr // each leaf
	warned  map[string]bool                          // fields of which it was said that they are not described
	diags   []diag.Diagnostic
}

func (a *applier) detections(r *ast.Rule) []*ast.NamedDetection {
	out := make([]*ast.NamedDetection, len(r.Detections))
	for i, d := range r.Detections {
		out[i] = &ast.NamedDetection{Name: d.Name, Body: a.body(d.Body)}
	}
	return out
}

func (a *applier) body(d ast.Detection) ast.Detection {
	all := func(members []ast.Detection) []ast.Detection {
		out := make([]ast.Detection, len(members))
		for i, m := range members {
			out[i] = a.body(m)
		}
		return out
	}
	switch d := d.(type) {
	case *ast.AllOf:
		return &ast.AllOf{Members: all(d.Members), Span: d.Span}
	case *ast.AnyOf:
		return &ast.AnyOf{Members: all(d.Members), Span: d.Span}
	case *ast.Item:
		return a.item(d)
	case *ast.ArrayItem:
		return d // no store keeps which values belong to one member: every target refuses it
	}
	panic(fmt.Sprintf("pipeline: unknown detection %T", d))
}

// item rewrites the leaves of a detection item. It stays an item if each of
// them becomes one leaf over one and the same field.
func (a *applier) item(d *ast.Item) ast.Detection {
	if d.IsKeyword {
		return d
	}
	out := *d
	out.Values = make([]ast.Alternatives, len(d.Values))
	terms := make([]ast.Expr, len(d.Values))
	var first *ast.Field
	uniform := true
	for i, list := range d.Values {
		leaves := make([]ast.Expr, len(list))
		for j, v := range list {
			leaves[j] = a.rewrite(d.Field, v)
			m, ok := leaves[j].(*ast.Match)
			if ok && first == nil {
				first = &m.Field
			}
			if uniform = uniform && ok && m.Field == *first; uniform {
				out.Values[i] = append(out.Values[i], m.Value)
			}
		}
		terms[i] = anyOf(leaves, d.Span)
	}
	if uniform {
		if first != nil {
			out.Field = *first
		}
		return &out
	}
	var e ast.Expr
	if d.All {
		e = &ast.And{Terms: terms, Span: d.Span}
	} else {
		e = anyOf(terms, d.Span)
	}
	return detectionOf(e, d.Negated)
}

func anyOf(terms []ast.Expr, span source.Span) ast.Expr {
	if len(terms) == 1 {
		return terms[0]
	}
	return &ast.Or{Terms: terms, Span: span}
}

func allOf(span source.Span, terms ...ast.Expr) ast.Expr {
	if len(terms) == 1 {
		return terms[0]
	}
	return &ast.And{Terms: terms, Span: span}
}

// detectionOf gives an expression as the body of a detection, which has no
// negation but that of an item: negations are moved down to the leaves.
func detectionOf(e ast.Expr, negated bool) ast.Detection {
	all := func(terms []ast.Expr) []ast.Detection {
		out := make([]ast.Detection, len(terms))
		for i, t := range terms {
			out[i] = detectionOf(t, negated)
		}
		return out
	}
	switch e := ast.Simplify(e).(type) {
	case *ast.And:
		if negated {
			return &ast.AnyOf{Members: all(e.Terms), Span: e.Span}
		}
		return &ast.AllOf{Members: all(e.Terms), Span: e.Span}
	case *ast.Or:
		if negated {
			return &ast.AllOf{Members: all(e.Terms), Span: e.Span}
		}
		return &ast.AnyOf{Members: all(e.Terms), Span: e.Span}
	case *ast.Not:
		return detectionOf(e.Term, !negated)
	case *ast.Match:
		return &ast.Item{
			Key: ast.Text{Value: e.Field.Name, Span: e.Field.Span}, Field: e.Field,
			Values: []ast.Alternatives{{e.Value}}, Negated: negated, Span: e.Span,
		}
	}
	panic(fmt.Sprintf("pipeline: unknown expression %T", e))
}

// whereName is the search identifier of what a log source demands. It is
// private, so that no selector of the rule sees it.
const whereName = "_logsource"

// narrow adds the conditions of a log source to those of the rule.
func (a *applier) narrow(r *ast.Rule, where []condition) {
	if len(where) == 0 {
		return
	}
	span := r.LogSource.Span
	r.Detections = append(r.Detections, &ast.NamedDetection{
		Name: ast.Text{Value: whereName, Span: span}, Body: detectionOf(a.schema.hold(where, span), false),
	})
	conditions := make([]*ast.RuleCondition, len(r.Conditions))
	for i, c := range r.Conditions {
		joined := *c
		joined.Expr = &ast.CondAnd{Operands: []ast.Condition{&ast.CondRef{Name: whereName, Span: span}, c.Expr}, Span: c.Expr.Range()}
		conditions[i] = &joined
	}
	r.Conditions = conditions
}

// hold is what conditions on fields of the store demand.
func (s *Schema) hold(where []condition, span source.Span) ast.Expr {
	terms := make([]ast.Expr, len(where))
	for i, c := range where {
		leaves := make([]ast.Expr, len(c.values))
		for j, v := range c.values {
			field := s.stored(c.field)
			field.Case = ast.CaseCanonical // the schema spells values as the store does
			if p, ok := v.(*ast.Pattern); ok {
				c := *p
				c.Cased = false
				v = &c
			}
			leaves[j] = &ast.Match{Field: field, Value: v, Span: span}
		}
		terms[i] = anyOf(leaves, span)
	}
	return allOf(span, terms...)
}

// names gives the store's names of fields that a rule lists.
func (a *applier) names(list []ast.Text) []ast.Text {
	var out []ast.Text
	for _, t := range list {
		fields, ok := a.schema.Stored(t.Value)
		if !ok {
			fields = []ast.Field{{Name: t.Value}}
		}
		for _, f := range fields {
			if !slices.ContainsFunc(out, func(o ast.Text) bool { return o.Value == f.Name }) {
				out = append(out, ast.Text{Value: f.Name, Span: t.Span})
			}
		}
	}
	return out
}

// describe finds what describes a field, and warns if nothing does.
func (a *applier) describe(name string, span source.Span) (*field, string) {
	f, below := a.schema.lookup(name)
	if f != nil || a.warned[name] {
		return f, below
	}
	a.warned[name] = true
	help := "its values are searched under the rule's own name for it"
	if near := a.schema.near(name); near != "" {
		help = fmt.Sprintf("did you mean %q? otherwise %s", near, help)
	}
	a.diags = append(a.diags, diag.Diagnostic{Code: diag.UnmappedField, Severity: diag.Warning, Span: span, Help: help,
		Summary: fmt.Sprintf("the schema %s does not describe the field %q", a.schema.Name, name)})
	return nil, ""
}

// warn says what is lost under the schema without harm to what is asked.
func (a *applier) warn(at source.Span, text string) {
	a.diags = append(a.diags, diag.Diagnostic{Code: diag.SchemaLoss, Severity: diag.Warning, Span: at, Summary: text})
}

// refuse says that the schema cannot say a leaf.
func (a *applier) refuse(v ast.Value, name, why string) {
	a.diags = append(a.diags, diag.Diagnostic{Code: diag.SchemaLoss, Severity: diag.Error, Span: v.Range(),
		Summary: fmt.Sprintf("under the schema %s the field %q cannot be asked this: %s", a.schema.Name, name, why)})
}
