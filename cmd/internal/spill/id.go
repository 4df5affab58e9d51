package spill

import (
	"crypto/sha256"
	"encoding/binary"
)

// IDOf is what a Set remembers of a text: the text itself if that is a UUID, as the ids of CloudTrail's events are, else the head of its hash. Two of a
// billion ids share a hash with a chance of less than one in 10^20.
func IDOf(id string) ID {
	if id == "" {
		return ID{}
	}
	if key, ok := uuidKey(id); ok {
		return key
	}
	sum := sha256.Sum256([]byte(id))
	return ID{binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])}
}

// uuidKey reads a UUID in its canonical text, so that different texts never have the same key.
func uuidKey(id string) (key ID, ok bool) {
	if len(id) != 36 {
		return key, false
	}
	digits := 0
	for i := range len(id) {
		c := id[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return key, false
			}
			continue
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		default:
			return key, false
		}
		key[digits/16] = key[digits/16]<<4 | uint64(c)
		digits++
	}
	return key, key != ID{}
}
