package correlate

import (
	"slices"

	"sigmatic/ast"
)

// extended is a condition over rules: one of the alternatives must hold. A rule holds when it matched an event of the window, and of a
// temporal_ordered correlation those that an alternative asks for must have matched in the order of the list of rules. What an alternative
// excludes must not have matched in the window at all.
type extended struct {
	ordered      bool
	condition    ast.Condition
	names        []string // of the inputs
	alternatives []alternative
}

// alternative lists the inputs that must and that must not have matched, ascending.
type alternative struct{ asked, excluded []int }

// maxAlternatives bounds what a condition grows to.
const maxAlternatives = 512

func newExtended(c *ast.Correlation) (*extended, bool) {
	x := &extended{ordered: c.Type == ast.TemporalOrdered, condition: c.Extended.Expr}
	for _, r := range c.Rules {
		x.names = append(x.names, r.Text.Value)
	}
	list, ok := x.alternativesOf(x.condition, false)
	x.alternatives = list
	return x, ok
}

func (x *extended) input(name string) int { return slices.Index(x.names, name) }

// alternativesOf brings a condition into the form of an or of ands.
func (x *extended) alternativesOf(c ast.Condition, negated bool) ([]alternative, bool) {
	switch c := c.(type) {
	case *ast.CondNot:
		return x.alternativesOf(c.Operand, !negated)
	case *ast.CondRef:
		if negated {
			return []alternative{{excluded: []int{x.input(c.Name)}}}, true
		}
		return []alternative{{asked: []int{x.input(c.Name)}}}, true
	case *ast.CondAnd:
		return x.join(c.Operands, negated, negated)
	case *ast.CondOr:
		return x.join(c.Operands, !negated, negated)
	}
	return nil, false
}

// join joins operands, with or if they are alternatives, else with and.
func (x *extended) join(operands []ast.Condition, or, negated bool) ([]alternative, bool) {
	var out []alternative
	for i, o := range operands {
		list, ok := x.alternativesOf(o, negated)
		if !ok {
			return nil, false
		}
		switch {
		case i == 0:
			out = list
		case or:
			out = append(out, list...)
		default:
			out = product(out, list)
		}
		if len(out) > maxAlternatives {
			return nil, false
		}
	}
	return out, true
}

func product(a, b []alternative) (out []alternative) {
	for _, x := range a {
		for _, y := range b {
			both := alternative{union(x.asked, y.asked), union(x.excluded, y.excluded)}
			if !slices.ContainsFunc(both.asked, func(i int) bool { return slices.Contains(both.excluded, i) }) {
				out = append(out, both)
			}
		}
	}
	return out
}

func union(a, b []int) []int {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}
