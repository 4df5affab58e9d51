package processing

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/parser/yamldoc"
)

// orders are the comparisons that conditions know, by what they say of a
// three-way comparison.
var orders = map[string]func(int) bool{
	"eq":  func(c int) bool { return c == 0 },
	"ne":  func(c int) bool { return c != 0 },
	"lt":  func(c int) bool { return c < 0 },
	"lte": func(c int) bool { return c <= 0 },
	"gt":  func(c int) bool { return c > 0 },
	"gte": func(c int) bool { return c >= 0 },
}

// compareData compares two values of one type. Values of different types, and
// those that have no order, are only equal or not: ordered is then false.
func compareData(a, b ast.Data) (c int, ordered bool) {
	if a.Kind == ast.DataNumber && b.Kind == ast.DataNumber {
		x, ok1 := ast.ParseDecimal(a.Text)
		y, ok2 := ast.ParseDecimal(b.Text)
		if ok1 && ok2 {
			return x.Cmp(y), true
		}
	}
	if a.Kind == ast.DataScalar && b.Kind == ast.DataScalar {
		return strings.Compare(a.Text, b.Text), true
	}
	if sameData(a, b) {
		return 0, false
	}
	return 1, false
}

func sameData(a, b ast.Data) bool {
	if a.Kind == ast.DataBool && b.Kind == ast.DataBool {
		return a.Truth() == b.Truth()
	}
	return a.Kind == b.Kind && a.Text == b.Text &&
		slices.EqualFunc(a.Items, b.Items, sameData) &&
		slices.EqualFunc(a.Pairs, b.Pairs, func(p, q ast.Attribute) bool { return p.Name.Value == q.Name.Value && sameData(p.Value, q.Value) })
}

// stateTest compares an entry of the state. One that is not set passes no test.
type stateTest struct {
	key  string
	want ast.Data
	op   string
}

func (m *params) stateTest() stateTest {
	m.alias("val", "value")
	return stateTest{m.text("key"), m.data("val"), m.choice("op", "eq", "ne", "gte", "gt", "lte", "lt")}
}

func (t stateTest) holds(r *run) bool {
	have, ok := r.state[t.key]
	if !ok {
		return false
	}
	c, ordered := compareData(have, t.want)
	return orders[t.op](c) && (ordered || t.op == "eq" || t.op == "ne")
}

// attributeKind says how an attribute of a rule compares.
type attributeKind uint8

const (
	attributeText attributeKind = iota
	attributeList
	attributeDate
	attributeLevel
	attributeStatus
	attributeCustom
)

// attributes are those that rules have by Sigma's specification, as far as they
// compare with a plain value.
var attributes = map[string]struct {
	kind  attributeKind
	value func(*ast.Metadata) ast.Data
}{
	"title":          {attributeText, func(m *ast.Metadata) ast.Data { return textData(m.Title) }},
	"id":             {attributeText, func(m *ast.Metadata) ast.Data { return textData(m.ID) }},
	"name":           {attributeText, func(m *ast.Metadata) ast.Data { return textData(m.Name) }},
	"taxonomy":       {attributeText, func(m *ast.Metadata) ast.Data { return textData(m.Taxonomy) }},
	"description":    {attributeText, func(m *ast.Metadata) ast.Data { return textData(m.Description) }},
	"license":        {attributeText, func(m *ast.Metadata) ast.Data { return textData(m.License) }},
	"author":         {attributeText, func(m *ast.Metadata) ast.Data { return textData(m.Author) }},
	"date":           {attributeDate, func(m *ast.Metadata) ast.Data { return textData(m.Date) }},
	"modified":       {attributeDate, func(m *ast.Metadata) ast.Data { return textData(m.Modified) }},
	"level":          {attributeLevel, func(m *ast.Metadata) ast.Data { return scalar(m.Level.String()) }},
	"status":         {attributeStatus, func(m *ast.Metadata) ast.Data { return scalar(m.Status.String()) }},
	"references":     {attributeList, func(m *ast.Metadata) ast.Data { return listData(m.References) }},
	"fields":         {attributeList, func(m *ast.Metadata) ast.Data { return listData(m.Fields) }},
	"falsepositives": {attributeList, func(m *ast.Metadata) ast.Data { return listData(m.FalsePositives) }},
	"scope":          {attributeList, func(m *ast.Metadata) ast.Data { return listData(m.Scope) }},
	"tags": {attributeList, func(m *ast.Metadata) ast.Data {
		d := ast.Data{Kind: ast.DataList}
		for _, t := range m.Tags {
			d.Items = append(d.Items, scalar(t.String()))
		}
		return d
	}},
}

