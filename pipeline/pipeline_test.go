package pipeline_test

import (
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser"
	"sigmatic/pipeline"
)

// schemaOf reads a schema that must be sound.
func schemaOf(t *testing.T, text string) *pipeline.Schema {
	t.Helper()
	s, diags := pipeline.Load(source.NewFile("mine.yml", []byte(text)))
	for _, d := range diags {
		t.Error(d.Error())
	}
	if s == nil {
		t.FailNow()
	}
	return s
}

// ruleOf reads a rule over AWS with this detection.
func ruleOf(t *testing.T, detection string) *ast.Rule {
	t.Helper()
	text := "title: A rule\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n" + indent(detection)
	if !strings.Contains(detection, "condition:") {
		text += "  condition: selection\n"
	}
	return parseRule(t, text)
}

func parseRule(t *testing.T, text string) *ast.Rule {
	t.Helper()
	r := parser.Parse(source.NewFile("rule.yml", []byte(text)))
	if diag.HasErrors(r.Diagnostics) || len(r.Documents) != 1 {
		t.Fatalf("the rule of the test is broken: %v\n%s", r.Diagnostics, text)
	}
	return r.Documents[0].(*ast.Rule)
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSuffix(text, "\n") + "\n") {
		b.WriteString("  " + line)
	}
	return b.String()
}

// traits name what a leaf knows of its field.
func traits(f ast.Field) string {
	var out []string
	for _, t := range []struct {
		name string
		is   bool
	}{
		{"keyword", f.Type == ast.TypeKeyword}, {"text", f.Type == ast.TypeText}, {"ip", f.Type == ast.TypeIP}, {"long", f.Type == ast.TypeLong},
		{"double", f.Type == ast.TypeDouble}, {"boolean", f.Type == ast.TypeBoolean}, {"date", f.Type == ast.TypeDate}, {"object", f.Type == ast.TypeObject},
		{"flattened", f.Type == ast.TypeFlattened}, {"one", f.Multi == ast.SingleValued}, {"many", f.Multi == ast.MultiValued},
		{"canonical", f.Case == ast.CaseCanonical}, {"folded", f.Case == ast.CaseFolded},
	} {
		if t.is {
			out = append(out, t.name)
		}
	}
	return strings.Join(out, " ")
}

// queryOf gives the expression of a rule's only condition, and the traits of its
// fields, each field once.
func queryOf(t *testing.T, r *ast.Rule) (string, string) {
	t.Helper()
	qs, diags := ast.Resolve(r)
	if len(diags) > 0 {
		t.Fatal(diags[0].Error())
	}
	var fields []string
	seen := map[string]bool{}
	q := qs[0].Simplified()
	ast.Leaves(q.Expr, func(m *ast.Match, _ bool) {
		if text := m.Field.Name + ": " + traits(m.Field); !seen[text] {
			seen[text] = true
			fields = append(fields, text)
		}
	})
	return q.Expr.String(), strings.Join(fields, "; ")
}

