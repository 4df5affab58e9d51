package logsql

import (
	"fmt"
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
)

// form says which part of a value a regular expression must meet.
type form uint8

// The forms, in the order in which they are printed.
const (
	formWhole form = iota
	formHead
	formTail
	formInside
)

// needle is a text that is looked for: a plain value, a plain prefix, or a
// regular expression.
type needle struct {
	form form
	// plain is set where the operators = and =* compare text; text is it then.
	plain bool
	text  string
	regex string // without anchors
	fold  bool   // letters compare without case
	dots  bool   // regex has a dot
}

// texts prints alternatives that are compared with the field's text: patterns,
// numbers and booleans.
func (p *printer) texts(f field, values []ast.Value) (backends.Clause, error) {
	canonical := f.Case == ast.CaseCanonical
	var out backends.Any
	var needles, notArrays []needle
	var members arrayMembers
	for _, v := range values {
		pattern, err := asPattern(v)
		if err != nil {
			return nil, err
		}
		p.noteText(f, v, pattern)
		inArray := f.Multi == ast.MultiValued && !showsInArray(pattern)
		switch shape, text := pattern.Shape(); {
		case shape == ast.ShapeAny || !inArray && isSomething(pattern.Parts):
			out = append(out, f.has())
		case shape == ast.ShapeExact && text == "":
			out = append(out, backends.Atom(f.quoted+`:=""`))
		case inArray && mayBeArray(pattern):
			notArrays = append(notArrays, newNeedle(pattern, canonical))
		default:
			needles = append(needles, newNeedle(pattern, canonical))
		}
		if inArray {
			members.add(pattern, canonical)
		}
	}
	out = append(out, f.find(needles)...)
	if len(notArrays) > 0 {
		out = append(out, backends.All{f.find(notArrays), backends.Neg{Of: f.matches(anyArray)}})
	}
	for _, regex := range members.regexes() {
		out = append(out, f.matches(regex))
	}
	return out, nil
}

// noteText notes what the search for a value takes for granted. The empty text
// and a lone * cannot tell a missing field from an empty one. A text that a
// number may have is compared with the number's canonical text in Sigma, and
// with the source's spelling here.
func (p *printer) noteText(f field, v ast.Value, pattern *ast.Pattern) {
	if shape, text := pattern.Shape(); shape == ast.ShapeAny || shape == ast.ShapeExact && text == "" {
		p.notes.Add(backends.NoteMissingEmpty, f.Name)
		return
	}
	if _, ok := v.(*ast.Bool); !ok && meetsNumber(pattern.Parts) && !isSomething(pattern.Parts) {
		p.noteSpelling(f)
	}
}

// asPattern gives a value as the pattern of its text.
func asPattern(v ast.Value) (*ast.Pattern, error) {
	switch v := v.(type) {
	case *ast.Pattern:
		if !isText(v.Parts) {
			return nil, refuseBytes(v.Span)
		}
		return v, nil
	case *ast.Number:
		return &ast.Pattern{Parts: []ast.Part{ast.Literal(v.Decimal.String())}, Cased: true, Span: v.Span}, nil
	case *ast.Bool:
		text := ast.Literal("false")
		if v.Value {
			text = "true"
		}
		return &ast.Pattern{Parts: []ast.Part{text}, Span: v.Span}, nil
	}
	return nil, refuse(backends.FeatureKeyword, v.Range(), fmt.Sprintf("a value of type %T", v))
}

func refuseBytes(span source.Span) error {
	return refuse(backends.FeatureBytes, span, "the value is not valid UTF-8, and stored events are")
}

// isSomething reports whether parts are ? and one or more *: any text but the
// empty one, which is just what the filter f:* means.
func isSomething(parts []ast.Part) bool {
	ones, runs := 0, 0
	for _, part := range parts {
		switch part.(type) {
		case ast.AnyOne:
			ones++
		case ast.AnyRun:
			runs++
		default:
			return false
		}
	}
	return ones == 1 && runs > 0
}

