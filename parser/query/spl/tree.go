package spl

import "fmt"

// Query is a search and the commands behind it.
type Query struct{ Commands []Command }

// SyntaxError says why a text is no query, or none that this package knows.
type SyntaxError struct {
	Offset  int    // of the byte at which it fails
	Unknown bool   // Splunk may accept it, or its documents do not say
	Detail  string // lower case
}

// Error gives the place and the reason.
func (e *SyntaxError) Error() string { return fmt.Sprintf("at byte %d: %s", e.Offset, e.Detail) }

// Pos is the offset of a node's first byte.
type Pos int

// Offset is the position as a number.
func (p Pos) Offset() int { return int(p) }

// Command is one stage of a query. The set is closed.
type Command interface {
	Offset() int
	command()
	print(*printer)
}

// SearchCommand keeps the events that a search term selects. The first command of
// a query is one.
type SearchCommand struct {
	Pos
	Term Term
}

// Term is a condition of the command search. The set is closed.
type Term interface {
	Offset() int
	term()
	print(*printer)
}

// And, Or and Not join terms.
type (
	And struct {
		Pos
		List []Term
	}
	Or struct {
		Pos
		List []Term
	}
	Not struct {
		Pos
		Of Term
	}
)

// Value is a text of search. Each * in it is a wildcard.
type Value struct {
	Text  string
	Cased bool // CASE(…)
}

// Keyword looks for a value in the event's text.
type Keyword struct {
	Pos
	Value   Value
	AsTerm  bool // TERM(…): as one term of the index
	Written bool // in quotes: a phrase
}

// CompareOp relates a field to a value.
type CompareOp string

// The operators of comparisons.
const (
	Equal          CompareOp = "="
	NotEqual       CompareOp = "!="
	Less           CompareOp = "<"
	LessOrEqual    CompareOp = "<="
	Greater        CompareOp = ">"
	GreaterOrEqual CompareOp = ">="
)

// Compare relates a field to a value.
type Compare struct {
	Pos
	Field string
	Op    CompareOp
	Value Value
}

// In holds if the field has one of the values.
type In struct {
	Pos
	Field  string
	Values []Value
}

func (*And) term()     {}
func (*Or) term()      {}
func (*Not) term()     {}
func (*Keyword) term() {}
func (*Compare) term() {}
func (*In) term()      {}

// Expr is an expression of where and eval. The set is closed.
type Expr interface {
	Offset() int
	expr()
	print(*printer)
}

// Number is a number as written.
type Number struct {
	Pos
	Text string
}

// String is a text, its escapes read.
type String struct {
	Pos
	Text string
}

// Field is the name of a field.
type Field struct {
	Pos
	Name string
}

// Call is a function and its arguments. The name is in lower case.
type Call struct {
	Pos
	Name string
	Args []Expr
}

// Binary joins two expressions by an operator: XOR OR AND = != < <= > >= LIKE
// + - . * / %.
type Binary struct {
	Pos
	Op          string
	Left, Right Expr
}

// Unary is NOT or -.
type Unary struct {
	Pos
	Op string
	Of Expr
}

// InList holds if the value equals one of a list.
type InList struct {
	Pos
	Of   Expr
	List []Expr
}

func (*Number) expr() {}
func (*String) expr() {}
func (*Field) expr()  {}
func (*Call) expr()   {}
func (*Binary) expr() {}
func (*Unary) expr()  {}
func (*InList) expr() {}

// WhereCommand keeps the events of which an expression is true.
type WhereCommand struct {
	Pos
	Expr Expr
}

// EvalCommand computes fields, one after the other.
type EvalCommand struct {
	Pos
	Fields []Assignment
}

// Assignment is a field and its new value.
type Assignment struct {
	Name string
	Expr Expr
}

// BinCommand brings a field to the beginning of its piece of Span.
type BinCommand struct {
	Pos
	Field, As string // As is "" to change Field itself
	Span      string // such as 5m
}

// StatsKind tells the three commands that aggregate.
type StatsKind string

// The commands that aggregate: one row of each group, the groups' results on each
// event, the results up to each event.
const (
	Stats       StatsKind = "stats"
	EventStats  StatsKind = "eventstats"
	StreamStats StatsKind = "streamstats"
)

// StatsCommand aggregates.
type StatsCommand struct {
	Pos
	Kind    StatsKind
	Options []Option // of streamstats: time_window, window, current, global
	Aggs    []Agg
	By      []string
}

// Option is name=value before the aggregations.
type Option struct{ Name, Value string }

// Agg is one column.
type Agg struct {
	Name  string // count, dc, values, …
	Field string // "" is every event
	Of    Expr   // in count(eval(…)); nil otherwise
	As    string
}

// SortCommand puts events in order.
type SortCommand struct {
	Pos
	Limit int // 0 is none
	Keys  []SortKey
}

// SortKey is one field to sort by.
type SortKey struct {
	Field string
	Desc  bool
}

// FieldsCommand keeps fields, or with Remove drops them. Table also drops all that
// is not named, and no event.
type FieldsCommand struct {
	Pos
	Table, Remove bool
	Names         []string // each * is a wildcard
}

// RenameCommand gives fields other names.
type RenameCommand struct {
	Pos
	Pairs [][2]string // from, to
}

func (*SearchCommand) command() {}
func (*WhereCommand) command()  {}
func (*EvalCommand) command()   {}
func (*BinCommand) command()    {}
func (*StatsCommand) command()  {}
func (*SortCommand) command()   {}
func (*FieldsCommand) command() {}
func (*RenameCommand) command() {}
