package processing

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// valueChange gives what becomes of a value: others in its place, each an
// alternative, or false to leave it alone. An error refuses the rule.
type valueChange func(v ast.Value) (ast.Alternatives, bool, error)

func (t valueChange) apply(r *run, it *item) {
	r.each(it, func(l *leaf) node {
		values := make([]ast.Alternatives, 0, len(l.item.Values))
		changed := false
		for _, list := range l.item.Values {
			var out ast.Alternatives
			for _, v := range list {
				became, did, err := t.change(v, l.item.IsKeyword)
				if err != nil {
					r.failf(it, placeOf(v, l), "%v", err)
					return unchanged
				}
				changed = changed || did
				out = append(out, became...)
			}
			if len(out) > 0 {
				values = append(values, out)
			}
		}
		switch {
		case !changed:
			return unchanged
		case len(values) == 0:
			r.failf(it, l.item.Span, "the pipeline leaves this item without a value; drop_detection_item drops the item")
			return unchanged
		}
		return l.withValues(values)
	})
}

// change applies t to a value, or to the text of a keyword.
func (t valueChange) change(v ast.Value, isKeyword bool) (ast.Alternatives, bool, error) {
	out, did, err := t(bare(v))
	if err != nil || !did {
		return ast.Alternatives{v}, false, err
	}
	if !isKeyword {
		return out, true, nil
	}
	for i, v := range out {
		if out[i] = keyword(v); out[i] == nil {
			return nil, false, fmt.Errorf("the pipeline gives a keyword the value %q, which needs a field", v)
		}
	}
	return out, true, nil
}

func placeOf(v ast.Value, l *leaf) source.Span {
	if s := v.Range(); !s.IsZero() {
		return s
	}
	return l.item.Span
}

// onStrings is a change of strings only. A class of dashes, which stands for
// five strings, is opened where the change would touch one of them.
func onStrings(change func(*ast.Pattern) (ast.Alternatives, bool, error)) valueChange {
	return func(v ast.Value) (ast.Alternatives, bool, error) {
		p, ok := v.(*ast.Pattern)
		if !ok {
			return nil, false, nil
		}
		spellings, err := openDashes(p)
		if err != nil {
			return nil, false, err
		}
		var out ast.Alternatives
		touched := false
		for _, s := range spellings {
			became, did, err := change(s)
			if err != nil {
				return nil, false, err
			}
			if !did {
				became = ast.Alternatives{s}
			}
			touched = touched || did
			out = append(out, became...)
		}
		return out, touched, nil
	}
}

// openDashes gives the strings that a pattern with classes of dashes stands for.
func openDashes(p *ast.Pattern) ([]*ast.Pattern, error) {
	out := [][]ast.Part{nil}
	for _, part := range p.Parts {
		choices := []ast.Part{part}
		if part == ast.Part(ast.Dash{}) {
			choices = choices[:0]
			for _, r := range ast.DashRunes {
				choices = append(choices, ast.Literal(string(r)))
			}
		}
		var next [][]ast.Part
		for _, head := range out {
			for _, c := range choices {
				next = append(next, append(slices.Clone(head), c))
			}
		}
		if out = next; len(out) > ast.MaxExpansions {
			return nil, fmt.Errorf("the dashes of this value stand for more than %d strings, which the pipeline would have to change one by one", ast.MaxExpansions)
		}
	}
	patterns := make([]*ast.Pattern, len(out))
	for i, parts := range out {
		c := *p
		c.Parts = ast.JoinParts(parts)
		patterns[i] = &c
	}
	return patterns, nil
}

// with is the pattern with other parts.
func with(p *ast.Pattern, parts []ast.Part) ast.Alternatives {
	c := *p
	c.Parts = parts
	return ast.Alternatives{&c}
}

