package esql

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"sigmatic/evaluator/dialect/elastic"
	"sigmatic/parser/query/esql"
	"sigmatic/parser/query/lucene"
)

// maxRegexp is how long an expression may be that the index is asked with.
const maxRegexp = 1000

// like compiles LIKE and RLIKE.
func (c *compiler) like(e *esql.Like) (expr, error) {
	of, err := c.operand(e.Of)
	if err != nil {
		return expr{}, err
	}
	if of.kind == null {
		return constant(null), nil
	}
	if !of.kind.isString() {
		return expr{}, failf(e.Offset(), "LIKE and RLIKE take strings, and %s is %s", e.Of, of.kind)
	}
	automata := make([]*elastic.Automaton, len(e.Patterns))
	for i, p := range e.Patterns {
		if automata[i], err = automaton(e, p); err != nil {
			return expr{}, err
		}
	}
	if out, ok, err := c.simpler(e, of, automata); ok || err != nil {
		return out, err
	}
	memo, indexed := map[string]bool{}, automata
	if e.Regexp && of.indexed() && slices.ContainsFunc(e.Patterns, lucene.HasRuns) {
		if indexed, err = indexAutomata(e); err != nil {
			return expr{}, err
		}
	}
	tooLong := e.Regexp && slices.ContainsFunc(e.Patterns, func(p string) bool { return elastic.Units(p) > maxRegexp })
	return c.fold(expr{kind: boolean, pushable: of.indexed(), eval: func(r *row) []any {
		if tooLong && c.indexed != nil && *c.indexed {
			r.err = failf(e.Offset(), "the index takes expressions of up to %d characters", maxRegexp)
			return nil
		}
		v, ok := one(of.eval(r))
		if !ok {
			return nil
		}
		matched, known := memo[v.(string)]
		if !known {
			used := automata
			if c.indexed != nil && *c.indexed {
				used = indexed
			}
			matched = slices.ContainsFunc(used, func(m *elastic.Automaton) bool { return m.Match(v.(string)) })
			memo[v.(string)] = matched
		}
		return boolValue(matched != e.Negated)
	}}, of)
}

func automaton(e *esql.Like, pattern string) (*elastic.Automaton, error) {
	if !e.Regexp {
		p, err := likePattern(pattern)
		if err != "" {
			return nil, failf(e.Offset(), "the pattern %q: %s", pattern, err)
		}
		return elastic.NewPattern(p, false), nil
	}
	re, err := lucene.ParseRegexp(pattern)
	if err != nil {
		return nil, failf(e.Offset(), "the pattern %q: %v", pattern, err)
	}
	return elastic.NewRegexp(re), nil
}

// indexAutomata are those of the expressions as the index reads them.
func indexAutomata(e *esql.Like) ([]*elastic.Automaton, error) {
	out := make([]*elastic.Automaton, len(e.Patterns))
	for i, p := range e.Patterns {
		re, err := lucene.ParseQueryRegexp(p)
		if err != nil {
			return nil, unknownf(e.Offset(), "the pattern %q: %v", p, err)
		}
		out[i] = elastic.NewRegexp(re)
	}
	return out, nil
}

// likePattern reads a pattern of LIKE, in which a backslash stands only before a
// wildcard or a backslash.
func likePattern(text string) (p lucene.Pattern, reason string) {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		if i++; i == len(text) {
			return nil, "a backslash at the end"
		}
		if strings.IndexByte(`*?\`, text[i]) < 0 {
			return nil, "a backslash before something else than *, ? or a backslash"
		}
	}
	return lucene.ParsePattern(text), ""
}

// simpler carries out what the optimizer makes of patterns that match
// everything, or one text only.
func (c *compiler) simpler(e *esql.Like, of expr, automata []*elastic.Automaton) (expr, bool, error) {
	if e.List {
		return expr{}, false, nil
	}
	m := automata[0]
	if m.MatchesAll() {
		if e.Regexp && strings.Contains(e.Patterns[0], "{") {
			return expr{}, false, unknownf(e.Offset(), "whether the optimizer sees that %q matches everything", e.Patterns[0])
		}
		return expr{kind: boolean, pushable: of.field != nil, eval: func(r *row) []any { return boolValue((len(of.eval(r)) > 0) != e.Negated) }}, true, nil
	}
	if text, ok := m.Single(); ok {
		return c.insensitive(of, constant(keyword, text), e.Negated)
	}
	return expr{}, false, nil
}

// caseChange is TO_LOWER or TO_UPPER and what it is applied to.
type caseChange struct {
	of     expr
	change func(string) (string, bool)
}

// insensitive compiles the comparison of a changed case with a constant as the
// optimizer does (ReplaceStringCasingWithInsensitiveEquals): only the letters of
// ASCII fold. A constant in the other case is never equal, which is false and not
// null, and != with it asks only whether there is a value.
func (c *compiler) insensitive(left, right expr, negated bool) (expr, bool, error) {
	want, ok := right.text()
	if !ok || left.folds == nil || left.isConstant {
		return expr{}, false, nil
	}
	if changed, known := left.folds.change(want); !known {
		return expr{}, false, unknownf(-1, "the case of %q", want)
	} else if changed != want {
		if negated {
			return notNull(left.folds.of), true, nil
		}
		return constant(boolean, false), true, nil
	}
	of := left.folds.of
	return expr{kind: boolean, pushable: of.indexed(), eval: func(r *row) []any {
		v, ok := one(of.eval(r))
		if !ok {
			return nil
		}
		return boolValue(equalASCII(v.(string), want) != negated)
	}}, true, nil
}

// notNull is IS NOT NULL.
func notNull(of expr) expr {
	return expr{kind: boolean, pushable: of.field != nil, eval: func(r *row) []any { return boolValue(len(of.eval(r)) > 0) }}
}

// equalASCII compares two texts without regard to the case of ASCII letters.
func equalASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if x, y := a[i], b[i]; x != y && (x^y != 0x20 || x|0x20 < 'a' || x|0x20 > 'z') {
			return false
		}
	}
	return true
}

// lower folds as Java's toLowerCase: by single characters, but for İ, which
// becomes two, and for Σ at the end of a word.
func lower(s string) (string, bool) {
	if !strings.ContainsAny(s, "İΣ") {
		return strings.ToLower(s), true
	}
	runes := []rune(s)
	var b strings.Builder
	for i, r := range runes {
		switch {
		case r == 'İ':
			b.WriteString("i\u0307")
		case r == 'Σ' && finalSigma(runes, i):
			b.WriteRune('ς')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String(), true
}

// finalSigma is the condition Final_Sigma of Unicode: a letter before, none
// behind, marks and some punctuation apart.
func finalSigma(runes []rune, at int) bool {
	before, behind := at-1, at+1
	for before >= 0 && caseIgnorable(runes[before]) {
		before--
	}
	for behind < len(runes) && caseIgnorable(runes[behind]) {
		behind++
	}
	return before >= 0 && cased(runes[before]) && (behind == len(runes) || !cased(runes[behind]))
}

func cased(r rune) bool {
	return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r) || unicode.In(r, unicode.Other_Lowercase, unicode.Other_Uppercase)
}

func caseIgnorable(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) || strings.ContainsRune("'.:·\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a", r)
}

// upper folds to upper case; false where Java makes several characters of one.
func upper(s string) (string, bool) {
	for _, r := range s {
		if r >= utf8.RuneSelf && unicode.IsLower(r) && unicode.ToUpper(r) == r {
			return "", false
		}
	}
	return strings.ToUpper(s), true
}
