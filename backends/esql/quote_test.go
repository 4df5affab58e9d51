package esql

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	sigma "sigmatic/ast"
	"sigmatic/backends"
)

// unquote reads a string literal of ES|QL at the head of s, as the lexer does.
func unquote(s string) (value, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", s, false
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\n', '\r':
			return "", s, false
		case '\\':
			i++
			if i == len(s) {
				return "", s, false
			}
			j := strings.IndexByte(`tnr"\`, s[i])
			if j < 0 {
				return "", s, false
			}
			b.WriteByte("\t\n\r\"\\"[j])
		default:
			b.WriteByte(s[i])
		}
	}
	return "", s, false
}

func FuzzQuoteString(f *testing.F) {
	for _, s := range []string{"", "a", `a"b\`, "\n\r\t\x00\x1f", `""" | LIMIT 0`, "é😀\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, rest, ok := unquote(quoteString(s) + "|"); !ok || got != s || rest != "|" {
			t.Errorf("%q reads back as %q, %q", s, got, rest)
		}
	})
}

func FuzzQuoteColumn(f *testing.F) {
	for _, s := range []string{"a.b", "@timestamp", "by", "a`b", "1x", "a b", "", ".", "TRUE", "_x", "@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q := quoteColumn(s)
		if q == s {
			for _, c := range s {
				if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@.", c) {
					t.Fatalf("%q is bare", s)
				}
			}
			return
		}
		if q[0] != '`' || q[len(q)-1] != '`' || strings.ReplaceAll(q[1:len(q)-1], "``", "`") != s || strings.Count(q[1:len(q)-1], "`")%2 != 0 {
			t.Errorf("%q is %s", s, q)
		}
	})
}

// FuzzQuoteTerm reads field and value back as the query string's parser does:
// a backslash takes the next character, a bare character must not be special.
func FuzzQuoteTerm(f *testing.F) {
	for _, s := range []string{"a", "a b", `a\b"c`, "AND", "NOT", "a:b", "", "*", "\t\n\u3000", "\\u0041"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, field, value string) {
		if !addressable(field) || !utf8.ValidString(value) {
			return
		}
		text := quoteTermField(field) + ":" + quoteTerm(value)
		var name strings.Builder
		rest := text
		for rest[0] != ':' {
			r, n := utf8.DecodeRuneInString(rest)
			if r == '\\' {
				rest = rest[1:]
				if r, n = utf8.DecodeRuneInString(rest); r == 'u' {
					t.Fatalf("%q begins an escape by number", text)
				}
			} else if strings.ContainsRune("+-=&|><!(){}[]^\"~*?\\/ \t\n\r\u3000", r) {
				t.Fatalf("%q has a bare %q", text, r)
			}
			name.WriteRune(r)
			rest = rest[n:]
		}
		if name.String() != field {
			t.Errorf("the field %q reads back as %q", field, name.String())
		}
		if rest = rest[1:]; rest[0] != '"' {
			if rest != value {
				t.Errorf("the value %q is bare as %q", value, rest)
			}
			return
		}
		got := strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(rest[1 : len(rest)-1])
		if got != value {
			t.Errorf("the value %q reads back as %q", value, got)
		}
	})
}

func TestQuoteColumn(t *testing.T) {
	for name, want := range map[string]string{
		"a": "a", "a.b_1": "a.b_1", "@timestamp": "@timestamp", "_x": "_x", "from": "`from`", "by": "`by`", "TRUE": "`TRUE`",
		"a-b": "`a-b`", "user.1x": "`user.1x`", "a`b": "`a``b`", "é": "`é`", "a..b": "`a..b`", "_": "`_`",
	} {
		if got := quoteColumn(name); got != want {
			t.Errorf("%q is %s, expected %s", name, got, want)
		}
	}
}

func TestClasses(t *testing.T) {
	for _, c := range []struct {
		ranges []rune
		want   string
	}{
		{[]rune{'a', 'a'}, "a"},
		{[]rune{'a', 'b'}, "[ab]"},
		{[]rune{'-', '-', 'a', 'c'}, `[\-a-c]`},
		{[]rune{0, 0x10FFFF}, "."},
		{[]rune{0, '\n' - 1, '\n' + 1, 0x10FFFF}, "[^\n]"},
		{[]rune{'[', '^'}, `[\[-\^]`},
		{[]rune{0xE000, 0x10FFFF}, "[^\x00-\ud7ff]"},
	} {
		var b strings.Builder
		writeClass(&b, scalars(c.ranges))
		if b.String() != c.want {
			t.Errorf("%q is %q, expected %q", c.ranges, b.String(), c.want)
		}
	}
	if got := scalars([]rune{'a', 0xD900, 0xDA00, 0xDB00, 0xDC00, 'z' + 0xF000}); !slices.Equal(got, []rune{'a', 0xD7FF, 0xE000, 'z' + 0xF000}) {
		t.Errorf("surrogates stay: %x", got)
	}
}

