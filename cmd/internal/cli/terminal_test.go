package cli

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestTerminal shows what only people see: colour and progress.
func TestTerminal(t *testing.T) {
	var logs bytes.Buffer
	for i := range 3000 {
		fmt.Fprintf(&logs, `{"eventID":"%d","eventName":"StopLogging","eventSource":"cloudtrail.amazonaws.com"}`+"\n", i)
	}
	for _, c := range []struct {
		name            string
		terminal        bool
		variables       map[string]string
		args            []string
		color, progress bool
	}{
		{name: "terminal", terminal: true, color: true, progress: true},
		{name: "no terminal"},
		{name: "NO_COLOR", terminal: true, variables: map[string]string{"NO_COLOR": "1"}, progress: true},
		{name: "NO_COLOR, empty", terminal: true, variables: map[string]string{"NO_COLOR": ""}, color: true, progress: true},
		{name: "dumb terminal", terminal: true, variables: map[string]string{"TERM": "dumb"}, progress: true},
		{name: "quiet", terminal: true, args: []string{"-q"}, color: true},
		{name: "never", terminal: true, args: []string{"--color", "never"}, progress: true},
		{name: "always", variables: map[string]string{"NO_COLOR": "1"}, args: []string{"--color", "always"}, color: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
			status := Main(append([]string{"scan", "-"}, c.args...), Environment{
				Stdin: bytes.NewReader(logs.Bytes()), Stdout: &out, Stderr: &errOut,
				Getenv:         func(name string) string { return c.variables[name] },
				Now:            func() time.Time { now = now.Add(time.Second); return now },
				StdoutTerminal: c.terminal, StderrTerminal: c.terminal,
			})
			if status != statusOK {
				t.Fatalf("exit status %d\n%s", status, &errOut)
			}
			if got := strings.Contains(out.String(), "\x1b["); got != c.color {
				t.Errorf("colour is %v, want %v", got, c.color)
			}
			if got := regexp.MustCompile(`\rread [1-3],?[0-9]{1,3} records, `).MatchString(errOut.String()); got != c.progress {
				t.Errorf("progress is %v, want %v: %q", got, c.progress, &errOut)
			}
			if c.progress && !strings.Contains(errOut.String(), "\r\x1b[Kread 3,000 records") {
				t.Errorf("the progress is not cleared before the report: %q", &errOut)
			}
		})
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestBrokenOutput demands that results which cannot be written are no success.
func TestBrokenOutput(t *testing.T) {
	for _, line := range []string{
		"convert -t splunk", "convert -t splunk -f jsonl", "scan " + sample, "scan -f csv " + sample, "scan -f jsonl " + sample,
		"explain ../../../rules/cloudtrail/aws_iam_user_created.yml " + sample, "list rules", "list rules --json", "version", "version --json",
	} {
		var errOut bytes.Buffer
		status := Main(strings.Fields(line), Environment{
			Stdin: strings.NewReader(""), Stdout: brokenWriter{}, Stderr: &errOut,
			Getenv: func(string) string { return "" }, Now: time.Now,
		})
		if status != statusUnusable || !strings.Contains(errOut.String(), "no space left") {
			t.Errorf("%s: exit status %d\n%s", line, status, &errOut)
		}
	}
}
