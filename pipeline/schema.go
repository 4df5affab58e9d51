package pipeline

import (
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// Schema is what is known of how a store keeps the events of a log source. It
// is immutable.
type Schema struct {
	Name    string
	Summary string
	// Targets are the languages for which the schema is the customary one.
	Targets []string

	logSources []logSource
	fields     []*field // in the order of the file
	byName     map[string]*field
	derived    []*derived
	others     []*target // fields of the store that only conditions name
	lists      []string  // names of fields of the event that hold lists; *.name is each of that name
	dropsEmpty bool      // the store keeps neither null nor "", nor lists and maps without a value
	keepsRest  bool      // the store keeps what the schema does not describe, under its own name
	drops      []string  // other texts that the store does not keep
	form       form
}

// Source says where a target keeps the events of a log source.
type Source struct {
	Index      string // an index or a pattern of them: Elasticsearch, Splunk
	Sourcetype string // Splunk
	Stream     string // a stream filter without braces: VictoriaLogs
}

// form is the shape of a stored event.
type form uint8

const (
	formNested form = iota // objects within objects, lists as lists
	formPaths              // Splunk: a flat map of paths, list steps end in {}, all values lists of texts
	formText               // VictoriaLogs: a flat map of paths to texts, lists as their JSON text
)

var formNames = []string{"nested", "paths", "text"}

// logSource is one that the schema is for.
type logSource struct {
	ast.LogSource
	source Source
	where  []condition // what tells its events from others in the same place
	view   *Schema     // the schema with the fields that this log source has otherwise
}

// field is what the schema knows of one field of rules.
type field struct {
	name    string // as rules have it; those that end in .* stand for all below
	targets []*target
	network *target // where addresses are kept that a network is asked of
	// absent is the text that the store has where the event has no value.
	absent *string
	lost   string // why the store does not keep the field
	span   source.Span
}

// target is a field of the store.
type target struct {
	name     string
	typ      ast.FieldType
	multi    ast.Multi
	spelling *spelling
	values   []valuePair // set where the store has other values than the event
	when     []condition // the target holds this field's value only if all of these hold in the store
	as       transform
	only     []condition // the store fills the target only if all of these hold in the event
}

// valuePair is a value of the event and what the store makes of it. An event's
// value "*" is any other.
type valuePair struct{ event, store ast.Data }

// condition is a demand on one field: one of the values, in Sigma's notation.
// Null means no value. Letter case counts.
type condition struct {
	field  string
	values []ast.Value
}

// derived is a field of the store that is made of others: the first case whose
// conditions hold in the event gives the value, or it is a copy.
type derived struct {
	name  string
	typ   ast.FieldType
	multi ast.Multi
	cases []derivedCase
	copy  string      // or it is a copy of this field of the event
	where []condition // for copies: only if all of these hold in the event
}

type derivedCase struct {
	value ast.Data // a scalar, or a list of them
	where []condition
}

// Known reports whether the schema describes the field, be it as one that the
// store does not keep.
func (s *Schema) Known(name string) bool {
	f, _ := s.lookup(name)
	return f != nil
}

// lookup finds what describes a field, and what a .* in it stands for. A longer
// name of a parent goes before a shorter one.
func (s *Schema) lookup(name string) (*field, string) {
	if f := s.byName[name]; f != nil {
		return f, ""
	}
	for end := strings.LastIndexByte(name, '.'); end > 0; end = strings.LastIndexByte(name[:end], '.') {
		if f := s.byName[name[:end]+".*"]; f != nil {
			return f, name[end+1:]
		}
	}
	return s.byName["*"], name
}

// Fields lists the names of fields that rules can use, in the order of the
// schema; those that stand for all below end in .*.
func (s *Schema) Fields() []string {
	names := make([]string, 0, len(s.fields))
	for _, f := range s.fields {
		if f.name != "*" {
			names = append(names, f.name)
		}
	}
	return names
}

// Stored gives the fields of the store in which the values of a rule's field
// stand, and what is known of them; none where the store does not keep it. ok is
// false for a field that the schema does not describe.
func (s *Schema) Stored(name string) (fields []ast.Field, ok bool) {
	f, below := s.lookup(name)
	if f == nil {
		return nil, false
	}
	for _, t := range f.targets {
		fields = append(fields, s.at(t, below))
	}
	return fields, true
}

// Lost says why the store does not keep a field of rules; "" if it does.
func (s *Schema) Lost(name string) string {
	f, _ := s.lookup(name)
	if f == nil {
		return ""
	}
	return s.lossOf(f, name)
}

// Covers reports whether the schema is for the log source.
func (s *Schema) Covers(ls ast.LogSource) bool { return s.logSource(ls) != nil }

// Describes reports whether the schema says anything of the fields of the log
// source: None does not, nor does a schema for other log sources.
func (s *Schema) Describes(ls ast.LogSource) bool {
	return s.fields != nil && (len(s.logSources) == 0 || s.Covers(ls))
}

// logSource finds the narrowest of the schema's log sources that covers ls.
func (s *Schema) logSource(ls ast.LogSource) *logSource {
	var best *logSource
	for i := range s.logSources {
		l := &s.logSources[i]
		if l.Contains(ls) && (best == nil || best.Contains(l.LogSource)) {
			best = l
		}
	}
	return best
}

// LogSources names the products and services that the schema is for, each once;
// a product with categories by itself.
func (s *Schema) LogSources() []string {
	var out []string
	for _, l := range s.logSources {
		name := l.Product.Value
		if l.Service.Value != "" {
			name += "/" + l.Service.Value
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// For gives the schema as it describes the events of a log source. Some fields
// stand elsewhere in the events of one category than in those of another.
func (s *Schema) For(ls ast.LogSource) *Schema {
	if l := s.logSource(ls); l != nil && l.view != nil {
		return l.view
	}
	return s
}

// at is the target of a field of rules, below being what its .* stands for.
func (s *Schema) at(t *target, below string) ast.Field {
	f := ast.Field{Name: t.name, Type: t.typ, Multi: t.multi}
	if head, ok := strings.CutSuffix(t.name, "*"); ok {
		f.Name = head + below
	}
	if path, ok := s.listed(f.Name); ok && s.form != formNested {
		f.Multi = ast.MultiValued
		if s.form == formPaths {
			f.Name = path
		}
	}
	return f
}

// listed gives the path of a field with {} behind each step that holds a list,
// as far as the schema knows; ok is false if it knows of none.
func (s *Schema) listed(name string) (path string, ok bool) {
	if len(s.lists) == 0 {
		return name, false
	}
	for at, step := range strings.Split(name, ".") {
		if at > 0 {
			path += "."
		}
		path += step
		bare := strings.ReplaceAll(path, "{}", "")
		if slices.Contains(s.lists, bare) || slices.Contains(s.lists, "*."+step) {
			path += "{}"
			ok = true
		}
	}
	return path, ok
}

// insideList reports whether the way to a field crosses a list.
func (s *Schema) insideList(name string) bool {
	path, _ := s.listed(name)
	return strings.Contains(path, "{}.")
}

// near names the fields that a rule's author may have meant.
func (s *Schema) near(name string) string {
	var names []string
	for _, f := range s.fields {
		if !strings.HasSuffix(f.name, "*") {
			names = append(names, f.name)
		}
	}
	return diag.Nearest(name, names)
}

// covers reports whether a field of the store is of the target, and what the * of
// the target's name then stands for.
func (t *target) covers(name string) (below string, ok bool) {
	if t.name == name {
		return "", true
	}
	if head, starred := strings.CutSuffix(t.name, "*"); starred {
		return strings.CutPrefix(name, head)
	}
	return "", false
}

// stored gives the traits of a field of the store.
func (s *Schema) stored(name string) ast.Field {
	for _, f := range s.fields {
		for _, t := range f.targets {
			if below, ok := t.covers(name); ok {
				return s.at(t, below)
			}
		}
		if f.network == nil {
			continue
		}
		if below, ok := f.network.covers(name); ok {
			return s.at(f.network, below)
		}
	}
	for _, d := range s.derived {
		if d.name == name {
			return ast.Field{Name: name, Type: d.typ, Multi: d.multi}
		}
	}
	for _, t := range s.others {
		if t.name == name {
			return s.at(t, "")
		}
	}
	return ast.Field{Name: name}
}
