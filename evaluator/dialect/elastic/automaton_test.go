package elastic

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"sigmatic/parser/query/lucene"
)

// TestRegexp holds matches to what Elasticsearch 8.19.21 selected (emissions §1.3)
// and to the reference ("Regular expression syntax").
func TestRegexp(t *testing.T) {
	for _, c := range []struct{ expression, yes, no string }{
		{"a.c", "abc a\nc a😀c", "ac abbc xabc"},
		{"(a|b)*c?", "c ab abba bac", "cc d"},
		{"a{2,3}", "aa aaa", "a aaaa"},
		{"a{2,}", "aa aaaaaa", "a"},
		{"ab~cd", "abd abcccd", "abcd"}, // the reference's "a~bc": all but bc
		{"a.+&.+z", "abz", "ab bz"},
		{"aa@", "aa aab", "a"},
		{"a#", "", "a"},
		{"foo<1-100>", "foo1 foo50 foo100 foo007", "foo0 foo101 foo"},
		{"foo<01-100>", "foo1 foo100 foo007", "foo0"},
		{"<09-11>", "09 10 11", "9 12 011"},
		{`"a.c"d`, "a.cd", "abcd"},
		{`\d\w\s\D`, "1_\tx", "1__x aaaa"},
		{`[^\W]`, "a", "- é"},
		{`[a-c\-]+`, "a-c", "d"},
		{`a\.b\*`, "a.b*", "axb*"},
		{"(?:a)", "?:a", "a"}, // no group of its own: emissions §1.3
		{"^a$", "^a$", "a"},
		{"()", "", "a"},
		{"[K\u212ak]", "k K \u212a", "x"},
	} {
		re, err := lucene.ParseRegexp(c.expression)
		if err != nil {
			t.Errorf("%s: %v", c.expression, err)
			continue
		}
		m := NewRegexp(re)
		for _, s := range strings.Split(c.yes, " ") {
			if c.yes != "" && !m.Match(s) {
				t.Errorf("%s: no match of %q", c.expression, s)
			}
		}
		for _, s := range strings.Split(c.no, " ") {
			if m.Match(s) {
				t.Errorf("%s: match of %q", c.expression, s)
			}
		}
	}
}

// TestAgainstGo compares random expressions of the common subset with package
// regexp.
func TestAgainstGo(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	text := func(alphabet string, n int) string {
		var b strings.Builder
		for range rng.IntN(n + 1) {
			b.WriteByte(alphabet[rng.IntN(len(alphabet))])
		}
		return b.String()
	}
	tried := 0
	for range 20000 {
		source := text("aab.()|*?+[]", 9)
		if source == "" {
			continue
		}
		if _, err := regexp.Compile(source); err != nil {
			continue
		}
		want, err := regexp.Compile(`\A(?s:` + source + `)\z`)
		if err != nil || strings.Contains(source, "[") || regexp.MustCompile(`(^|\(|\|)[|?*+)]|\|\)|\|$|[*+?]{2}|^\)|\(\)`).MatchString(source) {
			continue // what Lucene reads otherwise
		}
		re, err := lucene.ParseRegexp(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		m := NewRegexp(re)
		for range 10 {
			s := text("aabx", 6)
			tried++
			if m.Match(s) != want.MatchString(s) {
				t.Errorf("%s on %q: %t", source, s, m.Match(s))
			}
		}
	}
	if tried < 5000 {
		t.Errorf("only %d tries", tried)
	}
}

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern    string
		ignoreCase bool
		text       string
		want       bool
	}{
		{`*cmd.exe`, false, `C:\cmd.exe`, true},
		{`*cmd.exe`, false, `C:\CMD.exe`, false},
		{`*cmd.exe`, true, `C:\CMD.exe`, true},
		{`é*`, true, `É`, false}, // ASCII only: emissions §2.2
		{`k`, true, "\u212a", false},
		{`a\*b\?`, false, `a*b?`, true},
		{`a\*b\?`, false, `axbx`, false},
		{`?`, false, "😀", true},
		{``, true, ``, true},
		{`**`, false, "", true},
	} {
		if got := NewPattern(lucene.ParsePattern(c.pattern), c.ignoreCase).Match(c.text); got != c.want {
			t.Errorf("%s on %q: %t", c.pattern, c.text, got)
		}
	}
}
