package backends

import (
	"fmt"

	"sigmatic/ast"
	"sigmatic/ast/source"
)

// Translate builds the clause of an expression whose leaves are printed by
// leaf. Lists of leaves over one field under an Or are offered to list first,
// which may print them together; list may be nil. negated tells whether an odd
// number of negations stands above.
func Translate(e ast.Expr, leaf func(m *ast.Match, negated bool) (Clause, error), list func(ms []*ast.Match, negated bool) (Clause, error)) (Clause, error) {
	t := translator{leaf, list}
	return t.expr(e, false)
}

type translator struct {
	leaf func(*ast.Match, bool) (Clause, error)
	list func([]*ast.Match, bool) (Clause, error)
}

func (t translator) expr(e ast.Expr, negated bool) (Clause, error) {
	switch e := e.(type) {
	case *ast.And:
		out := make(All, 0, len(e.Terms))
		for _, term := range e.Terms {
			c, err := t.expr(term, negated)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
		return out, nil
	case *ast.Or:
		return t.or(e, negated)
	case *ast.Not:
		c, err := t.expr(e.Term, !negated)
		if err != nil {
			return nil, err
		}
		return Neg{c}, nil
	case *ast.Match:
		return t.leaf(e, negated)
	}
	panic(fmt.Sprintf("backends: unknown expression %T", e))
}

func (t translator) or(e *ast.Or, negated bool) (Clause, error) {
	var out Any
	for _, run := range Lists(e.Terms) {
		var c Clause
		var err error
		switch {
		case run.Other != nil:
			c, err = t.expr(run.Other, negated)
		case t.list != nil && len(run.Matches) > 1:
			c, err = t.list(run.Matches, negated)
		default:
			part := make(Any, len(run.Matches))
			for i, m := range run.Matches {
				if part[i], err = t.leaf(m, negated); err != nil {
					break
				}
			}
			c = part
		}
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// List is a run of alternatives over one field, or one other expression.
type List struct {
	Matches []*ast.Match
	Other   ast.Expr
}

// Lists gathers the leaves of an Or by field, each field's at the place of its
// first. Keywords are one such list. The order inside a list is kept.
func Lists(terms []ast.Expr) []List {
	var out []List
	index := map[ast.Field]int{}
	for _, term := range terms {
		m, ok := term.(*ast.Match)
		if !ok {
			out = append(out, List{Other: term})
			continue
		}
		key := m.Field
		key.Span = source.Span{} // where the name was written makes no other field
		if i, ok := index[key]; ok {
			out[i].Matches = append(out[i].Matches, m)
			continue
		}
		index[key] = len(out)
		out = append(out, List{Matches: []*ast.Match{m}})
	}
	return out
}

// Bound says how the events that a clause selects relate to those of its leaf.
type Bound uint8

// The bounds.
const (
	// Unbounded: there is no usable clause.
	Unbounded Bound = iota
	// Superset: the clause selects every event of the leaf, and maybe others.
	Superset
	// Exact: the clause selects the events of the leaf.
	Exact
)

// Prefilter builds a sound over-approximation of e from those leaves for which
// loose has a clause: an unusable leaf becomes true, under a negation false,
// and constants fold away. exact reports whether nothing was widened.
func Prefilter(e ast.Expr, loose func(m *ast.Match) (Clause, Bound)) (c Clause, exact bool) {
	p := prefilter{loose: loose, exact: true}
	return Fold(p.expr(e, false)), p.exact
}

type prefilter struct {
	loose func(*ast.Match) (Clause, Bound)
	exact bool
}

func (p *prefilter) expr(e ast.Expr, negated bool) Clause {
	switch e := e.(type) {
	case *ast.And:
		return All(p.terms(e.Terms, negated))
	case *ast.Or:
		return Any(p.terms(e.Terms, negated))
	case *ast.Not:
		return Neg{p.expr(e.Term, !negated)}
	case *ast.Match:
		c, bound := p.loose(e)
		if bound == Exact {
			return c
		}
		p.exact = false
		if bound == Superset && !negated {
			return c
		}
		return Const(!negated)
	}
	panic(fmt.Sprintf("backends: unknown expression %T", e))
}

func (p *prefilter) terms(terms []ast.Expr, negated bool) []Clause {
	out := make([]Clause, len(terms))
	for i, t := range terms {
		out[i] = p.expr(t, negated)
	}
	return out
}
