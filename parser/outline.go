package parser

import (
	"bytes"
	"unicode/utf8"
)

// OnlyRules reports whether a look at the top-level keys shows that a file holds
// no filter and no correlation document, so that all its documents stand for
// themselves (a correlation that an aggregation of Sigma 1 becomes brings its
// rules along). False also means that a look does not show it, as for YAML in
// an unusual layout.
//
// In block layout the keys of a map stand in one column (YAML 1.2.2, 8.2.2). So
// where each document begins with a plain key in the first column, a key of that
// map stands nowhere else.
func OnlyRules(data []byte) bool {
	for _, lineBreak := range [...]string{"\u0085", "\u2028", "\u2029"} { // which bytes.ContainsAny would look for rune by rune
		if bytes.Contains(data, []byte(lineBreak)) {
			return false // line breaks that we do not count
		}
	}
	if !utf8.Valid(data) || bytes.Count(data, []byte{'\r'}) != bytes.Count(data, []byte("\r\n")) {
		return false
	}
	begun := false
	for line := range bytes.Lines(data) {
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case len(bytes.TrimLeft(line, " ")) == 0 || line[0] == '#':
		case string(line) == "---":
			begun = false
		case line[0] == ' ' || line[0] == '-' && len(line) > 1 && line[1] == ' ':
			if !begun {
				return false
			}
		default:
			key, _, ok := bytes.Cut(line, []byte{':'})
			if !ok || !isPlainKey(key) || string(key) == "filter" || string(key) == "correlation" {
				return false
			}
			begun = true
		}
	}
	return true
}

func isPlainKey(key []byte) bool {
	for _, c := range key {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return len(key) > 0 && key[0] != '-'
}
