package evaluator

import (
	"fmt"
	"strings"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// UnsupportedError says what in a query New cannot give a true answer for.
type UnsupportedError struct {
	Feature string      // in words: "an unresolved placeholder"
	Names   []string    // of the things meant, such as all placeholders of the query
	Span    source.Span // of the first of them; zero if it was not written
	Code    diag.Code   // "" for trees that no parser makes
	Err     error       // the cause, where there is one
}

// Error implements error.
func (e *UnsupportedError) Error() string {
	var b strings.Builder
	if !e.Span.IsZero() {
		at := e.Span.Position()
		fmt.Fprintf(&b, "%s:%d:%d: ", e.Span.File.Name, at.Line, at.Column)
	}
	b.WriteString("cannot evaluate ")
	b.WriteString(e.Feature)
	for i, name := range e.Names {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, " %q", name)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.Code != "" {
		fmt.Fprintf(&b, " [%s]", e.Code)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *UnsupportedError) Unwrap() error { return e.Err }
