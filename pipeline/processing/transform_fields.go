package processing

import (
	"slices"
	"strings"
	"unicode"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/parser/yamldoc"
)

// fieldMapping gives fields new names: in detection items, in references to
// fields, in the rule's list of fields, and in correlations.
type fieldMapping struct {
	// names gives the new names of a field, none to drop it from lists; false
	// leaves it alone.
	names func(fieldName) ([]string, bool)
	// whole says that it takes the end of a path, which the field that holds an
	// array does not have.
	whole bool
}

func fieldNameMapping(m *params) transformation {
	table := map[fieldName][]string{}
	for _, pair := range m.entries("mapping") {
		from := fieldName{name: pair.Key.Text}
		if pair.Key.Kind == yamldoc.Null {
			from = fieldName{keyword: true}
		}
		table[from] = m.textsOf("mapping", pair.Value)
	}
	return fieldMapping{names: func(f fieldName) ([]string, bool) {
		to, ok := table[f]
		return to, ok
	}}
}

func fieldNamePrefixMapping(m *params) transformation {
	type row struct {
		from string
		to   []string
	}
	var table []row
	for _, pair := range m.entries("mapping") {
		if pair.Key.Kind == yamldoc.Null {
			m.errorf(diag.PipelineParameter, pair.Key.Span, "", "null is no prefix")
		}
		table = append(table, row{pair.Key.Text, m.textsOf("mapping", pair.Value)})
	}
	return fieldMapping{names: func(f fieldName) ([]string, bool) {
		for _, row := range table {
			rest, ok := strings.CutPrefix(f.name, row.from)
			if !ok || f.keyword {
				continue
			}
			out := make([]string, len(row.to))
			for i, to := range row.to {
				out[i] = to + rest
			}
			return out, true
		}
		return nil, false
	}}
}

// byName is a mapping of each name to one other.
func byName(change func(string) string) fieldMapping {
	return fieldMapping{names: func(f fieldName) ([]string, bool) { return []string{change(f.name)}, !f.keyword }}
}

func fieldNamePrefix(m *params) transformation {
	prefix := m.text("prefix")
	return byName(func(s string) string { return prefix + s })
}

func fieldNameSuffix(m *params) transformation {
	suffix := m.text("suffix")
	t := byName(func(s string) string { return s + suffix })
	t.whole = true
	return t
}

// spellings are the functions on names that a pipeline can ask for.
var spellings = map[string]func(string) string{
	"lower":      strings.ToLower,
	"upper":      strings.ToUpper,
	"title":      titleCase,
	"snake_case": snakeCase,
}

func fieldNameTransform(m *params) transformation {
	change := spellings[m.choice("transform_func", "lower", "upper", "title", "snake_case")]
	m.require("transform_func")
	exceptions := map[string]string{}
	if m.node.Get("mapping") != nil {
		for _, pair := range m.entries("mapping") {
			t, _ := m.textOf("mapping", pair.Value)
			exceptions[pair.Key.Text] = t.Value
		}
	}
	m.known = append(m.known, "mapping")
	if m.boolean("apply_keyword") {
		m.errorf(diag.PipelineParameter, m.node.Get("apply_keyword").Span, "use field_name_mapping with the key null", "keywords have no name to transform")
	}
	t := byName(func(s string) string {
		if to, ok := exceptions[s]; ok {
			return to
		}
		return change(s)
	})
	t.whole = true
	return t
}

// titleCase puts the first letter of each word in upper case, all others in
// lower case.
func titleCase(s string) string {
	inWord := false
	return strings.Map(func(r rune) rune {
		first := !inWord
		inWord = unicode.IsLetter(r)
		if first {
			return unicode.ToTitle(r)
		}
		return unicode.ToLower(r)
	}, s)
}

