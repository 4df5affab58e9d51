package esql

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"sigmatic/evaluator/dialect"
	"sigmatic/evaluator/dialect/elastic"
	"sigmatic/parser/query/esql"
)

// Interpreter runs ES|QL. There is one variant.
type Interpreter struct{}

var _ dialect.Interpreter = Interpreter{}

// New returns the interpreter.
func New() Interpreter { return Interpreter{} }

// Name implements dialect.Interpreter.
func (Interpreter) Name() string { return "esql" }

// Variant implements dialect.Interpreter.
func (Interpreter) Variant() string { return "" }

// Load implements dialect.Interpreter.
func (Interpreter) Load(docs []dialect.Document, m dialect.Mapping) (dialect.Store, error) {
	ix, err := elastic.New(docs, m)
	if err != nil {
		return nil, err
	}
	return store{ix}, nil
}

type store struct{ ix *elastic.Index }

// Select implements dialect.Store.
func (s store) Select(query string) ([]string, error) {
	t, err := s.run(query)
	if err != nil {
		return nil, err
	}
	if t.grouped {
		return nil, unknownf(-1, "which documents a query with STATS selects")
	}
	ids := make([]string, 0, len(t.rows))
	for _, r := range t.rows {
		ids = append(ids, s.ix.ID(r.doc))
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// maxRows is how many rows the engine gives without LIMIT.
const maxRows = 1000

// Rows implements dialect.Store.
func (s store) Rows(query string) ([]dialect.Row, error) {
	t, err := s.run(query)
	if err != nil {
		return nil, err
	}
	if len(t.rows) > maxRows {
		if !t.ordered {
			return nil, unknownf(-1, "which %d of %d rows come back", maxRows, len(t.rows))
		}
		t.rows = t.rows[:maxRows]
	}
	out := make([]dialect.Row, len(t.rows))
	for i, r := range t.rows {
		out[i] = dialect.Row{}
		for _, c := range t.columns {
			out[i][c.name] = present(c.typ, c.eval(r))
		}
		if r.err != nil {
			return nil, r.err
		}
	}
	return out, nil
}

// maxQuery is how many characters a query may have (emissions §4).
const maxQuery = 1_000_000

func (s store) run(query string) (*table, error) {
	if utf8.RuneCountInString(query) > maxQuery {
		return nil, failf(maxQuery, "the query is longer than %d characters", maxQuery)
	}
	q, err := esql.Parse(query)
	if err != nil {
		var syntax *esql.SyntaxError
		if errors.As(err, &syntax) {
			return nil, &dialect.QueryError{Language: language, Offset: syntax.Offset, Unknown: syntax.Unknown, Detail: syntax.Detail}
		}
		return nil, failf(-1, "%v", err)
	}
	return run(s.ix, q)
}

const language = "ES|QL"

// failf is an error that the engine has too.
func failf(at int, format string, args ...any) error {
	return &dialect.QueryError{Language: language, Offset: at, Detail: fmt.Sprintf(format, args...)}
}

// unknownf is about a construct that is not known here.
func unknownf(at int, format string, args ...any) error {
	return &dialect.QueryError{Language: language, Offset: at, Unknown: true, Detail: "not known: " + fmt.Sprintf(format, args...)}
}

// located gives an error of the index a place in the query.
func located(at int, err error) error {
	var query *dialect.QueryError
	var unknown *elastic.UnknownError
	switch {
	case err == nil || errors.As(err, &query):
		return err
	case errors.As(err, &unknown):
		return unknownf(at, "%s", unknown.Detail)
	}
	return failf(at, "%s", err)
}
