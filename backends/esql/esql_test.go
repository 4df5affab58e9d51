package esql

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	sigma "sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
)

// The expected texts follow the table of leaves in doc.go and the measured
// emissions it is drawn from, not what the printer prints.

func convert(t testing.TB, e sigma.Expr, fields ...string) *backends.Output {
	t.Helper()
	out, err := New().Convert(query(e, fields...), backends.Options{Compact: true})
	if err != nil {
		t.Fatalf("Convert(%s): %v", e, err)
	}
	return out
}

func query(e sigma.Expr, fields ...string) *sigma.Query {
	rule := &sigma.Rule{}
	for _, f := range fields {
		rule.Fields = append(rule.Fields, sigma.Text{Value: f})
	}
	return &sigma.Query{Rule: rule, Expr: e}
}

func leafOf(f sigma.Field, v sigma.Value) *sigma.Match {
	if _, ok := v.(*sigma.Keyword); ok {
		f = sigma.Field{}
	}
	return &sigma.Match{Field: f, Value: v}
}

func leaf(name string, v sigma.Value) *sigma.Match { return leafOf(sigma.Field{Name: name}, v) }

func text(s string) *sigma.Pattern { return &sigma.Pattern{Parts: sigma.ParsePattern(s)} }

func cased(s string) *sigma.Pattern {
	return &sigma.Pattern{Parts: sigma.ParsePattern(s), Cased: true}
}

func num(s string) *sigma.Number {
	d, ok := sigma.ParseDecimal(s)
	if !ok {
		panic(s)
	}
	return &sigma.Number{Decimal: d, Lexeme: s}
}

func cidr(s string) *sigma.CIDR { return &sigma.CIDR{Prefix: netip.MustParsePrefix(s)} }

func re(s string) *sigma.Regex { return &sigma.Regex{Source: s} }

func not(e sigma.Expr) sigma.Expr    { return &sigma.Not{Term: e} }
func and(e ...sigma.Expr) sigma.Expr { return &sigma.And{Terms: e} }
func or(e ...sigma.Expr) sigma.Expr  { return &sigma.Or{Terms: e} }

func codes(notes []backends.Note) string {
	var out []string
	for _, n := range notes {
		out = append(out, string(n.Code))
	}
	return strings.Join(out, " ")
}

const other = `QSTR("g:/[Zz]/")`

func otherLeaf() sigma.Expr { return leaf("g", text("z")) }

