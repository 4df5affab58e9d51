package processing

import (
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
)

// extractFields takes values apart by the named groups of an expression, into a
// field for each group.
type extractFields struct {
	pattern  *expression
	prefix   string
	preserve bool // values that do not match stay where they are
}

func readExtractFields(m *params) transformation {
	t := extractFields{pattern: m.pattern("regex"), prefix: m.optionalText("field_prefix", ""), preserve: m.boolean("preserve_unmatched")}
	if t.pattern != nil && strings.Join(t.pattern.SubexpNames(), "") == "" {
		m.errorf(diag.PipelineParameter, m.node.Get("regex").Span, "write (?P<name>…)", "the expression has no named group")
	}
	return t
}

func (t extractFields) apply(r *run, it *item) {
	r.each(it, func(l *leaf) node {
		if l.item.IsKeyword || !onlyStrings(l) {
			return unchanged
		}
		out := &group{any: !l.item.All, span: l.item.Span}
		matched := false
		var left []*ast.Pattern
		for _, list := range l.item.Values {
			alternatives := &group{any: true, span: l.item.Span}
			for _, v := range list {
				p := v.(*ast.Pattern)
				fields := t.fields(p, l)
				switch {
				case fields != nil:
					matched = true
					alternatives.members = append(alternatives.members, fields)
				case t.preserve:
					c := *l.item
					c.Values, c.All, c.Negated = []ast.Alternatives{{v}}, false, false
					alternatives.members = append(alternatives.members, &leaf{item: &c})
				default:
					left = append(left, p)
				}
			}
			if len(alternatives.members) > 0 {
				out.members = append(out.members, alternatives)
			}
		}
		if !matched {
			return unchanged
		}
		for _, p := range left {
			r.warnf(it, placeOf(p, l), "the pipeline leaves %q out, which its expression does not match; preserve_unmatched would keep it", plainText(p))
		}
		if l.item.Negated {
			return negate(out)
		}
		return out
	})
}

// fields are the items of one value, nil when the expression does not match.
func (t extractFields) fields(p *ast.Pattern, l *leaf) node {
	text := plainText(p)
	found := t.pattern.prefix.FindStringSubmatchIndex(text)
	if found == nil {
		return nil
	}
	out := &group{span: l.item.Span}
	for i, name := range t.pattern.SubexpNames() {
		if name == "" || found[2*i] < 0 || found[2*i] == found[2*i+1] {
			continue
		}
		if t.prefix != "" {
			name = t.prefix + "." + name
		}
		item := &ast.Item{Field: ast.Field{Name: name, Span: l.item.Field.Span}, Span: l.item.Span,
			Values: []ast.Alternatives{{extracted(p, text[found[2*i]:found[2*i+1]])}}}
		out.members = append(out.members, &leaf{item: item})
	}
	if len(out.members) == 0 {
		return nil
	}
	return out
}

// extracted types a part of a value. Digits behind a zero are no number: the
// zero counts.
func extracted(p *ast.Pattern, s string) ast.Value {
	if low := strings.ToLower(s); low == "null" || low == "none" {
		return &ast.Null{Span: p.Span}
	}
	if d, ok := ast.ParseDecimal(s); ok && (s == "0" || s[0] != '0') {
		return &ast.Number{Decimal: d, Lexeme: s, Span: p.Span}
	}
	return with(p, parsePlain(s))[0]
}
