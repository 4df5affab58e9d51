package ruletest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"sigmatic/cmd/internal/junit"
	"sigmatic/cmd/internal/verify"
)

// Formats are the forms in which Write gives outcomes.
func Formats() []string { return []string{"table", "jsonl", "junit"} }

// Write gives outcomes in one of the Formats.
func Write(w io.Writer, format string, list []*Outcome) error {
	b := bufio.NewWriter(w)
	var err error
	switch format {
	case "table":
		for _, o := range list {
			o.writeText(b)
		}
	case "jsonl":
		enc := json.NewEncoder(b)
		enc.SetEscapeHTML(false)
		for _, o := range list {
			if err = enc.Encode(o.record()); err != nil {
				return err
			}
		}
	case "junit":
		err = junit.Write(b, suites(list))
	default:
		return fmt.Errorf("ruletest: unknown format %q", format)
	}
	if err != nil {
		return err
	}
	return b.Flush()
}

// writeText writes what a person reads: a line for the rule, and below it what
// is wrong, and what was not exercised. Errors surface when w is flushed.
func (o *Outcome) writeText(w *bufio.Writer) {
	fmt.Fprintf(w, "%-8s  %s  %s", o.Verdict(), o.Place, o.Rule.Title.Value)
	if len(o.Tests) == 0 {
		fmt.Fprintln(w)
		return
	}
	exercised, missed := o.Coverage.Exercised()
	fmt.Fprintf(w, ": %s; %d of %d values exercised, %d with a near miss; %s\n",
		count(len(o.Tests), "event"), exercised, len(o.Coverage), missed, o.targets())
	for _, line := range o.faults() {
		fmt.Fprintf(w, "  %s\n", line)
	}
	for _, l := range o.Coverage {
		if lack := l.Lack(); lack != "" {
			fmt.Fprintf(w, "  %s\n", lack)
		}
	}
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// targets lists what each target's query came to. What SPL comes to is the word
// of an interpreter: there is no engine to ask.
func (o *Outcome) targets() string {
	var parts []string
	for _, r := range o.Targets {
		text := r.Target + " "
		if r.RunOn() != verify.InterpreterName {
			text += "(" + r.RunOn() + ") "
		}
		switch v := r.Verdict(); v {
		case "":
			text += "not tried"
		case verify.Noted:
			text += string(v) + " (" + r.Notes() + ")"
		default:
			text += string(v)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// faults tells what is wrong, a line each.
func (o *Outcome) faults() []string {
	var out []string
	says := map[bool]string{true: "must match and does not", false: "must not match and does"}
	for _, f := range o.Failures {
		out = append(out, fmt.Sprintf("the event %s: the rule %s", f.Test, says[f.Match]))
		for _, x := range f.Explanations {
			for line := range strings.Lines(x.String()) {
				out = append(out, "    "+strings.TrimSuffix(line, "\n"))
			}
		}
	}
	for _, r := range o.Targets {
		if r.Err != nil {
			out = append(out, fmt.Sprintf("%s: %v", r.Target, r.Err))
			continue
		}
		for _, d := range r.Differences {
			out = append(out, r.Target+" differs:")
			for _, l := range d.Block(r.Query) {
				out = append(out, fmt.Sprintf("    %-6s  %s", l.Word, l.Text))
			}
		}
	}
	return out
}

// outcomeRecord is the form of jsonl, one for each rule.
type outcomeRecord struct {
	File        string            `json:"file"`
	RuleID      string            `json:"rule_id"`
	Title       string            `json:"title"`
	Verdict     string            `json:"verdict"` // ok, fail, no tests
	Tests       int               `json:"tests"`
	Failures    []failureRecord   `json:"failures"`
	Targets     map[string]string `json:"targets"`
	Values      int               `json:"values"`
	Exercised   int               `json:"exercised"`
	Missed      int               `json:"near_missed"`
	Unexercised []string          `json:"unexercised"`
}

type failureRecord struct {
	Test   string          `json:"test"`
	File   string          `json:"file"`
	Line   int             `json:"line"`
	Record int             `json:"record,omitempty"`
	Match  bool            `json:"match"` // what the test demands
	Event  json.RawMessage `json:"event"`
}

func (o *Outcome) record() outcomeRecord {
	rec := outcomeRecord{
		RuleID: o.Rule.ID.Value, Title: o.Rule.Title.Value, Verdict: strings.ToLower(string(o.Verdict())), Tests: len(o.Tests),
		Failures: []failureRecord{}, Targets: map[string]string{}, Values: len(o.Coverage), Unexercised: []string{},
	}
	if f := o.Rule.Span.File; f != nil {
		rec.File = f.Name
	}
	rec.Exercised, rec.Missed = o.Coverage.Exercised()
	for _, f := range o.Failures {
		rec.Failures = append(rec.Failures, failureRecord{f.Name, f.Span.File.Name, f.Span.Position().Line, f.Record, f.Match, f.Event})
	}
	for _, r := range o.Targets {
		verdict := string(r.Verdict())
		if verdict == "" {
			verdict = "not tried"
		}
		rec.Targets[r.Target] = verdict
	}
	for _, l := range o.Coverage {
		if lack := l.Lack(); lack != "" && len(o.Tests) > 0 {
			rec.Unexercised = append(rec.Unexercised, lack)
		}
	}
	return rec
}

// suites makes a suite of each rule: a case for each test and each target.
func suites(list []*Outcome) []junit.Suite {
	var out []junit.Suite
	for _, o := range list {
		s := junit.Suite{Name: o.Place + " " + o.Rule.Title.Value}
		if len(o.Tests) == 0 {
			s.Add(junit.Case{Name: "tests", Class: o.Place, Skipped: &junit.Reason{Message: "the rule has no tests"}})
		}
		failed := map[string]Failure{}
		for _, f := range o.Failures {
			failed[f.String()] = f
		}
		for _, t := range o.Tests {
			c := junit.Case{Name: t.String(), Class: o.Place}
			if f, ok := failed[t.String()]; ok {
				var text strings.Builder
				for _, x := range f.Explanations {
					text.WriteString(x.String())
				}
				c.Failure = &junit.Reason{Message: fmt.Sprintf("match expected: %t", t.Match), Text: text.String()}
			}
			s.Add(c)
		}
		for _, r := range o.Targets {
			if len(o.Tests) > 0 {
				s.Add(r.Case())
			}
		}
		out = append(out, s)
	}
	return out
}
