package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/backends/all"
	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/cmd/internal/verify/engine/enginetest"
	"sigmatic/evaluator/dialect"
	"sigmatic/evaluator/dialect/logsql"
)

// TestLiveDialectLogsQL holds the interpreter of LogsQL to VictoriaLogs: every
// query of every case, on the events of the queries around it.
func TestLiveDialectLogsQL(t *testing.T) {
	b := all.Registry().Find("logsql")
	var queries []goldenQuery
	for _, c := range readCases(t) {
		for _, q := range c.queries {
			// Events of a refused query may have fields that the store does not take.
			if _, err := b.Convert(q.Query, backends.Options{}); err == nil {
				queries = append(queries, goldenQuery{c.name + ", " + q.title, q.Query})
			}
		}
	}
	compareLogsQL(t, b, queries, DefaultEvents)
}

// TestLiveDialectLogsQLCorpus does so with a sample of a large public rule set.
func TestLiveDialectLogsQLCorpus(t *testing.T) {
	compareLogsQL(t, all.Registry().Find("logsql"), corpusSample(t, 500), MinEvents)
}

// compareLogsQL runs queries in every layout on interpreter and engine.
func compareLogsQL(t *testing.T, b backends.Backend, queries []goldenQuery, size int) {
	t.Helper()
	compared := 0
	for batch := range slices.Chunk(queries, batchQueries/2) {
		var cases []Case
		for _, q := range batch {
			cases = append(cases, caseOf(t, q, size))
		}
		sample, err := merged(cases)
		if err != nil {
			t.Fatal(err)
		}
		for _, layout := range logsqlLayouts {
			d := loadBoth(t, layout, sample.Events)
			for _, q := range batch {
				out, err := b.Convert(&ast.Query{Expr: q.Expr}, backends.Options{}) // without a pipe that drops the identifier
				if err != nil {
					continue
				}
				d.compare(t, layout.name+", "+q.title, out.Query)
				compared++
			}
		}
	}
	t.Logf("%d queries", compared)
}

// logsqlLayout is a way in which VictoriaLogs stores events together, and the interpreter
// for it.
type logsqlLayout struct {
	name   string
	engine engine.LogsQLOptions
	dialect.Interpreter
	maxEvents int
}

// logsqlLayouts are those of the interpreters. Log streams are costly, so that few events
// get one each.
var logsqlLayouts = []logsqlLayout{
	{"one block", engine.LogsQLOptions{}, logsql.Interpreters()[0], 10000},
	{"a block a row", engine.LogsQLOptions{Apart: true}, logsql.Interpreters()[1], 300},
}

// bothLogsQL holds the same events in VictoriaLogs and in the interpreter.
type bothLogsQL struct {
	engine *engine.LogsQL
	store  dialect.Store
	bodies map[string]json.RawMessage
}

func loadBoth(t *testing.T, l logsqlLayout, events []Event) bothLogsQL {
	t.Helper()
	if step := len(events)/l.maxEvents + 1; step > 1 {
		var some []Event
		for i := 0; i < len(events); i += step {
			some = append(some, events[i])
		}
		events = some
	}
	d := bothLogsQL{engine: enginetest.LogsQL(t, l.engine), bodies: map[string]json.RawMessage{}}
	loadBlocks(t, d.engine, l, events)
	for _, ev := range events {
		d.bodies[ev.ID] = ev.Body
	}
	var err error
	if d.store, err = l.Load(events, nil); err != nil {
		t.Fatal(err)
	}
	return d
}

// loadBlocks sees to it that the server has stored the events in blocks as it is
// to. It may cut what one request brings in two.
func loadBlocks(t *testing.T, e *engine.LogsQL, l logsqlLayout, events []Event) {
	t.Helper()
	want := 1
	if l.engine.Apart {
		want = len(events)
	}
	var blocks []engine.Row
	for range 3 {
		if err := e.Load(t.Context(), events, nil); err != nil {
			t.Fatal(err)
		}
		var err error
		if blocks, err = e.Rows(t.Context(), "* | blocks_count"); err != nil {
			t.Fatal(err)
		}
		if len(blocks) == 1 && fmt.Sprint(blocks[0]["blocks_count"]) == fmt.Sprint(want) {
			return
		}
	}
	t.Fatalf("%s: the server stored %d events in blocks as %v", l.name, len(events), blocks)
}

