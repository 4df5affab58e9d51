package elastic

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"sigmatic/parser/query/lucene"
)

// Automaton matches whole texts against a regular expression with complement
// and intersection, in time linear in the text. It is a deterministic automaton
// whose states are made when a text first needs them: a state is an expression,
// and a step is its derivative by a character (Brzozowski). An Automaton is not
// for use by several goroutines.
type Automaton struct {
	nodes   []node
	index   map[string]int32
	key     []byte
	sets    [][]rune // the classes of the expression, as sorted pairs of bounds
	bounds  []rune   // where characters begin to go another way
	ascii   [utf8.RuneSelf]int32
	steps   [][]int32 // by state and interval of bounds; 0 is not known yet
	derived map[int64]int32
	start   int32
}

type nodeKind uint8

// The kinds of nodes. A node's operands are nodes.
const (
	nothing  nodeKind = iota + 1
	empty             // the empty text
	class             // a is an index into sets
	sequence          // a then b
	union             // of
	both              // of: intersection
	not               // a
	repeat            // a, from min to max times; max is -1 for no bound
)

type node struct {
	kind     nodeKind
	a, b     int32
	min, max int32
	of       []int32
	nullable bool
}

// anyRune is the set of all characters.
var anyRune = []rune{0, utf8.MaxRune}

// newAutomaton returns one that is empty; node 0 is none.
func newAutomaton() *Automaton {
	return &Automaton{nodes: make([]node, 1), index: map[string]int32{}, derived: map[int64]int32{}}
}

// NewRegexp compiles a regular expression of Lucene's.
func NewRegexp(re lucene.Regexp) *Automaton {
	m := newAutomaton()
	m.finish(m.regexp(re))
	return m
}

// NewPattern compiles a wildcard pattern. ignoreCase folds the letters of ASCII,
// and no others, as case_insensitive does.
func NewPattern(p lucene.Pattern, ignoreCase bool) *Automaton {
	m := newAutomaton()
	out := m.empty()
	for _, part := range slices.Backward(p) {
		switch {
		case part.Text != "":
			out = m.sequence(m.text(part.Text, ignoreCase), out)
		case part.Run:
			out = m.sequence(m.anyText(), out)
		default:
			out = m.sequence(m.class(anyRune), out)
		}
	}
	m.finish(out)
	return m
}

// Match reports whether the expression matches the whole text.
func (m *Automaton) Match(text string) bool {
	at := m.start
	for _, r := range text {
		next := m.follow(at, m.interval(r))
		if m.nodes[next].kind == nothing {
			return false
		}
		at = next
	}
	return m.nodes[at].nullable
}

func (m *Automaton) interval(r rune) int32 {
	if r < utf8.RuneSelf {
		return m.ascii[r]
	}
	return m.search(r)
}

func (m *Automaton) search(r rune) int32 {
	i, found := slices.BinarySearch(m.bounds, r)
	if !found {
		i--
	}
	return int32(i)
}

// follow gives the state behind a state and a character of an interval.
func (m *Automaton) follow(at, interval int32) int32 {
	if next := m.steps[at][interval]; next != 0 {
		return next
	}
	return m.step(at, interval)
}

// step makes the state behind a state and a character of an interval.
func (m *Automaton) step(at, interval int32) int32 {
	next := m.derive(at, m.bounds[interval])
	m.state(next)
	m.steps[at][interval] = next
	return next
}

// state makes room for the steps of a state.
func (m *Automaton) state(n int32) {
	for int(n) >= len(m.steps) {
		m.steps = append(m.steps, nil)
	}
	if m.steps[n] == nil {
		m.steps[n] = make([]int32, len(m.bounds))
	}
}

// finish fixes the start and the intervals.
func (m *Automaton) finish(start int32) {
	m.bounds = append(m.bounds, 0)
	for _, s := range m.sets {
		for i := 0; i < len(s); i += 2 {
			m.bounds = append(m.bounds, s[i], s[i+1]+1)
		}
	}
	slices.Sort(m.bounds)
	m.bounds = slices.Compact(m.bounds)
	for r := range m.ascii {
		m.ascii[r] = m.search(rune(r))
	}
	m.start = start
	m.state(start)
}

