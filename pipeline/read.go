package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// Load reads a schema from a file of one YAML document; docs/schemas.md has the
// form. With an error among the diagnostics there is no schema.
func Load(f *source.File) (*Schema, []diag.Diagnostic) {
	docs, diags := yamldoc.Parse(f)
	if diag.HasErrors(diags) {
		return nil, diags
	}
	r := schemaReader{diags: diags, schema: &Schema{byName: map[string]*field{}}, defaults: target{typ: ast.TypeUnknown}}
	whole := source.Span{File: f, End: min(1, len(f.Data))}
	switch {
	case len(docs) == 0:
		r.errorf(whole, "", "the schema is empty")
	case len(docs) > 1:
		r.errorf(docs[1].Span, "", "a schema is one YAML document, found %d", len(docs))
	default:
		r.document(docs[0])
	}
	if diag.HasErrors(r.diags) {
		return nil, r.diags
	}
	return r.schema, r.diags
}

// schemaReader builds a schema and collects what is wrong.
type schemaReader struct {
	schema   *Schema
	defaults target
	own      [][]*field // the fields that each log source has for itself
	diags    []diag.Diagnostic
}

func (r *schemaReader) errorf(at source.Span, help, format string, args ...any) {
	r.diags = append(r.diags, diag.Diagnostic{Code: diag.BadSchema, Severity: diag.Error, Span: at, Help: help, Summary: fmt.Sprintf(format, args...)})
}

// keys are the readers of a map's keys, by name.
type keys map[string]func(*yamldoc.Node)

// table calls the reader of each key; what names the map in messages.
func (r *schemaReader) table(n *yamldoc.Node, what string, readers keys) {
	if n.Kind != yamldoc.Map {
		r.errorf(n.Span, "", "%s must be a map, found %s", what, n.Kind)
		return
	}
	for _, p := range n.Pairs {
		read := readers[p.Key.Text]
		if read == nil {
			known := slices.Sorted(maps.Keys(readers))
			help := "the keys are " + strings.Join(known, ", ")
			if near := diag.Nearest(p.Key.Text, known); near != "" {
				help = fmt.Sprintf("did you mean %q? %s", near, help)
			}
			r.errorf(p.Key.Span, help, "%s has no key %q", what, p.Key.Text)
			continue
		}
		read(p.Value)
	}
}

func (r *schemaReader) document(n *yamldoc.Node) {
	s := r.schema
	// Defaults count for all fields, wherever they stand in the file.
	if d := n.Get("defaults"); d != nil {
		r.table(d, "defaults", r.traits(&r.defaults))
	}
	r.table(n, "a schema", keys{
		"name":       func(n *yamldoc.Node) { s.Name = r.text(n, "name") },
		"summary":    func(n *yamldoc.Node) { s.Summary = r.text(n, "summary") },
		"form":       func(n *yamldoc.Node) { s.form = form(r.word(n, "form", formNames)) },
		"lists":      func(n *yamldoc.Node) { s.lists = r.texts(n, "lists") },
		"keeps_rest": func(n *yamldoc.Node) { s.keepsRest = r.truth(n, "keeps_rest") },
		"drops":      func(n *yamldoc.Node) { s.dropsEmpty, s.drops = true, r.texts(n, "drops") },
		"defaults":   func(*yamldoc.Node) {},
		"logsources": func(n *yamldoc.Node) { r.list(n, "logsources", r.logSource) },
		"fields":     r.fields,
		"store":      r.store,
		"derived":    r.derived,
	})
	r.views()
	if s.Name == "" {
		r.errorf(n.Span, "", "a schema needs a name")
	}
}

func (r *schemaReader) text(n *yamldoc.Node, what string) string {
	if !n.IsScalar() || n.Kind == yamldoc.Null {
		r.errorf(n.Span, "", "%s must be a text, found %s", what, n.Kind)
		return ""
	}
	return n.Text
}

