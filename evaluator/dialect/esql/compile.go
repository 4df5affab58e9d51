package esql

import (
	"math"
	"math/big"
	"slices"
	"strconv"

	"sigmatic/evaluator/dialect/elastic"
	"sigmatic/parser/query/esql"
)

// compiler turns an expression of the syntax tree into one that can be run.
type compiler struct {
	table *table
	// searches tells whether searches may stand here; inside is above 0 within an
	// operand that takes none.
	searches bool
	inside   int
	whole    esql.Expr // the condition that is being compiled, for searches
	// indexed is set, when all is compiled, if the index is asked for the whole
	// term; nil where it never is.
	indexed *bool
	// nullMatters tells that null and false are not the same here.
	nullMatters bool
}

// maxDepth is how deep the engine lets an expression be: a chain of operators is
// as deep as it is long, parentheses count twice (measured, emissions §4).
const maxDepth = 299

// top compiles a whole expression.
func (c *compiler) top(e esql.Expr) (expr, error) {
	if err := checkDepth(e); err != nil {
		return expr{}, err
	}
	return c.compile(e)
}

func checkDepth(e esql.Expr) error {
	if d := depth(e); d > maxDepth {
		return failf(e.Offset(), "the expression is %d deep, the engine allows %d", d, maxDepth)
	}
	return nil
}

// depth is the depth of an expression as the engine counts it.
func depth(e esql.Expr) int {
	deepest := func(list ...esql.Expr) int {
		d := 0
		for _, o := range list {
			d = max(d, depth(o))
		}
		return d
	}
	chain := func(terms []esql.Expr) int {
		// The first term lies below all operators, the last below one.
		d := 0
		for i, t := range terms {
			d = max(d, depth(t)+len(terms)-max(i, 1))
		}
		return d
	}
	switch e := e.(type) {
	case *esql.And:
		return chain(e.Terms)
	case *esql.Or:
		return chain(e.Terms)
	case *esql.Paren:
		return 2 + depth(e.Of)
	case *esql.Not:
		return 1 + depth(e.Of)
	case *esql.Binary:
		return 1 + deepest(e.Left, e.Right)
	case *esql.Sign:
		if _, literal := e.Of.(*esql.Number); literal {
			return 1
		}
		return 1 + depth(e.Of)
	case *esql.In:
		return 1 + max(depth(e.Of), deepest(e.List...))
	case *esql.Like:
		return 1 + depth(e.Of)
	case *esql.IsNull:
		return 1 + depth(e.Of)
	case *esql.Match:
		return 2
	case *esql.Call:
		return 1 + deepest(e.Args...)
	case *esql.Cast:
		return 1 + depth(e.Of)
	}
	return 1
}

// compile compiles an expression at any place.
func (c *compiler) compile(e esql.Expr) (expr, error) {
	switch e := e.(type) {
	case *esql.And:
		return c.logic(e.Terms, isFalse)
	case *esql.Or:
		return c.logic(e.Terms, isTrue)
	case *esql.Paren:
		return c.compile(e.Of)
	case *esql.Not:
		return c.not(e)
	case *esql.Binary:
		if e.Op.IsComparison() {
			return c.comparison(e)
		}
		return c.arithmetic(e)
	case *esql.Sign:
		return c.sign(e)
	case *esql.In:
		return c.in(e)
	case *esql.Like:
		return c.like(e)
	case *esql.IsNull:
		return c.isNull(e)
	case *esql.Match:
		return c.match(e)
	case *esql.Call:
		return c.call(e)
	case *esql.Cast:
		return c.cast(e)
	case *esql.Column:
		return c.column(e)
	}
	return literal(e)
}

// operand compiles an expression at a place that takes no search.
func (c *compiler) operand(e esql.Expr) (expr, error) {
	matters := c.nullMatters
	c.inside++
	c.nullMatters = true
	defer func() { c.inside, c.nullMatters = c.inside-1, matters }()
	return c.compile(e)
}

