package splunk

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	sigma "sigmatic/ast"
	"sigmatic/backends"
)

// The tables of these tests are the rows of the design page on SPL, part (b),
// and of doc.go.

func field(name string) sigma.Field { return sigma.Field{Name: name} }

func leaf(f string, v sigma.Value) *sigma.Match { return &sigma.Match{Field: field(f), Value: v} }

func pat(sigmaText string) *sigma.Pattern {
	return &sigma.Pattern{Parts: sigma.ParsePattern(sigmaText)}
}

func cased(sigmaText string) *sigma.Pattern {
	p := pat(sigmaText)
	p.Cased = true
	return p
}

func number(s string) *sigma.Number {
	d, ok := sigma.ParseDecimal(s)
	if !ok {
		panic(s)
	}
	return &sigma.Number{Decimal: d, Lexeme: s}
}

func not(e sigma.Expr) sigma.Expr        { return &sigma.Not{Term: e} }
func and(terms ...sigma.Expr) sigma.Expr { return &sigma.And{Terms: terms} }
func or(terms ...sigma.Expr) sigma.Expr  { return &sigma.Or{Terms: terms} }

func convert(e sigma.Expr, compact bool) (string, []backends.Note, error) {
	out, err := New().Convert(&sigma.Query{Expr: e}, backends.Options{Compact: compact})
	if err != nil {
		return "", nil, err
	}
	return out.Query, out.Notes, nil
}

func codes(notes []backends.Note) string {
	var list []string
	for _, n := range notes {
		list = append(list, string(n.Code))
	}
	return strings.Join(list, " ")
}

func TestRequiredText(t *testing.T) {
	text := func(s string) sigma.Text { return sigma.Text{Value: s} }
	q := &sigma.Query{
		Rule: &sigma.Rule{Metadata: sigma.Metadata{Fields: []sigma.Text{
			text("userIdentity.accountId"), text("userIdentity.arn"), text("sourceIPAddress"), text("responseElements.ConsoleLogin"),
		}}},
		Expr: and(
			leaf("eventName", pat("ConsoleLogin")),
			leaf("additionalEventData.MFAUsed", pat("No")),
			leaf("userIdentity.type", pat("IAMUser"))),
	}
	const search = `eventName="ConsoleLogin" additionalEventData.MFAUsed="No" userIdentity.type="IAMUser"`
	const table = `| table userIdentity.accountId,userIdentity.arn,sourceIPAddress,responseElements.ConsoleLogin`
	for separator, compact := range map[string]bool{" ": true, "\n": false} {
		out, err := New().Convert(q, backends.Options{Compact: compact})
		if err != nil {
			t.Fatal(err)
		}
		if want := search + separator + table; out.Query != want {
			t.Errorf("got  %s\nwant %s", out.Query, want)
		}
	}
}

func TestTable(t *testing.T) {
	fields := []sigma.Text{{Value: "a b"}, {Value: ""}, {Value: "x{}.y"}, {Value: "a b"}, {Value: "NOT"}}
	got, err := tableStage(fields)
	if want := `| table "a b","x{}.y","NOT"`; got != want || err != nil {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if _, err := tableStage([]sigma.Text{{Value: `a"|delete`}}); err == nil {
		t.Error("a name with a quote was printed")
	}
}

// kinds holds each kind of value: its clause in the search stage where that is
// exact, and otherwise the prefilter ("" for none) and the clause of the where stage.
var kinds = []struct {
	name    string
	m       *sigma.Match
	exact   string
	loose   string
	where   string
	notes   string
	ifGuard bool // the where clause is a comparison, in parentheses below NOT
}{
	{name: "exact", m: leaf("f", pat("Val")), exact: `f="Val"`, notes: "single-value"},
	{name: "backslashes", m: leaf("f", pat(`C:\Windows\x`)), exact: `f="C:\\Windows\\x"`, notes: "single-value ascii-folding"},
	{name: "startswith", m: leaf("f", pat("arn:*")), exact: `f="arn:*"`, notes: "single-value"},
	{name: "endswith", m: leaf("f", pat(`*\cmd.exe`)), exact: `f="*\\cmd.exe"`, notes: "single-value"},
	{name: "contains", m: leaf("f", pat("* -enc *")), exact: `f="* -enc *"`, notes: "single-value"},
	{name: "question mark in search is plain", m: leaf("f", pat(`a\?b`)), exact: `f="a?b"`, notes: "single-value"},
	{name: "number text in plain spelling", m: leaf("f", pat("123")), exact: `f="123"`, notes: "single-value number-spelling"},
	{name: "number text in another spelling", m: leaf("f", pat("012")), loose: `f="012"`, where: `isnotnull(mvfind('f',"\A012\z"))`, notes: "single-value number-spelling"},
	{name: "text that a null may be", m: leaf("f", pat("nul*")), exact: `f="nul*"`, notes: "single-value null-not-indexed"},
	{name: "empty", m: leaf("f", pat("")), where: `isnotnull(mvfind('f',"\A\z"))`, notes: "single-value"},
	{name: "lone star", m: leaf("f", pat("*")), where: `isnotnull('f')`, notes: "single-value null-not-indexed"},
	{name: "inner star", m: leaf("f", pat("ab*bcd")), loose: `f="*bcd"`, where: `isnotnull(mvfind('f',"(?is)\Aab.*bcd\z"))`, notes: "single-value"},
	{name: "one character", m: leaf("f", pat("a?")), loose: `f="a*"`, where: `isnotnull(mvfind('f',"(?is)\Aa.\z"))`, notes: "single-value"},
	{name: "one character alone", m: leaf("f", pat("?")), where: `isnotnull(mvfind('f',"(?s)\A.\z"))`, notes: "single-value number-spelling"},
	{name: "literal star", m: leaf("f", pat(`a\*b`)), loose: `f="a*"`, where: `isnotnull(mvfind('f',"(?i)\Aa[*]b\z"))`, notes: "single-value"},
	{name: "quote", m: leaf("f", pat(`say "x"`)), loose: `f="say *"`, where: `isnotnull(mvfind('f',"(?i)\Asay \x22x\x22\z"))`, notes: "single-value ascii-folding"},
	{name: "network as text", m: leaf("f", pat("0.0.0.0/0")), loose: `f="0.0.0.0/0*"`, where: `isnotnull(mvfind('f',"\A0[.]0[.]0[.]0/0\z"))`, notes: "single-value"},
	{name: "backslash at the end", m: leaf("f", pat(`a\`)), loose: `f="a\\*"`, where: `isnotnull(mvfind('f',"(?i)\Aa\x5c\z"))`, notes: "single-value"},
	{name: "beyond ASCII", m: leaf("f", pat("Zoë")), loose: `f="Zo*"`, where: `isnotnull(mvfind('f',"(?i)\AZoë\z"))`, notes: "single-value ascii-folding"},
	{name: "controls", m: leaf("f", pat("\n\x00\u0085")), where: `isnotnull(mvfind('f',"\A\x0a\x00\x{85}\z"))`, notes: "single-value"},
	{name: "dash", m: leaf("f", &sigma.Pattern{Parts: []sigma.Part{sigma.AnyRun{}, sigma.Dash{}, sigma.Literal("foo")}}), loose: `f="*foo"`, where: `isnotnull(mvfind('f',"(?i)(?:-|/|–|—|―)foo\z"))`, notes: "single-value"},
	{name: "cased", m: leaf("f", cased("Ask*")), loose: `f="Ask*"`, where: `isnotnull(mvfind('f',"\AAsk"))`, notes: "single-value"},
	{name: "cased without letters", m: leaf("f", cased("#*")), exact: `f="#*"`, notes: "single-value"},
	{name: "number", m: leaf("f", number("4624")), exact: "f=4624", notes: "single-value number-spelling"},
	{name: "negative number", m: leaf("f", number("-1.50")), exact: `f="-1.5"`, notes: "single-value number-spelling"},
	{name: "huge number", m: leaf("f", number("1e300")), loose: `f="1e+300"`, where: `isnotnull(mvfind('f',"\A1e[+]300\z"))`, notes: "single-value number-spelling"},
	{name: "true", m: leaf("f", &sigma.Bool{Value: true}), exact: `f="true"`, notes: "single-value"},
	{name: "false", m: leaf("f", &sigma.Bool{}), exact: `f="false"`, notes: "single-value ascii-folding"},
	{name: "null", m: leaf("f", &sigma.Null{}), where: `isnull('f')`, notes: "single-value null-not-indexed"},
	{name: "exists", m: leaf("f", &sigma.Exists{Want: true}), where: `isnotnull('f')`, notes: "single-value null-not-indexed"},
	{name: "does not exist", m: leaf("f", &sigma.Exists{}), where: `isnull('f')`, notes: "single-value null-not-indexed"},
	{name: "regex", m: leaf("f", &sigma.Regex{Source: `^a\\"\d+$`}), where: `isnotnull(mvfind('f',"\Aa\x5c\x22\d+\z"))`, notes: "single-value"},
	{name: "regex with flags", m: leaf("f", &sigma.Regex{Source: `^s.c$`, IgnoreCase: true, Multiline: true, DotAll: true}), where: `isnotnull(mvfind('f',"(?is)(?<![^\x0a])s.c(?![^\x0a])"))`, notes: "single-value ascii-folding"},
	{name: "network", m: leaf("f", &sigma.CIDR{Prefix: prefix("10.0.0.0/8")}), loose: `f="10.0.0.0/8"`, where: `isnotnull(mvfilter(cidrmatch("10.0.0.0/8",'f')))`, notes: "single-value field-type"},
	{name: "network v6", m: leaf("f", &sigma.CIDR{Prefix: prefix("fe80::/10")}), loose: `f="fe80::/10"`, where: `isnotnull(mvfilter(cidrmatch("fe80::/10",'f')))`, notes: "single-value field-type"},
	{name: "comparison", m: leaf("f", &sigma.Comparison{Op: sigma.GreaterOrEqual, Number: number("5")}), loose: `f=*`, where: `isnotnull(mvfilter(match('f',"\A[-+.0-9eE]+\z") AND tonumber('f')>=5))`, notes: "single-value number-spelling"},
	{name: "time part", m: leaf("f", &sigma.TimePart{Unit: sigma.Hour, N: 5}), where: `isnotnull(mvfilter(match('f',"\A\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d") AND tonumber(substr('f',12,2))==5))`, notes: "single-value field-type"},
	{name: "time part compared", m: leaf("f", &sigma.TimePart{Unit: sigma.Year, Op: sigma.Less, N: 2000}), where: `isnotnull(mvfilter(match('f',"\A\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d") AND tonumber(substr('f',1,4))<2000))`, notes: "single-value field-type"},
	{name: "reference", m: leaf("f", &sigma.FieldRef{Field: field("a.b")}), where: `if(lower('f')==lower('a.b'),1,0)=1`, ifGuard: true, notes: "single-value ascii-folding null-not-indexed number-spelling"},
	{name: "reference startswith", m: leaf("f", &sigma.FieldRef{Field: field("g"), Mode: sigma.RefStartsWith}), loose: "f=* g=*", where: `if(len('g')>0 AND substr(lower('f'),1,len('g'))==lower('g'),1,0)=1`, ifGuard: true, notes: "single-value ascii-folding null-not-indexed number-spelling"},
	{name: "reference endswith", m: leaf("f", &sigma.FieldRef{Field: field("g"), Mode: sigma.RefEndsWith}), loose: "f=* g=*", where: `if(len('g')>0 AND len('f')>=len('g') AND substr(lower('f'),0-len('g'))==lower('g'),1,0)=1`, ifGuard: true, notes: "single-value ascii-folding null-not-indexed number-spelling"},
	{name: "reference contains", m: leaf("f", &sigma.FieldRef{Field: field("g"), Mode: sigma.RefContains}), loose: "f=* g=*", where: `if(len('g')>0 AND mvcount(split(lower('f'),lower('g')))>1,1,0)=1`, ifGuard: true, notes: "single-value ascii-folding null-not-indexed number-spelling"},
	{name: "keyword", m: leaf("", &sigma.Keyword{Value: pat("*mimi*")}), loose: "*mimi*", where: `if(match(_raw,"(?i)mimi"),1,0)=1`, ifGuard: true, notes: "message-field"},
	{name: "keyword in JSON", m: leaf("", &sigma.Keyword{Value: pat("*a\\b \"é\n*")}), where: `if(match(_raw,"(?i)a\x5c{1,2}b \x5c?\x22(?:é|(?i:\x5cu00e9))(?:\x0a|\x5cu000a|\x5cn)"),1,0)=1`, ifGuard: true, notes: "ascii-folding message-field"},
	{name: "keyword cased", m: leaf("", &sigma.Keyword{Value: cased("*Sam*")}), loose: "*Sam*", where: `if(match(_raw,"Sam"),1,0)=1`, ifGuard: true, notes: "message-field"},
	{name: "keyword with wildcards", m: leaf("", &sigma.Keyword{Value: pat("*a?b*c*")}), where: `if(match(_raw,"(?is)a.b.*c"),1,0)=1`, ifGuard: true, notes: "message-field"},
	{name: "keyword regex", m: leaf("", &sigma.Keyword{Value: &sigma.Regex{Source: `ab+\\`}}), where: `if(match(_raw,"ab+\x5c{1,2}"),1,0)=1`, ifGuard: true, notes: "message-field"},
	{name: "keyword number", m: leaf("", &sigma.Keyword{Value: number("12")}), where: `if(match(_raw,"12"),1,0)=1`, ifGuard: true, notes: "message-field"},
	{name: "keyword star", m: leaf("", &sigma.Keyword{Value: pat("*")}), where: `isnotnull(_raw)`, notes: "message-field"},
}

func TestKinds(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			// What is exact in search is taken to be so below; in where it has
			// a form of its own, which only shows next to something inexact.
			z := leaf("z", pat("Zed"))
			search, loose, where := k.exact, k.loose, k.where
			neg := where
			if k.ifGuard {
				neg = "(" + where + ")"
			}
			for _, c := range []struct {
				e    sigma.Expr
				want string
			}{
				{k.m, pick(search, search, orStar(loose)+" | where "+where)},
				{not(k.m), pick(search, "NOT "+search, "* | where NOT "+neg)},
				{or(k.m, z), pick(search, search+` OR z="Zed"`, pick(loose, or2(loose)+` OR z="Zed"`, "*")+" | where "+where+` OR isnotnull(mvfind('z',"(?i)\AZed\z"))`)},
				{not(and(k.m, z)), pick(search, "NOT ("+search+` z="Zed")`, "* | where NOT ("+where+` AND isnotnull(mvfind('z',"(?i)\AZed\z")))`)},
			} {
				got, notes, err := convert(c.e, true)
				if err != nil {
					t.Fatal(err)
				}
				if got != c.want {
					t.Errorf("%s\ngot  %s\nwant %s", c.e, got, c.want)
				}
				if c.e == sigma.Expr(k.m) && codes(notes) != k.notes {
					t.Errorf("notes: got %s, want %s", codes(notes), k.notes)
				}
			}
		})
	}
}

func pick(condition, yes, no string) string {
	if condition != "" {
		return yes
	}
	return no
}

func orStar(s string) string { return pick(s, s, "*") }

func or2(s string) string {
	if strings.Contains(s, "=* ") {
		return "(" + s + ")"
	}
	return s
}

func TestShapes(t *testing.T) {
	regex := leaf("r", &sigma.Regex{Source: "x+"})
	const where = `isnotnull(mvfind('r',"x+"))`
	many := func(n int) sigma.Expr {
		var terms []sigma.Expr
		for i := range n {
			terms = append(terms, leaf("f", number(fmt.Sprint(i))))
		}
		return or(terms...)
	}
	for name, c := range map[string]struct {
		e    sigma.Expr
		want string
	}{
		"list":                           {or(leaf("f", pat("a")), leaf("f", pat("b*")), leaf("f", number("1"))), `f IN ("a", "b*", 1)`},
		"negated list":                   {not(or(leaf("f", pat("a")), leaf("f", pat("b")))), `NOT f IN ("a", "b")`},
		"lists of two fields":            {or(leaf("f", pat("a")), leaf("g", pat("x")), leaf("f", pat("b"))), `f IN ("a", "b") OR g="x"`},
		"list of networks":               {or(leaf("f", &sigma.CIDR{Prefix: prefix("10.0.0.0/8")}), leaf("f", &sigma.CIDR{Prefix: prefix("::1/128")})), `f="10.0.0.0/8" OR f="::1/128" | where isnotnull(mvfilter(cidrmatch("10.0.0.0/8",'f') OR cidrmatch("::1/128",'f')))`},
		"list in where":                  {or(leaf("f", pat("a")), leaf("f", pat("b?")), leaf("f", pat("1")), leaf("f", pat("*c")), leaf("f", cased("D")), leaf("f", &sigma.Null{})), `* | where isnotnull(mvfind('f',"(?is)\A(?:a|b.|1)\z")) OR isnotnull(mvfind('f',"(?i)c\z")) OR isnotnull(mvfind('f',"\AD\z")) OR isnull('f')`},
		"contains in where":              {and(or(leaf("f", pat("*a b*")), leaf("f", pat("*c*")), leaf("r", &sigma.Regex{Source: "x"}))), `* | where isnotnull(mvfind('f',"(?i)a b|c")) OR isnotnull(mvfind('r',"x"))`},
		"exact parts stay in search":     {and(leaf("f", pat("a")), regex, not(leaf("g", pat("b")))), `f="a" NOT g="b" | where ` + where},
		"filters part":                   {and(leaf("f", pat("a")), not(or(leaf("g", pat("b")), regex, leaf("h", pat("c"))))), `f="a" NOT (g="b" OR h="c") | where NOT ` + where},
		"search has OR before AND":       {or(and(leaf("f", pat("a")), leaf("g", pat("b"))), leaf("h", pat("c"))), `(f="a" g="b") OR h="c"`},
		"keywords":                       {or(leaf("", &sigma.Keyword{Value: pat("*ab*")}), leaf("", &sigma.Keyword{Value: pat("*c d*")})), `* | where if(match(_raw,"(?i)ab|c d"),1,0)=1`},
		"nothing":                        {or(), "NOT *"},
		"everything":                     {and(), "*"},
		"double negation":                {not(not(leaf("f", pat("a")))), `f="a"`},
		"names":                          {and(leaf("a-b", pat("x")), leaf("x{}.y", pat("y")), leaf("1f", pat("z")), leaf("or", pat("w")), leaf("é", pat("v"))), `"a-b"="x" "x{}.y"="y" "1f"="z" "or"="w" "é"="v"`},
		"name in where":                  {leaf("a b", &sigma.Null{}), `* | where isnull('a b')`},
		"time modifiers are no fields":   {leaf("earliest", pat("-1d")), `* | where isnotnull(mvfind('earliest',"(?i)\A-1d\z"))`},
		"a star in a name is no pattern": {leaf("a*", pat("x")), `* | where isnotnull(mvfind('a*',"(?i)\Ax\z"))`},
		"longest piece":                  {leaf("f", pat("*ab*cdef*g")), `f="*cdef*" | where isnotnull(mvfind('f',"(?is)ab.*cdef.*g\z"))`},
		"escaped spellings":              {leaf("f", pat("a<bcd")), `f="*bcd" | where isnotnull(mvfind('f',"(?i)\Aa<bcd\z"))`},
		"backtick":                       {leaf("f", pat("xy`m`")), "f=\"xy*\" | where isnotnull(mvfind('f',\"(?i)\\Axy\\x60m\\x60\\z\"))"},
		"a long IN":                      {many(maxList + 1), "f IN (" + joined(0, maxList) + ") OR f IN (500)"},
	} {
		got, _, err := convert(c.e, true)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}

func joined(from, to int) string {
	var list []string
	for i := from; i < to; i++ {
		list = append(list, fmt.Sprint(i))
	}
	return strings.Join(list, ", ")
}

func TestPretty(t *testing.T) {
	var images []sigma.Expr
	for _, s := range []string{"powershell", "pwsh", "wscript", "cscript", "mshta", "regsvr32", "rundll32", "certutil"} {
		images = append(images, leaf("Image", pat(`*\`+s+".exe")))
	}
	e := and(leaf("EventID", number("1")), or(images...), leaf("CommandLine", &sigma.Regex{Source: "a.b"}), leaf("User", &sigma.Null{}))
	const want = `EventID=1
Image IN (
  "*\\powershell.exe", "*\\pwsh.exe", "*\\wscript.exe", "*\\cscript.exe", "*\\mshta.exe",
  "*\\regsvr32.exe", "*\\rundll32.exe", "*\\certutil.exe"
)
| where isnotnull(mvfind('CommandLine',"a.b")) AND isnull('User')`
	got, notes, err := convert(e, false)
	if err != nil || got != want {
		t.Errorf("got\n%s\nwant\n%s\n%v", got, want, err)
	}
	if want := "taken to hold one plain value, neither a list nor an object: EventID, Image, CommandLine, User"; notes[0].Text != want {
		t.Errorf("got %s, want %s", notes[0].Text, want)
	}
}

func TestTraits(t *testing.T) {
	typed := func(t sigma.FieldType, v sigma.Value) *sigma.Match {
		return &sigma.Match{Field: sigma.Field{Name: "f", Type: t, Multi: sigma.SingleValued, Case: sigma.CaseCanonical}, Value: v}
	}
	multi := leaf("f", &sigma.FieldRef{Field: field("g{}")})
	for _, c := range []struct {
		m     *sigma.Match
		want  string
		notes string
	}{
		{typed(sigma.TypeKeyword, pat("Ask")), `f="Ask"`, ""},
		{typed(sigma.TypeKeyword, number("12")), `f=12`, "number-spelling"},
		{typed(sigma.TypeLong, number("12")), `f=12`, ""},
		{typed(sigma.TypeLong, &sigma.Comparison{Op: sigma.Less, Number: number("5")}), `f<5`, "null-not-indexed"},
		{typed(sigma.TypeLong, &sigma.Exists{Want: true}), `f=*`, "null-not-indexed"},
		{typed(sigma.TypeLong, &sigma.Null{}), `NOT f=*`, "null-not-indexed"},
		{typed(sigma.TypeBoolean, &sigma.Bool{}), `f="false"`, ""},
		{typed(sigma.TypeIP, &sigma.CIDR{Prefix: prefix("10.0.0.0/8")}), `f="10.0.0.0/8"`, ""},
		{typed(sigma.TypeIP, pat("*")), `f=*`, "null-not-indexed"},
		{typed(sigma.TypeLong, &sigma.TimePart{Unit: sigma.Hour, N: 5}), `* | where if(tonumber(strftime('f',"%H"))==5,1,0)=1`, "field-type"},
		{typed(sigma.TypeObject, pat("*ab*")), `*ab* | where isnotnull(mvfind(spath(_raw,"f"),"(?i)ab"))`, "field-type"},
		{typed(sigma.TypeObject, pat("*ab*c*")), `* | where isnotnull(mvfind(spath(_raw,"f"),"(?is)ab.*c"))`, "field-type"},
		{typed(sigma.TypeObject, pat("*ab*é*")), "", ""},
		{typed(sigma.TypeObject, &sigma.Exists{Want: true}), `* | where isnotnull(spath(_raw,"f"))`, "null-not-indexed field-type"},
		{typed(sigma.TypeObject, &sigma.Null{}), `* | where isnull(spath(_raw,"f"))`, "null-not-indexed field-type"},
		{leaf("f{}", pat("b")), `"f{}"="b"`, ""},
		{multi, "", ""},
		{typed(sigma.TypeObject, pat("b")), "", ""},
	} {
		got, notes, err := convert(c.m, true)
		if got != c.want || (err != nil) != (c.want == "") || codes(notes) != c.notes {
			t.Errorf("%s %+v\ngot  %s (%s) %v\nwant %s (%s)", c.m, c.m.Field, got, codes(notes), err, c.want, c.notes)
		}
	}
}

// TestSource: where the events are stands in front, in a group of its own beside
// alternatives.
func TestSource(t *testing.T) {
	a, b := leaf("f", pat("a")), leaf("g", pat("b"))
	for _, c := range []struct {
		source backends.Source
		e      sigma.Expr
		want   string
	}{
		{backends.Source{Index: "aws", Sourcetype: "aws:cloudtrail"}, a, `index=aws sourcetype=aws:cloudtrail f="a"`},
		{backends.Source{Index: "main"}, or(a, b), `index=main (f="a" OR g="b")`},
		{backends.Source{Index: "win*"}, leaf("f", &sigma.Null{}), `index=win* | where isnull('f')`},
		{backends.Source{Sourcetype: `x "y`}, and(), `sourcetype="x \"y"`},
	} {
		out, err := New().Convert(&sigma.Query{Expr: c.e}, backends.Options{Compact: true, Source: c.source})
		if err != nil || out.Query != c.want {
			t.Errorf("got %s, want %s (%v)", out.Query, c.want, err)
		}
	}
}

// TestPlainText: = stands in where only if it compares as the rule does.
func TestPlainText(t *testing.T) {
	one := sigma.Field{Name: "f", Multi: sigma.SingleValued, Case: sigma.CaseCanonical}
	for _, c := range []struct {
		field sigma.Field
		value *sigma.Pattern
		want  string
	}{
		{one, pat("Success"), "Success"},
		{one, pat("12"), ""},
		{one, pat("1e5"), ""},
		{one, pat(""), ""},
		{one, pat("a*"), ""},
		{one, pat(`a\\b`), ""},
		{one, pat(`a"b`), ""},
		{sigma.Field{Name: "f", Multi: sigma.SingleValued}, pat("Success"), ""},
		{sigma.Field{Name: "f", Multi: sigma.SingleValued}, cased("Success"), "Success"},
		{sigma.Field{Name: "f", Case: sigma.CaseCanonical}, pat("Success"), ""},
	} {
		if got, ok := plainText(c.field, c.value); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s over %+v: %q %v, want %q", c.value, c.field, got, ok, c.want)
		}
	}
	null := &sigma.Match{Field: one, Value: &sigma.Null{}}
	got, _, err := convert(not(or(&sigma.Match{Field: one, Value: pat("Success")}, null)), true)
	if want := `NOT f="Success" | where NOT isnull('f')`; got != want {
		t.Errorf("got %s, want %s (%v)", got, want, err)
	}
	got, _, err = convert(or(not(&sigma.Match{Field: one, Value: pat("Success")}), null), true)
	if want := `* | where NOT (coalesce('f',"")="Success") OR isnull('f')`; got != want {
		t.Errorf("got %s, want %s (%v)", got, want, err)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		m    *sigma.Match
		want backends.Feature
	}{
		{leaf("f", pat("\xff")), backends.FeatureBytes},
		{leaf("f'g", &sigma.Null{}), backends.FeatureFieldName},
		{leaf(`f"g`, pat("x")), backends.FeatureFieldName},
		{leaf("f", &sigma.FieldRef{Field: field("g'")}), backends.FeatureFieldName},
		{leaf("f|g", &sigma.Null{}), backends.FeatureFieldName},
		{leaf("", pat("x")), backends.FeatureFieldName},
		{leaf("_time", pat("x")), backends.FeatureFieldName},
		{leaf("f", &sigma.FieldRef{Field: field("_raw")}), backends.FeatureFieldName},
		{leaf("f", &sigma.TimePart{Unit: sigma.Week, N: 5}), backends.FeatureTimePart},
		{leaf("f", &sigma.Comparison{Op: sigma.Less, Number: number("9007199254740993")}), backends.FeatureComparison},
		{leaf("f", &sigma.Comparison{Op: sigma.Less, Number: number("1e300")}), backends.FeatureComparison},
		{leaf("f", &sigma.Regex{Source: "(?=x)"}), backends.FeatureRegexSyntax},
		{leaf("f", &sigma.Regex{Source: `(?i)\pL`}), backends.FeatureRegexSyntax},
		{leaf("", &sigma.Keyword{Value: &sigma.Regex{Source: "^x"}}), backends.FeatureRegexSyntax},
		{leaf("", &sigma.Keyword{Value: &sigma.Null{}}), backends.FeatureKeyword},
		{leaf("f", &sigma.Pattern{Parts: []sigma.Part{sigma.Placeholder{Name: "x"}}}), backends.FeaturePlaceholder},
	} {
		_, _, err := convert(c.m, true)
		var refusal *backends.Unsupported
		if !errors.As(err, &refusal) || refusal.Feature != c.want {
			t.Errorf("%s: got %v, want %s", c.m, err, c.want)
		}
	}
}

// TestEveryValueKind demands a case in kinds for every type of package ast that
// has the marker method value.
func TestEveryValueKind(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "ast", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal("no source of package ast", err)
	}
	tested := []string{"Members"} // backends.Prepare refuses them
	for _, k := range kinds {
		tested = append(tested, strings.TrimPrefix(fmt.Sprintf("%T", k.m.Value), "*ast."))
	}
	found := 0
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Name.Name != "value" || fn.Recv == nil {
				continue
			}
			found++
			kind := fn.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
			if !slices.Contains(tested, kind) {
				t.Errorf("no case for *ast.%s", kind)
			}
		}
	}
	if found == 0 {
		t.Error("found no kind of value")
	}
}

func TestIdentity(t *testing.T) {
	var b backends.Backend = New()
	if b.Name() != "splunk" || !slices.Equal(b.Aliases(), []string{"spl"}) || b.Language() != "SPL" || b.Extension() != ".spl" {
		t.Error(b.Name(), b.Aliases(), b.Language(), b.Extension())
	}
}

func BenchmarkConvert(b *testing.B) {
	var images, lines []sigma.Expr
	for i := range 12 {
		images = append(images, leaf("Image", pat(fmt.Sprintf(`*\image%d.exe`, i))))
		lines = append(lines, leaf("CommandLine", pat(fmt.Sprintf("*-x?%d*", i))))
	}
	for name, e := range map[string]sigma.Expr{
		"search": and(leaf("EventID", number("1")), or(images...), not(or(leaf("User", pat("SYSTEM")), leaf("ParentImage", pat(`C:\Windows\*`))))),
		"where":  and(leaf("EventID", number("1")), or(images...), or(lines...), not(leaf("CommandLine", &sigma.Regex{Source: `\s-(enc|e)\s+[A-Za-z0-9+/=]{20,}`}))),
	} {
		q := &sigma.Query{Expr: e}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := New().Convert(q, backends.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
