package correlate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/evaluator/correlate"
	"sigmatic/parser"
)

// ruleDocs are rules a, b, c and d, whose matches the tests make up.
var ruleDocs = func() string {
	var b strings.Builder
	for _, name := range []string{"a", "b", "c", "d"} {
		fmt.Fprintf(&b, "title: Rule %s\nname: %s\nlogsource: {product: test}\ndetection: {s: {f: x}, condition: s}\n---\n", name, name)
	}
	return b.String()
}()

// correlations reads correlation documents over the rules; each text is the inside of a document's section, and its name is c0, c1 and so on.
func correlations(t testing.TB, sections ...string) []*ast.Correlation {
	t.Helper()
	var b strings.Builder
	b.WriteString(ruleDocs)
	for i, s := range sections {
		fmt.Fprintf(&b, "title: C%d\nname: c%d\ncorrelation:\n", i, i)
		for line := range strings.Lines(s) {
			b.WriteString("  " + strings.TrimSpace(line) + "\n")
		}
		b.WriteString("---\n")
	}
	res := parser.Parse(source.NewFile("test.yml", []byte(strings.TrimSuffix(b.String(), "---\n"))))
	docs, diags := parser.Link(res.Documents)
	for _, d := range append(res.Diagnostics, diags...) {
		if d.Severity == diag.Error {
			t.Fatalf("%v\n%s", &d, b.String())
		}
	}
	var out []*ast.Correlation
	for _, d := range docs {
		if c, ok := d.(*ast.Correlation); ok {
			out = append(out, c)
		}
	}
	return out
}

func plan(t testing.TB, list []*ast.Correlation) *correlate.Plan {
	t.Helper()
	p, err := correlate.New(list)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// events reads lines of: seconds, rules, and fields: "12 a,b u=alice ip=1;2". The order of the lines is that of the events.
func events(t testing.TB, p *correlate.Plan, lines string) []correlate.Event {
	t.Helper()
	var out []correlate.Event
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		offset, err := time.ParseDuration(words[0])
		if err != nil {
			t.Fatal(err)
		}
		n := len(out)
		ev := correlate.Event{Time: epoch.Add(offset), Ref: correlate.Ref{ID: fmt.Sprint(n + 1), Order: uint64(n)}, Values: make([][]string, len(p.Fields)), Payload: n + 1}
		for i, r := range p.Rules {
			if slices.Contains(strings.Split(words[1], ","), r.Name.Value) {
				ev.Rules = append(ev.Rules, i)
			}
		}
		for _, w := range words[2:] {
			name, value, _ := strings.Cut(w, "=")
			if w == "history" {
				ev.History = true
			}
			if f := slices.Index(p.Fields, name); f >= 0 {
				ev.Values[f] = strings.Split(value, ";")
			}
		}
		out = append(out, ev)
	}
	return out
}

// stream runs the engine.
func stream(p *correlate.Plan, list []correlate.Event, o correlate.Options) ([]correlate.Finding, *correlate.Engine) {
	var out []correlate.Finding
	e := correlate.NewEngine(p, o, func(f correlate.Finding) { out = append(out, f) })
	for _, ev := range list {
		e.Feed(ev)
	}
	e.Finish()
	correlate.Sort(out)
	return out, e
}

// shown is a finding on one line: correlation, time, group, value, events.
func shown(f correlate.Finding) string {
	var group, ids []string
	for _, g := range f.Group {
		text := g.Field + "=" + g.Value
		if g.Missing {
			text = g.Field + " missing"
		}
		group = append(group, text)
	}
	refs := slices.Clone(f.Events)
	slices.SortFunc(refs, func(a, b correlate.Ref) int { return int(a.Order) - int(b.Order) })
	for _, r := range refs {
		ids = append(ids, r.ID)
	}
	out := fmt.Sprintf("%s %s [%s] %s: %s", strings.ToLower(f.Correlation.Title.Value), f.Time.Sub(epoch), strings.Join(group, " "), f.Value, strings.Join(ids, ","))
	if f.Correlation.NewTerms != nil {
		out += fmt.Sprintf(" after %s", f.History)
	}
	return out
}

func allShown(list []correlate.Finding) (out []string) {
	for _, f := range list {
		out = append(out, shown(f))
	}
	return out
}

