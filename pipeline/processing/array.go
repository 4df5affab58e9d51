package processing

import (
	"sigmatic/ast"
)

// array is a detection item that selects members of arrays. pySigma does not
// have such items; a pipeline can rename the field that holds the array, and
// what else would change the item refuses the rule.
type array struct{ item *ast.ArrayItem }

// field is the name of the field that holds the array.
func (a *array) field() string { return a.item.Steps[0].Field.Name }

// leaves are the items inside, whose fields have their whole paths.
func (a *array) leaves() []*leaf { return a.below(a.item, "") }

func (a *array) below(d ast.Detection, path string) []*leaf {
	all := func(list []ast.Detection) []*leaf {
		var out []*leaf
		for _, m := range list {
			out = append(out, a.below(m, path)...)
		}
		return out
	}
	switch d := d.(type) {
	case *ast.AllOf:
		return all(d.Members)
	case *ast.AnyOf:
		return all(d.Members)
	case *ast.Item:
		item := *d
		item.Field.Name = joinPath(path, d.Field.Name)
		return []*leaf{{item: &item, array: a.field()}}
	case *ast.ArrayItem:
		for _, step := range d.Steps {
			path = joinPath(path, step.Field.Name)
		}
		var out []*leaf
		if d.Body != nil {
			out = a.below(d.Body, path)
		}
		for _, n := range d.Detections {
			out = append(out, a.below(n.Body, path)...)
		}
		return out
	}
	return nil
}

func joinPath(path, name string) string {
	switch {
	case path == "":
		return name
	case name == ast.Self || name == "":
		return path
	}
	return path + "." + name
}

// renamed is the array in fields of these names.
func (a *array) renamed(names []string) node {
	out := &group{any: true, span: a.item.Span}
	for _, name := range names {
		item := *a.item
		item.Steps = append([]ast.ArrayStep(nil), a.item.Steps...)
		item.Steps[0].Field.Name = name
		out.members = append(out.members, &array{&item})
	}
	if len(out.members) == 1 {
		return out.members[0]
	}
	return out
}

// untouched refuses the rule when change would do something to an item inside.
func (r *run) untouched(it *item, a *array, change func(*leaf) node) {
	for _, l := range a.leaves() {
		if it.matches(r, l) && change(l) != node(unchanged) && !r.failed {
			r.failf(it, a.item.Span, "the pipeline would change what is asked of the members of the array %q, which is not supported", a.field())
		}
	}
}
