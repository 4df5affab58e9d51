package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// SpreadsheetCell is the longest text that Excel takes into a cell, in UTF-16
// code units.
//
// https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
const SpreadsheetCell = 32767

// CSV writes a table for spreadsheets (RFC 4180). A cell that a spreadsheet would
// take for a formula gets an apostrophe in front, because what is in logs may come
// from an attacker.
//
// https://owasp.org/www-community/attacks/CSV_Injection
type CSV struct {
	w       *csv.Writer
	maxCell int
	cut     int
}

// NewCSV returns a writer. Cells longer than maxCell UTF-16 code units are cut
// behind a line, and say so; 0 means no limit.
func NewCSV(w io.Writer, maxCell int) *CSV { return &CSV{w: csv.NewWriter(w), maxCell: maxCell} }

// Write writes a row.
func (c *CSV) Write(cells []string) error {
	out := make([]string, len(cells))
	for i, cell := range cells {
		out[i] = c.cell(cell)
	}
	return c.w.Write(out)
}

// Cut is the number of cells that were cut.
func (c *CSV) Cut() int { return c.cut }

// Flush writes what is held back.
func (c *CSV) Flush() error {
	c.w.Flush()
	return c.w.Error()
}

func (c *CSV) cell(text string) string {
	if text != "" && strings.IndexByte("=+-@\t\r", text[0]) >= 0 {
		text = "'" + text
	}
	if c.maxCell <= 0 || len(text) <= c.maxCell || units(text) <= c.maxCell {
		return text
	}
	c.cut++
	return cutCell(text, c.maxCell)
}

// cutCell keeps as many whole lines as there is room for, and tells how many it
// leaves out. A text of one line is cut inside.
func cutCell(text string, limit int) string {
	lines := strings.SplitAfter(text, "\n")
	note := func(left int) string { return fmt.Sprintf("… %d more lines, cut at %d characters", left, limit) }
	room := limit - units(note(len(lines)))
	kept := 0
	for kept < len(lines) && room >= units(lines[kept]) {
		room -= units(lines[kept])
		kept++
	}
	if kept > 0 {
		return strings.Join(lines[:kept], "") + note(len(lines)-kept)
	}
	short := note(0)
	short = "…" + short[strings.Index(short, " cut at"):]
	return firstUnits(text, limit-units(short)) + short
}

// units is the length in UTF-16 code units.
func units(text string) int {
	n := 0
	for _, r := range text {
		n += unitsOf(r)
	}
	return n
}

func unitsOf(r rune) int {
	if n := utf16.RuneLen(r); n > 0 {
		return n
	}
	return 1
}

func firstUnits(text string, limit int) string {
	for i, r := range text {
		if limit -= unitsOf(r); limit < 0 {
			return text[:i]
		}
	}
	return text
}
