package cli

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sigmatic/ast"
	"sigmatic/cmd/internal/spill"
	"sigmatic/evaluator/correlate"
	"sigmatic/parser"
)

// correlateFlags say what first-seen correlations know beside the logs.
type correlateFlags struct {
	baseline []string
	state    string
}

func (f *correlateFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.baseline, "baseline", nil, "logs that first-seen correlations have seen before; they are read and never reported; repeatable")
	cmd.Flags().StringVar(&f.state, "state", "", "a file in which first-seen correlations keep what they have seen, from one scan to the next")
}

// correlator runs the correlations of a scan. It is fed the events that their rules matched, in the order of time.
type correlator struct {
	run       *scanRun
	plan      *correlate.Plan
	rules     map[*ast.Correlation]*ast.Rule // what the findings have in common with those of rules
	tuned     map[*ast.Rule]*tuning          // what becomes of all findings of a correlation
	silent    map[ast.Document]bool          // correlations whose findings nobody asked for
	detectors map[int]int                    // by detector: the place of its rule in the plan
	state     *correlate.State
	earliest  string // time of a record, for first-seen correlations
	timeless  int    // matches that have no place in time
	short     int    // first-seen findings with less history than was asked for
	engine    *correlate.Engine
	failed    error
	out       *spill.Sorter
	baseline  int // sources that are only history
}

// correlations gives those that were selected and can run here, with the rules under them. The others are counted, and reported where
// something is wrong with them.
func (s *scanRun) correlations(set ruleSet, selected []loadedRule, logs ast.LogSource) ([]loadedRule, *correlate.Plan) {
	if len(selected) == 0 {
		return nil, nil
	}
	if s.pipelines.merged != nil {
		s.infof("note: %s not run: with -p it is not known what their fields are called", plural(len(selected), "correlation"))
		return nil, nil
	}
	rules := byOrigin(set.rules)
	var runs []loadedRule
	var documents []*ast.Correlation
	for _, r := range selected {
		c := r.origin.(*ast.Correlation)
		plan, err := correlate.New([]*ast.Correlation{c})
		if err == nil {
			switch here, fault := s.usable(plan, rules, logs); {
			case fault != nil:
				err = fmt.Errorf("the correlation %q cannot be evaluated: %w", c.Title.Value, fault)
			case !here:
				s.stats.otherSource++
				continue
			}
		}
		if err != nil {
			s.stats.refused++
			s.errorf("%s: %v", r.Span.File.Name, err)
			continue
		}
		runs, documents = append(runs, r), append(documents, c)
	}
	plan, err := correlate.New(documents)
	if err != nil {
		panic(fmt.Sprintf("cli: correlations that can be planned one by one cannot be together: %v", err))
	}
	return runs, plan
}

// byOrigin finds what became of a rule.
func byOrigin(rules []loadedRule) map[ast.Document]loadedRule {
	out := map[ast.Document]loadedRule{}
	for _, r := range rules {
		out[r.origin] = r
	}
	return out
}

// usable reports whether one of the rules under a correlation is for these logs, and why one of them cannot run.
func (s *scanRun) usable(plan *correlate.Plan, rules map[ast.Document]loadedRule, logs ast.LogSource) (here bool, err error) {
	for _, origin := range plan.Rules {
		r, ok := rules[origin]
		if !ok {
			return false, fmt.Errorf("its rule %q cannot be used", origin.Title.Value)
		}
		if !s.anyLogSource && !runsOn(r.LogSource, logs) {
			continue
		}
		here = true
		if _, err := s.detectorFor(r.Rule); err != nil {
			return false, err
		}
	}
	for _, f := range plan.Fields {
		if lost := s.schema.one.Lost(f); lost != "" && here {
			return false, fmt.Errorf("the schema %s does not keep %s: %s", s.schema.one.Name, f, lost)
		}
	}
	return here, nil
}

