package cli

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/evaluator"
)

// finding is a rule that an event matched, in the form of -f jsonl.
type finding struct {
	RuleID  string         `json:"rule_id"`
	Title   string         `json:"title"`
	Level   string         `json:"level"`
	Tags    []string       `json:"tags"`
	Time    string         `json:"time"`
	EventID string         `json:"event_id"`
	Source  string         `json:"source"`
	Record  int            `json:"record"`
	Matched []matchedValue `json:"matched"`
	// Correlation is set for a finding of a correlation. Time, EventID, Source and Record are then those of the event that completed it.
	Correlation *correlated     `json:"correlation,omitempty"`
	Event       json.RawMessage `json:"event,omitempty"`

	tags  string   // all Tags
	cells []string // of the event, by their numbers
	raw   []byte   // the event, where the format wants it
}

// matchedValue is a value in the event that made a leaf of the rule true.
type matchedValue struct {
	Field string `json:"field"`
	Value string `json:"value"`
	Line  int    `json:"line"` // of the leaf, in the rule
}

// The cells of an event that a finding can show.
const (
	cellID = iota
	cellTime
	cellName
	cellSource
	cellRegion
	cellAddress
	cellIdentity
	cellAccount
	cellAccessKey
	cellUserAgent
	cellErrorCode
)

// cellPaths say where a cell is in a record of CloudTrail: in the first of the fields that has a text.
var cellPaths = [...][]string{
	cellID:        {"eventID"},
	cellTime:      {"eventTime", "@timestamp"},
	cellName:      {"eventName"},
	cellSource:    {"eventSource"},
	cellRegion:    {"awsRegion"},
	cellAddress:   {"sourceIPAddress"},
	cellIdentity:  {"userIdentity.arn", "userIdentity.invokedBy", "userIdentity.principalId", "userIdentity.userName", "userIdentity.accountId", "userIdentity.type"},
	cellAccount:   {"recipientAccountId", "userIdentity.accountId"},
	cellAccessKey: {"userIdentity.accessKeyId"},
	cellUserAgent: {"userAgent"},
	cellErrorCode: {"errorCode"},
}

// paths say where the cells are in the events of this scan.
func (s *scanRun) paths() [][]string {
	paths := slices.Clone(cellPaths[:])
	for i, names := range paths {
		var stored []string
		for _, name := range names {
			if names, ok := s.stored(name); ok {
				stored = append(stored, names...)
			}
		}
		paths[i] = append(stored, names...)
	}
	if s.timeField != "" {
		paths[cellTime] = []string{s.timeField}
	}
	if s.idField != "" {
		paths[cellID] = []string{s.idField}
	}
	return paths
}

// stored gives the fields in which the logs keep a field of rules; ok is false for one that the schema does not describe.
func (s *scanRun) stored(name string) (names []string, ok bool) {
	fields, ok := s.schema.one.Stored(name)
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return names, ok
}

// storedNames are the same, and the field's own name where the schema does not describe it.
func (s *scanRun) storedNames(name string) []string {
	if names, ok := s.stored(name); ok {
		return names
	}
	return []string{name}
}

// findingOf is what all findings of a rule have in common.
func findingOf(r *ast.Rule) finding {
	f := finding{RuleID: r.ID.Value, Title: r.Title.Value, Level: r.Level.String(), Tags: []string{}, Matched: []matchedValue{}}
	for _, t := range r.Tags {
		f.Tags = append(f.Tags, t.String())
	}
	f.tags = strings.Join(f.Tags, " ")
	return f
}

// explains reports whether the format shows the values that made a rule match.
func (s *scanRun) explains() bool {
	switch s.format {
	case "html":
		return true
	case "json", "jsonl":
		return s.profile == "" && len(s.groupBy) == 0
	}
	return false
}

// collectMatched gathers the values behind the leaves that count towards the
// verdict: those that hold and are not negated, in alternatives that hold.
func collectMatched(x *evaluator.Explanation, negated bool, out *[]matchedValue) {
	switch e := x.Expr.(type) {
	case *ast.Match:
		if !x.Matched || negated {
			return
		}
		for _, v := range x.Values {
			if v.Hit {
				m := matchedValue{Field: cmp.Or(e.Field.Name, v.Path), Value: unquoted(v), Line: x.Expr.Range().Position().Line}
				*out = append(*out, m)
			}
		}
	case *ast.Not:
		for _, t := range x.Terms {
			collectMatched(t, !negated, out)
		}
	default:
		for _, t := range x.Terms {
			if t.Matched != negated {
				collectMatched(t, negated, out)
			}
		}
	}
}

// unquoted is a value's text without the quotes of JSON.
func unquoted(v evaluator.Found) string {
	var s string
	if !v.Cut && json.Unmarshal([]byte(v.Text), &s) == nil {
		return s
	}
	return v.Text
}
