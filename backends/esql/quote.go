package esql

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/backends"
)

// quoteString writes s, which is valid UTF-8, as a string of ES|QL. The lexer
// knows five escapes and allows no line break in a string; every other
// character, also a control, stands for itself.
func quoteString(s string) string {
	var b strings.Builder
	b.Grow(len(s) + strings.Count(s, `\`) + strings.Count(s, `"`) + 2)
	b.WriteByte('"')
	escapeString(&b, s)
	b.WriteByte('"')
	return b.String()
}

// escapeString writes the inside of a string.
func escapeString(b *strings.Builder, s string) {
	from := 0
	for i := range len(s) {
		escape := ""
		switch s[i] {
		case '"':
			escape = `\"`
		case '\\':
			escape = `\\`
		case '\n':
			escape = `\n`
		case '\r':
			escape = `\r`
		case '\t':
			escape = `\t`
		default:
			continue
		}
		b.WriteString(s[from:i])
		b.WriteString(escape)
		from = i + 1
	}
	b.WriteString(s[from:])
}

// reserved are the words that the lexer takes for something else than a name,
// and those that the commands we write are made of.
var reserved = map[string]bool{
	"and": true, "as": true, "asc": true, "by": true, "desc": true, "false": true, "first": true,
	"from": true, "in": true, "is": true, "keep": true, "last": true, "like": true, "metadata": true, "not": true,
	"null": true, "nulls": true, "on": true, "or": true, "rlike": true, "true": true, "where": true, "with": true,
}

// quoteColumn writes a field's name as a column, in backticks unless every
// segment is an identifier.
func quoteColumn(name string) string {
	for segment := range strings.SplitSeq(name, ".") {
		if !isIdentifier(segment) || reserved[strings.ToLower(segment)] {
			return "`" + strings.ReplaceAll(name, "`", "``") + "`"
		}
	}
	return name
}

// quoteIndex writes the name of an index, a pattern, or several with commas
// between them, in quotes unless the lexer takes every character for a part of a
// name (UNQUOTED_SOURCE of the ES|QL grammar).
func quoteIndex(name string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-*", r)
	}
	if strings.ContainsFunc(name, func(r rune) bool { return !plain(r) && r != ',' }) {
		return quoteString(name)
	}
	return name
}

// isIdentifier reports whether s is UNQUOTED_IDENTIFIER of the ES|QL grammar.
func isIdentifier(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		case i == 0 && (c == '_' || c == '@'):
			if len(s) == 1 {
				return false
			}
		case i > 0 && (c == '_' || '0' <= c && c <= '9'):
		default:
			return false
		}
	}
	return s != ""
}

