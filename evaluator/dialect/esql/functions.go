package esql

import (
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"sigmatic/evaluator/dialect/elastic"
	"sigmatic/parser/query/esql"
)

// function is a row of the table of functions.
type function struct {
	least, most int // arguments; most is -1 for no bound
	compile     func(c *compiler, e *esql.Call, args []expr) (expr, error)
}

// call compiles a function.
func (c *compiler) call(e *esql.Call) (expr, error) {
	switch e.Name {
	case "qstr":
		return c.qstr(e)
	case "match", "match_phrase":
		return c.matchCall(e)
	}
	f, ok := functions()[e.Name]
	if !ok {
		return expr{}, unknownf(e.Offset(), "the function %s", strings.ToUpper(e.Name))
	}
	if n := len(e.Args); n < f.least || f.most >= 0 && n > f.most || e.Star || e.Options != nil {
		return expr{}, failf(e.Offset(), "%s does not take such arguments", strings.ToUpper(e.Name))
	}
	args, err := c.arguments(e)
	if err != nil {
		return expr{}, err
	}
	return f.compile(c, e, args)
}

// arguments compiles the arguments of a function. In COALESCE(x, false) null is
// as good as false.
func (c *compiler) arguments(e *esql.Call) ([]expr, error) {
	if e.Name != "coalesce" || len(e.Args) != 2 || !isFalseLiteral(e.Args[1]) {
		return c.operands(e.Args)
	}
	matters := c.nullMatters
	c.inside++
	c.nullMatters = false
	first, err := c.compile(e.Args[0])
	c.inside, c.nullMatters = c.inside-1, matters
	return []expr{first, constant(boolean, false)}, err
}

func isFalseLiteral(e esql.Expr) bool {
	b, ok := esql.Unparen(e).(*esql.Bool)
	return ok && !b.Value
}

// wants checks the type of an argument; null goes with every type.
func wants(e *esql.Call, i int, arg expr, kinds ...kind) error {
	if arg.kind == null || slices.Contains(kinds, arg.kind) {
		return nil
	}
	return failf(e.Args[i].Offset(), "argument %d of %s is %s, expected %s", i+1, strings.ToUpper(e.Name), arg.kind, kinds[0])
}

func allStrings(e *esql.Call, args []expr) error {
	for i, a := range args {
		if err := wants(e, i, a, keyword, text); err != nil {
			return err
		}
	}
	return nil
}

// single applies a function to arguments that each have one value.
func (c *compiler) single(k kind, args []expr, apply func(r *row, v []any) []any) (expr, error) {
	return c.fold(expr{kind: k, eval: func(r *row) []any {
		v := make([]any, len(args))
		for i, a := range args {
			var ok bool
			if v[i], ok = one(a.eval(r)); !ok {
				return nil
			}
		}
		return apply(r, v)
	}}, args...)
}

// texts is a function of strings that each have one value.
func texts(k kind, apply func(v []string) []any) func(*compiler, *esql.Call, []expr) (expr, error) {
	return func(c *compiler, e *esql.Call, args []expr) (expr, error) {
		if err := allStrings(e, args); err != nil {
			return expr{}, err
		}
		return c.single(k, args, func(_ *row, v []any) []any {
			s := make([]string, len(v))
			for i := range v {
				s[i] = v[i].(string)
			}
			return apply(s)
		})
	}
}

// condition is a function of two strings that is true or false. The index can be
// asked for a constant at an end of a field.
func condition(holds func(a, b string) bool) function {
	apply := texts(boolean, func(v []string) []any { return boolValue(holds(v[0], v[1])) })
	return function{2, 2, func(c *compiler, e *esql.Call, args []expr) (expr, error) {
		out, err := apply(c, e, args)
		out.pushable = args[0].indexed() && args[1].isConstant
		return out, err
	}}
}

// each is a function of one value that is applied to every value.
func each(from []kind, to kind, apply func(v any, k kind) any) function {
	return function{1, 1, func(c *compiler, e *esql.Call, args []expr) (expr, error) {
		if err := wants(e, 0, args[0], from...); err != nil {
			return expr{}, err
		}
		of := args[0]
		k := to
		if k == null {
			k = of.kind
		}
		return c.fold(expr{kind: k, eval: func(r *row) []any {
			var out []any
			for _, v := range of.eval(r) {
				switch converted := apply(v, of.kind).(type) {
				case nil:
				case error:
					r.err = converted
				default:
					out = append(out, converted)
				}
			}
			return out
		}}, of)
	}}
}

func changeCase(change func(string) (string, bool)) function {
	return function{1, 1, func(c *compiler, e *esql.Call, args []expr) (expr, error) {
		out, err := each([]kind{keyword, text}, keyword, func(v any, _ kind) any {
			s, ok := change(v.(string))
			if !ok {
				return unknownf(e.Offset(), "the case of %q", v)
			}
			return s
		}).compile(c, e, args)
		out.folds = &caseChange{args[0], change}
		return out, err
	}}
}

// fromValues is a function of all values of its argument.
func fromValues(to kind, apply func(v []any) []any) function {
	return function{1, 1, func(c *compiler, e *esql.Call, args []expr) (expr, error) {
		k := to
		if k == null {
			k = args[0].kind
		}
		return c.fold(expr{kind: k, eval: func(r *row) []any {
			v := args[0].eval(r)
			if len(v) == 0 {
				return nil
			}
			return apply(v)
		}}, args...)
	}}
}

