// Package parser turns Sigma YAML into the typed tree of package ast. It reads
// all of a file and reports everything that is wrong with it in one run.
//
// Invariants: a document with an error is never returned; a returned document
// has every modifier applied and every condition resolvable; nothing of the
// input is lost without a diagnostic, but for attributes that Sigma does not
// define, which are kept as they are.
package parser

import (
	"fmt"
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// Result is what a file holds.
type Result struct {
	Documents   []ast.Document // those without errors, in order
	Diagnostics []diag.Diagnostic
	Broken      int // documents that are Sigma and have errors
	Foreign     int // documents that are not Sigma
}

// Parse reads the documents of one file.
func Parse(f *source.File) Result {
	nodes, diags := yamldoc.ParseAll(f)
	res := Result{Diagnostics: diags}
	if diag.HasErrors(diags) {
		res.Broken++
	}
	var c collection
	for _, n := range nodes {
		if n.Faulty {
			res.judge(n)
			continue
		}
		n, ok := c.next(n)
		switch {
		case !ok:
			res.Broken++
		case n == nil: // a template, or its end
		case !isSigma(n):
			res.Foreign++
			res.Diagnostics = append(res.Diagnostics, foreign(n))
		default:
			res.read(n)
		}
	}
	if c.seen {
		c.unused()
		res.Diagnostics = unique(append(res.Diagnostics, c.diags...))
	}
	diag.Sort(res.Diagnostics)
	return res
}

// read reads one document.
func (res *Result) read(n *yamldoc.Node) {
	p := docParser{root: n}
	doc := p.document()
	res.Diagnostics = append(res.Diagnostics, p.diags...)
	if doc == nil || diag.HasErrors(p.diags) {
		res.Broken++
		return
	}
	res.Documents = append(append(res.Documents, doc), p.more...)
}

// judge reports the errors of a document that is lost already.
func (res *Result) judge(n *yamldoc.Node) {
	if !isSigma(n) {
		return
	}
	p := docParser{root: n}
	p.document()
	res.Diagnostics = append(res.Diagnostics, slices.DeleteFunc(p.diags, func(d diag.Diagnostic) bool { return d.Severity != diag.Error })...)
}

// isSigma tells a Sigma document from other YAML by the keys that only Sigma has.
func isSigma(n *yamldoc.Node) bool {
	if n.Kind != yamldoc.Map {
		return false
	}
	for _, key := range []string{"detection", "correlation", "logsource"} {
		if n.Get(key) != nil {
			return true
		}
	}
	return n.Get("filter") != nil && n.Get("title") != nil
}

func foreign(n *yamldoc.Node) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.NotAMapping, Severity: diag.Error, Span: n.Span}
	d.Span.End = min(d.Span.End, d.Span.Start+1)
	if n.Kind == yamldoc.Map {
		d.Summary = "the document is not Sigma: it has neither logsource and detection, nor correlation, nor filter"
	} else {
		d.Summary = fmt.Sprintf("the document is not Sigma: expected a map of attributes, found %s", n.Kind)
	}
	return d
}

// docParser reads one document.
type docParser struct {
	root    *yamldoc.Node
	diags   []diag.Diagnostic
	arrays  bool           // the document's keys may select members of arrays
	members int            // how many selectors stand above
	piped   *aggregation   // behind the rule's condition
	more    []ast.Document // what the document holds beside the first
}

func (p *docParser) report(code diag.Code, sev diag.Severity, span source.Span, help, format string, args ...any) {
	p.diags = append(p.diags, diag.Diagnostic{Code: code, Severity: sev, Span: span, Help: help, Summary: fmt.Sprintf(format, args...)})
}

func (p *docParser) errorf(code diag.Code, span source.Span, help, format string, args ...any) {
	p.report(code, diag.Error, span, help, format, args...)
}

func (p *docParser) warnf(code diag.Code, span source.Span, help, format string, args ...any) {
	p.report(code, diag.Warning, span, help, format, args...)
}

// withFix attaches a certain mend to the last diagnostic.
func (p *docParser) withFix(span source.Span, replacement string) {
	p.diags[len(p.diags)-1].Fix = &diag.Fix{Span: span, Replacement: replacement}
}

func (p *docParser) document() ast.Document {
	switch {
	case p.root.Get("action") != nil:
		n := p.root.Get("action")
		p.errorf(diag.UnknownAction, n.Span, "remove the attribute, or give it another name", "unknown action %s", shown(n))
		return nil
	case p.root.Get("correlation") != nil:
		if n := p.root.Pair("correlation"); n.Value.Kind != yamldoc.Map && p.root.Get("detection") != nil {
			p.remark(n)
			return p.rule()
		}
		return p.correlation()
	case p.root.Get("filter") != nil && p.root.Get("detection") == nil:
		return p.filter()
	}
	return p.rule()
}

// remark refuses a rule that uses the attribute correlation for a text. It is
// read as a rule, for what else may be wrong with it.
func (p *docParser) remark(n *yamldoc.Pair) {
	p.errorf(diag.BadCorrelation, n.Key.Span, "move the text into description, or give the attribute a name of your own",
		"correlation is the section of a correlation rule, and here it is %s beside a detection", n.Value.Kind)
}

