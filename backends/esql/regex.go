package esql

import (
	"errors"
	"regexp/syntax"
	"strconv"
	"strings"
)

// A regular expression of Lucene matches whole values, has no flags, no
// anchors and no word boundaries. Whoever searches must pad, so the two ends of
// an expression are translated apart from its middle: an anchor there is a
// padding that is left out, and a boundary there is one that ends in the right
// kind of character. Elsewhere they have no translation.

var (
	errAnchor   = errors.New("an anchor or a word boundary that is not at an end")
	errBoundary = errors.New("a word boundary beside what may or may not be a word character")
)

// wordRanges are the characters of \w, the same in Go and in a class.
var wordRanges = []rune{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'}

// precedence of a piece of an expression, from loose to tight.
type precedence uint8

const (
	union precedence = iota
	sequence
	single
)

// piece is an expression of Lucene. never says that it matches nothing, for
// which there is no text.
type piece struct {
	text  string // "" matches the empty text
	prec  precedence
	never bool
}

var nothing = piece{never: true}

// at writes the piece as an operand of the given precedence.
func (p piece) at(min precedence) string {
	if p.prec < min {
		return "(" + p.text + ")"
	}
	return p.text
}

// translator turns the tree of a Go expression into Lucene's dialect. lines
// says that the value holds several texts, one a line, of which one is to match.
type translator struct{ lines bool }

// search translates an expression that may match anywhere in the value.
func (t translator) search(re *syntax.Regexp) (piece, error) { return t.edge(re, true, true) }

// edge translates an expression that lies at the left or the right end of the
// value, which it then pads.
func (t translator) edge(re *syntax.Regexp, left, right bool) (piece, error) {
	if !hasAnchor(re) {
		p, err := t.inner(trim(re, left, right))
		if err != nil || p.never {
			return p, err
		}
		return pad(p, open(left), open(right)), nil
	}
	switch re.Op {
	case syntax.OpCapture:
		return t.edge(re.Sub[0], left, right)
	case syntax.OpQuest:
		return t.alternatives([]*syntax.Regexp{re.Sub[0], {Op: syntax.OpEmptyMatch}}, left, right)
	case syntax.OpAlternate:
		return t.alternatives(re.Sub, left, right)
	case syntax.OpConcat:
		return t.sequence(re.Sub, left, right)
	case syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return t.sequence([]*syntax.Regexp{re}, left, right)
	}
	return nothing, errAnchor
}

func (t translator) alternatives(subs []*syntax.Regexp, left, right bool) (piece, error) {
	pieces := make([]piece, len(subs))
	for i, sub := range subs {
		var err error
		if pieces[i], err = t.edge(sub, left, right); err != nil {
			return nothing, err
		}
	}
	return unite(pieces), nil
}

// sequence translates a concatenation that has anchors in it.
func (t translator) sequence(subs []*syntax.Regexp, left, right bool) (piece, error) {
	head, tail := open(left), open(right)
	if left {
		n := leading(subs)
		var err error
		if head, err = t.ending(subs[:n], neighbour(subs[n:], false)); err != nil {
			return nothing, err
		}
		subs = subs[n:]
		left = n == 0
	}
	if right {
		n := trailing(subs)
		var err error
		if tail, err = t.ending(subs[len(subs)-n:], neighbour(subs[:len(subs)-n], true)); err != nil {
			return nothing, err
		}
		subs = subs[:len(subs)-n]
		right = n == 0
	}
	if head == impossible || tail == impossible {
		return nothing, nil
	}
	middle, err := t.middle(subs, left, right)
	if err != nil || middle.never {
		return middle, err
	}
	if left { // middle has padded itself
		head = ""
	}
	if right {
		tail = ""
	}
	return pad(middle, head, mirror(tail)), nil
}

// middle translates what lies between the anchors of a sequence.
func (t translator) middle(subs []*syntax.Regexp, left, right bool) (piece, error) {
	whole := &syntax.Regexp{Op: syntax.OpConcat, Sub: subs}
	switch {
	case len(subs) == 0:
		return pad(piece{prec: single}, open(left), open(right)), nil
	case !hasAnchor(whole):
		return t.edge(whole, left, right)
	case len(subs) == 1 && isAnchor(subs[0]):
		return nothing, errAnchor
	case len(subs) == 1:
		return t.edge(subs[0], left, right)
	}
	var b strings.Builder
	last := len(subs) - 1
	for i, sub := range subs {
		p, err := t.edge(sub, left && i == 0, right && i == last)
		if err != nil || p.never {
			return p, err
		}
		b.WriteString(p.at(sequence))
	}
	return piece{text: b.String(), prec: sequence}, nil
}

// The paddings at the left end of an expression; mirror gives those of the right.
const (
	padAny     = ".*"
	padNone    = ""
	padLine    = "(.*\n)?"
	padWord    = ".*[0-9A-Z_a-z]"
	padNonWord = "(.*[^0-9A-Z_a-z])?"
	impossible = "\x00" // no padding can make the anchors true
)

func mirror(padding string) string {
	switch padding {
	case padLine:
		return "(\n.*)?"
	case padWord:
		return "[0-9A-Z_a-z].*"
	case padNonWord:
		return "([^0-9A-Z_a-z].*)?"
	}
	return padding
}

func open(end bool) string {
	if end {
		return padAny
	}
	return ""
}

// ending gives the padding that makes the anchors at one end of an expression
// true, as it is written at the left. They all hold at one place, so their
// order is of no meaning. beside is the kind of the character inside.
func (t translator) ending(anchors []*syntax.Regexp, beside kind) (string, error) {
	padding := padAny
	for _, a := range anchors {
		switch a.Op {
		case syntax.OpBeginText, syntax.OpEndText:
			if padding = padNone; t.lines {
				padding = padLine
			}
		case syntax.OpBeginLine, syntax.OpEndLine:
			if padding == padAny {
				padding = padLine
			}
		}
	}
	for _, a := range anchors {
		if a.Op != syntax.OpWordBoundary && a.Op != syntax.OpNoWordBoundary {
			continue
		}
		if beside == unsure {
			return "", errBoundary
		}
		// The neighbour outside is of the other kind for \b, of the same for \B.
		// At an anchor it is a line break or none, which is no word character.
		wantWord := (beside == word) == (a.Op == syntax.OpNoWordBoundary)
		switch {
		case padding == padAny && wantWord:
			padding = padWord
		case padding == padAny:
			padding = padNonWord
		case wantWord != (padding == padWord):
			return impossible, nil
		}
	}
	return padding, nil
}

// leading counts the anchors and boundaries at the head of a sequence.
func leading(subs []*syntax.Regexp) int {
	n := 0
	for n < len(subs) && (isBoundary(subs[n]) || subs[n].Op == syntax.OpBeginText || subs[n].Op == syntax.OpBeginLine) {
		n++
	}
	return n
}

// trailing counts the anchors and boundaries at the tail of a sequence.
func trailing(subs []*syntax.Regexp) int {
	n := 0
	for i := len(subs) - 1; i >= 0; i-- {
		if !isBoundary(subs[i]) && subs[i].Op != syntax.OpEndText && subs[i].Op != syntax.OpEndLine {
			break
		}
		n++
	}
	return n
}

func isBoundary(re *syntax.Regexp) bool {
	return re.Op == syntax.OpWordBoundary || re.Op == syntax.OpNoWordBoundary
}

func isAnchor(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine:
		return true
	}
	return isBoundary(re)
}

