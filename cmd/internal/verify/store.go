package verify

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/cmd/internal/verify/engine"
)

// messageNote finds the field that a note says keywords are searched in.
var messageNote = regexp.MustCompile(`searched in the field (\S+),`)

// messageField is the field that holds the event's text, or "".
func messageField(notes []backends.Note) string {
	for _, n := range notes {
		if m := messageNote.FindStringSubmatch(n.Text); n.Code == backends.NoteMessageField && m != nil {
			return m[1]
		}
	}
	return ""
}

// withMessage gives the events a field that holds their leaves, one a line.
func withMessage(events []Event, field string) ([]Event, error) {
	if field == "" {
		return events, nil
	}
	out := slices.Clone(events)
	for i, e := range out {
		body, err := decodeObject(e.Body)
		if err != nil {
			return nil, err
		}
		if _, taken := body[field]; taken {
			return nil, fmt.Errorf("verify: event %s has a field %s of its own", e.ID, field)
		}
		lines, err := scalarsOf(e.Body)
		if err != nil {
			return nil, err
		}
		// In front of the rest, whose spelling must stay.
		out[i].Body = fmt.Appendf(nil, "{%s:%s,%s", quoteJSON(field), quoteJSON(strings.Join(lines, "\n")), e.Body[1:])
	}
	return out, nil
}

// withManyValues gives events as JSON from which SPL extracts several values of
// one field: lists under names that end in {}, and with all set every list,
// become members of one name. They have no other form in JSON.
func withManyValues(events []Event, all bool) ([]Event, error) {
	out := slices.Clone(events)
	for i, e := range out {
		if !all && !bytes.Contains(e.Body, []byte("{}")) {
			continue
		}
		body, err := decodeObject(e.Body)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		body.writeSpread(&b, all)
		out[i].Body = b.Bytes()
	}
	return out, nil
}

// writeSpread writes an object in which a list is as many members of its name.
func (o object) writeSpread(b *bytes.Buffer, all bool) {
	b.WriteByte('{')
	first := true
	put := func(name string, value func()) {
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(quoteJSON(name) + ":")
		value()
	}
	for _, k := range slices.Sorted(maps.Keys(o)) {
		below := all || strings.Contains(k, "{}")
		switch v := o[k].(type) {
		case object:
			put(k, func() { v.writeSpread(b, below) })
		case string:
			values := []string{v}
			if below {
				values = members(v)
			}
			for _, raw := range values {
				put(k, func() { b.WriteString(raw) })
			}
		}
	}
	b.WriteByte('}')
}

// typeWords are the words for field types in notes, and what the engine calls
// them. A note may leave a choice: keyword or number.
var typeWords = map[string]engine.FieldType{
	"keyword": engine.Keyword, "number": engine.Double, "long": engine.Long, "double": engine.Double,
	"ip": engine.IP, "boolean": engine.Boolean, "date": engine.Date,
}

// typedField finds "f keyword or number" and "keyword or number (f, g)".
var (
	fieldBeforeType = regexp.MustCompile(`^(.*?) ((?:keyword|number|long|double|ip|boolean)(?: or (?:keyword|number|long|double|ip|boolean))*)(?: that keeps letter case)?$`)
	typeBeforeField = regexp.MustCompile(`(?:^|, |: )([A-Za-z ]+) \(([^()]*)\)`)
)

// assumedTypes reads the field-type notes of a query: for each of its fields
// the types that the query is right on, keyword first if it is one of them.
func assumedTypes(notes []backends.Note, fields []string) map[string][]engine.FieldType {
	out := map[string][]engine.FieldType{}
	for _, n := range notes {
		if n.Code != backends.NoteFieldType {
			continue
		}
		for _, m := range typeBeforeField.FindAllStringSubmatch(n.Text, -1) {
			for _, f := range fields {
				if slices.Contains(strings.Split(m[2], ", "), f) {
					out[f] = wordsToTypes(m[1])
				}
			}
		}
		_, subjects, _ := strings.Cut(n.Text, ": ")
		for _, s := range strings.Split(subjects, ", ") {
			if m := fieldBeforeType.FindStringSubmatch(s); m != nil && slices.Contains(fields, m[1]) {
				out[m[1]] = wordsToTypes(m[2])
			}
		}
	}
	return out
}

func wordsToTypes(text string) []engine.FieldType {
	var out []engine.FieldType
	for _, alternative := range strings.Split(text, " or ") {
		word, rest, _ := strings.Cut(alternative, " ")
		if t := typeWords[word]; t != "" && !strings.HasPrefix(rest, "in canonical") {
			out = append(out, t)
		}
	}
	return out
}

// mappings gives the ways to store the fields that fit what a schema knows and
// the query's notes: the first choice for every field, then, where there is
// another, the second.
func mappings(notes []backends.Note, e ast.Expr) []engine.Mapping {
	fields := fieldsOf(e)
	types := assumedTypes(notes, fields)
	for f, t := range traitsOf(e).mapping() {
		types[f] = []engine.FieldType{t}
	}
	out := []engine.Mapping{{}}
	for _, choice := range []int{0, 1, 2} {
		m, differs := engine.Mapping{}, choice == 0
		for _, f := range fields {
			t := types[f]
			if len(t) == 0 {
				t = []engine.FieldType{engine.Keyword}
			}
			m[f] = t[min(choice, len(t)-1)]
			differs = differs || len(t) > choice
		}
		if choice == 0 {
			out[0] = m
		} else if differs && !slices.ContainsFunc(out, func(o engine.Mapping) bool { return maps.Equal(o, m) }) {
			out = append(out, m)
		}
	}
	return out
}

// fieldsOf lists the fields that a query looks at.
func fieldsOf(e ast.Expr) []string {
	var out []string
	add := func(name string) {
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	ast.Leaves(e, func(m *ast.Match, _ bool) {
		add(m.Field.Name)
		if ref, ok := m.Value.(*ast.FieldRef); ok {
			add(ref.Field.Name)
		}
	})
	return out
}

// reading is one way in which an engine runs a query.
type reading struct {
	name string
	run  func(ctx context.Context, query string) ([]string, error)
	// ignoresCase: letter case is not minded, so that a note about it holds.
	ignoresCase bool
	again       bool // the same text has been run by the same reader
}

// reader is an engine that reads a query in ways of its own.
type reader interface {
	readings(out *backends.Output) ([]reading, error)
}

// readings gives the ways to run a query.
func readings(e engine.Engine, out *backends.Output) ([]reading, error) {
	if r, ok := e.(reader); ok {
		return r.readings(out)
	}
	return []reading{{name: e.Name(), run: e.Select}}, nil
}
