package esql

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
)

// Backend prints ES|QL.
type Backend struct{}

// New returns the backend.
func New() Backend { return Backend{} }

// Name implements backends.Backend.
func (Backend) Name() string { return name }

// Aliases implements backends.Backend.
func (Backend) Aliases() []string { return []string{"es|ql"} }

// Language implements backends.Backend.
func (Backend) Language() string { return "ES|QL" }

// Extension implements backends.Backend.
func (Backend) Extension() string { return ".esql" }

const name = "esql"

// Convert implements backends.Backend.
func (Backend) Convert(q *ast.Query, opts backends.Options) (*backends.Output, error) {
	expr, err := backends.Prepare(name, q)
	if err != nil {
		return nil, err
	}
	c := converter{asText: map[string]bool{}, atoms: map[backends.Clause]atom{}, style: style(opts)}
	c.survey(expr)
	clause, err := backends.Translate(expr, c.leaf, c.leaves)
	if err != nil {
		return nil, err
	}
	if c.units > maxQueryUnits {
		return nil, unsupported(backends.FeatureSize, expr.Range(), "the engine may have too little memory for so many regular expressions, and would then match less")
	}
	clause = c.apart(backends.Fold(c.twoValued(backends.Fold(clause))))
	if c.depth(clause) > maxDepth || nesting(clause) > maxNesting {
		return nil, unsupported(backends.FeatureSize, expr.Range(), "the expression is deeper than the engine's parser allows")
	}
	text := from(opts) + commandSeparator(opts) + "WHERE " + c.style.Print(clause, "    ")
	if utf8.RuneCountInString(text) > maxQuery {
		return nil, unsupported(backends.FeatureSize, expr.Range(), fmt.Sprintf("the query would have more than %d characters", maxQuery))
	}
	c.noteTypes()
	return &backends.Output{Query: text, Notes: c.notes.List()}, nil
}

// The engine's limits (measured on Elasticsearch 8.19.21). A chain of operators
// is as deep as it is long: 298 members pass in one, 99 negations in a row.
const (
	maxMembers = 100
	maxDepth   = 270
	maxNesting = 90
	maxQuery   = 1_000_000
)

func style(opts backends.Options) backends.Style {
	return backends.Style{
		And: " AND ", Or: " OR ", Not: "NOT ", True: "TRUE", False: "FALSE",
		Compact: opts.Compact, MaxMembers: maxMembers,
	}
}

// from is the source command. Where a schema names the index, the rows keep the
// identity of their documents, which people ask for; an alert rule always needs
// it: by _id, an event that two runs see is one alert
// (https://www.elastic.co/docs/solutions/security/detect-and-alert/esql).
func from(opts backends.Options) string {
	command := "FROM *"
	if opts.Source.Index != "" {
		command = "FROM " + quoteIndex(opts.Source.Index)
	}
	switch {
	case opts.Alert:
		return command + " METADATA _id, _index, _version"
	case opts.Source.Index != "":
		return command + " METADATA _id, _index"
	}
	return command
}

func commandSeparator(opts backends.Options) string {
	if opts.Compact {
		return " | "
	}
	return "\n| "
}

func unsupported(feature backends.Feature, span source.Span, detail string) *backends.Unsupported {
	return &backends.Unsupported{Backend: name, Feature: feature, Span: span, Detail: detail}
}

// converter prints one query.
type converter struct {
	style backends.Style
	notes backends.Notes
	// asText holds the fields of unknown type that some leaf can only read as text.
	asText map[string]bool
	types  []assumedType
	atoms  map[backends.Clause]atom // by Atom, *Listing or *Call
	units  int                      // of the regular expressions that the index is asked for
}

// atom is what a clause needs to know of its text. The zero atom is a search,
// which is never null and stands in no function.
type atom struct {
	nature   nature
	negation string // of a test of presence: the other one
	depth    int    // of the expression in COALESCE
}

// nature tells whether a text may be null and where it may stand.
type nature uint8

const (
	searching nature = iota // never null, no operand of a function
	computing               // null when a field is missing or has several values
	settled                 // never null, any operand
)

// nullable makes an atom of text that is null for a missing field.
func (c *converter) nullable(text string) backends.Clause { return c.mark(backends.Atom(text)) }

// nullableList is nullable for a text with a list in it.
func (c *converter) nullableList(head string, items []string) backends.Clause {
	return c.mark(&backends.Listing{Head: head, Items: items, Tail: ")"})
}

func (c *converter) mark(a backends.Clause) backends.Clause {
	c.atoms[a] = atom{nature: computing}
	return a
}

