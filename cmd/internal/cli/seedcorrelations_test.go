package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// logOf writes records made of "TIME EVENTNAME REGION TYPE ARN [ERRORCODE]"; the id of each is its place.
func logOf(t *testing.T, lines ...string) string {
	t.Helper()
	var b strings.Builder
	for i, line := range lines {
		w := strings.Fields(line)
		source := map[string]string{"GetCallerIdentity": "sts", "SendCommand": "ssm", "DescribeInstances": "ec2"}[w[1]]
		record := map[string]any{
			"eventID": fmt.Sprint(i + 1), "eventTime": w[0], "eventName": w[1], "eventSource": source + ".amazonaws.com", "awsRegion": w[2],
			"userIdentity": map[string]string{"type": w[3], "arn": w[4]}, "eventVersion": "1.11",
		}
		if len(w) > 5 {
			record["errorCode"] = w[5]
		}
		line, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	name := filepath.Join(t.TempDir(), "log.ndjson")
	if err := os.WriteFile(name, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestSeedCorrelations runs the embedded correlations that stand for the three Elastic rules among the seeds: identities that ask for the
// first time in 15 days who they are, or send a command for the first time in 7, and instances listed in ten regions within 30 seconds. The
// times, counts and exclusions are those of the seeds.
func TestSeedCorrelations(t *testing.T) {
	const (
		identity = "664d603a-41e6-4895-937a-665f030c0c5e"
		command  = "4a19125f-dc4f-4e31-97fd-e2b13bcf4572"
		regions  = "3d1b5051-88a9-4ce7-a582-9c709bbafcce"
	)
	at := func(offset time.Duration) string {
		return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(offset).Format(time.RFC3339)
	}
	const day = 24 * time.Hour
	described := func(n int, step time.Duration, region func(int) int, arn func(int) string) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprintf("%s DescribeInstances region-%d IAMUser %s", at(17*time.Second+time.Duration(i)*step), region(i), arn(i)))
		}
		return out
	}
	each := func(i int) int { return i }
	eve := func(int) string { return "arn:eve" }
	stateManager := "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAmazonSSM/StateManagerService"
	for _, c := range []struct {
		name string
		id   string
		log  []string
		want []string // the events that complete the findings
	}{
		{"first in 15 days and a second", identity,
			[]string{at(0) + " GetCallerIdentity us-east-1 IAMUser arn:eve", at(15*day+time.Second) + " GetCallerIdentity us-east-1 IAMUser arn:eve"}, []string{"1", "2"}},
		{"known since 15 days", identity,
			[]string{at(0) + " GetCallerIdentity us-east-1 IAMUser arn:eve", at(15*day) + " GetCallerIdentity us-east-1 IAMUser arn:eve", at(29*day) + " GetCallerIdentity us-west-2 Root arn:eve"}, []string{"1"}},
		{"a role session", identity, []string{at(0) + " GetCallerIdentity us-east-1 AssumedRole arn:eve"}, nil},
		{"one of two identities is known", identity,
			[]string{at(0) + " GetCallerIdentity us-east-1 IAMUser arn:eve", at(day) + " GetCallerIdentity us-east-1 IAMUser arn:bob", at(2*day) + " GetCallerIdentity us-east-1 IAMUser arn:eve"}, []string{"1", "2"}},
		{"first command in 7 days", command,
			[]string{at(0) + " SendCommand us-east-1 IAMUser arn:eve", at(7*day) + " SendCommand us-east-1 IAMUser arn:eve", at(14*day+time.Second) + " SendCommand us-east-1 IAMUser arn:eve"}, []string{"1", "3"}},
		{"State Manager", command, []string{at(0) + " SendCommand us-east-1 AssumedRole " + stateManager}, nil},
		{"the role beside State Manager", command, []string{at(0) + " SendCommand us-east-1 AssumedRole arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAmazonSSM/Other"}, []string{"1"}},
		{"a command that was denied", command, []string{at(0) + " SendCommand us-east-1 IAMUser arn:eve AccessDenied"}, nil},
		{"ten regions in 30 seconds, across a border of half a minute", regions, described(10, 30*time.Second/9, each, eve), []string{"10"}},
		{"nine regions", regions, described(10, 3*time.Second, func(i int) int { return min(i, 8) }, eve), nil},
		{"ten regions in 31 seconds", regions, described(10, 31*time.Second/9+time.Second/9, each, eve), nil},
		{"ten regions, two identities", regions, described(10, time.Second, each, func(i int) string { return fmt.Sprintf("arn:%d", i%2) }), nil},
	} {
		status, out, stderr := run(t, "scan", "-f", "jsonl", "--id", c.id, logOf(t, c.log...))
		if status != statusOK {
			t.Fatalf("%s: exit status %d\n%s", c.name, status, stderr)
		}
		var got []string
		for line := range strings.Lines(out) {
			var f finding
			if err := json.Unmarshal([]byte(line), &f); err != nil {
				t.Fatal(err)
			}
			if f.RuleID == c.id {
				got = append(got, f.EventID)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: findings completed by events %v, want %v\n%s", c.name, got, c.want, strings.Join(c.log, "\n"))
		}
	}
}

// TestSeedAsWritten runs the seed about regions as its own product means it, in buckets of 30 seconds that begin at whole half minutes, with
// both of its thresholds and a bucket for what has no ARN, which our own rule of it does otherwise.
func TestSeedAsWritten(t *testing.T) {
	rule := filepath.Join(t.TempDir(), "seed.yml")
	text := `title: Instances Described
name: instances_described
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventSource|cased: ec2.amazonaws.com, eventName|cased: DescribeInstances}, condition: s}
---
title: Instances Described in Ten Regions
correlation:
  type: value_count
  rules: [instances_described]
  group-by: [userIdentity.arn]
  timespan: 30s
  window: tumbling
  missing-key: group
  condition: [{field: awsRegion, gte: 10}, {type: event_count, gte: %d}]
`
	calls := func(from time.Duration, n, regions int, arn string) (out []string) {
		for i := range n {
			at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(from + time.Duration(i)*time.Second)
			out = append(out, fmt.Sprintf("%s DescribeInstances region-%d IAMUser %s", at.Format(time.RFC3339), i%regions, arn))
		}
		return out
	}
	for _, c := range []struct {
		name  string
		calls int // the threshold of calls
		log   []string
		want  int
	}{
		{"ten regions in one bucket", 10, calls(0, 10, 10, "arn:eve"), 1},
		{"up to its last second", 10, calls(20*time.Second, 10, 10, "arn:eve"), 1},
		{"one second later, across its border", 10, calls(21*time.Second, 10, 10, "arn:eve"), 0},
		{"nine regions", 10, calls(0, 10, 9, "arn:eve"), 0},
		{"eleven calls of twelve", 12, calls(0, 11, 10, "arn:eve"), 0},
		{"twelve calls", 12, calls(0, 12, 10, "arn:eve"), 1},
		{"two buckets", 10, slices.Concat(calls(0, 10, 10, "arn:eve"), calls(30*time.Second, 10, 10, "arn:eve")), 2},
		{"no ARN", 10, calls(0, 10, 10, "null"), 1},
		{"some with an ARN, some without", 10, slices.Concat(calls(0, 5, 10, "arn:eve"), calls(5*time.Second, 5, 10, "null")), 0},
	} {
		if err := os.WriteFile(rule, fmt.Appendf(nil, text, c.calls), 0o666); err != nil {
			t.Fatal(err)
		}
		log := logOf(t, c.log...)
		data, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(log, []byte(strings.ReplaceAll(string(data), `"arn":"null"`, `"arn":null`)), 0o666); err != nil {
			t.Fatal(err)
		}
		status, out, stderr := run(t, "scan", "-f", "jsonl", "-r", rule, log)
		if got := strings.Count(out, "\n"); status != statusOK || got != c.want {
			t.Errorf("%s: exit status %d, %d findings, want %d\n%s%s", c.name, status, got, c.want, out, stderr)
		}
	}
}

// TestCorrelationsInTheWild runs the correlations of public rule sets, and the specification's example of each type, on public logs: none
// is broken, refused or left out, but for one.
func TestCorrelationsInTheWild(t *testing.T) {
	data := filepath.Join(shared(t), "data")
	// The specification's examples refer to rules that are not beside them.
	var rules strings.Builder
	for _, name := range []string{"recon_cmd_a", "recon_cmd_b", "recon_cmd_c", "rule_a_id", "website_access"} {
		fmt.Fprintf(&rules, "title: %s\nname: %s\nlogsource: {product: test}\ndetection: {s: {eventName: x}, condition: s}\n---\n", name, name)
	}
	rules.WriteString("title: Login\nid: 5638f7c0-ac70-491d-8465-2a65075e0d86\nlogsource: {product: test}\ndetection: {s: {eventName: x}, condition: s}\n")
	base := filepath.Join(t.TempDir(), "base.yml")
	if err := os.WriteFile(base, []byte(rules.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		files string
		want  int // files whose correlation runs
	}{
		{"rules/suzaku/aws/cloudtrail/aws_cloudtrail_{many_failed_logins,many_access_denied,many_recon_events,s3_enum_after_getcalleridentity,iam_persistence_chain}.yml", 5},
		{"rules/correlation-in-the-wild/hayabusa-rules__*.yml", 3},
		{"rules/correlation-in-the-wild/mdecrevoisier-sigma__*.yaml", 14},
		{"rules/specification-examples/schema/correlation/*.yml", 7}, // value_percentile says no percentile, and is refused (§5.2)
	} {
		ran := 0
		for _, name := range braces(t, filepath.Join(data, c.files)) {
			_, _, stderr := run(t, "scan", "--any-logsource", "-r", name, "-r", base, filepath.Join(data, "cloudtrail/invictus/events.ndjson.gz"))
			if strings.Contains(stderr, " of 1 correlation") {
				ran++
			} else {
				t.Logf("%s:\n%s", name, stderr)
			}
		}
		if ran != c.want {
			t.Errorf("%s: %d run, want %d", c.files, ran, c.want)
		}
	}
}

// braces expands {a,b} and the patterns of filepath.Glob.
func braces(t *testing.T, pattern string) (names []string) {
	t.Helper()
	head, rest, ok := strings.Cut(pattern, "{")
	list, tail, _ := strings.Cut(rest, "}")
	if !ok {
		list, tail = "", ""
	}
	for _, part := range strings.Split(list, ",") {
		found, err := filepath.Glob(head + part + tail)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	return names
}