// derive gives what is left to match behind a character.
func (m *Automaton) derive(n int32, r rune) int32 {
	switch m.nodes[n].kind {
	case nothing, empty:
		return m.nothing()
	case class:
		if contains(m.sets[m.nodes[n].a], r) {
			return m.empty()
		}
		return m.nothing()
	case sequence, union, both, not, repeat:
	}
	key := int64(n)<<32 | int64(r)
	if d, ok := m.derived[key]; ok {
		return d
	}
	d := m.deriveCompound(m.nodes[n], r)
	m.derived[key] = d
	return d
}

func (m *Automaton) deriveCompound(n node, r rune) int32 {
	each := func() []int32 {
		out := make([]int32, len(n.of))
		for i, o := range n.of {
			out[i] = m.derive(o, r)
		}
		return out
	}
	switch n.kind {
	case sequence:
		first := m.sequence(m.derive(n.a, r), n.b)
		if m.nodes[n.a].nullable {
			return m.union([]int32{first, m.derive(n.b, r)})
		}
		return first
	case union:
		return m.union(each())
	case both:
		return m.both(each())
	case not:
		return m.not(m.derive(n.a, r))
	case repeat:
		rest := n.max
		if rest > 0 {
			rest--
		}
		return m.sequence(m.derive(n.a, r), m.repeat(n.a, max(n.min-1, 0), rest))
	case nothing, empty, class:
	}
	panic("elastic: a node that is not compound")
}

func contains(set []rune, r rune) bool {
	i, found := slices.BinarySearch(set, r)
	return found || i%2 == 1
}

// The constructors below make each node once, so that equal expressions are one
// state, and leave out what changes nothing.

func (m *Automaton) node(n node) int32 {
	key := append(m.key[:0], byte(n.kind))
	for _, i := range [...]int32{n.a, n.b, n.min, n.max} {
		key = binary.AppendVarint(key, int64(i))
	}
	for _, i := range n.of {
		key = binary.AppendVarint(key, int64(i))
	}
	m.key = key
	if i, ok := m.index[string(key)]; ok {
		return i
	}
	i := int32(len(m.nodes))
	m.nodes = append(m.nodes, n)
	m.index[string(key)] = i
	return i
}

func (m *Automaton) nothing() int32 { return m.node(node{kind: nothing}) }

func (m *Automaton) empty() int32 { return m.node(node{kind: empty, nullable: true}) }

// anyText is .*, the neutral operand of an intersection.
func (m *Automaton) anyText() int32 { return m.repeat(m.class(anyRune), 0, -1) }

// class takes sorted pairs of bounds.
func (m *Automaton) class(set []rune) int32 {
	if len(set) == 0 {
		return m.nothing()
	}
	i := slices.IndexFunc(m.sets, func(s []rune) bool { return slices.Equal(s, set) })
	if i < 0 {
		i = len(m.sets)
		m.sets = append(m.sets, set)
	}
	return m.node(node{kind: class, a: int32(i)})
}

func (m *Automaton) sequence(a, b int32) int32 {
	switch {
	case m.nodes[a].kind == nothing || m.nodes[b].kind == nothing:
		return m.nothing()
	case m.nodes[a].kind == empty:
		return b
	case m.nodes[b].kind == empty:
		return a
	case m.nodes[a].kind == sequence:
		return m.sequence(m.nodes[a].a, m.sequence(m.nodes[a].b, b))
	}
	if all := m.anyText(); a == all && (b == all || m.nodes[b].kind == sequence && m.nodes[b].a == all) {
		return b
	}
	return m.node(node{kind: sequence, a: a, b: b, nullable: m.nodes[a].nullable && m.nodes[b].nullable})
}

