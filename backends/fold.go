package backends

import (
	"strings"
	"unicode"
)

// FoldOrbit is the set of code points that are one letter to a comparison that
// ignores case: r itself first, then the others in the order of
// unicode.SimpleFold. A character without case is alone in its orbit.
func FoldOrbit(r rune) []rune {
	orbit := []rune{r}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		orbit = append(orbit, f)
	}
	return orbit
}

// HasCase reports whether a comparison of s depends on letter case.
func HasCase(s string) bool {
	for _, r := range s {
		if unicode.SimpleFold(r) != r {
			return true
		}
	}
	return false
}

// InClass reports whether a class of a regular expression, given by its ranges as
// in syntax.Regexp, has a character.
func InClass(ranges []rune, r rune) bool {
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i] <= r && r <= ranges[i+1] {
			return true
		}
	}
	return false
}

// ClassMindsCase reports whether a class has some letter and lacks it in another
// case.
func ClassMindsCase(ranges []rune) bool {
	if n := len(ranges); n > 0 && ranges[n-1] == unicode.MaxRune {
		ranges = complement(ranges) // of which the same is true, and which has fewer characters
	}
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if f := unicode.SimpleFold(r); f != r && !InClass(ranges, f) {
				return true
			}
		}
	}
	return false
}

// complement gives the characters that a class with the last one lacks.
func complement(ranges []rune) (out []rune) {
	next := rune(0)
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i] > next {
			out = append(out, next, ranges[i]-1)
		}
		next = ranges[i+1] + 1
	}
	return out
}

// FoldsBeyondASCII reports whether a comparison of s that ignores case differs
// from one that ignores it for ASCII letters only: s holds a cased letter
// outside ASCII, or one that has such a fellow, as k has the Kelvin sign and s
// the long s.
func FoldsBeyondASCII(s string) bool {
	for _, r := range s {
		if r < 0x80 && !strings.ContainsRune("kKsS", r) {
			continue
		}
		if unicode.SimpleFold(r) != r {
			return true
		}
	}
	return false
}
