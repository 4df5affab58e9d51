package cloudtrail

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// text is an input opened and decompressed.
type text struct {
	io.Reader
	file    io.ReadCloser
	stored  counter // the bytes as they are stored
	layers  int     // how often it is compressed
	archive archive
	close   func()
}

// compression is a format that is decompressed. Its two reasons are for data that ends too early and data that is wrong.
type compression struct {
	name               string
	magic              []byte
	open               func(io.Reader) (io.Reader, func(), error)
	noMagic            error // what its reader says of data that does not begin with the magic bytes
	truncated, corrupt Reason
}

func compressions() []compression {
	return []compression{
		{"gzip", []byte("\x1f\x8b"), openGzip, gzip.ErrHeader, TruncatedGzip, CorruptGzip},
		{"zstd", []byte("\x28\xb5\x2f\xfd"), openZstd, zstd.ErrMagicMismatch, TruncatedZstd, CorruptZstd},
		{"bzip2", []byte("BZh"), openBzip2, bzip2.StructuralError("bad magic value in continuation file"), TruncatedBzip2, CorruptBzip2},
	}
}

func openBzip2(r io.Reader) (io.Reader, func(), error) { return bzip2.NewReader(r), func() {}, nil }

func openGzip(r io.Reader) (io.Reader, func(), error) {
	z, err := gzip.NewReader(r)
	return z, func() {}, err
}

// openZstd asks for one goroutine, because the caller decides what runs at the same time, and refuses windows beyond 128 MiB, which the
// format's document recommends as a limit for readers.
func openZstd(r io.Reader) (io.Reader, func(), error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
	if err != nil {
		return nil, nil, err
	}
	return z, z.Close, nil
}

// maxLayers bounds how often a text may be compressed. Stores and browsers sometimes compress what is compressed.
const maxLayers = 4

// openText opens an input and tells from its first bytes whether it must be decompressed, and whether it is an archive. Errors are *damage.
func openText(in Input) (*text, error) {
	file, err := in.open()
	if d, ok := errors.AsType[*damage](err); ok {
		return nil, d
	}
	if err != nil {
		return nil, &damage{Unreadable, "cannot be opened: " + cause(err) + "; nothing was read"}
	}
	t := &text{file: file, close: func() { _ = file.Close() }}
	t.stored.Reader = file
	buffered := bufio.NewReaderSize(&t.stored, 64<<10)
	t.Reader = &failing{Reader: buffered, stored: &t.stored}
	for t.layers < maxLayers {
		c, found := compressionOf(buffered)
		if !found {
			break
		}
		t.layers++
		f := &failing{stored: &t.stored, compression: c}
		plain, done, err := c.open(buffered)
		if err != nil {
			t.close()
			return nil, f.damage(err)
		}
		f.Reader = plain
		outer := t.close
		t.close = func() { done(); outer() }
		buffered = bufio.NewReaderSize(f, sniffed) // large reads pass it by
		t.Reader = buffered
	}
	if order := utf16Order(buffered); order != nil {
		buffered = bufio.NewReaderSize(&utf16Reader{src: buffered, order: order}, 64<<10)
		t.Reader = buffered
	}
	t.archive = archiveOf(buffered.Peek)
	return t, nil
}

func compressionOf(r *bufio.Reader) (c compression, found bool) {
	for _, c := range compressions() {
		if head, _ := r.Peek(len(c.magic)); bytes.Equal(head, c.magic) {
			return c, true
		}
	}
	return c, false
}

// counter counts what is read from the input, and remembers why it failed.
type counter struct {
	io.Reader
	n   int64
	err error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// failing turns the errors of a reader into damage.
type failing struct {
	io.Reader
	stored *counter
	compression
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err != nil && (err != io.EOF || f.stored.err != nil) {
		err = f.damage(err)
	}
	return n, err
}

func (f *failing) damage(err error) *damage {
	if d, ok := errors.AsType[*damage](cmp.Or(f.stored.err, err)); ok {
		return d // of a layer below
	}
	switch {
	case f.stored.err != nil:
		return &damage{Unreadable, "cannot be read further: " + cause(f.stored.err)}
	case f.name == "":
		return &damage{Unreadable, "cannot be read further: " + cause(err)}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &damage{f.truncated, fmt.Sprintf("the %s data ends too early, after %s", f.name, count(f.stored.n, "byte"))}
	}
	if f.Reader != nil && errors.Is(err, f.noMagic) {
		return &damage{f.corrupt, fmt.Sprintf("the %s data is complete, but followed by bytes that are no %s", f.name, f.name)}
	}
	return &damage{f.corrupt, fmt.Sprintf("the %s data is damaged: %s", f.name, cause(err))}
}

// sniffed is how much of a text that begins like no JSON is looked at.
const sniffed = 512

// foreign tells what the first bytes of an input are if they are no text. Only control characters that no text contains count, so that a
// log of plain lines is read line by line and every line is told.
func foreign(head []byte) (Reason, string) {
	for _, f := range []struct {
		magic  string
		reason Reason
		name   string
	}{
		{"\xfd7zXZ\x00", UnsupportedCompression, "xz"},
		{"\x1f\x8b", UnsupportedCompression, "gzip inside compressed data or behind other bytes"},
		{"\x28\xb5\x2f\xfd", UnsupportedCompression, "zstd inside compressed data or behind other bytes"},
		{"Obj\x01", Binary, "Avro"},
		{"ORC", Binary, "ORC"},
	} {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return f.reason, "the input is " + f.name + ", expected JSON or Parquet, plain or in gzip, zstd, bzip2, zip or tar; convert it first, nothing was read"
		}
	}
	for i, c := range head[:min(len(head), sniffed)] {
		if c < ' ' && bytes.IndexByte([]byte("\t\n\v\f\r\x1b\x1e"), c) < 0 {
			return Binary, fmt.Sprintf("the input is no text: byte 0x%02x at offset %d of it, expected JSON; nothing was read", c, i)
		}
	}
	return "", ""
}
