package cli

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"

	"sigmatic/ast"
	"sigmatic/cmd/internal/spill"
	"sigmatic/evaluator/cloudtrail"
)

// What is sorted by time begins with what it is: an event that rules matched, or a finding of a correlation.
const (
	ofRules      byte = iota
	ofCorrelated      // by rules, of which correlations need one
	ofCorrelation
)

// sortMemory is how much of the findings is held before they go to temporary files.
const sortMemory = 8 << 20

// collector takes what the workers found, in the order of the records: it drops what was delivered twice, keeps the account, and gives the
// findings in the order of their time, those of the same time in the order of the records.
type collector struct {
	run     *scanRun
	records uint64
	history bool // what is read now is a baseline
	sources []string
	head    []byte        // of the hit that is being kept
	hits    *spill.Sorter // by time

	// The ids of events. When the set is full, a record whose id is not in it may still be a duplicate of another such record. That is
	// found out at the end: open has these records by id, and held the hits since then by number.
	seen *spill.Set
	open *spill.Sorter
	held *spill.Sorter
}

func newCollector(s *scanRun, dedupMemory int) *collector {
	return &collector{run: s, hits: spill.NewSorter(sortMemory, ""), seen: spill.NewSet(dedupMemory)}
}

func (c *collector) close() {
	for _, s := range []*spill.Sorter{c.hits, c.open, c.held} {
		if s != nil {
			s.Close()
		}
	}
}

// take takes a batch.
func (c *collector) take(b cloudtrail.Batch[*scanBatch]) error {
	st, batch := &c.run.stats, b.Result
	if n := len(c.sources); n == 0 || c.sources[n-1] != b.Source {
		c.sources = append(c.sources, b.Source)
	}
	if k := c.run.correlator; k != nil {
		k.earliest = earlier(k.earliest, batch.earliest)
	}
	if c.history {
		return c.remember(b)
	}
	hits, unreadable, outside := batch.hits, batch.unreadable, batch.outside
	st.timeless += batch.timeless
	for i := range batch.records {
		number := c.records
		c.records++
		if len(unreadable) > 0 && unreadable[0].record == i {
			st.unreadable++
			c.run.errorf("%s", unreadable[0].text)
			unreadable = unreadable[1:]
			continue
		}
		if len(outside) > 0 && outside[0] == i {
			st.outside++
			outside = outside[1:]
			continue
		}
		var found *hit
		if len(hits) > 0 && hits[0].record == i {
			found, hits = &hits[0], hits[1:]
		}
		if len(batch.ids) > 0 && batch.ids[i] != (spill.ID{}) {
			known, added := c.seen.Add(batch.ids[i])
			if known {
				st.duplicates++
				continue
			}
			if !added {
				if err := c.undecided(batch.ids[i], number, found != nil); err != nil {
					return err
				}
			}
		}
		if found == nil {
			st.unmatched++
			continue
		}
		st.matched++
		if err := c.keep(number, b.First, found, batch.data); err != nil {
			return err
		}
	}
	c.run.progress.add(c.run.app, batch.records, st)
	return nil
}

// remember takes a batch of the baseline.
func (c *collector) remember(b cloudtrail.Batch[*scanBatch]) error {
	for _, u := range b.Result.unreadable {
		c.run.errorf("%s", u.text)
	}
	for i := range b.Result.hits {
		h := &b.Result.hits[i]
		if h.kind != ofCorrelated {
			continue
		}
		if err := c.keep(c.records+uint64(h.record), b.First, h, b.Result.data); err != nil {
			return err
		}
	}
	c.records += uint64(b.Result.records)
	return nil
}

// undecided notes a record that may be a duplicate.
func (c *collector) undecided(id spill.ID, number uint64, matched bool) error {
	if c.open == nil {
		c.open, c.held = spill.NewSorter(sortMemory, ""), spill.NewSorter(sortMemory, "")
	}
	flag := []byte{0}
	if matched {
		flag[0] = 1
	}
	return c.open.Add(spill.Key{id[0], id[1], number}, flag)
}

// keep keeps a hit, for good or until it is known whether its record is a duplicate.
func (c *collector) keep(number uint64, first int, h *hit, batch []byte) error {
	at, data := h.at, batch[h.start:h.end]
	c.head = binary.AppendUvarint(binary.AppendUvarint(append(c.head[:0], h.kind), uint64(len(c.sources)-1)), uint64(first+h.index))
	if c.held != nil {
		return c.held.Add(spill.Key{number, at[0], at[1]}, c.head, data)
	}
	return c.hits.Add(spill.Key{at[0], at[1], number}, c.head, data)
}

