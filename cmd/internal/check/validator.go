package check

import (
	"fmt"
	"runtime"
	"slices"
	"sync"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// Doc documents a validator. sigma-cli's three grades of severity are two here:
// high and medium are warnings, low is an info. None is an error, as each leaves
// the document usable.
type Doc struct {
	ID       string    // the name that sigma-cli gives it
	Code     diag.Code // of its findings; "" where the parser has them all
	Covers   []diag.Code
	Severity diag.Severity
	Means    string
	Why      string
	Mend     string
	Before   string // a part of a document that gives the finding; see diag.Page
	After    string // the same, mended
	Since    string
	Off      bool    // looked for only where it is asked for by name
	Params   []Param // what a configuration may set
}

// Param is a number that the configuration of a validator may set.
type Param struct {
	Name    string
	Default int
}

// Title is what the validator's findings are about.
func (d Doc) Title() string {
	if d.Code == "" {
		return d.Covers[0].Title()
	}
	return d.Code.Title()
}

// Page is the page of the validator's code.
func (d Doc) Page() diag.Page {
	return diag.Page{Code: d.Code, Title: d.Title(), Means: d.Means, Why: d.Why, Mend: d.Mend, Since: d.Since, Wrong: d.Before, Right: d.After}
}

// Validator is a check: of one document, or of all of them together. One that
// only has Covers is what the parser does itself.
type Validator struct {
	Doc
	document   func(*finder, *subject)
	collection func(*finder, []*subject)
}

// validators is the list; each group stands in a file of its own.
var validators = slices.Concat(conditionChecks, logSourceChecks, fieldChecks, metadataChecks, modifierChecks, valueChecks, tagChecks)

// Docs documents all validators, by group.
func Docs() []Doc {
	out := make([]Doc, len(validators))
	for i, v := range validators {
		out[i] = v.Doc
	}
	return out
}

// Names are the identifiers of all validators.
func Names() []string {
	out := make([]string, len(validators))
	for i, v := range validators {
		out[i] = v.ID
	}
	return out
}

func named(id string) *Validator {
	for i := range validators {
		if validators[i].ID == id {
			return &validators[i]
		}
	}
	return nil
}

// finder collects the findings of one validator.
type finder struct {
	*Validator
	params   map[string]int
	findings []diag.Diagnostic
}

// report adds a finding. What it returns may be completed, until the next.
func (f *finder) report(at source.Span, help, format string, args ...any) *diag.Diagnostic {
	f.findings = append(f.findings, diag.Diagnostic{
		Code: f.Code, Severity: f.Severity, Span: at, Help: help, Summary: fmt.Sprintf(format, args...),
	})
	return &f.findings[len(f.findings)-1]
}

// param is the value that the configuration gives, or the default.
func (f *finder) param(name string) int {
	if v, ok := f.params[name]; ok {
		return v
	}
	for _, p := range f.Params {
		if p.Name == name {
			return p.Default
		}
	}
	panic("check: no parameter " + name)
}

// validate runs the validators that are enabled. Those of one document share the
// documents among all processors.
func (s Settings) validate(subjects []*subject) []diag.Diagnostic {
	parts := make([][]diag.Diagnostic, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() {
			part := subjects[i*len(subjects)/len(parts) : (i+1)*len(subjects)/len(parts)]
			parts[i] = s.run(part, func(v *Validator, f *finder, checked []*subject) {
				if v.document == nil {
					return
				}
				for _, x := range checked {
					v.document(f, x)
				}
			})
		})
	}
	all := s.run(subjects, func(v *Validator, f *finder, checked []*subject) {
		if v.collection != nil {
			v.collection(f, checked)
		}
	})
	wg.Wait()
	return slices.Concat(append(parts, all)...)
}

// run calls work for each validator that is enabled, with the documents that no
// exclusion keeps from it.
func (s Settings) run(subjects []*subject, work func(*Validator, *finder, []*subject)) []diag.Diagnostic {
	var out []diag.Diagnostic
	for i := range validators {
		v := &validators[i]
		if !s.enabled[v.ID] {
			continue
		}
		f := &finder{Validator: v, params: s.params[v.ID]}
		checked := subjects
		if s.excludes(v.ID) {
			checked = slices.DeleteFunc(slices.Clone(subjects), func(x *subject) bool { return s.excluded(x, v.ID) })
		}
		work(v, f, checked)
		out = append(out, f.findings...)
	}
	return out
}
