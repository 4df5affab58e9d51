package spl

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"sigmatic/evaluator/dialect"
	syntax "sigmatic/parser/query/spl"
)

// NullLogic is what comparisons with null give.
type NullLogic string

// The logics of null that are reported.
const (
	TwoValued NullLogic = "two-valued"
	Kleene    NullLogic = "kleene"
)

// JSONNull is what a null in JSON becomes.
type JSONNull string

// What a null in JSON may become.
const (
	NullText    JSONNull = "null-text"
	NullMissing JSONNull = "null-missing"
)

// Interpreter runs SPL under one answer to each open question. It was not checked
// against Splunk.
type Interpreter struct {
	logic NullLogic
	null  JSONNull
	cache *cache
}

var _ dialect.Interpreter = Interpreter{}

// Interpreters gives one interpreter for each answer to the open questions. They
// share what they compile.
func Interpreters() []dialect.Interpreter {
	shared := &cache{}
	var out []dialect.Interpreter
	for _, logic := range []NullLogic{TwoValued, Kleene} {
		for _, null := range []JSONNull{NullText, NullMissing} {
			out = append(out, Interpreter{logic, null, shared})
		}
	}
	return out
}

// Name returns "splunk".
func (Interpreter) Name() string { return "splunk" }

// Variant names the answers.
func (i Interpreter) Variant() string { return string(i.logic) + ", " + string(i.null) }

// Load stores documents. The mapping is not used: Splunk has no schema.
func (i Interpreter) Load(docs []dialect.Document, _ dialect.Mapping) (dialect.Store, error) {
	s := &store{Interpreter: i, fields: map[string]bool{}}
	for _, d := range docs {
		e, err := newEvent(d, i.null)
		if err != nil {
			return nil, fmt.Errorf("spl: document %q: %w", d.ID, err)
		}
		for name := range e.fields {
			s.fields[name] = true
		}
		s.events = append(s.events, e)
	}
	// Search gives the newest first.
	slices.SortStableFunc(s.events, func(a, b *event) int { return compareFloats(b.time, a.time) })
	return s, nil
}

// store holds events.
type store struct {
	Interpreter
	events []*event
	fields map[string]bool // that some event has
}

// run is the state of one query: the events, or rows, that are left.
type run struct {
	store  *store
	events []*event
	rows   bool // they are no events any more
	first  bool // the stage is the first
	err    error
	// undecided are the events of which no document says what an expression makes.
	undecided map[string]*dialect.QueryError
}

// kleene tells the logic of null.
func (r *run) kleene() bool { return r.store.logic == Kleene }

// sure tells that the index finds what is looked for, and where a window ends.
func (r *run) sure() bool { return r.store.logic == TwoValued }

// unknown notes that no document says what a query makes of the events.
func (r *run) unknown(format string, args ...any) {
	if r.err == nil {
		r.err = unknownError(format, args...)
	}
}

func unknownError(format string, args ...any) *dialect.QueryError {
	return &dialect.QueryError{Language: "SPL", Offset: -1, Unknown: true, Detail: fmt.Sprintf(format, args...)}
}

// unknown notes that no document says what an expression makes of this event.
// Commands that take events one by one go on with the others.
func (s scope) unknown(format string, args ...any) {
	if s.undecided == nil {
		s.undecided = map[string]*dialect.QueryError{}
	}
	if s.undecided[s.event.id] == nil {
		s.undecided[s.event.id] = unknownError(format, args...)
	}
}

func (r *run) undecidedIDs() []string { return slices.Sorted(maps.Keys(r.undecided)) }

// undecidedError names the events that are undecided, or is nil.
func (r *run) undecidedError() error {
	ids := r.undecidedIDs()
	if len(ids) == 0 {
		return nil
	}
	err := *r.undecided[ids[0]]
	err.Documents = ids
	return &err
}

// together makes a command that weighs events against each other: one that is
// undecided leaves all of them so.
func together(apply stage) stage {
	decided := func(r *run) bool {
		ids := r.undecidedIDs()
		if len(ids) > 0 {
			r.err = r.undecided[ids[0]]
		}
		return len(ids) == 0
	}
	return func(r *run) {
		if decided(r) {
			apply(r)
			decided(r)
		}
	}
}

func (s *store) run(query string) (*run, error) {
	stages, err := s.cache.compile(query)
	if err != nil {
		return nil, err
	}
	r := &run{store: s, events: s.events}
	for i, apply := range stages {
		r.first = i == 0
		if apply(r); r.err != nil {
			return nil, r.err
		}
	}
	return r, nil
}

// Select runs a query and gives the events that are left.
func (s *store) Select(query string) ([]string, error) {
	r, err := s.run(query)
	if err != nil {
		return nil, err
	}
	if r.rows {
		return nil, &dialect.QueryError{Language: "SPL", Offset: -1, Unknown: true, Detail: "the query makes rows that are no events"}
	}
	var ids []string
	for _, e := range r.events {
		if r.undecided[e.id] == nil {
			ids = append(ids, e.id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), r.undecidedError()
}

// Rows runs a query. Numbers that it computed are of type json.Number.
func (s *store) Rows(query string) ([]dialect.Row, error) {
	r, err := s.run(query)
	if err != nil {
		return nil, err
	}
	if err := r.undecidedError(); err != nil {
		return nil, err
	}
	out := make([]dialect.Row, len(r.events))
	for i, e := range r.events {
		out[i] = dialect.Row{}
		for name, v := range e.fields {
			switch v.kind {
			case isNumber:
				out[i][name] = json.Number(v.text())
				if math.IsInf(v.number, 0) || math.IsNaN(v.number) { // JSON has no such numbers
					out[i][name] = v.text()
				}
			case isText:
				out[i][name] = v.text()
			case isMulti:
				var list []any
				for _, text := range v.texts {
					list = append(list, text)
				}
				out[i][name] = list
			case isNull, isBool:
			}
		}
	}
	return out, nil
}

// stage is a command.
type stage func(*run)

// cache holds the queries that were compiled last: the interpreters of the
// language run the same ones.
type cache struct {
	mu      sync.Mutex
	queries map[string]compiled
}

type compiled struct {
	stages []stage
	err    error
}

// maxCached is how many are kept.
const maxCached = 64

func (c *cache) compile(query string) ([]stage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	q, ok := c.queries[query]
	if !ok {
		if len(c.queries) >= maxCached || c.queries == nil {
			c.queries = map[string]compiled{}
		}
		q.stages, q.err = compile(query)
		c.queries[query] = q
	}
	return q.stages, q.err
}

func compile(query string) ([]stage, error) {
	q, err := syntax.Parse(query)
	if err != nil {
		return nil, queryError(err)
	}
	var stages []stage
	for _, c := range q.Commands {
		s, err := compileCommand(c)
		if err != nil {
			return nil, queryError(err)
		}
		stages = append(stages, s)
	}
	return stages, nil
}

// queryError brings a parser's error to the one of all languages.
func queryError(err error) error {
	var e *syntax.SyntaxError
	if !errors.As(err, &e) {
		return err
	}
	return &dialect.QueryError{Language: "SPL", Offset: e.Offset, Unknown: e.Unknown, Detail: e.Detail}
}

func unknownAt(at interface{ Offset() int }, format string, args ...any) error {
	return &syntax.SyntaxError{Offset: at.Offset(), Unknown: true, Detail: fmt.Sprintf(format, args...)}
}

func failAt(at interface{ Offset() int }, format string, args ...any) error {
	return &syntax.SyntaxError{Offset: at.Offset(), Detail: fmt.Sprintf(format, args...)}
}
