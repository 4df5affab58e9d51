package processing_test

import (
	"fmt"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/parser"
	"sigmatic/pipeline/processing"
)

func Example() {
	p, diags := processing.Read(source.NewFile("pipeline.yml", []byte(`
transformations:
  - type: field_name_mapping
    mapping:
      userName: user.name
  - type: set_state
    key: index
    val: cloudtrail
`)), processing.Options{Detection: parser.Detection})
	if p == nil {
		fmt.Println(diags)
		return
	}
	rules := parser.Parse(source.NewFile("rule.yml", []byte(`
title: Alice
logsource: {product: aws}
detection:
  selection:
    userName: alice
  condition: selection
`)))
	res, _ := p.Apply(rules.Documents[0])
	queries, _ := ast.Resolve(res.Document.(*ast.Rule))
	fmt.Println(queries[0].Expr, "in", res.State["index"].Text)
	// Output: "user.name" is "alice" in cloudtrail
}
