package parser

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// The aggregations of Sigma 1, which stood behind a pipe at the end of a
// condition. Sigma 2 says the same in correlations of their own, and they are
// read as these.
//
//	aggregation = function "(" [ field ] ")" [ "by" field { "," field } ] op number
//	            | "near" condition
type (
	aggregationNode struct {
		Function wordNode    `parser:"@@"`
		Field    *wordNode   `parser:"'(' @@? ')'"`
		By       []*wordNode `parser:"( 'by' @@ ( ',' @@ )* )?"`
		Op       string      `parser:"@Op"`
		Number   wordNode    `parser:"@@"`
	}
	wordNode struct {
		Pos  lexer.Position
		Text string `parser:"@Word"`
	}
)

const (
	aggregationWord lexer.TokenType = iota + 1
	aggregationOp
	aggregationPunct
)

var aggregationGrammar = sync.OnceValue(func() *participle.Parser[aggregationNode] {
	return participle.MustBuild[aggregationNode](participle.Lexer(aggregationLexer))
})

// aggregationLexer cuts an aggregation into operators, ( ) , and words, which
// are names of fields too and therefore anything else.
var aggregationLexer = textLexer{
	symbols: map[string]lexer.TokenType{"EOF": lexer.EOF, "Word": aggregationWord, "Op": aggregationOp, "Punct": aggregationPunct},
	scan:    func(text string) lexer.Lexer { return &aggregationScanner{text: text} },
}

type aggregationScanner struct {
	text string
	at   int
}

// Next implements lexer.Lexer.
func (s *aggregationScanner) Next() (lexer.Token, error) {
	s.at += len(s.text[s.at:]) - len(strings.TrimLeft(s.text[s.at:], " \t\r\n"))
	rest := s.text[s.at:]
	tok := lexer.Token{Pos: lexer.Position{Offset: s.at}, Type: lexer.EOF}
	if rest == "" {
		return tok, nil
	}
	n := strings.IndexAny(rest, " \t\r\n(),|<>=!")
	switch {
	case n < 0:
		tok.Type, n = aggregationWord, len(rest)
	case n > 0:
		tok.Type = aggregationWord
	case strings.ContainsRune("<>=!", rune(rest[0])):
		tok.Type, n = aggregationOp, 1
		if len(rest) > 1 && rest[1] == '=' {
			n = 2
		}
	default:
		tok.Type, n = aggregationPunct, 1
	}
	tok.Value = rest[:n]
	s.at += n
	return tok, nil
}

// aggregationOps are the comparisons behind an aggregation.
var aggregationOps = map[string]ast.Threshold{
	">": thresholdOps["gt"], ">=": thresholdOps["gte"], "<": thresholdOps["lt"], "<=": thresholdOps["lte"],
	"=": thresholdOps["eq"], "==": thresholdOps["eq"], "!=": thresholdOps["neq"],
}

// aggregation is what stands behind the pipe of a rule's condition.
type aggregation struct {
	docParser *docParser
	node      *yamldoc.Node // the whole condition
	at        int           // of the text behind the pipe
}

func (g *aggregation) text() string { return g.node.Text[g.at:] }

// span is the place of the bytes [from, to) behind the pipe.
func (g *aggregation) span(from, to int) source.Span { return g.node.Sub(g.at+from, g.at+to) }

func (g *aggregation) word(n *wordNode) ast.Text {
	return ast.Text{Value: n.Text, Span: g.span(n.Pos.Offset, n.Pos.Offset+len(n.Text))}
}

func (g *aggregation) errorf(at source.Span, help, format string, args ...any) {
	g.docParser.errorf(diag.AggregationPipe, at, help, format, args...)
}

// lower makes the rule a base of the correlation that its condition means.
// Everything that is said about the rule is said about the correlation, which
// alone is reported.
func (g *aggregation) lower(r *ast.Rule) {
	p := g.docParser
	if len(r.Conditions) != 1 || diag.HasErrors(p.diags) {
		return
	}
	written := *r
	written.Conditions = []*ast.RuleCondition{{Text: g.condition(g.node.Text).Text, Expr: r.Conditions[0].Expr}}
	c := &ast.Correlation{Metadata: r.Metadata, Legacy: &written, Span: r.Span}
	if !g.window(c, r.Timeframe) {
		return
	}
	r.Silent = true
	rest, near := strings.CutPrefix(g.text(), "near")
	if near && (rest == "" || strings.ContainsRune(" \t\r\n(", rune(rest[0]))) {
		g.near(c, r, len(g.text())-len(rest))
	} else {
		g.count(c, r)
	}
	if !diag.HasErrors(p.diags) {
		p.warnf(diag.AggregationPipe, g.span(0, len(g.text())), "write a correlation rule of its own",
			"an aggregation behind | is no part of a condition since Sigma 2.0; it is read as a correlation of type %s", CorrelationTypeName(c.Type))
		p.more = append(p.more, c)
	}
}

