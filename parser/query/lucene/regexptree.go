package lucene

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Regexp is a node of a regular expression. An expression matches whole texts;
// it has no anchors, no flags and no groups but parentheses.
type Regexp interface {
	// String prints the node so that it parses to an equal one.
	String() string
	regexp()
}

type (
	// Union matches what one of its operands matches.
	Union struct{ Of []Regexp }
	// Intersection matches what all of its operands match.
	Intersection struct{ Of []Regexp }
	// Concat matches texts of its operands, one behind the other. Without
	// operands it matches the empty text.
	Concat struct{ Of []Regexp }
	// Repeat matches from Min to Max texts of its operand; Max is -1 for no bound.
	Repeat struct {
		Of       Regexp
		Min, Max int
	}
	// Complement matches what its operand does not.
	Complement struct{ Of Regexp }
	// Class matches one character of a set.
	Class struct {
		Negated bool
		Members []Range
	}
	// Literal matches a text. Quoted tells that it stood between quotation marks.
	Literal struct {
		Text   string
		Quoted bool
	}
	// AnyChar matches any one character, line breaks too.
	AnyChar struct{}
	// AnyString matches every text.
	AnyString struct{}
	// Nothing matches no text.
	Nothing struct{}
	// Interval matches the numerals from Min to Max, with exactly Digits digits,
	// or with any number of leading zeros if Digits is 0.
	Interval struct{ Min, Max, Digits int }
)

// Range is a set of characters: those from Lo to Hi, or, if Name is not 0, a
// class that Lucene names by a letter: \d \D \s \S \w \W.
type Range struct {
	Lo, Hi rune
	Name   byte
}

func (Union) regexp()        {}
func (Intersection) regexp() {}
func (Concat) regexp()       {}
func (Repeat) regexp()       {}
func (Complement) regexp()   {}
func (Class) regexp()        {}
func (Literal) regexp()      {}
func (AnyChar) regexp()      {}
func (AnyString) regexp()    {}
func (Nothing) regexp()      {}
func (Interval) regexp()     {}

// String implements Regexp.
func (e Union) String() string { return join(e.Of, "|", intersectionLevel) }

// String implements Regexp.
func (e Intersection) String() string { return join(e.Of, "&", concatLevel) }

// String implements Regexp.
func (e Concat) String() string {
	if len(e.Of) == 0 {
		return "()"
	}
	return join(e.Of, "", repeatLevel)
}

// String implements Regexp.
func (e Repeat) String() string {
	operand := at(e.Of, repeatLevel)
	if text, ok := e.Of.(Literal); ok && !text.Quoted && utf8.RuneCountInString(text.Text) != 1 {
		operand = "(" + operand + ")"
	}
	if _, ok := e.Of.(Complement); ok {
		operand = "(" + operand + ")"
	}
	switch {
	case e.Min == 0 && e.Max == 1:
		return operand + "?"
	case e.Min == 0 && e.Max < 0:
		return operand + "*"
	case e.Min == 1 && e.Max < 0:
		return operand + "+"
	case e.Max < 0:
		return fmt.Sprintf("%s{%d,}", operand, e.Min)
	case e.Min == e.Max:
		return fmt.Sprintf("%s{%d}", operand, e.Min)
	}
	return fmt.Sprintf("%s{%d,%d}", operand, e.Min, e.Max)
}

// String implements Regexp.
func (e Complement) String() string {
	operand := at(e.Of, complementLevel)
	if text, ok := e.Of.(Literal); ok && !text.Quoted && utf8.RuneCountInString(text.Text) != 1 {
		operand = "(" + operand + ")"
	}
	return "~" + operand
}

// String implements Regexp.
func (e Class) String() string {
	if !e.Negated && len(e.Members) == 1 && e.Members[0].Name != 0 {
		return e.Members[0].String()
	}
	var b strings.Builder
	b.WriteByte('[')
	if e.Negated {
		b.WriteByte('^')
	}
	for _, m := range e.Members {
		b.WriteString(m.String())
	}
	b.WriteByte(']')
	return b.String()
}

// String prints the range as a member of a class.
func (r Range) String() string {
	if r.Name != 0 {
		return `\` + string(rune(r.Name))
	}
	if r.Lo == r.Hi {
		return quoteRune(r.Lo)
	}
	return quoteRune(r.Lo) + "-" + quoteRune(r.Hi)
}

// String implements Regexp.
func (e Literal) String() string {
	if e.Quoted {
		return `"` + e.Text + `"`
	}
	var b strings.Builder
	for _, r := range e.Text {
		b.WriteString(quoteRune(r))
	}
	return b.String()
}

// quoteRune writes a character so that no operator can be seen in it.
func quoteRune(r rune) string {
	if r < utf8.RuneSelf && strings.ContainsRune(`.?+*|{}[]()"\#@&<>~^-/`, r) {
		return `\` + string(r)
	}
	return string(r)
}

// String implements Regexp.
func (AnyChar) String() string { return "." }

// String implements Regexp.
func (AnyString) String() string { return "@" }

// String implements Regexp.
func (Nothing) String() string { return "#" }

// String implements Regexp.
func (e Interval) String() string {
	if lo, hi := strconv.Itoa(e.Min), strconv.Itoa(e.Max); e.Digits == 0 && len(lo) == len(hi) {
		return "<" + lo + "-0" + hi + ">" // bounds of one length would fix the digits
	}
	return fmt.Sprintf("<%0*d-%0*d>", e.Digits, e.Min, e.Digits, e.Max)
}

// Levels of precedence, from loose to tight.
const (
	unionLevel = iota
	intersectionLevel
	concatLevel
	repeatLevel
	complementLevel
)

func level(e Regexp) int {
	switch e := e.(type) {
	case Union:
		return unionLevel
	case Intersection:
		return intersectionLevel
	case Concat:
		if len(e.Of) > 0 {
			return concatLevel
		}
	case Repeat:
		return repeatLevel
	}
	return complementLevel
}

func at(e Regexp, min int) string {
	if level(e) < min {
		return "(" + e.String() + ")"
	}
	return e.String()
}

// join prints operands. Where one of them is of the same kind it came from a
// group and stays one.
func join(of []Regexp, operator string, min int) string {
	texts := make([]string, len(of))
	for i, e := range of {
		texts[i] = at(e, min)
		// Two literals side by side would be read as one.
		if text, ok := e.(Literal); ok && operator == "" && !text.Quoted && i > 0 {
			if before, ok := of[i-1].(Literal); ok && !before.Quoted {
				texts[i] = "(" + texts[i] + ")"
			}
		}
	}
	return strings.Join(texts, operator)
}