// TestFindings is §5.1 to §5.3: each type, by the reference and by the engine.
func TestFindings(t *testing.T) {
	for _, c := range []struct {
		name     string
		sections []string
		events   string
		want     []string
	}{
		{"three failures in 80 seconds across a border of five minutes",
			[]string{"type: event_count\nrules: a\ngroup-by: u\ntimespan: 5m\ncondition: {gte: 3}"},
			"4m20s a u=x\n4m59s a u=x\n5m40s a u=x\n5m40s a u=y",
			[]string{"c0 5m40s [u=x] 3: 1,2,3"}},
		{"both ends of the window belong to it",
			[]string{"type: event_count\nrules: a\ntimespan: 10s\ncondition: {gte: 2}"},
			"0s a\n10s a\n20001ms a", []string{"c0 10s [] 2: 1,2"}},
		{"a lasting attack is one finding, a second one later another",
			[]string{"type: event_count\nrules: a\ntimespan: 10s\ncondition: {gte: 2}"},
			"0s a\n5s a\n10s a\n18s a\n60s a\n61s a", []string{"c0 5s [] 2: 1,2,3,4", "c0 1m1s [] 2: 5,6"}},
		{"events of one instant come together",
			[]string{"type: event_count\nrules: a\ntimespan: 10s\ncondition: {eq: 2}"},
			"0s a\n0s a\n0s a\n20s a\n20s a", []string{"c0 20s [] 2: 4,5"}},
		{"a range of two thresholds",
			[]string{"type: event_count\nrules: a\ntimespan: 10s\ncondition: {gt: 1, lte: 2}"},
			"0s a\n1s a\n2s a", []string{"c0 1s [] 2: 1,2"}},
		{"an event that two rules match is one",
			[]string{"type: event_count\nrules: [a, b]\ntimespan: 10s\ncondition: {gte: 2}"},
			"0s a,b\n20s a\n21s b", []string{"c0 21s [] 2: 2,3"}},
		{"a missing key leaves the event out, an empty one does not",
			[]string{"type: event_count\nrules: a\ngroup-by: [u, h]\ntimespan: 10s\ncondition: {gte: 2}"},
			"0s a u=x\n1s a u=x h=\n2s a u=x h=", []string{"c0 2s [u=x h=] 2: 2,3"}},
		{"an array is one membership for each member",
			[]string{"type: event_count\nrules: a\ngroup-by: u\ntimespan: 10s\ncondition: {gte: 2}"},
			"0s a u=x;y\n1s a u=y;y\n2s a u=z;x", []string{"c0 1s [u=y] 2: 1,2", "c0 2s [u=x] 2: 1,3"}},
		{"distinct values",
			[]string{"type: value_count\nrules: a\ngroup-by: u\ntimespan: 10s\ncondition: {gte: 3, field: r}"},
			"0s a u=x r=1\n1s a u=x r=1\n2s a u=x r=2\n3s a u=x\n4s a u=y r=3\n5s a u=x r=3", []string{"c0 5s [u=x] 3: 1,2,3,4,6"}},
		{"distinct tuples",
			[]string{"type: value_count\nrules: a\ntimespan: 10s\ncondition: {gte: 3, field: [r, s]}"},
			"0s a r=1 s=1\n1s a r=11 s=\n2s a r=1\n3s a r= s=11", []string{"c0 3s [] 3: 1,2,3,4"}},
		{"aliases name the same thing in two rules",
			[]string{"type: event_count\nrules: [a, b]\ngroup-by: ip\ntimespan: 10s\naliases: {ip: {a: src, b: dst}}\ncondition: {gte: 2}"},
			"0s a src=1 dst=2\n1s b src=2 dst=1\n2s a,b src=3 dst=3\n3s b ip=3", []string{"c0 1s [ip=1] 2: 1,2"}},
		{"all rules, in any order",
			[]string{"type: temporal\nrules: [a, b]\ngroup-by: u\ntimespan: 10s"},
			"0s b u=x\n3s a u=y\n10s a u=x\n30s a,b u=z", []string{"c0 10s [u=x] 2: 1,3", "c0 30s [u=z] 2: 4"}},
		{"two of three rules",
			[]string{"type: temporal\nrules: [a, b, c]\ntimespan: 10s\ncondition: {gte: 2}"},
			"0s c\n1s a", []string{"c0 1s [] 2: 1,2"}},
		{"in order",
			[]string{"type: temporal_ordered\nrules: [a, b, c]\ntimespan: 10s"},
			"0s b\n1s a\n2s c\n3s b\n4s c\n30s c\n30s b\n30s a\n50s a\n55s b\n61s c", []string{"c0 4s [] 3: 1,2,3,4,5", "c0 30s [] 3: 6,7,8"}},
		{"a condition over rules",
			[]string{"type: temporal\nrules: [a, b, c]\ntimespan: 10s\ncondition: a and (b or not c)"},
			"0s a\n20s c\n21s a\n22s b\n40s c", []string{"c0 0s [] : 1", "c0 22s [] : 2,3,4"}},
		{"an ordered condition over rules",
			[]string{"type: temporal_ordered\nrules: [a, b, c]\ntimespan: 10s\ncondition: a and b and not c"},
			"0s b\n1s a\n3s b\n4s c\n30s a\n31s c\n32s b", []string{"c0 3s [] : 1,2,3"}},
		{"a sum, exactly",
			[]string{"type: value_sum\nrules: a\ntimespan: 10s\ncondition: {eq: 0.3, field: n}"},
			"0s a n=0.1\n1s a n=0.2\n2s a n=text", []string{"c0 1s [] 0.3: 1,2,3"}},
		{"the sum of nothing is no verdict",
			[]string{"type: value_sum\nrules: a\ntimespan: 10s\ncondition: {lte: 0, field: n}"},
			"0s a\n20s a n=-1", []string{"c0 20s [] -1: 2"}},
		{"a mean",
			[]string{"type: value_avg\nrules: a\ntimespan: 10s\ncondition: {gt: 2, field: n}"},
			"0s a n=1\n1s a n=3\n2s a n=3", []string{"c0 2s [] 2.333333: 1,2,3"}},
		{"a median lies between the two in the middle",
			[]string{"type: value_median\nrules: a\ntimespan: 10s\ncondition: {eq: 2.5, field: n}"},
			"0s a n=1\n1s a n=100\n2s a n=2\n3s a n=3", []string{"c0 3s [] 2.5: 1,2,3,4"}},
		{"a percentile",
			[]string{"type: value_percentile\nrules: a\ntimespan: 10s\ncondition: {gte: 38, field: n, percentile: 95}"},
			"0s a n=0;10;20;30\n1s a n=40", []string{"c0 1s [] 38: 1,2"}},
		{"many failures, then a success while they last",
			[]string{"type: event_count\nrules: a\ngroup-by: u\ntimespan: 10s\ncondition: {gte: 3}", "type: temporal_ordered\nrules: [c0, b]\ngroup-by: u\ntimespan: 10s"},
			"0s a u=x\n5s a u=x\n10s a u=x\n15s a u=x\n20s a u=x\n29s b u=x\n29s b u=y",
			[]string{"c0 10s [u=x] 3: 1,2,3,4,5", "c1 29s [u=x] 2: 3,4,5,6"}},
		{"what was measured is a field of the result",
			[]string{"type: event_count\nrules: a\ngroup-by: u\ntimespan: 10s\ncondition: {gte: 1}", "type: value_sum\nrules: c0\ntimespan: 60s\ncondition: {gte: 3, field: event_count}"},
			"0s a u=x\n1s a u=x", []string{"c0 0s [u=x] 1: 1,2", "c1 1s [] 3: 1,2"}},
		{"first seen in fifteen days",
			[]string{"type: new_terms\nrules: a\ngroup-by: u\ntimespan: 15d"},
			"0h a u=x\n24h a u=x\n384h a u=x\n384h a u=y\n384h a\n745h a u=x",
			[]string{"c0 0s [u=x] : 1 after 0s", "c0 384h0m0s [u=y] : 4 after 360h0m0s", "c0 745h0m0s [u=x] : 6 after 360h0m0s"}},
		{"a baseline is known and not reported",
			[]string{"type: new_terms\nrules: a\ngroup-by: [u, r]\ntimespan: 7d"},
			"0h a u=x r=1 history\n1h a u=x r=1\n2h a u=x r=2;1", []string{"c0 2h0m0s [u=x r=2] : 3 after 2h0m0s"}},
	} {
		p := plan(t, correlations(t, c.sections...))
		list := events(t, p, c.events)
		got := allShown(p.Reference(list, list[0].Time))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: the reference finds\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
		found, _ := stream(p, list, correlate.Options{})
		if got := allShown(found); !slices.Equal(got, c.want) {
			t.Errorf("%s: the engine finds\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}
