package ast

import (
	"strings"

	"sigmatic/ast/source"
)

// Document is one YAML document of a Sigma file: *Rule, *Correlation or *Filter.
type Document interface {
	document()
	// Range is the place of the whole document.
	Range() source.Span
	// Meta is what every kind of document has in common.
	Meta() *Metadata
}

// Text is a string that was written somewhere. The zero Text was not written.
type Text struct {
	Value string
	Span  source.Span
}

// IsSet reports whether the text was written at all, be it as "".
func (t Text) IsSet() bool { return !t.Span.IsZero() }

// Metadata holds the attributes that rules, correlations and filters share
// (Sigma specification 2.1, "Sigma rules", attributes).
type Metadata struct {
	Title          Text
	ID             Text // a UUID in lower-case dashed form, or not set
	Name           Text
	Related        []Related
	Taxonomy       Text
	Status         Status
	Level          Level
	Description    Text
	License        Text
	Author         Text
	References     []Text
	Tags           []Tag
	Date, Modified Text // YYYY-MM-DD
	Fields         []Text
	FalsePositives []Text
	Scope          []Text
	SpecMajor      int // the major number of sigma-version; 2 when absent
	Custom         []Attribute
}

// Related is a reference to another rule.
type Related struct {
	ID   Text
	Type Text
}

// Tag is namespace.name, such as attack.t1078.
type Tag struct {
	Namespace, Name string
	Span            source.Span
}

// String is the tag as written.
func (t Tag) String() string { return t.Namespace + "." + t.Name }

// Attribute is one that Sigma does not define. It is kept, never interpreted.
type Attribute struct {
	Name  Text
	Value Data
}

// Data is a piece of YAML that only travels through: a scalar's text, a list or
// a map in its order.
type Data struct {
	Kind  DataKind
	Text  string      // scalars; of numbers and booleans as they were written
	Items []Data      // lists
	Pairs []Attribute // maps
	Span  source.Span
}

// Truth is the value of a DataBool: true, yes and on are true, in any letter case.
func (d Data) Truth() bool {
	return strings.EqualFold(d.Text, "true") || strings.EqualFold(d.Text, "yes") || strings.EqualFold(d.Text, "on")
}

// DataKind tells what a Data holds.
type DataKind uint8

// The kinds of Data. A DataScalar is text, however it was quoted.
const (
	DataNull DataKind = iota
	DataScalar
	DataBool
	DataNumber
	DataList
	DataMap
)

// Status is a rule's maturity; the order is that of trust.
type Status uint8

// The states of a rule, from the least to the most trusted. StatusUnset means
// that the document says nothing.
const (
	StatusUnset Status = iota
	Unsupported
	Deprecated
	Experimental
	Test
	Stable
)

var statusNames = [...]string{"", "unsupported", "deprecated", "experimental", "test", "stable"}

// String is the word of the specification; "" for StatusUnset.
func (s Status) String() string { return statusNames[s] }

// ParseStatus reads a lower-case status word.
func ParseStatus(s string) (Status, bool) {
	for i := 1; i < len(statusNames); i++ {
		if statusNames[i] == s {
			return Status(i), true
		}
	}
	return StatusUnset, false
}

// StatusNames lists the status words, least trusted first.
func StatusNames() []string { return append([]string(nil), statusNames[1:]...) }

// Level is a rule's severity; the order is ascending.
type Level uint8

// The levels. LevelUnset means that the document says nothing.
const (
	LevelUnset Level = iota
	Informational
	Low
	Medium
	High
	Critical
)

var levelNames = [...]string{"", "informational", "low", "medium", "high", "critical"}

// String is the word of the specification; "" for LevelUnset.
func (l Level) String() string { return levelNames[l] }

// ParseLevel reads a lower-case level word.
func ParseLevel(s string) (Level, bool) {
	for i := 1; i < len(levelNames); i++ {
		if levelNames[i] == s {
			return Level(i), true
		}
	}
	return LevelUnset, false
}

// LevelNames lists the level words in ascending order.
func LevelNames() []string { return append([]string(nil), levelNames[1:]...) }

