package parser_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser"
)

var testVars = ast.Vars{
	"one": {"john.doe"}, "two": {"a*", `b\*?`}, "num": {"12"}, "empty text": {""},
	"many": numbered(15), "most": numbered(ast.MaxExpansions), "over": numbered(ast.MaxExpansions + 1),
}

func numbered(n int) []string {
	var out []string
	for i := range n {
		out = append(out, strconv.Itoa(i))
	}
	return out
}

// expanded parses a rule of one item, gives its placeholders their values, and
// shows its expression, what it still lacks, and the codes of what went wrong.
func expanded(t testing.TB, item string) string {
	t.Helper()
	text := "title: T\nlogsource: {product: aws}\ndetection:\n  sel:\n    " + item + "\n  condition: sel\n"
	res := parser.Parse(source.NewFile("rule.yml", []byte(text)))
	if len(res.Documents) != 1 {
		t.Fatal(listing(res.Diagnostics))
	}
	rule := res.Documents[0].(*ast.Rule)
	before := resolved(t, rule)
	r, diags := ast.ExpandPlaceholders(rule, testVars)
	if resolved(t, rule) != before {
		t.Errorf("%s: the rule itself was changed", item)
	}
	if len(diags) > 0 {
		return strings.Join(codesOf(diags), ", ")
	}
	return resolved(t, r)
}

func resolved(t testing.TB, r *ast.Rule) string {
	t.Helper()
	qs, diags := ast.Resolve(r)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	out := ast.Simplify(qs[0].Expr).String()
	for _, missing := range ast.Placeholders(qs[0].Expr) {
		out += " without " + missing.Value
	}
	return out
}

// TestExpandPlaceholders is §4.7, with the rulings on regular expressions.
func TestExpandPlaceholders(t *testing.T) {
	for _, c := range []leafCase{
		{`f|expand: '%one%'`, `"f" is "john.doe"`},
		{`f|expand: 'x%one%y'`, `"f" is "xjohn.doey"`},
		{`f|expand: '%num%'`, `"f" is "12"`},
		{`f|expand: '%empty text%'`, `"f" is ""`},
		{`f|expand: '%two%'`, `or("f" is "a"*, "f" is "b*"?)`},
		{`f|expand|contains: '%two%'`, `or("f" is *"a"*, "f" is *"b*"?*)`},
		{`f|contains|expand: '%two%'`, `or("f" is *"a"*, "f" is *"b*"?*)`},
		{`f|expand: '%two%-%two%'`, `or("f" is "a"*"-a"*, "f" is "a"*"-b*"?, "f" is "b*"?"-a"*, "f" is "b*"?"-b*"?)`},
		{`f|expand|all: ['%two%', x]`, `and(or("f" is "a"*, "f" is "b*"?), "f" is "x")`},
		{`f|expand|neq: '%two%'`, `not(or("f" is "a"*, "f" is "b*"?))`},
		{`f|expand|cased: '%one%'`, `"f" cased is "john.doe"`},
		{`'|expand': '%two%'`, `or(keyword is *"a"*, keyword is *"b*"?*)`},
		{`f: '%one%'`, `"f" is "%one%"`},
		{`f|expand: '\%one%'`, `"f" is "%one%"`},
		{`f|expand: '%nope%'`, `"f" is %nope% without nope`},
		{`f|expand: ['%nope%', '%one%%nix%', '%nope%']`, `or("f" is %nope%, "f" is "john.doe"%nix%) without nope without nix`},
		{`f|re|expand: '^%one%$'`, `"f" =~ /^(?:john\.doe)$/`},
		{`f|re|expand: '%two%+'`, `or("f" =~ /(?:a(?s:.*))+/, "f" =~ /(?:b\*(?s:.))+/)`},
		{`f|re|expand: '%two%%num%'`, `or("f" =~ /(?:a(?s:.*))(?:12)/, "f" =~ /(?:b\*(?s:.))(?:12)/)`},
		{`f|re|expand|i: 'x%one%'`, `"f" =~ /x(?:john\.doe)/i`},
		{`f|re|i|expand: 'x%one%'`, `"f" =~ /x(?:john\.doe)/i`},
		{`f|re|expand|startswith: 'x|%one%'`, `"f" =~ /\A(?:x|(?:john\.doe))/`},
		{`f|re|expand: '\%one%'`, `"f" =~ /\%one%/`},
		{`f|re|expand: '\\%one%'`, `"f" =~ /\\(?:john\.doe)/`},
		{`f|re|expand: '\Q%one%\E%one%'`, `"f" =~ /\Q%one%\E(?:john\.doe)/`},
		{`f|re|expand: '[^]%]%one%[[:alpha:]%]'`, `"f" =~ /[^]%](?:john\.doe)[[:alpha:]%]/`},
		{`f|re|expand: '5% | 6%'`, `"f" =~ /5% | 6%/`},
		{`f|re|expand: 'a%nope%b%one%'`, `"f" =~ /a%nope%b(?:john\.doe)/ without nope`},
		{`'|re|expand': 'x%nope%'`, `keyword =~ /x%nope%/ without nope`},
		{`f|re: '%one%'`, `"f" =~ /%one%/`},
		{`f|expand: '%many%%many%'`, string(diag.TooManyExpansions) + " error"}, // 225
		{`f|expand: '%over%'`, string(diag.TooManyExpansions) + " error"},
		{`f|expand: '%most%%most%%most%%most%%most%%most%%most%%most%%most%'`, string(diag.TooManyExpansions) + " error"},
	} {
		if got := expanded(t, c.item); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.item, got, c.want)
		}
	}
	if got := expanded(t, `f|expand: '%most%'`); strings.Count(got, `"f" is`) != ast.MaxExpansions {
		t.Errorf("%d values give %s", ast.MaxExpansions, got)
	}
}

