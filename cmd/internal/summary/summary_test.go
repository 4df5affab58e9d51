package summary

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"encoding/csv"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"

	"sigmatic/cmd/internal/geoip"
	"sigmatic/evaluator/cloudtrail"
	"sigmatic/rules"
)

// eventOf makes an event of a record.
func eventOf(record string) event {
	r := New(Options{}).NewReader()
	r.Take(cloudtrail.Record{Source: "test", Raw: []byte(record)})
	return r.Batch().event(0)
}

// TestOutcome: error codes are those that the services' API references name.
func TestOutcome(t *testing.T) {
	for record, want := range map[string]outcome{
		`{}`:                           succeeded,
		`{"errorCode":null}`:           succeeded,
		`{"errorCode":"AccessDenied"}`: denied,
		`{"errorCode":"Client.UnauthorizedOperation"}`:                                               denied,
		`{"errorCode":"UnauthorizedOperation"}`:                                                      denied,
		`{"errorCode":"AccessDeniedException"}`:                                                      denied,
		`{"errorCode":"AuthorizationErrorException"}`:                                                denied,
		`{"errorCode":"NotAuthorizedException"}`:                                                     denied,
		`{"errorCode":"InvalidRequestException","errorMessage":"x is not authorized to perform: y"}`: denied,
		`{"errorMessage":"Failed authentication"}`:                                                   denied,
		`{"errorCode":"ThrottlingException"}`:                                                        throttled,
		`{"errorCode":"Client.RequestLimitExceeded"}`:                                                throttled,
		`{"errorCode":"TooManyRequestsException"}`:                                                   throttled,
		`{"errorCode":"SlowDown"}`:                                                                   throttled,
		`{"errorCode":"LimitExceededException"}`:                                                     failedOtherwise,
		`{"errorCode":"NoSuchBucket"}`:                                                               failedOtherwise,
		`{"errorMessage":"anything"}`:                                                                failedOtherwise,
		`{"responseElements":{"ConsoleLogin":"Failure"}}`:                                            denied,
		`{"responseElements":{"ConsoleLogin":"Success"}}`:                                            succeeded,
		`{"responseElements":{"SwitchRole":"Failure"}}`:                                              denied,
		`{"serviceEventDetails":{"CredentialVerification":"Failure"}}`:                               denied,
		`{"responseElements":{"_return":false}}`:                                                     failedOtherwise,
		`{"responseElements":{"_return":true}}`:                                                      succeeded,
	} {
		if got := eventOf(record).outcome(); got != want {
			t.Errorf("%s: %d, want %d", record, got, want)
		}
	}
}

// TestIdentity: the shapes are those of CloudTrail's page on userIdentity.
func TestIdentity(t *testing.T) {
	for _, c := range []struct{ user, rest, arn, role string }{
		{`{"type":"IAMUser","arn":"arn:aws:iam::1:user/a"}`, "", "arn:aws:iam::1:user/a", "arn:aws:iam::1:user/a"},
		{`{"type":"AssumedRole","arn":"arn:aws-cn:sts::1:assumed-role/r/s"}`, "", "arn:aws-cn:sts::1:assumed-role/r/s", "arn:aws-cn:iam::1:role/r"},
		{`{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/r/s","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/path/r"}}}`, "",
			"arn:aws:sts::1:assumed-role/r/s", "arn:aws:iam::1:role/path/r"},
		{`{"type":"FederatedUser","arn":"arn:aws:sts::1:federated-user/f","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:user/a"}}}`, "",
			"arn:aws:sts::1:federated-user/f", "arn:aws:iam::1:user/a"},
		{`{"type":"AWSService","invokedBy":"lambda.amazonaws.com"}`, "", "AWSService:lambda.amazonaws.com", ""},
		{`{"type":"AWSService"}`, `,"sourceIPAddress":"ec2.amazonaws.com"`, "AWSService:ec2.amazonaws.com", ""},
		{`{"invokedBy":"AWS Internal"}`, "", "AWSService:AWS Internal", ""},
		{`{"type":"AWSAccount","accountId":"2","principalId":"AIDA:x"}`, "", "AWSAccount:2/AIDA:x", ""},
		{`{"type":"AWSAccount","accountId":"ANONYMOUS_PRINCIPAL","principalId":""}`, "", "anonymous", ""},
		{`{"type":"AWSAccount","principalId":"ANONYMOUS"}`, "", "anonymous", ""},
		{`{"type":"SAMLUser","principalId":"k=:bob","userName":"bob","identityProvider":"k="}`, "", "SAMLUser:k=:bob", ""},
		{`{"type":"WebIdentityUser","userName":"u","identityProvider":"accounts.google.com"}`, "", "WebIdentityUser:accounts.google.com/u", ""},
		{`{"type":"IdentityCenterUser","accountId":"1","onBehalfOf":{"userId":"94-1"}}`, "", "IdentityCenterUser:94-1", ""},
		{`{"type":"IAMUser","accountId":"1","userName":"HIDDEN_DUE_TO_SECURITY_REASONS","accessKeyId":""}`, "", "IAMUser:1/HIDDEN_DUE_TO_SECURITY_REASONS", ""},
		{`{"type":"Root","accountId":"1","principalId":"1"}`, "", "Root:1", ""},
		{`null`, "", "unknown", ""},
	} {
		e := eventOf(`{"userIdentity":` + c.user + c.rest + `}`)
		if got := ByARN.name(e); got != c.arn {
			t.Errorf("%s: %q, want %q", c.user, got, c.arn)
		}
		if want := or(c.role, c.arn); ByRole.name(e) != want {
			t.Errorf("%s: role %q, want %q", c.user, ByRole.name(e), want)
		}
	}
}

