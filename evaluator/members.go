package evaluator

import (
	"iter"

	"sigmatic/ast"
)

// membersLeaf puts a condition to members of an array (§2.8).
type membersLeaf struct {
	field    fieldPath
	selector ast.Selector
	member   *refNode
}

func (l *membersLeaf) holds(v *value) bool { return l.member.matches(&Event{root: v}) }

func (l *membersLeaf) matches(ev *Event) bool {
	members := l.members(ev)
	switch l.selector.Quantifier {
	case ast.AnyMember:
		return anyOf(members, l.holds)
	case ast.AllMembers:
		return anyOf(members, func(*value) bool { return true }) && !anyOf(members, l.fails)
	case ast.AllMembersIfAny:
		return !anyOf(members, l.fails)
	case ast.NoMember:
		return !anyOf(members, l.holds)
	case ast.OneMember:
		if !anyOf(members, func(*value) bool { return true }) {
			return l.member.matches(&Event{}) // nothing there: each field of it is absent
		}
		return anyOf(members, l.holds)
	}
	panic("evaluator: an unknown quantifier was not refused")
}

func (l *membersLeaf) fails(v *value) bool { return !l.holds(v) }

// members gives those that the selector looks at: of the array at the field, or
// of each where a path that crosses arrays leads to several. Members that are
// arrays themselves are not opened: a selector of their own does that.
func (l *membersLeaf) members(ev *Event) iter.Seq[*value] {
	return func(yield func(*value) bool) {
		for _, found := range ev.lookup(l.field) {
			for _, m := range l.selected(arrayOf(found)) {
				if !m.tooDeep() && !yield(m) {
					return
				}
			}
		}
	}
}

// arrayOf gives the members of an array. A value that is none counts as an array
// of one, as rules and stores do not tell the two apart, and null as an empty one.
func arrayOf(v *value) []*value {
	switch v.kind {
	case kindArray:
		return v.items
	case kindNull:
		return nil
	case kindBool, kindNumber, kindString, kindMap:
	}
	return []*value{v}
}

func (l *membersLeaf) selected(members []*value) []*value {
	if l.selector.Quantifier != ast.OneMember {
		return members
	}
	i := l.selector.Index
	if i < 0 {
		i += len(members)
	}
	if i < 0 || i >= len(members) {
		return nil
	}
	return members[i : i+1]
}

func (l *membersLeaf) witness(ev *Event) witness {
	w := witness{absent: len(ev.lookup(l.field)) == 0, values: l.members(ev)}
	switch l.selector.Quantifier {
	case ast.AnyMember, ast.OneMember:
		w.satisfying = l.holds
	case ast.AllMembers, ast.AllMembersIfAny, ast.NoMember: // no member decides alone
	}
	return w
}
