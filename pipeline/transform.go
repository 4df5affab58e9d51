package pipeline

import (
	"fmt"
	"slices"
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
	asHashes            // Sysmon's list of hashes, each below the target: NAME.hash.sha256
	asAccount           // DOMAIN\user, each in its own field below the target
)

var transformNames = []string{"is", "java", "json", "address", "other", "hashes", "account"}

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
	if shape, text := p.Shape(); shape != ast.ShapeContains || strings.ContainsAny(text, "{}[]=,:\"\\") || strings.HasPrefix(text, " ") ||
		as == asJSON && !isASCII(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
		a.refuse(v, of.Name, why)
	}
}

type hashName struct {
	name   string
	digits int
	below  string // what stands behind a target's name
}

// hashLengths are the digits of the hashes that Sysmon writes, and what stands
// for each below a target.
var hashLengths = []hashName{
	{"MD5", 32, ".hash.md5"}, {"SHA1", 40, ".hash.sha1"}, {"SHA256", 64, ".hash.sha256"}, {"IMPHASH", 32, ".pe.imphash"},
}

// hashes looks for a hash. The event has one text, MD5=…,SHA256=…; the store has
// each hash by itself, in lower case.
func (a *applier) hashes(of, field ast.Field, v ast.Value) ast.Expr {
	const why = "the store keeps each hash by itself; it can be asked for a whole hash, with or without its name: contains SHA256=…"
	leaf := &ast.Match{Field: field, Value: v, Span: v.Range()}
	p, ok := v.(*ast.Pattern)
	if !ok {
		a.refuse(v, of.Name, why)
		return leaf
	}
	shape, text := p.Shape()
	name, digits, named := strings.Cut(text, "=")
	if !named {
		name, digits = "", text
	}
	var terms []ast.Expr
	for _, h := range hashLengths {
		if (name == "" || strings.EqualFold(name, h.name)) && len(digits) == h.digits && strings.Trim(digits, "0123456789abcdefABCDEF") == "" && strings.Trim(digits, "0") != "" {
			stored := ast.Field{Name: field.Name + h.below, Type: ast.TypeKeyword, Multi: ast.SingleValued, Case: ast.CaseCanonical, Span: of.Span}
			value := &ast.Pattern{Parts: []ast.Part{ast.Literal(strings.ToLower(digits))}, Span: v.Range()}
			terms = append(terms, &ast.Match{Field: stored, Value: value, Span: v.Range()})
		}
	}
	if shape != ast.ShapeContains || terms == nil {
		a.refuse(v, of.Name, why)
		return leaf
	}
	return anyOf(terms, v.Range())
}

// account looks for a user. The event has one text, DOMAIN\user; the store has
// the domain and the name by themselves, without the backslash.
func (a *applier) account(of, field ast.Field, v ast.Value) ast.Expr {
	domain, name := field, field
	domain.Name, name.Name = field.Name+".domain", field.Name+".name"
	if ofAbsence(v) {
		return &ast.Match{Field: name, Value: v, Span: v.Range()}
	}
	p, ok := v.(*ast.Pattern)
	if !ok || slices.ContainsFunc(p.Parts, func(part ast.Part) bool { _, ok := part.(ast.AnyOne); return ok }) {
		a.refuse(v, of.Name, `the store keeps domain and name by themselves; of both together, DOMAIN\user, it can be asked for a text, with * but without ?`)
		return &ast.Match{Field: field, Value: v, Span: v.Range()}
	}
	var terms []ast.Expr
	for _, cut := range backslashes(p.Parts) {
		part := func(f ast.Field, parts []ast.Part) ast.Expr {
			c := *p
			c.Parts = ast.JoinParts(parts)
			return &ast.Match{Field: f, Value: &c, Span: v.Range()}
		}
		head, tail := part(domain, cut.head), part(name, cut.tail)
		terms = append(terms, allOf(v.Range(), withoutAny(head, tail)...))
	}
	if terms == nil {
		a.warn(v.Range(), fmt.Sprintf(`a user is DOMAIN\user, so that no value of the field %q is one of which this is true`, of.Name))
	}
	return anyOf(terms, v.Range())
}

// withoutAny leaves a leaf out that any value satisfies, if another remains.
func withoutAny(head, tail ast.Expr) []ast.Expr {
	anyValue := func(e ast.Expr) bool {
		shape, _ := e.(*ast.Match).Value.(*ast.Pattern).Shape()
		return shape == ast.ShapeAny
	}
	switch {
	case anyValue(head):
		return []ast.Expr{tail}
	case anyValue(tail):
		return []ast.Expr{head}
	}
	return []ast.Expr{head, tail}
}

type cutParts struct{ head, tail []ast.Part }

// backslashes gives the ways in which a pattern can meet a text with exactly one
// backslash: at its own one, or within one of its runs.
func backslashes(parts []ast.Part) []cutParts {
	var own, runs []cutParts
	for i, part := range parts {
		switch part := part.(type) {
		case ast.Literal:
			if strings.Count(string(part), `\`) > 1 {
				return nil
			}
			if head, tail, ok := strings.Cut(string(part), `\`); ok {
				own = append(own, cutParts{
					append(slices.Clone(parts[:i]), ast.Literal(head)),
					append([]ast.Part{ast.Literal(tail)}, parts[i+1:]...),
				})
			}
		case ast.AnyRun:
			runs = append(runs, cutParts{slices.Clone(parts[:i+1]), slices.Clone(parts[i:])})
		}
	}
	switch len(own) {
	case 0:
		return runs
	case 1:
		return own
	}
	return nil // two backslashes are in no such text
}
