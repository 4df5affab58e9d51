package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/evaluator"
)

// TestGenerate demands of the events of every case what the comparison rests
// on: enough of them, the same each time, each one a JSON object, and, but for
// queries that have one verdict only, events on both sides.
func TestGenerate(t *testing.T) {
	for _, c := range readCases(t) {
		for _, q := range c.queries {
			ref, err := evaluator.New(q.Query)
			if err != nil {
				continue // an unresolved placeholder
			}
			events := Generate(q.Query, 7, DefaultEvents)
			if len(events) < MinEvents {
				t.Errorf("%s, %s: %d events", c.name, q.title, len(events))
			}
			if diff := cmp.Diff(events, Generate(q.Query, 7, DefaultEvents)); diff != "" {
				t.Fatalf("%s, %s: another time (-first +second):\n%s", c.name, q.title, diff)
			}
			checkSides(t, c.name+", "+q.title, ref, events)
		}
	}
}

// oneSided are queries that select all events, or none.
var oneSided = map[string]bool{
	"encoders, a mark that is no text": true, // events are UTF-8
}

func checkSides(t *testing.T, name string, ref *evaluator.Reference, events []Event) {
	t.Helper()
	counts := map[bool]int{}
	for _, e := range events {
		if !json.Valid(e.Body) {
			t.Fatalf("%s: not JSON: %s", name, e.Body)
		}
		ev, err := evaluator.ParseEvent(e.Body)
		if err != nil {
			t.Fatalf("%s: %v: %s", name, err, e.Body)
		}
		counts[ref.Match(ev)]++
	}
	if (counts[true] == 0 || counts[false] == 0) && !oneSided[name] {
		t.Errorf("%s: %d events are selected and %d are not", name, counts[true], counts[false])
	}
}

// fakeBackend prints nothing of meaning; its notes are those of the test.
type fakeBackend struct {
	backends.Backend
	name  string
	notes []backends.Note
}

func (b fakeBackend) Name() string { return b.name }

func (b fakeBackend) Convert(*ast.Query, backends.Options) (*backends.Output, error) {
	return &backends.Output{Query: "q", Notes: b.notes}, nil
}

// fakeEngine selects by a function.
type fakeEngine struct {
	engine.Engine
	events []Event
	judge  func(e Event) bool
}

func (e *fakeEngine) Name() string { return "fake" }

func (e *fakeEngine) Load(_ context.Context, events []Event, _ engine.Mapping) error {
	e.events = events
	return nil
}

