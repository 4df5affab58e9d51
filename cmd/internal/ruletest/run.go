package ruletest

import (
	"fmt"

	"sigmatic/ast"
	"sigmatic/cmd/internal/verify"
	"sigmatic/evaluator"
)

// Outcome is what became of the tests of one rule.
type Outcome struct {
	Rule     *ast.Rule
	Place    string // file and line of the rule
	Tests    []Test
	Failures []Failure
	Coverage Coverage
	// Targets tell what the queries of the rule select of the same events.
	Targets []verify.Result
}

// Failure is a test that the rule does not pass.
type Failure struct {
	Test
	// Explanations tell of each condition how it comes to its verdict.
	Explanations []*evaluator.Explanation
}

// Verdict is what an Outcome comes to.
type Verdict string

// The verdicts. Untested is a rule without a test.
const (
	OK       Verdict = "ok"
	Failed   Verdict = "FAIL"
	Untested Verdict = "no tests"
)

// Verdict sums the outcome up: a target's query that selects something else than
// the rule is a failure as well.
func (o *Outcome) Verdict() Verdict {
	if len(o.Tests) == 0 {
		return Untested
	}
	if len(o.Failures) > 0 {
		return Failed
	}
	for _, r := range o.Targets {
		if r.Err != nil || r.Verdict() == verify.Differs {
			return Failed
		}
	}
	return OK
}

// Run holds the rule, all of its conditions, to its tests.
func (o *Outcome) Run(queries []*ast.Query) error {
	o.Coverage = NewCoverage(o.Rule, queries)
	refs := make([]*evaluator.Reference, len(queries))
	for i, q := range queries {
		ref, err := evaluator.New(q)
		if err != nil {
			return err
		}
		refs[i] = ref
	}
	for _, t := range o.Tests {
		event, err := evaluator.ParseEvent(t.Event)
		if err != nil {
			return fmt.Errorf("test %s: %w", t, err)
		}
		f := Failure{Test: t}
		matched := false
		for _, ref := range refs {
			x := ref.Explain(event)
			o.Coverage.Add(x)
			matched = matched || x.Matched
			f.Explanations = append(f.Explanations, x)
		}
		if matched != t.Match {
			o.Failures = append(o.Failures, f)
		}
	}
	return nil
}

// Events are those of the tests, for targets.
func (o *Outcome) Events() []verify.Event {
	out := make([]verify.Event, len(o.Tests))
	for i, t := range o.Tests {
		out[i] = verify.Event{ID: fmt.Sprintf("t%05d", i), Body: t.Event}
	}
	return out
}
