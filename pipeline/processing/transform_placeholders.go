package processing

import (
	"fmt"
	"slices"

	"sigmatic/ast"
	"sigmatic/ast/diag"
)

// placeholderNames says which placeholders an entry is about.
func (m *params) placeholderNames() func(string) bool {
	include, exclude := m.list("include"), m.list("exclude")
	if n := m.node.Get("exclude"); n != nil && m.node.Get("include") != nil {
		m.errorf(diag.PipelineParameter, n.Span, "", "include and exclude exclude each other")
	}
	return func(name string) bool {
		return (m.node.Get("include") == nil || slices.Contains(include, name)) && !slices.Contains(exclude, name)
	}
}

// placeholders puts values in the place of placeholders.
type placeholders struct {
	about  func(name string) bool
	values func(r *run, name string) ([]string, error)
}

func wildcardPlaceholders(m *params) transformation {
	return placeholders{m.placeholderNames(), func(*run, string) ([]string, error) { return []string{"*"}, nil }}
}

func valuePlaceholders(m *params) transformation {
	return placeholders{m.placeholderNames(), func(r *run, name string) ([]string, error) {
		d, ok := r.pipeline.vars[name]
		if !ok {
			return nil, fmt.Errorf("the pipeline has no variable for the placeholder %%%s%%", name)
		}
		list := []ast.Data{d}
		if d.Kind == ast.DataList {
			list = d.Items
		}
		var out []string
		for _, v := range list {
			if v.Kind != ast.DataScalar && v.Kind != ast.DataNumber {
				return nil, fmt.Errorf("the variable %q of the pipeline has a value that is neither a string nor a number", name)
			}
			out = append(out, v.Text)
		}
		if len(out) == 0 {
			return nil, fmt.Errorf("the variable %q of the pipeline has no value", name)
		}
		return out, nil
	}}
}

func (t placeholders) apply(r *run, it *item) {
	valueChange(func(v ast.Value) (ast.Alternatives, bool, error) {
		vars := ast.Vars{}
		for _, name := range ast.PlaceholdersOf(v) {
			if !t.about(name) {
				continue
			}
			values, err := t.values(r, name)
			if err != nil {
				return nil, false, err
			}
			vars[name] = values
		}
		if len(vars) == 0 {
			return nil, false, nil
		}
		out, fault := ast.ExpandValue(v, vars)
		if fault != nil {
			return nil, false, fmt.Errorf("%s", fault.Summary)
		}
		return out, true, nil
	}).apply(r, it)
}

// queryExpression refuses the placeholders that it is about: the text that would
// take their place is in the language of one target, and nothing could hold the
// query to the rule.
type queryExpression struct{ about func(name string) bool }

func readQueryExpression(m *params) transformation {
	m.text("expression")
	if m.node.Get("mapping") != nil {
		m.entries("mapping")
	}
	m.known = append(m.known, "mapping")
	return queryExpression{m.placeholderNames()}
}

func (t queryExpression) apply(r *run, it *item) {
	valueChange(func(v ast.Value) (ast.Alternatives, bool, error) {
		for _, name := range ast.PlaceholdersOf(v) {
			if t.about(name) {
				return nil, false, fmt.Errorf("query_expression_placeholders would put text of one query language in the place of %%%s%%, which no other target and no scan can read; give its values with --vars or value_placeholders", name)
			}
		}
		return nil, false, nil
	}).apply(r, it)
}