func trim(cut func(string, func(rune) bool) string) function {
	return function{1, 1, texts(keyword, func(v []string) []any {
		return []any{cut(v[0], func(r rune) bool { return strings.ContainsRune(" \t\n\v\f\r\u001c\u001d\u001e\u001f", r) })}
	})}
}

// distinct keeps the first of equal values.
func distinct(v []any) []any {
	var out []any
	for _, x := range v {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// coalesce gives the first argument that is not null, with all its values.
func coalesce(c *compiler, e *esql.Call, args []expr) (expr, error) {
	k, err := commonKind(e, args)
	if err != nil {
		return expr{}, err
	}
	return c.fold(expr{kind: k, eval: func(r *row) []any {
		for _, a := range args {
			if v := a.eval(r); len(v) > 0 {
				return v
			}
		}
		return nil
	}}, args...)
}

// commonKind is the type of arguments that must be of one.
func commonKind(e *esql.Call, args []expr) (kind, error) {
	k := null
	for i, a := range args {
		switch {
		case a.kind == null || a.kind == k || a.kind.isString() && k.isString():
		case k == null:
			k = a.kind
		case a.kind.isNumber() && k.isNumber():
			return k, unknownf(e.Args[i].Offset(), "%s of several numeric types", strings.ToUpper(e.Name))
		default:
			return k, failf(e.Args[i].Offset(), "argument %d of %s is %s, expected %s", i+1, strings.ToUpper(e.Name), a.kind, k)
		}
	}
	return k, nil
}

// caseOf is CASE: conditions and values in turns, and maybe a last value.
func caseOf(c *compiler, e *esql.Call, args []expr) (expr, error) {
	values := &esql.Call{Pos: e.Pos, Name: e.Name}
	var of []expr
	for i := range args {
		if i%2 == 1 || i == len(args)-1 {
			of = append(of, args[i])
			values.Args = append(values.Args, e.Args[i])
			continue
		}
		if err := wants(e, i, args[i], boolean); err != nil {
			return expr{}, err
		}
	}
	k, err := commonKind(values, of)
	if err != nil {
		return expr{}, err
	}
	return c.fold(expr{kind: k, eval: func(r *row) []any {
		for i := 0; i+1 < len(args); i += 2 {
			if truthOf(args[i].eval(r)) == isTrue {
				return args[i+1].eval(r)
			}
		}
		if len(args)%2 == 1 {
			return args[len(args)-1].eval(r)
		}
		return nil
	}}, args...)
}

// concat is null when an argument is.
var concat = texts(keyword, func(v []string) []any { return []any{strings.Join(v, "")} })

// locate gives the place of a text in another, counted in characters from 1.
func locate(v []string) []any {
	at := strings.Index(v[0], v[1])
	if at < 0 {
		return []any{int64(0)}
	}
	return []any{int64(utf8.RuneCountInString(v[0][:at]) + 1)}
}

func mvAppend(c *compiler, e *esql.Call, args []expr) (expr, error) {
	k, err := commonKind(e, args)
	if err != nil {
		return expr{}, err
	}
	return c.fold(expr{kind: k, eval: func(r *row) []any {
		x, y := args[0].eval(r), args[1].eval(r)
		if len(x) == 0 || len(y) == 0 {
			return nil
		}
		return append(slices.Clone(x), y...)
	}}, args...)
}

func mvConcat(c *compiler, e *esql.Call, args []expr) (expr, error) {
	if err := allStrings(e, args); err != nil {
		return expr{}, err
	}
	return c.fold(expr{kind: keyword, eval: func(r *row) []any {
		v := args[0].eval(r)
		sep, ok := one(args[1].eval(r))
		if len(v) == 0 || !ok {
			return nil
		}
		s := make([]string, len(v))
		for i := range v {
			s[i] = v[i].(string)
		}
		return []any{strings.Join(s, sep.(string))}
	}}, args...)
}

// cidrMatch asks whether an address lies in one of some networks.
func cidrMatch(c *compiler, e *esql.Call, args []expr) (expr, error) {
	if err := wants(e, 0, args[0], ip); err != nil {
		return expr{}, err
	}
	type network struct{ lo, hi netip.Addr }
	var networks []network
	for i, a := range args[1:] {
		if err := wants(e, i+1, a, keyword, text); err != nil {
			return expr{}, err
		}
		s, ok := a.text()
		if !ok {
			return expr{}, unknownf(e.Args[i+1].Offset(), "a network that is no constant")
		}
		lo, hi, ok := elastic.ParseNetwork(s)
		if !ok {
			return expr{}, unknownf(e.Args[i+1].Offset(), "CIDR_MATCH with %q, which is no network", s)
		}
		networks = append(networks, network{lo, hi})
	}
	out, err := c.single(boolean, args[:1], func(_ *row, v []any) []any {
		a := v[0].(netip.Addr)
		return boolValue(slices.ContainsFunc(networks, func(n network) bool { return n.lo.Compare(a) <= 0 && a.Compare(n.hi) <= 0 }))
	})
	out.pushable = args[0].indexed()
	return out, err
}
