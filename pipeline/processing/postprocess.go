package processing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// postItem is one entry of postprocessing: it changes the text of a query.
type postItem struct {
	id   string
	do   func(r *run, query string) (string, error)
	rule gate[ruleCondition]
	span source.Span
}

// postRow reads a type of postprocessing.
type postRow struct {
	read func(*params) func(*run, string) (string, error)
}

func (postRow) refusal() string { return "" }

// postTable has all types of postprocessing.
func postTable() map[string]postRow {
	return map[string]postRow{
		"embed":           {readEmbed},
		"simple_template": {readSimpleTemplate},
		"template":        {readTemplate},
		"json":            {readEmbedJSON},
		"replace":         {readReplace},
		"nest":            {readPostNest},
	}
}

func (r *reader) postItems(list []*yamldoc.Node, what string) []*postItem {
	var out []*postItem
	for i, n := range list {
		m := r.entry(what+strconv.Itoa(i+1), n)
		if m == nil {
			continue
		}
		it := &postItem{id: m.optionalText("id", "")}
		kind, row := kindOf(m, postTable())
		if row == nil {
			continue
		}
		it.span = kind.Span
		it.rule = m.ruleGate()
		it.do = row.read(m)
		m.done(diag.PipelineParameter)
		out = append(out, it)
	}
	return out
}

// Postprocess gives the text that the pipeline makes of a query.
func (res *Result) Postprocess(query string) (string, error) {
	r := *res.run
	return r.postprocess(res.run.pipeline.post, query)
}

func (r *run) postprocess(items []*postItem, query string) (string, error) {
	for _, it := range items {
		if !it.rule.holds(func(c ruleCondition) bool { return c(r) }) {
			continue
		}
		text, err := it.do(r, query)
		if err != nil {
			p := it.span.Position()
			return "", fmt.Errorf("%s:%d:%d: %w", it.span.File.Name, p.Line, p.Column, err)
		}
		query = text
		doc := *r.doc
		doc.applied = doc.applied.with(it.id)
		r.doc = &doc
	}
	return query, nil
}

// Postprocesses reports whether the pipeline changes the text of queries.
func (p *Pipeline) Postprocesses() bool { return len(p.post) > 0 }

func readEmbed(m *params) func(*run, string) (string, error) {
	prefix, suffix := m.optionalText("prefix", ""), m.optionalText("suffix", "")
	return func(_ *run, query string) (string, error) { return prefix + query + suffix, nil }
}

func readReplace(m *params) func(*run, string) (string, error) {
	x, text := m.pattern("pattern"), m.text("replacement")
	var to replacement
	if x != nil {
		var err error
		if to, err = parseReplacement(x, text); err != nil {
			m.errorf(diag.PipelineParameter, m.node.Get("replacement").Span, "", "%q is not valid: %v", "replacement", err)
		}
	}
	return func(_ *run, query string) (string, error) { return x.replace(query, to), nil }
}

func readPostNest(m *params) func(*run, string) (string, error) {
	m.require("items")
	items := m.postItems(m.nodes("items"), m.what+", item ")
	return func(r *run, query string) (string, error) { return r.postprocess(items, query) }
}

// queryInJSON is the string that a query replaces.
const queryInJSON = "%QUERY%"

func readEmbedJSON(m *params) func(*run, string) (string, error) {
	template := m.text("json_template")
	if !json.Valid([]byte(template)) {
		if n := m.node.Get("json_template"); n != nil {
			m.errorf(diag.PipelineParameter, n.Span, "", "%q is not JSON", "json_template")
		}
	}
	return func(_ *run, query string) (string, error) {
		text, err := jsonText(query)
		if err != nil {
			return "", err
		}
		return embedJSON(template, text)
	}
}

// jsonText is a string in JSON, with <, > and & as they are.
func jsonText(s string) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(s)
	return string(bytes.TrimRight(b.Bytes(), "\n")), err
}

// embedJSON replaces the strings that are %QUERY%, and keeps the order of keys
// and the spelling of numbers. Keys are not replaced.
func embedJSON(template, query string) (string, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(template)); err != nil {
		return "", err
	}
	var out bytes.Buffer
	text := compact.Bytes()
	for i := 0; i < len(text); {
		end := i + 1
		if text[i] == '"' {
			for ; text[end] != '"'; end++ {
				if text[end] == '\\' {
					end++
				}
			}
			end++
		}
		var s string
		isKey := end < len(text) && text[end] == ':' && text[i] == '"'
		if text[i] == '"' && !isKey && json.Unmarshal(text[i:end], &s) == nil && s == queryInJSON {
			out.WriteString(query)
		} else {
			out.Write(text[i:end])
		}
		i = end
	}
	return out.String(), nil
}
