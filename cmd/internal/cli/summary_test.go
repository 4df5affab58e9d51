package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// counted is what the independent script and the command both tell of a row.
type counted map[string]map[string]int64

// TestSummaryCorpora compares with a script that shares no code with the program.
func TestSummaryCorpora(t *testing.T) {
	shared := os.Getenv("SIGMATIC_SHARED")
	if shared == "" {
		t.Skip("SIGMATIC_SHARED does not name the corpora")
	}
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3 for the independent count")
	}
	for _, name := range []string{"invictus/events.ndjson.gz", "stratus/events.ndjson", "traildiscover/events.ndjson"} {
		t.Run(filepath.Dir(name), func(t *testing.T) {
			log := filepath.Join(shared, "data/cloudtrail", name)
			wantEvents, want := independentCounts(t, log)
			gotEvents, got := summaryCounts(t, log)
			if wantEvents == 0 || gotEvents != wantEvents {
				t.Errorf("%d events, want %d", gotEvents, wantEvents)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("independent count (-) and summary (+):\n%s", diff)
			}
		})
	}
}

func independentCounts(t *testing.T, log string) (int64, map[string]counted) {
	out, err := exec.Command("python3", "../../../testdata/summary/counts.py", log).Output()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Events int64
		Rows   map[string]counted
	}
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Events, doc.Rows
}

// summaryCounts reads the counts out of the command's JSON. Identities without an
// ARN are put together, as the script has them.
func summaryCounts(t *testing.T, log string) (events int64, rows map[string]counted) {
	status, stdout, stderr := run(t, "summary", "-s", "--format", "json", log)
	if status != 0 {
		t.Fatalf("exit status %d\n%s", status, stderr)
	}
	var doc struct{ Identities []map[string]json.RawMessage }
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatal(err)
	}
	number := func(raw json.RawMessage) (n int64) {
		if err := json.Unmarshal(raw, &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	rows = map[string]counted{}
	for _, id := range doc.Identities {
		var name string
		if err := json.Unmarshal(id["identity"], &name); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(name, "arn:") {
			name = ""
		}
		row := rows[name]
		if row == nil {
			row = counted{}
			rows[name] = row
		}
		add := func(column, value string, n int64) {
			if n == 0 {
				return
			}
			if row[column] == nil {
				row[column] = map[string]int64{}
			}
			row[column][value] += n
		}
		n := number(id["num_of_events"])
		events += n
		add("events", "all", n)
		add("outcome", "success", number(id["success"]))
		add("outcome", "failed", n-number(id["success"]))
		for column, raw := range id {
			var values []struct {
				API, Value string
				Count      int64
			}
			switch column {
			case "abused_apis_success", "other_apis_success", "abused_apis_failed", "other_apis_failed",
				"aws_regions", "src_ips", "user_types", "user_access_key_ids", "user_agents":
				if err := json.Unmarshal(raw, &values); err != nil {
					t.Fatal(err)
				}
			}
			column = strings.TrimPrefix(strings.TrimPrefix(column, "abused_"), "other_")
			for _, v := range values {
				add(column, v.API+v.Value, v.Count)
			}
		}
	}
	return events, rows
}
