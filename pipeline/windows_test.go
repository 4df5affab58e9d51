package pipeline_test

import (
	"encoding/json"
	"testing"

	"sigmatic/ast"
	"sigmatic/pipeline"
)

// sysmonEvents are the events of SigmaHQ's regression data, System and EventData
// side by side under the names that rules have.
func sysmonEvents(t *testing.T) [][]byte {
	t.Helper()
	var out [][]byte
	for _, line := range lines(t, shared(t, "windows/regression.ndjson")) {
		var pair struct {
			Events []struct{ Event map[string]any }
		}
		if err := json.Unmarshal(line, &pair); err != nil {
			t.Fatal(err)
		}
		for _, e := range pair.Events {
			system, _ := e.Event["System"].(map[string]any)
			data, _ := e.Event["EventData"].(map[string]any)
			if system["Channel"] != "Microsoft-Windows-Sysmon/Operational" || data == nil {
				continue
			}
			provider, _ := system["Provider"].(map[string]any)
			attributes, _ := provider["#attributes"].(map[string]any)
			flat := map[string]any{
				"EventID": system["EventID"], "Channel": system["Channel"], "Computer": system["Computer"], "Provider_Name": attributes["Name"],
			}
			for k, v := range data {
				flat[k] = v
			}
			text, err := json.Marshal(flat)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, text)
		}
	}
	return out
}

// TestEquationOfWindows is TestEquation over Sysmon: under a schema a rule also
// asks for the events of its log source.
func TestEquationOfWindows(t *testing.T) {
	events := sysmonEvents(t)
	rules := rulesUnder(t, shared(t, "rules/sigma/rules/windows"), func(r *ast.Rule) bool { return r.LogSource.Product.Value == "windows" })
	rules = append(rules, rulesUnder(t, shared(t, "windows/regression"), func(r *ast.Rule) bool { return r.LogSource.Product.Value == "windows" })...)
	sysmon := schema(t, "sysmon")
	for _, s := range []*pipeline.Schema{sysmon, schema(t, "windows-ecs"), schema(t, "windows-splunk")} {
		t.Run(s.Name, func(t *testing.T) {
			projected := project(t, s, events)
			compared, matched, refused, broken := 0, 0, 0, 0
			for _, r := range rules {
				if !s.Covers(r.LogSource) {
					continue
				}
				applied, _, _ := s.Apply(r)
				raw, _, _ := sysmon.Apply(r) // the rule over its own events
				if applied == nil || compiled(t, applied) == nil {
					refused++
					continue
				}
				before, after, asked := compiled(t, raw), compiled(t, applied), pipeline.FieldsOf(r)
				for i, e := range projected {
					if concerns(e.breaches, asked) {
						broken++
						continue
					}
					for j := range before {
						want := before[j].Match(e.event)
						if !want && (i+j)%4 > 0 {
							continue // most events are of other log sources
						}
						compared++
						if want {
							matched++
						}
						if got := after[j].Match(e.stored); got != want {
							stored, _ := s.Project(events[i])
							t.Fatalf("%s, condition %d: the rule says %v, under the schema it says %v\nevent  %s\nstored %s", r.Span.File.Name, j, want, got, events[i], stored)
						}
					}
				}
			}
			t.Logf("%d events, %d verdicts, %d matches, %d rules refused or not comparable, %d verdicts out for a broken trait", len(events), compared, matched, refused, broken)
			if matched < 100 {
				t.Errorf("%d matches are too few to tell", matched)
			}
		})
	}
}

func schema(t testing.TB, name string) *pipeline.Schema {
	t.Helper()
	s, err := pipeline.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
