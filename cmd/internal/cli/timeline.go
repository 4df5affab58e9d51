package cli

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sigmatic/evaluator/cloudtrail"
)

// timelineFlags narrow a scan by time: that of the events, and that of their delivery.
type timelineFlags struct {
	start, end, offset string
	accounts, regions  []string
	from, to           string
}

func (f *timelineFlags) flags(cmd *cobra.Command) {
	c := cmd.Flags()
	c.StringVar(&f.start, "timeline-start", "", "only events at this time or later: 2026-11-27, 2026-11-27T08:00:00Z, or 30d for 30 days ago")
	c.StringVar(&f.end, "timeline-end", "", "only events before this time; of a date, to its end")
	c.StringVar(&f.offset, "time-offset", "", "only events of the time up to now: 1y, 3M, 2w, 30d, 24h, 30m")
	c.StringSliceVar(&f.accounts, "account", nil, "only files delivered for these accounts, by their paths (AWSLogs/ACCOUNT/CloudTrail/REGION/…)")
	c.StringSliceVar(&f.regions, "region", nil, "only files delivered for these regions, by their paths")
	c.StringVar(&f.from, "from", "", "only files delivered at this time or later, by their paths")
	c.StringVar(&f.to, "to", "", "only files delivered before this time, by their paths; of a date, to its end")
}

// timeline is a range of time, its end not in it. Zero is no bound.
type timeline struct{ start, end time.Time }

func (t timeline) bounded() bool { return !t.start.IsZero() || !t.end.IsZero() }

// contains reports whether a time is in the range.
func (t timeline) contains(at time.Time) bool {
	return (t.start.IsZero() || !at.Before(t.start)) && (t.end.IsZero() || at.Before(t.end))
}

// events is the range of the events' time.
func (f *timelineFlags) events(now time.Time) (t timeline, err error) {
	if f.offset != "" {
		if f.start != "" {
			return t, usagef("--time-offset and --timeline-start both say where the time begins, expected one of them")
		}
		ago, ok := before(now, f.offset)
		if !ok {
			return t, usagef("--time-offset: expected a duration such as 1y, 3M, 2w, 30d, 24h or 30m, found %q", f.offset)
		}
		t.start = ago
	}
	return t, t.read("--timeline-start", f.start, "--timeline-end", f.end, now)
}

// deliveries are those whose files are read.
func (f *timelineFlags) deliveries(now time.Time) (cloudtrail.Deliveries, error) {
	var t timeline
	err := t.read("--from", f.from, "--to", f.to, now)
	return cloudtrail.Deliveries{Accounts: f.accounts, Regions: f.regions, From: t.start, To: t.end}, err
}

func (t *timeline) read(startFlag, start, endFlag, end string, now time.Time) (err error) {
	if start != "" {
		if t.start, _, err = moment(startFlag, start, now); err != nil {
			return err
		}
	}
	if end != "" {
		if _, t.end, err = moment(endFlag, end, now); err != nil {
			return err
		}
	}
	if !t.end.IsZero() && !t.start.Before(t.end) {
		return usagef("%s: the range ends at %s, before it begins at %s", endFlag, t.end.Format(time.RFC3339), t.start.Format(time.RFC3339))
	}
	return nil
}

// moment reads a point in time, and what comes behind it as the end of a range: of a date the end of the day. Without a zone it is UTC.
func moment(flag, text string, now time.Time) (at, end time.Time, err error) {
	if ago, ok := before(now, text); ok {
		return ago, ago, nil
	}
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at, at.AddDate(0, 0, 1), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02 15:04:05Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, at, nil
		}
	}
	return at, end, usagef("%s: expected a date (2026-11-27), a time (2026-11-27T08:00:00Z) or a duration ago (30d), found %q", flag, text)
}

// before reads a duration and gives the time that lies so far back. M is a month, m a minute.
func before(now time.Time, text string) (time.Time, bool) {
	if text == "" {
		return now, false
	}
	n, err := strconv.Atoi(text[:len(text)-1])
	if err != nil || n < 0 || n > 1e6 {
		return now, false
	}
	switch text[len(text)-1] {
	case 'y':
		return now.AddDate(-n, 0, 0), true
	case 'M':
		return now.AddDate(0, -n, 0), true
	case 'w':
		return now.AddDate(0, 0, -7*n), true
	case 'd':
		return now.AddDate(0, 0, -n), true
	case 'h':
		return now.Add(-time.Duration(n) * time.Hour), true
	case 'm':
		return now.Add(-time.Duration(n) * time.Minute), true
	case 's':
		return now.Add(-time.Duration(n) * time.Second), true
	}
	return now, false
}

// eventTime reads the time of an event: RFC 3339, the same with a blank or without a zone (UTC), or seconds, milliseconds, microseconds or
// nanoseconds since 1970, told apart by their size.
func eventTime(text string) (time.Time, bool) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, true
	}
	if text == "" || text[0] < '0' || text[0] > '9' {
		return time.Time{}, false
	}
	for _, layout := range []string{"2006-01-02T15:04:05", time.DateTime, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05 MST"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	whole, fraction, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	if n < 1e11 {
		part, _ := strconv.ParseFloat("0."+fraction, 64)
		return time.Unix(n, int64(math.Round(part*1e9))).UTC(), true
	}
	for _, unit := range []struct {
		below int64
		per   int64
	}{{1e14, 1e3}, {1e17, 1e6}, {math.MaxInt64, 1e9}} {
		if n < unit.below {
			return time.Unix(n/unit.per, n%unit.per*(1e9/unit.per)).UTC(), true
		}
	}
	return time.Time{}, false
}
