package evaluator

import (
	"fmt"
	"strings"
	"unicode/utf8"
	"unsafe"

	"sigmatic/ast"
)

// engineLeaf is a leaf as an Engine evaluates it. Whatever is not made for speed here is the Reference's own code, put to the same values.
type engineLeaf struct {
	kind leafKind
	slot int32 // of the field; of leafWhole the one that must be there for it to hold, -1 if there is none
	cost int   // what it takes, compared with others

	test    valueTest
	pattern *textPattern // of a patternTest that can be told fast, or nil
	want    bool         // of leafExists
	whole   refLeaf      // of leafWhole
	literal string       // folded; without it in the text the leaf cannot hold, "" if there is no such
}

type leafKind uint8

const (
	leafValue  leafKind = iota // some value of the field passes the test
	leafNull                   // no value of the field is any
	leafExists                 // the field is there
	leafWhole                  // the Reference's leaf, put to the whole event
)

// newEngineLeaf makes a leaf, and a key that leaves share when they are the same; "" where that is not known.
func newEngineLeaf(fields *fieldTree, n *refNode) (engineLeaf, string) {
	switch l := n.leaf.(type) {
	case *valueLeaf:
		out := engineLeaf{kind: leafValue, slot: fields.slot(l.field.name), test: l.test, cost: testCost(l.test)}
		key := fmt.Sprintf("%d %s", out.slot, testKey(l.test))
		if p, ok := l.test.(patternTest); ok {
			if out.pattern = newTextPattern(p.pattern); out.pattern != nil {
				out.cost = int(out.pattern.form) + 1
			}
		}
		if r, ok := l.test.(regexTest); ok {
			out.literal = regexLiteral(r.regex.String())
		}
		return out, key
	case *nullLeaf:
		slot := fields.slot(l.field.name)
		return engineLeaf{kind: leafNull, slot: slot, cost: 2}, fmt.Sprintf("%d null", slot)
	case *existsLeaf:
		slot := fields.slot(l.field.name)
		return engineLeaf{kind: leafExists, slot: slot, cost: 1, want: l.want}, fmt.Sprintf("%d exists %v", slot, l.want)
	}
	out := engineLeaf{kind: leafWhole, slot: noSlot, whole: n.leaf, cost: 1000}
	switch l := n.leaf.(type) {
	case *keywordLeaf:
		out.literal, out.cost = l.literal, 100
	case *fieldRefLeaf:
		out.slot = fields.slot(l.field.name)
	case *membersLeaf:
		if l.selector.Quantifier == ast.AnyMember || l.selector.Quantifier == ast.AllMembers {
			out.slot = fields.slot(l.field.name)
		}
	}
	return out, ""
}

func testCost(t valueTest) int {
	switch t.(type) {
	case patternTest:
		return 10
	case boolTest, numberTest, comparisonTest, cidrTest:
		return 3
	}
	return 50
}

func testKey(t valueTest) string {
	switch t := t.(type) {
	case patternTest:
		return fmt.Sprintf("pattern %v %v", t.pattern.cased, t.pattern.steps)
	case numberTest:
		return "number " + t.number.String()
	case boolTest:
		return fmt.Sprintf("bool %v", t.want)
	case regexTest:
		return "regex " + t.regex.String()
	case cidrTest:
		return "cidr " + t.prefix.String()
	case comparisonTest:
		return "comparison " + t.op.String() + t.number.String()
	case timePartTest:
		return fmt.Sprintf("time %v %v %d", t.unit, t.op, t.n)
	}
	panic(fmt.Sprintf("evaluator: unknown test %T", t))
}

// leaf evaluates a leaf, once for an event.
func (m *Matcher) leaf(id int32) bool {
	if known := m.known[id]; known>>1 == m.event {
		return known&1 == 1
	}
	verdict := m.evaluate(&m.engine.leaves[id])
	m.known[id] = m.event << 1
	if verdict {
		m.known[id]++
	}
	return verdict
}

func (m *Matcher) evaluate(l *engineLeaf) bool {
	if l.kind == leafWhole {
		if l.slot >= 0 && m.slots[l.slot].event != m.event {
			return false
		}
		if l.literal != "" && m.engine.keywords.inUse() && !strings.Contains(textOf(m.scalars), l.literal) {
			return false
		}
		event := m.Event()
		return event != nil && l.whole.matches(event)
	}
	s := &m.slots[l.slot]
	here := s.event == m.event
	if l.kind == leafExists {
		return (here && s.ends > 0) == l.want
	}
	if !here {
		return l.kind == leafNull
	}
	for at := s.first; at >= 0; at = m.values[at].next {
		v := &m.values[at]
		if l.kind == leafNull && m.hasValue(v) {
			return false
		}
		if l.kind == leafValue && m.passes(l, v) {
			return true
		}
	}
	return l.kind == leafNull
}

func (m *Matcher) hasValue(v *found) bool {
	if v.kind == kindMap {
		return m.tree(v).hasValue()
	}
	return v.kind != kindNull
}

