package logsql

import (
	"math/rand"
	"regexp"
	"regexp/syntax"
	"strings"
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

// TestShortcuts: what saves time in the question whether an expression is
// misread never gives a milder answer than the whole procedure does.
func TestShortcuts(t *testing.T) {
	r := rand.New(rand.NewSource(7))
	pieces := []string{"a", "b", `\s`, "[^a]", "[^ab]", `\S`, `\W`, `\w`, "[^a]{0,2}", "[^k]", "a?", ".", ".+", ".*", "$", "^", `\b`, "k", "(?i:k)"}
	var build func(depth int) string
	build = func(depth int) string {
		var b strings.Builder
		for range 1 + r.Intn(3) {
			switch n := r.Intn(6); {
			case n == 0 && depth > 0:
				b.WriteString("(" + build(depth-1) + "|" + build(depth-1) + ")")
			case n == 1 && depth > 0:
				b.WriteString("(?:" + build(depth-1) + "|" + build(depth-1) + "|" + build(depth-1) + ")" + []string{"", "?", "{1}"}[r.Intn(3)])
			default:
				b.WriteString(pieces[r.Intn(len(pieces))])
			}
		}
		return b.String()
	}
	misread, delicate := 0, 0
	for range 80 { // more were tried; the whole procedure is slow
		text := []string{"", "(?s)", "(?m)", "(?i)"}[r.Intn(4)] + build(2)
		tree, err := syntax.Parse(text, syntax.Perl|syntax.DotNL)
		if err != nil {
			t.Fatal(err)
		}
		whole := simplified(text)
		want := whole == nil || changes(whole)
		got := isDelicate(tree) && isMisread(text)
		if want && !got {
			t.Errorf("%s: taken for safe (delicate %t, misread %t)", text, isDelicate(tree), isMisread(text))
		}
		if want {
			misread++
		}
		if isDelicate(tree) {
			delicate++
		}
	}
	t.Logf("%d misread, %d delicate", misread, delicate)
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
