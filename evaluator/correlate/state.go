package correlate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"sigmatic/ast"
)

// State is what first-seen correlations know when a run has ended, so that a later one can go on from there. It is written as JSON.
type State struct {
	Format       string      `json:"format"`
	Version      int         `json:"version"`
	Correlations []SeenTerms `json:"correlations"`
}

// SeenTerms are the terms of one correlation.
type SeenTerms struct {
	Correlation string    `json:"correlation"` // its id, else its name, else its title
	Fields      []string  `json:"fields"`
	Since       time.Time `json:"since"` // from here on events are known
	Terms       []Seen    `json:"terms"` // those seen last come last
}

// Seen is a tuple of values, by the fields, and when it was seen last.
type Seen struct {
	Values []string  `json:"values"`
	Last   time.Time `json:"last"`
}

const (
	stateFormat  = "sigmatic first-seen"
	stateVersion = 1
)

// ParseState reads a state as it was written.
func ParseState(data []byte) (*State, error) {
	var s State
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("not a state file: %w", err)
	}
	if s.Format != stateFormat {
		return nil, fmt.Errorf("not a state file: its format is %q, expected %q", s.Format, stateFormat)
	}
	if s.Version != stateVersion {
		return nil, fmt.Errorf("the state file has version %d, this program reads version %d", s.Version, stateVersion)
	}
	for _, c := range s.Correlations {
		for _, t := range c.Terms {
			if len(t.Values) != len(c.Fields) {
				return nil, fmt.Errorf("the state of %q has a term of %d values for %d fields", c.Correlation, len(t.Values), len(c.Fields))
			}
		}
	}
	return &s, nil
}

// stateKey is the name of a correlation in a state.
func stateKey(c *ast.Correlation) string { return cmp.Or(c.ID.Value, c.Name.Value, c.Title.Value) }

func (s *State) find(c *ast.Correlation) *SeenTerms {
	if s == nil {
		return nil
	}
	for i := range s.Correlations {
		if s.Correlations[i].Correlation == stateKey(c) {
			return &s.Correlations[i]
		}
	}
	return nil
}

// restore takes terms over, unless the correlation is about other fields now.
func (f *firstSeen) restore(known *SeenTerms) {
	if !slices.Equal(known.Fields, f.step.group) {
		return
	}
	since, _ := nanoseconds(known.Since)
	f.since = &since
	terms := slices.Clone(known.Terms)
	slices.SortStableFunc(terms, func(a, b Seen) int { return a.Last.Compare(b.Last) })
	for _, seen := range terms {
		last, ok := nanoseconds(seen.Last)
		t := &term{values: seen.Values, last: last}
		for _, v := range seen.Values {
			t.key = appendKey(t.key, v)
		}
		if ok && f.terms[t.key] == nil {
			f.terms[t.key] = t
			f.link(t)
		}
	}
}

// State is what is to be known by a later run. Call it after Finish. What the state before knew of correlations that are not in the plan is
// kept.
func (e *Engine) State() *State {
	s := &State{Format: stateFormat, Version: stateVersion, Correlations: []SeenTerms{}}
	for _, r := range e.steps {
		if f, ok := r.(*firstSeen); ok && (e.started || f.since != nil) {
			s.Correlations = append(s.Correlations, f.state())
		}
	}
	if old := e.options.State; old != nil {
		for _, c := range old.Correlations {
			if !slices.ContainsFunc(s.Correlations, func(n SeenTerms) bool { return n.Correlation == c.Correlation }) {
				s.Correlations = append(s.Correlations, c)
			}
		}
	}
	slices.SortFunc(s.Correlations, func(a, b SeenTerms) int { return strings.Compare(a.Correlation, b.Correlation) })
	return s
}

func (f *firstSeen) state() SeenTerms {
	s := SeenTerms{Correlation: stateKey(f.step.correlation), Fields: f.step.group, Since: instant(f.knownSince()), Terms: []Seen{}}
	for t := f.oldest; t != nil; t = t.later {
		s.Terms = append(s.Terms, Seen{Values: t.values, Last: instant(t.last)})
	}
	return s
}