// quoteTermField writes a field's name for the query string of QSTR.
func quoteTermField(name string) string {
	if isOperatorWord(name) {
		return `\` + name
	}
	if !strings.ContainsAny(name, `+-=&|><!(){}[]^"~*?:\/ `+"\t\n\r\u3000") {
		return name
	}
	var b strings.Builder
	for _, r := range name {
		if strings.ContainsRune(`+-=&|><!(){}[]^"~*?:\/ `+"\t\n\r\u3000", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func isOperatorWord(s string) bool { return s == "AND" || s == "OR" || s == "NOT" || s == "TO" }

// quoteTerm writes text as one whole value in the query string of QSTR: bare
// where nothing in it means anything there, else as a phrase, which a keyword
// field takes for one term.
func quoteTerm(text string) string {
	bare := text != "" && !isOperatorWord(text)
	for i := range len(text) {
		c := text[i]
		bare = bare && ('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '.')
	}
	if bare {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// quoteLike writes a pattern for LIKE. It has no Dash and no Placeholder.
func quoteLike(p *ast.Pattern) string {
	var b strings.Builder
	for _, part := range p.Parts {
		switch part := part.(type) {
		case ast.Literal:
			b.WriteString(strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(string(part)))
		case ast.AnyRun:
			b.WriteByte('*')
		case ast.AnyOne:
			b.WriteByte('?')
		}
	}
	return b.String()
}

// special are the characters that Lucene's regular expressions, with all their
// optional operators, or the query string around them give a meaning, in or
// outside of a class.
const special = `.?+*|{}[]()"\#@&<>~^$/`

// writeRune writes r as a regular expression that matches r only.
func writeRune(b *strings.Builder, r rune) {
	if r < utf8.RuneSelf && strings.IndexByte(special, byte(r)) >= 0 {
		b.WriteByte('\\')
	}
	b.WriteRune(r)
}

// writeFolded writes r as a regular expression that matches r in every letter case.
func writeFolded(b *strings.Builder, r rune) {
	if r < utf8.RuneSelf {
		b.WriteString(asciiClasses()[r])
		return
	}
	b.WriteString(orbitClass(r))
}

// asciiClasses holds the expression of each ASCII character in every case.
var asciiClasses = sync.OnceValue(func() *[utf8.RuneSelf]string {
	var classes [utf8.RuneSelf]string
	for r := range classes {
		classes[r] = orbitClass(rune(r))
	}
	return &classes
})

func orbitClass(r rune) string {
	orbit := backends.FoldOrbit(r)
	ranges := make([]rune, 0, 2*len(orbit))
	for _, o := range orbit {
		at := len(ranges)
		for at > 0 && ranges[at-1] > o {
			at -= 2
		}
		ranges = append(ranges, 0, 0)
		copy(ranges[at+2:], ranges[at:])
		ranges[at], ranges[at+1] = o, o
	}
	var b strings.Builder
	writeClass(&b, ranges)
	return b.String()
}

// writeClass writes sorted pairs of bounds, which are not empty, as a class.
func writeClass(b *strings.Builder, ranges []rune) {
	if len(ranges) == 2 && ranges[0] == ranges[1] {
		writeRune(b, ranges[0])
		return
	}
	open := "["
	if ranges[len(ranges)-1] == unicode.MaxRune {
		if ranges = complement(ranges); len(ranges) == 0 {
			b.WriteByte('.') // also line breaks, in Lucene
			return
		}
		open = "[^"
	}
	b.WriteString(open)
	for i := 0; i < len(ranges); i += 2 {
		lo, hi := ranges[i], ranges[i+1]
		writeMember(b, lo)
		if hi > lo {
			if hi > lo+1 {
				b.WriteByte('-')
			}
			writeMember(b, hi)
		}
	}
	b.WriteByte(']')
}

func writeMember(b *strings.Builder, r rune) {
	if r == '-' {
		b.WriteByte('\\')
	}
	writeRune(b, r)
}

// The surrogates are no characters; a bound among them is moved out.
const (
	surrogateMin = 0xD800
	surrogateMax = 0xDFFF
)

// scalars takes the surrogates out of sorted pairs of bounds.
func scalars(ranges []rune) []rune {
	out := make([]rune, 0, len(ranges)+2)
	for i := 0; i < len(ranges); i += 2 {
		lo, hi := ranges[i], ranges[i+1]
		if surrogateMin <= lo && lo <= surrogateMax {
			lo = surrogateMax + 1
		}
		if surrogateMin <= hi && hi <= surrogateMax {
			hi = surrogateMin - 1
		}
		if lo <= hi {
			out = append(out, lo, hi)
		}
	}
	return out
}

// without takes one character out of sorted pairs of bounds.
func without(ranges []rune, r rune) []rune {
	out := make([]rune, 0, len(ranges)+2)
	for i := 0; i < len(ranges); i += 2 {
		lo, hi := ranges[i], ranges[i+1]
		if r < lo || r > hi {
			out = append(out, lo, hi)
			continue
		}
		if lo < r {
			out = append(out, lo, r-1)
		}
		if r < hi {
			out = append(out, r+1, hi)
		}
	}
	return out
}

// complement gives the pairs of bounds of all other characters.
func complement(ranges []rune) []rune {
	var out []rune
	next := rune(0)
	for i := 0; i < len(ranges); i += 2 {
		if next < ranges[i] {
			out = append(out, next, ranges[i]-1)
		}
		next = ranges[i+1] + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, next, unicode.MaxRune)
	}
	return scalars(out)
}

// regexUnits is the length of a regular expression as Elasticsearch counts it:
// in UTF-16 code units.
func regexUnits(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}
