package parser

import (
	"fmt"
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/parser/yamldoc"
)

// Array selectors: field[any], field[all].name, field[0]. They are a proposal to
// Sigma (SigmaHQ/sigma-specification issue 212) and have a meaning from
// sigma-version 3 on; before, brackets are letters of a field's name.

// arraysSince is the version of Sigma that has array selectors.
const arraysSince = 3

// path is what stands before the modifiers of a key.
type path struct {
	steps []ast.ArrayStep
	field ast.Field // behind the last step; ast.Self where nothing follows it
}

// path reads the field of a key. false means that an error was reported.
func (p *docParser) path(key *yamldoc.Node) (path, bool) {
	name, _, _ := strings.Cut(key.Text, "|")
	if !p.arrays {
		p.unreadSelector(key, name)
		return path{field: ast.Field{Name: name, Span: key.Sub(0, len(name))}}, true
	}
	if name == ast.Self && p.members == 0 {
		p.errorf(diag.BadSelector, key.Span, "put it below an array's selector, as in: field[any]: {'.': value}",
			"the field %q is the member of an array, and here is none", name)
		return path{}, false
	}
	r := pathReader{docParser: p, key: key, text: name}
	return r.read()
}

// unreadSelector warns of a selector in a rule that does not say that it has some.
func (p *docParser) unreadSelector(key *yamldoc.Node, name string) {
	_, rest, _ := strings.Cut(name, "[")
	word, _, closed := strings.Cut(rest, "]")
	if closed && slices.Contains(ast.SelectorWords(), word) {
		p.warnf(diag.SelectorVersion, key.Sub(0, len(name)), "add the attribute sigma-version: 3",
			"[%s] selects members of an array only from sigma-version 3 on; here it is read as a part of the field's name", word)
	}
}

// pathReader goes through a field's name with selectors.
type pathReader struct {
	*docParser
	key  *yamldoc.Node
	text string
	at   int
	out  path
}

func (r *pathReader) read() (path, bool) {
	for {
		start := r.at
		name, ok := r.name()
		if !ok {
			return path{}, false
		}
		field := ast.Field{Name: name, Span: r.key.Sub(start, r.at)}
		if r.at == len(r.text) {
			if name == "" && len(r.out.steps) > 0 {
				return path{}, r.fault(r.at-1, r.at, "name a field of the member behind the dot", "the key ends in a dot")
			}
			r.out.field = field
			return r.out, true
		}
		if field.Name == "" && len(r.out.steps) == 0 {
			return path{}, r.fault(r.at, r.at+1, "put the name of a field before it", "the selector has no field")
		}
		if !r.selectors(field) {
			return path{}, false
		}
		if r.at == len(r.text) {
			r.out.field = ast.Field{Name: ast.Self, Span: r.key.Sub(0, len(r.text))}
			return r.out, true
		}
		if r.text[r.at] != '.' {
			return path{}, r.fault(r.at, len(r.text), "part it from the selector with a dot", "%q follows a selector", r.text[r.at:])
		}
		r.at++
	}
}

func (r *pathReader) fault(from, to int, help, format string, args ...any) bool {
	r.errorf(diag.BadSelector, r.key.Sub(from, to), help, format, args...)
	return false
}

// name reads up to the next selector. A backslash before a bracket makes it a
// letter.
func (r *pathReader) name() (string, bool) {
	var b strings.Builder
	for ; r.at < len(r.text); r.at++ {
		c := r.text[r.at]
		switch {
		case c == '\\' && r.at+1 < len(r.text) && strings.IndexByte("[]", r.text[r.at+1]) >= 0:
			r.at++
			c = r.text[r.at]
		case c == '[':
			return b.String(), true
		case c == ']':
			return "", r.fault(r.at, r.at+1, `write \] where a bracket is part of the name`, "a bracket is closed that was not opened")
		}
		b.WriteByte(c)
	}
	return b.String(), true
}

// selectors reads one behind the field, or several for arrays inside arrays.
func (r *pathReader) selectors(field ast.Field) bool {
	for r.at < len(r.text) && r.text[r.at] == '[' {
		word, _, closed := strings.Cut(r.text[r.at+1:], "]")
		end := r.at + len(word) + 2
		if !closed {
			return r.fault(r.at, len(r.text), `close it, or write \[ where a bracket is part of the name`, "a bracket is opened and not closed")
		}
		selector, ok := ast.ParseSelector(word)
		if !ok {
			return r.fault(r.at, end, unknownSelector(word), "unknown selector [%s]", word)
		}
		r.out.steps = append(r.out.steps, ast.ArrayStep{Field: field, Selector: selector})
		r.at = end
		field = ast.Field{Name: ast.Self, Span: r.key.Sub(r.at, r.at)}
	}
	return true
}

