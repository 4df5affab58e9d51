package esql

import (
	"slices"
	"strings"

	"sigmatic/evaluator/dialect/elastic"
	"sigmatic/parser/query/esql"
)

// aggregate computes one value of the rows of a group.
type aggregate struct {
	name  string
	kind  kind
	where *expr
	apply func(rows []*row) ([]any, error)
}

// stats compiles and runs STATS. A row belongs to the group of each value that
// it has of a key, once; null is a group of its own.
func (t *table) stats(c *esql.Stats) error {
	aggregates, err := t.aggregates(c)
	if err != nil {
		return err
	}
	keys, names, err := t.keys(c)
	if err != nil {
		return err
	}
	order, groups, err := t.group(keys)
	if err != nil {
		return err
	}
	if len(keys) == 0 && len(order) == 0 {
		order, groups = []string{""}, map[string]*group{"": {}}
	}
	out := &table{ix: t.ix, grouped: true, limited: true}
	for _, name := range order {
		g := groups[name]
		r := &row{}
		for _, a := range aggregates {
			rows := g.rows
			if a.where != nil {
				if rows, err = keep(rows, *a.where); err != nil {
					return err
				}
			}
			values, err := a.apply(rows)
			if err != nil {
				return err
			}
			r.slots = append(r.slots, values)
		}
		r.slots = append(r.slots, g.key...)
		out.rows = append(out.rows, r)
	}
	for i, a := range aggregates {
		out.columns = append(out.columns, slotColumn(a.name, a.kind, i))
	}
	for i, k := range keys {
		out.columns = append(out.columns, slotColumn(names[i], k.kind, len(aggregates)+i))
	}
	*t = *out
	return nil
}

func slotColumn(name string, k kind, slot int) column {
	return column{name: name, typ: k, eval: func(r *row) []any { return r.slots[slot] }}
}

func (t *table) keys(c *esql.Stats) (keys []expr, names []string, err error) {
	for _, f := range c.By {
		e, err := (&compiler{table: t}).top(f.Expr)
		if err != nil {
			return nil, nil, err
		}
		name := f.Name
		if name == "" {
			name = f.Expr.String()
			if column, ok := esql.Unparen(f.Expr).(*esql.Column); ok {
				name = column.Name
			}
		}
		keys, names = append(keys, e), append(names, name)
	}
	return keys, names, nil
}

// group is the rows with the same values of the keys.
type group struct {
	key  [][]any
	rows []*row
}

func (t *table) group(keys []expr) (order []string, groups map[string]*group, err error) {
	groups = map[string]*group{}
	for _, r := range t.rows {
		combinations := [][][]any{nil}
		for _, k := range keys {
			var next [][][]any
			values := distinct(k.eval(r))
			if r.err != nil {
				return nil, nil, r.err
			}
			for i := range max(1, len(values)) {
				for _, c := range combinations {
					next = append(next, append(slices.Clone(c), values[i:min(i+1, len(values))]))
				}
			}
			combinations = next
		}
		for _, key := range combinations {
			var name strings.Builder
			for i, values := range key {
				for _, v := range values {
					name.WriteString("=" + toText(v, keys[i].kind).(string))
				}
				name.WriteByte(0)
			}
			g := groups[name.String()]
			if g == nil {
				g = &group{key: key}
				groups[name.String()] = g
				order = append(order, name.String())
			}
			g.rows = append(g.rows, r)
		}
	}
	return order, groups, nil
}

func (t *table) aggregates(c *esql.Stats) ([]aggregate, error) {
	var out []aggregate
	for _, a := range c.Aggregates {
		call, ok := esql.Unparen(a.Expr).(*esql.Call)
		if !ok {
			return nil, unknownf(a.Expr.Offset(), "the aggregate %s", a.Expr)
		}
		agg, err := t.aggregate(call)
		if err != nil {
			return nil, err
		}
		if agg.name = a.Name; agg.name == "" {
			agg.name = call.String()
		}
		if a.Where != nil {
			cond, err := t.condition(a.Where, a.Where)
			if err != nil {
				return nil, err
			}
			agg.where = &cond
		}
		out = append(out, agg)
	}
	return out, nil
}

// maxDistinct is up to where COUNT_DISTINCT was seen to be exact (emissions §1.5).
const maxDistinct = 2900

func (t *table) aggregate(e *esql.Call) (aggregate, error) {
	if e.Name == "count" && (e.Star || len(e.Args) == 0) {
		return aggregate{kind: long, apply: func(rows []*row) ([]any, error) { return []any{int64(len(rows))}, nil }}, nil
	}
	if len(e.Args) != 1 || e.Options != nil {
		return aggregate{}, unknownf(e.Offset(), "the aggregate %s", e)
	}
	of, err := (&compiler{table: t}).top(e.Args[0])
	if err != nil {
		return aggregate{}, err
	}
	compute, k, err := computation(e, of.kind)
	if err != nil {
		return aggregate{}, err
	}
	return aggregate{kind: k, apply: func(rows []*row) ([]any, error) {
		var values []any
		for _, r := range rows {
			values = append(values, of.eval(r)...)
			if r.err != nil {
				return nil, r.err
			}
		}
		return compute(values)
	}}, nil
}

// computation gives the function of all values of a group.
func computation(e *esql.Call, of kind) (func(values []any) ([]any, error), kind, error) {
	least := func(choose func([]any, func(a, b any) int) any) func([]any) ([]any, error) {
		return func(values []any) ([]any, error) {
			if len(values) == 0 {
				return nil, nil
			}
			return []any{choose(values, elastic.Compare)}, nil
		}
	}
	switch e.Name {
	case "count":
		return func(values []any) ([]any, error) { return []any{int64(len(values))}, nil }, long, nil
	case "count_distinct":
		return func(values []any) ([]any, error) {
			n := len(distinct(values))
			if n > maxDistinct {
				return nil, unknownf(e.Offset(), "COUNT_DISTINCT of %d values, which the engine estimates", n)
			}
			return []any{int64(n)}, nil
		}, long, nil
	case "min":
		return least(slices.MinFunc[[]any]), of, nil
	case "max":
		return least(slices.MaxFunc[[]any]), of, nil
	case "values":
		return func(values []any) ([]any, error) {
			out := distinct(values)
			slices.SortFunc(out, elastic.Compare)
			return out, nil
		}, of, nil
	case "sum":
		if of.isWhole() {
			return sumWhole, long, nil
		}
	}
	return nil, null, unknownf(e.Offset(), "the aggregate %s of %s", strings.ToUpper(e.Name), of)
}

func sumWhole(values []any) ([]any, error) {
	if len(values) == 0 {
		return nil, nil
	}
	sum := []any{int64(0)}
	for _, v := range values {
		if sum = computeWhole(esql.Add, sum[0].(int64), v.(int64), long); sum == nil {
			return nil, nil
		}
	}
	return sum, nil
}
