package cli

import (
	"context"
	"fmt"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/cmd/internal/verify"
	"sigmatic/pipeline"
)

// prove refuses the queries that verify finds to differ from their rules, or
// cannot try.
func (c *convertRun) prove(list []conversion) {
	samples := map[*ast.Query]*verify.Sample{}
	for i := range list {
		v := &list[i]
		if v.err != nil {
			continue
		}
		q := v.terms.queries[v.query.Index]
		t := verify.Trial{Backend: v.target, Query: q, Schema: v.terms.schema, Flat: v.terms.schema != pipeline.None().Name}
		if t.Sample = samples[q]; t.Sample == nil {
			t.Sample, t.Err = verify.NewTrialSample(q, proofSeed, verify.DefaultEvents, nil)
			samples[q] = t.Sample
		}
		res := t.OnInterpreters(context.Background())
		why := ""
		switch {
		case res.Err != nil:
			why = "it could not be tried: " + res.Err.Error()
		case res.Verdict() == verify.Differs:
			why = differs(res.Differences[0])
		}
		if why != "" {
			v.out, v.err = nil, refusal(v.target, backends.FeatureProof, v.rule.Title.Span, why)
		}
	}
}

// proofSeed is the seed of convert --verified, that of verify without one.
const proofSeed = 1

// differs says in a line on which event a query and its rule part.
func differs(d verify.Difference) string {
	if d.Err != nil {
		return fmt.Sprintf("the engine does not run it: %v", d.Err)
	}
	verb := map[bool]string{true: "selects", false: "does not select"}
	return fmt.Sprintf("the rule %s %s and the query %s it; see sigmatic verify", verb[d.Want], d.Event.Body, verb[!d.Want])
}