func hasAnchor(re *syntax.Regexp) bool {
	if isAnchor(re) {
		return true
	}
	for _, sub := range re.Sub {
		if hasAnchor(sub) {
			return true
		}
	}
	return false
}

// pad puts texts before and behind a piece.
func pad(p piece, head, tail string) piece {
	if head == "" && tail == "" {
		return p
	}
	if p.text == "" && head == padAny && tail == padAny {
		tail = ""
	}
	return piece{text: head + p.at(sequence) + tail, prec: sequence}
}

// inner translates an expression that has no anchors in it.
func (t translator) inner(re *syntax.Regexp) (piece, error) {
	switch re.Op {
	case syntax.OpNoMatch:
		return nothing, nil
	case syntax.OpEmptyMatch:
		return piece{prec: single}, nil
	case syntax.OpLiteral:
		return literal(re), nil
	case syntax.OpCharClass:
		return t.class(re.Rune), nil
	case syntax.OpAnyCharNotNL:
		return piece{text: "[^\n]", prec: single}, nil
	case syntax.OpAnyChar:
		return t.class([]rune{0, '\U0010FFFF'}), nil
	case syntax.OpCapture:
		return t.inner(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		return t.repeat(re)
	case syntax.OpConcat:
		return t.concat(re.Sub)
	case syntax.OpAlternate:
		pieces := make([]piece, len(re.Sub))
		for i, sub := range re.Sub {
			var err error
			if pieces[i], err = t.inner(sub); err != nil {
				return nothing, err
			}
		}
		return unite(pieces), nil
	}
	return nothing, errAnchor
}

func literal(re *syntax.Regexp) piece {
	var b strings.Builder
	for _, r := range re.Rune {
		if re.Flags&syntax.FoldCase != 0 {
			writeFolded(&b, r)
		} else {
			writeRune(&b, r)
		}
	}
	if len(re.Rune) == 1 {
		return piece{text: b.String(), prec: single}
	}
	return piece{text: b.String(), prec: sequence}
}

// class translates pairs of bounds. A text that is one line of several holds
// no line break.
func (t translator) class(ranges []rune) piece {
	ranges = scalars(ranges)
	if t.lines {
		ranges = without(ranges, '\n')
	}
	if len(ranges) == 0 {
		return nothing
	}
	var b strings.Builder
	writeClass(&b, ranges)
	return piece{text: b.String(), prec: single}
}

func (t translator) concat(subs []*syntax.Regexp) (piece, error) {
	var b strings.Builder
	for _, sub := range subs {
		p, err := t.inner(sub)
		if err != nil || p.never {
			return p, err
		}
		b.WriteString(p.at(sequence))
	}
	if b.Len() == 0 {
		return piece{prec: single}, nil
	}
	return piece{text: b.String(), prec: sequence}, nil
}

func (t translator) repeat(re *syntax.Regexp) (piece, error) {
	sub, err := t.inner(re.Sub[0])
	if err != nil {
		return nothing, err
	}
	least, suffix := repetition(re)
	if sub.never && least > 0 {
		return nothing, nil
	}
	if sub.never || sub.text == "" || suffix == "{0}" {
		return piece{prec: single}, nil
	}
	if suffix == "" {
		return sub, nil
	}
	// A repetition of a repetition needs parentheses as a sequence does.
	return piece{text: sub.at(single) + suffix, prec: sequence}, nil
}

// repetition gives the least count of an operator and its text; lazy operators
// are as greedy as the others to a match of the whole value.
func repetition(re *syntax.Regexp) (int, string) {
	switch re.Op {
	case syntax.OpStar:
		return 0, "*"
	case syntax.OpPlus:
		return 1, "+"
	case syntax.OpQuest:
		return 0, "?"
	}
	lo, hi := strconv.Itoa(re.Min), strconv.Itoa(re.Max)
	switch {
	case re.Max == re.Min && re.Max == 1:
		return 1, ""
	case re.Max == re.Min:
		return re.Min, "{" + lo + "}"
	case re.Max < 0:
		return re.Min, "{" + lo + ",}"
	}
	return re.Min, "{" + lo + "," + hi + "}"
}

// unite writes alternatives. Lucene has no empty alternative, so one that
// matches the empty text makes the others optional.
func unite(pieces []piece) piece {
	var texts []string
	var last piece
	empty := false
	for _, p := range pieces {
		switch {
		case p.never:
		case p.text == "":
			empty = true
		default:
			texts = append(texts, p.text)
			last = p
		}
	}
	switch {
	case len(texts) == 0 && empty:
		return piece{prec: single}
	case len(texts) == 0:
		return nothing
	case len(texts) > 1:
		last = piece{text: strings.Join(texts, "|"), prec: union}
	}
	if empty {
		return piece{text: last.at(single) + "?", prec: sequence}
	}
	return last
}

// trim drops from an open end what adds nothing to a search: all that may
// match the empty text, and the repetitions beyond the least.
func trim(re *syntax.Regexp, left, right bool) *syntax.Regexp {
	if !left && !right {
		return re
	}
	if nullable(re) {
		return &syntax.Regexp{Op: syntax.OpEmptyMatch}
	}
	switch re.Op {
	case syntax.OpCapture:
		return trim(re.Sub[0], left, right)
	case syntax.OpPlus:
		return trim(re.Sub[0], left, right)
	case syntax.OpRepeat:
		least := *re
		least.Max = least.Min
		return &least
	case syntax.OpConcat:
		subs := re.Sub
		for left && len(subs) > 0 && nullable(subs[0]) {
			subs = subs[1:]
		}
		for right && len(subs) > 0 && nullable(subs[len(subs)-1]) {
			subs = subs[:len(subs)-1]
		}
		subs = append([]*syntax.Regexp(nil), subs...)
		if len(subs) == 1 {
			return trim(subs[0], left, right)
		}
		if n := len(subs); n > 0 {
			subs[0] = trim(subs[0], left, false)
			subs[n-1] = trim(subs[n-1], false, right)
		}
		return &syntax.Regexp{Op: syntax.OpConcat, Sub: subs}
	}
	return re
}

// nullable reports whether an expression without anchors may match the empty text.
func nullable(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpStar, syntax.OpQuest:
		return true
	case syntax.OpRepeat:
		return re.Min == 0 || nullable(re.Sub[0])
	case syntax.OpPlus, syntax.OpCapture:
		return nullable(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !nullable(sub) {
				return false
			}
		}
		return true
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if nullable(sub) {
				return true
			}
		}
	}
	return false
}

