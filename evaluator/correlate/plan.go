package correlate

import (
	"fmt"
	"slices"
	"time"

	"sigmatic/ast"
)

// Plan is a set of correlations, and what they need to know of events.
type Plan struct {
	Rules  []*ast.Rule // the rules whose matches are correlated
	Fields []string    // the fields whose values are needed

	steps []*step // those that are referred to before those that refer to them
	uses  [][]use // by rule
}

// step is a correlation, ready to be evaluated.
type step struct {
	correlation *ast.Correlation
	inputs      []input // by reference
	measures    []aggregate
	extended    *extended // nil without a condition over rules
	span        time.Duration
	group       []string // names of the group-by fields
	fields      []int    // of a result: their places in Plan.Fields
	value       int      // of a result: the place of what was measured, -1 if nobody asks
	chained     bool     // one of the inputs is a correlation
	results     []use    // the correlations over this one
}

// input is a reference to a rule or a correlation: the places of the group-by fields, and of the measured ones, in its events.
type input struct {
	keys     []int
	measured [][]int // by aggregate
}

// use is the input of a step.
type use struct{ step, input int }

// aggregate is a measure and its thresholds.
type aggregate struct {
	ast.Aggregate
	thresholds []threshold
}

// UnsupportedError says that a correlation cannot be evaluated.
type UnsupportedError struct {
	Correlation *ast.Correlation
	Reason      string
}

// Error implements error.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("the correlation %q cannot be evaluated: %s", e.Correlation.Title.Value, e.Reason)
}

// New plans correlations, and those that they refer to. Their references must be linked. The error is an *UnsupportedError.
func New(correlations []*ast.Correlation) (*Plan, error) {
	p := planner{Plan: &Plan{}, rules: map[*ast.Rule]int{}, fields: map[string]int{}, steps: map[*ast.Correlation]int{}}
	for _, c := range correlations {
		if _, err := p.correlation(c); err != nil {
			return nil, err
		}
	}
	for _, s := range p.Plan.steps {
		if name := measureName(s.correlation); name != "" && len(s.results) > 0 {
			if at, asked := p.fields[name]; asked {
				s.value = at
			}
		}
	}
	return p.Plan, nil
}

// Correlations are those of the plan, in the order of their evaluation.
func (p *Plan) Correlations() []*ast.Correlation {
	out := make([]*ast.Correlation, len(p.steps))
	for i, s := range p.steps {
		out[i] = s.correlation
	}
	return out
}

// FirstSeen reports whether one of the correlations is about what was not seen before.
func (p *Plan) FirstSeen() bool {
	return slices.ContainsFunc(p.steps, func(s *step) bool { return s.correlation.NewTerms != nil })
}

type planner struct {
	*Plan
	rules  map[*ast.Rule]int
	fields map[string]int
	steps  map[*ast.Correlation]int
}

func (p *planner) correlation(c *ast.Correlation) (int, error) {
	if at, known := p.steps[c]; known {
		return at, nil
	}
	s := &step{correlation: c, span: c.Window.Span, value: -1}
	names := c.GroupBy
	if c.NewTerms != nil {
		names, s.span = c.NewTerms.Fields, c.NewTerms.History
	}
	for _, name := range names {
		s.group = append(s.group, name.Value)
		s.fields = append(s.fields, p.field(name.Value))
	}
	if err := s.compile(); err != nil {
		return 0, err
	}
	var sources []func(use)
	for _, r := range c.Rules {
		s.inputs = append(s.inputs, p.input(c, r, s))
		source, err := p.source(c, r.Target)
		if err != nil {
			return 0, err
		}
		_, over := r.Target.(*ast.Correlation)
		s.chained = s.chained || over
		sources = append(sources, source)
	}
	at := len(p.Plan.steps)
	p.steps[c] = at
	p.Plan.steps = append(p.Plan.steps, s)
	for i, source := range sources {
		source(use{at, i})
	}
	return at, nil
}

// source gives what notes that a document is used.
func (p *planner) source(c *ast.Correlation, target ast.Document) (func(use), error) {
	switch target := target.(type) {
	case *ast.Rule:
		at, known := p.rules[target]
		if !known {
			at = len(p.Rules)
			p.rules[target] = at
			p.Rules = append(p.Rules, target)
			p.uses = append(p.uses, nil)
		}
		return func(u use) { p.uses[at] = append(p.uses[at], u) }, nil
	case *ast.Correlation:
		if target.Window.Tumbling {
			return nil, &UnsupportedError{c, fmt.Sprintf("it stands upon %q, whose fixed windows are known only when they have passed", target.Title.Value)}
		}
		at, err := p.correlation(target)
		if err != nil {
			return nil, err
		}
		below := p.Plan.steps[at]
		return func(u use) { below.results = append(below.results, u) }, nil
	}
	return nil, &UnsupportedError{c, "a reference of it is not resolved"}
}

func (p *planner) input(c *ast.Correlation, r ast.Reference, s *step) input {
	var in input
	for _, name := range s.group {
		in.keys = append(in.keys, p.field(c.FieldIn(r, name)))
	}
	for _, m := range s.measures {
		var measured []int
		for _, f := range m.Fields {
			measured = append(measured, p.field(c.FieldIn(r, f.Value)))
		}
		in.measured = append(in.measured, measured)
	}
	return in
}

func (p *planner) field(name string) int {
	at, known := p.fields[name]
	if !known {
		at = len(p.Fields)
		p.fields[name] = at
		p.Fields = append(p.Fields, name)
	}
	return at
}

// compile makes the condition ready.
func (s *step) compile() error {
	c := s.correlation
	refuse := func(format string, args ...any) error { return &UnsupportedError{c, fmt.Sprintf(format, args...)} }
	switch {
	case s.span <= 0:
		return refuse("it has no timespan")
	case c.NewTerms != nil:
		if len(s.group) == 0 {
			return refuse("it names no field whose values are to be new")
		}
		return nil
	case c.Extended != nil:
		x, ok := newExtended(c)
		if !ok {
			return refuse("its condition has too many alternatives")
		}
		s.extended = x
		return nil
	case len(c.Aggregates) == 0:
		return refuse("it has no condition")
	}
	for _, a := range c.Aggregates {
		m := aggregate{Aggregate: a}
		for _, t := range a.Thresholds {
			n, ok := rational(t.Number.Decimal.String())
			if !ok {
				return refuse("the threshold %s is out of range", t.Number.Lexeme)
			}
			m.thresholds = append(m.thresholds, threshold{t, n})
		}
		s.measures = append(s.measures, m)
	}
	return nil
}

// measureName is the field of a result that holds what was measured: the name of the type.
func measureName(c *ast.Correlation) string {
	if len(c.Aggregates) == 0 {
		return ""
	}
	names := [...]string{
		ast.EventCount: "event_count", ast.ValueCount: "value_count", ast.Temporal: "temporal", ast.TemporalOrdered: "temporal_ordered",
		ast.ValueSum: "value_sum", ast.ValueAvg: "value_avg", ast.ValuePercentile: "value_percentile", ast.ValueMedian: "value_median", ast.FirstSeen: "",
	}
	return names[c.Aggregates[0].Type]
}
