package verify

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"

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
	// Flat says that the schema gives events as flat lists of values.
	Flat   bool
	Sample *Sample
	// Notes are those on what the terms take for granted.
	Notes []backends.Note
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
	c := Comparison{Backend: t.Backend, Engine: NewInterpreted(list), Flat: t.Flat, Minimize: true}
	reports, err := c.Run(ctx, []*ast.Query{t.Query}, t.Sample)
	if err != nil {
		res.Err = err
		return res
	}
	res.Report = t.noted(reports[0])
	return res
}

// noted adds the notes on the terms to those of the query.
func (t Trial) noted(r *Report) *Report {
	if r.Output != nil && len(t.Notes) > 0 {
		out := *r.Output
		out.Notes = slices.Concat(t.Notes, out.Notes)
		r.Output = &out
	}
	return r
}

// OnEngine tries queries of one backend on a real engine, at an address.
func OnEngine(ctx context.Context, b backends.Backend, e engine.Engine, address string, trials []Trial) ([]Result, error) {
	var cases []Case
	place := map[*ast.Query]int{}
	var results []Result
	for i, t := range trials {
		if t.Refused == nil && t.Err == nil {
			place[t.Query] = i
			cases = append(cases, Case{t.Query, t.Sample})
		}
		results = append(results, t.result(address))
	}
	c := Comparison{Backend: b, Engine: e, Minimize: true}
	err := c.Together(ctx, cases, func(r *Report) { results[place[r.Query]].Report = trials[place[r.Query]].noted(r) })
	return results, err
}

// Seed gives each query of a run a seed of its own, which depends on nothing but
// the run's seed and the rule.
func Seed(run uint64, q *ast.Query) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d\x00%s\x00%s\x00%s", run, q.Rule.ID.Value, q.Rule.Title.Value, q.Condition.Text.Value)
	return h.Sum64()
}

// NewTrialSample makes the events of a trial: size generated ones beside those for
// each leaf, none for 0, and those of the user behind them.
func NewTrialSample(q *ast.Query, seed uint64, size int, user []Event) (*Sample, error) {
	if _, err := evaluator.New(q); err != nil {
		return nil, err
	}
	var events []Event
	if size > 0 {
		events = Generate(q, Seed(seed, q), size)
	}
	return NewSample(append(events, user...))
}
