package parser_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser"
)

// linkDocs parses short documents and links them. A document is written NAME,
// or NAME:REF,REF for a correlation, or filter:REF,REF.
func linkDocs(t *testing.T, docs ...string) (order []string, found []string) {
	t.Helper()
	var texts []string
	for _, d := range docs {
		name, refs, isCorrelation := strings.Cut(d, ":")
		switch {
		case name == "filter":
			texts = append(texts, fmt.Sprintf("title: filter\nlogsource: {product: p}\nfilter: {rules: [%s], s: {a: b}, condition: not s}\n", refs))
		case isCorrelation:
			texts = append(texts, fmt.Sprintf("title: %s\nname: %s\ncorrelation: {type: event_count, rules: [%s], timespan: 5m, condition: {gte: 1}}\n", name, name, refs))
		default:
			texts = append(texts, fmt.Sprintf("title: %s\nname: %s\nid: %s\nlogsource: {product: p}\ndetection: {s: {a: b}, condition: s}\n", name, name, idOf(name)))
		}
	}
	res := parser.Parse(source.NewFile("r.yml", []byte(strings.Join(texts, "---\n"))))
	if len(res.Diagnostics) > 0 {
		t.Fatalf("%v", res.Diagnostics)
	}
	linked, diags := parser.Link(res.Documents)
	for _, d := range linked {
		order = append(order, d.Meta().Title.Value)
	}
	for _, d := range diags {
		found = append(found, fmt.Sprintf("%s %s", d.Code, d.Severity))
	}
	return order, found
}

func idOf(name string) string { return fmt.Sprintf("5638f7c0-ac70-491d-8465-0000000000%02x", name[0]) }

func TestLink(t *testing.T) {
	unknown, cycle, twice := string(diag.UnknownReference)+" error", string(diag.CorrelationCycle)+" error", string(diag.DuplicateName)+" error"
	for _, c := range []struct {
		name  string
		docs  []string
		order string
		found string
	}{
		{"referred to before referring", []string{"c:a,b", "a", "b"}, "a b c", ""},
		{"chain", []string{"d:c", "c:a", "a"}, "a c d", ""},
		{"by id", []string{"c:" + idOf("a"), "a"}, "a c", ""},
		{"by id in upper case", []string{"c:" + strings.ToUpper(idOf("a")), "a"}, "a c", ""},
		{"missing", []string{"c:nope", "a"}, "a", unknown},
		{"missing below", []string{"d:c", "c:nope", "a"}, "a", unknown + " " + unknown},
		{"itself", []string{"c:c"}, "", cycle},
		{"circle", []string{"c:d", "d:c", "a"}, "a", cycle + " " + unknown},
		{"a name twice", []string{"a", "a"}, "a", twice},
		{"filter of a missing rule", []string{"filter:a,nope", "a"}, "filter a", string(diag.UnknownReference) + " warning"},
	} {
		t.Run(c.name, func(t *testing.T) {
			order, found := linkDocs(t, c.docs...)
			if got := strings.Join(order, " "); got != c.order {
				t.Errorf("order %q, want %q", got, c.order)
			}
			if got := strings.Join(found, " "); got != c.found {
				t.Errorf("found %q, want %q", got, c.found)
			}
		})
	}
}

func TestLinkDeepChain(t *testing.T) {
	docs := []string{"a"}
	for c := 'b'; c <= 'z'; c++ {
		docs = append(docs, fmt.Sprintf("%c:%c", c, c-1))
	}
	// Ten correlations upon each other are allowed, in whatever order they come:
	// a to k, the eleventh is refused, and so are those upon it.
	const usable = "a b c d e f g h i j k"
	if order, found := linkDocs(t, docs...); strings.Join(order, " ") != usable || len(found) != 15 {
		t.Errorf("documents in order of reference: %v %v", order, found)
	}
	slices.Reverse(docs)
	if order, found := linkDocs(t, docs...); strings.Join(order, " ") != usable || len(found) != 15 {
		t.Errorf("documents against the order of reference: %v %v", order, found)
	}
}

// TestApplyFilters follows the rulings on merging (6): the filter joins every
// condition with and, its identifiers stay out of the rule's selectors, and a
// condition without not needs a mode.
func TestApplyFilters(t *testing.T) {
	const rule = `title: r
name: r
logsource: {product: p, category: c}
detection: {sel_a: {a: 1}, sel_b: {b: 2}, condition: [1 of sel_*, all of them]}
`
	for _, c := range []struct {
		name, logsource, rules, condition string
		mode                              ast.FilterMode
		want                              string
	}{
		{"verbatim with not", "product: p", "any", "not sel_x", ast.FilterByCondition,
			`and(or("a" = 1, "b" = 2), not("x" = 3)) | and(and("a" = 1, "b" = 2), not("x" = 3))`},
		{"by name", "product: p", "[r]", "not _y", ast.FilterByCondition,
			`and(or("a" = 1, "b" = 2), not("y" = 4)) | and(and("a" = 1, "b" = 2), not("y" = 4))`},
		{"another rule", "product: p", "[other]", "not sel_x", ast.FilterByCondition, `or("a" = 1, "b" = 2) | and("a" = 1, "b" = 2)`},
		{"another log source", "product: q", "any", "not sel_x", ast.FilterByCondition, `or("a" = 1, "b" = 2) | and("a" = 1, "b" = 2)`},
		{"narrower log source", "product: p, service: s", "any", "not sel_x", ast.FilterByCondition, `or("a" = 1, "b" = 2) | and("a" = 1, "b" = 2)`},
		{"them is the filter's own", "product: p", "any", "not 1 of them", ast.FilterByCondition,
			`and(or("a" = 1, "b" = 2), not(or("x" = 3, "z" = 5))) | and(and("a" = 1, "b" = 2), not(or("x" = 3, "z" = 5)))`},
		{"and", "product: p", "any", "sel_x", ast.FilterAnd,
			`and(or("a" = 1, "b" = 2), "x" = 3) | and(and("a" = 1, "b" = 2), "x" = 3)`},
		{"and not", "product: p", "any", "sel_x", ast.FilterAndNot,
			`and(or("a" = 1, "b" = 2), not("x" = 3)) | and(and("a" = 1, "b" = 2), not("x" = 3))`},
		{"ambiguous", "product: p", "any", "sel_x", ast.FilterByCondition, string(diag.FilterPolarity)},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := fmt.Sprintf("---\ntitle: f\nlogsource: {%s}\nfilter: {rules: %s, sel_x: {x: 3}, _y: {y: 4}, z: {z: 5}, condition: %s}\n", c.logsource, c.rules, c.condition)
			res := parser.Parse(source.NewFile("r.yml", []byte(rule+text)))
			if len(res.Diagnostics) > 0 || len(res.Documents) != 2 {
				t.Fatalf("%v", res.Diagnostics)
			}
			original := res.Documents[0].(*ast.Rule)
			filter := res.Documents[1].(*ast.Filter)
			var got []string
			if d := filter.Ambiguous(c.mode); d != nil {
				got = append(got, string(d.Code))
			} else {
				qs, _ := ast.Resolve(ast.ApplyFilters(original, []*ast.Filter{filter}, c.mode))
				for _, q := range qs {
					got = append(got, q.Expr.String())
				}
			}
			if text := strings.Join(got, " | "); text != c.want {
				t.Errorf("got  %s\nwant %s", text, c.want)
			}
			if len(original.Detections) != 2 {
				t.Error("the rule itself was changed")
			}
		})
	}
}
