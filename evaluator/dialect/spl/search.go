package spl

import (
	"net/netip"
	"slices"
	"strings"

	syntax "sigmatic/parser/query/spl"
)

// term is a compiled condition of search.
type term func(r *run, e *event) bool

// compileSearch compiles the command. In the first search, index=… and sourcetype=…
// say where events are.
func compileSearch(c *syntax.SearchCommand) (stage, error) {
	list := []syntax.Term{c.Term}
	if and, ok := c.Term.(*syntax.And); ok {
		list = and.List
	}
	var terms []term
	for _, t := range list {
		is, err := compileTerm(t)
		if err != nil {
			return nil, err
		}
		if cmp, ok := t.(*syntax.Compare); ok && cmp.Op == syntax.Equal && (cmp.Field == "index" || cmp.Field == "sourcetype") {
			is = orElsewhere(cmp.Field, is)
		}
		terms = append(terms, is)
	}
	return keep(func(r *run, e *event) bool {
		for _, is := range terms {
			if !is(r, e) {
				return false
			}
		}
		return true
	}), nil
}

func orElsewhere(field string, is term) term {
	return func(r *run, e *event) bool { return r.first && !r.store.fields[field] || is(r, e) }
}

// keep makes a command that keeps events.
func keep(is func(*run, *event) bool) stage {
	return func(r *run) {
		var kept []*event
		for _, e := range r.events {
			if is(r, e) {
				kept = append(kept, e)
			}
		}
		r.events = kept
	}
}

func compileTerm(t syntax.Term) (term, error) {
	switch t := t.(type) {
	case *syntax.And:
		list, err := compileEach(t.List, compileTerm)
		return func(r *run, e *event) bool {
			return !slices.ContainsFunc(list, func(is term) bool { return !is(r, e) })
		}, err
	case *syntax.Or:
		list, err := compileEach(t.List, compileTerm)
		return func(r *run, e *event) bool {
			return slices.ContainsFunc(list, func(is term) bool { return is(r, e) })
		}, err
	case *syntax.Not:
		of, err := compileTerm(t.Of)
		return func(r *run, e *event) bool { return !of(r, e) }, err
	case *syntax.Keyword:
		return compileKeyword(t)
	case *syntax.Compare:
		return compileCompare(t)
	case *syntax.In:
		return compileIn(t)
	}
	return nil, unknownAt(t, "a term of an unknown kind")
}

// pattern is a value of search: texts with any run between them.
type pattern struct {
	pieces []string // in lower case unless cased
	cased  bool
	// unsure says that the index may not lead to the events, see miss.
	unsure bool
}

func newPattern(v syntax.Value) pattern {
	p := pattern{cased: v.Cased}
	text := v.Text
	if !p.cased {
		text = lowerASCII(text)
	}
	p.pieces = strings.Split(text, "*")
	p.unsure = strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`"<>&`, r) })
	return p
}