// gather flattens, sorts and makes unique the operands of a union or of an
// intersection. neutral adds nothing, absorbing is the result if it is there.
func (m *Automaton) gather(kind nodeKind, of []int32, neutral, absorbing int32) []int32 {
	var out []int32
	for _, o := range of {
		switch {
		case o == absorbing:
			return []int32{absorbing}
		case o == neutral:
		case m.nodes[o].kind == kind:
			out = append(out, m.nodes[o].of...)
		default:
			out = append(out, o)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (m *Automaton) union(of []int32) int32 {
	out := m.gather(union, of, m.nothing(), m.anyText())
	switch len(out) {
	case 0:
		return m.nothing()
	case 1:
		return out[0]
	}
	nullable := slices.ContainsFunc(out, func(o int32) bool { return m.nodes[o].nullable })
	return m.node(node{kind: union, of: out, nullable: nullable})
}

func (m *Automaton) both(of []int32) int32 {
	out := m.gather(both, of, m.anyText(), m.nothing())
	switch len(out) {
	case 0:
		return m.anyText()
	case 1:
		return out[0]
	}
	if !slices.ContainsFunc(out, func(o int32) bool { return m.nodes[o].kind != class }) {
		set := anyRune
		for _, o := range out {
			set = intersect(set, m.sets[m.nodes[o].a])
		}
		return m.class(set)
	}
	nullable := !slices.ContainsFunc(out, func(o int32) bool { return !m.nodes[o].nullable })
	return m.node(node{kind: both, of: out, nullable: nullable})
}

func (m *Automaton) not(a int32) int32 {
	switch {
	case m.nodes[a].kind == not:
		return m.nodes[a].a
	case m.nodes[a].kind == nothing:
		return m.anyText()
	case a == m.anyText():
		return m.nothing()
	}
	return m.node(node{kind: not, a: a, nullable: !m.nodes[a].nullable})
}

func (m *Automaton) repeat(a, least, most int32) int32 {
	switch {
	case most == 0 || m.nodes[a].kind == empty:
		return m.empty()
	case least == 1 && most == 1:
		return a
	case m.nodes[a].kind == nothing && least > 0:
		return m.nothing()
	case m.nodes[a].kind == nothing:
		return m.empty()
	}
	return m.node(node{kind: repeat, a: a, min: least, max: most, nullable: least == 0 || m.nodes[a].nullable})
}

// text matches a literal.
func (m *Automaton) text(s string, ignoreCase bool) int32 {
	out := m.empty()
	for _, r := range slices.Backward([]rune(s)) {
		out = m.sequence(m.class(runeSet(r, ignoreCase)), out)
	}
	return out
}

// runeSet is a character, with its other case if that is asked for.
func runeSet(r rune, ignoreCase bool) []rune {
	if upper := r &^ 0x20; ignoreCase && r < utf8.RuneSelf && upper >= 'A' && upper <= 'Z' {
		return []rune{upper, upper, upper | 0x20, upper | 0x20}
	}
	return []rune{r, r}
}

// regexp compiles a node of an expression.
func (m *Automaton) regexp(re lucene.Regexp) int32 {
	each := func(of []lucene.Regexp) []int32 {
		out := make([]int32, len(of))
		for i, o := range of {
			out[i] = m.regexp(o)
		}
		return out
	}
	switch re := re.(type) {
	case lucene.Union:
		return m.union(each(re.Of))
	case lucene.Intersection:
		return m.both(each(re.Of))
	case lucene.Concat:
		out := m.empty()
		for _, o := range slices.Backward(each(re.Of)) {
			out = m.sequence(o, out)
		}
		return out
	case lucene.Repeat:
		of := m.regexp(re.Of)
		if m.nodes[of].kind == nothing && re.Max < 0 {
			return of // Lucene's Operations.repeat: not even the empty text
		}
		return m.repeat(of, int32(re.Min), int32(re.Max))
	case lucene.Complement:
		return m.not(m.regexp(re.Of))
	case lucene.Class:
		return m.class(classSet(re))
	case lucene.Literal:
		return m.text(re.Text, false)
	case lucene.AnyChar:
		return m.class(anyRune)
	case lucene.AnyString:
		return m.anyText()
	case lucene.Nothing:
		return m.nothing()
	case lucene.Interval:
		return m.interval10(re)
	}
	panic("elastic: unknown node of a regular expression")
}

// named are the classes that a letter names; Lucene's are of ASCII.
var named = map[byte][]rune{
	'd': {'0', '9'},
	's': {'\t', '\n', '\r', '\r', ' ', ' '},
	'w': {'0', '9', 'A', 'Z', '_', '_', 'a', 'z'},
}

func classSet(c lucene.Class) []rune {
	var pairs []rune
	for _, r := range c.Members {
		switch {
		case r.Name == 0:
			pairs = append(pairs, r.Lo, r.Hi)
		case r.Name >= 'a':
			pairs = append(pairs, named[r.Name]...)
		default:
			pairs = append(pairs, invert(named[r.Name|0x20])...)
		}
	}
	set := normalize(pairs)
	if c.Negated {
		return invert(set)
	}
	return set
}

// normalize sorts pairs of bounds and joins those that touch.
func normalize(pairs []rune) []rune {
	type span struct{ lo, hi rune }
	spans := make([]span, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		spans = append(spans, span{pairs[i], pairs[i+1]})
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.lo - b.lo) })
	var out []rune
	for _, s := range spans {
		if n := len(out); n > 0 && s.lo <= out[n-1]+1 {
			out[n-1] = max(out[n-1], s.hi)
			continue
		}
		out = append(out, s.lo, s.hi)
	}
	return out
}

// intersect gives the characters of both sets.
func intersect(a, b []rune) []rune { return invert(normalize(append(invert(a), invert(b)...))) }

// invert gives all other characters.
func invert(set []rune) []rune {
	var out []rune
	next := rune(0)
	for i := 0; i < len(set); i += 2 {
		if next < set[i] {
			out = append(out, next, set[i]-1)
		}
		next = set[i+1] + 1
	}
	if next <= utf8.MaxRune {
		out = append(out, next, utf8.MaxRune)
	}
	return out
}

// interval10 matches the decimal numerals of an interval.
func (m *Automaton) interval10(i lucene.Interval) int32 {
	lo, hi := strconv.Itoa(i.Min), strconv.Itoa(i.Max)
	if i.Digits > 0 {
		pad := func(s string) string { return strings.Repeat("0", i.Digits-len(s)) + s }
		return m.numerals(pad(lo), pad(hi))
	}
	var of []int32
	for n := len(lo); n <= len(hi); n++ {
		from, to := "1"+strings.Repeat("0", n-1), strings.Repeat("9", n)
		if n == len(lo) {
			from = lo
		}
		if n == len(hi) {
			to = hi
		}
		of = append(of, m.numerals(from, to))
	}
	zeros := m.repeat(m.class([]rune{'0', '0'}), 0, -1)
	return m.sequence(zeros, m.union(of))
}

// numerals matches the numerals between two of one length.
func (m *Automaton) numerals(lo, hi string) int32 {
	if lo == "" {
		return m.empty()
	}
	digit := func(from, to byte) int32 { return m.class([]rune{rune(from), rune(to)}) }
	low, high := strings.Repeat("0", len(lo)-1), strings.Repeat("9", len(lo)-1)
	if lo[0] == hi[0] {
		return m.sequence(digit(lo[0], lo[0]), m.numerals(lo[1:], hi[1:]))
	}
	of := []int32{
		m.sequence(digit(lo[0], lo[0]), m.numerals(lo[1:], high)),
		m.sequence(digit(hi[0], hi[0]), m.numerals(low, hi[1:])),
	}
	if lo[0]+1 < hi[0] {
		of = append(of, m.sequence(digit(lo[0]+1, hi[0]-1), m.numerals(low, high)))
	}
	return m.union(of)
}

// maxStates bounds how many states are looked at for a property of all texts.
const maxStates = 2000

// MatchesAll reports whether the expression matches every text.
func (m *Automaton) MatchesAll() bool {
	seen := map[int32]bool{m.start: true}
	todo := []int32{m.start}
	for len(todo) > 0 && len(seen) < maxStates {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !m.nodes[at].nullable {
			return false
		}
		for i := range m.bounds {
			if next := m.follow(at, int32(i)); !seen[next] && m.bounds[i] <= utf8.MaxRune {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return len(todo) == 0
}

// Single gives the one text that the expression matches, if there is only one.
func (m *Automaton) Single() (string, bool) {
	var b strings.Builder
	at := m.start
	for range maxStates {
		way, found := int32(0), false
		for i := range m.bounds {
			if m.bounds[i] > utf8.MaxRune || m.nodes[m.follow(at, int32(i))].kind == nothing {
				continue
			}
			if found || m.nodes[at].nullable || i+1 == len(m.bounds) || m.bounds[i+1] != m.bounds[i]+1 {
				return "", false
			}
			way, found = int32(i), true
		}
		if !found {
			return b.String(), m.nodes[at].nullable
		}
		b.WriteRune(m.bounds[way])
		at = m.follow(at, way)
	}
	return "", false
}
