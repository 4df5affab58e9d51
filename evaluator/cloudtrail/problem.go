package cloudtrail

import "fmt"

// Reason is the stable code of what went wrong. The set is closed.
type Reason string

// The reasons, in the order in which an input can meet them.
const (
	NotFound               Reason = "not-found"               // no such file, or a pattern that matches none
	Unreadable             Reason = "unreadable"              // opening or reading failed
	IgnoredFile            Reason = "ignored-file"            // files in a directory that are not taken for logs
	IgnoredLink            Reason = "ignored-link"            // a symbolic link in a directory, not followed
	DuplicateInput         Reason = "duplicate-input"         // the same file named twice, read once
	EmptyDirectory         Reason = "empty-directory"         // a directory without any log
	TruncatedGzip          Reason = "truncated-gzip"          // compressed data that ends too early
	CorruptGzip            Reason = "corrupt-gzip"            // compressed data that is damaged, or followed by something else
	TruncatedZstd          Reason = "truncated-zstd"          // the same for zstd
	CorruptZstd            Reason = "corrupt-zstd"            //
	TruncatedBzip2         Reason = "truncated-bzip2"         // and for bzip2
	CorruptBzip2           Reason = "corrupt-bzip2"           //
	TruncatedTar           Reason = "truncated-tar"           // and for tar
	CorruptTar             Reason = "corrupt-tar"             //
	CorruptZip             Reason = "corrupt-zip"             // a zip archive, or a member of one, that is damaged or cut off
	Encrypted              Reason = "encrypted"               // a member of an archive that wants a password
	CorruptParquet         Reason = "corrupt-parquet"         // a Parquet file, or a page of one, that is damaged or cut off
	CorruptTable           Reason = "corrupt-table"           // a table in CSV that breaks its form
	UnsupportedCompression Reason = "unsupported-compression" // xz, methods of zip that nothing here reads, …
	UnsupportedEncoding    Reason = "unsupported-encoding"    // UTF-16 without a mark, or cut off
	Binary                 Reason = "binary"                  // not text at all
	Empty                  Reason = "empty"                   // no text but white space
	EmptyRecords           Reason = "empty-records"           // a list without elements, as CloudTrail delivers for a quiet hour
	InvalidJSON            Reason = "invalid-json"            // a record, or text between records, that breaks the grammar
	TruncatedJSON          Reason = "truncated-json"          // the text ends inside a record or a list
	NotAnObject            Reason = "not-an-object"           // a number, string, true, false or null where a record should stand
	TooLarge               Reason = "too-large"               // longer than MaxRecord
	TooDeep                Reason = "too-deep"                // nested deeper than MaxDepth
)

// Severity says what a problem means for the exit status.
type Severity int

const (
	// Note is worth saying, but nothing is wrong with the input.
	Note Severity = iota
	// Error means that something given could not be used; the rest was processed all the same.
	Error
)

// String returns "note" or "error".
func (s Severity) String() string {
	if s == Note {
		return "note"
	}
	return "error"
}

// Severity returns the severity that all problems with this reason have.
func (r Reason) Severity() Severity {
	switch r {
	case IgnoredFile, IgnoredLink, DuplicateInput, EmptyDirectory, Empty, EmptyRecords:
		return Note
	}
	return Error
}

// Problem is something that could not be used, or is worth knowing about what was not read.
type Problem struct {
	Source string // as in Record
	Index  int    // the place of the record in Source; 0 if the problem concerns no single record
	Line   int    // 1-based line of the text in which the reach of the problem begins; 0 if it concerns the input as a whole
	Offset int64  // byte offset of that place
	Bytes  int64  // length of the reach: the bytes of text skipped
	Reason Reason
	Lost   bool   // events were, or may have been, lost by it
	Count  int    // how often it happened: 1, or more in the last problem that sums up those beyond MaxProblems
	Detail string // what was found, what was expected, what happens with the rest
}

// Severity returns the severity of the problem's reason.
func (p Problem) Severity() Severity { return p.Reason.Severity() }

// String returns "source:line: detail [reason]", without the line where there is none.
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s [%s]", p.Source, p.Detail, p.Reason)
	}
	return fmt.Sprintf("%s:%d: %s [%s]", p.Source, p.Line, p.Detail, p.Reason)
}

// ledger passes problems on, counts all of them, and keeps thousands of the same kind from being told one by one.
type ledger struct {
	report func(Problem)
	limit  int
	stats  *Stats
	order  []Reason
	held   map[Reason]*Problem
}

func (l *ledger) add(p Problem) {
	p.Count = 1
	l.stats.AddProblem(p)
	if l.stats.Problems[p.Reason] <= l.limit {
		l.report(p)
		return
	}
	h := l.held[p.Reason]
	if h == nil {
		if l.held == nil {
			l.held = map[Reason]*Problem{}
		}
		l.order = append(l.order, p.Reason)
		l.held[p.Reason] = &p
		return
	}
	h.Count++
	h.Bytes += p.Bytes
	h.Lost = h.Lost || p.Lost
}

// close reports the sums of what was held back.
func (l *ledger) close() {
	for _, reason := range l.order {
		p := *l.held[reason]
		p.Index = 0
		p.Detail = fmt.Sprintf("%d more of the same from here on, %s in all; counted, not listed", p.Count, count(p.Bytes, "byte"))
		l.report(p)
	}
}

// count renders a number with its noun, "1 byte", "2 bytes".
func count[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
