package lucene

import (
	"slices"
	"strings"
)

// Query is a node of a query string.
type Query interface {
	// String prints the node so that it parses to an equal one.
	String() string
	query()
}

type (
	// Clauses is a list of clauses as Lucene combines them: all that are Must, none
	// that is MustNot, and, if there is no Must, one that is Should.
	Clauses struct{ Of []Clause }
	// Clause is a query and how it counts among its neighbours.
	Clause struct {
		Occur Occur
		Query Query
	}
	// Term is a word, or, if Quoted, a phrase.
	Term struct {
		Field  string // "" if none is named
		Text   string // without escapes
		Quoted bool
		At     int // offset of the value
	}
	// Wildcard is a value with * or ?.
	Wildcard struct {
		Field   string
		Pattern Pattern
		At      int
	}
	// Regex is a value between slashes. Its text may be no expression: Lucene
	// reads it only when the query is built.
	Regex struct {
		Field string
		Text  string
		At    int
	}
	// Bounds is a range of values: [a TO b], {a TO b}, >=a. A bound that is * is
	// absent, and its text then "".
	Bounds struct {
		Field                   string
		Low, High               string
		HasLow, HasHigh         bool
		IncludeLow, IncludeHigh bool
		QuotedLow, QuotedHigh   bool // a quoted * is a star
		At                      int
	}
	// Exists asks for any value: field:*. The field * stands for every document.
	Exists struct {
		Field string
		At    int
	}
)

// Occur says how a clause counts.
type Occur uint8

// The ways in which a clause counts.
const (
	Should Occur = iota
	Must
	MustNot
)

func (Clauses) query()  {}
func (Term) query()     {}
func (Wildcard) query() {}
func (Regex) query()    {}
func (Bounds) query()   {}
func (Exists) query()   {}

// String implements Query.
func (q Clauses) String() string {
	var b strings.Builder
	for i, c := range q.Of {
		switch {
		case i > 0 && c.Occur == Should:
			b.WriteString(" OR ") // bare words side by side would be one value
		case i > 0:
			b.WriteByte(' ')
		}
		b.WriteString([...]string{Should: "", Must: "+", MustNot: "-"}[c.Occur])
		if group, ok := c.Query.(Clauses); ok {
			b.WriteString("(" + group.String() + ")")
			continue
		}
		b.WriteString(c.Query.String())
	}
	return b.String()
}

// String implements Query.
func (q Term) String() string {
	if q.Quoted {
		return fieldPrefix(q.Field) + `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(q.Text) + `"`
	}
	return fieldPrefix(q.Field) + quoteWord(q.Text)
}

// String implements Query.
func (q Wildcard) String() string {
	var b strings.Builder
	for _, part := range q.Pattern {
		switch {
		case part.Text != "":
			b.WriteString(escapeAll(part.Text))
		case part.Run:
			b.WriteByte('*')
		default:
			b.WriteByte('?')
		}
	}
	return fieldPrefix(q.Field) + b.String()
}

// String implements Query.
func (q Regex) String() string { return fieldPrefix(q.Field) + "/" + q.Text + "/" }

// String implements Query.
func (q Exists) String() string { return fieldPrefix(q.Field) + "*" }

// String implements Query.
func (q Bounds) String() string {
	bound := func(text string, has, quoted bool) string {
		switch {
		case !has:
			return "*"
		case quoted:
			return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
		}
		return strings.ReplaceAll(text, `\`, `\\`)
	}
	open, end := "{", "}"
	if q.IncludeLow {
		open = "["
	}
	if q.IncludeHigh {
		end = "]"
	}
	return fieldPrefix(q.Field) + open + bound(q.Low, q.HasLow, q.QuotedLow) + " TO " + bound(q.High, q.HasHigh, q.QuotedHigh) + end
}

func fieldPrefix(name string) string {
	switch name {
	case "":
		return ""
	case "*":
		return "*:"
	}
	return quoteWord(name) + ":"
}

// quoteWord writes a text as one word.
func quoteWord(text string) string {
	if slices.Contains([]string{"AND", "OR", "NOT"}, text) {
		return `\` + text
	}
	return escapeAll(text)
}

func escapeAll(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune(`+-=&|><!(){}[]^"~*?:\/`+queryBlanks, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
