package processing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// finalizer makes one text of all queries.
type finalizer struct {
	do   func(p *Pipeline, queries []string) (string, error)
	span source.Span
}

// finalizerRow reads a type of finalizer.
type finalizerRow struct {
	read func(*params) func(*Pipeline, []string) (string, error)
}

func (finalizerRow) refusal() string { return "" }

// finalizerTable has all types of finalizers.
func finalizerTable() map[string]finalizerRow {
	return map[string]finalizerRow{
		"concat":   {readConcat},
		"json":     {readJSONList},
		"yaml":     {readYAMLList},
		"template": {readFinalTemplate},
		"nested":   {readNestedFinalizers},
	}
}

func (r *reader) finalizerList(list []*yamldoc.Node, what string) []*finalizer {
	var out []*finalizer
	for i, n := range list {
		m := r.entry(what+strconv.Itoa(i+1), n)
		if m == nil {
			continue
		}
		if kind, row := kindOf(m, finalizerTable()); row != nil {
			out = append(out, &finalizer{row.read(m), kind.Span})
			m.done(diag.PipelineParameter)
		}
	}
	return out
}

// Finalizes reports whether the pipeline makes one text of all queries.
func (p *Pipeline) Finalizes() bool { return len(p.finalizers) > 0 }

// Finalize makes one text of the queries of one target. A finalizer behind
// another works on the text that the first has made.
func (p *Pipeline) Finalize(queries []string) (string, error) {
	return p.finalize(p.finalizers, queries)
}

func (p *Pipeline) finalize(list []*finalizer, queries []string) (string, error) {
	for _, f := range list {
		text, err := f.do(p, queries)
		if err != nil {
			at := f.span.Position()
			return "", fmt.Errorf("%s:%d:%d: %w", f.span.File.Name, at.Line, at.Column, err)
		}
		queries = []string{text}
	}
	return strings.Join(queries, "\n"), nil
}

func readConcat(m *params) func(*Pipeline, []string) (string, error) {
	separator, prefix, suffix := m.optionalText("separator", "\n"), m.optionalText("prefix", ""), m.optionalText("suffix", "")
	return func(_ *Pipeline, queries []string) (string, error) {
		return prefix + strings.Join(queries, separator) + suffix, nil
	}
}

func readJSONList(m *params) func(*Pipeline, []string) (string, error) {
	indent := m.number("indent", 0)
	if indent < 0 || indent > 16 {
		m.errorf(diag.PipelineParameter, m.node.Get("indent").Span, "", "%q must be between 0 and 16, found %d", "indent", indent)
		indent = 0
	}
	return func(_ *Pipeline, queries []string) (string, error) {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", strings.Repeat(" ", indent))
		if queries == nil {
			queries = []string{}
		}
		err := enc.Encode(queries)
		return strings.TrimRight(b.String(), "\n"), err
	}
}

// readYAMLList writes a list of double-quoted strings: what JSON writes in
// quotes is the same in YAML.
func readYAMLList(m *params) func(*Pipeline, []string) (string, error) {
	m.number("indent", 0)
	return func(_ *Pipeline, queries []string) (string, error) {
		if len(queries) == 0 {
			return "[]", nil
		}
		lines := make([]string, len(queries))
		for i, q := range queries {
			text, err := jsonText(q)
			if err != nil {
				return "", err
			}
			lines[i] = "- " + text
		}
		return strings.Join(lines, "\n"), nil
	}
}

func readNestedFinalizers(m *params) func(*Pipeline, []string) (string, error) {
	m.require("finalizers")
	list := m.finalizerList(m.nodes("finalizers"), m.what+", finalizer ")
	return func(p *Pipeline, queries []string) (string, error) { return p.finalize(list, queries) }
}
