package cli

import (
	"errors"
	"fmt"
	"slices"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/backends"
)

// conversion is the answer of one target for one query.
type conversion struct {
	rule   loadedRule
	query  *ast.Query
	target backends.Backend
	terms  *prepared
	form   *form
	// correlation is what was asked for, where it is no rule.
	correlation *backends.Correlation
	out         *backends.Output
	err         error
	text        []byte   // in the form; nothing where the form says nothing of refusals
	keys        []string // by which the product tells items apart
}

// answer is what became of one rule.
type answer struct {
	left        bool // out, by the selection
	conversions []conversion
	diags       []diag.Diagnostic
	schema      []diag.Diagnostic // what the targets' schemas say of the rule
	broken      int
}

// answer converts one rule. Several rules are converted at the same time.
func (c *convertRun) answer(r loadedRule) answer {
	if !c.selected(r.Rule) {
		return answer{left: true}
	}
	expanded, diags := ast.ExpandPlaceholders(r.Rule, c.vars)
	a := answer{diags: diags}
	if diag.HasErrors(diags) {
		a.broken = 1
		return a
	}
	r.Rule = expanded
	r, diags, refusal := c.pipelines.adapt(r)
	a.diags = append(a.diags, diags...)
	if refusal != nil {
		a.conversions = c.refused(r, refusal)
	} else {
		a.conversions, a.schema = c.convert(r)
	}
	if c.verified {
		c.prove(a.conversions)
	}
	for i := range a.conversions {
		a.conversions[i].postprocess()
		a.conversions[i].render()
	}
	return a
}

// convert asks all targets for all conditions of a rule.
func (c *convertRun) convert(r loadedRule) ([]conversion, []diag.Diagnostic) {
	terms := make([]*prepared, len(c.registry))
	in := func(b backends.Backend) *prepared {
		i := c.registry.Index(b)
		if terms[i] == nil {
			p := c.prepare(r, b, terms)
			if p.err == nil {
				p.source, p.err = r.placed(p.source, b)
			}
			terms[i] = p
		}
		return terms[i]
	}
	var said []diag.Diagnostic
	for i, b := range c.backends {
		p := in(b)
		if !slices.ContainsFunc(c.backends[:i], func(b backends.Backend) bool { return in(b).schema == p.schema }) {
			said = append(said, p.warnings...)
		}
	}
	n := len(r.Conditions)
	out := make([]conversion, n*len(c.backends))
	for i := range n {
		results := c.registry.ConvertEach(c.backends, func(b backends.Backend) (*ast.Query, backends.Options, error) {
			p := in(b)
			if p.err != nil {
				return nil, backends.Options{}, p.err
			}
			if p.loss != nil {
				return nil, backends.Options{}, refusal(b, backends.FeatureSchema, p.loss.Span, p.loss.Summary)
			}
			if d := unresolved(p.queries[i]); d != nil {
				return nil, backends.Options{}, refusal(b, backends.FeaturePlaceholder, d.Span, d.Summary)
			}
			opts := c.options(b)
			opts.Source = p.source
			return p.queries[i], opts, nil
		})
		for j, res := range results {
			p := in(c.backends[j])
			v := conversion{rule: r, target: c.backends[j], terms: p, form: c.forms[j], out: res.Output, err: res.Err}
			v.query = &ast.Query{Rule: r.Rule, Condition: r.Conditions[i], Index: i}
			if v.out != nil && len(p.notes) > 0 {
				v.out = &backends.Output{Query: v.out.Query, Notes: append(p.notes[:len(p.notes):len(p.notes)], v.out.Notes...)}
			}
			out[j*n+i] = v
		}
	}
	return out, said
}

// options are the wishes on a target's text. A target that is asked only whether
// it can say the query has none.
func (c *convertRun) options(b backends.Backend) backends.Options {
	if i := slices.Index(c.backends, b); i >= 0 {
		return c.forms[i].options
	}
	return backends.Options{}
}

func refusal(b backends.Backend, feature backends.Feature, at source.Span, detail string) *backends.Unsupported {
	return &backends.Unsupported{Backend: b.Name(), Feature: feature, Span: at, Detail: detail}
}

// header is the line above a query in a text of several.
func (v conversion) header() string {
	return fmt.Sprintf("# %s %s %s", v.target.Name(), v.place(), backends.OneLine(v.rule.Title.Value))
}

func (v conversion) place() string {
	return fmt.Sprintf("%s:%d", v.rule.Span.File.Name, v.rule.Title.Span.Position().Line)
}

// conversionRecord is the form of -f jsonl, one for each query and target.
type conversionRecord struct {
	File      string             `json:"file"`
	Line      int                `json:"line"`
	RuleID    string             `json:"rule_id"`
	Title     string             `json:"title"`
	Condition string             `json:"condition"`
	Target    string             `json:"target"`
	Format    string             `json:"format"`
	Schema    string             `json:"schema"`
	Query     string             `json:"query,omitempty"`
	Notes     []backends.Note    `json:"notes"`
	Error     *conversionRefusal `json:"error,omitempty"`
}

type conversionRefusal struct {
	Code         string   `json:"code"`
	Message      string   `json:"message"`
	Feature      string   `json:"feature,omitempty"`
	Line         int      `json:"line,omitempty"`
	Column       int      `json:"column,omitempty"`
	Alternatives []string `json:"alternatives,omitempty"`
}

func (v conversion) record() conversionRecord {
	r := conversionRecord{
		File: v.rule.Span.File.Name, Line: v.rule.Title.Span.Position().Line,
		RuleID: v.rule.ID.Value, Title: v.rule.Title.Value, Condition: v.query.Condition.Text.Value,
		Target: v.target.Name(), Format: "text", Schema: v.terms.schema, Notes: []backends.Note{},
	}
	if v.err == nil {
		r.Query = v.out.Query
		r.Notes = append(r.Notes, v.out.Notes...)
		return r
	}
	r.Error = &conversionRefusal{Code: "failed", Message: v.err.Error()}
	var refusal *backends.Unsupported
	if errors.As(v.err, &refusal) {
		p := refusal.Span.Position()
		r.Error = &conversionRefusal{"unsupported", refusal.Message(), string(refusal.Feature), p.Line, p.Column, refusal.Alternatives}
	}
	return r
}
