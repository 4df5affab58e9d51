package ast

import (
	"fmt"
	"slices"
	"strings"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// Filter narrows rules from outside (Sigma specification 2.1, "Sigma filters").
type Filter struct {
	Metadata
	LogSource  LogSource
	AnyRule    bool // applies to every rule of the log source
	Rules      []Reference
	Detections []*NamedDetection
	Condition  *RuleCondition
	Span       source.Span
}

func (*Filter) document() {}

// Range implements Document.
func (f *Filter) Range() source.Span { return f.Span }

// Meta implements Document.
func (f *Filter) Meta() *Metadata { return &f.Metadata }

// Applies reports whether the filter is for the rule: it covers the rule's log
// source, and lists the rule or is for any.
func (f *Filter) Applies(r *Rule) bool {
	if !f.LogSource.Contains(r.LogSource) {
		return false
	}
	return f.AnyRule || slices.ContainsFunc(f.Rules, func(ref Reference) bool {
		return ref.Text.Value != "" && (strings.EqualFold(ref.Text.Value, r.ID.Value) || ref.Text.Value == r.Name.Value)
	})
}

// FilterMode says how a filter's condition narrows a rule. Tools disagree: one
// joins it with and, another with and not, so that the same file means opposites.
type FilterMode uint8

const (
	// FilterByCondition joins with and, but refuses a condition without any not:
	// such a file is where the tools part.
	FilterByCondition FilterMode = iota
	// FilterAnd joins with and: what the filter selects stays.
	FilterAnd
	// FilterAndNot joins with and not: what the filter selects goes.
	FilterAndNot
)

// Ambiguous says what is wrong with the filter where its condition has no not
// and no mode says how to take it; nil where its meaning is clear.
func (f *Filter) Ambiguous(mode FilterMode) *diag.Diagnostic {
	if mode != FilterByCondition || negates(f.Condition.Expr) {
		return nil
	}
	return &diag.Diagnostic{
		Code: diag.FilterPolarity, Severity: diag.Error, Span: f.Condition.Expr.Range(),
		Summary: fmt.Sprintf("the filter %q has a condition without not, which some tools read as what to keep and others as what to drop", f.Title.Value),
		Help:    "write \"not\" before what the filter is to drop; or say --filter-mode and, or --filter-mode and-not",
	}
}

// ApplyFilters gives the rule narrowed by those of the filters that apply to
// it, in their order; the rule itself when none does. The filters' search
// identifiers become private ones of the rule, so that its own selectors do not
// see them. The filters must not be Ambiguous.
func ApplyFilters(r *Rule, filters []*Filter, mode FilterMode) *Rule {
	for i, f := range filters {
		if f.Applies(r) {
			r = r.narrowed(f, fmt.Sprintf("_filt_%d_", i), mode)
		}
	}
	return r
}

// negates reports whether a not stands anywhere in the condition.
func negates(c Condition) bool {
	switch c := c.(type) {
	case *CondOr:
		return slices.ContainsFunc(c.Operands, negates)
	case *CondAnd:
		return slices.ContainsFunc(c.Operands, negates)
	case *CondNot:
		return true
	case *CondRef, *CondSelector:
		return false
	}
	panic(fmt.Sprintf("ast: unknown condition %T", c))
}

func (r *Rule) narrowed(f *Filter, prefix string, mode FilterMode) *Rule {
	out := *r
	out.Detections = slices.Clone(r.Detections)
	for _, d := range f.Detections {
		name := Text{Value: prefix + d.Name.Value, Span: d.Name.Span}
		out.Detections = append(out.Detections, &NamedDetection{Name: name, Body: d.Body})
	}
	narrow := f.renamed(f.Condition.Expr, prefix)
	if mode == FilterAndNot {
		narrow = &CondNot{Operand: narrow, Span: narrow.Range()}
	}
	out.Conditions = make([]*RuleCondition, len(r.Conditions))
	for i, c := range r.Conditions {
		joined := *c
		joined.Expr = &CondAnd{Operands: []Condition{c.Expr, narrow}, Span: c.Expr.Range()}
		out.Conditions[i] = &joined
	}
	return &out
}

// renamed gives the filter's condition in terms of the prefixed identifiers.
// Selectors are opened here, where the filter's own identifiers are known.
func (f *Filter) renamed(c Condition, prefix string) Condition {
	all := func(list []Condition) []Condition {
		out := make([]Condition, len(list))
		for i, c := range list {
			out[i] = f.renamed(c, prefix)
		}
		return out
	}
	switch c := c.(type) {
	case *CondOr:
		return &CondOr{Operands: all(c.Operands), Span: c.Span}
	case *CondAnd:
		return &CondAnd{Operands: all(c.Operands), Span: c.Span}
	case *CondNot:
		return &CondNot{Operand: f.renamed(c.Operand, prefix), Span: c.Span}
	case *CondRef:
		return &CondRef{Name: prefix + c.Name, Span: c.Span}
	case *CondSelector:
		var refs []Condition
		for _, d := range f.Detections {
			if c.Selects(d.Name.Value) {
				refs = append(refs, &CondRef{Name: prefix + d.Name.Value, Span: c.Span})
			}
		}
		switch {
		case len(refs) == 1:
			return refs[0]
		case c.All:
			return &CondAnd{Operands: refs, Span: c.Span}
		}
		return &CondOr{Operands: refs, Span: c.Span}
	}
	panic(fmt.Sprintf("ast: unknown condition %T", c))
}
