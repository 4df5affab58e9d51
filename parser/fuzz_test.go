package parser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/parser"
)

// FuzzParse demands of any bytes: no panic, places inside the file, and that
// what was read without an error can be resolved and printed.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("../testdata/errors/*/rule.yml")
	cases, _ := filepath.Glob("../testdata/cases/*/rule.yml")
	for _, path := range append(files, cases...) {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 4096 {
			f.Add(data)
		}
	}
	f.Add([]byte(ruleWith("  s: {f|re|startswith: '(?i)a|b'}\n  condition: s\n")))
	f.Add([]byte(ruleWith("  s: &a {f: |\n     x}\n  t: *a\n  condition: >\n    1 of\n    them\n")))
	f.Fuzz(func(t *testing.T, data []byte) {
		res := parser.Parse(source.NewFile("rule.yml", data))
		checkSpans(t, data, res.Diagnostics)
		for _, doc := range res.Documents {
			r, ok := doc.(*ast.Rule)
			if !ok {
				continue
			}
			queries, diags := ast.Resolve(r)
			if len(diags) > 0 || len(queries) != len(r.Conditions) {
				t.Fatalf("a rule without errors does not resolve: %v", diags)
			}
			for _, q := range queries {
				checkTree(t, q.Expr, len(data))
				_ = ast.Simplify(q.Expr).String()
			}
		}
	})
}

// checkTree sees to it that every node was written somewhere in the file.
func checkTree(t *testing.T, e ast.Expr, size int) {
	ast.Walk(e, func(e ast.Expr) bool {
		s := e.Range()
		if s.Start < 0 || s.End < s.Start || s.End > size {
			t.Fatalf("%s has the place %d to %d of %d bytes", e, s.Start, s.End, size)
		}
		return true
	})
}

// FuzzCondition demands that a condition prints as one that reads the same.
func FuzzCondition(f *testing.F) {
	for _, s := range []string{
		"sel", "a or b and not c", "(a or b) and not (c and d)", "1 of them", "all of sel_* or not not x",
		"not 1 of f*", "((a))", "a\nand b", "1", "any of _*", "a | count() > 5", "a AND b", "1 of (a, b)", "(a and b) and c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			return
		}
		first, fault := parseCondition(text)
		if fault != nil {
			return
		}
		again, fault := parseCondition(first.String())
		if fault != nil {
			t.Fatalf("%q printed as %q, which does not parse: %v", text, first, fault)
		}
		if diff := cmp.Diff(first, again, cmpopts.IgnoreTypes(source.Span{})); diff != "" {
			t.Fatalf("%q printed as %q, which reads differently (-first +again):\n%s", text, first, diff)
		}
	})
}

// FuzzPattern demands that a pattern's text gives the pattern back, and that
// nothing of the text is lost.
func FuzzPattern(f *testing.F) {
	for _, s := range []string{``, `*`, `a\*b`, `a\\*b`, `\\\`, `\\\\*`, `?*?`, `end\`, `\\srv\share`, "a\nb", "\x00\xff", `é?`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first := &ast.Pattern{Parts: ast.ParsePattern(text)}
		if !wellFormed(first.Parts) {
			t.Fatalf("%q gives the parts %s", text, first)
		}
		written := first.SigmaText()
		if diff := cmp.Diff(first.Parts, ast.ParsePattern(written)); diff != "" {
			t.Fatalf("%q written as %q (-first +again):\n%s", text, written, diff)
		}
		if !strings.ContainsAny(text, `*?\`) && written != text {
			t.Fatalf("%q written as %q", text, written)
		}
		if utf8.ValidString(text) && !utf8.ValidString(written) {
			t.Fatalf("%q written as %q", text, written)
		}
	})
}

// wellFormed is what ast.Pattern promises of its parts.
func wellFormed(parts []ast.Part) bool {
	for i, p := range parts {
		lit, isLit := p.(ast.Literal)
		if isLit && lit == "" {
			return false
		}
		if i == 0 {
			continue
		}
		_, afterLit := parts[i-1].(ast.Literal)
		_, star := p.(ast.AnyRun)
		_, afterStar := parts[i-1].(ast.AnyRun)
		if isLit && afterLit || star && afterStar {
			return false
		}
	}
	return true
}
