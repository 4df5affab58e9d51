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
	match      string // the value as an operand of the match operator, for a field of known type
	expression string // of Lucene, between head and tail
	head, tail string
	join       bool // may share a regular expression with others of the same head and tail
	plain      bool // expression is a literal, or has no more states than one
	pattern    *pattern
	regex      *ast.Regex
	span       source.Span
}

// literal gives the text of a plain term.
func (t *term) literal() string {
	if t.pattern == nil || len(t.pattern.parts) == 0 {
		return ""
	}
	l, _ := t.pattern.parts[0].(ast.Literal)
	return string(l)
}

func (t *term) cased() bool { return t.pattern != nil && t.pattern.cased }

// pattern is the string that an expression was made from.
type pattern struct {
	parts []ast.Part // without the runs of head and tail
	cased bool
	one   string // an expression for any one character
}

const (
	// maxRegex is index.max_regex_length, in UTF-16 code units.
	maxRegex = 1000
	// maxClauses is how many clauses one QSTR may hold; Lucene's limit depends
	// on the heap and is 1,024 at the least.
	maxClauses = 1000
	// maxMatches bounds the operators : of one list, which are easier to read than
	// a query string; like it they look at every member of a field, and fail the
	// query where no index maps the field, as == does.
	maxMatches = 16
	// maxListUnits is how long the expressions of one list may be together, and
	// maxQueryUnits those of a query. The engine holds about a megabyte for
	// every thousand characters. When its memory ends, QSTR drops what is left
	// of the query and does not say so (measured on Elasticsearch 8.19.21 with
	// a heap of 1 GB: 100,000 pass, 300,000 do not).
	maxListUnits  = 30 * maxRegex
	maxQueryUnits = 100 * maxRegex
)

// search gathers the alternatives of one field.
type search struct {
	field    ast.Field
	computed string // an expression of ES|QL that is searched instead of the index, or ""
	terms    []*term
}

// group is a set of terms that share head and tail.
type group struct {
	head, tail string
	terms      []*term
}

// clauses prints the gathered terms: one QSTR for the field, and beside it what
// the index cannot be asked for.
func (c *converter) clauses(s *search) (backends.Any, error) {
	parts, out, err := c.values(s)
	if err != nil {
		return nil, err
	}
	groups, late := s.groups()
	for _, g := range groups {
		expressions, complex, err := c.expressions(s, g)
		if err != nil {
			return nil, err
		}
		late = append(late, complex...)
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
				c.units += regexUnits(rx)
				parts = append(parts, "/"+rx+"/")
			}
		}
	}
	if len(late) > 0 {
		a, err := c.replace(s, late)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return append(searches(s.field.Name, parts), out...), nil
}

// values prints the terms that are whole values, as clauses of the query string
// and as others.
func (c *converter) values(s *search) (parts []string, out backends.Any, err error) {
	many := 0
	for _, t := range s.terms {
		if t.expression == "" && !t.typed && !t.native {
			many++
		}
	}
	var in []string
	for _, t := range s.terms {
		switch {
		case t.expression != "":
		case s.computed != "":
			out = append(out, c.nullable(s.computed+" == "+quoteString(t.text)))
		case t.match != "" && s.field.Type != ast.TypeUnknown && len(s.terms) <= maxMatches:
			out = append(out, backends.Atom(quoteColumn(s.field.Name)+" : "+t.match))
		case t.native:
			parts = append(parts, t.text)
		case many > maxClauses && !t.typed && s.field.Multi != ast.MultiValued:
			in = append(in, quoteString(t.text))
		default:
			parts = append(parts, quoteTerm(t.text))
		}
	}
	if in != nil {
		if err := c.oneValueOf(s.field, backends.FeatureSize, s.terms[0].span); err != nil {
			return nil, nil, err
		}
		out = append(out, c.nullableList(quoteColumn(s.field.Name)+" IN (", in))
	}
	return parts, out, nil
}

// searches prints clauses of the query string over one field.
func searches(field string, parts []string) backends.Any {
	var out backends.Any
	for len(parts) > 0 {
		n := min(len(parts), maxClauses)
		out = append(out, backends.Atom(searchText(quoteTermField(field), parts[:n])))
		parts = parts[n:]
	}
	return out
}

