package kibana

import (
	"errors"
	"fmt"
	"time"

	"sigmatic/ast"
	"sigmatic/backends"
)

// Threshold is what a threshold rule demands of the events of a run, in the form
// of Kibana's published schema (threshold_attributes.schema.yaml): Value events
// at least for each combination of the fields, and so many different values of a
// field among them.
type Threshold struct {
	Fields      []string      `json:"field"`
	Value       int64         `json:"value"`
	Cardinality []Cardinality `json:"cardinality,omitempty"`
}

// Cardinality is the least number of different values of a field.
type Cardinality struct {
	Field string `json:"field"`
	Value int64  `json:"value"`
}

// Aggregated is what a detection rule does with the events of its query: count
// them, or look for new terms (new_terms_attributes.schema.yaml). One of the two
// is set. Span is the time that the correlation looks at.
type Aggregated struct {
	Threshold *Threshold
	NewTerms  []string
	Span      time.Duration
}

const (
	// maxNewTerms is the most fields of a rule (maxItems of new_terms_fields).
	maxNewTerms = 3
	// maxCardinality is a number of values up to which the aggregation that the
	// rule runs counts exactly: measured for 2,900 and not for 3,500, on
	// Elasticsearch 8.19.21.
	maxCardinality = 2900
	// maxTotal is the number of events up to which a search tells how many there
	// are (track_total_hits), which is what a rule without a group looks at
	// (find_threshold_signals.ts).
	maxTotal = 10_000
)

// Aggregation gives the part of a detection rule that says a correlation, or why
// no rule can.
func Aggregation(c *backends.Correlation) (*Aggregated, error) {
	d, keys := c.Document, c.Inputs[0].Keys
	switch {
	case d.MissingKey == ast.GroupMissing:
		return nil, errors.New("a detection rule leaves out events that lack a field of the group")
	case d.Window.Tumbling:
		return nil, errors.New("the windows of a detection rule are those of its runs, not aligned")
	case d.NewTerms != nil && len(keys) > maxNewTerms:
		return nil, fmt.Errorf("a rule for new terms has %d fields at most", maxNewTerms)
	case d.NewTerms != nil:
		return &Aggregated{NewTerms: keys, Span: d.NewTerms.History}, nil
	case d.Extended != nil || len(d.Aggregates) == 0:
		return nil, errors.New("a threshold rule has no condition over several rules")
	}
	out := &Threshold{Fields: list(keys)}
	for i, a := range d.Aggregates {
		n, err := least(a)
		fields := c.Inputs[0].Measured[i]
		switch {
		case err != nil:
			return nil, err
		case a.Type == ast.EventCount && out.Value == 0:
			out.Value = max(n, 1) // a group has an event at least
		case a.Type == ast.ValueCount && len(fields) == 1 && out.Cardinality == nil && n <= maxCardinality:
			out.Cardinality = []Cardinality{{fields[0], max(n, 0)}}
		case a.Type == ast.ValueCount && len(fields) == 1 && out.Cardinality == nil:
			return nil, fmt.Errorf("more than %d values are counted by estimate", maxCardinality)
		default:
			return nil, errors.New("a threshold rule counts events, and the values of one field")
		}
	}
	if out.Value = max(out.Value, 1); len(keys) == 0 && out.Value > maxTotal {
		return nil, fmt.Errorf("a threshold rule without a group counts to %d", maxTotal)
	}
	return &Aggregated{Threshold: out, Span: d.Window.Span}, nil
}

// least is the number that a measure must reach, which is all that a threshold
// rule can demand.
func least(a ast.Aggregate) (int64, error) {
	if len(a.Thresholds) != 1 {
		return 0, errors.New("a threshold rule has a least number and no greatest")
	}
	t := a.Thresholds[0]
	n, whole := t.Number.Decimal.Int()
	switch {
	case t.NotEqual || t.Op != ast.Greater && t.Op != ast.GreaterOrEqual:
		return 0, errors.New("a threshold rule has a least number (gte, gt) and no other comparison")
	case !whole || n > 1<<53:
		return 0, fmt.Errorf("the threshold %s is no number of events", t.Number.Lexeme)
	case t.Op == ast.Greater:
		n++
	}
	return n, nil
}

// aggregate makes a rule one that counts, or looks for new terms. What a run of a
// threshold rule finds is found in one window of the correlation, so the look-back
// is its timespan and no more; runs must not leave gaps. A rule for new terms
// looks at the events since the last run, and back over the history.
func (r *rule) aggregate(a *Aggregated, interval time.Duration) error {
	span := "now-" + dateMath(a.Span)
	switch {
	case a.NewTerms != nil && a.Span <= interval+lateness:
		return fmt.Errorf("a history of %s is no longer than what each run looks at; give a shorter one with --set interval=", a.Span)
	case a.NewTerms != nil:
		r.Type, r.NewTermsFields, r.HistoryWindowStart = "new_terms", a.NewTerms, span
	case a.Span < time.Minute:
		return fmt.Errorf("a rule runs every minute at most, and runs that look back %s would leave gaps", a.Span)
	case a.Span < interval:
		return fmt.Errorf("runs every %s that look back %s leave gaps; give a shorter one with --set interval=", interval, a.Span)
	default:
		r.Type, r.Threshold, r.From = "threshold", a.Threshold, span
	}
	return nil
}

// dateMath writes a span, which has whole seconds, in Elasticsearch's units. A
// day is 24 hours here, while Kibana's reader of dates goes by the calendar of
// its server, in which two days of a year are longer or shorter.
func dateMath(d time.Duration) string {
	for _, u := range []struct {
		unit string
		span time.Duration
	}{{"h", time.Hour}, {"m", time.Minute}} {
		if d%u.span == 0 {
			return fmt.Sprintf("%d%s", d/u.span, u.unit)
		}
	}
	return fmt.Sprintf("%ds", d/time.Second)
}
