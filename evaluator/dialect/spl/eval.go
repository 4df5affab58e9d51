package spl

import (
	"math"
	"slices"
	"strconv"
	"strings"

	syntax "sigmatic/parser/query/spl"
)

// scope is what an expression is evaluated on: an event, and within mvfilter one
// value of its one field.
type scope struct {
	*run
	event *event
	field string // bound by mvfilter, or ""
	value value
}

func (s scope) get(name string) value {
	if s.field == name && name != "" {
		return s.value
	}
	return s.event.get(name)
}

// doubt is what a test gives that met null (§2.1).
func (s scope) doubt() value {
	if s.kleene() {
		return null
	}
	return boolValue(false)
}

// expr is a compiled expression.
type expr func(scope) value

func compileExpr(e syntax.Expr) (expr, error) {
	switch e := e.(type) {
	case *syntax.Number:
		f, err := strconv.ParseFloat(e.Text, 64)
		if err != nil {
			return nil, unknownAt(e, "the number %s", e.Text)
		}
		return constant(numberValue(f)), nil
	case *syntax.String:
		return constant(textValue(e.Text)), nil
	case *syntax.Field:
		return func(s scope) value { return s.get(e.Name) }, nil
	case *syntax.Call:
		return compileCall(e)
	case *syntax.Binary:
		return compileBinary(e)
	case *syntax.Unary:
		return compileUnary(e)
	case *syntax.InList:
		return compileInList(e)
	}
	return nil, unknownAt(e, "an expression of an unknown kind")
}

func constant(v value) expr { return func(scope) value { return v } }

