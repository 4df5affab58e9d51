package parser_test

import (
	"fmt"
	"os"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser"
)

// All that is wrong with a file is said at once, with its place and, where it is
// certain, with its mend.
func ExampleParse() {
	file := source.NewFile("rule.yml", []byte(`title: Root Logs In
logsource:
  product: aws
  service: cloudtrail
detection:
  selection:
    eventName|startwith: Console
  condition: selectoin
`))
	res := parser.Parse(file)
	fmt.Println(len(res.Rules()), "rules,", res.Broken, "broken")
	if err := diag.WritePretty(os.Stdout, res.Diagnostics, false); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 0 rules, 1 broken
	// rule.yml:7:15: error: unknown modifier "startwith" [S0401]
	//     7 |     eventName|startwith: Console
	//       |               ^^^^^^^^^
	//       help: did you mean "startswith"?
	// rule.yml:8:14: error: the condition names "selectoin", which the detection does not define [S0502]
	//     8 |   condition: selectoin
	//       |              ^^^^^^^^^
	//       help: did you mean "selection"? the identifiers are "selection"
}

// Documents refer to each other by id or name, across files.
func ExampleLink() {
	rules := parser.Parse(source.NewFile("rule.yml", []byte(`title: Failed Login
name: failed_login
logsource: {product: aws}
detection:
  selection: {errorMessage: Failed authentication}
  condition: selection
`)))
	correlations := parser.Parse(source.NewFile("many.yml", []byte(`title: Many Failed Logins
correlation:
  type: event_count
  rules: [failed_login, failed_logon]
  timespan: 5m
  condition: {gte: 10}
`)))
	linked, diags := parser.Link(append(correlations.Documents, rules.Documents...))
	for _, d := range linked {
		fmt.Println("usable:", d.Meta().Title.Value)
	}
	for _, d := range diags {
		fmt.Println(d.Severity, d.Summary)
	}
	// Output:
	// usable: Failed Login
	// error "Many Failed Logins" refers to the rule "failed_logon", which is not there
}
