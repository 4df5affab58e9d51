package logsql

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"sigmatic/backends"
)

// VictoriaLogs does not always run an expression as it stands. It simplifies
// it, takes a literal off its front, which it searches on its own, and matches
// the rest behind that literal (lib/regexutil, NewRegex). For some expressions
// this changes the meaning; each case here was measured on VictoriaLogs 1.121.0:
//
//   - In the rest, \b, \B and ^ see no character before them: "foo\b" is not
//     found in "foo bar".
//   - A lone $ of lines becomes that of the text, a lone dot loses its line
//     breaks: "(?m)foo$", "(?s)foo.".
//   - "(?s).+foo.+" is looked for at the first foo only.
//
// A .* in front of an expression changes nothing in a search, and takes the
// literal off the front; \A.* also keeps the server from what it does to .+foo.+
// where dots match line breaks.

// isMisread reports whether VictoriaLogs may give an expression another meaning
// than RE2 does.
func isMisread(text string) bool {
	skeleton, err := syntax.Parse(text, syntax.Perl|syntax.DotNL)
	if err != nil {
		return true
	}
	bare(skeleton, skeleton)
	tree := simplified(skeleton.String())
	return tree == nil || changes(tree)
}

// changes reports whether a simplified expression is one that VictoriaLogs gives
// another meaning.
func changes(tree *syntax.Regexp) bool {
	if tree.Op != syntax.OpConcat {
		return hasLostFlag(tree)
	}
	subs := tree.Sub
	if isLiteral(subs[0]) {
		subs = subs[1:]
		rest := &syntax.Regexp{Op: syntax.OpConcat, Sub: subs}
		if contains(rest, looksBehind) || hasLostFlag(rest) {
			return true
		}
	} else if hasLostFlag(tree) {
		return true
	}
	return tree.Sub[0].Op != syntax.OpBeginText && endsBetweenDots(subs)
}

// isDelicate reports whether an expression has what VictoriaLogs misreads: an
// assertion, a dot, or a class that may become a dot together with others. Most
// expressions have none, and to ask isMisread takes longer.
func isDelicate(tree *syntax.Regexp) bool {
	mayBeDot := func(r *syntax.Regexp) bool { return isWide(r) && isExposed(tree, r, false) }
	return contains(tree, func(r *syntax.Regexp) bool { return isAssertion(r) || isAnyDot(r) || isLineDot(r) || mayBeDot(r) })
}

// isWide finds a class of nearly all characters. To write one out as text, Go
// looks at each of them.
func isWide(r *syntax.Regexp) bool {
	return r.Op == syntax.OpCharClass && len(r.Rune) > 0 && r.Rune[len(r.Rune)-1] == unicode.MaxRune
}

// isExposed reports whether a class may end up beside single characters in an
// alternation, which is where several become one. That is so if nothing follows
// it in an alternative: what stands before may be taken out in front as common
// to others, as "x" is in "x[^a]|xa". last tells whether the tree itself is the
// end of an alternative.
func isExposed(tree, class *syntax.Regexp, last bool) bool {
	switch tree.Op {
	case syntax.OpAlternate:
		last = true
	case syntax.OpConcat:
		for i, sub := range tree.Sub {
			if isExposed(sub, class, last && !contains(&syntax.Regexp{Sub: tree.Sub[i+1:]}, consumes)) {
				return true
			}
		}
		return false
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		last = false
	case syntax.OpRepeat:
		last = last && tree.Min == 1 && tree.Max == 1
	}
	if tree == class {
		return last
	}
	for _, sub := range tree.Sub {
		if isExposed(sub, class, last) {
			return true
		}
	}
	return false
}

// consumes finds what may match a character.
func consumes(r *syntax.Regexp) bool {
	switch r.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	}
	return false
}

// endsBetweenDots finds .+x.+ at the end.
func endsBetweenDots(subs []*syntax.Regexp) bool {
	for len(subs) > 0 && isDots(subs[len(subs)-1], syntax.OpStar) {
		subs = subs[:len(subs)-1]
	}
	n := len(subs)
	return n >= 3 && isDots(subs[n-3], syntax.OpPlus) && isLiteral(subs[n-2]) && isDots(subs[n-1], syntax.OpPlus)
}

// simplified is the expression as VictoriaLogs simplifies it: parsed with dots
// that match line breaks, without groups, until nothing changes. It is nil
// when that does not come to an end.
func simplified(text string) *syntax.Regexp {
	before := ""
	for range 10 {
		tree, err := syntax.Parse(text, syntax.Perl|syntax.DotNL)
		if err != nil {
			return nil
		}
		if before == "" {
			before = tree.String()
		}
		tree = ungroup(tree).Simplify()
		if text = tree.String(); text == before {
			return tree
		}
		before = text
	}
	return nil
}

// bare takes out of a tree what is large and makes no difference to the form:
// what a large class holds, and how often beyond twice a piece is repeated.
// Writing out the classes of a large repetition takes longer than all else.
// Classes that together may be a dot stay, as in "([^a]|(a|\s))".
func bare(r, tree *syntax.Regexp) {
	const large = 64
	for _, sub := range r.Sub {
		bare(sub, tree)
	}
	switch r.Op {
	case syntax.OpCharClass:
		if len(r.Rune) > large || isWide(r) && !isExposed(tree, r, false) {
			if backends.ClassMindsCase(r.Rune) {
				r.Rune = []rune{'a', 'c'} // Go writes flags around it in another way
			} else {
				r.Rune = []rune{'0', '9'}
			}
		}
	case syntax.OpRepeat:
		r.Min, r.Max = min(r.Min, 2), min(r.Max, 2)
	}
}

// ungroup removes capturing groups and what matches nothing but emptiness.
func ungroup(r *syntax.Regexp) *syntax.Regexp {
	for i, sub := range r.Sub {
		r.Sub[i] = ungroup(sub)
	}
	switch r.Op {
	case syntax.OpCapture:
		return r.Sub[0]
	case syntax.OpConcat:
		r.Sub = slices.DeleteFunc(r.Sub, func(sub *syntax.Regexp) bool { return sub.Op == syntax.OpEmptyMatch })
		switch len(r.Sub) {
		case 0:
			return &syntax.Regexp{Op: syntax.OpEmptyMatch}
		case 1:
			return r.Sub[0]
		}
	}
	return r
}

// isLiteral finds a literal that VictoriaLogs searches on its own.
func isLiteral(r *syntax.Regexp) bool {
	return r.Op == syntax.OpLiteral && (r.Flags&syntax.FoldCase == 0 || !backends.HasCase(string(r.Rune)))
}

func isDots(r *syntax.Regexp, op syntax.Op) bool {
	return r.Op == op && r.Sub[0].Op == syntax.OpAnyChar
}

// looksBehind finds the assertions that depend on what stands before them.
func looksBehind(r *syntax.Regexp) bool {
	switch r.Op {
	case syntax.OpBeginLine, syntax.OpBeginText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	return false
}

// hasLostFlag reports whether the expression in Go's spelling has a piece from
// which VictoriaLogs strips the flag.
func hasLostFlag(r *syntax.Regexp) bool {
	text := r.String()
	return strings.Contains(text, "(?s:.)") || strings.Contains(text, "(?m:$)")
}
