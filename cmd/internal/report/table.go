package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Table takes the rows of a table. A cell is a string, an int64, a float64, a
// time.Time (the zero time for none), or json.RawMessage.
type Table interface {
	Row(cells ...any) error
	Close() error
}

// TableFormats are the names of the forms that NewTable knows; the first is for
// people.
func TableFormats() []string { return []string{"table", "csv", "json", "jsonl", "parquet"} }

// NewTable returns a writer for the form. The columns' names are the head of the
// table, and the members' names in JSON.
func NewTable(w io.Writer, format string, columns []string, maxCell int) (Table, error) {
	switch format {
	case "table":
		return &textTable{w: w, rows: [][]string{columns}, numbers: make([]bool, len(columns))}, nil
	case "csv":
		t := &csvTable{NewCSV(w, maxCell)}
		return t, t.CSV.Write(columns)
	case "json", "jsonl":
		return &jsonTable{w: w, columns: columns, array: format == "json"}, nil
	case "parquet":
		return &parquetTable{w: w, columns: columns}, nil
	}
	return nil, fmt.Errorf("unknown format %q, expected one of %s", format, strings.Join(TableFormats(), ", "))
}

// text is a cell for people and spreadsheets.
func text(cell any) string {
	switch c := cell.(type) {
	case string:
		return c
	case int64:
		return strconv.FormatInt(c, 10)
	case float64:
		return strconv.FormatFloat(c, 'f', 2, 64)
	case time.Time:
		if c.IsZero() {
			return ""
		}
		return c.UTC().Format(time.DateTime)
	case json.RawMessage:
		return string(c)
	}
	return fmt.Sprint(cell)
}

type csvTable struct{ *CSV }

func (t *csvTable) Row(cells ...any) error {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = text(c)
	}
	return t.CSV.Write(texts)
}

func (t *csvTable) Close() error { return t.Flush() }

// jsonTable writes objects, a line each, or in an array.
type jsonTable struct {
	w       io.Writer
	columns []string
	array   bool
	rows    int
}

func (t *jsonTable) Row(cells ...any) error {
	var b strings.Builder
	if t.array {
		b.WriteString(t.between())
	}
	b.WriteByte('{')
	for i, c := range cells {
		if at, ok := c.(time.Time); ok && at.IsZero() {
			c = nil
		}
		value, err := marshal(c)
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := marshal(t.columns[i])
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	if !t.array {
		b.WriteByte('\n')
	}
	t.rows++
	_, err := io.WriteString(t.w, b.String())
	return err
}

// between stands before a row of an array.
func (t *jsonTable) between() string {
	if t.rows == 0 {
		return "[\n"
	}
	return ",\n"
}

func marshal(v any) ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return []byte(strings.TrimSuffix(b.String(), "\n")), err
}

func (t *jsonTable) Close() error {
	end := ""
	switch {
	case t.array && t.rows == 0:
		end = "[]\n"
	case t.array:
		end = "\n]\n"
	}
	_, err := io.WriteString(t.w, end)
	return err
}

// sampled is how many rows of a table for people are looked at for the widths of
// its columns, and held.
const sampled = 1000

// textTable aligns columns; numbers stand on the right.
type textTable struct {
	w       io.Writer
	rows    [][]string
	numbers []bool
	widths  []int // once they are fixed
}

func (t *textTable) Row(cells ...any) error {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = Plain(text(c))
		switch c.(type) {
		case int64, float64:
			t.numbers[i] = true
		}
	}
	t.rows = append(t.rows, row)
	if t.widths == nil && len(t.rows) <= sampled {
		return nil
	}
	return t.flush()
}

func (t *textTable) Close() error { return t.flush() }

func (t *textTable) flush() error {
	if t.widths == nil {
		t.widths = make([]int, len(t.numbers))
		for _, row := range t.rows {
			for i, cell := range row {
				t.widths[i] = max(t.widths[i], utf8.RuneCountInString(cell))
			}
		}
	}
	var b strings.Builder
	for _, row := range t.rows {
		line := ""
		for i, cell := range row {
			pad := strings.Repeat(" ", max(0, t.widths[i]-utf8.RuneCountInString(cell)))
			if t.numbers[i] {
				line += pad + cell + "  "
			} else {
				line += cell + pad + "  "
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	t.rows = slices.Delete(t.rows, 0, len(t.rows))
	_, err := io.WriteString(t.w, b.String())
	return err
}

// Plain writes control characters as escapes: what is in a log shall neither begin
// a line nor steer a terminal.
func Plain(text string) string {
	if !strings.ContainsFunc(text, unicode.IsControl) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if unicode.IsControl(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
