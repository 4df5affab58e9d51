package logsql

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	syntax "sigmatic/parser/query/logsql"
)

// timeField is the column of the events' times.
const timeField = "_time"

// plan is a compiled query.
type plan struct {
	filter filter
	pipes  []step
	// aggregates says that the rows are no events any more.
	aggregates bool
}

func newPlan(query string) (*plan, error) {
	q, err := syntax.Parse(query)
	if err != nil {
		return nil, err
	}
	// Pipes of filters right behind the filter are one with it.
	filters := []syntax.Filter{q.Filter}
	pipes := q.Pipes
	for len(pipes) > 0 {
		p, ok := pipes[0].(*syntax.FilterPipe)
		if !ok {
			break
		}
		filters, pipes = append(filters, p.Filter), pipes[1:]
	}
	list, err := compiler{query: true, top: true}.list(filters)
	if err != nil {
		return nil, err
	}
	out := &plan{filter: newAnd(list)}
	for _, p := range pipes {
		step, err := compilePipe(p)
		if err != nil {
			return nil, err
		}
		_, stats := p.(*syntax.StatsPipe)
		_, uniq := p.(*syntax.UniqPipe)
		out.aggregates = out.aggregates || stats || uniq
		out.pipes = append(out.pipes, step)
	}
	return out, nil
}

// run gives what is left of the events behind the filter and the pipes.
func (p *plan) run(stored []*block) []*block {
	var blocks []*block
	for _, b := range stored {
		if r := b.result(p.filter.apply(b)); r.rows() > 0 {
			r.columns[timeField] = resultColumn(writeAll(r.times, timeText))
			blocks = append(blocks, r)
		}
	}
	for _, step := range p.pipes {
		blocks = step(blocks)
	}
	return blocks
}

// cache holds the queries that were compiled last: the interpreters of the
// language run the same ones.
type cache struct {
	mu    sync.Mutex
	plans map[string]cached
}

type cached struct {
	plan *plan
	err  error
}

// maxCached is how many are kept.
const maxCached = 64

// plan compiles a query. The error is a *dialect.QueryError.
func (c *cache) plan(query string) (*plan, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.plans[query]
	if !ok {
		if len(c.plans) >= maxCached || c.plans == nil {
			c.plans = map[string]cached{}
		}
		found.plan, found.err = newPlan(query)
		if found.err != nil {
			found.err = queryError(found.err)
		}
		c.plans[query] = found
	}
	return found.plan, found.err
}

// result makes a block for pipes of some rows.
func (b *block) result(keep rows) *block {
	r := &block{columns: make(map[string]*column, len(b.columns)+1)}
	if r.ids, r.times = pick(b.ids, keep), pick(b.times, keep); len(r.times) == 0 {
		return r
	}
	for name, c := range b.columns {
		r.columns[name] = c.pick(keep)
	}
	return r
}

func timeText(n int64) string { return time.Unix(0, n).UTC().Format(time.RFC3339Nano) }

func pick[T any](list []T, keep rows) []T {
	var out []T
	for i, v := range list {
		if keep[i] {
			out = append(out, v)
		}
	}
	return out
}

// pick makes the column of some rows, stored in the same way.
func (c *column) pick(keep rows) *column {
	out := &column{kind: c.kind, bits: c.bits, values: pick(c.values, keep)}
	switch {
	case c.uints != nil:
		out.uints = pick(c.uints, keep)
	case c.ints != nil:
		out.ints = pick(c.ints, keep)
	case c.floats != nil:
		out.floats = pick(c.floats, keep)
	}
	return out
}

// resultColumn makes a column of texts that a pipe has made.
func resultColumn(values []string) *column { return &column{values: values} }

// step is a pipe.
type step func([]*block) []*block

