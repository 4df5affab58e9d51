package parser

import (
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/parser/yamldoc"
)

var filterKeys = slices.Concat(commonKeys, []string{"logsource", "filter"})

// filter reads a filter document (Sigma specification 2.1, "Sigma filters").
func (p *docParser) filter() *ast.Filter {
	f := &ast.Filter{Metadata: p.metadata(filterKeys), Span: p.root.Span}
	p.arrays = f.SpecMajor >= arraysSince
	f.LogSource = p.logSource()
	n := p.root.Get("filter")
	key := p.root.Pair("filter").Key
	if n.Kind != yamldoc.Map {
		p.errorf(diag.BadFilter, key.Span, "its rules, search identifiers and condition stand below it, indented", "filter must be a map, found %s", n.Kind)
		return f
	}
	for _, pair := range n.Pairs {
		switch pair.Key.Text {
		case "rules":
			p.filterRules(f, pair)
		case "condition":
			p.filterCondition(f, pair.Value)
		default:
			if body := p.body(pair.Key, pair.Value, 0); body != nil {
				name := ast.Text{Value: pair.Key.Text, Span: pair.Key.Span}
				f.Detections = append(f.Detections, &ast.NamedDetection{Name: name, Body: body})
			}
		}
	}
	if n.Get("rules") == nil {
		p.errorf(diag.BadFilter, key.Span, "list the rules by id or name, or write rules: any", "the filter does not say which rules it is for")
	}
	if n.Get("condition") == nil {
		p.errorf(diag.BadFilter, key.Span, "add one, for example: condition: not selection", "the filter has no condition")
	}
	if len(f.Detections) == 0 && !diag.HasErrors(p.diags) {
		p.errorf(diag.BadFilter, key.Span, "", "the filter has no search identifier beside its condition")
	}
	if !diag.HasErrors(p.diags) {
		// The identifiers of the condition are resolved as those of a rule.
		probe := &ast.Rule{Detections: f.Detections, Conditions: []*ast.RuleCondition{f.Condition}}
		_, diags := ast.Resolve(probe)
		p.diags = append(p.diags, diags...)
	}
	return f
}

func (p *docParser) filterRules(f *ast.Filter, pair yamldoc.Pair) {
	v := pair.Value
	switch {
	case v.IsScalar() && strings.EqualFold(v.Text, "any"):
		f.AnyRule = true
	case v.Kind == yamldoc.List && len(v.Items) == 0:
		f.AnyRule = true
		p.warnf(diag.BadFilter, v.Span, "write rules: any", "an empty list of rules is read as any rule")
	case v.Kind == yamldoc.Map || v.Kind == yamldoc.Null:
		p.errorf(diag.BadFilter, pair.Key.Span, "list the rules by id or name, or write rules: any", "rules must be a list, found %s", v.Kind)
	default:
		f.Rules = p.references(diag.BadFilter, pair)
	}
}

func (p *docParser) filterCondition(f *ast.Filter, n *yamldoc.Node) {
	if n.Kind != yamldoc.String {
		p.errorf(diag.BadFilter, n.Span, "", "the condition of a filter must be a string, found %s", n.Kind)
		return
	}
	expr, fault := ParseCondition(n.Text, n.Sub)
	if fault != nil {
		p.diags = append(p.diags, *fault)
		return
	}
	f.Condition = &ast.RuleCondition{Text: ast.Text{Value: oneLine(n.Text), Span: n.Span}, Expr: expr}
}
