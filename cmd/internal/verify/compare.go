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
	"sigmatic/evaluator"
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
	// Excused counts the differences that notes explain, by their codes.
	Excused map[backends.NoteCode]int
	// Differences are those that nothing explains, and rejections by the engine.
	Differences []Difference
	// Unstable are differences that were gone when the query ran again: engines
	// that are short of memory have been seen to answer less than the truth.
	Unstable []Difference
}

// Difference is one event that the engine and the reference judge differently.
type Difference struct {
	Reading string // how the query was run
	Text    string // of the query
	Event   Event  // the smallest of Count; none if Err is set
	Count   int
	Want    bool  // the reference's verdict
	Err     error // the engine rejected the query
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

// Compare prints a query by a backend, runs it on events, and holds each
// event's fate against the reference evaluator.
func Compare(ctx context.Context, b backends.Backend, e engine.Engine, q *ast.Query, events []Event) (*Report, error) {
	reports, err := CompareAll(ctx, b, e, []*ast.Query{q}, events)
	if err != nil {
		return nil, err
	}
	return reports[0], nil
}

// CompareAll is Compare for queries that share their events, which are loaded
// once. The notes of different queries may not ask for different types of one
// field; the error is then a *ConflictError.
func CompareAll(ctx context.Context, b backends.Backend, e engine.Engine, queries []*ast.Query, events []Event) ([]*Report, error) {
	return (&comparison{backend: b, engine: e, events: events}).all(ctx, queries)
}

// CompareOnce is CompareAll with each query run in its compact form, once in
// each language that reads it: for sets of many rules.
func CompareOnce(ctx context.Context, b backends.Backend, e engine.Engine, queries []*ast.Query, events []Event) ([]*Report, error) {
	return (&comparison{backend: b, engine: e, events: events, once: true}).all(ctx, queries)
}

func (c *comparison) all(ctx context.Context, queries []*ast.Query) ([]*Report, error) {
	for _, q := range queries {
		if err := c.convert(q); err != nil {
			return nil, err
		}
	}
	layouts, err := c.layouts()
	if err != nil {
		return nil, err
	}
	stored, err := withMessage(c.events, c.message)
	if err != nil {
		return nil, err
	}
	for _, l := range layouts {
		c.mapping = l.mapping
		if err := patiently(ctx, func() error { return c.engine.Load(ctx, stored, l.mapping) }); err != nil {
			return nil, err
		}
		for _, r := range l.reports {
			if err := c.run(ctx, r); err != nil {
				return nil, err
			}
		}
	}
	return c.reports, nil
}

// ConflictError says that queries cannot share a store.
type ConflictError struct{ Field string }

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("verify: two queries take the field %q for different types", e.Field)
}

type comparison struct {
	backend backends.Backend
	engine  engine.Engine
	events  []Event
	once    bool
	reports []*Report
	message string
	mapping engine.Mapping
}

