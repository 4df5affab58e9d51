package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/cmd/internal/verify/engine/enginetest"
)

// The tests below run on real engines. They hold the facts on which the
// backends rest: should one change with an engine's version, it shows here
// first and by its name. The citations are to the project's design notes,
// "engines.md" and "emissions.md", where each fact was measured first.

// liveEvents are few, and each has something that engines treat differently.
var liveEvents = []engine.Event{
	event("a", `{"name": "StopLogging", "user": "Måns-Ёж", "ip": "10.20.30.40", "code": "AccessDenied", "n": 5, "tags": ["Red", "blue"]}`),
	event("b", `{"name": "stoplogging", "user": "", "ip": "192.0.2.1", "code": null, "n": "7"}`),
	event("c", `{"name": "Stop Logging Now", "ip": "AWS Internal", "code": "Throttled", "n": 5.5, "tags": ["green"]}`),
	event("d", `{"name": "GetObject", "path": "C:\\Tools\\run.exe", "user": "a*b?c", "ip": "2001:db8::7"}`),
	event("e", `{"name": "GetObject", "path": "C:\\Tools\\xrun.exe", "note": "login\nfailed"}`),
}

func event(id, body string) engine.Event {
	return engine.Event{ID: id, Body: json.RawMessage(body), Time: time.Date(2015, 5, 1, 12, 0, 0, 0, time.UTC)}
}

var liveMapping = engine.WithKeywords(engine.Mapping{"ip": engine.IP, "n": engine.Double}, "never")

// A fact is a query, the events that it selects (by one letter each), and what
// that shows. An answer of "error" stands for a rejection by the engine.
type fact struct {
	cite, says string
	query      string
	want       string
}

const rejected = "error"

