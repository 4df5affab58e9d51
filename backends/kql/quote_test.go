package kql

import (
	"strings"
	"testing"
	"unicode/utf8"

	"sigmatic/ast"
)

func TestQuoteField(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		// emissions §5: quoted names are right for both readers.
		{"eventName", "eventName"},
		{"userIdentity.type", "userIdentity.type"},
		{"@timestamp", "@timestamp"},
		{"c-uri", "c-uri"},
		{"_id", "_id"},
		{"android", "android"},
		{"notes", "notes"},
		{"and", `"and"`},
		{"OR", `"OR"`},
		{"not", `"not"`},
		{"knot", `"knot"`}, // a "not" before a blank ends a bare name
		{"null", `"null"`},
		{"true", `"true"`},
		{"FALSE", `"FALSE"`},
		{"1a", `"1a"`},
		{"-a", `"-a"`},
		{"a b", `"a b"`},
		{"a:b", `"a:b"`},
		{`a"b`, `"a\"b"`},
		{`a\b`, `"a\\b"`},
		{`a\`, `a\\`}, // emissions §2.1: quoted, the server misses the end
		{"é", `"é"`},
		{"a\nb", `"a\nb"`},
		{"a\x01b", `"a\u0001b"`},
		{"a{b}", `"a{b}"`},
		{"a,b", `"a,b"`},
	} {
		if got, ok := quoteField(tt.in); !ok || got != tt.want {
			t.Errorf("quoteField(%q) = %s, %v; want %s", tt.in, got, ok, tt.want)
		}
	}
	for _, in := range []string{"a*b", "*", "a\xffb"} {
		if got, ok := quoteField(in); ok {
			t.Errorf("quoteField(%q) = %s, want none", in, got)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", `""`},
		{"val", `"val"`},
		{`C:\x`, `"C:\\x"`},
		{`say "hi"`, `"say \"hi\""`},
		{"a*b?c", `"a*b?c"`}, // literal inside quotes
		{"a\n\r\tb", `"a\n\r\tb"`},
		{"\x00\x7f", `"\u0000\u007f"`},
		{"a\u00a0b\u202ec", `"a\u00a0b\u202ec"`},
		{"Zoë ПРИВЕТ 😀", `"Zoë ПРИВЕТ 😀"`},
		{`end\`, `end\\`},
		{`C:\a b\`, `C\:\\a b\\`},
		{` lead\`, `" lead\\"`}, // unquoted, it would be trimmed
		{"null", `"null"`},
	} {
		if got := quote(tt.in); got != tt.want {
			t.Errorf("quote(%q) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestUnquoted(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"val*", "val*"},
		{"*a*b", "*a*b"},
		{`C:\\Windows\\*`, `C\:\\Windows\\*`},
		{`*(){}<>:"*`, `*\(\)\{\}\<\>\:\"*`},
		{`*\**`, `*\**`},
		{`*\?*`, `*?*`}, // a question mark is one
		{"* *", "* *"},
		{"*a  b*", `*a \u0020b*`},
		{"*a and b*", `*a \and b*`},
		{"or x*", `\or x*`},
		{"*x or", `*x \or`},
		{"*x OR*", "*x OR*"}, // the star is no blank
		{"*orders and_more*", "*orders and_more*"},
		{"*knot x*", `*k\u006eot x*`},
		{"*NOT", `*\u004eOT`},
		{"*not*", "*not*"},
		{"*x\notepad", `*x\u000aotepad`}, // emissions §2.2: the server reads \not as a word
		{"*x\ny", `*x\ny`},
		{"*\u3000x", `*\u3000x`},
		{"10.*", "10.*"},
	} {
		if got, ok := unquoted(ast.ParsePattern(tt.in)); !ok || got != tt.want {
			t.Errorf("unquoted(%q) = %s, %v; want %s", tt.in, got, ok, tt.want)
		}
	}
	for _, in := range []string{" a*", "*a ", "\ta*", "*\u00a0", "\ufeffa*", "*@kuery-wildcard@*", "*@kuery-wildcard*"} {
		if got, ok := unquoted(ast.ParsePattern(in)); ok {
			t.Errorf("unquoted(%q) = %s, want none", in, got)
		}
	}
}

// surround puts a leaf where everything that could go wrong with its ends would
// change the tree.
func surround(leaf string) string {
	return "(\n  not " + leaf + " and x: *\n  or " + leaf + "\n  or y: \"z\"\n) and " + leaf
}

const surrounded = `and(or(and(not(LEAF), "x" is "*"), LEAF, "y" is "z"), LEAF)`

func checkSurrounded(t *testing.T, leaf string, want node) {
	t.Helper()
	got, err := readKibana(surround(leaf))
	if err != nil {
		t.Fatal(err)
	}
	if w := strings.ReplaceAll(surrounded, "LEAF", want.String()); got.String() != w {
		t.Fatalf("%s\nis read as %s\nwant       %s", leaf, got, w)
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "val", `a"b`, `\`, `a\`, ` \`, "null", "a\nb", `" or *: *`, "\u00a0", "or", `\"`, "*", `\\\`, "not ", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			t.Skip()
		}
		checkSurrounded(t, "f: "+quote(s), node{op: "is", field: literal{text: "f"}, value: literal{text: s}})
	})
}

func FuzzQuoteField(f *testing.F) {
	for _, s := range []string{"f", "and", "knot", "a b", `a\`, `a"b`, "null", "a:b", "a > 1 or b", "é", "-", ".", "\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		field, ok := quoteField(s)
		if !ok || s == "" {
			t.Skip()
		}
		want := node{op: "is", field: literal{text: s}, value: literal{text: "v"}}
		checkSurrounded(t, field+`: "v"`, want)
		want.op = ">="
		want.value.text = "12"
		checkSurrounded(t, field+" >= 12", want)
	})
}

func FuzzUnquoted(f *testing.F) {
	for _, s := range []string{"a*", "*not ", "* or *", "*a  b*", `*\\`, "*and", "or *", `C:\\x\\*`, "*x) or (s: *", "*\notepad", "*\\*\\?", "*:*", "*NOT\u00a0x", "not not*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parts := ast.ParsePattern(s)
		want := literal{}
		for i, p := range parts {
			switch p := p.(type) {
			case ast.Literal:
				want.text += string(p)
			case ast.AnyOne:
				parts[i] = ast.AnyRun{}
				want.text += star
			default:
				want.text += star
			}
		}
		if !utf8.ValidString(s) || !strings.Contains(want.text, star) {
			t.Skip()
		}
		value, ok := unquoted(parts)
		if !ok {
			t.Skip()
		}
		checkSurrounded(t, "f: "+value, node{op: "is", field: literal{text: "f"}, value: want})
	})
}
