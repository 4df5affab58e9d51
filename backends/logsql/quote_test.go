package logsql

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	sigma "sigmatic/ast"
	"sigmatic/backends"
)

// unquote is a reader of string literals of its own, for what quoteString
// writes: it returns the value and what stands behind the literal.
func unquote(s string) (value, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", "", false
	}
	var b strings.Builder
	hex := func(at, n int) (rune, bool) {
		if at+n > len(s) {
			return 0, false
		}
		v, err := strconv.ParseUint(s[at:at+n], 16, 32)
		return rune(v), err == nil
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], true
		case c < ' ':
			return "", "", false // a raw control
		case c != '\\':
			b.WriteByte(c)
			continue
		}
		i++
		if i == len(s) {
			return "", "", false
		}
		if at := strings.IndexByte(`abfnrtv\"`, s[i]); at >= 0 {
			b.WriteByte("\a\b\f\n\r\t\v\\\""[at])
			continue
		}
		n := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[i]]
		r, good := hex(i+1, n)
		if n == 0 || !good {
			return "", "", false
		}
		if n == 2 {
			b.WriteByte(byte(r))
		} else {
			b.WriteRune(r)
		}
		i += n
	}
	return "", "", false
}

var nasty = []string{
	"", `"`, `\`, `\"`, `a\`, "a\nb", "`", "'", "x\x00y", "\u2028\u202e", "#", "a|b", `") | delete f`, "\xff\xfe", "😀", "é", "(?i)", `\E`, "*", "$", "\x7f",
}

func FuzzQuoteString(f *testing.F) {
	for _, s := range nasty {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		quoted := quoteString(s)
		if got, rest, ok := unquote(quoted + `" | x`); !ok || got != s || rest != `" | x` {
			t.Errorf("%q is read back from %s as %q, %q, %v", s, quoted, got, rest, ok)
		}
		if strings.ContainsAny(quoted, "\n\r\x00") {
			t.Errorf("a raw control in %q", quoted)
		}
	})
}

func FuzzQuoteField(f *testing.F) {
	for _, s := range nasty {
		f.Add(s)
	}
	f.Add("EventID")
	f.Add("not")
	f.Fuzz(func(t *testing.T, s string) {
		quoted := quoteField(s)
		if quoted != s {
			if got, rest, ok := unquote(quoted); !ok || got != s || rest != "" {
				t.Errorf("%q is read back from %s as %q", s, quoted, got)
			}
		} else if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`).MatchString(s) || reserved[strings.ToLower(s)] {
			t.Errorf("%q is not quoted", s)
		}
	})
}

// skeleton replaces the string literals of a query by nothing.
func skeleton(t *testing.T, query string) string {
	var b strings.Builder
	for query != "" {
		if query[0] != '"' {
			b.WriteByte(query[0])
			query = query[1:]
			continue
		}
		_, rest, ok := unquote(query)
		if !ok {
			t.Fatalf("a literal does not end in %q", query)
		}
		query = rest
	}
	return b.String()
}

// FuzzConvert: no value and no name changes the shape of a query, nothing
// panics, and every expression is valid RE2.
func FuzzConvert(f *testing.F) {
	for _, s := range nasty {
		f.Add("f", s, uint8(3))
		f.Add(s, "x", uint8(0))
	}
	f.Fuzz(func(t *testing.T, name, value string, kind uint8) {
		multi := sigma.Multi(kind >> 6 % 3)
		field := sigma.Field{Name: "f" + name, Multi: multi}
		m := match(field, fuzzValue(value, kind))
		if _, ok := m.Value.(*sigma.Keyword); ok {
			m.Field = sigma.Field{}
		}
		query, _, err := convert(or(m, not(and(m, match(field, pattern(lit(value)))))), backends.Options{})
		if err != nil {
			return
		}
		if s := skeleton(t, query); strings.ContainsAny(s, "|`'#\"\\") || strings.Count(s, "(") != strings.Count(s, ")") {
			t.Errorf("%q has the skeleton %q", query, s)
		}
		for rest := query; ; {
			_, after, ok := strings.Cut(rest, ":~")
			if !ok {
				break
			}
			if text, _, ok := unquote(after); ok && utf8.ValidString(text) {
				if _, err := regexp.Compile(text); err != nil {
					t.Errorf("%s: %v", text, err)
				}
			}
			rest = after
		}
	})
}

