package logsql

import (
	"fmt"
	"slices"
	"strings"
)

// maxDepth bounds how deep filters nest.
const maxDepth = 10000

// Parse reads a query. The error is a *SyntaxError.
func Parse(src string) (*Query, error) {
	p := &parser{src: src}
	p.advance()
	q, err := p.query()
	if err != nil {
		return nil, err
	}
	if !p.tok.isEnd() {
		return nil, p.fail("unexpected %q", p.tok.raw)
	}
	return q, nil
}

type parser struct {
	src   string
	pos   int // behind tok
	tok   token
	prev  token
	depth int
}

func (p *parser) advance() {
	p.prev = p.tok
	p.tok, p.pos = next(p.src, p.pos)
}

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{Offset: p.tok.offset, Detail: fmt.Sprintf(format, args...)}
}

// unknown is the error for what the server may know.
func (p *parser) unknown(format string, args ...any) error {
	return &SyntaxError{Offset: p.tok.offset, Detail: fmt.Sprintf(format, args...), Unknown: true}
}

func (p *parser) query() (*Query, error) {
	f, err := p.firstFilter()
	if err != nil {
		return nil, err
	}
	q := &Query{Filter: f}
	for p.tok.is("|") {
		p.advance()
		pipe, err := p.pipe()
		if err != nil {
			return nil, err
		}
		q.Pipes = append(q.Pipes, pipe)
	}
	return q, nil
}

// firstFilter reads a filter that must not begin with the name of a pipe.
func (p *parser) firstFilter() (Filter, error) {
	if p.tok.is("options") {
		return nil, p.unknown("options of a query")
	}
	if p.tok.is("|", ")", "") {
		return nil, p.fail("expected a filter")
	}
	if pipeNames[strings.ToLower(p.tok.raw)] {
		return nil, p.fail("a filter cannot begin with %q, the name of a pipe", p.tok.raw)
	}
	return p.or("")
}

