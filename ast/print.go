package ast

import (
	"fmt"
	"strconv"
	"strings"
)

// The precedence of the operators, low to high.
const (
	precOr = iota
	precAnd
	precNot
)

// String implements Condition.
func (c *CondOr) String() string { return printCondition(c, precOr) }

// String implements Condition.
func (c *CondAnd) String() string { return printCondition(c, precOr) }

// String implements Condition.
func (c *CondNot) String() string { return printCondition(c, precOr) }

// String implements Condition.
func (c *CondRef) String() string { return c.Name }

// String implements Condition.
func (c *CondSelector) String() string {
	if c.All {
		return "all of " + c.Pattern
	}
	return "1 of " + c.Pattern
}

// printCondition puts parentheses where the tree would otherwise be read as
// another one. A group inside a group of its own kind keeps them: it was
// written with them, and parsing must give the same tree again.
func printCondition(c Condition, min int) string {
	var text string
	prec := precNot
	switch c := c.(type) {
	case *CondOr:
		text, prec = joinConditions(c.Operands, " or ", precAnd), precOr
	case *CondAnd:
		text, prec = joinConditions(c.Operands, " and ", precNot), precAnd
	case *CondNot:
		text = "not " + printCondition(c.Operand, precNot)
	default:
		text = c.String()
	}
	if prec < min {
		return "(" + text + ")"
	}
	return text
}

func joinConditions(list []Condition, op string, min int) string {
	parts := make([]string, len(list))
	for i, c := range list {
		parts[i] = printCondition(c, min)
	}
	return strings.Join(parts, op)
}

// String implements Expr.
func (e *And) String() string { return joinExprs("and", e.Terms) }

// String implements Expr.
func (e *Or) String() string { return joinExprs("or", e.Terms) }

// String implements Expr.
func (e *Not) String() string { return "not(" + e.Term.String() + ")" }

// String implements Expr.
func (e *Match) String() string {
	if _, ok := e.Value.(*Keyword); ok {
		return e.Value.String()
	}
	return strconv.Quote(e.Field.Name) + " " + e.Value.String()
}

func joinExprs(op string, terms []Expr) string {
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = t.String()
	}
	return op + "(" + strings.Join(parts, ", ") + ")"
}

// String implements Value.
func (v *Pattern) String() string {
	var b strings.Builder
	if v.Cased {
		b.WriteString("cased ")
	}
	b.WriteString("is ")
	if len(v.Parts) == 0 {
		b.WriteString(`""`)
	}
	for _, p := range v.Parts {
		switch p := p.(type) {
		case Literal:
			b.WriteString(strconv.Quote(string(p)))
		case AnyRun:
			b.WriteByte('*')
		case AnyOne:
			b.WriteByte('?')
		case Dash:
			b.WriteString("[dash]")
		case Placeholder:
			b.WriteString("%" + p.Name + "%")
		}
	}
	return b.String()
}

// String implements Value.
func (v *Number) String() string { return "= " + v.Decimal.String() }

// String implements Value.
func (v *Bool) String() string { return "= " + strconv.FormatBool(v.Value) }

// String implements Value.
func (v *Null) String() string { return "is null" }

// String implements Value.
func (v *Regex) String() string {
	flags := ""
	for _, f := range []struct {
		on   bool
		name string
	}{{v.IgnoreCase, "i"}, {v.Multiline, "m"}, {v.DotAll, "s"}} {
		if f.on {
			flags += f.name
		}
	}
	source := v.fill(func(name string) string { return "%" + name + "%" })
	return fmt.Sprintf("=~ /%s/%s", source, flags)
}

// String implements Value.
func (v *CIDR) String() string { return "in " + v.Prefix.String() }

// String implements Value.
func (v *Comparison) String() string { return v.Op.String() + " " + v.Number.Decimal.String() }

// String implements Value.
func (v *TimePart) String() string {
	return v.Unit.String() + " " + v.Op.String() + " " + strconv.Itoa(v.N)
}

// String implements Value.
func (v *Exists) String() string {
	if v.Want {
		return "exists"
	}
	return "does not exist"
}

// String implements Value.
func (v *FieldRef) String() string {
	return v.Mode.String() + " field " + strconv.Quote(v.Field.Name)
}

// String implements Value.
func (v *Members) String() string { return v.Selector.String() + " " + v.Expr.String() }

// String implements Value.
func (v *Keyword) String() string { return "keyword " + v.Value.String() }
