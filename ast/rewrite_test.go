package ast

import "testing"

// Expressions are the same where their texts are, which differ wherever the
// meaning does.
func TestSame(t *testing.T) {
	field := func(name string, v Value) Expr { return &Match{Field: Field{Name: name}, Value: v} }
	text := func(parts ...Part) *Pattern { return &Pattern{Parts: parts} }
	a, b := field("f", text(Literal("a"))), field("f", text(Literal("b")))
	list := []Expr{
		a, b,
		field("f", text(Literal("a"))),
		field("g", text(Literal("a"))),
		field("f", &Pattern{Parts: []Part{Literal("a")}, Cased: true}),
		field("f", text()), field("f", text(AnyRun{})), field("f", text(AnyOne{})), field("f", text(Dash{})),
		field("f", text(AnyRun{}, Literal("a"))), field("f", text(Literal("a"), AnyRun{})), field("f", text(AnyRun{}, Literal("a"), AnyRun{})),
		field("f", text(Literal("a"), AnyRun{}, Literal("b"))), field("f", text(Literal("a"), AnyOne{}, Literal("b"))),
		field("f", &Bool{Value: true}), field("f", &Bool{}), field("g", &Bool{}), field("f", &Null{}), field("f", &Exists{Want: true}), field("f", &Exists{}),
		field("", &Keyword{Value: text(Literal("a"))}), field("f", &Keyword{Value: text(Literal("a"))}), field("", &Keyword{Value: text(Literal("b"))}),
		&And{Terms: []Expr{a, b}}, &And{Terms: []Expr{b, a}}, &And{Terms: []Expr{a}}, &And{},
		&Or{Terms: []Expr{a, b}}, &Or{Terms: []Expr{a}}, &Or{},
		&Not{Term: a}, &Not{Term: b}, &Not{Term: &Not{Term: a}}, &And{Terms: []Expr{&Not{Term: a}, b}},
	}
	for _, x := range list {
		for _, y := range list {
			want := x.String() == y.String()
			if same(x, y) != want || (identify(x) == identify(y)) != want {
				t.Errorf("%s and %s: same %v, of one identity %v; their texts say %v", x, y, same(x, y), identify(x) == identify(y), want)
			}
		}
	}
}
