package correlate

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
	"time"

	"sigmatic/ast"
)

// Reference evaluates the plan on events, in whatever order they come, window by window. It is written to be read. since is the time from
// which events are known; the findings are in the order of Sort.
func (p *Plan) Reference(events []Event, since time.Time) []Finding {
	from, _ := nanoseconds(since)
	r := reference{plan: p, since: from, inputs: make([]map[*Event][]int, len(p.steps))}
	for i := range r.inputs {
		r.inputs[i] = map[*Event][]int{}
	}
	for i := range events {
		ev := &events[i]
		ev.at, _ = nanoseconds(ev.Time)
		for _, rule := range ev.Rules {
			r.match(ev, p.uses[rule])
		}
	}
	for i, s := range p.steps {
		r.step(s, r.inputs[i])
	}
	Sort(r.findings)
	return r.findings
}

// Sort orders findings by time; those of one time by correlation and group.
func Sort(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Correlation.Title.Value, b.Correlation.Title.Value),
			slices.CompareFunc(a.Group, b.Group, func(x, y Term) int { return strings.Compare(x.Value, y.Value) }))
	})
}

type reference struct {
	plan     *Plan
	since    int64
	inputs   []map[*Event][]int // by step: which of its inputs an event is
	findings []Finding
}

func (r *reference) match(ev *Event, uses []use) {
	for _, u := range uses {
		r.inputs[u.step][ev] = append(r.inputs[u.step][ev], u.input)
	}
}

// step evaluates one correlation on all groups.
func (r *reference) step(s *step, events map[*Event][]int) {
	groups := map[string][]*sample{}
	values := map[string][]string{}
	payloads := map[uint64]any{}
	for ev, inputs := range events {
		if ev.History && s.correlation.NewTerms == nil {
			continue
		}
		payloads[ev.Ref.Order] = ev.Payload
		slices.Sort(inputs)
		members, _ := s.memberships(ev, inputs)
		for _, m := range members {
			groups[m.key] = append(groups[m.key], m.sample)
			values[m.key] = m.values
		}
	}
	for key, samples := range groups {
		slices.SortFunc(samples, func(a, b *sample) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.ref.Order, b.ref.Order)) })
		g := referenceGroup{reference: r, step: s, values: values[key], samples: samples, payloads: payloads}
		switch {
		case s.correlation.NewTerms != nil:
			g.firstSeen()
		case s.correlation.Window.Tumbling:
			g.tumbling()
		default:
			g.sliding()
		}
	}
}

type referenceGroup struct {
	*reference
	step     *step
	values   []string
	samples  []*sample // by time
	payloads map[uint64]any
}

// between gives the samples of the interval, both ends included.
func (g *referenceGroup) between(from, to int64) (out []*sample) {
	for _, s := range g.samples {
		if from <= s.at && s.at <= to {
			out = append(out, s)
		}
	}
	return out
}

func (g *referenceGroup) instants() (out []int64) {
	for _, s := range g.samples {
		out = append(out, s.at)
	}
	return slices.Compact(out)
}

func (g *referenceGroup) sliding() {
	var open *Finding // of the instant before
	var last int64
	for _, t := range g.instants() {
		window := g.between(before(t, g.step.span), t)
		value, holds := g.holds(window)
		if !holds {
			open = nil
			continue
		}
		if open != nil && last >= before(t, g.step.span) {
			added := g.between(t, t)
			open.Count, open.Last = open.Count+len(added), instant(t)
			open.Events = g.step.references(open.Events, added)
		} else {
			g.findings = append(g.findings, g.finding(window, t, value))
			open = &g.findings[len(g.findings)-1]
		}
		last = t
		g.result(window, t, value)
	}
}

func (g *referenceGroup) tumbling() {
	buckets := map[int64][]*sample{}
	for _, s := range g.samples {
		buckets[bucket(s.at, g.step.span)] = append(buckets[bucket(s.at, g.step.span)], s)
	}
	for _, window := range buckets {
		if value, holds := g.holds(window); holds {
			g.findings = append(g.findings, g.finding(window, window[len(window)-1].at, value))
		}
	}
}

func (g *referenceGroup) firstSeen() {
	for _, t := range g.instants() {
		seen := slices.ContainsFunc(g.samples, func(s *sample) bool { return before(t, g.step.span) <= s.at && s.at < t })
		now := slices.DeleteFunc(g.between(t, t), func(s *sample) bool { return s.history })
		if seen || len(now) == 0 {
			continue
		}
		f := g.finding(now, t, "")
		f.History = known(g.since, t, g.step.span)
		g.findings = append(g.findings, f)
		g.result(now, t, "")
	}
}

// known is how much of the span before an instant was seen.
func known(since, at int64, span time.Duration) time.Duration {
	if since <= before(at, span) {
		return span
	}
	return time.Duration(max(0, at-since))
}

// bucket is the number of the fixed window that an instant lies in, counted from 1970.
func bucket(at int64, span time.Duration) int64 {
	n := at / int64(span)
	if at%int64(span) < 0 {
		n--
	}
	return n
}

func (g *referenceGroup) finding(window []*sample, at int64, value string) Finding {
	return Finding{
		Correlation: g.step.correlation, Time: instant(at), First: instant(window[0].at), Last: instant(at),
		Group: g.step.terms(g.values), Count: len(window), Events: g.step.references(nil, window), Value: value,
		Payload: g.payloads[window[len(window)-1].ref.Order],
	}
}

