package processing

import (
	"fmt"
	"slices"
	"strings"

	"sigmatic/ast/diag"
	"sigmatic/parser/yamldoc"
)

// gate is a set of conditions and how they are joined.
type gate[C any] struct {
	conditions []C
	join       join // nil for none
	negated    bool
	// emptyHolds is what a negated gate without conditions says.
	emptyHolds bool
}

// holds asks test about each condition as far as needed.
func (g *gate[C]) holds(test func(C) bool) bool {
	if g.join == nil {
		return !g.negated || g.emptyHolds
	}
	return g.join.holds(func(i int) bool { return test(g.conditions[i]) }) != g.negated
}

// join is an expression over the conditions of a gate, by their number.
type join interface {
	holds(test func(int) bool) bool
}

type (
	joinAll []join
	joinAny []join
	joinNot struct{ operand join }
	joinRef int
)

func (j joinAll) holds(test func(int) bool) bool {
	return !slices.ContainsFunc(j, func(o join) bool { return !o.holds(test) })
}

func (j joinAny) holds(test func(int) bool) bool {
	return slices.ContainsFunc(j, func(o join) bool { return o.holds(test) })
}

func (j joinNot) holds(test func(int) bool) bool { return !j.operand.holds(test) }

func (j joinRef) holds(test func(int) bool) bool { return test(int(j)) }

// parseJoin reads an expression over names: not, and, or, parentheses. Names
// are whole words, so that nothing and android are names.
//
//	or  = and { "or" and }
//	and = not { "and" not }
//	not = "not" not | "(" or ")" | name
func parseJoin(n *yamldoc.Node, names []string) (join, *diag.Diagnostic) {
	p := joinParser{node: n, names: names, used: make([]bool, len(names))}
	p.next()
	j := p.or(0)
	if p.fault == nil && p.word != "" {
		p.failf(`expected "and", "or" or the end, found %q`, p.word)
	}
	for i, name := range names {
		if p.fault == nil && !p.used[i] {
			p.fault = &diag.Diagnostic{Code: diag.PipelineConditions, Severity: diag.Error, Span: n.Span,
				Summary: fmt.Sprintf("the expression leaves out the condition %q", name),
				Help:    "use each condition, or remove it"}
		}
	}
	return j, p.fault
}

// maxJoinDepth bounds parentheses and negations.
const maxJoinDepth = 100

type joinParser struct {
	node     *yamldoc.Node
	names    []string
	used     []bool
	word     string // "" at the end
	from, to int
	fault    *diag.Diagnostic
}

// next moves to the next word or parenthesis.
func (p *joinParser) next() {
	s := p.node.Text
	at := p.to
	for at < len(s) && strings.IndexByte(" \t\r\n", s[at]) >= 0 {
		at++
	}
	end := at
	for end < len(s) && strings.IndexByte(" \t\r\n()", s[end]) < 0 {
		end++
	}
	if end == at && at < len(s) {
		end++ // a parenthesis
	}
	p.from, p.to, p.word = at, end, s[at:end]
}

func (p *joinParser) failf(format string, args ...any) {
	if p.fault == nil {
		p.fault = &diag.Diagnostic{Code: diag.PipelineConditions, Severity: diag.Error, Span: p.node.Sub(p.from, p.to), Summary: fmt.Sprintf(format, args...)}
	}
}

func (p *joinParser) or(depth int) join {
	out := joinAny{p.and(depth)}
	for p.word == "or" && p.fault == nil {
		p.next()
		out = append(out, p.and(depth))
	}
	return out
}

func (p *joinParser) and(depth int) join {
	out := joinAll{p.not(depth)}
	for p.word == "and" && p.fault == nil {
		p.next()
		out = append(out, p.not(depth))
	}
	return out
}

func (p *joinParser) not(depth int) join {
	word := p.word
	i := slices.Index(p.names, word)
	switch {
	case depth > maxJoinDepth:
		p.failf("the expression is nested more than %d levels deep", maxJoinDepth)
	case word == "not":
		p.next()
		return joinNot{p.not(depth + 1)}
	case word == "(":
		p.next()
		inner := p.or(depth + 1)
		if p.word != ")" {
			p.failf(`expected ")", found %s`, found(p.word))
		}
		p.next()
		return inner
	case word == "" || word == ")" || word == "and" || word == "or":
		p.failf("expected the name of a condition, found %s", found(word))
	case i < 0:
		p.failf("the expression names %q, and the conditions are %s", word, quotedList(p.names))
		if near := diag.Nearest(word, p.names); near != "" {
			p.fault.Help = fmt.Sprintf("did you mean %q?", near)
		}
	default:
		p.used[i] = true
		p.next()
		return joinRef(i)
	}
	return joinAll{}
}

func found(word string) string {
	if word == "" {
		return "the end"
	}
	return fmt.Sprintf("%q", word)
}

func quotedList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(quoted, ", ")
}
