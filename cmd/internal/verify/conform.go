package verify

import (
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sigmatic/ast"
	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/evaluator"
)

// traits are what a schema has said of the fields of a query: their types, that
// they hold one value or a flat list of them (in which a text that is a list in
// JSON counts as that list, as stores that keep lists as text have it), and that
// letters stand in the case in which rules have them.
type traits struct {
	fields []ast.Field  // those of which anything was said
	leaves []*ast.Match // over fields in canonical case
}

func traitsOf(e ast.Expr) traits {
	var t traits
	seen := map[string]bool{}
	add := func(f ast.Field) {
		known := f.Type != ast.TypeUnknown || f.Multi != ast.MultiUnknown || f.Case != ast.CaseUnknown
		if known && !seen[f.Name] {
			seen[f.Name] = true
			t.fields = append(t.fields, f)
		}
	}
	ast.Leaves(e, func(m *ast.Match, _ bool) {
		add(m.Field)
		if ref, ok := m.Value.(*ast.FieldRef); ok {
			add(ref.Field)
		}
		ref, ok := m.Value.(*ast.FieldRef)
		if m.Field.Case == ast.CaseCanonical || ok && ref.Field.Case == ast.CaseCanonical {
			t.leaves = append(t.leaves, m)
		}
	})
	return t
}

// broken names the fields of an event that are not what the schema says.
func (t traits) broken(body object) []string {
	var out []string
	for _, f := range t.fields {
		v, ok := body.at(f.Name)
		if ok && !t.holds(f, v) || f.Multi != ast.MultiUnknown && body.belowList(f.Name) {
			out = append(out, f.Name)
		}
	}
	for _, m := range t.leaves {
		if ref, ok := m.Value.(*ast.FieldRef); ok && !alikeInCase(body, m.Field.Name, ref) {
			out = append(out, m.Field.Name)
		}
	}
	return out
}

// belowList reports whether a list stands above a field.
func (o object) belowList(field string) bool {
	if _, ok := o[field]; ok {
		return false
	}
	head, rest, dotted := strings.Cut(field, ".")
	switch v := o[head].(type) {
	case object:
		return dotted && v.belowList(rest)
	case string:
		return dotted && strings.HasPrefix(v, "[")
	}
	return false
}

// alikeInCase reports whether two fields relate to each other in the same way
// with and without their letter case.
func alikeInCase(body object, field string, ref *ast.FieldRef) bool {
	relate := map[ast.RefMode]func(a, b string) bool{
		ast.RefEqual: func(a, b string) bool { return a == b }, ast.RefStartsWith: strings.HasPrefix,
		ast.RefEndsWith: strings.HasSuffix, ast.RefContains: strings.Contains,
	}[ref.Mode]
	for _, a := range body.texts(field) {
		for _, b := range body.texts(ref.Field.Name) {
			if relate(a, b) != relate(strings.ToLower(a), strings.ToLower(b)) {
				return false
			}
		}
	}
	return true
}

// texts gives the texts among the values of a field.
func (o object) texts(field string) []string {
	v, _ := o.at(field)
	raw, _ := v.(string)
	var out []string
	for _, m := range members(raw) {
		if text, ok := isText(m); ok {
			out = append(out, text)
		}
	}
	return out
}

func (t traits) holds(f ast.Field, v any) bool {
	raw, isScalar := v.(string)
	if !isScalar {
		return f.Type == ast.TypeObject
	}
	if f.Multi == ast.SingleValued && strings.HasPrefix(raw, "[") {
		return false
	}
	if f.Multi == ast.MultiValued && isDeep(raw) {
		return false
	}
	for _, m := range members(raw) {
		if m != "null" && (!fits(f.Type, m) || f.Case == ast.CaseCanonical && !t.spelled(f, m)) {
			return false
		}
	}
	return true
}

// isDeep tells lists of lists, and texts that are lists in JSON.
func isDeep(raw string) bool {
	listed := func(raw string) bool {
		text, ok := isText(raw)
		return topMembers(raw) != nil || ok && topMembers(text) != nil
	}
	return slices.ContainsFunc(topMembers(raw), listed) || topMembers(raw) == nil && listed(raw)
}

// fits reports whether a store with that type keeps a value as it is.
func fits(t ast.FieldType, raw string) bool {
	text, isString := isText(raw)
	switch t {
	case ast.TypeLong:
		n, ok := new(big.Int).SetString(raw, 10)
		return ok && n.IsInt64()
	case ast.TypeDouble:
		return isNumber(raw) && len(raw) < 16
	case ast.TypeBoolean:
		return raw == "true" || raw == "false"
	case ast.TypeIP:
		a, err := netip.ParseAddr(text)
		return isString && err == nil && a.String() == text && !a.Is4In6() && a.Zone() == ""
	case ast.TypeDate:
		_, err := time.Parse(time.RFC3339Nano, text)
		return isString && err == nil
	case ast.TypeKeyword, ast.TypeText:
		return isString
	case ast.TypeUnknown, ast.TypeObject, ast.TypeFlattened:
	}
	return true
}

// spelled reports whether a value of a field in canonical case is spelled as the
// rule spells it, where the rule means it at all.
func (t traits) spelled(f ast.Field, raw string) bool {
	ev, err := evaluator.ParseEvent(object{f.Name: raw}.encode())
	if err != nil {
		return false
	}
	for _, m := range t.leaves {
		if m.Field.Name != f.Name {
			continue
		}
		folded, errFolded := evaluator.New(&ast.Query{Expr: m})
		minded, errMinded := evaluator.New(&ast.Query{Expr: minding(*m)})
		if errFolded == nil && errMinded == nil && folded.Match(ev) != minded.Match(ev) {
			return false
		}
	}
	return true
}

// minding gives a leaf that minds letter case.
func minding(m ast.Match) ast.Expr {
	m.Value = casedValue(m.Value, func(s string) string { return s })
	return &m
}

// storedTypes are how a store with the schema's mapping keeps fields. A key of a
// flattened field is a keyword, of which less can be asked.
var storedTypes = map[ast.FieldType]engine.FieldType{
	ast.TypeKeyword: engine.Keyword, ast.TypeText: engine.Text, ast.TypeIP: engine.IP, ast.TypeLong: engine.Long,
	ast.TypeDouble: engine.Double, ast.TypeBoolean: engine.Boolean, ast.TypeDate: engine.Date, ast.TypeFlattened: engine.Keyword,
}

// mapping gives the types that the schema knows.
func (t traits) mapping() engine.Mapping {
	out := engine.Mapping{}
	for _, f := range t.fields {
		if stored, ok := storedTypes[f.Type]; ok {
			out[f.Name] = stored
		}
	}
	return out
}
