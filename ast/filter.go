package ast

import "sigmatic/ast/source"

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