// or reads alternatives. field is the name before a group, or "".
func (p *parser) or(field string) (Filter, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.unknown("filters nest deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	start := Pos(p.tok.offset)
	var list []Filter
	for {
		f, err := p.and(field)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
		if !p.tok.is("or") {
			if len(list) == 1 {
				return f, nil
			}
			return &Or{start, list}, nil
		}
		if p.advance(); p.tok.isEnd() {
			return nil, p.fail("expected a filter behind \"or\"")
		}
	}
}

func (p *parser) and(field string) (Filter, error) {
	start := Pos(p.tok.offset)
	var list []Filter
	for {
		f, err := p.unary(field)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
		if p.tok.is("or", "|", ")", "") {
			if len(list) == 1 {
				return f, nil
			}
			return &And{start, list}, nil
		}
		if p.tok.is("and") {
			if p.advance(); p.tok.isEnd() {
				return nil, p.fail("expected a filter behind \"and\"")
			}
		}
	}
}

// unary reads a negation, a group, or a leaf.
func (p *parser) unary(field string) (Filter, error) {
	start := Pos(p.tok.offset)
	switch {
	case p.tok.is(":"):
		if p.advance(); p.tok.isEnd() {
			return nil, p.fail("expected a filter behind \":\"")
		}
		return p.unary(field)
	case p.tok.is("("):
		return p.group(field)
	case p.tok.is("not", "!", "-"):
		return p.not(field)
	case p.tok.is("{"):
		return p.stream(start, field)
	case p.tok.is("*"):
		p.advance()
		if p.tok.is(":") {
			return nil, p.fail("expected the name of a field, found *")
		}
		return &Prefix{Pos: start, Field: canonical(field)}, nil
	case p.tok.is(`"`, "'", "`"):
		return nil, p.fail("a string that does not end, or with a bad escape")
	case p.tok.is(",", ")", "[", "]"):
		return nil, p.fail("unexpected %q", p.tok.raw)
	}
	if sign := signs[p.tok.text]; sign != nil && !p.tok.isQuoted() {
		return sign(p, start, canonical(field))
	}
	if name := strings.ToLower(p.tok.text); !p.tok.isQuoted() && functions[name] != nil {
		return p.function(start, name, field)
	}
	text, err := p.compound(field != "")
	if err != nil {
		return nil, err
	}
	return p.phrase(start, text, field)
}

func (p *parser) group(field string) (Filter, error) {
	if prev := p.prev.text; !p.tok.spaced && !slices.Contains([]string{"", ":", "(", "!", "-", "not"}, prev) {
		return nil, p.fail("expected a blank between %q and %q", prev, "(")
	}
	if p.advance(); p.tok.isEnd() {
		return nil, p.fail("expected a filter behind \"(\"")
	}
	f, err := p.or(field)
	if err != nil {
		return nil, err
	}
	if !p.tok.is(")") {
		return nil, p.fail("expected \")\", found %q", p.tok.raw)
	}
	p.advance()
	return f, nil
}

// stream reads {tag="value",…}, of which nothing but the extent matters here.
func (p *parser) stream(start Pos, field string) (Filter, error) {
	if field != "" {
		return nil, p.fail("a filter on the stream behind a field's name")
	}
	for !p.tok.is("}") {
		if p.tok.isEnd() || p.tok.is("|") {
			return nil, p.fail("expected \"}\", found %q", p.tok.raw)
		}
		p.advance()
	}
	text := p.src[start : p.tok.offset+1]
	p.advance()
	return &Stream{start, text}, nil
}

func (p *parser) not(field string) (Filter, error) {
	start, sign := Pos(p.tok.offset), p.tok.raw
	if p.depth++; p.depth > maxDepth {
		return nil, p.unknown("filters nest deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	if p.advance(); p.tok.isEnd() {
		return nil, p.fail("expected a filter behind %q", sign)
	}
	f, err := p.unary(field)
	if err != nil {
		return nil, err
	}
	if double, ok := f.(*Not); ok {
		return double.Of, nil
	}
	return &Not{start, f}, nil
}

// phrase makes a filter of a text, or takes it for the name of a field.
func (p *parser) phrase(start Pos, text, field string) (Filter, error) {
	if field != "" || !p.tok.is(":") {
		if !p.tok.is("*") || p.tok.spaced {
			return &Phrase{Pos: start, Field: canonical(field), Text: text}, nil
		}
		p.advance()
		if p.tok.is(":") {
			return nil, p.fail("expected the name of a field, found %q*", text)
		}
		return &Prefix{Pos: start, Field: canonical(field), Text: text}, nil
	}
	if p.advance(); p.tok.isEnd() {
		return nil, p.fail("expected a filter behind %q", text+":")
	}
	switch text {
	case "_time", "_stream", "_stream_id":
		return nil, p.unknown("a filter on %s", text)
	}
	return p.unary(text)
}

// canonical gives the name of a field; none is the message.
func canonical(field string) string {
	if field == "" {
		return MessageField
	}
	return field
}

// compound reads a text made of tokens without blanks between them: as it means
// if it is one token, as written otherwise.
func (p *parser) compound(withColons bool) (string, error) {
	return p.compoundUntil(phraseStops(withColons))
}

// phraseStops are the tokens that end a text. A colon does where a field's name
// may still come.
func phraseStops(withColons bool) []string {
	stop := []string{"*", ",", "(", ")", "[", "]", "|", ""}
	if !withColons {
		stop = append(stop, ":")
	}
	return stop
}

// operand reads a text that may hold * and colons.
func (p *parser) operand() (string, error) {
	return p.compoundUntil([]string{",", "(", ")", "[", "]", "|", ""})
}

func (p *parser) compoundUntil(stop []string) (string, error) {
	if p.tok.is(`"`, "'", "`") {
		return "", p.fail("a string that does not end, or with a bad escape")
	}
	if p.tok.is(stop...) {
		return "", p.fail("expected a text, found %q", p.tok.raw)
	}
	return p.joined(stop), nil
}

// joined reads a first token and those that follow without a blank.
func (p *parser) joined(stop []string) string {
	first := p.tok
	p.advance()
	if rest := p.suffix(stop); rest != "" {
		return first.raw + rest
	}
	return first.text
}

func (p *parser) suffix(stop []string) string {
	var b strings.Builder
	for !p.tok.spaced && !p.tok.is(stop...) && !p.tok.isEnd() {
		b.WriteString(p.tok.raw)
		p.advance()
	}
	return b.String()
}

// argument reads one argument of a function, or what stands behind "=". A bad
// string is no error here but a text with a quote in it.
func (p *parser) argument() string {
	if p.tok.is("*") {
		return ""
	}
	return p.joined([]string{"*", ",", "(", ")", "|", ""})
}

// arguments reads what stands in the parentheses of a function.
func (p *parser) arguments(name string) ([]string, error) {
	p.advance() // the parenthesis
	args := []string{}
	for !p.tok.is(")") {
		if p.tok.is(",", "(") {
			return nil, p.fail("expected an argument of %s, found %q", name, p.tok.raw)
		}
		arg := p.argument()
		if arg == "" && p.tok.is("*") {
			p.advance()
			arg = "*"
		}
		args = append(args, arg)
		if p.tok.is(")") {
			break
		}
		if !p.tok.is(",") {
			return nil, p.fail("expected \",\" or \")\" in %s, found %q", name, p.tok.raw)
		}
		if p.advance(); p.tok.isEnd() {
			return nil, p.fail("expected an argument of %s", name)
		}
	}
	p.advance()
	return args, nil
}
