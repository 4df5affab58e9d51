package parser_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser"
)

// The mark § names a section of the project's semantics tables, which the
// expectations below were copied from, not from what the code prints.

// leaves parses a rule whose search identifier has one item and gives its
// expression and the codes of all that the parser said.
func leaves(t testing.TB, item string) (expr string, codes []string) {
	t.Helper()
	text := "title: T\nlogsource: {product: aws}\ndetection:\n  sel:\n    " + item + "\n  condition: sel\n"
	res := parser.Parse(source.NewFile("rule.yml", []byte(text)))
	codes = codesOf(res.Diagnostics)
	if len(res.Documents) == 0 {
		return "", codes
	}
	queries, diags := ast.Resolve(res.Documents[0].(*ast.Rule))
	if len(queries) != 1 || len(diags) > 0 {
		t.Fatalf("%s: %d queries, %v", item, len(queries), diags)
	}
	return ast.Simplify(queries[0].Expr).String(), codes
}

type leafCase struct{ item, want string }

func checkLeaves(t *testing.T, cases []leafCase) {
	t.Helper()
	for _, c := range cases {
		got, codes := leaves(t, c.item)
		if got == "" {
			got = strings.Join(codes, ", ")
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.item, got, c.want)
		}
	}
}

// TestCombinations is §4.3.
func TestCombinations(t *testing.T) {
	checkLeaves(t, []leafCase{
		{`f|contains: '*foo'`, `"f" is *"foo"*`},
		{`f|startswith: 'f*o'`, `"f" is "f"*"o"*`},
		{`f|endswith: 'a'`, `"f" is *"a"`},
		{`f|contains: ''`, `"f" is *`},
		{`f|contains|startswith: a`, `"f" is *"a"*`},
		{`f|startswith|endswith: a`, `"f" is *"a"*`},
		{`f|contains|all: [a, b]`, `and("f" is *"a"*, "f" is *"b"*)`},
		{`f|all|contains: [a, b]`, `and("f" is *"a"*, "f" is *"b"*)`},
		{`f|windash|contains|all: [-a, -b]`, `and("f" is *[dash]"a"*, "f" is *[dash]"b"*)`},
		{`f|contains|windash: -a`, `"f" is *[dash]"a"*`},
		{`f|windash|contains: -a`, `"f" is *[dash]"a"*`},
		{`f|re|contains: ab`, `"f" =~ /ab/`},
		{`f|re|startswith: a|b`, `"f" =~ /\A(?:a|b)/`},
		{`f|re|endswith: a|b`, `"f" =~ /(?:a|b)\z/`},
		{`f|re|endswith: '\Qa.b'`, `"f" =~ /(?:\Qa.b\E)\z/`},
		{`f|contains|re: a`, `S0403 error`},
		{`f|cidr|contains: 10.0.0.0/8`, `S0402 error`},
		{`f|i|re: a`, `S0403 error`},
		{`f|re|cased: a`, `S0402 error`},
		{`'|exists': true`, `S0307 error`},
		{`f|re|all: [a, b]`, `and("f" =~ /a/, "f" =~ /b/)`},
		{`f|base64|base64: a`, `"f" is "WVE9PQ=="`},
		{`f|fieldref|contains: G`, `"f" contains field "G"`},
		{`f|fieldref|startswith: G`, `"f" startswith field "G"`},
		{`f|fieldref|endswith: G`, `"f" endswith field "G"`},
		{`f|fieldref: G`, `"f" = field "G"`},
		{`f|lt: [5, 6]`, `or("f" < 5, "f" < 6)`},
		{`f|gt|neq: 5`, `not("f" > 5)`},
		{`f|exists|neq: true`, `not("f" exists)`},
		{`f|neq: [a, b]`, `not(or("f" is "a", "f" is "b"))`},
		{`f|neq|all: [a, b]`, `not(and("f" is "a", "f" is "b"))`},
		{`f|fieldref|neq: G`, `not("f" = field "G")`},
		{`f|re|neq: a`, `not("f" =~ /a/)`},
		{`f|neq: null`, `not("f" is null)`},
		{`f|cased|contains: Ab`, `"f" cased is *"Ab"*`},
		{`f|contains|cased: Ab`, `"f" cased is *"Ab"*`},
	})
}

