package spl

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	syntax "sigmatic/parser/query/spl"
)

// function is a function of eval (§2.3).
type function struct {
	least, most int // arguments; most -1 is any number
	apply       func(s scope, args []value) value
	// prepare compiles a call whose arguments are not all values; apply is nil.
	prepare func(e *syntax.Call) (expr, error)
}

// functions are those that are known.
func functions(name string) (function, bool) {
	f, ok := plainFunctions[name]
	if ok {
		return f, true
	}
	switch name {
	case "match":
		return function{least: 2, most: 2, prepare: compileMatch}, true
	case "mvfind":
		return function{least: 2, most: 2, prepare: compileMVFind}, true
	case "mvfilter":
		return function{least: 1, most: 1, prepare: compileMVFilter}, true
	case "replace":
		return function{least: 3, most: 3, prepare: compileReplace}, true
	case "searchmatch":
		return function{least: 1, most: 1, prepare: compileSearchMatch}, true
	case "cidrmatch":
		return function{least: 2, most: 2, prepare: compileCIDRMatch}, true
	case "spath":
		return function{least: 2, most: 2, prepare: compileSpath}, true
	case "strftime", "strptime":
		return function{least: 2, most: 2, prepare: compileTime}, true
	case "if":
		return function{least: 3, most: 3, prepare: compileIf}, true
	case "case":
		return function{least: 2, most: -1, prepare: compileCase}, true
	}
	return function{}, false
}

// plainFunctions take values.
var plainFunctions = map[string]function{
	"isnull":    {least: 1, most: 1, apply: func(_ scope, a []value) value { return boolValue(a[0].kind == isNull) }},
	"isnotnull": {least: 1, most: 1, apply: func(_ scope, a []value) value { return boolValue(a[0].kind != isNull) }},
	"coalesce":  {least: 1, most: -1, apply: coalesce},
	"null":      {apply: func(scope, []value) value { return null }},
	"true":      {apply: func(scope, []value) value { return boolValue(true) }},
	"false":     {apply: func(scope, []value) value { return boolValue(false) }},
	"mvcount":   {least: 1, most: 1, apply: mvcount},
	"mvappend":  {least: 1, most: -1, apply: mvappend},
	"mvdedup":   {least: 1, most: 1, apply: mvdedup},
	"mvjoin":    {least: 2, most: 2, apply: mvjoin},
	"mvindex":   {least: 2, most: 2, apply: mvindex},
	"like":      {least: 2, most: 2, apply: func(s scope, a []value) value { return like(s, a[0], a[1]) }},
	"tonumber":  {least: 1, most: 1, apply: tonumber},
	"tostring":  {least: 1, most: 1, apply: onText(textValue)},
	"lower":     {least: 1, most: 1, apply: onText(func(s string) value { return textValue(strings.Map(asciiOnly(unicode.ToLower), s)) })},
	"upper":     {least: 1, most: 1, apply: onText(func(s string) value { return textValue(strings.Map(asciiOnly(unicode.ToUpper), s)) })},
	"len":       {least: 1, most: 1, apply: onText(func(s string) value { return numberValue(float64(utf8.RuneCountInString(s))) })},
	"substr":    {least: 2, most: 3, apply: substr},
	"split":     {least: 2, most: 2, apply: split},
}

func compileCall(e *syntax.Call) (expr, error) {
	f, ok := functions(e.Name)
	switch n := len(e.Args); {
	case !ok:
		return nil, unknownAt(e, "the function %q", e.Name)
	case n < f.least || f.most >= 0 && n > f.most:
		return nil, failAt(e, "%s takes another number of arguments than %d", e.Name, n)
	case f.prepare != nil:
		return f.prepare(e)
	}
	args, err := compileEach(e.Args, compileExpr)
	return func(s scope) value {
		values := make([]value, len(args))
		for i, a := range args {
			values[i] = a(s)
		}
		return f.apply(s, values)
	}, err
}

func coalesce(_ scope, args []value) value {
	for _, v := range args {
		if v.kind != isNull {
			return v
		}
	}
	return null
}

func mvcount(_ scope, args []value) value {
	if n := len(args[0].list()); n > 0 {
		return numberValue(float64(n))
	}
	return null
}

func mvappend(_ scope, args []value) value {
	var all []string
	for _, v := range args {
		all = append(all, v.list()...)
	}
	return listValue(all)
}

