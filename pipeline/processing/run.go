package processing

import (
	"fmt"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// run is a pipeline at work on one document.
type run struct {
	pipeline *Pipeline
	doc      *draft
	state    map[string]ast.Data
	names    map[string]ids  // items that gave a field its name, by that name
	sources  map[string]bool // fields that a mapping took
	targets  map[string]bool // fields that a mapping made
	added    int             // conditions without a name of their own
	diags    []diag.Diagnostic
	failed   bool
}

func newRun(p *Pipeline, doc ast.Document) *run {
	return &run{pipeline: p, doc: newDraft(doc), state: map[string]ast.Data{}, names: map[string]ids{},
		sources: map[string]bool{}, targets: map[string]bool{}}
}

// apply runs items until one refuses the document.
func (r *run) apply(items []*item) {
	for _, it := range items {
		if r.failed {
			return
		}
		if !it.rule.holds(func(c ruleCondition) bool { return c(r) }) {
			continue
		}
		it.do.apply(r, it)
		r.doc.applied = r.doc.applied.with(it.id)
	}
}

// failf refuses the document: the place is that in the rule, or the item's own.
func (r *run) failf(it *item, at source.Span, format string, args ...any) {
	r.failed = true
	r.report(it, diag.Error, at, format, args...)
}

func (r *run) warnf(it *item, at source.Span, format string, args ...any) {
	r.report(it, diag.Warning, at, format, args...)
}

func (r *run) report(it *item, sev diag.Severity, at source.Span, format string, args ...any) {
	d := diag.Diagnostic{Code: diag.PipelineRefusal, Severity: sev, Span: at, Summary: fmt.Sprintf(format, args...),
		Related: []diag.Related{{Span: it.span, Text: "by this item of the pipeline"}}}
	if at.IsZero() {
		d.Span, d.Related = it.span, nil
	}
	r.diags = append(r.diags, d)
}

// title is where a finding about the whole document points.
func (r *run) title() source.Span { return r.doc.meta.Title.Span }

// matches reports whether the conditions of an item take the leaf.
func (it *item) matches(r *run, l *leaf) bool {
	if !it.item.holds(func(c itemCondition) bool { return c(r, l) }) {
		return false
	}
	return it.field.holds(func(c fieldCondition) bool {
		if c(r, nameOf(l.item), l) {
			return true
		}
		for _, list := range l.item.Values {
			for _, v := range list {
				if ref, ok := v.(*ast.FieldRef); ok && c(r, fieldName{name: ref.Field.Name}, nil) {
					return true
				}
			}
		}
		return false
	})
}

// matchesName reports whether the conditions of an item on names take this one.
// The leaf is the one whose field it is, nil for other names.
func (it *item) matchesName(r *run, name fieldName, l *leaf) bool {
	return it.field.holds(func(c fieldCondition) bool { return c(r, name, l) })
}

// fieldName is the name of a field, or keyword for values without one.
type fieldName struct {
	name    string
	keyword bool
}

func nameOf(i *ast.Item) fieldName {
	if i.IsKeyword {
		return fieldName{keyword: true}
	}
	return fieldName{name: i.Field.Name}
}

// unchanged is what change says of a leaf that it leaves as it is.
var unchanged = &leaf{}

// each replaces the leaves that the item's conditions take by what change makes
// of them, nil to drop one, or leaves them (unchanged). What is replaced counts
// as processed by the item.
func (r *run) each(it *item, change func(*leaf) node) {
	r.eachAnd(it, change, func(a *array) node {
		r.untouched(it, a, change)
		return a
	})
}

// eachAnd is each, with what becomes of arrays.
func (r *run) eachAnd(it *item, change func(*leaf) node, onArray func(*array) node) {
	for i, id := range r.doc.detections {
		body := rewrite(id.body, func(n node) node {
			if r.failed {
				return n
			}
			l, ok := n.(*leaf)
			if !ok {
				return onArray(n.(*array))
			}
			if !it.matches(r, l) {
				return n
			}
			out := change(l)
			if out == node(unchanged) {
				return n
			}
			return mark(out, l.applied.with(it.id))
		})
		r.doc.detections[i] = &identifier{id.name, body}
	}
}

// mark says of all leaves of a node which items have made them.
func mark(n node, applied ids) node {
	return rewrite(n, func(n node) node {
		if l, ok := n.(*leaf); ok {
			return &leaf{item: l.item, applied: applied}
		}
		return n
	})
}

// track notes that a field got new names from an item.
func (r *run) track(it *item, from string, to []string) {
	r.sources[from] = true
	for _, name := range to {
		r.targets[name] = true
	}
	if len(to) == 1 && to[0] == from {
		return
	}
	applied := r.names[from].with(it.id)
	delete(r.names, from)
	for _, name := range to {
		r.names[name] = applied
	}
}

// finish gives the finished document.
func (r *run) finish() ast.Document {
	doc := r.doc.document()
	if doc == nil {
		r.failed = true
		r.diags = append(r.diags, diag.Diagnostic{Code: diag.PipelineRefusal, Severity: diag.Error, Span: r.title(),
			Summary: "the pipeline drops all that the rule searches for"})
		return nil
	}
	if c, ok := doc.(*ast.Correlation); ok {
		r.references(c)
	}
	return doc
}

// references applies the pipeline to the rules that a correlation refers to.
func (r *run) references(c *ast.Correlation) {
	done := map[ast.Document]ast.Document{}
	adapt := func(ref ast.Reference) ast.Reference {
		if ref.Target == nil || r.failed {
			return ref
		}
		if done[ref.Target] == nil {
			res, diags := r.pipeline.Apply(ref.Target)
			r.diags = append(r.diags, diags...)
			if res == nil {
				r.failed = true
				return ref
			}
			done[ref.Target] = res.Document
		}
		ref.Target = done[ref.Target]
		return ref
	}
	rules := make([]ast.Reference, len(c.Rules))
	for i, ref := range c.Rules {
		rules[i] = adapt(ref)
	}
	c.Rules = rules
	aliases := make([]ast.Alias, len(c.Aliases))
	for i, a := range c.Aliases {
		fields := make([]ast.AliasField, len(a.Fields))
		for j, f := range a.Fields {
			fields[j] = ast.AliasField{Rule: adapt(f.Rule), Field: f.Field}
		}
		aliases[i] = ast.Alias{Name: a.Name, Fields: fields}
	}
	c.Aliases = aliases
}