// TestModifierValues is §4.2, where §4.3 has no row.
func TestModifierValues(t *testing.T) {
	checkLeaves(t, []leafCase{
		{`f|exists: true`, `"f" exists`},
		{`f|exists: false`, `"f" does not exist`},
		{`f|re: 5`, `"f" =~ /5/`},
		{`f|re|i: a`, `"f" =~ /a/i`},
		{`f|re|ignorecase: a`, `"f" =~ /a/i`},
		{`f|re|m|s: ^a.b$`, `"f" =~ /^a.b$/ms`},
		{`f|re|multiline|dotall|i: a`, `"f" =~ /a/ims`},
		{`f|re: '(?i)a'`, `"f" =~ /a/i`},
		{`f|re: '(?is)a'`, `"f" =~ /a/is`},
		{`f|re: '(?i)(?s)a'`, `"f" =~ /a/is`},
		{`f|re: 'a\*b\\c'`, `"f" =~ /a\*b\\c/`},
		{`f|cidr: 10.0.0.0/8`, `"f" in 10.0.0.0/8`},
		{`f|cidr: 10.1.2.3`, `"f" in 10.1.2.3/32`},
		{`f|cidr: ::1`, `"f" in ::1/128`},
		{`f|cidr: 2001:DB8::/32`, `"f" in 2001:db8::/32`},
		{`f|lte: 5`, `"f" <= 5`},
		{`f|gt: -1.5`, `"f" > -1.5`},
		{`f|gte: 1.0`, `"f" >= 1`},
		{`f|gt: 9007199254740993`, `"f" > 9007199254740993`},
		{`f|minute: 5`, `"f" minute = 5`},
		{`f|hour|gte: 5`, `"f" hour >= 5`},
		{`f|day: 5.9`, `"f" day = 5`},
		{`f|week|lt: 5`, `"f" week < 5`},
		{`f|month|lte: 5`, `"f" month <= 5`},
		{`f|year|gt: 2020`, `"f" year > 2020`},
		{`f|expand: 'a%b%c'`, `"f" is "a"%b%"c"`},
		{`f|expand: '\%plain%name%'`, `"f" is "%plain"%name%`}, // §4.7
		{`f|expand: 'a%%b'`, `"f" is "a%%b"`},
		{`f: '%name%'`, `"f" is "%name%"`},
		{`'': foo`, `keyword is *"foo"*`},
		{`'': 'fo*o'`, `keyword is *"fo"*"o"*`},
		{`'|all': [a, b]`, `and(keyword is *"a"*, keyword is *"b"*)`},
		{`'|re': a.b`, `keyword =~ /a.b/`},
		{`'|cased': Foo`, `keyword cased is *"Foo"*`},
		{`'|contains|all': [a, b]`, `and(keyword is *"a"*, keyword is *"b"*)`},
		{`'': 4.50`, `keyword is *"4.50"*`},
		{`'|windash': -a`, `keyword is *[dash]"a"*`},
		{`'|base64offset': foobar`, `or(keyword is *"Zm9vYmFy"*, keyword is *"Zvb2Jhc"*, keyword is *"mb29iYX"*)`},
	})
}

// TestEncoders is §4.4.
func TestEncoders(t *testing.T) {
	checkLeaves(t, []leafCase{
		{`f|base64: foo`, `"f" is "Zm9v"`},
		{`f|base64offset: foobar`, `or("f" is "Zm9vYmFy", "f" is "Zvb2Jhc", "f" is "mb29iYX")`},
		{`f|wide: foo`, `"f" is "f\x00o\x00o\x00"`},
		{`f|utf16le: foo`, `"f" is "f\x00o\x00o\x00"`},
		{`f|utf16be: foo`, `"f" is "\x00f\x00o\x00o"`},
		{`f|utf16: foo`, `"f" is "\xff\xfef\x00o\x00o\x00"`},
		{`f|wide|base64offset: foo`, `or("f" is "ZgBvAG8A", "f" is "YAbwBvA", "f" is "mAG8Abw")`},
		{`f|utf16be|base64: foo`, `"f" is "AGYAbwBv"`},
		{`f|utf16|base64: foo`, `"f" is "//5mAG8AbwA="`},
		{`f|utf16|base64offset: foo`, `or("f" is "//5mAG8Abw", "f" is "/+ZgBvAG8A", "f" is "//mYAbwBvA")`},
		{`f|base64offset: fübar`, `or("f" is "ZsO8YmFy", "f" is "bDvGJhc", "f" is "mw7xiYX")`},
		{`f|wide|base64: ü`, `"f" is "/AA="`},
		{`f|base64: 'a\*'`, `"f" is "YSo="`},
		{`f|base64offset|contains: foobar`, `or("f" is *"Zm9vYmFy"*, "f" is *"Zvb2Jhc"*, "f" is *"mb29iYX"*)`},
		{`f|base64offset|contains|all: [foobar, foo]`,
			`and(or("f" is *"Zm9vYmFy"*, "f" is *"Zvb2Jhc"*, "f" is *"mb29iYX"*), or("f" is *"Zm9v"*, "f" is *"Zvb"*, "f" is *"mb2"*))`},
	})
}

