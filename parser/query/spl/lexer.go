package spl

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind of a token. What a word is depends on the command.
type kind uint8

const (
	end    kind = iota
	word        // bare
	quoted      // in double quotes
	single      // in single quotes
	sign
)

// token is a piece of a command.
type token struct {
	kind
	text   string // without quotes and with escapes read
	offset int
	joined bool // nothing stands between it and the token before
}

// is reports whether the token is one of some signs.
func (t token) is(signs ...string) bool {
	for _, s := range signs {
		if t.kind == sign && t.text == s {
			return true
		}
	}
	return false
}

// isWord reports whether the token is a bare word, in upper case as given, or, if
// anyCase, in any.
func (t token) isWord(text string, anyCase bool) bool {
	return t.kind == word && (t.text == text || anyCase && strings.EqualFold(t.text, text))
}

// lexer reads tokens of search or of expressions and commands.
type lexer struct {
	src string
	pos int
}

func fail(at int, format string, args ...any) error {
	return &SyntaxError{Offset: at, Detail: fmt.Sprintf(format, args...)}
}

func unknown(at int, format string, args ...any) error {
	return &SyntaxError{Offset: at, Detail: fmt.Sprintf(format, args...), Unknown: true}
}

// mode says how words and strings are read.
type mode uint8

const (
	inSearch  mode = iota // words are anything up to a blank or a sign
	inExpr                // words are names and numbers
	inCommand             // words are names with dots, braces and stars
)

// signs by mode, longest first.
var signs = map[mode][]string{
	inSearch:  {"!=", "<=", ">=", "=", "<", ">", "(", ")", ",", "|"},
	inExpr:    {"!=", "<=", ">=", "==", "=", "<", ">", "(", ")", ",", "|", "+", "-", "*", "/", "%", "."},
	inCommand: {"=", "(", ")", ",", "|", "+", "-"},
}

// next reads a token.
func (l *lexer) next(m mode) (token, error) {
	start := l.pos
	for l.pos < len(l.src) {
		r, size := utf8.DecodeRuneInString(l.src[l.pos:])
		if !unicode.IsSpace(r) {
			break
		}
		l.pos += size
	}
	t := token{offset: l.pos, joined: l.pos == start && start > 0}
	if l.pos == len(l.src) {
		return t, nil
	}
	rest := l.src[l.pos:]
	switch rest[0] {
	case '"':
		return l.doubleQuoted(t, m)
	case '\'':
		if m != inSearch {
			return l.singleQuoted(t)
		}
	case '`':
		return t, unknown(t.offset, "a macro")
	case '[', ']':
		return t, unknown(t.offset, "a subsearch")
	}
	for _, s := range signs[m] {
		if strings.HasPrefix(rest, s) {
			t.kind, t.text = sign, s
			l.pos += len(s)
			return t, nil
		}
	}
	n := wordLength(rest, m)
	if n == 0 {
		return t, unknown(t.offset, "the character %q", firstRune(rest))
	}
	t.kind, t.text = word, rest[:n]
	l.pos += n
	if m == inSearch && strings.Contains(t.text, `\`) {
		text, err := unescapeSearch(t.text, t.offset)
		t.text = text
		return t, err
	}
	return t, nil
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// wordLength gives the length of the word at the start of s.
func wordLength(s string, m mode) int {
	for i, r := range s {
		var in bool
		switch m {
		case inSearch:
			in = !unicode.IsSpace(r) && !strings.ContainsRune(`"(),|=<>![]`+"`", r)
			if r == '!' && (i+1 == len(s) || s[i+1] != '=') {
				in = true
			}
		case inExpr:
			in = isNameRune(r) || r == '.' && isNumber(s[:i]) && !strings.Contains(s[:i], ".")
		case inCommand:
			in = isNameRune(r) || i > 0 && (r == '-' || r == '+') || strings.ContainsRune(`.{}*:@$%/`, r)
		}
		if !in {
			return i
		}
	}
	return len(s)
}

func isNameRune(r rune) bool {
	return r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

// isNumber reports whether s begins like a number.
func isNumber(s string) bool { return s != "" && '0' <= s[0] && s[0] <= '9' }

// doubleQuoted reads a string. A backslash keeps the next character from ending it.
func (l *lexer) doubleQuoted(t token, m mode) (token, error) {
	t.kind = quoted
	for i := l.pos + 1; i < len(l.src); i++ {
		switch l.src[i] {
		case '\\':
			i++
		case '"':
			raw := l.src[l.pos+1 : i]
			l.pos = i + 1
			var err error
			switch m {
			case inSearch:
				t.text, err = unescapeSearch(raw, t.offset+1)
			case inExpr:
				t.text = unescapeExpr(raw)
			case inCommand:
				if t.text = raw; strings.Contains(raw, `\`) {
					err = unknown(t.offset, "a backslash in a name")
				}
			}
			return t, err
		}
	}
	return t, fail(t.offset, "a string that does not end")
}

// singleQuoted reads a name (SR, "where"). No escape is documented, nor whether
// what cuts a query at its bars knows these quotes.
func (l *lexer) singleQuoted(t token) (token, error) {
	n := strings.IndexByte(l.src[l.pos+1:], '\'')
	if n < 0 {
		return t, fail(t.offset, "a name that does not end")
	}
	t.kind, t.text = single, l.src[l.pos+1:l.pos+1+n]
	l.pos += n + 2
	if t.text == "" || strings.ContainsAny(t.text, "|[]\"`\\") {
		return t, unknown(t.offset, "the name %q in quotes", t.text)
	}
	return t, nil
}

// unescapeSearch reads \\ and \" (SM, "Backslashes").
func unescapeSearch(raw string, offset int) (string, error) {
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\\' {
			if i++; i == len(raw) || raw[i] != '\\' && raw[i] != '"' {
				return "", unknown(offset+i-1, "a single backslash")
			}
		}
		b.WriteByte(raw[i])
	}
	return b.String(), nil
}

// unescapeExpr reads \\ and \"; every other backslash is kept.
func unescapeExpr(raw string) string {
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(raw)
}
