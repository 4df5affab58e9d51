package report

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

func write(t *testing.T, format string, rows ...[]any) []byte {
	t.Helper()
	var b bytes.Buffer
	table, err := NewTable(&b, format, []string{"name", "n", "part", "at"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := table.Row(r...); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTable(t *testing.T) {
	rows := [][]any{
		{"<a>\x1b", int64(1234), 12.345, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		{"=b", int64(5), 0.5, time.Time{}},
	}
	for format, want := range map[string]string{
		"table": "name          n   part  at\n<a>\\u001b  1234  12.35  2026-01-02 03:04:05\n=b            5   0.50\n",
		"csv":   "name,n,part,at\n<a>\x1b,1234,12.35,2026-01-02 03:04:05\n'=b,5,0.50,\n",
		"jsonl": `{"name":"<a>\u001b","n":1234,"part":12.345,"at":"2026-01-02T03:04:05Z"}` + "\n" + `{"name":"=b","n":5,"part":0.5,"at":null}` + "\n",
	} {
		if diff := cmp.Diff(want, string(write(t, format, rows...))); diff != "" {
			t.Errorf("%s:\n%s", format, diff)
		}
	}
	for _, some := range [][][]any{nil, rows[:1], rows} {
		var got []map[string]any
		if err := json.Unmarshal(write(t, "json", some...), &got); err != nil || len(got) != len(some) {
			t.Errorf("json of %d rows: %v, %v", len(some), got, err)
		}
	}
}

// TestParquet reads with the library what was written.
func TestParquet(t *testing.T) {
	type row struct {
		Name string     `parquet:"name"`
		N    int64      `parquet:"n"`
		Part float64    `parquet:"part"`
		At   *time.Time `parquet:"at,optional,timestamp(microsecond)"`
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	data := write(t, "parquet", []any{"a", int64(7), 0.25, at}, []any{"b", int64(8), 0.5, time.Time{}})
	got, err := parquet.Read[row](bytes.NewReader(data), int64(len(data)))
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]row{{"a", 7, 0.25, &at}, {"b", 8, 0.5, nil}}, got); diff != "" {
		t.Error(diff)
	}
	if data := write(t, "parquet"); !strings.HasPrefix(string(data), "PAR1") {
		t.Errorf("an empty table is %q", data)
	}
}
