package evaluator

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

func TestNewRefuses(t *testing.T) {
	field := func(v ast.Value) ast.Expr { return leafOf(v) }
	keyword := func(v ast.Value) ast.Expr { return &ast.Match{Value: &ast.Keyword{Value: v}} }
	tests := []struct {
		name string
		expr ast.Expr
		text string
		code diag.Code
	}{
		{"regex", field(&ast.Regex{Source: "a("}), `a regular expression "a(": error parsing`, diag.BadRegex},
		{"regex with lookahead", field(&ast.Regex{Source: "(?=a)"}), "a regular expression", diag.BadRegex},
		{"regex that the flags would mend", field(&ast.Regex{Source: ")(", IgnoreCase: true}), "a regular expression", diag.BadRegex},
		{"regex keyword", keyword(&ast.Regex{Source: "["}), "a regular expression", diag.BadRegex},
		{"network", field(&ast.CIDR{}), "an invalid network", diag.BadCIDR},
		{"comparison", field(&ast.Comparison{Op: 99, Number: &ast.Number{}}), "a comparison", ""},
		{"comparison with nothing", field(&ast.Comparison{Op: ast.Less}), "a comparison", ""},
		{"unit", field(&ast.TimePart{Unit: 99}), "a time part", ""},
		{"unit's operator", field(&ast.TimePart{Op: 99}), "a time part", ""},
		{"mode", field(&ast.FieldRef{Field: ast.Field{Name: "g"}, Mode: 99}), "a field reference", ""},
		{"no other field", field(&ast.FieldRef{}), "a field reference", ""},
		{"quantifier", field(&ast.Members{Selector: ast.Selector{Quantifier: 99}, Expr: &ast.And{}}), "an array selector", ""},
		{"below a selector", field(&ast.Members{Expr: field(&ast.CIDR{})}), "network", diag.BadCIDR},
		{"no value", field(nil), "a value of type <nil>", ""},
		{"no part", field(&ast.Pattern{Parts: []ast.Part{nil}}), "a pattern with <nil>", ""},
		{"no part in a keyword", keyword(&ast.Pattern{Parts: []ast.Part{nil}}), "a pattern with <nil>", ""},
		{"keyword of null", keyword(&ast.Null{}), "a keyword of type *ast.Null", ""},
		{"keyword with a field", &ast.Match{Field: ast.Field{Name: "f"}, Value: &ast.Keyword{Value: &ast.Pattern{}}}, "neither", ""},
		{"no field", &ast.Match{Value: &ast.Null{}}, "neither", ""},
		{"below groups", &ast.Not{Term: &ast.Or{Terms: []ast.Expr{field(&ast.Null{}), field(&ast.CIDR{})}}}, "network", diag.BadCIDR},
	}
	for _, tt := range tests {
		ref, err := New(&ast.Query{Expr: tt.expr})
		var refused *UnsupportedError
		if !errors.As(err, &refused) || ref != nil {
			t.Errorf("%s: error %v, want an *UnsupportedError", tt.name, err)
			continue
		}
		if !strings.Contains(err.Error(), tt.text) || refused.Code != tt.code {
			t.Errorf("%s: %v, want %q [%s]", tt.name, err, tt.text, tt.code)
		}
	}
	_, err := New(&ast.Query{Expr: field(&ast.Regex{Source: "a("})})
	var cause *syntax.Error
	if !errors.As(err, &cause) {
		t.Errorf("%v does not tell its cause", err)
	}
}

