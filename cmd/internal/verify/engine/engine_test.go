package engine

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFromEnv(t *testing.T) {
	t.Setenv(EnvESQL, "http://127.0.0.1:1")
	t.Setenv(EnvKQL, "")
	t.Setenv(EnvLogsQL, "http://127.0.0.1:2")
	t.Setenv(EnvSPL, "")
	got, missing := FromEnv()
	want := Engines{ESQL: "http://127.0.0.1:1", LogsQL: "http://127.0.0.1:2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("engines (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{EnvKQL, EnvSPL}, missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

func TestMappingWith(t *testing.T) {
	m := Mapping{"n": Double}
	if diff := cmp.Diff(Mapping{"n": Double, "f": Keyword}, WithKeywords(m, "n", "f")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(m) != 1 {
		t.Errorf("With changed its receiver: %v", m)
	}
	if got := WithKeywords(nil, "f"); got["f"] != Keyword {
		t.Errorf("With on no mapping: %v", got)
	}
}

func TestWithFields(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:                           `{"id":"a\"b"}`,
		" { \n } ":                     `{"id":"a\"b"}`,
		"{\"x\": [\"a\\/b\",\n 1.50]}": `{"id":"a\"b","x":["a\/b",1.50]}`,
		`[1]`:                          "error",
		`{"x":`:                        "error",
		``:                             "error",
	} {
		line, err := withFields(Event{ID: "a", Body: json.RawMessage(body)}, [2]string{"id", `a"b`})
		got := string(line)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: got %s (%v), want %s", body, got, err, want)
		}
	}
}

func TestCheckEvents(t *testing.T) {
	for name, events := range map[string][]Event{
		"no identifier": {{}},
		"one twice":     {{ID: "a"}, {ID: "b"}, {ID: "a"}},
		"too many":      make([]Event, MaxEvents+1),
	} {
		if checkEvents(events) == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestReplaceSource(t *testing.T) {
	for query, want := range map[string]string{
		`FROM *`:                                           `FROM own `,
		`from * | WHERE a == "|"`:                          `FROM own | WHERE a == "|"`,
		"  FROM logs-*,\n x.y\n| LIMIT 1":                  "  FROM own | LIMIT 1",
		`FROM logs-* METADATA _id, _index | LIMIT 1`:       `FROM own METADATA _id, _index | LIMIT 1`,
		`FROM metadata-x, b metadata _id`:                  `FROM own metadata _id`,
		`FROM "a|b METADATA c", """d|"e""" , r:*|LIMIT 1`:  `FROM own |LIMIT 1`,
		"// FROM x\n/* | */ FROM /* | */ y // |\n| KEEP a": "// FROM x\n/* | */ FROM own | KEEP a",
		`FROM <logs-{now/d}> | KEEP a`:                     `FROM own | KEEP a`,
		`ROW a = 1`:                                        "error",
		``:                                                 "error",
	} {
		got, err := replaceSource(query, "own")
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s\ngot  %q (%v)\nwant %q", query, got, err, want)
		}
	}
}

func TestSplitPipes(t *testing.T) {
	for query, want := range map[string][2]string{
		`a:="b"`:                         {`a:="b"`, ``},
		`a:="b|\"|" | fields a`:          {`a:="b|\"|" `, `| fields a`},
		"a:~`x|\\`|limit 1":              {"a:~`x|\\`", "|limit 1"},
		`a:'|' or b:in(c | fields d) |x`: {`a:'|' or b:in(c | fields d) `, `|x`},
		"a # |\n|x":                      {"a # |\n", "|x"},
		`{a="|"} b`:                      {`{a="|"} b`, ``},
	} {
		filter, pipes := splitPipes(query)
		if got := [2]string{filter, pipes}; got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
}

func TestExcuse(t *testing.T) {
	for query, want := range map[string]string{
		`a=b | bin span=5m _time`:           `a=b | bin span=5m _time`,
		`a=b | bin _time span=5m | stats c`: `a=b | bin span=5m _time | stats c`,
		`a=CASE("x \" y)") b = CASE(z*)`:    `a="x \" y)" b = z*`,
		`CASE(x)`:                           `CASE(x)`,
		`NOT host IN ("a") my.host IN (b)`:  `NOT field IN ("a") my.field IN (b)`,
	} {
		if got, _ := excuse(query); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}

// A request is what a test server saw.
type request struct{ Method, URL, ContentType, Body string }

// serve answers requests in the given order and records them.
func serve(t *testing.T, answers ...string) (address string, seen *[]request) {
	t.Helper()
	seen = &[]request{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*seen = append(*seen, request{r.Method, r.URL.String(), r.Header.Get("Content-Type"), string(body)})
		if len(*seen) > len(answers) {
			http.Error(w, "no more answers", http.StatusTeapot)
			return
		}
		answer := answers[len(*seen)-1]
		if status, text, ok := strings.Cut(answer, " "); ok && len(status) == 3 {
			code := 0
			fmt.Sscan(status, &code)
			w.WriteHeader(code)
			answer = text
		}
		io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL, seen
}

func TestESQLRequests(t *testing.T) {
	address, seen := serve(t, `{}`, `{"errors":false}`,
		`{"is_partial":false,"columns":[{"name":"_sigmatic_id","type":"keyword"}],"values":[["b"],["a"],["b"]]}`, `{}`)
	e := NewESQL(address+"/", Login{})
	events := []Event{{ID: "a", Body: json.RawMessage(`{"f": 1}`)}, {ID: "b", Body: json.RawMessage(`{}`)}}
	if err := e.Load(t.Context(), events, Mapping{"n": Long}); err != nil {
		t.Fatal(err)
	}
	name := e.index
	got, err := e.Select(t.Context(), `FROM * | WHERE f == "x"`)
	if diff := cmp.Diff([]string{"a", "b"}, got); err != nil || diff != "" {
		t.Errorf("error %v, ids (-want +got):\n%s", err, diff)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(name, "sigmatic-verify-") {
		t.Errorf("index %q", name)
	}
	var create struct {
		Mappings struct{ Properties map[string]map[string]any }
	}
	if err := json.Unmarshal([]byte((*seen)[0].Body), &create); err != nil {
		t.Fatal(err)
	}
	properties := map[string]map[string]any{
		"n":            {"type": "long", "ignore_malformed": true},
		"_sigmatic_id": {"type": "keyword"},
	}
	if diff := cmp.Diff(properties, create.Mappings.Properties); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
	(*seen)[0].Body = ""
	want := []request{
		{"PUT", "/" + name, "application/json", ""},
		{"POST", "/" + name + "/_bulk?refresh=true", "application/x-ndjson",
			"{\"index\":{}}\n{\"_sigmatic_id\":\"a\",\"f\":1}\n{\"index\":{}}\n{\"_sigmatic_id\":\"b\"}\n"},
		{"POST", "/_query?format=json&allow_partial_results=false", "application/json",
			`{"query":"FROM ` + name + ` | WHERE f == \"x\"\n| KEEP _sigmatic_id | LIMIT 10000"}`},
		{"DELETE", "/" + name, "", ""},
	}
	if diff := cmp.Diff(want, *seen); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestBulkInBatches(t *testing.T) {
	address, seen := serve(t, `{}`, `{}`, `{}`)
	e := NewESQL(address, Login{})
	body := json.RawMessage(`{"f":"` + strings.Repeat("x", bulkBytes/2) + `"}`)
	events := []Event{{ID: "a", Body: body}, {ID: "b", Body: body}, {ID: "c", Body: body}}
	if err := e.Load(t.Context(), events, nil); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count((*seen)[1].Body, "\n"); len(*seen) != 3 || n != 4 {
		t.Errorf("%d requests, the first batch with %d lines, want 3 with 4", len(*seen), n)
	}
}

func TestKQLRequests(t *testing.T) {
	address, seen := serve(t, `{"hits":{"hits":[{"fields":{"_sigmatic_id":["b"]}},{"fields":{"_sigmatic_id":["a"]}}]}}`,
		`{"timed_out":true}`)
	k := NewKQL(address, KQLOptions{CaseInsensitive: true, DefaultField: "m"})
	k.index = "own"
	got, err := k.Select(t.Context(), `f: x`)
	if diff := cmp.Diff([]string{"a", "b"}, got); err != nil || diff != "" {
		t.Errorf("error %v, ids (-want +got):\n%s", err, diff)
	}
	if _, err := k.SelectDSL(t.Context(), json.RawMessage(`{"term":{"f":"x"}}`)); err == nil {
		t.Error("no error for a search that ran out of time")
	}
	path, kind := "/own/_search?allow_partial_search_results=false", "application/json"
	want := []request{
		{"POST", path, kind, `{"_source":false,"docvalue_fields":["_sigmatic_id"],"query":{"kql":` +
			`{"case_insensitive":true,"default_field":"m","query":"f: x"}},"size":10000}`},
		{"POST", path, kind, `{"_source":false,"docvalue_fields":["_sigmatic_id"],"query":{"term":{"f":"x"}},"size":10000}`},
	}
	if diff := cmp.Diff(want, *seen); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestLogsQLRequests(t *testing.T) {
	address, seen := serve(t, ``, ``, `{"_sigmatic_id":"a"}`, "{\"_sigmatic_id\":\"a\"}\n")
	l := NewLogsQL(address, LogsQLOptions{MessageField: "m"})
	at := time.Date(2015, 5, 1, 14, 0, 0, 5, time.FixedZone("", 7200))
	if err := l.Load(t.Context(), []Event{{ID: "a", Time: at, Body: json.RawMessage(`{"f":"x"}`)}}, nil); err != nil {
		t.Fatal(err)
	}
	run := l.run
	got, err := l.Select(t.Context(), `f:="x" or g:y | sort by (f)`)
	if diff := cmp.Diff([]string{"a"}, got); err != nil || diff != "" {
		t.Errorf("error %v, ids (-want +got):\n%s", err, diff)
	}
	form := "application/x-www-form-urlencoded"
	want := []request{
		{"POST", "/insert/jsonline?_msg_field=m&_stream_fields=_sigmatic_run&_time_field=_sigmatic_time", "application/stream+json",
			`{"_sigmatic_id":"a","_sigmatic_run":"` + run + `","_sigmatic_time":"2015-05-01T12:00:00.000000005Z","f":"x"}` + "\n"},
		{"GET", "/internal/force_flush", "", ""},
		{"POST", "/select/logsql/query", form, "query=%7B_sigmatic_run%3D%22" + run + "%22%7D+%28%0A%2A%0A%0A%29%7C+fields+_sigmatic_id"},
		{"POST", "/select/logsql/query", form, "query=%7B_sigmatic_run%3D%22" + run +
			"%22%7D+%28%0Af%3A%3D%22x%22+or+g%3Ay+%0A%29%7C+sort+by+%28f%29%0A%7C+fields+_sigmatic_id"},
	}
	if diff := cmp.Diff(want, *seen); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// Close asks the server to delete what was loaded, and nothing else; of what stays
// because the server refuses Kept tells.
func TestLogsQLClose(t *testing.T) {
	const unknownPath = `400 unsupported path requested: "/delete/run_task"` // VictoriaLogs 1.121.0
	for deletion, stays := range map[string]bool{`{"task_id":"1"}`: false, unknownPath: true} {
		address, seen := serve(t, ``, ``, `{"_sigmatic_id":"a"}`, deletion)
		l := NewLogsQL(address, LogsQLOptions{})
		if err := l.Load(t.Context(), []Event{{ID: "a", Body: json.RawMessage(`{"f":"x"}`)}}, nil); err != nil {
			t.Fatal(err)
		}
		run := l.run
		for range 2 { // the second has nothing to do
			if err := l.Close(t.Context()); err != nil {
				t.Errorf("%s: %v", deletion, err)
			}
		}
		want := request{"POST", "/delete/run_task?filter=%7B_sigmatic_run%3D%22" + run + "%22%7D", "", ""}
		if diff := cmp.Diff([]request{want}, (*seen)[3:]); diff != "" {
			t.Errorf("%s: requests (-want +got):\n%s", deletion, diff)
		}
		if kept := l.Kept(); (kept != "") != stays || stays && !strings.Contains(kept, `{_sigmatic_run="`+run+`"}`) {
			t.Errorf("%s: kept %q", deletion, kept)
		}
	}
}

func TestQueryError(t *testing.T) {
	long := strings.Repeat("x", 600)
	for answer, want := range map[string]string{
		`400 {"error":{"reason":"all shards failed","root_cause":[{"reason":"bad query"}]}}`: "esql: the engine answered with status 400: all shards failed: bad query",
		`400 {"error":{"reason":"same","root_cause":[{"reason":"same"}]}}`:                   "esql: the engine answered with status 400: same",
		`500 plain text`: "esql: the engine answered with status 500: plain text",
		`503 ` + long:    "esql: the engine answered with status 503: " + long[:500] + "…",
	} {
		address, _ := serve(t, answer)
		e := NewESQL(address, Login{})
		e.index = "own"
		_, err := e.Select(t.Context(), "FROM *")
		refusal, ok := err.(*QueryError)
		if !ok || refusal.Error() != want || refusal.Body != answer[4:] {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for name, answer := range map[string]string{
		"partial":            `{"is_partial":true}`,
		"no JSON":            `oops`,
		"without identifier": `{"columns":[{"name":"f"}],"values":[["x"]]}`,
	} {
		address, _ := serve(t, answer)
		e := NewESQL(address, Login{})
		e.index = "own"
		if ids, err := e.Select(t.Context(), "FROM *"); err == nil {
			t.Errorf("%s: got %v and no error", name, ids)
		}
	}
	address, _ := serve(t, `{}`, `{"errors":true,"items":[{"index":{}},{"index":{"error":{"reason":"why"}}}]}`, `{}`)
	two := []Event{{ID: "a", Body: json.RawMessage(`{}`)}, {ID: "b", Body: json.RawMessage(`{}`)}}
	err := NewESQL(address, Login{}).Load(t.Context(), two, nil)
	if err == nil || !strings.Contains(err.Error(), `event "b" was not stored: {"reason":"why"}`) {
		t.Errorf("an event that was not stored: error %v", err)
	}
	address, _ = serve(t, ``, ``, ``)
	err = NewLogsQL(address, LogsQLOptions{}).Load(t.Context(), []Event{{ID: "a", Body: json.RawMessage(`{}`)}}, nil)
	if err == nil || !strings.Contains(err.Error(), "0 of 1") {
		t.Errorf("an event that was dropped: error %v", err)
	}
}

func TestSelectBeforeLoad(t *testing.T) {
	for _, e := range []Engine{NewESQL("", Login{}), NewKQL("", KQLOptions{}), NewLogsQL("", LogsQLOptions{})} {
		if _, err := e.Select(t.Context(), "FROM *"); err == nil {
			t.Errorf("%s: no error", e.Name())
		}
		if err := e.Close(t.Context()); err != nil {
			t.Errorf("%s: closing what was never loaded: %v", e.Name(), err)
		}
	}
}

// More Warning headers than net/http takes by default.
func TestManyWarnings(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 3000 {
			w.Header().Add("Warning", `299 Elasticsearch "`+strings.Repeat("x", 1000)+`"`)
		}
		io.WriteString(w, `{"columns":[{"name":"_sigmatic_id"}],"values":[["a"]]}`)
	}))
	defer s.Close()
	e := NewESQL(s.URL, Login{})
	e.index = "own"
	if _, err := e.Select(t.Context(), "FROM *"); err != nil {
		t.Error(err)
	}
}

func TestGate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for the gate is a shell script")
	}
	// A stand-in that accepts all but what holds the word bad.
	gate := filepath.Join(t.TempDir(), "gate")
	script := "#!/bin/sh\nwhile read -r q; do case $q in *bad*) echo '{\"ok\":false,\"error\":\"1:0 bad\"}';; *) echo '{\"ok\":true}';; esac; done\n"
	if err := os.WriteFile(gate, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	g := NewGate(gate)
	got, err := g.Parse(t.Context(), []string{"a=b", "bad\n\"x\"", "a=CASE(x)", "a=CASE(bad)"})
	want := []GateResult{{OK: true}, {Error: "1:0 bad"}, {OK: true}, {Error: "1:0 bad", Excused: []string{falseAlarms[0].reason}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, results (-want +got):\n%s", err, diff)
	}
	if got, err := g.Parse(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("no queries: %v, %v", got, err)
	}
	if _, err := NewGate("/bin/false").Parse(t.Context(), []string{"a"}); err == nil {
		t.Error("no error for a gate that fails")
	}
	if _, err := NewGate("/bin/true").Parse(t.Context(), []string{"a"}); err == nil {
		t.Error("no error for a gate that says nothing")
	}
}
