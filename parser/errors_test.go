package parser_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser"
)

var record = flag.Bool("record", false, "write the files want.txt of testdata/errors anew")

const errorCases = "../testdata/errors"

// TestGoldenErrors holds what the parser says of each faulty rule against
// want.txt. A comment "# wants:" in the rule names codes and severities, or
// none; it was written from the tables and not by -record, which therefore
// cannot make a wrong answer right.
func TestGoldenErrors(t *testing.T) {
	dirs, err := os.ReadDir(errorCases)
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, dir := range dirs {
		if !dir.IsDir() {
			continue // README.md
		}
		t.Run(dir.Name(), func(t *testing.T) {
			runErrorCase(t, filepath.Join(errorCases, dir.Name()))
		})
	}
}

func runErrorCase(t *testing.T, dir string) {
	data, err := os.ReadFile(filepath.Join(dir, "rule.yml"))
	if err != nil {
		t.Fatal(err)
	}
	res := parser.Parse(source.NewFile("rule.yml", data))
	if strings.Contains(string(data), "# linked") { // with the references between documents resolved
		_, diags := parser.Link(res.Documents)
		res.Diagnostics = append(res.Diagnostics, diags...)
	}
	checkSpans(t, data, res.Diagnostics)
	if wants, ok := wantedCodes(string(data)); ok {
		if diff := cmp.Diff(wants, codesOf(res.Diagnostics)); diff != "" {
			t.Errorf("codes (-want +got):\n%s\n%s", diff, listing(res.Diagnostics))
		}
	}
	got, path := listing(res.Diagnostics), filepath.Join(dir, "want.txt")
	if *record {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
}

// wantedCodes reads the comment "# wants: S0101 error, S0005 warning".
func wantedCodes(rule string) ([]string, bool) {
	for line := range strings.Lines(rule) {
		list, ok := strings.CutPrefix(strings.TrimSpace(line), "# wants: ")
		switch {
		case !ok:
			continue
		case list == "none":
			return nil, true
		}
		codes := strings.Split(list, ", ")
		slices.Sort(codes)
		return codes, true
	}
	return nil, false
}

func codesOf(list []diag.Diagnostic) []string {
	var codes []string
	for _, d := range list {
		codes = append(codes, fmt.Sprintf("%s %s", d.Code, d.Severity))
	}
	slices.Sort(codes)
	return codes
}

// listing writes one line for each diagnostic:
// LINE:COLUMN CODE SEVERITY: SUMMARY | HELP, and behind an arrow the fix.
func listing(list []diag.Diagnostic) string {
	var b strings.Builder
	for _, d := range list {
		p := d.Span.Position()
		fmt.Fprintf(&b, "%d:%d %s %s: %s", p.Line, p.Column, d.Code, d.Severity, d.Summary)
		if d.Help != "" {
			fmt.Fprintf(&b, " | %s", d.Help)
		}
		if d.Fix != nil {
			f := d.Fix.Span.Position()
			fmt.Fprintf(&b, " => %d:%d %q becomes %q", f.Line, f.Column, d.Fix.Span.Text(), d.Fix.Replacement)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// checkSpans sees to it that every place lies in the file.
func checkSpans(t testing.TB, data []byte, list []diag.Diagnostic) {
	t.Helper()
	inside := func(s source.Span) bool {
		return s.IsZero() || 0 <= s.Start && s.Start <= s.End && s.End <= len(data)
	}
	for _, d := range list {
		ok := inside(d.Span)
		for _, r := range d.Related {
			ok = ok && inside(r.Span)
		}
		if d.Fix != nil {
			ok = ok && inside(d.Fix.Span)
		}
		if !ok {
			t.Errorf("a place of %v lies outside of the file's %d bytes", d.Error(), len(data))
		}
	}
}

// TestErrorCodesHaveCases demands a case for every code that the parser's
// sources name, so that a new finding comes with its example.
func TestErrorCodesHaveCases(t *testing.T) {
	seen := map[string]bool{}
	files, _ := filepath.Glob(errorCases + "/*/want.txt")
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			if words := strings.Fields(line); len(words) > 1 {
				seen[words[1]] = true
			}
		}
	}
	for _, c := range usedCodes(t) {
		if !seen[c.value] {
			t.Errorf("no case in %s shows diag.%s (%s)", errorCases, c.name, c.value)
		}
	}
}

type namedCode struct{ name, value string }

// usedCodes finds the codes of package diag that the parser's sources, and
// those of what it calls, mention.
func usedCodes(t *testing.T) []namedCode {
	t.Helper()
	codes, err := os.ReadFile("../ast/diag/codes.go")
	if err != nil {
		t.Fatal(err)
	}
	var sources strings.Builder
	for _, pattern := range []string{"*.go", "yamldoc/*.go", "../ast/resolve.go"} {
		files, _ := filepath.Glob(pattern)
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			sources.Write(data)
		}
	}
	var out []namedCode
	for line := range strings.Lines(string(codes)) {
		words := strings.Fields(line)
		if len(words) == 4 && words[1] == "Code" && strings.Contains(sources.String(), "diag."+words[0]) {
			out = append(out, namedCode{words[0], strings.Trim(words[3], `"`)})
		}
	}
	if len(out) == 0 {
		t.Fatal("found no codes")
	}
	return out
}
