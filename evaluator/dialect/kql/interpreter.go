package kql

import (
	"errors"
	"fmt"

	"sigmatic/evaluator/dialect"
	"sigmatic/evaluator/dialect/elastic"
	"sigmatic/parser/query/kql"
	"sigmatic/parser/query/lucene"
)

// Interpreter runs KQL in one of its variants.
type Interpreter struct{ ignoreCase bool }

var _ dialect.Interpreter = Interpreter{}

// The names of the variants.
const (
	MindingCase  = "minding case"
	IgnoringCase = "ignoring ASCII case"
)

// New returns the interpreter that minds letter case, as Kibana does where the
// application says nothing.
func New() Interpreter { return Interpreter{} }

// NewIgnoringCase returns the interpreter with the option case_insensitive.
func NewIgnoringCase() Interpreter { return Interpreter{ignoreCase: true} }

// Name implements dialect.Interpreter.
func (Interpreter) Name() string { return "kql" }

// Variant implements dialect.Interpreter.
func (i Interpreter) Variant() string {
	if i.ignoreCase {
		return IgnoringCase
	}
	return MindingCase
}

// Load implements dialect.Interpreter.
func (i Interpreter) Load(docs []dialect.Document, m dialect.Mapping) (dialect.Store, error) {
	ix, err := elastic.New(docs, m)
	if err != nil {
		return nil, err
	}
	return store{ix, i.ignoreCase}, nil
}

type store struct {
	ix         *elastic.Index
	ignoreCase bool
}

// Rows implements dialect.Store: KQL does not aggregate.
func (store) Rows(string) ([]dialect.Row, error) {
	return nil, unknownf(-1, "KQL selects documents and has no rows")
}

// Select implements dialect.Store.
func (s store) Select(query string) ([]string, error) {
	tree, err := kql.Parse(query)
	var syntax *kql.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, failf(syntax.Offset, "%s", syntax.Detail)
	case err != nil:
		return nil, failf(-1, "%v", err)
	case tree == nil:
		return s.ix.IDs(s.ix.All()), nil
	}
	if d := depth(tree); d > maxDepth {
		return nil, failf(tree.Offset(), "boolean queries nest %d deep, Elasticsearch allows %d", d, maxDepth)
	}
	b, err := s.query(tree)
	if err != nil {
		return nil, err
	}
	return s.ix.IDs(b), nil
}

const language = "KQL"

func failf(at int, format string, args ...any) error {
	return &dialect.QueryError{Language: language, Offset: at, Detail: fmt.Sprintf(format, args...)}
}

func unknownf(at int, format string, args ...any) error {
	return &dialect.QueryError{Language: language, Offset: at, Unknown: true, Detail: "not known: " + fmt.Sprintf(format, args...)}
}

// located gives an error of the index a place in the query.
func located(n kql.Node, b elastic.Bits, err error) (elastic.Bits, error) {
	var unknown *elastic.UnknownError
	switch {
	case err == nil:
		return b, nil
	case errors.As(err, &unknown):
		return b, unknownf(n.Offset(), "%s", unknown.Detail)
	}
	return b, failf(n.Offset(), "%s", err)
}

// maxDepth is indices.query.bool.max_nested_depth.
const maxDepth = 30

// depth counts the boolean queries inside each other: Kibana builds one for each
// operator and for each predicate, and one around all.
func depth(n kql.Node) int { return 1 + inner(n) }

func inner(n kql.Node) int {
	deepest := func(terms []kql.Node) int {
		d := 0
		for _, t := range terms {
			d = max(d, inner(t))
		}
		return d
	}
	switch n := n.(type) {
	case *kql.And:
		return 1 + deepest(n.Terms)
	case *kql.Or:
		return 1 + deepest(n.Terms)
	case *kql.Not:
		return 1 + inner(n.Of)
	case *kql.Nested:
		return 1 + inner(n.Of)
	}
	return 1
}

