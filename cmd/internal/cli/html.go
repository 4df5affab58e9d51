package cli

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// findingsPage is the report of a scan: one file that needs nothing else, with the findings as data between its two halves.
//
//go:embed findings.html
var findingsPage string

// htmlWriter prints findings as a page. Only its own script makes elements of what is in events, as text.
type htmlWriter struct {
	w       io.Writer
	columns []column // all that the page has of a finding
	shown   int      // the first of those in its table; the page chooses if that is 0
	account func() []string
	n       int
}

// pageHead is what the page is told before the findings.
type pageHead struct {
	Columns []string `json:"columns"`
	Shown   []string `json:"shown"`
}

func (s *scanRun) newHTMLWriter(w io.Writer) *htmlWriter {
	h := &htmlWriter{w: w, columns: findingColumns, account: s.accounts}
	if s.profile != "" {
		h.shown = len(findingColumns)
		h.columns = append(findingColumns[:h.shown:h.shown], s.columns...)
	}
	return h
}

// halves are the page before the data and behind it.
func (h *htmlWriter) halves() (before, after string) {
	before, after, _ = strings.Cut(findingsPage, "/*findings*/")
	return before, after
}

func (h *htmlWriter) head() error {
	if h.n > 0 {
		return nil
	}
	before, _ := h.halves()
	head := pageHead{Columns: []string{}, Shown: []string{"time", "level", "title", "event_name", "region", "source_ip", "identity"}}
	for _, c := range h.columns {
		head.Columns = append(head.Columns, c.name)
	}
	if h.shown > 0 {
		head.Shown = head.Columns[h.shown:]
	}
	text, err := json.Marshal(head)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(h.w, "%s{\"head\":%s,\"findings\":[", before, text)
	return err
}

// write adds a finding. json.Marshal writes <, > and & as escapes, so that no text can end the page's script.
func (h *htmlWriter) write(f finding) error {
	if err := h.head(); err != nil {
		return err
	}
	var row []string
	for _, c := range h.columns {
		row = append(row, strings.ToValidUTF8(c.get(&f), "\uFFFD"))
	}
	var matched []string
	for _, m := range f.Matched {
		matched = append(matched, m.Field+" = "+m.Value)
	}
	entry := map[string]any{"r": row, "m": matched}
	if f.raw != nil {
		var pretty bytes.Buffer
		if json.Indent(&pretty, eventJSON(f.raw), "", "  ") == nil {
			entry["e"] = pretty.String()
		}
	}
	text, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	comma := ""
	if h.n++; h.n > 1 {
		comma = ",\n"
	}
	_, err = io.WriteString(h.w, comma+string(text))
	return err
}

func (h *htmlWriter) close() error {
	if err := h.head(); err != nil {
		return err
	}
	_, after := h.halves()
	account, err := json.Marshal(h.account())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(h.w, "],\n\"account\":%s}%s", account, after)
	return err
}
