package processing

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// Read reads the pipeline of one file. It is nil when a diagnostic is an error.
func Read(f *source.File, opts Options) (*Pipeline, []diag.Diagnostic) {
	docs, diags := yamldoc.Parse(f)
	r := &reader{opts: opts, diags: diags, table: transformationTable()}
	var p *Pipeline
	switch {
	case diag.HasErrors(diags):
	case len(docs) != 1:
		r.errorf(diag.BadPipeline, source.Span{File: f}, "", "expected one processing pipeline, found %d YAML documents", len(docs))
	case docs[0].Kind != yamldoc.Map:
		r.errorf(diag.BadPipeline, docs[0].Span, "", "a processing pipeline must be a map, found %s", docs[0].Kind)
	default:
		p = r.pipeline(docs[0])
	}
	diag.Sort(r.diags)
	if diag.HasErrors(r.diags) {
		return nil, r.diags
	}
	return p, r.diags
}

// reader collects what is wrong with a file.
type reader struct {
	opts  Options
	table map[string]transformationRow
	diags []diag.Diagnostic
}

func (r *reader) report(code diag.Code, sev diag.Severity, at source.Span, help, format string, args ...any) {
	r.diags = append(r.diags, diag.Diagnostic{Code: code, Severity: sev, Span: at, Help: help, Summary: fmt.Sprintf(format, args...)})
}

func (r *reader) errorf(code diag.Code, at source.Span, help, format string, args ...any) {
	r.report(code, diag.Error, at, help, format, args...)
}

func (r *reader) pipeline(n *yamldoc.Node) *Pipeline {
	m := r.params("the pipeline", n)
	p := &Pipeline{Span: n.Span}
	p.Name = m.optionalText("name", "")
	p.Priority = m.number("priority", 0)
	for _, b := range m.nodes("allowed_backends") {
		if t, ok := m.textOf("allowed_backends", b); ok {
			p.AllowedBackends = append(p.AllowedBackends, t)
		}
	}
	p.vars = m.vars("vars")
	p.items = r.items(m.nodes("transformations"), "transformation ")
	p.post = r.postItems(m.nodes("postprocessing"), "postprocessing ")
	p.finalizers = r.finalizerList(m.nodes("finalizers"), "finalizer ")
	m.done(diag.PipelineKey)
	return p
}

// items reads a list of transformations; what names it in messages.
func (r *reader) items(list []*yamldoc.Node, what string) []*item {
	var out []*item
	for i, n := range list {
		it := &item{span: n.Span}
		m := r.entry(what+strconv.Itoa(i+1), n)
		if m == nil {
			continue
		}
		it.id = m.optionalText("id", "")
		kind, row := kindOf(m, r.table)
		if row == nil {
			continue
		}
		it.span = kind.Span
		it.rule, it.item, it.field = m.ruleGate(), m.itemGate(), m.fieldGate()
		if row.wholeRule && (it.item.join != nil || it.field.join != nil) {
			r.report(diag.PipelineConditions, diag.Warning, kind.Span, "use rule_conditions",
				"%s: %s works on the whole rule, and its conditions on detection items and field names have no effect", m.what, kind.Text)
		}
		it.do = row.read(m)
		m.done(diag.PipelineParameter)
		out = append(out, it)
	}
	return out
}

// entry begins an entry of a list, which must be a map.
func (r *reader) entry(what string, n *yamldoc.Node) *params {
	if n.Kind != yamldoc.Map {
		r.errorf(diag.BadPipeline, n.Span, "", "%s must be a map, found %s", what, n.Kind)
		return nil
	}
	return r.params(what, n)
}

