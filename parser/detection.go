package parser

import (
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// maxBodyDepth bounds lists inside lists of a search identifier.
const maxBodyDepth = 32

// body reads what stands under a search identifier, or in a list there. nil
// means that an error was reported.
func (p *docParser) body(key, n *yamldoc.Node, depth int) ast.Detection {
	if depth > maxBodyDepth {
		p.errorf(diag.BadDetection, n.Span, "", "the search identifier %q nests more than %d lists", key.Text, maxBodyDepth)
		return nil
	}
	switch n.Kind {
	case yamldoc.Map:
		return p.itemMap(key, n)
	case yamldoc.List:
		return p.bodyList(key, n, depth)
	case yamldoc.Null:
		if depth == 0 {
			p.errorf(diag.EmptyDetection, key.Span, "give it at least one field, indented below it", "the search identifier %q is empty", key.Text)
			return nil
		}
	}
	return p.item(nil, n)
}

func (p *docParser) itemMap(key, n *yamldoc.Node) ast.Detection {
	if len(n.Pairs) == 0 {
		p.errorf(diag.EmptyDetection, key.Span, "give it at least one field", "the search identifier %q is empty", key.Text)
		return nil
	}
	out := &ast.AllOf{Span: n.Span, Members: make([]ast.Detection, 0, len(n.Pairs))}
	for _, pair := range n.Pairs {
		if item := p.item(pair.Key, pair.Value); item != nil {
			out.Members = append(out.Members, item)
		}
	}
	if len(out.Members) == 0 {
		return nil
	}
	p.lintSiblings(out.Members)
	return out
}

// bodyList reads a list: scalars beside each other are keywords of one item,
// maps and lists are alternatives.
func (p *docParser) bodyList(key, n *yamldoc.Node, depth int) ast.Detection {
	if len(n.Items) == 0 {
		p.errorf(diag.EmptyDetection, key.Span, "give it at least one value", "the search identifier %q is an empty list", key.Text)
		return nil
	}
	allScalars := true
	for _, item := range n.Items {
		allScalars = allScalars && item.IsScalar()
	}
	if allScalars {
		return p.item(nil, n)
	}
	out := &ast.AnyOf{Span: n.Span}
	for _, item := range n.Items {
		if d := p.body(key, item, depth+1); d != nil {
			out.Members = append(out.Members, d)
		}
	}
	if len(out.Members) == 0 {
		return nil
	}
	return out
}

// item reads one detection item. A nil key means bare values: keywords.
func (p *docParser) item(key, n *yamldoc.Node) ast.Detection {
	var at path
	if key != nil {
		var ok bool
		if at, ok = p.path(key); !ok {
			return nil
		}
		if len(at.steps) > 0 && holdsBodies(n) {
			return p.arrayBody(key, n, at)
		}
	}
	chain := p.chain(key, at.field, n)
	if chain == nil {
		return nil
	}
	scalars := []*yamldoc.Node{n}
	switch n.Kind {
	case yamldoc.List:
		if scalars = n.Items; len(scalars) == 0 {
			p.errorf(diag.EmptyValueList, key.Span, "give it a value, or null to demand that the field has none", "%q has an empty list of values", key.Text)
			return nil
		}
	case yamldoc.Map:
		p.errorf(diag.BadValue, key.Span, "nested fields are written with dots: "+strings.Split(key.Text, "|")[0]+".name: value",
			"the value of %q is a map, expected a value or a list of values", key.Text)
		return nil
	}
	item := chain.item
	item.Span = spanOfItem(key, n)
	item.Values = make([]ast.Alternatives, 0, len(scalars))
	item.Written = make([]ast.Data, 0, len(scalars))
	for _, s := range scalars {
		p.value(chain, s, len(scalars))
	}
	if len(item.Values) == 0 {
		return nil
	}
	if len(at.steps) > 0 {
		return &ast.ArrayItem{Key: item.Key, Steps: at.steps, Body: item, Span: item.Span}
	}
	return item
}

// spanOfItem is the place of a key, if there is one, and its value.
func spanOfItem(key, value *yamldoc.Node) source.Span {
	s := value.Span
	if key != nil {
		s.Start = key.Span.Start
		s.End = max(s.End, key.Span.End)
	}
	return s
}

// value runs one written value through the chain.
func (p *docParser) value(c *chain, n *yamldoc.Node, siblings int) {
	if !n.IsScalar() {
		p.errorf(diag.BadValue, n.Span, "a list of values holds plain values only", "expected a value, found %s", n.Kind)
		return
	}
	p.doubt(n)
	if n.Kind == yamldoc.Null && siblings > 1 && !c.item.IsKeyword {
		p.warnf(diag.NullInList, n.Span, `write a second search identifier with "field: null" and join the two with or`,
			"null in a list of values is not defined by Sigma; it is read as: or the field has no value")
	}
	alternatives := c.apply(p, n)
	if len(alternatives) > 0 {
		c.item.Values = append(c.item.Values, alternatives)
		c.item.Written = append(c.item.Written, n.Data())
	}
}

// doubt warns of plain scalars that other readers of YAML type differently.
func (p *docParser) doubt(n *yamldoc.Node) {
	read, quoted := "", "quote it to say that it is text"
	switch n.Doubt {
	case yamldoc.NoDoubt:
		return
	case yamldoc.YesNo:
		read = "a boolean"
	case yamldoc.Hexadecimal:
		read = "a number"
	case yamldoc.LeadingZero, yamldoc.Sexagesimal, yamldoc.Timestamp, yamldoc.Underscores:
		read = "text"
	}
	p.warnf(diag.YAMLScalar, n.Span, quoted, "%s without quotes is read as %s here, and differently by other readers of YAML", n.Text, read)
	if read == "text" { // quoting the others would change what they mean
		p.withFix(n.Span, "'"+n.Text+"'")
	}
}

// Detection reads detection items written as under a search identifier: a map
// of fields with modifiers, or a list. It is for those who add conditions to
// rules; name is the key that the items stand under.
func Detection(name, items *yamldoc.Node) (ast.Detection, []diag.Diagnostic) {
	p := docParser{root: items}
	body := p.body(name, items, 0)
	return body, p.diags
}
