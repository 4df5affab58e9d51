package ast

import (
	"testing"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

func leaf(field, value string) *Item {
	return &Item{Field: Field{Name: field}, Values: []Alternatives{{&Pattern{Parts: ParsePattern(value)}}}}
}

func ruleWith(cond Condition) *Rule {
	named := func(name string, d Detection) *NamedDetection {
		return &NamedDetection{Name: Text{Value: name}, Body: d}
	}
	return &Rule{
		Detections: []*NamedDetection{
			named("sel_a", leaf("a", "1")),
			named("sel_b", &AllOf{Members: []Detection{leaf("b", "2"), leaf("c", "3")}}),
			named("_hidden", leaf("h", "9")),
			named("other", &AnyOf{Members: []Detection{leaf("d", "4"), &Item{Field: Field{Name: "e"}, Negated: true, All: true,
				Values: []Alternatives{{&Bool{Value: true}, &Null{}}, {&Exists{Want: true}}}}}}),
		},
		Conditions: []*RuleCondition{{Expr: cond}},
	}
}

// TestResolve follows the table of selector and identifier forms.
func TestResolve(t *testing.T) {
	for _, c := range []struct {
		cond Condition
		want string
	}{
		{&CondRef{Name: "sel_a"}, `"a" is "1"`},
		{&CondSelector{Pattern: "sel_*"}, `or("a" is "1", and("b" is "2", "c" is "3"))`},
		{&CondSelector{Pattern: "sel_*", All: true}, `and("a" is "1", and("b" is "2", "c" is "3"))`},
		{&CondSelector{Pattern: "*_a", All: true}, `"a" is "1"`},
		{&CondSelector{Pattern: "_*"}, `"h" is "9"`},
		{&CondSelector{Pattern: "them"}, `or("a" is "1", and("b" is "2", "c" is "3"), or("d" is "4", not(and(or("e" = true, "e" is null), "e" exists))))`},
		{&CondNot{Operand: &CondRef{Name: "sel_a"}}, `not("a" is "1")`},
		{&CondAnd{Operands: []Condition{&CondRef{Name: "sel_a"}, &CondRef{Name: "_hidden"}}}, `and("a" is "1", "h" is "9")`},
	} {
		qs, diags := Resolve(ruleWith(c.cond))
		if len(diags) > 0 || len(qs) != 1 {
			t.Errorf("%s: %v", c.cond, diags)
			continue
		}
		if got := qs[0].Expr.String(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.cond, got, c.want)
		}
	}
}

func TestResolveFaults(t *testing.T) {
	f := source.NewFile("r.yml", []byte("sel_x"))
	for _, c := range []struct {
		cond Condition
		code diag.Code
		help string
	}{
		{&CondRef{Name: "sel_x", Span: source.Span{File: f, End: 5}}, diag.UnknownIdentifier,
			`did you mean "sel_a"? the identifiers are "sel_a", "sel_b", "_hidden", "other"`},
		{&CondSelector{Pattern: "nope*"}, diag.EmptySelector, ""},
	} {
		qs, diags := Resolve(ruleWith(c.cond))
		if len(qs) != 0 || len(diags) != 1 || diags[0].Code != c.code || c.help != "" && diags[0].Help != c.help {
			t.Errorf("%s: %v %v", c.cond, qs, diags)
		}
	}
}

func TestSelects(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"sel*", "selection", true}, {"sel*", "Selection", false}, {"*tion", "selection", true}, {"s*c*n", "selection", true},
		{"s*c*n", "section2", false}, {"sel", "selection", false}, {"selection", "selection", true}, {"*", "_x", false},
		{"_*", "_x", true}, {"them", "_x", false}, {"them", "x", true}, {"a*a", "a", false}, {"**", "abc", true},
	} {
		if got := (&CondSelector{Pattern: c.pattern}).Selects(c.name); got != c.want {
			t.Errorf("%s selects %s: %v", c.pattern, c.name, got)
		}
	}
}

