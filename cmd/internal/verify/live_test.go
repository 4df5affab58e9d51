package verify

import (
	"context"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
	"sigmatic/backends/all"
	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/cmd/internal/verify/engine/enginetest"
	sigma "sigmatic/parser"
)

// engines of the targets that have one.
var engines = map[string]func(testing.TB) engine.Engine{
	"esql":   func(t testing.TB) engine.Engine { return enginetest.ESQL(t) },
	"kql":    func(t testing.TB) engine.Engine { return NewKibana(enginetest.KQL(t, engine.KQLOptions{})) },
	"logsql": func(t testing.TB) engine.Engine { return enginetest.LogsQL(t, engine.LogsQLOptions{}) },
}

// TestLive runs every query of every case on its engine.
func TestLive(t *testing.T) {
	var queries []goldenQuery
	for _, c := range readCases(t) {
		for _, q := range c.queries {
			queries = append(queries, goldenQuery{c.name + ", " + q.title, q.Query})
		}
	}
	eachEngine(t, func(t *testing.T, b backends.Backend, e engine.Engine) {
		differential(t, Comparison{Backend: b, Engine: e}, queries, 2*MinEvents)
	})
}

// TestLiveCorpus runs a sample of a large public rule set.
func TestLiveCorpus(t *testing.T) {
	queries := corpusSample(t, 500)
	if len(queries) < 500 {
		t.Errorf("the sample has %d queries only", len(queries))
	}
	eachEngine(t, func(t *testing.T, b backends.Backend, e engine.Engine) {
		differential(t, Comparison{Backend: b, Engine: e, Once: true}, queries, MinEvents)
	})
}

// TestLiveAccepted runs every query of the public rule set on a few events: the
// engine takes the text, and tells what the rule selects from what it does not.
func TestLiveAccepted(t *testing.T) {
	var cases []goldenQuery
	for _, q := range allCorpusRules(t) {
		if !placeholders(q.Expr) {
			cases = append(cases, q)
		}
	}
	eachEngine(t, func(t *testing.T, b backends.Backend, e engine.Engine) {
		differentialOf(t, Comparison{Backend: b, Engine: e, Once: true}, cases, fewEvents)
	})
}

// fewEvents is a query with three of its events that the rule selects and three
// that it does not.
func fewEvents(t *testing.T, q goldenQuery) Case {
	t.Helper()
	full := caseOf(t, q, MinEvents)
	verdicts, err := full.Sample.Verdicts(q.Query)
	if err != nil {
		t.Fatal(err)
	}
	const each = 3
	var events []Event
	taken := map[bool]int{}
	for i, selected := range verdicts {
		if taken[selected] < each {
			taken[selected]++
			events = append(events, full.Sample.Events[i])
		}
	}
	if taken[true] == 0 { // of a handful of rules the generator finds no hit
		t.Logf("%s: none of its own events is selected", q.title)
	}
	sample, err := NewSample(events)
	if err != nil {
		t.Fatal(err)
	}
	return Case{q.Query, sample}
}

func eachEngine(t *testing.T, run func(*testing.T, backends.Backend, engine.Engine)) {
	for _, b := range all.Registry() {
		if start := engines[b.Name()]; start != nil {
			t.Run(b.Name(), func(t *testing.T) {
				run(t, b, start(t))
			})
		}
	}
}

// rower is an engine that gives back rows as they are.
type rower interface {
	Rows(ctx context.Context, query string) ([]engine.Row, error)
}

// TestLiveFields runs queries that keep only a rule's fields: as many rows come
// back as events are selected.
func TestLiveFields(t *testing.T) {
	eachEngine(t, func(t *testing.T, b backends.Backend, e engine.Engine) {
		rows, ok := e.(rower)
		if !ok {
			t.Skipf("%s keeps no fields", b.Language())
		}
		for _, c := range readCases(t) {
			for _, q := range c.queries {
				if len(q.Rule.Fields) > 0 {
					checkFields(t, b, e, rows, q.Query)
				}
			}
		}
	})
}

