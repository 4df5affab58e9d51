package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"sigmatic/cmd/internal/verify"
)

// TestEmbeddedRulesProven verifies the rules that ship, in the terms of the schema that each target customarily has and in their own: no
// query differs from its rule, and all targets say most of them.
func TestEmbeddedRulesProven(t *testing.T) {
	for _, schema := range []string{"auto", "none"} {
		status, out, report := run(t, "verify", "--schema", schema, "-f", "jsonl")
		if status != statusOK {
			t.Errorf("schema %s: exit status %d\n%s", schema, status, report)
		}
		proven := map[string]int{}
		for line := range strings.Lines(out) {
			var r struct {
				Target, Title string
				Verdict       verify.Verdict
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			switch r.Verdict {
			case verify.Exact, verify.Noted:
				proven[r.Target]++
			case verify.Refused:
			default:
				t.Errorf("schema %s: %s: %s: %s", schema, r.Target, r.Title, r.Verdict)
			}
		}
		for _, target := range []string{"splunk", "esql", "kql", "logsql"} {
			if proven[target] < 30 {
				t.Errorf("schema %s: only %d queries are proven on %s", schema, proven[target], target)
			}
		}
	}
}