// compileEach compiles the members of a list in their order.
func compileEach[S, C any](list []S, compile func(S) (C, error)) ([]C, error) {
	out := make([]C, len(list))
	for i, member := range list {
		var err error
		if out[i], err = compile(member); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func compileUnary(e *syntax.Unary) (expr, error) {
	of, err := compileExpr(e.Of)
	if err != nil {
		return nil, err
	}
	if e.Op == "-" {
		return func(s scope) value {
			if f, ok := of(s).asNumber(); ok {
				return numberValue(-f)
			}
			return null
		}, nil
	}
	return func(s scope) value {
		v := s.truth(of(s))
		if v.kind == isNull {
			return v
		}
		return boolValue(!v.truth)
	}, nil
}

// truth gives a boolean, or null. Where logic has two values, null is false.
func (s scope) truth(v value) value {
	switch v.kind {
	case isBool:
		return v
	case isNull:
		return s.doubt()
	case isNumber, isText, isMulti:
	}
	s.unknown("a number or text where true or false is expected")
	return null
}

func compileBinary(e *syntax.Binary) (expr, error) {
	left, err := compileExpr(e.Left)
	if err != nil {
		return nil, err
	}
	right, err := compileExpr(e.Right)
	if err != nil {
		return nil, err
	}
	switch e.Op {
	case "AND", "OR", "XOR":
		return logic(e.Op, left, right), nil
	case "+", "-", "*", "/", "%", ".":
		return func(s scope) value { return compute(e.Op, left(s), right(s)) }, nil
	case "LIKE":
		return func(s scope) value { return like(s, left(s), right(s)) }, nil
	}
	op := syntax.CompareOp(e.Op)
	return func(s scope) value { return s.compare(op, left(s), right(s)) }, nil
}

// logic is Kleene's; with two values null does not come up.
func logic(op string, left, right expr) expr {
	return func(s scope) value {
		a, b := s.truth(left(s)), s.truth(right(s))
		switch {
		case op == "AND" && (a.kind == isBool && !a.truth || b.kind == isBool && !b.truth):
			return boolValue(false)
		case op == "OR" && (a.isTrue() || b.isTrue()):
			return boolValue(true)
		case a.kind == isNull || b.kind == isNull:
			return null
		case op == "XOR":
			return boolValue(a.truth != b.truth)
		}
		return boolValue(op == "AND")
	}
}

// compute adds numbers or joins texts; with null it is null (§2.2).
func compute(op string, a, b value) value {
	if a.kind == isNull || b.kind == isNull {
		return null
	}
	if op == "." {
		return textValue(a.text() + b.text())
	}
	x, okX := a.asNumber()
	y, okY := b.asNumber()
	switch {
	case op == "+" && a.kind == isText && b.kind == isText && !(okX && okY):
		return textValue(a.text() + b.text())
	case !okX || !okY:
		return null
	}
	switch op {
	case "+":
		return numberValue(x + y)
	case "-":
		return numberValue(x - y)
	case "*":
		return numberValue(x * y)
	}
	switch {
	case y == 0:
		return null
	case op == "/":
		return numberValue(x / y)
	}
	return numberValue(math.Mod(x, y))
}

// compare relates two values (§2.2): a number and a text that is one as numbers,
// two texts as texts. Of several values one must be equal.
func (s scope) compare(op syntax.CompareOp, a, b value) value {
	switch {
	case a.kind == isNull || b.kind == isNull:
		return s.doubt()
	case a.kind == isBool || b.kind == isBool:
		s.unknown("a comparison of true or false")
		return null
	case a.kind == isMulti || b.kind == isMulti:
		return s.compareSeveral(op, a, b)
	case a.kind == isText && b.kind == isText:
		return boolValue(holds(op, strings.Compare(a.text(), b.text())))
	}
	x, okX := a.asNumber()
	y, okY := b.asNumber()
	if !okX || !okY {
		return s.doubt() // a text that is no number: not true
	}
	return boolValue(holds(op, compareFloats(x, y)))
}

func (s scope) compareSeveral(op syntax.CompareOp, a, b value) value {
	if a.kind == isMulti && b.kind == isMulti {
		s.unknown("a comparison of two lists")
	}
	if op != syntax.Equal && op != syntax.NotEqual || a.kind == isNumber || b.kind == isNumber {
		return s.doubt()
	}
	equal := slices.ContainsFunc(a.list(), func(t string) bool { return slices.Contains(b.list(), t) })
	return boolValue(equal == (op == syntax.Equal))
}

func holds(op syntax.CompareOp, order int) bool {
	switch op {
	case syntax.Equal:
		return order == 0
	case syntax.NotEqual:
		return order != 0
	case syntax.Less:
		return order < 0
	case syntax.LessOrEqual:
		return order <= 0
	case syntax.Greater:
		return order > 0
	case syntax.GreaterOrEqual:
	}
	return order >= 0
}

func compileInList(e *syntax.InList) (expr, error) {
	of, err := compileExpr(e.Of)
	if err != nil {
		return nil, err
	}
	list, err := compileEach(e.List, compileExpr)
	return func(s scope) value {
		v, out := of(s), boolValue(false)
		for _, item := range list {
			switch is := s.compare(syntax.Equal, v, item(s)); {
			case is.isTrue():
				return is
			case is.kind == isNull:
				out = is
			}
		}
		return out
	}, err
}

// like compares a whole text with a pattern: % is any run, _ one character; there is
// no escape (§2.3).
func like(s scope, text, pattern value) value {
	if text.kind == isNull || pattern.kind == isNull {
		return s.doubt()
	}
	if text.kind == isMulti || pattern.kind == isMulti {
		s.unknown("like on several values")
		return null
	}
	return boolValue(likeRunes([]rune(text.text()), []rune(pattern.text())))
}

func likeRunes(s, pattern []rune) bool {
	// The place behind the last %, and what it stood for so far.
	star, from := -1, 0
	i, j := 0, 0
	for i < len(s) {
		switch {
		case j < len(pattern) && pattern[j] == '%':
			star, from = j, i
			j++
		case j < len(pattern) && (pattern[j] == '_' || pattern[j] == s[i]):
			i, j = i+1, j+1
		case star >= 0:
			from++
			i, j = from, star+1
		default:
			return false
		}
	}
	for j < len(pattern) && pattern[j] == '%' {
		j++
	}
	return j == len(pattern)
}
