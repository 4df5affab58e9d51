package elastic

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"strings"
	"unicode/utf16"

	"sigmatic/evaluator/dialect"
	"sigmatic/parser/query/lucene"
)

// maxRegexp is index.max_regex_length, in UTF-16 code units.
const maxRegexp = 1000

// ValueError says that a field of its type cannot be asked about a value. A
// lenient query selects nothing then.
type ValueError struct{ Detail string }

// Error gives the reason.
func (e *ValueError) Error() string { return e.Detail }

// UnknownError says that this package does not know what Elasticsearch does.
type UnknownError struct{ Detail string }

// Error gives the reason.
func (e *UnknownError) Error() string { return e.Detail }

func badValue(format string, args ...any) error { return &ValueError{fmt.Sprintf(format, args...)} }

func unknown(format string, args ...any) error { return &UnknownError{fmt.Sprintf(format, args...)} }

// None is the empty set of documents.
func (ix *Index) None() Bits { return NewBits(ix.Len()) }

// All is the set of all documents.
func (ix *Index) All() Bits {
	b := ix.None()
	b.Not()
	return b
}

// where selects the documents that have a value for which test holds.
func (ix *Index) where(f *Field, test func(any) bool) Bits {
	out := ix.None()
	for doc, values := range f.values {
		for _, v := range values {
			if test(v) {
				out.Set(doc)
				break
			}
		}
	}
	return out
}

// whereTerm is where for a keyword field, and asks about each term once.
func (ix *Index) whereTerm(f *Field, test func(string) bool) Bits {
	out := ix.None()
	for term, docs := range f.terms {
		if test(term) {
			for _, doc := range docs {
				out.Set(doc)
			}
		}
	}
	return out
}

// Exists selects the documents that have a field, or one below an object.
func (ix *Index) Exists(name string) Bits {
	out := ix.None()
	if f := ix.fields[name]; f != nil {
		return ix.where(f, func(any) bool { return true })
	}
	for _, f := range ix.fields {
		if strings.HasPrefix(f.Name, name+".") {
			out.Or(ix.where(f, func(any) bool { return true }))
		}
	}
	return out
}

// Term is the term query, and what match and match_phrase make of a field that
// is not analyzed. A field that is not mapped selects nothing.
func (ix *Index) Term(name, text string, ignoreCase bool) (Bits, error) {
	f := ix.fields[name]
	if f == nil {
		return ix.None(), nil
	}
	switch f.Type {
	case dialect.Keyword:
		if ignoreCase {
			m := NewPattern(lucene.Pattern{{Text: text}}, true)
			if text == "" {
				m = NewPattern(nil, false)
			}
			return ix.whereTerm(f, m.Match), nil
		}
		out := ix.None()
		for _, doc := range f.terms[text] {
			out.Set(doc)
		}
		return out, nil
	case dialect.IP:
		return ix.termIP(f, text)
	case dialect.Long:
		return ix.termLong(f, text)
	case dialect.Double:
		d, ok := ParseDouble(text)
		if !ok || math.IsInf(d, 0) || math.IsNaN(d) {
			return Bits{}, badValue("%q is no finite number, which the field %q holds", text, name)
		}
		return ix.where(f, func(v any) bool { return CompareDoubles(v.(float64), d) == 0 }), nil
	case dialect.Boolean:
		b, ok := ParseBoolean(text)
		if !ok {
			return Bits{}, badValue("cannot read %q as a boolean, which the field %q holds", text, name)
		}
		return ix.where(f, func(v any) bool { return v == b }), nil
	case dialect.Date:
		return ix.Range(name, Range{Low: text, High: text, HasLow: true, HasHigh: true, IncludeLow: true, IncludeHigh: true})
	case dialect.Text:
	}
	return Bits{}, unknown("a search for words in the text field %q", name)
}

func (ix *Index) termIP(f *Field, text string) (Bits, error) {
	if strings.Contains(text, "/") {
		lo, hi, ok := ParseNetwork(text)
		if !ok {
			return Bits{}, badValue("%q is no network", text)
		}
		return ix.where(f, func(v any) bool {
			a := v.(netip.Addr)
			return lo.Compare(a) <= 0 && a.Compare(hi) <= 0
		}), nil
	}
	want, ok := ParseIP(text)
	if !ok {
		return Bits{}, badValue("%q is no address", text)
	}
	return ix.where(f, func(v any) bool { return v == want }), nil
}

// termLong selects nothing for a fraction, or beyond the range of a long.
func (ix *Index) termLong(f *Field, text string) (Bits, error) {
	d, ok := ParseDouble(text)
	if !ok {
		return Bits{}, badValue("%q is no number, which the field %q holds", text, f.Name)
	}
	if math.Mod(d, 1) != 0 {
		return ix.None(), nil
	}
	n, ok := coerceLong(text)
	if !ok {
		if _, exact := parseDecimal(text); !exact {
			return Bits{}, badValue("%q is no number, which the field %q holds", text, f.Name)
		}
		return ix.None(), nil
	}
	return ix.where(f, func(v any) bool { return v == n }), nil
}

// Wildcard is the wildcard query.
func (ix *Index) Wildcard(name string, p lucene.Pattern, ignoreCase bool) (Bits, error) {
	f := ix.fields[name]
	switch {
	case f == nil:
		return ix.None(), nil
	case f.Type == dialect.Text:
		return Bits{}, unknown("a search for words in the text field %q", name)
	case f.Type != dialect.Keyword:
		return Bits{}, badValue("the field %q is of type %s and takes no wildcards", name, f.Type)
	}
	return ix.whereTerm(f, NewPattern(p, ignoreCase).Match), nil
}

