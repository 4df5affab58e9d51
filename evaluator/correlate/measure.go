package correlate

import (
	"math"
	"math/big"
	"slices"

	"sigmatic/ast"
)

// measure keeps the value of an aggregate while samples enter and leave the window.
type measure interface {
	add(s *sample)
	remove(s *sample)
	// value is asked when all samples of the instant are in; nil where there is nothing to measure. The window begins at from. The
	// result is valid until the next call.
	value(from int64) *big.Rat
}

func (m aggregate) measure(at, inputs int) measure {
	switch m.Type {
	case ast.EventCount:
		return &eventCount{}
	case ast.ValueCount:
		return &valueCount{at: at, seen: map[string]int{}}
	case ast.Temporal:
		return &ruleCount{presence: make(presence, inputs)}
	case ast.TemporalOrdered:
		return newSeriesLength(inputs)
	case ast.ValueSum, ast.ValueAvg:
		return &sum{at: at, mean: m.Type == ast.ValueAvg}
	case ast.ValueMedian:
		return &ranked{at: at, percent: 50}
	case ast.ValuePercentile:
		return &ranked{at: at, percent: m.Percentile}
	case ast.FirstSeen:
	}
	panic("correlate: no measure of this type")
}

type eventCount struct {
	n      int64
	result big.Rat
}

func (c *eventCount) add(*sample)          { c.n++ }
func (c *eventCount) remove(*sample)       { c.n-- }
func (c *eventCount) value(int64) *big.Rat { return c.result.SetInt64(c.n) }

type valueCount struct {
	at     int
	seen   map[string]int
	result big.Rat
}

func (c *valueCount) add(s *sample) {
	for _, t := range s.read(c.at).tuples {
		c.seen[t]++
	}
}

func (c *valueCount) remove(s *sample) {
	for _, t := range s.read(c.at).tuples {
		if c.seen[t]--; c.seen[t] == 0 {
			delete(c.seen, t)
		}
	}
}

func (c *valueCount) value(int64) *big.Rat { return c.result.SetInt64(int64(len(c.seen))) }

// presence counts the samples in the window by the inputs that they matched.
type presence []int

func (p presence) add(s *sample) {
	for _, in := range s.inputs {
		p[in]++
	}
}

func (p presence) remove(s *sample) {
	for _, in := range s.inputs {
		p[in]--
	}
}

type ruleCount struct {
	presence
	result big.Rat
}

func (c *ruleCount) value(int64) *big.Rat {
	n := 0
	for _, matches := range c.presence {
		if matches > 0 {
			n++
		}
	}
	return c.result.SetInt64(int64(n))
}

// pending are the inputs of the samples of one instant, which a series can take in any order.
type pending struct{ inputs []int }

func (p *pending) add(s *sample) {
	for _, in := range s.inputs {
		if at, known := slices.BinarySearch(p.inputs, in); !known {
			p.inputs = slices.Insert(p.inputs, at, in)
		}
	}
}

// never is the start of a series that there is not.
const never = math.MinInt64

// seriesLength is the number of rules in the longest series of matches that goes up in the list of rules and not down in time. It remembers
// for each rule and length the latest time at which such a series, ending with the rule, has begun.
type seriesLength struct {
	pending
	at     int64
	begun  [][]int64 // by length-1, then by input
	result big.Rat
}

func newSeriesLength(inputs int) *seriesLength {
	s := &seriesLength{begun: make([][]int64, inputs)}
	for length := range s.begun {
		s.begun[length] = slices.Repeat([]int64{never}, inputs)
	}
	return s
}

func (s *seriesLength) add(sample *sample) {
	s.pending.add(sample)
	s.at = sample.at
}

func (s *seriesLength) remove(*sample) {} // its series begin before the window and do not count

func (s *seriesLength) value(from int64) *big.Rat {
	for _, in := range s.inputs {
		s.begun[0][in] = s.at
		for length := 1; length <= in; length++ {
			for earlier := range in {
				s.begun[length][in] = max(s.begun[length][in], s.begun[length-1][earlier])
			}
		}
	}
	s.inputs = s.inputs[:0]
	for length := len(s.begun); length > 0; length-- {
		if latest := slices.Max(s.begun[length-1]); latest != never && latest >= from {
			return s.result.SetInt64(int64(length))
		}
	}
	return s.result.SetInt64(0)
}

type sum struct {
	at     int
	mean   bool
	n      int64
	total  big.Rat
	result big.Rat
}

func (m *sum) add(s *sample) {
	for _, n := range s.read(m.at).numbers {
		m.n++
		m.total.Add(&m.total, n)
	}
}

func (m *sum) remove(s *sample) {
	for _, n := range s.read(m.at).numbers {
		m.n--
		m.total.Sub(&m.total, n)
	}
}

func (m *sum) value(int64) *big.Rat {
	switch {
	case m.n == 0:
		return nil
	case m.mean:
		return m.result.Quo(&m.total, m.result.SetInt64(m.n))
	}
	return &m.total
}

// ranked keeps the values sorted.
type ranked struct {
	at, percent int
	sorted      []*big.Rat
}

func (r *ranked) add(s *sample) {
	for _, n := range s.read(r.at).numbers {
		at, _ := slices.BinarySearchFunc(r.sorted, n, (*big.Rat).Cmp)
		r.sorted = slices.Insert(r.sorted, at, n)
	}
}

func (r *ranked) remove(s *sample) {
	for _, n := range s.read(r.at).numbers {
		at, _ := slices.BinarySearchFunc(r.sorted, n, (*big.Rat).Cmp)
		r.sorted = slices.Delete(r.sorted, at, at+1)
	}
}

func (r *ranked) value(int64) *big.Rat {
	if len(r.sorted) == 0 {
		return nil
	}
	return percentile(r.sorted, r.percent)
}

// alternatives keeps what a condition over rules asks for.
type alternatives struct {
	presence
	pending pending
	at      int64
	*extended
	begun [][]int64 // by alternative, then by place in asked: the latest time at which a series up to there has begun
}

func newAlternatives(x *extended) *alternatives {
	a := &alternatives{presence: make(presence, len(x.names)), extended: x}
	for _, alt := range x.alternatives {
		a.begun = append(a.begun, slices.Repeat([]int64{never}, len(alt.asked)))
	}
	return a
}

func (a *alternatives) add(s *sample) {
	a.presence.add(s)
	if a.ordered {
		a.pending.add(s)
		a.at = s.at
	}
}

// holds is asked when all samples of the instant are in.
func (a *alternatives) holds(from int64) bool {
	for i, alt := range a.extended.alternatives {
		for _, in := range a.pending.inputs {
			place, asked := slices.BinarySearch(alt.asked, in)
			switch {
			case !asked:
			case place == 0:
				a.begun[i][0] = a.at
			default:
				a.begun[i][place] = max(a.begun[i][place], a.begun[i][place-1])
			}
		}
	}
	a.pending.inputs = a.pending.inputs[:0]
	for i, alt := range a.extended.alternatives {
		if a.satisfied(alt, a.begun[i], from) {
			return true
		}
	}
	return false
}

func (a *alternatives) satisfied(alt alternative, begun []int64, from int64) bool {
	there := func(in int) bool { return a.presence[in] > 0 }
	if slices.ContainsFunc(alt.excluded, there) {
		return false
	}
	if a.ordered {
		n := len(begun)
		return n == 0 || begun[n-1] != never && begun[n-1] >= from
	}
	return !slices.ContainsFunc(alt.asked, func(in int) bool { return !there(in) })
}
