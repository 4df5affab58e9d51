package esql

import (
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
)

// term is one alternative of a search in a field: a whole value, or a regular
// expression for one.
type term struct {
	text       string // the value, if expression is ""
	native     bool   // text is no value but stands in the query string as it is
	typed      bool   // the value means something to fields of other types too
	expression string // of Lucene, between head and tail
	head, tail string
	join       bool // may share a regular expression with others of the same head and tail
	plain      bool // expression is made of classes of one letter only
	letters    int  // how many, in a plain one
	span       source.Span
}

const (
	// maxRegex is index.max_regex_length, in UTF-16 code units.
	maxRegex = 1000
	// maxClauses is how many clauses one QSTR may hold; Lucene's limit depends
	// on the heap and is 1,024 at the least.
	maxClauses = 1000
	// maxTerms is how many whole values are written one by one. More of them
	// share regular expressions, of which hundreds of values make few clauses.
	maxTerms = 200
)

// search gathers the alternatives of one field.
type search struct {
	field    ast.Field
	computed string // an expression of ES|QL that is searched instead of the index, or ""
	terms    []term
}

// group is a set of terms that share head and tail.
type group struct {
	head, tail string
	terms      []term
}

// clauses prints the gathered terms: one QSTR for the field, and where an
// expression is too long for the index, a computed search beside it.
func (c *converter) clauses(s *search) (backends.Any, error) {
	whole, groups := s.sort()
	var out backends.Any
	var parts []string
	for _, t := range whole {
		switch {
		case s.computed != "":
			out = append(out, c.nullable(s.computed+" == "+quoteString(t.text)))
		case t.native:
			parts = append(parts, t.text)
		default:
			parts = append(parts, quoteTerm(t.text))
		}
	}
	for _, g := range groups {
		expressions, err := c.expressions(s, g)
		if err != nil {
			return nil, err
		}
		for _, rx := range expressions {
			switch {
			case s.computed != "":
				out = append(out, c.nullable(s.computed+" RLIKE "+quoteString(rx)))
			case regexUnits(rx) > maxRegex:
				// Only the index has the limit; a computed value has not.
				if err := c.oneValueOf(s.field, backends.FeatureSize, g.terms[0].span); err != nil {
					return nil, err
				}
				out = append(out, c.nullable("CONCAT("+quoteColumn(s.field.Name)+`, "") RLIKE `+quoteString(rx)))
			default:
				parts = append(parts, "/"+rx+"/")
			}
		}
	}
	return append(searches(s.field.Name, parts), out...), nil
}

// searches prints clauses of the query string over one field.
func searches(field string, parts []string) backends.Any {
	var out backends.Any
	for len(parts) > 0 {
		n := min(len(parts), maxClauses)
		text := parts[0]
		if n > 1 {
			text = "(" + strings.Join(parts[:n], " OR ") + ")"
		}
		out = append(out, backends.Atom("QSTR("+quoteString(quoteTermField(field)+":"+text)+")"))
		parts = parts[n:]
	}
	return out
}

// sort splits the terms into whole values and groups of expressions, each at
// the place of its first.
func (s *search) sort() (whole []term, groups []group) {
	values := 0
	for _, t := range s.terms {
		if t.expression == "" {
			values++
		}
	}
	index := map[[2]string]int{}
	for _, t := range s.terms {
		if t.expression == "" {
			if values <= maxTerms || t.native || t.typed || t.text == "" {
				whole = append(whole, t)
				continue
			}
			t = patternTerm(&ast.Pattern{Parts: []ast.Part{ast.Literal(t.text)}, Cased: true, Span: t.span})
		}
		key := [2]string{t.head, t.tail}
		i, ok := index[key]
		if !ok || !t.join {
			i = len(groups)
			groups = append(groups, group{head: t.head, tail: t.tail})
			if t.join {
				index[key] = i
			}
		}
		groups[i].terms = append(groups[i].terms, t)
	}
	return whole, groups
}

// expressions packs the terms of a group into as few expressions as the limits
// allow.
func (c *converter) expressions(s *search, g group) ([]string, error) {
	overhead := len(g.head) + len(g.tail) + len("()")
	var out []string
	for rest := g.terms; len(rest) > 0; {
		n, units := 1, overhead+regexUnits(rest[0].expression)
		for n < len(rest) {
			more := 1 + regexUnits(rest[n].expression)
			if units+more > maxRegex {
				break
			}
			units += more
			n++
		}
		packed, err := c.pack(s, group{g.head, g.tail, rest[:n]})
		if err != nil {
			return nil, err
		}
		out = append(out, packed...)
		rest = rest[n:]
	}
	return out, nil
}

// pack joins the terms of a group, or halves of them where the engine might
// fail on the whole.
func (c *converter) pack(s *search, g group) ([]string, error) {
	rx := g.expression()
	if g.cheap() || !tooComplex(rx) {
		return []string{rx}, nil
	}
	if len(g.terms) == 1 {
		return nil, unsupported(backends.FeatureSize, g.terms[0].span, "the engine may find this expression too complex to determinize, and would then match nothing")
	}
	half := len(g.terms) / 2
	first, err := c.pack(s, group{g.head, g.tail, g.terms[:half]})
	if err != nil {
		return nil, err
	}
	second, err := c.pack(s, group{g.head, g.tail, g.terms[half:]})
	return append(first, second...), err
}

func (g group) expression() string {
	var b strings.Builder
	b.WriteString(g.head)
	if len(g.terms) > 1 {
		b.WriteByte('(')
	}
	for i, t := range g.terms {
		if i > 0 {
			b.WriteByte('|')
		}
		b.WriteString(t.expression)
	}
	if len(g.terms) > 1 {
		b.WriteByte(')')
	}
	b.WriteString(g.tail)
	rx := b.String()
	if strings.HasSuffix(rx, `\`) {
		// A backslash before the closing slash would seem to escape it.
		return "(" + rx + ")"
	}
	return rx
}

// cheap reports whether the group's cost is known without an estimate.
func (g group) cheap() bool {
	letters := 0
	for _, t := range g.terms {
		if !t.plain {
			return false
		}
		letters += t.letters
	}
	// Without a run at the head the sets of states are those of a tree.
	return g.head == "" || letters <= plainLimit
}
