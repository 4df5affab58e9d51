package processing

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"sigmatic/ast"
	"sigmatic/ast/source"
)

// draft is a document while a pipeline works on it.
type draft struct {
	meta       ast.Metadata
	logSource  ast.LogSource
	detections []*identifier
	conditions []*ast.RuleCondition
	applied    ids // items whose rule conditions held

	rule        *ast.Rule        // what the draft began as; nil for a correlation
	correlation *ast.Correlation // a copy; nil for a rule
}

// identifier is a search identifier of a draft.
type identifier struct {
	name ast.Text
	body node // nil when everything in it was dropped
}

// ids is a set of the ids of items.
type ids map[string]bool

// with is the set with one more, the set itself unchanged.
func (s ids) with(id string) ids {
	if id == "" || s[id] {
		return s
	}
	out := maps.Clone(s)
	if out == nil {
		out = ids{}
	}
	out[id] = true
	return out
}

// node is a part of a search identifier: *group, *leaf or *array. Nodes are not
// changed, they are replaced.
type node interface{ node() }

type group struct {
	any     bool // one member suffices
	members []node
	span    source.Span
}

type leaf struct {
	item    *ast.Item
	applied ids // items that have changed it
	// array is the field of the array that the item looks into; "" for others.
	array string
}

func (*group) node() {}
func (*leaf) node()  {}
func (*array) node() {}

func newDraft(doc ast.Document) *draft {
	d := &draft{meta: *doc.Meta()}
	d.meta.Fields = slices.Clone(d.meta.Fields)
	d.meta.Custom = slices.Clone(d.meta.Custom)
	switch doc := doc.(type) {
	case *ast.Rule:
		d.rule, d.logSource = doc, doc.LogSource
		for _, n := range doc.Detections {
			d.detections = append(d.detections, &identifier{n.Name, nodeOf(n.Body)})
		}
		d.conditions = slices.Clone(doc.Conditions)
	case *ast.Correlation:
		c := *doc
		d.correlation = &c
	case *ast.Filter:
		panic("processing: filters are applied to rules before pipelines are")
	}
	return d
}

func nodeOf(d ast.Detection) node {
	members := func(list []ast.Detection) []node {
		out := make([]node, len(list))
		for i, m := range list {
			out[i] = nodeOf(m)
		}
		return out
	}
	switch d := d.(type) {
	case *ast.AllOf:
		return &group{members: members(d.Members), span: d.Span}
	case *ast.AnyOf:
		return &group{any: true, members: members(d.Members), span: d.Span}
	case *ast.Item:
		return &leaf{item: d}
	case *ast.ArrayItem:
		return &array{d}
	}
	panic(fmt.Sprintf("processing: unknown detection %T", d))
}

func detectionOf(n node) ast.Detection {
	switch n := n.(type) {
	case *leaf:
		return n.item
	case *array:
		return n.item
	case *group:
		members := make([]ast.Detection, len(n.members))
		for i, m := range n.members {
			members[i] = detectionOf(m)
		}
		if n.any {
			return &ast.AnyOf{Members: members, Span: n.span}
		}
		return &ast.AllOf{Members: members, Span: n.span}
	}
	panic(fmt.Sprintf("processing: unknown node %T", n))
}

// rewrite replaces each leaf and array by what f makes of it; nil drops it, and
// a group that is left empty goes with its last member.
func rewrite(n node, f func(node) node) node {
	switch n := n.(type) {
	case *leaf, *array:
		return f(n)
	case *group:
		var kept []node // nil as long as all are what they were
		for i, m := range n.members {
			became := rewrite(m, f)
			if became != m && kept == nil {
				kept = append([]node{}, n.members[:i]...)
			}
			if kept != nil && became != nil {
				kept = append(kept, became)
			}
		}
		switch {
		case kept == nil:
			return n
		case len(kept) == 0:
			return nil
		}
		return &group{any: n.any, members: kept, span: n.span}
	case nil:
		return nil
	}
	panic(fmt.Sprintf("processing: unknown node %T", n))
}

// leaves visits all items of the draft.
func (d *draft) leaves(visit func(*leaf)) {
	for _, id := range d.detections {
		rewrite(id.body, func(n node) node {
			switch n := n.(type) {
			case *leaf:
				visit(n)
			case *array:
				for _, l := range n.leaves() {
					visit(l)
				}
			}
			return n
		})
	}
}

