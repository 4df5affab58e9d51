package parser

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// The condition grammar (Sigma specification, "Condition"):
//
//	or       = and { "or" and }
//	and      = not { "and" not }
//	not      = "not" not | primary
//	primary  = selector | identifier | "(" or ")"
//	selector = ( "1" | "any" | "all" ) "of" ( "them" | pattern )
//
// Keywords are lower-case. A word is a whole run of letters, digits, _, - and
// *, so that notsel and and1 are identifiers; 1, any, all and them are keywords
// only in a selector.
type (
	orNode struct {
		Terms []*andNode `parser:"@@ ( 'or' @@ )*"`
	}
	andNode struct {
		Terms []*notNode `parser:"@@ ( 'and' @@ )*"`
	}
	notNode struct {
		Pos     lexer.Position
		Not     *notNode     `parser:"  'not' @@"`
		Primary *primaryNode `parser:"| @@"`
		EndPos  lexer.Position
	}
	primaryNode struct {
		Pos      lexer.Position
		Selector *selectorNode `parser:"  @@"`
		Name     string        `parser:"| @Word"`
		Group    *orNode       `parser:"| '(' @@ ')'"`
		EndPos   lexer.Position
	}
	selectorNode struct {
		Quantifier string `parser:"@( '1' | 'any' | 'all' ) 'of'"`
		Pattern    string `parser:"@Word"`
	}
)

// Token types of the condition lexer.
const (
	tokenKeyword lexer.TokenType = iota + 1
	tokenWord
	tokenParen
	tokenOther
)

// conditionGrammar is built on first use: building it takes longer than parsing
// a thousand conditions.
var conditionGrammar = sync.OnceValue(func() *participle.Parser[orNode] {
	return participle.MustBuild[orNode](participle.Lexer(conditionLexer), participle.UseLookahead(2))
})

// maxConditionDepth bounds parentheses and negations inside each other; the
// parser is recursive.
const maxConditionDepth = 100

// conditionLexer cuts a condition into words, parentheses and what belongs to
// neither, which no rule of the grammar takes.
var conditionLexer = textLexer{
	symbols: map[string]lexer.TokenType{
		"EOF": lexer.EOF, "Keyword": tokenKeyword, "Word": tokenWord, "Paren": tokenParen, "Other": tokenOther,
	},
	scan: func(text string) lexer.Lexer { return &conditionScanner{text: text} },
}

type conditionScanner struct {
	text string
	at   int
}

// Next implements lexer.Lexer.
func (s *conditionScanner) Next() (lexer.Token, error) {
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
	start := s.at
	tok := lexer.Token{Pos: lexer.Position{Offset: start}}
	if start == len(s.text) {
		tok.Type = lexer.EOF
		return tok, nil
	}
	for s.at < len(s.text) && isWordByte(s.text[s.at]) {
		s.at++
	}
	switch {
	case s.at > start:
		tok.Type = tokenWord
		switch s.text[start:s.at] {
		case "or", "and", "not", "of":
			tok.Type = tokenKeyword
		}
	case s.text[s.at] == '(' || s.text[s.at] == ')':
		tok.Type = tokenParen
		s.at++
	default:
		tok.Type = tokenOther
		s.at++
		for s.at < len(s.text) && s.text[s.at]&0xC0 == 0x80 { // the rest of one code point
			s.at++
		}
	}
	tok.Value = s.text[start:s.at]
	return tok, nil
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '*'
}

// conditionText is a condition and the way from its bytes to the source.
type conditionText struct {
	text string
	span func(from, to int) source.Span
}

// ParseCondition reads a condition expression. span gives the source of the
// bytes [from, to) of the text.
func ParseCondition(text string, span func(from, to int) source.Span) (ast.Condition, *diag.Diagnostic) {
	c := conditionText{text, span}
	if d := c.preflight(); d != nil {
		return nil, d
	}
	tree, err := conditionGrammar().ParseString("", text)
	if err != nil {
		return nil, c.explain(err)
	}
	b := conditionBuilder{conditionText: c}
	expr := b.or(tree)
	return expr, b.fault
}

func (c conditionText) error(from, to int, help, format string, args ...any) *diag.Diagnostic {
	return &diag.Diagnostic{Code: diag.BadCondition, Severity: diag.Error, Span: c.span(from, to),
		Summary: fmt.Sprintf(format, args...), Help: help}
}

// preflight finds what is better said before the grammar sees it.
func (c conditionText) preflight() *diag.Diagnostic {
	if strings.TrimSpace(c.text) == "" {
		return c.error(0, len(c.text), "name a search identifier, for example: condition: selection", "the condition is empty")
	}
	scanner := conditionScanner{text: c.text}
	depth, nots := 0, 0
	for {
		tok, _ := scanner.Next()
		switch tok.Value {
		case "(":
			depth++
		case ")":
			depth--
		case "not":
			nots++
			continue
		case "|":
			return c.aggregation(tok.Pos.Offset)
		}
		if tok.EOF() {
			return nil
		}
		if depth+nots > maxConditionDepth {
			d := c.error(tok.Pos.Offset, scanner.at, "", "the condition nests more than %d levels deep", maxConditionDepth)
			d.Code = diag.TooDeep
			return d
		}
		nots = 0
	}
}

// aggregation refuses the aggregations of Sigma 1, which stood behind a pipe, in
// conditions other than those of rules.
func (c conditionText) aggregation(at int) *diag.Diagnostic {
	d := c.error(at, len(c.text), "write a correlation rule of its own: event_count for count(), value_count for count(field), temporal for near",
		"an aggregation behind | is no part of a condition since Sigma 2.0")
	d.Code = diag.AggregationPipe
	return d
}

