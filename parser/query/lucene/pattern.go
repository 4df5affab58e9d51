package lucene

import "strings"

// Pattern is a wildcard pattern: parts that match a text, any one character, or
// any run of characters.
type Pattern []PatternPart

// PatternPart is a literal, or a wildcard if Text is "".
type PatternPart struct {
	Text string
	Run  bool // any run; else, without Text, any one character
}

// ParsePattern reads a pattern of Lucene's WildcardQuery: * and ?, and a
// backslash before a character that is to stand for itself. A backslash at the
// end is one.
func ParsePattern(text string) Pattern {
	var out Pattern
	var lit strings.Builder
	flush := func() {
		if lit.Len() > 0 {
			out = append(out, PatternPart{Text: lit.String()})
			lit.Reset()
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			lit.WriteByte(text[i])
		case c == '*' || c == '?':
			flush()
			out = append(out, PatternPart{Run: c == '*'})
		default:
			lit.WriteByte(c)
		}
	}
	flush()
	return out
}

// String prints the pattern so that ParsePattern reads an equal one.
func (p Pattern) String() string {
	var b strings.Builder
	for _, part := range p {
		switch {
		case part.Text != "":
			b.WriteString(strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(part.Text))
		case part.Run:
			b.WriteByte('*')
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}
