package logsql

import (
	"fmt"

	"sigmatic/ast"
	"sigmatic/backends"
)

// keywords prints keywords, one of which must be found in the message. The
// message is taken to hold the event's values, one a line: * and ? do not
// cross lines, and ^ and $ in an expression stand at the ends of lines.
func (p *printer) keywords(list []*ast.Keyword) (backends.Clause, error) {
	f := field{ast.Field{Name: messageField}, messageField}
	p.notes.Add(backends.NoteMessageField, messageField)
	var out, expressions backends.Any
	var needles []needle
	for _, k := range list {
		value := k.Value
		if n, ok := value.(*ast.Number); ok {
			value = asWritten(n)
		}
		switch v := value.(type) {
		case *ast.Pattern:
			pattern, err := asPattern(v)
			if err != nil {
				return nil, err
			}
			pattern = pattern.Contains()
			if shape, _ := pattern.Shape(); shape == ast.ShapeAny {
				out = append(out, backends.Atom(messageField+":*"))
				continue
			}
			needles = append(needles, newNeedle(pattern, false))
		case *ast.Regex:
			text, err := keywordRegex(v)
			if err != nil {
				return nil, err
			}
			expressions = append(expressions, f.matches(text))
		default:
			return nil, refuse(backends.FeatureKeyword, k.Span, fmt.Sprintf("a value of type %T", v))
		}
	}
	for _, fold := range []bool{false, true} {
		for _, dots := range []bool{false, true} {
			if text := keywordAlternation(needles, fold, dots); text != "" {
				out = append(out, f.matches(text))
			}
		}
	}
	return append(out, expressions...), nil
}

// asWritten is a number as the text that the rule has: a message is text.
func asWritten(n *ast.Number) *ast.Pattern {
	text := n.Lexeme
	if text == "" {
		text = n.Decimal.String()
	}
	return &ast.Pattern{Parts: []ast.Part{ast.Literal(text)}, Span: n.Span}
}

// keywordAlternation is alternation for lines.
func keywordAlternation(needles []needle, fold, dots bool) string {
	var chosen []needle
	for _, n := range needles {
		if n.dots == dots {
			n.dots, n.form, n.plain = false, formInside, false
			chosen = append(chosen, n)
		}
	}
	text := alternation(chosen, formInside, fold)
	switch {
	case text == "" || !dots:
		return text
	case fold:
		return "(?i-s)" + text[len("(?i)"):]
	}
	return "(?-s)" + text
}
