package verify

import (
	"bufio"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"

	"sigmatic/backends"
	"sigmatic/cmd/internal/junit"
)

// Formats are the forms in which Write gives results.
func Formats() []string { return []string{"table", "jsonl", "junit", "html"} }

// Write gives results in one of the Formats.
func Write(w io.Writer, format string, list []Result, seed uint64) error {
	b := bufio.NewWriter(w)
	var err error
	switch format {
	case "table":
		err = writeTable(b, list)
	case "jsonl":
		err = writeJSONL(b, list, seed)
	case "junit":
		err = writeJUnit(b, list)
	case "html":
		err = pageTemplate().Execute(b, page{list, Summarize(list), seed})
	default:
		return fmt.Errorf("verify: unknown format %q", format)
	}
	return cmp.Or(err, b.Flush())
}

// word is the verdict as people read it: a difference must be seen.
func (r Result) word() string {
	switch v := r.Verdict(); v {
	case "":
		return "NOT TRIED"
	case Differs:
		return "DIFFERS"
	default:
		return string(v)
	}
}

// engineName is RunOn, and nothing for a query that there is not.
func (r Result) engineName() string {
	if r.Verdict() == Refused {
		return "-"
	}
	return r.RunOn()
}

// RunOn says what the query was run on, or was to be: of SPL, for which there is
// no engine to be had, that it is the interpreter only.
func (r Result) RunOn() string {
	if r.Engine == InterpreterName && r.Target == "splunk" {
		return "interpreter only"
	}
	return r.Engine
}

func writeTable(w io.Writer, list []Result) error {
	widths := [3]int{}
	for _, r := range list {
		widths[0], widths[1], widths[2] = max(widths[0], len(r.word())), max(widths[1], len(r.Target)), max(widths[2], len(r.engineName()))
	}
	for _, r := range list {
		_, err := fmt.Fprintf(w, "%-*s  %-*s  %-*s  %s  %s: %s\n", widths[0], r.word(), widths[1], r.Target, widths[2], r.engineName(), r.Place(), r.Title(), r.Detail())
		if err != nil {
			return err
		}
		if r.Err != nil {
			continue
		}
		for _, d := range r.Differences {
			for _, l := range d.Block(r.Query) {
				if _, err := fmt.Fprintf(w, "  %-6s  %s\n", l.Word, strings.ReplaceAll(l.Text, "\n", "\n          ")); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// resultRecord is the form of jsonl, one for each query and engine.
type resultRecord struct {
	File        string                    `json:"file"`
	Line        int                       `json:"line"`
	RuleID      string                    `json:"rule_id"`
	Title       string                    `json:"title"`
	Condition   string                    `json:"condition"`
	Target      string                    `json:"target"`
	Engine      string                    `json:"engine"`
	Schema      string                    `json:"schema"`
	Seed        uint64                    `json:"seed"`
	Verdict     string                    `json:"verdict"` // exact, exact under notes, refused, differs, not tried
	Events      int                       `json:"events"`
	Selected    int                       `json:"selected"`
	Excused     map[backends.NoteCode]int `json:"excused"`
	Query       string                    `json:"query,omitempty"`
	Notes       []backends.Note           `json:"notes"`
	Feature     string                    `json:"feature,omitempty"`
	Message     string                    `json:"message,omitempty"`
	Differences []differenceRecord        `json:"differences,omitempty"`
}

type differenceRecord struct {
	Reading  string          `json:"reading"`
	Event    json.RawMessage `json:"event,omitempty"`
	Count    int             `json:"count"`
	Rule     bool            `json:"rule"`
	Engine   bool            `json:"engine"`
	Leaf     string          `json:"leaf,omitempty"`
	Line     int             `json:"line,omitempty"`
	Fragment string          `json:"fragment,omitempty"`
	Error    string          `json:"error,omitempty"`
}

func writeJSONL(w io.Writer, list []Result, seed uint64) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, r := range list {
		if err := enc.Encode(r.record(seed)); err != nil {
			return err
		}
	}
	return nil
}

func (r Result) record(seed uint64) resultRecord {
	rule := r.Query.Rule
	rec := resultRecord{
		RuleID: rule.ID.Value, Title: rule.Title.Value, Condition: r.Query.Condition.Text.Value,
		Target: r.Target, Engine: r.engineName(), Schema: r.Schema, Seed: seed, Verdict: strings.ToLower(r.word()), Notes: []backends.Note{},
	}
	if rule.Span.File != nil {
		rec.File, rec.Line = rule.Span.File.Name, rule.Title.Span.Position().Line
	}
	switch {
	case r.Err != nil:
		rec.Message = r.Err.Error()
		return rec
	case r.Refused != nil:
		rec.Feature, rec.Message = string(r.Refused.Feature), r.Refused.Message()
		return rec
	}
	rec.Events, rec.Selected, rec.Excused, rec.Query = r.Events, r.Selected, r.Excused, r.Output.Query
	rec.Notes = append(rec.Notes, r.Output.Notes...)
	for _, d := range r.Differences {
		rec.Differences = append(rec.Differences, d.record())
	}
	return rec
}

func (d Difference) record() differenceRecord {
	out := differenceRecord{Reading: d.Reading, Event: d.Event.Body, Count: d.Count, Rule: d.Want, Engine: !d.Want}
	if d.Err != nil {
		return differenceRecord{Reading: d.Reading, Error: d.Err.Error()}
	}
	if c := d.Cause; c != nil {
		out.Leaf, out.Fragment = c.Expr.String(), c.Fragment
		if at := c.Expr.Range(); !at.IsZero() {
			out.Line = at.Position().Line
		}
	}
	return out
}

func writeJUnit(w io.Writer, list []Result) error {
	var suites []junit.Suite
	for _, r := range list {
		name := r.Target + ", " + r.RunOn()
		i := slices.IndexFunc(suites, func(s junit.Suite) bool { return s.Name == name })
		if i < 0 {
			i = len(suites)
			suites = append(suites, junit.Suite{Name: name})
		}
		suites[i].Add(r.Case())
	}
	return junit.Write(w, suites)
}

// Case gives the result as a case of a build server's report.
func (r Result) Case() junit.Case {
	c := junit.Case{Name: r.Place() + " " + r.Title(), Class: r.Target}
	switch r.Verdict() {
	case "":
		c.Error = &junit.Reason{Message: r.Detail()}
	case Refused:
		c.Skipped = &junit.Reason{Message: "refused: " + r.Detail()}
	case Differs:
		c.Failure = &junit.Reason{Message: "query and rule differ", Text: r.blocks()}
	case Exact, Noted:
		c.Output = string(r.Verdict()) + ": " + r.Detail()
	}
	return c
}

// blocks are the differences as text.
func (r Result) blocks() string {
	var b strings.Builder
	for _, d := range r.Differences {
		for _, l := range d.Block(r.Query) {
			fmt.Fprintf(&b, "%-6s  %s\n", l.Word, l.Text)
		}
	}
	return b.String()
}

// page is what the HTML page shows.
type page struct {
	Results []Result
	Summary Summary
	Seed    uint64
}

//go:embed page.html
var pageText string

var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"word":   Result.word,
		"engine": Result.engineName,
		"lines":  func(r Result, d Difference) []Line { return d.Block(r.Query) },
	}).Parse(pageText))
})