func (g *aggregation) condition(text string) *ast.RuleCondition {
	return &ast.RuleCondition{Text: ast.Text{Value: oneLine(text), Span: g.node.Span}}
}

// window is the timeframe of the detection.
func (g *aggregation) window(c *ast.Correlation, timeframe ast.Text) bool {
	if !timeframe.IsSet() {
		g.errorf(g.span(0, len(g.text())), "add the span of time to the detection, such as timeframe: 15m", "the aggregation has no timeframe to count in")
		return false
	}
	span, ok := parseTimespan(timeframe.Value)
	if !ok {
		g.docParser.errorf(diag.BadTimespan, timeframe.Span, "write a number and one of s, m, h, d, w, M, y, such as 5m or 24h", "%q is not a timespan", timeframe.Value)
		return false
	}
	c.Window = ast.Window{Span: span, Text: timeframe}
	return true
}

// count lowers the aggregations that compare a measure with a number.
func (g *aggregation) count(c *ast.Correlation, r *ast.Rule) {
	tree, err := aggregationGrammar().ParseString("", g.text())
	if err != nil {
		g.explain(err)
		return
	}
	number, ok := ast.ParseDecimal(tree.Number.Text)
	op, known := aggregationOps[tree.Op]
	if !ok || !known {
		g.errorf(g.word(&tree.Number).Span, "", "%q is not a number to compare with", tree.Number.Text)
		return
	}
	a := ast.Aggregate{Percentile: -1, Span: g.span(0, len(g.text()))}
	if tree.Field != nil && tree.Field.Text != "*" {
		a.Fields = []ast.Text{g.word(tree.Field)}
	}
	if !g.measure(&a, tree) {
		return
	}
	op.Number = &ast.Number{Decimal: number, Lexeme: tree.Number.Text, Span: g.word(&tree.Number).Span}
	a.Thresholds = []ast.Threshold{op}
	c.Type, c.Aggregates = a.Type, []ast.Aggregate{a}
	for _, by := range tree.By {
		c.GroupBy = append(c.GroupBy, g.word(by))
	}
	label := ast.Text{Value: cmp.Or(r.Name.Value, r.ID.Value, "condition"), Span: r.Conditions[0].Expr.Range()}
	c.Rules = []ast.Reference{{Text: label, Target: r}}
}

// measure finds the type of correlation that a function is.
func (g *aggregation) measure(a *ast.Aggregate, tree *aggregationNode) bool {
	function, field := g.word(&tree.Function), "field"
	if len(a.Fields) == 1 {
		field = a.Fields[0].Value
	}
	switch strings.ToLower(function.Value) {
	case "count":
		a.Type = ast.EventCount
		if len(a.Fields) == 1 {
			a.Type = ast.ValueCount
		}
		return true
	case "sum":
		a.Type = ast.ValueSum
	case "avg":
		a.Type = ast.ValueAvg
	case "max":
		help := "no correlation measures a maximum"
		if tree.Op == ">" || tree.Op == ">=" {
			help = fmt.Sprintf("it holds as soon as one event has such a value: search for %s|%s: %s", field, map[string]string{">": "gt", ">=": "gte"}[tree.Op], tree.Number.Text)
		}
		g.errorf(function.Span, help, "max has no equivalent among the correlations of Sigma 2")
		return false
	case "min":
		help := "no correlation measures a minimum"
		if tree.Op == "<" || tree.Op == "<=" {
			help = fmt.Sprintf("it holds as soon as one event has such a value: search for %s|%s: %s", field, map[string]string{"<": "lt", "<=": "lte"}[tree.Op], tree.Number.Text)
		}
		g.errorf(function.Span, help, "min has no equivalent among the correlations of Sigma 2")
		return false
	default:
		g.errorf(function.Span, "the aggregations are count, sum, avg and near", "%q is no aggregation", function.Value)
		return false
	}
	if len(a.Fields) != 1 {
		g.errorf(function.Span, "name it in the parentheses", "%s needs a field", function.Value)
		return false
	}
	return true
}

