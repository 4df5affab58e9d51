package kql

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/backends"
)

func field(name string) ast.Field { return ast.Field{Name: name} }

func match(name string, v ast.Value) *ast.Match { return &ast.Match{Field: field(name), Value: v} }

// str is a pattern in Sigma's notation.
func str(s string) *ast.Pattern { return &ast.Pattern{Parts: ast.ParsePattern(s)} }

func cased(s string) *ast.Pattern { return &ast.Pattern{Parts: ast.ParsePattern(s), Cased: true} }

func parts(p ...ast.Part) *ast.Pattern { return &ast.Pattern{Parts: p} }

func number(s string) *ast.Number {
	d, ok := ast.ParseDecimal(s)
	if !ok {
		panic(s)
	}
	return &ast.Number{Decimal: d, Lexeme: s}
}

func network(s string) *ast.CIDR { return &ast.CIDR{Prefix: netip.MustParsePrefix(s)} }

func kw(v ast.Value) *ast.Match {
	if p, ok := v.(*ast.Pattern); ok {
		v = p.Contains()
	}
	return &ast.Match{Value: &ast.Keyword{Value: v}}
}

func convert(e ast.Expr, compact bool) (*backends.Output, error) {
	return New().Convert(&ast.Query{Rule: &ast.Rule{}, Expr: e}, backends.Options{Compact: compact})
}

func not(e ast.Expr) ast.Expr    { return &ast.Not{Term: e} }
func and(e ...ast.Expr) ast.Expr { return &ast.And{Terms: e} }
func or(e ...ast.Expr) ast.Expr  { return &ast.Or{Terms: e} }
func codes(o []backends.Note) string {
	var c []string
	for _, n := range o {
		c = append(c, string(n.Code))
	}
	return strings.Join(c, " ")
}

// leafCase is a leaf in each surrounding. g has a value without letters, so
// that it brings one note only, on its type.
type leafCase struct {
	name                   string
	leaf                   *ast.Match
	plain, not, or, notAnd string
	notes                  string // of the plain leaf
}

const (
	stringNotes = "letter-case field-type"
	numberNotes = "field-type number-spelling"
)

