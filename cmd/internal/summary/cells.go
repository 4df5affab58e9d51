package summary

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sigmatic/cmd/internal/report"
)

// The texts of cells are those of Suzaku's aws-ct-summary: a line with the number
// of values, and a line for each value.

// cellText writes the texts of cells.
type cellText struct{ descriptions bool }

func (c cellText) apis(a APIs) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Unique APIs: %s", unique(len(a.List), a.Unlisted))
	if total := a.Total(); total > 0 {
		fmt.Fprintf(&b, " | Total APIs %s", grouped(total))
	}
	for _, api := range a.List {
		fmt.Fprintf(&b, "\n%s - %s (%s)", grouped(api.Count), or(report.Plain(api.Name), "-"), or(report.Plain(api.Source), "-"))
		if c.descriptions && api.Description != "" {
			b.WriteString(" - " + api.Description)
		}
		b.WriteString(c.times(api.First, api.Last))
	}
	return b.String() + unlisted(a.Unlisted)
}

// values writes a cell whose first line speaks of what, such as regions.
func (c cellText) values(what string, v Values) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Total %s: %s", what, unique(len(v.List), v.Unlisted))
	for _, value := range v.List {
		fmt.Fprintf(&b, "\n%s - %s%s", grouped(value.Count), report.Plain(value.text()), c.times(value.First, value.Last))
	}
	return b.String() + unlisted(v.Unlisted)
}

func (c cellText) times(first, last time.Time) string {
	return fmt.Sprintf(" (%s ~ %s)", timeText(first), timeText(last))
}

// unique is the number of values, which is a bound from below if some are not
// listed.
func unique(n int, unlisted int64) string {
	if unlisted > 0 {
		return "≥ " + grouped(int64(n))
	}
	return grouped(int64(n))
}

func unlisted(events int64) string {
	if events == 0 {
		return ""
	}
	return fmt.Sprintf("\n%s - (further values, beyond --max-values)", grouped(events))
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.DateTime)
}

// names joins the values of a cell, the most frequent first.
func (v Values) names() string {
	var names []string
	for _, value := range v.List {
		names = append(names, value.Value)
	}
	return strings.Join(names, ", ")
}

// grouped writes a count with a comma between thousands.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// text is the value, an address with its place behind it.
func (v Value) text() string {
	if v.Place.IsZero() {
		return v.Value
	}
	return v.Value + " (" + v.Place.String() + ")"
}
