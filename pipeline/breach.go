package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"sigmatic/ast"
)

// Breach is a stated trait that an event does not keep. A query that rests on
// the trait may answer differently for the event than the rule does.
type Breach struct {
	Field string // of the event
	Trait Trait
	Value string // the value that breaks it, as far as one does
}

// Trait names what a schema can state of a field.
type Trait string

// The traits. Their names are those of the notes that a query carries where the
// trait is not known.
const (
	TraitSingleValue Trait = "single-value"
	TraitLetterCase  Trait = "letter-case"
	TraitFieldType   Trait = "field-type"
	TraitNoEmpty     Trait = "missing-is-empty"
	TraitNoNull      Trait = "null-not-indexed"
)

// Breaches lists the traits of the schema that an event does not keep, by field.
func (s *Schema) Breaches(event []byte) ([]Breach, error) {
	root, err := decode(event)
	if err != nil {
		return nil, fmt.Errorf("an event must be a JSON object: %w", err)
	}
	var out []Breach
	for _, f := range s.fields {
		if prefix, ok := strings.CutSuffix(f.name, ".*"); ok {
			for _, v := range at(root, prefix) {
				for _, t := range f.targets {
					out = append(out, s.below(t, prefix, v)...)
				}
			}
			continue
		}
		for _, t := range f.targets {
			out = append(out, s.breaches(t, f.name, at(root, f.name), isList(root, f.name))...)
			if f.absent != nil && slices.ContainsFunc(leaves(at(root, f.name)), func(text string) bool { return strings.EqualFold(text, *f.absent) }) {
				out = append(out, Breach{f.name, TraitNoEmpty, *f.absent})
			}
		}
	}
	return out, nil
}

// below finds the breaches of a target that stands for all below a field.
func (s *Schema) below(t *target, name string, v any) []Breach {
	tree, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	var out []Breach
	for step, inner := range tree {
		path := name + "." + step
		if s.byName[path] != nil || s.byName[path+".*"] != nil {
			continue // described by itself
		}
		if _, isTree := inner.(map[string]any); isTree {
			out = append(out, s.below(t, path, inner)...)
			continue
		}
		members, list := inner.([]any)
		for _, m := range members {
			out = append(out, s.below(t, path, m)...)
		}
		out = append(out, s.breaches(t, path, []any{inner}, list)...)
	}
	return out
}

// breaches compares the values of one field with what is stated of its target.
func (s *Schema) breaches(t *target, name string, values []any, list bool) []Breach {
	var out []Breach
	texts := leaves(values)
	if t.multi == ast.SingleValued && (len(texts) > 1 || list) {
		out = append(out, Breach{name, TraitSingleValue, ""})
	}
	p := projector{schema: s}
	if s.dropsEmpty && slices.ContainsFunc(values, func(v any) bool { return v == nil || p.kept(v) == nil }) {
		out = append(out, Breach{name, TraitNoNull, ""})
	}
	for _, text := range texts {
		if t.spelling != nil && !t.spelling.keeps(text) {
			out = append(out, Breach{name, TraitLetterCase, text})
		}
		if t.as == asAccount && strings.Count(text, `\`) != 1 {
			out = append(out, Breach{name, TraitFieldType, text})
		}
		if pairs := t.pairs(); pairs != nil && !slices.ContainsFunc(pairs, func(p valuePair) bool { return p.event.Text == text }) {
			out = append(out, Breach{name, TraitFieldType, text})
		}
		if s.dropsEmpty && (text == "" || slices.Contains(s.drops, text)) {
			out = append(out, Breach{name, TraitNoEmpty, text})
		}
	}
	return out
}
