package evaluator

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"sigmatic/ast"
)

// keywordIndex finds the queries that the texts of an event leave possible which look for keywords. The texts are put one behind the other,
// folded, with a zero byte between them, and looked through once for all literals.
type keywordIndex struct {
	queries map[string][]int32 // by folded literal
	grams   [gramBits / 64]uint64
	byGram  map[uint32][]string // literals by their first four bytes
	short   []string            // those that have not as many
}

// gramBits is the size of the set by which most places of an event are told to begin no literal.
const gramBits = 1 << 17

const gramLength = 4

func gramHash(gram uint32) uint32 { return gram * 0x9e3779b1 >> (32 - 17) }

func (k *keywordIndex) inUse() bool { return k.queries != nil }

func (k *keywordIndex) add(literal string, query int32) {
	if k.queries == nil {
		k.queries, k.byGram = map[string][]int32{}, map[uint32][]string{}
	}
	if _, known := k.queries[literal]; !known {
		if len(literal) < gramLength {
			k.short = append(k.short, literal)
		} else {
			gram := binary.LittleEndian.Uint32([]byte(literal))
			k.byGram[gram] = append(k.byGram[gram], literal)
			k.grams[gramHash(gram)/64] |= 1 << (gramHash(gram) % 64)
		}
	}
	k.queries[literal] = appendNew(k.queries[literal], query)
}

// keywordCandidates evaluates the queries one of whose literals is in the event.
func (m *Matcher) keywordCandidates() {
	k := &m.engine.keywords
	text := m.scalars
	for i := 0; i+gramLength <= len(text); i++ {
		gram := binary.LittleEndian.Uint32(text[i:])
		h := gramHash(gram)
		if k.grams[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		for _, literal := range k.byGram[gram] {
			if len(text)-i >= len(literal) && string(text[i:i+len(literal)]) == literal {
				m.put(k.queries[literal])
			}
		}
	}
	for _, literal := range k.short {
		if strings.Contains(textOf(text), literal) {
			m.put(k.queries[literal])
		}
	}
}

// addScalar puts a text among those that keywords are looked for in.
func (m *Matcher) addScalar(b []byte, escaped bool) {
	if escaped {
		b = m.unescaped(b)
	}
	m.scalars, _ = appendFolded(m.scalars, textOf(b))
	m.scalars = append(m.scalars, 0)
}

// foldedLiteral gives the text by which a keyword is found, folded; "" if it has none.
func foldedLiteral(literal string) string {
	if strings.IndexByte(literal, 0) >= 0 {
		return ""
	}
	folded, _ := appendFolded(nil, literal)
	return string(folded)
}

// patternLiteral is the longest text that a pattern cannot do without.
func patternLiteral(parts []ast.Part) string {
	longest := ""
	for _, part := range parts {
		if l, ok := part.(ast.Literal); ok && len(l) > len(longest) {
			longest = string(l)
		}
	}
	return longest
}

// regexLiteral is a text, folded, that every text has in which the expression finds something; "" if none is known.
func regexLiteral(source string) string {
	re, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return ""
	}
	return requiredLiteral(re)
}

func requiredLiteral(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		// An expression takes a byte that is not UTF-8 for U+FFFD.
		if slices.Contains(re.Rune, utf8.RuneError) {
			return ""
		}
		return foldedLiteral(string(re.Rune))
	case syntax.OpCapture, syntax.OpPlus:
		return requiredLiteral(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return requiredLiteral(re.Sub[0])
		}
	case syntax.OpConcat:
		longest := ""
		for _, sub := range re.Sub {
			if l := requiredLiteral(sub); len(l) > len(longest) {
				longest = l
			}
		}
		return longest
	}
	return ""
}
