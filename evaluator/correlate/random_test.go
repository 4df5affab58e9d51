package correlate_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sigmatic/ast"
	"sigmatic/evaluator/correlate"
)

// choice is a source of decisions: random numbers, or the bytes of a fuzzer.
type choice interface{ IntN(n int) int }

type bytesChoice struct{ data []byte }

func (b *bytesChoice) IntN(n int) int {
	if len(b.data) == 0 {
		return 0
	}
	c := int(b.data[0])
	b.data = b.data[1:]
	return c % n
}

func pick[T any](c choice, list ...T) T { return list[c.IntN(len(list))] }

// randomSection writes a correlation over rules a to d and the correlations before it.
func randomSection(c choice, before int) string {
	names := []string{"a", "b", "c", "d"}
	for i := range before {
		names = append(names, fmt.Sprintf("c%d", i), fmt.Sprintf("c%d", i)) // chains are to be frequent
	}
	var rules []string
	for range 1 + c.IntN(3) {
		if r := names[c.IntN(len(names))]; !slices.Contains(rules, r) {
			rules = append(rules, r)
		}
	}
	group := pick(c, "", "group-by: u\n", "group-by: [u, h]\n", "group-by: v\n")
	aliases := ""
	if group == "group-by: v\n" {
		aliases = fmt.Sprintf("aliases: {v: {%s: %s}}\n", rules[0], pick(c, "u", "h"))
	}
	kind := pick(c, "event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg", "value_median", "value_percentile", "new_terms", "temporal", "temporal_ordered")
	thresholds := fmt.Sprintf("%s: %d", pick(c, "gte", "gte", "gt", "lte", "lt", "eq", "neq"), 1+c.IntN(4))
	if c.IntN(4) == 0 {
		thresholds = fmt.Sprintf("gt: %d, lte: %d", c.IntN(2), 2+c.IntN(2))
	}
	condition := ""
	switch kind {
	case "event_count":
		condition = "condition: {" + thresholds + "}\n"
	case "value_count":
		condition = "condition: {" + thresholds + ", field: " + pick(c, "u", "n", "[u, n]") + "}\n"
	case "temporal", "temporal_ordered":
		switch c.IntN(3) {
		case 0:
			condition = "condition: {" + thresholds + "}\n"
		case 1:
			condition = "condition: " + randomCondition(c, rules) + "\n"
		}
	case "new_terms":
		group = pick(c, "group-by: u\n", "group-by: [u, h]\n")
		aliases = ""
	case "value_percentile":
		condition = fmt.Sprintf("condition: {%s, field: n, percentile: %d}\n", thresholds, pick(c, 0, 33, 50, 95, 100))
	default:
		condition = "condition: {" + thresholds + ", field: n}\n"
	}
	return fmt.Sprintf("type: %s\nrules: [%s]\n%s%stimespan: %ds\n%s", kind, strings.Join(rules, ", "), group, aliases, 1+c.IntN(8), condition)
}

// randomCondition names every rule, so that the list of rules fits.
func randomCondition(c choice, rules []string) string {
	if len(rules) == 1 {
		return pick(c, "", "not ") + rules[0]
	}
	at := 1 + c.IntN(len(rules)-1)
	return fmt.Sprintf("%s(%s) %s %s(%s)", pick(c, "", "", "not "), randomCondition(c, rules[:at]), pick(c, "and", "or"), pick(c, "", "", "not "), randomCondition(c, rules[at:]))
}

// randomPlan makes up to three correlations; among them those that no document can say, with fixed windows, a group of the missing, or two
// measures.
func randomPlan(t testing.TB, c choice) (*correlate.Plan, []string) {
	var sections []string
	for i := range 1 + c.IntN(3) {
		sections = append(sections, randomSection(c, i))
	}
	list := correlations(t, sections...)
	for i, k := range list {
		if c.IntN(3) == 0 {
			k.MissingKey = ast.GroupMissing
		}
		if len(k.Aggregates) == 1 && c.IntN(4) == 0 {
			threshold := k.Aggregates[0].Thresholds
			k.Aggregates = append(k.Aggregates, ast.Aggregate{Type: ast.ValueCount, Fields: []ast.Text{{Value: "h"}}, Thresholds: threshold[:1]})
		}
		referred := slices.ContainsFunc(sections, func(s string) bool { return strings.Contains(s, fmt.Sprintf("c%d", i)) })
		if !referred && k.NewTerms == nil && c.IntN(4) == 0 {
			k.Window.Tumbling = true
		}
	}
	return plan(t, list), sections
}

