package processing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"sigmatic/ast"
	"sigmatic/ast/diag"
)

// What templates can name: query, rule and pipeline; queries where all of them
// are made one text.

// ruleValues are the attributes of a rule for templates.
func ruleValues(d *draft) map[string]any {
	out := map[string]any{}
	for name, a := range attributes {
		out[name] = plainData(a.value(&d.meta))
	}
	out["logsource"] = map[string]any{"category": d.logSource.Category.Value, "product": d.logSource.Product.Value, "service": d.logSource.Service.Value}
	custom := map[string]any{}
	for _, a := range d.meta.Custom {
		custom[a.Name.Value] = plainData(a.Value)
	}
	out["custom_attributes"] = custom
	return out
}

func pipelineValues(p *Pipeline, state map[string]ast.Data) map[string]any {
	values := func(m map[string]ast.Data) map[string]any {
		out := map[string]any{}
		for name, d := range m {
			out[name] = plainData(d)
		}
		return out
	}
	return map[string]any{"name": p.Name, "vars": values(p.vars), "state": values(state)}
}

// plainData is data as templates print it: texts, lists of them, maps.
func plainData(d ast.Data) any {
	switch d.Kind {
	case ast.DataList:
		out := make([]any, len(d.Items))
		for i, item := range d.Items {
			out[i] = plainData(item)
		}
		return out
	case ast.DataMap:
		out := map[string]any{}
		for _, p := range d.Pairs {
			out[p.Name.Value] = plainData(p.Value)
		}
		return out
	case ast.DataBool:
		return strconv.FormatBool(d.Truth())
	case ast.DataNull, ast.DataScalar, ast.DataNumber:
	}
	return d.Text
}

// readSimpleTemplate reads a template in the notation of Python's str.format:
// {query}, {rule.title}, {pipeline.state[index]}, {{ for a brace.
func readSimpleTemplate(m *params) func(*run, string) (string, error) {
	text := m.text("template")
	parts, err := parseSimple(text)
	if err != nil {
		m.errorf(diag.PipelineParameter, m.node.Get("template").Span, "", "%q is not valid: %v", "template", err)
	}
	return func(r *run, query string) (string, error) {
		values := map[string]any{"query": query, "rule": ruleValues(r.doc), "pipeline": pipelineValues(r.pipeline, r.state)}
		var b strings.Builder
		for _, p := range parts {
			b.WriteString(p.text)
			if p.path == nil {
				continue
			}
			s, err := lookUp(values, p.path)
			if err != nil {
				return "", err
			}
			b.WriteString(s)
		}
		return b.String(), nil
	}
}

// simplePart is text, and behind it what a path names.
type simplePart struct {
	text string
	path []string
}

func parseSimple(s string) ([]simplePart, error) {
	var out []simplePart
	var text strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case (c == '{' || c == '}') && i+1 < len(s) && s[i+1] == c:
			text.WriteByte(c)
			i++
		case c == '}':
			return nil, fmt.Errorf("a single } stands at byte %d, write }} for a brace", i+1)
		case c == '{':
			name, _, closed := strings.Cut(s[i+1:], "}")
			if !closed {
				return nil, fmt.Errorf("the { at byte %d is not closed", i+1)
			}
			path, err := parsePath(name)
			if err != nil {
				return nil, err
			}
			out = append(out, simplePart{text.String(), path})
			text.Reset()
			i += len(name) + 1
		default:
			text.WriteByte(c)
		}
	}
	return append(out, simplePart{text: text.String()}), nil
}

// parsePath reads name.name[key].
func parsePath(s string) ([]string, error) {
	if strings.ContainsAny(s, "!:") {
		return nil, fmt.Errorf("{%s} has a conversion or format, which is not supported", s)
	}
	var path []string
	for rest := s; rest != ""; {
		if inner, ok := strings.CutPrefix(rest, "["); ok && len(path) > 0 {
			key, tail, closed := strings.Cut(inner, "]")
			if !closed {
				return nil, fmt.Errorf("{%s} has a [ that is not closed", s)
			}
			path, rest = append(path, key), strings.TrimPrefix(tail, ".")
			continue
		}
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			end = len(rest)
		}
		path = append(path, rest[:end])
		rest = strings.TrimPrefix(rest[end:], ".")
	}
	if len(path) == 0 || !slices.Contains([]string{"query", "rule", "pipeline"}, path[0]) {
		return nil, fmt.Errorf("{%s} must begin with query, rule or pipeline", s)
	}
	return path, nil
}

