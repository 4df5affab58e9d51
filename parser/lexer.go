package parser

import (
	"errors"
	"io"

	"github.com/alecthomas/participle/v2/lexer"
)

// textLexer lexes the small languages inside a rule, whose texts are in memory.
type textLexer struct {
	symbols map[string]lexer.TokenType
	scan    func(text string) lexer.Lexer
}

// Symbols implements lexer.Definition.
func (d textLexer) Symbols() map[string]lexer.TokenType { return d.symbols }

// LexString implements lexer.StringDefinition.
func (d textLexer) LexString(_, text string) (lexer.Lexer, error) { return d.scan(text), nil }

// Lex implements lexer.Definition, whose callers here all have a string.
func (textLexer) Lex(string, io.Reader) (lexer.Lexer, error) {
	return nil, errors.New("parser: only strings are lexed")
}
