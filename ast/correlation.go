package ast

import (
	"time"

	"sigmatic/ast/source"
)

// Correlation is a rule over the matches of other rules.
type Correlation struct {
	Metadata
	Type     CorrelationType
	Rules    []Reference
	Generate bool // also report the matches of the referenced rules
	GroupBy  []Text
	// MissingKey says what becomes of an event that lacks a group-by field.
	MissingKey MissingKey
	Aliases    []Alias
	Window     Window
	// Aggregates are the thresholds, all of which must hold. Empty for a
	// temporal correlation that has an Extended condition.
	Aggregates []Aggregate
	Extended   *RuleCondition // a condition over references, for temporal types
	NewTerms   *NewTerms      // for first-seen correlations
	// Legacy is the rule that the correlation was written as, where it comes from
	// an aggregation of Sigma 1 (condition: selection | count() > 5); nil where it
	// is a document of its own. Rules then refers to Silent rules, their Target
	// set, whose names and ids are those of the correlation.
	Legacy *Rule
	Span   source.Span
}

func (*Correlation) document() {}

// Range implements Document.
func (c *Correlation) Range() source.Span { return c.Span }

// Meta implements Document.
func (c *Correlation) Meta() *Metadata { return &c.Metadata }

// FieldIn is the field that a name of the correlation, which may be an alias,
// means in the events of a referenced document.
func (c *Correlation) FieldIn(r Reference, name string) string {
	for _, a := range c.Aliases {
		if a.Name.Value != name {
			continue
		}
		for _, f := range a.Fields {
			if f.Rule.Target == r.Target {
				return f.Field.Value
			}
		}
	}
	return name
}

// CorrelationType is the kind of a correlation.
type CorrelationType uint8

// The types of Sigma 2.1, value_median, and first-seen as an extension.
const (
	EventCount CorrelationType = iota
	ValueCount
	Temporal
	TemporalOrdered
	ValueSum
	ValueAvg
	ValuePercentile
	ValueMedian
	FirstSeen
)

// Reference names another document by id or name. Target is set once resolved.
type Reference struct {
	Text   Text
	Target Document
}

// Alias gives one name to fields that differ from rule to rule.
type Alias struct {
	Name   Text
	Fields []AliasField
}

// AliasField is the field that carries an alias in the matches of one rule.
type AliasField struct {
	Rule  Reference
	Field Text
}

// Window is the span of time that a correlation looks at.
type Window struct {
	Span     time.Duration
	Tumbling bool // aligned buckets, as imported rules may have; sliding otherwise
	Text     Text
}

// MissingKey says what an absent group-by field means.
type MissingKey uint8

// DropMissing leaves the event out; GroupMissing makes absence a key of its own.
const (
	DropMissing MissingKey = iota
	GroupMissing
)

// Aggregate is one measure over the window and the thresholds it must satisfy.
type Aggregate struct {
	Type       CorrelationType
	Fields     []Text // counted together as tuples
	Percentile int    // for ValuePercentile, 0 to 100
	Thresholds []Threshold
	Span       source.Span
}

// Threshold compares an aggregate. NotEqual negates Equal.
type Threshold struct {
	Op       CompareOp
	NotEqual bool
	Number   *Number
}

// NewTerms fires for terms that did not occur in the history before an event.
type NewTerms struct {
	Fields  []Text
	History time.Duration
}
