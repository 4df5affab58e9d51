package correlate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sigmatic/ast"
	"sigmatic/evaluator/correlate"
)

// TestBounds: what is held never exceeds the bound by more than an instant, and what goes early is counted.
func TestBounds(t *testing.T) {
	p := plan(t, correlations(t, "type: event_count\nrules: a\ngroup-by: u\ntimespan: 1h\ncondition: {gte: 4}"))
	var lines strings.Builder
	for i := range 10 {
		fmt.Fprintf(&lines, "%ds a u=x\n", i)
	}
	_, e := stream(p, events(t, p, lines.String()), correlate.Options{MaxHeld: 3})
	if got := e.Stats(); got.Evicted != 7 || got.Events != 10 {
		t.Errorf("3 of 10 events can be held: %+v", got)
	}
	found, e := stream(p, events(t, p, lines.String()), correlate.Options{MaxHeld: 4})
	if got := e.Stats(); got.Evicted != 6 || len(found) != 1 {
		t.Errorf("4 of 10 events can be held: %+v, %d findings", got, len(found))
	}
	p = plan(t, correlations(t, "type: new_terms\nrules: a\ngroup-by: u\ntimespan: 1h"))
	found, e = stream(p, events(t, p, "0s a u=x\n1s a u=y\n2s a u=z\n3s a u=x"), correlate.Options{MaxHeld: 2})
	if got := e.Stats(); got.Terms != 2 || len(found) != 4 {
		t.Errorf("2 of 3 terms can be held: %+v, %d findings", got, len(found))
	}
}

// TestManyCombinations: an event with very many group values is cut short, and that is counted.
func TestManyCombinations(t *testing.T) {
	p := plan(t, correlations(t, "type: event_count\nrules: a\ngroup-by: [u, h]\ntimespan: 1h\ncondition: {gte: 1}"))
	var many []string
	for i := range 40 {
		many = append(many, fmt.Sprint(i))
	}
	list := strings.Join(many, ";")
	found, e := stream(p, events(t, p, "0s a u="+list+" h="+list), correlate.Options{})
	if len(found) != 1000 || e.Stats().Combined != 600 {
		t.Errorf("%d findings, %+v", len(found), e.Stats())
	}
}

// TestLateEvents: an event within the lateness finds its place, a later one is counted.
func TestLateEvents(t *testing.T) {
	p := plan(t, correlations(t, "type: temporal_ordered\nrules: [a, b]\ntimespan: 10s"))
	const lines = "10s b\n8s a\n20s b\n14s a"
	found, e := stream(p, events(t, p, lines), correlate.Options{Lateness: 5 * time.Second})
	if want := []string{"c0 10s [] 2: 1,2"}; !slices.Equal(allShown(found), want) || e.Stats().Late != 1 {
		t.Errorf("%q, %+v", allShown(found), e.Stats())
	}
	found, e = stream(p, events(t, p, lines), correlate.Options{Lateness: 6 * time.Second})
	if len(found) != 1 || found[0].Last.Sub(epoch) != 20*time.Second || e.Stats().Late != 0 {
		t.Errorf("%q, %+v", allShown(found), e.Stats())
	}
}

// TestUntimed: a time that nanoseconds since 1970 cannot hold is counted, and nothing overflows at the ends of those that can.
func TestUntimed(t *testing.T) {
	p := plan(t, correlations(t, "type: event_count\nrules: a\ntimespan: 100y\ncondition: {gte: 2}"))
	list := events(t, p, "0s a\n0s a\n0s a\n0s a")
	list[0].Time = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	list[1].Time = time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC)
	list[2].Time = time.Date(2261, 1, 1, 0, 0, 0, 0, time.UTC)
	list[3].Time = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	found, e := stream(p, list, correlate.Options{})
	if len(found) != 0 || e.Stats().Untimed != 2 || e.Stats().Events != 2 {
		t.Errorf("%d findings, %+v", len(found), e.Stats())
	}
}