func (e *fakeEngine) Select(context.Context, string) ([]string, error) {
	var ids []string
	for _, ev := range e.events {
		if e.judge(ev) {
			ids = append(ids, ev.ID)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

func note(code backends.NoteCode, subjects ...string) []backends.Note {
	var n backends.Notes
	for _, s := range subjects {
		n.Add(code, s)
	}
	return n.List()
}

func compareOne(t *testing.T, b backends.Backend, e engine.Engine, q *ast.Query, events []Event) (*Report, error) {
	t.Helper()
	sample, err := NewSample(events)
	if err != nil {
		return nil, err
	}
	reports, err := Comparison{Backend: b, Engine: e}.Run(t.Context(), []*ast.Query{q}, sample)
	if err != nil {
		return nil, err
	}
	return reports[0], nil
}

// TestCompareFindsDifferences shows that no difference passes without a note
// that explains that very event.
func TestCompareFindsDifferences(t *testing.T) {
	const rule = `"f" is *"Val"*`
	contains := func(part string) func(Event) bool {
		return func(e Event) bool { return strings.Contains(string(e.Body), part) }
	}
	for _, c := range []struct {
		says   string
		target string
		notes  []backends.Note
		bodies []string
		judge  func(Event) bool
		want   string
	}{
		{"right", "x", nil, []string{`{"f":"Val"}`, `{"f":"x"}`}, contains("Val"), ""},
		{"too few", "x", nil, []string{`{"f":"Val","g":1}`, `{"f":"aVal"}`}, contains("nothing"), `{"f":"aVal"} true 2`},
		{"too many", "x", nil, []string{`{"g":"Val"}`, `{"f":"Val"}`}, contains("Val"), `{"g":"Val"} false 1`},
		{"letter case without a note", "x", nil, []string{`{"f":"VAL"}`}, contains("Val"), `{"f":"VAL"} true 1`},
		{"letter case with one", "x", note(backends.NoteLetterCase, "f"), []string{`{"f":"VAL"}`}, contains("Val"), "letter-case 1"},
		{"letter case does not explain a missing hit", "x", note(backends.NoteLetterCase, "f"), []string{`{"f":"Val"}`}, contains("nothing"), `{"f":"Val"} true 1`},
		{"a list without a note", "esql", nil, []string{`{"f":["Val","y"]}`}, contains("nothing"), `{"f":["Val","y"]} true 1`},
		{"a list with one", "esql", note(backends.NoteSingleValue, "f"), []string{`{"f":["Val","y"]}`}, contains("nothing"), "single-value 1"},
		{"one of another field", "esql", note(backends.NoteSingleValue, "g"), []string{`{"f":["Val","y"]}`}, contains("nothing"), `{"f":["Val","y"]} true 1`},
		{"a list of one is no list", "esql", note(backends.NoteSingleValue, "f"), []string{`{"f":["Val"]}`}, contains("nothing"), `{"f":["Val"]} true 1`},
		{"LogsQL knows what a list's text holds", "logsql", note(backends.NoteSingleValue, "f"), []string{`{"f":["Val","y"]}`}, contains("nothing"), `{"f":["Val","y"]} true 1`},
	} {
		t.Run(c.says, func(t *testing.T) {
			var events []Event
			for i, b := range c.bodies {
				events = append(events, Event{ID: fmt.Sprintf("e%d", i), Body: json.RawMessage(b)})
			}
			q := &ast.Query{Expr: &ast.Match{Field: ast.Field{Name: "f"}, Value: &ast.Pattern{Parts: []ast.Part{ast.AnyRun{}, ast.Literal("Val"), ast.AnyRun{}}}}}
			if q.Expr.String() != rule {
				t.Fatal(q.Expr)
			}
			r, err := compareOne(t, fakeBackend{name: c.target, notes: c.notes}, &fakeEngine{judge: c.judge}, q, events)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range r.Differences {
				got = append(got, fmt.Sprint(string(d.Event.Body), " ", d.Want, " ", d.Count))
			}
			for code, n := range r.Excused {
				got = append(got, fmt.Sprint(code, " ", n))
			}
			if text := strings.Join(got, "; "); text != c.want {
				t.Errorf("got %q, want %q", text, c.want)
			}
		})
	}
}

// TestCompareAsksTwice shows that an answer that does not come again is told
// apart, and not taken for agreement.
func TestCompareAsksTwice(t *testing.T) {
	q := &ast.Query{Expr: &ast.Match{Field: ast.Field{Name: "f"}, Value: &ast.Exists{Want: true}}}
	calls := 0
	e := &fakeEngine{judge: func(Event) bool { calls++; return calls > 1 }}
	r, err := compareOne(t, fakeBackend{name: "x"}, e, q, []Event{{ID: "a", Body: json.RawMessage(`{"f":1}`)}})
	if err != nil || len(r.Differences) != 0 || len(r.Unstable) != 1 || r.Runs != 2 {
		t.Errorf("error %v, report %+v", err, r)
	}
}

// TestModels shows what each model makes of an event.
func TestModels(t *testing.T) {
	for _, c := range []struct {
		says      string
		change    func(string) string
		raw, want string
	}{
		{"null", dropNull, `[null,"a",null]`, `["a"]`},
		{"only null", dropNull, `[null]`, ``},
		{"empty list", dropNull, `[]`, ``},
		{"list as text", listAsText, `["a",1]`, `"[\"a\",1]"`},
		{"number", numberAsText, `[12.0,"x",-1e3]`, `["12.0","x","-1e3"]`},
		{"ip", func(s string) string { return storedAs(engine.IP, s) }, `["10.0.0.1","x","::ffff:10.0.0.2"]`, `["10.0.0.1","10.0.0.2"]`},
		{"ip, lenient", func(s string) string { return storedAs(engine.IP, s) }, `"10.1.2."`, `"10.1.2.0"`},
		{"double", func(s string) string { return storedAs(engine.Double, s) }, `["12d"," 7 ","x",9007199254740993]`, `[12,7,9.007199254740992e+15]`},
		{"long", func(s string) string { return storedAs(engine.Long, s) }, `[12.5,"7",9007199254740993]`, `[12,7,9007199254740993]`},
		{"boolean", func(s string) string { return storedAs(engine.Boolean, s) }, `[true,"false","","yes"]`, `[true,false,false]`},
		{"date", func(s string) string { return storedAs(engine.Date, s) }, `["2024-01-01T05:00:00+02:00","x"]`, `["2024-01-01T03:00:00Z"]`},
		{"date, number", func(s string) string { return storedAs(engine.Date, s) }, `0`, `"1970-01-01T00:00:00Z"`},
	} {
		if got := c.change(c.raw); got != c.want {
			t.Errorf("%s: %s became %s, want %s", c.says, c.raw, got, c.want)
		}
	}
}

// TestKibanaReader holds the reader against facts of Kibana's grammar.
func TestKibanaReader(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`f: "a"`, `{"term":{"f":{"value":"a"}}}`},
		{`f: a b`, `{"term":{"f":{"value":"a b"}}}`},
		{`f: a or g: b and h: c`, `{"bool":{"minimum_should_match":1,"should":[{"term":{"f":{"value":"a"}}},{"bool":{"filter":[{"term":{"g":{"value":"b"}}},{"term":{"h":{"value":"c"}}}]}}]}}`},
		{`not f: a`, `{"bool":{"must_not":[{"term":{"f":{"value":"a"}}}]}}`},
		{`not not f: a`, ``},
		{`f: *`, `{"exists":{"field":"f"}}`},
		{`*: *`, `{"match_all":{}}`},
		{`f: "*"`, `{"term":{"f":{"value":"*"}}}`},
		{`f: a*b?c`, `{"wildcard":{"f":{"value":"a*b\\?c"}}}`},
		{`f: C\:\\x\**`, `{"wildcard":{"f":{"value":"C:\\\\x\\**"}}}`},
		{`f: "a\"b\\c\n\u0041"`, `{"term":{"f":{"value":"a\"b\\c\nA"}}}`},
		{`f: * a *`, `{"wildcard":{"f":{"value":"* a *"}}}`},
		{`f: * a `, `{"wildcard":{"f":{"value":"* a"}}}`},
		{`f >= 5`, `{"range":{"f":{"gte":"5"}}}`},
		{`"a b": x`, `{"term":{"a b":{"value":"x"}}}`},
		{`f: a\orb`, `{"term":{"f":{"value":"aorb"}}}`},
		{`f: null`, ``},
		{`f: a)`, ``},
		{`(f: a`, ``},
		{`f: "a`, ``},
		{`f: a OR g: b`, `{"bool":{"minimum_should_match":1,"should":[{"term":{"f":{"value":"a"}}},{"term":{"g":{"value":"b"}}}]}}`},
	} {
		tree, err := readKQL(c.text)
		var raw []byte
		if err == nil {
			var dsl any
			if dsl, err = tree.dsl(dslContext{}); err == nil {
				raw, err = json.Marshal(dsl)
			}
		}
		if string(raw) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s\n got %s (%v)\nwant %s", c.text, raw, err, c.want)
		}
	}
}

// TestAssumedTypes reads the field types out of notes in both spellings.
func TestAssumedTypes(t *testing.T) {
	const text = "field types assumed: "
	for _, c := range []struct {
		note string
		want map[string][]engine.FieldType
	}{
		{"f keyword", map[string][]engine.FieldType{"f": {engine.Keyword}}},
		{"f keyword or number, a b ip", map[string][]engine.FieldType{"f": {engine.Keyword, engine.Double}, "a b": {engine.IP}}},
		{"f keyword that keeps letter case", map[string][]engine.FieldType{"f": {engine.Keyword}}},
		{"keyword (f, a b), number (g)", map[string][]engine.FieldType{"f": {engine.Keyword}, "a b": {engine.Keyword}, "g": {engine.Double}}},
		{"date and time in UTC (f)", map[string][]engine.FieldType{"f": {engine.Date}}},
	} {
		got := assumedTypes([]backends.Note{{Code: backends.NoteFieldType, Text: text + c.note}}, []string{"f", "g", "a b"})
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.note, diff)
		}
	}
}