// FuzzConvert builds expressions out of bytes. Whatever they are, nothing
// panics, the text is the same twice, and outside of its strings and names
// stand one FROM, one WHERE and no other pipe.
func FuzzConvert(f *testing.F) {
	f.Add([]byte("\x00\x01f\x02a|b\x03"), true)
	f.Add([]byte(`"" | LIMIT 0 // `), false)
	for i := range byte(80) {
		f.Add([]byte{i, 3, 'f', '"', '|', i * 3, '\\', '/', i, 2, 'a', '*', i + 1, 1, '`', i + 7, 4, '(', '^', ')', '$'}, i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, data []byte, compact bool) {
		r := reader{data}
		e := r.expr(3)
		q := query(e, r.text())
		out, err := New().Convert(q, backends.Options{Compact: compact})
		if err != nil {
			return
		}
		again, _ := New().Convert(q, backends.Options{Compact: compact})
		if again.Query != out.Query {
			t.Fatalf("two texts of %s", e)
		}
		bare := bareText(t, out.Query)
		if strings.Count(bare, "|") != 1 || strings.Contains(bare, "//") || compact && strings.Contains(bare, "\n") {
			t.Fatalf("%s\nbare: %s", out.Query, bare)
		}
	})
}

// bareText drops strings and quoted names.
func bareText(t *testing.T, q string) string {
	var b strings.Builder
	for i := 0; i < len(q); {
		switch q[i] {
		case '"':
			_, rest, ok := unquote(q[i:])
			if !ok {
				t.Fatalf("a string does not end: %s", q[i:])
			}
			i = len(q) - len(rest)
		case '`':
			i++
			for q[i] != '`' || i+1 < len(q) && q[i+1] == '`' {
				if q[i] == '`' {
					i++
				}
				i++
			}
			i++
		default:
			b.WriteByte(q[i])
			i++
		}
	}
	return b.String()
}

// reader makes values of bytes; when they end, it makes zeros.
type reader struct{ data []byte }

func (r *reader) byte() byte {
	if len(r.data) == 0 {
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

func (r *reader) text() string {
	n := min(int(r.byte()%16), len(r.data))
	s := string(r.data[:n])
	r.data = r.data[n:]
	return s
}

func (r *reader) expr(depth int) sigma.Expr {
	if depth > 0 && len(r.data) > 0 {
		switch r.byte() % 4 {
		case 0:
			return not(r.expr(depth - 1))
		case 1:
			return and(r.expr(depth-1), r.expr(depth-1))
		case 2:
			return or(r.expr(depth-1), r.expr(depth-1), r.expr(0))
		}
	}
	field := sigma.Field{Name: "f" + r.text(), Type: sigma.FieldType(r.byte() % 9), Multi: sigma.Multi(r.byte() % 3), Case: sigma.LetterCase(r.byte() % 3)}
	return leafOf(field, r.value())
}

func (r *reader) value() sigma.Value {
	number := func() *sigma.Number {
		d, _ := sigma.ParseDecimal([]string{"1", "-2.5", "1e300", "9007199254740993", "99999999999999999999"}[r.byte()%5])
		return &sigma.Number{Decimal: d}
	}
	switch r.byte() % 11 {
	case 1:
		return number()
	case 2:
		return &sigma.Bool{Value: r.byte()%2 == 0}
	case 3:
		return &sigma.Null{}
	case 4:
		return &sigma.Regex{Source: r.text(), IgnoreCase: r.byte()%2 == 0, Multiline: r.byte()%2 == 0, DotAll: r.byte()%2 == 0}
	case 5:
		return cidr([]string{"10.0.0.0/9", "::/0", "fe80::/10", "::ffff:0:0/96", "1.2.3.4/32"}[r.byte()%5])
	case 6:
		return &sigma.Comparison{Op: sigma.CompareOp(r.byte() % 5), Number: number()}
	case 7:
		return &sigma.TimePart{Unit: sigma.TimeUnit(r.byte() % 6), Op: sigma.CompareOp(r.byte() % 5), N: int(r.byte())}
	case 8:
		return &sigma.Exists{Want: r.byte()%2 == 0}
	case 9:
		return &sigma.FieldRef{Field: sigma.Field{Name: r.text(), Type: sigma.FieldType(r.byte() % 9)}, Mode: sigma.RefMode(r.byte() % 4)}
	case 10:
		return &sigma.Keyword{Value: &sigma.Pattern{Parts: sigma.ParsePattern(r.text())}}
	}
	parts := sigma.ParsePattern(r.text())
	if r.byte()%4 == 0 {
		parts = append(parts, sigma.Dash{})
	}
	return &sigma.Pattern{Parts: parts, Cased: r.byte()%2 == 0}
}