// newCorrelator gets the correlations ready, and adds detectors for those of their rules that do not run anyway.
func (s *scanRun) newCorrelator(set ruleSet, logs ast.LogSource) error {
	selected, err := s.selectedCorrelations(set)
	if err != nil {
		return err
	}
	runs, plan := s.correlations(set, selected, logs)
	flags := s.correlate
	if (len(flags.baseline) > 0 || flags.state != "") && (plan == nil || !plan.FirstSeen()) {
		s.infof("note: --baseline and --state have no effect: no first-seen correlation runs")
	}
	if len(runs) == 0 {
		return nil
	}
	c := &correlator{run: s, plan: plan, rules: map[*ast.Correlation]*ast.Rule{}, tuned: map[*ast.Rule]*tuning{}, silent: map[ast.Document]bool{}, detectors: map[int]int{}}
	for _, r := range runs {
		c.rules[r.origin.(*ast.Correlation)] = r.Rule
	}
	c.quiet(runs)
	for _, planned := range plan.Correlations() {
		if c.rules[planned] == nil {
			c.silent[planned] = true // it is only there for another one
		}
	}
	rules := byOrigin(set.rules)
	for i, origin := range plan.Rules {
		at := slices.IndexFunc(s.detectors, func(d detector) bool { return d.origin == origin })
		if at < 0 {
			r := rules[origin]
			if !s.anyLogSource && !runsOn(r.LogSource, logs) {
				continue
			}
			d, err := s.detectorFor(r.Rule)
			if err != nil {
				return err
			}
			d.origin, d.silent = origin, true
			at, s.detectors = len(s.detectors), append(s.detectors, d)
		}
		s.detectors[at].correlated = true
		s.detectors[at].silent = s.detectors[at].silent || c.silent[origin]
		c.detectors[at] = i
	}
	s.correlator = c
	return c.load()
}

// tune notes an entry that is about correlations. Their findings are of many events, which a condition on one cannot be put to.
func (c *correlator) tune(t *tuning) {
	for _, planned := range c.reported() {
		r := c.rules[planned]
		switch {
		case !t.means(r):
			continue
		case t.when == nil && c.tuned[r] == nil:
			c.tuned[r] = t
		case t.when != nil && !slices.Contains(t.rules, "*"):
			c.run.infof("note: %s: when is about single events, the correlation %q is not tuned by it", t.place, r.Title.Value)
		}
		t.used = true
	}
}

func (s *scanRun) selectedCorrelations(set ruleSet) ([]loadedRule, error) {
	sel := s.selection
	sel.logsource = ""
	return sel.apply(set.correlations)
}

// quiet finds whose findings are not wanted: those of what a correlation is about, unless it, or another one about the same, says generate.
func (c *correlator) quiet(runs []loadedRule) {
	for _, generate := range []bool{false, true} {
		for _, r := range runs {
			if doc := r.origin.(*ast.Correlation); doc.Generate == generate {
				for _, ref := range doc.Rules {
					c.silent[ref.Target] = !generate
				}
			}
		}
	}
}

// load reads the state of the scan before.
func (c *correlator) load() error {
	name := c.run.correlate.state
	if name == "" {
		return nil
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, plainError(err))
	}
	if c.state, err = correlate.ParseState(data); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// save writes the state for the next scan.
