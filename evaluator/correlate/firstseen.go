package correlate

import (
	"slices"
)

// firstSeen finds the values that did not occur in the span before an event.
type firstSeen struct {
	engine *Engine
	step   *step
	since  *int64 // from here on the state knows events; nil without a state
	terms  map[string]*term
	// The terms in the order of the time when they were seen last.
	oldest, newest *term
	touched        []*term // by the events of this instant
}

// term is a tuple of values that was seen.
type term struct {
	key            string
	values         []string
	last           int64
	isNew          bool // it was not there before this instant
	earlier, later *term
	samples        []*sample // of this instant
	ref            Ref       // the last event of this instant
	payload        any       // of that event
}

func newFirstSeen(e *Engine, s *step) *firstSeen {
	f := &firstSeen{engine: e, step: s, terms: map[string]*term{}}
	if known := e.options.State.find(s.correlation); known != nil {
		f.restore(known)
	}
	return f
}

func (f *firstSeen) held() int { return len(f.terms) }

func (f *firstSeen) expire(at int64) {
	for from := before(at, f.step.span); f.oldest != nil && f.oldest.last < from; {
		f.forget(f.oldest)
	}
}

func (f *firstSeen) evict() {
	f.engine.stats.Terms++
	f.forget(f.oldest)
}

func (f *firstSeen) forget(t *term) {
	f.unlink(t)
	delete(f.terms, t.key)
}

func (f *firstSeen) unlink(t *term) {
	if t.earlier == nil {
		f.oldest = t.later
	} else {
		t.earlier.later = t.later
	}
	if t.later == nil {
		f.newest = t.earlier
	} else {
		t.later.earlier = t.earlier
	}
	t.earlier, t.later = nil, nil
}

func (f *firstSeen) link(t *term) {
	if t.earlier = f.newest; t.earlier == nil {
		f.oldest = t
	} else {
		t.earlier.later = t
	}
	f.newest = t
}

func (f *firstSeen) take(ev *Event, inputs []int) {
	for _, m := range f.engine.memberships(f.step, ev, inputs) {
		t := f.terms[m.key]
		if t == nil {
			t = &term{key: m.key, values: m.values, isNew: true, last: ev.at}
			f.terms[m.key] = t
			f.link(t)
		}
		if len(t.samples) == 0 {
			f.touched = append(f.touched, t)
			t.ref = Ref{}
		}
		t.samples = append(t.samples, m.sample)
		if !ev.History && ev.Ref.Order >= t.ref.Order {
			t.ref, t.payload = ev.Ref, ev.Payload
		}
	}
}

func (f *firstSeen) done(at int64) {
	for _, t := range f.touched {
		isNew := t.isNew || t.last < before(at, f.step.span)
		now := slices.DeleteFunc(t.samples, func(s *sample) bool { return s.history })
		if isNew && len(now) > 0 {
			f.found(t, now, at)
		}
		t.isNew, t.samples, t.payload = false, nil, nil
		if at > t.last {
			t.last = at
			f.unlink(t)
			f.link(t)
		}
	}
	f.touched = f.touched[:0]
}

func (f *firstSeen) found(t *term, now []*sample, at int64) {
	e := f.engine
	e.emit(Finding{
		Correlation: f.step.correlation, Time: instant(at), First: instant(at), Last: instant(at),
		Group: f.step.terms(t.values), Count: len(now), Events: f.step.references(nil, now), Payload: t.payload,
		History: known(f.knownSince(), at, f.step.span),
	})
	if len(f.step.results) > 0 {
		e.take(f.step.result(t.values, at, "", t.ref, f.step.references(nil, now), len(e.plan.Fields), t.payload), f.step.results)
		e.put()
	}
}

// knownSince is the time from which events are known, here or from the state.
func (f *firstSeen) knownSince() int64 {
	if f.since != nil {
		return min(*f.since, f.engine.since)
	}
	return f.engine.since
}

func (f *firstSeen) finish() {}
