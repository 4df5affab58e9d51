package esql

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2/lexer"
)

// Token types. Keywords are lower-case in their value whatever their spelling.
const (
	tokKeyword lexer.TokenType = iota + 1
	tokName                    // a name, or one in backticks
	tokPattern                 // a name with * in KEEP, DROP and RENAME
	tokSource                  // an index pattern of FROM
	tokString
	tokInteger
	tokDecimal
	tokSymbol
	tokOther // what belongs to nothing
)

// definition lexes texts that are in memory.
type definition struct{}

// Symbols implements lexer.Definition.
func (definition) Symbols() map[string]lexer.TokenType {
	return map[string]lexer.TokenType{
		"EOF": lexer.EOF, "Keyword": tokKeyword, "Name": tokName, "Pattern": tokPattern, "Source": tokSource,
		"String": tokString, "Integer": tokInteger, "Decimal": tokDecimal, "Symbol": tokSymbol, "Other": tokOther,
	}
}

// LexString implements lexer.StringDefinition.
func (definition) LexString(_, text string) (lexer.Lexer, error) { return &scanner{text: text}, nil }

// Lex implements lexer.Definition, whose callers here all have a string.
func (definition) Lex(string, io.Reader) (lexer.Lexer, error) {
	return nil, errors.New("esql: only strings are lexed")
}

// mode is what the words of a command are.
type mode uint8

const (
	commandMode    mode = iota // the name of a command
	expressionMode             // EVAL, WHERE, SORT, STATS, …
	sourceMode                 // FROM
	projectMode                // KEEP, DROP, RENAME, MV_EXPAND
)

// commands are the modes behind the names of commands, of which those without a
// mode here are not read.
var commands = map[string]mode{
	"from": sourceMode, "row": expressionMode,
	"where": expressionMode, "eval": expressionMode, "stats": expressionMode, "sort": expressionMode, "limit": expressionMode,
	"keep": projectMode, "drop": projectMode, "rename": projectMode, "mv_expand": projectMode,
}

// keywords of expressions and of projections (EsqlBaseLexer, "Expression",
// "Rename").
var keywords = map[mode]map[string]bool{
	expressionMode: words("and asc by desc false first in is last like not null nulls or rlike true where"),
	projectMode:    words("as"),
	sourceMode:     words("metadata"),
}

func words(list string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(list) {
		out[w] = true
	}
	return out
}

// symbols of expressions, the longer first.
var symbols = []string{"::", "==", "=~", "!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", "{", "}", ",", ".", ":", "|", "?"}

type scanner struct {
	text string
	at   int
	mode mode
}

// Next implements lexer.Lexer.
func (s *scanner) Next() (lexer.Token, error) {
	s.blanks()
	start := s.at
	tok := lexer.Token{Pos: lexer.Position{Offset: start}}
	if start == len(s.text) {
		tok.Type = lexer.EOF
		return tok, nil
	}
	tok.Type = s.token()
	tok.Value = s.text[start:s.at]
	switch tok.Type {
	case tokKeyword:
		tok.Value = strings.ToLower(tok.Value)
		if s.mode == commandMode {
			s.mode = commands[tok.Value]
		}
	case tokSymbol:
		if tok.Value == "|" {
			s.mode = commandMode
		}
	}
	return tok, nil
}

// blanks skips white space and comments.
func (s *scanner) blanks() {
	for s.at < len(s.text) {
		switch rest := s.text[s.at:]; {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			s.at++
		case strings.HasPrefix(rest, "//"):
			n := strings.IndexAny(rest, "\r\n")
			if n < 0 {
				n = len(rest)
			}
			s.at += n
		case strings.HasPrefix(rest, "/*") && commentEnd(rest) > 0:
			s.at += commentEnd(rest)
		default:
			return
		}
	}
}