// randomEvents are few, close together, and often at the same time.
func randomEvents(c choice, p *correlate.Plan) []correlate.Event {
	var out []correlate.Event
	at := epoch.Add(-3 * time.Second)
	for range c.IntN(14) {
		at = at.Add(time.Duration(pick(c, 0, 0, 1, 1, 2, 5, 11)) * time.Second)
		n := uint64(len(out))
		ev := correlate.Event{Time: at, Ref: correlate.Ref{ID: strconv.Itoa(int(n)), Order: n}, Values: make([][]string, len(p.Fields)), Payload: n, History: c.IntN(8) == 0}
		for i := range p.Rules {
			if c.IntN(2) == 0 {
				ev.Rules = append(ev.Rules, i)
			}
		}
		for f, name := range p.Fields {
			values := pick(c, nil, []string{"x"}, []string{"y"}, []string{"x"}, []string{"x", "y"}, []string{"y", "y"}, []string{""})
			if name == "n" {
				values = pick(c, nil, []string{"1"}, []string{"2"}, []string{"3"}, []string{"0.5"}, []string{"-1", "4"}, []string{"x"}, []string{"1e1"})
			}
			ev.Values[f] = values
		}
		out = append(out, ev)
	}
	return out
}

// late brings events out of their order, none by more than the lateness.
func late(c choice, list []correlate.Event, lateness time.Duration) []correlate.Event {
	type arriving struct {
		correlate.Event
		at time.Time
	}
	var delayed []arriving
	for _, ev := range list {
		delayed = append(delayed, arriving{ev, ev.Time.Add(time.Duration(c.IntN(int(lateness/time.Second)+1)) * time.Second)})
	}
	slices.SortStableFunc(delayed, func(a, b arriving) int { return a.at.Compare(b.at) })
	var out []correlate.Event
	for _, d := range delayed {
		out = append(out, d.Event)
	}
	return out
}

// differ evaluates a sequence by the reference and by the engine, and says how they differ.
func differ(c choice, p *correlate.Plan) string {
	list := randomEvents(c, p)
	var since time.Time
	if len(list) > 0 {
		since = list[0].Time
	}
	want := detailed(p.Reference(slices.Clone(list), since))
	lateness := time.Duration(pick(c, 0, 3)) * time.Second
	found, e := stream(p, late(c, list, lateness), correlate.Options{Lateness: lateness, Since: since})
	got := detailed(found)
	if stats := e.Stats(); stats.Late+stats.Evicted+stats.Terms > 0 || stats.Events != len(list) {
		return fmt.Sprintf("%+v", stats)
	}
	if slices.Equal(got, want) {
		return ""
	}
	var b strings.Builder
	for _, ev := range list {
		fmt.Fprintf(&b, "%s rules %v values %q history %v\n", ev.Time.Sub(epoch), ev.Rules, ev.Values, ev.History)
	}
	return fmt.Sprintf("fields %v\n%sthe engine finds\n%s\nthe reference\n%s", p.Fields, b.String(), strings.Join(got, "\n"), strings.Join(want, "\n"))
}

func detailed(list []correlate.Finding) (out []string) {
	for _, f := range list {
		out = append(out, fmt.Sprintf("%s; %s to %s, %d, %v", shown(f), f.First.Sub(epoch), f.Last.Sub(epoch), f.Count, f.Payload))
	}
	slices.Sort(out)
	return out
}

// TestEngineIsReference puts random sequences to random correlations. SIGMATIC_SEQUENCES is how many (make sequences).
func TestEngineIsReference(t *testing.T) {
	total := 20_000
	if text := os.Getenv("SIGMATIC_SEQUENCES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		total = n
	}
	const perPlan = 100
	findings := 0
	for seed := range total / perPlan {
		c := rand.New(rand.NewPCG(uint64(seed), 5))
		p, sections := randomPlan(t, c)
		for range perPlan {
			if diff := differ(c, p); diff != "" {
				t.Fatalf("seed %d\n%s\n%s", seed, strings.Join(sections, "\n"), diff)
			}
		}
		list := randomEvents(c, p)
		findings += len(p.Reference(list, epoch))
	}
	if findings < total/perPlan/10 {
		t.Errorf("only %d findings in %d sequences: they show nothing", findings, total/perPlan)
	}
}

// FuzzEngineIsReference lets a fuzzer choose correlations and events.
func FuzzEngineIsReference(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x02\x01\x00\x04\x01\x03\x05\x02\x02\x01\x00\x07\x03\x09\x01\x02\x03"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &bytesChoice{data}
		p, sections := randomPlan(t, c)
		if diff := differ(c, p); diff != "" {
			t.Fatalf("%s\n%s", strings.Join(sections, "\n"), diff)
		}
	})
}