func (s store) query(n kql.Node) (elastic.Bits, error) {
	switch n := n.(type) {
	case *kql.And:
		b, err := s.combine(n.Terms, s.ix.All(), elastic.Bits.And)
		var bad *dialect.QueryError
		if errors.As(err, &bad) && !bad.Unknown {
			// Where another term can match nothing in the index, none is built.
			err = unknownf(bad.Offset, "whether Elasticsearch finds the fault under and: %s", bad.Detail)
		}
		return b, err
	case *kql.Or:
		return s.combine(n.Terms, s.ix.None(), elastic.Bits.Or)
	case *kql.Not:
		b, err := s.query(n.Of)
		if err == nil {
			b.Not()
		}
		return b, err
	case *kql.Is:
		return s.is(n)
	case *kql.Range:
		return s.inRange(n)
	}
	return elastic.Bits{}, unknownf(n.Offset(), "objects of type nested")
}

func (s store) combine(terms []kql.Node, out elastic.Bits, with func(a, b elastic.Bits)) (elastic.Bits, error) {
	for _, t := range terms {
		b, err := s.query(t)
		if err != nil {
			return b, err
		}
		with(out, b)
	}
	return out, nil
}

// is carries out the query that is.ts builds.
func (s store) is(n *kql.Is) (elastic.Bits, error) {
	switch {
	case n.Field == nil:
		return elastic.Bits{}, unknownf(n.Offset(), "a value without a field, which is searched in all fields")
	case n.Value.IsAny() && n.Field.IsAny():
		return s.ix.All(), nil
	}
	return s.eachField(n, n.Field, func(name string) (elastic.Bits, error) {
		f := s.ix.Field(name)
		switch {
		case n.Value.IsAny():
			return s.ix.Exists(name), nil
		case n.Value.IsNull():
			return elastic.Bits{}, failf(n.Value.Offset(), "Elasticsearch takes no null for a value")
		case f == nil:
			return s.ix.None(), nil
		case n.Value.IsPattern() && f.Type != dialect.Keyword:
			return elastic.Bits{}, unknownf(n.Value.Offset(), "a pattern over the field %q of type %s", name, f.Type)
		case n.Value.IsPattern():
			b, err := s.ix.Wildcard(name, pattern(n.Value), s.ignoreCase)
			return located(n, b, err)
		}
		b, err := s.ix.Term(name, n.Value.Text(), s.ignoreCase && f.Type == dialect.Keyword)
		return located(n, b, err)
	})
}

// inRange carries out the query that range.ts builds. A * in the bound is no
// wildcard.
func (s store) inRange(n *kql.Range) (elastic.Bits, error) {
	if n.Value.IsNull() {
		return elastic.Bits{}, unknownf(n.Value.Offset(), "a range with null for a bound")
	}
	r := elastic.Range{IncludeLow: true, IncludeHigh: true}
	switch n.Op {
	case kql.Lt, kql.Lte:
		r.High, r.HasHigh, r.IncludeHigh = n.Value.Text(), true, n.Op == kql.Lte
	case kql.Gt, kql.Gte:
		r.Low, r.HasLow, r.IncludeLow = n.Value.Text(), true, n.Op == kql.Gte
	}
	return s.eachField(n, n.Field, func(name string) (elastic.Bits, error) {
		b, err := s.ix.Range(name, r)
		return located(n, b, err)
	})
}

// eachField asks every field that a name stands for. One that is not mapped is
// asked all the same, and selects nothing.
func (s store) eachField(n kql.Node, field *kql.Value, ask func(name string) (elastic.Bits, error)) (elastic.Bits, error) {
	switch {
	case field.IsNull():
		return elastic.Bits{}, unknownf(n.Offset(), "null for a field, which is all fields")
	case field.IsAny():
		return elastic.Bits{}, unknownf(n.Offset(), "a value that is searched in all fields")
	case !field.IsPattern():
		return ask(field.Text())
	}
	out, matches := s.ix.None(), elastic.NewPattern(pattern(field), false)
	for _, name := range s.ix.Fields() {
		if !matches.Match(name) {
			continue
		}
		b, err := ask(name)
		if err != nil {
			return b, err
		}
		out.Or(b)
	}
	return out, nil
}

// pattern makes a pattern of a value: a ? in it is a question mark.
func pattern(v *kql.Value) lucene.Pattern {
	var out lucene.Pattern
	for i, piece := range v.Pieces {
		if i > 0 {
			out = append(out, lucene.PatternPart{Run: true})
		}
		if piece != "" {
			out = append(out, lucene.PatternPart{Text: piece})
		}
	}
	return out
}
