package esql

import (
	"slices"

	"sigmatic/parser/query/esql"
)

// What is here imitates mistakes of the optimizer of Elasticsearch 8.19.21: a
// query selects what the engine makes of it, and not what the reference says.
// Where an imitation could go wrong, the construct is not known.

// strictOperand is strict for the operand of IS NOT NULL: a COALESCE or CASE is
// left alone, one that is further inside is not.
func strictOperand(e esql.Expr) bool {
	if call, ok := esql.Unparen(e).(*esql.Call); ok && slices.Contains([]string{"coalesce", "case"}, call.Name) {
		return true
	}
	return strict(e)
}

// strict reports whether an expression is null as soon as a column in it is, as
// far as the optimizer can see.
func strict(e esql.Expr) bool {
	switch e := esql.Unparen(e).(type) {
	case *esql.And, *esql.Or, *esql.IsNull:
		return false
	case *esql.Not:
		return strict(e.Of)
	case *esql.Binary:
		return strict(e.Left) && strict(e.Right)
	case *esql.In:
		return strict(e.Of)
	case *esql.Like:
		return strict(e.Of) && (e.List || !matchesAll(e)) // which is IS NOT NULL
	case *esql.Call:
		if slices.Contains([]string{"coalesce", "case", "to_lower", "to_upper"}, e.Name) {
			return false // for the last two, see insensitive
		}
		return !slices.ContainsFunc(e.Args, func(a esql.Expr) bool { return !strict(a) })
	}
	return true
}

func matchesAll(e *esql.Like) bool {
	m, err := automaton(e, e.Patterns[0])
	return err == nil && m.MatchesAll()
}

// isNullLiteral reports whether an expression is NULL.
func isNullLiteral(e esql.Expr) bool {
	_, ok := esql.Unparen(e).(*esql.Null)
	return ok
}

// nullified imitates PropagateNullable: where AND joins x IS NULL with a term in
// which x stands anywhere, that term becomes null, also where it would not be null
// with x. The AND is then never true:
//
//	d IS NULL AND (s == "a" OR d == 3)    selects nothing
//	d IS NULL AND NOT COALESCE(d == 3, false)    selects nothing
//
// (measured). QSTR hides its fields from it.
func (c *compiler) nullified(terms []esql.Expr) (never bool, err error) {
	flat := conjuncts(terms)
	for i, t := range flat {
		of := saidNull(t)
		if of == nil {
			continue
		}
		for j, other := range flat {
			if _, isTest := esql.Unparen(other).(*esql.IsNull); i == j || isTest || !mentions(other, of) {
				continue
			}
			if c.nullMatters || absorbs(other, of) {
				return false, unknownf(t.Offset(), "what the optimizer makes of %s beside %s", t, other)
			}
			never = true
		}
	}
	return never, nil
}

// conflict finds comparisons of one expression with several constants. Where they
// contradict each other PropagateEquals makes false of their AND, also where it
// would be null.
func (c *compiler) conflict(terms []esql.Expr) error {
	if !c.nullMatters {
		return nil
	}
	compared := map[string]bool{}
	for _, t := range conjuncts(terms) {
		of := tested(t)
		if of == nil {
			continue
		}
		if name := of.String(); compared[name] {
			return unknownf(t.Offset(), "what the optimizer makes of several tests of %s, under NOT or in a function", name)
		}
		compared[of.String()] = true
	}
	return nil
}

// tested gives the expression that a term compares with something; nil if it does
// not.
func tested(t esql.Expr) esql.Expr {
	switch t := esql.Unparen(t).(type) {
	case *esql.Not:
		return tested(t.Of)
	case *esql.Binary:
		if t.Op.IsComparison() {
			return esql.Unparen(t.Left)
		}
	case *esql.In:
		return esql.Unparen(t.Of)
	case *esql.Like:
		return esql.Unparen(t.Of)
	}
	return nil
}

// saidNull gives the expression that a term says is null; nil if it says no such
// thing.
func saidNull(t esql.Expr) esql.Expr {
	switch t := esql.Unparen(t).(type) {
	case *esql.IsNull:
		if !t.Negated {
			return esql.Unparen(t.Of)
		}
	case *esql.Like:
		if t.Negated && !t.List && matchesAll(t) {
			return esql.Unparen(t.Of)
		}
	}
	return nil
}

// conjuncts opens the groups of AND among terms.
func conjuncts(terms []esql.Expr) []esql.Expr {
	var out []esql.Expr
	for _, t := range terms {
		if and, ok := esql.Unparen(t).(*esql.And); ok {
			out = append(out, conjuncts(and.Terms)...)
			continue
		}
		out = append(out, t)
	}
	return out
}

// mentions reports whether an expression is a part of another.
func mentions(e, part esql.Expr) bool {
	found := false
	column, isColumn := part.(*esql.Column)
	esql.Walk(e, func(e esql.Expr) {
		m, isMatch := e.(*esql.Match)
		found = found || e.String() == part.String() || isMatch && isColumn && m.Column == column.Name
	})
	return found
}

// absorbs reports whether the same test stands in a term again, or its operand in
// COALESCE, which other rules of the optimizer take apart.
func absorbs(e, of esql.Expr) bool {
	found := false
	esql.Walk(e, func(e esql.Expr) {
		switch e := e.(type) {
		case *esql.IsNull:
			found = found || esql.Unparen(e.Of).String() == of.String()
		case *esql.Call:
			found = found || e.Name == "coalesce" && slices.ContainsFunc(e.Args, func(a esql.Expr) bool { return esql.Unparen(a).String() == of.String() })
		}
	})
	return found
}
