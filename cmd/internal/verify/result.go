package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/evaluator"
)

// InterpreterName is what a Result calls the interpreters of a language.
const InterpreterName = "interpreter"

// Result is a report and what it is about.
type Result struct {
	*Report
	Target   string // name of the target
	Language string // as people know it
	// Engine is InterpreterName, or where the real engine is.
	Engine string
	Schema string
	// Err says why the query could not be tried; there is then no verdict.
	Err error
}

// Verdict is the report's, or "" if there is none.
func (r Result) Verdict() Verdict {
	if r.Err != nil {
		return ""
	}
	return r.Report.Verdict()
}

// Place is the file and line of the rule.
func (r Result) Place() string {
	rule := r.Query.Rule
	if rule.Span.File == nil {
		return "-"
	}
	return fmt.Sprintf("%s:%d", rule.Span.File.Name, rule.Title.Span.Position().Line)
}

// Title is that of the rule, with the condition where the rule has several.
func (r Result) Title() string {
	title := r.Query.Rule.Title.Value
	if len(r.Query.Rule.Conditions) > 1 {
		title += ": " + r.Query.Condition.Text.Value
	}
	return title
}

// Detail says in one line what the verdict rests on.
func (r Result) Detail() string {
	switch {
	case r.Err != nil:
		return r.Err.Error()
	case r.Refused != nil:
		detail := string(r.Refused.Feature)
		if r.Refused.Detail != "" {
			detail += " (" + r.Refused.Detail + ")"
		}
		return detail
	}
	detail := fmt.Sprintf("%d events, %d selected", r.Events, r.Selected)
	if codes := r.codes(); len(codes) > 0 {
		detail += "; " + Codes(codes)
	}
	if n := len(r.Unstable); n > 0 {
		detail += fmt.Sprintf("; %d gone when run again", n)
	}
	return detail
}

// codes are those of the query's notes, and how many events broke each.
func (r *Report) codes() map[backends.NoteCode]int {
	out := maps.Clone(r.Excused)
	if r.Output != nil {
		for _, n := range r.Output.Notes {
			out[n.Code] += 0
		}
	}
	return out
}

// Notes lists the notes of the query by their codes.
func (r Result) Notes() string { return Codes(r.codes()) }

// Codes lists notes and, behind each, how many events broke what each takes
// for granted.
func Codes(broken map[backends.NoteCode]int) string {
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(broken)) {
		text := string(code)
		if n := broken[code]; n > 0 {
			text += fmt.Sprintf(" %d", n)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// Line is one line of a Block: a word that says what follows.
type Line struct{ Word, Text string }

// Block tells a difference side by side: the leaf, the text that was made of
// it, the event, and the two verdicts on it.
func (d Difference) Block(q *ast.Query) []Line {
	if d.Err != nil {
		return []Line{{"query", shorten(d.Text)}, {"engine", fmt.Sprintf("%s does not run it: %v", d.Reading, d.Err)}}
	}
	selects := map[bool]string{true: "selects it", false: "does not select it"}
	rule, engine := selects[d.Want], d.Reading+" "+selects[!d.Want]
	if d.Count > 1 {
		engine += fmt.Sprintf("; %d of the events are judged differently", d.Count)
	}
	event := Line{"event", string(d.Event.Body)}
	c := d.Cause
	if c == nil {
		return []Line{{"rule", shorten(q.Expr.String())}, {"query", shorten(d.Text)}, event, {"rule", rule}, {"engine", engine},
			{"why", "each part of the rule agrees when it is asked alone: the parts are put together wrongly"}}
	}
	fragment := c.Fragment
	if fragment == "" {
		fragment = shorten(d.Text)
	}
	word := "part" // of the rule
	if _, ok := c.Expr.(*ast.Match); ok {
		word = "leaf"
	}
	return []Line{
		{word, placeOf(c.Expr) + shorten(c.Expr.String())},
		{"query", shorten(fragment)},
		event,
		{"rule", rule},
		{"engine", engine},
		{"why", fmt.Sprintf("by the rule this %s is %t%s; its query alone says %t", word, c.Explanation.Matched, foundIn(c.Explanation), !c.Explanation.Matched)},
	}
}

func placeOf(e ast.Expr) string {
	at := e.Range()
	if at.IsZero() {
		return ""
	}
	return fmt.Sprintf("line %d: ", at.Position().Line)
}

// foundIn lists the values that a leaf looked at.
func foundIn(x *evaluator.Explanation) string {
	for len(x.Terms) == 1 {
		x = x.Terms[0]
	}
	switch {
	case x.State == evaluator.Group:
		return ""
	case x.State == evaluator.Absent:
		return " (the field is absent)"
	case len(x.Values) == 0:
		return ""
	}
	var found []string
	for _, v := range x.Values {
		found = append(found, v.String())
	}
	return " (found " + strings.Join(found, ", ") + ")"
}

// Summary counts results.
type Summary struct {
	Verdicts map[Verdict]int
	Untried  int // results with an error
	Excused  map[backends.NoteCode]int
	Features map[backends.Feature]int
	Events   int
}

// Summarize counts results.
func Summarize(list []Result) Summary {
	s := Summary{Verdicts: map[Verdict]int{}, Excused: map[backends.NoteCode]int{}, Features: map[backends.Feature]int{}}
	for _, r := range list {
		if r.Err != nil {
			s.Untried++
			continue
		}
		s.Verdicts[r.Verdict()]++
		if r.Refused != nil {
			s.Features[r.Refused.Feature]++
			continue
		}
		s.Events += r.Events
		for code, n := range r.Excused {
			s.Excused[code] += n
		}
	}
	return s
}

// String is one line.
func (s Summary) String() string {
	text := fmt.Sprintf("exact %d, exact under notes %d", s.Verdicts[Exact], s.Verdicts[Noted])
	if len(s.Excused) > 0 {
		text += " (events that break one: " + Codes(s.Excused) + ")"
	}
	text += fmt.Sprintf(", refused %d", s.Verdicts[Refused])
	if len(s.Features) > 0 {
		var parts []string
		for _, f := range slices.Sorted(maps.Keys(s.Features)) {
			parts = append(parts, fmt.Sprintf("%s: %d", f, s.Features[f]))
		}
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	text += fmt.Sprintf(", DIFFERS %d", s.Verdicts[Differs])
	if s.Untried > 0 {
		text += fmt.Sprintf(", not tried %d", s.Untried)
	}
	return fmt.Sprintf("%s; %d events", text, s.Events)
}
