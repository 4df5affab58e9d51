package summary

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sigmatic/cmd/internal/spill"
	"sigmatic/evaluator"
	"sigmatic/evaluator/cloudtrail"
)

// MetricsOptions say what is counted.
type MetricsOptions struct {
	// Fields are dotted paths; their values are counted together. A field that is
	// an array has a value for each of its members, and an event counts for each
	// combination once.
	Fields      []string
	Start, End  time.Time // as in Options
	NoDedup     bool
	MaxValues   int
	DedupMemory int
}

// Metrics counts the values of fields.
type Metrics struct {
	opts   MetricsOptions
	engine *evaluator.Engine
	counts map[string]*tally
	rest   tally
	seen   *spill.Set
	acc    MetricsAccounting
}

// MetricsAccounting says where the events went.
type MetricsAccounting struct {
	Counted, Duplicates, OutsideTime, WithoutTime int
	WithoutField                                  int // of Counted: have none of the fields
	Broken, Unremembered                          int
}

// NewMetrics returns a counter.
func NewMetrics(opts MetricsOptions) *Metrics {
	opts.MaxValues = cmp.Or(opts.MaxValues, DefaultMaxValues)
	fields := append([]string{"eventID", "eventTime"}, opts.Fields...)
	return &Metrics{
		opts: opts, counts: map[string]*tally{}, seen: spill.NewSet(cmp.Or(opts.DedupMemory, DefaultDedupMemory)),
		engine: evaluator.NewEngine(nil, append(fields, cloudtrail.EnvelopeMembers()...)...),
	}
}

// MetricsBatch is what a reader found in some records.
type MetricsBatch struct {
	events []metricsEvent
	values []string
	broken int
}

type metricsEvent struct {
	id       spill.ID
	at       int64
	from, to int // of the values
}

// MetricsReader implements cloudtrail.Worker.
type MetricsReader struct {
	metrics *Metrics
	matcher *evaluator.Matcher
	batch   *MetricsBatch
	known   map[string]string // values seen before, so that they take memory once
}

// NewReader returns a reader.
func (m *Metrics) NewReader() *MetricsReader {
	return &MetricsReader{m, m.engine.Matcher(), &MetricsBatch{}, map[string]string{}}
}

const firstMetric = 2 // behind the event's id and time

// Scan implements cloudtrail.Worker.
func (r *MetricsReader) Scan(b []byte) int {
	n := r.matcher.Scan(b)
	if n > 0 && cloudtrail.MayHoldRecords(b[:n], func(member int) string {
		return r.matcher.Text(firstMetric + len(r.metrics.opts.Fields) + member)
	}) {
		return 0
	}
	return n
}

// Take implements cloudtrail.Worker.
func (r *MetricsReader) Take(record cloudtrail.Record) {
	if record.Source != "" && r.matcher.Load(record.Raw) != nil {
		r.batch.broken++
		return
	}
	e := metricsEvent{at: untold, from: len(r.batch.values)}
	if !r.metrics.opts.NoDedup {
		e.id = spill.IDOf(r.matcher.Text(0))
	}
	e.at = parseTime(r.matcher.Text(1))
	r.combine(0, "", false)
	e.to = len(r.batch.values)
	slices.Sort(r.batch.values[e.from:])
	r.batch.values = r.batch.values[:e.from+len(slices.Compact(r.batch.values[e.from:]))]
	e.to = len(r.batch.values)
	r.batch.events = append(r.batch.events, e)
}

// combine adds the combinations of the values of the fields from one on.
func (r *MetricsReader) combine(field int, before string, some bool) {
	if field == len(r.metrics.opts.Fields) {
		if some {
			r.add(before)
		}
		return
	}
	if field > 0 {
		before += apiSeparator
	}
	found := false
	for text := range r.matcher.Texts(firstMetric + field) {
		found = true
		r.combine(field+1, before+text, some || text != "")
	}
	if !found {
		r.combine(field+1, before, some)
	}
}

// manyKnown bounds what a reader remembers.
const manyKnown = 1 << 12

func (r *MetricsReader) add(value string) {
	known, ok := r.known[value]
	if !ok {
		if len(r.known) == manyKnown {
			clear(r.known)
		}
		known = strings.Clone(value)
		r.known[known] = known
	}
	r.batch.values = append(r.batch.values, known)
}

// Batch implements cloudtrail.Worker.
func (r *MetricsReader) Batch() *MetricsBatch {
	b := r.batch
	r.batch = &MetricsBatch{}
	return b
}

// Add counts a batch.
func (m *Metrics) Add(b *MetricsBatch) {
	m.acc.Broken += b.broken
	for _, e := range b.events {
		m.event(e, b.values[e.from:e.to])
	}
}

func (m *Metrics) event(e metricsEvent, values []string) {
	if !m.opts.Start.IsZero() || !m.opts.End.IsZero() {
		switch {
		case e.at == untold:
			m.acc.WithoutTime++
		case !m.opts.Start.IsZero() && e.at < m.opts.Start.UnixNano(), !m.opts.End.IsZero() && e.at >= m.opts.End.UnixNano():
			m.acc.OutsideTime++
			return
		}
	}
	if e.id != (spill.ID{}) {
		known, added := m.seen.Add(e.id)
		if known {
			m.acc.Duplicates++
			return
		}
		if !added {
			m.acc.Unremembered++
		}
	}
	m.acc.Counted++
	if len(values) == 0 {
		m.acc.WithoutField++
	}
	for _, v := range values {
		t := m.counts[v]
		if t == nil {
			if len(m.counts) >= m.opts.MaxValues {
				m.rest.add(once(e.at))
				continue
			}
			t = &tally{}
			m.counts[v] = t
		}
		t.add(once(e.at))
	}
}

// Accounting returns the account.
func (m *Metrics) Accounting() MetricsAccounting { return m.acc }

// Metric is a value, or a combination of values, of the fields.
type Metric struct {
	Values      []string
	Count       int64
	Percent     float64 // of the events that have the fields
	First, Last time.Time
}

// Unlisted is the number of events with values beyond the limit.
func (m *Metrics) Unlisted() int64 { return m.rest.count }

// Metrics returns the values by falling count.
func (m *Metrics) Metrics() []Metric {
	out := make([]Metric, 0, len(m.counts))
	base := float64(m.acc.Counted - m.acc.WithoutField)
	for value, t := range m.counts {
		out = append(out, Metric{strings.Split(value, apiSeparator), t.count, 100 * float64(t.count) / base, toTime(t.first), toTime(t.last)})
	}
	slices.SortFunc(out, func(x, y Metric) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), slices.Compare(x.Values, y.Values))
	})
	return out
}
