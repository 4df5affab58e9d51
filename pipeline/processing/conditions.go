package processing

import (
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/parser/yamldoc"
)

// What an entry of transformations can ask about the rule, about each detection
// item, and about each name of a field.
type (
	ruleCondition  func(*run) bool
	itemCondition  func(*run, *leaf) bool
	fieldCondition func(r *run, name fieldName, l *leaf) bool
)

// conditionRow reads a type of condition.
type conditionRow[C any] struct {
	read func(*params) C
}

func (conditionRow[C]) refusal() string { return "" }

var ruleConditions = map[string]conditionRow[ruleCondition]{
	"logsource":                 {logSourceCondition},
	"contains_detection_item":   {containsItem},
	"contains_field":            {containsField},
	"processing_item_applied":   {ruleProcessed},
	"processing_state":          {func(m *params) ruleCondition { return m.stateTest().holds }},
	"is_sigma_rule":             {func(*params) ruleCondition { return func(r *run) bool { return r.doc.rule != nil } }},
	"is_sigma_correlation_rule": {func(*params) ruleCondition { return func(r *run) bool { return r.doc.correlation != nil } }},
	"rule_attribute":            {ruleAttribute},
	"tag":                       {ruleTag},
}

var itemConditions = map[string]conditionRow[itemCondition]{
	"match_string":            {matchString},
	"match_value":             {matchValue},
	"contains_wildcard":       {containsWildcard},
	"is_null":                 {isNull},
	"processing_item_applied": {itemProcessed},
	"processing_state": {func(m *params) itemCondition {
		test := m.stateTest()
		return func(r *run, _ *leaf) bool { return test.holds(r) }
	}},
}

var fieldConditions = map[string]conditionRow[fieldCondition]{
	"include_fields": {fieldList},
	"exclude_fields": {func(m *params) fieldCondition {
		listed := fieldList(m)
		return func(r *run, name fieldName, l *leaf) bool { return !listed(r, name, l) }
	}},
	"processing_item_applied": {fieldProcessed},
	"processing_state": {func(m *params) fieldCondition {
		test := m.stateTest()
		return func(r *run, _ fieldName, _ *leaf) bool { return test.holds(r) }
	}},
}

// logSourceCondition holds for a log source that has all that is named; for a
// correlation when one of its rules does.
func logSourceCondition(m *params) ruleCondition {
	want := ast.LogSource{
		Category: ast.Text{Value: m.optionalText("category", "")},
		Product:  ast.Text{Value: m.optionalText("product", "")},
		Service:  ast.Text{Value: m.optionalText("service", "")},
	}
	if want.Category.Value+want.Product.Value+want.Service.Value == "" {
		m.errorf(diag.PipelineParameter, m.at(), "", "expected a category, a product or a service")
	}
	return func(r *run) bool {
		if r.doc.rule != nil {
			return want.Contains(r.doc.logSource)
		}
		return correlates(want, r.doc.correlation, 0)
	}
}

// maxChain bounds how far correlations of correlations are followed.
const maxChain = 10

func correlates(want ast.LogSource, c *ast.Correlation, depth int) bool {
	return depth < maxChain && slices.ContainsFunc(c.Rules, func(ref ast.Reference) bool {
		switch doc := ref.Target.(type) {
		case *ast.Rule:
			return want.Contains(doc.LogSource)
		case *ast.Correlation:
			return correlates(want, doc, depth+1)
		}
		return false
	})
}

func (r *run) hasLeaf(test func(*leaf) bool) bool {
	has := false
	r.doc.leaves(func(l *leaf) { has = has || test(l) })
	return has
}

func containsField(m *params) ruleCondition {
	want := fieldName{name: m.text("field")}
	return func(r *run) bool {
		return r.hasLeaf(func(l *leaf) bool { return nameOf(l.item) == want })
	}
}

// containsItem holds when an item of that field has that value, type included.
func containsItem(m *params) ruleCondition {
	want := fieldName{name: m.text("field")}
	same := m.sameValue("value")
	return func(r *run) bool {
		return r.hasLeaf(func(l *leaf) bool { return nameOf(l.item) == want && anyValue(l, same) })
	}
}

func ruleProcessed(m *params) ruleCondition {
	id := m.text("processing_item_id")
	return func(r *run) bool { return r.doc.applied[id] }
}

