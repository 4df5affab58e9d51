package backends_test

import (
	"errors"
	"fmt"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
	"sigmatic/backends/all"
	"sigmatic/parser"
)

func rule(text string) *ast.Rule {
	return parser.Parse(source.NewFile("rule.yml", []byte(text))).Rules()[0]
}

const example = `title: Key Created for a User
id: 0c3f7a52-8a4e-4d0a-9f39-5d6a6a1c7e11
level: high
tags: [attack.persistence, attack.t1098.001]
logsource:
  product: aws
  service: cloudtrail
detection:
  selection:
    eventName: CreateAccessKey
    requestParameters.userName|re: ^svc-\d+$
  condition: selection
`

// A target gives a query with its notes, or a refusal that names the targets
// that can say the query.
func ExampleRegistry_Convert() {
	registry := all.Registry()
	queries, _ := ast.Resolve(rule(example))
	targets := []backends.Backend{registry.Find("logsql"), registry.Find("kql")}
	for i, res := range registry.Convert(queries[0], targets, backends.Options{Compact: true}) {
		fmt.Println(targets[i].Language())
		var refusal *backends.Unsupported
		if errors.As(res.Err, &refusal) {
			fmt.Println("  refused:", refusal.Feature, "- what can:", refusal.Alternatives)
			continue
		}
		fmt.Println(" ", res.Output.Query)
		for _, n := range res.Output.Notes {
			fmt.Println("  note:", n.Code)
		}
	}
	// Output:
	// LogsQL
	//   eventName:~"(?i)^CreateAccessKey$" AND requestParameters.userName:~"^svc-\\d+$"
	//   note: single-value
	// KQL
	//   refused: regular expression - what can: [splunk esql logsql]
}

// A format makes a file that a product imports of queries.
func ExampleFormat() {
	b := all.Registry().Find("splunk")
	r := rule(example)
	queries, _ := ast.Resolve(r)
	format := b.Formats()[0]
	settings, err := format.Choose(map[string]string{"interval": "15m"})
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := b.Convert(queries[0], backends.Options{Compact: format.OneLine, Alert: format.Alert})
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := format.Print(backends.Item{Rule: r, Of: len(queries), Query: out.Query, Notes: out.Notes, Settings: settings})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(format.Head + text)
	// Output:
	// [Key Created for a User]
	// description = Key Created for a User | Tags: attack.persistence, attack.t1098.001 | Level: high | Risk score: 73 | Sigma rule: 0c3f7a52-8a4e-4d0a-9f39-5d6a6a1c7e11
	// search = eventName="CreateAccessKey" requestParameters.userName="*svc-*" | where isnotnull(mvfind('requestParameters.userName',"\Asvc-\d+\z"))
	// enableSched = 1
	// cron_schedule = */15 * * * *
	// dispatch.earliest_time = -16m@m
	// dispatch.latest_time = -1m@m
	// realtime_schedule = 0
	// counttype = number of events
	// relation = greater than
	// quantity = 0
	// alert.track = 1
	// alert.digest_mode = 1
	// alert.suppress = 0
	// alert.severity = 4
}

// Techniques stand below the tactics that they serve.
func ExampleThreats() {
	for _, t := range backends.Threats(rule(example).Tags) {
		fmt.Println(t.Tactic.ID, t.Tactic.Name)
		for _, q := range t.Techniques {
			fmt.Println(" ", q.ID, q.Name)
			for _, s := range q.Subtechniques {
				fmt.Println("   ", s.ID, s.Name)
			}
		}
	}
	// Output:
	// TA0003 Persistence
	//   T1098 Account Manipulation
	//     T1098.001 Additional Cloud Credentials
}
