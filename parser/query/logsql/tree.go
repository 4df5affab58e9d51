package logsql

import "fmt"

// MessageField is the name of the field that a filter without a name is about.
const MessageField = "_msg"

// Query is a filter and the pipes that its events go through.
type Query struct {
	Filter Filter
	Pipes  []Pipe
}

// SyntaxError says why a text is no query, or none that this package knows.
type SyntaxError struct {
	Offset  int    // of the byte at which it fails
	Unknown bool   // the server may accept it
	Detail  string // lower case
}

// Error gives the place and the reason.
func (e *SyntaxError) Error() string { return fmt.Sprintf("at byte %d: %s", e.Offset, e.Detail) }

// Filter is a condition on an event. The set is closed.
type Filter interface {
	// Start is the offset of the filter's first byte.
	Offset() int
	filter()
	print(*printer)
}

// Pos is the offset of a filter's first byte.
type Pos int

// Offset is the position as a number.
func (p Pos) Offset() int { return int(p) }

// And holds if all of its filters do, Or if one does, Not if its does not.
type (
	And struct {
		Pos
		List []Filter
	}
	Or struct {
		Pos
		List []Filter
	}
	Not struct {
		Pos
		Of Filter
	}
)

// Phrase holds if the words of Text stand in the field one behind the other.
// With AnyCase letter case does not matter. The empty phrase is the empty value.
type Phrase struct {
	Pos
	Field, Text string
	AnyCase     bool
}

// Prefix holds if a word of the field begins like Text. The empty prefix is any
// value but the empty one; of the message, as the query's filter, any event.
type Prefix struct {
	Pos
	Field, Text string
	AnyCase     bool
}

// Exact holds if the field's whole value is Text, or begins with it if Open.
type Exact struct {
	Pos
	Field, Text string
	Open        bool
}

// Regexp holds if a regular expression is found in the field.
type Regexp struct {
	Pos
	Field, Source string
}

// In holds if the field's whole value is one of Values.
type In struct {
	Pos
	Field  string
	Values []string
}

// Contains holds if the field has the phrases: all of them, or any.
type Contains struct {
	Pos
	Field   string
	Any     bool
	Phrases []string
}

// Sequence holds if the field has the phrases in their order.
type Sequence struct {
	Pos
	Field   string
	Phrases []string
}

// CompareOp is an order relation.
type CompareOp string

// The order relations.
const (
	Less           CompareOp = "<"
	LessOrEqual    CompareOp = "<="
	Greater        CompareOp = ">"
	GreaterOrEqual CompareOp = ">="
)

// Compare holds if the field stands in a relation to Bound: a number if that is
// one, otherwise a text.
type Compare struct {
	Pos
	Field string
	Op    CompareOp
	Bound string
}

// Range holds if the field is a number between two others.
type Range struct {
	Pos
	Field        string
	Low, High    string
	Above, Below bool // the bound itself is not meant
}

// StringRange holds if the field is a text that is not before Low and before High.
type StringRange struct {
	Pos
	Field, Low, High string
}

// IPv4Range holds if the field is an IPv4 address from Low to High. High is ""
// if Low is an address alone, or a network.
type IPv4Range struct {
	Pos
	Field, Low, High string
}

// LenRange holds if the field's length in characters is between two numbers.
type LenRange struct {
	Pos
	Field, Low, High string
}

// FieldRelation is how one field compares to another.
type FieldRelation string

// The relations of fields, by the names of their filters.
const (
	EqField FieldRelation = "eq_field"
	LeField FieldRelation = "le_field"
	LtField FieldRelation = "lt_field"
)

// FieldCompare holds if one field stands in a relation to another.
type FieldCompare struct {
	Pos
	Field    string
	Relation FieldRelation
	Other    string
}

// Stream tells which log streams events are in
// (https://docs.victoriametrics.com/victorialogs/logsql/#stream-filter).
type Stream struct {
	Pos
	Text string // with its braces, as written
}

func (*Stream) filter()       {}
func (*And) filter()          {}
func (*Or) filter()           {}
func (*Not) filter()          {}
func (*Phrase) filter()       {}
func (*Prefix) filter()       {}
func (*Exact) filter()        {}
func (*Regexp) filter()       {}
func (*In) filter()           {}
func (*Contains) filter()     {}
func (*Sequence) filter()     {}
func (*Compare) filter()      {}
func (*Range) filter()        {}
func (*StringRange) filter()  {}
func (*IPv4Range) filter()    {}
func (*LenRange) filter()     {}
func (*FieldCompare) filter() {}

// Pipe is a step that a query's events go through. The set is closed.
type Pipe interface {
	pipe()
	print(*printer)
}

// FilterPipe keeps the events that a filter selects.
type FilterPipe struct{ Filter Filter }

// FieldsPipe keeps fields; a name that ends in * stands for all that begin so.
type FieldsPipe struct{ Names []string }

// DeletePipe removes fields.
type DeletePipe struct{ Names []string }

// RenamePipe gives fields other names, or with Copy a second one.
type RenamePipe struct {
	Copy  bool
	Pairs [][2]string // from, to
}

// LimitPipe keeps the first events, OffsetPipe drops them.
type (
	LimitPipe  struct{ N uint64 }
	OffsetPipe struct{ N uint64 }
)

// SortPipe puts events in order.
type SortPipe struct {
	By     []SortKey
	Desc   bool
	Offset uint64
	Limit  uint64 // 0 is none
}

// SortKey is one field to sort by.
type SortKey struct {
	Field string
	Desc  bool
}

// StatsPipe makes one row of each group.
type StatsPipe struct {
	By    []Bucket
	Funcs []StatsFunc
}

// Bucket is a field to group by, or pieces of its range.
type Bucket struct {
	Field  string
	Size   string // "" is the value itself
	Offset string // "" is none
}

// StatsFunc is a column of a StatsPipe.
type StatsFunc struct {
	Name   string // count, count_uniq, …
	Fields []string
	Limit  uint64 // 0 is none
	If     Filter // nil is all
	As     string
}

// FormatPipe writes a field from others.
type FormatPipe struct {
	If    Filter // nil is all
	Text  string // as written: <f> is the field f, <lc:f> in lower case
	Steps []FormatStep
	As    string
	Keep  FormatKeep
}

// FormatStep is literal text and the field behind it, if any.
type FormatStep struct {
	Text   string
	Field  string // "" at the end
	Option string // what stands before the field's name: lc, uc, …
}

// FormatKeep says when the field keeps the value that it had.
type FormatKeep string

// When a field keeps its value.
const (
	KeepNever    FormatKeep = ""
	KeepOriginal FormatKeep = "keep_original_fields"
	SkipEmpty    FormatKeep = "skip_empty_results"
)

// UniqPipe keeps one event of those that agree in fields, and those alone.
type UniqPipe struct{ Fields []string }

func (*FilterPipe) pipe() {}
func (*FieldsPipe) pipe() {}
func (*DeletePipe) pipe() {}
func (*RenamePipe) pipe() {}
func (*LimitPipe) pipe()  {}
func (*OffsetPipe) pipe() {}
func (*SortPipe) pipe()   {}
func (*StatsPipe) pipe()  {}
func (*FormatPipe) pipe() {}
func (*UniqPipe) pipe()   {}
