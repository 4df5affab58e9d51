package cloudtrail

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// benchEvent is as long and as nested as a usual CloudTrail record.
func benchEvent(i int) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEEXAMPLE%04d:session",`+
		`"arn":"arn:aws:sts::111122223333:assumed-role/example-role/session","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE%06d",`+
		`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEEXAMPLE","arn":"arn:aws:iam::111122223333:role/example-role",`+
		`"accountId":"111122223333","userName":"example-role"},"webIdFederationData":{},"attributes":{"creationDate":"2026-01-02T03:04:05Z",`+
		`"mfaAuthenticated":"false"}}},"eventTime":"2026-01-02T03:04:05Z","eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances",`+
		`"awsRegion":"eu-central-1","sourceIPAddress":"192.0.2.7","userAgent":"aws-cli/2.15.0 Python/3.11.6 Linux/6.1 exe/x86_64 prompt/off",`+
		`"requestParameters":{"instancesSet":{"items":[{"instanceId":"i-0%06d"},{"instanceId":"i-1%06d"}]},"filterSet":{}},"responseElements":null,`+
		`"requestID":"00000000-0000-4000-8000-%012d","eventID":"00000000-0000-4000-8000-%012d","readOnly":true,"eventType":"AwsApiCall",`+
		`"managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}`, i, i, i, i, i, i)
}

func benchText(before, between, after string) string {
	var list []string
	for i := range 10_000 {
		list = append(list, benchEvent(i))
	}
	return before + strings.Join(list, between) + after
}

func BenchmarkRead(b *testing.B) {
	ndjson := benchText("", "\n", "\n")
	var laidOut strings.Builder
	for line := range strings.Lines(ndjson) {
		var v any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			b.Fatal(err)
		}
		out, err := json.MarshalIndent(v, "", "    ")
		if err != nil {
			b.Fatal(err)
		}
		laidOut.Write(append(out, '\n'))
	}
	for _, form := range []struct{ name, text string }{
		{"ndjson", ndjson},
		{"records", benchText(`{"Records":[`, ",", "]}")},
		{"laid-out", laidOut.String()},
		{"gzip", pack(ndjson)},
		{"broken", strings.ReplaceAll(ndjson, `"Management"}`, `"Management"`)},
	} {
		b.Run(form.name, func(b *testing.B) {
			emit := func(Record) error { return nil }
			var text int64
			for b.Loop() {
				stats, err := Read(b.Context(), Stream("in", strings.NewReader(form.text)), Options{}, emit, func(Problem) {})
				if err != nil {
					b.Fatal(err)
				}
				text = stats.TextBytes
			}
			b.SetBytes(text)
		})
	}
}

// BenchmarkValid is what the standard library takes to validate alone, for comparison.
func BenchmarkValid(b *testing.B) {
	event := []byte(benchEvent(1))
	b.SetBytes(int64(len(event)))
	for b.Loop() {
		if !json.Valid(event) {
			b.Fatal("not valid")
		}
	}
}
