package cli

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/backends"
	"sigmatic/pipeline"
)

// schemaFlags choose how the target's store keeps the events.
type schemaFlags struct {
	name   string
	strict bool
	one    *pipeline.Schema // nil: the customary one of each target
}

func (f *schemaFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.name, "schema", "auto", "how the store names and types fields: auto (the customary schema of target and log source), none, a name of list schemas, or a file")
	cmd.Flags().BoolVar(&f.strict, "strict", false, "a field that the schema does not describe is an error")
}

// read finds the schema that the flags name.
func (f *schemaFlags) read(a *app) error {
	f.one = nil
	if f.name == "auto" {
		return nil
	}
	s, err := pipeline.Find(f.name)
	if err == nil {
		f.one = s
		return nil
	}
	info, statErr := os.Stat(f.name)
	switch {
	case statErr == nil && !info.IsDir():
	case namesFile(f.name):
		return usagef("--schema %s: %v", f.name, plainError(statErr))
	default:
		return usagef("--schema: %v; or auto, or a file", err)
	}
	data, err := os.ReadFile(f.name)
	if err != nil {
		return err
	}
	s, diags := pipeline.Load(source.NewFile(f.name, data))
	a.diagnostics(diags)
	if s == nil {
		return usagef("--schema %s cannot be used", f.name)
	}
	f.one = s
	return nil
}

// namesFile reports whether the name of a schema can only be that of a file.
func namesFile(name string) bool { return strings.ContainsAny(name, `/\`) || isRuleName(name) }

// of gives the schema for a rule and a target.
func (f *schemaFlags) of(ls ast.LogSource, target string) *pipeline.Schema {
	if f.one != nil {
		return f.one
	}
	return pipeline.Auto(target, ls)
}

// prepared is a rule in the terms of one target.
type prepared struct {
	rule     *ast.Rule
	queries  []*ast.Query      // one for each condition of the rule
	schema   string            // the name of the schema that gave the terms
	hints    pipeline.Source   // where the stores that the schema describes have the events
	source   backends.Source   // the hints, if the target reads such a store
	notes    []backends.Note   // on what the terms take for granted
	warnings []diag.Diagnostic // fields that the schema does not describe
	loss     *diag.Diagnostic  // why the schema cannot say the rule
	err      error
}

// prepare gives the rule in the terms of a target; others are those of other
// targets, as far as they are known. Targets that have a schema in common share
// the queries.
func (c *convertRun) prepare(r loadedRule, b backends.Backend, others []*prepared) *prepared {
	s := c.schema.of(r.LogSource, b.Name())
	for _, o := range others {
		if o != nil && o.err == nil && o.schema == s.Name {
			p := *o
			p.source = sourceFor(b, s, p.hints)
			return &p
		}
	}
	rule, src, diags := s.Apply(r.Rule)
	p := &prepared{rule: rule, schema: s.Name, hints: src, source: sourceFor(b, s, src)}
	for i, d := range diags {
		if d.Severity == diag.Error || c.schema.strict {
			p.rule, p.loss = r.Rule, &diags[i]
			return p
		}
		p.warnings = append(p.warnings, d)
	}
	if s != pipeline.None() {
		var notes backends.Notes
		notes.Add(backends.NoteSchema, s.Name)
		for _, f := range s.Unmapped(r.Rule) {
			notes.Add(backends.NoteUnmapped, f.Name)
		}
		p.notes = notes.List()
	}
	if p.queries, p.err = queries(rule); p.err == nil {
		for i := range p.queries {
			p.queries[i] = p.queries[i].Simplified()
		}
	}
	return p
}

// sourceFor gives the hints of a schema to the targets whose customary schema it
// is: the index of an Elasticsearch is none of Splunk's. A schema that is nobody's
// customary one, such as a user's own, is taken at its word.
func sourceFor(b backends.Backend, s *pipeline.Schema, hints pipeline.Source) backends.Source {
	if len(s.Targets) > 0 && !slices.Contains(s.Targets, b.Name()) {
		return backends.Source{}
	}
	return backends.Source(hints)
}

// schemaReport says what the schemas do not know of the rules: in full of one
// rule, by count of many.
func (c *convertRun) schemaReport(list []diag.Diagnostic, rules int) {
	if rules == 1 || len(list) == 0 {
		c.diagnostics(list)
		return
	}
	by := map[diag.Code]int{}
	for _, d := range list {
		by[d.Code]++
	}
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, fmt.Sprintf("%s %d times [%s]", code.Title(), by[code], code))
	}
	c.infof("warning: %s; sigmatic fields lists the fields, and one rule alone shows the places", strings.Join(parts, ", "))
}
