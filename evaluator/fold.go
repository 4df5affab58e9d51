package evaluator

import (
	"unicode"
	"unicode/utf8"
)

// char is a character as patterns count them: a code point, or one byte that is
// not part of valid UTF-8. Such a byte is negative, so that it equals itself
// alone, and not U+FFFD either.
type char = rune

// nextChar is the first character of s, which is not empty, and its width.
func nextChar(s string) (char, int) {
	r, width := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && width == 1 {
		return -1 - char(s[0]), 1
	}
	return r, width
}

// fold gives one and the same character for all that differ in letter case
// only: the smallest of the orbit of Unicode simple case folding. It is the
// relation of strings.EqualFold and of (?i) in the RE2 family, which is what
// search engines select when they are asked to ignore case: k, K and the Kelvin
// sign are one letter, so are s, S and the long s, and σ, ς and Σ; ß is not ss,
// and the dotted İ and dotless ı are nobody's other case.
//
// Lower-casing each rune, as §2.4 has it, is another relation (it would part σ
// from ς, and İ would meet i), and it contradicts the section's own ruling on
// the Kelvin sign.
func fold(c char) char {
	if c < 0 {
		return c
	}
	if c < utf8.RuneSelf {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		return c
	}
	smallest := c
	for next := unicode.SimpleFold(c); next != c; next = unicode.SimpleFold(next) {
		smallest = min(smallest, next)
	}
	return smallest
}
