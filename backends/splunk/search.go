package splunk

import (
	"strings"

	"sigmatic/ast"
	"sigmatic/backends"
)

// member is a search atom field=value, as part of a possible list.
type member struct{ field, value string }

// search gives the clause of a leaf in the search stage, and how it bounds the
// leaf. See doc.go, "The search stage".
func (t *translation) search(m *ast.Match) (backends.Clause, backends.Bound) {
	if k, ok := m.Value.(*ast.Keyword); ok {
		return searchKeyword(k)
	}
	f, ok := searchName(m.Field.Name)
	if !ok {
		return nil, backends.Unbounded
	}
	switch v := m.Value.(type) {
	case *ast.Pattern:
		return t.searchPattern(m.Field, f, v)
	case *ast.Number:
		text := v.Decimal.String()
		if strings.Contains(text, "e") { // 1E+300 is another text, but not to search
			return t.equals(f, quoteSearch(text)), backends.Superset
		}
		if !allDigits(text) {
			text = quoteSearch(text)
		}
		return t.equals(f, text), backends.Exact
	case *ast.Bool:
		if v.Value {
			return t.equals(f, `"true"`), backends.Exact
		}
		return t.equals(f, `"false"`), backends.Exact
	case *ast.Null:
		if neverEmpty(m.Field.Type) {
			return backends.Neg{Of: present(f)}, backends.Exact
		}
		return nil, backends.Unbounded
	case *ast.Exists:
		if !neverEmpty(m.Field.Type) {
			return nil, backends.Unbounded
		}
		if v.Want {
			return present(f), backends.Exact
		}
		return backends.Neg{Of: present(f)}, backends.Exact
	case *ast.CIDR:
		// A network of its own, never in a list: only = is documented for it.
		atom := backends.Atom(f + `="` + v.Prefix.String() + `"`)
		if m.Field.Type == ast.TypeIP {
			return atom, backends.Exact
		}
		return atom, backends.Superset
	case *ast.Comparison:
		if text, ok := evalNumber(v.Number); ok && isNumeric(m.Field.Type) {
			return backends.Atom(f + v.Op.String() + text), backends.Exact
		}
		return present(f), backends.Superset
	case *ast.FieldRef:
		g, ok := searchName(v.Field.Name)
		if !ok || v.Mode == ast.RefEqual { // two empty strings are equal
			return nil, backends.Unbounded
		}
		return backends.All{present(f), present(g)}, backends.Superset
	case *ast.Regex:
		return t.searchRegex(m.Field, f, v)
	case *ast.TimePart:
		return nil, backends.Unbounded
	}
	return nil, backends.Unbounded
}

// searchRegex finds what every match of an expression holds.
func (t *translation) searchRegex(field ast.Field, f string, v *ast.Regex) (backends.Clause, backends.Bound) {
	tree, err := v.Parse()
	if err != nil || field.Type == ast.TypeObject {
		return nil, backends.Unbounded
	}
	texts := required(tree, isSearchable)
	if texts == nil {
		return nil, backends.Unbounded
	}
	var out backends.Any
	for _, text := range texts {
		out = append(out, t.equals(f, piece{text: text}.quote()))
	}
	return out, backends.Superset
}

// present finds a value that is not empty. Whether it finds an empty one is not
// documented.
func present(field string) backends.Atom { return backends.Atom(field + "=*") }

func (t *translation) equals(field, value string) backends.Atom {
	if t.members == nil {
		t.members = map[backends.Atom]member{}
	}
	atom := backends.Atom(field + "=" + value)
	t.members[atom] = member{field, value}
	return atom
}

