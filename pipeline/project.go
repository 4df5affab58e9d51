package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sigmatic/ast"
)

// Project gives an event as the schema's store keeps it: a JSON object. For
// Splunk it is a flat object of field names and lists of texts, in which a JSON
// null stays null, since what Splunk makes of it is a setting; for VictoriaLogs
// a flat object of names and texts.
func (s *Schema) Project(event []byte) ([]byte, error) {
	root, err := decode(event)
	if err != nil {
		return nil, fmt.Errorf("an event must be a JSON object: %w", err)
	}
	if s.fields == nil {
		return event, nil
	}
	p := projector{schema: s, event: root, doc: map[string]any{}}
	if s.keepsRest {
		for name, v := range root {
			p.putTree(name, v)
		}
	}
	for _, f := range s.fields {
		p.field(f)
	}
	for _, d := range s.derived {
		p.derive(d)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p.doc); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// decode reads JSON; numbers keep their text.
func decode(data []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var root map[string]any
	if err := dec.Decode(&root); err != nil {
		return nil, err
	}
	return root, nil
}

// projector builds one document.
type projector struct {
	schema *Schema
	event  map[string]any
	doc    map[string]any
}

func (p *projector) field(f *field) {
	if prefix, ok := strings.CutSuffix(f.name, ".*"); ok {
		if !p.schema.keepsRest {
			p.below(f, prefix)
		}
		return
	}
	values := at(p.event, f.name)
	for _, t := range f.targets {
		if t.typ == ast.TypeObject || !p.holds(t.only) {
			continue // a map has no field of its own, only what is below it
		}
		if t.as == asHashes || t.as == asAccount {
			p.split(t, values)
			continue
		}
		stored := p.stored(t, values)
		if len(stored) == 0 && f.absent != nil {
			stored = []any{*f.absent}
		}
		p.put(p.schema.at(t, "").Name, stored, isList(p.event, f.name))
	}
	if f.network != nil {
		var addresses []any
		for _, v := range values {
			if isAddress(v) {
				addresses = append(addresses, v)
			}
		}
		p.put(f.network.name, addresses, false)
	}
}

// below keeps a sub-tree under another name.
func (p *projector) below(f *field, prefix string) {
	for _, v := range at(p.event, prefix) {
		tree, ok := v.(map[string]any)
		if !ok {
			continue
		}
		for _, t := range f.targets {
			for name, v := range tree {
				p.putTree(strings.TrimSuffix(t.name, "*")+name, v)
			}
		}
	}
}

// stored gives what the store makes of a field's values.
func (p *projector) stored(t *target, values []any) []any {
	pairs := t.values
	if pairs == nil && t.typ == ast.TypeBoolean && p.schema.form == formNested {
		pairs = booleans
	}
	var out []any
	for _, v := range values {
		v = p.kept(v)
		if v == nil {
			continue
		}
		switch {
		case pairs != nil:
			v = becomes(pairs, v)
		case t.as == asJava:
			v = javaText(v)
		case t.as == asJSON:
			v = jsonText(v)
		case t.as == asAddress && !isAddress(v), t.as == asOther && isAddress(v):
			v = nil
		}
		if v != nil {
			out = append(out, v)
		}
	}
	return out
}

// kept is a value without what the store drops; nil if nothing is left.
func (p *projector) kept(v any) any {
	if !p.schema.dropsEmpty {
		return v
	}
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		if v == "" || slices.Contains(p.schema.drops, v) {
			return nil
		}
	case map[string]any:
		out := map[string]any{}
		for name, inner := range v {
			if inner = p.kept(inner); inner != nil {
				out[name] = inner
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case []any:
		var out []any
		for _, inner := range v {
			if inner = p.kept(inner); inner != nil {
				out = append(out, inner)
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	}
	return v
}

// split keeps the parts of a text by themselves.
func (p *projector) split(t *target, values []any) {
	for _, v := range values {
		text, ok := p.kept(v).(string)
		if !ok {
			continue
		}
		if t.as == asAccount {
			if parts := strings.Split(text, `\`); len(parts) == 2 {
				p.put(t.name+".domain", []any{parts[0]}, false)
				p.put(t.name+".name", []any{parts[1]}, false)
			}
			continue
		}
		for _, pair := range strings.Split(text, ",") {
			name, digits, _ := strings.Cut(pair, "=")
			for _, h := range hashLengths {
				if strings.EqualFold(name, h.name) && strings.Trim(digits, "0") != "" {
					p.put(t.name+h.below, []any{strings.ToLower(digits)}, false)
				}
			}
		}
	}
}

// becomes gives the store's value for one of the event's; one that the schema
// does not list is not kept.
func becomes(pairs []valuePair, v any) any {
	for _, pair := range pairs {
		if scalarText(v) == pair.event.Text {
			return valueOfData(pair.store)
		}
	}
	return nil
}

func valueOfData(d ast.Data) any {
	switch d.Kind {
	case ast.DataBool:
		return d.Truth()
	case ast.DataNumber:
		return json.Number(d.Text)
	case ast.DataList:
		var out []any
		for _, item := range d.Items {
			out = append(out, valueOfData(item))
		}
		return out
	case ast.DataNull:
		return nil
	}
	return d.Text
}

func isAddress(v any) bool {
	text, ok := v.(string)
	if !ok {
		return false
	}
	_, err := netip.ParseAddr(text)
	return err == nil
}

// derive makes a field of the store of others.
func (p *projector) derive(d *derived) {
	if d.copy != "" {
		if p.holds(d.where) {
			p.put(d.name, p.stored(&target{}, at(p.event, d.copy)), isList(p.event, d.copy))
		}
		return
	}
	for _, c := range d.cases {
		if p.holds(c.where) {
			p.put(d.name, []any{valueOfData(c.value)}, false)
			return
		}
	}
}

// holds reports whether the event satisfies conditions.
func (p *projector) holds(where []condition) bool {
	for _, c := range where {
		values := leaves(at(p.event, c.field))
		if !slices.ContainsFunc(c.values, func(want ast.Value) bool {
			if _, ok := want.(*ast.Null); ok {
				return len(values) == 0
			}
			return slices.ContainsFunc(values, func(text string) bool { return takes(want, text) })
		}) {
			return false
		}
	}
	return true
}

// leaves are the texts of the scalars among values and the lists in them.
func leaves(values []any) []string {
	var out []string
	for _, v := range values {
		switch v := v.(type) {
		case nil, map[string]any:
		case []any:
			out = append(out, leaves(v)...)
		default:
			out = append(out, scalarText(v))
		}
	}
	return out
}

func scalarText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return fmt.Sprint(v)
}

// at gives what a field holds: a path crosses lists, a list itself stays one.
func at(event any, name string) []any {
	if root, ok := event.(map[string]any); ok {
		if v, ok := root[name]; ok {
			return []any{v}
		}
	}
	found := []any{event}
	for _, step := range strings.Split(name, ".") {
		var next []any
		for _, v := range found {
			next = append(next, members(v, step)...)
		}
		found = next
	}
	return found
}

func members(v any, step string) []any {
	switch v := v.(type) {
	case map[string]any:
		if inner, ok := v[step]; ok {
			return []any{inner}
		}
	case []any:
		var out []any
		for _, inner := range v {
			out = append(out, members(inner, step)...)
		}
		return out
	}
	return nil
}

// isList reports whether the way to a field crosses a list.
func isList(event any, name string) bool {
	v := event
	for _, step := range strings.Split(name, ".") {
		tree, ok := v.(map[string]any)
		if !ok {
			break
		}
		v = tree[step]
	}
	_, list := v.([]any)
	return list
}
