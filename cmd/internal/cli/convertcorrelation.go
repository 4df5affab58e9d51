package cli

import (
	"errors"
	"fmt"
	"slices"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/backends"
	"sigmatic/pipeline"
)

// correlate converts one correlation.
func (c *convertRun) correlate(r loadedRule, rules *ruleStream) answer {
	var a answer
	none := &ast.Query{Rule: r.Rule, Condition: &ast.RuleCondition{}}
	for i, b := range c.backends {
		v := conversion{rule: r, query: none, target: b, terms: &prepared{schema: pipeline.None().Name}, form: c.forms[i]}
		v.err = c.correlateFor(&v, rules)
		if v.err == nil && c.verified {
			v.out, v.err = nil, refusal(b, backends.FeatureProof, r.Title.Span, "correlations of this target are not held to the evaluator by verify")
		}
		v.render()
		a.conversions = append(a.conversions, v)
	}
	return a
}

// correlateFor asks one target. The error is an *backends.Unsupported.
func (c *convertRun) correlateFor(v *conversion, rules *ruleStream) error {
	at := v.rule.Title.Span
	refuse := func(format string, args ...any) error {
		return refusal(v.target, backends.FeatureCorrelation, at, fmt.Sprintf(format, args...))
	}
	to, ok := v.target.(backends.Correlator)
	switch {
	case !ok:
		return refuse("correlations are read and not yet converted")
	case c.pipelines.merged != nil:
		return refuse("with -p it is not known what its fields are called")
	}
	doc := v.rule.origin.(*ast.Correlation)
	var notes []backends.Note
	queries := make([][]*ast.Query, len(doc.Rules))
	for i, ref := range doc.Rules {
		target, ok := ref.Target.(*ast.Rule)
		if !ok {
			return refuse("it stands upon another correlation, %q", ref.Text.Value)
		}
		p, err := c.input(target, v.target, rules)
		if err != nil {
			return err
		}
		if i > 0 && (p.schema != v.terms.schema || p.source != v.terms.source) {
			return refuse("its rules are about logs that are stored apart")
		}
		queries[i], v.terms = p.queries, p
		for _, n := range p.notes {
			if !slices.Contains(notes, n) {
				notes = append(notes, n)
			}
		}
	}
	first := doc.Rules[0].Target.(*ast.Rule)
	inTerms, diags := c.schema.of(first.LogSource, v.target.Name()).ApplyCorrelation(doc, first.LogSource)
	if inTerms == nil {
		return refusal(v.target, backends.FeatureSchema, diags[0].Span, diags[0].Summary)
	}
	v.terms.rule = &ast.Rule{Metadata: v.rule.Metadata}
	v.terms.rule.Fields = inTerms.Fields
	v.correlation = correlationOf(inTerms, queries)
	opts := v.form.options
	opts.Source = v.terms.source
	out, err := to.ConvertCorrelation(v.correlation, opts)
	if err != nil {
		return err
	}
	out.Notes = append(notes, out.Notes...)
	v.out = out
	return nil
}

// input gives a rule under a correlation in the terms of a target.
func (c *convertRun) input(r *ast.Rule, b backends.Backend, rules *ruleStream) (*prepared, error) {
	expanded, diags := ast.ExpandPlaceholders(ast.ApplyFilters(r, rules.filters, rules.mode), c.vars)
	for _, d := range diags {
		if d.Severity == diag.Error {
			return nil, refusal(b, backends.FeaturePlaceholder, d.Span, d.Summary)
		}
	}
	p := c.prepare(loadedRule{Rule: expanded, origin: r}, b, nil)
	switch {
	case p.loss != nil:
		return nil, refusal(b, backends.FeatureSchema, p.loss.Span, p.loss.Summary)
	case p.err != nil:
		var refused *backends.Unsupported
		if errors.As(p.err, &refused) {
			return nil, p.err
		}
		return nil, refusal(b, backends.FeatureCorrelation, r.Title.Span, p.err.Error())
	}
	return p, nil
}

// correlationOf is a correlation as backends print it.
func correlationOf(doc *ast.Correlation, queries [][]*ast.Query) *backends.Correlation {
	out := &backends.Correlation{Document: doc, Fields: backends.Values(doc.Fields)}
	names := doc.GroupBy
	if doc.NewTerms != nil {
		names = doc.NewTerms.Fields
	}
	out.Group = backends.Values(names)
	for i, ref := range doc.Rules {
		in := backends.CorrelationInput{Name: ref.Text.Value, Queries: queries[i]}
		for _, name := range out.Group {
			in.Keys = append(in.Keys, doc.FieldIn(ref, name))
		}
		for _, a := range doc.Aggregates {
			var fields []string
			for _, f := range a.Fields {
				fields = append(fields, doc.FieldIn(ref, f.Value))
			}
			in.Measured = append(in.Measured, fields)
		}
		out.Inputs = append(out.Inputs, in)
	}
	return out
}