// commentEnd gives the length of a comment, which may have others inside; 0 if
// it does not end.
func commentEnd(text string) int {
	depth := 0
	for i := 0; i+1 < len(text); i++ {
		switch text[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// token moves behind the next token and gives its type.
func (s *scanner) token() lexer.TokenType {
	rest := s.text[s.at:]
	if n := stringEnd(rest); n > 0 {
		s.at += n
		return tokString
	}
	if s.mode == sourceMode {
		return s.source(rest)
	}
	if n := nameEnd(rest, s.mode == projectMode); n > 0 {
		word := strings.ToLower(rest[:n])
		s.at += n
		_, isCommand := commands[word]
		switch {
		case s.mode == commandMode && isCommand, keywords[s.mode][word]:
			return tokKeyword
		case strings.Contains(word, "*") && word[0] != '`':
			return tokPattern
		}
		return tokName
	}
	if n, decimal := numberEnd(rest); n > 0 {
		s.at += n
		if decimal {
			return tokDecimal
		}
		return tokInteger
	}
	for _, symbol := range symbols {
		if strings.HasPrefix(rest, symbol) {
			s.at += len(symbol)
			return tokSymbol
		}
	}
	_, n := utf8.DecodeRuneInString(rest)
	s.at += n
	return tokOther
}

// source takes an index pattern, whose characters are many.
func (s *scanner) source(rest string) lexer.TokenType {
	n := 0
	for n < len(rest) && strings.IndexByte(":\"=|,[]/() \t\r\n", rest[n]) < 0 {
		n++
	}
	switch {
	case n == 0 && strings.IndexByte("|,:=[]()", rest[0]) >= 0:
		s.at++
		return tokSymbol
	case n == 0:
		s.at++
		return tokOther
	}
	s.at += n
	if keywords[sourceMode][strings.ToLower(rest[:n])] {
		return tokKeyword
	}
	return tokSource
}

// stringEnd gives the length of the string at the head of a text, 0 if there is
// none.
func stringEnd(text string) int {
	if strings.HasPrefix(text, `"""`) {
		n := strings.Index(text[3:], `"""`)
		if n < 0 || strings.ContainsAny(text[3:3+n], "\r\n") {
			return 0
		}
		n += 6
		for range 2 { // quotes right behind belong to the string
			if strings.HasPrefix(text[n:], `"`) {
				n++
			}
		}
		return n
	}
	if text[0] != '"' {
		return 0
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i + 1
		case '\r', '\n':
			return 0
		case '\\':
			if i++; i == len(text) || strings.IndexByte(`tnr"\`, text[i]) < 0 {
				return 0
			}
		}
	}
	return 0
}

// nameEnd gives the length of the name at the head of a text. In a pattern a *
// may be part of it, and pieces in backticks.
func nameEnd(text string, pattern bool) int {
	n := 0
	for n < len(text) {
		switch c := text[n]; {
		case c == '`':
			end := quotedNameEnd(text[n:])
			if end == 0 || n > 0 && !pattern {
				return n
			}
			if n += end; !pattern {
				return n
			}
		case isLetter(c) || c == '*' && pattern:
			n++
		case n > 0 && (c == '_' || isDigit(c)):
			n++
		case n == 0 && (c == '_' || c == '@') && len(text) > 1 && (isLetter(text[1]) || isDigit(text[1]) || text[1] == '_'):
			n += 2
		default:
			return n
		}
	}
	return n
}

func quotedNameEnd(text string) int {
	for i := 1; i < len(text); i++ {
		if text[i] != '`' {
			continue
		}
		if strings.HasPrefix(text[i+1:], "`") {
			i++
			continue
		}
		if i == 1 {
			return 0
		}
		return i + 1
	}
	return 0
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// numberEnd gives the length of the number at the head of a text, and whether
// it is a decimal.
func numberEnd(text string) (n int, decimal bool) {
	digits := func(at int) int {
		for at < len(text) && isDigit(text[at]) {
			at++
		}
		return at
	}
	n = digits(0)
	if n < len(text) && text[n] == '.' && (n > 0 || digits(1) > 1) {
		n, decimal = digits(n+1), true
	}
	if n == 0 {
		return 0, false
	}
	if n < len(text) && text[n]|0x20 == 'e' {
		at := n + 1
		if at < len(text) && (text[at] == '+' || text[at] == '-') {
			at++
		}
		if end := digits(at); end > at {
			n, decimal = end, true
		}
	}
	return n, decimal
}
