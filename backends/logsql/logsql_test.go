package logsql

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	sigma "sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
)

var (
	run  = sigma.AnyRun{}
	one  = sigma.AnyOne{}
	dash = sigma.Dash{}
)

func pattern(parts ...sigma.Part) *sigma.Pattern {
	return &sigma.Pattern{Parts: sigma.JoinParts(parts)}
}

func cased(parts ...sigma.Part) *sigma.Pattern {
	p := pattern(parts...)
	p.Cased = true
	return p
}

func lit(s string) sigma.Part { return sigma.Literal(s) }

func number(s string) *sigma.Number {
	d, ok := sigma.ParseDecimal(s)
	if !ok {
		panic("no number: " + s)
	}
	return &sigma.Number{Decimal: d, Lexeme: s}
}

func cidr(s string) *sigma.CIDR { return &sigma.CIDR{Prefix: netip.MustParsePrefix(s)} }

func field1(name string) sigma.Field {
	return sigma.Field{Name: name, Multi: sigma.SingleValued}
}

func match(f sigma.Field, v sigma.Value) *sigma.Match { return &sigma.Match{Field: f, Value: v} }

func or(terms ...sigma.Expr) sigma.Expr  { return &sigma.Or{Terms: terms} }
func and(terms ...sigma.Expr) sigma.Expr { return &sigma.And{Terms: terms} }
func not(term sigma.Expr) sigma.Expr     { return &sigma.Not{Term: term} }

// convert prints an expression and lists its notes' codes.
func convert(e sigma.Expr, opts backends.Options) (string, []string, error) {
	out, err := New().Convert(&sigma.Query{Rule: &sigma.Rule{}, Expr: e}, opts)
	if err != nil {
		return "", nil, err
	}
	var codes []string
	for _, n := range out.Notes {
		codes = append(codes, string(n.Code))
	}
	return out.Query, codes, nil
}

// network is the filter for an IPv6 network.
func network(prefix string) string {
	return "f:~" + quoteString("^(?:"+strings.Join(backends.NetworkExpressions([]netip.Prefix{netip.MustParsePrefix(prefix)}, 0), "|")+")$")
}

// leafCase is one leaf on the field f of which nothing is known, but that it
// holds one value where single is set.
type leafCase struct {
	name  string
	value sigma.Value
	want  string // the clause; "" where it is refused
	// group is the clause as an operand, want in parentheses where it needs them.
	group  string
	notes  string // besides single-value
	refuse backends.Feature
}