func (p *docParser) rule() *ast.Rule {
	r := &ast.Rule{Metadata: p.metadata(ruleKeys), Span: p.root.Span}
	p.arrays = r.SpecMajor >= arraysSince
	r.LogSource = p.logSource()
	p.detection(r)
	p.unresolved(r)
	if p.piped != nil {
		p.piped.lower(r)
	}
	return r
}

// unresolved reports what a condition names and the detection does not define.
// An identifier whose content has errors is defined all the same.
func (p *docParser) unresolved(r *ast.Rule) {
	n := p.root.Get("detection")
	if n == nil || n.Kind != yamldoc.Map {
		return
	}
	names := make([]string, 0, len(n.Pairs))
	for _, pair := range n.Pairs {
		if name := pair.Key.Text; name != "condition" && name != "timeframe" {
			names = append(names, name)
		}
	}
	if len(names) > 0 { // none is a finding of its own
		p.diags = append(p.diags, ast.Unresolved(names, r.Conditions)...)
	}
}

// detection reads the section of that name: search identifiers, conditions, and
// the timeframe of old.
func (p *docParser) detection(r *ast.Rule) {
	n := p.root.Get("detection")
	if n == nil {
		p.errorf(diag.BadDetection, p.titleSpan(), "add a detection with at least one search identifier and a condition", "the rule has no detection")
		return
	}
	if n.Kind != yamldoc.Map {
		p.errorf(diag.BadDetection, p.root.Pair("detection").Key.Span, "", "detection must be a map of search identifiers, found %s", n.Kind)
		return
	}
	for _, pair := range n.Pairs {
		switch pair.Key.Text {
		case "condition":
			r.Conditions = p.conditions(pair.Value)
		case "timeframe":
			r.Timeframe = ast.Text{Value: pair.Value.Text, Span: pair.Value.Span}
		default:
			body := p.body(pair.Key, pair.Value, 0)
			if body != nil {
				name := ast.Text{Value: pair.Key.Text, Span: pair.Key.Span}
				r.Detections = append(r.Detections, &ast.NamedDetection{Name: name, Body: body})
			}
		}
	}
	if pair := n.Pair("timeframe"); pair != nil && p.piped == nil {
		p.warnf(diag.TimeframeReserved, pair.Key.Span, "use a correlation rule with a timespan",
			"timeframe is deprecated and has no effect on a detection rule")
	}
	if n.Get("condition") == nil {
		p.missingCondition(n)
	}
	if len(r.Detections) == 0 && !diag.HasErrors(p.diags) {
		p.errorf(diag.EmptyDetection, p.root.Pair("detection").Key.Span, "", "the detection has no search identifier beside its condition")
	}
}

// missingCondition looks for a condition that slipped to a wrong depth, the
// commonest fault of all.
func (p *docParser) missingCondition(n *yamldoc.Node) {
	if c := p.root.Pair("condition"); c != nil {
		p.errorf(diag.BadCondition, c.Key.Span, "indent it to the depth of the search identifiers", "condition stands outside detection")
		return
	}
	for _, pair := range n.Pairs {
		if c := pair.Value.Pair("condition"); c != nil {
			p.errorf(diag.BadCondition, c.Key.Span, "unindent it to the depth of the search identifiers",
				"condition stands inside the search identifier %q", pair.Key.Text)
			return
		}
	}
	p.errorf(diag.BadCondition, p.root.Pair("detection").Key.Span, "add one, for example: condition: selection", "the detection has no condition")
}

func (p *docParser) conditions(n *yamldoc.Node) []*ast.RuleCondition {
	items := []*yamldoc.Node{n}
	if n.Kind == yamldoc.List {
		items = n.Items
		if len(items) == 0 {
			p.errorf(diag.BadCondition, n.Span, "", "the list of conditions is empty")
		}
	}
	var out []*ast.RuleCondition
	for _, item := range items {
		if item.Kind != yamldoc.String && !(item.Kind == yamldoc.Int && item.Plain) {
			p.errorf(diag.BadCondition, item.Span, "", "a condition must be a string, found %s", item.Kind)
			continue
		}
		search, behind, piped := strings.Cut(item.Text, "|")
		if piped {
			p.piped = &aggregation{docParser: p, node: item, at: len(item.Text) - len(strings.TrimLeft(behind, " \t\r\n"))}
			if len(items) > 1 {
				p.piped.errorf(item.Span, "write a rule for each condition", "a rule with an aggregation has one condition, found %d", len(items))
			}
		}
		c := &ast.RuleCondition{Text: ast.Text{Value: oneLine(search), Span: item.Span}}
		expr, fault := ParseCondition(search, item.Sub)
		if fault != nil {
			p.diags = append(p.diags, *fault)
			continue
		}
		c.Expr = expr
		out = append(out, c)
	}
	return out
}

// titleSpan is where a finding about the whole document points.
func (p *docParser) titleSpan() source.Span {
	if t := p.root.Pair("title"); t != nil {
		return t.Key.Span
	}
	if len(p.root.Pairs) > 0 {
		return p.root.Pairs[0].Key.Span
	}
	return p.root.Span
}