func checkFields(t *testing.T, b backends.Backend, e engine.Engine, rows rower, q *ast.Query) {
	t.Helper()
	out, err := b.Convert(q, backends.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range q.Rule.Fields {
		names = append(names, f.Value)
	}
	events := slices.DeleteFunc(Generate(q, 1, DefaultEvents), func(e Event) bool { return strings.Contains(string(e.Body), "[") }) // no lists
	if err := e.Load(t.Context(), events, engine.WithKeywords(mappings(out.Notes, q.Expr)[0], names...)); err != nil {
		t.Fatal(err)
	}
	sample, err := NewSample(events)
	if err != nil {
		t.Fatal(err)
	}
	want, err := sample.Verdicts(q)
	if err != nil {
		t.Fatal(err)
	}
	got, err := rows.Rows(t.Context(), out.Query)
	selected := 0
	for _, w := range want {
		if w {
			selected++
		}
	}
	if err != nil || len(got) != selected {
		t.Errorf("%d rows (%v), want %d\n%s", len(got), err, selected, out.Query)
	}
}

// tally sums up the reports of a target.
type tally struct {
	queries, refused, runs int
	failed, unstable       int
	events, selected       int
	excused                map[backends.NoteCode]int
	features               map[backends.Feature]int
}

// caseOf is a query and events for it.
func caseOf(t *testing.T, q goldenQuery, size int) Case {
	t.Helper()
	sample, err := NewSample(Generate(q.Query, seedOf(q.title), size))
	if err != nil {
		t.Fatal(err)
	}
	return Case{q.Query, sample}
}

func newTally() *tally {
	return &tally{excused: map[backends.NoteCode]int{}, features: map[backends.Feature]int{}}
}

func differential(t *testing.T, c Comparison, queries []goldenQuery, size int) {
	t.Helper()
	differentialOf(t, c, queries, func(t *testing.T, q goldenQuery) Case { return caseOf(t, q, size) })
}

// differentialOf tries queries on the events that are made for each.
func differentialOf(t *testing.T, c Comparison, queries []goldenQuery, events func(*testing.T, goldenQuery) Case) {
	t.Helper()
	sum := newTally()
	titles := map[*ast.Query]string{}
	var cases []Case
	for _, q := range queries {
		titles[q.Query] = q.title
		cases = append(cases, events(t, q))
	}
	err := c.Together(t.Context(), cases, func(r *Report) { sum.add(t, titles[r.Query], r) })
	if err != nil {
		t.Error(err)
	}
	t.Log(sum.String())
}

// seedOf makes each query's events its own. SIGMATIC_SEED, any text, gives
// others than the usual ones.
func seedOf(title string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(title + os.Getenv("SIGMATIC_SEED")))
	return h.Sum64()
}

func (s *tally) add(t *testing.T, title string, r *Report) {
	t.Helper()
	s.queries++
	if r.Refused != nil {
		s.refused++
		s.features[r.Refused.Feature]++
		return
	}
	s.runs += r.Runs
	s.events += r.Events
	s.selected += r.Selected
	for code, n := range r.Excused {
		s.excused[code] += n
	}
	if len(r.Differences) > 0 {
		s.failed++
	}
	for _, d := range r.Unstable {
		s.unstable++
		t.Logf("%s: gone when run again: %s", title, d)
	}
	for _, d := range r.Differences {
		var block strings.Builder
		for _, l := range d.Block(r.Query) {
			fmt.Fprintf(&block, "  %-6s  %s\n", l.Word, l.Text)
		}
		t.Errorf("%s\nrule: %s\n%s\n%s", title, shorten(r.Query.Expr.String()), d, block.String())
	}
}

func (s *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d queries: %d refused, %d run %d times on %d events (%d selected), %d with a difference, %d gone when run again\nexcused by notes:",
		s.queries, s.refused, s.queries-s.refused, s.runs, s.events, s.selected, s.failed, s.unstable)
	for _, code := range slices.Sorted(maps.Keys(s.excused)) {
		fmt.Fprintf(&b, " %s %d", code, s.excused[code])
	}
	b.WriteString("\nrefused:")
	for _, f := range slices.Sorted(maps.Keys(s.features)) {
		fmt.Fprintf(&b, " %s %d", f, s.features[f])
	}
	return b.String()
}

// corpusRules reads the public rules; the test is skipped without them.
var corpusRules = sync.OnceValues(func() ([]goldenQuery, error) {
	root := filepath.Join(os.Getenv("SIGMATIC_SHARED"), "data", "rules", "sigma")
	var out []goldenQuery
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yml") || !strings.Contains(path, string(filepath.Separator)+"rules") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, doc := range sigma.Parse(source.NewFile(filepath.Base(path), data)).Documents {
			if r, ok := doc.(*ast.Rule); ok {
				queries, _ := ast.Resolve(r)
				for i, q := range queries {
					out = append(out, goldenQuery{fmt.Sprintf("%s %d", filepath.Base(path), i), q})
				}
			}
		}
		return nil
	})
	return out, err
})

// allCorpusRules gives the public rules, or skips the test.
func allCorpusRules(t *testing.T) []goldenQuery {
	t.Helper()
	if os.Getenv("SIGMATIC_SHARED") == "" {
		t.Skip("SIGMATIC_SHARED is not set: tests on third-party data are skipped")
	}
	rules, err := corpusRules()
	if err != nil || len(rules) == 0 {
		t.Fatalf("%d rules: %v", len(rules), err)
	}
	return rules
}