// leafCases: emissions.md §3.1 and §3.2, and the rulings at its top.
var leafCases = []leafCase{
	{name: "Pattern exact", value: pattern(lit(`C:\cmd.exe`)), want: `f:~"(?i)^C:\\\\cmd\\.exe$"`},
	{name: "Pattern exact cased", value: cased(lit(`C:\cmd.exe`)), want: `f:="C:\\cmd.exe"`},
	{name: "Pattern exact caseless", value: pattern(lit("#1:")), want: `f:="#1:"`},
	{name: "Pattern exact of digits", value: pattern(lit("4624")), want: `f:="4624"`, notes: "number-spelling"},
	{name: "Pattern exact not canonical", value: pattern(lit("-0")), want: `f:~"^-0$"`, notes: "number-spelling"},
	{name: "Pattern exact address", value: pattern(lit("10.1.2.3")), want: `f:="10.1.2.3"`},
	{name: "Pattern exact odd address", value: pattern(lit("010.1.2.3")), want: `f:~"^010\\.1\\.2\\.3$"`},
	{name: "Pattern prefix", value: pattern(lit("Val"), run), want: `f:~"(?i)^Val"`},
	{name: "Pattern prefix cased", value: cased(lit("Val"), run), want: `f:="Val"*`},
	{name: "Pattern prefix of digits", value: cased(lit("10."), run), want: `f:~"^10\\."`, notes: "number-spelling"},
	{name: "Pattern suffix", value: pattern(run, lit("Val")), want: `f:~"(?i)Val$"`},
	{name: "Pattern suffix cased", value: cased(run, lit("Val")), want: `f:~"Val$"`},
	{name: "Pattern contains", value: pattern(run, lit("Val"), run), want: `f:~"(?i)Val"`},
	{name: "Pattern contains caseless", value: pattern(run, lit("||"), run), want: `f:~"\\|\\|"`},
	{name: "Pattern any", value: pattern(run), want: `f:*`, notes: "missing-is-empty"},
	{name: "Pattern empty", value: pattern(), want: `f:=""`, notes: "missing-is-empty"},
	{name: "Pattern inner run", value: pattern(lit("a"), run, lit("b")), want: `f:~"(?is)^a.*b$"`},
	{name: "Pattern one", value: pattern(run, lit("a"), one, lit("b"), run), want: `f:~"(?is)a.b"`},
	{name: "Pattern of one and run", value: pattern(one, run), want: `f:*`}, // no note: every number has a character
	{name: "Pattern of ones", value: pattern(one, one, run), want: `f:~"(?s)^.."`, notes: "number-spelling"},
	{name: "Pattern literal and one", value: cased(run, lit("a"), one, run), want: `f:~"(?s)^.*a."`},
	{name: "Pattern dash", value: pattern(run, lit(" "), dash, lit("enc"), run), want: `f:~"(?i) [-/–—―]enc"`},
	{name: "Pattern controls", value: cased(lit("a\"\n\t\x00\u2028")), want: `f:="a\"\n\t\x00\u2028"`},
	{name: "Pattern invalid UTF-8", value: cased(lit("a\xff")), refuse: backends.FeatureBytes},
	{name: "Number", value: number("12.50"), want: `f:="12.5"`, notes: "number-spelling"},
	{name: "Number negative", value: number("-3"), want: `f:="-3"`, notes: "number-spelling"},
	{name: "Bool", value: &sigma.Bool{Value: true}, want: `f:~"(?i)^true$"`},
	{name: "Null", value: &sigma.Null{}, want: `f:=""`, notes: "missing-is-empty"},
	{name: "Regex", value: &sigma.Regex{Source: "a+x"}, want: `f:~"a+x"`},
	{name: "Regex dot", value: &sigma.Regex{Source: "a.x", IgnoreCase: true}, want: `f:~"(?i-s)a.x"`},
	{name: "Regex dot all", value: &sigma.Regex{Source: "a.x", DotAll: true}, want: `f:~"(?s)a.x"`},
	{name: "Regex lines", value: &sigma.Regex{Source: "^ax$", Multiline: true}, want: `f:~"(?m)^ax$"`},
	{name: "Regex word", value: &sigma.Regex{Source: `foo\b`}, want: `f:~".*foo\\b"`},
	{name: "Regex word, alternatives", value: &sigma.Regex{Source: `foo\b|fox\b`}, want: `f:~".*(?:foo\\b|fox\\b)"`},
	{name: "Regex word, no case", value: &sigma.Regex{Source: `foo\b`, IgnoreCase: true}, want: `f:~"(?i)foo\\b"`},
	{name: "Regex line end", value: &sigma.Regex{Source: `foo$`, Multiline: true}, want: `f:~"(?m).*foo$"`},
	{name: "Regex between dots", value: &sigma.Regex{Source: `.+foo.+`, DotAll: true}, want: `f:~"(?s)\\A.*.+foo.+"`},
	{name: "Regex of anything", value: &sigma.Regex{Source: `x*`}, want: `f:*`, notes: "missing-is-empty number-spelling"},
	{name: "Regex of emptiness", value: &sigma.Regex{Source: `^x?$`}, want: `f:* AND f:~"^x?$"`, group: `(f:* AND f:~"^x?$")`, notes: "missing-is-empty number-spelling"},
	{name: "Regex bad", value: &sigma.Regex{Source: `a(?=b)`}, refuse: backends.FeatureRegexSyntax},
	{name: "CIDR", value: cidr("10.0.0.0/8"),
		want:  `f:ipv4_range("10.0.0.0/8") AND f:~"^(?:0|[1-9][0-9]*)(?:\\.(?:0|[1-9][0-9]*)){3}$"`,
		group: `(f:ipv4_range("10.0.0.0/8") AND f:~"^(?:0|[1-9][0-9]*)(?:\\.(?:0|[1-9][0-9]*)){3}$")`},
	{name: "CIDR v6", value: cidr("fe80::/10"), want: network("fe80::/10")},
	{name: "CIDR v4 in v6", value: cidr("::ffff:10.0.0.0/104"), want: network("::ffff:10.0.0.0/104")},
	{name: "Comparison", value: &sigma.Comparison{Op: sigma.GreaterOrEqual, Number: number("12")},
		want:  `f:>=12 AND f:~"^[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"`,
		group: `(f:>=12 AND f:~"^[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?$")`,
		notes: "field-type number-spelling"},
	{name: "Comparison beyond float64", value: &sigma.Comparison{Op: sigma.Less, Number: number("9007199254740993")}, refuse: backends.FeatureComparison},
	{name: "TimePart", value: &sigma.TimePart{Unit: sigma.Hour, N: 5}, refuse: backends.FeatureTimePart},
	{name: "Exists", value: &sigma.Exists{Want: true}, want: `f:*`, notes: "missing-is-empty null-not-indexed"},
	{name: "Exists not", value: &sigma.Exists{}, want: `NOT f:*`, notes: "missing-is-empty null-not-indexed"},
	{name: "FieldRef to a name with blanks", value: &sigma.FieldRef{Field: field1("a b")}, refuse: backends.FeatureFieldRef},
	{name: "FieldRef contains", value: &sigma.FieldRef{Field: field1("g"), Mode: sigma.RefContains}, refuse: backends.FeatureFieldRef},
	{name: "Keyword", value: &sigma.Keyword{Value: pattern(run, lit("Val"), run)}, want: `_msg:~"(?i)Val"`, notes: "message-field"},
	{name: "Keyword cased", value: &sigma.Keyword{Value: cased(run, lit("Val"), run)}, want: `_msg:~"Val"`, notes: "message-field"},
	{name: "Keyword inner run", value: &sigma.Keyword{Value: pattern(run, lit("a"), run, lit("b"), run)}, want: `_msg:~"(?i-s)a.*b"`, notes: "message-field"},
	{name: "Keyword any", value: &sigma.Keyword{Value: pattern(run)}, want: `_msg:*`, notes: "message-field"},
	{name: "Keyword number", value: &sigma.Keyword{Value: number("12.50")}, want: `_msg:~"12\\.50"`, notes: "message-field"},
	{name: "Keyword regex", value: &sigma.Keyword{Value: &sigma.Regex{Source: "^a.*[0-9]"}}, want: `_msg:~"(?m-s)^a.*[0-9]"`, notes: "message-field"},
	{name: "Keyword regex of text", value: &sigma.Keyword{Value: &sigma.Regex{Source: `\Aa`}}, refuse: backends.FeatureRegexSyntax},
	{name: "Keyword of a bool", value: &sigma.Keyword{Value: &sigma.Bool{}}, refuse: backends.FeatureKeyword},
}

