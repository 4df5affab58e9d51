package logsql

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	syntax "sigmatic/parser/query/logsql"
)

// filter marks the rows of a block that it selects.
type filter interface {
	apply(b *block) rows
	// needs gives the words that a block must have in columns, lest it be left out
	// without being looked at.
	needs() map[string][]string
}

// leaf is a filter on one column.
type leaf struct {
	field string
	// missing says whether the filter selects rows of a block without the column.
	missing bool
	test    func(c *column) rows
	words   []string
}

func (l *leaf) apply(b *block) rows {
	c := b.columns[l.field]
	if c == nil {
		return b.all(l.missing)
	}
	return l.test(c)
}

func (l *leaf) needs() map[string][]string {
	if len(l.words) == 0 {
		return nil
	}
	return map[string][]string{l.field: l.words}
}

// sameValue is a filter on two columns.
type sameValue struct{ field, other string }

func (s *sameValue) apply(b *block) rows {
	c, other := b.columns[s.field], b.columns[s.other]
	out := make(rows, b.rows())
	for i := range out {
		out[i] = c.at(i) == other.at(i)
	}
	return out
}

func (*sameValue) needs() map[string][]string { return nil }

// at gives the value of a row, "" in a block without the column.
func (c *column) at(i int) string {
	if c == nil {
		return ""
	}
	return c.values[i]
}

type everything struct{}

func (everything) apply(b *block) rows        { return b.all(true) }
func (everything) needs() map[string][]string { return nil }

type not struct{ of filter }

func (n not) apply(b *block) rows {
	out := n.of.apply(b)
	for i := range out {
		out[i] = !out[i]
	}
	return out
}

func (not) needs() map[string][]string { return nil }

// and selects what all of its filters do. It looks for their words first.
type and struct {
	list []filter
	need map[string][]string
}

func newAnd(list []filter) and {
	need := map[string][]string{}
	for _, f := range list {
		for field, words := range f.needs() {
			need[field] = append(need[field], words...)
		}
	}
	return and{list, need}
}

func (a and) needs() map[string][]string { return a.need }

func (a and) apply(b *block) rows {
	for field, words := range a.need {
		if !b.mayHave(field, words) {
			return b.all(false)
		}
	}
	out := a.list[0].apply(b)
	for _, f := range a.list[1:] {
		if !slices.Contains(out, true) {
			break
		}
		for i, is := range f.apply(b) {
			out[i] = out[i] && is
		}
	}
	return out
}

// or selects what one of its filters does. It looks for the words that they share
// first.
type or struct {
	list []filter
	need map[string][]string
}

func newOr(list []filter) or {
	o := or{list: list}
	for i, f := range list {
		switch f.(type) {
		case *leaf, and, or:
		default:
			return or{list: list}
		}
		if needs := f.needs(); i == 0 {
			o.need = maps.Clone(needs)
		} else {
			shareWords(o.need, needs)
		}
	}
	return o
}

// shareWords leaves the words that both have.
func shareWords(common, other map[string][]string) {
	for field, list := range common {
		common[field] = slices.DeleteFunc(slices.Clone(list), func(w string) bool { return !slices.Contains(other[field], w) })
		if len(common[field]) == 0 {
			delete(common, field)
		}
	}
}

func (o or) needs() map[string][]string { return o.need }

func (o or) apply(b *block) rows {
	one := len(o.need) == 0
	for field, words := range o.need {
		one = one || b.mayHave(field, words)
	}
	if !one {
		return b.all(false)
	}
	out := o.list[0].apply(b)
	for _, f := range o.list[1:] {
		if !slices.Contains(out, false) {
			break
		}
		for i, is := range f.apply(b) {
			out[i] = out[i] || is
		}
	}
	return out
}

// mayHave asks a column for words before any filter is run on it. Here columns of
// few values are asked as well.
func (b *block) mayHave(field string, list []string) bool {
	c := b.columns[field]
	if c == nil {
		return false
	}
	return c.mayHave(list)
}