func (r *schemaReader) texts(n *yamldoc.Node, what string) []string {
	var out []string
	r.list(n, what, func(n *yamldoc.Node) { out = append(out, r.text(n, what)) })
	return out
}

// list calls read for each item of a list, or for the node itself if it is none.
func (r *schemaReader) list(n *yamldoc.Node, _ string, read func(*yamldoc.Node)) {
	if n.Kind != yamldoc.List {
		read(n)
		return
	}
	for _, item := range n.Items {
		read(item)
	}
}

// word gives the index of one of the words.
func (r *schemaReader) word(n *yamldoc.Node, what string, words []string) int {
	if i := slices.Index(words, n.Text); n.IsScalar() && i >= 0 {
		return i
	}
	r.errorf(n.Span, "", "%s must be one of %s, found %q", what, strings.Join(words, ", "), n.Text)
	return 0
}

func (r *schemaReader) truth(n *yamldoc.Node, what string) bool {
	if n.Kind != yamldoc.Bool {
		r.errorf(n.Span, "", "%s must be true or false, found %s", what, n.Kind)
		return false
	}
	return n.TruthOf()
}

func (r *schemaReader) logSource(n *yamldoc.Node) {
	var l logSource
	part := func(t *ast.Text, what string) func(*yamldoc.Node) {
		return func(n *yamldoc.Node) { *t = ast.Text{Value: r.text(n, what), Span: n.Span} }
	}
	place := func(s *string, what string) func(*yamldoc.Node) {
		return func(n *yamldoc.Node) { *s = r.text(n, what) }
	}
	var own []*field
	r.table(n, "a logsource", keys{
		"fields":   func(n *yamldoc.Node) { own = r.fieldList(n) },
		"category": part(&l.Category, "category"), "product": part(&l.Product, "product"), "service": part(&l.Service, "service"),
		"index": place(&l.source.Index, "index"), "sourcetype": place(&l.source.Sourcetype, "sourcetype"), "stream": place(&l.source.Stream, "stream"),
		"where": func(n *yamldoc.Node) { l.where = r.conditions(n, "where") },
	})
	l.Span = n.Span
	r.schema.logSources = append(r.schema.logSources, l)
	r.own = append(r.own, own)
}

// conditions reads a map of fields and values in Sigma's notation, but in the
// spelling that stands in the store or the event.
func (r *schemaReader) conditions(n *yamldoc.Node, what string) []condition {
	if n.Kind != yamldoc.Map {
		r.errorf(n.Span, "", "%s must be a map of fields and values, found %s", what, n.Kind)
		return nil
	}
	var out []condition
	for _, p := range n.Pairs {
		c := condition{field: p.Key.Text}
		r.list(p.Value, what, func(n *yamldoc.Node) {
			switch n.Kind {
			case yamldoc.Null:
				c.values = append(c.values, &ast.Null{Span: n.Span})
			case yamldoc.Bool:
				c.values = append(c.values, &ast.Bool{Value: n.TruthOf(), Span: n.Span})
			case yamldoc.List, yamldoc.Map:
				r.errorf(n.Span, "", "%s takes values, found %s", what, n.Kind)
			case yamldoc.Int, yamldoc.Float:
				d, ok := ast.ParseDecimal(n.Text)
				if !ok {
					r.errorf(n.Span, "", "%q is no decimal number", n.Text)
					return
				}
				c.values = append(c.values, &ast.Number{Decimal: d, Lexeme: n.Text, Span: n.Span})
			case yamldoc.String:
				c.values = append(c.values, &ast.Pattern{Parts: ast.ParsePattern(n.Text), Cased: true, Span: n.Span})
			}
		})
		out = append(out, c)
	}
	return out
}

func (r *schemaReader) fields(n *yamldoc.Node) { r.schema.setFields(r.fieldList(n)) }

