package cloudtrail

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
)

// Read reads one input to its end. It calls emit for every record and report for every problem, both from the calling goroutine and in
// the order of the text, and returns the account, which is complete up to the point where reading ended.
//
// The error is emit's own, which ends the reading, or ctx's; whatever is wrong with the input is a problem and no error. A Read of the
// underlying file that blocks is not interrupted by ctx. A record is emitted as soon as its last byte is there; only behind damage may the
// reader wait for a few bytes more. Different inputs may be read at the same time.
func Read(ctx context.Context, in Input, opts Options, emit func(Record) error, report func(Problem)) (Stats, error) {
	u := unpacker{ctx: ctx, report: report, read: func(source string, t *text) (Stats, error) {
		return readText(ctx, source, t, opts, nil, emit, report)
	}}
	return u.texts(in, 0)
}

// feed gives the text in blocks of its own, and knows records of which it has taken care.
type feed interface {
	open(*text)
	// next gives the next block, which stays as it is until the next call. The error comes with the last one.
	next() ([]byte, error)
	// take takes care of the records that stand one behind the other from an offset on, index of them being before it; false if it knows
	// none there.
	take(offset int64, index int, inList bool) (taken, bool)
}

// taken are records that a feed has taken care of.
type taken struct {
	length int
	stats  Stats
	native bool
}

// readText reads one text as Read does. It comes from a feed unless that is nil.
func readText(ctx context.Context, source string, src *text, opts Options, f feed, emit func(Record) error, report func(Problem)) (Stats, error) {
	opts = opts.withDefaults()
	s := &scanner{source: source, opts: opts, emit: emit, feed: f}
	s.stats.Inputs = 1
	s.log = ledger{report: report, limit: opts.MaxProblems, stats: &s.stats}
	s.m.maxDepth = opts.MaxDepth
	defer s.log.close()

	if s.win = newWindow(ctx, src, opts.MaxRecord); f != nil {
		f.open(src)
		s.win = newBlockWindow(ctx, f, opts.MaxRecord)
	}
	err := s.run()
	s.stats.SourceBytes = src.stored.n
	s.stats.TextBytes = s.win.offset
	return s.stats, err
}

// scanner walks through a text: from value to value, in and out of the lists that stand around records.
type scanner struct {
	source string
	opts   Options
	emit   func(Record) error
	feed   feed // nil if the text comes as it is read
	log    ledger
	stats  Stats

	win    *window
	m      machine
	lists  []list // the lists that are open
	index  int
	native bool  // some record opened as CloudTrail opens them
	looked int64 // bytes looked at more than once, see lookBack
	told   bool  // a problem that reaches to the end of the text has been reported
}

// list is an array whose elements are records.
type list struct {
	ofRecords bool // it is a delivery file's, and the rest of the file's object follows
	ofRows    bool // its elements are rows, see rowOf
	elements  int
	next      part
}

// part is what stands before the next element of a list.
type part uint8

const (
	opening part = iota
	comma
	element
)

func (s *scanner) run() error {
	if s.skipMark(); !s.isText() {
		return s.win.ctx.Err()
	}
	for n := 0; ; n++ {
		if n%64 == 0 {
			if err := s.win.ctx.Err(); err != nil {
				return err
			}
		}
		c, ok := s.next()
		if !ok {
			return s.finish()
		}
		if err := s.item(c); err != nil {
			return err
		}
	}
}

// next passes white space and returns the byte behind it without taking it.
func (s *scanner) next() (byte, bool) {
	for {
		b, i := s.win.bytes(), 0
		for i < len(b) && isSpace(b[i]) {
			i++
		}
		if i > 0 {
			s.win.advance(i)
		}
		if i < len(b) {
			return b[i], true
		}
		if !s.win.fill() {
			return 0, false
		}
	}
}

// item takes what begins with c, between two records.
func (s *scanner) item(c byte) error {
	l := s.innermost()
	switch {
	case l == nil && isDigit(c) && s.skipStamp():
	case c == '{' || c == '"' || c == '-' || c == 't' || c == 'f' || c == 'n' || isDigit(c):
		s.enter(l)
		if c == '{' && s.feed != nil && s.takeRun(l) {
			return nil
		}
		return s.value(c)
	case c == '[' && l != nil && l.ofRows:
		s.enter(l)
		return s.value(c)
	case c == '[':
		s.enter(l)
		s.openList()
	case c == ',' && l != nil:
		if l.next != element {
			s.odd(1)
		} else {
			s.win.advance(1)
		}
		l.next = comma
	case c == ']' && l != nil:
		s.closeList(l)
	case c == bom[0] && s.skipMark():
	default:
		s.junk(l)
	}
	return nil
}

