package parser

import (
	"fmt"
	"strings"

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
// only in a selector. The parser is by hand because every rule has a condition,
// and a general one took as long for it as for all of the detection.

// maxConditionDepth bounds parentheses and negations inside each other; the
// parser is recursive.
const maxConditionDepth = 100

// conditionToken is a word, a parenthesis, or what belongs to neither, which the
// grammar takes nowhere.
type conditionToken struct {
	kind conditionKind
	text string
	at   int
}

func (t conditionToken) end() int { return t.at + len(t.text) }

type conditionKind uint8

const (
	conditionEnd conditionKind = iota
	conditionKeyword
	conditionWord
	conditionParen
	conditionOther
)

type conditionScanner struct {
	text string
	at   int
}

func (s *conditionScanner) next() conditionToken {
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
	tok := conditionToken{at: s.at}
	if s.at == len(s.text) {
		return tok
	}
	for s.at < len(s.text) && isWordByte(s.text[s.at]) {
		s.at++
	}
	switch {
	case s.at > tok.at:
		tok.kind = conditionWord
		switch s.text[tok.at:s.at] {
		case "or", "and", "not", "of":
			tok.kind = conditionKeyword
		}
	case s.text[s.at] == '(' || s.text[s.at] == ')':
		tok.kind = conditionParen
		s.at++
	default:
		tok.kind = conditionOther
		s.at++
		for s.at < len(s.text) && s.text[s.at]&0xC0 == 0x80 { // the rest of one code point
			s.at++
		}
	}
	tok.text = s.text[tok.at:s.at]
	return tok
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
	p := conditionParser{conditionText: c, scanner: conditionScanner{text: text}}
	p.advance()
	p.advance()
	expr := p.or()
	if p.fault == nil && p.tok.kind != conditionEnd {
		p.unexpected(p.tok)
	}
	if p.fault != nil {
		return nil, p.fault
	}
	return expr, nil
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
		tok := scanner.next()
		switch tok.text {
		case "(":
			depth++
		case ")":
			depth--
		case "not":
			nots++
			continue
		case "|":
			return c.aggregation(tok.at)
		}
		if tok.kind == conditionEnd {
			return nil
		}
		if depth+nots > maxConditionDepth {
			d := c.error(tok.at, scanner.at, "", "the condition nests more than %d levels deep", maxConditionDepth)
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

// explain says what is wrong with a token that the grammar does not take.
func (c conditionText) explain(tok conditionToken) *diag.Diagnostic {
	from, to := tok.at, tok.end()
	if tok.kind == conditionEnd {
		return c.error(len(strings.TrimRight(c.text, " \t\r\n")), len(c.text), c.unclosed(), "the condition ends where an identifier, a selector or a ) was expected")
	}
	if d := c.strayWord(tok); d != nil {
		return d
	}
	help := "put and or or between two identifiers"
	switch {
	case tok.text == ")":
		help = "there is no ( for it, or something is missing before it"
	case tok.text == "of":
		help = `a selector is written "1 of pattern*", "all of pattern*" or "all of them"`
	case tok.kind == conditionKeyword:
		help = "an identifier, a selector or a ( was expected here"
	case strings.ContainsAny(tok.text, "<>=") && tok.kind == conditionOther:
		help = "a condition only joins search identifiers; compare in one of them, as in field|gt: 7, and write the order of events as a correlation of type temporal_ordered"
	case tok.kind == conditionOther:
		help = "identifiers consist of letters, digits, _ and -"
	case tok.text == "(" && isAggregate(c.before(from)):
		help = "an aggregation stands behind |, and is a correlation rule of its own since Sigma 2.0"
	case tok.text == "(" && c.before(from) == "of":
		help = "a selector takes them or one pattern, not a list in parentheses"
	}
	return c.error(from, to, help, "%q is not expected here", tok.text)
}

func isAggregate(word string) bool {
	switch word {
	case "count", "sum", "avg", "min", "max":
		return true
	}
	return false
}

// strayWord explains a word in a place where an operator should stand.
func (c conditionText) strayWord(tok conditionToken) *diag.Diagnostic {
	from, to := tok.at, tok.end()
	if tok.kind != conditionWord && tok.text != "of" {
		return nil
	}
	words := []string{tok.text, c.before(from)}
	places := [][2]int{{from, to}, {c.beforeAt(from), c.beforeAt(from) + len(words[1])}}
	for i, w := range words {
		lower := strings.ToLower(w)
		if w != lower && (lower == "and" || lower == "or" || lower == "not" || lower == "of") {
			d := c.error(places[i][0], places[i][1], fmt.Sprintf("write %q", lower), "keywords are lower-case, found %q", w)
			d.Fix = &diag.Fix{Span: d.Span, Replacement: lower}
			return d
		}
	}
	if tok.text == "of" {
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

// conditionParser is the grammar by recursive descent. Behind a fault its
// results mean nothing.
type conditionParser struct {
	conditionText
	scanner   conditionScanner
	tok, peek conditionToken
	fault     *diag.Diagnostic
}

func (p *conditionParser) advance() { p.tok, p.peek = p.peek, p.scanner.next() }

// unexpected reports a token, and takes all that follows for read.
func (p *conditionParser) unexpected(tok conditionToken) {
	if p.fault == nil {
		p.fault = p.explain(tok)
	}
	p.tok, p.peek = conditionToken{}, conditionToken{}
	p.scanner.at = len(p.text)
}

// accept steps over a keyword or parenthesis, if it is there.
func (p *conditionParser) accept(text string) bool {
	if p.tok.kind != conditionKeyword && p.tok.kind != conditionParen || p.tok.text != text {
		return false
	}
	p.advance()
	return true
}

func (p *conditionParser) or() ast.Condition {
	first := p.and()
	if p.tok.text != "or" {
		return first
	}
	out := &ast.CondOr{Operands: []ast.Condition{first}}
	for p.accept("or") {
		out.Operands = append(out.Operands, p.and())
	}
	out.Span = spanOf(out.Operands)
	return out
}

func (p *conditionParser) and() ast.Condition {
	first := p.not()
	if p.tok.text != "and" {
		return first
	}
	out := &ast.CondAnd{Operands: []ast.Condition{first}}
	for p.accept("and") {
		out.Operands = append(out.Operands, p.not())
	}
	out.Span = spanOf(out.Operands)
	return out
}

func spanOf(operands []ast.Condition) source.Span {
	return source.Join(operands[0].Range(), operands[len(operands)-1].Range())
}

func (p *conditionParser) not() ast.Condition {
	word := p.tok
	if !p.accept("not") {
		return p.primary()
	}
	operand := p.not()
	return &ast.CondNot{Operand: operand, Span: source.Join(p.span(word.at, word.end()), operand.Range())}
}

func (p *conditionParser) primary() ast.Condition {
	tok := p.tok
	switch {
	case p.accept("("):
		group := p.or()
		if closing := p.tok; !p.accept(")") {
			p.unexpected(closing)
		}
		return group
	case tok.kind == conditionWord && isQuantifier(tok.text) && p.peek.text == "of":
		p.advance()
		p.advance()
		return p.selector(tok)
	case tok.kind == conditionWord:
		p.advance()
		if strings.Contains(tok.text, "*") && p.fault == nil {
			p.fault = p.error(tok.at, tok.end(), fmt.Sprintf(`write "1 of %s" or "all of %s"`, tok.text, tok.text), "the pattern %q needs a quantifier", tok.text)
		}
		return &ast.CondRef{Name: tok.text, Span: p.span(tok.at, tok.end())}
	}
	p.unexpected(tok)
	return &ast.CondRef{}
}

func isQuantifier(word string) bool { return word == "1" || word == "any" || word == "all" }

func (p *conditionParser) selector(quantifier conditionToken) ast.Condition {
	pattern := p.tok
	if pattern.kind != conditionWord {
		p.unexpected(pattern)
		return &ast.CondRef{}
	}
	p.advance()
	return &ast.CondSelector{All: quantifier.text == "all", Pattern: pattern.text, Span: p.span(quantifier.at, pattern.end())}
}
