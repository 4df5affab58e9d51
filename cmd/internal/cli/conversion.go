package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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
	schema string
	out    *backends.Output
	err    error
	text   []byte // what the format makes of it; nothing where the format says nothing of refusals
}

// answer is what became of one rule.
type answer struct {
	left        bool // out, by the selection
	conversions []conversion
	diags       []diag.Diagnostic
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
		a.conversions = c.convert(r)
	}
	for i := range a.conversions {
		a.conversions[i].postprocess()
		a.conversions[i].text = c.render(a.conversions[i])
	}
	return a
}

// prepared is a rule in the terms of one target.
type prepared struct {
	rule    *ast.Rule
	queries []*ast.Query // one for each condition of the rule
	schema  string       // the name of the schema that gave the terms
	source  backends.Source
	notes   []backends.Note // on what the terms take for granted
	err     error
}

// prepare gives the rule in the terms of a target. Targets that have the same
// terms share the queries.
func (c *convertRun) prepare(r *ast.Rule, _ backends.Backend, others []*prepared) *prepared {
	rule := c.schema.Apply(r)
	for _, o := range others {
		if o != nil && o.rule == rule {
			return &prepared{rule: rule, queries: o.queries, schema: c.schema.Name, err: o.err}
		}
	}
	qs, err := queries(rule)
	for i := range qs {
		qs[i] = qs[i].Simplified()
	}
	return &prepared{rule: rule, queries: qs, schema: c.schema.Name, err: err}
}

// convert asks all targets for all conditions of a rule.
func (c *convertRun) convert(r loadedRule) []conversion {
	terms := make([]*prepared, len(c.registry))
	in := func(b backends.Backend) *prepared {
		i := c.registry.Index(b)
		if terms[i] == nil {
			terms[i] = c.prepare(r.Rule, b, terms)
		}
		return terms[i]
	}
	n := len(r.Conditions)
	out := make([]conversion, n*len(c.backends))
	for i := range n {
		results := c.registry.ConvertEach(c.backends, func(b backends.Backend) (*ast.Query, backends.Options, error) {
			p := in(b)
			if p.err != nil {
				return nil, backends.Options{}, p.err
			}
			if d := unresolved(p.queries[i]); d != nil {
				return nil, backends.Options{}, refusal(b, backends.FeaturePlaceholder, d.Span, d.Summary)
			}
			source, err := r.placed(p.source, b)
			return p.queries[i], backends.Options{Compact: c.compact, Source: source}, err
		})
		for j, res := range results {
			p := in(c.backends[j])
			v := conversion{rule: r, target: c.backends[j], schema: p.schema, out: res.Output, err: res.Err}
			v.query = &ast.Query{Rule: r.Rule, Condition: r.Conditions[i], Index: i}
			if v.out != nil && len(p.notes) > 0 {
				v.out = &backends.Output{Query: v.out.Query, Notes: append(p.notes[:len(p.notes):len(p.notes)], v.out.Notes...)}
			}
			out[j*n+i] = v
		}
	}
	return out
}

func refusal(b backends.Backend, feature backends.Feature, at source.Span, detail string) *backends.Unsupported {
	return &backends.Unsupported{Backend: b.Name(), Feature: feature, Span: at, Detail: detail}
}

// refuse answers for a correlation, which no target takes yet.
func (c *convertRun) refuse(r loadedRule) answer {
	var a answer
	none := &ast.Query{Rule: r.Rule, Condition: &ast.RuleCondition{}}
	for _, b := range c.backends {
		err := refusal(b, backends.FeatureCorrelation, r.Title.Span, "correlations are read and not yet converted")
		v := conversion{rule: r, query: none, target: b, schema: c.schema.Name, err: err}
		v.text = c.render(v)
		a.conversions = append(a.conversions, v)
	}
	return a
}

// header is the line above a query in a text of several.
func (v conversion) header() string {
	return fmt.Sprintf("# %s %s %s", v.target.Name(), v.place(), v.rule.Title.Value)
}

func (v conversion) place() string {
	return fmt.Sprintf("%s:%d", v.rule.Span.File.Name, v.rule.Title.Span.Position().Line)
}

// render gives a conversion in the format that was asked for.
func (c *convertRun) render(v conversion) []byte {
	if c.format == "jsonl" {
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		// A record of strings and numbers always encodes.
		_ = enc.Encode(v.record())
		return []byte(b.String())
	}
	if v.err != nil {
		return nil
	}
	return []byte(v.out.Query + "\n")
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
		Target: v.target.Name(), Format: "text", Schema: v.schema, Notes: []backends.Note{},
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
