package evaluator

import (
	"fmt"
	"strings"
	"testing"

	"sigmatic/ast"
)

// checkExplanation checks that an explanation is of one piece: the root says
// what Match says, every group follows from its terms, every leaf's state from
// its verdict.
func checkExplanation(t testing.TB, x *Explanation, want bool) {
	t.Helper()
	if x.Matched != want {
		t.Errorf("Explain says %t, want %t:\n%s", x.Matched, want, x)
	}
	checkNode(t, x)
}

func checkNode(t testing.TB, x *Explanation) {
	t.Helper()
	var follows bool
	var terms []ast.Expr
	switch e := x.Expr.(type) {
	case *ast.And:
		terms, follows = e.Terms, true
		for _, term := range x.Terms {
			follows = follows && term.Matched
		}
	case *ast.Or:
		terms = e.Terms
		for _, term := range x.Terms {
			follows = follows || term.Matched
		}
	case *ast.Not:
		terms, follows = []ast.Expr{e.Term}, !x.Terms[0].Matched
	case *ast.Match:
		follows = x.State == True
		checkHits(t, x, e)
	}
	_, isLeaf := x.Expr.(*ast.Match)
	if x.Matched != follows || isLeaf == (x.State == Group) {
		t.Errorf("node contradicts itself:\n%s", x)
	}
	if len(x.Terms) != len(terms) {
		t.Fatalf("%d terms for %d:\n%s", len(x.Terms), len(terms), x)
	}
	for i, term := range x.Terms {
		if term.Expr != terms[i] {
			t.Errorf("term %d explains another expression", i)
		}
		checkNode(t, term)
	}
}

// checkHits checks that where single values decide, some value is a hit exactly
// when the leaf is true.
func checkHits(t testing.TB, x *Explanation, m *ast.Match) {
	t.Helper()
	switch v := m.Value.(type) {
	case *ast.Null, *ast.Exists:
		return
	case *ast.Members:
		if v.Selector.Quantifier != ast.AnyMember {
			return
		}
	}
	hit := len(x.Values) > 0 && x.Values[0].Hit // hits come first
	if hit != x.Matched {
		t.Errorf("hit %t, verdict %t:\n%s", hit, x.Matched, x)
	}
	if x.State == Absent && len(x.Values) > 0 && x.Referenced != nil {
		t.Errorf("absent, but both fields have values:\n%s", x)
	}
}

func TestExplain(t *testing.T) {
	pattern := func(field, text string) ast.Expr {
		return &ast.Match{Field: ast.Field{Name: field}, Value: &ast.Pattern{Parts: ast.ParsePattern(text)}}
	}
	expr := &ast.And{Terms: []ast.Expr{
		pattern("eventName", "Delete*"),
		&ast.Not{Term: pattern("userIdentity.arn", "*admin*")},
		&ast.Or{Terms: []ast.Expr{pattern("resources.type", "bucket"), pattern("errorCode", "*")}},
		&ast.Match{Field: ast.Field{Name: "a"}, Value: &ast.FieldRef{Field: ast.Field{Name: "b"}}},
		&ast.Match{Field: ast.Field{Name: "none"}, Value: &ast.Null{}},
		&ast.Match{Value: &ast.Keyword{Value: &ast.Regex{Source: "^Delete|bob$"}}},
	}}
	ev := mustEvent(t, `{"eventName":"DeleteTrail","userIdentity":{"arn":"arn:bob"},
		"resources":[{"type":"key"},{"type":["BUCKET",7]}],"a":{"x":[1, 2.0]},"b":"q"}`)
	want := `and: false
  "eventName" is "Delete"*: true; eventName = "DeleteTrail"
  not: true
    "userIdentity.arn" is *"admin"*: false; userIdentity.arn = "arn:bob"
  or: true
    "resources.type" is "bucket": true; resources[1].type[0] = "BUCKET"; resources[0].type = "key"; resources[1].type[1] = 7
    "errorCode" is *: absent
  "a" = field "b": false; a = {"x":[1,2.0]}; other field b = "q"
  "none" is null: true
  keyword =~ /^Delete|bob$/: true; eventName = "DeleteTrail"; userIdentity.arn = "arn:bob"
`
	got := mustNew(t, expr).Explain(ev)
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	checkExplanation(t, got, false)
}

func TestExplainAbsentReference(t *testing.T) {
	ref := mustNew(t, &ast.Match{Field: ast.Field{Name: "a"}, Value: &ast.FieldRef{Field: ast.Field{Name: "b"}}})
	for _, json := range []string{`{}`, `{"a":1}`, `{"b":1}`} {
		if x := ref.Explain(mustEvent(t, json)); x.State != Absent {
			t.Errorf("%s: state %s, want absent", json, x.State)
		}
	}
	if x := ref.Explain(mustEvent(t, `{"a":1,"b":2}`)); x.State != False {
		t.Errorf("state %s, want false", x.State)
	}
}

func TestExplainBounds(t *testing.T) {
	var items []string
	for i := range 40 {
		items = append(items, fmt.Sprintf(`"v%d"`, i))
	}
	ev := mustEvent(t, `{"f":[`+strings.Join(items, ",")+`],"long":"`+strings.Repeat("é", 400)+`"}`)

	x := mustNew(t, &ast.Match{Field: ast.Field{Name: "f"}, Value: &ast.Pattern{Parts: ast.ParsePattern("v39")}}).Explain(ev)
	if len(x.Values) != MaxFound || x.Omitted != 40-MaxFound {
		t.Errorf("%d values, %d omitted", len(x.Values), x.Omitted)
	}
	if first := x.Values[0]; !first.Hit || first.Path != "f[39]" {
		t.Errorf("the hit is not first: %s", first)
	}

	x = mustNew(t, &ast.Match{Field: ast.Field{Name: "long"}, Value: &ast.Pattern{Parts: ast.ParsePattern("*")}}).Explain(ev)
	v := x.Values[0]
	if !v.Cut || len(v.Text) > MaxFoundText || len(v.Text) < MaxFoundText-3 || strings.ToValidUTF8(v.Text, "!") != v.Text {
		t.Errorf("cut badly: %q", v.Text)
	}
}
