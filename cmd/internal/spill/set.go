package spill

import "math/bits"

// ID is what a Set remembers of an item.
type ID [2]uint64

// Set remembers items, 16 bytes and a little room for each. It grows in parts, so that growing never takes much memory at once.
type Set struct {
	parts [64]part
	limit int // bytes
	bytes int
	begun int  // parts that are in use
	zero  bool // the ID of zeros, which means an empty place, is in the set
}

type part struct {
	places []ID // open addressing, in use up to seven eighths
	used   int
}

// NewSet makes a set that takes at most so many bytes.
func NewSet(limit int) *Set { return &Set{limit: limit} }

// Add adds an item. known tells whether it was there before; added is false if it was not and there is no room.
func (s *Set) Add(id ID) (known, added bool) {
	if id == (ID{}) {
		known, s.zero = s.zero, true
		return known, true
	}
	h := mix(id)
	p := &s.parts[h>>58]
	at, known := p.find(id, h)
	if known {
		return true, true
	}
	if 8*(p.used+1) > 7*len(p.places) {
		if !s.grow(p) {
			return false, false
		}
		at, _ = p.find(id, h)
	}
	p.places[at] = id
	p.used++
	return false, true
}

// mix spreads the bits of an ID, which may be a counter.
func mix(id ID) uint64 {
	hi, lo := bits.Mul64(id[0]^0x9e3779b97f4a7c15, id[1]^0xd1342543de82ef95)
	return (hi ^ lo ^ id[0]) * 0x9e3779b97f4a7c15
}

// find returns the place of an item, or the one where it belongs.
func (p *part) find(id ID, h uint64) (int, bool) {
	if len(p.places) == 0 {
		return 0, false
	}
	first, _ := bits.Mul64(h<<6, uint64(len(p.places))) // without the bits that chose the part
	for i := int(first); ; {
		switch p.places[i] {
		case id:
			return i, true
		case ID{}:
			return i, false
		}
		if i++; i == len(p.places) {
			i = 0
		}
	}
}

// grow makes a part half as large again. Parts begin with different sizes, so that they do not grow all at the same time.
func (s *Set) grow(p *part) bool {
	size := len(p.places) + len(p.places)/2
	if size == 0 {
		size = 64 + s.begun
		s.begun++
	}
	if s.bytes+16*(size-len(p.places)) > s.limit {
		return false
	}
	s.bytes += 16 * (size - len(p.places))
	old := p.places
	p.places = make([]ID, size)
	for _, id := range old {
		if id != (ID{}) {
			at, _ := p.find(id, mix(id))
			p.places[at] = id
		}
	}
	return true
}
