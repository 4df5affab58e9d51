package kql

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"sigmatic/ast"
)

// quoteField writes a field's name: bare where both readers take it as it
// stands, else in quotes. It reports false for a name that has no form.
func quoteField(field string) (string, bool) {
	switch {
	case isBareField(field):
		return field, true
	case !utf8.ValidString(field) || strings.Contains(field, "*"):
		return "", false
	}
	return quote(field), true
}

// isBareField holds for names of plain characters, but for the words that the
// grammar takes for operators or for typed values. A name that ends with "not"
// is one of them: Kibana's grammar ends a bare word before any "not" that a
// blank follows, and a blank stands before < and >.
func isBareField(field string) bool {
	for i := range len(field) {
		c := field[i]
		if !isASCIILetter(c) && c != '_' && c != '@' && (i == 0 || c != '.' && c != '-' && !isDigit(c)) {
			return false
		}
	}
	switch strings.ToLower(field) {
	case "", "and", "or", "true", "false", "null":
		return false
	}
	return !hasWord(field[max(0, len(field)-len("not")):], "not")
}

func isASCIILetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// quote writes text that stands for itself, wildcards too. The one text that
// Elasticsearch does not read in quotes ends with a backslash: it takes \" for
// an escaped quote although the backslash is escaped itself, and reads on to
// the next quote (measured). Such a text is written without quotes if it can be.
func quote(text string) string {
	if strings.HasSuffix(text, `\`) {
		if bare, ok := unquoted([]ast.Part{ast.Literal(text)}); ok {
			return bare
		}
	}
	var b strings.Builder
	b.Grow(len(text) + 2)
	b.WriteByte('"')
	for _, r := range text {
		switch r {
		case '\\', '"':
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			writePlain(&b, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// writePlain writes a character that is not an operator where it stands:
// whatever cannot be seen becomes an escape that both readers know.
func writePlain(b *strings.Builder, r rune) {
	switch {
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case !unicode.IsPrint(r) && r <= 0xFFFF:
		writeCode(b, r)
	default:
		b.WriteRune(r)
	}
}

func writeCode(b *strings.Builder, r rune) { fmt.Fprintf(b, `\u%04x`, r) }

// kibanaWildcard is a piece of the text that stands for * in Kibana's syntax
// tree, @kuery-wildcard@. A value that holds it would become a wildcard there.
const kibanaWildcard = "kuery-wildcard"

// unquoted writes a pattern of literals and stars as a bare value. It reports
// false where the language has no form: blanks at the ends of a bare value are
// trimmed, after its escapes have been read.
func unquoted(parts []ast.Part) (string, bool) {
	var b strings.Builder
	for i, part := range parts {
		lit, ok := part.(ast.Literal)
		if !ok {
			b.WriteByte('*')
			continue
		}
		text := string(lit)
		first, last := i == 0, i == len(parts)-1
		if first && trimmedAt(utf8.DecodeRuneInString(text)) || last && trimmedAt(utf8.DecodeLastRuneInString(text)) ||
			strings.Contains(text, kibanaWildcard) {
			return "", false
		}
		writeBare(&b, text, first, last)
	}
	return b.String(), true
}

// trimmedAt reports whether JavaScript's trim takes the character away. The
// second argument is its width, for the sake of the call.
func trimmedAt(r rune, _ int) bool { return r == '\uFEFF' || unicode.IsSpace(r) && r != '\u0085' }

// writeBare writes a literal part of a bare value. first and last tell whether
// the value begins or ends with it.
func writeBare(b *strings.Builder, text string, first, last bool) {
	for i, r := range text {
		// A word is an operator only if blanks, or the ends of the value, are
		// around it; to Kibana a "not" needs a blank after it alone.
		afterGap := i > 0 && text[i-1] == ' ' || i == 0 && first
		rest := text[i:]
		switch {
		case r == ' ' && i > 0 && text[i-1] == ' ':
			writeCode(b, r) // the server would make one blank of several
		case afterGap && (operatorAt(rest, "and", last) || operatorAt(rest, "or", last)):
			b.WriteByte('\\')
			b.WriteRune(r)
		case operatorAt(rest, "not", last):
			// Kibana reads \not as a line break and "ot".
			writeCode(b, r)
		case r == '\n' && hasWord(rest[1:], "ot"):
			// The server reads \not as the word.
			writeCode(b, r)
		case strings.ContainsRune(`\():<>"*{}`, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			writePlain(b, r)
		}
	}
}

// operatorAt reports whether text begins with the word and a blank, or is the
// word and ends the value.
func operatorAt(text, word string, last bool) bool {
	if !hasWord(text, word) {
		return false
	}
	if len(text) == len(word) {
		return last
	}
	return text[len(word)] == ' '
}

// hasWord reports whether text begins with a lower-case ASCII word in any case.
func hasWord(text, word string) bool {
	if len(text) < len(word) {
		return false
	}
	for i := range len(word) {
		if text[i]|0x20 != word[i] {
			return false
		}
	}
	return true
}
