package cli

import (
	"encoding/csv"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// TestParquet demands that a Parquet file of findings holds the rows that CSV shows.
func TestParquet(t *testing.T) {
	type row struct {
		Time     time.Time `parquet:"time,optional,timestamp(microsecond)"`
		Title    string    `parquet:"title"`
		Identity string    `parquet:"identity"`
		Record   int64     `parquet:"record"`
	}
	file := filepath.Join(t.TempDir(), "findings.parquet")
	if status, _, stderr := run(t, "scan", "-q", "-f", "parquet", "-o", file, sample); status != statusOK {
		t.Fatal(stderr)
	}
	rows, err := parquet.ReadFile[row](file)
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := run(t, "scan", "-q", "-f", "csv", sample)
	want, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range want[0] {
		column[name] = i
	}
	if want = want[1:]; len(rows) != len(want) || len(rows) == 0 {
		t.Fatalf("%d rows, want %d", len(rows), len(want))
	}
	for i, r := range rows {
		got := map[string]string{
			"time": r.Time.UTC().Format(time.RFC3339), "title": r.Title, "identity": r.Identity, "record": strconv.FormatInt(r.Record, 10),
		}
		for name, value := range got {
			at, ok := column[name]
			if !ok || want[i][at] != value {
				t.Errorf("row %d: %s is %q, want the row %q", i, name, value, want[i])
			}
		}
	}
}
