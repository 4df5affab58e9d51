package ast

import "sigmatic/ast/source"

// Query is one condition of a rule, resolved: what a backend prints and the
// evaluator runs.
type Query struct {
	Rule      *Rule
	Condition *RuleCondition
	Index     int // of the condition in the rule, from 0
	Expr      Expr

	simplified bool
}

// Simplified gives the query with its expression simplified (Simplify). A query
// that is converted to several languages is simplified once.
func (q *Query) Simplified() *Query {
	if q.simplified {
		return q
	}
	s := *q
	s.Expr, s.simplified = Simplify(q.Expr), true
	return &s
}

// Expr is a resolved boolean expression: *And, *Or, *Not or *Match. Logic is
// two-valued: a leaf over an absent field is false, and Not makes it true.
type Expr interface {
	expr()
	Range() source.Span
	// String is a readable form for messages and tests.
	String() string
}

// And matches when every term does.
type And struct {
	Terms []Expr
	Span  source.Span
}

// Or matches when one term does.
type Or struct {
	Terms []Expr
	Span  source.Span
}

// Not negates.
type Not struct {
	Term Expr
	Span source.Span
}

// Match is a leaf: some value of the field satisfies Value. Field.Name is ""
// exactly when Value is a *Keyword.
type Match struct {
	Field Field
	Value Value
	Span  source.Span
}

func (*And) expr()   {}
func (*Or) expr()    {}
func (*Not) expr()   {}
func (*Match) expr() {}

// Range implements Expr.
func (e *And) Range() source.Span { return e.Span }

// Range implements Expr.
func (e *Or) Range() source.Span { return e.Span }

// Range implements Expr.
func (e *Not) Range() source.Span { return e.Span }

// Range implements Expr.
func (e *Match) Range() source.Span { return e.Span }
