package splunk

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/backends"
)

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

// unquoteSearch reads a quoted value of the search stage by the documented rule.
func unquoteSearch(t *testing.T, s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		t.Fatalf("no quotes around %s", s)
	}
	var b strings.Builder
	for s = s[1 : len(s)-1]; s != ""; s = s[1:] {
		switch s[0] {
		case '"':
			t.Fatalf("a quote ends the value before %q", s)
		case '\\':
			if s = s[1:]; s == "" || s[0] != '\\' && s[0] != '"' {
				t.Fatalf("an escape that is not documented before %q", s)
			}
		}
		b.WriteByte(s[0])
	}
	return b.String()
}

func FuzzQuoteSearch(f *testing.F) {
	for _, s := range []string{"", `a\`, `\\`, `"`, `a"b\"c`, "x | delete", "`m`", "[search x]", "\n", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := unquoteSearch(t, quoteSearch(s)); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
	})
}

// checkRegexString demands the normal form: every reader of backslashes passes
// it on unchanged, and no quote is in it.
func checkRegexString(t *testing.T, re string) {
	t.Helper()
	for _, bad := range []string{`"`, `\\`, "`", "\n", "\r", "\x00"} {
		if strings.Contains(re, bad) {
			t.Errorf("%q in the regular expression %q", bad, re)
		}
	}
	if strings.HasSuffix(re, `\`) {
		t.Errorf("a backslash at the end of %q", re)
	}
}

func FuzzQuoteRegex(f *testing.F) {
	for _, s := range []string{"", `.\+*?()|[]{}^$`, "a`b\"c'd", "\n\t\x00\u0085\u2028", "Zoë😀", "[:alpha:]", `\x5c`, "a-b #x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		var b strings.Builder
		quoteRegex(&b, s)
		checkRegexString(t, b.String())
		re, err := regexp.Compile(`\A` + b.String() + `\z`)
		if err != nil {
			t.Fatal(err)
		}
		if !re.MatchString(s) || re.MatchString(s+"x") {
			t.Errorf("%q is not what %s matches", s, re)
		}
	})
}

func TestQuoteJSONRegex(t *testing.T) {
	for _, s := range []string{"abc", `C:\Temp\x`, `say "x"`, "a\nb\tc\x01", "привет", "😀 é", "a.b*c"} {
		var b strings.Builder
		quoteJSONRegex(&b, s)
		checkRegexString(t, b.String())
		re := regexp.MustCompile(`\A` + b.String() + `\z`)
		spelled, _ := json.Marshal(s)
		ascii := string(spelled[1 : len(spelled)-1])
		var escaped strings.Builder
		for _, r := range ascii {
			if r < 0x80 {
				escaped.WriteRune(r)
				continue
			}
			var run strings.Builder
			writeJSONRun(&run, string(r))
			text := run.String()
			text = text[strings.Index(text, "(?i:")+4 : len(text)-2]
			escaped.WriteString(strings.ToUpper(strings.ReplaceAll(text, `\x5cu`, "~")))
		}
		for _, text := range []string{s, string(spelled[1 : len(spelled)-1]), strings.ReplaceAll(escaped.String(), "~", `\u`)} {
			if !re.MatchString(text) {
				t.Errorf("%s does not find %q", re, text)
			}
		}
	}
}

func TestTranslateRegex(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{`a.b\.c`, `a.b[.]c`},
		{`^a$|\Ab\z`, `\Aa\z|\Ab\z`},
		{`(?m)^a$`, `(?<![^\x0a])a(?![^\x0a])`},
		{`(?i)a(?-i:b)(?s).(?mU:^c+?)`, `(?i)a(?-i:b)(?s).(?:(?<![^\x0a])c+?)`},
		{`(?P<n>a)(?<m>b)(?:c)(d)`, `(?:a)(?:b)(?:c)(d)`},
		{`\s\S[\s,][^\S]`, `[^\S\x0b][\S\x0b][\x09\x0a\x0c\x0d ,][^\S\x0b]`},
		{`\d{2}\w+\b\B`, `\d{2}\w+\b\B`},
		{`^*\b+`, `(?:\A)*(?:\b)+`},
		{`é+`, `(?:é)+`},
		{`a{,2}{x}a{2}a{3,}b{1,2}`, `a[{],2}[{]x}a{2}a{3,}b{1,2}`},
		{`\\\"\x41\x{263a}\101\a\v`, `\x5c\x22A☺A\x07\x0b`},
		{`\Qa|b"\E+\Q.`, `a[|]b\x22+[.]`},
		{`[]a-c^\]\\"-][^[:alpha:]][\d-z]`, `[\x5da-c\x5e\x5d\x5c\x22\x2d][^[:alpha:]][\d\x2dz]`},
		{`\pL\p{Greek}[\PN]`, `\pL\p{Greek}[\PN]`},
		{"`|/#", `\x60|/#`},
	} {
		got, err := translateRegex(&ast.Regex{Source: c.source}, false)
		if err != nil || got.text != c.want {
			t.Errorf("%s\ngot  %s %v\nwant %s", c.source, got.text, err, c.want)
		}
	}
}

