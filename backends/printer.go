package backends

import "strings"

// Clause is boolean text on its way to the page: Atom, All, Any, Neg or Const.
type Clause interface{ clause() }

type (
	// Atom is text that can stand as an operand of any operator.
	Atom string
	// All holds when every member does. Empty, it is true.
	All []Clause
	// Any holds when one member does. Empty, it is false.
	Any []Clause
	// Neg negates.
	Neg struct{ Of Clause }
	// Const is true or false. Fold removes it, but for one at the top.
	Const bool
)

func (Atom) clause()  {}
func (All) clause()   {}
func (Any) clause()   {}
func (Neg) clause()   {}
func (Const) clause() {}

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
	var out []Clause
	seen := map[Atom]bool{}
	add := func(c Clause) {
		if a, ok := c.(Atom); ok {
			if seen[a] {
				return
			}
			seen[a] = true
		}
		out = append(out, c)
	}
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
				add(c)
			}
			continue
		}
		add(m)
	}
	return out, false
}

// Style is how a language writes boolean expressions. Groups inside groups and
// under a negation always stand in parentheses, so that precedence, which
// differs even between two commands of one language, never matters.
type Style struct {
	And, Or, Not string // with the blanks that belong to them: " AND ", "NOT "
	True, False  string // atoms for constants
	Compact      bool   // everything on one line
	// NotParens puts parentheses around the operand of Not even if it is an atom.
	NotParens bool
	// MaxMembers bounds the members of one group; larger ones are printed as
	// groups of groups. 0 means no bound.
	MaxMembers int
}

// lineWidth is where a group breaks into lines.
const lineWidth = 100

// Print writes a clause that Fold has been through. Lines after the first are
// indented by indent.
func (s Style) Print(c Clause, indent string) string {
	var b strings.Builder
	s.write(&b, c, indent, false)
	return b.String()
}

func (s Style) write(b *strings.Builder, c Clause, indent string, nested bool) {
	switch c := c.(type) {
	case Atom:
		b.WriteString(string(c))
	case Const:
		if c {
			b.WriteString(s.True)
		} else {
			b.WriteString(s.False)
		}
	case Neg:
		b.WriteString(s.Not)
		_, atom := c.Of.(Atom)
		if s.NotParens && atom {
			b.WriteString("(")
			s.write(b, c.Of, indent, false)
			b.WriteString(")")
			return
		}
		s.write(b, c.Of, indent, true)
	case All:
		s.group(b, c, s.And, indent, nested)
	case Any:
		s.group(b, c, s.Or, indent, nested)
	}
}

func (s Style) group(b *strings.Builder, members []Clause, op, indent string, nested bool) {
	members = s.bounded(members, op)
	line := s
	line.Compact = true
	if flat := line.flat(members, op, nested); s.Compact || len(flat) <= lineWidth && !strings.Contains(flat, "\n") {
		b.WriteString(flat)
		return
	}
	inner := indent
	if nested {
		inner += "  "
		b.WriteString("(\n" + inner)
	}
	for i, m := range members {
		if i > 0 {
			b.WriteString("\n" + inner + strings.TrimLeft(op, " "))
		}
		s.write(b, m, inner, true)
	}
	if nested {
		b.WriteString("\n" + indent + ")")
	}
}

func (s Style) flat(members []Clause, op string, nested bool) string {
	var b strings.Builder
	if nested {
		b.WriteByte('(')
	}
	for i, m := range members {
		if i > 0 {
			b.WriteString(op)
		}
		s.write(&b, m, "", true)
	}
	if nested {
		b.WriteByte(')')
	}
	return b.String()
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
