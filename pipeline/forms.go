package pipeline

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// put writes the values of a field of the store; list says that they are of a
// list, however many they are.
func (p *projector) put(name string, values []any, list bool) {
	if len(values) == 0 {
		return
	}
	switch p.schema.form {
	case formNested:
		if len(values) == 1 && !list {
			p.nest(name, values[0])
			return
		}
		var flat []any
		for _, v := range values {
			if inner, ok := v.([]any); ok {
				flat = append(flat, inner...)
			} else {
				flat = append(flat, v)
			}
		}
		p.nest(name, flat)
	case formPaths:
		delete(p.doc, name)
		for _, v := range values {
			p.paths(name, v)
		}
	case formText:
		delete(p.doc, name)
		if len(values) == 1 {
			p.texts(name, values[0])
		} else {
			p.texts(name, values)
		}
	}
}

// putTree writes a value of the event with all below it.
func (p *projector) putTree(name string, v any) {
	switch p.schema.form {
	case formNested:
		if v = p.kept(v); v != nil {
			p.nest(name, v)
		}
	case formPaths:
		p.paths(name, v)
	case formText:
		p.texts(name, v)
	}
}

// nest writes a value at a path of objects.
func (p *projector) nest(name string, v any) {
	steps := strings.Split(name, ".")
	tree := p.doc
	for _, step := range steps[:len(steps)-1] {
		inner, ok := tree[step].(map[string]any)
		if !ok {
			inner = map[string]any{}
			tree[step] = inner
		}
		tree = inner
	}
	last := steps[len(steps)-1]
	if old, ok := tree[last].(map[string]any); ok {
		if own, ok := v.(map[string]any); ok {
			for k, v := range own {
				old[k] = v
			}
			return
		}
	}
	tree[last] = v
}

// paths adds the leaves of a value as Splunk names them: a list's step is {}
// behind its name, and every value is a text (spl notes, section 3).
func (p *projector) paths(name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			p.paths(name+"."+k, inner)
		}
	case []any:
		for _, inner := range v {
			p.paths(name+"{}", inner)
		}
	case nil:
		p.add(name, nil)
	default:
		p.add(name, scalarText(v))
	}
}

func (p *projector) add(name string, v any) {
	list, _ := p.doc[name].([]any)
	p.doc[name] = append(list, v)
}

// texts adds the leaves of a value as VictoriaLogs keeps them: objects become
// dotted names, lists the text of their JSON; what is empty is not kept.
func (p *projector) texts(name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			p.texts(name+"."+k, inner)
		}
	case []any:
		p.doc[name] = jsonText(v)
	case nil:
	default:
		if text := scalarText(v); text != "" {
			p.doc[name] = text
		}
	}
}

// jsonText is a value's JSON on one line.
func jsonText(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "" // a decoded value always encodes
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// javaText is a value as Java's toString gives maps and lists. The order of a
// Java map's keys is not kept anywhere; here they are sorted.
func javaText(v any) string {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		parts := make([]string, len(keys))
		for i, k := range keys {
			parts[i] = k + "=" + javaText(v[k])
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		parts := make([]string, len(v))
		for i, inner := range v {
			parts[i] = javaText(inner)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return scalarText(v)
}
