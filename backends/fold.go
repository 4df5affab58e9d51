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
