package parser

import (
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// collection undoes the actions with which documents of Sigma 1 shared their
// attributes: it gives each rule as it would have been written alone. What a
// rule says itself outranks the template of its collection (docs/rulings.md).
//
// Nodes are never changed. A merged map is a new one over the old entries, which
// keep their places in the file.
type collection struct {
	template *yamldoc.Node // of the last action: global, without the action
	action   *yamldoc.Pair // that action, until a rule has used the template
	previous *yamldoc.Node // the last rule as it was read, or the template
	seen     bool          // an action was found: its warning is given once a file
	diags    []diag.Diagnostic
}

// next takes one document of the file and gives the document to read in its
// place, or nil. ok is false when an error was reported.
func (c *collection) next(n *yamldoc.Node) (doc *yamldoc.Node, ok bool) {
	action := n.Pair("action")
	if n.Kind != yamldoc.Map || action != nil && !legacyAction(action.Value) {
		return n, true
	}
	if action == nil {
		if c.template != nil && sharesTemplate(n) {
			c.action = nil
			n = merged(n, c.template, false)
		}
		c.previous = n
		return n, true
	}
	c.warn(action)
	switch action.Value.Text {
	case "global":
		return nil, c.global(n, action)
	case "reset":
		c.template = nil
		return nil, true
	}
	if c.previous == nil {
		c.errorf(diag.RepeatWithoutRule, action.Key.Span, "write the rule out", "action: repeat changes the document before it, and there is none")
		return nil, false
	}
	c.action = nil
	c.previous = merged(c.previous, without(n, "action"), true)
	return c.previous, true
}

func (c *collection) global(n *yamldoc.Node, action *yamldoc.Pair) bool {
	c.unused()
	if !sharesTemplate(n) {
		c.template = nil
		c.errorf(diag.LegacyAction, action.Key.Span, "remove the action", "a template is for rules, it can be neither a correlation nor a filter")
		return false
	}
	c.template, c.action = without(n, "action"), action
	c.previous = c.template
	return true
}

// unused warns of a template that stands before no rule, and therefore is none.
func (c *collection) unused() {
	if c.action == nil {
		return
	}
	c.diags = append(c.diags, diag.Diagnostic{Code: diag.LegacyAction, Severity: diag.Warning, Span: c.action.Key.Span,
		Summary: "no document follows that uses this template, and it is no rule itself", Help: "remove the action if this is a rule"})
	c.action = nil
}

func (c *collection) warn(action *yamldoc.Pair) {
	if c.seen {
		return
	}
	c.seen = true
	c.diags = append(c.diags, diag.Diagnostic{Code: diag.LegacyAction, Severity: diag.Warning, Span: action.Key.Span,
		Summary: "legacy collection action: documents that share attributes were dropped from Sigma in 2.0",
		Help:    "write one document for each rule, with all its attributes; sigmatic fmt prints them so"})
}

func (c *collection) errorf(code diag.Code, span source.Span, help, summary string) {
	c.diags = append(c.diags, diag.Diagnostic{Code: code, Severity: diag.Error, Span: span, Help: help, Summary: summary})
}

func legacyAction(n *yamldoc.Node) bool {
	return n.Kind == yamldoc.String && (n.Text == "global" || n.Text == "reset" || n.Text == "repeat")
}

// sharesTemplate reports whether the template of a collection is for a document:
// it is for rules only.
func sharesTemplate(n *yamldoc.Node) bool {
	return n.Get("correlation") == nil && (n.Get("filter") == nil || n.Get("detection") != nil)
}

// merged joins two maps into a new one: the entries of a in their order, then
// those that only b has. Of a key that both have, maps are merged, and of all
// else one value is taken.
func merged(a, b *yamldoc.Node, bWins bool) *yamldoc.Node {
	out := *a
	out.Pairs = make([]yamldoc.Pair, len(a.Pairs), len(a.Pairs)+len(b.Pairs))
	copy(out.Pairs, a.Pairs)
	if bWins {
		out.Span = b.Span
	}
	for _, pair := range b.Pairs {
		mine := out.Pair(pair.Key.Text)
		switch {
		case mine == nil:
			out.Pairs = append(out.Pairs, pair)
		case mine.Value.Kind == yamldoc.Map && pair.Value.Kind == yamldoc.Map:
			mine.Value = merged(mine.Value, pair.Value, bWins)
		case bWins:
			*mine = pair
		}
	}
	return &out
}

// without gives a map less one of its entries.
func without(n *yamldoc.Node, key string) *yamldoc.Node {
	out := *n
	out.Pairs = nil
	for _, pair := range n.Pairs {
		if pair.Key.Text != key {
			out.Pairs = append(out.Pairs, pair)
		}
	}
	return &out
}

// unique drops what was said of the same place before: the attributes of a
// template are read once for each rule that has them.
func unique(list []diag.Diagnostic) []diag.Diagnostic {
	type key struct {
		code    diag.Code
		span    source.Span
		summary string
	}
	seen := map[key]bool{}
	out := list[:0]
	for _, d := range list {
		k := key{d.Code, d.Span, d.Summary}
		if !seen[k] {
			seen[k] = true
			out = append(out, d)
		}
	}
	return out
}