// LogSource says which logs a document is about. An empty dimension is a wildcard.
type LogSource struct {
	Category, Product, Service Text
	Definition                 Text
	Custom                     []Attribute
	Span                       source.Span
}

// Contains reports whether l covers m: every dimension that l sets is equal in
// m. Values compare exactly.
func (l LogSource) Contains(m LogSource) bool {
	covers := func(a, b Text) bool { return a.Value == "" || a.Value == b.Value }
	return covers(l.Category, m.Category) && covers(l.Product, m.Product) && covers(l.Service, m.Service)
}

// Rule is a detection rule.
type Rule struct {
	Metadata
	LogSource  LogSource
	Detections []*NamedDetection // in order of definition
	Conditions []*RuleCondition  // at least one; each is a query of its own
	Timeframe  Text              // deprecated detection.timeframe
	// Silent marks a rule that is there only for a correlation written in one
	// document with it (Correlation.Legacy): a search to be counted, which nobody
	// asked to have reported. It is never converted or run on its own.
	Silent bool
	Span   source.Span
}

func (*Rule) document() {}

// Range implements Document.
func (r *Rule) Range() source.Span { return r.Span }

// Meta implements Document.
func (r *Rule) Meta() *Metadata { return &r.Metadata }

// Detection returns the body of the search identifier name, or nil.
func (r *Rule) Detection(name string) Detection {
	for _, d := range r.Detections {
		if d.Name.Value == name {
			return d.Body
		}
	}
	return nil
}

// NamedDetection is one search identifier and its body.
type NamedDetection struct {
	Name Text
	Body Detection
}

// RuleCondition is one condition of a rule, as text and as a tree.
type RuleCondition struct {
	Text Text
	Expr Condition
}

// Detection is the body of a search identifier, as written but with every
// modifier applied: *AllOf, *AnyOf, *Item or *ArrayItem.
type Detection interface {
	detection()
	Range() source.Span
}

// AllOf is a map: every member must match.
type AllOf struct {
	Members []Detection
	Span    source.Span
}

// AnyOf is a list: one member must match.
type AnyOf struct {
	Members []Detection
	Span    source.Span
}

// Item is one detection item: a field (or none, for keywords), its modifiers as
// written, and the values that they produced.
type Item struct {
	Key       Text   // as written, modifiers included; not set for a bare value
	Field     Field  // Field.Name is "" for keywords
	IsKeyword bool   // true when values are searched in the whole event
	Modifiers []Text // as written, left to right
	Written   []Data // the values before the modifiers
	Values    []Alternatives
	All       bool // every value must match, instead of one
	Negated   bool // neq: the finished item is negated
	Span      source.Span
}

// Alternatives is what one written value became: usually one value, several
// where a modifier gives more than one spelling. One of them suffices, also
// under the modifier all.
type Alternatives []Value

// ArrayItem is a detection item whose key selects members of arrays, which
// sigma-version 3 has: field[any], field[0].name|contains. What it demands of a
// member is Body, or, where the item holds search identifiers of its own, what
// Condition says of Detections.
type ArrayItem struct {
	Key        Text        // as written, modifiers included
	Steps      []ArrayStep // at least one; each begins at the member of the one before
	Body       Detection   // an *Item with the same Key where the item has values; nil beside Condition
	Detections []*NamedDetection
	Condition  *RuleCondition
	Span       source.Span
}

// ArrayStep is a field that holds an array, and which of its members are meant.
type ArrayStep struct {
	Field    Field // Self for an array inside an array
	Selector Selector
}

func (*AllOf) detection()     {}
func (*AnyOf) detection()     {}
func (*Item) detection()      {}
func (*ArrayItem) detection() {}

// Range implements Detection.
func (d *AllOf) Range() source.Span { return d.Span }

// Range implements Detection.
func (d *AnyOf) Range() source.Span { return d.Span }

// Range implements Detection.
func (d *Item) Range() source.Span { return d.Span }

// Range implements Detection.
func (d *ArrayItem) Range() source.Span { return d.Span }
