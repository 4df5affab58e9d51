package correlate

import (
	"maps"
	"slices"
)

// windows evaluates a correlation that looks at a span of time: a window for each group, which slides or is one of a fixed grid.
type windows struct {
	engine  *Engine
	step    *step
	groups  map[string]*group
	order   queue[entry] // all samples of all groups, by time
	touched []*group     // by the events of this instant
	bucket  int64        // of fixed windows, the one that is filled
}

type entry struct {
	at    int64
	group *group
}

// group is a window of one group.
type group struct {
	key      string
	values   []string
	samples  queue[*sample]
	measures []measure
	rules    *alternatives // of a condition over rules
	now      int           // samples of this instant
	open     *Finding      // that may grow
	last     Ref           // the last event of this instant
	payload  any           // of that event
}

func newWindows(e *Engine, s *step) *windows {
	return &windows{engine: e, step: s, groups: map[string]*group{}}
}

func (w *windows) held() int { return w.order.len() }

// from is the beginning of the window that ends at an instant.
func (w *windows) from(at int64) int64 {
	if w.step.correlation.Window.Tumbling {
		return bucket(at, w.step.span) * int64(w.step.span)
	}
	return before(at, w.step.span)
}

func (w *windows) expire(at int64) {
	if w.step.correlation.Window.Tumbling {
		if b := bucket(at, w.step.span); b != w.bucket {
			w.finish()
			w.bucket = b
		}
		return
	}
	for from := w.from(at); w.order.len() > 0 && w.order.front().at < from; {
		w.drop()
	}
}

// drop lets the oldest sample go.
func (w *windows) drop() {
	g := w.order.pop().group
	s := g.samples.pop()
	for _, m := range g.measures {
		m.remove(s)
	}
	if g.rules != nil {
		g.rules.remove(s)
	}
	if g.samples.len() == 0 {
		w.close(g)
		delete(w.groups, g.key)
	}
}

func (w *windows) evict() {
	w.engine.stats.Evicted++
	w.drop()
}

func (w *windows) take(ev *Event, inputs []int) {
	if ev.History {
		return
	}
	for _, m := range w.engine.memberships(w.step, ev, inputs) {
		g := w.groups[m.key]
		if g == nil {
			g = w.newGroup(m)
			w.groups[m.key] = g
		}
		w.add(g, m.sample, ev)
	}
}

func (w *windows) newGroup(m membership) *group {
	g := &group{key: m.key, values: m.values}
	for i, a := range w.step.measures {
		g.measures = append(g.measures, a.measure(i, len(w.step.inputs)))
	}
	if w.step.extended != nil {
		g.rules = newAlternatives(w.step.extended)
	}
	return g
}

func (w *windows) add(g *group, s *sample, ev *Event) {
	if g.now == 0 {
		w.touched = append(w.touched, g)
		g.last, g.payload = Ref{}, nil
	}
	g.now++
	if ev.Ref.Order >= g.last.Order {
		g.last, g.payload = ev.Ref, ev.Payload
	}
	for _, m := range g.measures {
		m.add(s)
	}
	if g.rules != nil {
		g.rules.add(s)
	}
	g.samples.push(s)
	w.order.push(entry{s.at, g})
}

// done asks the condition of the groups that had events. A fixed window is asked when it is over.
func (w *windows) done(at int64) {
	for _, g := range w.touched {
		if w.step.correlation.Window.Tumbling {
			g.holds(w.step, w.from(at)) // so that series take note of the instant
		} else {
			w.ask(g, at)
			g.payload = nil
		}
		g.now = 0
	}
	w.touched = w.touched[:0]
}

func (w *windows) ask(g *group, at int64) {
	value, holds := g.holds(w.step, w.from(at))
	if !holds {
		w.close(g)
		return
	}
	window := g.samples.all()
	if g.open == nil {
		f := w.finding(g, at, value)
		g.open = &f
	} else {
		g.open.Count += g.now
		g.open.Last = instant(at)
		g.open.Events = w.step.references(g.open.Events, window[len(window)-g.now:])
	}
	if len(w.step.results) > 0 {
		w.engine.take(w.step.result(g.values, at, value, g.last, w.step.references(nil, window), len(w.engine.plan.Fields), g.payload), w.step.results)
		w.engine.put()
	}
}

func (w *windows) finding(g *group, at int64, value string) Finding {
	window := g.samples.all()
	return Finding{
		Correlation: w.step.correlation, Time: instant(at), First: instant(window[0].at), Last: instant(at),
		Group: w.step.terms(g.values), Count: len(window), Events: w.step.references(nil, window), Value: value, Payload: g.payload,
	}
}

// close gives out the finding that is open.
func (w *windows) close(g *group) {
	if g.open != nil {
		w.engine.emit(*g.open)
		g.open = nil
	}
}

// finish ends all windows.
func (w *windows) finish() {
	for _, key := range slices.Sorted(maps.Keys(w.groups)) {
		g := w.groups[key]
		if w.step.correlation.Window.Tumbling {
			at := g.samples.all()[g.samples.len()-1].at
			if value, holds := g.holds(w.step, w.from(at)); holds {
				w.engine.emit(w.finding(g, at, value))
			}
			continue
		}
		w.close(g)
	}
	clear(w.groups)
	w.order = queue[entry]{}
}

// holds asks the condition of the window that begins at from, and says what was measured.
func (g *group) holds(s *step, from int64) (text string, holds bool) {
	if g.rules != nil {
		return "", g.rules.holds(from)
	}
	holds = true
	for i, m := range g.measures {
		v := m.value(from) // asked of each, as those of series take note of the instant
		switch {
		case v == nil || !satisfied(s.measures[i].thresholds, v):
			holds = false
		case i == 0:
			text = decimalText(v)
		}
	}
	return text, holds
}
