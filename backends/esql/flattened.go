package esql

import (
	"fmt"
	"strconv"
	"strings"

	"sigmatic/ast"
	"sigmatic/backends"
)

// flattened adds a value over a key of a flattened field. ES|QL has no column for
// it, and the query string finds the whole text of a value or its beginning, in
// the letter case in which it is stored. A wildcard elsewhere is compared with
// the key and the value as one text, and a regular expression matches nothing;
// neither says so (measured on Elasticsearch 8.19.21).
//
// Only a key with a value of its own has terms: of one that holds an object,
// those below it have them.
func (c *converter) flattened(l *list, v ast.Value) error {
	if l.field.Multi == ast.MultiUnknown {
		c.notes.Add(backends.NoteSingleValue, l.field.Name)
	}
	switch v := v.(type) {
	case *ast.Pattern:
		return c.flattenedPattern(l, v)
	case *ast.Number:
		c.notes.Add(backends.NoteNumberSpelling, l.field.Name)
		l.search.terms = append(l.search.terms, &term{text: v.Decimal.String(), typed: true, span: v.Span})
		return nil
	case *ast.Bool:
		if l.field.Case == ast.CaseUnknown {
			c.notes.Add(backends.NoteLetterCase, l.field.Name)
		}
		l.search.terms = append(l.search.terms, &term{text: strconv.FormatBool(v.Value), typed: true, span: v.Span})
		return nil
	case *ast.Null:
		l.other = append(l.other, backends.Neg{Of: c.exists(l)})
		return nil
	case *ast.Exists:
		c.notes.Add(backends.NoteNullNotIndexed, l.field.Name)
		clause := c.exists(l)
		if !v.Want {
			clause = backends.Neg{Of: clause}
		}
		l.other = append(l.other, clause)
		return nil
	case *ast.Regex:
		return c.notFlattened(l, backends.FeatureRegex, v)
	case *ast.CIDR:
		return c.notFlattened(l, backends.FeatureCIDR, v)
	case *ast.Comparison:
		return c.notFlattened(l, backends.FeatureComparison, v)
	case *ast.TimePart:
		return c.notFlattened(l, backends.FeatureTimePart, v)
	case *ast.FieldRef:
		return c.notFlattened(l, backends.FeatureFieldRef, v)
	}
	panic(fmt.Sprintf("esql: unknown value %T over a flattened field", v))
}

func (c *converter) notFlattened(l *list, feature backends.Feature, v ast.Value) error {
	return unsupported(feature, v.Range(), fmt.Sprintf("%q is a key of a flattened field, in which only whole texts and their beginnings are found", l.field.Name))
}

func (c *converter) flattenedPattern(l *list, v *ast.Pattern) error {
	if !validText(v) {
		return unsupported(backends.FeatureBytes, v.Span, "ES|QL is written in UTF-8")
	}
	shape, text := v.Shape()
	if shape == ast.ShapeAny {
		l.other = append(l.other, c.exists(l))
		return nil
	}
	if patternMayBeNumber(v) {
		c.notes.Add(backends.NoteNumberSpelling, l.field.Name)
	}
	if !v.Cased && patternHasCase(v) && l.field.Case == ast.CaseUnknown {
		c.notes.Add(backends.NoteLetterCase, l.field.Name)
	}
	switch shape {
	case ast.ShapeExact:
		l.search.terms = append(l.search.terms, &term{text: text, typed: true, span: v.Span})
		return nil
	case ast.ShapePrefix:
		l.search.terms = append(l.search.terms, &term{text: quoteStart(text) + "*", native: true, span: v.Span})
		return nil
	}
	return c.notFlattened(l, backends.FeatureWildcard, v)
}

// quoteStart writes text as the beginning of a value in the query string.
func quoteStart(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune(`+-=&|><!(){}[]^"~*?:\/ `+"\t\n\r\u3000", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
