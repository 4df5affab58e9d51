package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
)

func TestCSV(t *testing.T) {
	var b bytes.Buffer
	w := NewCSV(&b, 80)
	long := "Total source IPs: 4\n" + strings.Repeat("1 - 192.0.2.1 (x)\n", 4) + "1 - 192.0.2.9"
	if err := w.Write([]string{"=1+1", "a\"b\nc", "-", "'x", "", long, strings.Repeat("é", 90), strings.Repeat("é", 80)}); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"'=1+1", "a\"b\nc", "'-", "'x", "",
		"Total source IPs: 4\n1 - 192.0.2.1 (x)\n… 4 more lines, cut at 80 characters",
		strings.Repeat("é", 80-len(" cut at 80 characters")-1) + "… cut at 80 characters", strings.Repeat("é", 80)}
	for i, cell := range rows[0] {
		if cell != want[i] {
			t.Errorf("cell %d: %q, want %q", i, cell, want[i])
		}
	}
	if w.Cut() != 2 {
		t.Errorf("%d cells cut, want 2", w.Cut())
	}
}
