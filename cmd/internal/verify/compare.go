package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/evaluator/dialect"
)

// Report is the outcome of one query on one target.
type Report struct {
	Query   *ast.Query
	Output  *backends.Output      // nil if the backend refused
	Refused *backends.Unsupported // nil if it did not
	// Runs is how often the query ran, in its forms, on how many events.
	Runs, Events int
	// Selected is how many events the reference selects.
	Selected int
	// Excused counts the events that are judged differently as they break what
	// notes take for granted, by the notes' codes.
	Excused map[backends.NoteCode]int
	excused map[excuse]bool
	// Differences are those that nothing explains, and rejections by the engine.
	Differences []Difference
	// Unstable are differences that were gone when the query ran again: engines
	// that are short of memory have been seen to answer less than the truth.
	Unstable []Difference
}

// excuse is an event and the code of a note that it breaks.
type excuse struct {
	event string
	code  backends.NoteCode
}

// excuse counts an event once, however often the query ran.
func (r *Report) excuse(list []excuse) {
	for _, x := range list {
		if !r.excused[x] {
			r.excused[x] = true
			r.Excused[x.code]++
		}
	}
}

// Verdict is what a report comes to.
type Verdict string

// The verdicts. Noted is exact as far as the notes of the query hold.
const (
	Exact   Verdict = "exact"
	Noted   Verdict = "exact under notes"
	Refused Verdict = "refused"
	Differs Verdict = "differs"
)

// Verdict sums the report up.
func (r *Report) Verdict() Verdict {
	switch {
	case r.Refused != nil:
		return Refused
	case len(r.Differences) > 0:
		return Differs
	case len(r.Excused) > 0 || len(r.Output.Notes) > 0:
		return Noted
	}
	return Exact
}

// Difference is one event that the engine and the reference judge differently.
type Difference struct {
	Reading string // how the query was run
	Text    string // of the query
	Event   Event  // the smallest of Count; none if Err is set
	Count   int
	Want    bool   // the reference's verdict
	Err     error  // the engine rejected the query
	Cause   *Cause // nil if it was not looked for, or not found
}

// String tells the difference to a person.
func (d Difference) String() string {
	text := shorten(d.Text)
	if d.Err != nil {
		return fmt.Sprintf("%s: %v\n  %s", d.Reading, d.Err, text)
	}
	verdict := map[bool]string{true: "selects", false: "does not select"}
	return fmt.Sprintf("%s: the rule %s and the query %s %s (and %d more)\n  %s",
		d.Reading, verdict[d.Want], verdict[!d.Want], d.Event.Body, d.Count-1, text)
}

// shorten keeps a text of thousands of characters from hiding the rest.
func shorten(text string) string {
	const limit = 1500
	if r := []rune(text); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return text
}

// Comparison is a target and what its queries are run on.
type Comparison struct {
	Backend backends.Backend
	Engine  engine.Engine
	// Once runs each query in its compact form, once in each language that reads
	// it: for sets of many rules.
	Once bool
	// Flat says that lists in events are the several values of a field, and no
	// lists of the event, where the target tells the two apart.
	Flat bool
	// Minimize shrinks the event of each difference and looks for its cause.
	Minimize bool
}

// Run prints queries, runs them on the events of a sample, which are loaded
// once, and holds each event's fate against the reference. The notes of
// different queries may not ask for different types of one field; the error is
// then a *ConflictError.
func (c Comparison) Run(ctx context.Context, queries []*ast.Query, sample *Sample) ([]*Report, error) {
	run := &comparison{Comparison: c, sample: sample}
	for _, q := range queries {
		if err := run.convert(q); err != nil {
			return nil, err
		}
	}
	return run.reports, run.all(ctx)
}

