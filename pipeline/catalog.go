package pipeline

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// shippedFiles holds the schemas of this package, a file each.
//
//go:embed schemas/*.yml
var shippedFiles embed.FS

// shipped are the schemas that ship, by name, none first. The files have no
// faults; a test sees to it.
var shipped = sync.OnceValue(func() []*Schema {
	names, _ := fs.Glob(shippedFiles, "schemas/*.yml")
	out := []*Schema{{Name: "none", Summary: "fields keep the names that rules have, nothing is known of their types"}}
	for _, name := range names {
		data, _ := shippedFiles.ReadFile(name)
		s, diags := Load(source.NewFile(name, data))
		if s == nil {
			panic(fmt.Sprintf("pipeline: %v", &diags[0]))
		}
		out = append(out, s)
	}
	return out
})

// Schemas lists the schemas that ship, by name, none first.
func Schemas() []*Schema { return slices.Clone(shipped()) }

// Find gives the schema of that name that ships.
func Find(name string) (*Schema, error) {
	var names []string
	for _, s := range shipped() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	hint := ""
	if near := diag.Nearest(name, names); near != "" {
		hint = fmt.Sprintf(", did you mean %q?", near)
	}
	return nil, fmt.Errorf("there is no schema %q%s; the schemas are %s", name, hint, strings.Join(names, ", "))
}

// None is the schema of which nothing is known.
func None() *Schema { return shipped()[0] }

// Auto gives the customary schema of a target for a log source, None where
// there is none.
func Auto(target string, ls ast.LogSource) *Schema {
	for _, s := range shipped() {
		if slices.Contains(s.Targets, target) && s.Covers(ls) {
			return s
		}
	}
	return None()
}
