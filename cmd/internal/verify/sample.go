package verify

import (
	"fmt"
	"slices"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/evaluator"
)

// Sample is a set of events, and what the reference says of them. One goroutine
// uses it at a time.
type Sample struct {
	Events   []Event
	parsed   []*evaluator.Event
	verdicts map[*ast.Query][]bool
	breaches map[string][]backends.NoteCode // by event
}

// Breach says that an event is not what a schema says of the rule's fields. It
// has a code of the notes that a query carries where no schema says so.
func (s *Sample) Breach(event string, code backends.NoteCode) {
	if s.breaches == nil {
		s.breaches = map[string][]backends.NoteCode{}
	}
	if !slices.Contains(s.breaches[event], code) {
		s.breaches[event] = append(s.breaches[event], code)
	}
}

// NewSample takes events that are JSON objects.
func NewSample(events []Event) (*Sample, error) {
	s := &Sample{Events: events, parsed: make([]*evaluator.Event, len(events)), verdicts: map[*ast.Query][]bool{}}
	for i, e := range events {
		ev, err := evaluator.ParseEvent(e.Body)
		if err != nil {
			return nil, fmt.Errorf("verify: event %s: %w", e.ID, err)
		}
		s.parsed[i] = ev
	}
	return s, nil
}

// Verdicts tells for each event whether the query selects it by the reference.
// The error is an *evaluator.UnsupportedError.
func (s *Sample) Verdicts(q *ast.Query) ([]bool, error) {
	if known, ok := s.verdicts[q]; ok {
		return known, nil
	}
	ref, err := evaluator.New(q)
	if err != nil {
		return nil, err
	}
	out := make([]bool, len(s.parsed))
	for i, ev := range s.parsed {
		out[i] = ref.Match(ev)
	}
	s.verdicts[q] = out
	return out, nil
}
