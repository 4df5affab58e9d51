package processing

import (
	"maps"
	"slices"
)

// ruleFailure refuses every document that its conditions take.
type ruleFailure struct{ message string }

func readRuleFailure(m *params) transformation { return ruleFailure{m.text("message")} }

func (t ruleFailure) apply(r *run, it *item) {
	r.failf(it, r.title(), "the pipeline refuses the rule: %s", t.message)
}

// itemFailure refuses rules with a detection item that its conditions take.
type itemFailure struct{ message string }

func readItemFailure(m *params) transformation { return itemFailure{m.text("message")} }

func (t itemFailure) apply(r *run, it *item) {
	r.each(it, func(l *leaf) node {
		r.failf(it, l.item.Span, "the pipeline refuses this item: %s", t.message)
		return unchanged
	})
}

// strictMapping refuses rules with a field that no mapping has taken or made.
type strictMapping struct{}

func (strictMapping) apply(r *run, it *item) {
	missing := map[string]*leaf{}
	r.doc.leaves(func(l *leaf) {
		name := nameOf(l.item)
		if l.array != "" {
			name.name = l.array
		}
		if !name.keyword && !r.sources[name.name] && !r.targets[name.name] && missing[name.name] == nil {
			missing[name.name] = l
		}
	})
	if len(missing) == 0 {
		return
	}
	names := slices.Sorted(maps.Keys(missing))
	r.failf(it, missing[names[0]].item.Field.Span, "the pipeline demands that all fields are mapped, and maps not %s", quotedList(names))
}