func itemProcessed(m *params) itemCondition {
	id := m.text("processing_item_id")
	return func(_ *run, l *leaf) bool { return l.applied[id] }
}

func fieldProcessed(m *params) fieldCondition {
	id := m.text("processing_item_id")
	return func(r *run, name fieldName, l *leaf) bool {
		if l != nil {
			return l.applied[id]
		}
		return r.names[name.name][id]
	}
}

func ruleTag(m *params) ruleCondition {
	n := m.require("tag")
	want := ""
	if n != nil {
		t, _ := m.textOf("tag", n)
		want = t.Value
		if namespace, name, ok := strings.Cut(want, "."); !ok || namespace == "" || name == "" {
			m.errorf(diag.PipelineParameter, n.Span, "", "a tag is written namespace.name, found %q", want)
		}
	}
	return func(r *run) bool {
		return slices.ContainsFunc(r.doc.meta.Tags, func(t ast.Tag) bool { return t.String() == want })
	}
}

// quantified holds when any or all values of an item pass the test, as the
// parameter cond says.
func quantified(m *params, test func(ast.Value) bool) itemCondition {
	if m.require("cond") == nil {
		return nil
	}
	if m.choice("cond", "any", "all") == "any" {
		return func(_ *run, l *leaf) bool { return anyValue(l, test) }
	}
	return func(_ *run, l *leaf) bool { return !anyValue(l, func(v ast.Value) bool { return !test(v) }) }
}

// anyValue tests the values of an item, those of keywords without the stars
// that reading has put around them.
func anyValue(l *leaf, test func(ast.Value) bool) bool {
	return slices.ContainsFunc(l.item.Values, func(list ast.Alternatives) bool {
		return slices.ContainsFunc(list, func(v ast.Value) bool { return test(bare(v)) })
	})
}

// matchString asks whether values begin with what a regular expression
// matches; what is no string never does.
func matchString(m *params) itemCondition {
	x, negate := m.pattern("pattern"), m.boolean("negate")
	return quantified(m, func(v ast.Value) bool {
		p, ok := v.(*ast.Pattern)
		return (ok && x.begins(plainText(p))) != negate
	})
}

func matchValue(m *params) itemCondition { return quantified(m, m.sameValue("value")) }

func containsWildcard(m *params) itemCondition {
	return quantified(m, func(v ast.Value) bool {
		p, ok := v.(*ast.Pattern)
		return ok && slices.ContainsFunc(p.Parts, isWildcard)
	})
}

func isWildcard(p ast.Part) bool { return p == ast.Part(ast.AnyRun{}) || p == ast.Part(ast.AnyOne{}) }

func isNull(m *params) itemCondition {
	return quantified(m, func(v ast.Value) bool {
		_, ok := v.(*ast.Null)
		return ok
	})
}

// sameValue compares values with a parameter, type and content.
func (m *params) sameValue(name string) func(ast.Value) bool {
	n := m.require(name)
	if n == nil {
		return nil
	}
	want := m.value(name, n)
	if want == nil {
		return nil
	}
	return func(v ast.Value) bool {
		if p, ok := v.(*ast.Pattern); ok && p.Cased {
			folded := *p
			folded.Cased = false
			v = &folded
		}
		return v.String() == want.String()
	}
}

// fieldList holds for the fields of a list: names, or expressions that match
// where a name begins. Keywords have no name.
func fieldList(m *params) fieldCondition {
	m.alias("mode", "match_type")
	var nodes []*yamldoc.Node
	if m.require("fields") != nil {
		nodes = m.nodes("fields")
	}
	if m.choice("mode", "plain", "re") == "plain" {
		names := map[string]bool{}
		for _, n := range nodes {
			if t, ok := m.textOf("fields", n); ok {
				names[t.Value] = true
			}
		}
		return func(_ *run, name fieldName, _ *leaf) bool { return !name.keyword && names[name.name] }
	}
	var list []*expression
	for _, n := range nodes {
		if x := m.compile("fields", n); x != nil {
			list = append(list, x)
		}
	}
	return func(_ *run, name fieldName, _ *leaf) bool {
		return !name.keyword && slices.ContainsFunc(list, func(x *expression) bool { return x.begins(name.name) })
	}
}
