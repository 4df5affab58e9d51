package java

import (
	"regexp"
	"testing"
)

// TestTranslate holds matches to the documentation of java.util.regex.Pattern: i
// folds ASCII only, a dot stops at line terminators, \s has the vertical tab.
func TestTranslate(t *testing.T) {
	for _, c := range []struct {
		expression, text string
		want             bool
	}{
		{"(?i)K", "k", true}, {"(?i)K", "\u212a", false}, {"(?i)é", "É", false},
		{"(?i)[k-m]", "L", true}, {"(?i)[s]", "ſ", false}, {"(?i)[^a]", "A", false},
		{"(?is)a.b", "A\nB", true}, {"a.b", "a\nb", false}, {"a.b", "a\u2028b", false}, {"(?s)a.b", "a\u2028b", true},
		{"(?i)a(?-i:b)c", "AbC", true}, {"(?i)a(?-i:b)c", "aBc", false},
		{`\Aab\z`, "ab", true}, {`\Aab\z`, "xab", false},
		{`a\.b`, "axb", false}, {`\s`, "\v", true}, {`[\d_]{2,}?`, "1_", true}, {`(?:a|b)+c`, "abac", true},
		{`[\-\]]`, "]", true}, {"[a-]", "-", true},
	} {
		text, err := Translate(c.expression)
		if err != nil {
			t.Errorf("%s: %v", c.expression, err)
			continue
		}
		re, err := regexp.Compile(text)
		if err != nil {
			t.Errorf("%s becomes %s: %v", c.expression, text, err)
			continue
		}
		if re.MatchString(c.text) != c.want {
			t.Errorf("%s on %q: %t", c.expression, c.text, !c.want)
		}
	}
	for expression, at := range map[string]int{`a$`: 1, `\bx`: 2, `(?<n>a)`: 2, `a++`: 2, `[a[b]]`: 3, `\p{L}`: 2, `(a`: 2, `a)`: 1, `[a`: 2, `*`: 0, `a{2`: 3, `\`: 1} {
		_, err := Translate(expression)
		if e, ok := err.(*Error); !ok || e.Offset != at {
			t.Errorf("%s: %v, want an error at %d", expression, err, at)
		}
	}
}

// FuzzTranslate: what is translated is an expression of Go's, but for counts
// beyond Go's bounds.
func FuzzTranslate(f *testing.F) {
	for _, e := range []string{`(?is)\Aa\z|b[c-d]{2,3}?`, `(?-i:x)`, `[^\d\w-]`} {
		f.Add(e)
	}
	f.Fuzz(func(t *testing.T, e string) { _, _ = Translate(e) })
}
