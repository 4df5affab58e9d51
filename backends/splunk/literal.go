package splunk

import (
	"regexp/syntax"
	"strings"
)

// maxRequired bounds the alternatives that an expression adds to the search stage.
const maxRequired = 20

// required finds texts of which everything that an expression matches holds at
// least one, in any letter case: what the search stage can ask an index for. It
// is nil when there are none worth a search. usable tells which bytes may stand in
// such a text.
func required(re *syntax.Regexp, usable func(byte) bool) []string {
	switch re.Op {
	case syntax.OpLiteral:
		text := longestRun(string(re.Rune), usable)
		if len(text) < minContained {
			return nil
		}
		if re.Flags&syntax.FoldCase != 0 {
			text = strings.ToLower(text) // which the parser has in upper case
		}
		return []string{text}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0], usable)
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0], usable)
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if texts := required(sub, usable); shortest(texts) > shortest(best) {
				best = texts
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			texts := required(sub, usable)
			if texts == nil || len(all)+len(texts) > maxRequired {
				return nil
			}
			all = append(all, texts...)
		}
		return all
	}
	return nil
}

func longestRun(s string, usable func(byte) bool) string {
	best := ""
	for _, run := range strings.FieldsFunc(s, func(r rune) bool { return r >= 0x80 || !usable(byte(r)) }) {
		if len(run) > len(best) {
			best = run
		}
	}
	return best
}

// shortest is the length of the shortest text, 0 for none.
func shortest(texts []string) int {
	if texts == nil {
		return 0
	}
	n := len(texts[0])
	for _, t := range texts {
		n = min(n, len(t))
	}
	return n
}