// takeRun passes over records that the feed has taken care of.
func (s *scanner) takeRun(l *list) bool {
	t, ok := s.feed.take(s.win.offset, s.index, l != nil)
	if !ok {
		return false
	}
	s.index += t.stats.Records
	s.stats.Records += t.stats.Records
	s.stats.RecordBytes += t.stats.RecordBytes
	s.native = s.native || t.native
	if l != nil {
		l.elements += t.stats.Records - 1 // enter has counted the first
	}
	s.win.advance(t.length)
	return true
}

func (s *scanner) innermost() *list {
	if len(s.lists) == 0 {
		return nil
	}
	return &s.lists[len(s.lists)-1]
}

// enter notes that the next element of l begins.
func (s *scanner) enter(l *list) {
	if l == nil {
		return
	}
	if l.next == element {
		s.odd(0)
	}
	l.next = element
	l.elements++
}

// openList takes the '[' of an array that stands where a record could stand.
func (s *scanner) openList() {
	if len(s.lists) == s.opts.MaxDepth {
		s.m.reset()
		s.broken(0, deep, 1)
		return
	}
	s.win.advance(1)
	s.lists = append(s.lists, list{})
}

// closeList takes the ']' of the innermost list.
func (s *scanner) closeList(l *list) {
	if l.next == comma {
		s.odd(0)
	}
	if l.elements == 0 {
		s.problem(Problem{Reason: EmptyRecords, Line: s.win.line, Offset: s.win.offset,
			Detail: "the list ends without an element: nothing to read in it"})
	}
	ofRecords := l.ofRecords
	s.lists = s.lists[:len(s.lists)-1]
	s.win.advance(1)
	if ofRecords {
		s.rest()
	}
}

// rest takes what follows Records in the object of a delivery file.
func (s *scanner) rest() {
	s.m.resume()
	switch i, v := s.scan(); v {
	case done:
		s.win.advance(i)
	case envelope:
		s.openRecords(i, 0)
	default:
		s.broken(i, v, 0)
	}
}

// openRecords takes the text up to the '[' at index i, which opens the list of a delivery file's Records.
func (s *scanner) openRecords(i, from int) {
	if len(s.lists) == s.opts.MaxDepth {
		s.broken(i, deep, from)
		return
	}
	s.win.advance(i + 1)
	s.lists = append(s.lists, list{ofRecords: true, ofRows: s.m.list == ofQuery})
}

// value takes a JSON value that begins with c.
func (s *scanner) value(c byte) error {
	s.m.reset()
	switch i, v := s.scan(); {
	case v == done && (c == '{' || c == '['):
		return s.record(i)
	case v == done && s.endsItem(i):
		s.notAnObject(i)
	case v == envelope:
		s.openRecords(i, 1)
	case c == '{' || c == '[' || v == large && c == '"' || v == cut:
		s.broken(i, v, 1)
	default:
		s.junk(s.innermost()) // no value at all but text that begins like one, such as a date
	}
	return nil
}

// endsItem reports whether a word or number of i bytes stands for itself, and is not the beginning of a line of text.
func (s *scanner) endsItem(i int) bool {
	if len(s.lists) > 0 {
		return true
	}
	for end := i + maxPeek; i < end; i++ {
		b := s.win.need(i + 1)
		if i == len(b) || strings.IndexByte("\n,{[", b[i]) >= 0 {
			return true
		}
		if !isSpace(b[i]) {
			return false
		}
	}
	return true
}

// scan runs the machine over the window's beginning until it comes to a verdict, and reads on as it needs.
func (s *scanner) scan() (i int, v verdict) {
	for {
		b := s.win.bytes()
		over := len(b) > s.opts.MaxRecord
		if over {
			b = b[:s.opts.MaxRecord]
		}
		switch i, v = s.m.run(b, i); {
		case v == envelope && !s.holdsRecords(i, s.m.list):
			s.m.list = noList
		case v != more:
			return i, v
		case over:
			return i, large
		case s.win.fill():
		case len(s.m.open) == 0 && s.m.state.complete():
			return i, done // only its end tells a number that it is complete
		default:
			return i, cut
		}
	}
}