// timeKey orders hits by the time of their events. Those without one come last.
func timeKey(text string) spill.Key {
	at, ok := eventTime(text)
	if !ok {
		return spill.Key{math.MaxUint64}
	}
	return spill.Key{uint64(at.Unix()) + 1<<63, uint64(at.Nanosecond())}
}

// resolve finds the duplicates among the undecided records: of those with one id the first is the event. The hits that remain go to their
// place in time.
func (c *collector) resolve() error {
	if c.open == nil {
		return nil
	}
	st := &c.run.stats
	duplicates := spill.NewSorter(sortMemory, "")
	defer duplicates.Close()
	var last spill.Key
	first := true
	for key, flag := range c.open.All() {
		twice := !first && key[0] == last[0] && key[1] == last[1]
		last, first = key, false
		if !twice {
			continue
		}
		st.duplicates++
		if flag[0] == 0 {
			st.unmatched--
			continue
		}
		st.matched--
		if err := duplicates.Add(spill.Key{key[2]}); err != nil {
			return err
		}
	}
	next, stop := iter.Pull2(duplicates.All())
	defer stop()
	duplicate, _, more := next()
	for key, data := range c.held.All() {
		if more && duplicate[0] == key[0] {
			duplicate, _, more = next()
			continue
		}
		if err := c.hits.Add(spill.Key{key[1], key[2], key[0]}, data); err != nil {
			return err
		}
	}
	return errors.Join(c.open.Err(), duplicates.Err(), c.held.Err())
}

// lot is some findings in a row. Its memory is used again.
type lot struct {
	findings []finding
	cells    []string
}

const lotSize = 128

// write writes the findings. They are put together by one goroutine and written by another.
func (c *collector) write(w findingWriter) error {
	err := c.resolve()
	hits := c.hits
	if k := c.run.correlator; k != nil {
		var failed error
		hits, failed = k.merge(c.hits)
		err = errors.Join(err, failed)
		defer hits.Close()
	}
	const ahead = 8
	full, free := make(chan *lot, ahead), make(chan *lot, ahead)
	for range ahead {
		free <- &lot{}
	}
	go func() {
		defer close(full)
		c.fill(hits, full, free)
	}()
	failed := func() error {
		defer close(free)
		for l := range full {
			for i := range l.findings {
				if err := w.write(l.findings[i]); err != nil {
					return err
				}
			}
			free <- l
		}
		return w.close()
	}()
	for range full { // nothing must be at work any more
	}
	if failed != nil {
		failed = fmt.Errorf("cannot write the findings: %w", failed)
	}
	return errors.Join(err, failed, hits.Err())
}

// fill puts all findings together, in lots, as long as there are free ones.
func (c *collector) fill(hits *spill.Sorter, full chan<- *lot, free <-chan *lot) {
	l, ok := <-free
	for _, data := range hits.All() {
		if data[0] == ofCorrelation {
			f := correlatedFinding(data[1:])
			c.run.stats.first, c.run.stats.last = cmp.Or(c.run.stats.first, f.Time), f.Time
			l.findings = append(l.findings, f)
		} else {
			c.appendFindings(l, data)
		}
		if len(l.findings) < lotSize {
			continue
		}
		full <- l
		if l, ok = <-free; !ok {
			return
		}
		l.findings, l.cells = l.findings[:0], l.cells[:0]
	}
	full <- l
}

// appendFindings appends a finding for each rule that an event matched.
func (c *collector) appendFindings(l *lot, data []byte) {
	r := newHitReader(data[1:])
	source, record := c.sources[r.number()], r.number()
	first := len(l.cells)
	for range c.run.cellPaths {
		l.cells = append(l.cells, r.text())
	}
	cells := l.cells[first:]
	var raw []byte
	if c.run.raw {
		raw = []byte(r.text())
	}
	for n := r.number(); n > 0; n = r.number() {
		d := &c.run.detectors[n-1]
		outcome := r.number()
		if d.silent {
			continue
		}
		f, level := d.finding, d.rule.Level
		f.Source, f.Record, f.Time, f.EventID = source, record, cells[cellTime], cells[cellID]
		f.cells, f.raw = cells, raw
		if c.run.explains() {
			f.Matched = r.matched()
		}
		switch {
		case outcome == tunedAway:
			c.run.stats.suppressed++
			continue
		case outcome >= tunedLevel:
			level = ast.Level(outcome - tunedLevel)
			f.Level = level.String()
			c.run.stats.releveled++
		}
		c.run.stats.findings[level]++
		if f.Time != "" {
			c.run.stats.first, c.run.stats.last = cmp.Or(c.run.stats.first, f.Time), f.Time
		}
		c.run.stats.rules[d.rule]++
		l.findings = append(l.findings, f)
	}
}