// Regexp is the regexp query.
func (ix *Index) Regexp(name, text string) (Bits, error) {
	f := ix.fields[name]
	switch {
	case f == nil:
		return ix.None(), nil
	case f.Type == dialect.Text:
		return Bits{}, unknown("a search for words in the text field %q", name)
	case f.Type != dialect.Keyword:
		return Bits{}, badValue("the field %q is of type %s and takes no regular expression", name, f.Type)
	case Units(text) > maxRegexp:
		return Bits{}, badValue("a regular expression of %d characters, the index allows %d", Units(text), maxRegexp)
	}
	re, err := lucene.ParseQueryRegexp(text)
	var unsupported *lucene.UnsupportedError
	switch {
	case errors.As(err, &unsupported):
		return Bits{}, unknown("%s", err)
	case err != nil:
		return Bits{}, badValue("%s", err)
	}
	m := NewRegexp(re)
	if m.tooComplex(re) {
		return Bits{}, unknown("whether Lucene can run the expression /%s/", text)
	}
	return ix.whereTerm(f, m.Match), nil
}

// Units is the length of a text in UTF-16 code units, as Java counts it.
func Units(text string) int {
	n := 0
	for _, r := range text {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// Range is an interval of values. A bound that is absent does not count.
type Range struct {
	Low, High               string
	HasLow, HasHigh         bool
	IncludeLow, IncludeHigh bool
}

// Range is the range query. Keywords are in the order of their bytes.
func (ix *Index) Range(name string, r Range) (Bits, error) {
	f := ix.fields[name]
	if f == nil {
		return ix.None(), nil
	}
	switch f.Type {
	case dialect.Keyword:
		return ix.whereTerm(f, func(term string) bool {
			return r.admits(strings.Compare(term, r.Low), strings.Compare(term, r.High))
		}), nil
	case dialect.Long:
		return ix.rangeLong(f, r)
	case dialect.Double:
		return rangeOf(ix, f, r, func(text string) (any, bool) {
			d, ok := ParseDouble(text)
			return d, ok && !math.IsInf(d, 0) && !math.IsNaN(d)
		})
	case dialect.IP:
		return rangeOf(ix, f, r, ParseIP)
	case dialect.Date:
		return ix.rangeDate(f, r)
	case dialect.Boolean, dialect.Text:
	}
	return Bits{}, unknown("a range over the field %q of type %s", name, f.Type)
}

// admits judges a value by its order to the bounds.
func (r Range) admits(low, high int) bool {
	return (!r.HasLow || low > 0 || low == 0 && r.IncludeLow) && (!r.HasHigh || high < 0 || high == 0 && r.IncludeHigh)
}

func rangeOf(ix *Index, f *Field, r Range, parse func(string) (any, bool)) (Bits, error) {
	var low, high any
	for _, b := range []struct {
		has  bool
		text string
		to   *any
	}{{r.HasLow, r.Low, &low}, {r.HasHigh, r.High, &high}} {
		if !b.has {
			continue
		}
		v, ok := parse(b.text)
		if !ok {
			return Bits{}, badValue("%q is no value for the field %q of type %s", b.text, f.Name, f.Type)
		}
		*b.to = v
	}
	return ix.where(f, func(v any) bool {
		toLow, toHigh := 0, 0
		if r.HasLow {
			toLow = compareIndexed(v, low)
		}
		if r.HasHigh {
			toHigh = compareIndexed(v, high)
		}
		return r.admits(toLow, toHigh)
	}), nil
}

func compareIndexed(a, b any) int {
	if d, ok := a.(float64); ok {
		return CompareDoubles(d, b.(float64))
	}
	return Compare(a, b)
}

// rangeLong compares with the exact bounds, so that a fraction lies between two
// values.
func (ix *Index) rangeLong(f *Field, r Range) (Bits, error) {
	var low, high *big.Rat
	for _, b := range []struct {
		has  bool
		text string
		to   **big.Rat
	}{{r.HasLow, r.Low, &low}, {r.HasHigh, r.High, &high}} {
		if !b.has {
			continue
		}
		v, ok := parseDecimal(b.text)
		if !ok {
			return Bits{}, badValue("%q is no number, which the field %q holds", b.text, f.Name)
		}
		if _, fits := coerceLong(b.text); !fits {
			return Bits{}, badValue("%q is beyond the range of a long, which the field %q holds", b.text, f.Name)
		}
		*b.to = v
	}
	return ix.where(f, func(v any) bool {
		n := new(big.Rat).SetInt64(v.(int64))
		toLow, toHigh := 0, 0
		if low != nil {
			toLow = n.Cmp(low)
		}
		if high != nil {
			toHigh = n.Cmp(high)
		}
		return r.admits(toLow, toHigh)
	}), nil
}

// rangeDate rounds short forms: the bounds of a day that is included are in it.
func (ix *Index) rangeDate(f *Field, r Range) (Bits, error) {
	parse := func(text string, roundUp bool) (int64, error) {
		if strings.Contains(text, "now") || strings.Contains(text, "||") {
			return 0, unknown("date math (%q), which needs a clock", text)
		}
		return ParseDate(text, roundUp)
	}
	var low, high int64
	var err error
	if r.HasLow {
		if low, err = parse(r.Low, !r.IncludeLow); err != nil {
			return Bits{}, err
		}
	}
	if r.HasHigh {
		if high, err = parse(r.High, r.IncludeHigh); err != nil {
			return Bits{}, err
		}
	}
	return ix.where(f, func(v any) bool { return r.admits(Compare(v, low), Compare(v, high)) }), nil
}

// CompareDoubles orders doubles as the index does, which puts -0 before 0.
func CompareDoubles(a, b float64) int {
	if a == 0 && b == 0 {
		return Compare(!math.Signbit(a), !math.Signbit(b))
	}
	return cmp.Compare(a, b)
}
