package processing_test

import (
	"fmt"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/parser"
	"sigmatic/pipeline/processing"
)

// A pipeline of pySigma's form adapts rules to an environment: here fields get
// other names, and only rules of one log source do.
func ExamplePipeline_Apply() {
	p, diags := processing.Read(source.NewFile("pipeline.yml", []byte(`name: ECS
priority: 10
transformations:
  - id: names
    type: field_name_mapping
    mapping:
      eventName: event.action
    rule_conditions:
      - type: logsource
        service: cloudtrail
`)), processing.Options{Detection: parser.Detection})
	if p == nil {
		fmt.Println(diags)
		return
	}
	rule := parser.Parse(source.NewFile("rule.yml", []byte(`title: User Created
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: CreateUser}
  condition: selection
`))).Rules()[0]
	res, diags := p.Apply(rule)
	if res == nil {
		fmt.Println(diags)
		return
	}
	queries, _ := ast.Resolve(res.Document.(*ast.Rule))
	fmt.Println(queries[0].Expr)
	// Output:
	// "event.action" is "CreateUser"
}
