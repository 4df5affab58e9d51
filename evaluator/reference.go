package evaluator

import (
	"cmp"
	"fmt"
	"regexp"

	"sigmatic/ast"
	"sigmatic/ast/diag"
)

// Reference evaluates one query. It is the meaning that everything else is held
// to, and never changes once made.
type Reference struct{ root *refNode }

// refNode stands for one node of the query's expression.
type refNode struct {
	expr  ast.Expr
	terms []*refNode // of And and Or; of Not, the one
	leaf  refLeaf    // of Match
}

// New compiles a query. The error is an *UnsupportedError; for placeholders that
// nothing has resolved it lists all that the query has.
func New(q *ast.Query) (*Reference, error) {
	if err := unresolved(q.Expr); err != nil {
		return nil, err
	}
	root, err := compileNode(q.Expr, ofEvent)
	if err != nil {
		return nil, err
	}
	return &Reference{root: root}, nil
}

// unresolved looks for placeholders (§4.7): what they stand for is not known, so
// there is no verdict.
func unresolved(e ast.Expr) error {
	missing := ast.Placeholders(e)
	if len(missing) == 0 {
		return nil
	}
	err := &UnsupportedError{Feature: "an unresolved placeholder", Span: missing[0].Span, Code: diag.UnresolvedPlaceholder}
	for _, name := range missing {
		err.Names = append(err.Names, name.Value)
	}
	return err
}

// Match reports whether the event is one that the query selects.
func (r *Reference) Match(ev *Event) bool { return r.root.matches(ev) }

// An And of nothing is true and an Or of nothing is false.
func (n *refNode) matches(ev *Event) bool {
	switch n.expr.(type) {
	case *ast.And:
		for _, t := range n.terms {
			if !t.matches(ev) {
				return false
			}
		}
		return true
	case *ast.Or:
		for _, t := range n.terms {
			if t.matches(ev) {
				return true
			}
		}
		return false
	case *ast.Not:
		return !n.terms[0].matches(ev)
	case *ast.Match:
		return n.leaf.matches(ev)
	}
	panic(fmt.Sprintf("evaluator: %T was not refused", n.expr))
}

func compileNode(e ast.Expr, of scope) (*refNode, error) {
	var terms []ast.Expr
	n := &refNode{expr: e}
	switch e := e.(type) {
	case *ast.And:
		terms = e.Terms
	case *ast.Or:
		terms = e.Terms
	case *ast.Not:
		terms = []ast.Expr{e.Term}
	case *ast.Match:
		var err error
		n.leaf, err = compileLeaf(e, of)
		return n, err
	default:
		panic(fmt.Sprintf("evaluator: unknown expression %T", e))
	}
	for _, t := range terms {
		child, err := compileNode(t, of)
		if err != nil {
			return nil, err
		}
		n.terms = append(n.terms, child)
	}
	return n, nil
}

func compileLeaf(m *ast.Match, of scope) (refLeaf, error) {
	if _, keyword := m.Value.(*ast.Keyword); keyword != (m.Field.Name == "") {
		return nil, &UnsupportedError{Feature: "a leaf that is neither a keyword nor has a field", Span: m.Span}
	}
	field := of.path(m.Field.Name)
	switch v := m.Value.(type) {
	case *ast.Pattern, *ast.Number, *ast.Bool, *ast.Regex, *ast.CIDR, *ast.Comparison, *ast.TimePart:
		test, err := compileTest(v)
		return &valueLeaf{field: field, test: test}, err
	case *ast.Null:
		return &nullLeaf{field: field}, nil
	case *ast.Exists:
		return &existsLeaf{field: field, want: v.Want}, nil
	case *ast.FieldRef:
		if v.Mode > ast.RefContains || v.Field.Name == "" {
			return nil, &UnsupportedError{Feature: "a field reference of unknown kind", Span: v.Span}
		}
		return &fieldRefLeaf{field: field, other: of.path(v.Field.Name), mode: v.Mode}, nil
	case *ast.Members:
		if v.Selector.Quantifier > ast.OneMember {
			return nil, &UnsupportedError{Feature: "an array selector of unknown kind", Span: v.Span}
		}
		member, err := compileNode(v.Expr, ofMember)
		return &membersLeaf{field: field, selector: v.Selector, member: member}, err
	case *ast.Keyword:
		test, err := compileKeyword(v)
		return &keywordLeaf{test: test, literal: keywordLiteral(v)}, err
	}
	return nil, &UnsupportedError{Feature: fmt.Sprintf("a value of type %T", m.Value), Span: m.Span}
}

