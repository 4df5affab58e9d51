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
		{"filled in, null", "selection: {errorCode: null}", `"errorCode" is "success"`, "errorCode: keyword"},
		{"filled in, exists", "selection: {errorCode|exists: true}",
			`and("errorCode" exists, not("errorCode" is "success"))`, "errorCode: keyword"},
		{"a boolean as text", "selection: {readOnly: 'True'}", `"read_only" = true`, "read_only: boolean canonical"},
		{"any boolean", "selection: {readOnly: '*'}", `"read_only" is *`, "read_only: boolean"},
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

// TestApplyLists holds what becomes of the fields that a rule lists and of a
// correlation's keys.
func TestApplyLists(t *testing.T) {
	s := schemaOf(t, `
name: mine
fields:
  eventName: event.action
  userIdentity.userName: {to: user.name, when: {issuer: null}}
  userIdentity.arn: user.arn
  who: [user.id, user.email]
  gone: {lost: it is dropped}
`)
	r := ruleOf(t, "selection: {eventName: x}")
	r.Fields = []ast.Text{{Value: "who"}, {Value: "eventName"}, {Value: "other"}, {Value: "gone"}}
	out, _, _ := s.Apply(r)
	var names []string
	for _, f := range out.Fields {
		names = append(names, f.Value)
	}
	if got := strings.Join(names, " "); got != "user.id user.email event.action other" {
		t.Errorf("fields %s", got)
	}
	if len(r.Fields) != 4 || r.Fields[0].Value != "who" || pipeline.FieldsOf(r)[0].Name != "eventName" {
		t.Error("the rule itself was changed")
	}
	c := &ast.Correlation{
		GroupBy: []ast.Text{{Value: "user"}, {Value: "eventName"}}, Aggregates: []ast.Aggregate{{Fields: []ast.Text{{Value: "userIdentity.arn"}}}},
		Aliases: []ast.Alias{{Name: ast.Text{Value: "user"}, Fields: []ast.AliasField{{Field: ast.Text{Value: "userIdentity.arn"}}}}},
	}
	applied, diags := s.ApplyCorrelation(c, r.LogSource)
	if len(diags) > 0 {
		t.Fatal(diags[0].Error())
	}
	if applied.GroupBy[0].Value != "user" || applied.GroupBy[1].Value != "event.action" ||
		applied.Aggregates[0].Fields[0].Value != "user.arn" || applied.Aliases[0].Fields[0].Field.Value != "user.arn" {
		t.Errorf("the correlation became %+v", applied)
	}
	if c.GroupBy[1].Value != "eventName" || c.Aliases[0].Fields[0].Field.Value != "userIdentity.arn" {
		t.Error("the correlation itself was changed")
	}
	for _, name := range []string{"who", "userIdentity.userName", "gone"} {
		c := &ast.Correlation{GroupBy: []ast.Text{{Value: name}}}
		if out, diags := s.ApplyCorrelation(c, r.LogSource); out != nil || len(diags) == 0 {
			t.Errorf("%q can be grouped by: %v", name, out)
		}
	}
}

// TestRestore holds the way back, and what is refused there.
func TestRestore(t *testing.T) {
	s := schema(t, "cloudtrail-ecs")
	for _, c := range []struct{ detection, want string }{
		{"selection: {event.action: ConsoleLogin}", `"eventName" is "ConsoleLogin"`},
		{"selection: {user.name: eve}", `or("userIdentity.userName" is "eve", "userIdentity.sessionContext.sessionIssuer.userName" is "eve")`},
		{"selection: {event.outcome: success}", `or(and("eventName" cased is "ConsoleLogin", "responseElements.ConsoleLogin" cased is "Success"), ` +
			`and(or(not("eventName" cased is "ConsoleLogin"), not("responseElements.ConsoleLogin" cased is "Success")), ` +
			`or(not("eventName" cased is "ConsoleLogin"), not("responseElements.ConsoleLogin" cased is "Failure")), ` +
			`not("errorCode" cased is ?*), not("errorMessage" cased is ?*)))`},
		{"selection: {source.ip|cidr: 10.0.0.0/8}", `"sourceIPAddress" in 10.0.0.0/8`},
		{"selection: {aws.cloudtrail.flattened.request_parameters.a.b: c}", `"requestParameters.a.b" is "c"`},
		{"selection: {aws.cloudtrail.console_login.additional_eventdata.mfa_used: false}", `and("eventName" cased is "ConsoleLogin", "additionalEventData.MFAUsed" cased is "No")`},
		{"selection: {user.target.name: eve}", `"requestParameters.userName" is "eve"`},
		{"selection: {tls.version: '1.2'}", `"tlsDetails.tlsVersion" is "TLSv1.2"`},
		{"selection: {source.geo.country_iso_code: DE}", ""},
		{"selection: {source.ip|startswith: '10.'}", ""},
		{"selection: {aws.cloudtrail.request_parameters|contains: 'a=b'}", ""},
	} {
		r, diags := s.Restore(ruleOf(t, c.detection))
		if r == nil {
			if c.want != "" || len(diags) == 0 {
				t.Errorf("%s: %v", c.detection, diags)
			}
			continue
		}
		if got, _ := queryOf(t, r); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.detection, got, c.want)
		}
	}
	if got := s.Sources("user.name"); len(got) != 2 {
		t.Errorf("user.name comes from %v", got)
	}
}