func TestLiveESQL(t *testing.T) {
	runFacts(t, enginetest.ESQL(t), []fact{
		{"engines.md 3", "== heeds case", `FROM * | WHERE name == "StopLogging"`, "a"},
		{"engines.md 3", "LIKE heeds case", `FROM logs-* METADATA _id | WHERE name LIKE "Stop*"`, "ac"},
		{"emissions.md 1.2", "a LIKE list works in 8.19", `FROM * | WHERE name LIKE ("Stop *", "Get*")`, "cde"},
		{"emissions.md 1.1 E1", "QSTR regexes are exact with case classes", `FROM * | WHERE QSTR("name:/[Ss][Tt][Oo][Pp][Ll][Oo][Gg][Gg][Ii][Nn][Gg]/")`, "ab"},
		{"emissions.md 1.1 E1", "QSTR regexes see every member of an array", `FROM * | WHERE QSTR("tags:/[Rr][Ee][Dd]/")`, "a"},
		{"emissions.md 1.1 E1", "NOT QSTR is the complement, missing fields and all", `FROM * | WHERE NOT QSTR("tags:/[Rr][Ee][Dd]/")`, "bcde"},
		{"emissions.md 1.1 E1", "an invalid regex in QSTR selects nothing and is no error", `FROM * | WHERE QSTR("name:/(/")`, ""},
		{"emissions.md 1.1 E1", "QSTR leaves a field without a mapping alone", `FROM * | WHERE NOT QSTR("nowhere:/x/")`, "abcde"},
		{"emissions.md 1.4", "COALESCE around QSTR is rejected", `FROM * | WHERE COALESCE(QSTR("name:/x/"), false)`, rejected},
		{"emissions.md 1.1 E4", "TO_LOWER with == folds ASCII only", `FROM * | WHERE TO_LOWER(user) == "måns-ёж"`, ""},
		{"emissions.md 1.1 E4", "TO_LOWER with LIKE and a wildcard folds all", `FROM * | WHERE TO_LOWER(user) LIKE "måns-ё*"`, "a"},
		{"emissions.md 7", "TO_LOWER with IN of two runs, given the version field type", `FROM * | WHERE TO_LOWER(name) IN ("stoplogging", "x")`, "ab"},
		{"engines.md 3", "== on several values is null", `FROM * | WHERE tags == "Red"`, ""},
		{"engines.md 3", "and so under NOT too", `FROM * | WHERE NOT tags == "Red"`, "c"},
		{"engines.md 3", ": takes any member", `FROM * | WHERE tags : "Red"`, "a"},
		{"engines.md 3", "!= loses missing fields", `FROM * | WHERE code != "AccessDenied"`, "c"},
		{"engines.md 3", "NOT COALESCE keeps them", `FROM * | WHERE NOT COALESCE(code == "AccessDenied", false)`, "bcde"},
		{"engines.md 3", `NOT LIKE "*" is IS NULL`, `FROM * | WHERE NOT code LIKE "*"`, "bde"},
		{"emissions.md 1.2", ": finds the empty string", `FROM * | WHERE user : ""`, "b"},
		{"engines.md 3", "a field without a mapping fails the query", `FROM * | WHERE nowhere == "x"`, rejected},
		{"engines.md 3", "unless it is mapped and no event has it", `FROM * | WHERE never == "x"`, ""},
		{"engines.md 3", "CIDR_MATCH, both families", `FROM * | WHERE CIDR_MATCH(ip, "10.0.0.0/8", "2001:db8::/32")`, "ad"},
		{"emissions.md 1.2", ": takes a CIDR on an ip field", `FROM * | WHERE ip : "10.0.0.0/8"`, "a"},
		{"emissions.md 1.2", "a double field indexes numeric text", `FROM * | WHERE QSTR("n:>=5.5")`, "bc"},
		{"engines.md 3", `a literal * in LIKE takes two backslashes`, `FROM * | WHERE user LIKE "a\\*b\\?c"`, "d"},
		{"emissions.md 4", "298 members of an OR pass", `FROM * | WHERE ` + repeat(298, " OR ", `name == "GetObject"`), "de"},
		{"emissions.md 4", "299 do not", `FROM * | WHERE ` + repeat(299, " OR ", `name == "GetObject"`), rejected},
		{"emissions.md 4", "a Warning header for each leaf that met an array", `FROM * | WHERE ` + repeat(250, " OR ", `tags LIKE "G%d*"`), ""},
		{"", "a comment at the end", "FROM * // all\n| WHERE name == \"GetObject\" // these", "de"},
	})
}

func TestLiveKQL(t *testing.T) {
	runFacts(t, enginetest.KQL(t, engine.KQLOptions{}), []fact{
		{"engines.md 3", "values heed case", `name: "StopLogging"`, "a"},
		{"engines.md 3", "and with wildcards", `name: Stop*`, "ac"},
		{"engines.md 3", "an array matches by any member", `tags: "blue"`, "a"},
		{"engines.md 3", "not keeps missing fields", `not code: "AccessDenied"`, "bcde"},
		{"engines.md 3", "f: * is exists; null is absent", `code: *`, "ac"},
		{"emissions.md 2.2", "a quoted value is literal", `user: "a*b?c"`, "d"},
		{"emissions.md 2.2", "the empty string", `user: ""`, "b"},
		{"engines.md 3", "a CIDR on an ip field", `ip: "10.0.0.0/8"`, "a"},
		{"emissions.md 2.1", "the server's parser has no precedence", `name: "StopLogging" and code: "AccessDenied" or name: "GetObject"`, "a"},
		{"emissions.md 2.1", "parentheses help", `(name: "StopLogging" and code: "AccessDenied") or name: "GetObject"`, "ade"},
		{"engines.md 3", "value lists are a parse error in 8.19", `name: ("StopLogging" or "GetObject")`, rejected},
		{"emissions.md 6 (13)", "two backslashes beside a wildcard are none", `path: *\\run.exe`, "de"},
		{"emissions.md 2.1", "four are one", `path: *\\\\run.exe`, "d"},
		{"emissions.md 2.1", "no wildcard behind a backslash", `path: C\:\\Tools\\*`, ""},
	})
	runFacts(t, enginetest.KQL(t, engine.KQLOptions{CaseInsensitive: true, DefaultField: "note"}), []fact{
		{"engines.md 3", "the option folds case", `name: STOPLOGGING`, "ab"},
		{"engines.md 3", "with wildcards too", `name: STOP*`, "abc"},
		{"emissions.md 2.2", "but ASCII alone", `user: måns-ёж`, ""},
		{"emissions.md 2.2", "default_field is searched by a value alone", `*login*`, "e"},
		{"measured here", "where the option does not fold", `*LOGIN*`, ""},
		{"measured here", "as it does with a field", `note: *LOGIN*`, "e"},
	})
}

