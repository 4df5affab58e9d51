package evaluator

import (
	"cmp"
	"regexp"
	"strconv"
	"time"

	"sigmatic/ast"
)

func (t timePartTest) holds(v *value) bool {
	at, ok := timeOf(v)
	return ok && t.op.Holds(cmp.Compare(timePart(at, t.unit), t.n))
}

func timePart(at time.Time, unit ast.TimeUnit) int {
	switch unit {
	case ast.Minute:
		return at.Minute()
	case ast.Hour:
		return at.Hour()
	case ast.Day:
		return at.Day()
	case ast.Week:
		_, week := at.ISOWeek()
		return week
	case ast.Month:
		return int(at.Month())
	case ast.Year:
		return at.Year()
	}
	panic("evaluator: an unknown time unit was not refused")
}

// timeOf reads a value as a time (§4.6): text in one of the written forms, or
// a number, be it a JSON number or text. Where a zone is given the clock is read
// as it is written, not moved; a number has no clock of its own and is read in
// UTC.
func timeOf(v *value) (time.Time, bool) {
	if v.kind == kindString {
		if at, ok := wallClock(v.text); ok {
			return at, true
		}
	}
	d, ok := numeric(v)
	if !ok {
		return time.Time{}, false
	}
	return epoch(d)
}

// timeForm is RFC 3339, where T may be t or a blank and Z may be z, and the same
// without a zone. A date alone is none of the forms of §4.6: it has no hour.
var timeForm = regexp.MustCompile(
	`^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|[+-](\d{2}):(\d{2}))?$`)

func wallClock(s string) (time.Time, bool) {
	m := timeForm.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}
	var n [9]int
	for i := 1; i < len(n); i++ {
		n[i], _ = strconv.Atoi(m[i]) // digits, or "" where there is no zone
	}
	year, month, day, hour, minute, second := n[1], n[2], n[3], n[4], n[5], n[6]
	// RFC 3339 has a second 60, for leap seconds.
	if hour > 23 || minute > 59 || second > 60 || n[7] > 23 || n[8] > 59 {
		return time.Time{}, false
	}
	at := time.Date(year, time.Month(month), day, hour, minute, 0, 0, time.UTC)
	// A day that the calendar lacks comes out as another one.
	if at.Month() != time.Month(month) || at.Day() != day {
		return time.Time{}, false
	}
	return at, true
}

// The bounds of what a number can mean. Above msAbove it counts milliseconds
// (§4.6). Before year 0 and after year 9999 it is no time, as no written form
// is; that also keeps microseconds from being taken for a distant millennium.
var (
	msAbove, _  = ast.ParseDecimal("1e12")
	yearZero, _ = ast.ParseDecimal(strconv.FormatInt(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), 10))
)

func epoch(d ast.Decimal) (time.Time, bool) {
	if d.Cmp(yearZero) < 0 {
		return time.Time{}, false
	}
	whole := d.Truncate()
	n, ok := whole.Int()
	if !ok {
		return time.Time{}, false
	}
	if whole.Cmp(d) > 0 {
		n-- // Truncate goes towards zero; the clock goes back
	}
	at := time.Unix(n, 0).UTC()
	if d.Cmp(msAbove) > 0 {
		at = time.UnixMilli(n).UTC()
	}
	return at, at.Year() <= 9999
}
