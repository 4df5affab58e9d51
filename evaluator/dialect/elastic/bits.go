package elastic

import "math/bits"

// Bits is a set of documents by their numbers.
type Bits struct {
	words []uint64
	n     int // of documents
}

// NewBits returns the empty set of n documents.
func NewBits(n int) Bits { return Bits{make([]uint64, (n+63)/64), n} }

// Set puts a document into the set.
func (b Bits) Set(doc int) { b.words[doc/64] |= 1 << (doc % 64) }

// Has reports whether a document is in the set.
func (b Bits) Has(doc int) bool { return b.words[doc/64]&(1<<(doc%64)) != 0 }

// And keeps what is in the other set too.
func (b Bits) And(o Bits) {
	for i := range b.words {
		b.words[i] &= o.words[i]
	}
}

// Or adds what is in the other set.
func (b Bits) Or(o Bits) {
	for i := range b.words {
		b.words[i] |= o.words[i]
	}
}

// Not turns the set into all other documents.
func (b Bits) Not() {
	for i := range b.words {
		b.words[i] = ^b.words[i]
	}
	if rest := b.n % 64; rest > 0 {
		b.words[len(b.words)-1] &= 1<<rest - 1
	}
}

// Len counts the documents in the set.
func (b Bits) Len() int {
	n := 0
	for _, w := range b.words {
		n += bits.OnesCount64(w)
	}
	return n
}