// TestRegexWithHoles sees that no one runs an expression that is not complete.
func TestRegexWithHoles(t *testing.T) {
	r := &ast.Regex{Source: "ab", Holes: []ast.Hole{{Name: "x", At: 1}}}
	if _, err := r.Parse(); err == nil || fmt.Sprint(err) != "the placeholder %x% has no value" {
		t.Errorf("Parse gives %v", err)
	}
	if err := r.Check(); err != nil {
		t.Errorf("Check gives %v", err)
	}
}

// FuzzExpand demands that a placeholder never makes a valid value an invalid one,
// and that none is left of those that have a value.
func FuzzExpand(f *testing.F) {
	for _, s := range []string{`%one%`, `a%two%*`, `[%one%]`, `\%one%`, `\\%one%`, `(?i)%one%|%nope%`, `\Q%one%\E`, `[[:alpha:]%one%]`, `%one%{2}`, `(?:%two%)%two%`, `%`, `%%`} {
		f.Add(s, "v*")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		if len(text) > 200 || len(value) > 50 || !utf8.ValidString(text) || !utf8.ValidString(value) {
			return
		}
		vars := ast.Vars{"one": {value}, "two": {value, "x"}}
		for _, key := range []string{"f|expand", "f|re|expand", "'|expand'", "f|re|expand|endswith"} {
			doc := fmt.Sprintf("title: T\nlogsource: {product: p}\ndetection:\n  s: {%s: %s}\n  condition: s\n", key, yamlQuoted(text))
			res := parser.Parse(source.NewFile("r.yml", []byte(doc)))
			if len(res.Documents) != 1 {
				continue
			}
			r, diags := ast.ExpandPlaceholders(res.Documents[0].(*ast.Rule), vars)
			if len(diags) > 0 {
				continue // too many, or too large an expression
			}
			qs, _ := ast.Resolve(r)
			for _, missing := range ast.Placeholders(qs[0].Expr) {
				if vars[missing.Value] != nil {
					t.Fatalf("%s of %q: %s has a value and is left", key, text, missing.Value)
				}
			}
			ast.Leaves(qs[0].Expr, func(m *ast.Match, _ bool) {
				if re, ok := m.Value.(*ast.Regex); ok && re.Check() != nil {
					t.Fatalf("%s of %q gives %s", key, text, re)
				}
			})
		}
	})
}

func yamlQuoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		fmt.Fprintf(&b, `\U%08x`, r)
	}
	return b.String() + `"`
}
