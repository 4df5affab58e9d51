package logsql_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"sigmatic/evaluator/dialect"
	"sigmatic/evaluator/dialect/logsql"
)

func selectAll(t *testing.T, i dialect.Interpreter, events, query string) string {
	t.Helper()
	store, err := i.Load(documents(events), nil)
	if err != nil {
		t.Fatal(err)
	}
	return answer(store, query, false)
}

// TestStream: documents are taken to be where the query looks.
func TestStream(t *testing.T) {
	for query, want := range map[string]string{
		`{app="cloudtrail"} f:=x`:              "a",
		`{app="cloudtrail"} AND (f:=x OR f:*)`: "a b",
		`NOT {app="cloudtrail"}`:               "at byte 4: the filter {app=\"cloudtrail\"}, which not every event must pass",
		`f:=x OR {app="cloudtrail"}`:           "at byte 8: the filter {app=\"cloudtrail\"}, which not every event must pass",
	} {
		if got := strings.TrimPrefix(selectAll(t, logsql.New(), "a {\"f\":\"x\"}\nb {\"f\":\"y\"}", query), "LogsQL: "); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
}

// TestLayouts: numbers that are stored together are searched as such. Each on its
// own is a column of one value, which is searched as text (testdata/engine/few.txt).
func TestLayouts(t *testing.T) {
	var events []string
	for _, n := range strings.Fields("1 2 3 4 5 6 7 12.0 9.5") {
		events = append(events, "n"+n+` {"n":`+n+`}`)
	}
	for n, i := range logsql.Interpreters() {
		for query, want := range map[string][2]string{
			`n:=12`:          {"n12.0", ""},
			`n:=12.0`:        {"n12.0", "n12.0"},
			`n:~"^12$"`:      {"n12.0", ""},
			`n:>=9 n:<100`:   {"n12.0 n9.5", "n12.0 n9.5"},
			`n:~"[0-9]"`:     {"n1 n12.0 n2 n3 n4 n5 n6 n7 n9.5", "n1 n12.0 n2 n3 n4 n5 n6 n7 n9.5"},
			`n:="9"*`:        {"n9.5", "n9.5"},
			`n:in("12","1")`: {"n1 n12.0", "n1"},
		} {
			if got := selectAll(t, i, strings.Join(events, "\n"), query); got != want[n] {
				t.Errorf("[%s] %s: got %q, want %q", i.Variant(), query, got, want[n])
			}
		}
	}
}

// TestBadDocument: a document that is no JSON object is an error, not an event.
func TestBadDocument(t *testing.T) {
	for _, body := range []string{``, `{`, `[]`, `"a"`} {
		if _, err := logsql.New().Load([]dialect.Document{{ID: "a", Body: json.RawMessage(body)}}, nil); err == nil {
			t.Errorf("%s was taken", body)
		}
	}
}

// TestErrors tells what the server rejects from what is not known here.
func TestErrors(t *testing.T) {
	store, err := logsql.New().Load(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for query, unknown := range map[string]bool{
		`f:~"("`: false, `f:ipv4_range(x)`: false, `f:range[x,1]`: false, `f:`: false,
		`f:le_field(g)`: true, `f:len_range(1,2)`: true, `_time:5m`: true, `* | unroll f`: true,
		`* | stats by (f) count() c`: true, // rows, where events were asked for
	} {
		_, err := store.Select(query)
		var q *dialect.QueryError
		if !errors.As(err, &q) || q.Unknown != unknown || q.Language != "LogsQL" {
			t.Errorf("%s: %v, want unknown %t", query, err, unknown)
		}
	}
}

// FuzzSelect: no query makes an interpreter panic.
func FuzzSelect(f *testing.F) {
	for _, q := range []string{
		`f:="x" or not (g:~"(?i)y.+z.+" and n:in(1,"b"))`, `n:range(1, 2] | stats by (_time:5m, f) count() c, min(n) d | filter c:>1`,
		`f:i(x*) -f:>=5 p:ipv4_range(10.0.0.0/8)`, `* | format if (f:*) "<lc:f>" as k | sort by (k desc) limit 3`, `f:seq(a,b) or f:"1"* d:-1`,
		`* | copy f as g | filter n:~"1" n:"1"* n:=1 | uniq by (g)`,
	} {
		f.Add(q)
	}
	docs := documents(strings.Join([]string{
		`a {"f":"x","n":1,"d":1.5,"p":"10.0.0.1"}`, `b {"f":"x y","n":2,"d":-2.5,"p":"10.0.0.2"}`, `c {"f":["x"],"n":30,"d":12.0}`, `d {"f":"ä\n1","g":"x"}`,
	}, "\n"))
	f.Fuzz(func(t *testing.T, query string) {
		for _, i := range logsql.Interpreters() {
			store, err := i.Load(docs, nil)
			if err != nil {
				t.Fatal(err)
			}
			var q *dialect.QueryError
			if _, err := store.Rows(query); err != nil && !errors.As(err, &q) {
				t.Errorf("%s: %v is no query error", query, err)
			}
		}
	})
}
