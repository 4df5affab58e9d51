package splunk

import (
	"strconv"
	"strings"

	"sigmatic/ast"
	"sigmatic/backends"
)

const name = "splunk"

// Backend prints SPL. It has no state; New and the zero value are the same.
type Backend struct{}

// New returns the backend.
func New() *Backend { return &Backend{} }

// Name implements backends.Backend.
func (*Backend) Name() string { return name }

// Aliases implements backends.Backend.
func (*Backend) Aliases() []string { return []string{"spl"} }

// Language implements backends.Backend.
func (*Backend) Language() string { return "SPL" }

// Extension implements backends.Backend.
func (*Backend) Extension() string { return ".spl" }

// Convert implements backends.Backend: a search stage, a where stage where the
// search cannot be exact, and a table of the rule's fields.
func (*Backend) Convert(q *ast.Query, opts backends.Options) (*backends.Output, error) {
	expr, err := backends.Prepare(name, q)
	if err != nil {
		return nil, err
	}
	if err := refuseReserved(expr); err != nil {
		return nil, err
	}
	var t translation
	search, rest := t.searchStage(expr)
	stages := []string{searchStyle(opts).Print(within(opts.Source, t.gatherLists(search)), "")}
	if rest != nil {
		where, err := t.whereStage(rest)
		if err != nil {
			return nil, err
		}
		stages = append(stages, "| where "+whereStyle(opts).Print(where, "  "))
	}
	if q.Rule != nil {
		table, err := tableStage(q.Rule.Fields)
		if err != nil {
			return nil, err
		}
		if table != "" {
			stages = append(stages, table)
		}
	}
	separator := "\n"
	if opts.Compact {
		separator = " "
	}
	ast.Leaves(expr, func(m *ast.Match, _ bool) { t.note(m) })
	return &backends.Output{Query: strings.Join(stages, separator), Notes: t.noteList()}, nil
}

// within adds the terms that say where the events are.
func within(s backends.Source, search backends.Clause) backends.Clause {
	var terms []string
	for _, term := range []struct{ name, value string }{{"index", s.Index}, {"sourcetype", s.Sourcetype}} {
		if term.value != "" {
			terms = append(terms, term.name+"="+quoteSource(term.value))
		}
	}
	if terms == nil {
		return search
	}
	return backends.Fold(backends.All{backends.Atom(strings.Join(terms, " ")), search})
}

// A blank is AND in search. NOT * finds nothing (Search Manual, "Wildcards").
func searchStyle(opts backends.Options) backends.Style {
	return backends.Style{And: " ", Or: " OR ", Not: "NOT ", True: "*", False: "NOT *", Compact: opts.Compact}
}

func whereStyle(opts backends.Options) backends.Style {
	return backends.Style{And: " AND ", Or: " OR ", Not: "NOT ", True: "1=1", False: "1=0", Compact: opts.Compact}
}

// tableStage shows the rule's fields, or is "".
func tableStage(fields []ast.Text) (string, error) {
	var names []string
	seen := map[string]bool{}
	for _, f := range fields {
		if f.Value == "" || seen[f.Value] {
			continue
		}
		seen[f.Value] = true
		quoted, ok := quoteName(f.Value)
		if !ok {
			return "", &backends.Unsupported{
				Backend: name, Feature: backends.FeatureFieldName, Span: f.Span,
				Detail: "no documented way to write the name " + strconv.Quote(f.Value) + " in a table",
			}
		}
		names = append(names, quoted)
	}
	if names == nil {
		return "", nil
	}
	return "| table " + strings.Join(names, ","), nil
}

// translation is the printing of one query.
type translation struct {
	members map[backends.Atom]member // search atoms that IN can gather
	notes   backends.Notes
	single  []string // the fields that are taken to hold one value
}

// searchStage gives the search stage of e, and the expression that the where
// stage must check, nil if the search stage is exact. What holds together with
// the rest and is exact in the search stage is not said again in the where stage.
func (t *translation) searchStage(e ast.Expr) (backends.Clause, ast.Expr) {
	var search backends.All
	var rest []ast.Expr
	for _, c := range t.conjuncts(e) {
		clause, exact := backends.Prefilter(c, t.search)
		search = append(search, clause)
		if !exact {
			rest = append(rest, c)
		}
	}
	switch len(rest) {
	case 0:
		return backends.Fold(search), nil
	case 1:
		return backends.Fold(search), rest[0]
	}
	return backends.Fold(search), &ast.And{Terms: rest, Span: e.Range()}
}

// conjuncts takes e apart into expressions that must all hold. The alternatives
// below a negation part into those that the search stage can say and the others.
func (t *translation) conjuncts(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.And:
		var out []ast.Expr
		for _, term := range e.Terms {
			out = append(out, t.conjuncts(term)...)
		}
		return out
	case *ast.Not:
		or, ok := e.Term.(*ast.Or)
		if !ok {
			break
		}
		var exact, others []ast.Expr
		for _, term := range or.Terms {
			if _, ok := backends.Prefilter(term, t.search); ok {
				exact = append(exact, term)
			} else {
				others = append(others, term)
			}
		}
		if exact == nil || others == nil {
			break
		}
		none := func(terms []ast.Expr) ast.Expr {
			if len(terms) == 1 {
				return &ast.Not{Term: terms[0], Span: e.Span}
			}
			return &ast.Not{Term: &ast.Or{Terms: terms, Span: or.Span}, Span: e.Span}
		}
		return []ast.Expr{none(exact), none(others)}
	}
	return []ast.Expr{e}
}

// whereStage gives the exact condition for e.
func (t *translation) whereStage(e ast.Expr) (backends.Clause, error) {
	c, err := backends.Translate(e, t.where, t.whereList)
	if err != nil {
		return nil, err
	}
	return guardNegations(backends.Fold(c)), nil
}

// guardNegations puts a comparison below a NOT in parentheses. The manual ranks
// NOT among the boolean operators only and says nothing of NOT a=b.
func guardNegations(c backends.Clause) backends.Clause {
	each := func(list []backends.Clause) []backends.Clause {
		out := make([]backends.Clause, len(list))
		for i, m := range list {
			out[i] = guardNegations(m)
		}
		return out
	}
	switch c := c.(type) {
	case backends.All:
		return backends.All(each(c))
	case backends.Any:
		return backends.Any(each(c))
	case backends.Neg:
		if a, ok := c.Of.(backends.Atom); ok && (strings.HasSuffix(string(a), isTrue) || strings.HasPrefix(string(a), orNothing)) {
			return backends.Neg{Of: "(" + a + ")"}
		}
		return backends.Neg{Of: guardNegations(c.Of)}
	}
	return c
}