// compiler turns the syntax of filters into filters.
type compiler struct {
	// query says that a lone * is every event, even one without a message: it is in
	// the query's own filter.
	query bool
	// top says that the filter must hold for every event of the result.
	top bool
}

// below compiles what an alternative or a negation is made of.
func (c compiler) below() compiler { return compiler{query: c.query} }

func (c compiler) compile(f syntax.Filter) (filter, error) {
	switch f := f.(type) {
	case *syntax.And:
		list, err := c.list(f.List)
		if err != nil {
			return nil, err
		}
		return newAnd(list), nil
	case *syntax.Or:
		list, err := c.below().list(f.List)
		if err != nil {
			return nil, err
		}
		return newOr(list), nil
	case *syntax.Not:
		of, err := c.below().compile(f.Of)
		return not{of}, err
	case *syntax.Phrase:
		return phraseFilter(f), nil
	case *syntax.Prefix:
		if c.query && f.Field == syntax.MessageField && f.Text == "" && !f.AnyCase {
			return everything{}, nil
		}
		return prefixFilter(f), nil
	case *syntax.Exact:
		if f.Open {
			return exactPrefixFilter(f), nil
		}
		return exactFilter(f), nil
	case *syntax.Regexp:
		return c.regexpFilter(f)
	case *syntax.In:
		if len(f.Values) == 1 && f.Values[0] == "*" {
			return everything{}, nil
		}
		return inFilter(f), nil
	case *syntax.Sequence:
		return sequenceFilter(f), nil
	case *syntax.Compare:
		return compareFilter(f), nil
	case *syntax.Range:
		return rangeFilter(f)
	case *syntax.StringRange:
		return stringRangeFilter(f.Field, f.Low, f.High), nil
	case *syntax.IPv4Range:
		return ipv4Filter(f)
	case *syntax.FieldCompare:
		if f.Relation == syntax.EqField {
			return &sameValue{f.Field, f.Other}, nil
		}
		return nil, unknownFilter(f)
	case *syntax.Stream:
		if c.top {
			return everything{}, nil // documents are taken to be in it
		}
		return nil, unknownFilter(f)
	case *syntax.LenRange, *syntax.Contains:
		return nil, unknownFilter(f)
	}
	panic(fmt.Sprintf("logsql: unknown filter %T", f))
}

// unknownFilter refuses a filter that the language has and no backend prints.
func unknownFilter(f syntax.Filter) error {
	name := "len_range"
	switch f := f.(type) {
	case *syntax.FieldCompare:
		name = string(f.Relation)
	case *syntax.Contains:
		name = "contains_any or contains_all"
	case *syntax.Stream:
		name = f.Text + ", which not every event must pass"
	}
	return &syntax.Error{Offset: f.Start(), Unknown: true, Detail: "the filter " + name}
}

