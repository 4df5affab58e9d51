package evaluator

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"sigmatic/ast"
)

func TestFold(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		f := fold(r)
		if f > r || fold(f) != f {
			t.Fatalf("fold(%U) = %U is not the smallest of its orbit", r, f)
		}
		if next := unicode.SimpleFold(r); fold(next) != f {
			t.Fatalf("%U and %U are one letter but fold to %U and %U", r, next, f, fold(next))
		}
		if utf8.ValidRune(r) && !strings.EqualFold(string(r), string(f)) {
			t.Fatalf("fold(%U) = %U, which strings.EqualFold parts", r, f)
		}
	}
	for b := range 256 {
		if c := char(-1 - b); fold(c) != c {
			t.Errorf("fold changes the stray byte %#x", b)
		}
	}
}

func TestPatternBytes(t *testing.T) {
	lit := func(s string) []ast.Part { return []ast.Part{ast.Literal(s)} }
	star := func(s string) []ast.Part { return []ast.Part{ast.AnyRun{}, ast.Literal(s), ast.AnyRun{}} }
	tests := []struct {
		name  string
		parts []ast.Part
		text  string
		want  bool
	}{
		{"the same stray byte", lit("a\xffb"), "A\xffB", true},
		{"another stray byte", lit("a\xffb"), "a\xfeb", false},
		{"a stray byte is not U+FFFD", lit("\xff"), "\ufffd", false},
		{"U+FFFD is no stray byte", lit("\ufffd"), "\xff", false},
		{"U+FFFD is itself", lit("\ufffd"), "\ufffd", true},
		{"a byte inside a character is not found", star("\xa9"), "é", false},
		{"a stray byte is found", star("\xa9"), "x\xa9é", true},
		{"NUL", star("f\x00o\x00"), "xF\x00O\x00", true},
		{"? takes one stray byte", []ast.Part{ast.AnyOne{}}, "\xff", true},
		{"? takes not two", []ast.Part{ast.AnyOne{}}, "\xff\xfe", false},
		{"surrogate bytes are three", []ast.Part{ast.AnyOne{}, ast.AnyOne{}, ast.AnyOne{}}, "\xed\xa0\x80", true},
		{"dash takes no stray byte", []ast.Part{ast.Dash{}}, "\xff", false},
		{"dash takes not U+FFFD", []ast.Part{ast.Dash{}}, "\ufffd", false},
		{"dash", []ast.Part{ast.Dash{}, ast.AnyRun{}}, "\u2014x", true},
		{"no parts", nil, "", true},
		{"no parts, text", nil, "x", false},
	}
	for _, tt := range tests {
		if got := newRefPattern(tt.parts, false).matches(tt.text); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
}

// TestPatternTime would not end if stars were tried in every combination.
func TestPatternTime(t *testing.T) {
	start := time.Now()
	p := newRefPattern(ast.ParsePattern(strings.Repeat("*a", 30)+"*b"), false)
	if p.matches(strings.Repeat("a", 20000)) {
		t.Error("matched")
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("took %s", d)
	}
}

// oracle translates a pattern into a regular expression of the whole text.
// Stray bytes, which regexp cannot tell apart, become characters of the private
// plane 16, in the pattern and in the text alike.
func oracle(parts []ast.Part, cased bool) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)`)
	if !cased {
		b.WriteString(`(?i)`)
	}
	b.WriteString(`\A`)
	for _, part := range parts {
		switch part := part.(type) {
		case ast.Literal:
			b.WriteString(regexp.QuoteMeta(plane16(string(part))))
		case ast.AnyRun:
			b.WriteString(`.*`)
		case ast.AnyOne:
			b.WriteString(`.`)
		case ast.Dash:
			b.WriteString(`[/\-\x{2013}-\x{2015}]`)
		}
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String())
}

func plane16(s string) string {
	var b strings.Builder
	for s != "" {
		r, width := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && width == 1 {
			r = 0x100000 + rune(s[0])
		}
		b.WriteRune(r)
		s = s[width:]
	}
	return b.String()
}

// FuzzPatternMatch compares the matcher with package regexp. In the pattern,
// U+2013 stands for the dash class.
func FuzzPatternMatch(f *testing.F) {
	for _, seed := range []struct{ pattern, text string }{
		{"a*b?c", "AxxbYc"}, {`a\*b`, "a*b"}, {"*ab?d", "abxabcd"}, {"kſσß", "Ksς\u1e9e"}, {"–foo*", "/foo bar"},
		{"*\xff?", "a\xff\xfe"}, {"", ""}, {"**", "\n"}, {"İı", "iI"}, {"*a*a*a*b", "aaaaaaaaaaaa"}, {"\u212a", "k"},
	} {
		f.Add(seed.pattern, seed.text, false)
		f.Add(seed.pattern, seed.text, true)
	}
	f.Fuzz(func(t *testing.T, pattern, text string, cased bool) {
		if strings.ContainsFunc(pattern+text, func(r rune) bool { return r >= 0x100000 }) {
			return // taken by plane16
		}
		var parts []ast.Part
		for i, piece := range strings.Split(pattern, "\u2013") {
			if i > 0 {
				parts = append(parts, ast.Dash{})
			}
			parts = append(parts, ast.ParsePattern(piece)...)
		}
		got := newRefPattern(parts, cased).matches(text)
		if want := oracle(parts, cased).MatchString(plane16(text)); got != want {
			t.Errorf("pattern %q on %q, cased %t: %t, regexp says %t", pattern, text, cased, got, want)
		}
	})
}
