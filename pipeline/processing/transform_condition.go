package processing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// addCondition adds a search identifier and demands it, or its negation, beside
// what a rule demands already.
type addCondition struct {
	name    ast.Text // "" for one that the run numbers
	negated bool
	body    ast.Detection // nil for a template
	// template gives the body for a log source.
	template func(ast.LogSource) (ast.Detection, []diag.Diagnostic)
	uses     []string // the parts of a log source that the template names
}

func readAddCondition(m *params) transformation {
	t := addCondition{negated: m.boolean("negated")}
	template := m.boolean("template")
	if n := m.get("name"); n != nil {
		t.name, _ = m.textOf("name", n)
		if strings.Trim(t.name.Value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" || t.name.Value == "" {
			m.errorf(diag.PipelineParameter, n.Span, "", "the name of a search identifier has letters, digits, _ and -, found %q", t.name.Value)
		}
	}
	pairs := m.entries("conditions")
	n := m.node.Get("conditions")
	switch {
	case len(pairs) == 0:
		if n != nil && n.Kind == yamldoc.Map {
			m.errorf(diag.PipelineParameter, n.Span, "", "%q is empty", "conditions")
		}
		return t
	case m.opts.Detection == nil:
		m.errorf(diag.PipelineRefused, n.Span, "", "add_condition is not available here")
		return t
	}
	name := m.node.Pair("conditions").Key
	if template {
		t.template = func(l ast.LogSource) (ast.Detection, []diag.Diagnostic) {
			return m.opts.Detection(name, filled(n, partsOf(l)))
		}
		t.uses = partsIn(n)
		_, diags := m.opts.Detection(name, n)
		m.diags = append(m.diags, diags...)
		return t
	}
	var diags []diag.Diagnostic
	t.body, diags = m.opts.Detection(name, n)
	m.diags = append(m.diags, diags...)
	return t
}

// filled puts the parts of a log source into the texts of values.
func filled(n *yamldoc.Node, parts map[string]string) *yamldoc.Node {
	c := *n
	switch n.Kind {
	case yamldoc.String:
		c.Text = fillTemplate(n.Text, parts)
	case yamldoc.List:
		c.Items = make([]*yamldoc.Node, len(n.Items))
		for i, item := range n.Items {
			c.Items[i] = filled(item, parts)
		}
	case yamldoc.Map:
		c.Pairs = make([]yamldoc.Pair, len(n.Pairs))
		for i, p := range n.Pairs {
			c.Pairs[i] = yamldoc.Pair{Key: p.Key, Value: filled(p.Value, parts)}
		}
	default:
	}
	return &c
}

func partsOf(l ast.LogSource) map[string]string {
	return map[string]string{"category": l.Category.Value, "product": l.Product.Value, "service": l.Service.Value}
}

// partsIn are the parts of a log source that the texts of values name.
func partsIn(n *yamldoc.Node) []string {
	var out []string
	for name := range partsOf(ast.LogSource{}) {
		if fmt.Sprint(texts(filled(n, map[string]string{name: ""}))) != fmt.Sprint(texts(filled(n, map[string]string{name: "x"}))) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// texts are those of all values of a node.
func texts(n *yamldoc.Node) []string {
	out := []string{n.Text}
	for _, item := range n.Items {
		out = append(out, texts(item)...)
	}
	for _, p := range n.Pairs {
		out = append(out, texts(p.Value)...)
	}
	return out
}

// fillTemplate replaces $name and ${name}; $$ is a dollar sign, and what names
// nothing stays.
func fillTemplate(s string, values map[string]string) string {
	var b strings.Builder
	for {
		head, rest, ok := strings.Cut(s, "$")
		b.WriteString(head)
		if !ok {
			return b.String()
		}
		name, size := templateName(rest)
		value, known := values[name]
		switch {
		case strings.HasPrefix(rest, "$"):
			b.WriteByte('$')
			size = 1
		case known:
			b.WriteString(value)
		default:
			b.WriteByte('$')
			size = 0
		}
		s = rest[size:]
	}
}

// templateName is the name behind a dollar sign, and its length with braces.
func templateName(s string) (string, int) {
	if inner, ok := strings.CutPrefix(s, "{"); ok {
		if name, _, closed := strings.Cut(inner, "}"); closed {
			return name, len(name) + 2
		}
	}
	end := 0
	for end < len(s) && (s[end] == '_' || s[end]|0x20 >= 'a' && s[end]|0x20 <= 'z' || end > 0 && s[end] >= '0' && s[end] <= '9') {
		end++
	}
	return s[:end], end
}

func (t addCondition) apply(r *run, it *item) {
	if r.doc.rule == nil {
		return
	}
	body := t.body
	if t.template != nil {
		parts := partsOf(r.doc.logSource)
		for _, name := range t.uses {
			if parts[name] == "" {
				r.failf(it, r.title(), "the pipeline adds a condition with the %s of the log source, and this rule has none", name)
				return
			}
		}
		var diags []diag.Diagnostic
		if body, diags = t.template(r.doc.logSource); diag.HasErrors(diags) {
			r.failed = true
			r.diags = append(r.diags, diags...)
			return
		}
	}
	name := t.name
	if name.Value == "" {
		r.added++
		name.Value = "_cond_" + strconv.Itoa(r.added)
	}
	added := r.doc.add(name, mark(nodeOf(body), ids(nil).with(it.id)))
	for i, c := range r.doc.conditions {
		joined := *c
		joined.Expr = t.join(added, c.Expr, it.span)
		r.doc.conditions[i] = &joined
	}
}

func (t addCondition) join(name string, old ast.Condition, at source.Span) ast.Condition {
	var added ast.Condition = &ast.CondRef{Name: name, Span: at}
	if t.negated {
		added = &ast.CondNot{Operand: added, Span: at}
	}
	return &ast.CondAnd{Operands: []ast.Condition{added, old}, Span: old.Range()}
}