func (c *correlator) save() error {
	name := c.run.correlate.state
	if name == "" {
		return nil
	}
	data, err := json.Marshal(c.engine.State())
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.tmp")
	if err != nil {
		return fmt.Errorf("cannot write the state: %w", err)
	}
	_, err = f.Write(append(data, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("cannot write the state: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// reported are the correlations whose findings are wanted.
func (c *correlator) reported() []*ast.Correlation {
	return slices.DeleteFunc(c.plan.Correlations(), func(d *ast.Correlation) bool { return c.silent[d] })
}

// correlated is the part of a finding that a correlation adds.
type correlated struct {
	Type   string      `json:"type"`
	Group  []groupTerm `json:"group"`
	Value  string      `json:"value,omitempty"`
	Count  int         `json:"count"`
	First  string      `json:"first"`
	Last   string      `json:"last"`
	Events []string    `json:"events"` // ids, or source:record where an event has none
	// History and HistoryAsked are seconds, of first-seen correlations.
	History      *int64 `json:"history_seconds,omitempty"`
	HistoryAsked *int64 `json:"history_asked_seconds,omitempty"`
}

type groupTerm struct {
	Field string  `json:"field"`
	Value *string `json:"value"` // null where the field is missing
}

func (c *correlated) group() string {
	var terms []string
	for _, t := range c.Group {
		if t.Value == nil {
			terms = append(terms, t.Field+" missing")
			continue
		}
		terms = append(terms, t.Field+"="+*t.Value)
	}
	return strings.Join(terms, " ")
}

// kept is a finding of a correlation on its way to the output.
type kept struct {
	Finding finding
	Cells   []string
	Raw     []byte
}

// merge feeds the hits to the correlations and gives them back with the findings of these, in the order of time.
func (c *correlator) merge(hits *spill.Sorter) (*spill.Sorter, error) {
	c.out = spill.NewSorter(sortMemory, "")
	options := correlate.Options{State: c.state}
	if since, ok := eventTime(c.earliest); ok {
		options.Since = since
	}
	c.engine = correlate.NewEngine(c.plan, options, c.found)
	for key, data := range hits.All() {
		if data[0] == ofRules {
			if c.failed = c.out.Add(key, data); c.failed != nil {
				break
			}
			continue
		}
		h := c.read(key, data)
		if h.reported {
			c.failed = errors.Join(c.failed, c.out.Add(key, data))
		}
		switch {
		case len(h.event.Rules) == 0:
		case h.event.Time.IsZero():
			c.timeless++
		default:
			c.engine.Feed(h.event)
		}
		if c.failed != nil {
			break
		}
	}
	c.engine.Finish()
	return c.out, errors.Join(c.failed, hits.Err())
}

// correlatedHit is a hit as the correlations see it.
type correlatedHit struct {
	event    correlate.Event
	reported bool // a rule has matched that is reported
	source   string
	record   int
	cells    []string
	raw      []byte
}

func (c *correlator) read(key spill.Key, data []byte) *correlatedHit {
	r := newHitReader(data[1:])
	source, record := r.number(), r.number()
	h := &correlatedHit{source: c.run.findings.sources[source], record: record}
	history := source < c.baseline
	for range c.run.cellPaths {
		h.cells = append(h.cells, r.text())
	}
	if c.run.raw {
		h.raw = []byte(r.text())
	}
	for n := r.number(); n > 0; n = r.number() {
		d := &c.run.detectors[n-1]
		r.number() // what tuning makes of the finding: an event counts for a correlation all the same
		if !d.silent {
			h.reported = !history
			if c.run.explains() {
				r.matched()
			}
		}
		if d.correlated {
			h.event.Rules = append(h.event.Rules, c.detectors[n-1])
		}
	}
	if len(h.event.Rules) == 0 {
		return h
	}
	slices.Sort(h.event.Rules)
	for range c.plan.Fields {
		texts := make([]string, r.number())
		for i := range texts {
			texts[i] = r.text()
		}
		h.event.Values = append(h.event.Values, texts)
	}
	if at, ok := eventTime(h.cells[cellTime]); ok {
		h.event.Time = at
	}
	id := cmp.Or(h.cells[cellID], h.source+":"+strconv.Itoa(record))
	h.event.Ref, h.event.History, h.event.Payload = correlate.Ref{ID: id, Order: key[2]}, history, h
	return h
}

// found takes a finding.
func (c *correlator) found(f correlate.Finding) {
	rule := c.rules[f.Correlation]
	if c.silent[f.Correlation] {
		return
	}
	level := rule.Level
	switch t := c.tuned[rule]; {
	case t == nil:
	case t.suppress:
		c.run.stats.suppressed++
		return
	default:
		level = t.level
		c.run.stats.releveled++
	}
	last := f.Payload.(*correlatedHit)
	k := kept{Finding: findingOf(rule), Cells: last.cells, Raw: last.raw}
	k.Finding.Source, k.Finding.Record, k.Finding.Time, k.Finding.EventID = last.source, last.record, last.cells[cellTime], last.cells[cellID]
	k.Finding.Correlation, k.Finding.Level = describe(f), level.String()
	if f.Correlation.NewTerms != nil && f.History < f.Correlation.NewTerms.History {
		c.short++
	}
	data, err := json.Marshal(k)
	if err == nil {
		key := timeKey(last.cells[cellTime])
		key[2] = last.event.Ref.Order
		err = c.out.Add(key, []byte{ofCorrelation}, data)
	}
	c.failed = errors.Join(c.failed, err)
	c.run.stats.findings[level]++
	c.run.stats.correlations[rule]++
}

// correlatedFinding reads what found has kept.
func correlatedFinding(data []byte) finding {
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		panic(fmt.Sprintf("cli: a finding that was kept cannot be read: %v", err))
	}
	k.Finding.cells, k.Finding.raw, k.Finding.tags = k.Cells, k.Raw, strings.Join(k.Finding.Tags, " ")
	return k.Finding
}

func describe(f correlate.Finding) *correlated {
	out := &correlated{Type: parser.CorrelationTypeName(f.Correlation.Type), Group: []groupTerm{}, Value: f.Value, Count: f.Count,
		First: f.First.Format(time.RFC3339Nano), Last: f.Last.Format(time.RFC3339Nano), Events: []string{}}
	for _, g := range f.Group {
		t := groupTerm{Field: g.Field}
		if !g.Missing {
			t.Value = &g.Value
		}
		out.Group = append(out.Group, t)
	}
	for _, e := range f.Events {
		out.Events = append(out.Events, e.ID)
	}
	if n := f.Correlation.NewTerms; n != nil {
		history, asked := int64(f.History/time.Second), int64(n.History/time.Second)
		out.History, out.HistoryAsked = &history, &asked
	}
	return out
}

// summary is what a table shows in place of the name of an event.
func (c *correlated) summary(eventName string) string {
	if c.Count == 1 {
		return eventName
	}
	first, _ := time.Parse(time.RFC3339Nano, c.First)
	last, _ := time.Parse(time.RFC3339Nano, c.Last)
	return fmt.Sprintf("%s in %s", plural(c.Count, "event"), last.Sub(first))
}

// appendValues writes the values of the fields that correlations need.
func (w *scanWorker) appendValues(b []byte) []byte {
	for _, slots := range w.values {
		w.texts = w.texts[:0]
		for _, slot := range slots {
			w.texts = w.matcher.AppendTexts(w.texts, slot)
		}
		if len(slots) > 1 { // a store may keep one value in several fields
			slices.Sort(w.texts)
			w.texts = slices.Compact(w.texts)
		}
		b = binary.AppendUvarint(b, uint64(len(w.texts)))
		for _, t := range w.texts {
			b = appendText(b, t)
		}
	}
	return b
}

// seenAt notes the time of a record, for what first-seen correlations know. CloudTrail's times have one form, in which the text tells.
func (b *scanBatch) seenAt(text string) {
	if len(text) != len("2006-01-02T15:04:05Z") || text[len(text)-1] != 'Z' {
		at, ok := eventTime(text)
		if !ok {
			return
		}
		text = at.UTC().Format(time.RFC3339)
	}
	if first := earlier(b.earliest, text); first != b.earliest {
		b.earliest = strings.Clone(first) // the record's bytes are read over
	}
}

func earlier(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

// accounts says what did not go as it should.
func (c *correlator) accounts() (lines []string) {
	st := c.engine.Stats()
	for _, n := range []struct {
		count int
		text  string
	}{
		{c.timeless + st.Untimed, "correlations leave out %s without a time"},
		{st.Evicted, "correlations let %s go before their window had passed, so that findings may be missing or name too few"},
		{st.Combined, "correlations left out the group of %s, of events with very many"},
		{st.Terms, "first-seen correlations forgot what %s, which may be found to be new again"},
	} {
		if n.count > 0 {
			lines = append(lines, fmt.Sprintf("note: "+n.text, plural(n.count, "event")))
		}
	}
	if c.short > 0 {
		lines = append(lines, fmt.Sprintf("note: %s of first-seen correlations had less history than the rules ask for: see --baseline and --state", plural(c.short, "finding")))
	}
	return lines
}