// TestLeaves prints each leaf alone, negated, beside another, and in a negated
// group: LogsQL is two-valued, so that the clause stays the same (§3.2, "NOT").
func TestLeaves(t *testing.T) {
	g := match(field1("g"), cased(lit("v")))
	for _, c := range leafCases {
		t.Run(c.name, func(t *testing.T) {
			m := match(field1("f"), c.value)
			if _, ok := c.value.(*sigma.Keyword); ok {
				m.Field = sigma.Field{}
			}
			group := c.group
			if group == "" {
				group = c.want
			}
			negated, isNot := strings.CutPrefix(c.want, "NOT ")
			if !isNot {
				negated = "NOT " + group
			}
			alone := c.want
			flat := strings.TrimSuffix(strings.TrimPrefix(group, "("), ")")
			if c.group == "" {
				flat = group
			}
			for _, p := range []struct {
				expr sigma.Expr
				want string
			}{
				{m, alone},
				{not(m), negated},
				{or(m, g), group + ` OR g:="v"`},
				{not(and(m, g)), "NOT (" + flat + ` AND g:="v")`},
			} {
				got, notes, err := convert(p.expr, backends.Options{Compact: true})
				if c.refuse != "" {
					var refusal *backends.Unsupported
					if !errors.As(err, &refusal) || refusal.Feature != c.refuse || refusal.Backend != "logsql" || refusal.Detail == "" {
						t.Errorf("%s: %v, want a refusal of %q with a detail", p.expr, err, c.refuse)
					}
					continue
				}
				if err != nil || got != p.want {
					t.Errorf("%s\n got %s\nwant %s (%v)", p.expr, got, p.want, err)
				}
				if !slices.Equal(sorted(notes), strings.Fields(c.notes)) {
					t.Errorf("%s: notes %v, want %v", p.expr, notes, c.notes)
				}
			}
		})
	}
}

