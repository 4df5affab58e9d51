package backends

import (
	"math"
	"slices"
	"strings"
)

// Clause is boolean text on its way to the page: Atom, *Listing, *Call, All, Any,
// Neg or Const.
type Clause interface{ clause() }

type (
	// Atom is text that can stand as an operand of any operator.
	Atom string
	// Listing is an atom that is broken into lines where its list is long:
	// Head, Items with commas between them, Tail, as in f IN ("a", "b").
	Listing struct {
		Head  string
		Items []string
		Tail  string
	}
	// Call is an atom that holds a clause: Name(Of, Args).
	Call struct {
		Name string
		Of   Clause
		Args string
	}
	// All holds when every member does. Empty, it is true.
	All []Clause
	// Any holds when one member does. Empty, it is false.
	Any []Clause
	// Neg negates.
	Neg struct{ Of Clause }
	// Const is true or false. Fold removes it, but for one at the top.
	Const bool
)

func (Atom) clause()     {}
func (*Listing) clause() {}
func (*Call) clause()    {}
func (All) clause()      {}
func (Any) clause()      {}
func (Neg) clause()      {}
func (Const) clause()    {}

// Fold removes constants, groups of one, groups inside groups of their kind and
// double negations. Only the whole may remain a Const.
func Fold(c Clause) Clause {
	switch c := c.(type) {
	case All:
		members, decided := foldGroup(c, false, func(c Clause) ([]Clause, bool) { g, ok := c.(All); return g, ok })
		if decided {
			return Const(false)
		}
		if len(members) == 0 {
			return Const(true)
		}
		if len(members) == 1 {
			return members[0]
		}
		return All(members)
	case Any:
		members, decided := foldGroup(c, true, func(c Clause) ([]Clause, bool) { g, ok := c.(Any); return g, ok })
		if decided {
			return Const(true)
		}
		if len(members) == 0 {
			return Const(false)
		}
		if len(members) == 1 {
			return members[0]
		}
		return Any(members)
	case Neg:
		switch of := Fold(c.Of).(type) {
		case Const:
			return !of
		case Neg:
			return of.Of
		default:
			return Neg{of}
		}
	}
	return c
}

// foldGroup folds the members of a group. A member equal to the constant decides
// settles the whole group; the other constant vanishes. Equal atoms stand once.
func foldGroup(group []Clause, decides Const, open func(Clause) ([]Clause, bool)) ([]Clause, bool) {
	members := distinct{out: make([]Clause, 0, len(group))}
	for _, m := range group {
		m = Fold(m)
		if k, ok := m.(Const); ok {
			if k == decides {
				return nil, true
			}
			continue
		}
		if inner, ok := open(m); ok {
			for _, c := range inner {
				members.add(c)
			}
			continue
		}
		members.add(m)
	}
	return members.out, false
}

// distinct gathers clauses, equal atoms once.
type distinct struct {
	out  []Clause
	seen map[Atom]bool // of many; a few are looked through
}

func (d *distinct) add(c Clause) {
	const few = 12
	a, ok := c.(Atom)
	switch {
	case !ok:
	case d.seen != nil:
		if d.seen[a] {
			return
		}
		d.seen[a] = true
	case slices.ContainsFunc(d.out, func(o Clause) bool { b, ok := o.(Atom); return ok && a == b }):
		return
	case len(d.out) >= few:
		d.seen = map[Atom]bool{a: true}
		for _, o := range d.out {
			if b, ok := o.(Atom); ok {
				d.seen[b] = true
			}
		}
	}
	d.out = append(d.out, c)
}

// Style is how a language writes boolean expressions. Groups inside groups and
// under a negation always stand in parentheses, so that precedence, which
// differs even between two commands of one language, never matters.
type Style struct {
	And, Or, Not string // with the blanks that belong to them: " AND ", "NOT "
	True, False  string // atoms for constants
	Compact      bool   // everything on one line
	// MaxMembers bounds the members of one group; larger ones are printed as
	// groups of groups. 0 means no bound.
	MaxMembers int
}

// lineWidth is where a group or a list breaks into lines.
const lineWidth = 100

// Print writes a clause that Fold has been through. Lines after the first are
// indented by indent.
func (s Style) Print(c Clause, indent string) string {
	var b strings.Builder
	size := math.MaxInt - s.rest(c, math.MaxInt)
	b.Grow(size + size/8) // and blanks in front of lines
	s.write(&b, c, indent, false)
	return b.String()
}

