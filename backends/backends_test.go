package backends

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sigmatic/ast"
)

var sql = Style{And: " AND ", Or: " OR ", Not: "NOT ", True: "TRUE", False: "FALSE"}

func TestFold(t *testing.T) {
	a, b := Atom("a"), Atom("b")
	for _, c := range []struct {
		in   Clause
		want string
	}{
		{All{}, "TRUE"}, {Any{}, "FALSE"}, {All{a}, "a"}, {All{a, Const(true)}, "a"}, {All{a, Const(false)}, "FALSE"},
		{Any{a, Const(true)}, "TRUE"}, {Any{a, Const(false), b}, "a OR b"}, {Neg{Const(true)}, "FALSE"}, {Neg{Neg{a}}, "a"},
		{All{a, All{b, a}}, "a AND b"}, {Any{Any{a}, Any{b}}, "a OR b"}, {All{a, Any{b}}, "a AND b"},
		{Neg{All{a, Neg{Const(false)}}}, "NOT a"}, {All{Any{}, a}, "FALSE"},
	} {
		if got := sql.Print(Fold(c.in), ""); got != c.want {
			t.Errorf("%v: %s, want %s", c.in, got, c.want)
		}
	}
}

// TestPrint holds the printer to its promise: a group inside a group, or under a
// negation, stands in parentheses.
func TestPrint(t *testing.T) {
	a, b, c := Atom("a"), Atom("b"), Atom("c")
	for _, tt := range []struct {
		style Style
		in    Clause
		want  string
	}{
		{sql, All{a, Any{b, c}}, "a AND (b OR c)"},
		{sql, Any{All{a, b}, c}, "(a AND b) OR c"},
		{sql, Neg{Any{a, b}}, "NOT (a OR b)"},
		{sql, All{Neg{a}, Neg{All{b, c}}}, "NOT a AND NOT (b AND c)"},
	} {
		if got := tt.style.Print(tt.in, ""); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

func TestPrintLines(t *testing.T) {
	long := Atom(strings.Repeat("x", 60))
	in := All{Atom("a"), Any{long, All{long, Atom("b")}}, Neg{Any{long, long + "y"}}}
	want := `a
  AND (
    ` + string(long) + `
    OR (` + string(long) + ` AND b)
  )
  AND NOT (
    ` + string(long) + `
    OR ` + string(long) + `y
  )`
	if got := sql.Print(in, "  "); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	one := sql
	one.Compact = true
	if got := one.Print(in, ""); strings.Contains(got, "\n") {
		t.Errorf("compact text has lines: %s", got)
	}
	flat := strings.Join(strings.Fields(strings.NewReplacer("( ", "(", " )", ")").Replace(strings.Join(strings.Fields(sql.Print(in, "")), " "))), " ")
	if got := one.Print(in, ""); got != flat {
		t.Errorf("the layouts differ in more than white space:\n%s\n%s", got, flat)
	}
}

// TestPrintLists: a list breaks where it is long, with as many items a line as
// fit; so does a call around a clause.
func TestPrintLists(t *testing.T) {
	list := &Listing{Head: "f IN (", Tail: ")"}
	for i := range 12 {
		list.Items = append(list.Items, fmt.Sprintf("%q", strings.Repeat(string(rune('a'+i)), 12)))
	}
	got := sql.Print(All{Atom("a"), list, Neg{&Call{Name: "COALESCE", Of: Any{list, Atom("b")}, Args: "false"}}}, "  ")
	lines := strings.Split(got, "\n")
	want := []string{"a", "  AND f IN (", "    \"aaaaaaaaaaaa\",", "  )", "  AND NOT COALESCE(", "    f IN (", "      \"aaaaaaaaaaaa\",", "    OR b,", "    false", "  )"}
	for _, w := range want {
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, w) }) {
			t.Errorf("no line begins with %q:\n%s", w, got)
		}
	}
	for _, l := range lines {
		if len(l) > lineWidth {
			t.Errorf("a line of %d bytes: %s", len(l), l)
		}
	}
	one := sql
	one.Compact = true
	flat := one.Print(All{Atom("a"), list}, "")
	if strings.Contains(flat, "\n") || !strings.HasPrefix(flat, `a AND f IN ("aaaaaaaaaaaa", "bbbbbbbbbbbb", `) {
		t.Error(flat)
	}
	if got := sql.Print(&Call{Name: "C", Of: Any{Atom("a"), Atom("b")}, Args: "x"}, ""); got != "C(a OR b, x)" {
		t.Error(got)
	}
}

