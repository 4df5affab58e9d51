package cloudtrail

import "maps"

// Record is one event as delivered.
type Record struct {
	Source string // the input's name: as the user gave it, as found in a directory, or "-" for standard input
	Index  int    // 1-based place in Source; records that could not be used take a place too, so the n-th line of NDJSON stays the n-th
	Line   int    // 1-based line of the decompressed text in which the record begins
	Offset int64  // byte offset of the record in the decompressed text
	Raw    []byte // the object's own bytes; valid only until the callback returns
	// Envelope is the length of the object that the record was taken out of, to which Line and Offset then point; 0 if it stood by itself.
	Envelope int
}

// Options set the limits of one reading. The zero value means the defaults.
type Options struct {
	MaxRecord   int // longest record in bytes; 0 means DefaultMaxRecord
	MaxDepth    int // deepest nesting of a record, itself included, and of lists around records; 0 means DefaultMaxDepth
	MaxProblems int // problems reported one by one for each reason and input, the others are summed up; 0 means DefaultMaxProblems
}

// The limits in force when Options names none.
const (
	DefaultMaxRecord   = 64 << 20
	DefaultMaxDepth    = 1000
	DefaultMaxProblems = 20
)

func (o Options) withDefaults() Options {
	if o.MaxRecord <= 0 {
		o.MaxRecord = DefaultMaxRecord
	}
	if o.MaxDepth <= 0 {
		o.MaxDepth = DefaultMaxDepth
	}
	if o.MaxProblems <= 0 {
		o.MaxProblems = DefaultMaxProblems
	}
	return o
}

// Stats accounts for what was read from one input, or, added up, from several.
type Stats struct {
	Inputs       int            // inputs read, also those of which nothing could be used
	SourceBytes  int64          // bytes taken from the inputs as they are stored, those read ahead and not used included
	TextBytes    int64          // bytes of decompressed text dealt with: all, unless the input was refused or the reading ended early
	Records      int            // records emitted
	RecordBytes  int64          // bytes of these records
	SkippedBytes int64          // bytes of text in the reach of problems
	Problems     map[Reason]int // problems by reason, notes included
	Lost         int            // problems by which events were or may have been lost
}

// Add adds the account of another input to s.
func (s *Stats) Add(t Stats) {
	s.Inputs += t.Inputs
	s.SourceBytes += t.SourceBytes
	s.TextBytes += t.TextBytes
	s.Records += t.Records
	s.RecordBytes += t.RecordBytes
	s.SkippedBytes += t.SkippedBytes
	s.Lost += t.Lost
	if s.Problems == nil {
		s.Problems = maps.Clone(t.Problems)
		return
	}
	for reason, n := range t.Problems {
		s.Problems[reason] += n
	}
}

// AddProblem counts a problem that Inputs returned, so that one account holds for a whole run. Read counts its own.
func (s *Stats) AddProblem(p Problem) {
	if s.Problems == nil {
		s.Problems = map[Reason]int{}
	}
	s.Problems[p.Reason] += p.Count
	s.SkippedBytes += p.Bytes
	if p.Lost {
		s.Lost += p.Count
	}
}
