package esql

import (
	"strconv"
	"strings"
)

// String prints the query in one line for each command.
func (q *Query) String() string {
	var b strings.Builder
	b.WriteString(q.Source.String())
	for _, c := range q.Commands {
		b.WriteString("\n| ")
		b.WriteString(c.String())
	}
	return b.String()
}

// String implements Source.
func (c *From) String() string {
	indices := make([]string, len(c.Indices))
	for i, name := range c.Indices {
		indices[i] = name
		if name == "" || strings.ContainsAny(name, "\":=|,[]/() \t\r\n\\") || strings.EqualFold(name, "metadata") {
			indices[i] = quoteString(name)
		}
	}
	text := "FROM " + strings.Join(indices, ", ")
	if len(c.Metadata) > 0 {
		text += " METADATA " + strings.Join(c.Metadata, ", ")
	}
	return text
}

// String implements Source.
func (c *Row) String() string { return "ROW " + fieldsString(c.Fields) }

// String implements Command.
func (c *Where) String() string { return "WHERE " + c.Condition.String() }

// String implements Command.
func (c *Eval) String() string { return "EVAL " + fieldsString(c.Fields) }

// String implements Command.
func (c *Stats) String() string {
	text := "STATS"
	for i, a := range c.Aggregates {
		if i > 0 {
			text += ","
		}
		text += " " + a.Field.String()
		if a.Where != nil {
			text += " WHERE " + a.Where.String()
		}
	}
	if len(c.By) > 0 {
		text += " BY " + fieldsString(c.By)
	}
	return text
}

// String implements Command.
func (c *Sort) String() string {
	orders := make([]string, len(c.Orders))
	for i, o := range c.Orders {
		orders[i] = o.Expr.String()
		if o.Desc {
			orders[i] += " DESC"
		}
		if o.Nulls != "" {
			orders[i] += " NULLS " + strings.ToUpper(o.Nulls)
		}
	}
	return "SORT " + strings.Join(orders, ", ")
}

// String implements Command.
func (c *Limit) String() string { return "LIMIT " + strconv.Itoa(c.N) }

// String implements Command.
func (c *Keep) String() string { return "KEEP " + patternsString(c.Columns) }

// String implements Command.
func (c *Drop) String() string { return "DROP " + patternsString(c.Columns) }

// String implements Command.
func (c *Rename) String() string {
	names := make([]string, len(c.Names))
	for i, n := range c.Names {
		names[i] = quotePattern(n.From) + " AS " + quotePattern(n.To)
	}
	return "RENAME " + strings.Join(names, ", ")
}

// String implements Command.
func (c *MvExpand) String() string { return "MV_EXPAND " + quotePattern(c.Column) }

// String prints the field with its name, if it has one.
func (f Field) String() string {
	if f.Name == "" {
		return f.Expr.String()
	}
	return quoteName(f.Name) + " = " + f.Expr.String()
}

func fieldsString(fields []Field) string {
	texts := make([]string, len(fields))
	for i, f := range fields {
		texts[i] = f.String()
	}
	return strings.Join(texts, ", ")
}

func patternsString(names []string) string {
	texts := make([]string, len(names))
	for i, n := range names {
		texts[i] = quotePattern(n)
	}
	return strings.Join(texts, ", ")
}

// Levels of precedence, from loose to tight.
const (
	orLevel = iota
	andLevel
	notLevel
	testLevel
	comparisonLevel
	sumLevel
	productLevel
	signLevel
	primaryLevel
)

func level(e Expr) int {
	switch e := e.(type) {
	case *Or:
		return orLevel
	case *And:
		return andLevel
	case *Not:
		return notLevel
	case *In, *Like, *IsNull, *Match:
		return testLevel
	case *Binary:
		switch {
		case e.Op.IsComparison():
			return comparisonLevel
		case e.Op == Add || e.Op == Sub:
			return sumLevel
		}
		return productLevel
	case *Sign:
		return signLevel
	}
	return primaryLevel
}

// at prints an operand that binds at least as tight as a level.
func at(e Expr, min int) string {
	if level(e) < min {
		return "(" + e.String() + ")"
	}
	return e.String()
}