// TestNeverStored: what Elasticsearch cannot have kept in a field of a type.
func TestNeverStored(t *testing.T) {
	text := func(s string) ast.Value { return &ast.Pattern{Parts: ast.ParsePattern(s)} }
	half, _ := ast.ParseDecimal("0.5")
	fraction := &ast.Number{Decimal: half}
	for _, c := range []struct {
		t    ast.FieldType
		v    ast.Value
		want bool
	}{
		{ast.TypeIP, text("AWS Internal"), true}, {ast.TypeIP, text("10.1.2.3"), false}, {ast.TypeIP, text("10.*"), false}, {ast.TypeIP, text("::0001"), false},
		{ast.TypeLong, text("a"), true}, {ast.TypeLong, text("012"), false}, {ast.TypeLong, fraction, true}, {ast.TypeDouble, fraction, false},
		{ast.TypeBoolean, text("TRUE"), false}, {ast.TypeBoolean, text("yes"), true}, {ast.TypeBoolean, fraction, true}, {ast.TypeBoolean, &ast.Bool{}, false},
		{ast.TypeLong, &ast.Bool{}, true}, {ast.TypeDouble, &ast.CIDR{}, true}, {ast.TypeIP, &ast.Comparison{}, true}, {ast.TypeLong, &ast.Comparison{}, false},
		{ast.TypeKeyword, text("a"), false}, {ast.TypeKeyword, fraction, false}, {ast.TypeUnknown, &ast.Bool{}, false}, {ast.TypeIP, &ast.Null{}, false},
	} {
		if got := NeverStored(c.t, c.v); got != c.want {
			t.Errorf("type %d, %s: %v", c.t, c.v, got)
		}
	}
}

func TestMaxMembers(t *testing.T) {
	bound := sql
	bound.MaxMembers, bound.Compact = 4, true
	var members Any
	for i := range 17 {
		members = append(members, Atom(fmt.Sprintf("m%d", i)))
	}
	got := bound.Print(members, "")
	depth, count := 0, []int{1}
	for _, word := range strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(got)) {
		switch word {
		case "(":
			depth++
			count = append(count[:depth], 1)
		case ")":
			depth--
		case "OR":
			if count[depth]++; count[depth] > 4 {
				t.Fatalf("a group has more than 4 members: %s", got)
			}
		}
	}
	for i := range 17 {
		if !slices.Contains(strings.Fields(strings.NewReplacer("(", " ", ")", " ").Replace(got)), fmt.Sprintf("m%d", i)) {
			t.Errorf("m%d is lost: %s", i, got)
		}
	}
}

func match(field string) *ast.Match {
	return &ast.Match{Field: ast.Field{Name: field}, Value: &ast.Null{}}
}

// TestPrefilter demands a superset: unusable leaves become true, under a
// negation false, and only a leaf that is exact may stay under a negation.
func TestPrefilter(t *testing.T) {
	loose := func(m *ast.Match) (Clause, Bound) {
		switch m.Field.Name[0] {
		case 'e':
			return Atom(m.Field.Name), Exact
		case 's':
			return Atom(m.Field.Name), Superset
		}
		return nil, Unbounded
	}
	e, s, u := match("e"), match("s"), match("u")
	for _, c := range []struct {
		in    ast.Expr
		want  string
		exact bool
	}{
		{e, "e", true},
		{s, "s", false},
		{u, "TRUE", false},
		{&ast.Not{Term: e}, "NOT e", true},
		{&ast.Not{Term: s}, "TRUE", false},
		{&ast.Not{Term: u}, "TRUE", false},
		{&ast.And{Terms: []ast.Expr{e, s, u}}, "e AND s", false},
		{&ast.Or{Terms: []ast.Expr{e, u}}, "TRUE", false},
		{&ast.Not{Term: &ast.And{Terms: []ast.Expr{e, u}}}, "TRUE", false},
		{&ast.Not{Term: &ast.Or{Terms: []ast.Expr{e, u}}}, "NOT e", false},
		{&ast.Not{Term: &ast.Not{Term: s}}, "s", false},
	} {
		clause, exact := Prefilter(c.in, loose)
		if got := sql.Print(clause, ""); got != c.want || exact != c.exact {
			t.Errorf("%s: %s (exact %v), want %s (%v)", c.in, got, exact, c.want, c.exact)
		}
	}
}

