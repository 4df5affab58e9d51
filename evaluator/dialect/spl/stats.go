package spl

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	syntax "sigmatic/parser/query/spl"
)

func compileStats(c *syntax.StatsCommand) (stage, error) {
	a, err := newAggregator(c)
	if err != nil {
		return nil, err
	}
	switch c.Kind {
	case syntax.Stats:
		return together(a.stats), nil
	case syntax.EventStats:
		return together(a.eventStats), nil
	case syntax.StreamStats:
	}
	w, err := newWindow(c)
	return together(func(r *run) { a.streamStats(r, w) }), err
}

// aggregator computes the columns of groups.
type aggregator struct {
	*syntax.StatsCommand
	conditions []expr // of count(eval(…)); nil otherwise
}

func newAggregator(c *syntax.StatsCommand) (*aggregator, error) {
	a := &aggregator{StatsCommand: c, conditions: make([]expr, len(c.Aggs))}
	for i, agg := range c.Aggs {
		if agg.Of == nil {
			continue
		}
		if agg.Name != "count" {
			return nil, unknownAt(c, "%s of an expression", agg.Name)
		}
		var err error
		if a.conditions[i], err = compileExpr(agg.Of); err != nil {
			return nil, err
		}
	}
	for _, name := range c.By {
		if strings.Contains(name, "*") {
			return nil, unknownAt(c, "groups by several fields with one name")
		}
	}
	return a, nil
}

// keys gives the groups of an event: one for each combination of values, a
// duplicate counting twice; none if a field is missing (§4).
func (a *aggregator) keys(e *event) [][]value {
	keys := [][]value{{}}
	for _, name := range a.By {
		v := e.get(name)
		if v.kind == isNull {
			return nil
		}
		values := []value{v}
		if v.kind == isMulti {
			values = nil
			for _, t := range v.texts {
				values = append(values, textValue(t))
			}
		}
		var longer [][]value
		for _, k := range keys {
			for _, v := range values {
				longer = append(longer, append(slices.Clone(k), v))
			}
		}
		keys = longer
	}
	return keys
}

func keyText(key []value) string {
	texts := make([]string, len(key))
	for i, v := range key {
		texts[i] = v.text()
	}
	text, _ := json.Marshal(texts) // strings always have a JSON form
	return string(text)
}

// stats makes one row of each group, in the order of the groups' values.
func (a *aggregator) stats(r *run) {
	groups := map[string][]*event{}
	keys := map[string][]value{}
	for _, e := range r.events {
		for _, k := range a.keys(e) {
			text := keyText(k)
			groups[text], keys[text] = append(groups[text], e), k
		}
	}
	if len(a.By) == 0 && len(groups) == 0 {
		keys[keyText(nil)] = nil // a row of its own for no events
	}
	var rows []*event
	for text, key := range keys {
		row := &event{fields: map[string]value{}}
		for i, name := range a.By {
			row.set(name, key[i])
		}
		row.time, _ = row.get("_time").asNumber()
		a.fill(r, row, groups[text])
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(x, y *event) int {
		for _, name := range a.By {
			if order := compareMixed(x.get(name), y.get(name)); order != 0 {
				return order
			}
		}
		return 0
	})
	r.events, r.rows = rows, true
}

// fill sets the columns of a row.
func (a *aggregator) fill(r *run, row *event, group []*event) {
	for i, agg := range a.Aggs {
		row.set(agg.As, a.column(r, i, group))
	}
}

// eventStats adds the columns of its group to each event.
func (a *aggregator) eventStats(r *run) {
	groups := map[string][]*event{}
	for _, e := range r.events {
		for _, k := range a.keys(e) {
			groups[keyText(k)] = append(groups[keyText(k)], e)
		}
	}
	change(func(r *run, e *event) {
		switch keys := a.keys(e); len(keys) {
		case 0:
		case 1:
			a.fill(r, e, groups[keyText(keys[0])])
		default:
			r.unknown("eventstats by several values")
		}
	})(r)
}

// window says which events before one count for it.
type window struct {
	seconds float64 // 0 is no limit of time
	events  int     // 0 is no limit of number
	current bool
	global  bool
}

func newWindow(c *syntax.StatsCommand) (window, error) {
	w := window{current: true, global: true}
	for _, o := range c.Options {
		var ok bool
		switch o.Name {
		case "time_window":
			w.seconds, ok = parseSpan(o.Value)
		case "window":
			n, err := strconv.Atoi(o.Value)
			w.events, ok = n, err == nil && n >= 0
		case "current":
			w.current, ok = parseFlag(o.Value)
		case "global":
			w.global, ok = parseFlag(o.Value)
		}
		if !ok {
			return w, unknownAt(c, "%s=%s", o.Name, o.Value)
		}
	}
	if w.events > 0 && len(c.By) > 0 && w.global {
		return w, unknownAt(c, "one window for all groups")
	}
	return w, nil
}