func TestSimplify(t *testing.T) {
	m := func(f string) Expr { return &Match{Field: Field{Name: f}, Value: &Null{}} }
	and := func(terms ...Expr) Expr { return &And{Terms: terms} }
	for _, c := range []struct {
		in   Expr
		want string
	}{
		{&And{Terms: []Expr{m("a"), &And{Terms: []Expr{m("b"), m("a")}}}}, `and("a" is null, "b" is null)`},
		{&Or{Terms: []Expr{&Or{Terms: []Expr{m("b")}}, m("a"), m("b")}}, `or("b" is null, "a" is null)`},
		{&Not{Term: &Not{Term: m("a")}}, `"a" is null`},
		{&Not{Term: &And{Terms: []Expr{&Not{Term: m("a")}}}}, `"a" is null`},
		{&And{Terms: []Expr{m("a"), m("a")}}, `"a" is null`},
		{&Or{Terms: []Expr{and(m("a"), m("b"), m("z")), and(m("z"), m("c"), m("a"))}}, `and("a" is null, "z" is null, or("b" is null, "c" is null))`},
		{&Or{Terms: []Expr{and(m("a"), m("b")), and(m("a"), m("c")), m("d")}}, `or(and("a" is null, "b" is null), and("a" is null, "c" is null), "d" is null)`},
		{&Or{Terms: []Expr{m("a"), and(m("b"), m("a"))}}, `"a" is null`},
		{&Or{Terms: []Expr{and(m("b"), m("a"), m("c")), and(m("a"), m("c"))}}, `and("a" is null, "c" is null)`},
		{and(m("y"), &Or{Terms: []Expr{and(m("a"), m("b")), and(m("a"), &Or{Terms: []Expr{m("c"), m("d")}})}}), `and("y" is null, "a" is null, or("b" is null, "c" is null, "d" is null))`},
		{&And{Terms: []Expr{m("a"), &Or{Terms: []Expr{m("b"), m("c")}}}}, `and("a" is null, or("b" is null, "c" is null))`},
	} {
		before := c.in.String()
		if got := Simplify(c.in).String(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", before, got, c.want)
		}
		if c.in.String() != before {
			t.Errorf("%s was changed in place", before)
		}
	}
}

func TestConditionText(t *testing.T) {
	a, b, c := &CondRef{Name: "a"}, &CondRef{Name: "b"}, &CondSelector{Pattern: "c*", All: true}
	for _, tt := range []struct {
		in   Condition
		want string
	}{
		{&CondOr{Operands: []Condition{a, &CondAnd{Operands: []Condition{b, c}}}}, "a or b and all of c*"},
		{&CondAnd{Operands: []Condition{a, &CondOr{Operands: []Condition{b, c}}}}, "a and (b or all of c*)"},
		{&CondOr{Operands: []Condition{&CondOr{Operands: []Condition{a, b}}, c}}, "(a or b) or all of c*"},
		{&CondNot{Operand: &CondOr{Operands: []Condition{a, b}}}, "not (a or b)"},
		{&CondNot{Operand: &CondNot{Operand: a}}, "not not a"},
	} {
		if got := tt.in.String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

func TestShape(t *testing.T) {
	for _, c := range []struct {
		in    string
		shape Shape
		text  string
	}{
		{"", ShapeExact, ""}, {"abc", ShapeExact, "abc"}, {"abc*", ShapePrefix, "abc"}, {"*abc", ShapeSuffix, "abc"},
		{"*abc*", ShapeContains, "abc"}, {"*", ShapeAny, ""}, {"***", ShapeAny, ""}, {"a*c", ShapeComplex, ""}, {"a?", ShapeComplex, ""},
		{"*a*b*", ShapeComplex, ""}, {`a\*b`, ShapeExact, "a*b"},
	} {
		p := &Pattern{Parts: ParsePattern(c.in)}
		if shape, text := p.Shape(); shape != c.shape || text != c.text {
			t.Errorf("%s: shape %d of %q", c.in, shape, text)
		}
	}
}
