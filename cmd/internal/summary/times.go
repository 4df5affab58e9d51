package summary

import "time"

// parseTime reads a time as CloudTrail writes it, 2023-07-10T11:54:38Z, or in
// another form of RFC 3339, into nanoseconds since 1970; untold if it is neither.
func parseTime(text string) int64 {
	if len(text) == len("2006-01-02T15:04:05Z") && text[19] == 'Z' {
		if at, ok := plainTime(text); ok {
			return at
		}
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil && at.Year() > 1700 && at.Year() < 2200 {
		return at.UnixNano()
	}
	return untold
}

// plainTime reads the usual form. Times that it leaves are for the library.
func plainTime(text string) (int64, bool) {
	n := func(i, j int) int64 {
		v := int64(0)
		for _, c := range []byte(text[i:j]) {
			if c < '0' || c > '9' {
				return -1
			}
			v = 10*v + int64(c-'0')
		}
		return v
	}
	year, month, day, hour, minute, second := n(0, 4), n(5, 7), n(8, 10), n(11, 13), n(14, 16), n(17, 19)
	if text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
		year < 1970 || year > 2199 || month < 1 || month > 12 || day < 1 || day > 28 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0, false
	}
	// Days from the civil calendar, the year beginning in March.
	if month <= 2 {
		year, month = year-1, month+12
	}
	days := 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719468
	return (days*86400 + hour*3600 + minute*60 + second) * int64(time.Second), true
}

// toTime turns it into a time; the zero time if it is untold.
func toTime(at int64) time.Time {
	if at == untold {
		return time.Time{}
	}
	return time.Unix(0, at).UTC()
}
