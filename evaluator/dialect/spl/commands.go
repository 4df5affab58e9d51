package spl

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	syntax "sigmatic/parser/query/spl"
)

func compileCommand(c syntax.Command) (stage, error) {
	switch c := c.(type) {
	case *syntax.SearchCommand:
		return compileSearch(c)
	case *syntax.WhereCommand:
		return compileWhere(c)
	case *syntax.EvalCommand:
		return compileEval(c)
	case *syntax.BinCommand:
		return compileBin(c)
	case *syntax.StatsCommand:
		return compileStats(c)
	case *syntax.SortCommand:
		return compileSort(c), nil
	case *syntax.FieldsCommand:
		return compileFields(c), nil
	case *syntax.RenameCommand:
		return compileRename(c), nil
	}
	return nil, unknownAt(c, "a command of an unknown kind")
}

// compileWhere keeps the events of which the expression is true (§2.1).
func compileWhere(c *syntax.WhereCommand) (stage, error) {
	is, err := compileExpr(c.Expr)
	return keep(func(r *run, e *event) bool {
		s := scope{run: r, event: e}
		return s.truth(is(s)).isTrue()
	}), err
}

// change makes a command that changes events.
func change(each func(*run, *event)) stage {
	return func(r *run) {
		changed := make([]*event, len(r.events))
		for i, e := range r.events {
			changed[i] = e.clone()
			each(r, changed[i])
		}
		r.events = changed
	}
}

func compileEval(c *syntax.EvalCommand) (stage, error) {
	var exprs []expr
	for _, f := range c.Fields {
		e, err := compileExpr(f.Expr)
		if err != nil {
			return nil, err
		}
		exprs = append(exprs, e)
	}
	return change(func(r *run, e *event) {
		s := scope{run: r, event: e}
		for i, f := range c.Fields {
			v := exprs[i](s)
			if v.kind == isBool {
				s.unknown("a field that is true or false") // §2.2: it cannot be
			}
			if e.set(f.Name, v); f.Name == "_time" {
				e.time, _ = v.asNumber()
			}
		}
	}), nil
}

// spans are the units of spans that have one length.
var spans = map[string]time.Duration{
	"s": time.Second, "sec": time.Second, "m": time.Minute, "min": time.Minute, "h": time.Hour, "hr": time.Hour, "d": 24 * time.Hour,
}

// parseSpan reads 5m, in seconds.
func parseSpan(text string) (float64, bool) {
	unit := strings.TrimLeft(text, "0123456789")
	n, err := strconv.Atoi(text[:len(text)-len(unit)])
	length, ok := spans[unit]
	return float64(n) * length.Seconds(), ok && err == nil && n > 0
}

// compileBin brings numbers to the beginning of their piece, counted from 0: of
// times, from 1970 in UTC.
func compileBin(c *syntax.BinCommand) (stage, error) {
	size, ok := parseSpan(c.Span)
	if n, err := strconv.ParseFloat(c.Span, 64); !ok && err == nil && n > 0 && c.Field != "_time" {
		size, ok = n, true
	}
	if !ok {
		return nil, unknownAt(c, "the span %q", c.Span)
	}
	as := c.As
	if as == "" {
		as = c.Field
	}
	return change(func(r *run, e *event) {
		f, ok := e.get(c.Field).asNumber()
		if !ok {
			if e.get(c.Field).kind != isNull {
				scope{run: r, event: e}.unknown("bin on what is no number")
			}
			return
		}
		f = math.Floor(f/size) * size
		if e.set(as, numberValue(f)); as == "_time" {
			e.time = f
		}
	}), nil
}

func compileSort(c *syntax.SortCommand) stage {
	return together(func(r *run) {
		list := slices.Clone(r.events)
		slices.SortStableFunc(list, func(a, b *event) int {
			for _, k := range c.Keys {
				order := compareSorted(a.get(k.Field), b.get(k.Field), k.Desc)
				if order != 0 {
					return order
				}
			}
			return 0
		})
		if c.Limit > 0 && len(list) > c.Limit {
			list = list[:c.Limit]
		}
		r.events = list
	})
}

// compareSorted orders values; those that are missing come last.
func compareSorted(a, b value, desc bool) int {
	if a.kind == isNull || b.kind == isNull {
		return cmp.Compare(boolToInt(a.kind == isNull), boolToInt(b.kind == isNull))
	}
	order := compareMixed(a, b)
	if desc {
		return -order
	}
	return order
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// compileFields keeps or drops columns. fields keeps those of the event's own; the
// events stay in any case.
func compileFields(c *syntax.FieldsCommand) stage {
	var patterns []pattern
	for _, n := range c.Names {
		patterns = append(patterns, newPattern(syntax.Value{Text: n, Cased: true}))
	}
	return change(func(_ *run, e *event) {
		for name := range e.fields {
			named := slices.ContainsFunc(patterns, func(p pattern) bool { return p.match(name) })
			internal := !c.Table && strings.HasPrefix(name, "_")
			if c.Remove && named || !c.Remove && !named && !internal {
				delete(e.fields, name)
			}
		}
	})
}

func compileRename(c *syntax.RenameCommand) stage {
	return change(func(_ *run, e *event) {
		for _, pair := range c.Pairs {
			v := e.get(pair[0])
			delete(e.fields, pair[0])
			e.set(pair[1], v)
		}
	})
}