func unknownSelector(word string) string {
	help := fmt.Sprintf(`a selector is one of %s, or a place such as 0 or -1; write \[ where a bracket is part of the name`, strings.Join(ast.SelectorWords(), ", "))
	if near := diag.Nearest(word, ast.SelectorWords()); near != "" {
		return fmt.Sprintf("did you mean [%s]? ", near) + help
	}
	return help
}

// holdsBodies reports whether what stands under a selector is no plain value: a
// map, or a list of maps.
func holdsBodies(n *yamldoc.Node) bool {
	return n.Kind == yamldoc.Map || n.Kind == yamldoc.List && len(n.Items) > 0 && !slices.ContainsFunc(n.Items, (*yamldoc.Node).IsScalar)
}

// arrayBody reads an item that demands several things of one member. nil means
// that an error was reported.
func (p *docParser) arrayBody(key, n *yamldoc.Node, at path) ast.Detection {
	field, modifiers, modified := strings.Cut(key.Text, "|")
	switch {
	case modified:
		p.errorf(diag.BadSelector, key.Sub(len(field), len(key.Text)), "write it behind the fields of the member",
			"the modifier %s stands at a map, expected a value or a list of values", modifiers)
		return nil
	case at.field.Name != ast.Self:
		p.errorf(diag.BadValue, key.Span, "nested fields are written with dots: "+field+".name: value",
			"the value of %q is a map, expected a value or a list of values", field)
		return nil
	case len(n.Pairs) == 0 && n.Kind == yamldoc.Map:
		p.errorf(diag.EmptyDetection, key.Span, "give it at least one field", "%q demands nothing of its members", field)
		return nil
	}
	out := &ast.ArrayItem{Key: ast.Text{Value: key.Text, Span: key.Span}, Steps: at.steps, Span: spanOfItem(key, n)}
	p.members++
	defer func() { p.members-- }()
	if n.Get("condition") != nil {
		return p.arrayCondition(out, n)
	}
	if out.Body = p.body(key, n, 0); out.Body == nil {
		return nil
	}
	return out
}

// arrayCondition reads search identifiers of a member, and what joins them.
func (p *docParser) arrayCondition(out *ast.ArrayItem, n *yamldoc.Node) ast.Detection {
	ok := true
	for _, pair := range n.Pairs {
		if pair.Key.Text == "condition" {
			out.Condition = p.memberCondition(pair.Value)
			ok = out.Condition != nil && ok
			continue
		}
		body := p.body(pair.Key, pair.Value, 0)
		if ok = body != nil && ok; body != nil {
			out.Detections = append(out.Detections, &ast.NamedDetection{Name: ast.Text{Value: pair.Key.Text, Span: pair.Key.Span}, Body: body})
		}
	}
	if len(n.Pairs) == 1 {
		p.errorf(diag.EmptyDetection, out.Key.Span, "add a search identifier beside the condition", "%q has a condition and no search identifier", out.Key.Value)
		return nil
	}
	if !ok {
		return nil
	}
	_, diags := ast.ResolveMember(out)
	if p.diags = append(p.diags, diags...); len(diags) > 0 {
		return nil
	}
	return out
}

func (p *docParser) memberCondition(n *yamldoc.Node) *ast.RuleCondition {
	if n.Kind != yamldoc.String {
		p.errorf(diag.BadCondition, n.Span, "", "a condition must be a string, found %s", n.Kind)
		return nil
	}
	expr, fault := ParseCondition(n.Text, n.Sub)
	if fault != nil {
		p.diags = append(p.diags, *fault)
		return nil
	}
	return &ast.RuleCondition{Text: ast.Text{Value: oneLine(n.Text), Span: n.Span}, Expr: expr}
}

// lintSiblings warns of two items of one map that select from one array by
// themselves, where one member may satisfy the first and another the second.
func (p *docParser) lintSiblings(members []ast.Detection) {
	first := map[string]*ast.ArrayItem{}
	for _, m := range members {
		item, ok := m.(*ast.ArrayItem)
		if !ok || item.Steps[0].Selector.Quantifier != ast.AnyMember {
			continue
		}
		array := item.Steps[0].Field.Name
		earlier := first[array]
		if earlier == nil {
			first[array] = item
			continue
		}
		p.warnf(diag.SelectorSiblings, item.Key.Span, fmt.Sprintf("put both below one %s[any] where one member is meant", array),
			"%s and %s may be satisfied by different members of %q", earlier.Key.Value, item.Key.Value, array)
		p.diags[len(p.diags)-1].Related = []diag.Related{{Span: earlier.Key.Span, Text: "the other item"}}
	}
}
