package kql

import (
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// The grammar (Kibana's grammar.peggy). What the lexer tells apart is the text
// outside of quotes and the words between blanks.
type (
	queryNode struct {
		Query *orNode `parser:"@@?"`
	}
	orNode struct {
		Pos   lexer.Position
		Terms []*andNode `parser:"@@ ( Or @@ )*"`
	}
	andNode struct {
		Pos   lexer.Position
		Terms []*notNode `parser:"@@ ( And @@ )*"`
	}
	notNode struct {
		Pos lexer.Position
		Not bool     `parser:"@Not?"`
		Of  *subNode `parser:"@@"`
	}
	subNode struct {
		Group      *orNode         `parser:"  '(' @@ ')'"`
		Expression *expressionNode `parser:"| @@"`
	}
	expressionNode struct {
		First *valueNode `parser:"@@"`
		Range *rangeNode `parser:"( @@"`
		Rest  *restNode  `parser:"| ':' @@ )?"`
	}
	rangeNode struct {
		Op    string     `parser:"@( '<=' | '>=' | '<' | '>' )"`
		Value *valueNode `parser:"@@"`
	}
	restNode struct {
		Nested *orNode   `parser:"  '{' @@ '}'"`
		List   *listNode `parser:"| @@"`
	}
	listNode struct {
		Group *orListNode `parser:"  '(' @@ ')'"`
		Value *valueNode  `parser:"| @@"`
	}
	orListNode struct {
		Terms []*andListNode `parser:"@@ ( Or @@ )*"`
	}
	andListNode struct {
		Terms []*notListNode `parser:"@@ ( And @@ )*"`
	}
	notListNode struct {
		Not bool      `parser:"@Not?"`
		Of  *listNode `parser:"@@"`
	}
	valueNode struct {
		Pos    lexer.Position
		Quoted string `parser:"  @Quoted"`
		Text   string `parser:"| @Text"`
	}
)

var grammar = sync.OnceValue(func() *participle.Parser[queryNode] {
	return participle.MustBuild[queryNode](participle.Lexer(definition{}))
})

// maxDepth bounds parentheses inside each other; the parser is recursive.
// Elasticsearch refuses less.
const maxDepth = 400

// Parse reads a query; the empty query is nil. The error is a *SyntaxError.
func Parse(text string) (Node, error) {
	if !utf8.ValidString(text) {
		return nil, &SyntaxError{0, "the query is not UTF-8"}
	}
	if err := preflight(text); err != nil {
		return nil, err
	}
	tree, err := grammar().ParseString("", text)
	if err != nil {
		return nil, explain(text, err)
	}
	if tree.Query == nil {
		return nil, nil
	}
	return tree.Query.build(), nil
}

func preflight(text string) error {
	s := &scanner{text: text}
	depth := 0
	for {
		tok, _ := s.Next()
		switch {
		case tok.EOF():
			return nil
		case tok.Type != tokSymbol:
		case tok.Value == "(" || tok.Value == "{":
			depth++
		case tok.Value == ")" || tok.Value == "}":
			depth--
		}
		if depth > maxDepth {
			return &SyntaxError{tok.Pos.Offset, fmt.Sprintf("the query nests more than %d levels deep", maxDepth)}
		}
	}
}

func explain(text string, err error) error {
	var unexpected *participle.UnexpectedTokenError
	if !errors.As(err, &unexpected) {
		return &SyntaxError{0, err.Error()}
	}
	tok := unexpected.Unexpected
	switch {
	case tok.EOF():
		return &SyntaxError{len(text), "expected a value, found the end"}
	case tok.Type == tokOther && tok.Value == `"`:
		return &SyntaxError{tok.Pos.Offset, "the quotation mark is not closed"}
	case tok.Type == tokOther && tok.Value == `\`:
		return &SyntaxError{tok.Pos.Offset, "a backslash that escapes nothing"}
	}
	return &SyntaxError{tok.Pos.Offset, fmt.Sprintf("did not expect %q here", tok.Value)}
}

func (n *orNode) build() Node {
	if len(n.Terms) == 1 {
		return n.Terms[0].build()
	}
	out := &Or{Pos: Pos(n.Pos.Offset)}
	for _, t := range n.Terms {
		out.Terms = append(out.Terms, t.build())
	}
	return out
}

func (n *andNode) build() Node {
	if len(n.Terms) == 1 {
		return n.Terms[0].build()
	}
	out := &And{Pos: Pos(n.Pos.Offset)}
	for _, t := range n.Terms {
		out.Terms = append(out.Terms, t.build())
	}
	return out
}

func (n *notNode) build() Node {
	of := n.Of.build()
	if n.Not {
		return &Not{Pos: Pos(n.Pos.Offset), Of: of}
	}
	return of
}

func (n *subNode) build() Node {
	if n.Group != nil {
		return n.Group.build()
	}
	e := n.Expression
	first := e.First.build()
	switch {
	case e.Range != nil:
		return &Range{Pos: first.Pos, Field: first, Op: Operator(e.Range.Op), Value: e.Range.Value.build()}
	case e.Rest == nil:
		return &Is{Pos: first.Pos, Value: first}
	case e.Rest.Nested != nil:
		return &Nested{Pos: first.Pos, Field: first, Of: e.Rest.Nested.build()}
	}
	return e.Rest.List.build(first)
}

// build makes a predicate of each value of a list.
func (n *listNode) build(field *Value) Node {
	if n.Value != nil {
		return &Is{Pos: field.Pos, Field: field, Value: n.Value.build()}
	}
	or := &Or{Pos: field.Pos}
	for _, a := range n.Group.Terms {
		and := &And{Pos: field.Pos}
		for _, t := range a.Terms {
			term := t.Of.build(field)
			if t.Not {
				term = &Not{Pos: field.Pos, Of: term}
			}
			and.Terms = append(and.Terms, term)
		}
		if len(and.Terms) == 1 {
			or.Terms = append(or.Terms, and.Terms[0])
		} else {
			or.Terms = append(or.Terms, and)
		}
	}
	if len(or.Terms) == 1 {
		return or.Terms[0]
	}
	return or
}

func (n *valueNode) build() *Value {
	if n.Quoted != "" {
		return &Value{Pos: Pos(n.Pos.Offset), Pieces: []string{parseQuoted(n.Quoted)}, Quoted: true}
	}
	return &Value{Pos: Pos(n.Pos.Offset), Pieces: parseText(n.Text)}
}
