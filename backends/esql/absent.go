package esql

import (
	"slices"
	"strings"

	"sigmatic/backends"
)

// The optimizer takes f IS NULL for a promise that whatever else names f under the
// same AND is null: f IS NULL AND (f == "a" OR g == "b") selects nothing, and so
// does f IS NULL AND NOT COALESCE(f == "a", false) (measured on Elasticsearch
// 8.19.21; its rule is PropagateNullable). It makes the promise of the expression
// that is asked, so MV_COUNT(f) IS NULL, which is true of the same rows, promises
// nothing about f. A search is safe: the optimizer does not look into its text.

const isNull = " IS NULL"

// apart prints the tests for no value so that no other test beside them is lost.
func (c *converter) apart(cl backends.Clause) backends.Clause {
	switch cl := cl.(type) {
	case backends.All:
		members := c.each(cl, c.apart)
		for i, m := range members {
			column := c.absentColumn(m)
			if column != "" && slices.ContainsFunc(members, func(o backends.Clause) bool { return o != m && c.names(o, column) }) {
				members[i] = c.presence("MV_COUNT("+column+")"+isNull, column+" IS NOT NULL")
			}
		}
		return backends.All(members)
	case backends.Any:
		return backends.Any(c.each(cl, c.apart))
	case backends.Neg:
		return backends.Neg{Of: c.apart(cl.Of)}
	case *backends.Call:
		call := &backends.Call{Name: cl.Name, Of: c.apart(cl.Of), Args: cl.Args}
		c.atoms[call] = c.atoms[cl]
		return call
	}
	return cl
}

// absentColumn is the column that a clause says has no value; "" if it says
// something else.
func (c *converter) absentColumn(cl backends.Clause) string {
	a, ok := cl.(backends.Atom)
	if !ok || !c.isPresence(a) || !strings.HasSuffix(string(a), isNull) {
		return ""
	}
	return strings.TrimSuffix(string(a), isNull)
}

// names reports whether the optimizer sees a column in a clause. It may report one
// whose name only begins with the column's.
func (c *converter) names(cl backends.Clause, column string) bool {
	member := func(m backends.Clause) bool { return c.names(m, column) }
	switch cl := cl.(type) {
	case backends.Atom:
		return c.atoms[cl].nature != searching && strings.Contains(string(cl), column)
	case *backends.Listing:
		return c.atoms[cl].nature != searching && strings.Contains(cl.Head, column)
	case *backends.Call:
		return c.names(cl.Of, column)
	case backends.All:
		return slices.ContainsFunc(cl, member)
	case backends.Any:
		return slices.ContainsFunc(cl, member)
	case backends.Neg:
		return c.names(cl.Of, column)
	}
	return false
}
