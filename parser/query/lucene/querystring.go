package lucene

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxQueryDepth bounds parentheses inside each other.
const maxQueryDepth = 400

// ParseQuery reads a query string. Without an operator between them clauses are
// alternatives, as with default_operator OR. The error is a *SyntaxError;
// Unsupported tells those that are only beyond this reader.
func ParseQuery(text string) (Query, error) {
	if !utf8.ValidString(text) {
		return nil, &SyntaxError{0, "the text is not UTF-8"}
	}
	p := &queryParser{text: text}
	p.scan()
	q := p.clauses("")
	if p.err == nil && p.kind != tokEnd {
		p.fail("expected a clause or the end, found %q", p.image)
	}
	if p.err != nil {
		return nil, p.err
	}
	return q, nil
}

// UnsupportedError says what this reader leaves out of Lucene's language.
type UnsupportedError struct {
	Offset int
	Detail string
}

// Error gives the place and the construct.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("lucene: at byte %d: %s is not read here", e.Offset, e.Detail)
}

// tokenKind is a kind of token of the classic query parser.
type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokAnd
	tokOr
	tokNot
	tokPlus
	tokMinus
	tokOpen
	tokClose
	tokColon
	tokBoost
	tokFuzzy
	tokQuoted
	tokTerm
	tokBare // an operator with a blank behind, which is a word
	tokStar
	tokWildcard
	tokRegex
	tokRange // its start: [ or {
	tokBad
)

type queryParser struct {
	text  string
	at    int // behind the current token
	kind  tokenKind
	image string
	start int
	depth int
	err   error
}

func (p *queryParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = &SyntaxError{Offset: p.start, Detail: fmt.Sprintf(format, args...)}
	}
	p.kind = tokEnd
}

func (p *queryParser) unsupported(what string) {
	if p.err == nil {
		p.err = &UnsupportedError{Offset: p.start, Detail: what}
	}
	p.kind = tokEnd
}

// queryBlanks are what separates tokens.
const queryBlanks = " \t\n\r\u3000"

// scan reads the next token.
func (p *queryParser) scan() {
	if p.err != nil {
		p.kind = tokEnd
		return
	}
	p.at = len(p.text) - len(strings.TrimLeft(p.text[p.at:], queryBlanks))
	p.start = p.at
	p.kind, p.at = tokenAt(p.text, p.at)
	p.image = p.text[p.start:p.at]
	if p.kind == tokBad {
		p.fail("no token begins with %q", p.image)
	}
}

// singles are the tokens of one character.
var singles = map[byte]tokenKind{
	'(': tokOpen, ')': tokClose, ':': tokColon, '^': tokBoost, '+': tokPlus, '-': tokMinus, '!': tokNot, '[': tokRange, '{': tokRange,
}

// tokenAt gives the kind and the end of the token at an offset.
func tokenAt(text string, at int) (tokenKind, int) {
	if at == len(text) {
		return tokEnd, at
	}
	c := text[at]
	if strings.IndexByte("+-!", c) >= 0 && strings.TrimLeft(text[at+1:], queryBlanks) != text[at+1:] {
		return tokBare, at + 1
	}
	if kind, ok := singles[c]; ok {
		return kind, at + 1
	}
	switch c {
	case '"':
		return quotedAt(text, at)
	case '/':
		return regexAt(text, at)
	case '~':
		end := at + 1
		for end < len(text) && (text[end] >= '0' && text[end] <= '9' || text[end] == '.') {
			end++
		}
		return tokFuzzy, end
	}
	return wordAt(text, at)
}

func quotedAt(text string, at int) (tokenKind, int) {
	for i := at + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return tokQuoted, i + 1
		}
	}
	return tokBad, at + 1
}

// regexAt takes the longest text between slashes in which every slash has a
// backslash before it; that backslash may itself be one that is escaped.
func regexAt(text string, at int) (tokenKind, int) {
	end := -1
	for i := at + 1; i < len(text); i++ {
		if text[i] != '/' {
			continue
		}
		end = i + 1
		if text[i-1] != '\\' || i-1 == at {
			break
		}
	}
	if end < 0 {
		return tokBad, at + 1
	}
	return tokRegex, end
}