func (c *comparison) convert(q *ast.Query) error {
	r := &Report{Query: q, Excused: map[backends.NoteCode]int{}, Events: len(c.events)}
	c.reports = append(c.reports, r)
	out, err := c.backend.Convert(withoutFields(q), backends.Options{})
	if err != nil && !errors.As(err, &r.Refused) {
		return fmt.Errorf("verify: %s: %w", c.backend.Name(), err)
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
			fields := fieldsOf(r.Query.Expr)
			ways := mappings(r.Output.Notes, fields)
			if choice >= len(ways) {
				continue
			}
			l.reports = append(l.reports, r)
			if err := l.join(ways[choice], assumedTypes(r.Output.Notes, fields), claimed); err != nil {
				return nil, err
			}
		}
		if len(l.reports) == 0 {
			break
		}
		if c.message != "" {
			l.mapping[c.message] = engine.Keyword
		}
		if err := l.checkObjects(); err != nil && len(l.reports) > 1 {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// join adds a query's mapping; a type that a note demands goes before the
// keyword that others just happen to get.
func (l *layout) join(m engine.Mapping, demanded map[string][]engine.FieldType, claimed map[string]bool) error {
	for f, t := range m {
		claims := len(demanded[f]) > 0
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

// checkObjects finds a field that lies below another.
func (l *layout) checkObjects() error {
	for f := range l.mapping {
		for above := f; strings.Contains(above, "."); {
			above = above[:strings.LastIndexByte(above, '.')]
			if _, ok := l.mapping[above]; ok {
				return &ConflictError{f}
			}
		}
	}
	return nil
}

// run runs one query in every reading, pretty and compact.
func (c *comparison) run(ctx context.Context, r *Report) error {
	want, err := c.verdicts(r.Query)
	if err != nil {
		return err
	}
	r.Selected = 0
	for _, w := range want {
		if w {
			r.Selected++
		}
	}
	list, err := readings(c.engine, r.Output)
	if err != nil {
		r.Differences = append(r.Differences, Difference{Reading: c.backend.Name(), Text: r.Output.Query, Err: err})
		return nil
	}
	compact, err := c.backend.Convert(withoutFields(r.Query), backends.Options{Compact: true})
	if err != nil {
		return err
	}
	texts := slices.Compact([]string{r.Output.Query, compact.Query})
	if c.once {
		texts = texts[len(texts)-1:]
	}
	for _, how := range list {
		if c.once && how.again {
			continue
		}
		for _, text := range texts {
			if err := c.try(ctx, r, how, text, want); err != nil {
				return err
			}
		}
	}
	return nil
}

// try runs a text. What differs is asked a second time.
func (c *comparison) try(ctx context.Context, r *Report, how reading, text string, want []bool) error {
	var first *Difference
	for second := range 2 {
		var ids []string
		err := patiently(ctx, func() (err error) {
			ids, err = how.run(ctx, text)
			return err
		})
		r.Runs++
		if err != nil {
			r.Differences = append(r.Differences, Difference{Reading: how.name, Text: text, Err: err})
			return nil
		}
		failure, excused, err := c.judge(r, how, text, ids, want)
		if err != nil {
			return err
		}
		if failure != nil && second == 0 {
			first = failure
			continue
		}
		for code, n := range excused {
			r.Excused[code] += n
		}
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

func (c *comparison) verdicts(q *ast.Query) ([]bool, error) {
	ref, err := evaluator.New(q)
	if err != nil {
		return nil, err
	}
	want := make([]bool, len(c.events))
	for i, e := range c.events {
		ev, err := evaluator.ParseEvent(e.Body)
		if err != nil {
			return nil, err
		}
		want[i] = ref.Match(ev)
	}
	return want, nil
}

// judge compares the verdicts on each event and asks the notes about those
// that differ. It gives what they do not explain, or nil, and counts the rest.
func (c *comparison) judge(r *Report, how reading, text string, ids []string, want []bool) (*Difference, map[backends.NoteCode]int, error) {
	fields := fieldsOf(r.Query.Expr)
	all := c.models(r, how, fields)
	excused := map[backends.NoteCode]int{}
	failure := &Difference{Reading: how.name + c.typesInUse(fields), Text: text}
	for i, e := range c.events {
		_, got := slices.BinarySearch(ids, e.ID)
		if got == want[i] {
			continue
		}
		codes, err := explain(all, r.Query.Expr, e, got)
		if err != nil {
			return nil, nil, err
		}
		if codes == nil && c.severalValues(r, e, fields) {
			codes = []backends.NoteCode{backends.NoteSingleValue}
		}
		for _, code := range codes {
			excused[code]++
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
	return models(c.backend.Name(), notes, fields, c.mapping)
}

// severalValues reports whether the event breaks a single-value note.
func (c *comparison) severalValues(r *Report, e Event, fields []string) bool {
	if c.backend.Name() == "logsql" {
		return false // has a model
	}
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