func compilePipe(p syntax.Pipe) (step, error) {
	switch p := p.(type) {
	case *syntax.FilterPipe:
		f, err := compiler{}.compile(p.Filter)
		return eachBlock(func(b *block) *block { return b.result(f.apply(b)) }), err
	case *syntax.FieldsPipe:
		return eachBlock(func(b *block) *block { return b.keep(func(name string) bool { return matchesName(p.Names, name) }) }), nil
	case *syntax.DeletePipe:
		return eachBlock(func(b *block) *block { return b.keep(func(name string) bool { return !matchesName(p.Names, name) }) }), nil
	case *syntax.RenamePipe:
		return eachBlock(func(b *block) *block { return b.rename(p) }), nil
	case *syntax.LimitPipe:
		return func(blocks []*block) []*block { return slice(blocks, 0, p.N) }, nil
	case *syntax.OffsetPipe:
		return func(blocks []*block) []*block { return slice(blocks, p.N, math.MaxUint64) }, nil
	case *syntax.SortPipe:
		return sortStep(p)
	case *syntax.FormatPipe:
		return formatStep(p)
	case *syntax.UniqPipe:
		return func(blocks []*block) []*block { return uniq(blocks, p.Fields) }, nil
	case *syntax.StatsPipe:
		return statsStep(p)
	}
	return nil, unknownPipe("of an unknown kind")
}

func unknownPipe(detail string) error {
	return &syntax.SyntaxError{Offset: -1, Unknown: true, Detail: "a pipe " + detail}
}

func eachBlock(change func(*block) *block) step {
	return func(blocks []*block) []*block {
		var out []*block
		for _, b := range blocks {
			if r := change(b); r.rows() > 0 {
				out = append(out, r)
			}
		}
		return out
	}
}

func matchesName(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool {
		prefix, open := strings.CutSuffix(n, "*")
		return n == name || open && strings.HasPrefix(name, prefix)
	})
}

func (b *block) keep(is func(name string) bool) *block {
	columns := maps.Clone(b.columns)
	maps.DeleteFunc(columns, func(name string, _ *column) bool { return !is(name) })
	return &block{b.ids, b.times, columns}
}

func (b *block) rename(p *syntax.RenamePipe) *block {
	columns := maps.Clone(b.columns)
	for _, pair := range p.Pairs {
		c := columns[pair[0]]
		if !p.Copy {
			delete(columns, pair[0])
		}
		if delete(columns, pair[1]); c != nil {
			columns[pair[1]] = c
		}
	}
	return &block{b.ids, b.times, columns}
}

// slice cuts rows out of all.
func slice(blocks []*block, from, n uint64) []*block {
	at := uint64(0)
	return eachBlock(func(b *block) *block {
		keep := make(rows, b.rows())
		for i := range keep {
			keep[i] = at >= from && at-from < n
			at++
		}
		return b.result(keep)
	})(blocks)
}

// row is a place in a list of blocks.
type row struct {
	*block
	i int
}

func (r row) at(field string) string { return r.columns[field].at(r.i) }

func allRows(blocks []*block) []row {
	var list []row
	for _, b := range blocks {
		for i := range b.rows() {
			list = append(list, row{b, i})
		}
	}
	return list
}

// gather makes one block of rows.
func gather(list []row) *block {
	out := &block{columns: map[string]*column{}}
	names := map[string]bool{}
	for _, r := range list {
		out.ids, out.times = append(out.ids, r.ids[r.i]), append(out.times, r.times[r.i])
		for name := range r.columns {
			names[name] = true
		}
	}
	for name := range names {
		values := make([]string, len(list))
		for i, r := range list {
			values[i] = r.at(name)
		}
		out.columns[name] = resultColumn(values)
	}
	return out
}

func sortStep(p *syntax.SortPipe) (step, error) {
	if len(p.By) == 0 {
		return nil, unknownPipe("sort by all fields")
	}
	return func(blocks []*block) []*block {
		list := allRows(blocks)
		slices.SortStableFunc(list, func(a, b row) int {
			for _, k := range p.By {
				n := compareTexts(a.at(k.Field), b.at(k.Field))
				if k.Desc != p.Desc {
					n = -n
				}
				if n != 0 {
					return n
				}
			}
			return 0
		})
		list = list[min(p.Offset, uint64(len(list))):]
		if p.Limit > 0 {
			list = list[:min(p.Limit, uint64(len(list)))]
		}
		if len(list) == 0 {
			return nil
		}
		return []*block{gather(list)}
	}, nil
}

// compareTexts orders values: integers, times and numbers by size if both are one,
// other texts by their pieces, numbers in them by size.
func compareTexts(a, b string) int {
	if a == b {
		return 0
	}
	if n, ok := compareBy(parseInt, a, b); ok {
		return n
	}
	if n, ok := compareBy(parseUint, a, b); ok {
		return n
	}
	if n, ok := compareBy(parseTime, a, b); ok {
		return n
	}
	if n, ok := compareBy(parseAmount, a, b); ok {
		return n
	}
	return compareNatural(a, b)
}