// wordAt takes a word, with or without wildcards.
func wordAt(text string, at int) (tokenKind, int) {
	end, wild := at, false
	for end < len(text) {
		r, n := utf8.DecodeRuneInString(text[end:])
		if r == '\\' {
			if end+1 == len(text) {
				break
			}
			_, n = utf8.DecodeRuneInString(text[end+1:])
			end += 1 + n
			continue
		}
		if strings.ContainsRune(queryBlanks+`!():^[]"{}~/`, r) || end == at && (r == '+' || r == '-') {
			break
		}
		wild = wild || r == '*' || r == '?'
		end += n
	}
	switch word := text[at:end]; {
	case end == at:
		_, n := utf8.DecodeRuneInString(text[at:])
		return tokBad, at + n
	case word == "AND" || word == "&&":
		return tokAnd, end
	case word == "OR" || word == "||":
		return tokOr, end
	case word == "NOT":
		return tokNot, end
	case word == "*":
		return tokStar, end
	case wild:
		return tokWildcard, end
	}
	return tokTerm, end
}

// clauses reads clauses up to a parenthesis or the end.
func (p *queryParser) clauses(field string) Query {
	if p.depth++; p.depth > maxQueryDepth {
		p.unsupported("a query nested deeper than that")
	}
	defer func() { p.depth-- }()
	var out []Clause
	for {
		and := false
		if len(out) > 0 {
			switch p.kind {
			case tokAnd:
				and = true
				p.scan()
			case tokOr:
				p.scan()
			}
		}
		occur := p.modifier()
		q := p.clause(field)
		if p.err != nil {
			return Clauses{}
		}
		// AND makes both of its sides required, whatever stands beyond them.
		if and && out[len(out)-1].Occur == Should {
			out[len(out)-1].Occur = Must
		}
		if and && occur == Should {
			occur = Must
		}
		out = append(out, Clause{occur, q})
		if p.kind == tokEnd || p.kind == tokClose {
			break
		}
	}
	if len(out) == 1 && out[0].Occur != MustNot {
		return out[0].Query
	}
	return Clauses{out}
}

func (p *queryParser) modifier() Occur {
	switch p.kind {
	case tokNot, tokMinus:
		p.scan()
		return MustNot
	case tokPlus:
		p.scan()
		return Must
	}
	return Should
}

// clause reads one clause with its field.
func (p *queryParser) clause(field string) Query {
	if p.kind == tokTerm || p.kind == tokStar || p.kind == tokWildcard {
		// Only a word before a colon is a field.
		if kind, end := tokenAt(p.text, len(p.text)-len(strings.TrimLeft(p.text[p.at:], queryBlanks))); kind == tokColon {
			switch p.kind {
			case tokTerm:
				field = p.unescape(p.image)
			case tokStar:
				field = "*"
			default:
				p.fail("%q is no field: a star in it is escaped", p.image)
			}
			p.at = end
			p.scan()
		}
	}
	var q Query
	if p.kind == tokOpen {
		p.scan()
		q = p.clauses(field)
		if p.kind != tokClose {
			p.fail("expected ) behind a group")
		}
		p.scan()
	} else {
		q = p.value(field)
	}
	if p.kind == tokBoost {
		p.scan()
		p.scan() // the weight changes the score only
	}
	return q
}

func (p *queryParser) value(field string) Query {
	at, image := p.start, p.image
	var q Query
	switch p.kind {
	case tokBare:
		q = Term{Field: field, Text: image, At: at}
	case tokTerm:
		q = comparison(Term{Field: field, Text: p.unescape(image), At: at})
	case tokQuoted:
		q = Term{Field: field, Text: p.unescape(image[1 : len(image)-1]), Quoted: true, At: at}
	case tokStar:
		q = Exists{Field: field, At: at}
	case tokWildcard:
		q = Wildcard{Field: field, Pattern: ParsePattern(image), At: at}
	case tokRegex:
		q = Regex{Field: field, Text: image[1 : len(image)-1], At: at}
	case tokRange:
		return p.bounds(field)
	default:
		p.fail("expected a value, found %q", image)
		return nil
	}
	word := p.kind == tokTerm
	p.scan()
	if word && p.kind == tokTerm && p.joins() {
		p.unsupported("several words without an operator between them")
	}
	if p.kind == tokFuzzy {
		p.unsupported("a fuzzy term or a sloppy phrase")
	}
	return q
}