// result hands the instant to the correlations over this one.
func (g *referenceGroup) result(window []*sample, at int64, value string) {
	if len(g.step.results) == 0 {
		return
	}
	last := window[len(window)-1]
	ev := g.step.result(g.values, at, value, last.ref, g.step.references(nil, window), len(g.plan.Fields), g.payloads[last.ref.Order])
	g.match(ev, g.step.results)
}

// holds asks the condition of a window.
func (g *referenceGroup) holds(window []*sample) (text string, holds bool) {
	if g.step.extended != nil {
		return "", g.extended(window)
	}
	for i, m := range g.step.measures {
		v := value(m, i, window)
		if v == nil || !satisfied(m.thresholds, v) {
			return "", false
		}
		if i == 0 {
			text = decimalText(v)
		}
	}
	return text, true
}

// value measures a window; nil where there is nothing to measure.
func value(m aggregate, at int, window []*sample) *big.Rat {
	whole := func(n int) *big.Rat { return big.NewRat(int64(n), 1) }
	rules := map[int]bool{}
	tuples := map[string]bool{}
	var numbers []*big.Rat
	sum := new(big.Rat)
	for _, s := range window {
		for _, in := range s.inputs {
			rules[in] = true
		}
		for _, t := range s.read(at).tuples {
			tuples[t] = true
		}
		for _, n := range s.read(at).numbers {
			numbers = append(numbers, n)
			sum.Add(sum, n)
		}
	}
	slices.SortFunc(numbers, (*big.Rat).Cmp)
	switch m.Type {
	case ast.EventCount:
		return whole(len(window))
	case ast.ValueCount:
		return whole(len(tuples))
	case ast.Temporal:
		return whole(len(rules))
	case ast.TemporalOrdered:
		return whole(longest(window))
	case ast.ValueSum, ast.ValueAvg, ast.ValueMedian, ast.ValuePercentile:
		switch {
		case len(numbers) == 0:
			return nil
		case m.Type == ast.ValueSum:
			return sum
		case m.Type == ast.ValueAvg:
			return sum.Quo(sum, whole(len(numbers)))
		case m.Type == ast.ValueMedian:
			return percentile(numbers, 50)
		}
		return percentile(numbers, m.Percentile)
	case ast.FirstSeen:
	}
	panic("correlate: no measure of this type")
}

// longest is the number of rules of the longest series of matches that goes up in the list of rules and does not go down in time.
func longest(window []*sample) (best int) {
	ending := make([]map[int]int, len(window)) // by sample and rule: the longest series that ends there
	var upTo func(i, rule int) int
	upTo = func(i, rule int) int {
		if n, done := ending[i][rule]; done {
			return n
		}
		n := 1
		for j, earlier := range window {
			if earlier.at > window[i].at {
				continue
			}
			for _, in := range earlier.inputs {
				if in < rule {
					n = max(n, upTo(j, in)+1)
				}
			}
		}
		if ending[i] == nil {
			ending[i] = map[int]int{}
		}
		ending[i][rule] = n
		return n
	}
	for i, s := range window {
		for _, in := range s.inputs {
			best = max(best, upTo(i, in))
		}
	}
	return best
}

// extended asks a condition over rules. The rules that are to count as matched are chosen in every way that their matches and, where the type
// demands it, their order allow.
func (g *referenceGroup) extended(window []*sample) bool {
	x := g.step.extended
	there := make([]bool, len(x.names))
	for _, s := range window {
		for _, in := range s.inputs {
			there[in] = true
		}
	}
	for choice := range 1 << len(x.names) {
		chosen := func(in int) bool { return choice>>in&1 == 1 }
		possible := true
		for in := range x.names {
			possible = possible && (there[in] || !chosen(in))
		}
		if possible && (!x.ordered || inOrder(window, chosen, len(x.names))) && x.holds(x.condition, false, there, chosen) {
			return true
		}
	}
	return false
}

// holds reads a condition: a rule that is asked for must be chosen, one that is excluded must not be there.
func (x *extended) holds(c ast.Condition, negated bool, there []bool, chosen func(int) bool) bool {
	switch c := c.(type) {
	case *ast.CondNot:
		return x.holds(c.Operand, !negated, there, chosen)
	case *ast.CondRef:
		in := x.input(c.Name)
		if negated {
			return !there[in]
		}
		return chosen(in)
	case *ast.CondAnd:
		return x.joined(c.Operands, negated, negated, there, chosen)
	case *ast.CondOr:
		return x.joined(c.Operands, !negated, negated, there, chosen)
	}
	panic("correlate: unknown condition")
}

func (x *extended) joined(operands []ast.Condition, or, negated bool, there []bool, chosen func(int) bool) bool {
	for _, o := range operands {
		if x.holds(o, negated, there, chosen) == or {
			return or
		}
	}
	return !or
}

// inOrder takes for each chosen rule the earliest match that is not before that of the rule before it.
func inOrder(window []*sample, chosen func(int) bool, rules int) bool {
	at := 0
	for rule := range rules {
		if !chosen(rule) {
			continue
		}
		found := slices.IndexFunc(window, func(s *sample) bool { return s.at >= window[at].at && slices.Contains(s.inputs, rule) })
		if found < 0 {
			return false
		}
		at = found
	}
	return true
}
