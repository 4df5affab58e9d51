package kql

import (
	"fmt"
	"strings"
)

// Pos is where a node begins: the offset of its first byte in the text.
type Pos int

// Offset is the position as a number.
func (p Pos) Offset() int { return int(p) }

// Node is a query. The empty text is a nil Node, and selects everything.
type Node interface {
	fmt.Stringer
	Offset() int
	node()
}

type (
	// And holds two terms or more.
	And struct {
		Pos
		Terms []Node
	}
	// Or holds two terms or more.
	Or struct {
		Pos
		Terms []Node
	}
	// Not is a negation.
	Not struct {
		Pos
		Of Node
	}
	// Is asks a field, or all if Field is nil, about a value.
	Is struct {
		Pos
		Field *Value
		Value *Value
	}
	// Range compares a field with a bound.
	Range struct {
		Pos
		Field *Value
		Op    Operator
		Value *Value
	}
	// Nested asks the objects in a field of type nested.
	Nested struct {
		Pos
		Field *Value
		Of    Node
	}
)

// Operator is one of the comparisons of a range.
type Operator string

// The comparisons.
const (
	Lt  Operator = "<"
	Lte Operator = "<="
	Gt  Operator = ">"
	Gte Operator = ">="
)

// Value is a literal or a pattern.
type Value struct {
	Pos
	// Pieces are the texts between the wildcards; one piece is a literal. Escapes
	// are taken away.
	Pieces []string
	// Quoted text is never a wildcard, nor null, true or false.
	Quoted bool
}

// Text is the value with a * for each wildcard.
func (v *Value) Text() string { return strings.Join(v.Pieces, "*") }

// IsPattern reports whether there is a wildcard.
func (v *Value) IsPattern() bool { return len(v.Pieces) > 1 }

// IsAny reports whether the value is a lone *.
func (v *Value) IsAny() bool { return len(v.Pieces) == 2 && v.Pieces[0] == "" && v.Pieces[1] == "" }

// IsNull reports whether the value is null, and not the text of that name.
func (v *Value) IsNull() bool { return !v.Quoted && len(v.Pieces) == 1 && v.Pieces[0] == "null" }

func (*And) node()    {}
func (*Or) node()     {}
func (*Not) node()    {}
func (*Is) node()     {}
func (*Range) node()  {}
func (*Nested) node() {}

// String implements Node.
func (n *And) String() string { return join(n.Terms, " and ") }

// String implements Node.
func (n *Or) String() string { return join(n.Terms, " or ") }

// String implements Node.
func (n *Not) String() string { return "not " + group(n.Of) }

// String implements Node.
func (n *Is) String() string {
	if n.Field == nil {
		return n.Value.String()
	}
	return n.Field.String() + ": " + n.Value.String()
}

// String implements Node.
func (n *Range) String() string {
	return n.Field.String() + " " + string(n.Op) + " " + n.Value.String()
}

// String implements Node.
func (n *Nested) String() string { return n.Field.String() + ": { " + n.Of.String() + " }" }

func join(terms []Node, operator string) string {
	texts := make([]string, len(terms))
	for i, t := range terms {
		if texts[i] = t.String(); isGroup(t) {
			texts[i] = group(t)
		}
	}
	return strings.Join(texts, operator)
}

func isGroup(n Node) bool {
	switch n.(type) {
	case *And, *Or:
		return true
	}
	return false
}

// group prints an operand of not.
func group(n Node) string {
	_, isNot := n.(*Not)
	if isGroup(n) || isNot {
		return "(" + n.String() + ")"
	}
	return n.String()
}

// String prints the value so that it is read as it is.
func (v *Value) String() string {
	if v.Quoted {
		return quote(v.Pieces[0])
	}
	texts := make([]string, len(v.Pieces))
	for i, p := range v.Pieces {
		texts[i] = escape(p)
	}
	if text := strings.Join(texts, "*"); text != "" {
		return text
	}
	return `\u0020` // trimmed when it is read
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + `"`
}

// escape writes text outside of quotes. The words of the language are escaped
// wherever they could be taken for one.
func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case strings.IndexByte(special, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case hasWord(s[i:], "not"): // \n would be a line break
			fmt.Fprintf(&b, `\u%04x`, c)
		case hasWord(s[i:], "or") || hasWord(s[i:], "and"):
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
