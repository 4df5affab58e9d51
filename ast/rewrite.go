package ast

import "fmt"

// Simplify gives an expression of the same meaning that is easier to print:
// nested groups of one kind are one group, a group of one is its term, double
// negation is gone, a term that stands twice in one group stands once, and what
// all alternatives demand is demanded once. The order of terms is kept.
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
		return single(terms, func() Expr { return factor(&Or{Terms: terms, Span: e.Span}) })
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

// factor takes out in front what stands in every alternative: a and b or a and c
// is a and (b or c). Indexes serve the first form, and people read it sooner.
func factor(or *Or) Expr {
	common := commonTerms(or.Terms)
	if len(common) == 0 {
		return or
	}
	out := &And{Span: or.Span}
	for _, t := range demanded(or.Terms[0]) {
		if common[t.String()] {
			out.Terms = append(out.Terms, t)
		}
	}
	rests := &Or{Span: or.Span}
	for _, alternative := range or.Terms {
		var rest []Expr
		for _, t := range demanded(alternative) {
			if !common[t.String()] {
				rest = append(rest, t)
			}
		}
		if len(rest) == 0 {
			return single(out.Terms, func() Expr { return out }) // that alternative decides
		}
		rests.Terms = append(rests.Terms, single(rest, func() Expr { return &And{Terms: rest, Span: alternative.Range()} }))
	}
	out.Terms = append(out.Terms, rests)
	return Simplify(out)
}

// demanded lists the terms of a group, or the one that stands alone.
func demanded(e Expr) []Expr {
	if and, ok := e.(*And); ok {
		return and.Terms
	}
	return []Expr{e}
}

// commonTerms gives the texts of the terms that every one of the alternatives
// demands.
func commonTerms(alternatives []Expr) map[string]bool {
	var common map[string]bool
	for i, alternative := range alternatives {
		here := map[string]bool{}
		for _, t := range demanded(alternative) {
			if key := t.String(); i == 0 || common[key] {
				here[key] = true
			}
		}
		if common = here; len(common) == 0 {
			return nil
		}
	}
	return common
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
