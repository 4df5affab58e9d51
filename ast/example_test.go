package ast_test

import (
	"fmt"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/parser"
)

const example = `title: Trail Stopped by a Stranger
logsource:
  product: aws
  service: cloudtrail
detection:
  selection:
    eventName:
      - StopLogging
      - Delete*
  filter_ops:
    userIdentity.arn|endswith: :user/ops
  filter_aws:
    userIdentity.type: AWSService
  condition: selection and not 1 of filter_*
`

// A resolved query is one boolean tree: modifiers applied, selectors and lists
// opened.
func ExampleResolve() {
	for _, rule := range parser.Parse(source.NewFile("rule.yml", []byte(example))).Rules() {
		queries, _ := ast.Resolve(rule)
		for _, q := range queries {
			fmt.Println(q.Condition.Text.Value)
			fmt.Println(q.Expr)
		}
	}
	// Output:
	// selection and not 1 of filter_*
	// and(or("eventName" is "StopLogging", "eventName" is "Delete"*), not(or("userIdentity.arn" is *":user/ops", "userIdentity.type" is "AWSService")))
}

// Leaves visits what a query asks of an event, and says whether a negation turns
// it around.
func ExampleLeaves() {
	for _, rule := range parser.Parse(source.NewFile("rule.yml", []byte(example))).Rules() {
		queries, _ := ast.Resolve(rule)
		ast.Leaves(queries[0].Expr, func(m *ast.Match, negated bool) {
			fmt.Println(m.Field.Name, m.Value, negated)
		})
	}
	// Output:
	// eventName is "StopLogging" false
	// eventName is "Delete"* false
	// userIdentity.arn is *":user/ops" true
	// userIdentity.type is "AWSService" true
}
