package spl

import (
	"slices"
	"strconv"
	"strings"
)

// expr reads an expression up to a sign that ends it.
func (p *parser) expr() (Expr, error) {
	if err := p.nest(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	return p.joined("XOR", func() (Expr, error) {
		return p.joined("OR", func() (Expr, error) {
			return p.joined("AND", p.not)
		})
	})
}

// joined reads operands of a word between them.
func (p *parser) joined(op string, operand func() (Expr, error)) (Expr, error) {
	left, err := operand()
	for err == nil && p.tok.isWord(op, true) {
		if err = p.advance(); err != nil {
			break
		}
		var right Expr
		if right, err = operand(); err == nil {
			left = &Binary{Pos(left.Offset()), op, left, right}
		}
	}
	return left, err
}

func (p *parser) not() (Expr, error) {
	if !p.tok.isWord("NOT", true) {
		return p.relation()
	}
	if err := p.nest(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	start := Pos(p.tok.offset)
	if err := p.advance(); err != nil {
		return nil, err
	}
	grouped := p.tok.is("(")
	of, err := p.not()
	if err != nil {
		return nil, err
	}
	if !grouped && isComparison(of) {
		return nil, unknown(int(start), "NOT in front of a comparison without parentheses")
	}
	return &Unary{start, "NOT", of}, nil
}

func isComparison(e Expr) bool {
	switch e := e.(type) {
	case *InList:
		return true
	case *Binary:
		return slices.Contains(comparisons, e.Op)
	}
	return false
}

var comparisons = []string{"=", "!=", "<", "<=", ">", ">=", "LIKE"}

// relation reads a comparison of two sums, or a sum. == is =.
func (p *parser) relation() (Expr, error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	op := p.tok.text
	switch {
	case p.tok.isWord("IN", true):
		return p.inList(left)
	case p.tok.isWord("LIKE", true):
		op = "LIKE"
	case p.tok.is("=="):
		op = "="
	case !p.tok.is(comparisons...):
		return left, nil
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	right, err := p.sum()
	if err == nil && (p.tok.is("==") || p.tok.is(comparisons...)) {
		err = unknown(p.tok.offset, "a comparison of a comparison")
	}
	return &Binary{Pos(left.Offset()), op, left, right}, err
}

func (p *parser) inList(of Expr) (Expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	list, err := p.list()
	if err == nil && len(list) == 0 {
		err = p.unexpected("a value")
	}
	return &InList{Pos(of.Offset()), of, list}, err
}

// list reads expressions and the closing parenthesis.
func (p *parser) list() ([]Expr, error) {
	if done, err := p.take(")"); done || err != nil {
		return nil, err
	}
	var list []Expr
	for {
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
		if more, err := p.take(","); err != nil {
			return nil, err
		} else if !more {
			return list, p.expect(")")
		}
	}
}

// sum reads +, - and the . that joins texts. How . ranks among the others is not
// documented.
func (p *parser) sum() (Expr, error) { return p.chain(p.product, "+", "-", ".") }

func (p *parser) product() (Expr, error) { return p.chain(p.unary, "*", "/", "%") }

func (p *parser) chain(operand func() (Expr, error), ops ...string) (Expr, error) {
	left, err := operand()
	dots, others := false, false
	for err == nil && p.tok.is(ops...) {
		op := p.tok
		dots, others = dots || op.text == ".", others || op.text != "."
		if dots && others {
			return nil, unknown(op.offset, ". beside another operator, without parentheses")
		}
		if err = p.advance(); err != nil {
			break
		}
		var right Expr
		if right, err = operand(); err == nil {
			left = &Binary{Pos(left.Offset()), op.text, left, right}
		}
	}
	return left, err
}

func (p *parser) unary() (Expr, error) {
	t := p.tok
	start := Pos(t.offset)
	switch {
	case t.is("-"):
		if err := p.nest(); err != nil {
			return nil, err
		}
		defer func() { p.depth-- }()
		if err := p.advance(); err != nil {
			return nil, err
		}
		of, err := p.unary()
		return &Unary{start, "-", of}, err
	case t.is("("):
		if err := p.advance(); err != nil {
			return nil, err
		}
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		return e, p.expect(")")
	case t.kind == quoted:
		return &String{start, t.text}, p.advance()
	case t.kind == single:
		return &Field{start, t.text}, p.advance()
	case t.kind != word:
		return nil, p.unexpected("an expression")
	}
	if isNumber(t.text) {
		if _, err := strconv.ParseFloat(t.text, 64); err != nil || strings.ContainsAny(t.text, "xX_") {
			return nil, unknown(t.offset, "%q, which is no number and not in quotes", t.text)
		}
		return &Number{start, t.text}, p.advance()
	}
	isOperator := slices.Contains([]string{"and", "or", "not", "xor", "in", "like"}, strings.ToLower(t.text))
	if isOperator && !strings.EqualFold(t.text, "like") {
		return nil, p.unexpected("an expression")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if !p.tok.is("(") {
		if isOperator { // LIKE, which is also the name of a function
			return nil, fail(t.offset, "expected an expression, found %q", t.text)
		}
		return &Field{start, t.text}, nil
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	args, err := p.list()
	return &Call{start, strings.ToLower(t.text), args}, err
}
