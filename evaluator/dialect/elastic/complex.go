package elastic

import "sigmatic/parser/query/lucene"

// Lucene makes an expression deterministic before it runs it, and gives up when
// the sets of states that it visits are too many (TooComplexToDeterminizeException);
// QSTR then matches nothing and does not say so (measured on 8.19.21: .*a.{13} is
// too much, .*a.{12} is not). How it counts depends on how it builds the automaton,
// so what is near the limit or beyond it is not known here.

const (
	// wide is from how many characters on a class counts as one that may overlap
	// with whatever stands beside it.
	wide = 16
	// harmless is up to how many positions with wide classes behind a run an
	// expression is not looked at: each may double the states.
	harmless = 8
	// maxWork is how many states the sets that are visited may hold together.
	// Lucene's own limit is 100,000 (a work limit of 10,000 times ten); ours is lower
	// for the differences between its states and ours.
	maxWork = 60_000
)

// tooComplex reports whether Lucene may give up on an expression.
func (m *Automaton) tooComplex(re lucene.Regexp) bool {
	return overlaps(re) > harmless && m.work(maxWork) >= maxWork
}

// overlaps counts the positions of an expression with wide classes, repetitions
// unrolled, if there is a run of such a class in it.
func overlaps(re lucene.Regexp) int {
	n, runs := positions(re)
	if !runs {
		return 0
	}
	return n
}

// positions counts wide classes, and reports whether one is repeated without bound.
func positions(re lucene.Regexp) (n int, runs bool) {
	sum := func(of []lucene.Regexp) {
		for _, o := range of {
			m, r := positions(o)
			n, runs = n+m, runs || r
		}
	}
	switch re := re.(type) {
	case lucene.Union:
		sum(re.Of)
	case lucene.Intersection:
		sum(re.Of)
	case lucene.Concat:
		sum(re.Of)
	case lucene.Complement:
		return positions(re.Of)
	case lucene.Repeat:
		n, runs = positions(re.Of)
		if re.Max < 0 {
			return n * max(1, re.Min), runs || n > 0
		}
		return n * re.Max, runs
	case lucene.AnyChar:
		return 1, false
	case lucene.AnyString:
		return 1, true
	case lucene.Class:
		size := 0
		set := classSet(re)
		for i := 0; i < len(set); i += 2 {
			size += int(set[i+1]-set[i]) + 1
		}
		if size >= wide {
			return 1, false
		}
	case lucene.Literal, lucene.Nothing, lucene.Interval:
	}
	return n, runs
}

// work adds up the sizes of the states that can be reached, as sets of Lucene's
// states, up to a limit.
func (m *Automaton) work(limit int) int {
	seen := map[int32]bool{m.start: true}
	todo := []int32{m.start}
	sum := 0
	for len(todo) > 0 && sum < limit {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		sum += max(1, len(m.nodes[at].of))
		for i := range m.bounds {
			if next := m.follow(at, int32(i)); !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return sum
}
