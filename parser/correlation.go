package parser

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/parser/yamldoc"
)

var correlationKeys = slices.Concat(commonKeys, []string{"correlation", "generate"})

// correlationTypes are the words of the attribute type (Sigma specification
// 2.1, "Correlation types"; value_median is an extension of its tools, new_terms
// is ours, docs/correlations.md).
var correlationTypes = []struct {
	name string
	kind ast.CorrelationType
}{
	{"event_count", ast.EventCount},
	{"value_count", ast.ValueCount},
	{"temporal", ast.Temporal},
	{"temporal_ordered", ast.TemporalOrdered},
	{"value_sum", ast.ValueSum},
	{"value_avg", ast.ValueAvg},
	{"value_percentile", ast.ValuePercentile},
	{"value_median", ast.ValueMedian},
	{"new_terms", ast.FirstSeen},
}

func correlationTypeNames() []string {
	names := make([]string, len(correlationTypes))
	for i, t := range correlationTypes {
		names[i] = t.name
	}
	return names
}

// CorrelationTypeName is the word of the attribute type; "" for a type that no
// Sigma document can name.
func CorrelationTypeName(t ast.CorrelationType) string {
	for _, known := range correlationTypes {
		if known.kind == t {
			return known.name
		}
	}
	return ""
}

// ThresholdKey is the key of a comparison in the condition of a correlation.
func ThresholdKey(t ast.Threshold) string {
	for key, known := range thresholdOps {
		if known.Op == t.Op && known.NotEqual == t.NotEqual {
			return key
		}
	}
	return ""
}

// correlation reads a correlation document. Its references are resolved by
// Link, once all documents are known.
func (p *docParser) correlation() *ast.Correlation {
	c := &ast.Correlation{Metadata: p.metadata(correlationKeys), Span: p.root.Span}
	n := p.root.Get("correlation")
	if n.Kind != yamldoc.Map {
		p.errorf(diag.BadCorrelation, p.root.Pair("correlation").Key.Span, "its type, rules, group-by, timespan and condition stand below it, indented",
			"correlation must be a map, found %s", n.Kind)
		return c
	}
	if g := p.root.Get("generate"); g != nil {
		p.warnf(diag.MisplacedGenerate, p.root.Pair("generate").Key.Span, "move it into correlation", "generate belongs into the correlation")
		p.generate(c, g)
	}
	known := p.correlationType(c, n)
	for _, pair := range n.Pairs {
		p.correlationKey(c, pair)
	}
	if n.Get("timespan") == nil && n.Get("timeframe") == nil {
		p.errorf(diag.BadTimespan, p.root.Pair("correlation").Key.Span, "say how far apart the events may be, for example: timespan: 5m", "the correlation has no timespan")
	}
	if known {
		p.correlationCondition(c, n)
	}
	return c
}

func (p *docParser) correlationType(c *ast.Correlation, n *yamldoc.Node) bool {
	t := n.Get("type")
	if t == nil {
		p.errorf(diag.BadCorrelationType, p.root.Pair("correlation").Key.Span, "type is one of "+strings.Join(correlationTypeNames(), ", "), "the correlation has no type")
		return false
	}
	kind, ok := p.typeNamed(t)
	c.Type = kind
	return ok
}

func (p *docParser) typeNamed(t *yamldoc.Node) (ast.CorrelationType, bool) {
	for _, known := range correlationTypes {
		if t.Kind == yamldoc.String && strings.EqualFold(t.Text, known.name) {
			return known.kind, true
		}
	}
	p.unknownWord(diag.BadCorrelationType, "correlation type", ast.Text{Value: t.Text, Span: t.Span}, correlationTypeNames())
	return 0, false
}