func (c compiler) list(list []syntax.Filter) ([]filter, error) {
	out := make([]filter, len(list))
	for i, f := range list {
		var err error
		if out[i], err = c.compile(f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// exactRows marks the rows of a column that are a text: of numbers, those with the
// number that the text is. ok is false for columns of texts.
func exactRows(c *column, text string, needed []string) (out rows, ok bool) {
	switch c.kind {
	case kindText, kindConst, kindDict:
		return nil, false
	case kindUint:
		if n, ok := parseUint(text); ok && c.mayHave(needed) {
			return equal(c.uints, n), true
		}
	case kindInt:
		if n, ok := parseInt(text); ok && c.mayHave(needed) {
			return equal(c.ints, n), true
		}
	case kindFloat:
		if n, ok := parseFloat(text, true); ok && c.mayHave(needed) {
			return equalFloat(c.floats, n), true
		}
	case kindIPv4:
		if n, ok := parseIPv4(text); ok && c.mayHave(needed) {
			return equal(c.uints, uint64(n)), true
		}
	case kindTime:
		if n, ok := parseStoredTime(text); ok && c.mayHave(needed) {
			return equal(c.ints, n), true
		}
	}
	return c.none(), true
}

// equalFloat tells 0 from -0: what is compared is how they are stored.
func equalFloat(values []float64, want float64) rows {
	out := make(rows, len(values))
	for i, v := range values {
		out[i] = math.Float64bits(v) == math.Float64bits(want)
	}
	return out
}

// eachIn is each behind the block's filter of words.
func (c *column) eachIn(needed []string, match func(string) bool) rows {
	if c.kind != kindConst && c.kind != kindDict && !c.mayHave(needed) {
		return c.none()
	}
	return c.each(match)
}

func exactFilter(f *syntax.Exact) filter {
	needed := words(f.Text)
	return &leaf{field: f.Field, missing: f.Text == "", words: needed, test: func(c *column) rows {
		if out, ok := exactRows(c, f.Text, needed); ok {
			return out
		}
		return c.eachIn(needed, func(v string) bool { return v == f.Text })
	}}
}

func inFilter(f *syntax.In) filter {
	set := map[string]bool{}
	for _, v := range f.Values {
		set[v] = true
	}
	return &leaf{field: f.Field, missing: set[""], test: func(c *column) rows {
		if c.kind == kindText || c.kind == kindConst || c.kind == kindDict {
			return c.each(func(v string) bool { return set[v] })
		}
		out, one := c.none(), false
		for _, v := range f.Values {
			one = one || c.mayHave(words(v))
			list, _ := exactRows(c, v, nil)
			for i, is := range list {
				out[i] = out[i] || is
			}
		}
		if !one {
			return c.none()
		}
		return out
	}}
}

// withoutLastWord drops the word that a prefix ends in, which may go on.
func withoutLastWord(s string) []string {
	return words(strings.TrimRightFunc(s, syntax.IsWordRune))
}

// mayBegin reports whether a column of integers is searched for a prefix at all:
// that must be an integer itself, and not beyond the largest (or, with a sign, the
// least), so that 9 is not found at the beginning of 10 to 95.
func (c *column) mayBegin(prefix string) bool {
	if c.kind == kindUint {
		n, ok := parseUint(prefix)
		return ok && n <= slices.Max(c.uints)
	}
	n, ok := parseInt(prefix)
	return prefix == "-" || ok && slices.Min(c.ints) <= n && n <= slices.Max(c.ints)
}

func exactPrefixFilter(f *syntax.Exact) filter {
	needed := withoutLastWord(f.Text)
	hasPrefix := func(v string) bool { return strings.HasPrefix(v, f.Text) }
	return &leaf{field: f.Field, missing: f.Text == "", words: needed, test: func(c *column) rows {
		switch {
		case c.isResult():
			return c.search(f.Text, hasPrefix)
		case f.Text == "":
			return c.each(hasPrefix)
		}
		switch c.kind {
		case kindUint, kindInt:
			if len(needed) > 0 || !c.mayBegin(f.Text) {
				return c.none()
			}
		case kindFloat:
			if len(needed) > 2 {
				return c.none()
			}
		case kindIPv4, kindTime:
			if f.Text < "0" || f.Text > "9" || c.kind == kindIPv4 && len(needed) > 3 {
				return c.none()
			}
		case kindText, kindConst, kindDict:
		}
		return c.eachIn(needed, hasPrefix)
	}}
}

// phrasePlace finds text at word borders: where it begins or ends with a word, it
// is not part of a longer one. It is -1 if it is not there.
func phrasePlace(s, text string, open bool) int {
	first, last := firstRune(text), lastRune(text)
	for at := 0; ; at++ {
		i := strings.Index(s[at:], text)
		if i < 0 {
			return -1
		}
		at += i
		before, behind := lastRune(s[:at]), firstRune(s[at+len(text):])
		if isBorder(first, before) && (open || isBorder(last, behind)) {
			return at
		}
	}
}

// noRune stands at the ends of a text.
const noRune = rune(-1)

func firstRune(s string) rune {
	if s == "" {
		return noRune
	}
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func lastRune(s string) rune {
	if s == "" {
		return noRune
	}
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

// isBorder reports whether a word ends between two characters, or there is none.
// A byte that is no UTF-8 borders on nothing.
func isBorder(inner, outer rune) bool {
	return !syntax.IsWordRune(inner) || outer == noRune || outer != unicode.ReplacementChar && !syntax.IsWordRune(outer)
}

// matchPhrase and matchPrefix are what the filters ask of a text.
func matchPhrase(s, text string) bool {
	if text == "" {
		return s == ""
	}
	return phrasePlace(s, text, false) >= 0
}

func matchPrefix(s, text string) bool {
	if text == "" {
		return s != ""
	}
	return phrasePlace(s, text, true) >= 0
}

// anyCase makes a test of lower-case texts. Texts shorter in bytes than what is
// looked for are not lower-cased.
func anyCase(match func(s, text string) bool) func(s, text string) bool {
	return func(s, text string) bool {
		if text == "" {
			return match(s, "")
		}
		return len(text) <= len(s) && match(strings.Map(unicode.ToLower, s), text)
	}
}

func phraseFilter(f *syntax.Phrase) filter {
	text, match := f.Text, matchPhrase
	l := &leaf{field: f.Field, missing: text == ""}
	needed := words(f.Text)
	if f.AnyCase {
		text, match = strings.ToLower(text), anyCase(matchPhrase)
	} else {
		l.words = needed
	}
	l.test = func(c *column) rows { return phraseRows(c, f, text, needed, match) }
	return l
}

// phraseRows: in a column of numbers a phrase is the number, of floats also a
// piece of its text.
func phraseRows(c *column, f *syntax.Phrase, text string, needed []string, match func(s, text string) bool) rows {
	if c.isResult() {
		return c.search(text, func(v string) bool { return match(v, text) })
	}
	switch c.kind {
	case kindUint, kindInt:
		out, _ := exactRows(c, text, needed)
		return out
	case kindFloat:
		return floatPhrase(c, text, needed)
	case kindIPv4:
		if _, ok := parseIPv4(text); ok {
			out, _ := exactRows(c, text, needed)
			return out
		}
		return c.eachIn(needed, func(v string) bool { return matchPhrase(v, text) })
	case kindTime:
		if f.AnyCase {
			text = strings.ToUpper(f.Text)
			needed = words(text)
		}
		if _, ok := parseStoredTime(text); ok {
			out, _ := exactRows(c, text, needed)
			return out
		}
		return c.eachIn(needed, func(v string) bool { return matchPhrase(v, text) })
	case kindText:
		if f.AnyCase {
			needed = nil
		}
	case kindConst, kindDict:
	}
	return c.eachIn(needed, func(v string) bool { return match(v, text) })
}

func floatPhrase(c *column, text string, needed []string) rows {
	if _, ok := parseFloat(text, true); !ok && text != "." && text != "+" && text != "-" {
		return c.none()
	}
	if i := strings.IndexByte(text, '.'); i > 0 && i < len(text)-1 {
		out, _ := exactRows(c, text, needed)
		return out
	}
	return c.eachIn(needed, func(v string) bool { return matchPhrase(v, text) })
}

func prefixFilter(f *syntax.Prefix) filter {
	text, match := f.Text, matchPrefix
	l := &leaf{field: f.Field}
	needed := withoutLastWord(f.Text)
	if f.AnyCase {
		text, match = strings.ToLower(text), anyCase(matchPrefix)
	} else {
		l.words = needed
	}
	l.test = func(c *column) rows { return prefixRows(c, f, text, needed, match) }
	return l
}

func prefixRows(c *column, f *syntax.Prefix, text string, needed []string, match func(s, text string) bool) rows {
	switch {
	case c.isResult():
		return c.search(text, func(v string) bool { return match(v, text) })
	case text == "":
		return c.each(func(v string) bool { return v != "" })
	}
	switch c.kind {
	case kindUint, kindInt:
		if !c.mayBegin(text) {
			return c.none()
		}
		return c.each(func(v string) bool { return matchPrefix(v, text) })
	case kindFloat:
		if _, ok := parseFloat(text, true); !ok && !slices.Contains([]string{".", "+", "-"}, text) && text[0]|0x20 != 'e' {
			return c.none()
		}
		return c.eachIn(needed, func(v string) bool { return matchPrefix(v, text) })
	case kindTime:
		if f.AnyCase {
			text = strings.ToUpper(f.Text)
			needed = withoutLastWord(text)
		}
		return c.eachIn(needed, func(v string) bool { return matchPrefix(v, text) })
	case kindIPv4:
		return c.eachIn(needed, func(v string) bool { return matchPrefix(v, text) })
	case kindText:
		if f.AnyCase {
			needed = nil
		}
	case kindConst, kindDict:
	}
	return c.eachIn(needed, func(v string) bool { return match(v, text) })
}

func sequenceFilter(f *syntax.Sequence) filter {
	phrases := slices.DeleteFunc(slices.Clone(f.Phrases), func(p string) bool { return p == "" })
	if len(phrases) == 0 {
		return everything{}
	}
	needed := words(strings.Join(phrases, " "))
	match := func(s string) bool {
		for _, p := range phrases {
			i := phrasePlace(s, p, false)
			if i < 0 {
				return false
			}
			s = s[i+len(p):]
		}
		return true
	}
	return &leaf{field: f.Field, words: needed, test: func(c *column) rows {
		if c.isResult() {
			return c.search("", match)
		}
		switch c.kind {
		case kindUint, kindInt:
			if len(phrases) > 1 {
				return c.none()
			}
			out, _ := exactRows(c, phrases[0], needed)
			return out
		case kindIPv4, kindTime:
			if len(phrases) == 1 {
				return phraseRows(c, &syntax.Phrase{}, phrases[0], needed, nil)
			}
		case kindText, kindConst, kindDict, kindFloat:
		}
		return c.eachIn(needed, match)
	}}
}

// regexpFilter: two expressions match everything, and one all but the empty text.
func (c compiler) regexpFilter(f *syntax.Regexp) (filter, error) {
	switch f.Source {
	case "", ".*":
		return everything{}, nil
	case ".+":
		return c.compile(&syntax.Prefix{Pos: f.Pos, Field: f.Field})
	}
	re, ok, err := compileRegexp(f.Source)
	switch {
	case err != nil:
		return nil, &syntax.Error{Offset: f.Start(), Detail: strings.TrimPrefix(err.Error(), "error parsing regexp: ")}
	case !ok:
		return nil, &syntax.Error{Offset: f.Start(), Unknown: true, Detail: "an expression that simplifying changes again and again"}
	}
	return &leaf{field: f.Field, missing: re.match(""), words: re.words, test: func(c *column) rows {
		if c.isResult() {
			return c.search("", re.match)
		}
		return c.eachIn(re.words, re.match)
	}}, nil
}

func compareFilter(f *syntax.Compare) filter {
	bound := parseNumber(f.Bound)
	if math.IsNaN(bound) && !strings.EqualFold(f.Bound, "nan") {
		switch f.Op {
		case syntax.Greater:
			return stringRangeFilter(f.Field, f.Bound+"\x00", lastText)
		case syntax.GreaterOrEqual:
			return stringRangeFilter(f.Field, f.Bound, lastText)
		case syntax.Less:
			return stringRangeFilter(f.Field, "", f.Bound)
		case syntax.LessOrEqual:
			return stringRangeFilter(f.Field, "", f.Bound+"\x00")
		}
	}
	low, high := math.Inf(-1), math.Inf(1)
	switch f.Op {
	case syntax.Greater:
		low = above(bound)
	case syntax.GreaterOrEqual:
		low = bound
	case syntax.Less:
		high = below(bound)
	case syntax.LessOrEqual:
		high = bound
	}
	return numberRangeFilter(f.Field, low, high)
}

func above(f float64) float64 {
	if math.IsInf(f, 0) {
		return f
	}
	return math.Nextafter(f, math.Inf(1))
}

func below(f float64) float64 { return -above(-f) }

func rangeFilter(f *syntax.Range) (filter, error) {
	low, high := parseNumber(f.Low), parseNumber(f.High)
	for text, n := range map[string]float64{f.Low: low, f.High: high} {
		if math.IsNaN(n) && !strings.EqualFold(text, "nan") {
			return nil, &syntax.Error{Offset: f.Start(), Detail: fmt.Sprintf("expected a number in a range, found %q", text)}
		}
	}
	if f.Above {
		low = above(low)
	}
	if f.Below {
		high = below(high)
	}
	return numberRangeFilter(f.Field, low, high), nil
}

func numberRangeFilter(field string, low, high float64) filter {
	return &leaf{field: field, test: func(c *column) rows {
		if low > high {
			return c.none()
		}
		return c.numbers(low, high)
	}}
}

// numbers marks the rows with a number from low to high. Bounds become whole
// where the column is.
func (c *column) numbers(low, high float64) rows {
	first, last := math.Ceil(low), math.Floor(high)
	switch c.kind {
	case kindUint:
		if high < 0 {
			return c.none()
		}
		return within(c.uints, clampUint(first, math.MaxUint64), clampUint(last, math.MaxUint64))
	case kindIPv4:
		if high < 0 && c.isResult() {
			return c.none()
		}
		return within(c.uints, clampUint(first, math.MaxUint32), clampUint(last, math.MaxUint32))
	case kindInt:
		return within(c.ints, clampInt(first), clampInt(last))
	case kindTime:
		if high < 0 {
			return c.none()
		}
		return within(c.ints, clampInt(first), clampInt(last))
	case kindFloat:
		return within(c.floats, low, high)
	case kindText, kindConst, kindDict:
	}
	return c.each(func(v string) bool {
		n := parseNumber(v)
		return low <= n && n <= high
	})
}

// lastText is behind all texts.
const lastText = "\xff\xff\xff\xff"

// stringRangeFilter compares texts byte by byte. A column of numbers is not looked
// at if the bounds are beyond their first characters.
func stringRangeFilter(field, low, high string) filter {
	in := func(v string) bool { return low <= v && v < high }
	return &leaf{field: field, missing: low <= high && in(""), test: func(c *column) rows {
		switch {
		case low > high:
			return c.none()
		case c.isResult():
			return c.search("", in)
		}
		switch c.kind {
		case kindUint, kindIPv4, kindTime:
			if low > "9" || high < "0" {
				return c.none()
			}
		case kindFloat:
			if low > "9" || high < "+" {
				return c.none()
			}
		case kindInt:
			if low != "-" && low > "9" || high != "-" && high < "0" {
				return c.none()
			}
		case kindText, kindConst, kindDict:
		}
		return c.each(in)
	}}
}

func ipv4Filter(f *syntax.IPv4Range) (filter, error) {
	low, ok := parseIPv4(f.Low)
	high := low
	if f.High != "" {
		var okHigh bool
		high, okHigh = parseIPv4(f.High)
		ok = ok && okHigh
	} else if address, bits, isNetwork := strings.Cut(f.Low, "/"); isNetwork {
		n, okBits := parseUint(bits)
		if low, ok = parseIPv4(address); ok && okBits && n <= 32 {
			hosts := uint32(uint64(1)<<(32-n) - 1)
			low, high = low&^hosts, low|hosts
		} else {
			ok = false
		}
	}
	if !ok {
		return nil, &syntax.Error{Offset: f.Start(), Detail: fmt.Sprintf("expected an IPv4 address or network, found %q", strings.Trim(f.Low+", "+f.High, ", "))}
	}
	return &leaf{field: f.Field, test: func(c *column) rows {
		switch c.kind {
		case kindIPv4:
			return within(c.uints, uint64(low), uint64(high))
		case kindUint, kindInt, kindFloat, kindTime:
			return c.none()
		case kindText, kindConst, kindDict:
		}
		return c.each(func(v string) bool {
			n, ok := parseIPv4(v)
			return ok && low <= n && n <= high
		})
	}}, nil
}