// readReplaceString reads the replacement of what an expression matches, in the
// plain text of a string or in its literal parts only. A number is taken by its
// text, and is text when something in it was replaced.
func readReplaceString(m *params) transformation {
	x, text := m.pattern("regex"), m.text("replacement")
	literalOnly, interpret := m.boolean("skip_special"), m.boolean("interpret_special")
	var to replacement
	if x != nil {
		var err error
		if to, err = parseReplacement(x, text); err != nil {
			m.errorf(diag.PipelineParameter, m.node.Get("replacement").Span, "", "%q is not valid: %v", "replacement", err)
		}
	}
	edit := func(p *ast.Pattern) []ast.Part { return replacePlain(p, x, to) }
	if literalOnly {
		edit = func(p *ast.Pattern) []ast.Part { return replaceLiterals(p, x, to, interpret) }
	}
	strings := onStrings(func(p *ast.Pattern) (ast.Alternatives, bool, error) {
		parts := edit(p)
		if slices.Equal(parts, p.Parts) {
			return nil, false, nil
		}
		return with(p, parts), true, nil
	})
	return valueChange(func(v ast.Value) (ast.Alternatives, bool, error) {
		if n, ok := v.(*ast.Number); ok {
			v = numberText(n)
		}
		return strings(v)
	})
}

// replacePlain works on the plain text, placeholders and wildcards included.
func replacePlain(p *ast.Pattern, x *expression, to replacement) []ast.Part {
	parts := parsePlain(x.replace(plainText(p), to))
	names := p.Placeholders()
	if len(names) == 0 {
		return parts
	}
	var out []ast.Part
	for _, part := range parts {
		lit, ok := part.(ast.Literal)
		if !ok {
			out = append(out, part)
			continue
		}
		out = append(out, findPlaceholders(string(lit), names)...)
	}
	return ast.JoinParts(out)
}

// findPlaceholders finds the placeholders of those names in a text.
func findPlaceholders(s string, names []string) []ast.Part {
	for _, name := range names {
		if head, tail, ok := strings.Cut(s, "%"+name+"%"); ok {
			return slices.Concat(findPlaceholders(head, names), []ast.Part{ast.Placeholder{Name: name}}, findPlaceholders(tail, names))
		}
	}
	return []ast.Part{ast.Literal(s)}
}

func replaceLiterals(p *ast.Pattern, x *expression, to replacement, interpret bool) []ast.Part {
	var out []ast.Part
	for _, part := range p.Parts {
		lit, ok := part.(ast.Literal)
		switch {
		case !ok:
			out = append(out, part)
		case interpret:
			out = append(out, parsePlain(x.replace(string(lit), to))...)
		default:
			out = append(out, ast.Literal(x.replace(string(lit), to)))
		}
	}
	return ast.JoinParts(out)
}

// readMapString reads other strings for whole ones.
func readMapString(m *params) transformation {
	table := map[string][][]ast.Part{}
	for _, pair := range m.entries("mapping") {
		table[pair.Key.Text] = [][]ast.Part{}
		for _, s := range m.textsOf("mapping", pair.Value) {
			table[pair.Key.Text] = append(table[pair.Key.Text], ast.ParsePattern(s))
		}
	}
	return onStrings(func(p *ast.Pattern) (ast.Alternatives, bool, error) {
		to, ok := table[plainText(p)]
		if !ok {
			return nil, false, nil
		}
		var out ast.Alternatives
		for _, parts := range to {
			out = append(out, with(p, parts)...)
		}
		return out, true, nil
	})
}

// readLetterCase reads a change of the letters of literal parts.
func readLetterCase(m *params) transformation {
	change := spellings[m.choice("method", "lower", "upper", "snake_case")]
	return valueChange(func(v ast.Value) (ast.Alternatives, bool, error) {
		p, ok := v.(*ast.Pattern)
		if !ok {
			return nil, false, nil
		}
		parts := slices.Clone(p.Parts)
		for i, part := range parts {
			if lit, ok := part.(ast.Literal); ok {
				parts[i] = ast.Literal(change(string(lit)))
			}
		}
		if slices.Equal(parts, p.Parts) {
			return nil, false, nil
		}
		return with(p, parts), true, nil
	})
}

