package esql

import (
	"math/bits"
	"regexp/syntax"
	"slices"
	"unicode"

	"sigmatic/backends"
)

// Lucene turns a regular expression into a deterministic automaton before it
// runs it and gives up when that costs too much: when the sets of states that
// it visits hold more than 100,000 states together (a work limit of 10,000
// times ten; Operations.determinize). QSTR then matches nothing and does not
// say so (measured on Elasticsearch 8.19.21: .*a.{13}). So the cost is
// estimated here, the same way, with a margin for the differences between
// Lucene's states and ours.

// costLimit is the cost at which we refuse, half of Lucene's limit.
const costLimit = 50000

// tooComplex reports whether the engine may be unable to run an expression.
func tooComplex(expression string) bool {
	re, err := syntax.Parse(expression, syntax.Perl|syntax.DotNL)
	if err != nil {
		return true // our own text always parses but for its repetitions
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return true
	}
	return newDeterminizer(prog).run() > costLimit
}

// determinizer builds the sets of states of an automaton, one for each text
// that leads to another set. A set is a bit for each instruction that reads a
// character or ends the match.
type determinizer struct {
	reads    [][]uint64 // by class: the set of instructions that read it
	next     [][]uint32 // by instruction: those with a state that follow it
	start    []uint32
	words    int      // of a set
	sets     []uint64 // one behind the other
	count    int
	table    []int32 // open addressing: the number of a set, counted from 1
	followed []bool
}

func newDeterminizer(prog *syntax.Prog) *determinizer {
	d := &determinizer{
		next:  make([][]uint32, len(prog.Inst)),
		words: (len(prog.Inst) + 63) / 64, table: make([]int32, 256), followed: make([]bool, len(prog.Inst)),
	}
	d.classify(prog)
	for pc := range prog.Inst {
		if readsOne(prog.Inst[pc].Op) {
			d.next[pc] = d.follow(prog, prog.Inst[pc].Out)
		}
	}
	d.start = d.follow(prog, uint32(prog.Start))
	return d
}

// classify parts the characters into classes that every instruction treats alike.
func (d *determinizer) classify(prog *syntax.Prog) {
	bounds := []rune{0}
	for pc := range prog.Inst {
		if readsOne(prog.Inst[pc].Op) {
			bounds = appendBounds(bounds, &prog.Inst[pc])
		}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	var classes []uint64 // the sets of the classes, one behind the other
	for _, r := range bounds {
		readers := make([]uint64, d.words)
		for pc := range prog.Inst {
			if readsOne(prog.Inst[pc].Op) && prog.Inst[pc].MatchRune(r) {
				readers[pc/64] |= 1 << (pc % 64)
			}
		}
		if !d.among(classes, readers) {
			classes = append(classes, readers...)
			d.reads = append(d.reads, readers)
		}
	}
}

// readsOne reports whether an instruction reads a character.
func readsOne(op syntax.InstOp) bool {
	switch op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	}
	return false
}

// follow gives the instructions with a state that the empty moves from pc lead to.
func (d *determinizer) follow(prog *syntax.Prog, pc uint32) []uint32 {
	clear(d.followed)
	var out []uint32
	stack := []uint32{pc}
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if d.followed[pc] {
			continue
		}
		d.followed[pc] = true
		switch inst := &prog.Inst[pc]; inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, inst.Out, inst.Arg)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, inst.Out)
		case syntax.InstEmptyWidth, syntax.InstFail:
		default:
			out = append(out, pc)
		}
	}
	return out
}

// run gives the number of states in all sets, or one above the limit. Nearly all
// classes are read by the same states of a set and lead to the same next one.
func (d *determinizer) run() int {
	first := make([]uint64, d.words)
	mark(first, d.start)
	d.add(first)
	target := make([]uint64, d.words)
	var readers []uint64 // those of each class that has others than the classes before it, one behind the other
	var states []uint32
	cost := 0
	for set := 0; set < d.count; set++ {
		states = members(states[:0], d.set(set))
		if cost += len(states); cost > costLimit {
			break
		}
		readers = readers[:0]
		for class := range d.reads {
			before := len(readers)
			for i, word := range d.set(set) {
				readers = append(readers, word&d.reads[class][i])
			}
			of := readers[before:]
			if d.among(readers[:before], of) {
				readers = readers[:before]
				continue
			}
			clear(target)
			states = members(states[:0], of)
			for _, pc := range states {
				mark(target, d.next[pc])
			}
			if len(states) > 0 {
				d.add(target)
			}
		}
	}
	return cost
}

// among reports whether a set is one of those that stand one behind the other.
func (d *determinizer) among(sets, set []uint64) bool {
	for ; len(sets) > 0; sets = sets[d.words:] {
		if slices.Equal(sets[:d.words], set) {
			return true
		}
	}
	return false
}

func (d *determinizer) set(i int) []uint64 { return d.sets[i*d.words : (i+1)*d.words] }

