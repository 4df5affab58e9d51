package evaluator

// slotIndex finds the queries that a field's values leave possible. Each query is in the index of one field, or of several if its
// alternatives ask for different ones.
type slotIndex struct {
	equal  map[string][]int32 // by folded text: queries that need this value
	object []int32            // all of these, for a value that is a map: one of its scalars may be equal
	leaves []leafIndex        // queries that need a leaf to hold that is no equality
}

type leafIndex struct {
	leaf    int32
	queries []int32
}

func (x *slotIndex) watched() bool { return x.equal != nil || x.leaves != nil }

// candidates evaluates the queries that the values of a field leave possible.
func (m *Matcher) candidates(slot int32) {
	x := &m.engine.index[slot]
	if x.equal != nil {
		for at := m.slots[slot].first; at >= 0; at = m.values[at].next {
			switch v := &m.values[at]; v.kind {
			case kindNull:
			case kindMap:
				m.put(x.object)
			default:
				text, _ := m.foldedText(v)
				m.put(x.equal[text])
			}
		}
	}
	for i := range x.leaves {
		if l := &x.leaves[i]; m.leaf(l.leaf) {
			m.put(l.queries)
		}
	}
}

// atom is a demand on one field. An event that meets none of a query's atoms is not selected by it.
type atom struct {
	slot int32
	// equal is the folded text of which the field must have a value; otherwise the leaf must hold.
	equal   string
	isEqual bool
	leaf    int32
	keyword string // a folded text that must be in some scalar of the event, "" for the other kinds
}

// buildIndex chooses for each query the demands by which it is found. Fields are preferred of which queries ask for many different values:
// one value of such a field leaves few queries possible.
func (e *Engine) buildIndex() {
	e.index = make([]slotIndex, len(e.fields.slots))
	b := indexBuilder{engine: e, asked: make([]map[string]bool, len(e.fields.slots))}
	for i := range e.queries {
		b.count(&e.queries[i])
	}
	for i := range e.queries {
		atoms, ok := b.atoms(&e.queries[i])
		if !ok {
			e.always = append(e.always, int32(i))
			continue
		}
		for _, a := range atoms {
			b.add(a, int32(i))
		}
	}
}

type indexBuilder struct {
	engine *Engine
	asked  []map[string]bool // by slot: the values that queries ask for
}

func (b *indexBuilder) count(n *engineNode) {
	for i := range n.terms {
		b.count(&n.terms[i])
	}
	if n.op != opLeaf {
		return
	}
	if a, ok := b.leafAtom(n.leaf); ok && a.isEqual {
		if b.asked[a.slot] == nil {
			b.asked[a.slot] = map[string]bool{}
		}
		b.asked[a.slot][a.equal] = true
	}
}

// atoms gives demands of which an event that n selects meets one; false if there are none, as for a negation.
func (b *indexBuilder) atoms(n *engineNode) ([]atom, bool) {
	switch n.op {
	case opLeaf:
		a, ok := b.leafAtom(n.leaf)
		return []atom{a}, ok
	case opNot:
		return nil, false
	case opOr:
		var all []atom
		for i := range n.terms {
			atoms, ok := b.atoms(&n.terms[i])
			if !ok {
				return nil, false
			}
			all = append(all, atoms...)
		}
		return all, true
	case opAnd:
		var best []atom
		found := false
		for i := range n.terms {
			if atoms, ok := b.atoms(&n.terms[i]); ok && (!found || b.cost(atoms) < b.cost(best)) {
				best, found = atoms, true
			}
		}
		return best, found
	}
	panic("evaluator: unknown operator")
}

// cost estimates how often one of the atoms is met, and what it takes to know.
func (b *indexBuilder) cost(atoms []atom) (total float64) {
	for _, a := range atoms {
		switch {
		case a.isEqual:
			total += 1 / float64(len(b.asked[a.slot]))
		case a.keyword != "":
			n := float64(len(a.keyword)) // a text of few letters is in many events
			total += 2 + 500/(n*n*n)
		default:
			total += 1 + float64(b.engine.leaves[a.leaf].cost)/10
		}
	}
	return total
}

func (b *indexBuilder) leafAtom(id int32) (atom, bool) {
	l := &b.engine.leaves[id]
	a := atom{slot: l.slot, leaf: id}
	switch l.kind {
	case leafNull:
		return atom{}, false
	case leafExists:
		return a, l.want
	case leafWhole:
		a.keyword = l.literal
		return a, l.literal != "" || l.slot >= 0
	case leafValue:
		a.equal, a.isEqual = equalText(l)
	}
	return a, true
}

// equalText is the folded text that a value must have to pass the leaf's test, if there is one.
func equalText(l *engineLeaf) (string, bool) {
	var text string
	switch t := l.test.(type) {
	case patternTest:
		if l.pattern == nil || l.pattern.form != formEqual {
			return "", false
		}
		text = l.pattern.literal
	case numberTest:
		text = t.number.String()
	case boolTest:
		text = map[bool]string{true: "true", false: "false"}[t.want]
	default:
		return "", false
	}
	folded, _ := appendFolded(nil, text)
	return string(folded), true
}

func (b *indexBuilder) add(a atom, query int32) {
	if a.keyword != "" {
		b.engine.keywords.add(a.keyword, query)
		return
	}
	x := &b.engine.index[a.slot]
	if a.isEqual {
		if x.equal == nil {
			x.equal = map[string][]int32{}
		}
		x.equal[a.equal] = appendNew(x.equal[a.equal], query)
		x.object = appendNew(x.object, query)
		return
	}
	for i := range x.leaves {
		if l := &x.leaves[i]; l.leaf == a.leaf {
			l.queries = appendNew(l.queries, query)
			return
		}
	}
	x.leaves = append(x.leaves, leafIndex{a.leaf, []int32{query}})
}

// appendNew appends a query, unless it is the last one already; queries are added one after another.
func appendNew(list []int32, query int32) []int32 {
	if len(list) > 0 && list[len(list)-1] == query {
		return list
	}
	return append(list, query)
}
