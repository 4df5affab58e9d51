package esql

import (
	"cmp"
	"math"
	"slices"

	"sigmatic/evaluator/dialect/elastic"
	"sigmatic/parser/query/esql"
)

// comparison compiles == != < <= > >=.
func (c *compiler) comparison(e *esql.Binary) (expr, error) {
	of, err := c.operands([]esql.Expr{e.Left, e.Right})
	if err != nil {
		return expr{}, err
	}
	if e.Op == esql.Eq || e.Op == esql.Neq {
		for i := range of {
			if out, ok, err := c.insensitive(of[i], of[1-i], e.Op == esql.Neq); ok || err != nil {
				return out, err
			}
		}
	}
	left, right, err := unify(e.Offset(), of[0], of[1])
	if err != nil {
		return expr{}, err
	}
	if left.kind == boolean && right.kind == boolean && e.Op != esql.Eq && e.Op != esql.Neq {
		return expr{}, failf(e.Offset(), "booleans have no order for %s", e.Op)
	}
	holds := holding[e.Op]
	if right.isConstant {
		left = left.rearranged(e)
	} else if left.isConstant {
		right = right.rearranged(e)
	}
	pushable := left.indexed() && right.isConstant || right.indexed() && left.isConstant
	return c.fold(expr{kind: boolean, pushable: pushable, eval: func(r *row) []any {
		x, okX := one(left.eval(r))
		y, okY := one(right.eval(r))
		if !okX || !okY {
			return nil
		}
		return boolValue(holds(c.order(x, y)))
	}}, left, right)
}

// indexed reports whether the optimizer can ask the index about a column.
func (of expr) indexed() bool { return of.field != nil && of.kind != text }

// order compares two values. The index has an order of its own for -0 and 0.
func (c *compiler) order(x, y any) int {
	if d, ok := x.(float64); ok && d == 0 && c.indexed != nil && *c.indexed {
		return elastic.CompareDoubles(d, number(y))
	}
	return compareValues(x, y)
}

// rearranged guards arithmetic that is compared with a constant: the optimizer
// turns n + 1 == 12 into n == 11, which is not null where n + 1 overflows.
func (of expr) rearranged(e *esql.Binary) expr {
	if of.operands == nil {
		return of
	}
	eval, plain := of.eval, of
	of.eval = func(r *row) []any {
		v := eval(r)
		d, isDouble := one(v)
		negativeZero := isDouble && d == 0.0 && math.Signbit(number(d))
		if len(v) == 0 && of.kind.isWhole() && plain.overflows(r) || negativeZero {
			r.err = unknownf(e.Offset(), "an overflow, or -0, in a comparison that the optimizer may rearrange")
		}
		return v
	}
	return of
}

// overflows reports whether arithmetic is null although its operands are not.
func (of expr) overflows(r *row) bool {
	if of.operands == nil {
		return false
	}
	inner := slices.ContainsFunc(of.operands, func(o expr) bool { return o.overflows(r) })
	return inner || len(of.eval(r)) == 0 && !slices.ContainsFunc(of.operands, func(o expr) bool { return len(o.eval(r)) != 1 })
}

// holding judges the order of two values.
var holding = map[esql.Operator]func(int) bool{
	esql.Eq: func(n int) bool { return n == 0 }, esql.Neq: func(n int) bool { return n != 0 },
	esql.Lt: func(n int) bool { return n < 0 }, esql.Lte: func(n int) bool { return n <= 0 },
	esql.Gt: func(n int) bool { return n > 0 }, esql.Gte: func(n int) bool { return n >= 0 },
}

// compareValues orders two values of types that go together.
func compareValues(x, y any) int {
	_, wholeX := x.(int64)
	_, wholeY := y.(int64)
	if wholeX != wholeY {
		return cmp.Compare(number(x), number(y))
	}
	return elastic.Compare(x, y)
}

// unify makes the operands of a comparison comparable: a constant string beside
// a date, an address or a boolean is read as one ("implicit casting").
func unify(at int, left, right expr) (expr, expr, error) {
	if left.kind == null || right.kind == null {
		return constant(null), constant(null), nil
	}
	var err error
	if right, err = castConstant(at, right, left.kind); err != nil {
		return left, right, err
	}
	if left, err = castConstant(at, left, right.kind); err != nil {
		return left, right, err
	}
	if left.kind == right.kind && left.kind != span || left.kind.isString() && right.kind.isString() || left.kind.isNumber() && right.kind.isNumber() {
		return left, right, nil
	}
	return left, right, failf(at, "cannot compare %s with %s", left.kind, right.kind)
}

// castConstant reads a constant string as a value of a type that takes one.
func castConstant(at int, e expr, to kind) (expr, error) {
	s, ok := e.text()
	if !ok {
		return e, nil
	}
	var v any
	switch to {
	case ip:
		v, ok = elastic.ConvertIP(s)
	case date:
		d, err := elastic.ParseDateText(s)
		v, ok = d, err == nil
	case boolean:
		v, ok = parseBoolean(s), true
	default:
		return e, nil
	}
	if !ok {
		return e, failf(at, "cannot convert %q to %s", s, to)
	}
	return constant(to, v), nil
}

