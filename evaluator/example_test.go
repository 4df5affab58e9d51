package evaluator_test

import (
	"fmt"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/evaluator"
	"sigmatic/parser"
)

// A query is compiled once; then any number of goroutines may match events.
func ExampleReference_Match() {
	res := parser.Parse(source.NewFile("rule.yml", []byte(`title: Root Logs In Without MFA
logsource: {product: aws, service: cloudtrail}
detection:
  selection:
    eventName: ConsoleLogin
    userIdentity.type: Root
  mfa:
    additionalEventData.MFAUsed: 'Yes'
  condition: selection and not mfa
`)))
	queries, _ := ast.Resolve(res.Rules()[0])
	reference, err := evaluator.New(queries[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range []string{
		`{"eventName":"ConsoleLogin","userIdentity":{"type":"Root"},"additionalEventData":{"MFAUsed":"No"}}`,
		`{"eventName":"ConsoleLogin","userIdentity":{"type":"Root"},"additionalEventData":{"MFAUsed":"Yes"}}`,
		`{"eventName":"consolelogin","userIdentity":{"type":"Root"}}`,
	} {
		event, err := evaluator.ParseEvent([]byte(line))
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(reference.Match(event))
	}
	// Output:
	// true
	// false
	// true
}

func ExampleReference_Explain() {
	is := func(field, pattern string) ast.Expr {
		return &ast.Match{Field: ast.Field{Name: field}, Value: &ast.Pattern{Parts: ast.ParsePattern(pattern)}}
	}
	ref, err := evaluator.New(&ast.Query{Expr: &ast.And{Terms: []ast.Expr{
		is("eventName", "Delete*"),
		&ast.Not{Term: is("userIdentity.type", "AWSService")},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ev, err := evaluator.ParseEvent([]byte(`{"eventName":"DeleteTrail","userIdentity":{"type":"Root"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ref.Match(ev))
	fmt.Print(ref.Explain(ev))
	// Output:
	// true
	// and: true
	//   "eventName" is "Delete"*: true; eventName = "DeleteTrail"
	//   not: true
	//     "userIdentity.type" is "AWSService": false; userIdentity.type = "Root"
}