// searchText writes QSTR("field:part"), or with a group of parts.
func searchText(field string, parts []string) string {
	var b strings.Builder
	size := len(`QSTR(":()")`) + len(field)
	for _, p := range parts {
		size += len(p) + strings.Count(p, `\`) + strings.Count(p, `"`) + len(" OR ")
	}
	b.Grow(size)
	b.WriteString(`QSTR("`)
	escapeString(&b, field)
	b.WriteByte(':')
	if len(parts) > 1 {
		b.WriteByte('(')
	}
	for i, p := range parts {
		if i > 0 {
			b.WriteString(" OR ")
		}
		escapeString(&b, p)
	}
	if len(parts) > 1 {
		b.WriteByte(')')
	}
	b.WriteString(`")`)
	return b.String()
}

// groups gathers the expressions by head and tail, each group at the place of
// its first. Strings of which there are too many for the index come apart.
func (s *search) groups() (groups []group, late []*term) {
	units := 0
	for _, t := range s.terms {
		if t.expression != "" {
			units += regexUnits(t.expression) + 1
		}
	}
	index := map[[2]string]int{}
	for _, t := range s.terms {
		if t.expression == "" {
			continue
		}
		if t.pattern != nil && (units > maxListUnits || regexUnits(t.expression) > maxRegex-10) {
			late = append(late, t)
			continue
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
	return groups, late
}

// expressions packs the terms of a group into as few expressions as the limits
// allow. complex are those that the engine may be unable to run.
func (c *converter) expressions(s *search, g group) (out []string, complex []*term, err error) {
	overhead := len(g.head) + len(g.tail) + len("()()")
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
		packed, hard, err := c.pack(s, group{g.head, g.tail, rest[:n]})
		if err != nil {
			return nil, nil, err
		}
		out, complex = append(out, packed...), append(complex, hard...)
		rest = rest[n:]
	}
	return out, complex, nil
}

// pack joins the terms of a group, or halves of them where the engine might
// fail on the whole.
func (c *converter) pack(s *search, g group) (out []string, complex []*term, err error) {
	if !g.complex() {
		return []string{g.expression()}, nil, nil
	}
	if len(g.terms) == 1 {
		t := g.terms[0]
		if !t.hasJava() {
			return nil, nil, unsupported(backends.FeatureSize, t.span, "the engine may find this expression too complex to determinize, and would then match nothing")
		}
		return nil, g.terms, nil
	}
	half := len(g.terms) / 2
	for _, part := range [][]*term{g.terms[:half], g.terms[half:]} {
		packed, hard, err := c.pack(s, group{g.head, g.tail, part})
		if err != nil {
			return nil, nil, err
		}
		out, complex = append(out, packed...), append(complex, hard...)
	}
	return out, complex, nil
}

func (g group) expression() string {
	var b strings.Builder
	units := 0
	for i := range g.terms {
		units += len(g.terms[i].expression) + 1
	}
	b.Grow(units + len(g.head) + len(g.tail) + len("()"))
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

// complex reports whether the engine may be unable to run the group's expression.
func (g group) complex() bool {
	bound, ok := g.costBound()
	if ok && bound <= costLimit {
		return false
	}
	literals := make([]string, 0, len(g.terms))
	folded := 0
	for _, t := range g.terms {
		if !t.plain {
			return tooComplex(g.expression())
		}
		literals = append(literals, t.literal())
		if !t.cased() {
			folded++
		}
	}
	switch {
	case g.head == "":
		// Without a run at the head the sets of states are those of a tree.
		return false
	case folded != 0 && folded != len(g.terms):
		return tooComplex(g.expression())
	}
	// Behind a match the sets are the same again, and each has the runs in it.
	return 4*literalCost(literals, folded > 0) > costLimit
}

// costBound bounds the cost of the group's automaton from above, and quickly,
// where its terms are made of texts, dashes and runs. Behind a run, a set of
// states is known from the longest beginning of a text that the input ends
// with, and from the runs that have been reached; a dash may be read in three
// ways that texts beside it can tell apart.
func (g group) costBound() (bound int, ok bool) {
	letters, runs, spellings := 0, len(g.head)/len(padAny)+len(g.tail)/len(padAny), 1
	for _, t := range g.terms {
		if t.pattern == nil || t.cased() != g.terms[0].cased() {
			return 0, false
		}
		ways := 1
		for _, p := range t.pattern.parts {
			switch p := p.(type) {
			case ast.Literal:
				letters += len(p)
			case ast.Dash:
				letters++
				ways = min(3*ways, costLimit)
			case ast.AnyRun:
				runs++
			default:
				return 0, false
			}
		}
		spellings = max(spellings, ways)
	}
	if len(g.terms) > 1 && runs > 2 {
		return 0, false
	}
	sets := (runs + 1) * (letters + runs + 1) * spellings
	return sets * (letters + runs + 1), true
}
