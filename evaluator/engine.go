package evaluator

import (
	"fmt"
	"iter"
	"slices"

	"sigmatic/ast"
	"sigmatic/evaluator/internal/jsontext"
)

// Engine evaluates many queries on one event, and comes to the verdicts of their References. It reads the bytes of an event once, keeps only
// the fields that some query or the caller needs, and evaluates only queries that the values of those fields leave possible.
//
// An Engine never changes once made. Each goroutine asks it through a Matcher of its own.
type Engine struct {
	references []*Reference
	queries    []engineNode
	leaves     []engineLeaf
	fields     *fieldTree
	asked      []int32 // slots of the caller's fields
	index      []slotIndex
	always     []int32 // queries that every event is put to
	keywords   keywordIndex
}

// engineNode stands for one node of a query's expression.
type engineNode struct {
	op    engineOp
	leaf  int32
	cost  int
	terms []engineNode
}

type engineOp uint8

const (
	opLeaf engineOp = iota
	opAnd
	opOr
	opNot
)

// NewEngine compiles queries, and has the events' values of the named fields kept for the caller: Matcher.Text has them by their place in
// the list.
func NewEngine(queries []*Reference, fields ...string) *Engine {
	e := &Engine{references: queries, fields: newFieldTree()}
	c := compiler{engine: e, leaves: map[string]int32{}}
	for _, q := range queries {
		e.queries = append(e.queries, c.node(q.root))
	}
	for _, name := range fields {
		e.asked = append(e.asked, e.fields.slot(name))
	}
	e.buildIndex()
	return e
}

// compiler makes the tree of a query out of the Reference's. Leaves that are the same in several queries become one.
type compiler struct {
	engine *Engine
	leaves map[string]int32
}

func (c *compiler) node(n *refNode) engineNode {
	var out engineNode
	switch n.expr.(type) {
	case *ast.And:
		out.op = opAnd
	case *ast.Or:
		out.op = opOr
	case *ast.Not:
		out.op = opNot
	case *ast.Match:
		out.leaf = c.leaf(n)
		out.cost = c.engine.leaves[out.leaf].cost
		return out
	default:
		panic(fmt.Sprintf("evaluator: %T was not refused", n.expr))
	}
	for _, t := range n.terms {
		term := c.node(t)
		out.cost += term.cost
		out.terms = append(out.terms, term)
	}
	slices.SortStableFunc(out.terms, func(a, b engineNode) int { return a.cost - b.cost })
	return out
}

func (c *compiler) leaf(n *refNode) int32 {
	l, key := newEngineLeaf(c.engine.fields, n)
	if at, known := c.leaves[key]; known && key != "" {
		return at
	}
	at := int32(len(c.engine.leaves))
	c.engine.leaves = append(c.engine.leaves, l)
	if key != "" {
		c.leaves[key] = at
	}
	return at
}

// Matcher puts one event after another to the queries of an engine. It belongs to one goroutine, and reuses its memory for the next event.
type Matcher struct {
	engine *Engine

	raw     []byte // begins with the event
	event   uint64 // the number of the event, so that what was known of the one before need not be cleared
	objects uint64 // the number of objects looked into
	twice   bool   // a wanted key stands twice in one object
	slots   []slotState
	present []int32  // slots with an index of which the event has something
	seen    []uint64 // by node of the tree: the last object that had the key
	values  []found
	buffer  []byte // contents of strings with escapes, folded text
	scalars []byte // all texts of the event, for keywords

	parsed  *Event // nil until a leaf needs the whole event
	read    bool   // by Scan; if not, parsed has it
	err     error
	known   []uint64 // by leaf: event<<1, and its verdict
	asked   []uint64 // by query: the last event that it was put to
	matches []int
	scratch value
}

// Matcher gives a new matcher.
func (e *Engine) Matcher() *Matcher {
	return &Matcher{
		engine: e,
		slots:  make([]slotState, len(e.fields.slots)), seen: make([]uint64, len(e.fields.nodes)),
		known: make([]uint64, len(e.leaves)), asked: make([]uint64, len(e.queries)),
	}
}

// Scan reads the JSON object with which b begins and makes it the event. It returns the length of the object, or 0 if it leaves the bytes to
// a more careful reader: they are no valid object or only the beginning of one, it is nested deeper than most are, or it is a file of
// records. The matcher refers to b until the next event.
func (m *Matcher) Scan(b []byte) int {
	m.begin(b)
	if len(b) == 0 || b[0] != '{' || len(b) > maxScan {
		return 0
	}
	n := m.object(1, m.engine.fields.root(), 1)
	if n < 0 {
		return 0
	}
	m.raw, m.read = b[:n], true
	return n
}

// maxScan bounds the offsets in an event.
const maxScan = 1 << 30

// Load makes one JSON object the event, however it is nested, with nothing but blanks around it. The error is an *EventError.
func (m *Matcher) Load(raw []byte) error {
	i := jsontext.Blank(raw, 0)
	if n := m.Scan(raw[i:]); n > 0 && jsontext.Blank(raw, i+n) == len(raw) {
		return nil
	}
	m.begin(raw)
	var err error
	m.parsed, err = ParseEvent(raw)
	return err
}

func (m *Matcher) begin(b []byte) {
	m.event++
	m.raw, m.twice, m.read, m.parsed, m.err = b, false, false, nil, nil
	m.present, m.values, m.buffer = m.present[:0], m.values[:0], m.buffer[:0]
	m.scalars = m.scalars[:0]
}

