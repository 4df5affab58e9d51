package esql

import (
	"regexp/syntax"
	"slices"
	"unicode"
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
	d := determinizer{prog: prog, seen: make([]uint32, len(prog.Inst))}
	return !d.run()
}

// determinizer builds the sets of states of an automaton, one for each text
// that leads to another set.
type determinizer struct {
	prog *syntax.Prog
	cost int
	seen []uint32 // the mark of the last closure that visited the instruction
	mark uint32
	sets map[string]bool
	todo [][]uint32
	key  []byte
}

func (d *determinizer) run() bool {
	d.sets = map[string]bool{}
	d.add(d.closure(nil, []uint32{uint32(d.prog.Start)}))
	for len(d.todo) > 0 {
		set := d.todo[len(d.todo)-1]
		d.todo = d.todo[:len(d.todo)-1]
		if d.cost += len(set); d.cost > costLimit {
			return false
		}
		d.step(set)
	}
	return true
}

// step finds the sets that follow a set: one for each interval of characters
// in which its states go the same way.
func (d *determinizer) step(set []uint32) {
	var bounds []rune
	for _, pc := range set {
		bounds = appendBounds(bounds, &d.prog.Inst[pc])
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	targets := make([]uint32, 0, len(set))
	for _, r := range bounds {
		targets = targets[:0]
		for _, pc := range set {
			if inst := &d.prog.Inst[pc]; inst.MatchRune(r) {
				targets = append(targets, inst.Out)
			}
		}
		if len(targets) > 0 {
			d.add(d.closure(nil, targets))
		}
	}
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
		return append(to, inst.Rune[0], inst.Rune[0]+1)
	}
	for i := 0; i+1 < len(inst.Rune); i += 2 {
		to = append(to, inst.Rune[i], inst.Rune[i+1]+1)
	}
	return to
}

// closure follows the empty moves and gives the states that read a character,
// in order.
func (d *determinizer) closure(set, from []uint32) []uint32 {
	d.mark++
	stack := slices.Clone(from)
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if d.seen[pc] == d.mark {
			continue
		}
		d.seen[pc] = d.mark
		switch inst := &d.prog.Inst[pc]; inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, inst.Out, inst.Arg)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, inst.Out)
		case syntax.InstEmptyWidth, syntax.InstFail:
		default:
			set = append(set, pc)
		}
	}
	slices.Sort(set)
	return set
}

// add queues a set that is new.
func (d *determinizer) add(set []uint32) {
	d.key = d.key[:0]
	for _, pc := range set {
		d.key = append(d.key, byte(pc), byte(pc>>8), byte(pc>>16))
	}
	if d.sets[string(d.key)] {
		return
	}
	d.sets[string(d.key)] = true
	d.todo = append(d.todo, set)
}

// literalCost is the cost of finding one of several literals anywhere, or at
// the end: that of the automaton of Aho and Corasick, whose states are the
// beginnings of the literals. A set holds the states of all beginnings that are
// an end of the text read so far. folded tells whether letter case is ignored.
func literalCost(literals []string, folded bool) int {
	t := trie{nodes: []trieNode{{}}}
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
