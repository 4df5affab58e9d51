package splunk

import (
	"regexp"
	"strings"

	"sigmatic/ast"
	"sigmatic/backends"
)

// note records what the text of a leaf takes for granted, be it in the search
// stage or in the where stage; both rest on the same.
func (t *translation) note(m *ast.Match) {
	f := m.Field
	if _, ok := m.Value.(*ast.Keyword); !ok {
		t.noteSingle(f)
	}
	unknown := mayBeAnyNumber(f.Type)
	switch v := m.Value.(type) {
	case *ast.Pattern:
		t.notePattern(f, v)
	case *ast.Number:
		if f.Type != ast.TypeLong {
			t.notes.Add(backends.NoteNumberSpelling, f.Name)
		}
	case *ast.Bool:
		if !v.Value && f.Type != ast.TypeBoolean {
			t.noteFolding(f, f.Name) // the s of false
		}
	case *ast.Null, *ast.Exists:
		t.notes.Add(backends.NoteNullNotIndexed, f.Name)
		t.noteObject(f)
	case *ast.Regex:
		t.noteRegex(f, v)
	case *ast.CIDR:
		if f.Type != ast.TypeIP {
			t.notes.Add(backends.NoteFieldType, f.Name+" as an IP address in text")
		}
	case *ast.Comparison:
		if unknown {
			t.notes.Add(backends.NoteNumberSpelling, f.Name)
		}
		if isNumeric(f.Type) { // the text null would be compared as text
			t.notes.Add(backends.NoteNullNotIndexed, f.Name)
		}
	case *ast.TimePart:
		if isNumeric(f.Type) {
			t.notes.Add(backends.NoteFieldType, f.Name+" as seconds since 1970, searched in the time zone UTC")
		} else {
			t.notes.Add(backends.NoteFieldType, f.Name+" as a time in text, like 2006-01-02T15:04:05Z")
		}
	case *ast.FieldRef:
		t.noteFieldRef(f, v)
	case *ast.Keyword:
		t.noteKeyword(v)
	}
}

// mayBeAnyNumber reports whether fields of a type may hold numbers in a spelling
// that is not the plain one.
func mayBeAnyNumber(t ast.FieldType) bool {
	return t == ast.TypeUnknown || t == ast.TypeFlattened || t == ast.TypeDouble
}

// noteSingle takes a field to hold one value. Where the field is an array or an
// object, Splunk gives it no field of this name, but name{} or name.key.
func (t *translation) noteSingle(f ast.Field) {
	if f.Multi != ast.MultiUnknown || isMulti(f) {
		return
	}
	for _, s := range t.single {
		if s == f.Name {
			return
		}
	}
	t.single = append(t.single, f.Name)
}

func (t *translation) noteFolding(f ast.Field, subject string) {
	if f.Case == ast.CaseUnknown {
		t.notes.Add(backends.NoteFolding, subject)
	}
}

func (t *translation) notePattern(f ast.Field, v *ast.Pattern) {
	number, folding := len(v.Parts) > 0, false
	for _, p := range v.Parts {
		if lit, ok := p.(ast.Literal); ok {
			folding = folding || !v.Cased && backends.FoldsBeyondASCII(string(lit))
			number = number && strings.Trim(string(lit), numberRunes) == ""
		}
	}
	if folding {
		t.noteFolding(f, f.Name)
	}
	shape, _ := v.Shape()
	if number && shape != ast.ShapeAny && mayBeAnyNumber(f.Type) {
		t.notes.Add(backends.NoteNumberSpelling, f.Name)
	}
	if len(v.Parts) > maxGlob || matchesText(v.Parts, "null", v.Cased) {
		t.notes.Add(backends.NoteNullNotIndexed, f.Name)
	}
	t.noteObject(f)
}

func (t *translation) noteObject(f ast.Field) {
	if f.Type == ast.TypeObject {
		t.notes.Add(backends.NoteFieldType, f.Name+" as an object of the JSON in _raw")
	}
}

// maxGlob keeps matchesText from many stars; a longer pattern is taken to match.
const maxGlob = 12

// matchesText reports whether a pattern matches s, which is lower-case ASCII
// without k and s.
func matchesText(parts []ast.Part, s string, cased bool) bool {
	if len(parts) == 0 {
		return s == ""
	}
	rest := parts[1:]
	switch p := parts[0].(type) {
	case ast.Literal:
		n := len(p)
		if n > len(s) || s[:n] != string(p) && (cased || !strings.EqualFold(s[:n], string(p))) {
			return false
		}
		return matchesText(rest, s[n:], cased)
	case ast.AnyRun:
		for i := range len(s) + 1 {
			if matchesText(rest, s[i:], cased) {
				return true
			}
		}
		return false
	case ast.AnyOne:
		return s != "" && matchesText(rest, s[1:], cased)
	}
	return false
}

func (t *translation) noteRegex(f ast.Field, v *ast.Regex) {
	tree, err := v.Parse()
	if err != nil {
		return // refused by the where stage
	}
	if mayBeAnyNumber(f.Type) && maybeNumber(tree) {
		t.notes.Add(backends.NoteNumberSpelling, f.Name)
	}
	flags := flagGroup(v.IgnoreCase, v.DotAll)
	if v.Multiline {
		flags += "(?m)"
	}
	if re, err := regexp.Compile(flags + v.Source); err == nil && re.MatchString("null") {
		t.notes.Add(backends.NoteNullNotIndexed, f.Name)
	}
}

func (t *translation) noteFieldRef(f ast.Field, v *ast.FieldRef) {
	t.noteSingle(v.Field)
	for _, field := range []ast.Field{f, v.Field} {
		t.noteFolding(field, field.Name)
		if mayBeAnyNumber(field.Type) {
			t.notes.Add(backends.NoteNumberSpelling, field.Name)
		}
		t.notes.Add(backends.NoteNullNotIndexed, field.Name)
	}
}

func (t *translation) noteKeyword(v *ast.Keyword) {
	t.notes.Add(backends.NoteMessageField, "_raw (which also holds the keys)")
	p, ok := v.Value.(*ast.Pattern)
	if !ok || p.Cased {
		return
	}
	for _, part := range p.Parts {
		if lit, ok := part.(ast.Literal); ok && backends.FoldsBeyondASCII(string(lit)) {
			t.notes.Add(backends.NoteFolding, "_raw")
		}
	}
}

func (t *translation) noteList() []backends.Note {
	for _, field := range t.single {
		t.notes.Add(backends.NoteSingleValue, field)
	}
	return t.notes.List()
}
