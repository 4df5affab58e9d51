package ast

import (
	"fmt"
	"net/netip"
	"regexp/syntax"
	"strconv"
	"strings"

	"sigmatic/ast/source"
)

// Value is what a leaf demands of its field. The set is closed: *Pattern,
// *Number, *Bool, *Null, *Regex, *CIDR, *Comparison, *TimePart, *Exists,
// *FieldRef, *Members and *Keyword. Exhaustive tests find the types by their marker method.
type Value interface {
	value()
	Range() source.Span
	// String is a readable form for messages and tests.
	String() string
}

// Pattern is a string, whole value, with wildcards. Letters compare by Unicode
// simple case folding unless Cased.
type Pattern struct {
	Parts []Part // no two Literals in a row, no empty Literal; none at all for ""
	Cased bool
	Span  source.Span
}

// Part is a piece of a Pattern: Literal, AnyRun, AnyOne, Dash or Placeholder.
type Part interface{ part() }

type (
	// Literal is text that stands for itself. It may hold any bytes.
	Literal string
	// AnyRun is the wildcard *: any run of characters, also none, also line breaks.
	AnyRun struct{}
	// AnyOne is the wildcard ?: exactly one code point.
	AnyOne struct{}
	// Dash is one of the five characters that windash takes for each other: DashRunes.
	Dash struct{}
	// Placeholder is %name% under the modifier expand. It must be resolved
	// before a query is printed or evaluated.
	Placeholder struct{ Name string }
)

// DashRunes are the characters that Dash stands for, in Sigma's order:
// hyphen-minus, slash, en dash, em dash, horizontal bar.
const DashRunes = "-/\u2013\u2014\u2015"

func (Literal) part()     {}
func (AnyRun) part()      {}
func (AnyOne) part()      {}
func (Dash) part()        {}
func (Placeholder) part() {}

// Number is an exact decimal number.
type Number struct {
	Decimal Decimal
	Lexeme  string // as written
	Span    source.Span
}

// Bool is true or false.
type Bool struct {
	Value bool
	Span  source.Span
}

// Null matches a field that has no value.
type Null struct{ Span source.Span }

// Regex is an unanchored search. Source is in the syntax of RE2 without
// inline flags at its head; those were moved to the fields.
type Regex struct {
	Source     string
	IgnoreCase bool // i
	Multiline  bool // m: ^ and $ match at line breaks
	DotAll     bool // s: . matches line breaks
	// Holes are the placeholders of the modifier expand, in the order of Source.
	// An expression that has one is none yet: Parse refuses it.
	Holes []Hole
	Span  source.Span
}

// Hole is a placeholder in a regular expression: what the name stands for
// belongs at the byte offset At of its source.
type Hole struct {
	Name string
	At   int
}

// Flags gives the flags in Go's syntax package terms. They are the Perl
// syntax; DotAll and IgnoreCase add theirs.
func (r *Regex) Flags() syntax.Flags {
	f := syntax.Perl
	if r.IgnoreCase {
		f |= syntax.FoldCase
	}
	if r.Multiline {
		f &^= syntax.OneLine
	}
	if r.DotAll {
		f |= syntax.DotNL
	}
	return f
}

// Parse gives the syntax tree of the expression, its flags applied.
func (r *Regex) Parse() (*syntax.Regexp, error) {
	if len(r.Holes) > 0 {
		return nil, fmt.Errorf("the placeholder %%%s%% has no value", r.Holes[0].Name)
	}
	return syntax.Parse(r.Source, r.Flags())
}

// Check reports what keeps the expression from being one once every placeholder
// has a value.
func (r *Regex) Check() error {
	_, err := syntax.Parse(r.fill(func(string) string { return "(?:)" }), r.Flags())
	return err
}

// fill gives the source with a text in the place of each placeholder.
func (r *Regex) fill(text func(name string) string) string {
	var b strings.Builder
	from := 0
	for _, h := range r.Holes {
		b.WriteString(r.Source[from:h.At])
		b.WriteString(text(h.Name))
		from = h.At
	}
	b.WriteString(r.Source[from:])
	return b.String()
}

// CIDR is an IP network. An address that merely is equal in another family
// (IPv4 in IPv6) is not in it.
type CIDR struct {
	Prefix netip.Prefix
	Span   source.Span
}

// Comparison orders the field, read as a number, against a number.
type Comparison struct {
	Op     CompareOp
	Number *Number
	Span   source.Span
}

// CompareOp is an order relation.
type CompareOp uint8

// The relations. Equal serves TimePart only.
const (
	Equal CompareOp = iota
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
)

var compareSymbols = [...]string{"=", "<", "<=", ">", ">="}

// String is the operator's symbol.
func (op CompareOp) String() string { return compareSymbols[op] }

// Holds reports whether a result of a three-way comparison satisfies op.
func (op CompareOp) Holds(cmp int) bool {
	switch op {
	case Equal:
		return cmp == 0
	case Less:
		return cmp < 0
	case LessOrEqual:
		return cmp <= 0
	case Greater:
		return cmp > 0
	case GreaterOrEqual:
		return cmp >= 0
	}
	return false
}

