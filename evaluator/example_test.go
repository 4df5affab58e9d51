package evaluator_test

import (
	"fmt"

	"sigmatic/ast"
	"sigmatic/evaluator"
)

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