func sorted(list []string) []string { return append([]string{}, slices.Sorted(slices.Values(list))...) }

// TestEveryKind fails when ast has a kind of value that no case is about.
func TestEveryKind(t *testing.T) {
	covered := map[string]bool{"Members": true} // backends.Prepare refuses them
	for _, c := range leafCases {
		covered[strings.TrimPrefix(fmt.Sprintf("%T", c.value), "*ast.")] = true
	}
	files, err := filepath.Glob("../../ast/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no files of ast", err)
	}
	kinds := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name != "value" || f.Recv == nil {
				continue
			}
			star, ok := f.Recv.List[0].Type.(*ast.StarExpr)
			if !ok {
				continue
			}
			kinds++
			if kind := star.X.(*ast.Ident).Name; !covered[kind] {
				t.Errorf("no case for %s", kind)
			}
		}
	}
	if kinds < 11 {
		t.Errorf("found %d kinds, want at least 11", kinds)
	}
}

// TestUnknownTraits: what nothing is known of is assumed to hold one value, and
// null keeps its forms of lists (§3.1).
func TestUnknownTraits(t *testing.T) {
	f := sigma.Field{Name: "f"}
	for _, c := range []struct {
		value       sigma.Value
		want, notes string
	}{
		{pattern(lit("a")), `f:~"(?i)^a$"`, "single-value"},
		{&sigma.Null{}, `f:in("", "[]", "[null]")`, "field-type missing-is-empty single-value"},
		{&sigma.Exists{Want: true}, `f:*`, "missing-is-empty null-not-indexed single-value"},
		{number("1"), `f:="1"`, "number-spelling single-value"},
	} {
		got, notes, err := convert(match(f, c.value), backends.Options{})
		if err != nil || got != c.want || !slices.Equal(sorted(notes), strings.Fields(c.notes)) {
			t.Errorf("%s: got %s %v, want %s %s (%v)", c.value, got, notes, c.want, c.notes, err)
		}
	}
}

// TestKnownTraits: where the schema knows, the plain operator and no note.
func TestKnownTraits(t *testing.T) {
	f := func(typ sigma.FieldType, c sigma.LetterCase) sigma.Field {
		return sigma.Field{Name: "f", Type: typ, Multi: sigma.SingleValued, Case: c}
	}
	g := sigma.Field{Name: "g", Type: sigma.TypeKeyword, Multi: sigma.SingleValued, Case: sigma.CaseCanonical}
	for _, c := range []struct {
		field sigma.Field
		value sigma.Value
		want  string
		notes string
	}{
		{f(sigma.TypeKeyword, sigma.CaseCanonical), pattern(lit("GetObject")), `f:="GetObject"`, ""},
		{f(sigma.TypeKeyword, sigma.CaseCanonical), pattern(lit("Get"), run), `f:="Get"*`, ""},
		{f(sigma.TypeKeyword, sigma.CaseUnknown), pattern(lit("4624")), `f:="4624"`, ""},
		{f(sigma.TypeLong, sigma.CaseUnknown), number("4624"), `f:="4624"`, ""},
		{f(sigma.TypeLong, sigma.CaseUnknown), &sigma.Comparison{Op: sigma.Less, Number: number("-5")}, `f:<-5`, ""},
		{f(sigma.TypeDouble, sigma.CaseUnknown), &sigma.Comparison{Op: sigma.Greater, Number: number("0.5")}, `f:>0.5`, "number-spelling"},
		{f(sigma.TypeIP, sigma.CaseUnknown), cidr("10.0.0.0/8"), `f:ipv4_range("10.0.0.0/8")`, ""},
		{f(sigma.TypeIP, sigma.CaseUnknown), cidr("fe80::/127"), network("fe80::/127"), ""},
		{f(sigma.TypeKeyword, sigma.CaseCanonical), &sigma.FieldRef{Field: g}, `f:* AND f:eq_field(g)`, "missing-is-empty"},
	} {
		got, notes, err := convert(match(c.field, c.value), backends.Options{})
		if err != nil || got != c.want || !slices.Equal(sorted(notes), strings.Fields(c.notes)) {
			t.Errorf("%s: got %s %v, want %s %s (%v)", c.value, got, notes, c.want, c.notes, err)
		}
	}
}