// setFields adds fields, each in the place of one of its name.
func (s *Schema) setFields(list []*field) {
	for _, f := range list {
		if old := s.byName[f.name]; old != nil {
			s.fields[slices.Index(s.fields, old)] = f
		} else {
			s.fields = append(s.fields, f)
		}
		s.byName[f.name] = f
	}
}

// views gives each log source that has fields of its own a schema with them.
func (r *schemaReader) views() {
	for i, own := range r.own {
		if len(own) == 0 {
			continue
		}
		v := *r.schema
		v.fields, v.byName = slices.Clone(v.fields), maps.Clone(v.byName)
		v.setFields(own)
		r.schema.logSources[i].view = &v
	}
}

func (r *schemaReader) fieldList(n *yamldoc.Node) (list []*field) {
	if n.Kind != yamldoc.Map {
		r.errorf(n.Span, "", "fields must be a map of names, found %s", n.Kind)
		return nil
	}
	for _, p := range n.Pairs {
		f := &field{name: p.Key.Text, span: p.Key.Span}
		if head, ok := strings.CutSuffix(f.name, "*"); ok && head != "" && !strings.HasSuffix(head, ".") || strings.Contains(strings.TrimSuffix(f.name, "*"), "*") {
			r.errorf(p.Key.Span, "", "a * in a field's name stands alone or after the last dot, found %q", f.name)
			continue
		}
		r.field(f, p.Value)
		list = append(list, f)
	}
	return list
}

// store reads the traits of fields of the store that only conditions name.
func (r *schemaReader) store(n *yamldoc.Node) {
	if n.Kind != yamldoc.Map {
		r.errorf(n.Span, "", "store must be a map of names, found %s", n.Kind)
		return
	}
	for _, p := range n.Pairs {
		t := r.defaults
		t.name = p.Key.Text
		r.table(p.Value, "a field of the store", r.traits(&t))
		r.schema.others = append(r.schema.others, &t)
	}
}

func (r *schemaReader) field(f *field, n *yamldoc.Node) {
	if n.Kind != yamldoc.Map {
		r.targets(f, n, r.defaults)
		return
	}
	common := r.defaults
	readers := r.traits(&common)
	readers["to"] = func(*yamldoc.Node) {}
	readers["network"] = func(n *yamldoc.Node) {
		f.network = &target{name: r.text(n, "network"), typ: ast.TypeIP, multi: common.multi}
	}
	readers["absent"] = func(n *yamldoc.Node) { text := r.text(n, "absent"); f.absent = &text }
	readers["lost"] = func(n *yamldoc.Node) { f.lost = r.text(n, "lost") }
	r.table(n, "a field", readers)
	to := n.Get("to")
	switch {
	case to == nil && f.lost == "":
		r.errorf(f.span, "", "the field %q needs to, the name that the store has for it; or lost, why it has none", f.name)
	case to != nil && f.lost != "":
		r.errorf(f.span, "", "the field %q has both to and lost", f.name)
	case to != nil:
		r.targets(f, to, common)
	}
}

// targets reads the names that the store has for a field.
func (r *schemaReader) targets(f *field, n *yamldoc.Node, common target) {
	r.list(n, "to", func(n *yamldoc.Node) {
		t := common
		if n.Kind == yamldoc.Map {
			readers := r.traits(&t)
			readers["field"] = func(n *yamldoc.Node) { t.name = r.text(n, "field") }
			r.table(n, "a target", readers)
		} else {
			t.name = r.text(n, "to")
		}
		if strings.HasSuffix(t.name, "*") != strings.HasSuffix(f.name, "*") {
			r.errorf(n.Span, "", "%q and %q must both end in *, or neither", f.name, t.name)
		}
		f.targets = append(f.targets, &t)
	})
}

var typeNames = []string{"unknown", "keyword", "text", "ip", "long", "double", "boolean", "date", "object", "flattened"}