func joinTerms(terms []Expr, operator string, min int) string {
	texts := make([]string, len(terms))
	for i, t := range terms {
		texts[i] = at(t, min)
	}
	return strings.Join(texts, operator)
}

func joinExprs(list []Expr) string { return joinTerms(list, ", ", orLevel) }

// String implements Expr.
func (e *Or) String() string { return joinTerms(e.Terms, " OR ", andLevel) }

// String implements Expr.
func (e *And) String() string { return joinTerms(e.Terms, " AND ", notLevel) }

// String implements Expr.
func (e *Not) String() string { return "NOT " + at(e.Of, notLevel) }

// String implements Expr.
func (e *Paren) String() string { return "(" + e.Of.String() + ")" }

// String implements Expr.
func (e *Binary) String() string {
	left, right := level(e), level(e)+1
	if e.Op.IsComparison() {
		left = sumLevel
	}
	return at(e.Left, left) + " " + string(e.Op) + " " + at(e.Right, right)
}

// String implements Expr.
func (e *Sign) String() string {
	if e.Minus {
		return "-" + at(e.Of, signLevel)
	}
	return "+" + at(e.Of, signLevel)
}

func negation(negated bool) string {
	if negated {
		return " NOT"
	}
	return ""
}

// String implements Expr.
func (e *In) String() string {
	return at(e.Of, comparisonLevel) + negation(e.Negated) + " IN (" + joinExprs(e.List) + ")"
}

// String implements Expr.
func (e *Like) String() string {
	patterns := make([]string, len(e.Patterns))
	for i, p := range e.Patterns {
		patterns[i] = quoteString(p)
	}
	operator, list := " LIKE ", strings.Join(patterns, ", ")
	if e.Regexp {
		operator = " RLIKE "
	}
	if e.List {
		list = "(" + list + ")"
	}
	return at(e.Of, comparisonLevel) + negation(e.Negated) + operator + list
}

// String implements Expr.
func (e *IsNull) String() string {
	return at(e.Of, comparisonLevel) + " IS" + negation(e.Negated) + " NULL"
}

// String implements Expr.
func (e *Match) String() string { return quoteName(e.Column) + " : " + e.Value.String() }

// String implements Expr.
func (e *Call) String() string {
	args := joinExprs(e.Args)
	if e.Star {
		args = "*"
	}
	if e.Options != nil {
		options := make([]string, len(e.Options))
		for i, o := range e.Options {
			options[i] = quoteString(o.Key) + ": " + o.Value.String()
		}
		args += ", {" + strings.Join(options, ", ") + "}"
	}
	return quoteName(strings.ToUpper(e.Name)) + "(" + args + ")"
}

// String implements Expr.
func (e *Cast) String() string { return at(e.Of, primaryLevel) + "::" + quoteName(e.Type) }

// String implements Expr.
func (e *Column) String() string { return quoteName(e.Name) }

// String implements Expr.
func (e *String) String() string { return quoteString(e.Value) }

// String implements Expr.
func (e *Number) String() string { return e.Text }

// String implements Expr.
func (e *Bool) String() string { return strings.ToUpper(strconv.FormatBool(e.Value)) }

// String implements Expr.
func (e *Null) String() string { return "NULL" }

// String implements Expr.
func (e *Span) String() string { return e.N + " " + quoteName(e.Unit) }

// String implements Expr.
func (e *List) String() string { return "[" + joinExprs(e.Values) + "]" }

func quoteString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + `"`
}

// quoteName writes a name, in backticks unless each part is a plain word.
func quoteName(name string) string {
	for part := range strings.SplitSeq(name, ".") {
		if part == "" || nameEnd(part, false) != len(part) || part[0] == '`' || keywords[expressionMode][strings.ToLower(part)] {
			return backticks(name)
		}
	}
	return name
}

// quotePattern writes a name of KEEP and its like, in which * is a wildcard.
func quotePattern(name string) string {
	for part := range strings.SplitSeq(name, ".") {
		if part == "" || strings.Contains(part, "`") || nameEnd(part, true) != len(part) || keywords[projectMode][strings.ToLower(part)] {
			return backticks(name)
		}
	}
	return name
}

func backticks(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