// in compiles IN, which is a chain of == under OR.
func (c *compiler) in(e *esql.In) (expr, error) {
	if len(e.List) == 1 && !isNullLiteral(e.List[0]) {
		op := esql.Eq
		if e.Negated {
			op = esql.Neq
		}
		return c.comparison(&esql.Binary{Pos: e.Pos, Op: op, Left: e.Of, Right: e.List[0]})
	}
	of, err := c.operand(e.Of)
	if err != nil {
		return expr{}, err
	}
	list, err := c.operands(e.List)
	if err != nil {
		return expr{}, err
	}
	if of.kind != null && len(list) == 1 {
		return expr{}, failf(e.Offset(), "IN takes members of type %s, found null", of.kind)
	}
	for i := range list {
		var left expr
		if left, list[i], err = unify(e.List[i].Offset(), of, list[i]); err != nil {
			return expr{}, err
		}
		if list[i].kind != null {
			of = left
		}
	}
	nullMember := func(m expr) bool { return m.isConstant && len(m.constant) == 0 }
	switch {
	case e.Negated && slices.ContainsFunc(list, nullMember) && c.nullMatters:
		return expr{}, unknownf(e.Offset(), "NOT IN with NULL, under NOT or in a function")
	case e.Negated && slices.ContainsFunc(list, nullMember), !slices.ContainsFunc(list, func(m expr) bool { return !nullMember(m) }):
		return constant(boolean), nil // the optimizer makes null of it, also where a member is equal
	}
	set := constantSet(list)
	decide := func(r *row) truth {
		x, ok := one(of.eval(r))
		if !ok {
			return isNull
		}
		if s, isText := x.(string); isText && set != nil {
			if set[s] {
				return isTrue
			}
			return isFalse
		}
		result := isFalse
		for _, m := range list {
			switch y, ok := one(m.eval(r)); {
			case !ok:
				result = isNull
			case compareValues(x, y) == 0:
				return isTrue
			}
		}
		return result
	}
	negated := [...]truth{isNull: isNull, isTrue: isFalse, isFalse: isTrue}
	pushable := of.indexed() && !slices.ContainsFunc(list, func(m expr) bool { return !m.isConstant })
	return c.fold(expr{kind: boolean, pushable: pushable, eval: func(r *row) []any {
		t := decide(r)
		if e.Negated {
			t = negated[t]
		}
		return truthValues[t]
	}}, append(list, of)...)
}

// constantSet gathers the members of a long list of constant strings; nil if
// they are anything else.
func constantSet(list []expr) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, m := range list {
		s, ok := m.text()
		if !ok {
			return nil
		}
		set[s] = true
	}
	return set
}

// arithmetic compiles + - * / %. A result that its type does not hold is null.
func (c *compiler) arithmetic(e *esql.Binary) (expr, error) {
	of, err := c.operands([]esql.Expr{e.Left, e.Right})
	if err != nil {
		return expr{}, err
	}
	left, right := of[0], of[1]
	switch {
	case left.kind == null || right.kind == null:
		return constant(null), nil
	case left.kind == span || right.kind == span:
		return c.shift(e, left, right)
	case !left.kind.isNumber() || !right.kind.isNumber():
		return expr{}, failf(e.Offset(), "cannot compute %s %s %s", left.kind, e.Op, right.kind)
	}
	result := max(left.kind, right.kind)
	return c.fold(expr{kind: result, operands: of, eval: func(r *row) []any {
		x, okX := one(left.eval(r))
		y, okY := one(right.eval(r))
		if !okX || !okY {
			return nil
		}
		if result == double {
			return computeDouble(e.Op, number(x), number(y))
		}
		return computeWhole(e.Op, x.(int64), y.(int64), result)
	}}, left, right)
}

func computeDouble(op esql.Operator, x, y float64) []any {
	var d float64
	switch op {
	case esql.Add:
		d = x + y
	case esql.Sub:
		d = x - y
	case esql.Mul:
		d = x * y
	case esql.Div:
		d = x / y
	case esql.Mod:
		d = math.Mod(x, y)
	}
	if math.IsInf(d, 0) || math.IsNaN(d) {
		return nil
	}
	return []any{d}
}

func computeWhole(op esql.Operator, x, y int64, k kind) []any {
	var n int64
	exact := true
	switch op {
	case esql.Add:
		n = x + y
		exact = (n > x) == (y > 0)
	case esql.Sub:
		n = x - y
		exact = (n < x) == (y > 0)
	case esql.Mul:
		n = x * y
		exact = x == 0 || n/x == y && !(x == -1 && y == math.MinInt64)
	case esql.Div, esql.Mod:
		if y == 0 {
			return nil
		}
		if n = x / y; op == esql.Mod {
			n = x % y
		}
	}
	if !exact || k == integer && n != int64(int32(n)) {
		return nil
	}
	return []any{n}
}

// shift adds a time span to a date, or takes it away.
func (c *compiler) shift(e *esql.Binary, left, right expr) (expr, error) {
	if left.kind == span && e.Op == esql.Add {
		left, right = right, left
	}
	if left.kind != date || right.kind != span || e.Op != esql.Add && e.Op != esql.Sub {
		return expr{}, unknownf(e.Offset(), "%s %s %s", left.kind, e.Op, right.kind)
	}
	by := right.constant[0].(timeSpan)
	if e.Op == esql.Sub {
		by = timeSpan{-by.months, -by.days, -by.millis}
	}
	return c.fold(expr{kind: date, eval: func(r *row) []any {
		v, ok := one(left.eval(r))
		if !ok {
			return nil
		}
		return []any{by.addTo(v.(int64))}
	}}, left)
}

func (c *compiler) sign(e *esql.Sign) (expr, error) {
	of, err := c.operand(e.Of)
	if err != nil {
		return expr{}, err
	}
	if !of.kind.isNumber() {
		return expr{}, failf(e.Offset(), "cannot give %s a sign", of.kind)
	}
	if !e.Minus {
		return of, nil
	}
	return c.fold(expr{kind: of.kind, operands: []expr{of}, eval: func(r *row) []any {
		v, ok := one(of.eval(r))
		if !ok {
			return nil
		}
		if of.kind == double {
			return []any{-v.(float64)}
		}
		return computeWhole(esql.Sub, 0, v.(int64), of.kind)
	}}, of)
}