// passes puts a value to a leaf's test.
func (m *Matcher) passes(l *engineLeaf, v *found) bool {
	if l.pattern != nil {
		if v.kind == kindNull {
			return false
		}
		verdict, certain := m.patternHolds(l.pattern, v)
		if certain {
			return verdict
		}
	}
	if v.kind == kindMap {
		return l.test.holds(m.tree(v))
	}
	if l.literal != "" && v.kind != kindNull {
		if text, _ := m.foldedText(v); !strings.Contains(text, l.literal) {
			return false
		}
	}
	m.scratch.kind, m.scratch.text = v.kind, m.contents(v)
	return l.test.holds(&m.scratch)
}

// tree is the value of a map, as the Reference has it.
func (m *Matcher) tree(v *found) *value {
	if v.tree == nil {
		event, err := ParseEvent(m.raw[v.start:v.end])
		if err != nil {
			panic("evaluator: a valid object cannot be parsed: " + err.Error())
		}
		v.tree = event.root
	}
	return v.tree
}

// contents is the text of a value: what a string holds, and all else as it is written.
func (m *Matcher) contents(v *found) string {
	if v.text == "" {
		b := m.raw[v.start:v.end]
		if v.escaped {
			b = m.unescaped(b)
		}
		v.text = textOf(b)
	}
	return v.text
}

// textOf gives bytes as text without copying them. They are the event's or the matcher's, and change only with the next event.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// scalarText is the text in which a value is compared with text, see value.scalarText. v is no map and not null.
func (m *Matcher) scalarText(v *found) string {
	text := m.contents(v)
	if v.kind == kindNumber && !canonical(text) {
		return (&value{kind: kindNumber, text: text}).decimal().String()
	}
	return text
}

// canonical reports whether the text of a JSON number is an integer as ast.Decimal writes it.
func canonical(text string) bool {
	if len(text) > 30 || text == "-0" {
		return false
	}
	return !strings.ContainsAny(text, ".eE")
}

// foldedText is the text, or the JSON text as it stands of a map, in which letters that differ in case only are the same.
func (m *Matcher) foldedText(v *found) (text string, ascii bool) {
	if v.folded == "" {
		if v.kind == kindMap {
			text = m.contents(v)
		} else {
			text = m.scalarText(v)
		}
		from := len(m.buffer)
		m.buffer, v.ascii = appendFolded(m.buffer, text)
		v.folded = textOf(m.buffer[from:])
	}
	return v.folded, v.ascii
}

// appendFolded appends text, each character the smallest of those that differ from it in case only, and tells whether it is all ASCII.
func appendFolded(to []byte, text string) (folded []byte, ascii bool) {
	from := len(to)
	for i := range len(text) {
		c := text[i]
		if c >= utf8.RuneSelf {
			return appendFoldedRunes(to[:from], text), false
		}
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		to = append(to, c)
	}
	return to, true
}

func appendFoldedRunes(to []byte, text string) []byte {
	for text != "" {
		c, width := nextChar(text)
		if c < 0 {
			to = append(to, text[0])
		} else {
			to = utf8.AppendRune(to, fold(c))
		}
		text = text[width:]
	}
	return to
}

// textPattern is a pattern of one literal, with a star on neither, one or both sides.
type textPattern struct {
	form    patternForm
	cased   bool
	literal string // folded unless cased
	// inTree is set if the literal can be in a map's text only where it stands in the source as well, as long as there are no escapes:
	// it has no sign that JSON gives a meaning, and is no part of a number.
	inTree bool
}

type patternForm uint8

const (
	formEqual patternForm = iota
	formPrefix
	formSuffix
	formContains
)

// newTextPattern gives nil for patterns of another form.
func newTextPattern(p *refPattern) *textPattern {
	steps := p.steps
	t := &textPattern{cased: p.cased}
	if len(steps) > 0 && steps[len(steps)-1].kind == stepStar {
		t.form, steps = formPrefix, steps[:len(steps)-1]
	}
	if len(steps) > 0 && steps[0].kind == stepStar {
		steps = steps[1:]
		t.form += formSuffix
	}
	var b []byte
	for _, s := range steps {
		if s.kind != stepChar || s.char < 0 {
			return nil
		}
		b = utf8.AppendRune(b, s.char)
	}
	t.literal = string(b)
	t.inTree = t.form == formContains && strings.Trim(t.literal, "0123456789.eE+-") != "" && !strings.ContainsAny(t.literal, `"{}[]:,`)
	return t
}

// patternHolds puts a value to a pattern, as far as that can be told fast.
func (m *Matcher) patternHolds(p *textPattern, v *found) (verdict, certain bool) {
	if v.kind == kindMap {
		if !p.inTree {
			return false, false
		}
		literal := p.literal
		if p.cased {
			folded, _ := appendFolded(nil, literal)
			literal = string(folded)
		}
		text, ascii := m.foldedText(v)
		absent := ascii && !strings.Contains(text, literal) && strings.IndexByte(text, '\\') < 0
		return false, absent
	}
	var text string
	if p.cased {
		text = m.scalarText(v)
	} else {
		text, _ = m.foldedText(v)
	}
	switch p.form {
	case formEqual:
		return text == p.literal, true
	case formPrefix:
		return strings.HasPrefix(text, p.literal), true
	case formSuffix:
		return strings.HasSuffix(text, p.literal), true
	case formContains:
		return strings.Contains(text, p.literal), true
	}
	panic("evaluator: unknown form of a pattern")
}