func scalar(s string) ast.Data {
	if s == "" {
		return ast.Data{}
	}
	return ast.Data{Kind: ast.DataScalar, Text: s}
}

func textData(t ast.Text) ast.Data { return scalar(t.Value) }

func listData(list []ast.Text) ast.Data {
	d := ast.Data{Kind: ast.DataList}
	for _, t := range list {
		d.Items = append(d.Items, scalar(t.Value))
	}
	return d
}

// ruleAttribute compares an attribute. One that a rule does not have passes no
// test.
func ruleAttribute(m *params) ruleCondition {
	name, want := m.text("attribute"), m.data("value")
	op := m.choice("op", "eq", "ne", "gte", "gt", "lte", "lt", "in", "not_in")
	builtin, ok := attributes[name]
	if !ok {
		return func(r *run) bool {
			for _, a := range r.doc.meta.Custom {
				if a.Name.Value == name {
					return compareAttribute(a.Value, want, op)
				}
			}
			return false
		}
	}
	m.checkAttribute(name, builtin.kind, op)
	rank := func(d ast.Data) ast.Data { return d }
	switch builtin.kind {
	case attributeLevel:
		rank = func(d ast.Data) ast.Data {
			l, _ := ast.ParseLevel(d.Text)
			return ranked(int(l))
		}
	case attributeStatus:
		rank = func(d ast.Data) ast.Data {
			s, _ := ast.ParseStatus(d.Text)
			return ranked(int(s))
		}
	case attributeText, attributeList, attributeDate, attributeCustom:
	}
	return func(r *run) bool {
		have := builtin.value(&r.doc.meta)
		if have.Kind == ast.DataNull {
			return false
		}
		return compareAttribute(rank(have), rank(want), op)
	}
}

func ranked(n int) ast.Data { return ast.Data{Kind: ast.DataNumber, Text: strconv.Itoa(n)} }

func compareAttribute(have, want ast.Data, op string) bool {
	if have.Kind == ast.DataList {
		in := slices.ContainsFunc(have.Items, func(d ast.Data) bool {
			c, _ := compareData(d, want)
			return c == 0
		})
		return op == "in" && in || op == "not_in" && !in || op == "ne"
	}
	order, ok := orders[op]
	if !ok {
		return false // in and not_in are for lists
	}
	c, ordered := compareData(have, want)
	return order(c) && (ordered || op == "eq" || op == "ne")
}

// checkAttribute refuses comparisons that could never hold.
func (m *params) checkAttribute(name string, kind attributeKind, op string) {
	value := m.node.Get("value")
	if value == nil {
		return
	}
	fault := func(n *yamldoc.Node, format string, args ...any) {
		m.errorf(diag.PipelineParameter, n.Span, "", format, args...)
	}
	opNode := cmp.Or(m.node.Get("op"), value)
	equality := op == "eq" || op == "ne"
	member := op == "in" || op == "not_in"
	switch {
	case kind == attributeList && !member:
		fault(opNode, "the attribute %q is a list and takes the operators in and not_in, not %s", name, op)
		return
	case kind != attributeList && member:
		fault(opNode, "the attribute %q is no list and does not take the operator %s", name, op)
		return
	case kind == attributeText && !equality:
		fault(opNode, "the attribute %q is text and takes the operators eq and ne, not %s", name, op)
		return
	}
	switch kind {
	case attributeLevel:
		if _, ok := ast.ParseLevel(value.Text); !ok {
			fault(value, "%q is no level, expected one of %s", value.Text, strings.Join(ast.LevelNames(), ", "))
		}
	case attributeStatus:
		if _, ok := ast.ParseStatus(value.Text); !ok {
			fault(value, "%q is no status, expected one of %s", value.Text, strings.Join(ast.StatusNames(), ", "))
		}
	case attributeDate:
		if _, err := time.Parse(time.DateOnly, value.Text); err != nil {
			fault(value, "%q is no date, expected the form 2025-12-31", value.Text)
		}
	case attributeText, attributeList, attributeCustom:
	}
}