// TestState: a later run goes on where the first has ended, also through JSON.
func TestState(t *testing.T) {
	const section = "type: new_terms\nrules: a\ngroup-by: u\ntimespan: 7d"
	p := plan(t, correlations(t, section))
	_, first := stream(p, events(t, p, "0h a u=old\n100h a u=x\n120h a u=y"), correlate.Options{})
	data, err := json.Marshal(first.State())
	if err != nil {
		t.Fatal(err)
	}
	state, err := correlate.ParseState(data)
	if err != nil {
		t.Fatal(err)
	}
	// 168 hours later x is just within the span, and old is not.
	found, second := stream(p, events(t, p, "268h a u=x\n269h a u=old\n270h a u=z\n271h a u=y"), correlate.Options{State: state})
	want := []string{"c0 269h0m0s [u=old] : 2 after 168h0m0s", "c0 270h0m0s [u=z] : 3 after 168h0m0s"}
	if got := allShown(found); !slices.Equal(got, want) {
		t.Errorf("the second run finds\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := second.State().Correlations[0]; !got.Since.Equal(epoch) || len(got.Terms) != 4 {
		t.Errorf("the second state: %+v", got)
	}
	// The same logs once more find nothing new.
	if found, _ := stream(p, events(t, p, "100h a u=x\n120h a u=y"), correlate.Options{State: state}); len(found) != 0 {
		t.Errorf("what was reported is new again: %q", allShown(found))
	}
	// A run without events, and one of other correlations, lose nothing.
	_, idle := stream(p, nil, correlate.Options{State: state})
	other := plan(t, correlations(t, "type: event_count\nrules: a\ntimespan: 1s\ncondition: {gte: 1}"))
	_, foreign := stream(other, nil, correlate.Options{State: state})
	for name, e := range map[string]*correlate.Engine{"idle": idle, "foreign": foreign} {
		if got, _ := json.Marshal(e.State()); string(got) != string(data) {
			t.Errorf("%s: the state has become %s", name, got)
		}
	}
	// A correlation about other fields begins anew.
	changed := plan(t, correlations(t, "type: new_terms\nrules: a\ngroup-by: h\ntimespan: 7d"))
	if found, _ := stream(changed, events(t, changed, "268h a h=x"), correlate.Options{State: state}); len(found) != 1 || found[0].History != 0 {
		t.Errorf("%q", allShown(found))
	}
}

// TestParseState: what is no state is refused by name.
func TestParseState(t *testing.T) {
	for text, want := range map[string]string{
		``:                   "not a state file",
		`{"format":"other"}`: `its format is "other"`,
		`{"format":"sigmatic first-seen","version":2}`: "has version 2, this program reads version 1",
		`{"format":"sigmatic first-seen","version":1,"correlations":[{"correlation":"c","fields":["a"],"terms":[{"values":["x","y"]}]}]}`: "2 values for 1 fields",
	} {
		if _, err := correlate.ParseState([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// TestRefused: what cannot be answered truly is refused with the reason.
func TestRefused(t *testing.T) {
	tumbling := correlations(t, "type: event_count\nrules: a\ntimespan: 10s\ncondition: {gte: 1}", "type: event_count\nrules: c0\ntimespan: 10s\ncondition: {gte: 1}")
	tumbling[0].Window.Tumbling = true
	var clauses []string
	for range 10 {
		clauses = append(clauses, "(a or b or c or d)")
	}
	for want, list := range map[string][]*ast.Correlation{
		"fixed windows":         tumbling,
		"out of range":          correlations(t, "type: value_sum\nrules: a\ntimespan: 10s\ncondition: {gte: 1"+strings.Repeat("0", 400)+", field: n}"),
		"too many alternatives": correlations(t, "type: temporal\ntimespan: 10s\ncondition: "+strings.Join(clauses, " and ")),
	} {
		_, err := correlate.New(list)
		var refused *correlate.UnsupportedError
		if !errors.As(err, &refused) || !strings.Contains(refused.Reason, want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestManyEvents: a finding names so many of its events, and counts all.
func TestManyEvents(t *testing.T) {
	p := plan(t, correlations(t, "type: event_count\nrules: a\ntimespan: 10s\ncondition: {gte: 2}"))
	found, _ := stream(p, events(t, p, strings.Repeat("0s a\n", 250)), correlate.Options{})
	if len(found) != 1 || found[0].Count != 250 || len(found[0].Events) != correlate.MaxRefs {
		t.Errorf("%d findings, %d events, %d named", len(found), found[0].Count, len(found[0].Events))
	}
}

// BenchmarkEngine feeds a million matches of a hundred users.
func BenchmarkEngine(b *testing.B) {
	p := plan(b, correlations(b, "type: event_count\nrules: a\ngroup-by: u\ntimespan: 5m\ncondition: {gte: 1000}",
		"type: value_count\nrules: a\ngroup-by: u\ntimespan: 5m\ncondition: {gte: 10, field: r}", "type: new_terms\nrules: a\ngroup-by: u\ntimespan: 15d"))
	var users [100][]string
	for i := range users {
		users[i] = []string{fmt.Sprint("user", i)}
	}
	u, r := slices.Index(p.Fields, "u"), slices.Index(p.Fields, "r")
	b.ReportAllocs()
	for b.Loop() {
		e := correlate.NewEngine(p, correlate.Options{}, func(correlate.Finding) {})
		for i := range 1_000_000 {
			ev := correlate.Event{Time: epoch.Add(time.Duration(i/10) * time.Second), Ref: correlate.Ref{Order: uint64(i)}, Rules: []int{0}, Values: make([][]string, len(p.Fields))}
			ev.Values[u], ev.Values[r] = users[i*7%100], users[i%5]
			e.Feed(ev)
		}
		e.Finish()
	}
}
