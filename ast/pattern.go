package ast

import "strings"

// Shape is the form of a Pattern that most languages have an operator for.
type Shape uint8

// The shapes. Complex is everything that has a wildcard elsewhere than at its
// ends, a ?, a dash class or a placeholder.
const (
	ShapeExact Shape = iota
	ShapePrefix
	ShapeSuffix
	ShapeContains
	ShapeAny // one or more * and nothing else
	ShapeComplex
)

// Shape tells the pattern's form and the literal text it is about. The text is
// "" for ShapeAny and ShapeComplex, and for the exact pattern ”.
func (v *Pattern) Shape() (Shape, string) {
	text, literals, head, tail := "", 0, false, false
	for i, p := range v.Parts {
		switch p := p.(type) {
		case Literal:
			text = string(p)
			literals++
		case AnyRun:
			if i == 0 {
				head = true
			} else if i == len(v.Parts)-1 {
				tail = true
			} else {
				return ShapeComplex, ""
			}
		case AnyOne, Dash, Placeholder:
			return ShapeComplex, ""
		}
	}
	switch {
	case literals > 1:
		return ShapeComplex, ""
	case literals == 0 && head:
		return ShapeAny, ""
	case head && tail:
		return ShapeContains, text
	case head:
		return ShapeSuffix, text
	case tail:
		return ShapePrefix, text
	}
	return ShapeExact, text
}

// Literal gives the text of a pattern without wildcards.
func (v *Pattern) Literal() (string, bool) {
	shape, text := v.Shape()
	return text, shape == ShapeExact
}

// Contains is the pattern that finds v anywhere: * at both ends, unless there
// already.
func (v *Pattern) Contains() *Pattern {
	c := *v
	c.Parts = JoinParts(append(append([]Part{AnyRun{}}, v.Parts...), AnyRun{}))
	return &c
}

// Placeholders lists the names of the placeholders in the pattern, in order.
func (v *Pattern) Placeholders() []string {
	var names []string
	for _, p := range v.Parts {
		if p, ok := p.(Placeholder); ok {
			names = append(names, p.Name)
		}
	}
	return names
}

// JoinParts brings parts into the form that Pattern promises: neighbouring
// literals are one, empty ones are gone, a run of * is one *.
func JoinParts(parts []Part) []Part {
	out := make([]Part, 0, len(parts))
	for _, p := range parts {
		if lit, ok := p.(Literal); ok {
			if lit == "" {
				continue
			}
			if n := len(out); n > 0 {
				if prev, ok := out[n-1].(Literal); ok {
					out[n-1] = prev + lit
					continue
				}
			}
		}
		if _, ok := p.(AnyRun); ok && len(out) > 0 {
			if _, twice := out[len(out)-1].(AnyRun); twice {
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

// ParsePattern reads Sigma's wildcard notation (specification, "Wildcards" and
// "Escaping"): a backslash escapes *, ? and itself, and stands for itself
// before anything else.
func ParsePattern(s string) []Part {
	if !strings.ContainsAny(s, `*?\`) {
		if s == "" {
			return nil
		}
		return []Part{Literal(s)}
	}
	var parts []Part
	var lit strings.Builder
	flush := func() {
		if lit.Len() > 0 {
			parts = append(parts, Literal(lit.String()))
			lit.Reset()
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && strings.IndexByte(`*?\`, s[i+1]) >= 0:
			i++
			lit.WriteByte(s[i])
		case c == '*':
			flush()
			parts = append(parts, AnyRun{})
		case c == '?':
			flush()
			parts = append(parts, AnyOne{})
		default:
			lit.WriteByte(c)
		}
	}
	flush()
	return JoinParts(parts)
}

// SigmaText is the pattern in Sigma's notation; ParsePattern reads it back to
// equal parts where the pattern has no Dash and no Placeholder, which have no
// notation of their own and print as - and %name%.
func (v *Pattern) SigmaText() string {
	var b strings.Builder
	for i, p := range v.Parts {
		switch p := p.(type) {
		case Literal:
			last := i == len(v.Parts)-1
			writeSigmaLiteral(&b, string(p), last)
		case AnyRun:
			b.WriteByte('*')
		case AnyOne:
			b.WriteByte('?')
		case Dash:
			b.WriteByte('-')
		case Placeholder:
			b.WriteString("%" + p.Name + "%")
		}
	}
	return b.String()
}

// writeSigmaLiteral escapes what would be read as a wildcard, and a backslash
// only where it would escape what follows it.
func writeSigmaLiteral(b *strings.Builder, s string, last bool) {
	for i := range len(s) {
		switch c := s[i]; c {
		case '*', '?':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\\':
			atEnd := i == len(s)-1
			escapes := !atEnd && strings.IndexByte(`*?\`, s[i+1]) >= 0 || atEnd && !last
			if escapes {
				b.WriteByte('\\')
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
}
