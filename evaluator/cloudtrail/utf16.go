package cloudtrail

import (
	"bufio"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// utf16Order tells the order of the bytes from a byte order mark, nil if the text does not begin with one of UTF-16.
func utf16Order(r *bufio.Reader) binary.ByteOrder {
	switch head, _ := r.Peek(2); string(head) {
	case "\xff\xfe":
		return binary.LittleEndian
	case "\xfe\xff":
		return binary.BigEndian
	}
	return nil
}

// utf16Reader gives a text in UTF-16 as UTF-8. Half of a surrogate pair becomes U+FFFD, as decoders of UTF-16 do.
type utf16Reader struct {
	src   *bufio.Reader
	order binary.ByteOrder
	high  rune // the first half of a pair, 0 if there is none
	buf   []byte
	err   error
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.buf) == 0 && u.err == nil {
		u.fill()
	}
	n := copy(p, u.buf)
	u.buf = u.buf[:copy(u.buf, u.buf[n:])]
	if n > 0 || len(p) == 0 {
		return n, nil
	}
	return 0, u.err
}

// fill decodes what the source has at hand.
func (u *utf16Reader) fill() {
	if _, err := u.src.Peek(2); err != nil && u.src.Buffered() < 2 {
		u.end(err)
		return
	}
	units, _ := u.src.Peek(u.src.Buffered() &^ 1)
	for i := 0; i < len(units); i += 2 {
		u.unit(rune(u.order.Uint16(units[i:])))
	}
	_, _ = u.src.Discard(len(units)) // which are buffered
}

func (u *utf16Reader) unit(c rune) {
	if u.high != 0 {
		pair := utf16.DecodeRune(u.high, c)
		u.high = 0
		u.buf = utf8.AppendRune(u.buf, pair)
		if pair != utf8.RuneError {
			return
		}
	}
	if c >= 0xd800 && c < 0xdc00 {
		u.high = c
		return
	}
	u.buf = utf8.AppendRune(u.buf, c) // U+FFFD for a second half without a first
}

// end takes the end of the source, which may leave half a unit or half a pair.
func (u *utf16Reader) end(err error) {
	if u.err = err; err != io.EOF {
		return
	}
	if u.high != 0 {
		u.buf = utf8.AppendRune(u.buf, utf8.RuneError)
	}
	if u.src.Buffered() > 0 {
		u.err = &damage{UnsupportedEncoding, "the UTF-16 text ends in the middle of a character"}
	}
}
