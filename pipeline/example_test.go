package pipeline_test

import (
	"fmt"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/parser"
	"sigmatic/pipeline"
)

// A schema gives a rule in the terms of a store: its names of fields, and what
// is known of them.
func ExampleSchema_Apply() {
	rule := parser.Parse(source.NewFile("rule.yml", []byte(`title: User Created From Outside
logsource: {product: aws, service: cloudtrail}
detection:
  selection:
    eventName: CreateUser
    sourceIPAddress|cidr: 203.0.113.0/24
  condition: selection
`))).Rules()[0]
	schema, err := pipeline.Find("cloudtrail-ecs")
	if err != nil {
		fmt.Println(err)
		return
	}
	mapped, where, diags := schema.Apply(rule)
	queries, _ := ast.Resolve(mapped)
	fmt.Println(queries[0].Expr)
	fmt.Println(where.Index, len(diags))
	// Output:
	// and("event.action" is "CreateUser", "source.ip" in 203.0.113.0/24)
	// logs-aws.cloudtrail-* 0
}
