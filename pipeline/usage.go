package pipeline

import (
	"fmt"

	"sigmatic/ast"
)

// FieldsOf lists the fields that a rule asks for, each name once, in order: those
// of its search identifiers, and those they are compared with.
func FieldsOf(r *ast.Rule) []ast.Field {
	var out []ast.Field
	seen := map[string]bool{}
	add := func(f ast.Field) {
		if f.Name != "" && !seen[f.Name] {
			seen[f.Name] = true
			out = append(out, f)
		}
	}
	var body func(ast.Detection)
	body = func(d ast.Detection) {
		switch d := d.(type) {
		case *ast.AllOf:
			for _, m := range d.Members {
				body(m)
			}
		case *ast.AnyOf:
			for _, m := range d.Members {
				body(m)
			}
		case *ast.Item:
			if d.IsKeyword {
				return
			}
			add(d.Field)
			for _, list := range d.Values {
				for _, v := range list {
					if ref, ok := v.(*ast.FieldRef); ok {
						add(ref.Field)
					}
				}
			}
		case *ast.ArrayItem:
			add(d.Steps[0].Field)
		default:
			panic(fmt.Sprintf("pipeline: unknown detection %T", d))
		}
	}
	for _, d := range r.Detections {
		body(d.Body)
	}
	return out
}

// Unmapped lists the fields of a rule that the schema does not describe.
func (s *Schema) Unmapped(r *ast.Rule) []ast.Field {
	if !s.Describes(r.LogSource) {
		return nil // every name is taken as it is
	}
	s = s.For(r.LogSource)
	var out []ast.Field
	for _, f := range FieldsOf(r) {
		if !s.Known(f.Name) {
			out = append(out, f)
		}
	}
	return out
}