// toGo undoes the two forms that RE2 does not have.
var toGo = strings.NewReplacer(`(?<![^\x0a])`, `(?m:^)`, `(?![^\x0a])`, `(?m:$)`)

func FuzzTranslateRegex(f *testing.F) {
	for _, re := range []string{`a.b\.c`, `^a$|b`, `(?m)^a$`, `(?i)a(?-i:b)`, `(?P<n>a)`, `[\s\S]`, `\Qa|b\E+`, `[]a-c^]`, `a{,2}`, `\x{41}\101`, `\pL`, `(?U)a+`, `[[:^alpha:]\d-]`} {
		f.Add(re, "aB\n\x0b c\\\"", false)
	}
	f.Fuzz(func(t *testing.T, source, text string, flags bool) {
		v := &ast.Regex{Source: source, IgnoreCase: flags, Multiline: flags, DotAll: flags}
		got, err := translateRegex(v, false)
		if err != nil {
			return
		}
		checkRegexString(t, got.text)
		prefix := ""
		if flags {
			prefix = "(?ims)"
		}
		want, err := regexp.Compile(prefix + source)
		if err != nil {
			return
		}
		re, err := regexp.Compile(toGo.Replace(got.text))
		if err != nil {
			t.Fatalf("%s became %s: %v", source, got.text, err)
		}
		for _, s := range []string{text, strings.ToValidUTF8(text, ""), text + "\n", source, ""} {
			if want.MatchString(s) != re.MatchString(s) {
				t.Errorf("%s became %s, which differs on %q", source, got.text, s)
			}
		}
		if json, err := translateRegex(v, true); err == nil {
			checkRegexString(t, json.text)
			if _, err := regexp.Compile(json.text); err != nil {
				t.Errorf("%s became %s: %v", source, json.text, err)
			}
		}
	})
}

// skeleton is a query without what stands in quotes.
func skeleton(q string) string {
	var b strings.Builder
	var quote byte
	for i := 0; i < len(q); i++ {
		switch c := q[i]; {
		case quote == 0:
			b.WriteByte(c)
			if c == '"' || c == '\'' {
				quote = c
			}
		case c == '\\' && quote == '"' && i+1 < len(q) && (q[i+1] == '\\' || q[i+1] == '"'):
			i++
		case c == quote:
			quote = 0
		}
	}
	return b.String()
}

func FuzzConvert(f *testing.F) {
	for _, s := range []string{"a", `x" | delete`, "a'b", "`m`", "[x]", `\`, "*?", "\n| x", "10.0.0.0/8", "\xff", ""} {
		f.Add("f", s, uint8(0))
		f.Add(s, "v", uint8(9))
	}
	f.Fuzz(func(t *testing.T, name, s string, kind uint8) {
		values := []ast.Value{
			&ast.Pattern{Parts: ast.ParsePattern(s)}, &ast.Pattern{Parts: ast.JoinParts([]ast.Part{ast.AnyRun{}, ast.Literal(s)}), Cased: true},
			&ast.Pattern{Parts: ast.JoinParts([]ast.Part{ast.Dash{}, ast.Literal(s), ast.AnyOne{}})},
			&ast.Regex{Source: s}, &ast.Null{}, &ast.FieldRef{Field: ast.Field{Name: s}, Mode: ast.RefMode(kind % 4)},
			&ast.Keyword{Value: &ast.Pattern{Parts: ast.ParsePattern(s)}}, &ast.Keyword{Value: &ast.Regex{Source: s, IgnoreCase: true}},
			&ast.Comparison{Op: ast.CompareOp(kind % 5), Number: &ast.Number{}}, &ast.TimePart{Unit: ast.TimeUnit(kind % 6), N: int(kind)},
		}
		m := &ast.Match{Field: ast.Field{Name: name, Type: ast.FieldType(kind % 9)}, Value: values[int(kind)%len(values)]}
		rule := &ast.Rule{Metadata: ast.Metadata{Fields: []ast.Text{{Value: name}, {Value: s}}}}
		for _, e := range []ast.Expr{m, &ast.Not{Term: m}, &ast.Or{Terms: []ast.Expr{m, &ast.Match{Field: m.Field, Value: &ast.Pattern{Parts: ast.ParsePattern("y" + s)}}}}} {
			out, err := New().Convert(&ast.Query{Rule: rule, Expr: e}, backends.Options{Compact: true})
			if err != nil {
				continue
			}
			text := skeleton(out.Query)
			if strings.Count(text, "|") > 2 || strings.ContainsAny(text, "`[]\n\\") {
				t.Errorf("%q %q gave %s", name, s, out.Query)
			}
		}
	})
}
