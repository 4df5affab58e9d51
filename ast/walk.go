package ast

import "fmt"

// Walk calls visit for e and everything below it, parents first, in order. It
// does not go below an expression for which visit returns false.
func Walk(e Expr, visit func(Expr) bool) {
	if !visit(e) {
		return
	}
	switch e := e.(type) {
	case *And:
		for _, t := range e.Terms {
			Walk(t, visit)
		}
	case *Or:
		for _, t := range e.Terms {
			Walk(t, visit)
		}
	case *Not:
		Walk(e.Term, visit)
	case *Match:
	default:
		panic(fmt.Sprintf("ast: unknown expression %T", e))
	}
}

// Leaves calls visit for every leaf of e in order. A *Members is one leaf. negated tells whether an odd
// number of Nots stands above the leaf.
func Leaves(e Expr, visit func(m *Match, negated bool)) { leaves(e, false, visit) }

func leaves(e Expr, negated bool, visit func(*Match, bool)) {
	switch e := e.(type) {
	case *And:
		for _, t := range e.Terms {
			leaves(t, negated, visit)
		}
	case *Or:
		for _, t := range e.Terms {
			leaves(t, negated, visit)
		}
	case *Not:
		leaves(e.Term, !negated, visit)
	case *Match:
		visit(e, negated)
	default:
		panic(fmt.Sprintf("ast: unknown expression %T", e))
	}
}
