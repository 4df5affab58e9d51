package ruletest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/evaluator/cloudtrail"
	"sigmatic/parser"
)

const ruleText = `title: Trail Stopped
id: 5d3c6a3e-0b57-4c0b-8f2e-6a0d6f0f2f11
name: trail_stopped
logsource: {product: aws}
detection:
  selection:
    eventSource: cloudtrail.amazonaws.com
    eventName:
      - StopLogging
      - DeleteTrail
  admin:
    user|startswith: ops-
  condition: selection and not admin
`

func parseRule(t *testing.T, text string) (*ast.Rule, []*ast.Query) {
	t.Helper()
	res := parser.Parse(source.NewFile("rule.yml", []byte(text)))
	if len(res.Documents) != 1 {
		t.Fatal(res.Diagnostics)
	}
	r := res.Documents[0].(*ast.Rule)
	qs, diags := ast.Resolve(r)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return r, qs
}

func openNothing(name string) (cloudtrail.Input, error) {
	return cloudtrail.Input{}, errors.New("no such file")
}

// TestRead reads every way to write an event, and every fault with its place.
func TestRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "two.json"), []byte("{\"Records\":[{\"a\":1},{\"a\":2}]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(name string) (cloudtrail.Input, error) {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return cloudtrail.Input{}, errors.New("no such file")
		}
		return cloudtrail.File(filepath.Join(dir, name)), nil
	}
	for _, c := range []struct{ text, want string }{
		{"match:\n  - event: {a: x, b: {c: [1, 1.50, true, null, '1']}}\n", `true {"a":"x","b":{"c":[1,1.5,true,null,"1"]}}`},
		{"match:\n  - event: {a: yes, b: Off, c: 'no', d: TRUE}\n", `true {"a":true,"b":false,"c":"no","d":true}`},
		{"match:\n  - json: '{\"a\":12.0,\"a\":1}'\nno-match:\n  - event: {}\n", `true {"a":12.0,"a":1}; false {}`},
		{"no-match:\n  - {name: days, file: two.json}\n", `false {"a":1}; false {"a":2}`},
		{"match: {}\n", `tests.yml:1:8: match: expected a list of tests`},
		{"match:\n  - event: {}\n    json: '{}'\n    file: two.json\n", `tests.yml:2:5: expected one of event, json or file`},
		{"match:\n  - name: nothing\n", `tests.yml:2:5: expected one of event, json or file`},
		{"match:\n  - event: text\n", `tests.yml:2:12: event: expected a map of fields, which may be empty ({})`},
		{"match:\n  - json: '[1]'\n", `tests.yml:2:11: json: event, byte 0: expected a JSON object`},
		{"match:\n  - json: {a: 1}\n", `tests.yml:2:11: json: expected the text of a JSON object, in quotes or as a block (|)`},
		{"match:\n  - file: gone.json\n", `tests.yml:2:11: no such file`},
		{"match:\n  - evnt: {}\n", `tests.yml:2:5: unknown key "evnt", expected name, and one of event, json or file`},
		{"matches: []\n", `tests.yml:1:1: unknown key "matches", expected rule, match or no-match`},
		{"rule: x\n", `tests.yml:1:1: holds no test, expected match or no-match with at least one`},
	} {
		suites, err := Read(source.NewFile("tests.yml", []byte(c.text)), open)
		var got []string
		for _, s := range suites {
			for _, test := range s.Tests {
				got = append(got, fmt.Sprintf("%t %s", test.Match, test.Event))
			}
		}
		text := strings.Join(got, "; ")
		if err != nil {
			text = err.Error()
		}
		if text != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, text, c.want)
		}
	}
}

// TestRun holds a rule to tests that it passes and that it does not, and says
// what they exercise.
func TestRun(t *testing.T) {
	r, qs := parseRule(t, ruleText)
	o := Outcome{Rule: r}
	suites, err := Read(source.NewFile("tests.yml", []byte(`
rule: trail_stopped
match:
  - event: {eventSource: cloudtrail.amazonaws.com, eventName: StopLogging}
  - {name: wrong, event: {eventSource: cloudtrail.amazonaws.com, eventName: StopLogging, user: ops-7}}
no-match:
  - event: {eventSource: s3.amazonaws.com, eventName: StopLogging}
`)), openNothing)
	if err != nil || !suites[0].Of(r) {
		t.Fatal(err, suites)
	}
	o.Tests = suites[0].Tests
	if err := o.Run(qs); err != nil {
		t.Fatal(err)
	}
	if len(o.Failures) != 1 || o.Failures[0].Name != "wrong" || o.Verdict() != Failed {
		t.Errorf("failures: %v", o.Failures)
	}
	var lacks []string
	for _, l := range o.Coverage {
		if lack := l.Lack(); lack != "" {
			lacks = append(lacks, lack)
		}
	}
	if want := []string{"selection, item 2 (eventName), value 2 (line 10): never exercised"}; fmt.Sprint(lacks) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", lacks, want)
	}
	if exercised, missed := o.Coverage.Exercised(); exercised != 3 || missed != 2 {
		t.Errorf("%d exercised, %d missed, want 3 and 2", exercised, missed)
	}
}

// TestHeldButNeverDecides tells a value that another one always hides.
func TestHeldButNeverDecides(t *testing.T) {
	r, qs := parseRule(t, strings.Replace(ruleText, "- DeleteTrail", "- Stop*", 1))
	o := Outcome{Rule: r}
	suites, err := Read(source.NewFile("tests.yml", []byte("match:\n  - event: {eventSource: cloudtrail.amazonaws.com, eventName: StopLogging}\n")), openNothing)
	if err != nil {
		t.Fatal(err)
	}
	o.Tests = suites[0].Tests
	if err := o.Run(qs); err != nil {
		t.Fatal(err)
	}
	if lack := o.Coverage[1].Lack(); !strings.HasSuffix(lack, "value 1 (line 9): never decides, another value holds wherever it does") {
		t.Errorf("got %q", lack)
	}
}

// TestScaffold demands of a first draft that it reads as tests, that the rule
// passes them, and that they exercise everything.
func TestScaffold(t *testing.T) {
	r, qs := parseRule(t, ruleText)
	text, err := Scaffold(r, qs, 1)
	if err != nil {
		t.Fatal(err)
	}
	suites, err := Read(source.NewFile("draft.yml", text), openNothing)
	if err != nil || len(suites) != 1 || !suites[0].Of(r) {
		t.Fatalf("%v\n%s", err, text)
	}
	o := Outcome{Rule: r, Tests: suites[0].Tests}
	if err := o.Run(qs); err != nil || len(o.Failures) > 0 {
		t.Fatalf("%v %v\n%s", err, o.Failures, text)
	}
	if exercised, missed := o.Coverage.Exercised(); exercised != len(o.Coverage) || missed != len(o.Coverage) {
		t.Errorf("%d and %d of %d\n%s", exercised, missed, len(o.Coverage), text)
	}
	if len(o.Tests) > 8 {
		t.Errorf("%d tests\n%s", len(o.Tests), text)
	}
}
