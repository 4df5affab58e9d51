package evaluator

import (
	"slices"
	"strings"

	"sigmatic/evaluator/internal/jsontext"
)

// fieldTree holds the fields that an Engine pulls from an event: a node for each key on the way to one.
type fieldTree struct {
	nodes []*fieldNode
	slots map[string]int32 // by the field's name
	// nowhere is a node that leads to no field.
	nowhere fieldNode
}

// fieldNode stands for a key in its place.
type fieldNode struct {
	id   int32
	slot int32 // of the field that ends here, -1 if none does
	// flat is set for a key of the event itself that is spelled like a whole name with dots; it outranks what the name leads to step by
	// step (Event.lookup).
	flat     bool
	children keyTable
}

const noSlot = -1

func newFieldTree() *fieldTree {
	t := &fieldTree{slots: map[string]int32{}, nowhere: fieldNode{slot: noSlot}}
	t.node() // the event
	return t
}

func (t *fieldTree) node() *fieldNode {
	n := &fieldNode{id: int32(len(t.nodes)), slot: noSlot}
	t.nodes = append(t.nodes, n)
	return n
}

func (t *fieldTree) root() *fieldNode { return t.nodes[0] }

// slot gives the number of a field, the same for the same name.
func (t *fieldTree) slot(name string) int32 {
	if slot, ok := t.slots[name]; ok {
		return slot
	}
	slot := int32(len(t.slots))
	t.slots[name] = slot
	steps := strings.Split(name, ".")
	n := t.root()
	for _, step := range steps {
		n = t.child(n, step)
	}
	n.slot = slot
	if len(steps) > 1 {
		flat := t.child(t.root(), name)
		flat.slot, flat.flat = slot, true
	}
	return slot
}

func (t *fieldTree) child(n *fieldNode, key string) *fieldNode {
	for _, e := range n.children.entries {
		if e.key == key && e.node != nil {
			return e.node
		}
	}
	child := t.node()
	n.children.add(key, child)
	return child
}

// keyTable finds the node of a key. Most keys of most events are not wanted, and are told from the others by a hash of their ends.
type keyTable struct {
	entries []keyEntry // open addressing; a power of two, at most half of them in use
	used    int
}

type keyEntry struct {
	key  string
	node *fieldNode
}

func (t *keyTable) add(key string, node *fieldNode) {
	if t.used++; 2*t.used > len(t.entries) {
		old := t.entries
		t.entries = make([]keyEntry, max(4, 2*len(old)))
		for _, e := range old {
			if e.node != nil {
				t.put(e)
			}
		}
	}
	t.put(keyEntry{key, node})
}

func (t *keyTable) put(e keyEntry) {
	i := hashKey([]byte(e.key))
	for ; ; i++ {
		if at := &t.entries[i&uint32(len(t.entries)-1)]; at.node == nil {
			*at = e
			return
		}
	}
}

func (t *keyTable) find(key []byte) *fieldNode {
	if len(t.entries) == 0 {
		return nil
	}
	for i := hashKey(key); ; i++ {
		switch e := &t.entries[i&uint32(len(t.entries)-1)]; {
		case e.node == nil:
			return nil
		case e.key == string(key):
			return e.node
		}
	}
}

func hashKey(key []byte) uint32 {
	n := len(key)
	h := uint32(n)
	if n > 0 {
		h += uint32(key[0])<<8 + uint32(key[n-1])<<16 + uint32(key[n/2])<<24
	}
	h *= 0x9e3779b1
	return h ^ h>>15
}

// found is a value of a field in the event that is being read.
type found struct {
	kind       valueKind
	escaped    bool
	ascii      bool
	start, end int32 // of the value, of a string without its quotes
	next       int32 // the field's next value, -1 for the last
	text       string
	folded     string // "" until it is needed
	tree       *value // of a map, nil until it is needed
}

// slotState is what the event has of a field.
type slotState struct {
	event       uint64 // that it belongs to; the state of another one is none
	flat        bool
	ends        int32 // how many values the way leads to, arrays not opened
	first, last int32 // among Matcher.values, arrays opened; -1 for none
}

// maxScanDepth is how many brackets may be open in an event that Scan reads. Deeper ones are rare, and the bounds of what a leaf sees
// (maxDepth) are then looked after in one place only.
const maxScanDepth = maxDepth - 1

