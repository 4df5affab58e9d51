package verify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/backends/all"
	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/cmd/internal/verify/engine/enginetest"
	"sigmatic/evaluator/dialect"
	"sigmatic/evaluator/dialect/esql"
	"sigmatic/evaluator/dialect/kql"
)

// twin is an interpreter and the engine that it imitates.
type twin struct {
	interpreter dialect.Interpreter
	engine      engine.Engine
	run         func(ctx context.Context, query string) ([]string, error)
	store       dialect.Store
}

// elasticTwins are the interpreters of Elastic's languages. KQL is run as Kibana
// runs it, by a reading of its own.
func elasticTwins(t *testing.T) map[string][]*twin {
	e := enginetest.ESQL(t)
	minding, ignoring := NewKibana(enginetest.KQL(t, engine.KQLOptions{})), NewKibana(enginetest.KQL(t, engine.KQLOptions{}))
	return map[string][]*twin{
		"esql": {{interpreter: esql.New(), engine: e, run: e.Select}},
		"kql": {
			{interpreter: kql.New(), engine: minding, run: minding.Select},
			{interpreter: kql.NewIgnoringCase(), engine: ignoring, run: func(ctx context.Context, q string) ([]string, error) {
				return ignoring.selectKibana(ctx, q, true)
			}},
		},
	}
}

func (w *twin) load(t *testing.T, events []Event, m engine.Mapping) {
	t.Helper()
	if err := patiently(t.Context(), func() error { return w.engine.Load(t.Context(), events, m) }); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.store, err = w.interpreter.Load(events, m); err != nil {
		t.Fatal(err)
	}
}

// outcome counts what became of queries.
type outcome struct {
	same, sameError int
	unknown         map[string]int // by the interpreter's reason
}

// compare runs a query on both and reports when they part. events are those that
// were loaded.
func (w *twin) compare(t *testing.T, o *outcome, query string, events []Event) {
	t.Helper()
	ids, err := w.store.Select(query)
	var mine *dialect.QueryError
	if errors.As(err, &mine) && mine.Unknown {
		o.unknown[mine.Detail]++
		return
	}
	var liveIDs []string
	var live *engine.QueryError
	liveErr := patiently(t.Context(), func() (err error) {
		liveIDs, err = w.run(t.Context(), query)
		return err
	})
	if errors.As(liveErr, &live) && live.Status >= 500 || liveErr != nil && refusedByReader(liveErr) || strings.TrimSpace(query) == "" {
		return // a fault of the engine's, or of the reader before it
	}
	name := w.interpreter.Name() + " " + w.interpreter.Variant()
	switch {
	case liveErr != nil && !errors.As(liveErr, &live) && !strings.HasPrefix(liveErr.Error(), "kibana:"):
		t.Fatalf("%s: %v\n%s", name, liveErr, query)
	case err != nil && liveErr != nil:
		o.sameError++
	case err != nil:
		t.Errorf("%s: only the interpreter says %v\n%s", name, err, query)
	case liveErr != nil:
		t.Errorf("%s: only the engine says %v\n%s", name, liveErr, shorten(query))
	case !slices.Equal(ids, liveIDs):
		t.Errorf("%s: %s\n%s", name, partsOn(events, ids, liveIDs), shorten(query))
	default:
		o.same++
	}
}

// refusedByReader reports whether the reading of KQL that stands before the engine
// leaves a construct out, which is no verdict of Kibana's.
func refusedByReader(err error) bool {
	text := err.Error()
	for _, reason := range []string{"a range with a wildcard", "a field without wildcards", "the value null", "no single field", "wildcards on"} {
		if strings.HasPrefix(text, "kibana: ") && strings.Contains(text, reason) {
			return true
		}
	}
	return false
}

// partsOn shows the smallest event that only one of two selects.
func partsOn(events []Event, mine, live []string) string {
	var least *Event
	who := ""
	count := 0
	for _, e := range events {
		_, a := slices.BinarySearch(mine, e.ID)
		_, b := slices.BinarySearch(live, e.ID)
		if a == b {
			continue
		}
		count++
		if least == nil || len(e.Body) < len(least.Body) {
			e := e
			least = &e
			who = map[bool]string{true: "interpreter", false: "engine"}[a]
		}
	}
	if least == nil {
		return fmt.Sprintf("%v and %v", mine, live)
	}
	return fmt.Sprintf("only the %s selects %s (and %d differ more)", who, least.Body, count-1)
}