// newNeedle chooses the way to look for a pattern that is neither empty nor a
// lone *.
func newNeedle(v *ast.Pattern, canonical bool) needle {
	parts, n := v.Parts, needle{form: formWhole}
	literal := false
	for _, part := range parts {
		if lit, ok := part.(ast.Literal); ok {
			literal = true
			n.fold = n.fold || !v.Cased && !canonical && backends.HasCase(string(lit))
		}
	}
	shape, text := v.Shape()
	if n.text = text; !n.fold {
		n.plain = shape == ast.ShapeExact && isPlainValue(text) || shape == ast.ShapePrefix && isPlainPrefix(text)
	}
	_, head := parts[0].(ast.AnyRun)
	_, tail := parts[len(parts)-1].(ast.AnyRun)
	if head && !leadingRun(parts, n.fold) {
		parts = parts[1:]
	} else {
		head = false
	}
	if tail && len(parts) > 0 {
		parts = parts[:len(parts)-1]
	}
	switch {
	case head && tail && !literal && !hasDash(parts):
		n.form = formHead // only ?: as good, and quicker
	case head && tail:
		n.form = formInside
	case head:
		n.form = formTail
	case tail:
		n.form = formHead
	}
	var b strings.Builder
	n.dots = writeParts(&b, parts)
	n.regex = b.String()
	return n
}

// leadingRun reports whether the * in front of parts must stay in the regular
// expression. A literal, then one dot and nothing else loses the dot's line
// break in VictoriaLogs, which takes literals without case off the front
// (measured on 1.121.0); the * keeps the literal from being the front.
func leadingRun(parts []ast.Part, fold bool) bool {
	if fold || len(parts) < 3 {
		return false
	}
	_, one := parts[2].(ast.AnyOne)
	_, literal := parts[1].(ast.Literal)
	return one && literal
}

func hasDash(parts []ast.Part) bool {
	return slices.Contains(parts, ast.Part(ast.Dash{}))
}

// find prints needles, those of one kind together.
func (f field) find(needles []needle) backends.Any {
	var out backends.Any
	var values []string
	for _, n := range needles {
		switch {
		case n.plain && n.form == formWhole:
			if quoted := quoteString(n.text); !slices.Contains(values, quoted) {
				values = append(values, quoted)
			}
		case n.plain:
			out = append(out, backends.Atom(f.quoted+":="+quoteString(n.text)+"*"))
		}
	}
	switch len(values) {
	case 0:
	case 1:
		out = append(backends.Any{backends.Atom(f.quoted + ":=" + values[0])}, out...)
	default:
		out = append(backends.Any{&backends.Listing{Head: f.quoted + ":in(", Items: values, Tail: ")"}}, out...)
	}
	for form := formWhole; form <= formInside; form++ {
		for _, fold := range []bool{false, true} {
			if regex := alternation(needles, form, fold); regex != "" {
				out = append(out, f.matches(regex))
			}
		}
	}
	return out
}

// alternation joins the needles of one kind into one regular expression, ""
// when there is none.
func alternation(needles []needle, form form, fold bool) string {
	var list []string
	seen := map[string]bool{}
	dots := false
	for _, n := range needles {
		if n.plain || n.form != form || n.fold != fold || seen[n.regex] {
			continue
		}
		seen[n.regex] = true
		list = append(list, n.regex)
		dots = dots || n.dots
	}
	if len(list) == 0 {
		return ""
	}
	body := strings.Join(list, "|")
	if len(list) > 1 && form != formInside {
		body = "(?:" + body + ")"
	}
	if form == formWhole || form == formHead {
		body = "^" + body
	}
	if form == formWhole || form == formTail {
		body += "$"
	}
	return regexFlags(fold, dots) + body
}

// regexFlags writes the flags of a regular expression made from patterns: s
// where there is a dot, so that it matches line breaks.
func regexFlags(fold, dots bool) string {
	switch {
	case fold && dots:
		return "(?is)"
	case fold:
		return "(?i)"
	case dots:
		return "(?s)"
	}
	return ""
}

// isPlainValue reports whether = compares text as text. In a block whose values
// all are numbers or IPv4 addresses, the engine compares those: "-0" finds 0
// there, "1_0" 10 and "010.0.0.1" 10.0.0.1 (measured on VictoriaLogs 1.121.0).
// A text that could be read so must be in canonical spelling.
func isPlainValue(s string) bool {
	if strings.Trim(s, "0123456789._-") != "" {
		return true
	}
	if d, ok := ast.ParseDecimal(s); ok {
		return d.String() == s
	}
	return strings.Count(s, ".") == 3 && !strings.ContainsAny(s, "_-") && !strings.Contains("."+s, ".0")
}

// isPlainPrefix reports whether =* compares text as text. In a block of
// numbers or addresses it does not see that 9 begins 91.0.0.1, nor that -1
// begins -10 (measured on VictoriaLogs 1.121.0).
func isPlainPrefix(s string) bool {
	return s != "" && !('0' <= s[0] && s[0] <= '9') && s[0] != '-'
}
