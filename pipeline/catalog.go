package pipeline

import (
	"embed"
	"fmt"
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

// shipped is a schema of this package: its name is that of its file. It is read
// when it is first asked for, as most runs need few of them.
type shipped struct {
	name    string
	product string   // of its log sources
	targets []string // for which it is the customary one
	load    func() *Schema
}

// catalog lists the schemas, none first.
var catalog = sync.OnceValue(func() []shipped {
	list := []shipped{
		{name: "none"},
		{name: "cloudtrail-ecs", product: "aws", targets: []string{"esql", "kql"}},
		{name: "cloudtrail-ocsf", product: "aws"},
		{name: "cloudtrail-splunk", product: "aws", targets: []string{"splunk"}},
		{name: "cloudtrail-victorialogs", product: "aws", targets: []string{"logsql"}},
		{name: "sysmon", product: "windows"},
		{name: "windows-ecs", product: "windows", targets: []string{"esql", "kql"}},
		{name: "windows-splunk", product: "windows", targets: []string{"splunk"}},
	}
	for i := range list {
		s := list[i]
		list[i].load = sync.OnceValue(s.read)
	}
	return list
})

// read loads the schema. The files have no faults; a test sees to it.
func (s shipped) read() *Schema {
	if s.name == "none" {
		return &Schema{Name: s.name, Summary: "fields keep the names that rules have, nothing is known of their types"}
	}
	name := "schemas/" + s.name + ".yml"
	data, err := shippedFiles.ReadFile(name)
	if err != nil {
		panic("pipeline: " + err.Error())
	}
	schema, diags := Load(source.NewFile(name, data))
	if schema == nil {
		panic(fmt.Sprintf("pipeline: %v", &diags[0]))
	}
	schema.Targets = s.targets
	return schema
}

// Schemas lists the schemas that ship, none first.
func Schemas() []*Schema {
	var out []*Schema
	for _, s := range catalog() {
		out = append(out, s.load())
	}
	return out
}

// Find gives the schema of that name that ships.
func Find(name string) (*Schema, error) {
	var names []string
	for _, s := range catalog() {
		if s.name == name {
			return s.load(), nil
		}
		names = append(names, s.name)
	}
	hint := ""
	if near := diag.Nearest(name, names); near != "" {
		hint = fmt.Sprintf(", did you mean %q?", near)
	}
	return nil, fmt.Errorf("there is no schema %q%s; the schemas are %s", name, hint, strings.Join(names, ", "))
}

// None is the schema of which nothing is known.
func None() *Schema { return catalog()[0].load() }

// Auto gives the customary schema of a target for a log source, None where
// there is none.
func Auto(target string, ls ast.LogSource) *Schema {
	for _, s := range catalog() {
		if s.product == ls.Product.Value && slices.Contains(s.targets, target) && s.load().Covers(ls) {
			return s.load()
		}
	}
	return None()
}
