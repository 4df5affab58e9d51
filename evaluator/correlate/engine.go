package correlate

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
	"time"
)

// Options bound an Engine. The zero value is ready to use.
type Options struct {
	// Lateness is how much earlier than the latest event so far an event may be. What is later than that is counted and left out.
	Lateness time.Duration
	// MaxHeld is how many events and terms the windows may hold together; 0 means 500,000. What is beyond that goes, the oldest first, and
	// is counted.
	MaxHeld int
	// Since is the time from which events are known, for first-seen correlations; the time of the first event if it is not set.
	Since time.Time
	// State is what is known of the time before; nil for nothing.
	State *State
}

const defaultHeld = 500_000

// Stats account for what an engine took.
type Stats struct {
	Events   int // that were taken
	Late     int // earlier than Lateness allows
	Untimed  int // out of the range of Event.Time
	Evicted  int // events that left a window early, so that later findings may lack them
	Terms    int // seen terms that were forgotten early, which may be reported as new once more
	Combined int // combinations of group-by values left out, of events with very many
}

// Engine evaluates a plan on a stream of events.
type Engine struct {
	plan    *Plan
	options Options
	emit    func(Finding)
	steps   []runner
	waiting waiting
	started bool  // since is known
	latest  int64 // time among the events so far
	passed  int64 // all instants up to this one are done
	since   int64
	stats   Stats

	gathered []gathered // by step
	asked    []int      // the steps that something is gathered for
}

// runner evaluates one step.
type runner interface {
	// expire lets go of what no window of the instant, or of a later one, holds.
	expire(at int64)
	// take takes an event and its inputs; done asks for the findings of the instant.
	take(ev *Event, inputs []int)
	done(at int64)
	// evict gives up the oldest of what is held.
	evict()
	held() int
	// finish ends what is open.
	finish()
}

// NewEngine makes an engine that calls emit with each finding, once it has ended: when a finding may still grow, it is kept.
func NewEngine(p *Plan, options Options, emit func(Finding)) *Engine {
	if options.MaxHeld == 0 {
		options.MaxHeld = defaultHeld
	}
	e := &Engine{plan: p, options: options, emit: emit, since: math.MaxInt64, gathered: make([]gathered, len(p.steps))}
	if !options.Since.IsZero() {
		e.since, e.started = nanoseconds(options.Since)
	}
	for _, s := range p.steps {
		if s.correlation.NewTerms != nil {
			e.steps = append(e.steps, newFirstSeen(e, s))
			continue
		}
		e.steps = append(e.steps, newWindows(e, s))
	}
	return e
}

// Stats account for what was taken so far.
func (e *Engine) Stats() Stats { return e.stats }

// Feed takes an event. It keeps the event's slices.
func (e *Engine) Feed(ev Event) {
	at, ok := nanoseconds(ev.Time)
	if !ok {
		e.stats.Untimed++
		return
	}
	first := e.stats.Events == 0
	if !first && (at <= e.passed || at < before(e.latest, e.options.Lateness)) {
		e.stats.Late++
		return
	}
	if first {
		e.latest, e.passed = at, before(before(at, e.options.Lateness), 1)
		if !e.started {
			e.since, e.started = at, true
		}
	}
	e.stats.Events++
	ev.at = at
	e.latest = max(e.latest, at)
	heap.Push(&e.waiting, &ev)
	for len(e.waiting) > 0 && (e.waiting[0].at < before(e.latest, e.options.Lateness) || len(e.waiting) > e.options.MaxHeld) {
		e.instant()
	}
}

// Finish evaluates what waits and ends all findings. No event can be fed any more.
func (e *Engine) Finish() {
	for len(e.waiting) > 0 {
		e.instant()
	}
	for _, s := range e.steps {
		s.finish()
	}
}

// instant evaluates the earliest instant that waits.
func (e *Engine) instant() {
	at := e.waiting[0].at
	e.passed = at
	for _, s := range e.steps {
		s.expire(at)
	}
	for len(e.waiting) > 0 && e.waiting[0].at == at {
		ev := heap.Pop(&e.waiting).(*Event)
		for _, rule := range ev.Rules {
			e.take(ev, e.plan.uses[rule])
		}
		e.put()
	}
	for _, s := range e.steps { // results only go to later steps
		s.done(at)
	}
	e.bound()
}

// take notes which inputs an event is; put hands it to their steps.
func (e *Engine) take(ev *Event, uses []use) {
	for _, u := range uses {
		g := &e.gathered[u.step]
		g.inputs = append(g.inputs, u.input)
		if g.event == nil {
			g.event = ev
			e.asked = append(e.asked, u.step)
		}
	}
}

// gathered is an event on its way to a step.
type gathered struct {
	event  *Event
	inputs []int
}

func (e *Engine) put() {
	for _, step := range e.asked {
		g := &e.gathered[step]
		slices.Sort(g.inputs)
		e.steps[step].take(g.event, g.inputs)
		g.event, g.inputs = nil, g.inputs[:0]
	}
	e.asked = e.asked[:0]
}

// memberships are those of a step, with what is left out counted.
func (e *Engine) memberships(s *step, ev *Event, inputs []int) []membership {
	groups, cut := s.memberships(ev, inputs)
	e.stats.Combined += cut
	return groups
}

// bound lets the oldest go where most is held.
func (e *Engine) bound() {
	total := 0
	for _, s := range e.steps {
		total += s.held()
	}
	for ; total > e.options.MaxHeld; total-- {
		slices.MaxFunc(e.steps, func(a, b runner) int { return cmp.Compare(a.held(), b.held()) }).evict()
	}
}

// result makes an event of an instant at which a correlation holds.
func (s *step) result(values []string, at int64, value string, ref Ref, parts []Ref, fields int, payload any) *Event {
	ev := &Event{Time: instant(at), at: at, Ref: ref, parts: parts, Values: make([][]string, fields), Payload: payload}
	for i, v := range values {
		if v != missing {
			ev.Values[s.fields[i]] = []string{v}
		}
	}
	if s.value >= 0 {
		ev.Values[s.value] = []string{value}
	}
	return ev
}

// waiting is a heap of events by time, those of one time in their order.
type waiting []*Event

func (w waiting) Len() int      { return len(w) }
func (w waiting) Swap(i, j int) { w[i], w[j] = w[j], w[i] }

// Less implements heap.Interface.
func (w waiting) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(w[i].at, w[j].at), cmp.Compare(w[i].Ref.Order, w[j].Ref.Order)) < 0
}

// Push implements heap.Interface.
func (w *waiting) Push(x any) { *w = append(*w, x.(*Event)) }

// Pop implements heap.Interface.
func (w *waiting) Pop() any {
	n := len(*w) - 1
	ev := (*w)[n]
	(*w)[n] = nil
	*w = (*w)[:n]
	return ev
}

// queue is a list that grows at its end and shrinks at its beginning.
type queue[T any] struct {
	items []T
	head  int
}

func (q *queue[T]) len() int  { return len(q.items) - q.head }
func (q *queue[T]) front() *T { return &q.items[q.head] }
func (q *queue[T]) push(x T)  { q.items = append(q.items, x) }
func (q *queue[T]) all() []T  { return q.items[q.head:] }

func (q *queue[T]) pop() T {
	x := q.items[q.head]
	var none T
	q.items[q.head] = none
	if q.head++; q.head > 32 && q.head > len(q.items)/2 {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	return x
}
