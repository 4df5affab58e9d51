package diag

import (
	"encoding/json"
	"io"

	"sigmatic/ast/source"
)

// JSONPlace is where something stands, as WriteJSON says it: lines and columns
// count from 1, a column is a Unicode code point, and the end is the first
// place behind it. A finding about no place has none of it.
type JSONPlace struct {
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"`
	EndLine   int    `json:"end_line,omitempty"`
	EndColumn int    `json:"end_column,omitempty"`
}

// JSONDiagnostic is a diagnostic as WriteJSON says it. The names of its fields
// do not change.
type JSONDiagnostic struct {
	Code     Code   `json:"code"`
	Severity string `json:"severity"`
	JSONPlace
	Summary string        `json:"summary"`
	Help    string        `json:"help,omitempty"`
	Related []JSONRelated `json:"related,omitempty"`
	Fix     *JSONFix      `json:"fix,omitempty"`
}

// JSONRelated is another place that belongs to a finding.
type JSONRelated struct {
	JSONPlace
	Text string `json:"text"`
}

// JSONFix is a replacement of source text: what stands at the place becomes
// the replacement.
type JSONFix struct {
	JSONPlace
	Text        string `json:"text"`
	Replacement string `json:"replacement"`
}

// WriteJSON writes diagnostics as one JSON array of JSONDiagnostic.
func WriteJSON(w io.Writer, list []Diagnostic) error {
	out := make([]JSONDiagnostic, len(list))
	for i, d := range list {
		out[i] = JSONDiagnostic{Code: d.Code, Severity: d.Severity.String(), JSONPlace: jsonPlace(d.Span), Summary: d.Summary, Help: d.Help}
		for _, r := range d.Related {
			out[i].Related = append(out[i].Related, JSONRelated{jsonPlace(r.Span), r.Text})
		}
		if d.Fix != nil {
			out[i].Fix = &JSONFix{jsonPlace(d.Fix.Span), d.Fix.Span.Text(), d.Fix.Replacement}
		}
	}
	return encode(w, out)
}

func encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func jsonPlace(s source.Span) JSONPlace {
	if s.IsZero() {
		return JSONPlace{}
	}
	start, end := s.Position(), s.File.Position(s.End)
	return JSONPlace{s.File.Name, start.Line, start.Column, end.Line, end.Column}
}