// kindOf finds the row of a table that an entry's type names. An entry that is
// refused, or has no type or an unknown one, is reported.
func kindOf[R interface{ refusal() string }](m *params, table map[string]R) (*yamldoc.Node, *R) {
	m.known = append(m.known, "type")
	n := m.node.Get("type")
	if n == nil {
		m.errorf(diag.PipelineType, m.node.Span, "the types are "+strings.Join(slices.Sorted(maps.Keys(table)), ", "), "has no type")
		return nil, nil
	}
	row, ok := table[n.Text]
	if !ok || n.Kind != yamldoc.String {
		help := "the types are " + strings.Join(slices.Sorted(maps.Keys(table)), ", ")
		if near := diag.Nearest(n.Text, slices.Sorted(maps.Keys(table))); near != "" {
			help = fmt.Sprintf("did you mean %q?", near)
		}
		m.errorf(diag.PipelineType, n.Span, help, "unknown type %q", n.Text)
		return nil, nil
	}
	if why := row.refusal(); why != "" {
		m.errorf(diag.PipelineRefused, n.Span, "", "%s is not supported: %s", n.Text, why)
		return nil, nil
	}
	return n, &row
}

// params are the parameters of one entry. Each is asked for by name; what is
// left over at the end is unknown.
type params struct {
	*reader
	what  string
	node  *yamldoc.Node
	known []string
}

func (r *reader) params(what string, n *yamldoc.Node) *params {
	return &params{reader: r, what: what, node: n}
}

// errorf says which entry is wrong.
func (m *params) errorf(code diag.Code, at source.Span, help, format string, args ...any) {
	m.reader.errorf(code, at, help, "%s: %s", m.what, fmt.Sprintf(format, args...))
}

// done reports the keys that nobody has asked for.
func (m *params) done(code diag.Code) {
	for _, pair := range m.node.Pairs {
		name := pair.Key.Text
		if slices.Contains(m.known, name) {
			continue
		}
		help := "the keys are " + strings.Join(slices.Sorted(slices.Values(m.known)), ", ")
		if near := diag.Nearest(name, m.known); near != "" {
			help = fmt.Sprintf("did you mean %q?", near)
		}
		m.errorf(code, pair.Key.Span, help, "unknown key %q", name)
	}
}

// get is the value of a parameter, nil when it is not there.
func (m *params) get(name string) *yamldoc.Node {
	m.known = append(m.known, name)
	return m.node.Get(name)
}

// alias lets a parameter be called by the name that rsigma has for it, with a
// warning.
func (m *params) alias(name, other string) {
	pair := m.node.Pair(other)
	if pair == nil || m.node.Get(name) != nil {
		return
	}
	m.report(diag.PipelineAlias, diag.Warning, pair.Key.Span, fmt.Sprintf("write %q", name), "%s: %q is read as %q", m.what, other, name)
	renamed := *m.node
	renamed.Pairs = slices.Clone(m.node.Pairs)
	for i := range renamed.Pairs {
		if renamed.Pairs[i].Key.Text == other {
			key := *renamed.Pairs[i].Key
			key.Text = name
			renamed.Pairs[i].Key = &key
		}
	}
	m.node = &renamed
}

func (m *params) require(name string) *yamldoc.Node {
	n := m.get(name)
	if n == nil {
		m.errorf(diag.PipelineParameter, m.at(), "", "the parameter %q is missing", name)
	}
	return n
}

// at is where a finding about the whole entry points: its type.
func (m *params) at() source.Span {
	if n := m.node.Get("type"); n != nil {
		return n.Span
	}
	return m.node.Span
}

func (m *params) wrong(name, wants string, n *yamldoc.Node) {
	m.errorf(diag.PipelineParameter, n.Span, "", "%q must be %s, found %s", name, wants, n.Kind)
}

// textOf is the text of a string. Numbers count by their spelling, as they do
// in lists of names.
func (m *params) textOf(name string, n *yamldoc.Node) (ast.Text, bool) {
	if n.Kind != yamldoc.String && n.Kind != yamldoc.Int && n.Kind != yamldoc.Float {
		m.wrong(name, "a string", n)
		return ast.Text{}, false
	}
	return ast.Text{Value: n.Text, Span: n.Span}, true
}