// leafCases cite emissions.md §2.2 unless they say otherwise.
var leafCases = []leafCase{
	{"exact", match("f", str("Val")), `f: "Val"`, `not f: "Val"`, `g: "," or f: "Val"`, `not (f: "Val" and g: ",")`, stringNotes},
	{"exact, no letters", match("f", str("#")), `f: "#"`, `not f: "#"`, `g: "," or f: "#"`, `not (f: "#" and g: ",")`, "field-type"},
	{"exact, beyond ASCII", match("f", str("zoë")), `f: "zoë"`, `not f: "zoë"`, `g: "," or f: "zoë"`, `not (f: "zoë" and g: ",")`, "letter-case ascii-folding field-type"},
	{"exact, cased", match("f", cased("Val")), `f: "Val"`, `not f: "Val"`, `g: "," or f: "Val"`, `not (f: "Val" and g: ",")`, "field-type"},
	{"backslash at the end", match("f", str(`C:\x\`)), `f: C\:\\x\\`, `not f: C\:\\x\\`, `g: "," or f: C\:\\x\\`, `not (f: C\:\\x\\ and g: ",")`, stringNotes},
	{"prefix", match("f", str(`C:\\x\\*`)), `f: C\:\\x\\*`, `not f: C\:\\x\\*`, `g: "," or f: C\:\\x\\*`, `not (f: C\:\\x\\* and g: ",")`, stringNotes},
	{"suffix", match("f", str(`*\\cmd.exe`)), `f: *\\cmd.exe`, `not f: *\\cmd.exe`, `g: "," or f: *\\cmd.exe`, `not (f: *\\cmd.exe and g: ",")`, stringNotes},
	{"contains", match("f", str("*a b*")), `f: *a b*`, `not f: *a b*`, `g: "," or f: *a b*`, `not (f: *a b* and g: ",")`, stringNotes},
	{"inner star", match("f", str("a*b")), `f: a*b`, `not f: a*b`, `g: "," or f: a*b`, `not (f: a*b and g: ",")`, stringNotes},
	{"wildcard, cased", match("f", cased("A*")), `f: A*`, `not f: A*`, `g: "," or f: A*`, `not (f: A* and g: ",")`, "field-type"},
	{"any", match("f", str("*")), `f: *`, `not f: *`, `g: "," or f: *`, `not (f: * and g: ",")`, ""},
	{"empty", match("f", str("")), `f: ""`, `not f: ""`, `g: "," or f: ""`, `not (f: "" and g: ",")`, "field-type"},
	{"dash", match("f", parts(ast.AnyRun{}, ast.Dash{}, ast.Literal("x"))),
		`f: *-x or f: */x or f: *–x or f: *—x or f: *―x`,
		`not (f: *-x or f: */x or f: *–x or f: *—x or f: *―x)`,
		`g: "," or f: *-x or f: */x or f: *–x or f: *—x or f: *―x`,
		`not ((f: *-x or f: */x or f: *–x or f: *—x or f: *―x) and g: ",")`, stringNotes},
	{"number", match("f", number("12.0")), `f: 12`, `not f: 12`, `g: "," or f: 12`, `not (f: 12 and g: ",")`, numberNotes},
	{"bool", match("f", &ast.Bool{Value: true}), `f: true`, `not f: true`, `g: "," or f: true`, `not (f: true and g: ",")`, stringNotes},
	{"null", match("f", &ast.Null{}), `not f: *`, `f: *`, `g: "," or not f: *`, `not (not f: * and g: ",")`, ""},
	{"cidr v4", match("f", network("10.0.0.0/8")), `f: "10.0.0.0/8"`, `not f: "10.0.0.0/8"`, `g: "," or f: "10.0.0.0/8"`, `not (f: "10.0.0.0/8" and g: ",")`, "field-type"},
	{"cidr v6", match("f", network("2001:db8::/32")), `f: "2001:db8::/32"`, `not f: "2001:db8::/32"`, `g: "," or f: "2001:db8::/32"`, `not (f: "2001:db8::/32" and g: ",")`, "field-type"},
	{"comparison", match("f", &ast.Comparison{Op: ast.GreaterOrEqual, Number: number("-1.5")}), `f >= -1.5`, `not f >= -1.5`, `g: "," or f >= -1.5`, `not (f >= -1.5 and g: ",")`, "field-type"},
	{"exists", match("f", &ast.Exists{Want: true}), `f: *`, `not f: *`, `g: "," or f: *`, `not (f: * and g: ",")`, "null-not-indexed"},
	{"does not exist", match("f", &ast.Exists{}), `not f: *`, `f: *`, `g: "," or not f: *`, `not (not f: * and g: ",")`, "null-not-indexed"},
	{"keyword", kw(str("login x")), `message: *login x*`, `not message: *login x*`, `g: "," or message: *login x*`, `not (message: *login x* and g: ",")`, "letter-case message-field field-type"},
	{"keyword, number", kw(number("007")), `message: *007*`, `not message: *007*`, `g: "," or message: *007*`, `not (message: *007* and g: ",")`, "message-field field-type"},
}

func TestLeaves(t *testing.T) {
	other := match("g", str(","))
	for _, tt := range leafCases {
		for _, form := range []struct {
			expr ast.Expr
			want string
		}{{tt.leaf, tt.plain}, {not(tt.leaf), tt.not}, {or(other, tt.leaf), tt.or}, {not(and(tt.leaf, other)), tt.notAnd}} {
			out, err := convert(form.expr, true)
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
				continue
			}
			if out.Query != form.want {
				t.Errorf("%s:\n got %s\nwant %s", tt.name, out.Query, form.want)
			}
			if _, err := readKibana(out.Query); err != nil {
				t.Error(err)
			}
		}
		if out, err := convert(tt.leaf, true); err == nil && codes(out.Notes) != tt.notes {
			t.Errorf("%s: notes %q, want %q", tt.name, codes(out.Notes), tt.notes)
		}
	}
}

func TestRefusals(t *testing.T) {
	typed := func(typ ast.FieldType, v ast.Value) ast.Expr {
		return &ast.Match{Field: ast.Field{Name: "f", Type: typ}, Value: v}
	}
	folded := func(v ast.Value) ast.Expr {
		return &ast.Match{Field: ast.Field{Name: "f", Case: ast.CaseFolded}, Value: v}
	}
	deep := ast.Expr(match("f", str("a")))
	for i := range 30 {
		if next := match("f", str(fmt.Sprint(i))); i%2 == 0 {
			deep = or(deep, next)
		} else {
			deep = and(deep, next)
		}
	}
	for _, tt := range []struct {
		name string
		expr ast.Expr
		want backends.Feature
	}{
		{"?", match("f", str("a?b")), backends.FeatureAnyOne},
		{"? beside *", match("f", str("a?b*")), backends.FeatureAnyOne},
		{"blank before *", match("f", str(" a*")), backends.FeatureWildcard},
		{"blank after *", match("f", str("*a ")), backends.FeatureWildcard},
		{"line break before *", match("f", str("\na*")), backends.FeatureWildcard},
		{"kibana's own mark", match("f", str("*@kuery-wildcard@*")), backends.FeatureWildcard},
		{"bytes", match("f", str("a\xff")), backends.FeatureBytes},
		{"bytes with *", match("f", str("a\xff*")), backends.FeatureBytes},
		{"four dashes", match("f", parts(ast.Dash{}, ast.Dash{}, ast.Dash{}, ast.Dash{}, ast.Literal("x"))), backends.FeatureSize},
		{"placeholder", match("f", parts(ast.Placeholder{Name: "p"})), backends.FeaturePlaceholder},
		{"regex", match("f", &ast.Regex{Source: "a"}), backends.FeatureRegex},
		{"time part", match("f", &ast.TimePart{Unit: ast.Hour, N: 5}), backends.FeatureTimePart},
		{"field reference", match("f", &ast.FieldRef{Field: field("g")}), backends.FeatureFieldRef},
		{"field name", match("a*b", str("x")), backends.FeatureFieldName},
		{"field name, null", match("a*b", &ast.Null{}), backends.FeatureFieldName},
		{"keyword regex", kw(&ast.Regex{Source: "a"}), backends.FeatureRegex},
		{"keyword bool", kw(&ast.Bool{}), backends.FeatureKeyword},
		{"keyword across values", kw(str("a*b")), backends.FeatureKeyword},
		{"keyword line break", kw(str("a\nb")), backends.FeatureKeyword},
		{"invalid network", match("f", &ast.CIDR{}), backends.FeatureCIDR},
		{"all of IPv6", match("f", network("::/0")), backends.FeatureIPv6},
		{"mapped IPv4", match("f", network("::ffff:10.0.0.0/104")), backends.FeatureIPv6},
		{"comparison of unknown kind", match("f", &ast.Comparison{Number: number("1")}), backends.FeatureComparison},
		{"bound that nothing holds", match("f", &ast.Comparison{Op: ast.Less, Number: number("99999999999999999999")}), backends.FeatureComparison},
		{"text", typed(ast.TypeText, str("a")), backends.FeatureFieldName},
		{"object", typed(ast.TypeObject, str("*a*")), backends.FeatureFieldName},
		{"date", typed(ast.TypeDate, str("2020")), backends.FeatureFieldName},
		{"end of a flattened value", typed(ast.TypeFlattened, str("*a")), backends.FeatureWildcard},
		{"part of a flattened value", typed(ast.TypeFlattened, str("*a*")), backends.FeatureWildcard},
		{"order on a flattened value", typed(ast.TypeFlattened, &ast.Comparison{Op: ast.Less, Number: number("1")}), backends.FeatureComparison},
		{"network on a flattened value", typed(ast.TypeFlattened, network("10.0.0.0/8")), backends.FeatureCIDR},
		{"pattern on an ip", typed(ast.TypeIP, str("10.*")), backends.FeatureFieldName},
		{"another spelling on an ip", typed(ast.TypeIP, str("::0001")), backends.FeatureFieldName},
		{"comparison on a keyword", typed(ast.TypeKeyword, &ast.Comparison{Op: ast.Less, Number: number("1")}), backends.FeatureComparison},
		{"network on a keyword", typed(ast.TypeKeyword, network("10.0.0.0/8")), backends.FeatureCIDR},
		{"name beside a network", or(match("f", network("10.0.0.0/8")), match("f", str("AWS Internal"))), backends.FeatureCIDR},
		{"network beside a name", not(and(match("f", str("a*")), match("f", network("10.0.0.0/8")))), backends.FeatureCIDR},
		{"string beside an order", or(match("f", str("a")), match("f", &ast.Comparison{Op: ast.Less, Number: number("1")})), backends.FeatureComparison},
		{"cased beside uncased", and(match("f", cased("a")), match("g", str("b"))), backends.FeatureCased},
		{"uncased beside cased", and(match("f", str("b")), match("f", cased("a*"))), backends.FeatureCased},
		{"cased on a folded field", folded(cased("a")), backends.FeatureCased},
		{"depth", deep, backends.FeatureSize},
	} {
		out, err := convert(tt.expr, false)
		var u *backends.Unsupported
		if !errors.As(err, &u) {
			t.Errorf("%s: %v, %v; want a refusal", tt.name, out, err)
			continue
		}
		if u.Feature != tt.want || u.Backend != "kql" {
			t.Errorf("%s: refused by %s for %q (%s), want %q", tt.name, u.Backend, u.Feature, u.Detail, tt.want)
		}
	}
}

// TestTraits: what a schema knows takes notes away.
func TestTraits(t *testing.T) {
	f := func(typ ast.FieldType, c ast.LetterCase, v ast.Value) ast.Expr {
		return &ast.Match{Field: ast.Field{Name: "f", Type: typ, Case: c}, Value: v}
	}
	for _, tt := range []struct {
		name        string
		expr        ast.Expr
		want, notes string
	}{
		{"keyword", f(ast.TypeKeyword, ast.CaseUnknown, str("Val")), `f: "Val"`, "letter-case"},
		{"canonical keyword", f(ast.TypeKeyword, ast.CaseCanonical, str("Val")), `f: "Val"`, ""},
		{"folded keyword", f(ast.TypeKeyword, ast.CaseFolded, str("Zoë*")), `f: Zoë*`, ""},
		{"canonical keyword, cased", f(ast.TypeKeyword, ast.CaseCanonical, cased("Val")), `f: "Val"`, ""},
		{"keyword, cased", f(ast.TypeKeyword, ast.CaseUnknown, cased("Val")), `f: "Val"`, "field-type"},
		{"long", f(ast.TypeLong, ast.CaseUnknown, number("12")), `f: 12`, ""},
		{"keyword number", f(ast.TypeKeyword, ast.CaseUnknown, number("12")), `f: 12`, ""},
		{"double", f(ast.TypeDouble, ast.CaseUnknown, &ast.Comparison{Op: ast.Less, Number: number("0.5")}), `f < 0.5`, ""},
		{"boolean", f(ast.TypeBoolean, ast.CaseUnknown, &ast.Bool{}), `f: false`, ""},
		{"word on a boolean", f(ast.TypeBoolean, ast.CaseUnknown, str("TRUE")), `f: "true"`, ""},
		{"ip", f(ast.TypeIP, ast.CaseUnknown, network("10.0.0.0/8")), `f: "10.0.0.0/8"`, ""},
		{"address on an ip", f(ast.TypeIP, ast.CaseUnknown, str("2001:db8::1")), `f: "2001:db8::1"`, ""},
		{"name on an ip", f(ast.TypeIP, ast.CaseUnknown, str("AWS Internal")), `not *: *`, ""},
		{"name beside a network", or(f(ast.TypeIP, ast.CaseUnknown, str("-")), f(ast.TypeIP, ast.CaseUnknown, network("10.0.0.0/8"))), `f: "10.0.0.0/8"`, ""},
		{"word on a number", f(ast.TypeLong, ast.CaseUnknown, str("a")), `not *: *`, ""},
		{"fraction on a long", f(ast.TypeLong, ast.CaseUnknown, number("1.5")), `not *: *`, ""},
		{"number on a boolean", f(ast.TypeBoolean, ast.CaseUnknown, number("1")), `not *: *`, ""},
		{"word on a boolean, neither true nor false", f(ast.TypeBoolean, ast.CaseUnknown, str("Yes")), `not *: *`, ""},
		{"flattened", f(ast.TypeFlattened, ast.CaseUnknown, str("Val")), `f: "Val"`, "single-value letter-case"},
		{"start of a flattened value", f(ast.TypeFlattened, ast.CaseCanonical, str("Va*")), `f: Va*`, "single-value"},
		{"text exists", f(ast.TypeText, ast.CaseUnknown, str("*")), `f: *`, ""},
		{"object null", f(ast.TypeObject, ast.CaseUnknown, &ast.Null{}), `not f: *`, ""},
		{"cased beside a canonical field", and(match("g", cased("a")), f(ast.TypeKeyword, ast.CaseCanonical, str("b"))), `g: "a" and f: "b"`, "field-type"},
		{"cased beside a bool", and(match("g", cased("a")), f(ast.TypeUnknown, ast.CaseUnknown, &ast.Bool{})), `g: "a" and f: false`, "field-type"},
	} {
		out, err := convert(tt.expr, true)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if out.Query != tt.want || codes(out.Notes) != tt.notes {
			t.Errorf("%s: %s with notes %q, want %s with %q", tt.name, out.Query, codes(out.Notes), tt.want, tt.notes)
		}
	}
}

// TestFieldTypeNote: the note names the types that all leaves over a field can
// live with.
func TestFieldTypeNote(t *testing.T) {
	order := &ast.Comparison{Op: ast.Greater, Number: number("5")}
	for _, tt := range []struct {
		expr ast.Expr
		want string
	}{
		{match("f", str("a")), "f keyword"},
		{match("f", str("12")), "f keyword or number"},
		{match("f", str("012")), "f keyword"},
		{match("f", str("true")), "f keyword or boolean"},
		{match("f", str("10.1.2.3")), "f keyword or ip"},
		{match("f", str("::ffff:10.1.2.3")), "f keyword"},
		{match("f", str("2001:DB8::1")), "f keyword"},
		{match("f", cased("A")), "f keyword that keeps letter case"},
		{match("f", number("12")), "f keyword or number"},
		{match("f", number("9007199254740993")), "f keyword or long"},
		{match("f", number("99999999999999999999")), "f keyword"},
		{match("f", order), "f number"},
		{match("f", &ast.Comparison{Op: ast.Less, Number: number("1e300")}), "f double"},
		{match("f", &ast.Bool{}), "f keyword or boolean"},
		{or(match("f", number("1")), match("f", str("a*"))), "f keyword"},
		{or(match("f", number("1")), match("f", order)), "f number"},
		{or(match("f", str("127.0.0.1")), match("f", network("10.0.0.0/8"))), "f ip"},
		{and(match("f", cased("A")), match("g", &ast.Bool{})), "f keyword that keeps letter case, g boolean"},
	} {
		out, err := convert(tt.expr, true)
		if err != nil {
			t.Errorf("%v: %v", tt.expr, err)
			continue
		}
		got := ""
		for _, n := range out.Notes {
			if n.Code == backends.NoteFieldType {
				got = strings.TrimPrefix(n.Text, "field types assumed: ")
			}
		}
		if got != tt.want {
			t.Errorf("%v: %q, want %q", tt.expr, got, tt.want)
		}
	}
}

// TestNumberSpelling: only what can meet a number's text says so.
func TestNumberSpelling(t *testing.T) {
	for s, want := range map[string]bool{
		"12": true, "012": true, "1*": true, "*5": true, "*.5*": true, "*e*": true, "*-1": true, "*": false,
		"a": false, "*a*": false, "e": false, "10.1.2.3": false, "10.1.*": false, "*-e*": false, "*1-*": false, "*x1*": false,
	} {
		out, err := convert(match("f", str(s)), true)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(codes(out.Notes), string(backends.NoteNumberSpelling)); got != want {
			t.Errorf("%q: number-spelling %v, want %v", s, got, want)
		}
	}
}

func TestLayout(t *testing.T) {
	rule := and(
		match("eventSource", str("signin.amazonaws.com")),
		or(match("eventName", str("ConsoleLogin")), match("eventName", str("SwitchRole")), match("eventName", str("*Login*"))),
		not(or(match("userIdentity.type", str("AWSService")), match("sourceIPAddress", network("10.0.0.0/8")))),
	)
	want := `eventSource: "signin.amazonaws.com"
and (eventName: "ConsoleLogin" or eventName: "SwitchRole" or eventName: *Login*)
and not (userIdentity.type: "AWSService" or sourceIPAddress: "10.0.0.0/8")`
	pretty, err := convert(rule, false)
	if err != nil || pretty.Query != want {
		t.Errorf("got  %v, %v\nwant %s", pretty, err, want)
	}
	compact, err := convert(rule, true)
	if err != nil || compact.Query != strings.ReplaceAll(want, "\n", " ") {
		t.Errorf("compact: %v, %v", compact, err)
	}
	if !reflect.DeepEqual(pretty.Notes, compact.Notes) {
		t.Errorf("the layout changes the notes")
	}
}

func TestConstants(t *testing.T) {
	for want, e := range map[string]ast.Expr{
		"*: *":     and(),
		"not *: *": or(),
		`f: "#"`:   and(match("f", str("#")), not(or())),
	} {
		if out, err := convert(e, false); err != nil || out.Query != want {
			t.Errorf("%v: %v, %v; want %s", e, out, err, want)
		}
	}
}

// TestLongList: a list of thousands is printed in groups that the readers take
// (emissions §4).
func TestLongList(t *testing.T) {
	terms := make([]ast.Expr, 5000)
	for i := range terms {
		terms[i] = match("hash", str(fmt.Sprintf("%064x", i)))
	}
	out, err := convert(or(terms...), true)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := readKibana(out.Query)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	var walk func(n node)
	walk = func(n node) {
		if len(n.kids) > maxMembers {
			t.Errorf("a group of %d", len(n.kids))
		}
		if len(n.kids) == 0 {
			count++
		}
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(tree)
	if count != len(terms) {
		t.Errorf("%d leaves, want %d", count, len(terms))
	}
}

func TestBackend(t *testing.T) {
	b := New()
	if b.Name() != "kql" || b.Language() != "KQL" || b.Extension() != ".kql" || !reflect.DeepEqual(b.Aliases(), []string{"kuery"}) {
		t.Errorf("%s %s %s %v", b.Name(), b.Language(), b.Extension(), b.Aliases())
	}
}

func BenchmarkConvert(b *testing.B) {
	rule := and(
		match("eventSource", str("signin.amazonaws.com")),
		or(match("Image", str(`*\\powershell.exe`)), match("Image", str(`*\\pwsh.exe`)), match("Image", str(`C:\\Windows\\Temp\\*`))),
		match("CommandLine", parts(ast.AnyRun{}, ast.Literal(" "), ast.Dash{}, ast.Literal("enc "), ast.AnyRun{})),
		not(or(match("User", str("SYSTEM")), match("ProcessId", number("4")))),
	)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := convert(rule, false); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkConvertLongList(b *testing.B) {
	terms := make([]ast.Expr, 2000)
	for i := range terms {
		terms[i] = match("hash", str(fmt.Sprintf("%064x", i)))
	}
	list := or(terms...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := convert(list, false); err != nil {
			b.Fatal(err)
		}
	}
}
