package cloudtrail

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCorpus reads logs that others wrote, as they were delivered. The counts were made without this package: with jq ("jq '.Records |
// length'", "jq -s length"), with Python's json module (raw_decode from value to value), and where the file is no valid JSON, with
// "grep -c '\"eventVersion\"'"; both agree with the table in the data's README.
func TestCorpus(t *testing.T) {
	shared := os.Getenv("SIGMATIC_SHARED")
	if shared == "" {
		t.Skip("SIGMATIC_SHARED does not name the folder with the shared test data")
	}
	notes := map[Reason]int{}
	for _, test := range []struct {
		path            string
		inputs, records int
		problems        map[Reason]int
	}{
		{"invictus/original", 41, 2432, notes},
		{"invictus/events.ndjson.gz", 1, 2432, notes},
		{"stratus/original", 25, 225, notes},
		{"stratus/events.ndjson", 1, 225, notes},
		{"traildiscover", 1, 236, notes},
		{"otrf/original", 1, 103, notes},
		{"otrf", 2, 206, map[Reason]int{IgnoredFile: 1}},
		{"cloud-custodian/original", 24, 24, notes},
		{"cloud-custodian/events.ndjson", 1, 22, notes},
		{"trailscraper/original", 3, 7, notes},
		{"trailscraper/events.ndjson", 1, 3, notes},
		{"cloudgrep/original/cloudtrail*.json", 2, 2, notes},
		{"cloudgrep/original/bad_cloudtrail.json", 1, 0, map[Reason]int{TruncatedJSON: 1}},
		{"cloudgrep/events.ndjson", 1, 2, notes},
		{"plaso/original", 1, 6, notes},
		{"opensearch-catalog/events.ndjson.gz", 1, 841, notes},
		{"opensearch-catalog/original/samples.json", 1, 50, notes},
		{"opensearch-catalog/original/raw-sample.json", 1, 1, notes},
		// 840 lines with "eventVersion", one of them in a record that lacks its last two braces (line 2376); line 85 has two too many.
		{"opensearch-catalog/original/samples-large.json.gz", 1, 839, map[Reason]int{InvalidJSON: 2}},
		{"splunk-examples", 1, 32, notes},
	} {
		t.Run(test.path, func(t *testing.T) {
			inputs, problems := Inputs([]string{filepath.Join(shared, "data", "cloudtrail", filepath.FromSlash(test.path))}, nil)
			total := Stats{Problems: map[Reason]int{}}
			report := func(p Problem) { t.Log(p) }
			for _, p := range problems {
				total.AddProblem(p)
				report(p)
			}
			for _, in := range inputs {
				stats, err := Read(t.Context(), in, Options{}, func(Record) error { return nil }, report)
				if err != nil {
					t.Fatal(err)
				}
				total.Add(stats)
			}
			if len(inputs) != test.inputs || total.Inputs != test.inputs || total.Records != test.records {
				t.Errorf("%d records in %d inputs, want %d in %d", total.Records, len(inputs), test.records, test.inputs)
			}
			if diff := cmp.Diff(test.problems, total.Problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
