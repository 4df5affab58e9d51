package cli

import (
	"bytes"
	"encoding/csv"
	"testing"
)

// FuzzCSV holds the rows to those of encoding/csv.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"", "a", "a,b", `say "x"`, "line\nbreak", "12345678,", "1234567\r", " x", "\u00a0x", `\.`, `\`, "é,", "12345678\"90", "\xff\x2b\x2d\x0b", "=cmd"} {
		f.Add(s, "x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		var got, want bytes.Buffer
		w := &csvRows{w: &got}
		w.cell(0, a)
		w.cell(1, b)
		if err := w.end(); err != nil {
			t.Fatal(err)
		}
		c := csv.NewWriter(&want)
		if err := c.Write([]string{a, b}); err != nil {
			t.Fatal(err)
		}
		c.Flush()
		if got.String() != want.String() {
			t.Errorf("%q, want %q", &got, &want)
		}
	})
}
