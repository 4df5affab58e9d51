package logsql

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a word, a string literal, or a sign. The zero text with a zero raw is
// the end.
type token struct {
	text   string // what it means
	raw    string // as written
	offset int
	spaced bool // white space stands in front of it
}

func (t token) isQuoted() bool { return t.text != t.raw }
func (t token) isEnd() bool    { return t.raw == "" }

// is reports whether the token is one of some words or signs, in any letter case,
// not quoted. "" is the end.
func (t token) is(words ...string) bool {
	return !t.isQuoted() && slices.Contains(words, strings.ToLower(t.text))
}

// next reads the token behind pos and gives the place behind it.
func next(src string, pos int) (token, int) {
	var t token
	r, size := utf8.DecodeRuneInString(src[pos:])
	for unicode.IsSpace(r) || r == '#' {
		if r == '#' { // a comment, up to the line's end
			if size = strings.IndexByte(src[pos:], '\n') + 1; size == 0 {
				size = len(src) - pos
			}
		} else {
			t.spaced = true
		}
		pos += size
		r, size = utf8.DecodeRuneInString(src[pos:])
	}
	t.offset = pos
	end := pos
	for IsWordRune(r) || r == '.' {
		end += size
		r, size = utf8.DecodeRuneInString(src[end:])
	}
	switch {
	case end > pos:
	case r == '"' || r == '`' || r == '\'':
		if text, raw, ok := literal(src[pos:]); ok {
			t.text, t.raw = text, raw
			return t, pos + len(raw)
		}
		end++ // a lone quote
	case strings.HasPrefix(src[pos:], "=~"), strings.HasPrefix(src[pos:], "!~"), strings.HasPrefix(src[pos:], "!="):
		end += 2
	default:
		end += size
	}
	t.text = src[pos:end]
	t.raw = t.text
	return t, end
}

// IsWordRune reports whether a character belongs to a word
// (https://docs.victoriametrics.com/victorialogs/logsql/#word).
func IsWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// literal reads the string that s begins with. Those in double quotes and back
// quotes are Go's, those in single quotes too but for their quotes
// (https://docs.victoriametrics.com/victorialogs/logsql/#string-literals).
func literal(s string) (text, raw string, ok bool) {
	if s[0] != '\'' {
		raw, err := strconv.QuotedPrefix(s)
		if err != nil {
			return "", "", false
		}
		text, err := strconv.Unquote(raw)
		return text, raw, err == nil
	}
	var b strings.Builder
	rest := s[1:]
	for !strings.HasPrefix(rest, "'") {
		r, _, tail, err := strconv.UnquoteChar(rest, '\'')
		if err != nil {
			return "", "", false
		}
		b.WriteRune(r)
		rest = tail
	}
	return b.String(), s[:len(s)-len(rest)+1], true
}
