package esql

import (
	"math/rand"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	sigma "sigmatic/ast"
)

// whole compiles an expression of Lucene as one of Go's: the dialect that we
// write is a part of both, but for what a whole match and the dot mean.
func whole(t *testing.T, lucene string) *regexp.Regexp {
	t.Helper()
	re, err := regexp.Compile(`\A(?s:` + lucene + `)\z`)
	if err != nil {
		t.Fatalf("%q: %v", lucene, err)
	}
	for _, foreign := range []string{"(?", `\d`, `\w`, `\s`, `\b`, `\n`, `\x`, "[[:", "*?", "+?", "??"} {
		if strings.Contains(strings.ReplaceAll(lucene, `\\`, ""), foreign) && foreign != "??" {
			t.Fatalf("%q is not Lucene's: %s", lucene, foreign)
		}
	}
	return re
}

// expressions are regular expressions as rules have them, and odd ones.
var expressions = []string{
	"", "a", "^", "$", "^a", "a$", "^a$", "^$", "a|b", "^a|b$", "^(a|b)$", "(^a|b)c?", "a.b", "a.*b", ".*", ".+", "^.*$", `\d`, `\d+`,
	`\w`, `\W`, `\s`, `\S`, `[^a]`, `[^a-c]`, "[a-c]+", "a{2}", "a{2,}", "(ab){1,2}", "a??", "(?:a|b)+?c*", `\.`, `\\`, `"`, `#`,
	`@`, `&`, `~`, `<`, `>`, `/`, `\/`, `\x41`, `[\x00-\x1f]`, `\n`, `\t`, `[[:alpha:]]`, `\Qa.b\E`, `foo\b`, `\bfoo`, `\bfoo\b`,
	`\Bfoo`, `foo\B`, `\b-\b`, `(^|\s)foo(\s|$)`, `^foo|bar\b|\bx$`, `(a*)*`, `((a))`, `x{0}`, `(|a)b`, `a(|b)c`,
	`[^\x00-\x{10FFFF}]`, `a[^\x00-\x{10FFFF}]`, `(a[^\x00-\x{10FFFF}])?b`, `k`, `s`, `[k-s]`, `[^k]`, `^\bfoo`, `\b^foo`, `foo\b$`,
	`(?:^)a`, `(^a)?b`, `(b$)?`, `\A\z`, `-`, `[-a]`, `[\]]`, `[\[\\]`, `😀`, `[😀-😂]`, `é`, `[é]`, `σ`, "^.?$", "^.{2}$", "^[^f]",
	"(a|b)(a|b)", "a|", `\d+foo\d*`, `.*foo.*`, `^.*foo`, `\$`, `\^`, `^^a`, `a$$`, `(a{2}){3}`, `(a+)+b`, `a{0,3}b`, `(?i)k`,
	`(?m:^a$)`, `(?s:a.b)`, `(\bfoo|bar)$`, `\B-`, `-\B`, `\ba|b\b`, `(a|\bb)c`, `\Bk`, `\bs`,
}

func texts(r *rand.Rand) []string {
	pieces := []string{"a", "A", "b", "c", "k", "K", "\u212a", "s", "ſ", "foo", "Foo", "bar", " ", "-", "\n", "\t", "\\", "\"", "/", "#", "@", "&", "~", "<", ">", "1", "41", "é", "É", "😀", "σ", "ς", "_", ".", "^", "$", "[", "]", "x", "ab", "aa", "\x00", "\f"}
	out := append([]string{"", "foo", "a\nfoo\nb", "xfoo", "foo bar", "a b", "aaaaaa", "ab-", "-foo-"}, pieces...)
	for range 400 {
		var b strings.Builder
		for range 1 + r.Intn(5) {
			b.WriteString(pieces[r.Intn(len(pieces))])
		}
		out = append(out, b.String())
	}
	return out
}

func compareRegex(t *testing.T, v *sigma.Regex, values []string) (refused bool) {
	t.Helper()
	re, err := v.Parse()
	if err != nil {
		return true
	}
	goRegexp := regexp.MustCompile(re.String())
	p, err := translator{}.search(re)
	if err != nil {
		return true
	}
	if p.never {
		for _, s := range values {
			if goRegexp.MatchString(s) {
				t.Fatalf("%s never matches, but %q", v, s)
			}
		}
		return false
	}
	lucene := whole(t, p.text)
	for _, s := range values {
		if got, want := lucene.MatchString(s), goRegexp.MatchString(s); got != want {
			t.Fatalf("%s is %q: %v for %q, expected %v", v, p.text, got, s, want)
		}
	}
	if hasLineBreak(re) {
		return false
	}
	// Of a text of lines, one has to match.
	p, err = translator{lines: true}.search(re)
	if err != nil || p.never {
		return err != nil
	}
	lucene = whole(t, p.text)
	for i, s := range values {
		lines := []string{strings.ReplaceAll(s, "\n", ""), strings.ReplaceAll(values[(i*7+3)%len(values)], "\n", "")}
		want := goRegexp.MatchString(lines[0]) || goRegexp.MatchString(lines[1])
		if got := lucene.MatchString(lines[0] + "\n" + lines[1]); got != want {
			t.Fatalf("%s is %q in lines: %v for %q, expected %v", v, p.text, got, lines, want)
		}
	}
	return false
}

