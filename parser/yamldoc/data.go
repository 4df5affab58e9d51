package yamldoc

import "sigmatic/ast"

// Data keeps a node as it was written.
func (n *Node) Data() ast.Data {
	d := ast.Data{Text: n.Text, Span: n.Span}
	switch n.Kind {
	case Null:
		d.Kind, d.Text = ast.DataNull, ""
	case Bool:
		d.Kind = ast.DataBool
	case Int, Float:
		d.Kind = ast.DataNumber
	case String:
		d.Kind = ast.DataScalar
	case List:
		d.Kind = ast.DataList
		for _, item := range n.Items {
			d.Items = append(d.Items, item.Data())
		}
	case Map:
		d.Kind = ast.DataMap
		for _, pair := range n.Pairs {
			d.Pairs = append(d.Pairs, ast.Attribute{Name: ast.Text{Value: pair.Key.Text, Span: pair.Key.Span}, Value: pair.Value.Data()})
		}
	}
	return d
}
