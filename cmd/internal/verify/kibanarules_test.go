package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
	"sigmatic/backends/kibana"
	"sigmatic/backends/kql"
	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/cmd/internal/verify/engine/enginetest"
	"sigmatic/evaluator/correlate"
	sigma "sigmatic/parser"
)

// kibanaRules is a detection rule for each way in which one aggregates.
var kibanaRules = map[string]string{
	"count by group":         "{type: event_count, rules: [base], group-by: [u], timespan: 10s, condition: {gte: 3}}",
	"count without a group":  "{type: event_count, rules: [base], timespan: 10s, condition: {gt: 2}}",
	"count by two fields":    "{type: event_count, rules: [base], group-by: [u, r], timespan: 10s, condition: {gt: 1}}",
	"values of a field":      "{type: value_count, rules: [base], group-by: [u], timespan: 10s, condition: {gte: 2, field: r}}",
	"events and values":      "{type: event_count, rules: [base], group-by: [u], timespan: 10s, condition: [{gte: 3}, {type: value_count, field: r, gte: 2}]}",
	"new term":               "{type: new_terms, rules: [base], group-by: [u], timespan: 10s}",
	"new pair":               "{type: new_terms, rules: [base], group-by: [u, r], timespan: 10s}",
	"any event":              "{type: event_count, rules: [base], group-by: [u], timespan: 10s, condition: {gte: 0}}",
	"values without a group": "{type: value_count, rules: [base], timespan: 10s, condition: {gt: 1, field: r}}",
}

// kibanaEvent is an event of a sequence, in whole seconds.
type kibanaEvent struct {
	at     int
	hit    bool
	values map[string][]string
}

// TestLiveKibanaRules holds threshold and new-terms rules to the reference: the
// aggregations that Kibana's executors send (elastic/kibana, rule_types:
// threshold/build_threshold_aggregation.ts, threshold/find_threshold_signals.ts,
// new_terms/build_new_terms_aggregation.ts) run on Elasticsearch at instants
// around all borders of random sequences. Each run must give alerts for the
// groups in which the reference holds on the events of the rule's look-back, and
// a burst no longer than the timespan less the interval must be seen by a run.
func TestLiveKibanaRules(t *testing.T) {
	enginetest.KQL(t, engine.KQLOptions{})
	store := newRuleStore(t)
	random := rand.New(rand.NewPCG(8, 5))
	var sequences [][]kibanaEvent
	for range 25 {
		sequences = append(sequences, randomKibanaEvents(random))
	}
	store.load(sequences)
	for _, name := range slices.Sorted(maps.Keys(kibanaRules)) {
		t.Run(name, func(t *testing.T) {
			doc, out, a := convertedRule(t, kibanaRules[name])
			alerts := 0
			for n, events := range sequences {
				alerts += checkKibanaRule(t, store, doc, out, a, n, events)
			}
			if alerts == 0 {
				t.Error("no run gave an alert")
			}
			t.Logf("%d alerts", alerts)
		})
	}
}

func randomKibanaEvents(random *rand.Rand) (out []kibanaEvent) {
	at := 100
	texts := [][]string{nil, {"x"}, {"y"}, {"x"}, {"x", "y"}, {"y", "y"}, {""}}
	for range 4 + random.IntN(8) {
		at += []int{0, 0, 1, 2, 5, 10, 11}[random.IntN(7)]
		out = append(out, kibanaEvent{at, random.IntN(5) > 0, map[string][]string{
			"u": texts[random.IntN(len(texts))], "r": texts[random.IntN(len(texts))],
		}})
	}
	return out
}

// convertedRule reads a correlation over the rule base and converts it.
func convertedRule(t *testing.T, section string) (*ast.Correlation, *backends.Output, *kibana.Aggregated) {
	t.Helper()
	text := "title: Base\nname: base\nlogsource: {product: p}\ndetection:\n    s: {a: hit}\n    condition: s\n---\ntitle: C\ncorrelation: " + section + "\n"
	docs, diags := sigma.Link(sigma.Parse(source.NewFile("test.yml", []byte(text))).Documents)
	if len(docs) != 2 {
		t.Fatal(diags)
	}
	doc := docs[1].(*ast.Correlation)
	queries, faults := ast.Resolve(docs[0].(*ast.Rule))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	in := backends.CorrelationInput{Name: "base", Queries: queries}
	for _, names := range [][]ast.Text{doc.GroupBy, newTermsOf(doc)} {
		in.Keys = append(in.Keys, backends.Values(names)...)
	}
	for _, m := range doc.Aggregates {
		in.Measured = append(in.Measured, backends.Values(m.Fields))
	}
	c := &backends.Correlation{Document: doc, Inputs: []backends.CorrelationInput{in}, Group: in.Keys}
	out, err := kql.New().ConvertCorrelation(c, backends.Options{Alert: true})
	if err != nil {
		t.Fatal(err)
	}
	a, err := kibana.Aggregation(c)
	if err != nil {
		t.Fatal(err)
	}
	return doc, out, a
}