func parseFlag(s string) (is, ok bool) {
	switch strings.ToLower(s) {
	case "t", "true":
		return true, true
	case "f", "false":
		return false, true
	}
	return false, false
}

// maxWindow is how many events a window holds (§4).
const maxWindow = 10000

// streamStats adds to each event the columns of the events before it.
func (a *aggregator) streamStats(r *run, w window) {
	if w.seconds > 0 && !inOrder(r.events) {
		r.unknown("a time_window over events that are not in the order of their times")
		return
	}
	before := map[string][]*event{}
	change(func(r *run, e *event) {
		keys := a.keys(e)
		switch len(keys) {
		case 0:
			return
		case 1:
		default:
			r.unknown("streamstats by several values")
			return
		}
		text := keyText(keys[0])
		original := e.clone()
		group := before[text]
		before[text] = append(group, original)
		if w.current {
			group = before[text]
		}
		for w.seconds > 0 && len(group) > 0 && w.isOut(r, math.Abs(e.time-group[0].time)) {
			group = group[1:]
		}
		if limit := w.events; limit > 0 || len(group) > maxWindow {
			if limit == 0 || limit > maxWindow {
				limit = maxWindow
			}
			group = group[max(0, len(group)-limit):]
		}
		a.fill(r, e, group)
	})(r)
}

// isOut reports whether an event is too far away. Whether one at exactly the
// window's length is, is not documented.
func (w window) isOut(r *run, distance float64) bool {
	return distance > w.seconds || distance == w.seconds && r.sure()
}

func inOrder(events []*event) bool {
	up := slices.IsSortedFunc(events, func(a, b *event) int { return compareFloats(a.time, b.time) })
	return up || slices.IsSortedFunc(events, func(a, b *event) int { return compareFloats(b.time, a.time) })
}

// column computes one column of a group.
func (a *aggregator) column(r *run, i int, group []*event) value {
	agg := a.Aggs[i]
	if agg.Name == "count" && agg.Field == "" {
		n := 0
		for _, e := range group {
			if is := a.conditions[i]; is == nil || is(scope{run: r, event: e}).isTrue() {
				n++
			}
		}
		return numberValue(float64(n))
	}
	switch agg.Name {
	case "earliest", "latest", "first", "last":
		return pickOne(agg, group)
	}
	var values []value
	for _, e := range group {
		v := e.get(agg.Field)
		if v.kind != isMulti {
			if v.kind != isNull {
				values = append(values, v)
			}
			continue
		}
		for _, t := range v.texts {
			values = append(values, textValue(t))
		}
	}
	return aggregate(agg.Name, values)
}

// pickOne gives the value of one event of the group that has one.
func pickOne(agg syntax.Agg, group []*event) value {
	var best *event
	for _, e := range group {
		if e.get(agg.Field).kind == isNull {
			continue
		}
		switch {
		case best == nil,
			agg.Name == "last",
			agg.Name == "earliest" && e.time < best.time,
			agg.Name == "latest" && e.time > best.time:
			best = e
		}
	}
	if best == nil {
		return null
	}
	return best.get(agg.Field)
}

// maxList is how many values list keeps (§4).
const maxList = 100

func aggregate(name string, values []value) value {
	switch name {
	case "count":
		return numberValue(float64(len(values)))
	case "dc":
		return numberValue(float64(len(distinct(values))))
	case "values":
		list := distinct(values)
		slices.Sort(list)
		return listValue(list)
	case "list":
		var list []string
		for _, v := range values[:min(len(values), maxList)] {
			list = append(list, v.text())
		}
		return listValue(list)
	case "min", "max":
		return extreme(values, name == "max")
	}
	return total(values, name == "avg")
}

func distinct(values []value) []string {
	seen := map[string]bool{}
	var list []string
	for _, v := range values {
		if t := v.text(); !seen[t] {
			seen[t] = true
			list = append(list, t)
		}
	}
	return list
}

func extreme(values []value, greatest bool) value {
	best := null
	for _, v := range values {
		if best.kind == isNull || (compareMixed(v, best) > 0) == greatest && compareMixed(v, best) != 0 {
			best = v
		}
	}
	if f, ok := best.asNumber(); ok {
		return numberValue(f)
	}
	return best
}

// total adds the values that are numbers.
func total(values []value, mean bool) value {
	sum, n := 0.0, 0
	for _, v := range values {
		if f, ok := v.asNumber(); ok {
			sum += f
			n++
		}
	}
	switch {
	case n == 0:
		return null
	case mean:
		return numberValue(sum / float64(n))
	}
	return numberValue(sum)
}
