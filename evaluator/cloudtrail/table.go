package cloudtrail

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// A table in CSV is what CloudTrail Lake and Athena give as the result of a query: a line of names, then a row for each event.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-download-cloudtrail-lake-query-results.html

// isTable tells a table by the names in its first line: plain words, eventName or another that only events have among them.
func isTable(head []byte) bool {
	line, _, whole := bytes.Cut(head, newline)
	names := strings.Split(strings.TrimSuffix(string(line), "\r"), ",")
	if !whole {
		names = names[:len(names)-1] // which may go on
	}
	known := false
	for _, name := range names {
		name = strings.ToLower(strings.Trim(name, `"`))
		if name == "" || strings.ContainsFunc(name, func(c rune) bool { return c != '_' && c != '.' && !isDigit(byte(c)) && (c < 'a' || c > 'z') }) {
			return false
		}
		known = known || slices.Contains([]string{"eventname", "eventjson", "eventid", "eventdata", "cloudtrailevent"}, name)
	}
	return known
}

// tableRows gives the rows of a table as lines of JSON. The first line stays empty, so that a record has the line of its row, unless cells
// go over several.
type tableRows struct {
	rows  *csv.Reader
	names []string
	cells []cell
	read  int64
	limit *rowLimit
}

// rowLimit ends a text in which a row does not end, because a quote is missing.
type rowLimit struct {
	io.Reader
	left int // bytes that the row may still have
}

func (l *rowLimit) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, &damage{TooLarge, "no end of the row within " + count(DefaultMaxRecord, "byte") + ", the limit"}
	}
	n, err := l.Reader.Read(p)
	l.left -= n
	return n, err
}

func newTableText(r io.Reader) io.Reader {
	limit := &rowLimit{Reader: r}
	t := &tableRows{rows: csv.NewReader(limit), limit: limit}
	t.rows.ReuseRecord = true
	return &rowReader{next: t.next}
}

// next appends the line of a row.
func (t *tableRows) next(b []byte) ([]byte, error) {
	t.limit.left = DefaultMaxRecord
	row, err := t.rows.Read()
	if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
		return b, &damage{CorruptTable, "the table breaks the form of CSV (" + wrong.Error() + ") after " + count(t.read, "row")}
	}
	switch {
	case err != nil:
		return b, err
	case t.names == nil:
		t.names = slices.Clone(row)
	default:
		t.read++
		t.cells = t.cells[:0]
		for i, value := range row {
			if value != "" {
				t.cells = append(t.cells, cell{t.names[i], string(gjson.AppendJSONString(nil, value))})
			}
		}
		b = appendRow(b, t.cells)
	}
	return append(b, '\n'), nil
}
