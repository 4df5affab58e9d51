// Package source names places in text: files, byte spans in them, and the
// line and column that a person reads.
//
// Inside the program a place is a pair of byte offsets; line and column exist
// only at the edge, where a diagnostic is printed (Position).
package source

import (
	"bytes"
	"unicode/utf8"
)

// File is a text that was read, under the name its user knows it by.
// It is immutable: nothing may change Data once a Span points into it.
type File struct {
	Name string
	Data []byte
}

// NewFile returns a File of the given name and contents.
func NewFile(name string, data []byte) *File { return &File{Name: name, Data: data} }

// Position is a place as people and editors count: line and column start at 1,
// a column is one Unicode code point.
type Position struct {
	Line, Column int
}

// Position converts a byte offset. An offset outside the file is brought to
// its nearest end, so that a diagnostic about a missing tail has a place.
func (f *File) Position(offset int) Position {
	offset = max(0, min(offset, len(f.Data)))
	before := f.Data[:offset]
	lineStart := bytes.LastIndexByte(before, '\n') + 1
	return Position{
		Line:   bytes.Count(before, []byte{'\n'}) + 1,
		Column: utf8.RuneCount(before[lineStart:]) + 1,
	}
}

// Line returns the text of the line that holds offset, without its line break.
func (f *File) Line(offset int) string {
	offset = max(0, min(offset, len(f.Data)))
	start := bytes.LastIndexByte(f.Data[:offset], '\n') + 1
	end := len(f.Data)
	if i := bytes.IndexByte(f.Data[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	return string(bytes.TrimSuffix(f.Data[start:end], []byte{'\r'}))
}

// Span is the half-open byte range [Start, End) of a file. The zero Span means
// "no place": the thing was not written by anybody.
type Span struct {
	File       *File
	Start, End int
}

// IsZero reports whether the span names no place.
func (s Span) IsZero() bool { return s.File == nil }

// Position is the position of the span's first byte; zero for the zero span.
func (s Span) Position() Position {
	if s.File == nil {
		return Position{}
	}
	return s.File.Position(s.Start)
}

// Text is the source text of the span.
func (s Span) Text() string {
	if s.File == nil {
		return ""
	}
	start := max(0, min(s.Start, len(s.File.Data)))
	end := max(start, min(s.End, len(s.File.Data)))
	return string(s.File.Data[start:end])
}

// Sub is the part of the span that begins from bytes after its start and is n
// bytes long, kept inside the span.
func (s Span) Sub(from, n int) Span {
	start := min(s.Start+from, s.End)
	return Span{File: s.File, Start: start, End: min(start+n, s.End)}
}

// Join is the smallest span that holds both; a zero span adds nothing.
func Join(a, b Span) Span {
	switch {
	case a.File == nil:
		return b
	case b.File == nil || b.File != a.File:
		return a
	}
	return Span{File: a.File, Start: min(a.Start, b.Start), End: max(a.End, b.End)}
}