// Matches gives the queries that select the event, by their place in the list of NewEngine, in order. The slice is valid until the next call.
func (m *Matcher) Matches() []int {
	m.matches = m.matches[:0]
	if !m.plain() {
		event := m.Event()
		for q, r := range m.engine.references {
			if event != nil && r.Match(event) {
				m.matches = append(m.matches, q)
			}
		}
		return m.matches
	}
	for _, slot := range m.present {
		m.candidates(slot)
	}
	if m.engine.keywords.inUse() {
		m.keywordCandidates()
	}
	m.put(m.engine.always)
	slices.Sort(m.matches)
	return m.matches
}

// plain reports whether the event is one whose fields were read by Scan, as they are in nearly all. Where a wanted key stands twice in an
// object, the last one counts, and the reference sees to that.
func (m *Matcher) plain() bool { return m.read && !m.twice }

// put evaluates queries that were not evaluated yet.
func (m *Matcher) put(queries []int32) {
	for _, q := range queries {
		if m.asked[q] == m.event {
			continue
		}
		m.asked[q] = m.event
		if m.holds(&m.engine.queries[q]) {
			m.matches = append(m.matches, int(q))
		}
	}
}

func (m *Matcher) holds(n *engineNode) bool {
	switch n.op {
	case opLeaf:
		return m.leaf(n.leaf)
	case opAnd:
		for i := range n.terms {
			if !m.holds(&n.terms[i]) {
				return false
			}
		}
		return true
	case opOr:
		for i := range n.terms {
			if m.holds(&n.terms[i]) {
				return true
			}
		}
		return false
	case opNot:
		return !m.holds(&n.terms[0])
	}
	panic("evaluator: unknown operator")
}

// Event gives the whole event, for Reference.Explain; nil if it cannot be parsed, which Load would have told.
func (m *Matcher) Event() *Event {
	if m.parsed == nil {
		m.parsed, m.err = ParseEvent(m.raw)
	}
	return m.parsed
}

// Text gives the text of the first value of a field that the caller has asked for: the contents of a string, numbers and objects as they are
// written, and "" for null or nothing. It is valid until the next event.
func (m *Matcher) Text(field int) string {
	slot := m.engine.asked[field]
	if !m.plain() {
		return m.textOfEvent(slot)
	}
	s := &m.slots[slot]
	if s.event != m.event || s.first < 0 {
		return ""
	}
	v := &m.values[s.first]
	if v.kind == kindNull {
		return ""
	}
	return m.contents(v)
}

func (m *Matcher) textOfEvent(slot int32) string {
	for text := range m.textsOfEvent(slot) {
		return text
	}
	return ""
}

// Texts gives the texts of all values of a field that the caller has asked for, as Text has them: an array has a value for each member.
func (m *Matcher) Texts(field int) iter.Seq[string] {
	slot := m.engine.asked[field]
	if !m.plain() {
		return m.textsOfEvent(slot)
	}
	return func(yield func(string) bool) {
		s := &m.slots[slot]
		if s.event != m.event {
			return
		}
		for i := s.first; i >= 0; i = m.values[i].next {
			if v := &m.values[i]; v.kind != kindNull && !yield(m.contents(v)) {
				return
			}
		}
	}
}

func (m *Matcher) textsOfEvent(slot int32) iter.Seq[string] {
	return func(yield func(string) bool) {
		for name, s := range m.engine.fields.slots {
			if s != slot || m.Event() == nil {
				continue
			}
			for v := range opened(m.Event().lookup(ofEvent.path(name))) {
				text := v.text
				switch v.kind {
				case kindNull:
					text = ""
				case kindArray, kindMap:
					text = v.json()
				case kindBool, kindNumber, kindString:
				}
				if !yield(text) {
					return
				}
			}
		}
	}
}

// AppendTexts appends the texts of all values of a field that the caller has asked for, arrays opened: numbers in canonical form, objects as
// compact JSON, nothing for null. They are valid until the next event.
func (m *Matcher) AppendTexts(to []string, field int) []string {
	slot := m.engine.asked[field]
	s := &m.slots[slot]
	if m.plain() && s.event != m.event {
		return to
	}
	start := len(to)
	for at := s.first; m.plain() && at >= 0; at = m.values[at].next {
		switch v := &m.values[at]; v.kind {
		case kindNull:
		case kindBool, kindNumber, kindString:
			to = append(to, m.scalarText(v))
		case kindArray, kindMap:
			return m.canonicalOfEvent(to[:start], slot)
		}
	}
	if !m.plain() {
		return m.canonicalOfEvent(to, slot)
	}
	return to
}

func (m *Matcher) canonicalOfEvent(to []string, slot int32) []string {
	for name, s := range m.engine.fields.slots {
		if s == slot && m.Event() != nil {
			return m.Event().appendTexts(to, name)
		}
	}
	return to
}

// appendTexts is Matcher.AppendTexts on the whole event.
func (ev *Event) appendTexts(to []string, name string) []string {
	for v := range opened(ev.lookup(ofEvent.path(name))) {
		switch v.kind {
		case kindNull, kindArray:
		case kindMap:
			to = append(to, v.json())
		case kindBool, kindNumber, kindString:
			text, _ := v.scalarText()
			to = append(to, text)
		}
	}
	return to
}
