package logsql

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	syntax "sigmatic/parser/query/logsql"
)

// statsStep makes one row of each group. An event without a field that is grouped
// by belongs to the group of the empty text.
func statsStep(p *syntax.StatsPipe) (step, error) {
	keys := make([]func(row) string, len(p.By))
	for i, b := range p.By {
		var err error
		if keys[i], err = bucketOf(b); err != nil {
			return nil, err
		}
	}
	conditions := make([]filter, len(p.Funcs))
	for i, f := range p.Funcs {
		var err error
		if conditions[i], err = compileCondition(f.If); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(f.Fields, func(n string) bool { return strings.HasSuffix(n, "*") }) && f.Name != "count" {
			return nil, unknownPipe("stats with " + f.Name + " of several fields by one name")
		}
	}
	return func(blocks []*block) []*block {
		s := &groups{pipe: p, byKey: map[string]*group{}}
		for _, b := range blocks {
			s.add(b, keys, conditions)
		}
		if len(p.By) == 0 && len(s.list) == 0 {
			s.group(nil) // no event is a group too
		}
		return s.rows()
	}, nil
}

// group holds the rows that each column of a group is made of.
type group struct {
	values []string
	rows   [][]row // by function
}

type groups struct {
	pipe  *syntax.StatsPipe
	byKey map[string]*group
	list  []*group
}

func (s *groups) group(values []string) *group {
	key := groupKey(values)
	g := s.byKey[key]
	if g == nil {
		if len(values) == 1 {
			values = []string{groupText(values[0])}
		}
		g = &group{values: values, rows: make([][]row, len(s.pipe.Funcs))}
		s.byKey[key] = g
		s.list = append(s.list, g)
	}
	return g
}

func (s *groups) add(b *block, keys []func(row) string, conditions []filter) {
	chosen := make([]rows, len(conditions))
	for i, c := range conditions {
		chosen[i] = c.apply(b)
	}
	for i := range b.rows() {
		r := row{b, i}
		values := make([]string, len(keys))
		for k, key := range keys {
			values[k] = key(r)
		}
		g := s.group(values)
		for f := range chosen {
			if chosen[f][i] {
				g.rows[f] = append(g.rows[f], r)
			}
		}
	}
}

func (s *groups) rows() []*block {
	if len(s.list) == 0 {
		return nil
	}
	out := &block{ids: make([]string, len(s.list)), times: make([]int64, len(s.list)), columns: map[string]*column{}}
	column := func(value func(*group) string) *column {
		values := make([]string, len(s.list))
		for i, g := range s.list {
			values[i] = value(g)
		}
		return resultColumn(values)
	}
	for i, b := range s.pipe.By {
		out.columns[b.Field] = column(func(g *group) string { return g.values[i] })
	}
	for i, f := range s.pipe.Funcs {
		out.columns[f.As] = column(func(g *group) string { return aggregate(f, g.rows[i]) })
	}
	return []*block{out}
}

// aggregate computes a column of a group.
func aggregate(f syntax.StatsFunc, list []row) string {
	switch f.Name {
	case "count":
		return count(list, func(r row) bool { return slices.Contains(f.Fields, "*") || hasValue(r, f.Fields) })
	case "count_empty":
		return count(list, func(r row) bool { return !hasValue(r, f.Fields) })
	case "count_uniq":
		seen := map[string]bool{}
		for _, r := range list {
			if hasValue(r, f.Fields) {
				seen[keyOf(r, f.Fields)] = true
			}
		}
		if f.Limit > 0 && uint64(len(seen)) > f.Limit {
			return formatFloat(float64(f.Limit))
		}
		return formatFloat(float64(len(seen)))
	case "min":
		return extreme(f, list, -1)
	case "max":
		return extreme(f, list, 1)
	case "sum", "avg":
		return total(f, list)
	}
	values := []string{}
	for _, field := range f.Fields {
		for _, r := range list {
			if v := r.at(field); f.Name == "values" || v != "" && !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
	}
	if f.Name == "uniq_values" {
		slices.SortFunc(values, compareTexts)
	}
	if f.Limit > 0 {
		values = values[:min(f.Limit, uint64(len(values)))]
	}
	text, _ := json.Marshal(values)
	return string(text)
}

func count(list []row, is func(row) bool) string {
	n := 0
	for _, r := range list {
		if is(r) {
			n++
		}
	}
	return formatFloat(float64(n))
}

func hasValue(r row, fields []string) bool {
	return slices.ContainsFunc(fields, func(f string) bool { return r.at(f) != "" })
}

// extreme finds the least value, or the greatest with sign 1.
func extreme(f syntax.StatsFunc, list []row, sign int) string {
	best, found := "", false
	for _, field := range f.Fields {
		for _, r := range list {
			if v := r.at(field); !found || compareTexts(v, best)*sign > 0 {
				best, found = v, true
			}
		}
	}
	return best
}

// total adds the values that are numbers, for avg divided by how many there are.
func total(f syntax.StatsFunc, list []row) string {
	sum, n := 0.0, 0
	for _, field := range f.Fields {
		for _, r := range list {
			if v, ok := parseAmount(r.at(field)); ok {
				sum += v
				n++
			}
		}
	}
	switch {
	case f.Name == "avg":
		return formatFloat(sum / float64(n))
	case n == 0:
		return formatFloat(math.NaN())
	}
	return formatFloat(sum)
}

// calendarBuckets are sizes by name. Weeks begin on Monday.
var calendarBuckets = map[string]string{
	"nanosecond": "1ns", "microsecond": "1µs", "millisecond": "1ms", "second": "1s", "minute": "1m", "hour": "1h", "day": "1d", "week": "1w",
}

// bucketOf gives the value that a row is grouped by.
func bucketOf(b syntax.Bucket) (func(row) string, error) {
	if b.Size == "" {
		return func(r row) string { return r.at(b.Field) }, nil
	}
	if b.Field != timeField {
		return nil, unknownPipe("stats by pieces of another field than _time")
	}
	text := b.Size
	if named := calendarBuckets[text]; named != "" {
		text = named
	}
	size, ok := parseSize(text)
	size = max(size, 1)
	if !ok || b.Size == "month" || b.Size == "year" {
		return nil, unknownPipe("stats by months, years or other sizes than durations")
	}
	offset := int64(0)
	if b.Offset != "" {
		f, ok := parseSize(b.Offset)
		if !ok {
			return nil, unknownPipe("stats with an offset that is no duration")
		}
		offset = f
	}
	if b.Size == "week" {
		offset += 4 * 24 * 3600 * 1e9
	}
	return func(r row) string {
		n := r.times[r.i] - offset
		rest := n % size
		if rest < 0 {
			rest += size
		}
		return timeText(n - rest + offset)
	}, nil
}

// parseSize reads a size: a number, a duration, or an amount of bytes, which is
// why 1M is accepted and a thousandth of a second.
func parseSize(text string) (int64, bool) {
	if f, ok := parseFloat(text, false); ok {
		return int64(f), true
	}
	if n, ok := parseDuration(text); ok {
		return n, true
	}
	return parseBytes(text)
}
