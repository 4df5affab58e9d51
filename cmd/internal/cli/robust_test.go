package cli

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// FuzzRules gives whatever bytes to the commands that read rules.
func FuzzRules(f *testing.F) {
	for _, seed := range validRules(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkRules(t, data) })
}

// FuzzLogs gives whatever bytes to the commands that read logs.
func FuzzLogs(f *testing.F) {
	for _, seed := range validLogs(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkLogs(t, data) })
}

// TestDamagedInput does what the fuzz targets do, a few hundred times and the
// same each time: rules and logs that were cut off, overwritten, or are noise.
func TestDamagedInput(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	rounds := 150
	if testing.Short() {
		rounds = 20
	}
	for _, kind := range []struct {
		seeds [][]byte
		check func(testing.TB, []byte)
	}{{validRules(t), checkRules}, {validLogs(t), checkLogs}} {
		for range rounds {
			kind.check(t, damage(rng, kind.seeds[rng.IntN(len(kind.seeds))]))
		}
	}
}

// damage is one of the ways in which files go bad.
func damage(rng *rand.Rand, data []byte) []byte {
	data = append([]byte(nil), data...)
	switch rng.IntN(4) {
	case 0:
		return data[:rng.IntN(len(data)+1)]
	case 1:
		for range 1 + rng.IntN(8) {
			data[rng.IntN(len(data))] = byte(rng.IntN(256))
		}
	case 2: // a piece is missing
		from := rng.IntN(len(data))
		return append(data[:from], data[min(len(data), from+rng.IntN(200)):]...)
	case 3:
		data = data[:min(len(data), rng.IntN(300))]
		for i := range data {
			data[i] = byte(rng.IntN(256))
		}
	}
	return data
}

var summaryLine = regexp.MustCompile(`(?m)^converted (\d+), refused (\d+)(?: \([^\n]*\))?, broken (\d+)`)

// checkRules demands that the account of convert is that of its output, and
// that no command ends in another way than those that are documented.
func checkRules(t testing.TB, data []byte) {
	t.Helper()
	file := written(t, "rule.yml", data)
	status, stdout, stderr := run(t, "convert", "-f", "jsonl", file)
	demandStatus(t, status, data, stderr)
	queries, refusals := 0, 0
	for line := range strings.Lines(stdout) {
		var r conversionRecord
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if (r.Query == "") == (r.Error == nil) {
			t.Fatalf("neither query nor error, or both: %s", line)
		}
		if r.Error == nil {
			queries++
		} else {
			refusals++
		}
	}
	m := summaryLine.FindStringSubmatch(stderr)
	if m == nil && queries == 1 && refusals == 0 { // a single query needs no account
		m = []string{"", "1", "0", "0"}
	}
	if m == nil || number(m[1]) != queries || number(m[2]) != refusals {
		t.Fatalf("%d queries and %d refusals do not agree with the account in\n%s\nof the rule\n%q", queries, refusals, stderr, data)
	}
	if (status == statusUnusable) == (number(m[3]) == 0) && queries > 0 {
		t.Fatalf("exit status %d with %s broken", status, m[3])
	}
	event := written(t, "event.json", []byte(`{"eventID":"1","eventName":"ConsoleLogin"}`))
	status, _, stderr = run(t, "explain", file, event)
	demandStatus(t, status, data, stderr)
	status, _, stderr = run(t, "scan", "--any-logsource", "-r", file, event)
	demandStatus(t, status, data, stderr)
}

var recordAccount = regexp.MustCompile(`read ([\d,]+) records? from .*: ([\d,]+) matched, ([\d,]+) unmatched, ([\d,]+) duplicate, ([\d,]+) skipped`)

var findingAccount = regexp.MustCompile(`(?m)^([\d,]+) findings? by `)