func lowerASCII(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for j := range b {
				if 'A' <= b[j] && b[j] <= 'Z' {
					b[j] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// match compares a whole value (§1.3, §1.4).
func (p pattern) match(s string) bool {
	if !p.cased {
		s = lowerASCII(s)
	}
	first, last := p.pieces[0], p.pieces[len(p.pieces)-1]
	if len(p.pieces) == 1 {
		return s == first
	}
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, piece := range p.pieces[1 : len(p.pieces)-1] {
		i := strings.Index(s, piece)
		if i < 0 {
			return false
		}
		s = s[i+len(piece):]
	}
	return true
}

// isAny finds the lone *.
func (p pattern) isAny() bool {
	return !slices.ContainsFunc(p.pieces, func(s string) bool { return s != "" })
}

// miss reports whether a first search may fail to find a value that matches: the
// index holds words in the spelling of the event's text, so that a wildcard between
// them, and characters that JSON may escape, need not lead there (§1.4, §1.7). A lone
// * may not find an empty value (§1.2).
func (p pattern) miss(r *run, s string) bool {
	switch {
	case r.sure():
		return false
	case p.isAny():
		return s == ""
	case !r.first:
		return false
	case p.unsure:
		return true
	}
	inner := false
	for i, piece := range p.pieces {
		inner = inner || i > 0 && piece != "" && slices.ContainsFunc(p.pieces[:i], func(s string) bool { return s != "" })
	}
	return inner && strings.ContainsFunc(s, isBreaker)
}

// isBreaker finds the characters between the words of an index (§1.7).
func isBreaker(r rune) bool { return strings.ContainsRune("[]<>(){}|!;,'\"*\n\r \t&?+/:=@.-$#%\\_", r) }

func (p pattern) finds(r *run, s string) bool { return p.match(s) && !p.miss(r, s) }

// anyText asks for one of an event's values.
func anyText(field string, is func(r *run, s string) bool) term {
	return func(r *run, e *event) bool {
		for _, s := range e.get(field).list() {
			if is(r, s) {
				return true
			}
		}
		return false
	}
}

func compileCompare(t *syntax.Compare) (term, error) {
	if t.Value.Text == "" {
		return nil, unknownAt(t, "a comparison with the empty text")
	}
	switch t.Op {
	case syntax.Equal:
		return equals(t.Field, t.Value), nil
	case syntax.NotEqual: // has a value, and none is equal (§6, ruling 2)
		is := equals(t.Field, t.Value)
		return func(r *run, e *event) bool { return e.get(t.Field).kind != isNull && !is(r, e) }, nil
	case syntax.Less, syntax.LessOrEqual, syntax.Greater, syntax.GreaterOrEqual:
	}
	if strings.Contains(t.Value.Text, "*") || t.Value.Cased {
		return nil, unknownAt(t, "an order relation with a wildcard or CASE")
	}
	bound := textValue(t.Value.Text)
	return anyText(t.Field, func(_ *run, s string) bool {
		order := compareMixed(textValue(s), bound)
		switch t.Op {
		case syntax.Less:
			return order < 0
		case syntax.LessOrEqual:
			return order <= 0
		case syntax.Greater:
			return order > 0
		case syntax.GreaterOrEqual:
			return order >= 0
		case syntax.Equal, syntax.NotEqual:
		}
		return false
	}), nil
}

// compareMixed orders numbers by size if both are one, otherwise texts (§1.3).
func compareMixed(a, b value) int {
	x, okX := a.asNumber()
	y, okY := b.asNumber()
	if okX && okY {
		return compareFloats(x, y)
	}
	return strings.Compare(a.text(), b.text())
}

// equals compares with a text, or, if it has the shape of a network, with that
// alone (§1.6).
func equals(field string, v syntax.Value) term {
	if prefix, ok := asNetwork(v); ok {
		return anyText(field, func(_ *run, s string) bool { return inNetwork(prefix, s) })
	}
	p := newPattern(v)
	return anyText(field, p.finds)
}

func asNetwork(v syntax.Value) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(v.Text)
	return prefix, err == nil && !v.Cased
}

func inNetwork(prefix netip.Prefix, s string) bool {
	addr, err := netip.ParseAddr(s)
	return err == nil && prefix.Contains(addr)
}

func compileIn(t *syntax.In) (term, error) {
	var list []term
	for _, v := range t.Values {
		if v.Text == "" {
			return nil, unknownAt(t, "a comparison with the empty text")
		}
		if _, ok := asNetwork(v); ok {
			return nil, unknownAt(t, "the network %s in IN", v.Text)
		}
		list = append(list, equals(t.Field, v))
	}
	return func(r *run, e *event) bool {
		return slices.ContainsFunc(list, func(is term) bool { return is(r, e) })
	}, nil
}

// compileKeyword looks into the words of the event's text (§1.7). A lone * is every
// event (§1.1).
func compileKeyword(t *syntax.Keyword) (term, error) {
	p := newPattern(t.Value)
	if p.isAny() && !t.AsTerm && t.Value.Text != "" {
		return func(*run, *event) bool { return true }, nil
	}
	if t.AsTerm || t.Written || p.unsure || strings.ContainsFunc(strings.ReplaceAll(t.Value.Text, "*", ""), isBreaker) {
		return nil, unknownAt(t, "a keyword that is not one word")
	}
	return func(r *run, e *event) bool {
		for word := range strings.FieldsFuncSeq(e.get("_raw").text(), isBreaker) {
			if p.finds(r, word) {
				return true
			}
		}
		return false
	}, nil
}