func hasLineBreak(re *syntax.Regexp) bool {
	return re.Op == syntax.OpLiteral && slices.Contains(re.Rune, '\n') || slices.ContainsFunc(re.Sub, hasLineBreak)
}

func TestRegex(t *testing.T) {
	values := texts(rand.New(rand.NewSource(1)))
	for _, source := range expressions {
		for flags := range 8 {
			v := &sigma.Regex{Source: source, IgnoreCase: flags&1 != 0, Multiline: flags&2 != 0, DotAll: flags&4 != 0}
			if refused := compareRegex(t, v, values); refused && flags == 0 {
				t.Errorf("%s is refused", v)
			}
		}
	}
}

func TestRegexText(t *testing.T) {
	for source, want := range map[string]string{
		`foo`:               `.*foo.*`,
		`^foo$`:             `foo`,
		`.*foo.*`:           `.*foo.*`,
		`\d+foo\d{2,}`:      `.*[0-9]foo[0-9]{2}.*`,
		`^(a|bc)`:           `(a|bc).*`,
		`^a|b$`:             `a.*|.*b`,
		`(^|/)x`:            `(|.*\/)x.*`,
		`\bfoo\b`:           `(.*[^0-9A-Z_a-z])?foo([^0-9A-Z_a-z].*)?`,
		`^(?:a?)+$`:         `(a?)+`,
		`^a.b$`:             "a[^\n]b",
		`^(?:ab|[^\s])*?$`:  "(ab|[^\t\n\f\r ])*",
		`(?i)^ks$`:          "[Kk\u212a][Ssſ]",
		`^\w[^\n]$`:         "[0-9A-Z_a-z][^\n]",
		`^\$\{jndi:`:        `\$\{jndi:.*`,
		`(?s)^a.*(?:b.c)+$`: `a.*(b.c)+`,
	} {
		re, err := (&sigma.Regex{Source: source}).Parse()
		if err != nil {
			t.Fatal(err)
		}
		p, err := translator{}.search(re)
		if want == `(|.*\/)x.*` {
			want = `(.*\/)?x.*` // the dialect has no empty alternative
		}
		if err != nil || p.text != want {
			t.Errorf("%s is %q (%v), expected %q", source, p.text, err, want)
		}
	}
}

func FuzzRegex(f *testing.F) {
	for i, source := range expressions {
		f.Add(source, byte(i))
	}
	values := texts(rand.New(rand.NewSource(2)))[:200]
	f.Fuzz(func(t *testing.T, source string, flags byte) {
		if len(source) > 60 {
			return
		}
		compareRegex(t, &sigma.Regex{Source: source, IgnoreCase: flags&1 != 0, Multiline: flags&2 != 0, DotAll: flags&4 != 0}, values)
	})
}

// A pattern is the same in Lucene's dialect and in Java's; Go stands in for both.
func FuzzPattern(f *testing.F) {
	for _, s := range []string{"a*b", "?k", "*", "a\\*b", "ſs", "*é?", "-", "\\", "a\nb"} {
		f.Add(s, "xaKb", true)
		f.Add(s, s, false)
	}
	f.Fuzz(func(t *testing.T, source, value string, cased bool) {
		v := &sigma.Pattern{Parts: sigma.ParsePattern(source), Cased: cased}
		if !validText(v) || len(v.Parts) == 0 || strings.ToValidUTF8(value, "") != value {
			return
		}
		var want strings.Builder
		want.WriteString(`(?s)\A`)
		if !cased {
			want.Reset()
			want.WriteString(`(?is)\A`)
		}
		for _, p := range v.Parts {
			switch p := p.(type) {
			case sigma.Literal:
				want.WriteString(regexp.QuoteMeta(string(p)))
			case sigma.AnyRun:
				want.WriteString(".*")
			case sigma.AnyOne:
				want.WriteString(".")
			}
		}
		want.WriteString(`\z`)
		matches := regexp.MustCompile(want.String()).MatchString(value)
		tm := patternTerm(v)
		if got := whole(t, group{tm.head, tm.tail, []*term{tm}}.expression()).MatchString(value); got != matches {
			t.Errorf("%q is %q: %v for %q", source, tm.expression, got, value)
		}
		java := regexp.MustCompile(javaExpression([]*term{tm}))
		if tm.expression != "" && value != "" && java.MatchString(value) != matches {
			t.Errorf("%q is %q for Java: %v for %q", source, java, !matches, value)
		}
	})
}

