package logsql

import (
	"regexp/syntax"
	"strings"

	"sigmatic/ast"
)

// numberRunes are the characters of numbers in JSON.
const numberRunes = "0123456789+-.eE"

// meetsNumber reports whether a pattern may match the text of a number, which
// the source may spell in several ways. It errs on the side of yes.
func meetsNumber(parts []ast.Part) bool {
	literal := false
	for _, part := range parts {
		switch part := part.(type) {
		case ast.Literal:
			literal = true
			if !inNumber(string(part)) {
				return false
			}
		case ast.AnyOne, ast.Dash:
			literal = true
		}
	}
	return literal
}

// inNumber reports whether s can be a piece of a number.
func inNumber(s string) bool {
	if strings.Trim(s, numberRunes) != "" {
		return false
	}
	dots, exponents := 0, 0
	for i := range len(s) {
		last := i == len(s)-1
		switch s[i] {
		case '.':
			dots++
			if exponents > 0 || !last && !isDigit(s[i+1]) {
				return false
			}
		case 'e', 'E':
			exponents++
			if !last && strings.IndexByte("0123456789+-", s[i+1]) < 0 || i > 0 && !isDigit(s[i-1]) {
				return false
			}
		case '+', '-':
			if !last && !isDigit(s[i+1]) || i > 0 && s[i-1]|0x20 != 'e' {
				return false
			}
		}
	}
	return dots <= 1 && exponents <= 1
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// regexMeetsNumber reports whether an expression may be found in the text of a
// number other than by matching everything. It errs on the side of yes.
func regexMeetsNumber(r *syntax.Regexp) bool {
	switch r.Op {
	case syntax.OpNoMatch:
		return false
	case syntax.OpLiteral:
		for _, c := range r.Rune {
			if c >= 0x80 || strings.IndexByte(numberRunes, byte(c)) < 0 {
				return false
			}
		}
	case syntax.OpCharClass:
		for i := 0; i+1 < len(r.Rune); i += 2 {
			for _, c := range numberRunes {
				if r.Rune[i] <= c && c <= r.Rune[i+1] {
					return true
				}
			}
		}
		return false
	case syntax.OpConcat:
		for _, sub := range r.Sub {
			if !regexMeetsNumber(sub) {
				return false
			}
		}
	case syntax.OpAlternate:
		for _, sub := range r.Sub {
			if regexMeetsNumber(sub) {
				return true
			}
		}
		return false
	case syntax.OpCapture, syntax.OpPlus:
		return regexMeetsNumber(r.Sub[0])
	case syntax.OpRepeat:
		return r.Min == 0 || regexMeetsNumber(r.Sub[0])
	}
	return true
}