func TestNewListsPlaceholders(t *testing.T) {
	file := source.NewFile("rule.yml", []byte("detection:\n  sel: %a% x\n"))
	pattern := func(names ...string) *ast.Pattern {
		p := &ast.Pattern{Span: source.Span{File: file, Start: 18, End: 23}}
		for _, n := range names {
			p.Parts = append(p.Parts, ast.Literal("x"), ast.Placeholder{Name: n})
		}
		return p
	}
	_, err := New(&ast.Query{Expr: &ast.And{Terms: []ast.Expr{
		leafOf(&ast.Null{}),
		leafOf(pattern("a", "b", "a")),
		&ast.Not{Term: &ast.Match{Value: &ast.Keyword{Value: pattern("c", "b")}}},
		leafOf(&ast.Members{Expr: leafOf(pattern("d"))}),
	}}})
	var refused *UnsupportedError
	if !errors.As(err, &refused) || !slices.Equal(refused.Names, []string{"a", "b", "c", "d"}) {
		t.Fatalf("error %v", err)
	}
	const want = `rule.yml:2:8: cannot evaluate an unresolved placeholder "a", "b", "c", "d" [S0701]`
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

func TestEmptyGroups(t *testing.T) {
	ev := mustEvent(t, `{}`)
	if !mustNew(t, &ast.And{}).Match(ev) || mustNew(t, &ast.Or{}).Match(ev) {
		t.Error("an And of nothing is true, an Or of nothing is false")
	}
}

// randomExpr makes an expression over the leaves of leafCases and a few more.
func randomExpr(r *rand.Rand, depth int) ast.Expr {
	terms := func() []ast.Expr {
		list := make([]ast.Expr, r.IntN(4))
		for i := range list {
			list[i] = randomExpr(r, depth-1)
		}
		return list
	}
	if depth > 0 {
		switch r.IntN(5) {
		case 0:
			return &ast.And{Terms: terms()}
		case 1:
			return &ast.Or{Terms: terms()}
		case 2:
			return &ast.Not{Term: randomExpr(r, depth-1)}
		case 3:
			selector := ast.Selector{Quantifier: ast.Quantifier(r.IntN(int(ast.OneMember) + 1)), Index: r.IntN(5) - 2}
			return leafOf(&ast.Members{Selector: selector, Expr: randomExpr(r, depth-1)})
		}
	}
	m := *leafOf(leafCases[r.IntN(len(leafCases))].value)
	if m.Field.Name != "" {
		m.Field.Name = []string{"f", "g", "f.g", "g.f.f", ast.Self}[r.IntN(5)]
	}
	return &m
}

// TestQuantifiers holds the quantifiers to each other: none is not any, all of
// those there are is not any that does not, and all is that with one at least.
func TestQuantifiers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[string]int{}
	for range 3000 {
		e := randomExpr(r, 2)
		ev := mustEvent(t, `{"f":`+randomJSON(r, 3)+`,"g":`+randomJSON(r, 2)+`}`)
		members := func(q ast.Quantifier, e ast.Expr) bool {
			return mustNew(t, leafOf(&ast.Members{Selector: ast.Selector{Quantifier: q}, Expr: e})).Match(ev)
		}
		some, each, one := members(ast.AnyMember, e), members(ast.AllMembersIfAny, e), members(ast.AnyMember, &ast.And{})
		if members(ast.NoMember, e) == some || each == members(ast.AnyMember, &ast.Not{Term: e}) || members(ast.AllMembers, e) != (one && each) {
			t.Fatalf("the quantifiers of %s contradict each other", e)
		}
		seen[fmt.Sprint(some, each, one)]++
	}
	if len(seen) < 4 { // all that can be
		t.Errorf("too little was seen: %v", seen)
	}
}

func randomJSON(r *rand.Rand, depth int) string {
	scalars := []string{`"a"`, `"A key"`, `"10.0.0.1"`, `""`, `null`, `true`, `5`, `5.0`, `3600`, `-1e9`, `"2024-02-29T01:00:00Z"`, `"\n"`}
	kind := r.IntN(4)
	if depth == 0 || kind > 1 {
		return scalars[r.IntN(len(scalars))]
	}
	list := make([]string, r.IntN(4))
	for i := range list {
		list[i] = randomJSON(r, depth-1)
		if kind == 0 {
			list[i] = `"` + []string{"f", "g", "f.g"}[r.IntN(3)] + `":` + list[i]
		}
	}
	if kind == 0 {
		return "{" + strings.Join(list, ",") + "}"
	}
	return "[" + strings.Join(list, ",") + "]"
}