func TestLiveKQLSelectDSL(t *testing.T) {
	k := enginetest.KQL(t, engine.KQLOptions{})
	load(t, k, liveEvents)
	for dsl, want := range map[string]string{
		`{"term": {"tags": "Red"}}`: "a",
		`{"wildcard": {"name": {"value": "stop*", "case_insensitive": true}}}`:        "abc",
		`{"wildcard": {"path": {"value": "*\\\\run.exe"}}}`:                           "d",
		`{"bool": {"must_not": [{"term": {"code": {"value": "AccessDenied"}}}]}}`:     "bcde",
		`{"bool": {"filter": [{"exists": {"field": "tags"}}, {"term": {"n": 5.5}}]}}`: "c",
	} {
		got, err := k.SelectDSL(t.Context(), json.RawMessage(dsl))
		checkAnswer(t, dsl, got, err, want)
	}
}

func TestLiveLogsQL(t *testing.T) {
	runFacts(t, enginetest.LogsQL(t, engine.LogsQLOptions{}), []fact{
		{"engines.md 1", "a phrase is whole tokens", `name:Logging`, "c"},
		{"engines.md 1", "so 5 is found in 5.5", `n:5`, "ac"},
		{"engines.md 1", ":= is the whole value and heeds case", `name:="StopLogging"`, "a"},
		{"engines.md 1", ":= is textual on numbers", `n:="5.0"`, ""},
		{"engines.md 1", "comparisons are numeric, on text as well", `n:>5`, "bc"},
		{"engines.md 1", `="v"* is a prefix of the value`, `name:="Stop"*`, "ac"},
		{"engines.md 1", "v* is a prefix of any token", `name:Now*`, "c"},
		{"emissions.md 6 (22)", "*v* on a field parses and selects nothing", `name:*Logging*`, ""},
		{"emissions.md 3.1", "a regex folds case beyond ASCII", `user:~"(?is)^måns-ёж$"`, "a"},
		{"emissions.md 3.1", "an anchored regex is exact", `path:~"(?is)^c:\\\\tools\\\\run\\.exe$"`, "d"},
		{"emissions.md 3.2", "the dot matches a newline", `note:~"login.failed"`, "e"},
		{"emissions.md 3.2", "unless (?-s)", `note:~"(?-s)login.failed"`, ""},
		{"engines.md 1", "missing, null and empty are one", `code:=""`, "bde"},
		{"engines.md 1", "and absent", `!user:*`, "bce"},
		{"engines.md 1", "a regex that matches nothing's text matches missing fields", `tags:~".*"`, "abcde"},
		{"emissions.md 3.1", "so f:* stands beside it", `tags:~".*" tags:*`, "ac"},
		{"engines.md 1", "NOT keeps missing fields", `NOT code:="AccessDenied"`, "bcde"},
		{"engines.md 1", "AND binds tighter than OR", `name:="GetObject" OR name:="StopLogging" code:="x"`, "de"},
		{"engines.md 1", "an array is JSON text", `tags:="Red"`, ""},
		{"engines.md 1", "its members are found in it", `tags:~"\"Red\""`, "a"},
		{"emissions.md 3.2", "ipv4_range", `ip:ipv4_range("10.0.0.0/8")`, "a"},
		{"emissions.md 3.2", "v6 in it is a parse error", `ip:ipv4_range("2001:db8::/32")`, rejected},
		{"emissions.md 5", "any name may stand in quotes", `"user":="a*b?c"`, "d"},
		{"emissions.md 3.2", "an event without a message gets one", `missing`, "abcde"},
		{"", "pipes and a comment at the end", "name:=\"GetObject\" # these\n| sort by (path) | limit 5 # few", "de"},
	})
	runFacts(t, enginetest.LogsQL(t, engine.LogsQLOptions{MessageField: "note"}), []fact{
		{"emissions.md 3.2", "the message of our choice", `_msg:~"(?is)login"`, "e"},
		{"emissions.md 3.2", "is what a bare regex searches", `~"(?is)LOGIN"`, "e"},
		{"", "and no other field", `note:*`, ""},
	})
}