// checkLogs demands that the report of scan adds up, and that its findings are
// those that it counts.
func checkLogs(t testing.TB, data []byte) {
	t.Helper()
	file := written(t, "log.json", data)
	status, stdout, stderr := run(t, "scan", "-f", "jsonl", "--raw", file)
	demandStatus(t, status, data, stderr)
	m := recordAccount.FindStringSubmatch(stderr)
	if m == nil {
		t.Fatalf("no account in %q", stderr)
	}
	if number(m[1]) != number(m[2])+number(m[3])+number(m[4])+number(m[5]) {
		t.Fatalf("the account does not add up: %s, of %q", m[0], data)
	}
	for line := range strings.Lines(stdout) {
		if !json.Valid([]byte(line)) {
			t.Fatalf("not JSON: %s", line)
		}
	}
	findings := findingAccount.FindStringSubmatch(stderr)
	if findings == nil || number(findings[1]) != strings.Count(stdout, "\n") {
		t.Fatalf("%d lines of findings, the report says %s", strings.Count(stdout, "\n"), findings)
	}
	for _, format := range []string{"table", "csv", "json", "html"} {
		again, out, stderr := run(t, "scan", "-q", "-f", format, file)
		if again != status {
			t.Fatalf("exit status %d in jsonl, %d in %s\n%s", status, again, format, stderr)
		}
		if format == "json" && !json.Valid([]byte(out)) {
			t.Fatalf("not one document of JSON: %s", out)
		}
		if strings.ContainsAny(out, "\x00\x1b") && format == "table" {
			t.Fatalf("control characters reach the terminal: %q", out)
		}
	}
}

func demandStatus(t testing.TB, status int, data []byte, stderr string) {
	t.Helper()
	if status < statusOK || status > statusUnusable {
		t.Fatalf("exit status %d for %q\n%s", status, data, stderr)
	}
}

func number(s string) int {
	n, _ := strconv.Atoi(strings.ReplaceAll(s, ",", ""))
	return n
}

func written(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// validRules are some of the embedded rules, and one with what they lack.
func validRules(t testing.TB) [][]byte {
	t.Helper()
	out := [][]byte{[]byte(`title: A bit of everything
id: 33333333-3333-4333-8333-333333333333
status: test
level: high
logsource: {product: aws, service: cloudtrail}
detection:
  fields:
    eventName|startswith: [Stop, 'Del*te?']
    count|gte: 5
    sourceIPAddress|cidr: [10.0.0.0/8, 2001:db8::/32]
    userAgent|re|i: '^(aws-cli|boto3)/[0-9]+'
    a.b|exists: true
    errorCode: null
    mfa: false
    x|base64offset|contains: secret
    y|windash|contains|all: [' -f ', ' -q ']
  keywords:
    - 'needle \* in'
    - 42
  filter_one:
    - user|fieldref: role
    - eventTime|hour: 3
  filter_two:
    name|cased|endswith: 'Ä'
  condition: (fields or keywords) and not 1 of filter_*
---
title: Second document
logsource: {category: process_creation, product: windows}
detection:
  selection: {Image|endswith: '\cmd.exe'}
  condition: all of them
`)}
	names, err := filepath.Glob("../../../rules/cloudtrail/aws_s*.yml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no rules (%v)", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, data)
	}
	return out
}

// validLogs are logs in several forms: plain, gzip, one object a line.
func validLogs(t testing.TB) [][]byte {
	t.Helper()
	out := [][]byte{
		[]byte(`{"Records":[{"eventID":"1","eventName":"CreateUser","userIdentity":{"arn":"x"}},{"eventID":"1"},{"eventID":"2","a":[1,{"b":null}]}]}`),
		[]byte(`[{"eventID":"1","eventSource":"iam.amazonaws.com","eventName":"CreateUser"}, {"eventID":"é\u001b[31m"}]`),
	}
	names, err := filepath.Glob(sample + "/AWSLogs/*/CloudTrail/us-*/*/*/*/*.gz")
	if err != nil || len(names) == 0 {
		t.Fatalf("no logs (%v)", err)
	}
	names = append(names[:min(4, len(names))], sample+"/management-account.ndjson")
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, data)
	}
	return out
}