func (c *comparison) all(ctx context.Context) error {
	layouts, err := c.layouts()
	if err != nil {
		return err
	}
	for _, l := range layouts {
		c.mapping = l.mapping
		if err := c.load(ctx, c.sample.Events); err != nil {
			return err
		}
		for _, r := range l.reports {
			if err := c.run(ctx, r); err != nil {
				return err
			}
		}
		for _, r := range l.reports {
			if err := c.minimize(ctx, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// load stores events as the layout in force demands.
func (c *comparison) load(ctx context.Context, events []Event) error {
	stored, err := withMessage(events, c.message)
	if err != nil {
		return err
	}
	if c.Backend.Name() == "splunk" {
		if stored, err = withManyValues(stored, c.Flat); err != nil {
			return err
		}
	}
	return patiently(ctx, func() error { return c.Engine.Load(ctx, stored, c.mapping) })
}

// ConflictError says that queries cannot share a store.
type ConflictError struct{ Field string }

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("verify: two queries take the field %q for different types", e.Field)
}

// comparison is one run of a Comparison.
type comparison struct {
	Comparison
	sample  *Sample
	reports []*Report
	message string         // the field that holds the event's text, or ""
	mapping engine.Mapping // of the layout in force
}

func (c *comparison) convert(q *ast.Query) error {
	r := &Report{Query: q, Excused: map[backends.NoteCode]int{}, excused: map[excuse]bool{}, Events: len(c.sample.Events)}
	c.reports = append(c.reports, r)
	out, err := c.Backend.Convert(withoutFields(q), backends.Options{})
	if err != nil && !errors.As(err, &r.Refused) {
		return fmt.Errorf("verify: %s: %w", c.Backend.Name(), err)
	}
	if r.Output = out; out == nil {
		return nil
	}
	switch m := messageField(out.Notes); {
	case m != "" && c.message != "" && m != c.message:
		return &ConflictError{m}
	case m != "":
		c.message = m
	}
	return nil
}

// withoutFields leaves out the rule's list of fields: a query that keeps only
// those does not give back which events it selected.
func withoutFields(q *ast.Query) *ast.Query {
	if q.Rule == nil || len(q.Rule.Fields) == 0 {
		return q
	}
	rule, plain := *q.Rule, *q
	rule.Fields, plain.Rule = nil, &rule
	return &plain
}

// layout is a mapping and the reports whose queries are right on it.
type layout struct {
	mapping engine.Mapping
	reports []*Report
}

// maxChoices bounds the types of one field that are tried.
const maxChoices = 3

// layouts gives the mappings to try: first with the first type that each query
// leaves open for a field, then with the second for those that have one.
func (c *comparison) layouts() ([]layout, error) {
	var out []layout
	for choice := range maxChoices {
		l := layout{mapping: engine.Mapping{}}
		claimed := map[string]bool{}
		for _, r := range c.reports {
			if r.Output == nil {
				continue
			}
			ways := mappings(r.Output.Notes, r.Query.Expr)
			if choice >= len(ways) {
				continue
			}
			l.reports = append(l.reports, r)
			if err := l.join(ways[choice], r.demandedTypes(), claimed); err != nil {
				return nil, err
			}
		}
		if len(l.reports) == 0 {
			break
		}
		if c.message != "" {
			l.mapping[c.message] = engine.Keyword
		}
		out = append(out, l)
	}
	return out, nil
}

// demandedTypes names the fields whose types a schema or a note says.
func (r *Report) demandedTypes() map[string]bool {
	out := map[string]bool{}
	for f := range traitsOf(r.Query.Expr).mapping() {
		out[f] = true
	}
	for f := range assumedTypes(r.Output.Notes, fieldsOf(r.Query.Expr)) {
		out[f] = true
	}
	return out
}

// join adds a query's mapping; a type that a note demands goes before the
// keyword that others just happen to get.
func (l *layout) join(m engine.Mapping, demanded, claimed map[string]bool) error {
	for f, t := range m {
		claims := demanded[f]
		if l.mapping[f] != "" && l.mapping[f] != t && claims && claimed[f] {
			return &ConflictError{f}
		}
		if l.mapping[f] == "" || claims {
			l.mapping[f] = t
		}
		claimed[f] = claimed[f] || claims
	}
	return nil
}

// run runs one query in every reading, pretty and compact.
func (c *comparison) run(ctx context.Context, r *Report) error {
	want, err := c.sample.Verdicts(r.Query)
	if err != nil {
		return err
	}
	r.Selected = 0
	for _, w := range want {
		if w {
			r.Selected++
		}
	}
	list, err := readings(c.Engine, r.Output)
	if err != nil {
		r.Differences = append(r.Differences, Difference{Reading: c.Backend.Name(), Text: r.Output.Query, Err: err})
		return nil
	}
	compact, err := c.Backend.Convert(withoutFields(r.Query), backends.Options{Compact: true})
	if err != nil {
		return err
	}
	texts := slices.Compact([]string{r.Output.Query, compact.Query})
	if c.Once {
		texts = texts[len(texts)-1:]
	}
	for _, how := range list {
		if c.Once && how.again {
			continue
		}
		for _, text := range texts {
			if err := c.try(ctx, r, how, text, want); err != nil {
				return err
			}
			if len(r.Differences) > 0 {
				return nil // one is enough
			}
		}
	}
	return nil
}

// try runs a text. What differs is asked a second time.
func (c *comparison) try(ctx context.Context, r *Report, how reading, text string, want []bool) error {
	var first *Difference
	for second := range 2 {
		got, err := ask(ctx, how, text)
		r.Runs++
		if err != nil {
			r.Differences = append(r.Differences, Difference{Reading: how.name, Text: text, Err: err})
			return nil
		}
		failure, excused, err := c.judge(r, how, text, got, want)
		if err != nil {
			return err
		}
		if failure != nil && second == 0 {
			first = failure
			continue
		}
		r.excuse(excused)
		switch {
		case failure != nil:
			r.Differences = append(r.Differences, *failure)
		case first != nil:
			r.Unstable = append(r.Unstable, *first)
		}
		return nil
	}
	return nil
}

// answer is what a query selects, and of what that is not known.
type answer struct {
	ids       []string            // sorted
	undecided *dialect.QueryError // names the documents of which it is not known; nil if there are none
}

// ask runs a query. An interpreter that cannot tell of some events answers all
// the same.
func ask(ctx context.Context, how reading, text string) (answer, error) {
	var ids []string
	err := patiently(ctx, func() (err error) {
		ids, err = how.run(ctx, text)
		return err
	})
	var unknown *dialect.QueryError
	if errors.As(err, &unknown) && unknown.Documents != nil {
		return answer{ids, unknown}, nil
	}
	return answer{ids: ids}, err
}

// verdict tells whether an event is selected, if that is known.
func (a answer) verdict(id string) (selected, told bool) {
	if a.undecided != nil {
		if _, undecided := slices.BinarySearch(a.undecided.Documents, id); undecided {
			return false, false
		}
	}
	_, selected = slices.BinarySearch(a.ids, id)
	return selected, true
}

// patiently tries again while the engine is short of memory: it says 429 until
// its garbage is collected.
func patiently(ctx context.Context, do func() error) error {
	for try := range 12 {
		err := do()
		var refusal *engine.QueryError
		if !errors.As(err, &refusal) || refusal.Status != http.StatusTooManyRequests {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Duration(try+1) * 400 * time.Millisecond):
		}
	}
	return do()
}

// judge compares the verdicts on each event and asks the notes about those
// that differ. It gives what they do not explain, or nil, and counts the rest.
func (c *comparison) judge(r *Report, how reading, text string, a answer, want []bool) (*Difference, []excuse, error) {
	j := c.judgeOf(r, how)
	var excused []excuse
	failure := &Difference{Reading: how.name + c.typesInUse(j.fields), Text: text}
	for i, e := range c.sample.Events {
		got, told := a.verdict(e.ID)
		if !told {
			if !j.several(e) {
				return &Difference{Reading: how.name, Text: text, Err: a.undecided}, nil, nil
			}
			excused = append(excused, excuse{e.ID, backends.NoteSingleValue})
			continue
		}
		if got == want[i] {
			continue
		}
		codes, err := j.excuses(e, got)
		if err != nil {
			return nil, nil, err
		}
		for _, code := range codes {
			excused = append(excused, excuse{e.ID, code})
		}
		if codes == nil {
			failure.Count++
			if failure.Event.ID == "" || len(e.Body) < len(failure.Event.Body) {
				failure.Event, failure.Want = e, want[i]
			}
		}
	}
	if failure.Count == 0 {
		failure = nil
	}
	return failure, excused, nil
}

// judge knows what the notes of one query excuse in one reading.
type judge struct {
	fields  []string
	excuser excuser
	// several reports whether an event breaks a single-value note.
	several func(Event) bool
	// modelled says that models tell what the target makes of such an event.
	modelled bool
	traits   traits
	// breaches are what is known of events.
	breaches map[string][]backends.NoteCode
}

func (c *comparison) judgeOf(r *Report, how reading) judge {
	fields := fieldsOf(r.Query.Expr)
	return judge{
		fields:  fields,
		excuser: newExcuser(c.models(r, how, fields), r.Query.Expr),
		several: func(e Event) bool { return severalValues(r, e, fields) },
		traits:  traitsOf(r.Query.Expr),

		modelled: c.Backend.Name() == "logsql" || c.Backend.Name() == "splunk",

		breaches: c.sample.breaches,
	}
}

// excuses gives the codes of the notes that explain an engine's verdict, or nil.
func (j *judge) excuses(e Event, verdict bool) ([]backends.NoteCode, error) {
	codes, err := j.excuser.explain(e, verdict)
	if err != nil || codes != nil {
		return codes, err
	}
	if !j.modelled && j.several(e) {
		return []backends.NoteCode{backends.NoteSingleValue}, nil
	}
	if broken := j.breaches[e.ID]; len(broken) > 0 {
		return broken, nil
	}
	body, err := decodeObject(e.Body)
	if err == nil && len(j.traits.broken(body)) > 0 {
		return []backends.NoteCode{backends.NoteSchema}, nil
	}
	return nil, err
}

// models are those of the notes; where a reading ignores case, minding it is no
// explanation.
func (c *comparison) models(r *Report, how reading, fields []string) []model {
	if c.message != "" {
		fields = append(slices.Clone(fields), c.message)
	}
	notes := slices.Clone(r.Output.Notes)
	if how.ignoresCase {
		for i := range notes {
			if notes[i].Code == backends.NoteLetterCase {
				notes[i].Code = backends.NoteFolding // all that is left of it
			}
		}
	}
	return models(c.Backend.Name(), notes, fields, c.mapping)
}

// severalValues reports whether the event breaks a single-value note.
func severalValues(r *Report, e Event, fields []string) bool {
	for _, n := range r.Output.Notes {
		if n.Code != backends.NoteSingleValue {
			continue
		}
		noted := slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return !says(n, f) })
		return hasSeveral(e, noted)
	}
	return false
}

// typesInUse names the types of fields that are no keywords.
func (c *comparison) typesInUse(fields []string) string {
	var out []string
	for _, f := range fields {
		if t := c.mapping[f]; t != "" && t != engine.Keyword {
			out = append(out, f+" "+string(t))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return " (" + strings.Join(out, ", ") + ")"
}
