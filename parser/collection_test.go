package parser_test

import (
	"fmt"
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/parser"
)

// TestCollections is §1.5, with its ruling: what a rule says itself outranks the
// template. A rule is shown as title, level, log source and what it selects.
func TestCollections(t *testing.T) {
	const template = "action: global\ntitle: T\nlevel: low\nlogsource: {product: p, service: s}\ndetection: {x: {a: 1}, condition: x}\n---\n"
	for _, c := range []struct{ name, text, want string }{
		{"the template gives all", template + "id: 5638f7c0-ac70-491d-8465-000000000001\n", `T low p/s "a" = 1`},
		{"the rule wins", template + "title: R\nlevel: high\n", `R high p/s "a" = 1`},
		{"maps are merged", template + "logsource: {service: other}\ndetection: {y: {b: 2}, condition: x and y}\n", `T low p/other and("a" = 1, "b" = 2)`},
		{"the rule's identifiers come first", template + "detection: {y: {b: 2}, condition: 1 of them}\n", `T low p/s or("b" = 2, "a" = 1)`},
		{"fields of one identifier are merged", template + "detection: {x: {b: 2}}\n", `T low p/s and("b" = 2, "a" = 1)`},
		{"values are not merged", template + "detection: {x: {a: [5, 6]}}\n", `T low p/s or("a" = 5, "a" = 6)`},
		{"a list takes the place of a map", template + "detection: {x: [{c: 3}]}\n", `T low p/s "c" = 3`},
		{"the template is not changed", template + "detection: {x: {a: 2}}\n---\nid: 5638f7c0-ac70-491d-8465-000000000001\n", `T low p/s "a" = 2; T low p/s "a" = 1`},
		{"another template", template + "title: R\n---\n" + strings.ReplaceAll(template, "low", "high") + "title: S\n", `R low p/s "a" = 1; S high p/s "a" = 1`},
		{"repeat keeps the rest", template + "title: R\n---\naction: repeat\nlevel: medium\n", `R low p/s "a" = 1; R medium p/s "a" = 1`},
		{"repeat of a repeat", template + "title: R\n---\naction: repeat\nlevel: medium\n---\naction: repeat\ntitle: S\n",
			`R low p/s "a" = 1; R medium p/s "a" = 1; S medium p/s "a" = 1`},
		{"repeat of the template", template + "action: repeat\ntitle: R\n", `R low p/s "a" = 1`},
		{"repeat behind a reset", template + "title: R\n---\naction: reset\n---\naction: repeat\nlevel: high\n", `R low p/s "a" = 1; R high p/s "a" = 1`},
		{"a broken document between", template + "title: [\n---\ntitle: R\n", `R low p/s "a" = 1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			res := parser.Parse(source.NewFile("r.yml", []byte(c.text)))
			for _, d := range res.Documents {
				r := d.(*ast.Rule)
				qs, _ := ast.Resolve(r)
				got = append(got, fmt.Sprintf("%s %s %s/%s %s", r.Title.Value, r.Level, r.LogSource.Product.Value, r.LogSource.Service.Value, ast.Simplify(qs[0].Expr)))
			}
			if text := strings.Join(got, "; "); text != c.want {
				t.Errorf("got  %s\nwant %s\n%s", text, c.want, listing(res.Diagnostics))
			}
		})
	}
}

// TestCollectionPlaces sees that a merged node stands where it was written.
func TestCollectionPlaces(t *testing.T) {
	text := "action: global\nlogsource: {product: p}\ndetection:\n  x:\n    a: one\n  condition: x and y\n---\ntitle: R\ndetection:\n  y:\n    b: two\n"
	res := parser.Parse(source.NewFile("r.yml", []byte(text)))
	if len(res.Documents) != 1 {
		t.Fatal(listing(res.Diagnostics))
	}
	r := res.Documents[0].(*ast.Rule)
	for _, d := range r.Detections {
		for _, m := range d.Body.(*ast.AllOf).Members {
			item := m.(*ast.Item)
			if got := item.Values[0][0].Range().Text(); got != item.Written[0].Text {
				t.Errorf("%s stands at %q, it was written as %q", item.Field.Name, got, item.Written[0].Text)
			}
		}
	}
	if got := r.Range().Position().Line; got != 8 {
		t.Errorf("the rule begins at line %d, want 8", got)
	}
}