// twoValued makes every negation see true or false only. Null is as good as
// false but under NOT, so that is where it is settled: once around an operand,
// or around those parts of it that may be null if a search, which no function
// takes, stands among them.
func (c *converter) twoValued(cl backends.Clause) backends.Clause {
	switch cl := cl.(type) {
	case backends.All:
		return backends.All(c.each(cl, c.twoValued))
	case backends.Any:
		return backends.Any(c.each(cl, c.twoValued))
	case backends.Neg:
		return c.negate(c.twoValued(cl.Of))
	}
	return cl
}

// negate negates a clause whose parts are two-valued under their negations. Of
// alternatives, tests of presence are negated by themselves: the index answers
// them, and COALESCE is no business of the index.
func (c *converter) negate(of backends.Clause) backends.Clause {
	if a, ok := of.(backends.Atom); ok && c.isPresence(a) {
		return c.presence(c.atoms[a].negation, string(a))
	}
	any, ok := of.(backends.Any)
	if !ok || !slices.ContainsFunc(any, c.isPresence) {
		return backends.Neg{Of: c.settle(of)}
	}
	var none backends.All
	var rest backends.Any
	for _, m := range any {
		if c.isPresence(m) {
			none = append(none, c.negate(m))
		} else {
			rest = append(rest, m)
		}
	}
	if len(rest) > 0 {
		none = append(none, backends.Neg{Of: c.settle(backends.Fold(rest))})
	}
	return none
}

// presence makes an atom that tests whether a column has a value.
func (c *converter) presence(text, negation string) backends.Clause {
	a := backends.Atom(text)
	c.atoms[a] = atom{nature: settled, negation: negation}
	return a
}

func (c *converter) isPresence(cl backends.Clause) bool {
	a, ok := cl.(backends.Atom)
	return ok && c.atoms[a].negation != ""
}

func (c *converter) each(members []backends.Clause, do func(backends.Clause) backends.Clause) []backends.Clause {
	out := make([]backends.Clause, len(members))
	for i, m := range members {
		out[i] = do(m)
	}
	return out
}

// settle gives a clause of the same truth that is never null.
func (c *converter) settle(cl backends.Clause) backends.Clause {
	if !c.holds(cl, computing) {
		return cl
	}
	if !c.holds(cl, searching) {
		call := &backends.Call{Name: "COALESCE", Of: cl, Args: "false"}
		c.atoms[call] = atom{nature: settled, depth: c.depth(cl)}
		return call
	}
	switch cl := cl.(type) {
	case backends.All:
		return backends.All(c.each(cl, c.settle))
	case backends.Any:
		return backends.Any(c.each(cl, c.settle))
	}
	return cl
}

// holds reports whether a clause has text of the given nature in it. What is
// negated has been settled already.
func (c *converter) holds(cl backends.Clause, n nature) bool {
	member := func(m backends.Clause) bool { return c.holds(m, n) }
	switch cl := cl.(type) {
	case backends.Atom, *backends.Listing, *backends.Call:
		return c.atoms[cl].nature == n
	case backends.All:
		return slices.ContainsFunc(cl, member)
	case backends.Any:
		return slices.ContainsFunc(cl, member)
	case backends.Neg:
		return c.holds(cl.Of, n)
	}
	return false
}

// depth bounds the depth of the engine's tree for a clause: a chain is as deep
// as it is long, and a group that is printed as groups is as deep as both.
func (c *converter) depth(cl backends.Clause) int {
	group := func(members []backends.Clause) int {
		deepest := 0
		for _, m := range members {
			deepest = max(deepest, c.depth(m))
		}
		n := 1
		for size := len(members); size > 0; size = (size + maxMembers - 1) / maxMembers {
			n += min(size, maxMembers)
			if size <= maxMembers {
				break
			}
		}
		return n + deepest
	}
	switch cl := cl.(type) {
	case backends.Atom, *backends.Listing, *backends.Call:
		return 1 + c.atoms[cl].depth
	case backends.All:
		return group(cl)
	case backends.Any:
		return group(cl)
	case backends.Neg:
		return 1 + c.depth(cl.Of)
	}
	return 1
}

// nesting counts parentheses and negations inside each other.
func nesting(cl backends.Clause) int {
	deepest := 0
	switch cl := cl.(type) {
	case backends.All:
		for _, m := range cl {
			deepest = max(deepest, nesting(m))
		}
	case backends.Any:
		for _, m := range cl {
			deepest = max(deepest, nesting(m))
		}
	case backends.Neg:
		deepest = nesting(cl.Of)
	case *backends.Call:
		deepest = nesting(cl.Of)
	default:
		return 0
	}
	return 1 + deepest
}