func (t *translation) searchPattern(field ast.Field, f string, v *ast.Pattern) (backends.Clause, backends.Bound) {
	shape, text := v.Shape()
	if shape == ast.ShapeAny {
		if neverEmpty(field.Type) {
			return present(f), backends.Exact
		}
		return nil, backends.Unbounded
	}
	if field.Type == ast.TypeObject {
		if shape == ast.ShapeContains && isOneToken(text) {
			return backends.Atom("*" + text + "*"), backends.Superset
		}
		return nil, backends.Unbounded
	}
	best, ok := bestPiece(pieces(v))
	if !ok {
		return nil, backends.Unbounded
	}
	bound := backends.Superset
	if shape != ast.ShapeComplex && best.text == text && (!v.Cased || !backends.HasCase(text)) {
		bound = backends.Exact
	}
	if best.end && (strings.HasSuffix(best.text, `\`) || best.start && isNetworkShaped(best.text)) {
		// "…\\" before the quote is nowhere documented, and text of the shape of
		// a network is compared as a network.
		best.end, bound = false, backends.Superset
	}
	if d, ok := ast.ParseDecimal(best.text); ok && d.String() != best.text {
		bound = backends.Superset // if = compares numbers, 12.0 finds 12 too
	}
	return t.equals(f, best.quote()), bound
}

// piece is text that every value of a pattern holds, and whether it is at the
// value's start and end.
type piece struct {
	text       string
	start, end bool
}

// pieces cuts a pattern at everything that the search stage cannot say: wildcards,
// and characters that are a wildcard there, or that a JSON event may spell in
// another way than the value, so that the index would not lead to it.
func pieces(v *ast.Pattern) []piece {
	var out []piece
	cur := piece{start: true}
	cut := func(end bool) {
		cur.end = end
		if cur.text != "" {
			out = append(out, cur)
		}
		cur = piece{}
	}
	for _, p := range v.Parts {
		lit, ok := p.(ast.Literal)
		if !ok {
			cut(false)
			continue
		}
		from := 0
		for i := range len(lit) {
			if !isSearchable(lit[i]) {
				cur.text += string(lit[from:i])
				cut(false)
				from = i + 1
			}
		}
		cur.text += string(lit[from:])
	}
	cut(true)
	return out
}

// minContained is the least length for text in the middle to be worth a scan.
const minContained = 3

func bestPiece(list []piece) (best piece, ok bool) {
	for _, p := range list {
		whole := len(list) == 1
		if !p.start && !p.end && !whole && len(p.text) < minContained {
			continue
		}
		if !ok || len(p.text) > len(best.text) {
			best, ok = p, true
		}
	}
	return best, ok
}

func (p piece) quote() string {
	text := quoteSearch(p.text)
	if !p.start {
		text = `"*` + text[1:]
	}
	if !p.end {
		text = text[:len(text)-1] + `*"`
	}
	return text
}

// isSearchable reports whether a byte of a value may stand in a value of the
// search stage.
func isSearchable(c byte) bool {
	return c >= ' ' && c < 0x7f && strings.IndexByte("*\"`<>&", c) < 0
}

// isNetworkShaped reports whether search might take s for an IP network.
func isNetworkShaped(s string) bool {
	address, bits, ok := strings.Cut(s, "/")
	if !ok || !allDigits(bits) {
		return false
	}
	for i := range len(address) {
		if strings.IndexByte("0123456789abcdefABCDEF:.", address[i]) < 0 {
			return false
		}
	}
	return true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// searchKeyword finds a keyword that is one index token or part of one.
func searchKeyword(k *ast.Keyword) (backends.Clause, backends.Bound) {
	if v, ok := k.Value.(*ast.Regex); ok {
		return searchKeywordRegex(v)
	}
	p, ok := k.Value.(*ast.Pattern)
	if !ok {
		return nil, backends.Unbounded
	}
	if _, text := p.Contains().Shape(); isOneToken(text) {
		return backends.Atom("*" + text + "*"), backends.Superset
	}
	return nil, backends.Unbounded
}

func searchKeywordRegex(v *ast.Regex) (backends.Clause, backends.Bound) {
	tree, err := v.Parse()
	if err != nil {
		return nil, backends.Unbounded
	}
	texts := required(tree, func(c byte) bool { return isWordByte(c) && c != '_' })
	if texts == nil {
		return nil, backends.Unbounded
	}
	var out backends.Any
	for _, text := range texts {
		out = append(out, backends.Atom("*"+text+"*"))
	}
	return out, backends.Superset
}

// isOneToken reports whether s has no character that could part it in the index
// or be spelled otherwise in a JSON event.
func isOneToken(s string) bool {
	for i := range len(s) {
		if !isWordByte(s[i]) || s[i] == '_' {
			return false
		}
	}
	return s != ""
}

// neverEmpty reports whether a field of the type cannot hold the empty string,
// so that =* tells whether it is there.
func neverEmpty(t ast.FieldType) bool {
	return isNumeric(t) || t == ast.TypeIP || t == ast.TypeBoolean || t == ast.TypeDate
}

func isNumeric(t ast.FieldType) bool { return t == ast.TypeLong || t == ast.TypeDouble }

// maxList bounds the members of one IN; more become several. No limit is documented.
const maxList = 500

// gatherLists makes alternatives over one field a list, at the place of the
// field's first.
func (t *translation) gatherLists(c backends.Clause) backends.Clause {
	switch c := c.(type) {
	case backends.All:
		out := make(backends.All, len(c))
		for i, m := range c {
			out[i] = t.gatherLists(m)
		}
		return out
	case backends.Neg:
		return backends.Neg{Of: t.gatherLists(c.Of)}
	case backends.Any:
		return t.gatherAny(c)
	}
	return c
}

func (t *translation) gatherAny(c backends.Any) backends.Clause {
	values := map[string][]string{}
	for _, m := range c {
		if in, ok := t.member(m); ok {
			values[in.field] = append(values[in.field], in.value)
		}
	}
	var out backends.Any
	for _, m := range c {
		in, ok := t.member(m)
		switch list := values[in.field]; {
		case !ok:
			out = append(out, t.gatherLists(m))
		case len(list) == 1:
			out = append(out, m)
		case list != nil:
			for start := 0; start < len(list); start += maxList {
				out = append(out, &backends.Listing{Head: in.field + " IN (", Items: list[start:min(start+maxList, len(list))], Tail: ")"})
			}
			values[in.field] = nil // printed
		}
	}
	return backends.Fold(out)
}

// member tells of an atom field=value, which may stand in a list.
func (t *translation) member(c backends.Clause) (member, bool) {
	a, ok := c.(backends.Atom)
	if !ok {
		return member{}, false
	}
	in, ok := t.members[a]
	return in, ok
}
