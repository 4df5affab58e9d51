package esql

import (
	"slices"
	"strings"

	"sigmatic/evaluator/dialect/elastic"
	"sigmatic/parser/query/esql"
	"sigmatic/parser/query/lucene"
)

// table is the state between two commands.
type table struct {
	ix      *elastic.Index
	columns []column
	rows    []*row
	// searchable is false behind a command that hides the index from QSTR; limited
	// behind one that hides it from every search.
	searchable, limited bool
	ordered             bool // the order of the rows is told by SORT
	sorted              bool // there was a SORT, and no LIMIT behind it
	grouped             bool // rows are no documents
}

type column struct {
	name string
	typ  kind
	eval func(*row) []any
	// field is that of the index, if the column is one.
	field *elastic.Field
}

// run carries a query out.
func run(ix *elastic.Index, q *esql.Query) (*table, error) {
	t := &table{ix: ix}
	switch source := q.Source.(type) {
	case *esql.From:
		t.from()
	case *esql.Row:
		t.rows = []*row{{}}
		t.grouped = true
		if err := t.evalFields(source.Fields); err != nil {
			return nil, err
		}
	}
	for _, c := range q.Commands {
		if where, ok := c.(*esql.Where); ok {
			if err := checkDepth(where.Condition); err != nil {
				return nil, err
			}
		}
	}
	for _, c := range joinWheres(q.Commands) {
		if err := t.command(c); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// joinWheres makes one WHERE of those that follow each other, as the optimizer
// does.
func joinWheres(commands []esql.Command) []esql.Command {
	var out []esql.Command
	for _, c := range commands {
		where, ok := c.(*esql.Where)
		if len(out) > 0 && ok {
			if before, ok := out[len(out)-1].(*esql.Where); ok {
				both := &esql.And{Pos: before.Pos, Terms: []esql.Expr{before.Condition, where.Condition}}
				out[len(out)-1] = &esql.Where{Pos: before.Pos, Condition: both}
				continue
			}
		}
		out = append(out, c)
	}
	return out
}

// from reads the index, whatever it is called. Metadata columns are left out:
// the engine makes up their values.
func (t *table) from() {
	t.searchable = true
	for _, name := range t.ix.Fields() {
		f := t.ix.Field(name)
		t.columns = append(t.columns, column{name, fieldKinds[f.Type], func(r *row) []any { return f.Values(r.doc) }, f})
	}
	for doc := range t.ix.Len() {
		t.rows = append(t.rows, &row{doc: doc})
	}
}

func (t *table) command(c esql.Command) error {
	switch c := c.(type) {
	case *esql.Where:
		return t.where(c)
	case *esql.Eval:
		t.searchable = false
		return t.evalFields(c.Fields)
	case *esql.Stats:
		return t.stats(c)
	case *esql.Sort:
		return t.sort(c)
	case *esql.Limit:
		return t.limit(c)
	case *esql.Keep:
		t.searchable = false
		return t.project(c.Offset(), c.Columns, true)
	case *esql.Drop:
		t.searchable = false
		return t.project(c.Offset(), c.Columns, false)
	case *esql.Rename:
		t.searchable = false
		return t.rename(c)
	case *esql.MvExpand:
		return t.expand(c)
	}
	return unknownf(c.Offset(), "the command %s", c)
}

// find gives the column of a name. A later column hides an earlier one.
func (t *table) find(name string) (column, bool) {
	i := slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })
	if i < 0 {
		return column{}, false
	}
	return t.columns[i], true
}

func (t *table) where(c *esql.Where) error {
	terms := conjuncts([]esql.Expr{c.Condition})
	never, err := (&compiler{}).nullified(terms)
	if err != nil {
		return err
	}
	for _, term := range terms {
		cond, err := t.condition(c.Condition, term)
		if err != nil {
			return err
		}
		if never {
			cond = constant(boolean)
		}
		if t.rows, err = keep(t.rows, cond); err != nil {
			return err
		}
	}
	return nil
}

// condition compiles an expression that may hold searches: a term of a whole
// condition, which the optimizer takes to the index by itself.
func (t *table) condition(whole, e esql.Expr) (expr, error) {
	c := &compiler{table: t, searches: true, whole: whole, indexed: new(bool)}
	cond, err := c.top(e)
	*c.indexed = cond.pushable
	if err != nil {
		return expr{}, err
	}
	if cond.kind != boolean && cond.kind != null {
		return expr{}, failf(e.Offset(), "a condition is boolean, and %s is %s", e, cond.kind)
	}
	return cond, nil
}

// keep gives the rows for which a condition is true.
func keep(rows []*row, cond expr) ([]*row, error) {
	var out []*row
	for _, r := range rows {
		if truthOf(cond.eval(r)) == isTrue {
			out = append(out, r)
		}
		if r.err != nil {
			return nil, r.err
		}
	}
	return out, nil
}

// evalFields adds columns, each computed from those before it.
func (t *table) evalFields(fields []esql.Field) error {
	for _, f := range fields {
		e, err := (&compiler{table: t}).top(f.Expr)
		if err != nil {
			return err
		}
		name := f.Name
		if name == "" {
			name = f.Expr.String()
		}
		if err := t.addColumn(name, e); err != nil {
			return err
		}
	}
	return nil
}

