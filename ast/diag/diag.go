// Package diag holds diagnostics as data. Whoever finds a fault says what it
// is, where, and how to mend it; a writer decides how that looks.
package diag

import (
	"cmp"
	"fmt"
	"slices"

	"sigmatic/ast/source"
)

// Severity says what a diagnostic means for the document it is about.
type Severity uint8

const (
	// Info is worth knowing and changes nothing.
	Info Severity = iota
	// Warning leaves the document usable; its author probably meant something else.
	Warning
	// Error makes the document unusable.
	Error
)

// String is the word that people read: info, warning or error.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// Diagnostic is one finding about one place.
type Diagnostic struct {
	Code     Code
	Severity Severity
	Span     source.Span
	Summary  string    // lower case, quotes the token, says what was expected
	Help     string    // what to do about it; may be empty
	Related  []Related // other places that explain the finding
	Fix      *Fix      // set only where the mend is certain
}

// Related points at another place that belongs to a finding.
type Related struct {
	Span source.Span
	Text string
}

// Fix is a replacement of source text that mends the finding.
type Fix struct {
	Span        source.Span
	Replacement string
}

// Error renders the diagnostic on one line, FILE:LINE:COLUMN: summary [CODE],
// so that a single diagnostic can serve as an error value.
func (d *Diagnostic) Error() string {
	if d.Span.IsZero() {
		return fmt.Sprintf("%s [%s]", d.Summary, d.Code)
	}
	p := d.Span.Position()
	return fmt.Sprintf("%s:%d:%d: %s [%s]", d.Span.File.Name, p.Line, p.Column, d.Summary, d.Code)
}

// HasErrors reports whether any diagnostic is an Error.
func HasErrors(list []Diagnostic) bool {
	return slices.ContainsFunc(list, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sort orders diagnostics by file, place and code; equal ones keep their order.
func Sort(list []Diagnostic) {
	slices.SortStableFunc(list, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(fileName(a), fileName(b)),
			cmp.Compare(a.Span.Start, b.Span.Start),
			cmp.Compare(a.Code, b.Code),
		)
	})
}

func fileName(d Diagnostic) string {
	if d.Span.File == nil {
		return ""
	}
	return d.Span.File.Name
}