// TestWindash is §4.5.
func TestWindash(t *testing.T) {
	checkLeaves(t, []leafCase{
		{`f|windash: '/foo -bar'`, `"f" is [dash]"foo "[dash]"bar"`},
		{`f|windash: a-b`, `"f" is "a-b"`},
		{`f|windash: ' - '`, `"f" is " - "`},
		{`f|windash: '-'`, `"f" is "-"`},
		{`f|windash: '--foo'`, `"f" is "-"[dash]"foo"`},
		{`f|windash: '–foo'`, `"f" is [dash]"foo"`},
		{`f|windash: '—x ―y'`, `"f" is [dash]"x "[dash]"y"`},
		{`f|windash: '-é'`, `"f" is [dash]"é"`},
		{`f|windash: 'é-b'`, `"f" is "é-b"`},
		{`f|windash: '_-b'`, `"f" is "_-b"`},
		{`f|windash: '-a -b -c -d'`, `"f" is [dash]"a "[dash]"b "[dash]"c "[dash]"d"`},
	})
}

// TestWildcards is §2.3. The text is what stands behind YAML's quotes.
func TestWildcards(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`a\*b`, `is "a*b"`},
		{`a\?b`, `is "a?b"`},
		{`a\b`, `is "a\\b"`},
		{`a\\b`, `is "a\\b"`},
		{`a\\*b`, `is "a\\"*"b"`},
		{`a\\\*b`, `is "a\\*b"`},
		{`\\\`, `is "\\\\"`},
		{`\\\\`, `is "\\\\"`},
		{`\\\\*`, `is "\\\\"*`},
		{`\\srv\share`, `is "\\srv\\share"`},
		{`\\\\srv\share`, `is "\\\\srv\\share"`},
		{`\\\srv`, `is "\\\\srv"`},
		{`end\`, `is "end\\"`},
		{`C:\Users\*\x`, `is "C:\\Users*\\x"`},
		{`a**b`, `is "a"*"b"`},
		{`a?b`, `is "a"?"b"`},
		{`*`, `is *`},
		{``, `is ""`},
		{`a?*b`, `is "a"?*"b"`},
		{`\`, `is "\\"`},
	} {
		p := &ast.Pattern{Parts: ast.ParsePattern(c.text)}
		if got := p.String(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.text, got, c.want)
		}
		if diff := cmp.Diff(p.Parts, ast.ParsePattern(p.SigmaText())); diff != "" {
			t.Errorf("%s written back as %s (-first +again):\n%s", c.text, p.SigmaText(), diff)
		}
	}
}

// TestScalars is §1.7 and §2.2: the type of a value as it is written.
func TestScalars(t *testing.T) {
	for _, c := range []struct{ text, want, code string }{
		{`foo`, `"f" is "foo"`, ""},
		{`"12"`, `"f" is "12"`, ""},
		{`'true'`, `"f" is "true"`, ""},
		{`''`, `"f" is ""`, ""},
		{`true`, `"f" = true`, ""},
		{`False`, `"f" = false`, ""},
		{`null`, `"f" is null`, ""},
		{`~`, `"f" is null`, ""},
		{``, `"f" is null`, ""},
		{`12`, `"f" = 12`, ""},
		{`-12`, `"f" = -12`, ""},
		{`+12`, `"f" = 12`, ""},
		{`0`, `"f" = 0`, ""},
		{`1.0`, `"f" = 1`, ""},
		{`1.50`, `"f" = 1.5`, ""},
		{`1.5e3`, `"f" = 1500`, ""},
		{`1e3`, `"f" is "1e3"`, ""},
		{`0o17`, `"f" is "0o17"`, ""},
		{`.inf`, `"f" is ".inf"`, ""},
		{`9007199254740993`, `"f" = 9007199254740993`, ""},
		{`184467440737095516150`, `"f" = 184467440737095516150`, ""},
		{`0x17`, `"f" = 23`, "S0005 warning"},
		{`yes`, `"f" = true`, "S0005 warning"},
		{`Off`, `"f" = false`, "S0005 warning"},
		{`y`, `"f" is "y"`, ""},
		{`017`, `"f" is "017"`, "S0005 warning"},
		{`00001`, `"f" is "00001"`, "S0005 warning"},
		{`1:30`, `"f" is "1:30"`, "S0005 warning"},
		{`1_000`, `"f" is "1_000"`, "S0005 warning"},
		{`2020-01-01`, `"f" is "2020-01-01"`, "S0005 warning"},
		{`10.0.0.1`, `"f" is "10.0.0.1"`, ""},
		{`=`, `"f" is "="`, ""},
		{`!!str 12`, `"f" is "12"`, ""},
		{`[a, 5, null]`, `or("f" is "a", "f" = 5, "f" is null)`, "S0305 warning"},
	} {
		got, codes := leaves(t, "f: "+c.text)
		if got != c.want || strings.Join(codes, ", ") != c.code {
			t.Errorf("f: %s\n got %s, %v\nwant %s, %v", c.text, got, codes, c.want, c.code)
		}
	}
}

// TestShapes is §2.1.
func TestShapes(t *testing.T) {
	for _, c := range []struct{ sel, want string }{
		{"sel: {a: x, b: y}", `and("a" is "x", "b" is "y")`},
		{"sel: [{a: x}, {b: y, c: z}]", `or("a" is "x", and("b" is "y", "c" is "z"))`},
		{"sel: [foo, bar]", `or(keyword is *"foo"*, keyword is *"bar"*)`},
		{"sel: [foo, {a: x}]", `or(keyword is *"foo"*, "a" is "x")`},
		{"sel: [[foo, bar], {a: x}]", `or(keyword is *"foo"*, keyword is *"bar"*, "a" is "x")`},
		{"sel: foo", `keyword is *"foo"*`},
		{"sel: {1: x}", `"1" is "x"`},
		{"sel: {a: [x, y]}", `or("a" is "x", "a" is "y")`},
		{"sel: {a|all: [x, y]}", `and("a" is "x", "a" is "y")`},
		{"sel: {a: x, a|contains: y}", `and("a" is "x", "a" is *"y"*)`},
		{"sel: {'a b.c-d@e': x}", `"a b.c-d@e" is "x"`},
	} {
		text := "title: T\nlogsource: {product: aws}\ndetection:\n  " + c.sel + "\n  condition: sel\n"
		queries := resolve(t, text)
		if len(queries) != 1 {
			t.Errorf("%s: %d queries", c.sel, len(queries))
			continue
		}
		if got := ast.Simplify(queries[0].Expr).String(); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.sel, got, c.want)
		}
	}
}

func resolve(t testing.TB, text string) []*ast.Query {
	t.Helper()
	res := parser.Parse(source.NewFile("rule.yml", []byte(text)))
	if len(res.Documents) != 1 {
		t.Errorf("%s\ngives %d documents: %s", text, len(res.Documents), listing(res.Diagnostics))
		return nil
	}
	queries, _ := ast.Resolve(res.Documents[0].(*ast.Rule))
	return queries
}

// parseCondition reads a condition that stands nowhere.
func parseCondition(text string) (ast.Condition, *diag.Diagnostic) {
	return parser.ParseCondition(text, func(int, int) source.Span { return source.Span{} })
}

// TestConditions is §3.1: what the grammar takes, and how it reads it.
func TestConditions(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"sel", "sel"},
		{"a or b and not c", "a or b and not c"},
		{"a or (b and (not c))", "a or b and not c"},
		{"(a or b) and not c", "(a or b) and not c"},
		{"not a and b", "not a and b"},
		{"not (a and b)", "not (a and b)"},
		{"not not a", "not not a"},
		{"1 of them", "1 of them"},
		{"any of sel*", "1 of sel*"},
		{"all of them", "all of them"},
		{"all of sel_*_x", "all of sel_*_x"},
		{"1 of sel", "1 of sel"},
		{"1 of sel-*", "1 of sel-*"},
		{"sel and not 1 of filter_*", "sel and not 1 of filter_*"},
		{"not all of them or x", "not all of them or x"},
		{"notsel", "notsel"},
		{"and1 or orx", "and1 or orx"},
		{"1abc", "1abc"},
		{"1", "1"},
		{"any", "any"},
		{"all and them", "all and them"},
		{"1 or any", "1 or any"},
		{"a-b and c_d", "a-b and c_d"},
		{"_x", "_x"},
		{"a\nand\n\tb\r\n", "a and b"},
		{"  a  ", "a"},
		{"(((a)))", "a"},
		{"1 of(them)", ""}, // a selector takes no parentheses
		{"(1 of them)and(b)", "1 of them and b"},
	} {
		got, fault := parseCondition(c.text)
		switch {
		case c.want == "" && fault == nil:
			t.Errorf("%q was read as %s", c.text, got)
		case c.want == "":
		case fault != nil:
			t.Errorf("%q: %v", c.text, fault)
		case got.String() != c.want:
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
}

// TestConditionsRefused is the other half of §3.1.
func TestConditionsRefused(t *testing.T) {
	for _, text := range []string{
		"", " ", "a AND b", "NOT a", "a Or b", "2 of sel*", "3 of them", "1 OF them", "1 of (a, b)", "all of", "of them",
		"a b", "a and", "and a", "not", "(a", "a)", "()", "a & b", "a, b", "a == b", "sel*", "a or filter_*",
		"a | count() > 5", "a|near b", "a and (b", "ä", "a\u00a0and b", "none of them", "1 of not", "a not b", "0 of them",
	} {
		if got, fault := parseCondition(text); fault == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}

// TestSelectors is §3.2.
func TestSelectors(t *testing.T) {
	const rule = "title: T\nlogsource: {product: aws}\ndetection:\n  sel_a: {a: x}\n  sel_b: {b: y}\n  _hid: {h: z}\n  other: {o: w}\n  condition: "
	const a, b, o, h = `"a" is "x"`, `"b" is "y"`, `"o" is "w"`, `"h" is "z"`
	for _, c := range []struct{ condition, want string }{
		{"1 of them", "or(" + a + ", " + b + ", " + o + ")"},
		{"all of them", "and(" + a + ", " + b + ", " + o + ")"},
		{"1 of sel_*", "or(" + a + ", " + b + ")"},
		{"all of sel*", "and(" + a + ", " + b + ")"},
		{"1 of *", "or(" + a + ", " + b + ", " + o + ")"},
		{"any of _*", h},
		{"1 of sel_a", a},
		{"all of *_b", b},
		{"not 1 of sel_*", "not(or(" + a + ", " + b + "))"},
		{"_hid and other", "and(" + h + ", " + o + ")"},
		{"[sel_a, other]", a + "; " + o},
	} {
		var got []string
		for _, q := range resolve(t, rule+c.condition+"\n") {
			got = append(got, q.Expr.String())
		}
		if diff := cmp.Diff(c.want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.condition, diff)
		}
	}
}

// TestModifierTable holds the list of modifiers against the specification's
// (§4.2): none is missing, none is without a sentence.
func TestModifierTable(t *testing.T) {
	want := strings.Fields(`all base64 base64offset cased cidr contains day dotall endswith exists expand fieldref gt gte hour i
		ignorecase lt lte m minute month multiline neq re s startswith utf16 utf16be utf16le week wide windash year`)
	var got []string
	for _, m := range parser.Modifiers() {
		got = append(append(got, m.Name), m.Aliases...)
		if m.Summary == "" {
			t.Errorf("%s has no summary", m.Name)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("modifiers (-want +got):\n%s", diff)
	}
}

// ruleWith is a rule with a detection of its own, for fuzzing.
func ruleWith(detection string) string {
	return fmt.Sprintf("title: T\nlogsource: {product: aws}\ndetection:\n%s", detection)
}
