// Package check looks at Sigma documents with the eyes of a reviewer: what the
// parser says of them, and what the validators say that every Sigma repository
// knows from sigma-cli, under the same names.
//
// Invariants: a validator never changes a document; it reports an error only
// for what is surely a fault; what it takes for a mend (diag.Fix) leaves the
// meaning of the document as it is. Nothing here reads files but Replace, and
// nothing reads the network.
package check

import (
	"slices"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser"
)

// File is a file of rules that was read.
type File struct {
	Source *source.File
	parser.Result
}

// count is the number of documents that were written in the file: one that the
// parser has split stands for itself.
func (f File) count() int {
	n := f.Broken
	for _, d := range f.Documents {
		if r, isRule := d.(*ast.Rule); !isRule || !r.Silent {
			n++
		}
	}
	return n
}

// Parse reads a file.
func Parse(f *source.File) File { return File{f, parser.Parse(f)} }

// Options say what is looked for, and what is reported.
type Options struct {
	Settings Settings
	Select   Codes // what is reported; nothing means everything
	Ignore   Codes // what is not
	Mode     ast.FilterMode
}

// Report is what was found.
type Report struct {
	Findings   []diag.Diagnostic // by file and place
	Suppressed int               // findings that a comment or Options.Ignore keeps back
	Documents  int               // the sound and the broken
}

// Count is the number of findings of a severity.
func (r Report) Count(s diag.Severity) int {
	n := 0
	for _, d := range r.Findings {
		if d.Severity == s {
			n++
		}
	}
	return n
}

// Run checks files together: each document, the references between them, and
// what must be unique among them.
func Run(files []File, o Options) Report {
	var docs []ast.Document
	var rep Report
	for _, f := range files {
		docs = append(docs, f.Documents...)
		rep.Documents += f.count()
	}
	subjects := subjectsOf(docs)
	set := o.settings()
	all := slices.Clone(set.validate(subjects))
	_, linked := parser.Link(docs)
	all = append(all, linked...)
	for _, d := range docs {
		if f, ok := d.(*ast.Filter); ok {
			if ambiguous := f.Ambiguous(o.Mode); ambiguous != nil {
				all = append(all, *ambiguous)
			}
		}
	}
	suppressed := map[string]suppressions{}
	for _, f := range files {
		all = append(all, f.Diagnostics...)
		s, faults := readSuppressions(f.Source)
		if s.any() {
			suppressed[f.Source.Name] = s
		}
		all = append(all, faults...)
	}
	diag.Sort(all)
	all = slices.CompactFunc(all, same)
	all = set.drop(all, subjects)
	for _, d := range all {
		switch {
		case !o.selected(d):
		case o.Ignore.Has(d.Code) || !d.Span.IsZero() && suppressed[d.Span.File.Name].has(d):
			rep.Suppressed++
		default:
			rep.Findings = append(rep.Findings, d)
		}
	}
	return rep
}

// selected reports whether a finding was asked for. An error of the parser
// always was: of a document that cannot be read, nothing else can be said.
func (o Options) selected(d diag.Diagnostic) bool {
	return len(o.Select) == 0 || o.Select.Has(d.Code) || d.Severity == diag.Error && d.Code < firstCheck
}

// firstCheck is the first code of the validators.
const firstCheck diag.Code = "S0800"

// settings are those of the options, with what Select names added.
func (o Options) settings() Settings {
	set := o.Settings
	if set.enabled == nil {
		set = Defaults()
	}
	enabled := make(map[string]bool, len(set.enabled))
	for _, v := range validators {
		enabled[v.ID] = set.enabled[v.ID] || v.Off && v.Code != "" && slices.Contains(o.Select, string(v.Code))
	}
	set.enabled = enabled
	return set
}

// same tells findings that stand twice, because two documents were made from one
// text.
func same(a, b diag.Diagnostic) bool {
	if a.Span != b.Span {
		return false
	}
	return a.Code == b.Code && a.Summary == b.Summary
}

// subject is a document as validators look at it.
type subject struct {
	doc        ast.Document
	meta       *ast.Metadata
	logSource  ast.LogSource // of rules and filters
	detections []*ast.NamedDetection
	conditions []*ast.RuleCondition
	items      []*ast.Item // of all detections, in order
	members    []scope     // of array items that have a condition of their own
}

// scope is a set of search identifiers and the conditions over them.
type scope struct {
	detections []*ast.NamedDetection
	conditions []*ast.RuleCondition
}

// scopes are the document's own, and those inside of it.
func (s *subject) scopes() []scope {
	return append([]scope{{s.detections, s.conditions}}, s.members...)
}

func subjectsOf(docs []ast.Document) []*subject {
	out := make([]*subject, len(docs))
	for i, doc := range docs {
		s := &subject{doc: doc, meta: doc.Meta()}
		switch doc := doc.(type) {
		case *ast.Rule:
			s.logSource, s.detections, s.conditions = doc.LogSource, doc.Detections, doc.Conditions
		case *ast.Filter:
			s.logSource, s.detections, s.conditions = doc.LogSource, doc.Detections, []*ast.RuleCondition{doc.Condition}
		case *ast.Correlation:
		}
		for _, d := range s.detections {
			s.add(d.Body)
		}
		out[i] = s
	}
	joinSplit(out)
	return out
}

// joinSplit gives the rules that the parser made of one document, for an
// aggregation of Sigma 1, the conditions of each other: together they are what
// was written.
func joinSplit(subjects []*subject) {
	conditions := map[source.Span][]*ast.RuleCondition{}
	for _, s := range subjects {
		switch doc := s.doc.(type) {
		case *ast.Rule:
			if doc.Silent {
				conditions[doc.Span] = append(conditions[doc.Span], doc.Conditions...)
			}
		case *ast.Correlation:
			for _, ref := range doc.Rules {
				if r, ok := ref.Target.(*ast.Rule); ok && doc.Legacy != nil {
					conditions[doc.Span] = append(conditions[doc.Span], r.Conditions...)
				}
			}
		}
	}
	for _, s := range subjects {
		if r, ok := s.doc.(*ast.Rule); ok && r.Silent {
			s.conditions = conditions[r.Span]
		}
	}
}

// add takes up what stands under a search identifier.
func (s *subject) add(d ast.Detection) {
	switch d := d.(type) {
	case *ast.AllOf:
		for _, m := range d.Members {
			s.add(m)
		}
	case *ast.AnyOf:
		for _, m := range d.Members {
			s.add(m)
		}
	case *ast.Item:
		s.items = append(s.items, d)
	case *ast.ArrayItem:
		if d.Condition == nil {
			s.add(d.Body)
			return
		}
		s.members = append(s.members, scope{d.Detections, []*ast.RuleCondition{d.Condition}})
		for _, inner := range d.Detections {
			s.add(inner.Body)
		}
	}
}

// head is where a finding about the whole document points.
func (s *subject) head() source.Span {
	if s.meta.Title.IsSet() {
		return s.meta.Title.Span
	}
	return s.doc.Range()
}

// fileName is the name of the file that the document came from, "" for one that
// was not read from a file.
func (s *subject) fileName() string {
	f := s.doc.Range().File
	if f == nil || f.Name == "-" {
		return ""
	}
	return f.Name
}
