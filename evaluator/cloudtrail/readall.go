package cloudtrail

import (
	"context"
)

// Worker reads records on behalf of ReadAll. It belongs to one goroutine at a time.
type Worker[B any] interface {
	// Scan reads the object with which b begins and returns its length; 0 if it wants to leave that to the careful reader. What it accepts
	// must be one valid JSON object, not deeper than Options.MaxDepth, without an array in a member Records of its own, and none that
	// MayHoldRecords.
	Scan(b []byte) int
	// Take takes a record: the one that Scan has just accepted, whose Source, Line and Offset are not set and whose Index counts from the
	// beginning of the batch; or one that the careful reader found, with all of these.
	Take(Record)
	// Batch gives what has come of the records taken since the last call.
	Batch() B
}

// Batch is what has come of records that stand one behind the other in an input.
type Batch[B any] struct {
	Source string
	// First is what must be added to the index of each record.
	First  int
	Result B
}

// Job is what ReadAll needs beside the inputs.
type Job[B any] struct {
	Options   Options
	Workers   int // how many goroutines read at once
	NewWorker func() Worker[B]
	Take      func(Batch[B]) error
	Report    func(Problem)
}

// ReadAll reads inputs, several at once and large ones in several places at once, and gives what Read would give, in the same order: batches
// to Take and problems to Report, both called from the calling goroutine. The error is Take's, which ends the reading, or ctx's.
//
// A worker reads blocks of text ahead, guessing where records begin. The careful reader passes through the text all the same; where it comes
// to a record with which such a run begins, it takes the run as a whole, and what no run explains it reads by itself.
func ReadAll[B any](ctx context.Context, inputs []Input, job Job[B]) (Stats, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := max(1, job.Workers)
	p := &pool[B]{job: job, tokens: make(chan struct{}, n), workers: make(chan Worker[B], 2*n), buffers: make(chan []byte, maxQueue*n)}
	queues := make(chan chan message[B], 4*cap(p.tokens)) // bounds how far the reading is ahead of the taking
	go func() {
		defer close(queues)
		for _, in := range inputs {
			queue := make(chan message[B], 16)
			select {
			case queues <- queue:
			case <-ctx.Done():
				return
			}
			p.tokens <- struct{}{}
			go p.read(ctx, in, queue)
		}
	}()
	var stats Stats
	var failed error
	for queue := range queues {
		for m := range queue {
			if failed != nil {
				continue // until all have noticed
			}
			if failed = p.deliver(m); failed != nil {
				cancel()
			}
			stats.Add(m.stats)
		}
	}
	if failed == nil {
		failed = context.Cause(ctx)
	}
	return stats, failed
}

// message is a batch, a problem, or the account of an input at its end.
type message[B any] struct {
	batch   *Batch[B]
	problem *Problem
	stats   Stats
}

type pool[B any] struct {
	job     Job[B]
	tokens  chan struct{}  // one is held by each goroutine that computes
	workers chan Worker[B] // idle ones
	buffers chan []byte    // free ones
}

func (p *pool[B]) deliver(m message[B]) error {
	switch {
	case m.batch != nil:
		return p.job.Take(*m.batch)
	case m.problem != nil:
		p.job.Report(*m.problem)
	}
	return nil
}

func (p *pool[B]) worker() Worker[B] {
	select {
	case w := <-p.workers:
		return w
	default:
		return p.job.NewWorker()
	}
}

func (p *pool[B]) buffer() []byte {
	select {
	case b := <-p.buffers:
		return b
	default:
		return make([]byte, blockSize)
	}
}

// idle keeps a worker for later, or drops it if there are enough.
func (p *pool[B]) idle(w Worker[B]) {
	select {
	case p.workers <- w:
	default:
	}
}

// read reads one input into a queue. Its goroutine holds a token, which it gives back while the queue is full.
func (p *pool[B]) read(ctx context.Context, in Input, queue chan<- message[B]) {
	defer func() {
		close(queue)
		<-p.tokens
	}()
	send := func(m message[B]) {
		select {
		case queue <- m:
		default:
			<-p.tokens
			queue <- m
			p.tokens <- struct{}{}
		}
	}
	u := unpacker{ctx: ctx,
		report: func(problem Problem) { send(message[B]{problem: &problem}) },
		read: func(source string, t *text) (Stats, error) {
			b := &blocks[B]{pool: p, ctx: ctx, opts: p.job.Options.withDefaults(), source: source, send: send}
			defer b.close()
			stats, err := readText(ctx, source, t, p.job.Options, b, b.record, func(problem Problem) {
				b.flush()
				send(message[B]{problem: &problem})
			})
			b.flush()
			return stats, err
		},
	}
	stats, _ := u.texts(in, 0)
	send(message[B]{stats: stats})
}

