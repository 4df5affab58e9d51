package verify

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigmatic/backends"
	"sigmatic/backends/all"
	"sigmatic/cmd/internal/evtxtest"
	"sigmatic/cmd/internal/verify/engine"
)

var ruleID = regexp.MustCompile(`(?m)^id:.*\n`)

// pairs are rules with events that were recorded for them: SigmaHQ's Sysmon
// events, and the tests of TrailAlerts. Each event comes with mutants.
func pairs(t *testing.T) []Case {
	t.Helper()
	root := os.Getenv("SIGMATIC_SHARED")
	if root == "" {
		t.Skip("SIGMATIC_SHARED is not set: tests on third-party data are skipped")
	}
	var out []Case
	add := func(rule string, events [][]byte) {
		data, err := os.ReadFile(rule)
		if err != nil {
			t.Fatal(err)
		}
		data = ruleID.ReplaceAll(data, nil) // some of TrailAlerts are no UUIDs
		for _, q := range queriesOf(t, rule, data) {
			sample, err := NewSample(withMutants(t, events, fieldsOf(q.Expr)))
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, Case{q.Simplified(), sample})
		}
	}
	windows, err := filepath.Glob(filepath.Join(root, "data", "windows", "regression", "*"))
	if err != nil || len(windows) != 153 {
		t.Fatalf("found %d pairs, want 153 (%v)", len(windows), err)
	}
	for _, dir := range windows {
		add(filepath.Join(dir, "rule.yml"), evtxtest.Events(t, filepath.Join(dir, "event.json")))
	}
	trail, err := filepath.Glob(filepath.Join(root, "data", "cloudtrail", "trailalerts", "*_tests.json"))
	if err != nil || len(trail) != 32 {
		t.Fatalf("found %d pairs, want 32 (%v)", len(trail), err)
	}
	for _, tests := range trail {
		var events struct {
			Match []json.RawMessage `json:"should_match"`
			Miss  []json.RawMessage `json:"should_not_match"`
		}
		data, err := os.ReadFile(tests)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &events); err != nil {
			t.Fatal(err)
		}
		var bodies [][]byte
		for _, e := range append(events.Match, events.Miss...) {
			bodies = append(bodies, e)
		}
		add(strings.TrimSuffix(tests, "_tests.json")+".yml", bodies)
	}
	return out
}

// withMutants gives events, and each of them changed in one of the fields that
// the rule looks at.
func withMutants(t *testing.T, bodies [][]byte, fields []string) []Event {
	t.Helper()
	var out []Event
	add := func(o object) {
		out = append(out, Event{ID: fmt.Sprintf("p%05d", len(out)), Body: o.encode()})
	}
	for _, body := range bodies {
		o, err := decodeObject(body)
		if err != nil {
			t.Fatal(err)
		}
		add(o)
		for _, f := range fields {
			v, _ := o.at(f)
			raw, isScalar := v.(string)
			if !isScalar {
				raw = `"x"`
			}
			for _, changed := range mutate(raw) {
				m := o.clone()
				m.set(f, changed)
				add(m)
			}
		}
	}
	return out
}

// mutate gives values that lie close to a raw one; "" is a missing field.
func mutate(raw string) []string {
	out := []string{"", "null", `""`, list(raw), list(raw, `"y"`), "[]"}
	text, ok := isText(raw)
	if !ok {
		if isNumber(raw) {
			out = append(out, raw+"1")
		}
		return append(out, quoteJSON(raw))
	}
	runes := []rune(text)
	for _, s := range []string{
		strings.ToUpper(text), strings.ToLower(text), swapCase(text), otherCase(text), text + "x", "x" + text, text + "\n", " " + text,
		text + "*", strings.ReplaceAll(text, `\`, `\\`), strings.ReplaceAll(text, `\`, "/"), string(runes[:len(runes)/2]), string(runes[len(runes)/2:]),
	} {
		if raw := quoteJSON(s); !slices.Contains(out, raw) {
			out = append(out, raw)
		}
	}
	return out
}

// TestProofPairs runs the rules of the pairs on the interpreters: some of them,
// and all under SIGMATIC_PROOF=all.
func TestProofPairs(t *testing.T) {
	cases := pairs(t)
	for _, b := range all.Registry() {
		sum := newTally()
		for i, k := range cases {
			if i%8 != 0 && os.Getenv("SIGMATIC_PROOF") != "all" {
				continue
			}
			res := Trial{Backend: b, Query: k.Query, Sample: k.Sample}.OnInterpreters(t.Context())
			if res.Err != nil {
				t.Errorf("%s: %v", b.Name(), res.Err)
				continue
			}
			sum.add(t, b.Name()+": "+k.Query.Rule.Title.Value, res.Report)
		}
		t.Logf("%s: %s", b.Name(), sum)
	}
}

// TestLivePairs runs them on the engines.
func TestLivePairs(t *testing.T) {
	cases := pairs(t)
	eachEngine(t, func(t *testing.T, b backends.Backend, e engine.Engine) {
		sum := newTally()
		err := Comparison{Backend: b, Engine: e, Once: true, Minimize: true}.Together(t.Context(), cases, func(r *Report) { sum.add(t, r.Query.Rule.Title.Value, r) })
		if err != nil {
			t.Error(err)
		}
		t.Log(sum)
	})
}