// leafCases are all kinds of leaves over a field of which nothing is known.
// computed tells that the text is null for a missing field.
var leafCases = []struct {
	name     string
	value    sigma.Value
	text     string
	computed bool
	notes    string
}{
	{"exact", text("Ab1"), `QSTR("f:/[Aa][Bb]1/")`, false, "field-type"},
	{"exact orbits", text("ksσ"), `QSTR("f:/[Kk` + "\u212a" + `][Ssſ][Σςσ]/")`, false, "field-type"},
	{"prefix", text("ab*"), `QSTR("f:/[Aa][Bb].*/")`, false, "field-type"},
	{"suffix", text("*ab"), `QSTR("f:/.*[Aa][Bb]/")`, false, "field-type"},
	{"contains", text("*ab*"), `QSTR("f:/.*[Aa][Bb].*/")`, false, "field-type"},
	{"any", text("*"), `QSTR("f:*")`, false, ""},
	{"empty", text(""), `QSTR("f:\"\"")`, false, "field-type"},
	{"inner *", text("a*b"), `QSTR("f:/[Aa].*[Bb]/")`, false, "field-type"},
	{"?", text("a?b"), `QSTR("f:/[Aa].[Bb]/")`, false, "field-type"},
	{"dash", &sigma.Pattern{Parts: []sigma.Part{sigma.AnyRun{}, sigma.Literal(" "), sigma.Dash{}, sigma.Literal("x"), sigma.AnyRun{}}}, `QSTR("f:/.* [\\-\\/–—―][Xx].*/")`, false, "field-type"},
	{"no case", text("10.1.2.3"), `QSTR("f:10.1.2.3")`, false, "field-type"},
	{"no case, quoted", text(`-"\\`), `QSTR("f:\"-\\\"\\\\\"")`, false, "field-type"},
	{"literal *", text(`\**`), `QSTR("f:/\\*.*/")`, false, "field-type"},
	{"backslash at the end", text(`*a\`), `QSTR("f:/(.*[Aa]\\\\)/")`, false, "field-type"},
	{"metacharacters", text(`?.+|{}[]()"#@&<>~^$/-`), `QSTR("f:/.\\.\\+\\|\\{\\}\\[\\]\\(\\)\\\"\\#\\@\\&\\<\\>\\~\\^\\$\\/-/")`, false, "field-type"},
	{"controls", text("a\n\t\r\x01*"), "QSTR(\"f:/[Aa]\\n\\t\\r\x01.*/\")", false, "field-type"},
	{"NUL", text("*\x00"), "QSTR(\"f:/.*\x00/\")", false, "field-type"},
	{"cased exact", cased("Ab"), `QSTR("f:Ab")`, false, "field-type"},
	{"cased word", cased("NOT"), `QSTR("f:\"NOT\"")`, false, "field-type"},
	{"cased prefix", cased("Ab*"), `QSTR("f:/Ab.*/")`, false, "field-type"},
	{"number text", text("12"), `QSTR("f:12")`, false, "field-type number-spelling"},
	{"number like", text("1*"), `QSTR("f:/1.*/")`, false, "field-type number-spelling"},
	{"boolean text", text("True"), `QSTR("f:(true OR /[Tt][Rr][Uu][Ee]/)")`, false, "field-type"},
	{"number", num("12"), `QSTR("f:12")`, false, "field-type number-spelling"},
	{"negative", num("-5"), `QSTR("f:\"-5\"")`, false, "field-type number-spelling"},
	{"bool", &sigma.Bool{}, `QSTR("f:(false OR /[Ff][Aa][Ll][Ssſ][Ee]/)")`, false, "field-type"},
	{"regex", re("^a.b"), `QSTR("f:/a[^\n]b.*/")`, false, "field-type"},
	{"cidr v4", cidr("10.0.0.0/8"), `QSTR("f:/10(\\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}/")`, false, "field-type"},
	{"cidr host", cidr("10.1.2.3/32"), `QSTR("f:10.1.2.3")`, false, "field-type"},
	{"comparison", &sigma.Comparison{Op: sigma.GreaterOrEqual, Number: num("12")}, `QSTR("f:>=12")`, false, "field-type"},
	{"hour", &sigma.TimePart{Unit: sigma.Hour, N: 5}, `DATE_EXTRACT("HOUR_OF_DAY", TO_DATETIME(f)) == 5`, true, "single-value field-type"},
	{"week", &sigma.TimePart{Unit: sigma.Week, Op: sigma.Less, N: 5}, `(DATE_EXTRACT("DAY_OF_YEAR", DATE_TRUNC(1 week, TO_DATETIME(f)) + 3 days) + 6) / 7 < 5`, true, "single-value field-type"},
	{"exists", &sigma.Exists{Want: true}, `QSTR("f:*")`, false, "null-not-indexed"},
	{"reference", &sigma.FieldRef{Field: sigma.Field{Name: "h"}}, `MV_COUNT(MV_DEDUPE(MV_APPEND(TO_LOWER(f), TO_LOWER(h)))) < MV_COUNT(MV_DEDUPE(TO_LOWER(f))) + MV_COUNT(MV_DEDUPE(TO_LOWER(h)))`, true, "ascii-folding field-type number-spelling"},
	{"keyword", &sigma.Keyword{Value: text("*ab*")}, `QSTR("message:/.*[Aa][Bb].*/")`, false, "message-field field-type"},
	{"keyword, inner *", &sigma.Keyword{Value: cased("*a*b*")}, `QSTR("message:/.*a[^\n]*b.*/")`, false, "message-field field-type"},
	{"keyword, number", &sigma.Keyword{Value: num("12")}, `QSTR("message:/.*12.*/")`, false, "message-field field-type"},
	{"keyword, regex", &sigma.Keyword{Value: re("^a$")}, `QSTR("message:/(.*\n)?a(\n.*)?/")`, false, "message-field field-type"},
	{"keyword, any", &sigma.Keyword{Value: text("*")}, `QSTR("message:*")`, false, "message-field field-type"},
}

func TestLeaves(t *testing.T) {
	for _, c := range leafCases {
		t.Run(c.name, func(t *testing.T) {
			l := leaf("f", c.value)
			where, negated := c.text, c.text
			if c.computed {
				negated = "COALESCE(" + where + ", false)"
			}
			expect(t, l, where)
			expect(t, not(l), "NOT "+negated)
			expect(t, or(l, otherLeaf()), where+" OR "+other)
			expect(t, not(and(l, otherLeaf())), "NOT ("+negated+" AND "+other+")")
			expect(t, not(not(l)), where)
			if got := codes(convert(t, l).Notes); got != c.notes {
				t.Errorf("notes of %s: %q, expected %q", l, got, c.notes)
			}
		})
	}
}

func expect(t *testing.T, e sigma.Expr, where string) {
	t.Helper()
	if got, want := convert(t, e).Query, "FROM * | WHERE "+where; got != want {
		t.Errorf("%s\n got %s\nwant %s", e, got, want)
	}
}

// Null and exists: false are negations by themselves.
func TestAbsence(t *testing.T) {
	for _, v := range []sigma.Value{&sigma.Null{}, &sigma.Exists{}} {
		l := leaf("f", v)
		expect(t, l, `NOT QSTR("f:*")`)
		expect(t, not(l), `QSTR("f:*")`)
		expect(t, or(l, otherLeaf()), `NOT QSTR("f:*") OR `+other)
		expect(t, not(and(l, otherLeaf())), `NOT (NOT QSTR("f:*") AND `+other+`)`)
	}
}

// Parts of a reference need a text that is not empty.
func TestReferences(t *testing.T) {
	for mode, test := range map[sigma.RefMode]string{
		sigma.RefStartsWith: `STARTS_WITH(TO_LOWER(f), TO_LOWER(h))`,
		sigma.RefEndsWith:   `ENDS_WITH(TO_LOWER(f), TO_LOWER(h))`,
		sigma.RefContains:   `LOCATE(TO_LOWER(f), TO_LOWER(h)) > 0`,
	} {
		l := leaf("f", &sigma.FieldRef{Field: sigma.Field{Name: "h"}, Mode: mode})
		expect(t, l, test+` AND h != ""`)
		expect(t, not(l), `NOT COALESCE(`+test+` AND h != "", false)`)
		expect(t, or(l, otherLeaf()), `(`+test+` AND h != "") OR `+other)
		expect(t, not(and(l, otherLeaf())), `NOT (COALESCE(`+test+`, false) AND COALESCE(h != "", false) AND `+other+`)`)
	}
}

func TestTraits(t *testing.T) {
	one := sigma.SingleValued
	keyword := sigma.Field{Name: "f", Type: sigma.TypeKeyword, Multi: one, Case: sigma.CaseCanonical}
	folded := sigma.Field{Name: "f", Type: sigma.TypeKeyword, Multi: one, Case: sigma.CaseFolded}
	long := sigma.Field{Name: "f", Type: sigma.TypeLong, Multi: one}
	ip := sigma.Field{Name: "f", Type: sigma.TypeIP, Multi: one}
	boolean := sigma.Field{Name: "f", Type: sigma.TypeBoolean, Multi: one}
	flattened := sigma.Field{Name: "f", Type: sigma.TypeFlattened}
	gt := &sigma.Comparison{Op: sigma.Greater, Number: num("12")}
	cases := []struct {
		field    sigma.Field
		value    sigma.Value
		text     string
		computed bool
		notes    string
	}{
		{keyword, text("Ab"), `f == "Ab"`, true, ""},
		{keyword, text("Ab*"), `f LIKE "Ab*"`, true, ""},
		{keyword, text(`*C:\\x\*?`), `f LIKE "*C:\\\\x\\*?"`, true, ""},
		{keyword, num("12"), `f == "12"`, true, ""},
		{keyword, &sigma.Bool{Value: true}, `f == "true"`, true, ""},
		{keyword, re("a"), `QSTR("f:/.*a.*/")`, false, ""},
		{keyword, cidr("10.0.0.0/24"), `QSTR("f:/10\\.0\\.0\\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])/")`, false, ""},
		{keyword, text("*"), `f IS NOT NULL`, false, ""},
		{keyword, gt, `QSTR("f:/[\\-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][\\-+]?[0-9]+)?/") AND TO_DOUBLE(f) > 12`, false, "number-spelling"},
		{sigma.Field{Name: "f", Type: sigma.TypeKeyword, Case: sigma.CaseCanonical}, text("Ab"), `f : "Ab"`, false, ""},
		{sigma.Field{Name: "f", Type: sigma.TypeKeyword, Case: sigma.CaseCanonical}, text("Ab*"), `QSTR("f:/Ab.*/")`, false, ""},
		{sigma.Field{Name: "f", Type: sigma.TypeKeyword, Case: sigma.CaseCanonical}, num("12"), `f : "12"`, false, ""},
		{folded, text("Ab"), `f == "ab"`, true, ""},
		{folded, text("ÄB*"), `f LIKE "äb*"`, true, ""},
		{folded, &sigma.Bool{}, `f == "false"`, true, ""},
		{sigma.Field{Name: "f", Type: sigma.TypeKeyword, Multi: sigma.MultiValued, Case: sigma.CaseFolded}, text("Ab"), `f : "ab"`, false, ""},
		{sigma.Field{Name: "f", Type: sigma.TypeText, Multi: one, Case: sigma.CaseCanonical}, text("*Ab"), `f LIKE "*Ab"`, true, ""},
		{sigma.Field{Name: "f", Type: sigma.TypeText, Multi: one, Case: sigma.CaseFolded}, text("*Ab"), `f RLIKE ".*[Aa][Bb]"`, true, ""},
		{sigma.Field{Name: "f", Type: sigma.TypeKeyword, Multi: one}, text("Ab"), `QSTR("f:/[Aa][Bb]/")`, false, ""},
		{sigma.Field{Name: "f", Type: sigma.TypeKeyword, Multi: one}, cased("Ab"), `f == "Ab"`, true, ""},
		{sigma.Field{Name: "f", Type: sigma.TypeText}, text("Ab*"), `f RLIKE "[Aa][Bb].*"`, true, "single-value"},
		{long, num("12"), `f == 12`, true, ""},
		{long, num("12.5"), `FALSE`, false, ""},
		{long, gt, `f > 12`, true, ""},
		{long, text("1*"), `TO_STRING(f) RLIKE "1.*"`, true, ""},
		{sigma.Field{Name: "f", Type: sigma.TypeLong}, gt, `QSTR("f:>12")`, false, ""},
		{sigma.Field{Name: "f", Type: sigma.TypeDouble}, num("12.5"), `f : 12.5`, false, ""},
		{sigma.Field{Name: "f", Type: sigma.TypeBoolean, Multi: sigma.MultiValued}, text("TRUE"), `f : true`, false, ""},
		{boolean, &sigma.Bool{Value: true}, `f == true`, true, ""},
		{boolean, text("FALSE"), `f == false`, true, ""},
		{boolean, num("1"), `FALSE`, false, ""},
		{ip, cidr("10.0.0.0/8"), `CIDR_MATCH(f, "10.0.0.0/8")`, true, ""},
		{sigma.Field{Name: "f", Type: sigma.TypeIP}, cidr("2001:db8::/32"), `f : "2001:db8::/32"`, false, ""},
		{sigma.Field{Name: "f", Type: sigma.TypeIP}, text("2001:DB8::1"), `f : "2001:db8::1"`, false, "field-type"},
		{ip, text("AWS Internal"), `FALSE`, false, ""},
		{ip, text("2001:db8:0::1"), `FALSE`, false, "field-type"},
		{ip, text("10.1.*"), `TO_STRING(f) RLIKE "10\\.1\\..*"`, true, "field-type"},
		{ip, text("10.1.2.3"), `f == "10.1.2.3"`, true, "field-type"},
		// A key of a flattened field has no column; measured on Elasticsearch 8.19.21.
		{flattened, text("Ab"), `QSTR("f:Ab")`, false, "single-value letter-case"},
		{flattened, cased("A b"), `QSTR("f:\"A b\"")`, false, "single-value"},
		{flattened, text("a:*"), `QSTR("f:a\\:*")`, false, "single-value letter-case"},
		{flattened, text("*"), `QSTR("f:*")`, false, "single-value"},
		{flattened, num("12"), `QSTR("f:12")`, false, "single-value number-spelling"},
		{flattened, &sigma.Bool{Value: true}, `QSTR("f:true")`, false, "single-value letter-case"},
		{flattened, &sigma.Null{}, `NOT QSTR("f:*")`, false, "single-value"},
		{flattened, &sigma.Exists{Want: true}, `QSTR("f:*")`, false, "single-value null-not-indexed"},
		{sigma.Field{Name: "f", Type: sigma.TypeFlattened, Case: sigma.CaseCanonical}, text("Yes"), `QSTR("f:Yes")`, false, "single-value"},
		{sigma.Field{Name: "f", Type: sigma.TypeDate, Multi: one}, &sigma.TimePart{Unit: sigma.Year, N: 2024}, `DATE_EXTRACT("YEAR", f) == 2024`, true, "field-type"},
	}
	for _, c := range cases {
		l := leafOf(c.field, c.value)
		expect(t, l, c.text)
		if got := codes(convert(t, l).Notes); got != c.notes {
			t.Errorf("notes of %s: %q, expected %q", c.text, got, c.notes)
		}
		if c.computed {
			expect(t, not(l), "NOT COALESCE("+c.text+", false)")
			expect(t, not(and(l, otherLeaf())), "NOT (COALESCE("+c.text+", false) AND "+other+")")
		}
	}
	expect(t, leafOf(keyword, &sigma.Null{}), "f IS NULL")
	expect(t, not(leafOf(keyword, &sigma.Null{})), "f IS NOT NULL")
}

// Where a schema names the index, the rows keep the identity of their documents.
func TestSource(t *testing.T) {
	for index, want := range map[string]string{
		"":                      "FROM *",
		"logs-aws.cloudtrail-*": "FROM logs-aws.cloudtrail-* METADATA _id, _index",
		"winlogbeat-*,logs-*":   "FROM winlogbeat-*,logs-* METADATA _id, _index",
		`eu:logs "x" | DROP a`:  `FROM "eu:logs \"x\" | DROP a" METADATA _id, _index`,
	} {
		out, err := New().Convert(&sigma.Query{Expr: otherLeaf()}, backends.Options{Compact: true, Source: backends.Source{Index: index}})
		if err != nil || out.Query != want+" | WHERE "+other {
			t.Errorf("%q: got %s (%v)", index, out.Query, err)
		}
	}
}

// One COALESCE stands around an operand of NOT that no search is part of.
func TestCoalesce(t *testing.T) {
	k := func(name, v string) sigma.Expr {
		return leafOf(sigma.Field{Name: name, Type: sigma.TypeKeyword, Multi: sigma.SingleValued, Case: sigma.CaseCanonical}, text(v))
	}
	expect(t, not(and(k("a", "X"), or(k("b", "Y"), k("c", "Z")))), `NOT COALESCE(a == "X" AND (b == "Y" OR c == "Z"), false)`)
	expect(t, not(or(k("a", "*"), k("b", "Y"), k("c", "*"))), `a IS NULL AND c IS NULL AND NOT COALESCE(b == "Y", false)`)
	expect(t, not(or(not(k("a", "*")), k("a", ""), k("b", "Y"))), `a IS NOT NULL AND NOT COALESCE(a == "" OR b == "Y", false)`)
	expect(t, and(k("z", "Z"), not(or(k("a", "*"), k("c", "*")))), `z == "Z" AND a IS NULL AND c IS NULL`)
	expect(t, or(k("z", "Z"), not(or(k("a", "*"), k("b", "Y")))), `z == "Z" OR (a IS NULL AND NOT COALESCE(b == "Y", false))`)
	expect(t, not(not(or(k("a", "*"), k("b", "Y")))), `a IS NOT NULL OR b == "Y"`)
	expect(t, not(or(k("a", "X"), not(k("b", "Y")))), `NOT COALESCE(a == "X" OR NOT COALESCE(b == "Y", false), false)`)
	expect(t, and(k("a", "X"), not(or(and(k("b", "Y"), k("c", "Z")), otherLeaf()))), `a == "X" AND NOT (COALESCE(b == "Y" AND c == "Z", false) OR `+other+`)`)
	expect(t, or(k("a", "X"), k("a", "Y"), k("a", "Z*")), `a IN ("X", "Y") OR a LIKE "Z*"`)
}

// A test for no value must not take others with it: see absent.go.
func TestAbsenceBesideOthers(t *testing.T) {
	k := func(name, v string) sigma.Expr {
		return leafOf(sigma.Field{Name: name, Type: sigma.TypeKeyword, Multi: sigma.SingleValued, Case: sigma.CaseCanonical}, text(v))
	}
	none := func(name string) sigma.Expr { return not(k(name, "*")) }
	expect(t, and(none("a"), or(k("a", "X"), k("b", "Y"))), `MV_COUNT(a) IS NULL AND (a == "X" OR b == "Y")`)
	expect(t, and(none("a"), not(and(k("a", "X"), k("b", "Y")))), `MV_COUNT(a) IS NULL AND NOT COALESCE(a == "X" AND b == "Y", false)`)
	expect(t, and(none("a"), or(none("a"), k("b", "Y"))), `MV_COUNT(a) IS NULL AND (a IS NULL OR b == "Y")`)
	expect(t, not(and(none("a"), or(k("a", "X"), k("b", "Y")))), `NOT COALESCE(MV_COUNT(a) IS NULL AND (a == "X" OR b == "Y"), false)`)
	expect(t, and(none("a"), or(k("a", "X"), k("a", "Z*"), k("a", "Y"))), `MV_COUNT(a) IS NULL AND (a IN ("X", "Y") OR a LIKE "Z*")`)
	expect(t, and(none("a"), k("b", "Y")), `a IS NULL AND b == "Y"`)
	expect(t, or(none("a"), k("a", "Y")), `a IS NULL OR a == "Y"`)
}

func TestLists(t *testing.T) {
	list := func(vs ...sigma.Value) sigma.Expr {
		var terms []sigma.Expr
		for _, v := range vs {
			terms = append(terms, leaf("f", v))
		}
		return or(terms...)
	}
	expect(t, list(text("a"), text("b"), text("c*"), text("*d"), text("*e*"), text("f*")),
		`QSTR("f:(/([Aa]|[Bb])/ OR /([Cc]|[Ff]).*/ OR /.*[Dd]/ OR /.*[Ee].*/)")`)
	expect(t, list(text("1.2.3.4"), num("7"), text("x"), re("^y")), `QSTR("f:(1.2.3.4 OR 7 OR /[Xx]/ OR /y.*/)")`)
	expect(t, list(text("a"), &sigma.Null{}), `QSTR("f:/[Aa]/") OR NOT QSTR("f:*")`)
	expect(t, or(leaf("", &sigma.Keyword{Value: text("*a*")}), leaf("", &sigma.Keyword{Value: text("*b*")})), `QSTR("message:/.*([Aa]|[Bb]).*/")`)
}

func TestPretty(t *testing.T) {
	out, err := New().Convert(query(and(leaf("eventName", text("a")), not(leaf("by", text("b")))), "eventName", "user.1x", "eventName"), backends.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := "FROM *\n| WHERE QSTR(\"eventName:/[Aa]/\") AND NOT QSTR(\"by:/[Bb]/\")"
	if out.Query != want {
		t.Errorf("got\n%s\nwant\n%s", out.Query, want)
	}
	if got := out.Notes[0].Text; got != "field types assumed: keyword (eventName, by)" {
		t.Errorf("note: %s", got)
	}
}

func TestConstants(t *testing.T) {
	expect(t, &sigma.And{}, "TRUE")
	expect(t, &sigma.Or{}, "FALSE")
	expect(t, not(leaf("f", re(`[^\x00-\x{10FFFF}]`))), "TRUE")
}

// TestLoweredRegex runs over what does not tell letters from their fellows.
func TestLoweredRegex(t *testing.T) {
	lowered := sigma.Field{Name: "f", Type: sigma.TypeKeyword, Case: sigma.CaseFolded}
	for _, source := range []string{`[0-9]{3}`, `[^0-9]`, `\d+-.`, `(?i)[a-f]x`} {
		if _, err := New().Convert(query(leafOf(lowered, re(source))), backends.Options{}); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	deep := otherLeaf()
	for i := range 60 {
		deep = or(leaf("f", text(fmt.Sprint("a", i))), and(leaf("g", text(fmt.Sprint("b", i))), not(deep)))
	}
	double := sigma.Field{Name: "f", Type: sigma.TypeDouble}
	lowered := sigma.Field{Name: "f", Type: sigma.TypeKeyword, Case: sigma.CaseFolded}
	for _, c := range []struct {
		expr    sigma.Expr
		feature backends.Feature
	}{
		{leaf("f", text("a\xff")), backends.FeatureBytes},
		{leaf("", &sigma.Keyword{Value: text("a\xff")}), backends.FeatureBytes},
		{leaf("f*", text("a")), backends.FeatureFieldName},
		{leaf("_exists_", text("a")), backends.FeatureFieldName},
		{leaf("f\xff", text("a")), backends.FeatureFieldName},
		{leaf("f", &sigma.FieldRef{Field: sigma.Field{Name: "\xff"}}), backends.FeatureFieldName},
		{leaf("f", re("a^b")), backends.FeatureRegexSyntax},
		{leaf("f", re(`a\bb`)), backends.FeatureRegexSyntax},
		{leaf("f", re("(")), backends.FeatureRegexSyntax},
		{leaf("", &sigma.Keyword{Value: re("(")}), backends.FeatureRegexSyntax},
		{leaf("", &sigma.Keyword{Value: &sigma.Null{}}), backends.FeatureKeyword},
		{leaf("f", re("(^|a.{20})$")), backends.FeatureSize},
		{leafOf(double, text("1*")), backends.FeatureWildcard},
		{leafOf(sigma.Field{Name: "f", Type: sigma.TypeFlattened}, text("*a")), backends.FeatureWildcard},
		{leafOf(sigma.Field{Name: "f", Type: sigma.TypeFlattened}, re("a")), backends.FeatureRegex},
		{leafOf(sigma.Field{Name: "f", Type: sigma.TypeFlattened}, cidr("10.0.0.0/8")), backends.FeatureCIDR},
		{leafOf(sigma.Field{Name: "f", Type: sigma.TypeFlattened}, &sigma.Comparison{Op: sigma.Less, Number: num("1")}), backends.FeatureComparison},
		{leafOf(double, num("9007199254740993")), backends.FeatureComparison},
		{leafOf(sigma.Field{Name: "f", Type: sigma.TypeIP}, cidr("::/0")), backends.FeatureIPv6},
		{leafOf(sigma.Field{Name: "f", Type: sigma.TypeIP}, &sigma.TimePart{}), backends.FeatureTimePart},
		{leafOf(lowered, re("[0-9]a")), backends.FeatureCased},
		{leafOf(lowered, re("[a-f]")), backends.FeatureCased},
		{leafOf(lowered, &sigma.TimePart{}), backends.FeatureTimePart},
		{leaf("f", &sigma.FieldRef{Field: sigma.Field{Name: "g", Type: sigma.TypeIP}}), backends.FeatureFieldRef},
		{leaf("f", &sigma.Pattern{Parts: []sigma.Part{sigma.Placeholder{Name: "x"}}}), backends.FeaturePlaceholder},
		{deep, backends.FeatureSize},
	} {
		_, err := New().Convert(query(c.expr), backends.Options{})
		var u *backends.Unsupported
		if !errors.As(err, &u) || u.Feature != c.feature || u.Backend != "esql" {
			t.Errorf("%s: %v, expected a refusal of %q", c.expr, err, c.feature)
		}
	}
}

// Limits: an expression stays under index.max_regex_length, long and complex
// strings leave the index, and long lists leave it together.
func TestLimits(t *testing.T) {
	expressions := func(text string) (longest int) {
		for _, part := range strings.Split(text, "/") {
			longest = max(longest, regexUnits(part))
		}
		return longest
	}
	var terms []sigma.Expr
	for i := range 80 {
		terms = append(terms, leaf("f", text(fmt.Sprintf("*md5=%032x*", i*7919))))
	}
	out := convert(t, or(terms...))
	if n := expressions(out.Query); n > maxRegex || n < maxRegex/2 || !strings.Contains(out.Query, "/ OR /") {
		t.Errorf("a list makes expressions of %d units", n)
	}
	for i := range 3000 {
		terms = append(terms, leaf("f", text(fmt.Sprintf("*md5=%032x*", (i+100)*7919))))
	}
	out = convert(t, or(terms...))
	if !strings.HasPrefix(out.Query, `FROM * | WHERE REPLACE(MV_CONCAT(f, "\n"), "(?is)md5=00000`) || !strings.HasSuffix(out.Query, `", "") != MV_CONCAT(f, "\n")`) {
		t.Errorf("a long list: %.200s", out.Query)
	}
	if got := codes(out.Notes); got != "field-type" {
		t.Errorf("its notes: %s", got)
	}
	long := strings.Repeat("aK", 300)
	expect(t, not(leaf("f", text(long))), `NOT COALESCE(REPLACE(f, "(?is)\\A`+strings.Repeat("a[Kk\u212a]", 300)+`\\z", "") != f, false)`)
	expect(t, leaf("f", cased("*a??????????????b.")), `REPLACE(f, "(?is)(?-i:a..............b\\.)\\z", "") != f`)
	expect(t, leaf("f", re("a.{20}b")), `REPLACE(f, "(?is)\\A(?-i:.*a[^\n]{20}b.*)\\z", "") != f`)
	expect(t, leaf("f", re("^("+strings.Repeat("a", 1001)+")$")), `CONCAT(f, "") RLIKE "`+strings.Repeat("a", 1001)+`"`)
}

func TestManyMembers(t *testing.T) {
	var terms []sigma.Expr
	for i := range 2500 {
		terms = append(terms, leaf(fmt.Sprint("f", i), text("a")))
	}
	out := convert(t, and(terms...))
	longest, run := 0, 0
	for _, part := range strings.Split(strings.NewReplacer("(QSTR", "\x00QSTR", `") AND`, "\x01").Replace(out.Query), "\x00") {
		run = strings.Count(part, "\x01")
		longest = max(longest, run)
	}
	if longest > maxMembers {
		t.Errorf("a group of %d members", longest)
	}
}

