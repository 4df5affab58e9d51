package esql

import (
	"strings"
	"time"

	"sigmatic/parser/query/esql"
)

// addTo adds the span to a date, in UTC.
func (s timeSpan) addTo(millis int64) int64 {
	t := time.UnixMilli(millis).UTC()
	if s.months != 0 {
		// A day beyond the end of the month becomes its last day.
		first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, s.months, 0)
		last := first.AddDate(0, 1, -1).Day()
		t = time.Date(first.Year(), first.Month(), min(t.Day(), last), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	}
	return t.AddDate(0, 0, s.days).UnixMilli() + s.millis
}

// chronoFields are the parts of a date (java.time.temporal.ChronoField).
var chronoFields = map[string]func(time.Time) int{
	"YEAR":             time.Time.Year,
	"MONTH_OF_YEAR":    func(t time.Time) int { return int(t.Month()) },
	"DAY_OF_MONTH":     time.Time.Day,
	"DAY_OF_YEAR":      time.Time.YearDay,
	"DAY_OF_WEEK":      func(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 },
	"HOUR_OF_DAY":      time.Time.Hour,
	"MINUTE_OF_HOUR":   time.Time.Minute,
	"MINUTE_OF_DAY":    func(t time.Time) int { return t.Hour()*60 + t.Minute() },
	"SECOND_OF_MINUTE": time.Time.Second,
	"SECOND_OF_DAY":    func(t time.Time) int { return t.Hour()*3600 + t.Minute()*60 + t.Second() },
	"MILLI_OF_SECOND":  func(t time.Time) int { return t.Nanosecond() / 1e6 },
}

func dateExtract(c *compiler, e *esql.Call, args []expr) (expr, error) {
	args, err := dateArgument(e, args)
	if err != nil {
		return expr{}, err
	}
	name, ok := args[0].text()
	if !ok {
		return expr{}, unknownf(e.Args[0].Offset(), "a part of a date that is no constant")
	}
	part, ok := chronoFields[strings.ToUpper(name)]
	if !ok {
		return expr{}, unknownf(e.Args[0].Offset(), "the part %q of a date", name)
	}
	return c.single(long, args[1:], func(_ *row, v []any) []any {
		return []any{int64(part(time.UnixMilli(v[0].(int64)).UTC()))}
	})
}

// dateArgument checks that the second argument is a date, or reads it as one.
func dateArgument(e *esql.Call, args []expr) ([]expr, error) {
	last, err := castConstant(e.Args[1].Offset(), args[1], date)
	if err != nil {
		return nil, err
	}
	return []expr{args[0], last}, wants(e, 1, last, date)
}

const day = 24 * 60 * 60 * 1000

// dateTrunc rounds down: by a fixed length since 1970, by weeks that begin on
// Monday, or by months and years of the calendar.
func dateTrunc(c *compiler, e *esql.Call, args []expr) (expr, error) {
	args, err := dateArgument(e, args)
	if err != nil {
		return expr{}, err
	}
	if args[0].kind != span {
		return expr{}, failf(e.Args[0].Offset(), "DATE_TRUNC takes a time span, found %s", args[0].kind)
	}
	by := args[0].constant[0].(timeSpan)
	round := func(millis int64) int64 { return floorTo(millis, by.millis, 0) }
	switch {
	case by.months == 1 || by.months == 3 || by.months == 12:
		round = func(millis int64) int64 { return floorToMonths(millis, by.months) }
	case by.months != 0:
		return expr{}, unknownf(e.Args[0].Offset(), "DATE_TRUNC by %d months", by.months)
	case by.days == 7:
		const monday = 4 * day // 1970-01-05
		round = func(millis int64) int64 { return floorTo(millis, 7*day, monday) }
	case by.days > 0:
		round = func(millis int64) int64 { return floorTo(millis, int64(by.days)*day, 0) }
	case by.millis <= 0:
		return expr{}, failf(e.Args[0].Offset(), "DATE_TRUNC takes a time span above zero")
	}
	return c.single(date, args[1:], func(_ *row, v []any) []any { return []any{round(v[0].(int64))} })
}

// floorTo rounds down to a multiple of a length, counted from an origin.
func floorTo(n, length, origin int64) int64 {
	n -= origin
	rest := n % length
	if rest < 0 {
		rest += length
	}
	return n - rest + origin
}

func floorToMonths(millis int64, months int) int64 {
	t := time.UnixMilli(millis).UTC()
	month := int(t.Month()) - 1
	return time.Date(t.Year(), time.Month(month-month%months+1), 1, 0, 0, 0, 0, time.UTC).UnixMilli()
}
