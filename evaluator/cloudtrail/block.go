package cloudtrail

import (
	"bytes"
	"context"
	"io"
)

// blockSize is how much text is cut off at once: large against a record, so that little is looked at twice, and small enough that a few
// blocks for each processor take no memory to speak of.
const blockSize = 256 << 10

// block is a piece of a text, cut where a record seems to begin, with what a worker has found in it.
type block[B any] struct {
	text []byte
	runs []run[B]
	done chan struct{} // closed when the worker is done with it
}

// run is a sequence of records in a block which a worker has read. Between them there is a comma each, or nothing but white space.
type run[B any] struct {
	at, end int // in the block's text
	stats   Stats
	commas  bool
	native  bool // some record opened as CloudTrail opens them
	result  B
}

// cutter cuts a text into blocks.
type cutter struct {
	src    io.Reader
	kept   []byte // the text behind the last cut
	marker []byte // how the text's records open: '{' and the name of the first member
}

// next reads a block into buf, which is larger than what was kept of the last one. The error is the source's, and comes with the last text.
func (c *cutter) next(ctx context.Context, buf []byte) ([]byte, error) {
	n := copy(buf, c.kept)
	c.kept = c.kept[:0]
	var err error
	for empty := 0; n < len(buf) && err == nil; {
		if err = ctx.Err(); err != nil {
			break
		}
		var got int
		got, err = c.src.Read(buf[n:])
		n += got
		if empty++; got > 0 {
			empty = 0
		} else if err == nil && empty == 100 {
			err = &damage{Unreadable, "cannot be read further: " + io.ErrNoProgress.Error()}
		}
	}
	text := buf[:n]
	if err == nil {
		at := c.border(text)
		c.kept = append(c.kept, text[at:]...)
		text = text[:at]
	}
	return text, err
}

// border returns where the last record of a block seems to begin; the block's end if none does.
func (c *cutter) border(text []byte) int {
	if c.marker == nil {
		c.marker = opener(text[firstRecord(text):])
	}
	if len(c.marker) > 0 {
		for end := len(text); ; {
			at := bytes.LastIndex(text[:end], c.marker)
			if at <= 0 {
				break
			}
			if bytes.IndexByte([]byte(" \t\r\n,[{}"), text[at-1]) >= 0 {
				return at
			}
			end = at
		}
	}
	if at := bytes.LastIndex(text, []byte("\n{")); at > 0 {
		return at + 1
	}
	return len(text)
}

// firstRecord is the index of the first record in a text that begins with a record, or with a delivery file's head.
func firstRecord(text []byte) int {
	i := 0
	for i < len(text) && (isSpace(text[i]) || text[i] == '[' || text[i] == bom[0] || text[i] == bom[1] || text[i] == bom[2]) {
		i++
	}
	if opens(text[i:]) == recordsName {
		i += bytes.IndexByte(text[i:], '[') + 1
		for i < len(text) && isSpace(text[i]) {
			i++
		}
	}
	return i
}

// longestMarker bounds the name of the member with which the records of a text open.
const longestMarker = 80

// opener returns the text from '{' to the end of the first member's name; nil if there is none at hand.
func opener(text []byte) []byte {
	text = text[:min(len(text), longestMarker)]
	if len(text) == 0 || text[0] != '{' {
		return nil
	}
	from := bytes.IndexByte(text, '"')
	if from < 0 {
		return nil
	}
	end := bytes.IndexByte(text[from+1:], '"')
	if end < 0 {
		return nil
	}
	return bytes.Clone(text[:from+end+2])
}

// digest has a worker read what records it can in a block.
func (b *block[B]) digest(w Worker[B], maxRecord int) {
	for at := firstRecord(b.text); at < len(b.text); {
		r := readRun(w, b.text, at, maxRecord)
		if r.stats.Records > 0 {
			r.result = w.Batch()
			b.runs = append(b.runs, r)
		}
		at = nextRun(b.text, r.end)
	}
}

// readRun reads the records from an index on, as far as they follow one another in one way.
func readRun[B any](w Worker[B], text []byte, at, maxRecord int) run[B] {
	r := run[B]{at: at, end: at}
	for {
		n := w.Scan(text[at:])
		if n == 0 || n > maxRecord {
			return r
		}
		record := text[at : at+n : at+n]
		r.native = r.native || opens(record) == eventVersion
		r.stats.Records++
		r.stats.RecordBytes += int64(n)
		w.Take(Record{Index: r.stats.Records, Raw: record})
		at += n
		r.end = at
		comma := false
		for at < len(text) && (isSpace(text[at]) || text[at] == ',' && !comma) {
			comma = comma || text[at] == ','
			at++
		}
		if r.stats.Records == 1 {
			r.commas = comma
		}
		if at == len(text) || text[at] != '{' || comma != r.commas {
			return r
		}
	}
}

// nextRun returns where, from an index on, records may follow one another again: at the next line or delivery file.
func nextRun(text []byte, from int) int {
	best := len(text)
	if i := bytes.Index(text[from:], []byte("\n{")); i >= 0 {
		best = from + i + 1
	}
	if i := bytes.Index(text[from:best], []byte(recordsName)); i > 0 {
		for k := from + i - 1; k >= from && (isSpace(text[k]) || text[k] == '{'); k-- {
			if first := firstRecord(text[k:]); text[k] == '{' && first > 0 {
				best = k + first
			}
		}
	}
	if best < len(text) && opens(text[best:]) == recordsName {
		best += firstRecord(text[best:])
	}
	return best
}
