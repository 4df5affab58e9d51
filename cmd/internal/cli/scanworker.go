package cli

import (
	"encoding/binary"
	"fmt"
	"sync"

	"sigmatic/cmd/internal/spill"
	"sigmatic/evaluator"
	"sigmatic/evaluator/cloudtrail"
)

// scanEngine is what all workers of a scan share.
type scanEngine struct {
	engine     *evaluator.Engine
	detectors  []detector
	references []*evaluator.Reference // the engine's queries
	detector   []int                  // by query: the one it belongs to
	cells      [][]int                // the engine's fields, by cell
	timeline   timeline
	envelopes  int // the first of the fields that are cloudtrail.EnvelopeMembers
	dedup      bool
	explain    bool    // the format shows the values that made a rule match
	raw        bool    // the format shows the event
	values     [][]int // the engine's fields, by the field whose values correlations need
	seen       bool    // the time of every record is noted
	batches    *sync.Pool
}

func newScanEngine(s *scanRun) *scanEngine {
	e := &scanEngine{detectors: s.detectors, dedup: !s.noDedup, explain: s.explains(), raw: s.raw, timeline: s.timeline, batches: &sync.Pool{}}
	for i, d := range s.detectors {
		for _, r := range d.references {
			e.references, e.detector = append(e.references, r), append(e.detector, i)
		}
	}
	var fields []string
	for _, paths := range s.cellPaths {
		var slots []int
		for _, path := range paths {
			slots = append(slots, len(fields))
			fields = append(fields, path)
		}
		e.cells = append(e.cells, slots)
	}
	e.envelopes = len(fields)
	fields = append(fields, cloudtrail.EnvelopeMembers()...)
	if s.correlator != nil {
		for _, name := range s.correlator.plan.Fields {
			var slots []int
			for _, stored := range s.storedNames(name) {
				slots = append(slots, len(fields))
				fields = append(fields, stored)
			}
			e.values = append(e.values, slots)
		}
		e.seen = s.correlator.plan.FirstSeen()
	}
	e.engine = evaluator.NewEngine(e.references, fields...)
	return e
}

func (e *scanEngine) worker() cloudtrail.Worker[*scanBatch] {
	return &scanWorker{scanEngine: e, matcher: e.engine.Matcher(), batch: e.newBatch()}
}

func (e *scanEngine) newBatch() *scanBatch {
	if b, ok := e.batches.Get().(*scanBatch); ok {
		return b
	}
	return &scanBatch{}
}

func (e *scanEngine) reuse(b *scanBatch) {
	b.records, b.ids, b.hits, b.data, b.unreadable = 0, b.ids[:0], b.hits[:0], b.data[:0], b.unreadable[:0]
	b.outside, b.timeless, b.earliest = b.outside[:0], 0, ""
	e.batches.Put(b)
}

// scanBatch is what some records in a row came to.
type scanBatch struct {
	records    int
	ids        []spill.ID // by record, unless duplicates are wanted; zero where there is none
	hits       []hit
	data       []byte
	unreadable []unreadable
	outside    []int  // records whose time is outside of the range
	earliest   string // time of a record
	timeless   int    // records without a time that can be read, where a range is set
}

// hit is an event that rules matched. The rest of it is in the batch's data, as hitReader reads it.
type hit struct {
	record     int       // in the batch, from 0
	index      int       // as cloudtrail.Record has it
	at         spill.Key // the place of the event's time
	start, end int
	kind       byte // ofRules or ofCorrelated
}

// unreadable is a record that cannot be evaluated.
type unreadable struct {
	record int
	text   string
}

// scanWorker evaluates events.
type scanWorker struct {
	*scanEngine
	matcher *evaluator.Matcher
	batch   *scanBatch
	texts   []string
}

// Scan implements cloudtrail.Worker.
func (w *scanWorker) Scan(b []byte) int {
	n := w.matcher.Scan(b)
	if n > 0 && cloudtrail.MayHoldRecords(b[:n], func(member int) string { return w.matcher.Text(w.envelopes + member) }) {
		return 0
	}
	return n
}

