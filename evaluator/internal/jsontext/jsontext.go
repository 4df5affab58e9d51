// Package jsontext passes over JSON text (RFC 8259), and finds what is wrong with it no later than at the byte that no valid text could
// have. Bytes inside strings need not be UTF-8.
package jsontext

import (
	"encoding/binary"
	"math/bits"
)

// Plain returns the index of the first byte from i on that does not simply stand for itself in a string: '"', '\' or a control
// character; len(b) if there is none. The three tests are the usual ones for a zero byte in a word; a false alarm of theirs can only
// come above a true one, so the lowest is right.
func Plain(b []byte, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		word := binary.LittleEndian.Uint64(b[i:])
		quote, slash := word^ones*'"', word^ones*'\\'
		found := ((word - ones*0x20) &^ word) | ((quote - ones) &^ quote) | ((slash - ones) &^ slash)
		if found &= highs; found != 0 {
			return i + bits.TrailingZeros64(found)>>3
		}
	}
	for ; i < len(b) && b[i] >= 0x20 && b[i] != '"' && b[i] != '\\'; i++ {
	}
	return i
}

// String passes over a string whose first byte, behind the quote, is at i. It returns the index of the closing quote, or -1 if there is
// none or the string is not valid, and whether there are escapes in it.
func String(b []byte, i int) (end int, escaped bool) {
	for {
		i = Plain(b, i)
		switch {
		case i >= len(b):
			return -1, false
		case b[i] == '"':
			return i, escaped
		case b[i] != '\\':
			return -1, false
		}
		if i = escape(b, i+1); i < 0 {
			return -1, false
		}
		escaped = true
	}
}

// escape passes over what is behind a backslash.
func escape(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		if i+5 > len(b) {
			return -1
		}
		for _, c := range b[i+1 : i+5] {
			if !isHex(c) {
				return -1
			}
		}
		return i + 5
	}
	return -1
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// Blank passes over white space.
func Blank(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// Number passes over the number at i. It returns the index behind it, or -1. What follows is not looked at, and must be for the
// grammar's sake: 01 is the number 0 and something else.
func Number(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	default:
		if i = digits(b, i); i < 0 {
			return -1
		}
	}
	if i < len(b) && b[i] == '.' {
		if i = digits(b, i+1); i < 0 {
			return -1
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return digits(b, i)
	}
	return i
}

func digits(b []byte, i int) int {
	start := i
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

// Word passes over true, false or null at i. It returns the index behind it, or -1.
func Word(b []byte, i int) int {
	for _, word := range [...]string{"true", "false", "null"} {
		if b[i] == word[0] && len(b)-i >= len(word) && string(b[i:i+len(word)]) == word {
			return i + len(word)
		}
	}
	return -1
}

// Value passes over the value at i, which may open at most depth brackets. It returns the index behind it; -1 if there is none, it is not
// valid, or it is nested deeper.
func Value(b []byte, i, depth int) int {
	if i >= len(b) {
		return -1
	}
	switch c := b[i]; {
	case c == '"':
		end, _ := String(b, i+1)
		if end < 0 {
			return -1
		}
		return end + 1
	case c == '{':
		return object(b, i+1, depth)
	case c == '[':
		return array(b, i+1, depth)
	case c == '-' || isDigit(c):
		return Number(b, i)
	}
	return Word(b, i)
}

func object(b []byte, i, depth int) int {
	if depth <= 0 {
		return -1
	}
	i = Blank(b, i)
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return -1
		}
		end, _ := String(b, i+1)
		if end < 0 {
			return -1
		}
		i = Colon(b, end+1)
		if i < 0 {
			return -1
		}
		if i = Value(b, i, depth-1); i < 0 {
			return -1
		}
		var more bool
		if i, more = Next(b, i, '}'); !more {
			return i
		}
	}
}

func array(b []byte, i, depth int) int {
	if depth <= 0 {
		return -1
	}
	i = Blank(b, i)
	if i < len(b) && b[i] == ']' {
		return i + 1
	}
	for {
		if i = Value(b, i, depth-1); i < 0 {
			return -1
		}
		var more bool
		if i, more = Next(b, i, ']'); !more {
			return i
		}
	}
}

// Colon passes over what is between a member's name and its value; -1 if that is no colon.
func Colon(b []byte, i int) int {
	if i < len(b) && b[i] != ':' {
		i = Blank(b, i)
	}
	if i >= len(b) || b[i] != ':' {
		return -1
	}
	if i++; i < len(b) && b[i] <= ' ' {
		i = Blank(b, i)
	}
	return i
}

// Next passes over a comma, and then there is more, or over the closing bracket; the index is -1 if there is neither.
func Next(b []byte, i int, bracket byte) (int, bool) {
	if i < len(b) && b[i] <= ' ' {
		i = Blank(b, i)
	}
	switch {
	case i >= len(b):
		return -1, false
	case b[i] == bracket:
		return i + 1, false
	case b[i] != ',':
		return -1, false
	}
	if i++; i < len(b) && b[i] <= ' ' {
		i = Blank(b, i)
	}
	return i, true
}