// write writes a clause, on one line if it fits. nested says that a group needs
// parentheses.
func (s Style) write(b *strings.Builder, c Clause, indent string, nested bool) {
	if s.Compact || s.fits(c, lineWidth-len(indent)) {
		s.flat(b, c, nested)
		return
	}
	switch c := c.(type) {
	case *Listing:
		c.broken(b, indent)
	case *Call:
		inner := indent + "  "
		b.WriteString(c.Name + "(\n" + inner)
		s.write(b, c.Of, inner, false)
		b.WriteString(",\n" + inner + c.Args + "\n" + indent + ")")
	case All:
		s.group(b, c, s.And, indent, nested)
	case Any:
		s.group(b, c, s.Or, indent, nested)
	case Neg:
		b.WriteString(s.Not)
		s.write(b, c.Of, indent, true)
	default:
		s.flat(b, c, nested)
	}
}

// group writes one member a line.
func (s Style) group(b *strings.Builder, members []Clause, op, indent string, nested bool) {
	inner := indent
	if nested {
		inner += "  "
		b.WriteString("(\n" + inner)
	}
	for i, m := range s.bounded(members, op) {
		if i > 0 {
			b.WriteString("\n" + inner + strings.TrimLeft(op, " "))
		}
		s.write(b, m, inner, true)
	}
	if nested {
		b.WriteString("\n" + indent + ")")
	}
}

// broken writes as many items a line as fit.
func (l *Listing) broken(b *strings.Builder, indent string) {
	inner := indent + "  "
	b.WriteString(l.Head)
	column := lineWidth
	for i, item := range l.Items {
		if i > 0 {
			b.WriteByte(',')
		}
		if column+len(item)+len(", ") > lineWidth {
			b.WriteString("\n" + inner)
			column = len(inner)
		} else {
			b.WriteByte(' ')
			column++
		}
		b.WriteString(item)
		column += len(item) + 1
	}
	b.WriteString("\n" + indent + l.Tail)
}

// flat writes a clause on one line.
func (s Style) flat(b *strings.Builder, c Clause, nested bool) {
	switch c := c.(type) {
	case Atom:
		b.WriteString(string(c))
	case *Listing:
		b.WriteString(c.Head)
		for i, item := range c.Items {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(item)
		}
		b.WriteString(c.Tail)
	case *Call:
		b.WriteString(c.Name + "(")
		s.flat(b, c.Of, false)
		b.WriteString(", " + c.Args + ")")
	case Const:
		if c {
			b.WriteString(s.True)
		} else {
			b.WriteString(s.False)
		}
	case Neg:
		b.WriteString(s.Not)
		s.flat(b, c.Of, true)
	case All:
		s.flatGroup(b, c, s.And, nested)
	case Any:
		s.flatGroup(b, c, s.Or, nested)
	}
}

func (s Style) flatGroup(b *strings.Builder, members []Clause, op string, nested bool) {
	if nested {
		b.WriteByte('(')
	}
	for i, m := range s.bounded(members, op) {
		if i > 0 {
			b.WriteString(op)
		}
		s.flat(b, m, true)
	}
	if nested {
		b.WriteByte(')')
	}
}

// fits reports whether a clause takes no more than width bytes on one line.
func (s Style) fits(c Clause, width int) bool { return s.rest(c, width) >= 0 }

// rest is what is left of a width, and negative once nothing is: it looks no
// further than that.
func (s Style) rest(c Clause, width int) int {
	switch c := c.(type) {
	case Atom:
		return width - len(c)
	case *Listing:
		width -= len(c.Head) + len(c.Tail)
		for _, item := range c.Items {
			if width -= len(item) + len(", "); width < 0 {
				break
			}
		}
		return width
	case *Call:
		return s.rest(c.Of, width-len(c.Name)-len(c.Args)-len("(, )"))
	case Const:
		return width - max(len(s.True), len(s.False))
	case Neg:
		return s.rest(c.Of, width-len(s.Not))
	case All:
		return s.restOfGroup(c, s.And, width)
	case Any:
		return s.restOfGroup(c, s.Or, width)
	}
	return width
}

func (s Style) restOfGroup(members []Clause, op string, width int) int {
	for _, m := range members {
		if width = s.rest(m, width-len(op)); width < 0 {
			break
		}
	}
	return width
}

// bounded splits a group that has more members than the language takes into
// groups of the same operator, of about equal size.
func (s Style) bounded(members []Clause, op string) []Clause {
	if s.MaxMembers == 0 || len(members) <= s.MaxMembers {
		return members
	}
	var out []Clause
	groups := (len(members) + s.MaxMembers - 1) / s.MaxMembers
	size := (len(members) + groups - 1) / groups
	for start := 0; start < len(members); start += size {
		part := members[start:min(start+size, len(members))]
		if op == s.And {
			out = append(out, All(part))
		} else {
			out = append(out, Any(part))
		}
	}
	return s.bounded(out, op)
}
