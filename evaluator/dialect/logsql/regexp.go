package logsql

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	logsql "sigmatic/parser/query/logsql"
)

// engineRegexp is a regular expression as VictoriaLogs 1.121.0 runs it, which is
// not always what RE2 says it is. The server simplifies an expression, takes a
// literal off its front, looks for that, and matches the rest right behind it;
// for some forms of the rest it does something quicker (lib/regexutil). Measured
// with the table of TestRegexpShortcuts:
//
//   - The rest does not see what stands before it, so that \b, \B and ^ there
//     are taken for the beginning of the text.
//   - (?s:.) and (?m:$) lose their flags when the rest is written anew.
//   - Once the rest has been asked for a list of alternatives, it has lost the
//     pieces at its front that have one: [ab].+c.+ becomes .+c.+, which is looked
//     for as the text c with something on either side.
type engineRegexp struct {
	prefix string
	rest   func(s string) bool // on what stands behind the prefix
	words  []string            // that a block must have
}

// maxAlternatives is from where the server does not list alternatives.
const maxAlternatives = 100

// maxRounds bounds how often an expression is simplified. The server has no bound.
const maxRounds = 100

// compileRegexp reads an expression. ok is false if simplifying it has no end.
func compileRegexp(source string) (re *engineRegexp, ok bool, err error) {
	plain, err := regexp.Compile(source)
	if err != nil {
		return nil, false, err
	}
	tree := parseDotNL(source)
	re = &engineRegexp{words: innerWords(tree)}
	if isPlain(tree, true) {
		re.rest = plain.MatchString
		return re, true, nil
	}
	tree, ok = simplify(tree)
	if !ok {
		return nil, false, nil
	}
	rest, ok := re.cutPrefix(tree)
	if !ok {
		return nil, false, nil
	}
	re.rest, err = restMatcher(dropDotStars(rest, re.prefix == ""), re.prefix != "")
	return re, true, err
}

// match reports whether the server finds the expression in s.
func (re *engineRegexp) match(s string) bool {
	if re.prefix == "" {
		return re.rest(s)
	}
	for {
		i := strings.Index(s, re.prefix)
		if i < 0 {
			return false
		}
		if re.rest(s[i+len(re.prefix):]) {
			return true
		}
		s = s[i+1:]
	}
}

// isPlain finds expressions that no shortcut changes: without dots, or classes that
// together may become one, and without anything that looks back but for an anchor
// at the very front. Most are, and simplifying takes long.
func isPlain(tree *syntax.Regexp, atFront bool) bool {
	switch tree.Op {
	case syntax.OpBeginText:
		return atFront
	case syntax.OpCharClass:
		return len(tree.Rune) > 0 && tree.Rune[len(tree.Rune)-1] < unicode.MaxRune
	case syntax.OpLiteral, syntax.OpEmptyMatch, syntax.OpEndText, syntax.OpAlternate, syntax.OpConcat, syntax.OpCapture,
		syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
	default:
		return false
	}
	for i, sub := range tree.Sub {
		if !isPlain(sub, atFront && tree.Op == syntax.OpConcat && i == 0) {
			return false
		}
	}
	return true
}

func parseDotNL(source string) *syntax.Regexp {
	tree, err := syntax.Parse(source, syntax.Perl|syntax.DotNL)
	if err != nil {
		// What was printed from a tree is an expression.
		panic("logsql: " + err.Error())
	}
	return tree
}

// simplify takes out groups and what is empty until nothing changes.
func simplify(tree *syntax.Regexp) (*syntax.Regexp, bool) {
	before := tree.String()
	for range maxRounds {
		tree = withoutGroups(tree).Simplify()
		text := tree.String()
		if text == before {
			return tree, true
		}
		tree, before = parseDotNL(text), text
	}
	return nil, false
}

// withoutGroups removes capturing groups, and what is empty where it can go.
func withoutGroups(tree *syntax.Regexp) *syntax.Regexp {
	switch tree.Op {
	case syntax.OpCapture:
		return withoutGroups(tree.Sub[0])
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		if tree.Sub[0] = withoutGroups(tree.Sub[0]); tree.Sub[0].Op == syntax.OpEmptyMatch {
			return tree.Sub[0]
		}
	case syntax.OpAlternate:
		for i, sub := range tree.Sub {
			tree.Sub[i] = withoutGroups(sub)
		}
	case syntax.OpConcat:
		kept := tree.Sub[:0]
		for _, sub := range tree.Sub {
			if sub = withoutGroups(sub); sub.Op != syntax.OpEmptyMatch {
				kept = append(kept, sub)
			}
		}
		switch tree.Sub = kept; len(kept) {
		case 0:
			return &syntax.Regexp{Op: syntax.OpEmptyMatch}
		case 1:
			return kept[0]
		}
	}
	return tree
}

// literalOf gives the text of a piece that minds case.
func literalOf(tree *syntax.Regexp) (string, bool) {
	for tree.Op == syntax.OpCapture {
		tree = tree.Sub[0]
	}
	return string(tree.Rune), tree.Op == syntax.OpLiteral && tree.Flags&syntax.FoldCase == 0
}