func mvdedup(_ scope, args []value) value {
	if args[0].kind != isMulti {
		return args[0]
	}
	var kept []string
	for _, t := range args[0].texts {
		if !slices.Contains(kept, t) {
			kept = append(kept, t)
		}
	}
	return listValue(kept)
}

func mvjoin(_ scope, args []value) value {
	if args[0].kind == isNull || args[1].kind == isNull {
		return null
	}
	return textValue(strings.Join(args[0].list(), args[1].text()))
}

func mvindex(_ scope, args []value) value {
	at, ok := args[1].asNumber()
	list := args[0].list()
	if i := int(at); ok && i < 0 {
		at += float64(len(list))
	}
	if i := int(at); ok && i >= 0 && i < len(list) {
		return textValue(list[i])
	}
	return null
}

// onText makes a function of one text. What it makes of several is not documented.
func onText(f func(string) value) func(scope, []value) value {
	return func(s scope, args []value) value {
		switch args[0].kind {
		case isNull:
			return null
		case isMulti, isBool:
			s.unknown("a function of one text on several values, or on true or false")
			return null
		case isNumber, isText:
		}
		return f(args[0].text())
	}
}

// asciiOnly folds no more than ASCII: what lower makes of other letters is not
// documented.
func asciiOnly(change func(rune) rune) func(rune) rune {
	return func(r rune) rune {
		if r < utf8.RuneSelf {
			return change(r)
		}
		return r
	}
}

func tonumber(_ scope, args []value) value {
	if f, ok := args[0].asNumber(); ok {
		return numberValue(f)
	}
	return null
}

// substr counts from 1, or from the end; a start in front of the text is null.
func substr(s scope, args []value) value {
	if args[0].kind == isMulti {
		s.unknown("substr on several values")
	}
	start, ok := args[1].asNumber()
	if !ok || args[0].kind == isNull {
		return null
	}
	text := []rune(args[0].text())
	from := int(start) - 1
	switch {
	case start < 0:
		from = len(text) + int(start)
	case start == 0:
		from = 0
	}
	if from < 0 || from > len(text) {
		return null
	}
	to := len(text)
	if len(args) == 3 {
		n, ok := args[2].asNumber()
		if !ok {
			return null
		}
		to = min(to, from+max(0, int(n)))
	}
	return textValue(string(text[from:to]))
}

func split(s scope, args []value) value {
	if args[0].kind == isNull || args[1].kind == isNull {
		return null
	}
	if args[0].kind == isMulti || args[1].text() == "" {
		s.unknown("split of several values, or at the empty text")
		return null
	}
	return listValue(strings.Split(args[0].text(), args[1].text()))
}

// literalRegexp compiles an argument that is a string: which it must be for us to
// read it once.
func literalRegexp(e syntax.Expr) (*regexp.Regexp, error) {
	s, ok := e.(*syntax.String)
	if !ok {
		return nil, unknownAt(e, "a regular expression that is no string")
	}
	re, err := compileRegexp(s.Text)
	if err != nil {
		return nil, unknownAt(e, "%v", err)
	}
	return re, nil
}

// compileMatch: true if the expression is found in any part.
func compileMatch(e *syntax.Call) (expr, error) {
	text, err := compileExpr(e.Args[0])
	if err != nil {
		return nil, err
	}
	re, err := literalRegexp(e.Args[1])
	return func(s scope) value {
		switch v := text(s); v.kind {
		case isNull:
			return s.doubt()
		case isMulti, isBool:
			s.unknown("match on several values, or on true or false")
			return null
		default:
			return boolValue(re.MatchString(v.text()))
		}
	}, err
}

// compileMVFind: the place of the first value in which the expression is found.
func compileMVFind(e *syntax.Call) (expr, error) {
	list, err := compileExpr(e.Args[0])
	if err != nil {
		return nil, err
	}
	re, err := literalRegexp(e.Args[1])
	return func(s scope) value {
		if i := slices.IndexFunc(list(s).list(), re.MatchString); i >= 0 {
			return numberValue(float64(i))
		}
		return null
	}, err
}

// compileMVFilter: the values for which a condition on the one field that it names
// is true.
func compileMVFilter(e *syntax.Call) (expr, error) {
	names := fieldNames(e.Args[0], nil)
	if len(names) != 1 {
		return nil, failAt(e, "mvfilter must name exactly one field")
	}
	condition, err := compileExpr(e.Args[0])
	return func(s scope) value {
		var kept []string
		for _, text := range s.get(names[0]).list() {
			inner := s
			inner.field, inner.value = names[0], textValue(text)
			if condition(inner).isTrue() {
				kept = append(kept, text)
			}
		}
		return listValue(kept)
	}, err
}