func (p *docParser) correlationKey(c *ast.Correlation, pair yamldoc.Pair) {
	switch pair.Key.Text {
	case "type", "condition":
	case "rules":
		c.Rules = p.references(diag.BadCorrelationRules, pair)
	case "group-by":
		c.GroupBy = p.names(diag.BadCorrelation, pair)
	case "timespan", "timeframe":
		p.timespan(c, pair.Value)
	case "aliases":
		p.aliases(c, pair.Value)
	case "generate":
		p.generate(c, pair.Value)
	case "window":
		c.Window.Tumbling = p.choice(pair, "sliding", "tumbling") == 1
	case "missing-key":
		c.MissingKey = ast.MissingKey(p.choice(pair, "drop", "group"))
	default:
		known := []string{"type", "rules", "group-by", "timespan", "aliases", "condition", "generate", "window", "missing-key"}
		help := "a correlation has " + strings.Join(known, ", ")
		if near := diag.Nearest(pair.Key.Text, known); near != "" {
			help = fmt.Sprintf("did you mean %q?", near)
		}
		p.errorf(diag.BadCorrelation, pair.Key.Span, help, "unknown attribute %q of a correlation", pair.Key.Text)
	}
}

// names reads a string or a list of strings.
func (p *docParser) names(code diag.Code, pair yamldoc.Pair) []ast.Text {
	items := []*yamldoc.Node{pair.Value}
	if pair.Value.Kind == yamldoc.List {
		items = pair.Value.Items
	}
	var out []ast.Text
	for _, item := range items {
		if !item.IsScalar() || item.Kind == yamldoc.Null {
			p.errorf(code, item.Span, "", "%s must be a name or a list of names, found %s", pair.Key.Text, item.Kind)
			continue
		}
		out = append(out, ast.Text{Value: item.Text, Span: item.Span})
	}
	return out
}

func (p *docParser) references(code diag.Code, pair yamldoc.Pair) []ast.Reference {
	var out []ast.Reference
	for _, name := range p.names(code, pair) {
		out = append(out, ast.Reference{Text: name})
	}
	if len(out) == 0 && !diag.HasErrors(p.diags) {
		p.errorf(code, pair.Key.Span, "name at least one rule, by its id or name", "%s is empty", pair.Key.Text)
	}
	return out
}

func (p *docParser) generate(c *ast.Correlation, n *yamldoc.Node) {
	if n.Kind != yamldoc.Bool {
		p.errorf(diag.BadCorrelation, n.Span, "", "generate must be true or false, found %s", shown(n))
		return
	}
	c.Generate = n.TruthOf()
}

// timespanUnits are those of the specification, and of its tools: a month and a
// year are the mean ones of the Gregorian calendar.
var timespanUnits = map[byte]time.Duration{
	's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
	'M': 2629746 * time.Second, 'y': 31556952 * time.Second,
}

func (p *docParser) timespan(c *ast.Correlation, n *yamldoc.Node) {
	span, ok := parseTimespan(n.Text)
	if !n.IsScalar() || !ok {
		help := "write a number and one of s, m, h, d, w, M, y, such as 5m or 24h"
		if n.Kind == yamldoc.Int {
			help = "add a unit: " + n.Text + "s"
		}
		p.errorf(diag.BadTimespan, n.Span, help, "%s is not a timespan", shown(n))
		return
	}
	c.Window.Span, c.Window.Text = span, ast.Text{Value: n.Text, Span: n.Span}
}

// choice reads one of the words, the first of which is what holds without the
// attribute, and gives its place among them. Those who have a choice here are
// extensions of ours (docs/correlations.md).
func (p *docParser) choice(pair yamldoc.Pair, words ...string) int {
	i := slices.Index(words, pair.Value.Text)
	if i < 0 || !pair.Value.IsScalar() {
		p.errorf(diag.BadCorrelation, pair.Value.Span, "", "%s must be %s, found %s", pair.Key.Text, strings.Join(words, " or "), shown(pair.Value))
		return 0
	}
	return i
}

func parseTimespan(s string) (time.Duration, bool) {
	if len(s) < 2 {
		return 0, false
	}
	unit, ok := timespanUnits[s[len(s)-1]]
	count, err := strconv.ParseInt(s[:len(s)-1], 10, 64)
	if !ok || err != nil || s[0] == '+' || count < 1 || count > int64(1<<62)/int64(unit) {
		return 0, false
	}
	return time.Duration(count) * unit, true
}