// negate is the node that holds where n does not.
func negate(n node) node {
	switch n := n.(type) {
	case *leaf:
		item := *n.item
		item.Negated = !item.Negated
		return &leaf{item: &item, applied: n.applied}
	case *group:
		out := &group{any: !n.any, span: n.span, members: make([]node, len(n.members))}
		for i, m := range n.members {
			out.members[i] = negate(m)
		}
		return out
	}
	panic(fmt.Sprintf("processing: unknown node %T", n))
}

// add puts a search identifier under a name that no other has and no selector
// of the conditions takes, and returns that name: what a rule selects by "them"
// must not come to mean a condition that a pipeline adds.
func (d *draft) add(name ast.Text, body node) string {
	base := name.Value
	for i := 2; d.taken(name.Value); i++ {
		name.Value = base + "_" + strconv.Itoa(i)
	}
	for i, c := range d.conditions {
		opened := *c
		opened.Expr = d.openSelectors(c.Expr)
		d.conditions[i] = &opened
	}
	d.detections = append(d.detections, &identifier{name, body})
	return name.Value
}

func (d *draft) taken(name string) bool {
	return slices.ContainsFunc(d.detections, func(id *identifier) bool { return id.name.Value == name })
}

// openSelectors puts the identifiers that a selector takes in its place.
func (d *draft) openSelectors(c ast.Condition) ast.Condition {
	return mapCondition(c, func(c ast.Condition) ast.Condition {
		s, ok := c.(*ast.CondSelector)
		if !ok {
			return c
		}
		var refs []ast.Condition
		for _, id := range d.detections {
			if s.Selects(id.name.Value) {
				refs = append(refs, &ast.CondRef{Name: id.name.Value, Span: s.Span})
			}
		}
		switch {
		case len(refs) == 1:
			return refs[0]
		case s.All:
			return &ast.CondAnd{Operands: refs, Span: s.Span}
		}
		return &ast.CondOr{Operands: refs, Span: s.Span}
	})
}

// mapCondition replaces the references and selectors of a condition by what f
// makes of them; nil removes one, and an operator with its last operand.
func mapCondition(c ast.Condition, f func(ast.Condition) ast.Condition) ast.Condition {
	all := func(list []ast.Condition) []ast.Condition {
		var out []ast.Condition
		for _, o := range list {
			if o = mapCondition(o, f); o != nil {
				out = append(out, o)
			}
		}
		return out
	}
	switch c := c.(type) {
	case *ast.CondOr:
		return groupOf(all(c.Operands), func(o []ast.Condition) ast.Condition { return &ast.CondOr{Operands: o, Span: c.Span} })
	case *ast.CondAnd:
		return groupOf(all(c.Operands), func(o []ast.Condition) ast.Condition { return &ast.CondAnd{Operands: o, Span: c.Span} })
	case *ast.CondNot:
		if o := mapCondition(c.Operand, f); o != nil {
			return &ast.CondNot{Operand: o, Span: c.Span}
		}
		return nil
	case *ast.CondRef, *ast.CondSelector:
		return f(c)
	}
	panic(fmt.Sprintf("processing: unknown condition %T", c))
}

func groupOf(operands []ast.Condition, build func([]ast.Condition) ast.Condition) ast.Condition {
	switch len(operands) {
	case 0:
		return nil
	case 1:
		return operands[0]
	}
	return build(operands)
}

// document is the finished draft, nil when nothing is left to search for.
func (d *draft) document() ast.Document {
	if c := d.correlation; c != nil {
		c.Metadata = d.meta
		return c
	}
	out := *d.rule
	out.Metadata, out.LogSource = d.meta, d.logSource
	out.Detections, out.Conditions = nil, nil
	dropped := map[string]bool{}
	for _, id := range d.detections {
		if id.body == nil {
			dropped[id.name.Value] = true
			continue
		}
		out.Detections = append(out.Detections, &ast.NamedDetection{Name: id.name, Body: detectionOf(id.body)})
	}
	for _, c := range d.conditions {
		if len(dropped) > 0 {
			kept := *c
			kept.Expr = mapCondition(d.openSelectors(c.Expr), func(c ast.Condition) ast.Condition {
				if dropped[c.(*ast.CondRef).Name] {
					return nil
				}
				return c
			})
			if kept.Expr == nil {
				continue
			}
			c = &kept
		}
		out.Conditions = append(out.Conditions, c)
	}
	if len(out.Conditions) == 0 {
		return nil
	}
	return &out
}
