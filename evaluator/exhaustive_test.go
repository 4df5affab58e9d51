package evaluator

import (
	"errors"
	goast "go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sigmatic/ast"
)

// astDecls gives the declarations of package ast.
func astDecls(t *testing.T) []goast.Decl {
	t.Helper()
	files, err := filepath.Glob("../ast/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources of ast: %v", err)
	}
	var decls []goast.Decl
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		decls = append(decls, tree.Decls...)
	}
	return decls
}

// sealed lists the types of package ast that have the given marker method.
func sealed(t *testing.T, marker string) []string {
	t.Helper()
	var names []string
	for _, decl := range astDecls(t) {
		f, ok := decl.(*goast.FuncDecl)
		if !ok || f.Recv == nil || f.Name.Name != marker {
			continue
		}
		typ := f.Recv.List[0].Type
		if star, ok := typ.(*goast.StarExpr); ok {
			typ = star.X
		}
		names = append(names, typ.(*goast.Ident).Name)
	}
	slices.Sort(names)
	return names
}

// constants counts the constants of a type of package ast that counts with iota.
func constants(t *testing.T, typ string) int {
	t.Helper()
	for _, decl := range astDecls(t) {
		g, ok := decl.(*goast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		if first, ok := g.Specs[0].(*goast.ValueSpec).Type.(*goast.Ident); ok && first.Name == typ {
			return len(g.Specs)
		}
	}
	t.Fatalf("ast has no constants of type %s", typ)
	return 0
}

func typeName(v any) string {
	typ := reflect.TypeOf(v)
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	return typ.Name()
}

// leafCase is a value, an event that it matches and one that it does not.
type leafCase struct {
	value       ast.Value
	match, miss string
}

func decimal(s string) ast.Decimal {
	d, ok := ast.ParseDecimal(s)
	if !ok {
		panic(s)
	}
	return d
}

var leafCases = []leafCase{
	{&ast.Pattern{Parts: ast.ParsePattern("a*")}, `{"f":"ab"}`, `{"f":"ba"}`},
	{&ast.Number{Decimal: decimal("5")}, `{"f":5}`, `{"f":6}`},
	{&ast.Bool{Value: true}, `{"f":true}`, `{"f":false}`},
	{&ast.Null{}, `{}`, `{"f":1}`},
	{&ast.Regex{Source: "a+"}, `{"f":"baa"}`, `{"f":"b"}`},
	{&ast.CIDR{Prefix: netip.MustParsePrefix("10.0.0.0/8")}, `{"f":"10.0.0.1"}`, `{"f":"1.0.0.1"}`},
	{&ast.Comparison{Op: ast.Less, Number: &ast.Number{Decimal: decimal("5")}}, `{"f":4}`, `{"f":5}`},
	{&ast.TimePart{Unit: ast.Hour, Op: ast.Equal, N: 1}, `{"f":3600}`, `{"f":0}`},
	{&ast.Exists{Want: true}, `{"f":null}`, `{}`},
	{&ast.FieldRef{Field: ast.Field{Name: "g"}}, `{"f":"a","g":"A"}`, `{"f":"a"}`},
	{&ast.Members{Expr: &ast.Match{Field: ast.Field{Name: ast.Self}, Value: &ast.Number{Decimal: decimal("5")}}}, `{"f":[4,5]}`, `{"f":[]}`},
	{&ast.Keyword{Value: (&ast.Pattern{Parts: ast.ParsePattern("key")}).Contains()}, `{"x":"a key"}`, `{"key":"x"}`},
}

func leafOf(v ast.Value) *ast.Match {
	if _, ok := v.(*ast.Keyword); ok {
		return &ast.Match{Value: v}
	}
	return &ast.Match{Field: ast.Field{Name: "f"}, Value: v}
}

// TestEveryValueKind fails when ast gets a kind of value that has no case here,
// and a case fails when New does not handle its kind.
func TestEveryValueKind(t *testing.T) {
	kinds := map[string]bool{}
	for _, c := range leafCases {
		kinds[typeName(c.value)] = true
		ref := mustNew(t, leafOf(c.value))
		if !ref.Match(mustEvent(t, c.match)) {
			t.Errorf("%s does not match %s", c.value, c.match)
		}
		if ref.Match(mustEvent(t, c.miss)) {
			t.Errorf("%s matches %s", c.value, c.miss)
		}
	}
	if got := slices.Sorted(maps.Keys(kinds)); !slices.Equal(got, sealed(t, "value")) {
		t.Errorf("cases for %v\nbut ast has %v", got, sealed(t, "value"))
	}
}

func TestEveryPart(t *testing.T) {
	parts := []ast.Part{ast.Literal("a"), ast.AnyRun{}, ast.AnyOne{}, ast.Dash{}, ast.Placeholder{Name: "p"}}
	var names []string
	for _, part := range parts {
		names = append(names, typeName(part))
		_, err := New(&ast.Query{Expr: leafOf(&ast.Pattern{Parts: []ast.Part{part}})})
		var refused *UnsupportedError
		if _, isPlaceholder := part.(ast.Placeholder); isPlaceholder != errors.As(err, &refused) {
			t.Errorf("%T: error %v", part, err)
		}
	}
	slices.Sort(names)
	if want := sealed(t, "part"); !slices.Equal(names, want) {
		t.Errorf("cases for %v\nbut ast has %v", names, want)
	}
}

func TestEveryExpr(t *testing.T) {
	leaf := leafOf(&ast.Exists{Want: true})
	exprs := []ast.Expr{
		&ast.And{Terms: []ast.Expr{leaf, leaf}}, leaf, &ast.Not{Term: &ast.Not{Term: leaf}}, &ast.Or{Terms: []ast.Expr{leaf, leaf}},
	}
	var names []string
	for _, e := range exprs {
		names = append(names, typeName(e))
		ref := mustNew(t, e)
		if !ref.Match(mustEvent(t, `{"f":1}`)) || ref.Match(mustEvent(t, `{}`)) {
			t.Errorf("%s: wrong verdict", e)
		}
	}
	slices.Sort(names)
	if want := sealed(t, "expr"); !slices.Equal(names, want) {
		t.Errorf("cases for %v\nbut ast has %v", names, want)
	}
}

// TestEveryConstant runs through all relations, units and modes that ast names.
func TestEveryConstant(t *testing.T) {
	for typ, last := range map[string]int{
		"CompareOp": int(ast.GreaterOrEqual), "TimeUnit": int(ast.Year), "RefMode": int(ast.RefContains), "Quantifier": int(ast.OneMember),
	} {
		if n := constants(t, typ); n != last+1 {
			t.Errorf("ast has %d constants of type %s, the evaluator knows %d", n, typ, last+1)
		}
	}
	ev := mustEvent(t, `{"f":"2024-02-29T05:06:07Z","n":5,"g":"2024"}`)
	for op := ast.Equal; op <= ast.GreaterOrEqual; op++ {
		c := &ast.Comparison{Op: op, Number: &ast.Number{Decimal: decimal("5")}}
		got := mustNew(t, &ast.Match{Field: ast.Field{Name: "n"}, Value: c}).Match(ev)
		if want := op.Holds(0); got != want {
			t.Errorf("5 %s 5 is %t", op, got)
		}
	}
	want := map[ast.TimeUnit]int{ast.Minute: 6, ast.Hour: 5, ast.Day: 29, ast.Week: 9, ast.Month: 2, ast.Year: 2024}
	for unit := ast.Minute; unit <= ast.Year; unit++ {
		if !mustNew(t, leafOf(&ast.TimePart{Unit: unit, N: want[unit]})).Match(ev) {
			t.Errorf("%s is not %d", unit, want[unit])
		}
	}
	modes := map[ast.RefMode]bool{ast.RefStartsWith: true, ast.RefContains: true}
	for mode := ast.RefEqual; mode <= ast.RefContains; mode++ {
		if got := mustNew(t, leafOf(&ast.FieldRef{Field: ast.Field{Name: "g"}, Mode: mode})).Match(ev); got != modes[mode] {
			t.Errorf("mode %s is %t", mode, got)
		}
	}
}
