package kql

import (
	goast "go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sigmatic/ast"
)

// TestEveryValueKind finds the kinds of ast.Value in its source, so that a new
// kind fails here until there is a case for it.
func TestEveryValueKind(t *testing.T) {
	tested := []string{"Regex", "TimePart", "FieldRef", "Members"} // in TestRefusals; backends.Prepare refuses the last
	for _, c := range leafCases {
		name := reflect.TypeOf(c.leaf.Value).Elem().Name()
		if !slices.Contains(tested, name) {
			tested = append(tested, name)
		}
	}
	slices.Sort(tested)
	kinds := valueKinds(t)
	if !slices.Equal(tested, kinds) {
		t.Errorf("the kinds of values are %v, tested are %v", kinds, tested)
	}
}

func valueKinds(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../ast/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*goast.FuncDecl)
			if !ok || f.Name.Name != "value" || f.Recv == nil {
				continue
			}
			kinds = append(kinds, f.Recv.List[0].Type.(*goast.StarExpr).X.(*goast.Ident).Name)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// seedTree makes an expression of the bytes of a fuzzer.
type seedTree struct{ data []byte }

func (s *seedTree) next() byte {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b
}

func (s *seedTree) text() string {
	n := min(int(s.next())%12, len(s.data))
	out := string(s.data[:n])
	s.data = s.data[n:]
	return out
}

func (s *seedTree) expr(depth int) ast.Expr {
	kind := s.next()
	if depth > 30 || kind%8 > 3 {
		return s.leaf()
	}
	switch kind % 8 {
	case 0:
		return not(s.expr(depth + 1))
	case 1:
		return s.leaf()
	}
	terms := make([]ast.Expr, s.next()%4)
	for i := range terms {
		terms[i] = s.expr(depth + 1)
	}
	if kind%8 == 2 {
		return and(terms...)
	}
	return or(terms...)
}

func (s *seedTree) pattern() *ast.Pattern {
	p := &ast.Pattern{Cased: s.next()%5 == 0}
	for range s.next() % 5 {
		switch s.next() % 8 {
		case 0, 1:
			p.Parts = append(p.Parts, ast.AnyRun{})
		case 2:
			p.Parts = append(p.Parts, ast.Dash{})
		case 3:
			p.Parts = append(p.Parts, ast.AnyOne{})
		default:
			p.Parts = append(p.Parts, ast.Literal(s.text()))
		}
	}
	return p
}

func (s *seedTree) leaf() ast.Expr {
	f := ast.Field{Name: s.text(), Type: ast.FieldType(s.next() % 12), Case: ast.LetterCase(s.next() % 3)}
	if s.next()%4 > 0 {
		f = field("f" + string('a'+rune(s.next()%4)))
	}
	n := number([]string{"0", "12", "-0.5", "1e400", "9007199254740993"}[s.next()%5])
	switch s.next() % 14 {
	case 0:
		return &ast.Match{Field: f, Value: n}
	case 1:
		return &ast.Match{Field: f, Value: &ast.Bool{Value: s.next()%2 == 0}}
	case 2:
		return &ast.Match{Field: f, Value: &ast.Null{}}
	case 3:
		return &ast.Match{Field: f, Value: &ast.Regex{Source: s.text()}}
	case 4:
		return &ast.Match{Field: f, Value: network("10.0.0.0/8")}
	case 5:
		return &ast.Match{Field: f, Value: &ast.CIDR{}}
	case 6:
		return &ast.Match{Field: f, Value: &ast.Comparison{Op: ast.CompareOp(s.next() % 5), Number: n}}
	case 7:
		return &ast.Match{Field: f, Value: &ast.Exists{Want: s.next()%2 == 0}}
	case 8:
		return &ast.Match{Value: &ast.Keyword{Value: s.pattern()}}
	case 9:
		return &ast.Match{Value: &ast.Keyword{Value: n}}
	}
	return &ast.Match{Field: f, Value: s.pattern()}
}

// FuzzConvert: no tree makes the backend panic, Kibana reads whatever it prints,
// and reads the same from both layouts.
func FuzzConvert(f *testing.F) {
	f.Add([]byte{3, 2, 4, 1, 'a', 0, 0, 0, 1, 1, 13, 0, 2, 5, 4, ' ', 'o', 'r', ' '})
	f.Add([]byte{0, 2, 3, 2, 3, 4, 0, 0, 0, 1, 2, 0})
	f.Add([]byte("\x00\x04\x01f\x00\x00\x00\x01\x0d\x00\x02\x00\x05\x06x\" or *"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tree := (&seedTree{data}).expr(0)
		pretty, err := convert(tree, false)
		if err != nil {
			return
		}
		compact, err := convert(tree, true)
		if err != nil {
			t.Fatal(err)
		}
		a, err := readKibana(pretty.Query)
		if err != nil {
			t.Fatal(err)
		}
		b, err := readKibana(compact.Query)
		if err != nil {
			t.Fatal(err)
		}
		if a.String() != b.String() {
			t.Fatalf("%s\n%s", pretty.Query, compact.Query)
		}
	})
}
