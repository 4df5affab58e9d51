package logsql

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	syntax "sigmatic/parser/query/logsql"
)

// filter marks the rows of a block that it selects.
type filter interface {
	apply(b *block) rows
	// needs gives the words that a block must have in columns, lest it be left out
	// without being looked at.
	needs() map[string][]string
}

// leaf is a filter on one column.
type leaf struct {
	field string
	// missing says whether the filter selects rows of a block without the column.
	missing bool
	test    func(c *column) rows
	words   []string
}

func (l *leaf) apply(b *block) rows {
	c := b.columns[l.field]
	if c == nil {
		return b.all(l.missing)
	}
	return l.test(c)
}

func (l *leaf) needs() map[string][]string {
	if len(l.words) == 0 {
		return nil
	}
	return map[string][]string{l.field: l.words}
}

// sameValue is a filter on two columns.
type sameValue struct{ field, other string }

func (s *sameValue) apply(b *block) rows {
	c, other := b.columns[s.field], b.columns[s.other]
	out := make(rows, b.rows())
	for i := range out {
		out[i] = c.at(i) == other.at(i)
	}
	return out
}

func (*sameValue) needs() map[string][]string { return nil }

// at gives the value of a row, "" in a block without the column.
func (c *column) at(i int) string {
	if c == nil {
		return ""
	}
	return c.values[i]
}

type everything struct{}

func (everything) apply(b *block) rows        { return b.all(true) }
func (everything) needs() map[string][]string { return nil }

type not struct{ of filter }

func (n not) apply(b *block) rows {
	out := n.of.apply(b)
	for i := range out {
		out[i] = !out[i]
	}
	return out
}

func (not) needs() map[string][]string { return nil }

// and selects what all of its filters do. It looks for their words first.
type and struct {
	list []filter
	need map[string][]string
}

func newAnd(list []filter) and {
	need := map[string][]string{}
	for _, f := range list {
		for field, words := range f.needs() {
			need[field] = append(need[field], words...)
		}
	}
	return and{list, need}
}

func (a and) needs() map[string][]string { return a.need }

func (a and) apply(b *block) rows {
	for field, words := range a.need {
		if !b.mayHave(field, words) {
			return b.all(false)
		}
	}
	out := a.list[0].apply(b)
	for _, f := range a.list[1:] {
		if !slices.Contains(out, true) {
			break
		}
		for i, is := range f.apply(b) {
			out[i] = out[i] && is
		}
	}
	return out
}

// or selects what one of its filters does. It looks for the words that they share
// first.
type or struct {
	list []filter
	need map[string][]string
}

func newOr(list []filter) or {
	o := or{list: list}
	for i, f := range list {
		switch f.(type) {
		case *leaf, and, or:
		default:
			return or{list: list}
		}
		if needs := f.needs(); i == 0 {
			o.need = maps.Clone(needs)
		} else {
			shareWords(o.need, needs)
		}
	}
	return o
}

// shareWords leaves the words that both have.
func shareWords(common, other map[string][]string) {
	for field, list := range common {
		common[field] = slices.DeleteFunc(slices.Clone(list), func(w string) bool { return !slices.Contains(other[field], w) })
		if len(common[field]) == 0 {
			delete(common, field)
		}
	}
}

func (o or) needs() map[string][]string { return o.need }

func (o or) apply(b *block) rows {
	one := len(o.need) == 0
	for field, words := range o.need {
		one = one || b.mayHave(field, words)
	}
	if !one {
		return b.all(false)
	}
	out := o.list[0].apply(b)
	for _, f := range o.list[1:] {
		if !slices.Contains(out, false) {
			break
		}
		for i, is := range f.apply(b) {
			out[i] = out[i] || is
		}
	}
	return out
}

// mayHave asks a column for words before any filter is run on it. Here columns of
// few values are asked as well.
func (b *block) mayHave(field string, list []string) bool {
	c := b.columns[field]
	if c == nil {
		return false
	}
	return c.mayHave(list)
}