// cutPrefix takes a literal off the front, and writes the rest anew.
func (re *engineRegexp) cutPrefix(tree *syntax.Regexp) (rest string, ok bool) {
	if text, ok := literalOf(tree); ok {
		re.prefix = text
		return "", true
	}
	if tree.Op == syntax.OpConcat {
		if text, isLiteral := literalOf(tree.Sub[0]); isLiteral {
			re.prefix = text
			tree.Sub = tree.Sub[1:]
			if tree, ok = simplify(tree); !ok {
				return "", false
			}
		}
	}
	rest = strings.ReplaceAll(tree.String(), "(?:)", "")
	rest = strings.ReplaceAll(rest, "(?s:.)", ".")
	return strings.ReplaceAll(rest, "(?m:$)", "$"), true
}

func isDots(tree *syntax.Regexp, op syntax.Op) bool {
	return tree.Op == op && tree.Sub[0].Op == syntax.OpAnyChar
}

// dropDotStars takes .* off the end of an expression, and off its front if
// nothing stands before. Only what it has taken apart is written anew, with the
// flags of its dots.
func dropDotStars(text string, alsoFront bool) string {
	tree := parseDotNL(text)
	if isDots(tree, syntax.OpStar) {
		return ""
	}
	if tree.Op != syntax.OpConcat {
		return text
	}
	subs := tree.Sub
	for alsoFront && len(subs) > 0 && isDots(subs[0], syntax.OpStar) {
		subs = subs[1:]
	}
	for len(subs) > 0 && isDots(subs[len(subs)-1], syntax.OpStar) {
		subs = subs[:len(subs)-1]
	}
	if len(subs) == 0 {
		return ""
	}
	tree.Sub = subs
	return tree.String()
}

// restMatcher gives what the server does for the rest of an expression.
func restMatcher(text string, anchored bool) (func(s string) bool, error) {
	tree := parseDotNL(text)
	alternatives := listAlternatives(tree) // leaves less of tree
	if len(alternatives) == 1 && alternatives[0] == "" {
		return func(string) bool { return true }, nil
	}
	if isDots(tree, syntax.OpPlus) {
		return func(s string) bool { return s != "" }, nil
	}
	if literal, ok := between(tree, syntax.OpStar); ok {
		return func(s string) bool { return strings.Contains(s, literal) }, nil
	}
	if literal, ok := between(tree, syntax.OpPlus); ok {
		return func(s string) bool {
			i := strings.Index(s, literal)
			return i > 0 && i+len(literal) < len(s)
		}, nil
	}
	if alternatives != nil {
		is := strings.Contains
		if anchored {
			is = strings.HasPrefix
		}
		return func(s string) bool {
			return slices.ContainsFunc(alternatives, func(a string) bool { return is(s, a) })
		}, nil
	}
	if anchored {
		text = "^(?:" + text + ")"
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return re.MatchString, nil
}

// between finds the literal in .*literal.* or .+literal.+.
func between(tree *syntax.Regexp, op syntax.Op) (string, bool) {
	if tree.Op != syntax.OpConcat || len(tree.Sub) != 3 || !isDots(tree.Sub[0], op) || !isDots(tree.Sub[2], op) {
		return "", false
	}
	text, ok := literalOf(tree.Sub[1])
	return text, ok && text != ""
}

// listAlternatives gives the texts that a tree stands for, nil if they are no
// short list. It takes the pieces that it has listed off the front of the tree,
// as the server does.
func listAlternatives(tree *syntax.Regexp) []string {
	switch tree.Op {
	case syntax.OpCapture:
		return listAlternatives(tree.Sub[0])
	case syntax.OpLiteral:
		if text, ok := literalOf(tree); ok {
			return []string{text}
		}
	case syntax.OpEmptyMatch:
		return []string{""}
	case syntax.OpCharClass:
		return listClass(tree.Rune)
	case syntax.OpAlternate:
		all := []string{}
		for _, sub := range tree.Sub {
			list := listAlternatives(sub)
			if all = append(all, list...); len(list) == 0 || len(all) > maxAlternatives {
				return nil
			}
		}
		return all
	case syntax.OpConcat:
		heads := listAlternatives(tree.Sub[0])
		if len(heads) == 0 || len(tree.Sub) == 1 {
			return heads
		}
		tree.Sub = tree.Sub[1:]
		return product(heads, listAlternatives(tree))
	}
	return nil
}

func listClass(ranges []rune) []string {
	all := []string{}
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if all = append(all, string(r)); len(all) > maxAlternatives {
				return nil
			}
		}
	}
	return all
}

func product(heads, tails []string) []string {
	if len(tails) == 0 || len(heads)*len(tails) > maxAlternatives {
		return nil
	}
	all := make([]string, 0, len(heads)*len(tails))
	for _, h := range heads {
		for _, t := range tails {
			all = append(all, h+t)
		}
	}
	return all
}

// innerWords gives the words in the literals of an expression, but for those at a
// literal's ends, which may be pieces of longer ones.
func innerWords(tree *syntax.Regexp) []string {
	for tree.Op == syntax.OpCapture {
		tree = tree.Sub[0]
	}
	pieces := []*syntax.Regexp{tree}
	if tree.Op == syntax.OpConcat {
		pieces = tree.Sub
	}
	var list []string
	for _, piece := range pieces {
		if text, ok := literalOf(piece); ok {
			list = append(list, words(strings.TrimFunc(text, logsql.IsWordRune))...)
		}
	}
	return list
}
