package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/backends"
	"sigmatic/cmd/internal/verify"
	"sigmatic/pipeline"
)

// proofRun is what verify and test share: rules in the terms of targets, as
// convert has them, and events to try them on.
type proofRun struct {
	convertRun
}

// proofTargets are the targets whose language this program interprets.
func proofTargets(all backends.Registry) []string {
	return slices.DeleteFunc(all.Names(), func(name string) bool { return len(verify.Interpreters(name)) == 0 })
}

// termsFlags are those of convert that say what queries are made.
func (p *proofRun) termsFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVarP(&p.targets, "target", "t", nil, "targets, as a list or repeated; all when not given")
	f.StringVar(&p.schemaName, "schema", "auto", "names and types of the fields: auto, none")
	p.selection.flags(cmd)
	p.selection.logSourceFlag(cmd)
	p.filter.flags(cmd)
	p.varsFlags.flags(cmd)
}

// checkTerms finds what termsFlags name.
func (p *proofRun) checkTerms() error {
	p.form.format = formText
	if len(p.targets) == 0 {
		p.targets = proofTargets(p.registry)
	}
	if err := p.chooseTargets(); err != nil {
		return err
	}
	var ok bool
	if p.schema, ok = pipeline.Find(p.schemaName); !ok {
		return usagef("unknown schema %q, the schemas are auto, none", p.schemaName)
	}
	if err := p.pipelines.read(p.app, p.backends, p.registry); err != nil {
		return err
	}
	p.pipelines.withTarget(p.backends, p.form.format)
	_, err := p.filter.parsedMode()
	return err
}

// proofRule is a rule in the terms of the pipelines, or the reason why it has
// none.
type proofRule struct {
	loadedRule
	refused *diag.Diagnostic
}

// rules loads what was named and selected, placeholders resolved. Correlations
// stand among them without a condition.
func (p *proofRun) rules(args []string, doing string) ([]proofRule, error) {
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
	var rules []proofRule
	for _, r := range selected {
		expanded, diags := ast.ExpandPlaceholders(r.Rule, vars)
		p.diagnostics(diags)
		if diag.HasErrors(diags) {
			continue
		}
		r.Rule = expanded
		adapted, diags, refused := p.pipelines.adapt(r)
		p.diagnostics(diags)
		rules = append(rules, proofRule{adapted, refused})
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
func (p *proofRun) trials(r proofRule, events eventSource) []verify.Trial {
	var out []verify.Trial
	terms := make([]*prepared, len(p.registry))
	samples := map[*ast.Query]*verify.Sample{}
	for _, b := range p.backends {
		i := p.registry.Index(b)
		terms[i] = p.prepare(r.Rule, b, terms)
		t := verify.Trial{Backend: b, Schema: terms[i].schema, Query: &ast.Query{Rule: r.Rule, Condition: &ast.RuleCondition{}}}
		switch err := terms[i].err; {
		case r.refused != nil:
			t.Refused = refusal(b, backends.FeaturePipeline, r.refused.Span, r.refused.Summary)
		case len(r.Conditions) == 0:
			t.Refused = refusal(b, backends.FeatureCorrelation, r.Title.Span, "correlations are read and not yet converted")
		case err != nil && !errors.As(err, &t.Refused):
			t.Err = err
		}
		if t.Refused != nil || t.Err != nil {
			out = append(out, t)
			continue
		}
		for j := range r.Conditions {
			t.Query = terms[i].queries[j]
			out = append(out, give(t, events, samples))
		}
	}
	return out
}

// give gives a trial its events, or the reason why it has none.
func give(t verify.Trial, events eventSource, samples map[*ast.Query]*verify.Sample) verify.Trial {
	if d := unresolved(t.Query); d != nil {
		t.Refused = refusal(t.Backend, backends.FeaturePlaceholder, d.Span, d.Summary)
		return t
	}
	if t.Sample = samples[t.Query]; t.Sample == nil {
		t.Sample, t.Err = events.sample(t.Query)
		samples[t.Query] = t.Sample
	}
	return t
}

// placeOf is where a rule stands, for people.
func placeOf(r *ast.Rule) string {
	return fmt.Sprintf("%s:%d", r.Span.File.Name, r.Title.Span.Position().Line)
}