func fuzzValue(s string, kind uint8) sigma.Value {
	parts := sigma.ParsePattern(s)
	switch kind % 11 {
	case 0:
		return pattern(parts...)
	case 1:
		return cased(parts...)
	case 2:
		return pattern(append([]sigma.Part{run, dash}, parts...)...)
	case 3:
		return pattern(lit(s))
	case 4:
		return &sigma.Regex{Source: s, IgnoreCase: kind&16 > 0, Multiline: kind&32 > 0}
	case 5:
		return &sigma.Regex{Source: s, DotAll: true, Multiline: kind&32 > 0}
	case 6:
		return &sigma.Keyword{Value: pattern(parts...)}
	case 7:
		return &sigma.Keyword{Value: &sigma.Regex{Source: s}}
	case 8:
		if d, ok := sigma.ParseDecimal(s); ok {
			return &sigma.Comparison{Op: sigma.Less, Number: &sigma.Number{Decimal: d}}
		}
	case 9:
		if p, err := netip.ParsePrefix(s); err == nil {
			return &sigma.CIDR{Prefix: p}
		}
	}
	return &sigma.FieldRef{Field: sigma.Field{Name: s}}
}

// FuzzPattern holds the filters for a pattern on a plain value to the pattern.
func FuzzPattern(f *testing.F) {
	f.Add("a*b", "A\nB", false)
	f.Add("?x*", "yx", true)
	f.Add(`\`, `\`, false)
	f.Add("ſ", "S", false)
	f.Fuzz(func(t *testing.T, rule, text string, isCased bool) {
		v := &sigma.Pattern{Parts: sigma.ParsePattern(rule), Cased: isCased}
		if !isText(v.Parts) || !utf8.ValidString(text) || text == "" {
			return
		}
		query, _, err := convert(match(field1("f"), v), backends.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := runFilter(t, query, text), matchParts(v.Parts, []rune(text), isCased); got != want {
			t.Errorf("%s on %q is %v, want %v", query, text, got, want)
		}
	})
}

// runFilter runs a single filter on f, as the LogsQL reference describes it.
func runFilter(t *testing.T, query, text string) bool {
	switch {
	case query == "f:*":
		return text != ""
	case strings.HasPrefix(query, "f:="):
		value, rest, ok := unquote(query[len("f:="):])
		if !ok || rest != "" && rest != "*" {
			t.Fatalf("cannot read %s", query)
		}
		return text == value || rest == "*" && strings.HasPrefix(text, value)
	case strings.HasPrefix(query, "f:~"):
		value, rest, ok := unquote(query[len("f:~"):])
		if !ok || rest != "" {
			t.Fatalf("cannot read %s", query)
		}
		return regexp.MustCompile(value).MatchString(text)
	}
	t.Fatalf("cannot read %s", query)
	return false
}

// matchParts is a matcher of patterns that shares nothing with the backend.
func matchParts(parts []sigma.Part, text []rune, isCased bool) bool {
	if len(parts) == 0 {
		return len(text) == 0
	}
	switch part := parts[0].(type) {
	case sigma.Literal:
		n := utf8.RuneCountInString(string(part))
		if n > len(text) {
			return false
		}
		head := string(text[:n])
		equal := head == string(part) || !isCased && strings.EqualFold(head, string(part))
		return equal && matchParts(parts[1:], text[n:], isCased)
	case sigma.AnyOne:
		return len(text) > 0 && matchParts(parts[1:], text[1:], isCased)
	case sigma.AnyRun:
		for i := range len(text) + 1 {
			if matchParts(parts[1:], text[i:], isCased) {
				return true
			}
		}
	}
	return false
}
