package evaluator

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"sigmatic/ast"
)

var pairs = flag.Int("pairs", 200_000, "how many pairs of a query and an event TestEngine generates")

// TestEngine holds the engine to the reference on generated queries and events. Both are made of few names and few texts, so that they meet.
func TestEngine(t *testing.T) {
	const queries, events = 100, 50
	for seed := range uint64(*pairs/(queries*events) + 1) {
		g := generator{rand.New(rand.NewPCG(seed, 7))}
		var refs []*Reference
		for range queries {
			refs = append(refs, mustNew(t, g.expr(3, false)))
		}
		m := NewEngine(refs, "a", "b.c").Matcher()
		for range events {
			sameVerdicts(t, refs, m, g.event())
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	}
}

// FuzzEngine holds the engine to the reference on any bytes, with queries made from a seed.
func FuzzEngine(f *testing.F) {
	g := generator{rand.New(rand.NewPCG(1, 1))}
	for seed := range uint64(20) {
		f.Add(seed, []byte(g.event()))
	}
	f.Add(uint64(0), []byte(`{"a":{"a":1,"a":2},"a.b":[{}],"\u0061":"\ud83d\u0041"}`))
	f.Add(uint64(1), []byte(`{"a":`+strings.Repeat("[", 70)+`"k"`+strings.Repeat("]", 70)+`}`))
	f.Add(uint64(2), []byte(" {\"a\" : \"\xff\u212a\u017f\" , \"b\":[ 1.0 , [ ] ] } \n"))
	f.Fuzz(func(t *testing.T, seed uint64, event []byte) {
		g := generator{rand.New(rand.NewPCG(seed, 3))}
		var refs []*Reference
		for range 20 {
			refs = append(refs, mustNew(t, g.expr(3, false)))
		}
		sameVerdicts(t, refs, NewEngine(refs).Matcher(), string(event))
	})
}

func sameVerdicts(t *testing.T, refs []*Reference, m *Matcher, event string) {
	t.Helper()
	ev, err := ParseEvent([]byte(event))
	if loadErr := m.Load([]byte(event)); (err == nil) != (loadErr == nil) {
		t.Errorf("%q: the engine says %v, the reference %v", event, loadErr, err)
	}
	if err != nil {
		return
	}
	var want []int
	for i, r := range refs {
		if r.Match(ev) {
			want = append(want, i)
		}
	}
	if got := m.Matches(); !slices.Equal(got, want) {
		for i, r := range refs {
			if slices.Contains(got, i) != slices.Contains(want, i) {
				t.Errorf("%s\nevent %s\nreference %v", r.root.expr, event, slices.Contains(want, i))
			}
		}
	}
}

// generator makes queries and events.
type generator struct{ *rand.Rand }

func pick[T any](g generator, list ...T) T { return list[g.IntN(len(list))] }

var generatedTexts = []string{"", "k", "K", "\u212a", "s", "ſ", "ab", "AB", "aB-c", "abc", "é", "É", "ß", "12", "12.0", "012", "-0", "true", "False", "null",
	"10.0.0.1", "10.1.2.3/8", "::ffff:10.0.0.1", "2026-01-02T03:04:05Z", "a\"b", `a\b`, "a b", "\n", "\u2013x", "/x", "-x", "\xff", "\xc3", "\ufffd", "{}", `"a":`, "σς", "😀"}

func (g generator) text() string {
	if g.IntN(3) == 0 {
		return pick(g, generatedTexts...) + pick(g, generatedTexts...)
	}
	return pick(g, generatedTexts...)
}

func (g generator) name(member bool) string {
	if member && g.IntN(3) == 0 {
		return ast.Self
	}
	return pick(g, "a", "b", "A", "a.b", "b.c", "a.b.c", "a.a", "b.", ".b", "k\u212a", "é", "Records")
}

func (g generator) expr(depth int, member bool) ast.Expr {
	if depth > 0 && g.IntN(3) > 0 {
		switch g.IntN(4) {
		case 0:
			return &ast.Not{Term: g.expr(depth-1, member)}
		case 1:
			return &ast.Or{Terms: g.terms(depth, member)}
		}
		return &ast.And{Terms: g.terms(depth, member)}
	}
	if v := g.value(depth, member); v != nil {
		return &ast.Match{Field: ast.Field{Name: g.name(member)}, Value: v}
	}
	return &ast.Match{Value: g.keyword()}
}

func (g generator) terms(depth int, member bool) (terms []ast.Expr) {
	for range g.IntN(4) {
		terms = append(terms, g.expr(depth-1, member))
	}
	return terms
}

func (g generator) keyword() ast.Value {
	if g.IntN(4) == 0 {
		return &ast.Keyword{Value: g.regex()}
	}
	parts := []ast.Part{ast.AnyRun{}, ast.Literal(g.text() + "b"), ast.AnyRun{}}
	return &ast.Keyword{Value: &ast.Pattern{Parts: parts, Cased: g.IntN(4) == 0}}
}

func (g generator) regex() *ast.Regex {
	return &ast.Regex{Source: pick(g, "b", "^ab", "a.c$", "k+", "[a-c]{2}", "^$", "s|é", "(?:ab|12)", "b-c"), IgnoreCase: g.IntN(2) == 0, DotAll: g.IntN(2) == 0}
}

func (g generator) number() *ast.Number {
	text := pick(g, "0", "12", "-1", "12.5", "9007199254740993", "1e300", "3", "5")
	d, _ := ast.ParseDecimal(text)
	return &ast.Number{Decimal: d, Lexeme: text}
}

// value gives nil for a keyword.
func (g generator) value(depth int, member bool) ast.Value {
	switch g.IntN(20) {
	case 0:
		return g.number()
	case 1:
		return &ast.Bool{Value: g.IntN(2) == 0}
	case 2:
		return &ast.Null{}
	case 3:
		return g.regex()
	case 4:
		return &ast.CIDR{Prefix: netip.MustParsePrefix(pick(g, "10.0.0.0/8", "::/0", "0.0.0.0/0"))}
	case 5:
		return &ast.Comparison{Op: pick(g, ast.Less, ast.LessOrEqual, ast.Greater, ast.GreaterOrEqual), Number: g.number()}
	case 6:
		return &ast.TimePart{Unit: pick(g, ast.Minute, ast.Hour, ast.Year), Op: ast.LessOrEqual, N: pick(g, 3, 4, 2026)}
	case 7:
		return &ast.Exists{Want: g.IntN(2) == 0}
	case 8:
		return &ast.FieldRef{Field: ast.Field{Name: g.name(member)}, Mode: ast.RefMode(g.IntN(4))}
	case 9:
		if depth > 0 {
			selector := ast.Selector{Quantifier: ast.Quantifier(g.IntN(5)), Index: g.IntN(3) - 1}
			return &ast.Members{Selector: selector, Expr: g.expr(depth-1, true)}
		}
	case 10:
		return nil
	}
	return g.pattern()
}

func (g generator) pattern() *ast.Pattern {
	p := &ast.Pattern{Cased: g.IntN(5) == 0}
	if g.IntN(3) == 0 {
		p.Parts = append(p.Parts, pick(g, ast.Part(ast.AnyRun{}), ast.Part(ast.AnyOne{}), ast.Part(ast.Dash{})))
	}
	if text := g.text(); text != "" {
		p.Parts = append(p.Parts, ast.Literal(text))
	}
	if g.IntN(3) == 0 {
		p.Parts = append(p.Parts, ast.AnyRun{})
	}
	if g.IntN(8) == 0 {
		p.Parts = append(p.Parts, ast.AnyOne{}, ast.Literal("b"))
	}
	return p
}

// event gives the text of an object, in which some things are as they seldom are: keys that stand twice, escapes that nothing asks for.
func (g generator) event() string {
	var b strings.Builder
	b.WriteString(pick(g, "", "", " ", "\n"))
	g.object(&b, 4)
	b.WriteString(pick(g, "", "", " "))
	return b.String()
}

func (g generator) object(b *strings.Builder, depth int) {
	b.WriteByte('{')
	for i := range g.IntN(5) {
		if i > 0 {
			b.WriteString(pick(g, ",", ",", " , "))
		}
		g.quoted(b, pick(g, "a", "b", "c", "A", "a", "b", "a.b", "b.c", "", "k\u212a", "é", "d", "Records"))
		b.WriteString(pick(g, ":", ":", ":", " : "))
		g.json(b, depth-1)
	}
	b.WriteByte('}')
}

func (g generator) json(b *strings.Builder, depth int) {
	kind := g.IntN(12)
	switch {
	case kind < 2 && depth > 0:
		g.object(b, depth)
	case kind < 4 && depth > 0:
		b.WriteByte('[')
		for i := range g.IntN(4) {
			if i > 0 {
				b.WriteByte(',')
			}
			g.json(b, depth-1)
		}
		b.WriteByte(']')
	case kind < 6:
		b.WriteString(pick(g, "null", "true", "false", "0", "-0", "12", "12.0", "1.2e1", "12.5", "9007199254740993", "1e300", "1767323045", "1767323045000", "-1", "1E400"))
	default:
		g.quoted(b, g.text())
	}
}

func (g generator) quoted(b *strings.Builder, s string) {
	if g.IntN(6) > 0 {
		writeJSONString(b, s)
		return
	}
	b.WriteByte('"')
	for _, r := range s {
		if r < 0x10000 && g.IntN(2) == 0 || r < ' ' || r == '"' || r == '\\' {
			fmt.Fprintf(b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
}

// TestAppendTexts holds the texts that the engine pulls out to those of the parsed event.
func TestAppendTexts(t *testing.T) {
	fields := []string{"a", "b", "b.c", "a.a"}
	m := NewEngine([]*Reference{mustNew(t, generator{rand.New(rand.NewPCG(1, 1))}.expr(3, false))}, fields...).Matcher()
	texts := 0
	check := func(event string) {
		ev, err := ParseEvent([]byte(event))
		if err != nil || m.Load([]byte(event)) != nil {
			return
		}
		for i, name := range fields {
			got, want := m.AppendTexts(nil, i), ev.appendTexts(nil, name)
			texts += len(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s of %s: %q, want %q", name, event, got, want)
			}
		}
	}
	g := generator{rand.New(rand.NewPCG(2, 7))}
	for range 20_000 {
		check(g.event())
	}
	for _, event := range []string{`{"a":[1.0,{"a": "x"},null,["y",true]]}`, `{"a":1,"a":[2]}`, `{"b.c":3,"b":{"c":4}}`, `{"a":1e400}`, `{"a":[]}`, `{}`} {
		check(event)
	}
	if texts < 10_000 {
		t.Errorf("only %d texts: they show nothing", texts)
	}
}
