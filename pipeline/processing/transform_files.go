package processing

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// fileSource is a list of values in a file.
type fileSource struct {
	path     string
	format   string
	column   string
	byNumber bool // column is a number, from 0
	header   bool
	steps    []string
	filter   *expression
	readFile func(string) ([]byte, error)
	once     func() ([]string, error)
}

func filePlaceholders(m *params) transformation {
	f := &fileSource{path: m.text("path"), format: m.choice("format", "plaintext", "csv", "json", "yaml"), header: true, readFile: m.opts.ReadFile}
	if n := m.get("csv_column"); n != nil {
		f.column, f.byNumber = n.Text, n.Kind == yamldoc.Int
	}
	if m.get("csv_has_header") != nil {
		f.header = m.boolean("csv_has_header")
	}
	if m.node.Get("filter") != nil {
		f.filter = m.pattern("filter")
	}
	m.known = append(m.known, "filter")
	query := m.get("jq_expression")
	switch {
	case f.readFile == nil:
		m.errorf(diag.PipelineRefused, m.at(), "", "file_placeholders reads %q, and no file was allowed", f.path)
	case f.format == "csv" && f.column == "":
		m.errorf(diag.PipelineParameter, m.at(), "", "the format csv needs csv_column")
	case f.format == "csv" && !f.byNumber && !f.header:
		m.errorf(diag.PipelineParameter, m.node.Get("csv_column").Span, "give the number of the column, from 0", "a file without a header has no names of columns")
	case (f.format == "json" || f.format == "yaml") && query == nil:
		m.errorf(diag.PipelineParameter, m.at(), "", "the format %s needs jq_expression", f.format)
	case query != nil:
		var ok bool
		if f.steps, ok = pathSteps(query.Text); !ok {
			m.errorf(diag.PipelineParameter, query.Span, "write a path such as .hosts[] or .servers[].name", "%q is more of jq than is supported: names and []", query.Text)
		}
	}
	f.once = sync.OnceValues(f.values)
	return placeholders{m.placeholderNames(), func(*run, string) ([]string, error) { return f.once() }}
}

// pathSteps reads the part of jq's language that names values: .name and [].
func pathSteps(s string) ([]string, bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(s), ".")
	if !ok {
		return nil, false
	}
	var steps []string
	for i, name := range strings.Split(rest, ".") {
		lists := 0
		for strings.HasSuffix(name, "[]") {
			name = strings.TrimSuffix(name, "[]")
			lists++
		}
		if name == "" && (i > 0 || lists == 0) || strings.ContainsAny(name, "[]|(){}\"'?:,; ") {
			return nil, false
		}
		if name != "" {
			steps = append(steps, name)
		}
		for range lists {
			steps = append(steps, "[]")
		}
	}
	return steps, true
}

// values reads the file.
func (f *fileSource) values() ([]string, error) {
	data, err := f.readFile(f.path)
	if err != nil {
		return nil, fmt.Errorf("file_placeholders: %s: %w", f.path, err)
	}
	var all []string
	switch f.format {
	case "plaintext":
		for line := range strings.Lines(string(data)) {
			if line = strings.TrimSpace(line); line != "" {
				all = append(all, line)
			}
		}
	case "csv":
		all, err = f.csvColumn(string(data))
	default:
		all, err = f.nodes(data)
	}
	if err != nil {
		return nil, fmt.Errorf("file_placeholders: %s: %w", f.path, err)
	}
	if f.filter != nil {
		all = slices.DeleteFunc(all, func(s string) bool { return !f.filter.MatchString(s) })
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("file_placeholders: %s has no value", f.path)
	}
	return all, nil
}

func (f *fileSource) csvColumn(text string) ([]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	column, err := strconv.Atoi(f.column)
	if !f.byNumber {
		if column = slices.Index(rows[0], f.column); column < 0 {
			return nil, fmt.Errorf("there is no column %q", f.column)
		}
	} else if err != nil || column < 0 {
		return nil, fmt.Errorf("%q is no number of a column", f.column)
	}
	if f.header {
		rows = rows[1:]
	}
	var out []string
	for _, row := range rows {
		if column < len(row) {
			out = append(out, row[column])
		}
	}
	return out, nil
}

// nodes takes the values at the path out of YAML, which JSON is a part of.
func (f *fileSource) nodes(data []byte) ([]string, error) {
	docs, diags := yamldoc.Parse(source.NewFile(f.path, data))
	if diag.HasErrors(diags) {
		return nil, &diags[0]
	}
	list := docs
	for _, step := range f.steps {
		var next []*yamldoc.Node
		for _, n := range list {
			switch {
			case step == "[]" && n.Kind == yamldoc.List:
				next = append(next, n.Items...)
			case step != "[]" && n.Kind == yamldoc.Map:
				if v := n.Get(step); v != nil {
					next = append(next, v)
				}
			default:
				return nil, fmt.Errorf("%q of jq_expression finds %s", step, n.Kind)
			}
		}
		list = next
	}
	var out []string
	for _, n := range list {
		switch {
		case n.Kind == yamldoc.Null:
		case !n.IsScalar():
			return nil, fmt.Errorf("jq_expression finds %s, expected plain values; [] opens a list", n.Kind)
		default:
			out = append(out, n.Text)
		}
	}
	return out, nil
}