func (m *params) text(name string) string {
	if n := m.require(name); n != nil {
		t, _ := m.textOf(name, n)
		return t.Value
	}
	return ""
}

func (m *params) optionalText(name, without string) string {
	if m.node.Get(name) == nil {
		m.known = append(m.known, name)
		return without
	}
	return m.text(name)
}

// choice is one of several words, the first when it is not there.
func (m *params) choice(name string, words ...string) string {
	n := m.get(name)
	switch {
	case n == nil:
		return words[0]
	case !slices.Contains(words, n.Text):
		m.errorf(diag.PipelineParameter, n.Span, "", "%q must be one of %s, found %q", name, strings.Join(words, ", "), n.Text)
	}
	return n.Text
}

func (m *params) boolean(name string) bool {
	n := m.get(name)
	switch {
	case n == nil:
		return false
	case n.Kind != yamldoc.Bool:
		m.wrong(name, "true or false", n)
	}
	return n.TruthOf()
}

func (m *params) number(name string, without int) int {
	n := m.get(name)
	if n == nil {
		return without
	}
	i, err := strconv.Atoi(n.Text)
	if n.Kind != yamldoc.Int || err != nil {
		m.errorf(diag.PipelineParameter, n.Span, "", "%q must be a whole number, found %s", name, found(n.Text))
	}
	return i
}

// nodes are the members of a list.
func (m *params) nodes(name string) []*yamldoc.Node {
	n := m.get(name)
	switch {
	case n == nil || n.Kind == yamldoc.Null:
		return nil
	case n.Kind != yamldoc.List:
		m.wrong(name, "a list", n)
		return nil
	}
	return n.Items
}

// texts is a string, or a list of them.
func (m *params) textsOf(name string, n *yamldoc.Node) []string {
	list := []*yamldoc.Node{n}
	if n.Kind == yamldoc.List {
		list = n.Items
	}
	out := []string{}
	for _, item := range list {
		if t, ok := m.textOf(name, item); ok {
			out = append(out, t.Value)
		}
	}
	return out
}

func (m *params) texts(name string) []string {
	if n := m.require(name); n != nil {
		return m.textsOf(name, n)
	}
	return nil
}

// list is a list of strings; nil when it is not there.
func (m *params) list(name string) []string {
	n := m.get(name)
	switch {
	case n == nil:
		return nil
	case n.Kind != yamldoc.List:
		m.wrong(name, "a list", n)
		return nil
	}
	return m.textsOf(name, n)
}

// entries are the pairs of a map.
func (m *params) entries(name string) []yamldoc.Pair {
	n := m.require(name)
	switch {
	case n == nil:
		return nil
	case n.Kind != yamldoc.Map:
		m.wrong(name, "a map", n)
		return nil
	}
	return n.Pairs
}

// vars are the values of variables.
func (m *params) vars(name string) map[string]ast.Data {
	out := map[string]ast.Data{}
	if n := m.node.Get(name); n == nil || n.Kind == yamldoc.Null {
		m.known = append(m.known, name)
		return out
	}
	for _, pair := range m.entries(name) {
		out[pair.Key.Text] = pair.Value.Data()
	}
	return out
}

// data keeps a parameter of any type.
func (m *params) data(name string) ast.Data {
	if n := m.require(name); n != nil {
		return n.Data()
	}
	return ast.Data{}
}

// pattern is a parameter that is a regular expression.
func (m *params) pattern(name string) *expression {
	n := m.require(name)
	if n == nil {
		return nil
	}
	if n.Kind != yamldoc.String {
		m.wrong(name, "a regular expression", n)
		return nil
	}
	return m.compile(name, n)
}

func (m *params) compile(name string, n *yamldoc.Node) *expression {
	x, err := compile(n.Text)
	if err != nil {
		m.errorf(diag.PipelineParameter, n.Span, "lookaround and references back are not supported", "%q is not a valid regular expression: %v", name, err)
		return nil
	}
	return x
}
