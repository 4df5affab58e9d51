package verify

import (
	"context"
	"fmt"
	"hash/fnv"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/evaluator"
)

// Trial is a query in the terms of one target, with the events to try it on.
type Trial struct {
	Backend backends.Backend
	Query   *ast.Query
	Schema  string
	Sample  *Sample
	// Refused and Err say why it cannot be tried at all.
	Refused *backends.Unsupported
	Err     error
}

// result is one without an outcome yet.
func (t Trial) result(engineName string) Result {
	return Result{
		Report: &Report{Query: t.Query, Refused: t.Refused}, Err: t.Err,
		Target: t.Backend.Name(), Language: t.Backend.Language(), Engine: engineName, Schema: t.Schema,
	}
}

// OnInterpreters tries a query on the interpreters of its language.
func (t Trial) OnInterpreters(ctx context.Context) Result {
	res := t.result(InterpreterName)
	if t.Refused != nil || t.Err != nil {
		return res
	}
	list := Interpreters(t.Backend.Name())
	if len(list) == 0 {
		res.Err = fmt.Errorf("this program has no interpreter of %s", t.Backend.Language())
		return res
	}
	c := Comparison{Backend: t.Backend, Engine: NewInterpreted(list), Minimize: true}
	reports, err := c.Run(ctx, []*ast.Query{t.Query}, t.Sample)
	if err != nil {
		res.Err = err
		return res
	}
	res.Report = reports[0]
	return res
}

// OnEngine tries queries of one backend on a real engine, at an address.
func OnEngine(ctx context.Context, b backends.Backend, e engine.Engine, address string, trials []Trial) ([]Result, error) {
	var cases []Case
	place := map[*ast.Query]int{}
	var results []Result
	for _, t := range trials {
		if t.Refused == nil && t.Err == nil {
			place[t.Query] = len(results)
			cases = append(cases, Case{t.Query, t.Sample.Events})
		}
		results = append(results, t.result(address))
	}
	c := Comparison{Backend: b, Engine: e, Minimize: true}
	err := c.Together(ctx, cases, func(r *Report) { results[place[r.Query]].Report = r })
	return results, err
}

// Seed gives each query of a run a seed of its own, which depends on nothing but
// the run's seed and the rule.
func Seed(run uint64, q *ast.Query) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d\x00%s\x00%s\x00%s", run, q.Rule.ID.Value, q.Rule.Title.Value, q.Condition.Text.Value)
	return h.Sum64()
}

// TrialEvents makes the events of a trial: generated ones, and those of the
// user behind them.
func TrialEvents(q *ast.Query, seed uint64, size int, user []Event) (*Sample, error) {
	if _, err := evaluator.New(q); err != nil {
		return nil, err
	}
	return NewSample(append(Generate(q, Seed(seed, q), size), user...))
}
