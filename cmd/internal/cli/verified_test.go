package cli

import (
	"errors"
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
	"sigmatic/backends/all"
	"sigmatic/parser"
	"sigmatic/pipeline"
)

// halved is a backend that loses the second half of what a rule asks for.
type halved struct{ backends.Backend }

func (h halved) Convert(q *ast.Query, opts backends.Options) (*backends.Output, error) {
	half := *q
	if and, ok := q.Expr.(*ast.And); ok {
		half.Expr = and.Terms[0]
	}
	return h.Backend.Convert(&half, opts)
}

// TestVerifiedRefuses shows that convert --verified lets the right query through,
// and refuses a wrong one with the event that shows it.
func TestVerifiedRefuses(t *testing.T) {
	text := "title: Both\nlogsource: {product: x}\ndetection:\n  a: {f: x, g: y}\n  condition: a\n"
	rule := parser.Parse(source.NewFile("both.yml", []byte(text))).Documents[0].(*ast.Rule)
	for _, b := range all.Registry() {
		for _, target := range []backends.Backend{b, halved{b}} {
			c := &convertRun{
				registry: backends.Registry{target}, backends: []backends.Backend{target}, verified: true,
				selected: func(*ast.Rule) bool { return true },
				schema:   schemaFlags{one: pipeline.None()},
				form:     formFlags{format: formText},
			}
			if err := c.chooseForms(); err != nil {
				t.Fatal(err)
			}
			got := c.answer(loadedRule{Rule: rule}).conversions[0]
			var refused *backends.Unsupported
			_, wrong := target.(halved)
			if errors.As(got.err, &refused) != wrong {
				t.Fatalf("%s, wrong %t: %v", b.Name(), wrong, got.err)
			}
			if wrong && (refused.Feature != backends.FeatureProof || !strings.Contains(refused.Detail, `does not select {"f":"x"} and the query selects it`)) {
				t.Errorf("%s: %v", b.Name(), refused)
			}
		}
	}
}
