package ruletest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/evaluator"
	"sigmatic/evaluator/cloudtrail"
	"sigmatic/parser/yamldoc"
)

// Suite is the tests of one rule, from one document.
type Suite struct {
	// Rule is the id, name or title of the rule; not set where there is but one.
	Rule  ast.Text
	Tests []Test
	Span  source.Span
}

// Test is what a rule must say of one event.
type Test struct {
	Name  string // "" if it has none
	Match bool   // the rule must match
	Event json.RawMessage
	Span  source.Span // of the test in its file
	// Record is the place of the event in a file of events, from 1; 0 for an
	// event that stands in the test.
	Record int
}

// String says which test it is: its name, and its place.
func (t Test) String() string {
	at := t.Span.Position()
	place := fmt.Sprintf("%s:%d", t.Span.File.Name, at.Line)
	if t.Record > 0 {
		place += fmt.Sprintf(" record %d", t.Record)
	}
	if t.Name == "" {
		return place
	}
	return fmt.Sprintf("%q (%s)", t.Name, place)
}

// Attribute is the attribute of a rule that holds its tests.
const Attribute = "tests"

// FileName is the name of the file with the tests of the rules in a file:
// rule.yml has rule.test.yml.
func FileName(rules string) string {
	ext := filepath.Ext(rules)
	return strings.TrimSuffix(rules, ext) + ".test" + ext
}

// Error is a fault of a test and its place.
type Error struct {
	Span   source.Span
	Detail string // lower case, says what was expected
}

// Error implements error.
func (e *Error) Error() string {
	p := e.Span.Position()
	return fmt.Sprintf("%s:%d:%d: %s", e.Span.File.Name, p.Line, p.Column, e.Detail)
}

func fault(at source.Span, format string, args ...any) error {
	return &Error{at, fmt.Sprintf(format, args...)}
}