// readToRegex reads the change of strings to regular expressions that match
// the same: anchored where the string has no star.
func readToRegex(m *params) transformation {
	method := m.choice("method", "ignore_case_brackets", "ignore_case_flag", "plain")
	return valueChange(func(v ast.Value) (ast.Alternatives, bool, error) {
		p, ok := v.(*ast.Pattern)
		switch {
		case !ok || len(p.Parts) == 0:
			return nil, false, nil
		case len(p.Placeholders()) > 0:
			return nil, false, fmt.Errorf("the placeholder %%%s%% has no value yet, and the pipeline would make it a regular expression; put value_placeholders before", p.Placeholders()[0])
		}
		letters := method
		if p.Cased {
			letters = "plain"
		}
		return ast.Alternatives{regexOf(p, letters)}, true, nil
	})
}

func regexOf(p *ast.Pattern, method string) *ast.Regex {
	x := &ast.Regex{IgnoreCase: method == "ignore_case_flag", Span: p.Span}
	parts, head, tail := p.Parts, "^", "$"
	if parts[0] == ast.Part(ast.AnyRun{}) {
		parts, head = parts[1:], ""
	}
	if n := len(parts); n > 0 && parts[n-1] == ast.Part(ast.AnyRun{}) {
		parts, tail = parts[:n-1], ""
	}
	var b strings.Builder
	b.WriteString(head)
	for _, part := range parts {
		switch part := part.(type) {
		case ast.Literal:
			writeLetters(&b, string(part), method == "ignore_case_brackets")
		case ast.AnyRun:
			b.WriteString(".*")
			x.DotAll = true // a star stands for line breaks too
		case ast.AnyOne:
			b.WriteByte('.')
			x.DotAll = true
		case ast.Dash:
			b.WriteString("[" + ast.DashRunes + "]")
		case ast.Placeholder:
		}
	}
	b.WriteString(tail)
	x.Source = b.String()
	return x
}

// writeLetters writes text as a regular expression, with a class for each letter
// where letter case is to count for nothing.
func writeLetters(b *strings.Builder, s string, classes bool) {
	for _, r := range s {
		next := unicode.SimpleFold(r)
		switch {
		case !classes || next == r:
			if strings.ContainsRune(`\.+*?()|[]{}^$`, r) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		default:
			b.WriteByte('[')
			b.WriteRune(r)
			for ; next != r; next = unicode.SimpleFold(next) {
				b.WriteRune(next)
			}
			b.WriteByte(']')
		}
	}
}

// readSetValue reads one value for all.
func readSetValue(m *params) transformation {
	n := m.require("value")
	force := ""
	if m.node.Get("force_type") != nil {
		force = m.choice("force_type", "str", "num")
	}
	m.known = append(m.known, "force_type")
	if n == nil {
		return nil
	}
	v := m.value("value", n)
	if v == nil {
		return nil
	}
	if force != "" {
		v = m.forced(n, force)
	}
	return valueChange(func(ast.Value) (ast.Alternatives, bool, error) { return ast.Alternatives{v}, true, nil })
}

func (m *params) forced(n *yamldoc.Node, kind string) ast.Value {
	if t, ok := m.textOf("value", n); ok && kind == "str" {
		return &ast.Pattern{Parts: ast.ParsePattern(t.Value), Span: n.Span}
	}
	d, ok := ast.ParseDecimal(n.Text)
	if !ok {
		m.errorf(diag.PipelineParameter, n.Span, "", "%q is no number", n.Text)
	}
	return &ast.Number{Decimal: d, Lexeme: n.Text, Span: n.Span}
}

// readConvertType reads a change of numbers to strings, or the other way.
func readConvertType(m *params) transformation {
	m.require("target_type")
	if m.choice("target_type", "str", "num") == "str" {
		return valueChange(func(v ast.Value) (ast.Alternatives, bool, error) {
			n, ok := v.(*ast.Number)
			if !ok {
				return nil, false, nil
			}
			return ast.Alternatives{numberText(n)}, true, nil
		})
	}
	return valueChange(func(v ast.Value) (ast.Alternatives, bool, error) {
		p, ok := v.(*ast.Pattern)
		if !ok {
			return nil, false, nil
		}
		text, _ := p.Literal()
		d, ok := ast.ParseDecimal(text)
		if !ok {
			return nil, false, fmt.Errorf("the pipeline demands a number, and %q is none", plainText(p))
		}
		return ast.Alternatives{&ast.Number{Decimal: d, Lexeme: text, Span: p.Span}}, true, nil
	})
}
