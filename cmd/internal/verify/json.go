package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// object is an event taken apart: maps are object, every other value is the
// raw text of its JSON, so that 12 and 12.0, or two spellings of a character in
// a list, stay what they were.
type object map[string]any

// decodeObject takes a JSON object apart.
func decodeObject(raw []byte) (object, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	out := make(object, len(members))
	for k, v := range members {
		var compact bytes.Buffer
		if err := json.Compact(&compact, v); err != nil {
			return nil, fmt.Errorf("verify: %w", err)
		}
		if compact.Bytes()[0] != '{' {
			out[k] = compact.String()
			continue
		}
		inner, err := decodeObject(compact.Bytes())
		if err != nil {
			return nil, err
		}
		out[k] = inner
	}
	return out, nil
}

// encode writes the object as JSON, keys sorted.
func (o object) encode() []byte {
	var b bytes.Buffer
	o.write(&b)
	return b.Bytes()
}

func (o object) write(b *bytes.Buffer) {
	b.WriteByte('{')
	for i, k := range slices.Sorted(maps.Keys(o)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quoteJSON(k))
		b.WriteByte(':')
		switch v := o[k].(type) {
		case object:
			v.write(b)
		case string:
			b.WriteString(v)
		}
	}
	b.WriteByte('}')
}

// clone copies the object and the objects in it.
func (o object) clone() object {
	out := maps.Clone(o)
	for k, v := range out {
		if inner, ok := v.(object); ok {
			out[k] = inner.clone()
		}
	}
	return out
}

// at finds the value of a dotted name: a key of that very name, or the way
// through nested objects. It reports false where there is none.
func (o object) at(name string) (any, bool) {
	if v, ok := o[name]; ok {
		return v, true
	}
	head, rest, dotted := strings.Cut(name, ".")
	if inner, ok := o[head].(object); ok && dotted {
		return inner.at(rest)
	}
	return nil, false
}

// set puts raw JSON under a dotted name, in nested objects; "" removes it. An
// object without members is removed as well.
func (o object) set(name, raw string) {
	head, rest, dotted := strings.Cut(name, ".")
	if !dotted || head == "" || rest == "" {
		if raw == "" {
			delete(o, name)
		} else {
			o[name] = raw
		}
		return
	}
	inner, ok := o[head].(object)
	if !ok {
		if raw == "" {
			return
		}
		inner = object{}
		o[head] = inner
	}
	inner.set(rest, raw)
	if len(inner) == 0 {
		delete(o, head)
	}
}

// quoteJSON writes text as a JSON string and escapes only what JSON demands:
// VictoriaLogs keeps the spelling of a list's members.
func quoteJSON(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// list writes raw values as a JSON list.
func list(raw ...string) string { return "[" + strings.Join(raw, ",") + "]" }

// isText reports whether raw JSON is a string, and gives its contents.
func isText(raw string) (string, bool) {
	if !strings.HasPrefix(raw, `"`) {
		return "", false
	}
	var s string
	if err := json.Unmarshal([]byte(raw), &s); err != nil || !utf8.ValidString(s) {
		return "", false
	}
	return s, true
}

// isNumber reports whether raw JSON is a number.
func isNumber(raw string) bool {
	return raw != "" && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9')
}

// topMembers gives the members of a list as they are, or nil of anything else.
func topMembers(raw string) []string {
	var items []json.RawMessage
	if !strings.HasPrefix(raw, "[") || json.Unmarshal([]byte(raw), &items) != nil {
		return nil
	}
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = string(item)
	}
	return out
}

// members opens a list, lists in it too; another value is its one member.
func members(raw string) []string {
	if !strings.HasPrefix(raw, "[") {
		return []string{raw}
	}
	var out []string
	for _, item := range topMembers(raw) {
		out = append(out, members(item)...)
	}
	return out
}

// eachMember replaces the members of a list, or the one value; "" drops one.
func eachMember(raw string, change func(string) string) string {
	if !strings.HasPrefix(raw, "[") {
		return change(raw)
	}
	var kept []string
	for _, m := range members(raw) {
		if m = change(m); m != "" {
			kept = append(kept, m)
		}
	}
	return list(kept...)
}

// scalarsOf gives the texts of all scalars of an event, in their order, keys
// aside: the lines of its message.
func scalarsOf(raw []byte) ([]string, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var out []string
	if err := readScalars(d, &out); err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	return out, nil
}

func readScalars(d *json.Decoder, out *[]string) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case json.Delim:
		for d.More() {
			if v == '{' {
				if _, err := d.Token(); err != nil { // the key
					return err
				}
			}
			if err := readScalars(d, out); err != nil {
				return err
			}
		}
		_, err = d.Token() // the closing one
		return err
	case string:
		*out = append(*out, v)
	case json.Number:
		*out = append(*out, v.String())
	case bool:
		*out = append(*out, fmt.Sprint(v))
	}
	return nil
}
