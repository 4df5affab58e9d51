package pipeline_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/pipeline"
)

// TestProjection compares what the schemas make of events with documents in the
// vendors' shape. The events are ours. The documents were written by hand after
// what the vendors publish: for ECS the ingest pipelines of elastic/integrations
// and the documents beside their tests, for OCSF AWS's table and sample of an
// authentication in ocsf/examples, for Splunk the lists of fields in
// splunk/security_content.
func TestProjection(t *testing.T) {
	const login = `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:eve","arn":"arn:aws:sts::111122223333:assumed-role/ops/eve",
		"accountId":"111122223333","accessKeyId":"","sessionContext":{"attributes":{"mfaAuthenticated":"false","creationDate":"2024-05-01T10:00:00Z"},
		"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/ops","accountId":"111122223333","userName":"ops"}}},
		"eventTime":"2024-05-01T10:00:01Z","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","awsRegion":"us-east-2","sourceIPAddress":"192.0.2.7",
		"userAgent":"Mozilla/5.0","errorMessage":"Failed authentication","requestParameters":null,"responseElements":{"ConsoleLogin":"Failure"},
		"additionalEventData":{"MobileVersion":"No","LoginTo":"https://console.aws.amazon.com/","MFAUsed":"Yes"},"eventID":"11ea990b-4678-4bcd-8fbe-625000000000",
		"readOnly":false,"eventType":"AwsConsoleSignIn","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}`
	const assume = `{"eventName":"AssumeRole","eventSource":"sts.amazonaws.com","userIdentity":{"type":"AWSService","invokedBy":"lambda.amazonaws.com"},
		"sourceIPAddress":"lambda.amazonaws.com","requestParameters":{"roleArn":"arn:aws:iam::1:role/x","tags":[{"key":"a","value":""},{"key":"b"}],"durationSeconds":3600,"empty":{}},
		"responseElements":null,"resources":[{"ARN":"arn:aws:iam::1:role/x","accountId":"111111111111","type":"AWS::IAM::Role"}]}`
	const process = `{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Provider_Name":"Microsoft-Windows-Sysmon","RuleName":"-","ProcessId":4711,
		"Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd /c \"whoami\"","User":"CORP\\eve","OriginalFileName":"Cmd.Exe","Description":"-","LogonId":"0x3e7",
		"Hashes":"MD5=0123456789ABCDEF0123456789ABCDEF,IMPHASH=00000000000000000000000000000000","ParentImage":"C:\\Windows\\explorer.exe"}`
	for _, c := range []struct{ name, schema, event, want string }{
		{"sign-in, ECS", "cloudtrail-ecs", login, `{"@timestamp":"2024-05-01T10:00:01Z","aws":{"cloudtrail":{
			"additional_eventdata":"{LoginTo=https://console.aws.amazon.com/, MFAUsed=Yes, MobileVersion=No}",
			"console_login":{"additional_eventdata":{"login_to":"https://console.aws.amazon.com/","mfa_used":true,"mobile_version":false}},
			"error_message":"Failed authentication","event_category":"Management","event_type":"AwsConsoleSignIn","event_version":"1.08",
			"flattened":{"additional_eventdata":{"LoginTo":"https://console.aws.amazon.com/","MFAUsed":"Yes","MobileVersion":"No"},"response_elements":{"ConsoleLogin":"Failure"}},
			"management_event":true,"read_only":false,"recipient_account_id":"111122223333","response_elements":"{ConsoleLogin=Failure}",
			"user_identity":{"arn":"arn:aws:sts::111122223333:assumed-role/ops/eve","session_context":{"creation_date":"2024-05-01T10:00:00Z","mfa_authenticated":"false",
			"session_issuer":{"account_id":"111122223333","arn":"arn:aws:iam::111122223333:role/ops","principal_id":"AROAEXAMPLE","type":"Role"}},"type":"AssumedRole"}}},
			"cloud":{"account":{"id":"111122223333"},"region":"us-east-2"},
			"event":{"action":"ConsoleLogin","id":"11ea990b-4678-4bcd-8fbe-625000000000","kind":"event","outcome":"failure","provider":"signin.amazonaws.com"},
			"source":{"address":"192.0.2.7","ip":"192.0.2.7"},"user":{"id":"AROAEXAMPLE:eve","name":"ops"},"user_agent":{"original":"Mozilla/5.0"}}`},
		{"a service, ECS", "cloudtrail-ecs", assume, `{"aws":{"cloudtrail":{
			"flattened":{"request_parameters":{"durationSeconds":3600,"roleArn":"arn:aws:iam::1:role/x","tags":[{"key":"a"},{"key":"b"}]}},
			"request_parameters":"{durationSeconds=3600, roleArn=arn:aws:iam::1:role/x, tags=[{key=a}, {key=b}]}",
			"resources":{"account_id":["111111111111"],"arn":["arn:aws:iam::1:role/x"],"type":["AWS::IAM::Role"]},
			"user_identity":{"invoked_by":"lambda.amazonaws.com","type":"AWSService"}}},
			"event":{"action":"AssumeRole","kind":"event","outcome":"success","provider":"sts.amazonaws.com"},"source":{"address":"lambda.amazonaws.com"}}`},
		{"sign-in, OCSF", "cloudtrail-ocsf", login, `{"actor":{"session":{"created_time_dt":"2024-05-01T10:00:00Z","is_mfa":false,"issuer":"arn:aws:iam::111122223333:role/ops"},
			"user":{"account":{"uid":"111122223333"},"type":"AssumedRole","uid":"arn:aws:sts::111122223333:assumed-role/ops/eve","uid_alt":"AROAEXAMPLE:eve"}},
			"api":{"operation":"ConsoleLogin","response":{"data":"{\"ConsoleLogin\":\"Failure\"}","message":"Failed authentication"},"service":{"name":"signin.amazonaws.com"}},
			"cloud":{"region":"us-east-2"},"dst_endpoint":{"svc_name":"https://console.aws.amazon.com/"},"http_request":{"user_agent":"Mozilla/5.0"},"is_mfa":true,
			"metadata":{"event_code":"AwsConsoleSignIn","product":{"feature":{"name":"Management"},"version":"1.08"},"uid":"11ea990b-4678-4bcd-8fbe-625000000000"},
			"src_endpoint":{"ip":"192.0.2.7"},"status":"Failure","time_dt":"2024-05-01T10:00:01Z"}`},
		{"a service, Splunk", "cloudtrail-splunk", assume, `{"errorCode":["success"],"eventName":["AssumeRole"],"eventSource":["sts.amazonaws.com"],
			"requestParameters.durationSeconds":["3600"],"requestParameters.roleArn":["arn:aws:iam::1:role/x"],"requestParameters.tags{}.key":["a","b"],"requestParameters.tags{}.value":[""],
			"resources{}.ARN":["arn:aws:iam::1:role/x"],"resources{}.accountId":["111111111111"],"resources{}.type":["AWS::IAM::Role"],"responseElements":[null],
			"sourceIPAddress":["lambda.amazonaws.com"],"userIdentity.invokedBy":["lambda.amazonaws.com"],"userIdentity.type":["AWSService"]}`},
		{"a service, VictoriaLogs", "cloudtrail-victorialogs", assume, `{"eventName":"AssumeRole","eventSource":"sts.amazonaws.com","requestParameters.durationSeconds":"3600",
			"requestParameters.roleArn":"arn:aws:iam::1:role/x","requestParameters.tags":"[{\"key\":\"a\",\"value\":\"\"},{\"key\":\"b\"}]",
			"resources":"[{\"ARN\":\"arn:aws:iam::1:role/x\",\"accountId\":\"111111111111\",\"type\":\"AWS::IAM::Role\"}]",
			"sourceIPAddress":"lambda.amazonaws.com","userIdentity.invokedBy":"lambda.amazonaws.com","userIdentity.type":"AWSService"}`},
		{"a process, ECS", "windows-ecs", process, `{"event":{"code":1},"process":{"command_line":"cmd /c \"whoami\"","executable":"C:\\Windows\\System32\\cmd.exe",
			"hash":{"md5":"0123456789abcdef0123456789abcdef"},"parent":{"executable":"C:\\Windows\\explorer.exe"},"pe":{"original_file_name":"Cmd.Exe"},"pid":4711},
			"user":{"domain":"CORP","name":"eve"},"winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","event_data":{"LogonId":"0x3e7"},"provider_name":"Microsoft-Windows-Sysmon"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := schema(t, c.schema).Project([]byte(c.event))
			if err != nil {
				t.Fatal(err)
			}
			all := jsonOf(t, got)
			delete(all, "unmapped") // AWS's table only says that the rest stands there
			if diff := cmp.Diff(jsonOf(t, []byte(c.want)), all); diff != "" {
				t.Errorf("the vendor's document (-) and the projection (+) differ:\n%s", diff)
			}
		})
	}
}

func jsonOf(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return out
}

// TestProjectionOfSplunk compares with the lists of fields that Splunk's add-on
// makes of 32 events.
func TestProjectionOfSplunk(t *testing.T) {
	s := schema(t, "cloudtrail-splunk")
	for _, line := range lines(t, shared(t, "cloudtrail/splunk-examples/examples.ndjson")) {
		var example struct {
			DataSource string          `json:"data_source"`
			Fields     []string        `json:"splunk_fields"`
			Event      json.RawMessage `json:"event"`
		}
		if err := json.Unmarshal(line, &example); err != nil {
			t.Fatal(err)
		}
		doc, err := s.Project(example.Event)
		if err != nil {
			t.Fatal(err)
		}
		stored := jsonOf(t, doc)
		for _, name := range slices.Sorted(maps.Keys(stored)) {
			if !slices.Contains(example.Fields, name) {
				t.Errorf("%s: the projection has %s, Splunk has not", example.DataSource, name)
			}
		}
		for _, name := range example.Fields {
			if root, _, nested := strings.Cut(name, "."); nested && stored[name] == nil && hasRoot(stored, strings.TrimSuffix(root, "{}"), example.Event, name) {
				t.Errorf("%s: Splunk has %s, the projection has not", example.DataSource, name)
			}
		}
	}
}

// hasRoot reports whether the event that is printed beside the list has what the
// field's name says. Four names in the lists are of other events than these.
func hasRoot(stored map[string]any, root string, event json.RawMessage, name string) bool {
	var v map[string]any
	if json.Unmarshal(event, &v) != nil {
		return false
	}
	inner, _ := v[root].(map[string]any)
	_, has := inner[strings.TrimPrefix(name, root+".")]
	return has || strings.Contains(name, "{}") && v[root] != nil
}

// TestFieldsOfRules demands that the fields which rules ask for are described,
// but for those that the log source does not have.
func TestFieldsOfRules(t *testing.T) {
	// Fields that rules of SigmaHQ ask for and their log source does not have: they
	// are of other products, of Windows' own event 4688, or misspelled.
	unmapped := map[string][]string{
		"aws": {"src_country", "src_ip", "status"},
		"windows": {
			"CommandLine", "FileMagicBytes", "FileName", "GrandParentImage", "ImagePath", "IntegrityLevel", "ParentCommandLine", "ParentImage", "ParentIntegrityLevel",
			"ParentOfParentImage", "SourceCommandLine", "SourceParentImage", "TargetParentProcessId", "category", "EventLog",
		},
	}
	for _, s := range pipeline.Schemas() {
		product, dir := "aws", "rules/sigma/rules/cloud/aws/cloudtrail"
		switch {
		case s.Name == "none":
			continue
		case strings.HasPrefix(s.Name, "windows-"), s.Name == "sysmon":
			product, dir = "windows", "rules/sigma/rules/windows"
		}
		rules := 0
		missing := map[string]int{}
		for _, r := range rulesUnder(t, shared(t, dir), func(r *ast.Rule) bool { return s.Covers(r.LogSource) }) {
			rules++
			for _, f := range s.Unmapped(r) {
				if !slices.Contains(unmapped[product], f.Name) {
					missing[f.Name]++
				}
			}
		}
		if rules < 50 || len(missing) > 0 {
			t.Errorf("%s: %d rules, fields that are not described: %v", s.Name, rules, missing)
		}
	}
}

// TestShipped holds what every schema that ships must have.
func TestShipped(t *testing.T) {
	files, err := filepath.Glob("schemas/*.yml")
	if err != nil || len(files) != len(pipeline.Schemas())-1 {
		t.Errorf("%d files and %d schemas: the catalog lists each file (%v)", len(files), len(pipeline.Schemas()), err)
	}
	targets := []string{"splunk", "esql", "kql", "logsql"}
	names := map[string]bool{}
	for _, s := range pipeline.Schemas() {
		if names[s.Name] || s.Name == "" || s.Summary == "" {
			t.Errorf("schema %q: its name is taken, or it has no name or summary", s.Name)
		}
		names[s.Name] = true
		if s.Name != "none" && !slices.Contains(files, "schemas/"+s.Name+".yml") {
			t.Errorf("the schema %s is not in a file of its name", s.Name)
		}
		for _, target := range s.Targets {
			if !slices.Contains(targets, target) {
				t.Errorf("%s is for %q, which is no target", s.Name, target)
			}
		}
		found, err := pipeline.Find(s.Name)
		if err != nil || found != s {
			t.Errorf("Find(%q): %v", s.Name, err)
		}
	}
	if _, err := pipeline.Find("cloudtrail-esc"); err == nil || !strings.Contains(err.Error(), `did you mean "cloudtrail-ecs"?`) {
		t.Errorf("a name nearly right: %v", err)
	}
}

// TestWordsOfTruth: yes and Off are booleans in a schema, as they are in a rule.
func TestWordsOfTruth(t *testing.T) {
	s, diags := pipeline.Load(source.NewFile("mine.yml", []byte("name: a\nfields:\n  f: {to: g, type: boolean, becomes: {x: yes, y: Off}}\n")))
	if s == nil {
		t.Fatal(diags)
	}
	for event, want := range map[string]string{`{"f":"x"}`: `{"g":true}`, `{"f":"y"}`: `{"g":false}`} {
		doc, err := s.Project([]byte(event))
		if err != nil || string(doc) != want {
			t.Errorf("%s becomes %s (%v), want %s", event, doc, err, want)
		}
	}
}

// TestLoad holds the messages of broken schemas.
func TestLoad(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "mine.yml:1:1: the schema is empty [S0901]"},
		{"summary: x\nfields: {}\n", "mine.yml:1:1: a schema needs a name [S0901]"},
		{"name: a\nfield: {}\n", `mine.yml:2:1: a schema has no key "field" [S0901]`},
		{"name: a\nfields:\n  f: {to: g, typ: ip}\n", `mine.yml:3:14: a field has no key "typ" [S0901]`},
		{"name: a\nfields:\n  f: {to: g, type: ipv4}\n", `mine.yml:3:20: type must be one of unknown, keyword, text, ip, long, double, boolean, date, object, flattened, found "ipv4" [S0901]`},
		{"name: a\nfields:\n  f.*: g\n", `mine.yml:3:8: "f.*" and "g" must both end in *, or neither [S0901]`},
		{"name: a\nfields:\n  f*: g*\n", `mine.yml:3:3: a * in a field's name stands alone or after the last dot, found "f*" [S0901]`},
		{"name: a\nfields:\n  f: {type: ip}\n", `mine.yml:3:3: the field "f" needs to, the name that the store has for it; or lost, why it has none [S0901]`},
		{"name: a\nfields:\n  f: {to: g, lost: x}\n", `mine.yml:3:3: the field "f" has both to and lost [S0901]`},
		{"name: a\nfields:\n  f: {to: g, spelling: ['@gcp']}\n", `mine.yml:3:24: there is no list "@gcp", the lists are @aws-operations, @cloudtrail-names [S0901]`},
		{"name: a\nlogsources:\n  - {product: aws, where: x}\n", `mine.yml:3:27: where must be a map of fields and values, found a string [S0901]`},
		{"name: a\nderived: {f: {type: ip}}\n", `mine.yml:2:11: the derived field "f" needs either cases or copy [S0901]`},
		{"name: a\nfields:\n  f: {to: g, becomes: {x: null}}\n", `mine.yml:3:27: expected a value, found null [S0901]`},
		{"name: a\n---\nname: b\n", "mine.yml:3:1: a schema is one YAML document, found 2 [S0901]"},
		{"name: [a\n", "mine.yml:"},
	} {
		s, diags := pipeline.Load(source.NewFile("mine.yml", []byte(c.text)))
		if s != nil || len(diags) == 0 {
			t.Errorf("%q is read", c.text)
			continue
		}
		if got := diags[0].Error(); !strings.HasPrefix(got, c.want) {
			t.Errorf("%q:\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}