func TestCost(t *testing.T) {
	for expression, want := range map[string]bool{
		`.*a.{13}`: true, `.*a.{16}`: true, `.*(ab){900}.*`: true, `.*a.{0,30}b.*c.*`: true, // seen to match nothing
		`.*a.{5}b.*`: false, `a.{200}`: false, `.*foo.*bar.*`: false, `(`: true,
	} {
		if got := tooComplex(expression); got != want {
			t.Errorf("%s: %v", expression, got)
		}
	}
	// The estimate for literals is not below that of the automaton itself.
	r := rand.New(rand.NewSource(3))
	for range 200 {
		var list []string
		var alternatives []string
		for range 1 + r.Intn(5) {
			s := strings.Repeat([]string{"a", "ab", "abc", "xyz"}[r.Intn(4)], 1+r.Intn(8)) + []string{"", "q"}[r.Intn(2)]
			list = append(list, s)
			alternatives = append(alternatives, s)
		}
		d := determine(t, ".*("+strings.Join(alternatives, "|")+").*")
		if cost := 4 * literalCost(list, false); cost < d {
			t.Errorf("%q costs %d, estimated %d", list, d, cost)
		}
	}
	if literalCost([]string{"aK"}, true) != literalCost([]string{"Ak"}, true) || foldRune('\u212a') != foldRune('k') {
		t.Error("letters of one orbit differ")
	}
}

// The quick bound is never below the cost of the automaton, and low enough for
// patterns as rules have them.
func TestCostBound(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	pick := func(list ...string) string { return list[r.Intn(len(list))] }
	for range 400 {
		g := group{head: pick("", padAny), tail: pick("", padAny)}
		terms, inner := 1+r.Intn(4), 0
		if terms == 1 {
			inner = r.Intn(4)
		}
		cased := r.Intn(2) == 0
		for range terms {
			var parts []sigma.Part
			for i := range inner + 1 {
				if i > 0 {
					parts = append(parts, sigma.AnyRun{})
				}
				for range 1 + r.Intn(3) {
					parts = append(parts, sigma.Literal(strings.Repeat(pick("a", "ab", "-", "/a", "aba", "sK"), 1+r.Intn(4))))
					if r.Intn(4) == 0 {
						parts = append(parts, sigma.Dash{})
					}
				}
			}
			tm := &term{head: g.head, tail: g.tail, plain: true, join: true}
			tm.write(sigma.JoinParts(parts), cased, ".")
			g.terms = append(g.terms, tm)
		}
		bound, ok := g.costBound()
		if cost := determine(t, g.expression()); !ok || bound < cost {
			t.Errorf("%s costs %d, bound %d %v", g.expression(), cost, bound, ok)
		}
	}
	usual := patternTerm(&sigma.Pattern{Parts: []sigma.Part{sigma.AnyRun{}, sigma.Literal("powershell"), sigma.AnyRun{}, sigma.Dash{}, sigma.Literal("EncodedCommand"), sigma.AnyRun{}}})
	if bound, ok := (group{head: padAny, tail: padAny, terms: []*term{usual}}).costBound(); !ok || bound > costLimit {
		t.Errorf("bound %d", bound)
	}
}

// determine counts the cost of an expression's automaton.
func determine(t *testing.T, expression string) int {
	t.Helper()
	re, err := syntax.Parse(expression, syntax.Perl|syntax.DotNL)
	if err != nil {
		t.Fatal(err)
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		t.Fatal(err)
	}
	return newDeterminizer(prog).run()
}

func TestNumberText(t *testing.T) {
	for source, want := range map[string]bool{"1*": true, "*": true, "a*": false, "12": true, "1e3": true, "e": false, "1.2.3": false, "?": true} {
		if got := patternMayBeNumber(&sigma.Pattern{Parts: sigma.ParsePattern(source)}); got != want {
			t.Errorf("%q: %v", source, got)
		}
	}
	for source, want := range map[string]bool{`\d`: true, `foo`: false, `^1$`: true, `(a|1)`: true, `a{0}1`: true, `a?`: true, `[a-d]`: false, `(?i)E`: true, `x+`: false} {
		re, err := (&sigma.Regex{Source: source}).Parse()
		if err != nil {
			t.Fatal(err)
		}
		if got := regexMayBeNumber(re); got != want {
			t.Errorf("%s: %v", source, got)
		}
	}
}