// lookUp follows a path to a text; the members of a list are joined by commas.
func lookUp(values map[string]any, path []string) (string, error) {
	var v any = values
	for i, name := range path {
		m, ok := v.(map[string]any)
		if ok {
			v, ok = m[name]
		}
		if !ok {
			return "", fmt.Errorf("the template names %s, and there is no %q", strings.Join(path, "."), strings.Join(path[:i+1], "."))
		}
	}
	switch v := v.(type) {
	case string:
		return v, nil
	case []any:
		return joinValues(", ", v), nil
	}
	return "", fmt.Errorf("the template names %s, which is no text", strings.Join(path, "."))
}

func joinValues(separator string, list any) string {
	var texts []string
	switch list := list.(type) {
	case []string:
		texts = list
	case []any:
		for _, v := range list {
			texts = append(texts, fmt.Sprint(v))
		}
	default:
		return fmt.Sprint(list)
	}
	return strings.Join(texts, separator)
}

// templateFunctions are beside those of text/template.
func templateFunctions(names map[string]any) template.FuncMap {
	out := template.FuncMap{
		"tojson": jsonText,
		"lower":  strings.ToLower,
		"upper":  strings.ToUpper,
		"trim":   strings.TrimSpace,
		"join":   joinValues,
	}
	for name, value := range names {
		out[name] = func() any { return value }
	}
	return out
}

// compileTemplate reads a template of Go's text/template, in which the names are
// functions, so that {{ query }} and {{ rule.title }} are written as in Jinja2.
func compileTemplate(m *params, names ...string) *template.Template {
	node := m.require("template")
	text := m.optionalText("template", "")
	if n := m.get("vars"); n != nil {
		m.errorf(diag.PipelineRefused, n.Span, "", "vars is not supported: it would run a Python program")
	}
	if m.boolean("autoescape") {
		m.errorf(diag.PipelineRefused, m.node.Get("autoescape").Span, "write {{ query | html }}", "autoescape is not supported")
	}
	if n := m.get("path"); n != nil {
		m.errorf(diag.PipelineRefused, n.Span, "write the template into the pipeline", "path is not supported: a pipeline reads no templates from disk")
	}
	if node == nil {
		return nil
	}
	if strings.Contains(text, "{%") {
		m.errorf(diag.PipelineParameter, node.Span, "docs/pipelines.md has the same in both languages", "the template has a %q of Jinja2; templates are those of Go's text/template", "{%")
		return nil
	}
	placeholders := map[string]any{}
	for _, name := range names {
		placeholders[name] = ""
	}
	t, err := template.New("template").Option("missingkey=error").Funcs(templateFunctions(placeholders)).Parse(text)
	if err != nil {
		m.errorf(diag.PipelineParameter, node.Span, "docs/pipelines.md has the differences to Jinja2", "%q is not valid: %v", "template", strings.TrimPrefix(err.Error(), "template: template:"))
		return nil
	}
	return t
}

func runTemplate(t *template.Template, values map[string]any) (string, error) {
	c, err := t.Clone()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := c.Funcs(templateFunctions(values)).Execute(&b, nil); err != nil {
		return "", fmt.Errorf("the template failed: %s", strings.TrimPrefix(err.Error(), "template: template:"))
	}
	return b.String(), nil
}

func readTemplate(m *params) func(*run, string) (string, error) {
	t := compileTemplate(m, "query", "rule", "pipeline")
	return func(r *run, query string) (string, error) {
		return runTemplate(t, map[string]any{"query": query, "rule": ruleValues(r.doc), "pipeline": pipelineValues(r.pipeline, r.state)})
	}
}

func readFinalTemplate(m *params) func(*Pipeline, []string) (string, error) {
	t := compileTemplate(m, "queries", "pipeline")
	return func(p *Pipeline, queries []string) (string, error) {
		return runTemplate(t, map[string]any{"queries": queries, "pipeline": pipelineValues(p, nil)})
	}
}