// TestLists: alternatives over one field become few filters.
func TestLists(t *testing.T) {
	f := field1("f")
	for _, c := range []struct {
		values []sigma.Value
		want   string
	}{
		{[]sigma.Value{pattern(lit("a")), pattern(lit("B"))}, `f:~"(?i)^(?:a|B)$"`},
		{[]sigma.Value{number("1"), number("2"), pattern(lit("2"))}, `f:in("1", "2")`},
		{[]sigma.Value{cased(lit("*")), cased(lit(""), lit("x"))}, `f:in("*", "x")`},
		{[]sigma.Value{cased(lit("*")), cased(lit("*"))}, `f:="*"`},
		{[]sigma.Value{pattern(run, lit("a"), run), pattern(run, lit("b"), run)}, `f:~"(?i)a|b"`},
		{[]sigma.Value{pattern(run, lit("a")), pattern(run, lit("b")), pattern(lit("1")), pattern(lit("c"), run)},
			`f:="1" OR f:~"(?i)^c" OR f:~"(?i)(?:a|b)$"`},
		{[]sigma.Value{pattern(lit("a")), &sigma.Null{}, pattern()}, `f:="" OR f:~"(?i)^a$"`},
		{[]sigma.Value{cidr("10.0.0.0/8"), cidr("192.168.0.0/16")},
			`(f:ipv4_range("10.0.0.0/8") OR f:ipv4_range("192.168.0.0/16")) AND f:~"^(?:0|[1-9][0-9]*)(?:\\.(?:0|[1-9][0-9]*)){3}$"`},
	} {
		var terms []sigma.Expr
		for _, v := range c.values {
			terms = append(terms, match(f, v))
		}
		got, _, err := convert(or(terms...), backends.Options{Compact: true})
		if err != nil || got != c.want {
			t.Errorf("%v\n got %s\nwant %s (%v)", c.values, got, c.want, err)
		}
	}
	got, _, err := convert(or(match(sigma.Field{}, &sigma.Keyword{Value: pattern(lit("a"))}), match(sigma.Field{}, &sigma.Keyword{Value: pattern(lit("b"))})), backends.Options{})
	if want := `_msg:~"(?i)a|b"`; err != nil || got != want {
		t.Errorf("keywords: got %s, want %s (%v)", got, want, err)
	}
}