// TimePart compares one part of the field, read as a time in its own wall
// clock, with a number.
type TimePart struct {
	Unit TimeUnit
	Op   CompareOp
	N    int
	Span source.Span
}

// TimeUnit is a part of a date and time.
type TimeUnit uint8

// The parts. Week is the ISO 8601 week, 1 to 53.
const (
	Minute TimeUnit = iota
	Hour
	Day
	Week
	Month
	Year
)

var timeUnitNames = [...]string{"minute", "hour", "day", "week", "month", "year"}

// String is the modifier's name.
func (u TimeUnit) String() string { return timeUnitNames[u] }

// Exists tests whether the field is there at all, be its value empty or null.
type Exists struct {
	Want bool
	Span source.Span
}

// FieldRef compares the field with another field of the same event.
type FieldRef struct {
	Field Field
	Mode  RefMode
	Span  source.Span
}

// RefMode is the way in which a field must relate to the referenced one.
type RefMode uint8

// The modes: equal, or has the other's value at its start, end, or anywhere.
const (
	RefEqual RefMode = iota
	RefStartsWith
	RefEndsWith
	RefContains
)

var refModeNames = [...]string{"=", "startswith", "endswith", "contains"}

// String is the modifier that the mode comes from; "=" for equality.
func (m RefMode) String() string { return refModeNames[m] }

// Members puts an expression to the members of an array, each by itself, as if it
// were an event of its own: the fields in Expr are those of the member, and Self
// is the member. A value that is no array is the one member of one; null has none.
type Members struct {
	Selector Selector
	Expr     Expr
	Span     source.Span
}

// Self is the name of the field that is the member itself, in the expression of
// Members.
const Self = "."

// Selector says of which members of an array something is demanded.
type Selector struct {
	Quantifier Quantifier
	// Index is the place of the member for OneMember, from 0; a negative one
	// counts from the end, -1 being the last.
	Index int
}

// Quantifier says how many members of an array must satisfy an expression.
type Quantifier uint8

// The quantifiers. OneMember looks at the member of one place. Like a field's
// name it leads to something or to nothing: where there is no such member, every
// field of it is absent.
const (
	AnyMember       Quantifier = iota // one at least
	AllMembers                        // there are some, and each does
	AllMembersIfAny                   // each does, of which there may be none
	NoMember                          // none does
	OneMember
)

var quantifierNames = [...]string{"any", "all", "all_or_empty", "none"}

// String is the selector as a rule writes it: [any], [-1].
func (s Selector) String() string {
	if s.Quantifier == OneMember {
		return "[" + strconv.Itoa(s.Index) + "]"
	}
	return "[" + quantifierNames[s.Quantifier] + "]"
}

// ParseSelector reads what stands between the brackets of a selector.
func ParseSelector(text string) (Selector, bool) {
	for i, name := range quantifierNames {
		if name == text {
			return Selector{Quantifier: Quantifier(i)}, true
		}
	}
	index, err := strconv.Atoi(text)
	if err != nil || strconv.Itoa(index) != text {
		return Selector{}, false
	}
	return Selector{Quantifier: OneMember, Index: index}, true
}

// SelectorWords lists the words that stand between the brackets of a selector.
func SelectorWords() []string { return append([]string(nil), quantifierNames[:]...) }

// Keyword is looked for in every scalar of the event. Its value is a *Pattern
// that begins and ends with a *, or a *Regex; a number that a rule gives as a
// keyword is a pattern of its text.
type Keyword struct {
	Value Value
	Span  source.Span
}

func (*Pattern) value()    {}
func (*Number) value()     {}
func (*Bool) value()       {}
func (*Null) value()       {}
func (*Regex) value()      {}
func (*CIDR) value()       {}
func (*Comparison) value() {}
func (*TimePart) value()   {}
func (*Exists) value()     {}
func (*FieldRef) value()   {}
func (*Members) value()    {}
func (*Keyword) value()    {}

// Range implements Value.
func (v *Pattern) Range() source.Span { return v.Span }

// Range implements Value.
func (v *Number) Range() source.Span { return v.Span }

// Range implements Value.
func (v *Bool) Range() source.Span { return v.Span }

// Range implements Value.
func (v *Null) Range() source.Span { return v.Span }

// Range implements Value.
func (v *Regex) Range() source.Span { return v.Span }

// Range implements Value.
func (v *CIDR) Range() source.Span { return v.Span }

// Range implements Value.
func (v *Comparison) Range() source.Span { return v.Span }

// Range implements Value.
func (v *TimePart) Range() source.Span { return v.Span }

// Range implements Value.
func (v *Exists) Range() source.Span { return v.Span }

// Range implements Value.
func (v *FieldRef) Range() source.Span { return v.Span }

// Range implements Value.
func (v *Members) Range() source.Span { return v.Span }

// Range implements Value.
func (v *Keyword) Range() source.Span { return v.Span }
