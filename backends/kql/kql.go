package kql

import (
	"fmt"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
)

// Backend prints KQL. It has no state and may be used by several goroutines.
type Backend struct{}

var _ backends.Backend = Backend{}

// New returns the backend.
func New() Backend { return Backend{} }

// Name implements backends.Backend.
func (Backend) Name() string { return name }

// Aliases implements backends.Backend. Kuery is what Kibana's source and its
// saved objects call the language.
func (Backend) Aliases() []string { return []string{"kuery"} }

// Language implements backends.Backend.
func (Backend) Language() string { return "KQL" }

// Extension implements backends.Backend.
func (Backend) Extension() string { return ".kql" }

const name = "kql"

const (
	// maxMembers bounds one group. Elasticsearch's kql query passes 1,025
	// members, and does not answer for 3,000 in one group (measured); Kibana has no
	// such bound.
	maxMembers = 500
	// maxDepth bounds groups and negations inside each other. Elasticsearch
	// refuses more than 30 boolean queries in one another
	// (indices.query.bool.max_nested_depth); a leaf is one more to Kibana, and
	// the applications around the query need a few.
	maxDepth = 24
)

// Convert implements backends.Backend. The fields of a rule have no place in
// KQL: Kibana takes the columns from the saved search.
func (Backend) Convert(q *ast.Query, opts backends.Options) (*backends.Output, error) {
	expr, err := backends.Prepare(name, q)
	if err != nil {
		return nil, err
	}
	c := converter{uses: map[string]*use{}}
	clause, err := backends.Translate(expr, c.leaf, nil)
	if err != nil {
		return nil, err
	}
	notes, err := c.assumptions()
	if err != nil {
		return nil, err
	}
	clause = backends.Fold(clause)
	if depth(clause) > maxDepth {
		return nil, unsupported(backends.FeatureSize, expr.Range(), fmt.Sprintf("groups more than %d deep", maxDepth))
	}
	style := backends.Style{
		And: " and ", Or: " or ", Not: "not ",
		True: "*: *", False: "not *: *",
		Compact: opts.Compact, MaxMembers: maxMembers,
	}
	return &backends.Output{Query: style.Print(clause, ""), Notes: notes}, nil
}

// depth counts the boolean queries inside each other, those included that the
// printer makes of a group that is too long.
func depth(c backends.Clause) int {
	switch c := c.(type) {
	case backends.Neg:
		return 1 + depth(c.Of)
	case backends.All:
		return groupDepth(c)
	case backends.Any:
		return groupDepth(c)
	}
	return 0
}

func groupDepth(members []backends.Clause) int {
	deepest := 0
	for _, m := range members {
		deepest = max(deepest, depth(m))
	}
	levels := 1
	for n := len(members); n > maxMembers; n = (n + maxMembers - 1) / maxMembers {
		levels++
	}
	return levels + deepest
}

func unsupported(feature backends.Feature, span source.Span, detail string) error {
	return &backends.Unsupported{Backend: name, Feature: feature, Span: span, Detail: detail}
}