func (s *scanner) record(n int) error {
	s.index++
	s.stats.Records++
	s.stats.RecordBytes += int64(n)
	w := s.win
	s.native = s.native || opens(w.bytes()) == eventVersion
	r := Record{Source: s.source, Index: s.index, Line: w.line, Offset: w.offset, Raw: w.bytes()[:n:n]}
	inner, p := s.unwrap(r.Raw)
	if p != nil {
		p.Index, p.Line, p.Offset, p.Bytes = r.Index, r.Line, r.Offset, int64(n)
		s.stats.Records--
		s.stats.RecordBytes -= int64(n)
		p.Detail += "; skipped " + count(n, "byte")
		w.advance(n)
		s.problem(*p)
		return nil
	}
	if len(inner) != n {
		r.Raw, r.Envelope = inner, n
	}
	err := s.emit(r)
	w.advance(n)
	return err
}

// finish accounts for the end of the text.
func (s *scanner) finish() error {
	w := s.win
	if err := w.ctx.Err(); err != nil {
		return err
	}
	p := Problem{Line: w.line, Offset: w.offset, Lost: true}
	d, damaged := errors.AsType[*damage](w.err)
	switch {
	case damaged && s.stats.Problems[d.reason] == 0:
		p.Reason, p.Detail = d.reason, d.Error()+"; everything before it was read"
	case len(s.lists) > 0 && !s.told && !damaged:
		p.Reason, p.Detail = TruncatedJSON, "the text ends inside a list, expected "+s.innermost().expected()+"; everything before it was read"
	case s.index == 0 && len(s.stats.Problems) == 0:
		p = Problem{Reason: Empty, Detail: "the input is empty"}
		if w.offset > 0 {
			p.Detail = "the input holds nothing but " + count(w.offset, "byte") + " of white space"
		}
	default:
		return nil
	}
	s.problem(p)
	return nil
}

// expected says in words what may come next in a list, nil for the text outside of lists.
func (l *list) expected() string {
	switch {
	case l == nil:
		return "an object or a list of objects"
	case l.next == element:
		return "',' or ']'"
	case l.next == opening:
		return "an object or ']'"
	}
	return "an object"
}

// problem passes p on. Once ctx is done the end of the text seems to be where it is not, and what follows from that is nobody's news.
func (s *scanner) problem(p Problem) {
	if s.win.ctx.Err() != nil {
		return
	}
	p.Source = s.source
	s.log.add(p)
}

// damage is why the text ends before the input does.
type damage struct {
	reason Reason
	text   string
}

func (d *damage) Error() string { return d.text }

var bom = []byte("\xef\xbb\xbf")

// skipMark takes a byte order mark. Files are joined with their marks, so it may stand before any value outside of lists.
func (s *scanner) skipMark() bool {
	if len(s.lists) > 0 || !bytes.HasPrefix(s.win.need(1), bom[:1]) || !bytes.HasPrefix(s.win.need(len(bom)), bom) {
		return false
	}
	s.win.advance(len(bom))
	return true
}

// stamped is how CloudWatch Logs begins the lines of its exports, and "aws logs tail" those that it prints: the time of the log event, for the
// latter the name of its stream, and the event.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html
var stamped = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)? (?:[^ {}"]+ )?\{`)
})

// skipStamp takes the time before a record.
func (s *scanner) skipStamp() bool {
	if b := s.win.need(stampPeek); len(b) < stampPeek || b[4] != '-' {
		return false
	}
	at := stamped().FindIndex(s.win.need(sniffed)[:min(sniffed, len(s.win.bytes()))])
	if at == nil {
		return false
	}
	s.win.advance(at[1] - 1)
	return true
}

// stampPeek is a date and a little more.
const stampPeek = 12

// isText tells text from what can only be something else, and reports the latter as one problem.
func (s *scanner) isText() bool {
	c, ok := s.next()
	if !ok {
		return true
	}
	var p Problem
	switch head := s.win.need(2); {
	case len(head) > 1 && head[1] == 0:
		p.Reason, p.Detail = UnsupportedEncoding, "every second byte is zero, as in UTF-16, expected UTF-8; convert it first, nothing was read"
	case c == '{' || c == '[':
		return true
	default:
		p.Reason, p.Detail = foreign(s.win.need(sniffed))
	}
	if p.Reason == "" {
		return true
	}
	p.Line, p.Offset, p.Lost = s.win.line, s.win.offset, true
	s.problem(p)
	return false
}