// kind says whether a character belongs to \w.
type kind uint8

const (
	unsure kind = iota
	word
	nonWord
)

// neighbour gives the kind of the first character, or the last, that a
// sequence consumes; the empty sequence has none and is unsure.
func neighbour(subs []*syntax.Regexp, last bool) kind {
	if len(subs) == 0 {
		return unsure
	}
	if last {
		return kindOf(subs[len(subs)-1], true)
	}
	return kindOf(subs[0], false)
}

func kindOf(re *syntax.Regexp, last bool) kind {
	switch re.Op {
	case syntax.OpLiteral:
		r := re.Rune[0]
		if last {
			r = re.Rune[len(re.Rune)-1]
		}
		if re.Flags&syntax.FoldCase != 0 && strings.ContainsRune("kKsS\u017f\u212a", r) {
			return unsure // the orbits of k and s have members beyond ASCII
		}
		return kindOfRanges([]rune{r, r})
	case syntax.OpCharClass:
		return kindOfRanges(re.Rune)
	case syntax.OpCapture, syntax.OpPlus:
		return kindOf(re.Sub[0], last)
	case syntax.OpRepeat:
		if re.Min > 0 {
			return kindOf(re.Sub[0], last)
		}
	case syntax.OpConcat:
		return neighbour(re.Sub, last)
	case syntax.OpAlternate:
		k := kindOf(re.Sub[0], last)
		for _, sub := range re.Sub[1:] {
			if kindOf(sub, last) != k {
				return unsure
			}
		}
		return k
	}
	return unsure
}

// kindOfRanges is sure when all of the characters are of one kind.
func kindOfRanges(ranges []rune) kind {
	inside, outside := false, false
	for i := 0; i < len(ranges); i += 2 {
		rest := ranges[i+1] - ranges[i] + 1
		for j := 0; j < len(wordRanges); j += 2 {
			if n := min(ranges[i+1], wordRanges[j+1]) - max(ranges[i], wordRanges[j]) + 1; n > 0 {
				inside = true
				rest -= n
			}
		}
		outside = outside || rest > 0
	}
	switch {
	case inside && !outside:
		return word
	case outside && !inside:
		return nonWord
	}
	return unsure
}
