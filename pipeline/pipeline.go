// Package pipeline rewrites rules for a target: field names and types from a
// schema, later also processing pipelines. It copies and never mutates.
package pipeline

import (
	"sigmatic/ast"
)

// Schema is what is known of the fields of a target.
type Schema struct {
	Name    string
	Summary string
}

// schemas are those that ship. None describes fields as written, of which
// nothing is known: backends then choose forms that are right for every type,
// or say in a note what they take for granted.
var schemas = []Schema{
	{Name: "none", Summary: "fields keep the names that rules have, nothing is known of their types"},
}

// Schemas lists the schemas that ship.
func Schemas() []Schema { return append([]Schema(nil), schemas...) }

// Find gives the schema of that name. "auto" is the customary one of a target
// and log source, which is none until one ships for them.
func Find(name string) (Schema, bool) {
	if name == "auto" {
		name = "none"
	}
	for _, s := range schemas {
		if s.Name == name {
			return s, true
		}
	}
	return Schema{}, false
}

// Apply gives the rule in the terms of the schema.
func (s Schema) Apply(r *ast.Rule) *ast.Rule { return r }