// compiler turns the syntax of filters into filters.
type compiler struct {
	// query says that a lone * is every event, even one without a message: it is in
	// the query's own filter.
	query bool
	// top says that the filter must hold for every event of the result.
	top bool
}

// below compiles what an alternative or a negation is made of.
func (c compiler) below() compiler { return compiler{query: c.query} }

func (c compiler) compile(f syntax.Filter) (filter, error) {
	switch f := f.(type) {
	case *syntax.And:
		list, err := c.list(f.List)
		if err != nil {
			return nil, err
		}
		return newAnd(list), nil
	case *syntax.Or:
		list, err := c.below().list(f.List)
		if err != nil {
			return nil, err
		}
		return newOr(list), nil
	case *syntax.Not:
		of, err := c.below().compile(f.Of)
		return not{of}, err
	case *syntax.Phrase:
		return phraseFilter(f), nil
	case *syntax.Prefix:
		if c.query && f.Field == syntax.MessageField && f.Text == "" && !f.AnyCase {
			return everything{}, nil
		}
		return prefixFilter(f), nil
	case *syntax.Exact:
		if f.Open {
			return exactPrefixFilter(f), nil
		}
		return exactFilter(f), nil
	case *syntax.Regexp:
		return c.regexpFilter(f)
	case *syntax.In:
		if len(f.Values) == 1 && f.Values[0] == "*" {
			return everything{}, nil
		}
		return inFilter(f), nil
	case *syntax.Sequence:
		return sequenceFilter(f), nil
	case *syntax.Compare:
		return compareFilter(f), nil
	case *syntax.Range:
		return rangeFilter(f)
	case *syntax.StringRange:
		return stringRangeFilter(f.Field, f.Low, f.High), nil
	case *syntax.IPv4Range:
		return ipv4Filter(f)
	case *syntax.FieldCompare:
		if f.Relation == syntax.EqField {
			return &sameValue{f.Field, f.Other}, nil
		}
		return nil, unknownFilter(f)
	case *syntax.Stream:
		if c.top {
			return everything{}, nil // documents are taken to be in it
		}
		return nil, unknownFilter(f)
	case *syntax.LenRange, *syntax.Contains:
		return nil, unknownFilter(f)
	}
	panic(fmt.Sprintf("logsql: unknown filter %T", f))
}

// unknownFilter refuses a filter that the language has and no backend prints.
func unknownFilter(f syntax.Filter) error {
	name := "len_range"
	switch f := f.(type) {
	case *syntax.FieldCompare:
		name = string(f.Relation)
	case *syntax.Contains:
		name = "contains_any or contains_all"
	case *syntax.Stream:
		name = f.Text + ", which not every event must pass"
	}
	return &syntax.SyntaxError{Offset: f.Offset(), Unknown: true, Detail: "the filter " + name}
}

func (c compiler) list(list []syntax.Filter) ([]filter, error) {
	out := make([]filter, len(list))
	for i, f := range list {
		var err error
		if out[i], err = c.compile(f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// regexpFilter: two expressions match everything, and one all but the empty text.
func (c compiler) regexpFilter(f *syntax.Regexp) (filter, error) {
	switch f.Source {
	case "", ".*":
		return everything{}, nil
	case ".+":
		return c.compile(&syntax.Prefix{Pos: f.Pos, Field: f.Field})
	}
	re, ok, err := compileRegexp(f.Source)
	switch {
	case err != nil:
		return nil, &syntax.SyntaxError{Offset: f.Offset(), Detail: strings.TrimPrefix(err.Error(), "error parsing regexp: ")}
	case !ok:
		return nil, &syntax.SyntaxError{Offset: f.Offset(), Unknown: true, Detail: "an expression that simplifying changes again and again"}
	}
	return &leaf{field: f.Field, missing: re.match(""), words: re.words, test: func(c *column) rows {
		if c.isResult() {
			return c.search("", re.match)
		}
		return c.eachIn(re.words, re.match)
	}}, nil
}
