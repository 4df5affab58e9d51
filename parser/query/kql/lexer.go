package kql

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2/lexer"
)

// Token types.
const (
	tokAnd lexer.TokenType = iota + 1
	tokOr
	tokNot
	tokQuoted
	tokText // outside of quotes
	tokSymbol
	tokOther // what begins no token
)

// definition lexes texts that are in memory.
type definition struct{}

// Symbols implements lexer.Definition.
func (definition) Symbols() map[string]lexer.TokenType {
	return map[string]lexer.TokenType{
		"EOF": lexer.EOF, "And": tokAnd, "Or": tokOr, "Not": tokNot, "Quoted": tokQuoted, "Text": tokText, "Symbol": tokSymbol, "Other": tokOther,
	}
}

// LexString implements lexer.StringDefinition.
func (definition) LexString(_, text string) (lexer.Lexer, error) { return &scanner{text: text}, nil }

// Lex implements lexer.Definition, whose callers here all have a string.
func (definition) Lex(string, io.Reader) (lexer.Lexer, error) {
	return nil, errors.New("kql: only strings are lexed")
}

const (
	// special characters stand for themselves behind a backslash only.
	special = `\():<>"*{}`
	blanks  = " \t\r\n\u00a0"
)

var operatorWords = []string{"or", "and", "not"}

func hasWord(s, word string) bool {
	return len(s) >= len(word) && strings.EqualFold(s[:len(word)], word)
}

// blankAt gives the length of a blank at the head of a text.
func blankAt(s string) int {
	if s == "" {
		return 0
	}
	if r, n := utf8.DecodeRuneInString(s); strings.ContainsRune(blanks, r) {
		return n
	}
	return 0
}

func skipBlanks(s string) int { return len(s) - len(strings.TrimLeft(s, blanks)) }

// scanner cuts a text into tokens. and and or are operators between blanks and
// only behind an operand; elsewhere they are text.
type scanner struct {
	text    string
	at      int
	operand bool // the token before ended an operand
}

// Next implements lexer.Lexer.
func (s *scanner) Next() (lexer.Token, error) {
	if tok, ok := s.operator(); ok {
		s.operand = false
		return tok, nil
	}
	s.at += skipBlanks(s.text[s.at:])
	tok := lexer.Token{Pos: lexer.Position{Offset: s.at}}
	if s.at == len(s.text) {
		tok.Type = lexer.EOF
		return tok, nil
	}
	start := s.at
	tok.Type = s.token()
	tok.Value = s.text[start:s.at]
	s.operand = tok.Type == tokQuoted || tok.Type == tokText || tok.Value == ")" || tok.Value == "}"
	return tok, nil
}

// operator takes and or or, with the blanks around.
func (s *scanner) operator() (lexer.Token, bool) {
	rest := s.text[s.at:]
	n := skipBlanks(rest)
	if !s.operand || n == 0 {
		return lexer.Token{}, false
	}
	for word, kind := range map[string]lexer.TokenType{"and": tokAnd, "or": tokOr} {
		if hasWord(rest[n:], word) && blankAt(rest[n+len(word):]) > 0 {
			tok := lexer.Token{Type: kind, Value: rest[n : n+len(word)], Pos: lexer.Position{Offset: s.at + n}}
			s.at += n + len(word)
			return tok, true
		}
	}
	return lexer.Token{}, false
}

// token moves behind the next token and gives its type.
func (s *scanner) token() lexer.TokenType {
	rest := s.text[s.at:]
	switch {
	case rest[0] == '"':
		if n := quotedEnd(rest); n > 0 {
			s.at += n
			return tokQuoted
		}
	case strings.HasPrefix(rest, "<=") || strings.HasPrefix(rest, ">="):
		s.at += 2
		return tokSymbol
	case strings.IndexByte("():<>{}", rest[0]) >= 0:
		s.at++
		return tokSymbol
	case hasWord(rest, "not") && blankAt(rest[3:]) > 0:
		s.at += 3
		return tokNot
	default:
		if n := textEnd(rest); n > 0 {
			s.at += n
			return tokText
		}
	}
	_, n := utf8.DecodeRuneInString(rest)
	s.at += n
	return tokOther
}

func quotedEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return i + 1
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`\"`, s[i+1]) >= 0:
			i++
		}
	}
	return 0
}

// textEnd gives the length of the text at the head of s, which ends before a
// character or a word with a meaning.
func textEnd(s string) int {
	n := 0
	for n < len(s) {
		if _, size := textEscape(s[n:]); size > 0 {
			n += size
			continue
		}
		if s[n] != '*' && strings.IndexByte(special, s[n]) >= 0 || wordAhead(s[n:]) {
			break
		}
		_, size := utf8.DecodeRuneInString(s[n:])
		n += size
	}
	return n
}

// wordAhead reports whether and or or stands here between blanks, or not before
// one, wherever that is.
func wordAhead(s string) bool {
	if hasWord(s, "not") && blankAt(s[3:]) > 0 {
		return true
	}
	n := blankAt(s)
	if n == 0 {
		return false
	}
	return hasWord(s[n:], "or") && blankAt(s[n+2:]) > 0 || hasWord(s[n:], "and") && blankAt(s[n+3:]) > 0
}

// textEscape reads an escape outside of quotes: what it stands for and its
// length, 0 if there is none.
func textEscape(s string) (string, int) {
	if len(s) < 2 || s[0] != '\\' {
		return "", 0
	}
	if to, n := commonEscape(s); n > 0 {
		return to, n
	}
	if strings.IndexByte(special, s[1]) >= 0 {
		return s[1:2], 2
	}
	for _, word := range operatorWords {
		if hasWord(s[1:], word) {
			return s[1 : 1+len(word)], 1 + len(word)
		}
	}
	return "", 0
}

// commonEscape reads an escape that means the same inside quotes and outside.
func commonEscape(s string) (string, int) {
	if i := strings.IndexByte("trn", s[1]); i >= 0 {
		return "\t\r\n"[i : i+1], 2
	}
	unit, ok := unicodeEscape(s)
	if !ok {
		return "", 0
	}
	if low, ok := unicodeEscape(s[6:]); ok && utf16.IsSurrogate(unit) {
		if r := utf16.DecodeRune(unit, low); r != utf8.RuneError {
			return string(r), 12
		}
	}
	return string(unit), 6
}

// unicodeEscape reads \u and four digits.
func unicodeEscape(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}

// parseQuoted gives the text of a quoted token.
func parseQuoted(token string) string {
	s := token[1 : len(token)-1]
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '\\' && i+1 < len(s) {
			if to, n := commonEscape(s[i:]); n > 0 {
				b.WriteString(to)
				i += n
				continue
			}
			if strings.IndexByte(`\"`, s[i+1]) >= 0 {
				i++
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// jsBlanks is what JavaScript's trim takes from both ends of a text.
const jsBlanks = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"

// parseText gives the pieces of a token outside of quotes. Its ends are trimmed
// after its escapes are read.
func parseText(token string) []string {
	pieces := []string{""}
	for i := 0; i < len(token); {
		if to, n := textEscape(token[i:]); n > 0 {
			pieces[len(pieces)-1] += to
			i += n
			continue
		}
		if token[i] == '*' {
			pieces = append(pieces, "")
		} else {
			pieces[len(pieces)-1] += token[i : i+1]
		}
		i++
	}
	last := len(pieces) - 1
	pieces[0] = strings.TrimLeft(pieces[0], jsBlanks)
	pieces[last] = strings.TrimRight(pieces[last], jsBlanks)
	return pieces
}