// add keeps a set that is new.
func (d *determinizer) add(set []uint64) {
	slot := d.slot(set)
	if d.table[slot] != 0 {
		return
	}
	d.count++
	d.table[slot] = int32(d.count)
	d.sets = append(d.sets, set...)
	if 2*d.count > len(d.table) {
		d.table = make([]int32, 4*len(d.table))
		for i := range d.count {
			d.table[d.slot(d.set(i))] = int32(i + 1)
		}
	}
}

// slot is the place in the table that a set has, or would have.
func (d *determinizer) slot(set []uint64) int {
	hash := uint64(len(set))
	for _, word := range set {
		hash = (hash ^ word) * 0x9e3779b97f4a7c15
		hash ^= hash >> 29
	}
	mask := len(d.table) - 1
	slot := int(hash) & mask
	for d.table[slot] != 0 && !slices.Equal(d.set(int(d.table[slot])-1), set) {
		slot = (slot + 1) & mask
	}
	return slot
}

func mark(set []uint64, states []uint32) {
	for _, pc := range states {
		set[pc/64] |= 1 << (pc % 64)
	}
}

// members appends the states of a set.
func members(to []uint32, set []uint64) []uint32 {
	for i, word := range set {
		for ; word != 0; word &= word - 1 {
			to = append(to, uint32(64*i+bits.TrailingZeros64(word)))
		}
	}
	return to
}

// appendBounds appends the characters at which the instruction's answer changes.
func appendBounds(to []rune, inst *syntax.Inst) []rune {
	switch inst.Op {
	case syntax.InstRuneAny:
		return append(to, 0)
	case syntax.InstRuneAnyNotNL:
		return append(to, 0, '\n', '\n'+1)
	case syntax.InstRune1:
		return append(to, inst.Rune[0], inst.Rune[0]+1)
	}
	if len(inst.Rune) == 1 {
		// One letter, which may be read in all its cases.
		for _, r := range backends.FoldOrbit(inst.Rune[0]) {
			to = append(to, r, r+1)
		}
		return to
	}
	for i := 0; i+1 < len(inst.Rune); i += 2 {
		to = append(to, inst.Rune[i], inst.Rune[i+1]+1)
	}
	return to
}

// literalCost is the cost of finding one of several literals anywhere, or at
// the end: that of the automaton of Aho and Corasick, whose states are the
// beginnings of the literals. A set holds the states of all beginnings that are
// an end of the text read so far. folded tells whether letter case is ignored.
func literalCost(literals []string, folded bool) int {
	size := 1
	for _, l := range literals {
		size += len(l)
	}
	t := trie{nodes: make([]trieNode, 1, size)}
	for _, l := range literals {
		at := int32(0)
		for _, r := range l {
			if folded {
				r = foldRune(r)
			}
			at = t.child(at, r)
			t.nodes[at].size++
		}
	}
	return t.cost()
}

// foldRune gives one letter for all of an orbit.
func foldRune(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

// trie holds the beginnings of literals. The children of a node are a list.
type trie struct{ nodes []trieNode }

type trieNode struct {
	r              rune
	first, sibling int32 // 0 is none; the root is nobody's child
	fail           int32 // the longest end of the node's text that is a beginning too
	size           int   // literals through the node; later, states in its set
}

func (t *trie) find(at int32, r rune) int32 {
	for c := t.nodes[at].first; c != 0; c = t.nodes[c].sibling {
		if t.nodes[c].r == r {
			return c
		}
	}
	return 0
}

func (t *trie) child(at int32, r rune) int32 {
	if c := t.find(at, r); c != 0 {
		return c
	}
	c := int32(len(t.nodes))
	t.nodes = append(t.nodes, trieNode{r: r, sibling: t.nodes[at].first})
	t.nodes[at].first = c
	return c
}

// cost visits the nodes by depth, so that the node that fail leads to is done.
func (t *trie) cost() int {
	cost := 1
	queue := []int32{0}
	for i := 0; i < len(queue); i++ {
		parent := queue[i]
		for c := t.nodes[parent].first; c != 0; c = t.nodes[c].sibling {
			queue = append(queue, c)
			if parent != 0 {
				f := t.nodes[parent].fail
				for f != 0 && t.find(f, t.nodes[c].r) == 0 {
					f = t.nodes[f].fail
				}
				t.nodes[c].fail = t.find(f, t.nodes[c].r)
			}
			t.nodes[c].size += t.nodes[t.nodes[c].fail].size
			cost += 1 + t.nodes[c].size
		}
	}
	return cost
}

// affordable cuts a list of patterns, each a * and a text, into lists that the
// engine can run: a set holds the state of every pattern's run, beside those
// of the texts.
func affordable(list []string) [][]string {
	var out [][]string
	for len(list) > 0 {
		n, units := 1, len(list[0])
		for n < len(list) && (units+len(list[n]))*(n+3) <= costLimit/2 {
			units += len(list[n])
			n++
		}
		out = append(out, list[:n])
		list = list[n:]
	}
	return out
}
