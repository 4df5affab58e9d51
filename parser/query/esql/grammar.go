package esql

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// The grammar (EsqlBaseParser of Elasticsearch 8.19). Operators bind, from loose
// to tight: OR, AND, NOT, one of IN LIKE RLIKE IS and the colon, comparisons, + -,
// * / %, signs, the cast. A field of EVAL or STATS is read as an expression with
// another behind =, and judged later.
type (
	queryNode struct {
		From     *fromNode      `parser:"(  @@"`
		Row      *rowNode       `parser:" | @@ )"`
		Commands []*commandNode `parser:"( '|' @@ )*"`
	}
	fromNode struct {
		Pos      lexer.Position
		Indices  []*indexNode `parser:"'from' @@ ( ',' @@ )*"`
		Metadata []string     `parser:"( 'metadata' @Source ( ',' @Source )* )?"`
	}
	indexNode struct {
		Parts []string `parser:"( @Source | @String | @':' )+"`
	}
	rowNode struct {
		Pos    lexer.Position
		Fields []*fieldNode `parser:"'row' @@ ( ',' @@ )*"`
	}
	commandNode struct {
		Pos      lexer.Position
		Where    *orNode       `parser:"  'where' @@"`
		Eval     []*fieldNode  `parser:"| 'eval' @@ ( ',' @@ )*"`
		Stats    *statsNode    `parser:"| 'stats' @@"`
		Sort     []*orderNode  `parser:"| 'sort' @@ ( ',' @@ )*"`
		Limit    string        `parser:"| 'limit' @Integer"`
		Keep     []*nameNode   `parser:"| 'keep' @@ ( ',' @@ )*"`
		Drop     []*nameNode   `parser:"| 'drop' @@ ( ',' @@ )*"`
		Rename   []*renameNode `parser:"| 'rename' @@ ( ',' @@ )*"`
		MvExpand *nameNode     `parser:"| 'mv_expand' @@"`
	}
	statsNode struct {
		Aggregates []*aggregateNode `parser:"( @@ ( ',' @@ )* )?"`
		By         []*fieldNode     `parser:"( 'by' @@ ( ',' @@ )* )?"`
	}
	aggregateNode struct {
		Field *fieldNode `parser:"@@"`
		Where *orNode    `parser:"( 'where' @@ )?"`
	}
	fieldNode struct {
		Pos   lexer.Position
		First *orNode `parser:"@@"`
		Value *orNode `parser:"( '=' @@ )?"`
	}
	orderNode struct {
		Expr  *orNode `parser:"@@"`
		Desc  string  `parser:"@( 'asc' | 'desc' )?"`
		Nulls string  `parser:"( 'nulls' @( 'first' | 'last' ) )?"`
	}
	nameNode struct {
		Pos   lexer.Position
		Parts []string `parser:"@( Name | Pattern ) ( '.' @( Name | Pattern ) )*"`
	}
	renameNode struct {
		First  *nameNode `parser:"@@"`
		As     *nameNode `parser:"( 'as' @@"`
		Equals *nameNode `parser:"| '=' @@ )"`
	}
	orNode struct {
		Pos   lexer.Position
		Terms []*andNode `parser:"@@ ( 'or' @@ )*"`
	}
	andNode struct {
		Pos   lexer.Position
		Terms []*notNode `parser:"@@ ( 'and' @@ )*"`
	}
	notNode struct {
		Pos  lexer.Position
		Not  *notNode  `parser:"  'not' @@"`
		Test *testNode `parser:"| @@"`
	}
	testNode struct {
		Pos   lexer.Position
		Of    *comparisonNode `parser:"@@"`
		Is    *isNode         `parser:"(  @@"`
		Match *constantNode   `parser:" | ':' @@"`
		List  *listTestNode   `parser:" | @@ )?"`
	}
	isNode struct {
		Not bool `parser:"'is' @'not'? 'null'"`
	}
	listTestNode struct {
		Not     bool      `parser:"@'not'?"`
		In      []*orNode `parser:"(  'in' '(' @@ ( ',' @@ )* ')'"`
		Like    *likeNode `parser:" | 'like' @@"`
		RegLike *likeNode `parser:" | 'rlike' @@ )"`
	}
	likeNode struct {
		One  string   `parser:"  @String"`
		List []string `parser:"| '(' @String ( ',' @String )* ')'"`
	}
	comparisonNode struct {
		Pos   lexer.Position
		Left  *sumNode `parser:"@@"`
		Op    string   `parser:"( @( '==' | '!=' | '<=' | '>=' | '<' | '>' )"`
		Right *sumNode `parser:"  @@ )?"`
	}
	sumNode struct {
		Pos  lexer.Position
		Left *productNode `parser:"@@"`
		Rest []*sumRest   `parser:"@@*"`
	}
	sumRest struct {
		Op    string       `parser:"@( '+' | '-' )"`
		Right *productNode `parser:"@@"`
	}
	productNode struct {
		Pos  lexer.Position
		Left *signNode      `parser:"@@"`
		Rest []*productRest `parser:"@@*"`
	}
	productRest struct {
		Op    string    `parser:"@( '*' | '/' | '%' )"`
		Right *signNode `parser:"@@"`
	}
	signNode struct {
		Pos  lexer.Position
		Sign string    `parser:"(  @( '-' | '+' )"`
		Of   *signNode `parser:"   @@ )"`
		Cast *castNode `parser:"| @@"`
	}
	castNode struct {
		Pos     lexer.Position
		Primary *primaryNode `parser:"@@"`
		Types   []string     `parser:"( '::' @Name )*"`
	}
	primaryNode struct {
		Pos      lexer.Position
		Group    *orNode       `parser:"  '(' @@ ')'"`
		Constant *constantNode `parser:"| @@"`
		Call     *callNode     `parser:"| @@"`
		Column   []string      `parser:"| @Name ( '.' @Name )*"`
	}
	callNode struct {
		Name string     `parser:"@Name '('"`
		Star bool       `parser:"( @'*'"`
		Args []*argNode `parser:"| @@ ( ',' @@ )* )? ')'"`
	}
	argNode struct {
		Pos     lexer.Position
		Options *optionsNode `parser:"  @@"`
		Expr    *orNode      `parser:"| @@"`
	}
	optionsNode struct {
		Open    string        `parser:"@'{'"`
		Entries []*optionNode `parser:"( @@ ( ',' @@ )* )? '}'"`
	}
	optionNode struct {
		Key   string        `parser:"@String ':'"`
		Value *constantNode `parser:"@@"`
	}
	constantNode struct {
		Pos     lexer.Position
		Null    bool          `parser:"  @'null'"`
		True    bool          `parser:"| @'true'"`
		False   bool          `parser:"| @'false'"`
		String  string        `parser:"| @String"`
		Decimal string        `parser:"| @Decimal"`
		Integer string        `parser:"| @Integer"`
		Unit    string        `parser:"  @Name?"`
		List    []*memberNode `parser:"| '[' @@ ( ',' @@ )* ']'"`
	}
	memberNode struct {
		Pos      lexer.Position
		Sign     string        `parser:"@( '-' | '+' )?"`
		Constant *constantNode `parser:"@@"`
	}
)