// TestApply holds the rewriting of each kind of leaf.
func TestApply(t *testing.T) {
	s := schemaOf(t, `
name: mine
defaults: {type: keyword}
store:
  event.module: {values: one}
logsources:
  - {product: aws, service: cloudtrail, index: trail-*, where: {event.module: [aws, amazon]}}
fields:
  eventName: {to: event.action, values: one, spelling: [ConsoleLogin, CreateDBCluster, CreateDbCluster]}
  awsRegion: {to: cloud.region, values: one, spelling: lower}
  vpc: {to: vpc, spelling: lower}
  sourceIPAddress: {to: source.address, network: source.ip}
  errorCode: {to: errorCode, absent: success}
  readOnly: {to: read_only, type: boolean}
  MFAUsed: {to: mfa, type: boolean, becomes: {"Yes": true, "No": false}}
  userIdentity.userName: {to: user.name, when: {issuer: null}}
  who: {to: [user.id, user.email]}
  requestParameters: {to: params, as: java}
  requestParameters.*: {to: flat.params.*, type: flattened}
  gone: {lost: it is dropped}
`)
	for _, c := range []struct{ name, detection, want, fields string }{
		{"a name, respelled", "selection: {eventName: consolelogin}", `"event.action" is "ConsoleLogin"`, "event.action: keyword one canonical"},
		{"a name not known", "selection: {eventName: [ConsoleLogin, Nothing]}",
			`or("event.action" is "ConsoleLogin", "event.action" is "Nothing")`, "event.action: keyword one canonical; event.action: keyword one"},
		{"a name of two spellings", "selection: {eventName: createdbcluster}",
			`or("event.action" is "CreateDBCluster", "event.action" is "CreateDbCluster")`, "event.action: keyword one canonical"},
		{"a pattern of names", "selection: {eventName: Create*}", `"event.action" is "Create"*`, "event.action: keyword one"},
		{"names in their own case", "selection: {eventName|cased: Nothing}", `"event.action" cased is "Nothing"`, "event.action: keyword one canonical"},
		{"lower case", "selection: {awsRegion|startswith: US-}", `"cloud.region" is "us-"*`, "cloud.region: keyword one canonical"},
		{"lower case of foreign letters", "selection: {awsRegion: ÉKſ}", `"cloud.region" is "Éks"`, "cloud.region: keyword one canonical"},
		{"an address as text", "selection: {sourceIPAddress: 10.1.2.3}", `"source.address" is "10.1.2.3"`, "source.address: keyword"},
		{"a network", "selection: {sourceIPAddress|cidr: 10.0.0.0/8}", `"source.ip" in 10.0.0.0/8`, "source.ip: ip"},
		{"filled in, another value", "selection: {errorCode: AccessDenied}", `"errorCode" is "AccessDenied"`, "errorCode: keyword"},
		{"filled in, a pattern that takes it", "selection: {errorCode: '*s*'}",
			`and("errorCode" is *"s"*, not("errorCode" is "success"))`, "errorCode: keyword"},
		{"filled in, null", "selection: {errorCode: null}", `or("errorCode" is null, "errorCode" is "success")`, "errorCode: keyword"},
		{"filled in, exists", "selection: {errorCode|exists: true}",
			`and("errorCode" exists, not("errorCode" is "success"))`, "errorCode: keyword"},
		{"a boolean as text", "selection: {readOnly: 'True'}", `"read_only" = true`, "read_only: boolean canonical"},
		{"any boolean", "selection: {readOnly: '*'}", `or("read_only" = true, "read_only" = false)`, "read_only: boolean canonical"},
		{"no boolean", "selection: {readOnly: maybe}", `or()`, ""},
		{"other values", "selection: {MFAUsed: 'no'}", `"mfa" = false`, "mfa: boolean canonical"},
		{"held under a condition", "selection: {userIdentity.userName: eve}",
			`and("user.name" is "eve", "issuer" is null)`, "user.name: keyword; issuer: canonical"},
		{"null under a condition", "selection: {userIdentity.userName: null}",
			`or("user.name" is null, not("issuer" is null))`, "user.name: keyword; issuer: canonical"},
		{"several targets", "selection: {who: eve}", `or("user.id" is "eve", "user.email" is "eve")`, "user.id: keyword; user.email: keyword"},
		{"several targets, negated", "selection: {who|neq: eve}", `and(not("user.id" is "eve"), not("user.email" is "eve"))`, "user.id: keyword; user.email: keyword"},
		{"several targets, null", "selection: {who: null}", `and("user.id" is null, "user.email" is null)`, "user.id: keyword; user.email: keyword"},
		{"all", "selection: {who|contains|all: [a, b]}",
			`and(or("user.id" is *"a"*, "user.email" is *"a"*), or("user.id" is *"b"*, "user.email" is *"b"*))`, "user.id: keyword; user.email: keyword"},
		{"everything below", "selection: {requestParameters.a.b: c}", `"flat.params.a.b" is "c"`, "flat.params.a.b: flattened"},
		{"a map as text", "selection: {requestParameters|contains: Susp}", `"params" is *"Susp"*`, "params: keyword"},
		{"two fields", "selection: {awsRegion|fieldref: vpc}", `"cloud.region" = field "vpc"`, "cloud.region: keyword one canonical"},
		{"a field that is filled in", "selection: {vpc|fieldref: errorCode}",
			`and("vpc" = field "errorCode", not("errorCode" is "success"))`, "vpc: keyword; errorCode: keyword"},
		{"keywords", "selection: [evil]", `keyword is *"evil"*`, ": "},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, src, diags := s.Apply(ruleOf(t, c.detection))
			for _, d := range diags {
				t.Error(d.Error())
			}
			if src.Index != "trail-*" {
				t.Errorf("index %q", src.Index)
			}
			got, fields := queryOf(t, r)
			const where = `or("event.module" is "aws", "event.module" is "amazon")`
			if inner, ok := strings.CutPrefix(c.want, "and("); ok {
				c.want = strings.TrimSuffix(inner, ")")
			}
			if want := "and(" + where + ", " + c.want + ")"; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if want := strings.TrimSuffix("event.module: keyword one canonical; "+c.fields, "; "); fields != want {
				t.Errorf("fields %s, want %s", fields, want)
			}
		})
	}
}