func (o *outcome) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d with the same documents, %d with an error on both sides", o.same, o.sameError)
	for _, reason := range slices.Sorted(maps.Keys(o.unknown)) {
		fmt.Fprintf(&b, "\n%d %s", o.unknown[reason], reason)
	}
	return b.String()
}

// TestLiveInterpreters runs what the backends print on interpreter and engine.
func TestLiveInterpreters(t *testing.T) {
	twins := elasticTwins(t)
	var queries []goldenQuery
	for _, c := range readCases(t) {
		for _, q := range c.queries {
			queries = append(queries, goldenQuery{c.name + ", " + q.title, q.Query})
		}
	}
	for _, b := range all.Registry() {
		for _, w := range twins[b.Name()] {
			t.Run(b.Name()+" "+w.interpreter.Variant(), func(t *testing.T) { interpret(t, b, w, queries) })
		}
	}
}

// TestLiveInterpretersCorpus does so with a sample of a large public rule set.
func TestLiveInterpretersCorpus(t *testing.T) {
	queries := corpusSample(t, 500)
	twins := elasticTwins(t)
	for _, b := range all.Registry() {
		for _, w := range twins[b.Name()] {
			t.Run(b.Name()+" "+w.interpreter.Variant(), func(t *testing.T) { interpret(t, b, w, queries) })
		}
	}
}

func interpret(t *testing.T, b backends.Backend, w *twin, queries []goldenQuery) {
	o := &outcome{unknown: map[string]int{}}
	var cases []Case
	for _, q := range queries {
		cases = append(cases, caseOf(t, q, MinEvents))
	}
	for _, batch := range (Comparison{Backend: b}).batches(cases) {
		interpretBatch(t, b, w, o, batch)
	}
	t.Log(o)
	if len(o.unknown) > 0 {
		t.Errorf("%d queries of the backend are not known to its interpreter", len(o.unknown))
	}
}

// interpretBatch halves a batch whose queries ask for different types of a field.
func interpretBatch(t *testing.T, b backends.Backend, w *twin, o *outcome, batch []Case) {
	t.Helper()
	sample, err := merged(batch)
	if err != nil {
		t.Fatal(err)
	}
	c := &comparison{Comparison: Comparison{Backend: b}, sample: sample}
	for _, k := range batch {
		if err := c.convert(k.Query); err != nil {
			t.Fatal(err)
		}
	}
	layouts, err := c.layouts()
	var conflict *ConflictError
	if errors.As(err, &conflict) && len(batch) > 1 {
		interpretBatch(t, b, w, o, batch[:len(batch)/2])
		interpretBatch(t, b, w, o, batch[len(batch)/2:])
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	stored, err := withMessage(c.sample.Events, c.message)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layouts {
		w.load(t, stored, l.mapping)
		for _, r := range l.reports {
			for _, text := range textsOf(t, b, r.Query) {
				w.compare(t, o, text, stored)
			}
		}
	}
}

// textsOf gives a query as it is printed, and compact.
func textsOf(t *testing.T, b backends.Backend, q *ast.Query) []string {
	t.Helper()
	var texts []string
	for _, compact := range []bool{false, true} {
		out, err := b.Convert(withoutFields(q), backends.Options{Compact: compact})
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, out.Query)
	}
	return slices.Compact(texts)
}

// TestElasticInterpretersReadTheCorpus demands that the interpreters know every
// query that their backends print for a large public rule set.
func TestElasticInterpretersReadTheCorpus(t *testing.T) {
	if os.Getenv("SIGMATIC_SHARED") == "" {
		t.Skip("SIGMATIC_SHARED is not set: tests on third-party data are skipped")
	}
	rules, err := corpusRules()
	if err != nil {
		t.Fatal(err)
	}
	for name, interpreter := range map[string]dialect.Interpreter{"esql": esql.New(), "kql": kql.New()} {
		b, read := all.Registry().Find(name), 0
		for _, q := range rules {
			out, err := b.Convert(withoutFields(q.Query), backends.Options{})
			if err != nil {
				continue
			}
			m := dialect.Mapping{}
			for f, typ := range mappings(out.Notes, q.Expr)[0] {
				m[f] = dialect.FieldType(typ)
			}
			store, err := interpreter.Load(nil, m)
			if err != nil {
				t.Fatalf("%s: %v", q.title, err)
			}
			if _, err := store.Select(out.Query); err != nil {
				t.Errorf("%s: %s: %v\n%s", name, q.title, err, shorten(out.Query))
			}
			read++
		}
		if read < 1000 {
			t.Errorf("%s: only %d queries", name, read)
		}
		t.Logf("%s: %d queries", name, read)
	}
}
