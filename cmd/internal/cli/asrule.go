package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/parser"
	"sigmatic/parser/query/kql"
)

// ruleText makes a rule out of tests of fields, which then means what Sigma means.
type ruleText struct {
	selections []any
}

// selection adds a test, and gives its name for the condition.
func (r *ruleText) selection(test any) string {
	r.selections = append(r.selections, test)
	return fmt.Sprintf("s%d", len(r.selections))
}

// rule reads the rule with a condition. name is for messages.
func (r *ruleText) rule(name, condition string) (*ast.Rule, error) {
	detection := map[string]any{"condition": condition}
	for i, s := range r.selections {
		detection[fmt.Sprintf("s%d", i+1)] = s
	}
	text, err := json.Marshal(map[string]any{"title": name, "logsource": map[string]string{"product": "aws"}, "detection": detection})
	if err != nil {
		return nil, err
	}
	result := parser.Parse(source.NewFile(name, text)) // JSON is YAML
	for _, d := range result.Documents {
		if rule, ok := d.(*ast.Rule); ok {
			return rule, nil
		}
	}
	if len(result.Diagnostics) > 0 {
		return nil, usagef("%s: %s", name, result.Diagnostics[0].Summary)
	}
	return nil, usagef("%s cannot be understood", name)
}

// fieldRule is the rule of tests FIELD:VALUE, all of which must hold. A field may
// have Sigma's modifiers, a value its wildcards.
func fieldRule(tests []string) (*ast.Rule, error) {
	var r ruleText
	var names []string
	for _, test := range tests {
		field, value, ok := strings.Cut(test, ":")
		if !ok || field == "" {
			return nil, usagef("--field: expected FIELD:VALUE, found %q", test)
		}
		names = append(names, r.selection(map[string]string{field: value}))
	}
	return r.rule("--field", strings.Join(names, " and "))
}

// kqlRule is the rule that means what a text of KQL means, letters of either case
// being the same.
func kqlRule(text string) (*ast.Rule, error) {
	node, err := kql.Parse(text)
	if err != nil {
		return nil, usagef("--kql: %v", err)
	}
	if node == nil {
		return nil, usagef("--kql: the text is empty")
	}
	var r ruleText
	condition, err := r.kql(node)
	if err != nil {
		return nil, usagef("--kql: %v", err)
	}
	return r.rule("--kql", condition)
}

// kql gives the condition for a node.
func (r *ruleText) kql(node kql.Node) (string, error) {
	switch n := node.(type) {
	case *kql.And:
		return r.terms(n.Terms, " and ")
	case *kql.Or:
		return r.terms(n.Terms, " or ")
	case *kql.Not:
		of, err := r.kql(n.Of)
		return "not (" + of + ")", err
	case *kql.Is:
		return r.is(n)
	case *kql.Range:
		return r.bound(n)
	case *kql.Nested:
		return "", fmt.Errorf("at byte %d: nested fields ({ }) are not supported here, name the field with dots", n.Offset())
	}
	return "", fmt.Errorf("%q is not supported here", node)
}

func (r *ruleText) terms(nodes []kql.Node, operator string) (string, error) {
	var parts []string
	for _, n := range nodes {
		part, err := r.kql(n)
		if err != nil {
			return "", err
		}
		parts = append(parts, "("+part+")")
	}
	return strings.Join(parts, operator), nil
}

func (r *ruleText) is(n *kql.Is) (string, error) {
	if n.Field == nil {
		return r.selection([]string{sigmaPattern(n.Value)}), nil
	}
	field, err := kqlField(n.Field)
	if err != nil {
		return "", err
	}
	if n.Value.IsAny() && !n.Value.Quoted {
		return r.selection(map[string]any{field + "|exists": true}), nil
	}
	return r.selection(map[string]string{field: sigmaPattern(n.Value)}), nil
}

func (r *ruleText) bound(n *kql.Range) (string, error) {
	field, err := kqlField(n.Field)
	if err != nil {
		return "", err
	}
	number, err := strconv.ParseFloat(n.Value.Text(), 64)
	if err != nil {
		return "", fmt.Errorf("at byte %d: expected a number behind %s, found %q; for times use --timeline-start and --timeline-end", n.Value.Offset(), n.Op, n.Value.Text())
	}
	modifier := map[kql.Operator]string{kql.Lt: "lt", kql.Lte: "lte", kql.Gt: "gt", kql.Gte: "gte"}[n.Op]
	return r.selection(map[string]any{field + "|" + modifier: number}), nil
}

func kqlField(v *kql.Value) (string, error) {
	if v.IsPattern() || slices.Contains([]string{"", "|"}, v.Text()) || strings.Contains(v.Text(), "|") {
		return "", fmt.Errorf("at byte %d: expected the name of one field, found %q", v.Offset(), v)
	}
	return v.Text(), nil
}

// sigmaPattern writes a value of KQL as one of Sigma.
func sigmaPattern(v *kql.Value) string {
	literal := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`)
	pieces := make([]string, len(v.Pieces))
	for i, p := range v.Pieces {
		pieces[i] = literal.Replace(p)
	}
	return strings.Join(pieces, "*")
}
