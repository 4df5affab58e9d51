package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sigmatic/evaluator/cloudtrail"
	"sigmatic/pipeline"
)

// TestScanSchema demands that the documents which a store makes of the sample give the findings of the sample, but for rules that the
// schema refuses.
func TestScanSchema(t *testing.T) {
	inputs, _ := cloudtrail.Inputs([]string{sample}, nil)
	for _, name := range []string{"cloudtrail-ecs", "cloudtrail-ocsf"} {
		t.Run(name, func(t *testing.T) {
			schema, err := pipeline.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			var documents, records bytes.Buffer
			for _, in := range inputs {
				_, err := cloudtrail.Read(context.Background(), in, cloudtrail.Options{}, func(r cloudtrail.Record) error {
					stored, err := schema.Project(r.Raw)
					records.WriteString(strings.ReplaceAll(string(r.Raw), "\n", " ") + "\n")
					documents.Write(append(stored, '\n'))
					return err
				}, func(cloudtrail.Problem) {})
				if err != nil {
					t.Fatal(err)
				}
			}
			raw, _ := findingsOf(t, "", records.Bytes())
			got, refused := findingsOf(t, name, documents.Bytes())
			raw = slices.DeleteFunc(raw, func(f string) bool {
				return slices.ContainsFunc(refused, func(title string) bool { return strings.HasPrefix(f, title+"\t") })
			})
			if diff := cmp.Diff(raw, got); diff != "" {
				t.Errorf("findings (-of the records +of the documents; %d rules are refused):\n%s", len(refused), diff)
			}
			if len(got) < 60 {
				t.Errorf("only %d findings, %d rules are refused: %s", len(got), len(refused), refused)
			}
		})
	}
}

var refusedFile = regexp.MustCompile(`(?m)^error: (rules/cloudtrail/[^:]+):`)

// findingsOf scans a log and gives title and record of each finding, and the titles of the rules that did not run.
func findingsOf(t *testing.T, schema string, log []byte) (findings, refused []string) {
	t.Helper()
	args := []string{"scan", "-f", "jsonl", written(t, "log.ndjson", log)}
	if schema != "" {
		args = append(args, "--schema", schema)
	}
	_, stdout, stderr := run(t, args...)
	for line := range strings.Lines(stdout) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		findings = append(findings, f.Title+"\t"+f.EventID+"\t"+f.Time)
	}
	for _, m := range refusedFile.FindAllStringSubmatch(stderr, -1) {
		data, err := os.ReadFile("../../../" + m[1])
		if err != nil {
			t.Fatal(err)
		}
		_, title, _ := strings.Cut(string(data), "title: ")
		title, _, _ = strings.Cut(title, "\n")
		refused = append(refused, title)
	}
	slices.Sort(findings)
	return findings, refused
}
