package esql

import (
	"fmt"

	"sigmatic/ast"
	"sigmatic/backends"
)

// fieldRef adds a comparison of two fields.
func (c *converter) fieldRef(l *list, v *ast.FieldRef) error {
	if !addressable(v.Field.Name) {
		return unsupported(backends.FeatureFieldName, v.Span, fmt.Sprintf("no column can be called %q", v.Field.Name))
	}
	f, g := l.field, v.Field
	numeric := isNumeric(f.Type) && isNumeric(g.Type)
	switch {
	case numeric && v.Mode == ast.RefEqual:
		return c.refEqual(l, v, quoteColumn(f.Name), quoteColumn(g.Name), f.Type != g.Type)
	case numeric && (f.Type == ast.TypeDouble || g.Type == ast.TypeDouble):
		return unsupported(backends.FeatureFieldRef, v.Span, "the text of a double is not the one that was written")
	case numeric:
		return c.refPart(l, v, "TO_STRING("+quoteColumn(f.Name)+")", "TO_STRING("+quoteColumn(g.Name)+")")
	case !isText(f.Type) || !isText(g.Type):
		return unsupported(backends.FeatureFieldRef, v.Span, fmt.Sprintf("%q and %q are not both stored as text or as numbers", f.Name, g.Name))
	}
	for _, field := range []ast.Field{f, g} {
		if field.Type == ast.TypeUnknown {
			c.assume("keyword", field)
			c.spelling(field)
		}
		// TO_LOWER is right for all letters but some sixty of many forms.
		c.notes.Add(backends.NoteFolding, field.Name)
	}
	left, right := "TO_LOWER("+quoteColumn(f.Name)+")", "TO_LOWER("+quoteColumn(g.Name)+")"
	if v.Mode == ast.RefEqual {
		return c.refEqual(l, v, left, right, false)
	}
	return c.refPart(l, v, left, right)
}

func isNumeric(t ast.FieldType) bool { return t == ast.TypeLong || t == ast.TypeDouble }

func isText(t ast.FieldType) bool {
	return t == ast.TypeUnknown || t == ast.TypeKeyword || t == ast.TypeText
}

// refEqual compares two fields, each with each member where there may be
// several: they have one in common when together they hold fewer distinct ones
// than apart.
func (c *converter) refEqual(l *list, v *ast.FieldRef, left, right string, mixed bool) error {
	if l.field.Multi == ast.SingleValued && v.Field.Multi == ast.SingleValued {
		l.other = append(l.other, c.nullable(left+" == "+right))
		return nil
	}
	if mixed { // MV_APPEND takes one type
		left, right = "TO_DOUBLE("+left+")", "TO_DOUBLE("+right+")"
	}
	count := func(of string) string { return "MV_COUNT(MV_DEDUPE(" + of + "))" }
	l.other = append(l.other, c.nullable(count("MV_APPEND("+left+", "+right+")")+" < "+count(left)+" + "+count(right)))
	return nil
}

// refPart asks whether the field holds the other's text, which is not empty.
func (c *converter) refPart(l *list, v *ast.FieldRef, left, right string) error {
	for _, field := range []ast.Field{l.field, v.Field} {
		if err := c.oneValueOf(field, backends.FeatureFieldRef, v.Span); err != nil {
			return err
		}
	}
	var test string
	switch v.Mode {
	case ast.RefStartsWith:
		test = "STARTS_WITH(" + left + ", " + right + ")"
	case ast.RefEndsWith:
		test = "ENDS_WITH(" + left + ", " + right + ")"
	case ast.RefContains:
		test = "LOCATE(" + left + ", " + right + ") > 0"
	}
	clause := backends.All{c.nullable(test)}
	if isText(v.Field.Type) {
		clause = append(clause, c.nullable(quoteColumn(v.Field.Name)+` != ""`))
	}
	l.other = append(l.other, clause)
	return nil
}
