package elastic

import (
	"errors"

	"sigmatic/parser/query/lucene"
)

// QueryString is the query_string query with its defaults and lenient: what
// cannot be asked of a field selects nothing, and nobody is told. Only a text
// that is no query string is an error.
func (ix *Index) QueryString(q lucene.Query) (Bits, error) {
	b, err := ix.queryString(q)
	var bad *ValueError
	if errors.As(err, &bad) {
		return ix.None(), nil
	}
	return b, err
}

func (ix *Index) queryString(q lucene.Query) (Bits, error) {
	switch q := q.(type) {
	case lucene.Clauses:
		return ix.clauses(q)
	case lucene.Term:
		if q.Field == "_exists_" {
			return ix.Exists(q.Text), nil
		}
		return ix.eachField(q.Field, func(f string) (Bits, error) { return ix.Term(f, q.Text, false) })
	case lucene.Wildcard:
		return ix.eachField(q.Field, func(f string) (Bits, error) { return ix.Wildcard(f, q.Pattern, false) })
	case lucene.Regex:
		return ix.eachField(q.Field, func(f string) (Bits, error) { return ix.Regexp(f, q.Text) })
	case lucene.Bounds:
		return ix.eachField(q.Field, func(f string) (Bits, error) {
			return ix.Range(f, Range{q.Low, q.High, q.HasLow, q.HasHigh, q.IncludeLow, q.IncludeHigh})
		})
	case lucene.Exists:
		if q.Field == "*" || q.Field == "" {
			return ix.All(), nil
		}
		return ix.eachField(q.Field, func(f string) (Bits, error) { return ix.Exists(f), nil })
	}
	panic("elastic: unknown node of a query string")
}

// eachField asks every field that a name stands for: a star in it is a wildcard,
// also one that was escaped.
func (ix *Index) eachField(name string, ask func(string) (Bits, error)) (Bits, error) {
	if name == "" {
		return Bits{}, unknown("a value without a field, which is searched in all fields")
	}
	if b := lucene.ParsePattern(name); len(b) != 1 || b[0].Text == "" {
		return Bits{}, unknown("the field name %q, which stands for several fields", name)
	}
	return ask(name)
}

// clauses combines clauses. Where all are excluded, all other documents are
// selected (Elasticsearch's Queries.fixNegativeQueryIfNeeded; emissions §1.1).
func (ix *Index) clauses(q lucene.Clauses) (Bits, error) {
	must, should := ix.All(), ix.None()
	hasMust, hasShould := false, false
	for _, c := range q.Of {
		b, err := ix.QueryString(c.Query)
		if err != nil {
			return Bits{}, err
		}
		switch c.Occur {
		case lucene.Must:
			hasMust = true
			must.And(b)
		case lucene.Should:
			hasShould = true
			should.Or(b)
		case lucene.MustNot:
			b.Not()
			must.And(b)
		}
	}
	if hasShould && !hasMust {
		must.And(should)
	}
	return must, nil
}
