package esql

import (
	"errors"

	"sigmatic/evaluator/dialect/elastic"
	"sigmatic/parser/query/esql"
	"sigmatic/parser/query/lucene"
)

// qstr compiles QSTR("…"), with or without its options.
func (c *compiler) qstr(e *esql.Call) (expr, error) {
	if err := c.search(e); err != nil {
		return expr{}, err
	}
	if !c.table.searchable {
		return expr{}, failf(e.Offset(), "QSTR cannot stand behind a command that changes the columns")
	}
	if len(e.Options) > 0 {
		return expr{}, unknownf(e.Offset(), "options of QSTR")
	}
	if len(e.Args) != 1 {
		return expr{}, failf(e.Offset(), "QSTR takes one argument")
	}
	s, ok := esql.Unparen(e.Args[0]).(*esql.String)
	if !ok {
		return expr{}, unknownf(e.Offset(), "QSTR of something else than a string")
	}
	b, err := c.queryString(s)
	if err != nil {
		return expr{}, err
	}
	return found(b), nil
}

func (c *compiler) queryString(s *esql.String) (elastic.Bits, error) {
	q, err := lucene.ParseQuery(s.Value)
	var unsupported *lucene.UnsupportedError
	switch {
	case errors.As(err, &unsupported):
		return elastic.Bits{}, unknownf(s.Offset(), "%v", err)
	case err != nil:
		if len(conjuncts([]esql.Expr{c.whole})) > 1 {
			// Where another term is never true the text is not read.
			return elastic.Bits{}, unknownf(s.Offset(), "whether the engine finds the fault under AND: %v", err)
		}
		return elastic.Bits{}, failf(s.Offset(), "the query string: %v", err)
	}
	b, err := c.table.ix.QueryString(q)
	return b, located(s.Offset(), err)
}

// match compiles column : constant.
func (c *compiler) match(e *esql.Match) (expr, error) {
	return c.matching(e, e.Column, e.Value)
}

// matchCall compiles MATCH(column, constant) and MATCH_PHRASE, which are one over
// a field that is not text.
func (c *compiler) matchCall(e *esql.Call) (expr, error) {
	if len(e.Options) > 0 {
		return expr{}, unknownf(e.Offset(), "options of MATCH")
	}
	if len(e.Args) != 2 {
		return expr{}, failf(e.Offset(), "%s takes a column and a constant", e.Name)
	}
	column, ok := esql.Unparen(e.Args[0]).(*esql.Column)
	if !ok {
		return expr{}, failf(e.Offset(), "%s asks a column of the index", e.Name)
	}
	return c.matching(e, column.Name, e.Args[1])
}

// matching asks the index about one value. It is lenient: a value that the field
// cannot have selects nothing, though a value of a type that does not go with
// the field's is an error.
func (c *compiler) matching(e esql.Expr, name string, value esql.Expr) (expr, error) {
	if err := c.search(e); err != nil {
		return expr{}, err
	}
	column, err := c.column(&esql.Column{Pos: esql.Pos(e.Offset()), Name: name})
	if err != nil {
		return expr{}, err
	}
	if column.field == nil {
		return expr{}, failf(e.Offset(), "%s asks %q, which is not a field of the index", e, name)
	}
	v, err := c.operand(value)
	if err != nil {
		return expr{}, err
	}
	if !v.isConstant || len(v.constant) != 1 {
		return expr{}, unknownf(e.Offset(), "a search for something else than one constant")
	}
	if !v.kind.isString() && !(v.kind.isNumber() && column.kind.isNumber()) && v.kind != column.kind {
		return expr{}, failf(e.Offset(), "%s cannot be searched in %s", v.kind, column.kind)
	}
	b, err := c.table.ix.Term(column.field.Name, constantText(v), false)
	var bad *elastic.ValueError
	if errors.As(err, &bad) {
		return found(c.table.ix.None()), nil
	}
	if err != nil {
		return expr{}, located(e.Offset(), err)
	}
	return found(b), nil
}

// constantText is the text of a constant in the index's own spelling.
func constantText(e expr) string {
	s, _ := toText(e.constant[0], e.kind).(string)
	return s
}