// grammar is built on first use.
var grammar = sync.OnceValue(func() *participle.Parser[queryNode] {
	return participle.MustBuild[queryNode](participle.Lexer(definition{}), participle.UseLookahead(2))
})

// maxDepth bounds parentheses, negations and signs inside each other; the parser
// is recursive. The engine's own limits are lower.
const maxDepth = 400

// Parse reads a query. The error is a *SyntaxError.
func Parse(text string) (*Query, error) {
	if !utf8.ValidString(text) {
		return nil, &SyntaxError{0, false, "the query is not UTF-8"}
	}
	if err := preflight(text); err != nil {
		return nil, err
	}
	tree, err := grammar().ParseString("", text)
	if err != nil {
		return nil, explain(text, err)
	}
	b := builder{}
	q := b.query(tree)
	if b.err != nil {
		return nil, b.err
	}
	return q, nil
}

// unread are commands that the engine has and this package does not read.
var unread = words("change_point completion dissect enrich explain fork fuse grok inlinestats inline insist join lookup metrics rerank sample show ts")

// preflight finds commands that are not read, and texts that nest too deep.
func preflight(text string) error {
	s := &scanner{text: text}
	depth, run := 0, 0
	command := true
	for {
		tok, _ := s.Next()
		if tok.EOF() {
			return nil
		}
		if command && tok.Type != tokKeyword {
			known := unread[strings.ToLower(tok.Value)]
			return &SyntaxError{tok.Pos.Offset, known, fmt.Sprintf("expected a command, found %q", tok.Value)}
		}
		command = tok.Type == tokSymbol && tok.Value == "|"
		switch {
		case tok.Type == tokSymbol && (tok.Value == "(" || tok.Value == "["):
			depth++
		case tok.Type == tokSymbol && (tok.Value == ")" || tok.Value == "]"):
			depth--
		case tok.Type == tokKeyword && tok.Value == "not", tok.Value == "-", tok.Value == "+":
			run++
			continue
		}
		if depth+run > maxDepth {
			return &SyntaxError{tok.Pos.Offset, false, fmt.Sprintf("the query nests more than %d levels deep", maxDepth)}
		}
		if tok.Type != tokSymbol {
			run = 0
		}
	}
}

func explain(text string, err error) error {
	var unexpected *participle.UnexpectedTokenError
	if !errors.As(err, &unexpected) {
		var parse participle.Error
		if errors.As(err, &parse) {
			return &SyntaxError{parse.Position().Offset, false, parse.Message()}
		}
		return &SyntaxError{0, false, err.Error()}
	}
	tok := unexpected.Unexpected
	what := fmt.Sprintf("%q", tok.Value)
	if tok.EOF() {
		tok.Pos.Offset, what = len(text), "the end"
	}
	return &SyntaxError{tok.Pos.Offset, tok.Value == "?", "did not expect " + what + " here"}
}