func (p *docParser) aliases(c *ast.Correlation, n *yamldoc.Node) {
	if n.Kind != yamldoc.Map {
		p.errorf(diag.BadAlias, n.Span, "write alias: {rule: field, …}", "aliases must be a map, found %s", n.Kind)
		return
	}
	for _, pair := range n.Pairs {
		if pair.Value.Kind != yamldoc.Map || len(pair.Value.Pairs) == 0 {
			p.errorf(diag.BadAlias, pair.Value.Span, "write the rules and the field of each below the alias", "the alias %q must be a map from rules to fields, found %s", pair.Key.Text, pair.Value.Kind)
			continue
		}
		alias := ast.Alias{Name: ast.Text{Value: pair.Key.Text, Span: pair.Key.Span}}
		for _, f := range pair.Value.Pairs {
			if f.Value.Kind != yamldoc.String {
				p.errorf(diag.BadAlias, f.Value.Span, "", "the field of an alias must be a string, found %s", f.Value.Kind)
				continue
			}
			alias.Fields = append(alias.Fields, ast.AliasField{
				Rule:  ast.Reference{Text: ast.Text{Value: f.Key.Text, Span: f.Key.Span}},
				Field: ast.Text{Value: f.Value.Text, Span: f.Value.Span},
			})
		}
		c.Aliases = append(c.Aliases, alias)
	}
}

// temporal reports whether the type counts which rules matched.
func temporal(t ast.CorrelationType) bool { return t == ast.Temporal || t == ast.TemporalOrdered }

func (p *docParser) correlationCondition(c *ast.Correlation, n *yamldoc.Node) {
	pair := n.Pair("condition")
	key := p.root.Pair("correlation").Key
	switch {
	case c.Type == ast.FirstSeen:
		p.newTerms(c, pair)
	case pair == nil && !temporal(c.Type):
		p.errorf(diag.BadCorrelationCondition, key.Span, "add one, for example: condition: {gte: 10}", "the correlation has no condition")
		return
	case pair == nil:
		p.allRules(c)
	case pair.Value.Kind == yamldoc.Map:
		p.thresholds(c, c.Type, pair.Value)
	case pair.Value.Kind == yamldoc.List && len(pair.Value.Items) > 0:
		p.measures(c, pair.Value)
	case pair.Value.Kind == yamldoc.String:
		p.extended(c, pair.Value)
	default:
		p.errorf(diag.BadCorrelationCondition, pair.Value.Span, "", "the condition of a correlation must be a map or a string, found %s", pair.Value.Kind)
	}
	if len(c.Rules) == 0 && !diag.HasErrors(p.diags) {
		p.errorf(diag.BadCorrelationRules, key.Span, "name the rules that it is about, by id or name", "the correlation has no rules")
	}
}

// allRules is the condition that a temporal correlation has when it states none:
// every rule matched.
func (p *docParser) allRules(c *ast.Correlation) {
	d, _ := ast.ParseDecimal(strconv.Itoa(len(c.Rules)))
	n := &ast.Number{Decimal: d, Lexeme: d.String(), Span: c.Window.Text.Span}
	c.Aggregates = []ast.Aggregate{{Type: c.Type, Thresholds: []ast.Threshold{{Op: ast.GreaterOrEqual, Number: n}}}}
}

// maxTerms is how many fields may be new together.
const maxTerms = 3

// newTerms is a first-seen correlation: the fields of group-by are those whose
// values are to be new, the timespan is how long they must not have occurred.
func (p *docParser) newTerms(c *ast.Correlation, condition *yamldoc.Pair) {
	if condition != nil {
		p.errorf(diag.BadCorrelationCondition, condition.Key.Span, "remove it", "a correlation of type new_terms has no condition: it holds when the values of group-by did not occur in the timespan before")
	}
	if n := len(c.GroupBy); n == 0 || n > maxTerms {
		p.errorf(diag.BadCorrelation, p.root.Pair("correlation").Key.Span, "name one to three fields in group-by", "a correlation of type new_terms is about the values of one to three fields, found %d", n)
	}
	if len(c.Rules) == 0 && !diag.HasErrors(p.diags) {
		p.errorf(diag.BadCorrelationRules, p.root.Pair("correlation").Key.Span, "name the rules that it is about, by id or name", "the correlation has no rules")
	}
	if w := p.root.Get("correlation").Pair("window"); w != nil && c.Window.Tumbling {
		p.errorf(diag.BadCorrelation, w.Value.Span, "remove it", "the history of a correlation of type new_terms is the time before each event, and no bucket")
	}
	c.NewTerms = &ast.NewTerms{Fields: c.GroupBy, History: c.Window.Span}
}

