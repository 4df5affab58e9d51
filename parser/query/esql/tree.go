package esql

import (
	"fmt"
	"strings"
)

// Query is a source command and the commands that its rows go through.
type Query struct {
	Source   Source
	Commands []Command
}

// Pos is where a node begins: the offset of its first byte in the text.
type Pos int

// Offset is the position as a number.
func (p Pos) Offset() int { return int(p) }

// Source is the command that rows come from.
type Source interface {
	fmt.Stringer
	source()
}

type (
	// From reads indices.
	From struct {
		Pos
		Indices  []string // patterns
		Metadata []string
	}
	// Row makes one row.
	Row struct {
		Pos
		Fields []Field
	}
)

func (*From) source() {}
func (*Row) source()  {}

// Command is a processing command.
type Command interface {
	fmt.Stringer
	Offset() int
	command()
}

type (
	// Where keeps the rows for which the condition is true.
	Where struct {
		Pos
		Condition Expr
	}
	// Eval adds columns.
	Eval struct {
		Pos
		Fields []Field
	}
	// Stats aggregates; without By, all rows are one group.
	Stats struct {
		Pos
		Aggregates []Aggregate
		By         []Field
	}
	// Sort orders the rows.
	Sort struct {
		Pos
		Orders []Order
	}
	// Limit keeps the first rows.
	Limit struct {
		Pos
		N int
	}
	// Keep and Drop choose columns by names or patterns.
	Keep struct {
		Pos
		Columns []string
	}
	// Drop is described with Keep.
	Drop struct {
		Pos
		Columns []string
	}
	// Rename gives columns other names.
	Rename struct {
		Pos
		Names []Renaming
	}
	// MvExpand makes a row of each value of a column.
	MvExpand struct {
		Pos
		Column string
	}
)

// Field is an expression and the name of its column; "" stands for the
// expression's text.
type Field struct {
	Name string
	Expr Expr
}

// Aggregate is a field of STATS with the condition of its rows, or nil.
type Aggregate struct {
	Field
	Where Expr
}

// Order is a key of SORT.
type Order struct {
	Expr Expr
	Desc bool
	// Nulls is "first", "last", or "" for the default: last when ascending, first
	// when descending.
	Nulls string
}

// Renaming is one entry of RENAME.
type Renaming struct{ From, To string }

func (*Where) command()    {}
func (*Eval) command()     {}
func (*Stats) command()    {}
func (*Sort) command()     {}
func (*Limit) command()    {}
func (*Keep) command()     {}
func (*Drop) command()     {}
func (*Rename) command()   {}
func (*MvExpand) command() {}

// Expr is an expression.
type Expr interface {
	fmt.Stringer
	Offset() int
	expr()
}

type (
	// And holds two terms or more.
	And struct {
		Pos
		Terms []Expr
	}
	// Or holds two terms or more.
	Or struct {
		Pos
		Terms []Expr
	}
	// Paren is an expression in parentheses. They change nothing of its meaning,
	// but the engine counts them in its limits.
	Paren struct {
		Pos
		Of Expr
	}
	// Not is a negation.
	Not struct {
		Pos
		Of Expr
	}
	// Binary is a comparison or an arithmetic operation.
	Binary struct {
		Pos
		Op          Operator
		Left, Right Expr
	}
	// Sign is a unary - or +.
	Sign struct {
		Pos
		Minus bool
		Of    Expr
	}
	// In asks for equality with a member of a list.
	In struct {
		Pos
		Of      Expr
		List    []Expr
		Negated bool
	}
	// Like matches a whole value with a pattern: LIKE, or, if Regexp, RLIKE. List
	// tells that the patterns stood in parentheses.
	Like struct {
		Pos
		Of       Expr
		Patterns []string
		Regexp   bool
		List     bool
		Negated  bool
	}
	// IsNull asks whether there is no value.
	IsNull struct {
		Pos
		Of      Expr
		Negated bool
	}
	// Match is the operator : of full-text search.
	Match struct {
		Pos
		Column string
		Value  Expr
	}
	// Call is a function. Star is the argument of COUNT(*). Options are those in
	// braces, keys and constants.
	Call struct {
		Pos
		Name    string // lower case
		Star    bool
		Args    []Expr
		Options []Option
	}
	// Cast is the operator ::.
	Cast struct {
		Pos
		Of   Expr
		Type string // lower case
	}
	// Column is a name, without backticks.
	Column struct {
		Pos
		Name string
	}
	// String is a string literal, without quotes and escapes.
	String struct {
		Pos
		Value string
	}
	// Number is an integer or a decimal without a sign, as it was written.
	Number struct {
		Pos
		Text    string
		Decimal bool
	}
	// Bool is TRUE or FALSE.
	Bool struct {
		Pos
		Value bool
	}
	// Null is NULL.
	Null struct{ Pos }
	// Span is a time span: 30 seconds.
	Span struct {
		Pos
		N    string // an integer, with its sign if it has one
		Unit string // lower case
	}
	// List is a literal of several values: ["a", "b"].
	List struct {
		Pos
		Values []Expr
	}
)

// Option is a key and a value of a call's options.
type Option struct {
	Key   string
	Value Expr
}

// Operator is a binary operator.
type Operator string

// The binary operators.
const (
	Eq  Operator = "=="
	Neq Operator = "!="
	Lt  Operator = "<"
	Lte Operator = "<="
	Gt  Operator = ">"
	Gte Operator = ">="
	Add Operator = "+"
	Sub Operator = "-"
	Mul Operator = "*"
	Div Operator = "/"
	Mod Operator = "%"
)

// IsComparison tells comparisons from arithmetic.
func (o Operator) IsComparison() bool { return strings.ContainsAny(string(o), "=<>") }

func (*And) expr()    {}
func (*Or) expr()     {}
func (*Not) expr()    {}
func (*Paren) expr()  {}
func (*Binary) expr() {}
func (*Sign) expr()   {}
func (*In) expr()     {}
func (*Like) expr()   {}
func (*IsNull) expr() {}
func (*Match) expr()  {}
func (*Call) expr()   {}
func (*Cast) expr()   {}
func (*Column) expr() {}
func (*String) expr() {}
func (*Number) expr() {}
func (*Bool) expr()   {}
func (*Null) expr()   {}
func (*Span) expr()   {}
func (*List) expr()   {}

// Unparen takes the parentheses from an expression.
func Unparen(e Expr) Expr {
	for {
		p, ok := e.(*Paren)
		if !ok {
			return e
		}
		e = p.Of
	}
}

// Walk visits an expression and all expressions in it, from outside in.
func Walk(e Expr, visit func(Expr)) {
	visit(e)
	each := func(list ...Expr) {
		for _, o := range list {
			Walk(o, visit)
		}
	}
	switch e := e.(type) {
	case *And:
		each(e.Terms...)
	case *Or:
		each(e.Terms...)
	case *Paren:
		each(e.Of)
	case *Not:
		each(e.Of)
	case *Binary:
		each(e.Left, e.Right)
	case *Sign:
		each(e.Of)
	case *In:
		each(e.Of)
		each(e.List...)
	case *Like:
		each(e.Of)
	case *IsNull:
		each(e.Of)
	case *Match:
		each(e.Value)
	case *Call:
		each(e.Args...)
		for _, o := range e.Options {
			each(o.Value)
		}
	case *Cast:
		each(e.Of)
	case *List:
		each(e.Values...)
	case *Column, *String, *Number, *Bool, *Null, *Span:
	}
}