func (c *compiler) operands(list []esql.Expr) ([]expr, error) {
	out := make([]expr, len(list))
	for i, e := range list {
		var err error
		if out[i], err = c.operand(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *compiler) column(e *esql.Column) (expr, error) {
	col, ok := c.table.find(e.Name)
	if !ok {
		return expr{}, failf(e.Offset(), "unknown column %q", e.Name)
	}
	return expr{kind: col.typ, eval: col.eval, field: col.field}, nil
}

func literal(e esql.Expr) (expr, error) {
	switch e := e.(type) {
	case *esql.String:
		return constant(keyword, e.Value), nil
	case *esql.Bool:
		return constant(boolean, e.Value), nil
	case *esql.Null:
		return constant(null), nil
	case *esql.Number:
		return numberLiteral(e)
	case *esql.Span:
		return spanLiteral(e)
	case *esql.List:
		return listLiteral(e)
	}
	return expr{}, unknownf(e.Offset(), "the expression %s", e)
}

// numberLiteral gives a literal the smallest type that holds it.
func numberLiteral(e *esql.Number) (expr, error) {
	if e.Decimal {
		d, err := strconv.ParseFloat(e.Text, 64)
		if err != nil || math.IsInf(d, 0) {
			return expr{}, failf(e.Offset(), "the number %s is out of range", e.Text)
		}
		return constant(double, d), nil
	}
	n, err := strconv.ParseInt(e.Text, 10, 64)
	switch {
	case err != nil:
		if _, ok := new(big.Int).SetString(e.Text, 10); !ok {
			return expr{}, failf(e.Offset(), "the number %s is out of range", e.Text)
		}
		return expr{}, unknownf(e.Offset(), "the number %s, which no long holds", e.Text)
	case n > math.MaxInt32:
		return constant(long, n), nil
	}
	return constant(integer, n), nil
}

func spanLiteral(e *esql.Span) (expr, error) {
	n, err := strconv.Atoi(e.N)
	unit, ok := units()[e.Unit]
	if err != nil || !ok {
		return expr{}, failf(e.Offset(), "%s is no time span", e)
	}
	return constant(span, timeSpan{unit.months * n, unit.days * n, unit.millis * int64(n)}), nil
}

func listLiteral(e *esql.List) (expr, error) {
	var out expr
	for i, v := range e.Values {
		m, err := literal(v)
		if sign, ok := v.(*esql.Sign); ok {
			m, err = (&compiler{}).sign(sign)
		}
		if err != nil {
			return expr{}, err
		}
		if i > 0 && m.kind != out.kind {
			return expr{}, unknownf(e.Offset(), "a list of several types")
		}
		out = constant(m.kind, append(out.constant, m.constant...)...)
	}
	return out, nil
}

func (c *compiler) isNull(e *esql.IsNull) (expr, error) {
	if e.Negated && !strictOperand(e.Of) {
		// The optimizer asks the columns in it too whether they are null, although
		// the condition may not be null with them (measured on 8.19.21).
		return expr{}, unknownf(e.Offset(), "IS NOT NULL of an expression with AND, OR, IS NULL, COALESCE or CASE in it")
	}
	of, err := c.operand(e.Of)
	if err != nil {
		return expr{}, err
	}
	return c.fold(expr{kind: boolean, pushable: of.field != nil, eval: func(r *row) []any { return boolValue((len(of.eval(r)) == 0) != e.Negated) }}, of)
}

// fold computes an expression once if all that it is made of is constant.
func (c *compiler) fold(e expr, of ...expr) (expr, error) {
	for _, o := range of {
		if !o.isConstant {
			return e, nil
		}
	}
	r := &row{}
	values := e.eval(r)
	if r.err != nil {
		return expr{}, r.err
	}
	return constant(e.kind, values...), nil
}

// truth is the value of a condition in one row.
type truth uint8

const (
	isNull truth = iota
	isTrue
	isFalse
)

// truthOf takes several values for null, as every operator does.
func truthOf(values []any) truth {
	v, ok := one(values)
	switch {
	case !ok:
		return isNull
	case v == true:
		return isTrue
	}
	return isFalse
}

var truthValues = [...][]any{isNull: nil, isTrue: yes, isFalse: no}

// logic is AND and OR of Kleene's logic: decisive decides alone, null makes null
// unless decided.
func (c *compiler) logic(terms []esql.Expr, decisive truth) (expr, error) {
	var of []expr
	out := expr{kind: boolean, pushable: true}
	never := false
	if decisive == isFalse {
		if err := c.conflict(terms); err != nil {
			return expr{}, err
		}
		var err error
		if never, err = c.nullified(terms); err != nil {
			return expr{}, err
		}
	}
	for _, t := range terms {
		o, err := c.compile(t)
		if err != nil {
			return expr{}, err
		}
		if o.kind != boolean && o.kind != null {
			return expr{}, failf(t.Offset(), "AND and OR take conditions, and %s is %s", t, o.kind)
		}
		if o.isConstant && len(o.constant) == 0 && c.nullMatters {
			return expr{}, unknownf(t.Offset(), "a constant null under AND or OR, under NOT or in a function")
		}
		out.pushable = out.pushable && o.pushable
		of = append(of, o)
	}
	if never {
		return constant(boolean), nil
	}
	out.eval = func(r *row) []any {
		first := of[0].eval(r)
		result := truthOf(first)
		several := len(first) > 1
		for _, o := range of[1:] {
			v := o.eval(r)
			switch t := truthOf(v); {
			case several || len(v) > 1:
				result = isNull // beside several values even what decides does not
			case result == decisive || t == decisive:
				result = decisive
			case t == isNull:
				result = isNull
			}
			several = false
		}
		return truthValues[result]
	}
	return c.fold(out, of...)
}

// opposite are the comparisons that hold when others do not.
var opposite = map[esql.Operator]esql.Operator{esql.Eq: esql.Neq, esql.Neq: esql.Eq, esql.Lt: esql.Gte, esql.Gte: esql.Lt, esql.Gt: esql.Lte, esql.Lte: esql.Gt}

// not compiles a negation. The optimizer brings it into its operand where it can.
func (c *compiler) not(e *esql.Not) (expr, error) {
	switch of := esql.Unparen(e.Of).(type) {
	case *esql.Not:
		if in, ok := esql.Unparen(of.Of).(*esql.In); ok && slices.ContainsFunc(in.List, isNullLiteral) {
			return expr{}, unknownf(in.Offset(), "NOT of NOT IN with NULL")
		}
		return c.compile(of.Of)
	case *esql.In:
		if of.Negated && slices.ContainsFunc(of.List, isNullLiteral) {
			return expr{}, unknownf(of.Offset(), "NOT of NOT IN with NULL")
		}
		return c.in(&esql.In{Pos: of.Pos, Of: of.Of, List: of.List, Negated: !of.Negated})
	case *esql.Like:
		return c.like(&esql.Like{Pos: of.Pos, Of: of.Of, Patterns: of.Patterns, Regexp: of.Regexp, List: of.List, Negated: !of.Negated})
	case *esql.Binary:
		if of.Op.IsComparison() {
			return c.comparison(&esql.Binary{Pos: of.Pos, Op: opposite[of.Op], Left: of.Left, Right: of.Right})
		}
	}
	matters := c.nullMatters
	c.nullMatters = true
	of, err := c.compile(e.Of)
	c.nullMatters = matters
	if err != nil {
		return expr{}, err
	}
	if of.kind != boolean && of.kind != null {
		return expr{}, failf(e.Offset(), "NOT takes a condition, and %s is %s", e.Of, of.kind)
	}
	negated := [...][]any{isNull: nil, isTrue: no, isFalse: yes}
	return c.fold(expr{kind: boolean, pushable: of.pushable, eval: func(r *row) []any { return negated[truthOf(of.eval(r))] }}, of)
}

// cast is the operator ::, which is the function of its type.
func (c *compiler) cast(e *esql.Cast) (expr, error) {
	name, ok := map[string]string{
		"string": "to_string", "keyword": "to_string", "double": "to_double", "long": "to_long", "integer": "to_integer", "int": "to_integer",
		"boolean": "to_boolean", "bool": "to_boolean", "datetime": "to_datetime", "date": "to_datetime", "ip": "to_ip",
	}[e.Type]
	if !ok {
		return expr{}, unknownf(e.Offset(), "the type %q", e.Type)
	}
	return c.call(&esql.Call{Pos: e.Pos, Name: name, Args: []esql.Expr{e.Of}})
}

// search reports whether a search may stand here.
func (c *compiler) search(e esql.Expr) error {
	switch {
	case c.searches && c.inside > 0 && searches(c.whole) > 1:
		// The engine looks for this fault in some places only (measured).
		return unknownf(e.Offset(), "%s in a function, beside another search", e)
	case !c.searches || c.inside > 0:
		return failf(e.Offset(), "%s stands only in conditions, under AND, OR and NOT", e)
	case c.table.limited || c.table.grouped:
		return failf(e.Offset(), "%s cannot stand behind LIMIT, MV_EXPAND or STATS", e)
	}
	return nil
}

// searches counts the searches in an expression.
func searches(e esql.Expr) int {
	n := 0
	esql.Walk(e, func(e esql.Expr) {
		switch e := e.(type) {
		case *esql.Match:
			n++
		case *esql.Call:
			if slices.Contains([]string{"qstr", "match", "match_phrase", "kql"}, e.Name) {
				n++
			}
		}
	})
	return n
}

// found is the expression of a search with a result.
func found(b elastic.Bits) expr {
	return expr{kind: boolean, pushable: true, eval: func(r *row) []any { return boolValue(b.Has(r.doc)) }}
}