func newTermsOf(doc *ast.Correlation) []ast.Text {
	if doc.NewTerms == nil || len(doc.GroupBy) > 0 {
		return nil
	}
	return doc.NewTerms.Fields
}

// interval is how often the rule runs, in seconds.
const ruleInterval = 3

func checkKibanaRule(t *testing.T, store *ruleStore, doc *ast.Correlation, out *backends.Output, a *kibana.Aggregated, n int, events []kibanaEvent) (alerts int) {
	t.Helper()
	span := int(a.Span / time.Second)
	var instants []int
	for at := events[0].at - 1; at <= events[len(events)-1].at+span+1; at++ {
		instants = append(instants, at)
	}
	for _, to := range instants {
		var within []kibanaEvent
		for _, ev := range events {
			if to-span <= ev.at && ev.at <= to {
				within = append(within, ev)
			}
		}
		var want []string
		for _, f := range referenceFindings(t, doc, within) {
			if a.NewTerms == nil || f.Time.Unix() > int64(to-ruleInterval) {
				want = append(want, groupText(f.Group))
			}
		}
		slices.Sort(want)
		want = slices.Compact(want)
		got := store.run(out.Query, a, n, to)
		if !slices.Equal(got, want) {
			t.Fatalf("sequence %d, run at %d: alerts %q, the reference holds for %q\n%v", n, to, got, want, events)
		}
		alerts += len(got)
	}
	if a.Threshold != nil {
		checkSeen(t, store, doc, out, a, n, events)
	}
	return alerts
}

// checkSeen demands that runs at the interval see each burst that is short enough.
func checkSeen(t *testing.T, store *ruleStore, doc *ast.Correlation, out *backends.Output, a *kibana.Aggregated, n int, events []kibanaEvent) {
	t.Helper()
	span := int(a.Span / time.Second)
	seen := map[string]bool{}
	for to := 0; to < events[len(events)-1].at+ruleInterval; to += ruleInterval {
		if to < events[0].at {
			continue
		}
		for _, g := range store.run(out.Query, a, n, to) {
			seen[g] = true
		}
	}
	short := *doc
	short.Window.Span = time.Duration(span-ruleInterval) * time.Second
	for _, f := range referenceFindings(t, &short, events) {
		if g := groupText(f.Group); !seen[g] {
			t.Fatalf("sequence %d: no run saw the burst of %q\n%v", n, g, events)
		}
	}
}

func referenceFindings(t *testing.T, doc *ast.Correlation, events []kibanaEvent) []correlate.Finding {
	t.Helper()
	p, err := correlate.New([]*ast.Correlation{doc})
	if err != nil {
		t.Fatal(err)
	}
	var list []correlate.Event
	for i, ev := range events {
		e := correlate.Event{Time: time.Unix(int64(ev.at), 0), Ref: correlate.Ref{ID: fmt.Sprint(i), Order: uint64(i)}, Values: make([][]string, len(p.Fields))}
		if ev.hit {
			e.Rules = []int{0}
		}
		for f, name := range p.Fields {
			e.Values[f] = ev.values[name]
		}
		list = append(list, e)
	}
	return p.Reference(list, time.Unix(0, 0))
}

func groupText(group []correlate.Term) string {
	values := make([]string, len(group))
	for i, g := range group {
		values[i] = g.Value
	}
	return strings.Join(values, "|")
}

// ruleStore runs what Kibana's executors ask of Elasticsearch. Their
// bucket_selector is a script, which the engine of the tests does not have: its
// comparison is made here.
type ruleStore struct {
	t       *testing.T
	address string
	index   string
}

func newRuleStore(t *testing.T) *ruleStore {
	s := &ruleStore{t, strings.TrimRight(os.Getenv(engine.EnvKQL), "/"), fmt.Sprintf("sigmatic-rules-%d", time.Now().UnixNano())}
	keyword := map[string]string{"type": "keyword"}
	s.call(http.MethodPut, "", map[string]any{"mappings": map[string]any{"properties": map[string]any{
		"@timestamp": map[string]string{"type": "date", "format": "epoch_second"}, "a": keyword, "u": keyword, "r": keyword, "n": map[string]string{"type": "long"},
	}}}, nil)
	t.Cleanup(func() { s.call(http.MethodDelete, "", nil, nil) })
	return s
}