// explain says what the grammar's complaint means to an author.
func (c conditionText) explain(err error) *diag.Diagnostic {
	var unexpected *participle.UnexpectedTokenError
	if !errors.As(err, &unexpected) {
		return c.error(0, len(c.text), "", "the condition cannot be read: %v", err)
	}
	tok := unexpected.Unexpected
	from, to := tok.Pos.Offset, tok.Pos.Offset+len(tok.Value)
	if tok.EOF() {
		return c.error(len(strings.TrimRight(c.text, " \t\r\n")), len(c.text), c.unclosed(), "the condition ends where an identifier, a selector or a ) was expected")
	}
	if d := c.strayWord(tok); d != nil {
		return d
	}
	help := "put and or or between two identifiers"
	switch {
	case tok.Value == ")":
		help = "there is no ( for it, or something is missing before it"
	case tok.Value == "of":
		help = `a selector is written "1 of pattern*", "all of pattern*" or "all of them"`
	case tok.Type == tokenKeyword:
		help = "an identifier, a selector or a ( was expected here"
	case tok.Type == tokenOther:
		help = "identifiers consist of letters, digits, _ and -"
	case tok.Value == "(" && c.before(from) == "of":
		help = "a selector takes them or one pattern, not a list in parentheses"
	}
	return c.error(from, to, help, "%q is not expected here", tok.Value)
}

// strayWord explains a word in a place where an operator should stand.
func (c conditionText) strayWord(tok lexer.Token) *diag.Diagnostic {
	from, to := tok.Pos.Offset, tok.Pos.Offset+len(tok.Value)
	if tok.Type != tokenWord && tok.Value != "of" {
		return nil
	}
	words := []string{tok.Value, c.before(from)}
	places := [][2]int{{from, to}, {c.beforeAt(from), c.beforeAt(from) + len(words[1])}}
	for i, w := range words {
		lower := strings.ToLower(w)
		if w != lower && (lower == "and" || lower == "or" || lower == "not" || lower == "of") {
			d := c.error(places[i][0], places[i][1], fmt.Sprintf("write %q", lower), "keywords are lower-case, found %q", w)
			d.Fix = &diag.Fix{Span: d.Span, Replacement: lower}
			return d
		}
	}
	if tok.Value == "of" {
		quantifier := words[1]
		if strings.Trim(quantifier, "0123456789") == "" && quantifier != "" {
			return c.error(places[1][0], to, `Sigma knows "1 of", "any of" and "all of"; for more, list the combinations`, "%q is no quantifier", quantifier+" of")
		}
	}
	return nil
}

// before is the word that ends before the offset, blanks apart.
func (c conditionText) before(at int) string {
	head := strings.TrimRight(c.text[:at], " \t\r\n")
	return head[c.beforeAt(at):]
}

func (c conditionText) beforeAt(at int) int {
	i := len(strings.TrimRight(c.text[:at], " \t\r\n"))
	for i > 0 && isWordByte(c.text[i-1]) {
		i--
	}
	return i
}

func (c conditionText) unclosed() string {
	if open := strings.Count(c.text, "(") - strings.Count(c.text, ")"); open > 0 {
		return fmt.Sprintf("%d ( not closed", open)
	}
	return ""
}

// conditionBuilder turns the grammar's tree into ours.
type conditionBuilder struct {
	conditionText
	fault *diag.Diagnostic
}

func (b *conditionBuilder) or(n *orNode) ast.Condition {
	if len(n.Terms) == 1 {
		return b.and(n.Terms[0])
	}
	out := &ast.CondOr{Operands: make([]ast.Condition, len(n.Terms))}
	for i, t := range n.Terms {
		out.Operands[i] = b.and(t)
		out.Span = source.Join(out.Span, out.Operands[i].Range())
	}
	return out
}

func (b *conditionBuilder) and(n *andNode) ast.Condition {
	if len(n.Terms) == 1 {
		return b.not(n.Terms[0])
	}
	out := &ast.CondAnd{Operands: make([]ast.Condition, len(n.Terms))}
	for i, t := range n.Terms {
		out.Operands[i] = b.not(t)
		out.Span = source.Join(out.Span, out.Operands[i].Range())
	}
	return out
}

func (b *conditionBuilder) not(n *notNode) ast.Condition {
	if n.Not == nil {
		return b.primary(n.Primary)
	}
	operand := b.not(n.Not)
	return &ast.CondNot{Operand: operand, Span: source.Join(b.span(n.Pos.Offset, n.Pos.Offset+len("not")), operand.Range())}
}

func (b *conditionBuilder) primary(n *primaryNode) ast.Condition {
	from := n.Pos.Offset
	switch {
	case n.Group != nil:
		return b.or(n.Group)
	case n.Selector != nil:
		to := len(strings.TrimRight(b.text[:n.EndPos.Offset], " \t\r\n"))
		return &ast.CondSelector{All: n.Selector.Quantifier == "all", Pattern: n.Selector.Pattern, Span: b.span(from, to)}
	}
	if strings.Contains(n.Name, "*") && b.fault == nil {
		b.fault = b.error(from, from+len(n.Name), fmt.Sprintf(`write "1 of %s" or "all of %s"`, n.Name, n.Name), "the pattern %q needs a quantifier", n.Name)
	}
	return &ast.CondRef{Name: n.Name, Span: b.span(from, from+len(n.Name))}
}