// blocks feeds the careful reader with blocks, and takes the runs that it comes to.
type blocks[B any] struct {
	pool   *pool[B]
	ctx    context.Context
	opts   Options
	source string
	send   func(message[B])

	cut     cutter
	err     error // what came with the last block
	queue   []*block[B]
	current *block[B]
	offset  int64 // of the current block in the text

	own   Worker[B] // for records that no run has
	taken int       // by own, since the last flush
}

// maxQueue bounds the blocks of one input that are read ahead.
const maxQueue = 8

// open implements feed.
func (b *blocks[B]) open(t *text) { b.cut.src = t }

// next implements feed: it gives the text of the next block.
func (b *blocks[B]) next() ([]byte, error) {
	if b.current != nil {
		b.offset += int64(len(b.current.text))
		b.release(b.current)
		b.current = nil
	}
	for b.err == nil && len(b.queue) < maxQueue && !b.ready() {
		b.ahead()
	}
	if len(b.queue) == 0 {
		return nil, b.err
	}
	b.current = b.queue[0]
	b.queue = b.queue[1:]
	b.await(b.current)
	if len(b.queue) == 0 {
		return b.current.text, b.err
	}
	return b.current.text, nil
}

// ready reports whether the next block has been read by its worker.
func (b *blocks[B]) ready() bool {
	if len(b.queue) == 0 {
		return false
	}
	select {
	case <-b.queue[0].done:
		return true
	default:
		return false
	}
}

// await waits for a block's worker; another goroutine may compute in the meantime.
func (b *blocks[B]) await(next *block[B]) {
	select {
	case <-next.done:
	default:
		<-b.pool.tokens
		<-next.done
		b.pool.tokens <- struct{}{}
	}
}

// ahead cuts off a block and has it read by a goroutine of its own if a token is left, else here.
func (b *blocks[B]) ahead() {
	next := &block[B]{done: make(chan struct{})}
	next.text, b.err = b.cut.next(b.ctx, b.pool.buffer())
	b.queue = append(b.queue, next)
	digest := func() {
		w := b.pool.worker()
		next.digest(w, b.opts.MaxRecord)
		b.pool.idle(w)
		close(next.done)
	}
	select {
	case b.pool.tokens <- struct{}{}:
		go func() {
			digest()
			<-b.pool.tokens
		}()
	default:
		digest()
	}
}

func (b *blocks[B]) release(old *block[B]) {
	if buf := old.text[:cap(old.text)]; len(buf) == blockSize {
		select {
		case b.pool.buffers <- buf:
		default:
		}
	}
	old.text = nil
}

// close waits for what is still being read ahead.
func (b *blocks[B]) close() {
	if b.own != nil {
		b.pool.idle(b.own)
	}
	for _, next := range b.queue {
		b.await(next)
	}
}

// take implements feed: it gives the run that begins at an offset of the text, if a worker has found one there.
func (b *blocks[B]) take(offset int64, index int, inList bool) (taken, bool) {
	if b.current == nil {
		return taken{}, false
	}
	at := int(offset - b.offset)
	for len(b.current.runs) > 0 && b.current.runs[0].at < at {
		b.current.runs = b.current.runs[1:]
	}
	if len(b.current.runs) == 0 || b.current.runs[0].at != at {
		return taken{}, false
	}
	r := b.current.runs[0]
	if r.stats.Records > 1 && r.commas != inList {
		return taken{}, false
	}
	b.flush()
	b.send(message[B]{batch: &Batch[B]{Source: b.source, First: index, Result: r.result}})
	return taken{length: r.end - r.at, stats: r.stats, native: r.native}, true
}

// record takes a record that the careful reader has read.
func (b *blocks[B]) record(r Record) error {
	if b.own == nil {
		b.own = b.pool.worker()
	}
	b.own.Take(r)
	if b.taken++; b.taken == 256 {
		b.flush()
	}
	return nil
}

// flush sends what has come of single records.
func (b *blocks[B]) flush() {
	if b.taken > 0 {
		b.send(message[B]{batch: &Batch[B]{Source: b.source, Result: b.own.Batch()}})
		b.taken = 0
	}
}