// One engine serves many tests: what one has loaded, no other selects.
func TestLiveIsolation(t *testing.T) {
	for _, pair := range [][2]engine.Engine{
		{enginetest.ESQL(t), enginetest.ESQL(t)},
		{enginetest.LogsQL(t, engine.LogsQLOptions{}), enginetest.LogsQL(t, engine.LogsQLOptions{})},
	} {
		first, second := pair[0], pair[1]
		query := map[string]string{"esql": "FROM *", "logsql": "* or name:x"}[first.Name()]
		load(t, first, liveEvents[:2])
		load(t, second, liveEvents[2:])
		got, err := first.Select(t.Context(), query)
		checkAnswer(t, query, got, err, "ab")
		got, err = second.Select(t.Context(), query)
		checkAnswer(t, query, got, err, "cde")
		load(t, first, liveEvents[3:])
		got, err = first.Select(t.Context(), query)
		checkAnswer(t, "after a second load: "+query, got, err, "de")
	}
}

// What the client says of the events it leaves behind is true: they stay on a
// server that does not delete, and only there.
func TestLiveKept(t *testing.T) {
	l := enginetest.LogsQL(t, engine.LogsQLOptions{})
	load(t, l, liveEvents)
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept := regexp.MustCompile(`\{_sigmatic_run="[^"]+"\}`).FindString(l.Kept())
	if kept == "" {
		t.Skip("the server deletes in a task of its own, which this test does not wait for")
	}
	ask := os.Getenv(engine.EnvLogsQL) + "/select/logsql/query?" + url.Values{"query": {kept + " | fields _sigmatic_id"}}.Encode()
	answer, err := http.Get(ask)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if lines := strings.Count(string(text), "\n"); err != nil || lines != len(liveEvents) {
		t.Errorf("error %v, %d events under %s, want %d", err, lines, kept, len(liveEvents))
	}
}

