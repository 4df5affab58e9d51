package parser

import "sigmatic/ast"

// Rules are the detection rules of the file that stand for themselves: no
// correlations, no filters, and none of the rules that an aggregation of Sigma 1
// is made of.
func (res Result) Rules() []*ast.Rule {
	var out []*ast.Rule
	for _, d := range res.Documents {
		if r, ok := d.(*ast.Rule); ok && !r.Silent {
			out = append(out, r)
		}
	}
	return out
}