// parseAmount reads a number, but no time and no address.
func parseAmount(s string) (float64, bool) {
	_, isTime := parseTime(s)
	_, isAddress := parseIPv4(s)
	f := parseNumber(s)
	return f, !math.IsNaN(f) && !isTime && !isAddress
}

func compareBy[T cmp.Ordered](parse func(string) (T, bool), a, b string) (int, bool) {
	x, okX := parse(a)
	y, okY := parse(b)
	return cmp.Compare(x, y), okX && okY
}

// compareNatural compares runs of digits by their numbers, and puts digits before
// all other characters. Of equal numbers that with fewer digits is first.
func compareNatural(a, b string) int {
	for a != "" && b != "" {
		x, y := digitsOf(a), digitsOf(b)
		switch {
		case x == "" && y == "":
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		case x == "":
			return 1
		case y == "":
			return -1
		}
		n, errN := strconv.ParseUint(x, 10, 64)
		m, errM := strconv.ParseUint(y, 10, 64)
		if errN != nil || errM != nil {
			return strings.Compare(a, b)
		}
		if c := cmp.Or(cmp.Compare(n, m), cmp.Compare(len(x), len(y))); c != 0 {
			return c
		}
		a, b = a[len(x):], b[len(y):]
	}
	return cmp.Compare(len(a), len(b))
}

func digitsOf(s string) string {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return s[:n]
}

func compileCondition(f syntax.Filter) (filter, error) {
	if f == nil {
		return everything{}, nil
	}
	return compiler{}.compile(f)
}

func formatStep(p *syntax.FormatPipe) (step, error) {
	condition, err := compileCondition(p.If)
	return eachBlock(func(b *block) *block {
		is := condition.apply(b)
		old := b.columns[p.As]
		values := make([]string, b.rows())
		for i := range values {
			before := old.at(i)
			values[i] = before
			if is[i] {
				text := formatRow(p.Steps, row{b, i})
				if !(p.Keep == syntax.SkipEmpty && text == "" || p.Keep == syntax.KeepOriginal && before != "") {
					values[i] = text
				}
			}
		}
		columns := maps.Clone(b.columns)
		columns[p.As] = resultColumn(values)
		return &block{b.ids, b.times, columns}
	}), err
}

func formatRow(steps []syntax.FormatStep, r row) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteString(s.Text)
		if s.Field == "" {
			continue
		}
		switch v := r.at(s.Field); s.Option {
		case "lc":
			b.WriteString(strings.Map(unicode.ToLower, v))
		case "uc":
			b.WriteString(strings.Map(unicode.ToUpper, v))
		default:
			b.WriteString(v)
		}
	}
	return b.String()
}

func uniq(blocks []*block, fields []string) []*block {
	seen := map[string]bool{}
	var list []row
	for _, r := range allRows(blocks) {
		if key := keyOf(r, fields); !seen[key] {
			seen[key] = true
			list = append(list, r)
		}
	}
	if len(list) == 0 {
		return nil
	}
	b := gather(list)
	return []*block{b.keep(func(name string) bool { return slices.Contains(fields, name) })}
}

// keyOf joins values so that different lists have different keys.
func keyOf(r row, fields []string) string {
	values := make([]string, len(fields))
	for i, f := range fields {
		values[i] = r.at(f)
	}
	return groupKey(values)
}

// groupKey makes a key of the values of a group. Integers are grouped by what they
// are, so that 1_2 is 12, where there is nothing else to group by.
func groupKey(values []string) string {
	if len(values) == 1 {
		if n, ok := parseUint(values[0]); ok {
			return strconv.FormatUint(n, 10)
		}
		if n, ok := parseInt(values[0]); ok {
			return "-" + strconv.FormatUint(uint64(-n), 10) // -0 is not 0 here
		}
	}
	key, _ := json.Marshal(values) // strings always have a JSON form
	return string(key)
}

// groupText is how the one value of a group is shown.
func groupText(v string) string {
	if n, ok := parseUint(v); ok {
		return strconv.FormatUint(n, 10)
	}
	if n, ok := parseInt(v); ok {
		return strconv.FormatInt(n, 10)
	}
	return v
}
