package ast

import "sigmatic/ast/source"

// Condition is the tree of a condition expression before it is resolved:
// *CondOr, *CondAnd, *CondNot, *CondRef or *CondSelector.
type Condition interface {
	condition()
	Range() source.Span
	// String is the condition in canonical Sigma text; parsing it again gives
	// an equal tree.
	String() string
}

// CondOr matches when one operand does. It has at least two.
type CondOr struct {
	Operands []Condition
	Span     source.Span
}

// CondAnd matches when every operand does. It has at least two.
type CondAnd struct {
	Operands []Condition
	Span     source.Span
}

// CondNot negates.
type CondNot struct {
	Operand Condition
	Span    source.Span
}

// CondRef names one search identifier.
type CondRef struct {
	Name string
	Span source.Span
}

// CondSelector is "1 of" or "all of" a set of search identifiers.
type CondSelector struct {
	All     bool   // all of; otherwise 1 of, any of
	Pattern string // "them", or a name in which * stands for any run
	Span    source.Span
}

func (*CondOr) condition()       {}
func (*CondAnd) condition()      {}
func (*CondNot) condition()      {}
func (*CondRef) condition()      {}
func (*CondSelector) condition() {}

// Range implements Condition.
func (c *CondOr) Range() source.Span { return c.Span }

// Range implements Condition.
func (c *CondAnd) Range() source.Span { return c.Span }

// Range implements Condition.
func (c *CondNot) Range() source.Span { return c.Span }

// Range implements Condition.
func (c *CondRef) Range() source.Span { return c.Span }

// Range implements Condition.
func (c *CondSelector) Range() source.Span { return c.Span }
