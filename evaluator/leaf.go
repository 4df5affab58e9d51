package evaluator

import (
	"iter"

	"sigmatic/ast"
)

// refLeaf is a compiled ast.Match.
type refLeaf interface {
	matches(ev *Event) bool
	// witness tells what the leaf saw in the event; the caller adds the verdict.
	witness(ev *Event) witness
}

// witness is what a leaf looked at.
type witness struct {
	absent     bool // a field that the leaf needs is not in the event
	values     iter.Seq[*value]
	satisfying func(*value) bool // among values; nil if no single value decides
	referenced iter.Seq[*value]  // the values of the other field of a FieldRef
}

// valueLeaf holds when one value of the field passes the test.
type valueLeaf struct {
	field fieldPath
	test  valueTest
}

func (l *valueLeaf) matches(ev *Event) bool { return anyOf(opened(ev.lookup(l.field)), l.test.holds) }

func (l *valueLeaf) witness(ev *Event) witness {
	found := ev.lookup(l.field)
	return witness{absent: len(found) == 0, values: opened(found), satisfying: l.test.holds}
}

func anyOf(values iter.Seq[*value], holds func(*value) bool) bool {
	for v := range values {
		if holds(v) {
			return true
		}
	}
	return false
}

// nullLeaf holds when the field has no value: it is absent, null, an empty array
// or map, or one of nothing but such (§2.5). No store keeps a trace of those.
type nullLeaf struct{ field fieldPath }

func (l *nullLeaf) matches(ev *Event) bool {
	return !anyOf(opened(ev.lookup(l.field)), (*value).hasValue)
}

func (l *nullLeaf) witness(ev *Event) witness {
	found := ev.lookup(l.field)
	return witness{absent: len(found) == 0, values: opened(found)}
}

// existsLeaf holds when the key is, or is not, in the event, whatever its value
// (§2.5).
type existsLeaf struct {
	field fieldPath
	want  bool
}

func (l *existsLeaf) matches(ev *Event) bool { return (len(ev.lookup(l.field)) > 0) == l.want }

func (l *existsLeaf) witness(ev *Event) witness {
	found := ev.lookup(l.field)
	return witness{absent: len(found) == 0, values: opened(found)}
}

// fieldRefLeaf holds when some value of the field relates to some value of the
// other (§2.7).
type fieldRefLeaf struct {
	field, other fieldPath
	mode         ast.RefMode
}

func (l *fieldRefLeaf) matches(ev *Event) bool {
	return anyOf(opened(ev.lookup(l.field)), l.relatesToAny(ev))
}

// relatesToAny compares as a pattern made of the other value would: letter case
// is ignored and a number is its canonical text, which two numbers share exactly
// when they are equal. Null and maps relate to nothing.
//
// An empty other value is equal to an empty value, but nothing starts with it,
// ends with it or contains it. Every text does so in logic; but most engines
// cannot tell an empty field from a missing one, and an event that merely lacks
// the other field must not match.
func (l *fieldRefLeaf) relatesToAny(ev *Event) func(*value) bool {
	var patterns []*refPattern
	for v := range opened(ev.lookup(l.other)) {
		text, ok := v.scalarText()
		if !ok || text == "" && l.mode != ast.RefEqual {
			continue
		}
		patterns = append(patterns, newRefPattern(refParts(l.mode, text), false))
	}
	return func(v *value) bool {
		text, ok := v.scalarText()
		if !ok {
			return false
		}
		for _, p := range patterns {
			if p.matches(text) {
				return true
			}
		}
		return false
	}
}

func refParts(mode ast.RefMode, text string) []ast.Part {
	lit := ast.Literal(text)
	switch mode {
	case ast.RefEqual:
		return []ast.Part{lit}
	case ast.RefStartsWith:
		return []ast.Part{lit, ast.AnyRun{}}
	case ast.RefEndsWith:
		return []ast.Part{ast.AnyRun{}, lit}
	case ast.RefContains:
		return []ast.Part{ast.AnyRun{}, lit, ast.AnyRun{}}
	}
	panic("evaluator: an unknown reference mode was not refused")
}

func (l *fieldRefLeaf) witness(ev *Event) witness {
	found, other := ev.lookup(l.field), ev.lookup(l.other)
	return witness{
		absent:     len(found) == 0 || len(other) == 0,
		values:     opened(found),
		satisfying: l.relatesToAny(ev),
		referenced: opened(other),
	}
}

// keywordLeaf holds when one scalar of the event passes the test, keys aside
// (§2.6). It compares the JSON text of numbers, as they were written, since that
// is the text of the log message.
type keywordLeaf struct {
	test    func(text string) bool
	literal string // every text that passes has it, letter case aside; "" if none is known
}

func (l *keywordLeaf) holds(v *value) bool { return l.test(v.text) }

func (l *keywordLeaf) matches(ev *Event) bool { return anyOf(ev.root.scalars(), l.holds) }

func (l *keywordLeaf) witness(ev *Event) witness {
	hits := func(yield func(*value) bool) {
		for v := range ev.root.scalars() {
			if l.holds(v) && !yield(v) {
				return
			}
		}
	}
	return witness{values: hits, satisfying: l.holds}
}
