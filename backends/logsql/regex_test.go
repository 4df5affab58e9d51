package logsql

import (
	"regexp"
	"testing"

	sigma "sigmatic/ast"
)

// TestMisread: expressions that VictoriaLogs 1.121.0 was seen to misread, and
// others that it reads well.
func TestMisread(t *testing.T) {
	for _, s := range []string{
		`foo\b`, `foo\B`, `f\bo`, `foo^bar`, `(foo)\b`, `(?i)12\b`, `(?:foo|fox)\b`, `(?m)foo$`,
		`(?s)a.`, `(?s).`, `(?s)([^a]|([ab]|\s))`, `(?s).+foo.+`, `(?s)a.+foo.+`, `(?s)[ab]k.+12(?:.+)`, `12\b(?is:a+\b)`,
	} {
		if !isMisread(s) {
			t.Errorf("%s: taken for safe", s)
		}
	}
	for _, s := range []string{
		`foo`, `foo$`, `^foo`, `^foo\b`, `\bfoo\b`, `(?i)foo\b`, `foo|bar\b`, `(?m)^foo$`, `(?i)a$`, `(?s)a.b`, `(?-s).+foo.+`,
		`.*foo\b`, `(?m).*foo$`, `(?s)\A.*.+foo.+`, `a(b|c)$`, `(?is)^a.*b$`,
	} {
		if isMisread(s) {
			t.Errorf("%s: taken for misread", s)
		}
	}
}

// TestMatchesEmpty holds the tree's answer to the expression's.
func TestMatchesEmpty(t *testing.T) {
	for _, s := range []string{
		``, `x*`, `x+`, `x?`, `^$`, `^`, `$`, `\b`, `\B`, `a|`, `(a|b*)c*`, `(?:a{0,2})`, `a{1,2}`, `(x*)+`, `.`, `.*`, `[^\d\D]`, `\z`, `\A$`, `(a)(b)?`,
	} {
		v := &sigma.Regex{Source: s}
		tree, err := v.Parse()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := matchesEmpty(tree), regexp.MustCompile(s).MatchString(""); got != want {
			t.Errorf("%q: got %v, want %v", s, got, want)
		}
	}
}

// TestInNumber: what can be a piece of a number in JSON.
func TestInNumber(t *testing.T) {
	for _, s := range []string{"1", "12", "-1", "1.5", ".5", "5.", "1e5", "e5", "1E+5", "e+", "-", ".", "-0.0"} {
		if !inNumber(s) {
			t.Errorf("%q: got false", s)
		}
	}
	for _, s := range []string{"a", "-e", "1-", "1-2", "..", "1.2.3", "ee", "e.", "--1", "+.", "é", " 1"} {
		if inNumber(s) {
			t.Errorf("%q: got true", s)
		}
	}
}
