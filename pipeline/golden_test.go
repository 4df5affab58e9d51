package pipeline

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sigmatic/ast"
)

var record = flag.Bool("record", false, "write the golden files anew")

// TestGoldenSchemas holds what each schema makes of each kind of leaf: for one
// field of those that the schema describes alike.
func TestGoldenSchemas(t *testing.T) {
	for _, s := range Schemas() {
		if s.Name == "none" {
			continue
		}
		var text strings.Builder
		seen := map[string]bool{}
		for _, f := range s.fields {
			if key := alikeness(f); !seen[key] {
				seen[key] = true
				describe(&text, s, f)
			}
		}
		path := filepath.Join("testdata", "schemas", s.Name+".txt")
		if *record {
			if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(string(want), text.String()); diff != "" {
			t.Errorf("%s (-want +got), go test ./pipeline -run Golden -record writes it:\n%s", path, diff)
		}
	}
}

// alikeness is equal for fields of which the schema says the same but for names.
func alikeness(f *field) string {
	key := fmt.Sprint(f.lost != "", f.network != nil, f.absent != nil, strings.HasSuffix(f.name, "*"))
	for _, t := range f.targets {
		rule := -1
		if t.spelling != nil {
			rule = int(t.spelling.rule)
		}
		key += fmt.Sprint(t.typ, t.multi, rule, t.values != nil, len(t.when), t.as, ";")
	}
	return key
}

// describe writes the leaves of every kind over a field in the store's terms.
func describe(b *strings.Builder, s *Schema, f *field) {
	name := strings.ReplaceAll(f.name, "*", "below")
	fmt.Fprintf(b, "=== %s\n", name)
	twelve, _ := ast.ParseDecimal("12")
	number := &ast.Number{Decimal: twelve, Lexeme: "12"}
	pattern := func(s string) *ast.Pattern { return &ast.Pattern{Parts: ast.ParsePattern(s)} }
	own := "Val"
	if len(f.targets) > 0 {
		if p := f.targets[0].values; len(p) > 0 {
			own = p[0].event.Text
		} else if sp := f.targets[0].spelling; sp != nil && len(sp.names) > 0 {
			own = strings.ToLower(sp.names[0])
		}
	}
	for _, v := range []ast.Value{
		pattern(own), pattern("Va*"), pattern("*va*"), pattern("*"), &ast.Pattern{Parts: ast.ParsePattern("Val"), Cased: true}, pattern("true"), number,
		&ast.Bool{Value: true}, &ast.Null{}, &ast.Exists{Want: true}, &ast.Exists{}, &ast.Regex{Source: "a.b"}, &ast.CIDR{Prefix: netip.MustParsePrefix("10.0.0.0/8")},
		&ast.Comparison{Op: ast.Greater, Number: number}, &ast.TimePart{Unit: ast.Hour, N: 3}, &ast.FieldRef{Field: ast.Field{Name: s.fields[0].name}},
	} {
		a := applier{schema: s, warned: map[string]bool{}}
		e := a.leaf(ast.Field{Name: name}, v)
		text := ast.Simplify(e).String()
		if len(a.diags) > 0 {
			text = a.diags[0].Severity.String() + ": " + a.diags[0].Summary
		}
		fmt.Fprintf(b, "%s\n    %s\n", v, text+traitsOf(e))
	}
}

// traitsOf marks the leaves whose values stand in the store's own spelling.
func traitsOf(e ast.Expr) string {
	canonical := false
	ast.Leaves(e, func(m *ast.Match, _ bool) { canonical = canonical || m.Field.Case == ast.CaseCanonical })
	if canonical {
		return "  (as it is spelled there)"
	}
	return ""
}
