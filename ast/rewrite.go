package ast

import "fmt"

// Simplify gives an expression of the same meaning that is easier to print:
// nested groups of one kind are one group, a group of one is its term, double
// negation is gone, a term that stands twice in one group stands once. The
// order of terms is kept.
func Simplify(e Expr) Expr {
	switch e := e.(type) {
	case *And:
		terms := simplifyTerms(e.Terms, func(t Expr) ([]Expr, bool) {
			and, ok := t.(*And)
			if !ok {
				return nil, false
			}
			return and.Terms, true
		})
		return single(terms, func() Expr { return &And{Terms: terms, Span: e.Span} })
	case *Or:
		terms := simplifyTerms(e.Terms, func(t Expr) ([]Expr, bool) {
			or, ok := t.(*Or)
			if !ok {
				return nil, false
			}
			return or.Terms, true
		})
		return single(terms, func() Expr { return &Or{Terms: terms, Span: e.Span} })
	case *Not:
		term := Simplify(e.Term)
		if not, ok := term.(*Not); ok {
			return not.Term
		}
		return &Not{Term: term, Span: e.Span}
	case *Match:
		if v, ok := e.Value.(*Members); ok {
			inner := *v
			inner.Expr = Simplify(v.Expr)
			return &Match{Field: e.Field, Value: &inner, Span: e.Span}
		}
		return e
	}
	panic(fmt.Sprintf("ast: unknown expression %T", e))
}

func simplifyTerms(terms []Expr, open func(Expr) ([]Expr, bool)) []Expr {
	out := make([]Expr, 0, len(terms))
	seen := make(map[string]bool, len(terms))
	add := func(t Expr) {
		// String tells two expressions apart whenever they differ in meaning.
		if key := t.String(); !seen[key] {
			seen[key] = true
			out = append(out, t)
		}
	}
	for _, t := range terms {
		t = Simplify(t)
		if inner, ok := open(t); ok {
			for _, u := range inner {
				add(u)
			}
			continue
		}
		add(t)
	}
	return out
}