// FuzzReference checks what must hold of every query and event: the explanation
// agrees, negation negates, De Morgan's laws hold (logic is two-valued), and
// ast.Simplify changes no verdict.
func FuzzReference(f *testing.F) {
	for seed := range uint64(500) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		e, other := randomExpr(r, 4), randomExpr(r, 3)
		ev := mustEvent(t, fmt.Sprintf(`{"f":%s,"g":%s}`, randomJSON(r, 3), randomJSON(r, 3)))
		ref := mustNew(t, e)
		got := ref.Match(ev)
		checkExplanation(t, ref.Explain(ev), got)
		if mustNew(t, &ast.Not{Term: e}).Match(ev) == got {
			t.Errorf("not does not negate %s", e)
		}
		if mustNew(t, ast.Simplify(e)).Match(ev) != got {
			t.Errorf("Simplify changes %s to %s", e, ast.Simplify(e))
		}
		neither := mustNew(t, &ast.Not{Term: &ast.Or{Terms: []ast.Expr{e, other}}}).Match(ev)
		both := mustNew(t, &ast.And{Terms: []ast.Expr{&ast.Not{Term: e}, &ast.Not{Term: other}}}).Match(ev)
		if neither != both {
			t.Errorf("De Morgan fails on %s and %s", e, other)
		}
	})
}

const cloudTrailEvent = `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROA:bob",
"arn":"arn:aws:sts::111122223333:assumed-role/Admin/bob","accountId":"111122223333","sessionContext":{"sessionIssuer":
{"type":"Role","userName":"Admin"},"attributes":{"mfaAuthenticated":"false"}}},"eventTime":"2024-02-29T05:06:07Z",
"eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.7",
"userAgent":"aws-cli/2.15","requestParameters":{"name":"arn:aws:cloudtrail:us-east-1:111122223333:trail/main"},
"responseElements":null,"readOnly":false,"resources":[{"ARN":"arn:aws:s3:::x","type":"AWS::S3::Bucket"}]}`

func benchQuery(b *testing.B) *Reference {
	b.Helper()
	var terms []ast.Expr
	for _, line := range []string{
		`eventSource: 'cloudtrail.amazonaws.com'`,
		`eventName: ['DeleteTrail', 'UpdateTrail', 'StopLogging']`,
		`userIdentity.arn|contains: '/admin/'`,
		`sourceIPAddress|cidr|neq: '10.0.0.0/8'`,
		`requestParameters|contains: 'TRAIL/main'`,
		`userAgent|re|neq: '(?:boto|terraform)'`,
	} {
		e, err := lowerDetect([]string{line})
		if err != nil {
			b.Fatal(err)
		}
		terms = append(terms, e)
	}
	return mustNew(b, &ast.And{Terms: terms})
}

func BenchmarkMatch(b *testing.B) {
	ref, ev := benchQuery(b), mustEvent(b, cloudTrailEvent)
	b.ReportAllocs()
	for b.Loop() {
		if !ref.Match(ev) {
			b.Fatal("no match")
		}
	}
}

func BenchmarkMatchKeyword(b *testing.B) {
	ref, ev := mustNew(b, &ast.Match{Value: &ast.Keyword{Value: &ast.Pattern{Parts: ast.ParsePattern("*no such text*")}}}), mustEvent(b, cloudTrailEvent)
	b.ReportAllocs()
	for b.Loop() {
		if ref.Match(ev) {
			b.Fatal("match")
		}
	}
}

func BenchmarkExplain(b *testing.B) {
	ref, ev := benchQuery(b), mustEvent(b, cloudTrailEvent)
	b.ReportAllocs()
	for b.Loop() {
		ref.Explain(ev)
	}
}

func BenchmarkParseEvent(b *testing.B) {
	raw := []byte(cloudTrailEvent)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseEvent(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// TestConcurrent is for the race detector: events and references are shared.
func TestConcurrent(t *testing.T) {
	ev := mustEvent(t, cloudTrailEvent)
	ref := mustNew(t, &ast.Match{Value: &ast.Keyword{Value: &ast.Regex{Source: "Stop|bob"}}})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if !ref.Match(ev) || !ref.Explain(ev).Matched {
				t.Error("no match")
			}
		})
	}
	wg.Wait()
}