func TestIdentity(t *testing.T) {
	b := New()
	if b.Name() != "esql" || b.Aliases()[0] != "es|ql" || b.Language() != "ES|QL" || b.Extension() != ".esql" {
		t.Error("the names have changed")
	}
	if _, err := b.Convert(&sigma.Query{Expr: otherLeaf()}, backends.Options{}); err != nil {
		t.Errorf("a query without a rule: %v", err)
	}
	span := source.Span{File: source.NewFile("x", []byte("abc")), Start: 1, End: 2}
	_, err := b.Convert(query(&sigma.Match{Field: sigma.Field{Name: "f"}, Value: &sigma.Regex{Source: "a^b", Span: span}}), backends.Options{})
	var u *backends.Unsupported
	if !errors.As(err, &u) || u.Span != span {
		t.Errorf("the refusal's place: %v", err)
	}
}

// Every kind of value has a case above.
func TestEveryKind(t *testing.T) {
	seen := map[string]bool{"*ast.Null": true, "*ast.Members": true} // TestAbsence; backends.Prepare refuses
	for _, c := range leafCases {
		seen[fmt.Sprintf("%T", c.value)] = true
	}
	files, err := filepath.Glob("../../ast/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("the package ast was not found", err)
	}
	kinds := 0
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Name.Name != "value" || fn.Recv == nil || fn.Type.Params.NumFields()+fn.Type.Results.NumFields() > 0 {
				continue
			}
			kinds++
			name := "*ast." + fn.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
			if !seen[name] {
				t.Errorf("no case for %s", name)
			}
		}
	}
	if kinds == 0 {
		t.Error("no kinds of values found")
	}
}

func BenchmarkConvert(b *testing.B) {
	small := query(and(leaf("eventSource", text("iam.amazonaws.com")), or(leaf("eventName", text("CreateUser")), leaf("eventName", text("DeleteUser")), leaf("eventName", text("Put*"))),
		not(leaf("userAgent", text("*aws-cli*")))), "eventName")
	var terms []sigma.Expr
	for i := range 3000 {
		terms = append(terms, leaf("f", text(fmt.Sprintf("*md5=%032x*", i*7919))))
	}
	for _, c := range []struct {
		name string
		q    *sigma.Query
	}{
		{"small", small},
		{"inner", query(leaf("f", text("*foo*bar*.exe*")))},
		{"regex", query(leaf("f", re(`(?:cmd|powershell)\.exe\s+[/-]c\s+.*\bwhoami`)))},
		{"hashes", query(or(terms...))},
		{"hashes80", query(or(terms[:80]...))},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := New().Convert(c.q, backends.Options{}); err != nil && c.name != "regex" {
					b.Fatal(err)
				}
			}
		})
	}
}
