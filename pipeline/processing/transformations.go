package processing

import (
	"sigmatic/ast"
)

// transformation is what an entry of transformations does to a document.
type transformation interface {
	apply(r *run, it *item)
}

// transformationRow reads a type of transformation.
type transformationRow struct {
	read func(*params) transformation
	// wholeRule says that conditions on detection items and field names have no
	// meaning for it.
	wholeRule bool
	refused   string // why it is not supported; "" when it is
}

func (r transformationRow) refusal() string { return r.refused }

const runsCode = "it would run a program, and a rule must not depend on what that prints"

// transformationTable has all types. Adding one is adding a row. It is a
// function because nest refers to the table that holds it.
func transformationTable() map[string]transformationRow {
	return map[string]transformationRow{
		"field_name_mapping":            {read: fieldNameMapping},
		"field_name_prefix_mapping":     {read: fieldNamePrefixMapping},
		"field_name_transform":          {read: fieldNameTransform},
		"field_name_prefix":             {read: fieldNamePrefix},
		"field_name_suffix":             {read: fieldNameSuffix},
		"drop_detection_item":           {read: func(*params) transformation { return dropItem{} }},
		"hashes_fields":                 {read: readHashesFields},
		"extract_fields":                {read: readExtractFields},
		"wildcard_placeholders":         {read: wildcardPlaceholders},
		"value_placeholders":            {read: valuePlaceholders},
		"query_expression_placeholders": {read: readQueryExpression},
		"file_placeholders":             {read: filePlaceholders},
		"http_placeholders":             {refused: "it would ask a server, and a rule must not depend on what that answers; save the answer to a file and use file_placeholders"},
		"command_placeholders":          {refused: runsCode + "; save its output to a file and use file_placeholders"},
		"add_condition":                 {read: readAddCondition, wholeRule: true},
		"change_logsource":              {read: readChangeLogSource, wholeRule: true},
		"add_field":                     {read: addField, wholeRule: true},
		"remove_field":                  {read: removeField, wholeRule: true},
		"set_field":                     {read: setField, wholeRule: true},
		"replace_string":                {read: readReplaceString},
		"map_string":                    {read: readMapString},
		"regex":                         {read: readToRegex},
		"set_value":                     {read: readSetValue},
		"convert_type":                  {read: readConvertType},
		"case":                          {read: readLetterCase},
		"set_state":                     {read: readSetState, wholeRule: true},
		"set_custom_attribute":          {read: readSetAttribute, wholeRule: true},
		"rule_failure":                  {read: readRuleFailure, wholeRule: true},
		"detection_item_failure":        {read: readItemFailure},
		"strict_field_mapping_failure":  {read: func(*params) transformation { return strictMapping{} }, wholeRule: true},
		"nest":                          {read: readNest, wholeRule: true},
	}
}

// dropItem removes detection items, and with the last one of a search
// identifier the identifier from the condition.
type dropItem struct{}

func (dropItem) apply(r *run, it *item) {
	if r.doc.rule != nil {
		r.each(it, func(*leaf) node { return nil })
	}
}

// nest runs items of its own. They see the variables and the state of the
// pipeline around them, and leave their marks there.
type nest struct{ items []*item }

func readNest(m *params) transformation {
	m.require("items")
	return nest{m.items(m.nodes("items"), m.what+", item ")}
}

func (t nest) apply(r *run, _ *item) { r.apply(t.items) }

// setState notes something for later items and for whoever prints the query.
type setState struct {
	key   string
	value ast.Data
}

func readSetState(m *params) transformation {
	m.alias("val", "value")
	return setState{m.text("key"), m.data("val")}
}

func (t setState) apply(r *run, _ *item) { r.state[t.key] = t.value }

// setAttribute gives the rule an attribute that Sigma does not define.
type setAttribute struct{ ast.Attribute }

func readSetAttribute(m *params) transformation {
	return setAttribute{ast.Attribute{Name: ast.Text{Value: m.text("attribute"), Span: m.node.Span}, Value: m.data("value")}}
}

func (t setAttribute) apply(r *run, _ *item) {
	meta := &r.doc.meta
	for i := range meta.Custom {
		if meta.Custom[i].Name.Value == t.Name.Value {
			meta.Custom[i].Value = t.Value
			return
		}
	}
	meta.Custom = append(meta.Custom, t.Attribute)
}

// changeLogSource replaces the log source as a whole.
type changeLogSource struct{ logSource ast.LogSource }

func readChangeLogSource(m *params) transformation {
	part := func(name string) ast.Text {
		if n := m.node.Get(name); n != nil {
			return ast.Text{Value: m.text(name), Span: n.Span}
		}
		return ast.Text{Value: m.optionalText(name, "")}
	}
	return changeLogSource{ast.LogSource{Category: part("category"), Product: part("product"), Service: part("service"), Span: m.node.Span}}
}

func (t changeLogSource) apply(r *run, _ *item) { r.doc.logSource = t.logSource }
