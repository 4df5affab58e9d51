package cli

import (
	"encoding/json"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

const sample = "../../../testdata/sample"

// TestSample scans the bundled sample with the embedded rules. What each rule
// must and must not hit was written down with the story of the sample.
func TestSample(t *testing.T) {
	status, out, report := run(t, "scan", "-f", "jsonl", sample)
	if status != statusOK {
		t.Fatalf("exit status %d\n%s", status, report)
	}
	a := &app{Environment: Environment{Stderr: &strings.Builder{}}}
	file := map[string]string{}
	set, err := a.load(nil, filterFlags{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range append(set.rules, set.correlations...) {
		file[r.ID.Value] = path.Base(r.Span.File.Name)
	}
	var got []string
	for line := range strings.Lines(out) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		got = append(got, file[f.RuleID]+"\t"+f.EventID)
	}
	slices.Sort(got)
	want := pairs(t, "expected.tsv")
	for _, p := range want {
		if !slices.Contains(got, p) {
			t.Errorf("missing: %s", p)
		}
	}
	for _, p := range got {
		if !slices.Contains(want, p) {
			t.Errorf("not expected: %s", p)
		}
	}
	for _, p := range pairs(t, "near_misses.tsv") {
		if slices.Contains(got, p) {
			t.Errorf("a near miss is hit: %s", p)
		}
	}
	accountFor(t, report, 200)
}

// pairs reads rule and event pairs; lines that begin with # are comments.
func pairs(t *testing.T, name string) []string {
	t.Helper()
	data, err := os.ReadFile(path.Join(sample, name))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	if len(out) < 46 {
		t.Fatalf("%s has %d pairs", name, len(out))
	}
	return out
}
