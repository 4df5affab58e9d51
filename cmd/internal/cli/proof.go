package cli

import (
	"fmt"
	"slices"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/backends"
	"sigmatic/cmd/internal/verify"
)

// proofRun is what verify and test share: rules in the terms of targets, as
// convert has them, and events to try them on.
type proofRun struct {
	convertRun
}

// checkTerms is convert's check but for its formats.
func (p *proofRun) checkTerms() error {
	format := p.format
	defer func() { p.format = format }()
	p.format = "text"
	return p.convertRun.check()
}

// rules loads what was named and selected, placeholders resolved. Correlations
// stand among them without a condition.
func (p *proofRun) rules(args []string, doing string) ([]loadedRule, error) {
	vars, err := p.varsFlags.read(p.app)
	if err != nil {
		return nil, err
	}
	set, err := p.load(args, p.filter)
	if err != nil {
		return nil, err
	}
	all := append(slices.Clone(set.rules), set.correlations...)
	selected, err := p.selection.apply(all)
	if err != nil {
		return nil, err
	}
	var rules []loadedRule
	for _, r := range selected {
		expanded, diags := ast.ExpandPlaceholders(r.Rule, vars)
		p.diagnostics(diags)
		if !diag.HasErrors(diags) {
			r.Rule = expanded
			rules = append(rules, r)
		}
	}
	switch {
	case len(all) > 0 && len(selected) == 0:
		p.errorf("no rule to %s: the selection leaves none of %s", doing, plural(len(all), "rule"))
	case len(all) == 0 && p.status == statusOK:
		p.errorf("no rule to %s: none was found", doing)
	}
	return rules, nil
}

// eventSource says which events trials get: generated ones, unless there are to
// be none, and those of the user, who has them as rules have them.
type eventSource struct {
	seed    uint64
	perRule int
	user    []verify.Event
}

// sample gives the events for a query in the terms of a target.
func (s eventSource) sample(q *ast.Query) (*verify.Sample, error) {
	if s.perRule == 0 {
		return verify.NewSample(s.user)
	}
	return verify.TrialEvents(q, s.seed, s.perRule, s.user)
}

// trials gives one for each target and condition of a rule. Targets that have
// the same terms share the events, and what the rule says of them.
func (p *proofRun) trials(r loadedRule, events eventSource) []verify.Trial {
	var out []verify.Trial
	terms := make([]*prepared, len(p.registry))
	samples := map[*ast.Query]*verify.Sample{}
	for _, b := range p.backends {
		i := p.registry.Index(b)
		prep := p.prepare(r.Rule, b, terms)
		terms[i] = prep
		t := verify.Trial{Backend: b, Schema: prep.schema, Err: prep.err}
		if len(r.Conditions) == 0 {
			t.Query = &ast.Query{Rule: r.Rule, Condition: &ast.RuleCondition{}}
			t.Refused = refusal(b, backends.FeatureCorrelation, r.Title.Span, "correlations are read and not yet converted")
			out = append(out, t)
		}
		for j, c := range r.Conditions {
			t.Query = &ast.Query{Rule: r.Rule, Condition: c, Index: j}
			if prep.err == nil {
				t.Query = prep.queries[j]
				give(&t, events, samples)
			}
			out = append(out, t)
		}
	}
	return out
}

// give gives a trial its events, or the reason why it has none.
func give(t *verify.Trial, events eventSource, samples map[*ast.Query]*verify.Sample) {
	if d := unresolved(t.Query); d != nil {
		t.Refused = refusal(t.Backend, backends.FeaturePlaceholder, d.Span, d.Summary)
		return
	}
	if t.Sample = samples[t.Query]; t.Sample == nil {
		t.Sample, t.Err = events.sample(t.Query)
		samples[t.Query] = t.Sample
	}
}

// placeOf is where a rule stands, for people.
func placeOf(r *ast.Rule) string {
	return fmt.Sprintf("%s:%d", r.Span.File.Name, r.Title.Span.Position().Line)
}
