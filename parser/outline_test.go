package parser_test

import (
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/parser"
)

func TestOnlyRules(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"a rule", "# x\ntitle: a\nlogsource:\n  product: p\ntags:\n- a.b\ndetection:\n  filter: {a: b}\n  condition: filter\n", true},
		{"a filter", "title: a\nlogsource:\n  product: p\nfilter:\n  rules: any\n", false},
		{"a correlation", "title: a\ncorrelation:\n  type: event_count\n", false},
		{"the second document", "title: a\n---\ntitle: b\nfilter: {}\n", false},
		{"indented", "  title: a\n  filter: {}\n", false},
		{"indented second document", "title: a\n---\n\n  title: b\n  filter: {}\n", false},
		{"quoted key", "title: a\n\"filter\": {}\n", false},
		{"escaped key", "title: a\n\"f\\u0069lter\": {}\n", false},
		{"flow", "{title: a, filter: {}}\n", false},
		{"flow behind the marker", "--- {title: a, filter: {}}\n", false},
		{"explicit key", "title: a\n? filter\n: {}\n", false},
		{"alias as key", "title: &x filter\n*x : {}\n", false},
		{"merge key", "title: &x {filter: {}}\n<<: *x\n", false},
		{"carriage return", "title: a\rfilter: {}\n", false},
		{"next line", "title: a\u0085filter: {}\n", false},
		{"byte order mark", "\ufefftitle: a\n", false},
		{"nothing", "", true},
	} {
		if got := parser.OnlyRules([]byte(c.text)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// FuzzOnlyRules demands that a look at a file never hides a document that
// refers to others.
func FuzzOnlyRules(f *testing.F) {
	filter := "title: f\nlogsource: {product: p}\nfilter: {rules: any, s: {a: b}, condition: not s}\n"
	f.Add([]byte(filter))
	f.Add([]byte(strings.ReplaceAll(filter, "\n", "\r\n")))
	f.Add([]byte("x: \"\n---\n" + filter))
	f.Add([]byte("title: |\n  a\n--- \n" + filter))
	f.Add([]byte("action: global\n" + filter + "---\ntitle: x\n"))
	f.Add([]byte("title: c\ncorrelation: {type: event_count, rules: [a], timespan: 5m, condition: {gte: 1}}\n"))
	f.Add([]byte(ruleWith("  s: {a: b}\n  condition: s | count() > 5\n  timeframe: 1m\n")))
	f.Fuzz(func(t *testing.T, data []byte) {
		if !parser.OnlyRules(data) {
			return
		}
		for _, doc := range parser.Parse(source.NewFile("r.yml", data)).Documents {
			switch doc := doc.(type) {
			case *ast.Filter:
				t.Fatalf("a filter is taken for a rule")
			case *ast.Correlation:
				if doc.Legacy == nil {
					t.Fatalf("a correlation is taken for a rule")
				}
			}
		}
	})
}
