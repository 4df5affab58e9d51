package pipeline

import (
	"strings"

	"sigmatic/ast"
)

// transform is what a store makes of a value of an event.
type transform uint8

const (
	asIs      transform = iota
	asJava              // a map as the text that Java's Map.toString gives: {key=value, list=[1, 2]}
	asJSON              // a map as its JSON text
	asAddress           // only what is an IP address
	asOther             // only what is none
)

var transformNames = []string{"is", "java", "json", "address", "other"}

// ofText refuses what the text of a map cannot answer. Scalars and keys stand in
// it as they are, but for what JSON escapes; so it holds a text exactly when one
// of them does, unless the text has to do with the notation.
func (a *applier) ofText(of ast.Field, as transform, v ast.Value) {
	const why = "it is a map, kept as one text; only a text without the punctuation of maps and lists can be looked for in it"
	p, ok := v.(*ast.Pattern)
	if !ok {
		a.refuse(v, of.Name, why)
		return
	}
	shape, text := p.Shape()
	if shape == ast.ShapeAny {
		return
	}
	if shape != ast.ShapeContains || strings.ContainsAny(text, "{}[]=,:\"\\") || strings.HasPrefix(text, " ") ||
		as == asJSON && !isASCII(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
		a.refuse(v, of.Name, why)
	}
}