// TestArrays: a known list is searched in its JSON text too (§3.1,
// "array-aware").
func TestArrays(t *testing.T) {
	f := sigma.Field{Name: "f", Multi: sigma.MultiValued}
	const any = `(?:"(?:[^"\\]|\\.)*"|-?[0-9][-+.0-9eE]*|true|false|null)`
	array := func(flags, member string) string {
		return "f:~" + quoteString(flags+`^\[(?:`+any+`,)*(?:`+member+`)(?:,`+any+`)*\]$`)
	}
	for _, c := range []struct {
		value sigma.Value
		want  string
	}{
		{pattern(lit(`x"/\`)), `f:~"(?i)^x\"/\\\\$" OR ` + array("(?is)", `"x\\"\\?/\\\\"`)},
		{number("12"), `f:="12" OR ` + array("(?s)", `"12"|12`)},
		{&sigma.Bool{Value: true}, `f:~"(?i)^true$" OR ` + array("(?is)", `"true"|true`)},
		{pattern(run, lit("svchost"), run), `f:~"(?i)svchost"`},
		{pattern(run), `f:*`},
	} {
		got, notes, err := convert(match(f, c.value), backends.Options{Compact: true})
		if err != nil || got != c.want || !slices.Contains(notes, "field-type") || slices.Contains(notes, "single-value") {
			t.Errorf("%s\n got %s %v\nwant %s (%v)", c.value, got, notes, c.want, err)
		}
	}
	for _, v := range []sigma.Value{&sigma.Regex{Source: "a"}, &sigma.Comparison{Op: sigma.Less, Number: number("1")}} {
		if got, _, err := convert(match(f, v), backends.Options{}); err == nil {
			t.Errorf("%s: got %s, want a refusal", v, got)
		}
	}
}

func TestConstants(t *testing.T) {
	for _, c := range []struct {
		expr sigma.Expr
		want string
	}{
		{and(), "*"},
		{or(), "NOT *"},
		{not(or()), "*"},
	} {
		if got, _, err := convert(c.expr, backends.Options{}); err != nil || got != c.want {
			t.Errorf("%s: got %q, want %q (%v)", c.expr, got, c.want, err)
		}
	}
}

func TestLayout(t *testing.T) {
	value := func(s string) sigma.Value { return pattern(run, lit(strings.Repeat(s, 30)), run) }
	q := &sigma.Query{
		Rule: &sigma.Rule{Metadata: sigma.Metadata{Fields: []sigma.Text{{Value: "CommandLine"}, {Value: "Parent Image"}, {Value: "CommandLine"}, {Value: ""}}}},
		Expr: and(match(field1("Image"), value("a")), match(field1("by"), value("b")), not(or(match(field1("x"), value("c")), match(field1("y"), value("d"))))),
	}
	a, b, c, d := strings.Repeat("a", 30), strings.Repeat("b", 30), strings.Repeat("c", 30), strings.Repeat("d", 30)
	for _, test := range []struct {
		compact bool
		want    string
	}{
		{false, `Image:~"(?i)` + a + "\"\nAND \"by\":~\"(?i)" + b + "\"\nAND NOT (x:~\"(?i)" + c + "\" OR y:~\"(?i)" + d + "\")\n| fields _time, CommandLine, \"Parent Image\""},
		{true, `Image:~"(?i)` + a + `" AND "by":~"(?i)` + b + `" AND NOT (x:~"(?i)` + c + `" OR y:~"(?i)` + d + `") | fields _time, CommandLine, "Parent Image"`},
	} {
		out, err := New().Convert(q, backends.Options{Compact: test.compact})
		if err != nil || out.Query != test.want {
			t.Errorf("compact %v:\n got %s\nwant %s (%v)", test.compact, out.Query, test.want, err)
		}
	}
}

// TestSource: the stream stands in front of the whole filter.
func TestSource(t *testing.T) {
	a, b := match(field1("f"), cased(lit("a"))), match(field1("g"), cased(lit("b")))
	for _, c := range []struct {
		expr sigma.Expr
		want string
	}{
		{a, `{app="x"} AND f:="a"`},
		{or(a, b), `{app="x"} AND (f:="a" OR g:="b")`},
		{and(), `{app="x"}`},
	} {
		got, _, err := convert(c.expr, backends.Options{Compact: true, Source: backends.Source{Stream: `app="x"`}})
		if err != nil || got != c.want {
			t.Errorf("got %s, want %s (%v)", got, c.want, err)
		}
	}
}

func TestFieldNames(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"EventID", `EventID:*`},
		{"user.name", `user.name:*`},
		{"a-b", `"a-b":*`},
		{"not", `"not":*`},
		{"LIMIT", `"LIMIT":*`},
		{"1x", `"1x":*`},
		{`a":* | delete f`, `"a\":* | delete f":*`},
		{"имя", `"имя":*`},
		{"_msg", `NOT _msg:=""`},
	} {
		if got, _, err := convert(match(field1(c.name), pattern(run)), backends.Options{}); err != nil || got != c.want {
			t.Errorf("%q: got %s, want %s (%v)", c.name, got, c.want, err)
		}
	}
	for _, name := range []string{"", "_time", "_stream", "_stream_id", "\xff", strings.Repeat("x", 129)} {
		if got, _, err := convert(match(field1(name), pattern(run)), backends.Options{}); err == nil {
			t.Errorf("%q: got %s, want a refusal", name, got)
		}
	}
	object := sigma.Field{Name: "o", Type: sigma.TypeObject}
	if got, _, err := convert(match(object, pattern(lit("x"))), backends.Options{}); err == nil {
		t.Errorf("an object: got %s, want a refusal", got)
	}
}

// TestLongQuery: a list of thousands of hashes is one filter, and noted where
// a server of today may reject its length.
func TestLongQuery(t *testing.T) {
	var terms []sigma.Expr
	for i := range 2000 {
		terms = append(terms, match(field1("Hashes"), pattern(run, lit(fmt.Sprintf("SHA256=%064x", i)), run)))
	}
	got, notes, err := convert(or(terms...), backends.Options{})
	if err != nil || strings.Count(got, "Hashes:") != 1 || !slices.Contains(notes, "engine-version") {
		t.Errorf("%d filters, notes %v, %v", strings.Count(got, "Hashes:"), notes, err)
	}
}

func TestDescription(t *testing.T) {
	b := New()
	if b.Name() != "logsql" || b.Language() != "LogsQL" || b.Extension() != ".logsql" || !slices.Equal(b.Aliases(), []string{"victorialogs"}) {
		t.Error(b.Name(), b.Language(), b.Extension(), b.Aliases())
	}
}

// TestLowered: where letter case is not known, pipes lower two fields, and only
// the parts of the rule that ask about them stand behind the pipes.
func TestLowered(t *testing.T) {
	ref := match(field1("f"), &sigma.FieldRef{Field: field1("g")})
	const pipes = ` | format "<lc:f>" as "lower(f)" | format "<lc:g>" as "lower(g)" | filter `
	const equal = `"lower(f)":* AND "lower(f)":eq_field("lower(g)")`
	const end = ` | delete "lower(f)", "lower(g)"`
	h := match(field1("h"), cased(lit("x")))
	for _, c := range []struct {
		expr sigma.Expr
		want string
	}{
		{ref, "*" + pipes + equal + end},
		{not(ref), "*" + pipes + "NOT (" + equal + ")" + end},
		{and(h, ref), `h:="x"` + pipes + equal + end},
		{or(h, ref), "*" + pipes + `h:="x" OR (` + equal + ")" + end},
		{and(h, not(and(h, ref))), `h:="x"` + pipes + `NOT (h:="x" AND ` + equal + ")" + end},
	} {
		got, notes, err := convert(c.expr, backends.Options{Compact: true})
		if err != nil || got != c.want || !slices.Contains(notes, "ascii-folding") {
			t.Errorf("%s\n got %s %v\nwant %s (%v)", c.expr, got, notes, c.want, err)
		}
	}
}

func TestRefusalHasPlace(t *testing.T) {
	file := source.NewFile("r.yml", []byte("x|hour: 5\n"))
	v := &sigma.TimePart{Unit: sigma.Hour, N: 5, Span: source.Span{File: file, Start: 8, End: 9}}
	_, _, err := convert(match(field1("x"), v), backends.Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "r.yml:1:9: logsql cannot express this: time part") {
		t.Error(err)
	}
}

func benchmarkConvert(b *testing.B, e sigma.Expr) {
	q := &sigma.Query{Rule: &sigma.Rule{}, Expr: e}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New().Convert(q, backends.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkConvert(b *testing.B) {
	f := sigma.Field{Name: "CommandLine"}
	b.Run("rule", func(b *testing.B) {
		benchmarkConvert(b, and(
			match(sigma.Field{Name: "Image"}, pattern(run, lit(`\powershell.exe`))),
			or(match(f, pattern(run, lit(" -enc "), run)), match(f, pattern(run, lit(" -e "), run)), match(f, pattern(lit("x"), run, lit("y")))),
			not(match(sigma.Field{Name: "User"}, pattern(lit("SYSTEM"))))))
	})
	b.Run("regex", func(b *testing.B) {
		benchmarkConvert(b, match(f, &sigma.Regex{Source: `(?:set|echo)\s+.{1,20}\bfoo\b`}))
	})
	b.Run("hashes", func(b *testing.B) {
		var terms []sigma.Expr
		for i := range 1000 {
			terms = append(terms, match(f, pattern(run, lit(fmt.Sprintf("SHA256=%064x", i)), run)))
		}
		benchmarkConvert(b, or(terms...))
	})
}
