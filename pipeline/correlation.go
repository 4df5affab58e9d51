package pipeline

import (
	"fmt"
	"slices"

	"sigmatic/ast"
	"sigmatic/ast/diag"
)

// ApplyCorrelation gives a correlation in the terms of the schema that its rules
// are under: the fields that it groups by, counts or measures, and those that
// carry its aliases. The rules themselves are left to Apply. A field that several
// fields of the store stand for, or none, cannot be grouped by: that is an error,
// and there is then no correlation.
func (s *Schema) ApplyCorrelation(c *ast.Correlation, ls ast.LogSource) (*ast.Correlation, []diag.Diagnostic) {
	if !s.Describes(ls) {
		return c, nil
	}
	a := applier{schema: s.For(ls), warned: map[string]bool{}}
	aliases := make([]string, len(c.Aliases))
	out := *c
	out.Aliases = slices.Clone(c.Aliases)
	for i, alias := range c.Aliases {
		aliases[i] = alias.Name.Value
		fields := slices.Clone(alias.Fields)
		for j := range fields {
			fields[j].Field = a.key(fields[j].Field)
		}
		out.Aliases[i].Fields = fields
	}
	keys := func(list []ast.Text) []ast.Text {
		mapped := slices.Clone(list)
		for i, t := range mapped {
			if !slices.Contains(aliases, t.Value) {
				mapped[i] = a.key(t)
			}
		}
		return mapped
	}
	out.GroupBy = keys(c.GroupBy)
	out.Fields = a.names(c.Fields)
	out.Aggregates = slices.Clone(c.Aggregates)
	for i := range out.Aggregates {
		out.Aggregates[i].Fields = keys(out.Aggregates[i].Fields)
	}
	if c.NewTerms != nil {
		terms := *c.NewTerms
		terms.Fields = keys(terms.Fields)
		out.NewTerms = &terms
	}
	if diag.HasErrors(a.diags) {
		return nil, a.diags
	}
	return &out, a.diags
}

// key is the store's field that has the values of a field, and no others.
func (a *applier) key(t ast.Text) ast.Text {
	f, below := a.describe(t.Value, t.Span)
	if f == nil {
		return t
	}
	why := a.schema.lossOf(f, t.Value)
	switch {
	case why != "":
	case len(f.targets) != 1:
		why = fmt.Sprintf("%d fields of the store have its values", len(f.targets))
	case len(f.targets[0].when) > 0:
		why = "the field of the store that has its values also has others"
	default:
		return ast.Text{Value: a.schema.at(f.targets[0], below).Name, Span: t.Span}
	}
	a.diags = append(a.diags, diag.Diagnostic{Code: diag.SchemaLoss, Severity: diag.Error, Span: t.Span,
		Summary: fmt.Sprintf("under the schema %s nothing can be grouped by %q: %s", a.schema.Name, t.Value, why)})
	return t
}
