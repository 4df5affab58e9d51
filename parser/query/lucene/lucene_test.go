package lucene

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestParseRegexp holds trees to the grammar in the documentation of Lucene's
// RegExp, and to what Elasticsearch 8.19.21 selects (emissions §1.3).
func TestParseRegexp(t *testing.T) {
	lit := func(s string) Regexp { return Literal{Text: s} }
	for text, want := range map[string]Regexp{
		"":           Concat{},
		"()":         Concat{},
		"abc":        lit("abc"),
		"ab*":        Concat{[]Regexp{lit("a"), Repeat{lit("b"), 0, -1}}},
		"a|b&c":      Union{[]Regexp{lit("a"), Intersection{[]Regexp{lit("b"), lit("c")}}}},
		"~ab":        Concat{[]Regexp{Complement{lit("a")}, lit("b")}},
		"a{2,3}{4}":  Repeat{Repeat{lit("a"), 2, 3}, 4, 4},
		"(?:a)":      lit("?:a"), // no group of another kind
		"a||b":       Union{[]Regexp{lit("a"), lit("|b")}},
		"^a$":        lit("^a$"),
		`[^a-c\-\w]`: Class{true, []Range{{Lo: 'a', Hi: 'c'}, {Lo: '-', Hi: '-'}, {Name: 'w'}}},
		`[\\-a]`:     Class{false, []Range{{Lo: '\\', Hi: '\\'}, {Lo: '-', Hi: '-'}, {Lo: 'a', Hi: 'a'}}},
		`\d`:         Class{false, []Range{{Name: 'd'}}},
		`"a.*"`:      Literal{"a.*", true},
		"<1-12>":     Interval{1, 12, 0},
		"<12-01>":    Interval{1, 12, 2},
		"@#.":        Concat{[]Regexp{AnyString{}, Nothing{}, AnyChar{}}},
		"*a":         lit("*a"),
	} {
		got, err := ParseRegexp(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	// The engine answers these with an error under RLIKE, and with silence in QSTR.
	for text, at := range map[string]int{
		"a|": 2, "(a": 2, "a)": 1, "[a": 2, "a{,2}": 2, "a{2,1}": 6, `\n`: 0, `\bval`: 0, "<1": 0, "<a>": 0, `"a`: 0, `a\`: 2, "[a-]": 4, "~": 1, "a&": 2,
	} {
		_, err := ParseRegexp(text)
		if e, ok := err.(*SyntaxError); !ok || e.Offset != at {
			t.Errorf("%s: %v, want a syntax error at %d", text, err, at)
		}
	}
}

// TestParseQueryRegexp: a run of quantifiers is one (measured on 8.19.21).
func TestParseQueryRegexp(t *testing.T) {
	for text, want := range map[string]string{"??": `\?`, "a??": "a?", "a?+": "a*", "++": `\+`, "a|***": `a|\*`, "a*{2}": "a*{2}"} {
		re, err := ParseQueryRegexp(text)
		if err != nil || re.String() != want {
			t.Errorf("%s: %v (%v), want %s", text, re, err, want)
		}
	}
	if _, err := ParseQueryRegexp("+?"); err == nil {
		t.Error("+? is read")
	}
}

func regexpAgain(t testing.TB, text string) {
	t.Helper()
	re, err := ParseRegexp(text)
	if err != nil {
		return
	}
	again, err := ParseRegexp(re.String())
	if err != nil {
		t.Fatalf("%q is printed as %q: %v", text, re, err)
	}
	if diff := cmp.Diff(re, again); diff != "" {
		t.Errorf("%q is printed as %q: %s", text, re, diff)
	}
}

func FuzzRegexp(f *testing.F) {
	for _, text := range []string{`(a|b)*c?d+`, `[^\W\-a-c]{2,3}~(x&y)@#"q"<01-12>`, `\.\/\\`, `a**{2}`, "(ab)c(d)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { regexpAgain(t, text) })
}

// TestParseQuery holds trees to the reference ("Query string query") and to what
// the engine selected.
func TestParseQuery(t *testing.T) {
	for text, want := range map[string]Query{
		"f:a":                    Term{Field: "f", Text: "a", At: 2},
		`f:"a b"`:                Term{Field: "f", Text: "a b", Quoted: true, At: 2},
		`f\ g:\*`:                Term{Field: "f g", Text: "*", At: 5},
		`f:\u0061`:               Term{Field: "f", Text: "a", At: 2},
		"f:*":                    Exists{Field: "f", At: 2},
		"f:a*?":                  Wildcard{Field: "f", Pattern: Pattern{{Text: "a"}, {Run: true}, {}}, At: 2},
		`f:/a\/b/`:               Regex{Field: "f", Text: `a\/b`, At: 2},
		"f:>=12":                 Bounds{Field: "f", Low: "12", HasLow: true, IncludeLow: true, IncludeHigh: true, At: 2},
		`f:\<a`:                  Bounds{Field: "f", High: "a", HasHigh: true, IncludeLow: true, At: 2}, // an escape hides nothing
		"f:[a TO *}":             Bounds{Field: "f", Low: "a", HasLow: true, IncludeLow: true, At: 2},
		"f:- ":                   Term{Field: "f", Text: "-", At: 2},
		"NOT f:a":                Clauses{[]Clause{{MustNot, Term{Field: "f", Text: "a", At: 6}}}},
		"f:(a OR b)":             Clauses{[]Clause{{Should, Term{Field: "f", Text: "a", At: 3}}, {Should, Term{Field: "f", Text: "b", At: 8}}}},
		"f:a AND NOT f:b OR f:c": Clauses{[]Clause{{Must, Term{Field: "f", Text: "a", At: 2}}, {MustNot, Term{Field: "f", Text: "b", At: 14}}, {Should, Term{Field: "f", Text: "c", At: 21}}}},
		"f:/a/ OR f:/b/":         Clauses{[]Clause{{Should, Regex{Field: "f", Text: "a", At: 2}}, {Should, Regex{Field: "f", Text: "b", At: 11}}}},
	} {
		got, err := ParseQuery(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for _, text := range []string{"f:(", `f:"a`, "f:a AND", "f:a OR OR f:b", "NOT NOT f:a", `f:a\`, "f:a)", "f:NOT", "AND", "f:/a/b/", `f:/a\\/ OR f:/b/`, "f:[1 TO"} {
		if q, err := ParseQuery(text); err == nil {
			t.Errorf("%s is read as %s", text, q)
		}
	}
	for _, text := range []string{"f:(a b)", "f:a~", `f:"a b"~2`} {
		if _, err := ParseQuery(text); err == nil || err.Error() == "" {
			t.Errorf("%s is read", text)
		} else if _, ok := err.(*UnsupportedError); !ok {
			t.Errorf("%s: %v, want an unsupported construct", text, err)
		}
	}
}

// ignoreAt leaves offsets out of a comparison.
var ignoreAt = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".At" }, cmp.Ignore())

func FuzzQuery(f *testing.F) {
	for _, text := range []string{`f:a AND (NOT g:/x\/y/ OR h:[1 TO "2"]) -i:>=3 j:*`, `f:"a\"b" OR g:a\ b*?`, "f:(a OR -b)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseQuery(text)
		if err != nil {
			return
		}
		again, err := ParseQuery(q.String())
		if err != nil {
			t.Fatalf("%q is printed as %q: %v", text, q, err)
		}
		if diff := cmp.Diff(q, again, ignoreAt); diff != "" {
			t.Errorf("%q is printed as %q: %s", text, q, diff)
		}
	})
}
