package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

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
	cmd.Flags().StringSliceVarP(&p.targets, "target", "t", nil, "targets, as a list or repeated; all when not given")
	p.schema.flags(cmd)
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
	if p.schema.name == "auto" && len(p.pipelines.paths) > 0 {
		p.schema.name = pipeline.None().Name // the pipelines give fields names of their own
	}
	if err := p.schema.read(p.app); err != nil {
		return err
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
// be none, and those of the user.
type eventSource struct {
	seed    uint64
	perRule int
	user    *userEvents
}

// userEvents are events that a user gives, in the shape in which rules have them.
// Schemas bring them into that of a store, each once.
type userEvents struct {
	list     []verify.Event
	asStored bool // they have the store's shape already
	stored   map[*pipeline.Schema]*storedEvents
	mu       sync.Mutex
}

type storedEvents struct {
	list     []verify.Event
	breaches map[string][]pipeline.Breach // by the event's identifier
	err      error
}

// in gives the events as the store of a schema keeps them.
func (u *userEvents) in(s *pipeline.Schema) *storedEvents {
	u.mu.Lock()
	defer u.mu.Unlock()
	if known := u.stored[s]; known != nil {
		return known
	}
	out := &storedEvents{list: u.list, breaches: map[string][]pipeline.Breach{}}
	if s != pipeline.None() && !u.asStored {
		out.list = make([]verify.Event, len(u.list))
		for i, e := range u.list {
			breaches, err := s.Breaches(e.Body)
			if err == nil {
				out.list[i] = verify.Event{ID: e.ID, Time: e.Time}
				out.list[i].Body, err = s.Project(e.Body)
			}
			if err != nil {
				out.err = fmt.Errorf("event %s in the shape of %s: %w", e.ID, s.Name, err)
				break
			}
			out.breaches[e.ID] = breaches
		}
	}
	if u.stored == nil {
		u.stored = map[*pipeline.Schema]*storedEvents{}
	}
	u.stored[s] = out
	return out
}

// sample gives the events for a query in the terms of a target. rule is as it
// was written.
func (e eventSource) sample(q *ast.Query, s *pipeline.Schema, rule *ast.Rule) (*verify.Sample, error) {
	user := e.user.in(s)
	if user.err != nil {
		return nil, user.err
	}
	sample, err := verify.NewTrialSample(q, e.seed, e.perRule, user.list)
	if err != nil {
		return nil, err
	}
	for _, f := range pipeline.FieldsOf(rule) {
		for id, list := range user.breaches {
			for _, b := range list {
				if b.Field == f.Name || strings.HasPrefix(f.Name, strings.TrimSuffix(b.Field, "*")) {
					sample.Breach(id, backends.NoteCode(b.Trait))
				}
			}
		}
	}
	return sample, nil
}

// trials gives one for each target and condition of a rule. Targets that have
// the same terms share the events, and what the rule says of them.
func (p *proofRun) trials(r proofRule, events eventSource) []verify.Trial {
	var out []verify.Trial
	terms := make([]*prepared, len(p.registry))
	samples := map[*ast.Query]*verify.Sample{}
	for _, b := range p.backends {
		i := p.registry.Index(b)
		terms[i] = p.prepare(r.loadedRule, b, terms)
		s := p.schema.of(r.LogSource, b.Name())
		t := verify.Trial{Backend: b, Schema: s.Name, Flat: s != pipeline.None(), Query: &ast.Query{Rule: r.Rule, Condition: &ast.RuleCondition{}}}
		for _, n := range terms[i].notes {
			if n.Code != backends.NoteSchema { // said by the name of the schema
				t.Notes = append(t.Notes, n)
			}
		}
		switch loss, err := terms[i].loss, terms[i].err; {
		case r.refused != nil:
			t.Refused = refusal(b, backends.FeaturePipeline, r.refused.Span, r.refused.Summary)
		case len(r.Conditions) == 0:
			t.Refused = refusal(b, backends.FeatureCorrelation, r.Title.Span, "correlations are read and not yet converted")
		case loss != nil:
			t.Refused = refusal(b, backends.FeatureSchema, loss.Span, loss.Summary)
		case err != nil && !errors.As(err, &t.Refused):
			t.Err = err
		}
		if t.Refused != nil || t.Err != nil {
			out = append(out, t)
			continue
		}
		for j := range r.Conditions {
			t.Query, t.Sample, t.Refused, t.Err = terms[i].queries[j], nil, nil, nil
			if d := unresolved(t.Query); d != nil {
				t.Refused = refusal(b, backends.FeaturePlaceholder, d.Span, d.Summary)
			} else if t.Sample = samples[t.Query]; t.Sample == nil {
				t.Sample, t.Err = events.sample(t.Query, s, r.Rule)
				samples[t.Query] = t.Sample
			}
			out = append(out, t)
		}
	}
	return out
}

// placeOf is where a rule stands, for people.
func placeOf(r *ast.Rule) string {
	return fmt.Sprintf("%s:%d", r.Span.File.Name, r.Title.Span.Position().Line)
}