func (s *ruleStore) call(method, path string, in, out any) {
	s.t.Helper()
	body, isRaw := in.([]byte)
	if !isRaw && in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			s.t.Fatal(err)
		}
	}
	req, err := http.NewRequest(method, s.address+"/"+s.index+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		s.t.Fatalf("%s %s: %s %v\n%s", method, path, res.Status, err, answer)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *ruleStore) load(sequences [][]kibanaEvent) {
	s.t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	count := 0
	for n, events := range sequences {
		for _, ev := range events {
			doc := map[string]any{"@timestamp": ev.at, "n": n, "a": "other"}
			if ev.hit {
				doc["a"] = "hit"
			}
			for f, v := range ev.values {
				if v != nil {
					doc[f] = v
				}
			}
			b.WriteString("{\"index\":{}}\n")
			if err := enc.Encode(doc); err != nil {
				s.t.Fatal(err)
			}
			count++
		}
	}
	var answer struct{ Errors bool }
	s.call(http.MethodPost, "/_bulk?refresh=true", b.Bytes(), &answer)
	if answer.Errors {
		s.t.Fatal("documents were refused")
	}
}

// ruleAnswer is what the aggregations of the executors give back.
type ruleAnswer struct {
	Hits struct {
		Total struct{ Value int64 }
	}
	Aggregations struct {
		Terms struct {
			Buckets []struct {
				Key       map[string]string
				Count     int64 `json:"doc_count"`
				Values    struct{ Value int64 }
				FirstSeen struct{ Value float64 } `json:"first_seen"`
			}
		}
		Values struct{ Value int64 }
	}
}

// run gives the groups for which a run that ends at an instant gives an alert.
func (s *ruleStore) run(query string, a *kibana.Aggregated, n, to int) (alerts []string) {
	s.t.Helper()
	tree, err := readKQL(query)
	if err != nil {
		s.t.Fatal(err)
	}
	selected, err := tree.dsl(dslContext{})
	if err != nil {
		s.t.Fatal(err)
	}
	fields, aggs := a.NewTerms, map[string]any{}
	inner := map[string]any{"first_seen": map[string]any{"min": map[string]any{"field": "@timestamp"}}}
	if a.Threshold != nil {
		fields = a.Threshold.Fields
		for _, c := range a.Threshold.Cardinality {
			inner["values"] = map[string]any{"cardinality": map[string]any{"field": c.Field}}
		}
	}
	if len(fields) > 0 {
		var sources []any
		for _, f := range fields {
			sources = append(sources, map[string]any{f: map[string]any{"terms": map[string]any{"field": f}}})
		}
		aggs["terms"] = map[string]any{"composite": map[string]any{"sources": sources, "size": 10000}, "aggs": inner}
	} else {
		aggs = inner
	}
	var answer ruleAnswer
	s.call(http.MethodPost, "/_search", map[string]any{"size": 0, "track_total_hits": true, "aggs": aggs, "query": map[string]any{"bool": map[string]any{"filter": []any{
		selected, map[string]any{"term": map[string]any{"n": n}},
		map[string]any{"range": map[string]any{"@timestamp": map[string]any{"gte": to - int(a.Span/time.Second), "lte": to, "format": "epoch_second"}}},
	}}}}, &answer)
	if a.Threshold != nil && len(fields) == 0 {
		if meets(a.Threshold, answer.Hits.Total.Value, answer.Aggregations.Values.Value) {
			return []string{""}
		}
		return nil
	}
	for _, b := range answer.Aggregations.Terms.Buckets {
		isNew := b.FirstSeen.Value > float64(to-ruleInterval)*1000
		if a.Threshold != nil && meets(a.Threshold, b.Count, b.Values.Value) || a.NewTerms != nil && isNew {
			values := make([]string, len(fields))
			for i, f := range fields {
				values[i] = b.Key[f]
			}
			alerts = append(alerts, strings.Join(values, "|"))
		}
	}
	slices.Sort(alerts)
	return alerts
}

func meets(th *kibana.Threshold, count, values int64) bool {
	return count >= th.Value && (len(th.Cardinality) == 0 || values >= th.Cardinality[0].Value)
}