// traits are the readers of what is known of a field of the store.
func (r *schemaReader) traits(t *target) keys {
	return keys{
		"type":     func(n *yamldoc.Node) { t.typ = ast.FieldType(r.word(n, "type", typeNames)) },
		"values":   func(n *yamldoc.Node) { t.multi = ast.Multi(r.word(n, "values", []string{"unknown", "one", "many"})) },
		"spelling": func(n *yamldoc.Node) { t.spelling = r.spelling(n) },
		"becomes":  func(n *yamldoc.Node) { t.values = r.valuePairs(n) },
		"when":     func(n *yamldoc.Node) { t.when = r.conditions(n, "when") },
		"only":     func(n *yamldoc.Node) { t.only = r.conditions(n, "only") },
		"as":       func(n *yamldoc.Node) { t.as = transform(r.word(n, "as", transformNames)) },
	}
}

func (r *schemaReader) spelling(n *yamldoc.Node) *spelling {
	if n.IsScalar() && !strings.HasPrefix(n.Text, "@") {
		rules := []string{"", "lower", "upper", "folded"}
		return &spelling{rule: spellingRule(r.word(n, "spelling", rules))}
	}
	s := &spelling{rule: spelledNames}
	for _, name := range r.texts(n, "spelling") {
		list, isList := strings.CutPrefix(name, "@")
		if !isList {
			s.names = append(s.names, name)
			continue
		}
		if nameLists[list] == nil {
			r.errorf(n.Span, "", "there is no list %q, the lists are @aws-operations, @cloudtrail-names", name)
			continue
		}
		s.lists = append(s.lists, nameLists[list])
	}
	slices.SortFunc(s.names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return s
}

func (r *schemaReader) valuePairs(n *yamldoc.Node) []valuePair {
	if n.Kind != yamldoc.Map {
		r.errorf(n.Span, "", "becomes must be a map of the event's values to those of the store, found %s", n.Kind)
		return nil
	}
	var out []valuePair
	for _, p := range n.Pairs {
		out = append(out, valuePair{r.data(p.Key), r.data(p.Value)})
	}
	return out
}

func (r *schemaReader) derived(n *yamldoc.Node) {
	if n.Kind != yamldoc.Map {
		r.errorf(n.Span, "", "derived must be a map of names, found %s", n.Kind)
		return
	}
	for _, p := range n.Pairs {
		d := &derived{name: p.Key.Text, typ: r.defaults.typ, multi: r.defaults.multi}
		r.table(p.Value, "a derived field", keys{
			"type":   func(n *yamldoc.Node) { d.typ = ast.FieldType(r.word(n, "type", typeNames)) },
			"values": func(n *yamldoc.Node) { d.multi = ast.Multi(r.word(n, "values", []string{"unknown", "one", "many"})) },
			"copy":   func(n *yamldoc.Node) { d.copy = r.text(n, "copy") },
			"where":  func(n *yamldoc.Node) { d.where = r.conditions(n, "where") },
			"cases": func(n *yamldoc.Node) {
				r.list(n, "cases", func(n *yamldoc.Node) {
					var c derivedCase
					r.table(n, "a case", keys{
						"value": func(n *yamldoc.Node) { c.value = r.data(n) },
						"where": func(n *yamldoc.Node) { c.where = r.conditions(n, "where") },
					})
					d.cases = append(d.cases, c)
				})
			},
		})
		if (d.copy == "") == (d.cases == nil) {
			r.errorf(p.Key.Span, "", "the derived field %q needs either cases or copy", d.name)
		}
		r.schema.derived = append(r.schema.derived, d)
	}
}

// data keeps a value, or a list of values, and its type.
func (r *schemaReader) data(n *yamldoc.Node) ast.Data {
	r.definite(n)
	return n.Data()
}

// definite demands what a rule can ask a field for: null is no value, and a map none.
func (r *schemaReader) definite(n *yamldoc.Node) {
	if n.Kind == yamldoc.Map || n.Kind == yamldoc.Null {
		r.errorf(n.Span, "", "expected a value, found %s", n.Kind)
	}
	for _, item := range n.Items {
		r.definite(item)
	}
}
