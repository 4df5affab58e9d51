// Package backends is what all query languages share: the contract of a
// backend, its three answers, and the printing of boolean expressions. Each
// language has a package of its own below; none of them imports another.
//
// The contract. For each leaf of a query, in each polarity, a backend prints
// text that selects exactly what the leaf selects, or a superset in the indexed
// part with an exact filter behind it, or it returns *Unsupported. Where the
// text is right only under a trait of the user's store (one value in a field,
// letter case, …), the Output carries a Note with a code of the closed list in
// notes.go. There is no fourth answer.
package backends

import (
	"sigmatic/ast"
)

// Backend prints queries in one language.
type Backend interface {
	// Name is the target's name on the command line: splunk, esql, kql, logsql.
	Name() string
	// Aliases are other names that the command line accepts.
	Aliases() []string
	// Language is the name that people know: SPL, ES|QL, KQL, LogsQL.
	Language() string
	// Extension is that of files that hold one query, with its dot.
	Extension() string
	// Formats are the kinds of files that its products import.
	Formats() []Format
	// Convert prints one query. The error is an *Unsupported.
	Convert(q *ast.Query, opts Options) (*Output, error)
}

// Options are the user's wishes on the text, and where the events are stored;
// none of them changes which of those events the query selects.
type Options struct {
	Compact bool // one line
	// Alert is set where an alert rule runs the query: it gives back what tells
	// events apart, and leaves out what is only for people to look at.
	Alert  bool
	Source Source
}

// Source says where a target keeps the events of a log source, as a schema knows
// it. A backend prints what its language has a place for.
type Source struct {
	Index      string // an index or a pattern of them: Elasticsearch, Splunk
	Sourcetype string // Splunk
	Stream     string // a stream filter without braces: VictoriaLogs
}

// Output is a query and the assumptions it rests on.
type Output struct {
	Query string
	Notes []Note // sorted by code, each code once
}

// Prepare gives the expression that a backend prints: simplified, and free of
// what no language can say. The error is an *Unsupported.
func Prepare(backend string, q *ast.Query) (ast.Expr, error) {
	expr := q.Simplified().Expr
	if missing := ast.Placeholders(expr); len(missing) > 0 {
		return expr, &Unsupported{
			Backend: backend, Feature: FeaturePlaceholder, Span: missing[0].Span,
			Detail: "the placeholder %" + missing[0].Value + "% has no value",
		}
	}
	var err error
	ast.Leaves(expr, func(m *ast.Match, _ bool) {
		if v, ok := m.Value.(*ast.Members); ok && err == nil {
			err = &Unsupported{
				Backend: backend, Feature: FeatureArray, Span: v.Span,
				Detail: "its events are flat: which values of a list belong to one member is not kept",
			}
		}
	})
	return expr, err
}