// joins reports whether the word at hand goes with the word before it: Lucene
// analyzes neighbours together unless something belongs to the last of them.
func (p *queryParser) joins() bool {
	kind, _ := tokenAt(p.text, len(p.text)-len(strings.TrimLeft(p.text[p.at:], queryBlanks)))
	switch kind {
	case tokColon, tokStar, tokFuzzy, tokBoost, tokAnd, tokOr:
		return false
	}
	return true
}

// comparison takes apart the operators that Elasticsearch adds to terms. It
// looks for them behind the escapes, so that an escape does not hide them.
func comparison(t Term) Query {
	b := Bounds{Field: t.Field, At: t.At}
	op := t.Text
	if len(op) < 2 {
		return t
	}
	rest := op[1:]
	inclusive := len(op) > 2 && op[1] == '='
	if inclusive {
		rest = op[2:]
	}
	switch op[0] {
	case '>':
		b.Low, b.HasLow, b.IncludeLow, b.IncludeHigh = rest, true, inclusive, true
	case '<':
		b.High, b.HasHigh, b.IncludeHigh, b.IncludeLow = rest, true, inclusive, true
	default:
		return t
	}
	return b
}

// bounds reads the rest of a range.
func (p *queryParser) bounds(field string) Query {
	b := Bounds{Field: field, At: p.start, IncludeLow: p.image == "["}
	low, quotedLow := p.goop()
	if word, _ := p.goop(); word != "TO" {
		p.fail("expected TO between the bounds of a range")
		return nil
	}
	high, quotedHigh := p.goop()
	p.at = len(p.text) - len(strings.TrimLeft(p.text[p.at:], queryBlanks))
	if p.at == len(p.text) || p.text[p.at] != ']' && p.text[p.at] != '}' {
		p.fail("expected ] or } behind a range")
		return nil
	}
	b.IncludeHigh = p.text[p.at] == ']'
	p.at++
	if b.HasLow = quotedLow || low != "*"; b.HasLow {
		b.Low, b.QuotedLow = low, quotedLow
	}
	if b.HasHigh = quotedHigh || high != "*"; b.HasHigh {
		b.High, b.QuotedHigh = high, quotedHigh
	}
	p.scan()
	return b
}

// goop reads a bound of a range, or its TO.
func (p *queryParser) goop() (text string, quoted bool) {
	p.at = len(p.text) - len(strings.TrimLeft(p.text[p.at:], queryBlanks))
	start := p.at
	if kind, end := tokenAt(p.text, p.at); kind == tokQuoted {
		p.at = end
		return p.unescape(p.text[start+1 : end-1]), true
	}
	for p.at < len(p.text) && strings.IndexByte(" ]}", p.text[p.at]) < 0 {
		p.at++
	}
	return p.unescape(p.text[start:p.at]), false
}

// unescape drops the backslashes that escape; \u and four digits are a
// character.
func (p *queryParser) unescape(image string) string {
	if !strings.Contains(image, `\`) {
		return image
	}
	var b strings.Builder
	for i := 0; i < len(image); i++ {
		if image[i] != '\\' {
			b.WriteByte(image[i])
			continue
		}
		i++
		switch {
		case i == len(image):
			p.fail("a backslash at the end of %q", image)
		case image[i] == 'u':
			r, ok := codeUnit(image[i+1:])
			if !ok {
				p.fail("expected four hexadecimal digits behind \\u in %q", image)
				return ""
			}
			b.WriteRune(r)
			i += 4
		default:
			b.WriteByte(image[i])
		}
	}
	return b.String()
}

func codeUnit(digits string) (rune, bool) {
	if len(digits) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range digits[:4] {
		i := strings.IndexRune("0123456789abcdef", c|0x20)
		if c < '0' || i < 0 {
			return 0, false
		}
		r = r<<4 | rune(i)
	}
	return r, true
}
