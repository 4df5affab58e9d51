package ast

import (
	"fmt"
	"slices"
)

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
		if common[identify(t)] {
			out.Terms = append(out.Terms, t)
		}
	}
	rests := &Or{Span: or.Span}
	for _, alternative := range or.Terms {
		var rest []Expr
		for _, t := range demanded(alternative) {
			if !common[identify(t)] {
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

// commonTerms gives the terms that every one of the alternatives demands.
func commonTerms(alternatives []Expr) map[identity]bool {
	var common map[identity]bool
	for i, alternative := range alternatives {
		var here map[identity]bool
		for _, t := range demanded(alternative) {
			if key := identify(t); i == 0 || common[key] {
				if here == nil {
					here = map[identity]bool{}
				}
				here[key] = true
			}
		}
		if common = here; len(common) == 0 {
			return nil
		}
	}
	return common
}

// identity is the same for two expressions if and only if their meaning is.
type identity struct {
	field, text string
	form        uint8
}

// identify gives the identity of an expression: its text, which tells any two
// apart that differ in meaning, or the parts of it that nearly all leaves consist
// of, which need no writing.
func identify(e Expr) identity {
	m, ok := e.(*Match)
	if !ok {
		return identity{text: e.String()}
	}
	v, ok := m.Value.(*Pattern)
	if !ok {
		return identity{text: e.String()}
	}
	shape, text := v.Shape()
	if shape == ShapeComplex {
		return identity{text: e.String()}
	}
	form := 2 * (1 + uint8(shape))
	if v.Cased {
		form++
	}
	return identity{field: m.Field.Name, text: text, form: form}
}

// same reports whether two expressions have one identity, without writing groups.
func same(a, b Expr) bool {
	switch a := a.(type) {
	case *And:
		b, ok := b.(*And)
		return ok && slices.EqualFunc(a.Terms, b.Terms, same)
	case *Or:
		b, ok := b.(*Or)
		return ok && slices.EqualFunc(a.Terms, b.Terms, same)
	case *Not:
		b, ok := b.(*Not)
		return ok && same(a.Term, b.Term)
	case *Match:
		b, ok := b.(*Match)
		if _, keyword := a.Value.(*Keyword); ok && !keyword && a.Field.Name != b.Field.Name {
			return false
		}
		return ok && identify(a) == identify(b)
	}
	panic(fmt.Sprintf("ast: unknown expression %T", a))
}

// distinct gathers expressions, those of one meaning once.
type distinct struct {
	terms []Expr
	many  map[identity]bool // once it is no longer quick to look through all
}

func (d *distinct) add(t Expr) {
	const few = 8
	switch {
	case d.many != nil:
		key := identify(t)
		if d.many[key] {
			return
		}
		d.many[key] = true
	case slices.ContainsFunc(d.terms, func(o Expr) bool { return same(o, t) }):
		return
	case len(d.terms) == few:
		d.many = make(map[identity]bool, cap(d.terms))
		for _, o := range append(d.terms, t) {
			d.many[identify(o)] = true
		}
	}
	d.terms = append(d.terms, t)
}

func simplifyTerms(terms []Expr, open func(Expr) ([]Expr, bool)) []Expr {
	out := distinct{terms: make([]Expr, 0, len(terms))}
	for _, t := range terms {
		t = Simplify(t)
		if inner, ok := open(t); ok {
			for _, u := range inner {
				out.add(u)
			}
			continue
		}
		out.add(t)
	}
	return out.terms
}
