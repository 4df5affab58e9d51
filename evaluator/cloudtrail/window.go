package cloudtrail

import (
	"bytes"
	"context"
	"io"
)

const (
	firstWindow = 256 << 10 // large enough to make calls of Read rare, small enough to stay in the cache
	maxPeek     = 64        // how far behind an error the reader looks for the beginning of a record
)

// window is the part of the text that is in memory: from the beginning of what is being looked at to the last byte read. Indexes are
// relative to its beginning and survive fill.
type window struct {
	ctx    context.Context
	src    io.Reader
	feed   feed   // instead of src, nil if there is none
	own    []byte // for text that reaches over the end of a block
	copied bool   // buf is own, and not a block
	buf    []byte
	r, w   int
	max    int   // the largest size of buf
	err    error // why nothing more can be read: io.EOF, ctx's error or *damage

	offset    int64 // of the window's beginning in the text
	line      int   // its 1-based line
	lineStart int64 // offset at which this line begins
	indent    int   // blanks at the beginning of this line
	blank     bool  // only blanks so far in this line
}

func newWindow(ctx context.Context, src io.Reader, maxRecord int) *window {
	limit := maxRecord + max(2*maxPeek, sniffed)
	return &window{ctx: ctx, src: src, buf: make([]byte, min(firstWindow, limit)), max: limit, line: 1, blank: true}
}

// newBlockWindow makes a window over the blocks of a feed. It copies only what reaches over the end of one.
func newBlockWindow(ctx context.Context, f feed, maxRecord int) *window {
	return &window{ctx: ctx, feed: f, max: maxRecord + max(2*maxPeek, sniffed), line: 1, blank: true}
}

// bytes returns the window's content.
func (w *window) bytes() []byte { return w.buf[w.r:w.w] }

// fill reads more bytes, as many as one Read gives, so that a live stream is not held up. It returns false at the end of the text.
func (w *window) fill() bool {
	if w.err != nil {
		return false
	}
	if w.err = w.ctx.Err(); w.err != nil {
		return false
	}
	if w.feed != nil {
		return w.fillBlock()
	}
	w.room()
	if w.w == len(w.buf) {
		return false // callers do not ask for more than max
	}
	for range 100 {
		n, err := w.src.Read(w.buf[w.w:])
		w.w += n
		if err != nil {
			w.err = err
			return n > 0
		}
		if n > 0 {
			return true
		}
	}
	w.err = &damage{Unreadable, "cannot be read further: " + io.ErrNoProgress.Error()}
	return false
}

// fillBlock takes the feed's next block: as it is if nothing is left of the one before, else behind a copy of what is.
func (w *window) fillBlock() bool {
	kept := w.w - w.r
	if kept > 0 && !w.copied {
		w.own = append(w.own[:0], w.bytes()...)
		w.buf, w.r, w.w, w.copied = w.own, 0, kept, true
	}
	var block []byte
	block, w.err = w.feed.next()
	if kept == 0 {
		w.buf, w.r, w.w, w.copied = block, 0, len(block), false
		return len(block) > 0
	}
	if cap(w.own)-w.w < len(block) && w.r > kept {
		copy(w.own, w.bytes())
		w.r, w.w = 0, kept
	}
	w.own = append(w.own[:w.w], block...)
	w.buf, w.w = w.own, len(w.own)
	return len(block) > 0
}

// room makes free space behind the content. It moves the content only if that is cheap for the space won, and else doubles the buffer;
// callers never keep more than max bytes.
func (w *window) room() {
	if w.w < len(w.buf) {
		return
	}
	kept := w.w - w.r
	if kept <= len(w.buf)/2 || len(w.buf) == w.max {
		copy(w.buf, w.buf[w.r:w.w])
	} else {
		grown := make([]byte, min(2*len(w.buf), w.max))
		copy(grown, w.buf[w.r:w.w])
		w.buf = grown
	}
	w.r, w.w = 0, kept
}

// need tries to have n bytes in the window and returns what is there.
func (w *window) need(n int) []byte {
	for w.w-w.r < n && w.fill() {
	}
	return w.bytes()
}

// advance moves the window's beginning n bytes on.
func (w *window) advance(n int) {
	passed := w.buf[w.r : w.r+n]
	w.r += n
	w.offset += int64(n)
	if lines := bytes.Count(passed, newline); lines > 0 {
		w.line += lines
		last := bytes.LastIndexByte(passed, '\n')
		passed = passed[last+1:]
		w.lineStart = w.offset - int64(len(passed))
		w.indent, w.blank = 0, true
	}
	for i := 0; w.blank && i < len(passed); i++ {
		if w.blank = isBlank(passed[i]); w.blank {
			w.indent++
		}
	}
}

// at returns the line and the 1-based column, in bytes, of index i.
func (w *window) at(i int) (line int, column int64) {
	passed := w.buf[w.r : w.r+i]
	if lines := bytes.Count(passed, newline); lines > 0 {
		return w.line + lines, int64(i - bytes.LastIndexByte(passed, '\n'))
	}
	return w.line, w.offset + int64(i) - w.lineStart + 1
}

var newline = []byte{'\n'}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }
