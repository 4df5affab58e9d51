package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/evaluator"
	"sigmatic/evaluator/cloudtrail"
	"sigmatic/parser"
)

// TestScanSpills scans with so little memory that ids and findings go to temporary files, and demands the same output and account.
func TestScanSpills(t *testing.T) {
	var logs strings.Builder
	for i := range 3000 {
		id := i
		if i%7 == 3 {
			id = i * 5 % 1000 // delivered before, or twice later
		}
		name := [...]string{"StopLogging", "ListUsers"}[i%2]
		fmt.Fprintf(&logs, `{"eventID":"event-%d","eventTime":"2026-01-02T%02d:00:00Z","eventName":"%s","eventSource":"cloudtrail.amazonaws.com"}`+"\n", id, i*7%24, name)
	}
	file := filepath.Join(t.TempDir(), "events.ndjson")
	if err := os.WriteFile(file, []byte(logs.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	status, want, report := run(t, "scan", "-f", "jsonl", file)
	if status != statusOK || !strings.Contains(report, " duplicate, ") || strings.Contains(report, " 0 duplicate") {
		t.Fatalf("exit status %d\n%s", status, report)
	}
	for _, memory := range []string{"0", "4KB", "40KB"} {
		if status, got, gotReport := run(t, "scan", "-f", "jsonl", "--dedup-memory", memory, file); status != statusOK || got != want || gotReport != report {
			t.Errorf("--dedup-memory %s: exit status %d, %d bytes of findings, want %d\n%s\n%s", memory, status, len(got), len(want), gotReport, report)
		}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	sample := filepath.Join("..", "..", "..", "testdata", "sample")
	_, both, bothReport := run(t, "scan", "-f", "jsonl", file, sample)
	for _, processors := range []int{1, 5} {
		runtime.GOMAXPROCS(processors)
		if _, got, gotReport := run(t, "scan", "-f", "jsonl", file, sample); got != both || gotReport != bothReport {
			t.Errorf("%d processors give other findings, the first of them\n%s\n%s%s", processors, firstDifference(got, both), gotReport, bothReport)
		}
	}
	lines := slices.Collect(strings.Lines(want))
	if !slices.IsSortedFunc(lines, func(a, b string) int { return strings.Compare(timeOf(a), timeOf(b)) }) {
		t.Error("the findings are not in the order of time")
	}
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d: %s\n   want: %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

func timeOf(line string) string {
	_, after, _ := strings.Cut(line, `"time":"`)
	return after[:20]
}

// TestEngineOnCorpora holds the engine to the reference on rules and logs that others wrote; matchesAny does so on pairs of both.
func TestEngineOnCorpora(t *testing.T) {
	data := filepath.Join(shared(t), "data")
	aws := slices.Concat(rulesBelow(t, filepath.Join(data, "rules", "suzaku", "aws")), rulesBelow(t, filepath.Join(data, "rules", "sigma", "rules", "cloud")))
	all := slices.Concat(rulesBelow(t, filepath.Join(data, "rules", "sigma", "rules")), rulesBelow(t, filepath.Join(data, "rules", "hayabusa")))
	for _, c := range []struct {
		name  string
		refs  []*evaluator.Reference
		files []string
		each  int // every so many of the records
	}{
		{"invictus", aws, []string{"cloudtrail/invictus/events.ndjson.gz"}, 1},
		{"stratus", aws, []string{"cloudtrail/stratus/events.ndjson"}, 1},
		{"traildiscover", aws, []string{"cloudtrail/traildiscover/events.ndjson"}, 1},
		{"sysmon", all, []string{"windows/regression.ndjson"}, 1},
		{"all rules", all, []string{"cloudtrail/invictus/events.ndjson.gz", "cloudtrail/stratus/events.ndjson"}, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			var files []string
			for _, f := range c.files {
				files = append(files, filepath.Join(data, filepath.FromSlash(f)))
			}
			sameOnFiles(t, c.refs, files, c.each)
		})
	}
}

// rulesBelow compiles the conditions of all rules that can be evaluated.
func rulesBelow(t *testing.T, dir string) (refs []*evaluator.Reference) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isRuleName(path) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, doc := range parser.Parse(source.NewFile(path, text)).Documents {
			if rule, ok := doc.(*ast.Rule); ok {
				d, _ := newDetector(rule) // what cannot be evaluated is no part of this
				refs = append(refs, d.references...)
			}
		}
		return nil
	})
	if err != nil || len(refs) == 0 {
		t.Fatalf("%s: %d rules, %v", dir, len(refs), err)
	}
	return refs
}

func sameOnFiles(t *testing.T, refs []*evaluator.Reference, files []string, each int) {
	t.Helper()
	matcher := evaluator.NewEngine(refs, "eventID").Matcher()
	records, hits := 0, 0
	emit := func(r cloudtrail.Record) error {
		if records++; records%each != 0 {
			return nil
		}
		event, err := evaluator.ParseEvent(r.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := matcher.Load(r.Raw); err != nil {
			t.Fatal(err)
		}
		got := matcher.Matches()
		for i, ref := range refs {
			want := ref.Match(event)
			if slices.Contains(got, i) != want {
				t.Errorf("%s:%d: the reference says %v: %s", r.Source, r.Line, want, ref.Explain(event))
			}
			if want {
				hits++
			}
		}
		return nil
	}
	for _, file := range files {
		if _, err := cloudtrail.Read(t.Context(), cloudtrail.File(file), cloudtrail.Options{}, emit, func(cloudtrail.Problem) {}); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d rules on %d records: %d hits", len(refs), records, hits)
	if hits == 0 {
		t.Error("no hits: nothing was compared")
	}
}
