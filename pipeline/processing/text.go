package processing

import (
	"strings"

	"sigmatic/ast"
	"sigmatic/parser/yamldoc"
)

// value is a parameter that stands for a value of a rule. Texts are in Sigma's
// notation, so that * and ? in them are wildcards.
func (m *params) value(name string, n *yamldoc.Node) ast.Value {
	switch n.Kind {
	case yamldoc.Null:
		return &ast.Null{Span: n.Span}
	case yamldoc.Bool:
		return &ast.Bool{Value: n.TruthOf(), Span: n.Span}
	case yamldoc.Int, yamldoc.Float:
		if d, ok := ast.ParseDecimal(n.Text); ok {
			return &ast.Number{Decimal: d, Lexeme: n.Text, Span: n.Span}
		}
	case yamldoc.String:
		return &ast.Pattern{Parts: ast.ParsePattern(n.Text), Span: n.Span}
	}
	m.wrong(name, "a string, a number, a boolean or null", n)
	return nil
}

// bare is the value of a keyword as it was written: without the stars that say
// "anywhere", which are put back by keyword. Other values are what they are.
func bare(v ast.Value) ast.Value {
	k, ok := v.(*ast.Keyword)
	if !ok {
		return v
	}
	p, ok := k.Value.(*ast.Pattern)
	if !ok {
		return k.Value
	}
	c := *p
	parts := p.Parts
	if len(parts) > 0 && parts[0] == ast.Part(ast.AnyRun{}) {
		parts = parts[1:]
	}
	if n := len(parts); n > 0 && parts[n-1] == ast.Part(ast.AnyRun{}) {
		parts = parts[:n-1]
	}
	c.Parts = parts
	return &c
}

// keyword makes a value one that is searched in the whole event, nil for those
// that are no text.
func keyword(v ast.Value) ast.Value {
	switch v := v.(type) {
	case *ast.Pattern:
		return &ast.Keyword{Value: v.Contains(), Span: v.Span}
	case *ast.Regex:
		return &ast.Keyword{Value: v, Span: v.Span}
	case *ast.Number:
		return keyword(numberText(v))
	}
	return nil
}

// numberText is the text of a number.
func numberText(v *ast.Number) *ast.Pattern {
	return &ast.Pattern{Parts: []ast.Part{ast.Literal(v.Decimal.String())}, Span: v.Span}
}

// plainText is a pattern in the notation that expressions of pipelines are
// written for: a wildcard is * or ?, such a character that stands for itself
// has a backslash before it, and other backslashes stand single. Backslashes
// directly before one of the two are doubled, so that parsePlain reads back what
// was written. pySigma does not double them, and loses the wildcard of C:\*.
func plainText(p *ast.Pattern) string {
	var b strings.Builder
	special := func(c byte, escaped bool) {
		run := 0
		for s := b.String(); run < len(s) && s[len(s)-1-run] == '\\'; run++ {
		}
		b.WriteString(strings.Repeat(`\`, run))
		if escaped {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	for _, part := range p.Parts {
		switch part := part.(type) {
		case ast.Literal:
			for i := range len(part) {
				if c := part[i]; c == '*' || c == '?' {
					special(c, true)
				} else {
					b.WriteByte(c)
				}
			}
		case ast.AnyRun:
			special('*', false)
		case ast.AnyOne:
			special('?', false)
		case ast.Dash:
			b.WriteByte('-')
		case ast.Placeholder:
			b.WriteString("%" + part.Name + "%")
		}
	}
	return b.String()
}

// parsePlain reads the notation of plainText.
func parsePlain(s string) []ast.Part {
	var parts []ast.Part
	for s != "" {
		i := strings.IndexAny(s, `*?`)
		if i < 0 {
			return ast.JoinParts(append(parts, ast.Literal(s)))
		}
		run := len(s[:i]) - len(strings.TrimRight(s[:i], `\`))
		parts = append(parts, ast.Literal(s[:i-run]+strings.Repeat(`\`, run/2)))
		switch {
		case run%2 == 1:
			parts = append(parts, ast.Literal(s[i:i+1]))
		case s[i] == '*':
			parts = append(parts, ast.AnyRun{})
		default:
			parts = append(parts, ast.AnyOne{})
		}
		s = s[i+1:]
	}
	return ast.JoinParts(parts)
}
