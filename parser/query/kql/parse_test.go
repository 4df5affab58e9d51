package kql

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sigmatic/parser/query/internal/querytest"
)

var ignorePos = cmp.FilterValues(func(a, b Pos) bool { return true }, cmp.Comparer(func(a, b Pos) bool { return true }))

func text(pieces ...string) *Value { return &Value{Pieces: pieces} }
func quoted(s string) *Value       { return &Value{Pieces: []string{s}, Quoted: true} }
func is(f string, v *Value) Node   { return &Is{Field: text(f), Value: v} }

// TestParse holds trees to Kibana's grammar.peggy (emissions §2.1).
func TestParse(t *testing.T) {
	for query, want := range map[string]Node{
		"":                      nil,
		"  ":                    nil,
		`f: "a\"b\\c\td\x"`:     is("f", quoted("a\"b\\c\td\\x")),
		`f: a*b\*c`:             is("f", text("a", "b*c")),
		"f: a b ":               is("f", text("a b")),
		`f:\u0061\ud83d\ude00`:  is("f", text("a😀")),
		"a or b and not c":      &Or{Terms: []Node{&Is{Value: text("a")}, &And{Terms: []Node{&Is{Value: text("b")}, &Not{Of: &Is{Value: text("c")}}}}}},
		"f: (a or b and not c)": &Or{Terms: []Node{is("f", text("a")), &And{Terms: []Node{is("f", text("b")), &Not{Of: is("f", text("c"))}}}}},
		"f >= 12":               &Range{Field: text("f"), Op: Gte, Value: text("12")},
		"n: { a: 1 or b: 2 }":   &Nested{Field: text("n"), Of: &Or{Terms: []Node{is("a", text("1")), is("b", text("2"))}}},
		`f: a \and b`:           is("f", text("a and b")),
		"f: or b":               is("f", text("or b")), // a word is an operator between blanks, behind an operand
		"or: x":                 is("or", text("x")),
		"f: val and":            is("f", text("val and")),
		"f: land or sea":        &Or{Terms: []Node{is("f", text("land")), &Is{Value: text("sea")}}},
		`"a b" : *`:             &Is{Field: quoted("a b"), Value: text("", "")},
		"f: a\tAND\ng: b":       &And{Terms: []Node{is("f", text("a")), is("g", text("b"))}},
	} {
		got, err := Parse(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if diff := cmp.Diff(want, got, ignorePos); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	for query, at := range map[string]int{
		"not not f: a": 4, "f: a and ": 9, `f: "a`: 3, `f: a\ b`: 4, "f: (a": 5, "f: a)": 4, "f:": 2, "f: not a": 3, "f: cannot be": 6, "a: b: c": 4, "(": 1, "f: <a": 3,
	} {
		_, err := Parse(query)
		if e, ok := err.(*SyntaxError); !ok || e.Offset != at {
			t.Errorf("%s: %v, want a syntax error at %d", query, err, at)
		}
	}
}

// TestRoundTrip prints the queries of the golden cases and reads them again.
func TestRoundTrip(t *testing.T) { querytest.Golden(t, Parse, "kql") }

func FuzzParse(f *testing.F) {
	for _, query := range []string{`f: "a\"b" and not (g: x*y or h >= 3)`, `a or \and b`, "n: { a: (1 or not 2) }", `\u0020x:y`, "f: \\or* not"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		if n, err := Parse(query); err == nil && n != nil {
			querytest.RoundTrip(t, Parse, query)
		}
	})
}