// Read reads a file of tests, one suite from each document. Files of events are
// found by open, which gets their names as they stand in the file.
func Read(f *source.File, open func(name string) (cloudtrail.Input, error)) ([]Suite, error) {
	docs, diags := yamldoc.Parse(f)
	for _, d := range diags {
		if d.Severity == diag.Error {
			return nil, &d
		}
	}
	var out []Suite
	for _, doc := range docs {
		s, err := reader{open}.suite(doc.Data())
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// Within reads the tests in a rule's attribute, if it has them.
func Within(r *ast.Rule, open func(name string) (cloudtrail.Input, error)) (*Suite, error) {
	for _, a := range r.Custom {
		if a.Name.Value == Attribute {
			s, err := reader{open}.suite(a.Value)
			return &s, err
		}
	}
	return nil, nil
}

// Of reports whether the tests are for a rule, among several.
func (s Suite) Of(r *ast.Rule) bool {
	name := s.Rule.Value
	return strings.EqualFold(name, r.ID.Value) || name == r.Name.Value || name == r.Title.Value
}

type reader struct {
	open func(name string) (cloudtrail.Input, error)
}

func (r reader) suite(d ast.Data) (Suite, error) {
	s := Suite{Span: d.Span}
	if d.Kind != ast.DataMap {
		return s, fault(d.Span, "expected a map with match and no-match")
	}
	for _, p := range d.Pairs {
		switch p.Name.Value {
		case "rule":
			if p.Value.Kind != ast.DataScalar {
				return s, fault(p.Value.Span, "rule: expected the id, name or title of the rule")
			}
			s.Rule = ast.Text{Value: p.Value.Text, Span: p.Value.Span}
		case "match", "no-match":
			if p.Value.Kind != ast.DataList {
				return s, fault(p.Value.Span, "%s: expected a list of tests", p.Name.Value)
			}
			for _, item := range p.Value.Items {
				tests, err := r.tests(item, p.Name.Value == "match")
				if err != nil {
					return s, err
				}
				s.Tests = append(s.Tests, tests...)
			}
		default:
			return s, fault(p.Name.Span, "unknown key %q, expected rule, match or no-match", p.Name.Value)
		}
	}
	if len(s.Tests) == 0 {
		return s, fault(d.Span, "holds no test, expected match or no-match with at least one")
	}
	return s, nil
}

// tests reads one item: one test, or as many as a file has events.
func (r reader) tests(d ast.Data, match bool) ([]Test, error) {
	if d.Kind != ast.DataMap {
		return nil, fault(d.Span, "expected a map with event, json or file")
	}
	t := Test{Match: match, Span: d.Span}
	file := ast.Data{}
	for _, p := range d.Pairs {
		var err error
		switch p.Name.Value {
		case "name":
			t.Name = p.Value.Text
			continue
		case "event":
			t.Event, err = eventOf(p.Value)
		case "json":
			t.Event, err = eventFrom(p.Value)
		case "file":
			file = p.Value
			if file.Kind != ast.DataScalar || file.Text == "" {
				err = fault(p.Value.Span, "file: expected the name of a file of events")
			}
		default:
			err = fault(p.Name.Span, "unknown key %q, expected name, and one of event, json or file", p.Name.Value)
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case t.Event != nil && file.Text == "":
		return []Test{t}, nil
	case t.Event == nil && file.Text != "":
		return r.file(t, file)
	}
	return nil, fault(d.Span, "expected one of event, json or file")
}

// file makes a test of each event of a file.
func (r reader) file(t Test, file ast.Data) ([]Test, error) {
	in, err := r.open(file.Text)
	if err != nil {
		return nil, fault(file.Span, "%v", err)
	}
	var out []Test
	var first *cloudtrail.Problem
	_, err = cloudtrail.Read(context.Background(), in, cloudtrail.Options{}, func(rec cloudtrail.Record) error {
		t.Event, t.Record = slices.Clone(rec.Raw), rec.Index
		out = append(out, t)
		return nil
	}, func(p cloudtrail.Problem) {
		if first == nil && p.Severity() != cloudtrail.Note {
			first = &p
		}
	})
	switch {
	case err != nil:
		return nil, fault(file.Span, "%v", err)
	case first != nil:
		return nil, fault(file.Span, "%s", *first)
	case len(out) == 0:
		return nil, fault(file.Span, "%q holds no event", file.Text)
	}
	return out, nil
}

// eventOf makes an event of YAML.
func eventOf(d ast.Data) (json.RawMessage, error) {
	if d.Kind != ast.DataMap {
		return nil, fault(d.Span, "event: expected a map of fields, which may be empty ({})")
	}
	var b bytes.Buffer
	if err := writeJSON(&b, d); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func writeJSON(b *bytes.Buffer, d ast.Data) error {
	switch d.Kind {
	case ast.DataNull:
		b.WriteString("null")
	case ast.DataScalar:
		b.Write(quote(d.Text))
	case ast.DataBool:
		b.WriteString(strconv.FormatBool(d.Truth()))
	case ast.DataNumber:
		n, ok := ast.ParseDecimal(d.Text)
		if !ok {
			return fault(d.Span, "%q is no number that JSON has, quote it to have a text", d.Text)
		}
		b.WriteString(n.String())
	case ast.DataList:
		b.WriteByte('[')
		for i, item := range d.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case ast.DataMap:
		b.WriteByte('{')
		for i, p := range d.Pairs {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(quote(p.Name.Value))
			b.WriteByte(':')
			if err := writeJSON(b, p.Value); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	}
	return nil
}

func quote(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always has a JSON form
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// eventFrom takes an event that is written in JSON.
func eventFrom(d ast.Data) (json.RawMessage, error) {
	if d.Kind != ast.DataScalar {
		return nil, fault(d.Span, "json: expected the text of a JSON object, in quotes or as a block (|)")
	}
	if _, err := evaluator.ParseEvent([]byte(d.Text)); err != nil {
		return nil, fault(d.Span, "json: %v", err)
	}
	return json.RawMessage(d.Text), nil
}