// explain says what the grammar's complaint means to an author.
func (g *aggregation) explain(err error) {
	help := "an aggregation is written like count() by field > 10, sum(field) > 10, or near identifier"
	var unexpected *participle.UnexpectedTokenError
	if !errors.As(err, &unexpected) || unexpected.Unexpected.EOF() {
		g.errorf(g.span(0, len(g.text())), help, "the aggregation is not complete")
		return
	}
	tok := unexpected.Unexpected
	if function, _, ok := strings.Cut(g.text(), "("); ok && !slices.Contains([]string{"count", "sum", "avg", "min", "max"}, strings.ToLower(strings.TrimSpace(function))) {
		g.errorf(g.span(0, len(function)), "the aggregations are count, sum, avg and near", "%q is no aggregation", strings.TrimSpace(function))
		return
	}
	g.errorf(g.span(tok.Pos.Offset, tok.Pos.Offset+len(tok.Value)), help, "%q is not expected here", tok.Value)
}

// near lowers the search for events that lie close together: every operand is a
// search of its own, and the correlation says which of them must be there.
func (g *aggregation) near(c *ast.Correlation, r *ast.Rule, at int) {
	expr, fault := ParseCondition(g.text()[at:], func(from, to int) source.Span { return g.span(at+from, at+to) })
	if fault != nil {
		g.docParser.diags = append(g.docParser.diags, *fault)
		return
	}
	c.Type = ast.Temporal
	n := nearOperands{aggregation: g, correlation: c, rule: r}
	left := n.search(r.Conditions[0].Expr, r)
	right, ok := n.operand(expr)
	if !ok {
		return
	}
	if _, simple := right.(*ast.CondRef); simple || conjunction(right) {
		g.docParser.allRules(c)
		return
	}
	c.Extended = g.condition(g.node.Text)
	c.Extended.Expr = &ast.CondAnd{Operands: []ast.Condition{left, right}, Span: g.node.Span}
}

// conjunction reports whether a condition only joins names with and.
func conjunction(c ast.Condition) bool {
	and, ok := c.(*ast.CondAnd)
	return ok && !slices.ContainsFunc(and.Operands, func(o ast.Condition) bool { _, ref := o.(*ast.CondRef); return !ref })
}

// nearOperands makes a rule of each operand of near.
type nearOperands struct {
	*aggregation
	correlation *ast.Correlation
	rule        *ast.Rule
}

// search adds a rule to the correlation and gives its name there.
func (n *nearOperands) search(expr ast.Condition, r *ast.Rule) ast.Condition {
	label := ast.Text{Value: searchLabel(expr), Span: expr.Range()}
	ref := &ast.CondRef{Name: label.Value, Span: label.Span}
	if slices.ContainsFunc(n.correlation.Rules, func(known ast.Reference) bool { return known.Text.Value == label.Value }) {
		return ref // the same search
	}
	if r == nil {
		operand := *n.rule
		operand.Conditions = []*ast.RuleCondition{{Text: ast.Text{Value: expr.String(), Span: expr.Range()}, Expr: expr}}
		r = &operand
		_, diags := ast.Resolve(r)
		n.docParser.diags = append(n.docParser.diags, diags...)
		n.docParser.more = append(n.docParser.more, r)
	}
	n.correlation.Rules = append(n.correlation.Rules, ast.Reference{Text: label, Target: r})
	return ref
}

// searchLabel names a search after its identifier or selector; all else is
// called condition, which no identifier can be.
func searchLabel(c ast.Condition) string {
	switch c := c.(type) {
	case *ast.CondRef, *ast.CondSelector:
		return c.String()
	}
	return "condition"
}

func (n *nearOperands) operand(c ast.Condition) (ast.Condition, bool) {
	all := func(list []ast.Condition) ([]ast.Condition, bool) {
		out := make([]ast.Condition, len(list))
		for i, o := range list {
			var ok bool
			if out[i], ok = n.operand(o); !ok {
				return nil, false
			}
		}
		return out, true
	}
	switch c := c.(type) {
	case *ast.CondOr:
		operands, ok := all(c.Operands)
		return &ast.CondOr{Operands: operands, Span: c.Span}, ok
	case *ast.CondAnd:
		operands, ok := all(c.Operands)
		return &ast.CondAnd{Operands: operands, Span: c.Span}, ok
	case *ast.CondNot:
		operand, ok := n.operand(c.Operand)
		return &ast.CondNot{Operand: operand, Span: c.Span}, ok
	case *ast.CondSelector:
		if c.All {
			n.errorf(c.Span, "name the identifiers one by one, joined with and", "behind near, %q can mean one event or several", c)
			return nil, false
		}
	}
	return n.search(c, nil), true
}

// oneLine gives a text with each run of white space as one blank.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
