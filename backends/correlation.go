package backends

import (
	"slices"

	"sigmatic/ast"
)

// Correlation is a correlation as a backend prints it: in the terms of the store.
type Correlation struct {
	Document *ast.Correlation   // type, window, thresholds, as written
	Inputs   []CorrelationInput // one by reference, in order
	Group    []string           // names of the group-by fields: columns of the rows
	Fields   []string           // to show
}

// CorrelationInput is a rule that a correlation refers to.
type CorrelationInput struct {
	Name     string       // of the rule, as an extended condition writes it
	Queries  []*ast.Query // the rule's conditions; any of them
	Keys     []string     // by Group: the field of this input's events
	Measured [][]string   // by Document.Aggregates: the fields that are counted or measured
}

// Correlator is a backend whose language can say correlations.
type Correlator interface {
	Backend
	// ConvertCorrelation prints a correlation. The error is an *Unsupported.
	ConvertCorrelation(c *Correlation, opts Options) (*Output, error)
}

// SameFields reports whether all inputs have the group, and what is measured, in the same fields.
func (c *Correlation) SameFields() bool {
	first := c.Inputs[0]
	return !slices.ContainsFunc(c.Inputs, func(in CorrelationInput) bool {
		return !slices.Equal(in.Keys, first.Keys) || !slices.EqualFunc(in.Measured, first.Measured, slices.Equal)
	})
}

// AnyOf is the query for the events of several inputs: those that one of their rules' conditions selects.
func AnyOf(inputs []CorrelationInput) *ast.Query {
	var terms []ast.Expr
	for _, in := range inputs {
		for _, q := range in.Queries {
			terms = append(terms, q.Simplified().Expr)
		}
	}
	if len(terms) == 1 {
		return &ast.Query{Expr: terms[0]}
	}
	return &ast.Query{Expr: &ast.Or{Terms: terms}}
}