// TestParseTime compares with the library, for every day of two centuries.
func TestParseTime(t *testing.T) {
	for day := time.Date(1969, 12, 30, 23, 59, 58, 0, time.UTC); day.Year() < 2201; day = day.AddDate(0, 0, 1) {
		text := day.Format(time.RFC3339)
		want := day.UnixNano()
		if day.Year() >= 2200 {
			want = untold
		}
		if got := parseTime(text); got != want {
			t.Fatalf("%s: %d, want %d", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"2026-02-29T00:00:00Z": "", "2024-02-29T00:00:00Z": "2024-02-29T00:00:00Z", "2026-01-01T24:00:00Z": "", "": "", "1767225600": "", "2026-01-01 00:00:00Z": "",
		"2026-01-01T01:00:00.5+01:00": "2026-01-01T00:00:00.5Z", "2026-13-01T00:00:00Z": "", "2026-1-01T00:00:000Z": "",
	} {
		got := ""
		if at := parseTime(text); at != untold {
			got = toTime(at).Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func abusedList(t *testing.T, text string) *Abused {
	a, err := ReadAbused(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAbused(t *testing.T) {
	a := abusedList(t, "\ufeffDescription,eventname,EventSource,Technique,Common\nD1,CreateFunction,lambda.amazonaws.com,T1,yes\nD2,ListGroups,,,no\nD3,Get,x,,\n")
	for _, c := range []struct{ name, source, want string }{
		{"CreateFunction", "lambda.amazonaws.com", "D1 (T1)"},
		{"CreateFunction20150331", "lambda.amazonaws.com", "D1 (T1)"},
		{"CreateFunction20150331v2", "lambda.amazonaws.com", "D1 (T1)"},
		{"CreateFunction2", "lambda.amazonaws.com", ""},
		{"CreateFunction", "cloudfront.amazonaws.com", ""},
		{"ListGroups", "greengrass.amazonaws.com", "D2"},
		{"Nothing", "", ""},
	} {
		call, _ := a.find(c.name, c.source)
		if got := call.text(); got != c.want {
			t.Errorf("%s (%s): %q, want %q", c.name, c.source, got, c.want)
		}
	}
	if len(a.common) != 2 {
		t.Errorf("common: %v", a.common)
	}
	for _, bad := range []string{"", "EventName\nx\n", "EventName,Description\na,b,c\n"} {
		if _, err := ReadAbused(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// TestOwnList holds our list to the two that are known: all names of the one, and
// what the other has seen in the wild.
func TestOwnList(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(rules.AbusedAPIs)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	calls, names := map[string]bool{}, map[string]bool{}
	for _, r := range rows[1:] {
		if calls[r[0]+r[1]] || r[3] == "" || !strings.HasPrefix(r[2], "T1") || !strings.HasSuffix(r[1], ".amazonaws.com") || strings.TrimSpace(r[3]) != r[3] {
			t.Errorf("twice, or not complete: %v", r)
		}
		calls[r[0]+r[1]], names[r[0]] = true, true
	}
	shared := os.Getenv("SIGMATIC_SHARED")
	if shared == "" {
		t.Skip("SIGMATIC_SHARED does not name the lists")
	}
	for _, r := range readCSV(t, filepath.Join(shared, "data/lists/abused_aws_api_calls.csv"))[1:] {
		if !names[r[0]] {
			t.Errorf("%s is not on the list", r[0])
		}
	}
	for _, r := range readCSV(t, filepath.Join(shared, "data/lists/traildiscover_events.csv"))[1:] {
		if r[7] == "True" && !calls[r[0]+r[1]] {
			t.Errorf("%s (%s) is not on the list", r[0], r[1])
		}
	}
}

func readCSV(t *testing.T, path string) [][]string {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := csv.NewReader(f)
	in.FieldsPerRecord = -1
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// random makes records whose values repeat.
func random(n int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf(`{"eventID":"%d","eventTime":"2026-01-%02dT%02d:00:00Z","eventName":"N%d","eventSource":"s","awsRegion":"r%d","sourceIPAddress":"ip%d","userAgent":"ua%d","errorCode":%s,"userIdentity":{"type":"IAMUser","arn":"arn%d","accessKeyId":"AKIA%d"}}`,
			i, 1+r.IntN(28), r.IntN(24), r.IntN(30), r.IntN(3), r.IntN(50), r.IntN(20), []string{"null", `"AccessDenied"`, `"ThrottlingException"`, `"X"`}[r.IntN(4)], r.IntN(5), r.IntN(100)))
	}
	return out
}

func summaryOf(records []string, opts Options) *Summary {
	if opts.By == "" {
		opts.By = ByRole
	}
	a := New(opts)
	r := a.NewReader()
	for i, record := range records {
		r.Take(cloudtrail.Record{Source: "test", Raw: []byte(record)})
		if i%7 == 0 {
			a.Add(r.Batch())
		}
	}
	a.Add(r.Batch())
	s, err := a.Summary()
	if err != nil {
		panic(err)
	}
	return s
}

// TestOrder: the answer does not depend on the order of events.
func TestOrder(t *testing.T) {
	records := random(2000)
	want := summaryOf(records, Options{})
	r := rand.New(rand.NewPCG(3, 4))
	r.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	if diff := cmp.Diff(want, summaryOf(records, Options{}), cmp.AllowUnexported(Row{}), cmpopts.IgnoreUnexported(API{})); diff != "" {
		t.Error(diff)
	}
}

// TestLimit: whatever the limit of values, the totals are exact.
func TestLimit(t *testing.T) {
	records := random(2000)
	want := summaryOf(records, Options{})
	for _, limit := range []int{1, 20, 60, 100, 300, 100000} {
		got := summaryOf(records, Options{MaxValues: limit})
		events := int64(0)
		for _, r := range got.Rows {
			events += r.Events
			for name, n := range map[string]int64{
				"regions": r.Regions.Total(), "addresses": r.Addresses.Total(), "types": r.Types.Total(), "keys": r.Keys.Total(), "agents": r.Agents.Total(),
				"calls":    r.AbusedSuccess.Total() + r.AbusedFailed.Total() + r.OtherSuccess.Total() + r.OtherFailed.Total(),
				"outcomes": r.Success + r.Failed(),
			} {
				if n != r.Events {
					t.Errorf("limit %d: %s: the %s add up to %d, want %d", limit, r.Identity, name, n, r.Events)
				}
			}
		}
		if events != 2000 {
			t.Errorf("limit %d: %d events", limit, events)
		}
		if limit == 100000 && !cmp.Equal(want, got, cmp.AllowUnexported(Row{}), cmpopts.IgnoreUnexported(API{})) {
			t.Error("a limit that is not reached changes the answer")
		}
	}
}

// TestForgedCells: a value cannot begin a line of a cell, nor steer a terminal.
func TestForgedCells(t *testing.T) {
	s := summaryOf([]string{`{"eventName":"A","userAgent":"x\n9 - forged\u001b[2J","userIdentity":{"arn":"a"}}`}, Options{})
	want := "Total user agents: 1\n1 - x\\u000a9 - forged\\u001b[2J (- ~ -)"
	if got := (cellText{}).values("user agents", s.Rows[0].Agents); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var b bytes.Buffer
	if err := s.WriteCards(&b, Cards{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Errorf("%q", b.String())
	}
}

// TestTravel: London to Tokyo is 9,560 km, London to Paris 344 km.
func TestTravel(t *testing.T) {
	places := map[string]geoip.Place{
		"192.0.2.1": {City: "London", Country: "GB", Located: true, Latitude: 51.5074, Longitude: -0.1278},
		"192.0.2.2": {City: "Tokyo", Country: "JP", Located: true, Latitude: 35.6762, Longitude: 139.6503},
		"192.0.2.3": {City: "Paris", Country: "FR", Located: true, Latitude: 48.8566, Longitude: 2.3522},
	}
	locate := func(address string) (geoip.Place, error) { return places[address], nil }
	event := func(who, time, address string) string {
		return fmt.Sprintf(`{"eventTime":"2026-01-01T%s:00Z","sourceIPAddress":%q,"userIdentity":{"arn":%q,"accessKeyId":"AKIA"}}`, time, address, who)
	}
	s := summaryOf([]string{
		event("a", "10:00", "192.0.2.2"), event("a", "08:00", "192.0.2.1"), event("a", "10:30", "192.0.2.9"), // too fast
		event("b", "08:00", "192.0.2.1"), event("b", "20:00", "192.0.2.2"), // possible
		event("c", "08:00", "192.0.2.1"), event("c", "08:00", "192.0.2.3"), // near
		event("d", "08:00", "192.0.2.1"), event("d", "08:00", "ec2.amazonaws.com"),
	}, Options{Locate: locate})
	if len(s.Travels) != 1 || s.Travels[0].Identity != "a" || s.Travels[0].From.Value != "192.0.2.1" || s.Travels[0].To.Value != "192.0.2.2" {
		t.Fatalf("%+v", s.Travels)
	}
	if km := s.Travels[0].Kilometres; km < 9500 || km > 9620 {
		t.Errorf("%.0f km", km)
	}
	if got := strings.Join(s.Keys[0].Countries, " "); got != "GB JP FR" {
		t.Errorf("countries of the key: %q", got)
	}
	if got := (cellText{}).values("source IPs", s.Rows[1].Addresses); !strings.Contains(got, " - 192.0.2.2 (Tokyo, JP) (") {
		t.Errorf("%q", got)
	}
	if _, err := func() (*Summary, error) {
		a := New(Options{By: ByRole, Locate: func(string) (geoip.Place, error) { return geoip.Place{}, os.ErrInvalid }})
		r := a.NewReader()
		r.Take(cloudtrail.Record{Source: "x", Raw: []byte(event("a", "10:00", "192.0.2.2"))})
		a.Add(r.Batch())
		return a.Summary()
	}(); err == nil {
		t.Error("a damaged database goes unnoticed")
	}
}

// TestParquet reads what was written, and compares it with the rows.
func TestParquet(t *testing.T) {
	s := summaryOf(random(500), Options{STSKeys: true})
	var b bytes.Buffer
	if err := s.WriteParquet(&b, Format{}); err != nil {
		t.Fatal(err)
	}
	rows, err := parquet.Read[parquetRow](bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	if len(rows) != len(s.Rows) {
		t.Fatalf("%d rows, want %d", len(rows), len(s.Rows))
	}
	for i, r := range rows {
		want := s.Rows[i]
		if r.Identity != want.Identity || r.Events != want.Events || !r.First.Equal(want.First) || len(r.Keys) != len(want.Keys.List) ||
			r.Keys[0].Value != want.Keys.List[0].Value || !r.Keys[0].Last.Equal(want.Keys.List[0].Last) || len(r.Hours) != 24 {
			t.Errorf("%+v is not %+v", r, want)
		}
	}
}