// snakeCase puts an underscore before each upper-case letter but the first of
// the text, and all in lower case.
func snakeCase(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func (t fieldMapping) apply(r *run, it *item) {
	r.doc.meta.Fields = t.list(r, it, r.doc.meta.Fields)
	if r.doc.correlation != nil {
		t.correlation(r, it, r.doc.correlation)
		return
	}
	change := func(l *leaf) node { return t.leaf(r, it, l) }
	r.eachAnd(it, change, func(a *array) node {
		field := fieldName{name: a.field()}
		if to, ok := t.names(field); ok && len(to) > 0 && !t.whole && it.matchesName(r, field, nil) {
			r.track(it, field.name, to)
			return a.renamed(to)
		}
		r.untouched(it, a, change)
		return a
	})
}

// rename gives the new names of a field, itself where there are none.
func (t fieldMapping) rename(r *run, it *item, name string) []string {
	to, ok := t.names(fieldName{name: name})
	if !ok || !it.matchesName(r, fieldName{name: name}, nil) {
		return []string{name}
	}
	if slices.Contains(to, "") {
		r.failf(it, r.title(), "the pipeline gives the field %q an empty name", name)
	}
	r.track(it, name, to)
	return to
}

func (t fieldMapping) list(r *run, it *item, fields []ast.Text) []ast.Text {
	out := make([]ast.Text, 0, len(fields))
	for _, f := range fields {
		for _, name := range t.rename(r, it, f.Value) {
			out = append(out, ast.Text{Value: name, Span: f.Span})
		}
	}
	return out
}

// leaf maps the field of a detection item, and the fields that it refers to.
func (t fieldMapping) leaf(r *run, it *item, l *leaf) node {
	mapped, referred := t.references(r, it, l)
	name := nameOf(l.item)
	to, ok := t.names(name)
	if !ok || !it.matchesName(r, name, l) {
		if referred {
			return mapped
		}
		return unchanged
	}
	if len(to) == 0 {
		r.failf(it, l.item.Span, "the pipeline maps the field %q of this item to none; drop_detection_item drops the item", name.name)
		return unchanged
	}
	if slices.Contains(to, "") {
		r.failf(it, l.item.Span, "the pipeline gives the field %q an empty name", name.name)
		return unchanged
	}
	if name.keyword {
		mapped = withField(mapped)
	} else {
		r.track(it, name.name, to)
	}
	// Under a negation the value must be in none of the fields.
	out := &group{any: !l.item.Negated, span: l.item.Span}
	for _, field := range to {
		c := *mapped.item
		c.Field.Name = field
		out.members = append(out.members, &leaf{item: &c, applied: l.applied})
	}
	if len(out.members) == 1 {
		return out.members[0]
	}
	return out
}

// references maps the fields that values name. Several new names are
// alternatives of the value.
func (t fieldMapping) references(r *run, it *item, l *leaf) (*leaf, bool) {
	values := make([]ast.Alternatives, len(l.item.Values))
	changed := false
	for i, list := range l.item.Values {
		for _, v := range list {
			ref, ok := v.(*ast.FieldRef)
			if !ok {
				values[i] = append(values[i], v)
				continue
			}
			to := t.rename(r, it, ref.Field.Name)
			changed = changed || len(to) != 1 || to[0] != ref.Field.Name
			if len(to) == 0 {
				r.failf(it, ref.Span, "the pipeline maps the field %q that this value refers to to none", ref.Field.Name)
			}
			for _, name := range to {
				c := *ref
				c.Field.Name = name
				values[i] = append(values[i], &c)
			}
		}
	}
	if !changed {
		return l, false
	}
	return l.withValues(values), true
}

// withValues is the leaf with other values.
func (l *leaf) withValues(values []ast.Alternatives) *leaf {
	c := *l.item
	c.Values = values
	c.Written, c.Modifiers = nil, nil // which gave other values
	return &leaf{item: &c, applied: l.applied}
}

// withField makes a keyword an item of a field, which its values may stand
// anywhere in.
func withField(l *leaf) *leaf {
	values := make([]ast.Alternatives, len(l.item.Values))
	for i, list := range l.item.Values {
		for _, v := range list {
			if k, ok := v.(*ast.Keyword); ok {
				v = k.Value
			}
			values[i] = append(values[i], v)
		}
	}
	out := l.withValues(values)
	out.item.IsKeyword = false
	out.item.Field = ast.Field{Span: l.item.Span}
	return out
}

// correlation maps what a correlation groups by and counts. Names of aliases
// are no fields.
func (t fieldMapping) correlation(r *run, it *item, c *ast.Correlation) {
	one := func(f ast.Text) ast.Text {
		to := t.rename(r, it, f.Value)
		if len(to) != 1 {
			r.failf(it, f.Span, "the pipeline maps the field %q to %d fields, and a correlation needs one in its place", f.Value, len(to))
			return f
		}
		return ast.Text{Value: to[0], Span: f.Span}
	}
	all := func(list []ast.Text) []ast.Text {
		out := make([]ast.Text, len(list))
		for i, f := range list {
			out[i] = one(f)
		}
		return out
	}
	aliases := make([]ast.Alias, len(c.Aliases))
	for i, a := range c.Aliases {
		fields := make([]ast.AliasField, len(a.Fields))
		for j, f := range a.Fields {
			fields[j] = ast.AliasField{Rule: f.Rule, Field: one(f.Field)}
		}
		aliases[i] = ast.Alias{Name: a.Name, Fields: fields}
	}
	c.Aliases = aliases
	groupBy := make([]ast.Text, len(c.GroupBy))
	for i, f := range c.GroupBy {
		groupBy[i] = f
		if !slices.ContainsFunc(aliases, func(a ast.Alias) bool { return a.Name.Value == f.Value }) {
			groupBy[i] = one(f)
		}
	}
	c.GroupBy = groupBy
	aggregates := slices.Clone(c.Aggregates)
	for i := range aggregates {
		aggregates[i].Fields = all(aggregates[i].Fields)
	}
	c.Aggregates = aggregates
	if c.NewTerms != nil {
		terms := *c.NewTerms
		terms.Fields = all(terms.Fields)
		c.NewTerms = &terms
	}
}

// fieldsEdit changes the rule's list of fields.
type fieldsEdit func([]ast.Text) []ast.Text

func (t fieldsEdit) apply(r *run, _ *item) { r.doc.meta.Fields = t(r.doc.meta.Fields) }

// fieldTexts are names with the places where the pipeline has them.
func (m *params) fieldTexts(name string) []ast.Text {
	var out []ast.Text
	for _, s := range m.texts(name) {
		out = append(out, ast.Text{Value: s, Span: m.node.Get(name).Span})
	}
	return out
}

func addField(m *params) transformation {
	names := m.fieldTexts("field")
	return fieldsEdit(func(list []ast.Text) []ast.Text { return slices.Concat(list, names) })
}

func removeField(m *params) transformation {
	names := m.texts("field")
	return fieldsEdit(func(list []ast.Text) []ast.Text {
		return slices.DeleteFunc(slices.Clone(list), func(t ast.Text) bool { return slices.Contains(names, t.Value) })
	})
}

func setField(m *params) transformation {
	names := m.fieldTexts("fields")
	return fieldsEdit(func([]ast.Text) []ast.Text { return names })
}
