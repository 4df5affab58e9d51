package logsql

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	syntax "sigmatic/parser/query/logsql"
)

// What a filter looks for in a text: the whole, its beginning, phrases.

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
