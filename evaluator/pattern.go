package evaluator

import (
	"fmt"
	"strings"

	"sigmatic/ast"
)

// refPattern is an ast.Pattern taken apart into steps. Each takes exactly one
// character of the text, but for the star, which takes any run of them.
type refPattern struct {
	steps []step
	cased bool
}

type step struct {
	kind stepKind
	char char // of a stepChar, folded unless the pattern is cased
}

type stepKind uint8

const (
	stepChar stepKind = iota
	stepOne           // ?
	stepDash          // one of ast.DashRunes
	stepStar          // *
)

// newRefPattern compiles parts. Those with a placeholder never come here.
func newRefPattern(parts []ast.Part, cased bool) *refPattern {
	p := &refPattern{cased: cased}
	for _, part := range parts {
		switch part := part.(type) {
		case ast.Literal:
			for s := string(part); s != ""; {
				c, width := nextChar(s)
				p.steps = append(p.steps, step{kind: stepChar, char: p.key(c)})
				s = s[width:]
			}
		case ast.AnyRun:
			p.steps = append(p.steps, step{kind: stepStar})
		case ast.AnyOne:
			p.steps = append(p.steps, step{kind: stepOne})
		case ast.Dash:
			p.steps = append(p.steps, step{kind: stepDash})
		default:
			panic(fmt.Sprintf("evaluator: a pattern with %T was not refused", part))
		}
	}
	return p
}

// key is what two characters have in common when the pattern takes one for the other.
func (p *refPattern) key(c char) char {
	if p.cased {
		return c
	}
	return fold(c)
}

// matches reports whether the whole text is of the pattern (§2.3). When a step
// fails, the last star takes one character more; an earlier star need never be
// tried again, since whatever it could take, the last one can take as well.
func (p *refPattern) matches(text string) bool {
	next, at := 0, 0       // step and byte to look at
	star, starEnd := -1, 0 // the last star, and the byte after what it took
	for at < len(text) {
		c, width := nextChar(text[at:])
		switch {
		case next < len(p.steps) && p.steps[next].kind == stepStar:
			star, starEnd = next, at
			next++
		case next < len(p.steps) && p.takes(p.steps[next], c):
			at += width
			next++
		case star >= 0:
			_, width := nextChar(text[starEnd:])
			starEnd += width
			at, next = starEnd, star+1
		default:
			return false
		}
	}
	for next < len(p.steps) && p.steps[next].kind == stepStar {
		next++
	}
	return next == len(p.steps)
}

// takes reports whether a step other than a star takes c.
func (p *refPattern) takes(s step, c char) bool {
	switch s.kind {
	case stepChar:
		return p.key(c) == s.char
	case stepOne:
		return true
	case stepDash:
		return c >= 0 && strings.ContainsRune(ast.DashRunes, c)
	case stepStar:
	}
	return false
}