// fieldNames lists the fields that an expression names.
func fieldNames(e syntax.Expr, names []string) []string {
	switch e := e.(type) {
	case *syntax.Field:
		if !slices.Contains(names, e.Name) {
			names = append(names, e.Name)
		}
	case *syntax.Call:
		for _, a := range e.Args {
			names = fieldNames(a, names)
		}
	case *syntax.Binary:
		names = fieldNames(e.Right, fieldNames(e.Left, names))
	case *syntax.Unary:
		names = fieldNames(e.Of, names)
	case *syntax.InList:
		names = fieldNames(e.Of, names)
		for _, a := range e.List {
			names = fieldNames(a, names)
		}
	case *syntax.Number, *syntax.String:
	}
	return names
}

// groupReference is \1 in the text of replace.
var groupReference = regexp.MustCompile(`\\(\d)`)

func compileReplace(e *syntax.Call) (expr, error) {
	text, err := compileExpr(e.Args[0])
	if err != nil {
		return nil, err
	}
	re, err := literalRegexp(e.Args[1])
	if err != nil {
		return nil, err
	}
	with, ok := e.Args[2].(*syntax.String)
	if !ok {
		return nil, unknownAt(e, "replace by what is no string")
	}
	template := groupReference.ReplaceAllString(strings.ReplaceAll(with.Text, "$", "$$"), "$${$1}")
	apply := onText(func(s string) value { return textValue(re.ReplaceAllString(s, template)) })
	return func(s scope) value { return apply(s, []value{text(s)}) }, nil
}

// compileSearchMatch gives the meaning of search inside an expression. It is no
// first search.
func compileSearchMatch(e *syntax.Call) (expr, error) {
	text, ok := e.Args[0].(*syntax.String)
	if !ok {
		return nil, unknownAt(e, "searchmatch of what is no string")
	}
	q, err := syntax.Parse(text.Text)
	if err != nil {
		return nil, unknownAt(e, "searchmatch of %q: %v", text.Text, err)
	}
	search, ok := q.Commands[0].(*syntax.SearchCommand)
	if !ok || len(q.Commands) != 1 {
		return nil, unknownAt(e, "searchmatch of several commands")
	}
	is, err := compileTerm(search.Term)
	return func(s scope) value {
		inner := *s.run
		inner.first = false
		return boolValue(is(&inner, s.event))
	}, err
}

// compileCIDRMatch: a text that is no address is in no network.
func compileCIDRMatch(e *syntax.Call) (expr, error) {
	network, ok := e.Args[0].(*syntax.String)
	if !ok {
		return nil, unknownAt(e, "cidrmatch with a network that is no string")
	}
	prefix, err := netip.ParsePrefix(network.Text)
	if err != nil {
		return nil, unknownAt(e, "the network %q", network.Text)
	}
	text, err := compileExpr(e.Args[1])
	return func(s scope) value {
		switch v := text(s); v.kind {
		case isNull:
			return s.doubt()
		case isMulti:
			s.unknown("cidrmatch on several values")
			return null
		default:
			return boolValue(inNetwork(prefix, v.text()))
		}
	}, err
}

func compileIf(e *syntax.Call) (expr, error) {
	args, err := compileEach(e.Args, compileExpr)
	return func(s scope) value {
		if s.truth(args[0](s)).isTrue() {
			return args[1](s)
		}
		return args[2](s)
	}, err
}

func compileCase(e *syntax.Call) (expr, error) {
	if len(e.Args)%2 != 0 {
		return nil, failAt(e, "case takes pairs of a condition and a value")
	}
	args, err := compileEach(e.Args, compileExpr)
	return func(s scope) value {
		for i := 0; i < len(args); i += 2 {
			if s.truth(args[i](s)).isTrue() {
				return args[i+1](s)
			}
		}
		return null
	}, err
}

// literalText gives an argument that must be a string.
func literalText(e *syntax.Call, i int) (string, error) {
	if s, ok := e.Args[i].(*syntax.String); ok {
		return s.Text, nil
	}
	return "", unknownAt(e, "%s with an argument that is no string", e.Name)
}

func errorAt(e *syntax.Call, err error) error {
	return unknownAt(e, "%s: %v", e.Name, fmt.Sprint(err))
}