// measures reads the list form, an extension of ours for what other products say
// in one rule: several measures of one window, all of which must hold. Each is
// of the correlation's type unless it has one of its own.
func (p *docParser) measures(c *ast.Correlation, n *yamldoc.Node) {
	for _, item := range n.Items {
		if item.Kind != yamldoc.Map {
			p.errorf(diag.BadCorrelationCondition, item.Span, "write {gte: 10}, or {type: value_count, field: NAME, gte: 10}", "a measure must be a map, found %s", item.Kind)
			continue
		}
		kind, ok := c.Type, true
		if t := item.Get("type"); t != nil {
			if kind, ok = p.typeNamed(t); !ok {
				continue
			}
		}
		if temporal(kind) || kind == ast.FirstSeen {
			p.errorf(diag.BadCorrelationCondition, item.Span, "", "%s is not measured beside others", CorrelationTypeName(kind))
			continue
		}
		p.thresholds(c, kind, item)
	}
}

// thresholds reads the map form: one or several comparisons, and the field that
// is counted or measured.
func (p *docParser) thresholds(c *ast.Correlation, kind ast.CorrelationType, n *yamldoc.Node) {
	a := ast.Aggregate{Type: kind, Percentile: -1, Span: n.Span}
	for _, pair := range n.Pairs {
		op, isOp := thresholdOps[pair.Key.Text]
		switch {
		case pair.Key.Text == "type" && n != p.root.Get("correlation").Get("condition"): // of a list; it is read already
		case isOp:
			if t, ok := p.threshold(op, pair); ok {
				a.Thresholds = append(a.Thresholds, t)
			}
		case pair.Key.Text == "field":
			a.Fields = p.names(diag.BadCorrelationCondition, pair)
		case pair.Key.Text == "percentile":
			v, err := strconv.Atoi(pair.Value.Text)
			if pair.Value.Kind != yamldoc.Int || err != nil || v < 0 || v > 100 {
				p.errorf(diag.BadCorrelationCondition, pair.Value.Span, "", "percentile must be a whole number from 0 to 100, found %s", shown(pair.Value))
			}
			a.Percentile = v
		default:
			p.errorf(diag.BadCorrelationCondition, pair.Key.Span, "a condition has gt, gte, lt, lte, eq, neq, and field", "unknown key %q in the condition", pair.Key.Text)
		}
	}
	if len(a.Thresholds) == 0 && !diag.HasErrors(p.diags) {
		p.errorf(diag.BadCorrelationCondition, n.Span, "add one of gt, gte, lt, lte, eq, neq", "the condition compares with nothing")
	}
	p.checkFields(a, n)
	c.Aggregates = append(c.Aggregates, a)
}

// thresholdKeys are the keys of thresholdOps, in the order of the specification.
var thresholdKeys = []string{"gt", "gte", "lt", "lte", "eq", "neq"}

// thresholdOps are the comparisons of the map form.
var thresholdOps = map[string]ast.Threshold{
	"gt": {Op: ast.Greater}, "gte": {Op: ast.GreaterOrEqual}, "lt": {Op: ast.Less}, "lte": {Op: ast.LessOrEqual},
	"eq": {Op: ast.Equal}, "neq": {Op: ast.Equal, NotEqual: true},
}

