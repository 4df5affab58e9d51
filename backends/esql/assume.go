package esql

import (
	"fmt"
	"net/netip"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
)

// mappedZero is the first of the IPv6 addresses that stand for IPv4.
var mappedZero = netip.MustParseAddr("::ffff:0.0.0.0")

// assumedType says that fields are taken to be stored with a type.
type assumedType struct {
	label  string
	fields []string
}

// survey finds the fields of unknown type that some leaf can only read as
// text, so that no other leaf of the query takes them for something else.
func (c *converter) survey(e ast.Expr) {
	ast.Leaves(e, func(m *ast.Match, _ bool) {
		switch v := m.Value.(type) {
		case *ast.Pattern:
			shape, text := v.Shape()
			_, number := ast.ParseDecimal(text)
			word := strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
			if shape != ast.ShapeAny && (shape != ast.ShapeExact || !number && !word) {
				c.asText[m.Field.Name] = true
			}
		case *ast.Regex, *ast.CIDR:
			c.asText[m.Field.Name] = true
		case *ast.FieldRef:
			c.asText[m.Field.Name] = true
			c.asText[v.Field.Name] = true
		case *ast.Keyword:
			c.asText[messageField] = true
		}
	})
}

// assume records what type the query takes a field to have.
func (c *converter) assume(label string, f ast.Field) {
	i := slices.IndexFunc(c.types, func(t assumedType) bool { return t.label == label })
	if i < 0 {
		i = len(c.types)
		c.types = append(c.types, assumedType{label: label})
	}
	if !slices.Contains(c.types[i].fields, f.Name) {
		c.types[i].fields = append(c.types[i].fields, f.Name)
	}
}

// assumeOr records that a keyword and another type are equally right, unless
// another leaf needs a keyword.
func (c *converter) assumeOr(other string, f ast.Field) {
	if other == "" || c.asText[f.Name] {
		c.assume("keyword", f)
		return
	}
	c.assume("keyword or "+other, f)
}

// noteTypes writes the assumed types as notes, fields of one type together.
func (c *converter) noteTypes() {
	for _, t := range c.types {
		c.notes.Add(backends.NoteFieldType, t.label+" ("+strings.Join(t.fields, ", ")+")")
	}
}

// spelling notes that a field's numbers may be compared as text, where nothing
// is known of the field.
func (c *converter) spelling(f ast.Field) {
	if f.Type == ast.TypeUnknown {
		c.notes.Add(backends.NoteNumberSpelling, f.Name)
	}
}

// oneValueOf notes that a field is taken to hold one value; a field that is
// known to hold more is refused.
func (c *converter) oneValueOf(f ast.Field, feature backends.Feature, span source.Span) error {
	switch f.Multi {
	case ast.SingleValued:
		return nil
	case ast.MultiValued:
		return unsupported(feature, span, fmt.Sprintf("functions take one value, and %q holds several", f.Name))
	}
	c.notes.Add(backends.NoteSingleValue, f.Name)
	return nil
}

// validText reports whether a pattern's literals are UTF-8.
func validText(v *ast.Pattern) bool {
	for _, p := range v.Parts {
		if lit, ok := p.(ast.Literal); ok && !utf8.ValidString(string(lit)) {
			return false
		}
	}
	return true
}

func patternHasCase(v *ast.Pattern) bool {
	for _, p := range v.Parts {
		if lit, ok := p.(ast.Literal); ok && backends.HasCase(string(lit)) {
			return true
		}
	}
	return false
}

func hasDash(v *ast.Pattern) bool {
	return slices.ContainsFunc(v.Parts, func(p ast.Part) bool { _, ok := p.(ast.Dash); return ok })
}

// numeric holds the characters of numbers in JSON.
const numeric = "0123456789+-.eE"

// patternMayBeNumber reports whether the text of a JSON number could match, so
// that its spelling matters.
func patternMayBeNumber(v *ast.Pattern) bool {
	if shape, text := v.Shape(); shape == ast.ShapeExact {
		_, ok := ast.ParseDecimal(text)
		return ok
	}
	for _, p := range v.Parts {
		if lit, ok := p.(ast.Literal); ok && strings.Trim(string(lit), numeric) != "" {
			return false
		}
	}
	return true
}

// regexMayBeNumber is patternMayBeNumber of an expression.
func regexMayBeNumber(re *syntax.Regexp) bool {
	some := func(match func(r rune) bool) bool { return strings.IndexFunc(numeric, match) >= 0 }
	switch re.Op {
	case syntax.OpNoMatch:
		return false
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if !some(func(n rune) bool { return n == r || n|0x20 == r|0x20 && re.Flags&syntax.FoldCase != 0 }) {
				return false
			}
		}
	case syntax.OpCharClass:
		return some(func(n rune) bool { return backends.InClass(re.Rune, n) })
	case syntax.OpRepeat:
		return re.Min == 0 || regexMayBeNumber(re.Sub[0])
	case syntax.OpCapture, syntax.OpPlus:
		return regexMayBeNumber(re.Sub[0])
	case syntax.OpConcat:
		return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !regexMayBeNumber(sub) })
	case syntax.OpAlternate:
		return slices.ContainsFunc(re.Sub, regexMayBeNumber)
	}
	return true
}

// regexMindsCase reports whether an expression tells a letter from its fellows of
// another case.
func regexMindsCase(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral:
		return re.Flags&syntax.FoldCase == 0 && backends.HasCase(string(re.Rune))
	case syntax.OpCharClass:
		return backends.ClassMindsCase(re.Rune)
	}
	return slices.ContainsFunc(re.Sub, regexMindsCase)
}
