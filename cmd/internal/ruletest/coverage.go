package ruletest

import (
	"fmt"

	"sigmatic/ast"
	"sigmatic/evaluator"
)

// Leaf is one value of a rule's detection, as it was written.
type Leaf struct {
	Detection string // the search identifier
	Item      int    // of the detection, from 1
	Key       string // of the item: field and modifiers
	Value     int    // of the item, from 1; 0 if it has but one
	Line      int

	// Held: the value held in some test.
	Held bool
	// Exercised: in some test the value held, and the verdict hung on it.
	Exercised bool
	// Missed: in some test the value did not hold, and the verdict hung on it.
	Missed bool

	values ast.Alternatives
}

// String is the place of the leaf: selection, item 2 (eventName), value 3 (line 14).
func (l Leaf) String() string {
	text := fmt.Sprintf("%s, item %d", l.Detection, l.Item)
	if l.Key != "" {
		text += " (" + l.Key + ")"
	}
	if l.Value > 0 {
		text += fmt.Sprintf(", value %d", l.Value)
	}
	return fmt.Sprintf("%s (line %d)", text, l.Line)
}

// Lack says what the tests do not show of the leaf, or "".
func (l Leaf) Lack() string {
	switch {
	case l.Exercised:
		return ""
	case l.Held:
		return fmt.Sprintf("%s: never decides, another value holds wherever it does", l)
	}
	return fmt.Sprintf("%s: never exercised", l)
}

// Coverage tells for each value of a rule whether its tests would notice that
// it is gone.
type Coverage []*Leaf

// Exercised counts the leaves that are, and those that some test misses.
func (c Coverage) Exercised() (exercised, missed int) {
	for _, l := range c {
		if l.Exercised {
			exercised++
		}
		if l.Missed {
			missed++
		}
	}
	return exercised, missed
}

// Percent is the share of leaves that are exercised; 100 for a rule without any.
func (c Coverage) Percent() int {
	if len(c) == 0 {
		return 100
	}
	n, _ := c.Exercised()
	return n * 100 / len(c)
}

// NewCoverage lists the leaves of the detections that the conditions use.
func NewCoverage(r *ast.Rule, queries []*ast.Query) Coverage {
	used := map[ast.Value]bool{}
	for _, q := range queries {
		ast.Leaves(q.Expr, func(m *ast.Match, _ bool) { used[m.Value] = true })
	}
	var out Coverage
	for _, d := range r.Detections {
		n := 0
		eachItem(d.Body, func(item *ast.Item) {
			n++
			for i, values := range item.Values {
				if len(values) == 0 || !used[values[0]] {
					continue
				}
				l := &Leaf{Detection: d.Name.Value, Item: n, Key: item.Key.Value, Line: lineOf(item, values[0]), values: values}
				if len(item.Values) > 1 {
					l.Value = i + 1
				}
				out = append(out, l)
			}
		})
	}
	return out
}

func lineOf(item *ast.Item, v ast.Value) int {
	at := v.Range()
	if at.IsZero() {
		at = item.Span
	}
	return at.Position().Line
}

func eachItem(d ast.Detection, visit func(*ast.Item)) {
	switch d := d.(type) {
	case *ast.AllOf:
		for _, m := range d.Members {
			eachItem(m, visit)
		}
	case *ast.AnyOf:
		for _, m := range d.Members {
			eachItem(m, visit)
		}
	case *ast.Item:
		visit(d)
	}
}

// Add takes the explanation of one condition on one event.
func (c Coverage) Add(x *evaluator.Explanation) {
	for _, l := range c {
		held, decides := l.on(x)
		l.Held = l.Held || held
		if decides && held {
			l.Exercised = true
		}
		if decides && !held {
			l.Missed = true
		}
	}
}

// on tells whether the leaf holds on the event of an explanation, and whether
// the verdict were another if it did the opposite.
func (l *Leaf) on(x *evaluator.Explanation) (held, decides bool) {
	held = l.holds(x)
	return held, x.Matched != truth(x, func(v ast.Value, matched bool) bool {
		if l.has(v) {
			return !held
		}
		return matched
	})
}

func (l *Leaf) has(v ast.Value) bool {
	for _, own := range l.values {
		if own == v {
			return true
		}
	}
	return false
}

func (l *Leaf) holds(x *evaluator.Explanation) bool {
	if m, ok := x.Expr.(*ast.Match); ok {
		return x.Matched && l.has(m.Value)
	}
	for _, t := range x.Terms {
		if l.holds(t) {
			return true
		}
	}
	return false
}

// truth is the verdict of an explanation in which leaves are given by a function.
func truth(x *evaluator.Explanation, leaf func(v ast.Value, matched bool) bool) bool {
	switch e := x.Expr.(type) {
	case *ast.And:
		for _, t := range x.Terms {
			if !truth(t, leaf) {
				return false
			}
		}
		return true
	case *ast.Or:
		for _, t := range x.Terms {
			if truth(t, leaf) {
				return true
			}
		}
		return false
	case *ast.Not:
		return !truth(x.Terms[0], leaf)
	case *ast.Match:
		return leaf(e.Value, x.Matched)
	}
	panic(fmt.Sprintf("ruletest: unknown expression %T", x.Expr))
}
