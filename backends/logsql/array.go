package logsql

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"sigmatic/ast"
)

// VictoriaLogs keeps a list as its JSON text, without blanks
// (https://docs.victoriametrics.com/victorialogs/keyconcepts/#data-model). A
// filter on a list is therefore a regular expression over that text.

// element is any plain member of a list.
const element = `(?:"(?:[^"\\]|\\.)*"|-?[0-9][-+.0-9eE]*|true|false|null)`

// anyArray is the expression for a list of plain members.
const anyArray = `(?s)^\[(?:` + element + `(?:,` + element + `)*)?\]$`

// arrayRegex is the expression for a list that has one of members, given as
// expressions over their JSON text.
func arrayRegex(flags string, members []string) string {
	return flags + `^\[(?:` + element + `,)*(?:` + strings.Join(members, "|") + `)(?:,` + element + `)*\]$`
}

// showsInArray reports whether a search for v in the text of a list finds just
// the lists with a member that matches: v is about a run of characters that
// JSON writes as they are, and that are no part of its own notation, nor of
// null, nor of an escape such as \n or \u001f.
func showsInArray(v *ast.Pattern) bool {
	shape, text := v.Shape()
	if shape == ast.ShapeAny {
		return true
	}
	return shape == ast.ShapeContains &&
		!strings.ContainsFunc(text, func(r rune) bool { return isOftenEscaped(r) || strings.ContainsRune(`"\/,[]{}:`, r) }) &&
		!strings.ContainsRune("0123456789abcdefABCDEFnNrRtTuU", rune(text[0])) &&
		!strings.Contains("null", strings.ToLower(text))
}

// mayBeArray reports whether the text of a list may match v.
func mayBeArray(v *ast.Pattern) bool {
	end := func(part ast.Part, bracket string, meets func(s, affix string) bool) bool {
		switch part := part.(type) {
		case ast.Literal:
			return meets(string(part), bracket)
		case ast.Dash:
			return false
		}
		return true
	}
	return end(v.Parts[0], "[", strings.HasPrefix) && end(v.Parts[len(v.Parts)-1], "]", strings.HasSuffix)
}

// arrayMembers gathers the members of a list that are looked for, with their
// flags.
type arrayMembers struct {
	flags []string
	lists [][]string
}

// add adds what matches v.
func (a *arrayMembers) add(v *ast.Pattern, canonical bool) {
	flags := regexFlags(!v.Cased && !canonical, true)
	i := slices.Index(a.flags, flags)
	if i < 0 {
		i = len(a.flags)
		a.flags, a.lists = append(a.flags, flags), append(a.lists, nil)
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, part := range v.Parts {
		writeJSONPart(&b, part)
	}
	b.WriteByte('"')
	members := []string{b.String()}
	if meetsNumber(v.Parts) {
		members = append(members, numberMember(v.Parts))
	}
	var scalar strings.Builder
	writeParts(&scalar, v.Parts)
	whole := regexp.MustCompile(flags + "^(?:" + scalar.String() + ")$")
	for _, word := range []string{"true", "false"} {
		if whole.MatchString(word) {
			members = append(members, word)
		}
	}
	a.lists[i] = append(a.lists[i], members...)
}

// regexes gives one expression for each set of flags.
func (a *arrayMembers) regexes() []string {
	var out []string
	for i, flags := range a.flags {
		out = append(out, arrayRegex(flags, a.lists[i]))
	}
	return out
}

// jsonChar is one character in a JSON string.
const jsonChar = `(?:[^"\\]|\\u[0-9A-Fa-f]{4}|\\[^u])`

// writeJSONPart writes the expression of a part over the inside of a JSON
// string.
func writeJSONPart(b *strings.Builder, part ast.Part) {
	switch part := part.(type) {
	case ast.Literal:
		for _, r := range string(part) {
			b.WriteString(jsonRune(r))
		}
	case ast.AnyRun:
		b.WriteString(jsonChar + "*")
	case ast.AnyOne:
		b.WriteString(jsonChar)
	case ast.Dash:
		b.WriteString("(?:[-\u2013\u2014\u2015]|\\\\?/)")
	}
}

// jsonRune is the expression for one character in a JSON string, in every
// spelling that encoders choose.
func jsonRune(r rune) string {
	short := map[rune]string{'\b': "b", '\f': "f", '\n': "n", '\r': "r", '\t': "t"}
	switch {
	case r == '"' || r == '\\':
		return `\\` + quoteRegex(string(r))
	case r == '/':
		return `\\?/`
	case short[r] != "":
		return fmt.Sprintf(`\\(?:%s|u(?i:%04x))`, short[r], r)
	case r < ' ':
		return fmt.Sprintf(`\\u(?i:%04x)`, r)
	case r < 0x10000 && isOftenEscaped(r):
		return fmt.Sprintf(`(?:%s|\\u(?i:%04x))`, quoteRegex(string(r)), r)
	}
	return quoteRegex(string(r))
}

// isOftenEscaped finds what some encoders write as it is and others escape: the
// signs that matter in HTML, and what does not print.
func isOftenEscaped(r rune) bool { return r == '<' || r == '>' || r == '&' || !unicode.IsPrint(r) }

// numberMember is the expression of a pattern over the text of a number.
func numberMember(parts []ast.Part) string {
	var b strings.Builder
	for _, part := range parts {
		switch part := part.(type) {
		case ast.Literal:
			b.WriteString(quoteRegex(string(part)))
		case ast.AnyRun:
			b.WriteString("[-+.0-9eE]*")
		case ast.AnyOne:
			b.WriteString("[-+.0-9eE]")
		case ast.Dash:
			b.WriteString("-")
		}
	}
	return b.String()
}
