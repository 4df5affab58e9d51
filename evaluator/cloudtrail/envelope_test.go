package cloudtrail

import (
	"fmt"
	"strings"
	"testing"
)

// inText is a JSON string that holds a text.
func inText(text string) string { return fmt.Sprintf("%q", text) }

// enveloped are records in the envelopes of services, laid out as the services' documents show them, and what looks like an envelope.
var enveloped = []struct {
	name, text string
	records    []string
	problems   []string
}{
	{"EventBridge", `{"version":"0","id":"i","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","account":"1","detail":` + recX + `}`,
		[]string{recX}, nil},
	{"EventBridge, of another service", `{"detail-type":"GuardDuty Finding","source":"aws.guardduty","detail":{"id":1}}`,
		[]string{`{"detail-type":"GuardDuty Finding","source":"aws.guardduty","detail":{"id":1}}`}, nil},
	{"LookupEvents", `{"Events":[{"EventId":"e","CloudTrailEvent":` + inText(recX) + `},{"EventId":"f","CloudTrailEvent":` + inText(recA) + `}],"NextToken":"n"}`,
		[]string{recX, recA}, nil},
	{"LookupEvents, an event a line", `{"EventId":"e","CloudTrailEvent":` + inText(recX) + "}\n" + `{"EventId":"f","CloudTrailEvent":` + inText(recA) + `}`,
		[]string{recX, recA}, nil},
	{"LookupEvents, cut off", `{"EventId":"e","CloudTrailEvent":"{\"a\":"}` + recA, []string{recA}, []string{
		`in:1: the text in CloudTrailEvent is no object in JSON; skipped 43 bytes [invalid-json]`}},
	{"subscription to CloudWatch Logs", `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[` +
		`{"id":"1","timestamp":1,"message":` + inText(recX) + `},{"id":"2","timestamp":2,"message":"plain text"}]}{"messageType":"DATA_MESSAGE","logEvents":[` +
		`{"id":"3","timestamp":3,"message":` + inText(recY) + `}]}`,
		[]string{recX, `{"id":"2","timestamp":2,"message":"plain text"}`, recY}, nil},
	{"FilterLogEvents", `{"events":[{"logStreamName":"s","timestamp":1,"message":` + inText(recX) + `,"ingestionTime":2,"eventId":"e"}],"searchedLogStreams":[]}`,
		[]string{recX}, nil},
	{"EventBridge's event in a log group", `{"logEvents":[{"id":"1","timestamp":1,"message":` +
		inText(`{"detail-type":"AWS Service Event via CloudTrail","detail":`+recX+`}`) + `}]}`, []string{recX}, nil},
	{"CloudTrail Lake", `{"eventVersion":"1","eventData":` + recB + `}{"id":"1","eventData":` + inText(recC) + `}`, []string{recB, recC}, nil},
	{"a hit of Elasticsearch", `{"_index":"logs","_id":"1","_source":` + recA + `}`, []string{recA}, nil},
	{"a record that has such members", `{"message":"{}","level":1}{"_source":{}}{"detail":{}}{"eventName":"x","eventData":{}}`,
		[]string{`{"message":"{}","level":1}`, `{"_source":{}}`, `{"detail":{}}`, `{"eventName":"x","eventData":{}}`}, nil},
	{"arrays of such names in a record", `{"events":[{"name":"login"}],"Events":[{"a":1}]}{"Events":[]}{"logEvents":[1]}`,
		[]string{`{"events":[{"name":"login"}],"Events":[{"a":1}]}`, `{"Events":[]}`, `{"logEvents":[1]}`}, nil},
}

func TestEnvelopes(t *testing.T) {
	for _, test := range enveloped {
		t.Run(test.name, func(t *testing.T) {
			read(t, strings.NewReader(test.text), Options{}).expect(t, test.records, test.problems)
		})
	}
}

// size is how much of the text a record takes up.
func (r Record) size() int64 {
	if r.Envelope > 0 {
		return int64(r.Envelope)
	}
	return int64(len(r.Raw))
}