// object reads the members of the object whose bracket is before i; the keys that node leads to are wanted. It returns the index behind the
// object, or -1 as Scan does.
func (m *Matcher) object(i int, node *fieldNode, depth int) int {
	if depth > maxScanDepth {
		return -1
	}
	b := m.raw
	m.objects++
	serial := m.objects
	if i = jsontext.Blank(b, i); i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return -1
		}
		start := i + 1
		end, escaped := jsontext.String(b, start)
		if end < 0 {
			return -1
		}
		key := b[start:end]
		if i = jsontext.Colon(b, end+1); i < 0 || i >= len(b) {
			return -1
		}
		if depth == 1 && b[i] == '[' && string(key) == recordsKey {
			return -1
		}
		if escaped {
			key = m.unescaped(key)
		}
		if child := node.children.find(key); child == nil {
			i = m.unwanted(i, depth)
		} else {
			if m.seen[child.id] == serial {
				m.twice = true
			}
			m.seen[child.id] = serial
			i = m.value(i, child, depth)
		}
		if i < 0 {
			return -1
		}
		var more bool
		if i, more = jsontext.Next(b, i, '}'); !more {
			return i
		}
	}
}

// unwanted passes over a value that no field leads to. Keywords are looked for there as well.
func (m *Matcher) unwanted(i, depth int) int {
	if m.engine.keywords.inUse() {
		return m.item(i, &m.engine.fields.nowhere, noSlot, depth)
	}
	return jsontext.Value(m.raw, i, maxScanDepth-depth)
}

// recordsKey names the list of a delivery file. An object that has one is left to those who read files.
const recordsKey = "Records"

// value reads the value at i, which is the one of node.
func (m *Matcher) value(i int, node *fieldNode, depth int) int {
	slot := node.slot
	if slot >= 0 && !m.enter(slot, node.flat) {
		slot = noSlot
	}
	return m.item(i, node, slot, depth)
}

// enter notes that the event has the field. It reports false if a flat key outranks what was found.
func (m *Matcher) enter(slot int32, flat bool) bool {
	s := &m.slots[slot]
	if s.event != m.event {
		*s = slotState{event: m.event, first: -1, last: -1}
		if m.engine.index[slot].watched() {
			m.present = append(m.present, slot)
		}
	}
	switch {
	case flat:
		s.flat, s.ends, s.first, s.last = true, 0, -1, -1
	case s.flat:
		return false
	}
	s.ends++
	return true
}

// item reads the value at i for a slot, opening arrays, and goes on to what is below.
func (m *Matcher) item(i int, node *fieldNode, slot int32, depth int) int {
	b := m.raw
	if i >= len(b) {
		return -1
	}
	switch c := b[i]; {
	case c == '"':
		end, escaped := jsontext.String(b, i+1)
		if end < 0 {
			return -1
		}
		if slot >= 0 {
			m.add(slot, found{kind: kindString, escaped: escaped, start: int32(i + 1), end: int32(end)})
		}
		if m.engine.keywords.inUse() {
			m.addScalar(b[i+1:end], escaped)
		}
		return end + 1
	case c == '{':
		at := int32(-1)
		if slot >= 0 {
			at = m.add(slot, found{kind: kindMap, start: int32(i)})
		}
		end := m.below(i, node, depth)
		if at >= 0 && end >= 0 {
			m.values[at].end = int32(end)
		}
		return end
	case c == '[':
		return m.array(i+1, node, slot, depth+1)
	}
	kind, end := scalar(b, i)
	if end >= 0 && slot >= 0 {
		m.add(slot, found{kind: kind, start: int32(i), end: int32(end)})
	}
	if end >= 0 && kind != kindNull && m.engine.keywords.inUse() {
		m.addScalar(b[i:end], false)
	}
	return end
}

func (m *Matcher) below(i int, node *fieldNode, depth int) int {
	if node.children.used == 0 && !m.engine.keywords.inUse() {
		return jsontext.Value(m.raw, i, maxScanDepth-depth)
	}
	return m.object(i+1, node, depth+1)
}

func (m *Matcher) array(i int, node *fieldNode, slot int32, depth int) int {
	if depth > maxScanDepth {
		return -1
	}
	if i = jsontext.Blank(m.raw, i); i < len(m.raw) && m.raw[i] == ']' {
		return i + 1
	}
	for {
		if i = m.item(i, node, slot, depth); i < 0 {
			return -1
		}
		var more bool
		if i, more = jsontext.Next(m.raw, i, ']'); !more {
			return i
		}
	}
}

// scalar reads a number, or one of the three words.
func scalar(b []byte, i int) (valueKind, int) {
	switch b[i] {
	case 't', 'f':
		return kindBool, jsontext.Word(b, i)
	case 'n':
		return kindNull, jsontext.Word(b, i)
	}
	return kindNumber, jsontext.Number(b, i)
}

func (m *Matcher) add(slot int32, v found) int32 {
	v.next = -1
	at := int32(len(m.values))
	m.values = append(m.values, v)
	if s := &m.slots[slot]; s.last < 0 {
		s.first, s.last = at, at
	} else {
		m.values[s.last].next, s.last = at, at
	}
	return at
}

// unescaped gives the contents of a valid string, in a buffer of the matcher's.
func (m *Matcher) unescaped(b []byte) []byte {
	from := len(m.buffer)
	m.buffer = appendUnescaped(slices.Grow(m.buffer, len(b)), b)
	return m.buffer[from:]
}
