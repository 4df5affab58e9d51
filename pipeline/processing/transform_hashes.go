package processing

import (
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
)

// hashLengths are the hexadecimal digits of the hashes that Sysmon names.
var hashLengths = map[string]int{"MD5": 32, "IMPHASH": 32, "SHA1": 40, "SHA256": 64, "SHA512": 128}

// hashOfLength names the algorithm of a hash that stands without one.
var hashOfLength = map[int]string{32: "MD5", 40: "SHA1", 64: "SHA256", 128: "SHA512"}

// hashesFields takes apart a field that holds several hashes, ALGORITHM=HEX,
// into a field for each.
type hashesFields struct {
	algorithms []string
	prefix     string
	bare       bool // fields are named by the prefix alone
	from       []string
}

func readHashesFields(m *params) transformation {
	t := hashesFields{algorithms: m.texts("valid_hash_algos"), prefix: m.optionalText("field_prefix", ""), bare: m.boolean("drop_algo_prefix"),
		from: []string{"Hashes", "Hash"}}
	if n := m.get("field_to_parse"); n != nil {
		t.from = m.textsOf("field_to_parse", n)
	}
	if t.bare && t.prefix == "" {
		m.errorf(diag.PipelineParameter, m.node.Get("drop_algo_prefix").Span, "name the field with field_prefix", "without the name of the algorithm and without field_prefix the fields would have no name")
	}
	return t
}

func (t hashesFields) apply(r *run, it *item) {
	r.each(it, func(l *leaf) node {
		name := nameOf(l.item)
		if name.keyword || !slices.Contains(t.from, name.name) || !onlyStrings(l) {
			return unchanged
		}
		return t.split(r, it, l)
	})
}

func onlyStrings(l *leaf) bool {
	return !anyValue(l, func(v ast.Value) bool {
		_, ok := v.(*ast.Pattern)
		return !ok
	})
}

func (t hashesFields) split(r *run, it *item, l *leaf) node {
	out := &group{any: !l.item.All, span: l.item.Span}
	byField := map[string]*ast.Item{}
	for _, list := range l.item.Values {
		for _, v := range list {
			p := v.(*ast.Pattern)
			algorithm, parts := splitHash(p)
			if algorithm == "" || !slices.ContainsFunc(t.algorithms, func(a string) bool { return strings.EqualFold(a, algorithm) }) {
				r.warnf(it, placeOf(v, l), "the pipeline leaves %q out, whose algorithm is none of %s", plainText(p), quotedList(t.algorithms))
				continue
			}
			item := t.item(algorithm, p, parts, l)
			if same := byField[item.Field.Name]; same != nil && !l.item.All {
				same.Values = append(same.Values, item.Values...)
				continue
			}
			byField[item.Field.Name] = item
			out.members = append(out.members, &leaf{item: item})
		}
	}
	if len(out.members) == 0 {
		r.failf(it, l.item.Span, "the pipeline splits hashes into fields, and none of the algorithms here is one of %s", quotedList(t.algorithms))
		return unchanged
	}
	if l.item.Negated {
		return negate(out)
	}
	return out
}

// item is the detection item of one hash.
func (t hashesFields) item(algorithm string, p *ast.Pattern, parts []ast.Part, l *leaf) *ast.Item {
	c := *p
	c.Parts = parts
	name := t.prefix
	if !t.bare {
		name += algorithm
	}
	item := &ast.Item{Field: ast.Field{Name: name, Span: l.item.Field.Span}, Values: []ast.Alternatives{{&c}}, Span: l.item.Span}
	if name == "keyword" {
		item.Field.Name, item.IsKeyword = "", true
		item.Values[0][0] = keyword(&c)
	}
	return item
}

// splitHash takes a value apart. Wildcards around a whole hash only said that
// others may stand beside it; those of a part of one stay.
func splitHash(p *ast.Pattern) (algorithm string, hash []ast.Part) {
	text := plainText(p)
	separator := "="
	if strings.Contains(text, "|") {
		separator = "|"
	}
	algorithm, value, named := strings.Cut(text, separator)
	if !named {
		value = strings.Trim(text, "*?")
		return hashOfLength[len(value)], literal(value)
	}
	algorithm = strings.ToUpper(strings.TrimLeft(algorithm, "*"))
	trimmed := strings.Trim(value, "*?")
	if size, known := hashLengths[algorithm]; known && len(trimmed) != size {
		return algorithm, parsePlain(value)
	}
	return algorithm, parsePlain(trimmed)
}

func literal(s string) []ast.Part {
	if s == "" {
		return nil
	}
	return []ast.Part{ast.Literal(s)}
}