func (d bothLogsQL) compare(t *testing.T, title, query string) {
	t.Helper()
	want, wantErr := d.engine.Select(t.Context(), query)
	got, err := d.store.Select(query)
	var unknown *dialect.QueryError
	if errors.As(err, &unknown) && unknown.Unknown {
		t.Errorf("%s: %v\n%s", title, err, query)
		return
	}
	if (err == nil) != (wantErr == nil) {
		t.Errorf("%s: the interpreter says %v, the engine %v\n%s", title, err, wantErr, query)
		return
	}
	var diff []string
	for id, body := range d.bodies {
		if slices.Contains(want, id) != slices.Contains(got, id) {
			diff = append(diff, fmt.Sprintf("engine %t: %s", slices.Contains(want, id), body))
		}
	}
	if diff != nil {
		slices.Sort(diff)
		t.Errorf("%s: %d events differ\n%s\n%s", title, len(diff), query, strings.Join(diff[:min(3, len(diff))], "\n"))
	}
}

const logsqlAnswers = "../../../evaluator/dialect/logsql/testdata/engine/*.txt"

// TestLiveDialectAnswers asks VictoriaLogs what the tests of the interpreter expect.
// With -record it writes the answers.
func TestLiveDialectAnswers(t *testing.T) {
	files, err := filepath.Glob(logsqlAnswers)
	if err != nil || len(files) == 0 {
		t.Fatalf("no answers: %v", err)
	}
	e := enginetest.LogsQL(t, engine.LogsQLOptions{})
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.SplitN(string(data), "\n---\n", 3)
		var events []Event
		for i, line := range strings.Split(parts[1], "\n") {
			id, body, _ := strings.Cut(line, " ")
			events = append(events, Event{ID: id, Time: time.Date(2024, 1, 15, 12, 0, i, 0, time.UTC), Body: json.RawMessage(body)})
		}
		if err := e.Load(t.Context(), events, nil); err != nil {
			t.Fatal(err)
		}
		text := parts[0] + "\n---\n" + parts[1] + "\n---"
		for question := range strings.SplitSeq("\n"+parts[2], "\n?") {
			if question == "" {
				continue
			}
			query, _, _ := strings.Cut(strings.TrimSuffix(question, "\n"), "\n=")
			asRows := strings.HasPrefix(query, "?")
			text += "\n?" + query + "\n= " + logsqlAnswer(t, e, strings.TrimPrefix(strings.TrimPrefix(query, "?"), " "), asRows)
		}
		text += "\n"
		switch {
		case *record:
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		case text != string(data):
			t.Errorf("%s (-want +got):\n%s", file, cmp.Diff(string(data), text))
		}
	}
}

func logsqlAnswer(t *testing.T, e *engine.LogsQL, query string, asRows bool) string {
	t.Helper()
	var rejected *engine.QueryError
	if !asRows {
		ids, err := e.Select(t.Context(), query)
		if errors.As(err, &rejected) {
			return "error"
		} else if err != nil {
			t.Fatal(err)
		}
		return strings.Join(ids, " ")
	}
	rows, err := e.Rows(t.Context(), query)
	if errors.As(err, &rejected) {
		return "error"
	} else if err != nil {
		t.Fatal(err)
	}
	lines := rowLines(t, rows)
	if !strings.Contains(query, "sort") {
		slices.Sort(lines)
	}
	return strings.Join(lines, " ")
}

// rowLines gives each row as JSON.
func rowLines[R any](t *testing.T, rows []R) []string {
	t.Helper()
	var lines []string
	for _, r := range rows {
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	return lines
}