func (p *docParser) threshold(t ast.Threshold, pair yamldoc.Pair) (ast.Threshold, bool) {
	d, ok := numberOf(pair.Value.Text)
	if pair.Value.Kind != yamldoc.Int && pair.Value.Kind != yamldoc.Float || !ok {
		p.errorf(diag.BadCorrelationCondition, pair.Value.Span, "", "%s must be a number, found %s", pair.Key.Text, shown(pair.Value))
		return t, false
	}
	t.Number = &ast.Number{Decimal: d, Lexeme: pair.Value.Text, Span: pair.Value.Span}
	return t, true
}

// checkFields demands a field where the type measures one.
func (p *docParser) checkFields(a ast.Aggregate, n *yamldoc.Node) {
	switch a.Type {
	case ast.EventCount, ast.Temporal, ast.TemporalOrdered:
		if len(a.Fields) > 0 {
			p.warnf(diag.BadCorrelationCondition, a.Fields[0].Span, "remove it, or use value_count", "field has no effect on this type of correlation")
		}
		return
	case ast.ValueCount:
		if len(a.Fields) > 0 {
			return
		}
	case ast.ValuePercentile:
		if a.Percentile < 0 {
			p.errorf(diag.BadCorrelationCondition, n.Span, "add percentile: 95, or another from 0 to 100",
				"value_percentile needs percentile; without it the specification's own text allows two readings")
		}
	}
	if len(a.Fields) != 1 {
		p.errorf(diag.BadCorrelationCondition, n.Span, "add field: NAME", "this type of correlation needs one field, found %d", len(a.Fields))
	}
}

// extended reads the string form: a condition over the names of rules.
func (p *docParser) extended(c *ast.Correlation, n *yamldoc.Node) {
	if !temporal(c.Type) {
		p.errorf(diag.BadCorrelationCondition, n.Span, "write a map, for example {gte: 10}", "only temporal correlations take a condition over rules")
		return
	}
	expr, fault := ParseCondition(n.Text, n.Sub)
	if fault != nil {
		p.diags = append(p.diags, *fault)
		return
	}
	var names []*ast.CondRef
	if bad := collectRefs(expr, &names); bad != nil {
		p.errorf(diag.BadCorrelationCondition, bad.Range(), "name the rules one by one", "%q is not allowed in the condition of a correlation", bad)
		return
	}
	c.Extended = &ast.RuleCondition{Text: ast.Text{Value: oneLine(n.Text), Span: n.Span}, Expr: expr}
	p.matchRules(c, names)
}

func collectRefs(cond ast.Condition, out *[]*ast.CondRef) ast.Condition {
	var operands []ast.Condition
	switch cond := cond.(type) {
	case *ast.CondOr:
		operands = cond.Operands
	case *ast.CondAnd:
		operands = cond.Operands
	case *ast.CondNot:
		operands = []ast.Condition{cond.Operand}
	case *ast.CondRef:
		*out = append(*out, cond)
	case *ast.CondSelector:
		return cond
	}
	for _, o := range operands {
		if bad := collectRefs(o, out); bad != nil {
			return bad
		}
	}
	return nil
}

// matchRules holds the rules listed to those that the condition names; without a
// list the names are it.
func (p *docParser) matchRules(c *ast.Correlation, names []*ast.CondRef) {
	if len(c.Rules) == 0 {
		for _, ref := range names {
			if !slices.ContainsFunc(c.Rules, func(r ast.Reference) bool { return r.Text.Value == ref.Name }) {
				c.Rules = append(c.Rules, ast.Reference{Text: ast.Text{Value: ref.Name, Span: ref.Span}})
			}
		}
		return
	}
	for _, ref := range names {
		if !slices.ContainsFunc(c.Rules, func(r ast.Reference) bool { return r.Text.Value == ref.Name }) {
			p.errorf(diag.BadCorrelationCondition, ref.Span, "add it to rules", "the condition names %q, which rules does not list", ref.Name)
		}
	}
	for _, r := range c.Rules {
		if !slices.ContainsFunc(names, func(ref *ast.CondRef) bool { return r.Text.Value == ref.Name }) {
			p.errorf(diag.BadCorrelationCondition, r.Text.Span, "remove it, or name it in the condition", "rules lists %q, which the condition does not name", r.Text.Value)
		}
	}
}