// corpusSample takes rules at equal distances, and of each kind of leaf, as the
// rules spell it, at least five where there are five.
func corpusSample(t *testing.T, size int) []goldenQuery {
	rules := allCorpusRules(t)
	if len(rules) < size {
		t.Fatalf("%d rules", len(rules))
	}
	counts := map[string]int{}
	var out []goldenQuery
	for i, q := range rules {
		take := i%(len(rules)/size+1) == 0
		kinds := map[string]bool{}
		ast.Leaves(q.Expr, func(m *ast.Match, negated bool) { kinds[kindOf(m.Value, negated)] = true })
		for k := range kinds {
			take = take || counts[k] < 5
		}
		if placeholders(q.Expr) || !take {
			continue
		}
		for k := range kinds {
			counts[k]++
		}
		out = append(out, q)
	}
	return out
}

func placeholders(e ast.Expr) bool {
	found := false
	ast.Leaves(e, func(m *ast.Match, _ bool) {
		p, ok := m.Value.(*ast.Pattern)
		if k, isKeyword := m.Value.(*ast.Keyword); isKeyword {
			p, ok = k.Value.(*ast.Pattern)
		}
		found = found || ok && len(p.Placeholders()) > 0
	})
	return found
}

func kindOf(v ast.Value, negated bool) string {
	kind := fmt.Sprint(reflect.TypeOf(v).Elem().Name(), negated)
	switch v := v.(type) {
	case *ast.Pattern:
		shape, _ := v.Shape()
		return fmt.Sprint(kind, shape, v.Cased)
	case *ast.Keyword:
		return kind + kindOf(v.Value, negated)
	}
	return kind
}

// TestLiveSPL puts every SPL query of the cases and of the public rules through a
// grammar of SPL. What it selects is not told by any engine.
func TestLiveSPL(t *testing.T) {
	gate := enginetest.SPL(t)
	b := all.Registry().Find("splunk")
	var queries []goldenQuery
	for _, c := range readCases(t) {
		queries = append(queries, c.queries...)
	}
	cases := len(queries)
	if os.Getenv("SIGMATIC_SHARED") != "" {
		queries = append(queries, allCorpusRules(t)...)
	}
	var texts, titles []string
	for i, q := range queries {
		for _, compact := range []bool{true, false}[:1+min(1, max(0, cases-i))] {
			if out, err := b.Convert(q.Query, backends.Options{Compact: compact}); err == nil {
				texts, titles = append(texts, out.Query), append(titles, q.title)
			}
		}
	}
	results, err := gate.Parse(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	excused := 0
	for i, r := range results {
		excused += min(1, len(r.Excused))
		if !r.OK {
			t.Errorf("%s: %s\n%s", titles[i], r.Error, texts[i])
		}
	}
	t.Logf("%d texts, %d with a known false alarm of the grammar", len(texts), excused)
}

// splRegex finds the one test of a leaf that SPL leaves to a regular expression.
var splRegex = regexp.MustCompile(`mvfind\('(?:[^'\\]|\\.)*',\s*"((?:[^"\\]|\\.)*)"\)`)

// TestSPLRegexes runs the expressions that SPL gets for single leaves on texts
// around the leaf's border. A backslash escapes itself and a quote in SPL's
// strings; before anything else it is part of the text.
func TestSPLRegexes(t *testing.T) {
	b := all.Registry().Find("splunk")
	checked, seen := 0, map[string]bool{}
	for _, c := range readCases(t) {
		for _, q := range c.queries {
			ast.Leaves(q.Expr, func(m *ast.Match, _ bool) {
				if seen[m.String()] {
					return
				}
				seen[m.String()] = true
				checked += checkSPLRegex(t, b, m)
			})
		}
	}
	if b != nil && checked == 0 {
		t.Error("no expression was found")
	}
	t.Logf("%d leaves", checked)
}

func checkSPLRegex(t *testing.T, b backends.Backend, m *ast.Match) int {
	switch m.Value.(type) {
	case *ast.Pattern, *ast.Regex:
	default:
		return 0
	}
	query := &ast.Query{Expr: m}
	out, err := b.Convert(query, backends.Options{})
	if err != nil {
		return 0
	}
	found := splRegex.FindAllStringSubmatch(out.Query, -1)
	if len(found) != 1 {
		return 0
	}
	text := strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(found[0][1])
	if strings.Contains(text, "(?<") {
		return 0 // Go has no lookbehind
	}
	re, err := regexp.Compile(text)
	if err != nil {
		t.Errorf("%s: %v", m, err)
		return 0
	}
	g := newGenerator(query, 1)
	for _, raw := range g.probes[m.Field.Name] {
		s, ok := isText(raw)
		if !ok {
			continue
		}
		need := demand{yes: []*ast.Match{m}}
		if want := g.satisfies(m.Field.Name, raw, &need); want != re.MatchString(s) {
			t.Errorf("%s: on %q the expression %s says %t", m, s, text, !want)
		}
	}
	return 1
}