// addColumn computes a column for all rows, in the place of one of its name.
func (t *table) addColumn(name string, e expr) error {
	slot := 0
	for i, r := range t.rows {
		values := e.eval(r)
		if r.err != nil {
			return r.err
		}
		next := *r // rows of an expanded table share what they came from
		next.slots = append(slices.Clone(r.slots), values)
		t.rows[i] = &next
		slot = len(next.slots) - 1
	}
	t.columns = slices.DeleteFunc(slices.Clone(t.columns), func(c column) bool { return c.name == name })
	t.columns = append(t.columns, column{name: name, typ: e.kind, eval: func(r *row) []any { return r.slots[slot] }})
	return nil
}

// project keeps columns, or drops them. A name without a star must exist.
func (t *table) project(at int, patterns []string, keep bool) error {
	matches := func(pattern string) (func(string) bool, error) {
		if !strings.Contains(pattern, "*") {
			if _, ok := t.find(pattern); !ok {
				return nil, failf(at, "unknown column %q", pattern)
			}
			return func(name string) bool { return name == pattern }, nil
		}
		return elastic.NewPattern(lucene.ParsePattern(pattern), false).Match, nil
	}
	var chosen []column
	for _, p := range patterns {
		match, err := matches(p)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(t.columns, func(c column) bool { return match(c.name) }) {
			return failf(at, "no column matches %q", p)
		}
		for _, c := range t.columns {
			if match(c.name) && !slices.ContainsFunc(chosen, func(o column) bool { return o.name == c.name }) {
				chosen = append(chosen, c)
			}
		}
	}
	if keep {
		t.columns = chosen
		return nil
	}
	t.columns = slices.DeleteFunc(slices.Clone(t.columns), func(c column) bool {
		return slices.ContainsFunc(chosen, func(o column) bool { return o.name == c.name })
	})
	return nil
}

func (t *table) rename(c *esql.Rename) error {
	for _, n := range c.Names {
		if strings.Contains(n.From+n.To, "*") {
			return unknownf(c.Offset(), "RENAME with a star")
		}
		from, ok := t.find(n.From)
		if !ok {
			return failf(c.Offset(), "unknown column %q", n.From)
		}
		columns := slices.DeleteFunc(slices.Clone(t.columns), func(o column) bool { return o.name == n.From || o.name == n.To })
		from.name, from.field = n.To, nil
		t.columns = append(columns, from)
	}
	return nil
}

func (t *table) limit(c *esql.Limit) error {
	t.searchable, t.limited, t.sorted = false, true, false
	if c.N >= len(t.rows) {
		return nil
	}
	if !t.ordered && c.N > 0 {
		return unknownf(c.Offset(), "which %d of %d rows come first", c.N, len(t.rows))
	}
	t.rows = t.rows[:c.N]
	return nil
}

// sort orders rows. An ascending key takes the least of several values, a
// descending one the greatest; null is last when ascending.
func (t *table) sort(c *esql.Sort) error {
	type key struct {
		eval      func(*row) []any
		desc      bool
		nullFirst bool
	}
	var keys []key
	for _, o := range c.Orders {
		e, err := (&compiler{table: t}).top(o.Expr)
		if err != nil {
			return err
		}
		k := key{e.eval, o.Desc, o.Desc}
		if o.Nulls != "" {
			k.nullFirst = o.Nulls == "first"
		}
		keys = append(keys, k)
	}
	ties := false
	compare := func(a, b *row) int {
		for _, k := range keys {
			x, y := k.eval(a), k.eval(b)
			if n := compareKeys(x, y, k.desc, k.nullFirst); n != 0 {
				return n
			}
		}
		ties = ties || a != b
		return 0
	}
	t.rows = slices.Clone(t.rows)
	slices.SortStableFunc(t.rows, compare)
	for i := 1; i < len(t.rows); i++ {
		compare(t.rows[i-1], t.rows[i])
	}
	t.ordered, t.sorted = !ties, true
	for _, r := range t.rows {
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

func compareKeys(x, y []any, desc, nullFirst bool) int {
	switch {
	case len(x) == 0 && len(y) == 0:
		return 0
	case len(x) == 0 || len(y) == 0:
		if (len(x) == 0) == nullFirst {
			return -1
		}
		return 1
	case desc:
		return elastic.Compare(slices.MaxFunc(y, elastic.Compare), slices.MaxFunc(x, elastic.Compare))
	}
	return elastic.Compare(slices.MinFunc(x, elastic.Compare), slices.MinFunc(y, elastic.Compare))
}

// expand makes a row of each value of a column.
func (t *table) expand(c *esql.MvExpand) error {
	t.searchable = false
	if t.sorted {
		return unknownf(c.Offset(), "MV_EXPAND behind SORT without LIMIT")
	}
	from, ok := t.find(c.Column)
	if !ok {
		return failf(c.Offset(), "unknown column %q", c.Column)
	}
	var rows []*row
	slot := 0
	for _, r := range t.rows {
		values := from.eval(r)
		for i := range max(1, len(values)) {
			next := *r
			next.slots = append(slices.Clone(r.slots), values[i:min(i+1, len(values))])
			slot = len(next.slots) - 1
			rows = append(rows, &next)
		}
	}
	t.rows = rows
	from.eval, from.field = func(r *row) []any { return r.slots[slot] }, nil
	t.columns = slices.Clone(t.columns)
	t.columns[slices.IndexFunc(t.columns, func(o column) bool { return o.name == c.Column })] = from
	return nil
}