// Batch implements cloudtrail.Worker.
func (w *scanWorker) Batch() *scanBatch {
	b := w.batch
	w.batch = w.newBatch()
	return b
}

// Take implements cloudtrail.Worker.
func (w *scanWorker) Take(r cloudtrail.Record) {
	b := w.batch
	record := b.records
	b.records++
	if r.Source != "" { // the matcher has not seen it
		if err := w.matcher.Load(r.Raw); err != nil {
			text := fmt.Sprintf("%s:%d: the record cannot be evaluated: %v", r.Source, r.Line, err)
			b.unreadable = append(b.unreadable, unreadable{record, text})
			if w.dedup {
				b.ids = append(b.ids, spill.ID{})
			}
			return
		}
	}
	if w.timeline.bounded() && w.isOutside() {
		b.outside = append(b.outside, record)
		if w.dedup {
			b.ids = append(b.ids, spill.ID{})
		}
		return
	}
	if w.seen {
		b.seenAt(w.cell(cellTime))
	}
	if w.dedup {
		b.ids = append(b.ids, spill.IDOf(w.cell(cellID)))
	}
	matches := w.matcher.Matches()
	if len(matches) == 0 {
		return
	}
	h := hit{record: record, index: r.Index, at: timeKey(w.cell(cellTime)), start: len(b.data)}
	b.data, h.kind = w.appendHit(b.data, matches, r.Raw)
	h.end = len(b.data)
	b.hits = append(b.hits, h)
}

// isOutside reports whether the event's time is outside of the range. An event without one could be from any time, and stays.
func (w *scanWorker) isOutside() bool {
	at, ok := eventTime(w.cell(cellTime))
	if !ok {
		w.batch.timeless++
	}
	return ok && !w.timeline.contains(at)
}

func (w *scanWorker) cell(number int) string {
	for _, field := range w.cells[number] {
		if text := w.matcher.Text(field); text != "" {
			return text
		}
	}
	return ""
}

// appendHit writes the cells, the event where it is asked for, the rules, and the values that correlations need. It tells which kind of hit that is.
func (w *scanWorker) appendHit(b []byte, matches []int, raw []byte) ([]byte, byte) {
	for number := range w.cells {
		b = appendText(b, w.cell(number))
	}
	if w.raw {
		b = appendText(b, string(raw))
	}
	last, correlated := -1, false
	for _, query := range matches {
		if w.detector[query] == last {
			continue // the conditions of a rule are alternatives
		}
		last = w.detector[query]
		b = binary.AppendUvarint(b, uint64(last)+1)
		d := &w.detectors[last]
		b = binary.AppendUvarint(b, uint64(d.outcome(w.matcher.Event)))
		if w.explain && !d.silent {
			b = w.appendMatched(b, query)
		}
		correlated = correlated || d.correlated
	}
	b = append(b, 0)
	if !correlated {
		return b, ofRules
	}
	return w.appendValues(b), ofCorrelated
}

func (w *scanWorker) appendMatched(b []byte, query int) []byte {
	var values []matchedValue
	collectMatched(w.references[query].Explain(w.matcher.Event()), false, &values)
	b = binary.AppendUvarint(b, uint64(len(values)))
	for _, v := range values {
		b = binary.AppendUvarint(appendText(appendText(b, v.Field), v.Value), uint64(v.Line))
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// hitReader reads what appendHit has written. Its texts are parts of one.
type hitReader struct{ data string }

func newHitReader(data []byte) *hitReader { return &hitReader{string(data)} }

func (r *hitReader) number() (n int) {
	for shift := 0; ; shift += 7 {
		c := r.data[0]
		r.data = r.data[1:]
		if n |= int(c&0x7f) << shift; c < 0x80 {
			return n
		}
	}
}

func (r *hitReader) text() string {
	n := r.number()
	s := r.data[:n]
	r.data = r.data[n:]
	return s
}

func (r *hitReader) matched() []matchedValue {
	values := make([]matchedValue, r.number())
	for i := range values {
		values[i] = matchedValue{Field: r.text(), Value: r.text(), Line: r.number()}
	}
	return values
}
