package esql

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/backends"
)

// REPLACE is the one function of ES|QL that takes a regular expression of
// Java's, which has no limit of length and is not determinized: a list of
// 6,000 hashes takes a third of a second and no memory to speak of (measured
// on Elasticsearch 8.19.21). It tells whether it found something by what it
// changed, and it takes a single value; MV_CONCAT makes one.

// replace prints a search for strings that the index cannot be asked for.
func (c *converter) replace(s *search, terms []*term) (backends.Clause, error) {
	text := s.computed
	if text == "" {
		text = quoteColumn(s.field.Name)
	}
	if sep, ok := separator(terms); s.field.Multi != ast.SingleValued && ok {
		text = "MV_CONCAT(" + text + ", " + quoteString(sep) + ")"
	} else if err := c.oneValueOf(s.field, backends.FeatureSize, terms[0].span); err != nil {
		return nil, err
	}
	return c.nullable("REPLACE(" + text + ", " + quoteString(javaExpression(terms)) + `, "") != ` + text), nil
}

// separator finds a character that joins the members of a list to one text in
// which the strings are found exactly when they are found in a member: they are
// looked for anywhere, and the character is in none of them.
func separator(terms []*term) (string, bool) {
	for _, sep := range []string{"\n", "\x1f"} {
		if !slices.ContainsFunc(terms, func(t *term) bool {
			return t.head == "" || t.tail == "" || !t.plain || strings.Contains(t.expression, sep)
		}) {
			return sep, true
		}
	}
	return "", false
}

// javaExpression matches, and is never empty, where one of the strings is found.
func javaExpression(terms []*term) string {
	type ends struct{ head, tail string }
	var order []ends
	bodies := map[ends][]string{}
	for _, t := range terms {
		e := ends{t.head, t.tail}
		if _, ok := bodies[e]; !ok {
			order = append(order, e)
		}
		bodies[e] = append(bodies[e], t.java())
	}
	// i folds ASCII only; the letters of more cases than two are classes.
	var b strings.Builder
	b.WriteString("(?is)")
	for i, e := range order {
		if i > 0 {
			b.WriteByte('|')
		}
		list := strings.Join(bodies[e], "|")
		if e.head == "" {
			b.WriteString(`\A`)
		}
		if (e.head == "" || e.tail == "") && len(bodies[e]) > 1 {
			list = "(?:" + list + ")"
		}
		b.WriteString(list)
		if e.tail == "" {
			b.WriteString(`\z`)
		}
	}
	return b.String()
}

// hasJava reports whether a term has an expression of Java's that is never
// empty: REPLACE changes nothing where it finds the empty text.
func (t *term) hasJava() bool {
	if t.regex == nil {
		return t.pattern != nil
	}
	re, err := t.regex.Parse()
	if err != nil {
		return false
	}
	compiled, err := regexp.Compile(re.String())
	return err == nil && !compiled.MatchString("")
}

// java writes the term under the flags i and s. What Lucene takes means the
// same to Java.
func (t *term) java() string {
	if t.pattern != nil {
		return t.pattern.java()
	}
	return "(?-i:" + t.expression + ")"
}

// java writes the pattern as an expression of Java's, under the flags i and s.
func (p *pattern) java() string {
	var b strings.Builder
	for _, part := range p.parts {
		switch part := part.(type) {
		case ast.Literal:
			for _, r := range string(part) {
				p.writeJavaRune(&b, r)
			}
		case ast.AnyRun:
			b.WriteString(p.one + "*")
		case ast.AnyOne:
			b.WriteString(p.one)
		case ast.Dash:
			b.WriteString(dashClass)
		}
	}
	if p.cased {
		return "(?-i:" + b.String() + ")"
	}
	return b.String()
}

func (p *pattern) writeJavaRune(b *strings.Builder, r rune) {
	// Of the letters of ASCII, only k and s have a third form.
	ascii := r < utf8.RuneSelf && r|0x20 != 'k' && r|0x20 != 's'
	if p.cased || ascii {
		writeRune(b, r)
		return
	}
	writeFolded(b, r)
}