// Correlations need rows, not events.
func TestLiveRows(t *testing.T) {
	x, l := enginetest.ESQL(t), enginetest.LogsQL(t, engine.LogsQLOptions{})
	load(t, x, liveEvents)
	load(t, l, liveEvents)
	got, err := x.Rows(t.Context(), `FROM * | STATS c = COUNT(*) BY name | WHERE c > 1`)
	if diff := cmp.Diff([]engine.Row{{"c": json.Number("2"), "name": "GetObject"}}, got); err != nil || diff != "" {
		t.Errorf("esql: error %v, rows (-want +got):\n%s", err, diff)
	}
	got, err = l.Rows(t.Context(), `* | stats by (_time:5m, name) count() c | filter c:>1`)
	want := []engine.Row{{"_time": "2015-05-01T12:00:00Z", "c": "2", "name": "GetObject"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("logsql: error %v, rows (-want +got):\n%s", err, diff)
	}
}

// An event that the engine does not store must not pass for one that no query
// selects.
func TestLiveLoadFails(t *testing.T) {
	x := enginetest.ESQL(t)
	// A keyword of more than 32,766 bytes is refused with its document.
	events := []engine.Event{event("a", `{"o": "small"}`), event("b", `{"o": "`+strings.Repeat("x", 40_000)+`"}`)}
	if err := x.Load(t.Context(), events, nil); err == nil || !strings.Contains(err.Error(), "not stored") {
		t.Errorf("esql: loading a keyword of 40,000 bytes: error %v", err)
	}
	l := enginetest.LogsQL(t, engine.LogsQLOptions{})
	events = []engine.Event{event("a", `{"o": "small"}`), event("b", `{"o": "`+strings.Repeat("x", 3<<20)+`"}`)}
	if err := l.Load(t.Context(), events, nil); err == nil || !strings.Contains(err.Error(), "1 of 2 events") {
		t.Errorf("logsql: loading an event of 3 MB: error %v", err)
	}
}

func TestLiveSPL(t *testing.T) {
	cases := []struct {
		query   string
		ok      bool
		excused int
	}{
		{`index=main "eventName"="Console*" NOT "f"=* ("a{}.b" IN ("x", "y*"))`, true, 0},
		{"index=main\n| where isnotnull(mvfind('eventName',\"(?is)\\AConsole\"))", true, 0},
		{`index=main | bin span=5m _time | stats dc(x) as n by _time, k | where n>=2`, true, 0},
		{`index=main | bin _time span=5m | stats count by _time`, true, 1},
		{`index=main "f"=CASE("v w") OR g=CASE(x*)`, true, 1},
		{`index=main "f"=CASE("v" OR`, false, 0},
		{`index=main NOT host IN ("a", "b") OR source IN (c)`, true, 1},
		{`index=main "f"=CASE(v) | bin _time span=5m | where (a`, false, 2},
		{`index=main (a=b`, false, 0},
		{`index=main | stat x`, false, 0},
		{`index=main | where a=`, false, 0},
		{`index=main user="Måns-Ёж 😀"`, true, 0},
	}
	var queries []string
	for _, c := range cases {
		queries = append(queries, c.query)
	}
	results, err := enginetest.SPL(t).Parse(t.Context(), queries)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		r := results[i]
		if r.OK != c.ok || len(r.Excused) != c.excused || (r.Error == "") != r.OK {
			t.Errorf("%s\ngot %+v, want ok %v with %d excused", c.query, r, c.ok, c.excused)
		}
	}
}

func runFacts(t *testing.T, e engine.Engine, facts []fact) {
	t.Helper()
	load(t, e, liveEvents)
	for _, f := range facts {
		got, err := e.Select(t.Context(), f.query)
		checkAnswer(t, fmt.Sprintf("%s: %s (%s)\n%.200s", e.Name(), f.says, f.cite, f.query), got, err, f.want)
	}
}

func load(t *testing.T, e engine.Engine, events []engine.Event) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := e.Load(ctx, events, liveMapping); err != nil {
		t.Fatalf("%s: loading: %v", e.Name(), err)
	}
}

func checkAnswer(t *testing.T, what string, got []string, err error, want string) {
	t.Helper()
	answer := strings.Join(got, "")
	var refusal *engine.QueryError
	if errors.As(err, &refusal) && refusal.Status == 400 {
		answer, err = rejected, nil
	}
	if err != nil || answer != want {
		t.Errorf("%s\ngot %q (%v), want %q", what, answer, errors.Join(err, nonNil(refusal)), want)
	}
}

func nonNil(e *engine.QueryError) error {
	if e == nil {
		return nil
	}
	return e
}

// repeat joins n copies of a text, in which %d is the number of the copy.
func repeat(n int, by, text string) string {
	var parts []string
	for i := range n {
		parts = append(parts, strings.ReplaceAll(text, "%d", fmt.Sprint(i)))
	}
	return strings.Join(parts, by)
}