func TestLists(t *testing.T) {
	a, a2, b := match("a"), match("a"), match("b")
	group := &ast.And{Terms: []ast.Expr{a, b}}
	got := Lists([]ast.Expr{a, group, b, a2})
	if len(got) != 3 || len(got[0].Matches) != 2 || got[0].Matches[1] != a2 || got[1].Other != group || len(got[2].Matches) != 1 {
		t.Errorf("%+v", got)
	}
}

// fake is a backend that can say some features.
type fake struct {
	name  string
	can   bool
	calls *int
}

func (f fake) Name() string      { return f.name }
func (f fake) Aliases() []string { return []string{f.name + "-alias"} }
func (f fake) Language() string  { return f.name }
func (f fake) Extension() string { return "." + f.name }
func (f fake) Formats() []Format { return nil }
func (f fake) Convert(*ast.Query, Options) (*Output, error) {
	*f.calls++
	if f.can {
		return &Output{Query: f.name}, nil
	}
	return nil, &Unsupported{Backend: f.name, Feature: FeatureRegex}
}

func TestRegistryConvert(t *testing.T) {
	calls := 0
	r := Registry{fake{"x", true, &calls}, fake{"y", false, &calls}, fake{"z", true, &calls}}
	results := r.Convert(&ast.Query{Expr: match("f")}, []Backend{r.Find("y-alias"), r.Find("x")}, Options{})
	var refusal *Unsupported
	if !errors.As(results[0].Err, &refusal) || !slices.Equal(refusal.Alternatives, []string{"x", "z"}) {
		t.Errorf("refusal %v", results[0].Err)
	}
	if results[1].Output.Query != "x" || calls != 3 {
		t.Errorf("%v after %d conversions, want 3: each target once", results[1], calls)
	}
	if r.Find("nope") != nil {
		t.Error("an unknown target is found")
	}
}

func TestNotes(t *testing.T) {
	var n Notes
	n.Add(NoteFieldType, "b")
	n.Add(NoteSingleValue, "a")
	n.Add(NoteSingleValue, "a")
	n.Add(NoteSingleValue, "c")
	got := n.List()
	if len(got) != 2 || got[0].Code != NoteSingleValue || !strings.HasSuffix(got[0].Text, ": a, c") || got[1].Code != NoteFieldType {
		t.Errorf("%v", got)
	}
	for _, info := range noteInfo {
		if info.Evidence == "" || info.Text == "" {
			t.Errorf("the note %s has no text or rests on nothing", info.Code)
		}
	}
}

func TestFoldOrbit(t *testing.T) {
	for _, c := range []struct {
		r    rune
		want string
	}{{'a', "aA"}, {'k', "k\u212aK"}, {'ſ', "ſSs"}, {'1', "1"}, {'ß', "ßẞ"}, {'İ', "İ"}} {
		if got := string(FoldOrbit(c.r)); got != c.want {
			t.Errorf("%c: %q, want %q", c.r, got, c.want)
		}
	}
	if HasCase("12-_") || !HasCase("1a") || FoldsBeyondASCII("abc") || !FoldsBeyondASCII("é") || !FoldsBeyondASCII("s") || FoldsBeyondASCII("世") {
		t.Error("letters with case are told wrongly")
	}
}
