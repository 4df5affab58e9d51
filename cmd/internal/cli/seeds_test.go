package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var fenced = regexp.MustCompile("(?s)```\n(.*?)```")

// seedBlocks are the fenced blocks of the article that the project began with:
// two rules, and the query that its author expects of the first.
func seedBlocks(t *testing.T) (rules []string, query string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(shared(t), "seeds", "000_*.txt"))
	if err != nil || len(names) != 1 {
		t.Fatalf("found the seeds %v (%v)", names, err)
	}
	data, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, m := range fenced.FindAllStringSubmatch(string(data), -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) != 3 {
		t.Fatalf("%d fenced blocks, want 3", len(blocks))
	}
	dir := t.TempDir()
	for i, name := range []string{"first.yml", "second.yml"} {
		rules = append(rules, filepath.Join(dir, name))
		if !strings.Contains(blocks[i], "\u00a0") {
			t.Fatalf("block %d has no no-break space any more", i)
		}
		if err := os.WriteFile(rules[i], []byte(blocks[i]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return rules, strings.Join(strings.Fields(blocks[2]), " ")
}

// TestSeedsConvert converts the rules as they stand, for every target.
func TestSeedsConvert(t *testing.T) {
	rules, want := seedBlocks(t)
	status, got, stderr := run(t, "convert", "-t", "splunk", "--schema", "none", "--compact", rules[0])
	if status != statusOK || strings.TrimSuffix(got, "\n") != want {
		t.Errorf("exit status %d, got\n%s\nwant\n%s\n%s", status, got, want, stderr)
	}
	for _, code := range []string{"S0009", "S0102", "S0111"} {
		if !strings.Contains(stderr, "["+code+"]") {
			t.Errorf("no warning %s in\n%s", code, stderr)
		}
	}
	status, got, stderr = run(t, append([]string{"convert", "--schema", "none", "-f", "jsonl"}, rules...)...)
	if status != statusOK || strings.Count(got, `"query":`) != 8 {
		t.Errorf("exit status %d, want a query of each rule in each of four languages:\n%s\n%s", status, got, stderr)
	}
	for _, code := range []string{"S0112", "S0202"} {
		if !strings.Contains(stderr, "["+code+"]") {
			t.Errorf("no warning %s in\n%s", code, stderr)
		}
	}
}

// seedEvents are written for the two rules: what hits the first, what nearly
// does, what hits the second in its two ways, and what nearly does.
const seedEvents = `
{"eventID":"login","eventName":"ConsoleLogin","eventSource":"signin.amazonaws.com","userIdentity":{"type":"IAMUser","userName":"eve"},"additionalEventData":{"MFAUsed":"No"},"responseElements":{"ConsoleLogin":"Success"}}
{"eventID":"login-with-mfa","eventName":"ConsoleLogin","userIdentity":{"type":"IAMUser"},"additionalEventData":{"MFAUsed":"Yes"}}
{"eventID":"login-of-root","eventName":"ConsoleLogin","userIdentity":{"type":"Root"},"additionalEventData":{"MFAUsed":"No"}}
{"eventID":"login-unsaid","eventName":"ConsoleLogin","userIdentity":{"type":"IAMUser"}}
{"eventID":"denied","eventName":"ListBuckets","errorCode":"AccessDenied","userIdentity":{"type":"AssumedRole"}}
{"eventID":"unauthorized","eventName":"RunInstances","errorCode":"UnauthorizedOperation","userIdentity":{"type":"AssumedRole"}}
{"eventID":"client-denied","eventName":"DescribeTrails","errorCode":"Client.UnauthorizedOperation"}
{"eventID":"fine","eventName":"ListBuckets"}
`

// TestSeedsScan runs the rules on events written for them. That the second one
// runs at all is due to its log source being understood.
func TestSeedsScan(t *testing.T) {
	rules, _ := seedBlocks(t)
	events := filepath.Join(t.TempDir(), "events.ndjson")
	if err := os.WriteFile(events, []byte(seedEvents), 0o666); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"login", "denied unauthorized"} {
		status, got, stderr := run(t, "scan", "-f", "jsonl", "-r", rules[i], events)
		var ids []string
		for _, m := range regexp.MustCompile(`"event_id":"([^"]*)"`).FindAllStringSubmatch(got, -1) {
			ids = append(ids, m[1])
		}
		if status != statusOK || strings.Join(ids, " ") != want {
			t.Errorf("rule %d: exit status %d, hits %v, want %s\n%s", i+1, status, ids, want, stderr)
		}
	}
}