func compileTest(v ast.Value) (valueTest, error) {
	switch v := v.(type) {
	case *ast.Pattern:
		p, err := compilePattern(v)
		return patternTest{p}, err
	case *ast.Number:
		return numberTest{v.Decimal}, nil
	case *ast.Bool:
		return boolTest{v.Value}, nil
	case *ast.Regex:
		re, err := compileRegex(v)
		return regexTest{re}, err
	case *ast.CIDR:
		if !v.Prefix.IsValid() {
			return nil, &UnsupportedError{Feature: "an invalid network", Span: v.Span, Code: diag.BadCIDR}
		}
		return cidrTest{v.Prefix}, nil
	case *ast.Comparison:
		if v.Op > ast.GreaterOrEqual || v.Number == nil {
			return nil, &UnsupportedError{Feature: "a comparison of unknown kind", Span: v.Span}
		}
		return comparisonTest{v.Op, v.Number.Decimal}, nil
	case *ast.TimePart:
		if v.Op > ast.GreaterOrEqual || v.Unit > ast.Year {
			return nil, &UnsupportedError{Feature: "a time part of unknown kind", Span: v.Span}
		}
		return timePartTest{v.Unit, v.Op, v.N}, nil
	}
	return nil, &UnsupportedError{Feature: fmt.Sprintf("a value of type %T", v)}
}

// compileKeyword takes a pattern as it stands; the parser has put the stars
// around it (§2.6). A number is looked for as it was written.
func compileKeyword(k *ast.Keyword) (func(string) bool, error) {
	switch v := k.Value.(type) {
	case *ast.Pattern:
		p, err := compilePattern(v)
		if err != nil {
			return nil, err
		}
		return p.matches, nil
	case *ast.Number:
		text := v.Lexeme
		if text == "" {
			text = v.Decimal.String()
		}
		return newRefPattern(refParts(ast.RefContains, text), false).matches, nil
	case *ast.Regex:
		re, err := compileRegex(v)
		if err != nil {
			return nil, err
		}
		return re.MatchString, nil
	}
	return nil, &UnsupportedError{Feature: fmt.Sprintf("a keyword of type %T", k.Value), Span: k.Span}
}

// keywordLiteral is the text that an Engine looks for before anything else.
func keywordLiteral(k *ast.Keyword) string {
	switch v := k.Value.(type) {
	case *ast.Pattern:
		return foldedLiteral(patternLiteral(v.Parts))
	case *ast.Regex:
		return regexLiteral(v.Source)
	case *ast.Number:
		return foldedLiteral(cmp.Or(v.Lexeme, v.Decimal.String()))
	}
	return ""
}

func compilePattern(v *ast.Pattern) (*refPattern, error) {
	for _, part := range v.Parts {
		switch part.(type) {
		case ast.Literal, ast.AnyRun, ast.AnyOne, ast.Dash:
		default:
			return nil, &UnsupportedError{Feature: fmt.Sprintf("a pattern with %T", part), Span: v.Span}
		}
	}
	return newRefPattern(v.Parts, v.Cased), nil
}

// compileRegex parses the source on its own first: behind the group of flags a
// fault could go unnoticed, or be told of text that nobody wrote.
func compileRegex(v *ast.Regex) (*regexp.Regexp, error) {
	refuse := func(err error) error {
		return &UnsupportedError{
			Feature: "a regular expression", Names: []string{v.Source}, Span: v.Span, Code: diag.BadRegex, Err: err,
		}
	}
	if _, err := v.Parse(); err != nil {
		return nil, refuse(err)
	}
	source := v.Source
	for _, flag := range []struct {
		on   bool
		text string
	}{{v.IgnoreCase, "(?i)"}, {v.Multiline, "(?m)"}, {v.DotAll, "(?s)"}} {
		if flag.on {
			source = flag.text + source
		}
	}
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, refuse(err)
	}
	return re, nil
}
