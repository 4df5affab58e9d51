package cli

import (
	"os"
	"strings"
	"testing"
)

// TestHardRecords demands of records that few readers take: each is read, or lost with its reason, and its neighbours are read.
func TestHardRecords(t *testing.T) {
	if testing.Short() {
		t.Skip("reads records of many megabytes")
	}
	const hit = `{"eventID":"1","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging"}` + "\n"
	padded := func(n int) string {
		return `{"eventID":"2","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","x":"` + strings.Repeat("y", n) + "\"}\n"
	}
	nested := func(n int) string {
		return `{"eventID":"2","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","x":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}\n"
	}
	for _, test := range []struct {
		name, text string
		status     int
		says       []string
	}{
		{"50 MB", hit + padded(50<<20), statusOK, []string{"read 2 records from 1 input: 2 matched, 0 unmatched, 0 duplicate, 0 skipped,"}},
		{"more than the limit", hit + padded(65<<20) + strings.Replace(hit, `"1"`, `"3"`, 1), statusUnusable, []string{
			":2: no end of the record within 67108864 bytes, the limit; skipped 68157529 bytes, reading goes on at line 2, column 68157530 [too-large]\n",
			"read 3 records from 1 input: 2 matched, 0 unmatched, 0 duplicate, 1 skipped (too-large: 1),"}},
		{"900 levels", hit + nested(900), statusOK, []string{"read 2 records from 1 input: 2 matched, 0 unmatched, 0 duplicate, 0 skipped,"}},
		{"10,000 levels", hit + nested(10_000) + strings.Replace(hit, `"1"`, `"3"`, 1), statusUnusable, []string{
			":2: '[' at line 2, column 1086 nests deeper than 1000 levels, the limit; skipped 20087 bytes, reading goes on at line 2, column 20088 [too-deep]\n",
			"read 3 records from 1 input: 2 matched, 0 unmatched, 0 duplicate, 1 skipped (too-deep: 1),"}},
		{"no UTF-8", strings.Replace(hit, `"1"`, "\"1\",\"userAgent\":\"M\xfcller\"", 1), statusOK, []string{
			"read 1 record from 1 input: 1 matched, 0 unmatched, 0 duplicate, 0 skipped,"}},
		{"binary", "\x00\x01\x02" + hit, statusUnusable, []string{
			":1: the input is no text: byte 0x00 at offset 0 of it, expected JSON; nothing was read [binary]\n",
			"read 0 records from 1 input: 0 matched, 0 unmatched, 0 duplicate, 0 skipped, 0 outside the time range; 1 input missing or damaged (binary: 1)"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, _, stderr := run(t, "scan", "-f", "jsonl", written(t, "log.json", []byte(test.text)))
			if status != test.status {
				t.Errorf("exit status %d, want %d", status, test.status)
			}
			for _, text := range test.says {
				if !strings.Contains(stderr, text) {
					t.Errorf("%q is not said in\n%s", text, stderr)
				}
			}
		})
	}
}

// TestFullDisk demands of each format that findings which find no room are an error, and never success.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full here")
	}
	for _, format := range scanFormats {
		status, _, stderr := run(t, "scan", "-f", format, "-o", "/dev/full", sample)
		if status != statusUnusable || !strings.Contains(stderr, "write /dev/full: no space left on device") {
			t.Errorf("%s: exit status %d\n%s", format, status, stderr)
		}
	}
}
