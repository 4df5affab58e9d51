package verify

import (
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sigmatic/backends"
	"sigmatic/backends/all"
	"sigmatic/pipeline"
)

// proofEvents is how many events beside those of the leaves each query of the
// proof gets.
const proofEvents = 40

// proofStep takes every n-th query of the corpus: all of them, and all leaves of
// the cases, under SIGMATIC_PROOF=all (make proof).
func proofStep() int {
	if os.Getenv("SIGMATIC_PROOF") == "all" {
		return 1
	}
	return 16
}

// TestProof is the proof that queries mean their rules, over a large public set:
// each query of each target, on the interpreters of its language.
func TestProof(t *testing.T) {
	rules := corpusOrSkip(t)
	var queries []goldenQuery
	for i, q := range rules {
		if i%proofStep() == 0 && !placeholders(q.Expr) {
			queries = append(queries, q)
		}
	}
	prove(t, queries)
}

// corpusOrSkip gives the public rules, or skips the test without them.
func corpusOrSkip(t *testing.T) []goldenQuery {
	t.Helper()
	if os.Getenv("SIGMATIC_SHARED") == "" {
		if os.Getenv("SIGMATIC_PROOF") != "" {
			t.Fatal("the proof was asked for, and SIGMATIC_SHARED is not set")
		}
		t.Skip("SIGMATIC_SHARED is not set: tests on third-party data are skipped")
	}
	rules, err := corpusRules()
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// TestProofCases is the proof over the cases of testdata, every kind of leaf in
// every polarity.
func TestProofCases(t *testing.T) {
	var queries []goldenQuery
	for _, c := range readCases(t) {
		for _, q := range c.queries {
			if !placeholders(q.Expr) {
				queries = append(queries, goldenQuery{c.name + ", " + q.title, q.Query})
			}
		}
	}
	prove(t, queries)
}

// prove tries queries on the interpreters of all targets.
func prove(t *testing.T, queries []goldenQuery) {
	t.Helper()
	proveOn(t, queries, pipeline.None(), all.Registry().Names())
}

// proveOn tries queries in the terms of a schema on the interpreters of some
// targets, on all processors.
func proveOn(t *testing.T, queries []goldenQuery, s *pipeline.Schema, names []string) {
	t.Helper()
	began := time.Now()
	var targets []backends.Backend
	for _, name := range names {
		b := all.Registry().Find(name)
		if len(Interpreters(b.Name())) == 0 {
			t.Fatalf("%s has no interpreter", b.Name())
		}
		targets = append(targets, b)
	}
	sums := make([]*tally, len(targets))
	for i := range sums {
		sums[i] = newTally()
	}
	var mu sync.Mutex
	fewest := 1 << 30
	eachOf(len(queries), func(i int) {
		q := queries[i]
		sample, err := NewSample(Generate(q.Query, seedOf(q.title), proofEvents))
		if err != nil {
			t.Errorf("%s: %v", q.title, err)
			return
		}
		for j, b := range targets {
			res := Trial{Backend: b, Query: q.Query, Schema: s.Name, Flat: s != pipeline.None(), Sample: sample}.OnInterpreters(t.Context())
			mu.Lock()
			if fewest = min(fewest, len(sample.Events)); len(sample.Events) < 30 {
				t.Errorf("%s has %d events only", q.title, len(sample.Events))
			}
			if res.Err != nil {
				t.Errorf("%s: %s: %v", q.title, b.Name(), res.Err)
			} else {
				sums[j].add(t, b.Name()+": "+q.title, res.Report)
			}
			mu.Unlock()
		}
	})
	for j, b := range targets {
		t.Logf("%s: %s", b.Name(), sums[j])
	}
	t.Logf("%d queries, at least %d events each, %.0f s", len(queries), fewest, time.Since(began).Seconds())
}

// eachOf calls work for 0 to n-1 on all processors.
func eachOf(n int, work func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	wg.Wait()
}

// targetsOf gives the targets that a schema is for, by its name.
func targetsOf(s *pipeline.Schema) []string {
	switch {
	case strings.HasSuffix(s.Name, "-splunk"):
		return []string{"splunk"}
	case strings.HasSuffix(s.Name, "-victorialogs"):
		return []string{"logsql"}
	}
	return []string{"esql", "kql"}
}

// TestProofSchemas is the proof in the terms of each schema that ships, over the
// rules of its log sources.
func TestProofSchemas(t *testing.T) {
	rules := corpusOrSkip(t)
	for _, s := range pipeline.Schemas() {
		if s == pipeline.None() {
			continue // TestProof
		}
		t.Run(s.Name, func(t *testing.T) {
			var covered []goldenQuery
			lost := 0
			for _, q := range rules {
				if !s.Covers(q.Rule.LogSource) || placeholders(q.Expr) {
					continue
				}
				query, none := inSchema(t, s, q)
				if none {
					lost++
					continue
				}
				covered = append(covered, goldenQuery{q.title, query.Simplified()})
			}
			step := 1
			if proofStep() > 1 {
				step = len(covered)/24 + 1
			}
			var some []goldenQuery
			for i := 0; i < len(covered); i += step {
				some = append(some, covered[i])
			}
			t.Logf("%d queries are covered, %d more are refused by the schema", len(covered), lost)
			proveOn(t, some, s, targetsOf(s))
		})
	}
}
