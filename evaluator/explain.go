package evaluator

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"sigmatic/ast"
)

// Explanation tells, for every node of a query's expression, what it came to on
// an event. The tree is parallel to the expression: nothing is left out because
// its group was already decided.
type Explanation struct {
	Expr    ast.Expr
	Matched bool
	Terms   []*Explanation // of And, Or and Not, in order

	// The rest is of leaves.
	State State
	// Values are those that the leaf looked at, the ones that satisfy it first:
	// the values of its field, arrays opened. A keyword looks at the whole
	// event; its Values are only those in which it was found.
	Values []Found
	// Referenced are the values of the other field of an *ast.FieldRef.
	Referenced []Found
	// Omitted counts the values beyond MaxFound, in both lists.
	Omitted int
}

// State says why a leaf is true or not.
type State uint8

// The states. Absent is a leaf that is false for the lack of a field; one that
// is true for the lack of it, such as null, is True.
const (
	Group State = iota // not a leaf: And, Or, Not
	True
	False
	Absent
)

var stateNames = [...]string{"group", "true", "false", "absent"}

// String is the state in one word.
func (s State) String() string { return stateNames[s] }

// Found is a value in the event.
type Found struct {
	Path string // where it stands: userIdentity.arn, resources[0].ARN
	Text string // compact JSON
	Cut  bool   // only the beginning of the text is given
	Hit  bool   // this value alone satisfies the leaf
}

// What an explanation tells at most, so that a large event does not drown it.
const (
	MaxFound     = 16  // values in one list
	MaxFoundText = 256 // bytes of a value's text
)

// Explain tells how Match comes to its verdict, which is the root's Matched.
func (r *Reference) Explain(ev *Event) *Explanation { return r.root.explain(ev) }

func (n *refNode) explain(ev *Event) *Explanation {
	x := &Explanation{Expr: n.expr, Matched: n.matches(ev)}
	for _, t := range n.terms {
		x.Terms = append(x.Terms, t.explain(ev))
	}
	if n.leaf != nil {
		x.addLeaf(n.leaf.witness(ev))
	}
	return x
}

func (x *Explanation) addLeaf(w witness) {
	switch {
	case x.Matched:
		x.State = True
	case w.absent:
		x.State = Absent
	default:
		x.State = False
	}
	var hits, others []Found
	for v := range w.values {
		hit := w.satisfying != nil && w.satisfying(v)
		if hit {
			hits = x.add(hits, v, hit)
		} else {
			others = x.add(others, v, hit)
		}
	}
	room := min(MaxFound-len(hits), len(others))
	x.Omitted += len(others) - room
	x.Values = append(hits, others[:room]...)
	if w.referenced != nil {
		for v := range w.referenced {
			x.Referenced = x.add(x.Referenced, v, false)
		}
	}
}

func (x *Explanation) add(list []Found, v *value, hit bool) []Found {
	if len(list) == MaxFound {
		x.Omitted++
		return list
	}
	text, cut := cutText(v.json())
	return append(list, Found{Path: v.path(), Text: text, Cut: cut, Hit: hit})
}

// cutText keeps the beginning of a long text, whole characters of it.
func cutText(s string) (string, bool) {
	if len(s) <= MaxFoundText {
		return s, false
	}
	end := MaxFoundText
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end], true
}

// String is a readable form for messages and tests, a line for each node.
func (x *Explanation) String() string {
	var b strings.Builder
	x.write(&b, 0)
	return b.String()
}

func (x *Explanation) write(b *strings.Builder, level int) {
	indent := strings.Repeat("  ", level)
	switch e := x.Expr.(type) {
	case *ast.And:
		fmt.Fprintf(b, "%sand: %t\n", indent, x.Matched)
	case *ast.Or:
		fmt.Fprintf(b, "%sor: %t\n", indent, x.Matched)
	case *ast.Not:
		fmt.Fprintf(b, "%snot: %t\n", indent, x.Matched)
	case *ast.Match:
		fmt.Fprintf(b, "%s%s: %s", indent, e, x.State)
		for _, f := range x.Values {
			fmt.Fprintf(b, "; %s", f)
		}
		for _, f := range x.Referenced {
			fmt.Fprintf(b, "; other field %s", f)
		}
		if x.Omitted > 0 {
			fmt.Fprintf(b, "; and %d more", x.Omitted)
		}
		b.WriteByte('\n')
	}
	for _, t := range x.Terms {
		t.write(b, level+1)
	}
}

// String is the path and the text.
func (f Found) String() string {
	if f.Cut {
		return f.Path + " = " + f.Text + "…"
	}
	return f.Path + " = " + f.Text
}
