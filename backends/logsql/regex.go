package logsql

import (
	"fmt"
	"regexp/syntax"
	"strings"

	"sigmatic/ast"
	"sigmatic/backends"
)

// regex prints a search for a regular expression. VictoriaLogs takes RE2 as Go
// does, and lets a dot match line breaks unless told otherwise.
func (p *printer) regex(f field, v *ast.Regex) (backends.Clause, error) {
	tree, err := v.Parse()
	if err != nil {
		return nil, refuse(backends.FeatureRegexSyntax, v.Span, err.Error())
	}
	if f.Multi == ast.MultiValued {
		return nil, refuse(backends.FeatureRegex, v.Span, fmt.Sprintf("%q is a list, which is stored as JSON text", f.Name))
	}
	if regexMeetsNumber(tree) {
		p.noteSpelling(f)
	}
	if !matchesEmpty(tree) {
		text, err := regexText(v, tree)
		return f.matches(text), err
	}
	// What matches the empty text also matches every event without the field.
	p.notes.Add(backends.NoteMissingEmpty, f.Name)
	if !contains(tree, isAssertion) {
		return f.has(), nil // it matches any other text too
	}
	text, err := regexText(v, tree)
	return backends.All{f.has(), f.matches(text)}, err
}

// keywordRegex writes an expression that is searched in the lines of the
// message.
func keywordRegex(v *ast.Regex) (string, error) {
	line := *v
	line.Multiline, line.DotAll = true, false
	tree, err := line.Parse()
	if err != nil {
		return "", refuse(backends.FeatureRegexSyntax, v.Span, err.Error())
	}
	if contains(tree, func(r *syntax.Regexp) bool { return r.Op == syntax.OpBeginText || r.Op == syntax.OpEndText }) {
		return "", refuse(backends.FeatureRegexSyntax, v.Span, `\A and \z in a keyword, which is looked for in the lines of the message`)
	}
	return regexText(&line, tree)
}

// regexText writes an expression with its flags in front, as few as it needs,
// in a spelling that VictoriaLogs does not misread.
func regexText(v *ast.Regex, tree *syntax.Regexp) (string, error) {
	flags := ""
	if v.IgnoreCase {
		flags += "i"
	}
	if v.Multiline && contains(tree, isLineAnchor) {
		flags += "m"
	}
	if v.DotAll && contains(tree, isAnyDot) {
		flags += "s"
	} else if contains(tree, isLineDot) {
		flags += "-s"
	}
	if flags != "" {
		flags = "(?" + flags + ")"
	}
	if text := flags + v.Source; !isDelicate(tree) || !isMisread(text) {
		return text, nil
	}
	source := v.Source
	if strings.Contains(source, "|") {
		source = "(?:" + source + ")"
	}
	if text := flags + ".*" + source; !isMisread(text) {
		return text, nil
	}
	if text := flags + `\A.*` + source; v.DotAll && !isMisread(text) {
		return text, nil
	}
	return "", refuse(backends.FeatureRegexSyntax, v.Span, "VictoriaLogs misreads this combination of flags, . and $")
}

// contains reports whether a node of the tree satisfies is.
func contains(r *syntax.Regexp, is func(*syntax.Regexp) bool) bool {
	if is(r) {
		return true
	}
	for _, sub := range r.Sub {
		if contains(sub, is) {
			return true
		}
	}
	return false
}

func isAnyDot(r *syntax.Regexp) bool  { return r.Op == syntax.OpAnyChar }
func isLineDot(r *syntax.Regexp) bool { return r.Op == syntax.OpAnyCharNotNL }

func isLineAnchor(r *syntax.Regexp) bool {
	return r.Op == syntax.OpBeginLine || r.Op == syntax.OpEndLine
}

func isAssertion(r *syntax.Regexp) bool {
	switch r.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	return false
}

// matchesEmpty reports whether the expression is found in the empty text.
func matchesEmpty(r *syntax.Regexp) bool {
	switch r.Op {
	case syntax.OpEmptyMatch, syntax.OpStar, syntax.OpQuest, syntax.OpBeginLine, syntax.OpEndLine,
		syntax.OpBeginText, syntax.OpEndText, syntax.OpNoWordBoundary:
		return true
	case syntax.OpCapture, syntax.OpPlus:
		return matchesEmpty(r.Sub[0])
	case syntax.OpRepeat:
		return r.Min == 0 || matchesEmpty(r.Sub[0])
	case syntax.OpConcat:
		for _, sub := range r.Sub {
			if !matchesEmpty(sub) {
				return false
			}
		}
		return true
	case syntax.OpAlternate:
		for _, sub := range r.Sub {
			if matchesEmpty(sub) {
				return true
			}
		}
	}
	return false
}
