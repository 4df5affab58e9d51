package cli

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/cmd/internal/evtxtest"
	"sigmatic/evaluator"
	"sigmatic/parser"
)

// shared is the folder of third-party test data, or skips the test.
func shared(t testing.TB) string {
	dir := os.Getenv("SIGMATIC_SHARED")
	if dir == "" {
		t.Skip("SIGMATIC_SHARED is not set: tests on third-party data are skipped")
	}
	return dir
}

// run runs a command line as the program does.
func run(t testing.TB, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errOut bytes.Buffer
	env := Environment{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errOut,
		Getenv: func(string) string { return "" },
		Now:    func() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) },
	}
	status = Main(args, env)
	return status, out.String(), errOut.String()
}

// TestScanCorpora compares the hits of SigmaHQ's 57 AWS rules with those that an
// independent evaluator gave on the same records (rules with hits, hits,
// records; the figures come with the data).
func TestScanCorpora(t *testing.T) {
	root := shared(t)
	rules := filepath.Join(root, "data", "rules", "sigma", "rules", "cloud", "aws")
	for _, c := range []struct {
		logs                 string
		rules, hits, records int
	}{
		{"invictus/events.ndjson.gz", 11, 95, 2432},
		{"invictus/original", 11, 95, 2432}, // 41 delivery files, as delivered
		{"stratus/events.ndjson", 7, 56, 225},
		{"traildiscover/events.ndjson", 18, 77, 236},
	} {
		t.Run(strings.ReplaceAll(c.logs, "/", "_"), func(t *testing.T) {
			status, out, report := run(t, "scan", "-f", "jsonl", "-r", rules, filepath.Join(root, "data", "cloudtrail", filepath.FromSlash(c.logs)))
			if status != statusOK {
				t.Errorf("exit status %d\n%s", status, report)
			}
			byRule := map[string]int{}
			hits := 0
			for line := range strings.Lines(out) {
				var f finding
				if err := json.Unmarshal([]byte(line), &f); err != nil {
					t.Fatal(err)
				}
				hits++
				byRule[f.Title]++
				if len(f.Matched) == 0 {
					t.Errorf("%s on %s names no value that matched", f.Title, f.EventID)
				}
			}
			if hits != c.hits || len(byRule) != c.rules {
				t.Errorf("%d hits by %d rules, want %d by %d: %v", hits, len(byRule), c.hits, c.rules, byRule)
			}
			accountFor(t, report, c.records)
		})
	}
}

var accountLine = regexp.MustCompile(`read ([\d,]+) records from .*: ([\d,]+) matched, ([\d,]+) unmatched, ([\d,]+) duplicate, ([\d,]+) skipped`)

// accountFor demands that the end report's parts add up to the records read.
func accountFor(t *testing.T, report string, records int) {
	t.Helper()
	m := accountLine.FindStringSubmatch(report)
	if m == nil {
		t.Fatalf("no account in %q", report)
	}
	var n [6]int
	for i := 1; i < len(m); i++ {
		n[i], _ = strconv.Atoi(strings.ReplaceAll(m[i], ",", ""))
	}
	if n[1] != records || n[1] != n[2]+n[3]+n[4] {
		t.Errorf("the account does not add up to %d records: %s", records, m[0])
	}
}

var shortUUID = regexp.MustCompile(`(?m)^(id: )([0-9a-f]{7}-)`)

// references compiles all conditions of the rules of a file.
func references(t *testing.T, path string) []*evaluator.Reference {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// Two of TrailAlerts' rules have an id with a digit missing, which is an
	// error of its own; it is the rule's meaning that counts here.
	data = shortUUID.ReplaceAll(data, []byte("${1}0$2"))
	var refs []*evaluator.Reference
	res := parser.Parse(source.NewFile(path, data))
	for _, doc := range res.Documents {
		d, err := newDetector(doc.(*ast.Rule))
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, d.references...)
	}
	if len(refs) == 0 {
		t.Fatalf("%s: no rule: %v", path, res.Diagnostics)
	}
	return refs
}

func matchesAny(t *testing.T, refs []*evaluator.Reference, raw []byte) bool {
	t.Helper()
	ev, err := evaluator.ParseEvent(raw)
	if err != nil {
		t.Fatal(err)
	}
	matches := slices.ContainsFunc(refs, func(r *evaluator.Reference) bool { return r.Match(ev) })
	engine := evaluator.NewEngine(refs).Matcher()
	if err := engine.Load(raw); err != nil || (len(engine.Matches()) > 0) != matches {
		t.Errorf("the engine selects %v, the reference says %v: %s (%v)", engine.Matches(), matches, raw, err)
	}
	return matches
}

// TestTrailAlerts runs rules on events that their authors say must or must not
// match. One verdict differs, and must: the author takes fieldref for a
// substring test, the specification for equality.
func TestTrailAlerts(t *testing.T) {
	dir := filepath.Join(shared(t), "data", "cloudtrail", "trailalerts")
	rules, err := filepath.Glob(filepath.Join(dir, "*.yml"))
	if err != nil || len(rules) != 32 {
		t.Fatalf("found %d rules, want 32 (%v)", len(rules), err)
	}
	verdicts := map[string]int{}
	for _, rule := range rules {
		name := strings.TrimSuffix(filepath.Base(rule), ".yml")
		refs := references(t, rule)
		data, err := os.ReadFile(filepath.Join(dir, name+"_tests.json"))
		if err != nil {
			t.Fatal(err)
		}
		var tests map[string][]json.RawMessage
		if err := json.Unmarshal(data, &tests); err != nil {
			t.Fatal(err)
		}
		for kind, events := range tests {
			for i, raw := range events {
				want := kind == "should_match" || name == "aws_update_login_profile"
				if got := matchesAny(t, refs, raw); got != want {
					t.Errorf("%s, %s %d: matched = %v", name, kind, i, got)
				}
				verdicts[kind]++
			}
		}
	}
	if want := map[string]int{"should_match": 35, "should_not_match": 32}; !maps.Equal(verdicts, want) {
		t.Errorf("verdicts %v, want %v", verdicts, want)
	}
}

var matchCount = regexp.MustCompile(`(?m)^\s+match_count: (\d+)$`)

// TestWindowsRegression runs SigmaHQ's rules on the Sysmon events recorded for
// them. Each must match at least as many as its info file says.
func TestWindowsRegression(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(shared(t), "data", "windows", "regression", "*"))
	if err != nil || len(dirs) != 153 {
		t.Fatalf("found %d pairs, want 153 (%v)", len(dirs), err)
	}
	for _, dir := range dirs {
		refs := references(t, filepath.Join(dir, "rule.yml"))
		info, err := os.ReadFile(filepath.Join(dir, "info.yml"))
		if err != nil {
			t.Fatal(err)
		}
		want := 1
		if m := matchCount.FindSubmatch(info); m != nil {
			want, _ = strconv.Atoi(string(m[1]))
		}
		got := 0
		for _, event := range evtxtest.Events(t, filepath.Join(dir, "event.json")) {
			if matchesAny(t, refs, event) {
				got++
			}
		}
		if got < want {
			t.Errorf("%s matches %d events, want %d", filepath.Base(dir), got, want)
		}
	}
}
