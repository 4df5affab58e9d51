package splunk

import (
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// quoteSearch writes a value of the search stage. A backslash is written twice
// (Search Manual, "Backslashes").
func quoteSearch(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	b.WriteByte('"')
	return b.String()
}

// quoteSource writes the name of an index or of a sourcetype, bare as people do
// where nothing in it means anything to search.
func quoteSource(s string) string {
	for i := range len(s) {
		if c := s[i]; !isWordByte(c) && (i == 0 || strings.IndexByte("-.:*", c) < 0) {
			return quoteSearch(s)
		}
	}
	return s
}

// searchName writes a field's name for a comparison of the search stage.
func searchName(s string) (string, bool) {
	if isTimeModifier(s) || strings.Contains(s, "*") {
		return "", false
	}
	return quoteName(s)
}

// quoteName writes a field's name for search and table: bare where it is plain,
// in double quotes otherwise. How to escape anything in them is not documented.
func quoteName(s string) (string, bool) {
	if isBareName(s) {
		return s, true
	}
	if !isQuotable(s, "\"\\`") {
		return "", false
	}
	return `"` + s + `"`, true
}

// whereName writes a field's name for eval. Single quotes would do for | [ ] and
// double quotes too, if whatever cuts the search at its pipes knows of them,
// which is not documented.
func whereName(s string) (string, bool) {
	if !isQuotable(s, "'\"\\`|[]") {
		return "", false
	}
	return "'" + s + "'", true
}

// spathName writes a field's name as a path of spath, where dots part the steps.
func spathName(s string) (string, bool) {
	for i := range len(s) {
		if c := s[i]; !isWordByte(c) && c != '.' && c != '-' {
			return "", false
		}
	}
	return `"` + s + `"`, s != ""
}

func isQuotable(s, except string) bool {
	if s == "" || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || strings.ContainsRune(except, r) {
			return false
		}
	}
	return true
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// isBareName reports whether s is [A-Za-z_][A-Za-z0-9_.]* and no operator.
func isBareName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !isWordByte(c) && c != '.' || i == 0 && (c == '.' || c >= '0' && c <= '9') {
			return false
		}
	}
	switch strings.ToUpper(s) {
	case "", "AND", "OR", "NOT", "XOR", "IN", "LIKE", "TERM", "CASE", "BY", "AS", "WHERE":
		return false
	}
	return true
}

// isTimeModifier reports whether search takes NAME=VALUE for a range of time or
// another instruction, whatever the event holds (Search Reference, "Time
// modifiers").
func isTimeModifier(s string) bool {
	const longest = "searchtimespanminutes"
	if len(s) > len(longest) {
		return false
	}
	var lower [len(longest)]byte
	for i := range len(s) {
		lower[i] = s[i]
		if 'A' <= s[i] && s[i] <= 'Z' {
			lower[i] |= 0x20
		}
	}
	return timeModifiers()[string(lower[:len(s)])]
}

var timeModifiers = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(`
		earliest latest _index_earliest _index_latest starttime endtime starttimeu endtimeu timeformat now
		savedsearch savedsplunk maxresults maxtime readlevel eventtypetag hosttag typetag`) {
		set[name] = true
	}
	for _, unit := range []string{"days", "hours", "minutes", "months", "seconds"} {
		for _, name := range []string{unit + "ago", "start" + unit + "ago", "end" + unit + "ago", "searchtimespan" + unit} {
			set[name] = true
		}
	}
	return set
})

// quoteRegex writes s, which must be UTF-8, as a regular expression in a string
// of eval that means s however many readers take a layer of backslashes away:
// no backslash or quote stands for itself, and none is escaped by a backslash.
func quoteRegex(b *strings.Builder, s string) {
	for _, r := range s {
		writeRegexRune(b, r)
	}
}

func writeRegexRune(b *strings.Builder, r rune) {
	switch {
	case strings.ContainsRune(".*+?()|{$", r):
		b.WriteString("[" + string(r) + "]")
	case strings.ContainsRune("\\\"`^[]", r):
		fmt.Fprintf(b, `\x%02x`, r)
	default:
		writePlainRune(b, r)
	}
}

// writePlainRune writes a character that is no part of a regular expression's syntax.
func writePlainRune(b *strings.Builder, r rune) {
	switch {
	case unicode.IsPrint(r) || r == ' ':
		b.WriteRune(r)
	case r <= 0x7f:
		fmt.Fprintf(b, `\x%02x`, r)
	default:
		fmt.Fprintf(b, `\x{%x}`, r)
	}
}

// writeClassRune writes a character of a [class].
func writeClassRune(b *strings.Builder, r rune) {
	if strings.ContainsRune("\\\"`^[]-", r) {
		fmt.Fprintf(b, `\x%02x`, r)
		return
	}
	writePlainRune(b, r)
}

// quoteJSONRegex writes s as quoteRegex does, for a text that may spell it as it
// is or as JSON does. Which of its ways JSON spells a slash or < in is not asked.
func quoteJSONRegex(b *strings.Builder, s string) {
	for s != "" {
		n := strings.IndexFunc(s, func(r rune) bool { return r < 0x80 })
		if n < 0 {
			n = len(s)
		}
		if n == 0 {
			writeJSONRune(b, rune(s[0]))
			s = s[1:]
			continue
		}
		writeJSONRun(b, s[:n])
		s = s[n:]
	}
}

// writeJSONRune writes an ASCII character, or a JSON escape for it.
func writeJSONRune(b *strings.Builder, r rune) {
	switch {
	case r >= 0x80:
		writeJSONRun(b, string(r))
	case r == '\\':
		b.WriteString(`\x5c{1,2}`)
	case r == '"':
		b.WriteString(`\x5c?\x22`)
	case r < ' ':
		fmt.Fprintf(b, `(?:\x%02x|\x5cu%04x`, r, r)
		if i := strings.IndexRune("\b\f\n\r\t", r); i >= 0 {
			b.WriteString(`|\x5c` + "bfnrt"[i:i+1])
		}
		b.WriteString(")")
	default:
		writeRegexRune(b, r)
	}
}

// writeJSONRun writes characters beyond ASCII, or their JSON escapes, whose
// hexadecimal digits may be of either case.
func writeJSONRun(b *strings.Builder, s string) {
	b.WriteString("(?:")
	quoteRegex(b, s)
	b.WriteString("|(?i:")
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(b, `\x5cu%04x`, unit)
	}
	b.WriteString("))")
}
