package verify

import (
	"os"
	"testing"

	"sigmatic/backends"
	"sigmatic/backends/all"
	"sigmatic/evaluator/dialect"
	"sigmatic/evaluator/dialect/logsql"
	"sigmatic/evaluator/dialect/spl"
)

// TestInterpretersReadTheCorpus demands that the interpreters know every query that
// their backends print for a large public rule set. What they select is not judged
// here.
func TestInterpretersReadTheCorpus(t *testing.T) {
	if os.Getenv("SIGMATIC_SHARED") == "" {
		t.Skip("SIGMATIC_SHARED is not set: tests on third-party data are skipped")
	}
	queries, err := corpusRules()
	if err != nil {
		t.Fatal(err)
	}
	for name, interpreters := range map[string][]dialect.Interpreter{"splunk": spl.Interpreters(), "logsql": logsql.Interpreters()} {
		store, err := interpreters[0].Load(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, read := all.Registry().Find(name), 0
		for _, q := range queries {
			out, err := b.Convert(q.Query, backends.Options{})
			if err != nil {
				continue
			}
			if _, err := store.Select(out.Query); err != nil {
				t.Errorf("%s: %s: %v\n%s", name, q.title, err, shorten(out.Query))
			}
			read++
		}
		if read == 0 {
			t.Errorf("%s: no query", name)
		}
		t.Logf("%s: %d queries", name, read)
	}
}
