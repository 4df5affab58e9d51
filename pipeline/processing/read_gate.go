package processing

import (
	"fmt"
	"strconv"

	"sigmatic/ast/diag"
	"sigmatic/parser/yamldoc"
)

func (m *params) ruleGate() gate[ruleCondition] {
	g := readGate(m, "rule_conditions", "rule_cond", ruleConditions)
	g.emptyHolds = true
	return g
}

func (m *params) itemGate() gate[itemCondition] {
	return readGate(m, "detection_item_conditions", "detection_item_cond", itemConditions)
}

func (m *params) fieldGate() gate[fieldCondition] {
	return readGate(m, "field_name_conditions", "field_name_cond", fieldConditions)
}

// readGate reads conditions, a list or a map, and how they are joined.
func readGate[C any](m *params, list, prefix string, table map[string]conditionRow[C]) gate[C] {
	var g gate[C]
	m.alias(prefix+"_expr", prefix+"_expression")
	expr := m.get(prefix + "_expr")
	op := m.node.Get(prefix + "_op")
	any := m.choice(prefix+"_op", "and", "or") == "or"
	g.negated = m.boolean(prefix + "_not")
	n := m.get(list)
	names, nodes := m.conditionNodes(list, n)
	refs := make([]join, 0, len(nodes))
	for i, c := range nodes {
		sub := m.entry(fmt.Sprintf("%s, %s %s", m.what, list, names[i]), c)
		if sub == nil {
			continue
		}
		if _, row := kindOf(sub, table); row != nil {
			g.conditions = append(g.conditions, row.read(sub))
			refs = append(refs, joinRef(len(g.conditions)-1))
			sub.done(diag.PipelineParameter)
		}
	}
	switch {
	case expr != nil && op != nil:
		m.errorf(diag.PipelineConditions, op.Span, "", "%s_op and %s_expr exclude each other", prefix, prefix)
	case expr != nil && (n == nil || n.Kind != yamldoc.Map):
		m.errorf(diag.PipelineConditions, expr.Span, "write a map of names to conditions", "%s_expr needs %s with names", prefix, list)
	case expr != nil && expr.Kind != yamldoc.String:
		m.wrong(prefix+"_expr", "a string", expr)
	case expr != nil && len(g.conditions) == len(names):
		j, fault := parseJoin(expr, names)
		if fault != nil {
			fault.Summary = m.what + ": " + fault.Summary
			m.diags = append(m.diags, *fault)
		}
		g.join = j
	case len(refs) > 0 && any:
		g.join = joinAny(refs)
	case len(refs) > 0:
		g.join = joinAll(refs)
	case len(nodes) == 0 && g.negated:
		m.warnEmptyNot(prefix)
	}
	return g
}

// conditionNodes are the conditions with their names: those of a map, or the
// numbers in a list.
func (m *params) conditionNodes(list string, n *yamldoc.Node) (names []string, nodes []*yamldoc.Node) {
	if n == nil || n.Kind == yamldoc.Null {
		return nil, nil
	}
	switch n.Kind {
	case yamldoc.List:
		for i, c := range n.Items {
			names, nodes = append(names, strconv.Itoa(i+1)), append(nodes, c)
		}
	case yamldoc.Map:
		for _, p := range n.Pairs {
			names, nodes = append(names, p.Key.Text), append(nodes, p.Value)
		}
	default:
		m.wrong(list, "a list or a map", n)
	}
	return names, nodes
}

func (m *params) warnEmptyNot(prefix string) {
	effect := "so that the item never applies"
	if prefix == "rule_cond" {
		effect = "and has no effect"
	}
	m.report(diag.PipelineConditions, diag.Warning, m.node.Pair(prefix+"_not").Key.Span, "remove it",
		"%s: %s_not has no conditions to negate, %s", m.what, prefix, effect)
}
