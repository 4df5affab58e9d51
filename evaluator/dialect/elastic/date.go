package elastic

import (
	"math/big"
	"strconv"
	"strings"
	"time"
)

// A date is read at fixed places of the text (measured on 8.19.21): a year of
// four digits, month, day, T, hour, minute, second, a fraction behind a dot or a
// comma, and, behind any time, a zone. What follows the year may be left out.

// ParseDate reads strict_date_optional_time||epoch_millis as milliseconds since
// 1970. roundUp fills the time of day that a short form leaves out from above. The
// error is a *ValueError or an *UnknownError.
func ParseDate(text string, roundUp bool) (int64, error) {
	d, err := parseDateText(text, roundUp)
	if err == nil {
		return d, nil
	}
	if _, isUnknown := err.(*UnknownError); isUnknown {
		return 0, err
	}
	// Milliseconds may have a fraction, which is rounded down.
	if strings.Trim(text, "-0123456789.") == "" && !strings.HasPrefix(text, ".") && !strings.HasSuffix(text, ".") {
		if r, ok := parseDecimal(text); ok {
			if n := new(big.Int).Div(r.Num(), r.Denom()); n.IsInt64() {
				return n.Int64(), nil
			}
		}
	}
	return 0, badValue("%q is no date", text)
}

// ParseDateText reads strict_date_optional_time alone. A date that does not exist,
// such as the 30th of February, is a *NoSuchDateError.
func ParseDateText(text string) (int64, error) { return parseDateText(text, false) }

// NoSuchDateError says that the calendar has no such day.
type NoSuchDateError struct{ Text string }

// Error gives the text.
func (e *NoSuchDateError) Error() string { return "there is no day " + strconv.Quote(e.Text) }

// parts are the fields of a date behind its year, by the separator before each.
var parts = []struct {
	separator byte
	least     int
	most      int
	isTime    bool
}{{'-', 0, 12, false}, {'-', 0, 31, false}, {'T', 0, 23, true}, {':', 0, 59, true}, {':', 0, 59, true}}

func parseDateText(text string, roundUp bool) (int64, error) {
	bad := badValue("%q is no date", text)
	rest, negative := strings.CutPrefix(text, "-")
	fields := []int{0, 1, 1, 0, 0, 0}
	var ok bool
	if fields[0], rest, ok = digits(rest, 4); !ok {
		return 0, bad
	}
	if negative {
		fields[0] = -fields[0]
	}
	given, zone := 1, time.UTC
	for _, p := range parts {
		if rest == "" || p.isTime && given > 3 && zoneAhead(rest) {
			break
		}
		if rest[0] != p.separator {
			return 0, bad
		}
		if rest = rest[1:]; p.separator == 'T' && rest == "" {
			break
		}
		if fields[given], rest, ok = digits(rest, 2); !ok || fields[given] > p.most {
			return 0, bad
		}
		given++
	}
	nanos, rest, ok := fraction(rest, given == len(fields))
	if !ok {
		return 0, bad
	}
	if rest != "" {
		if given < 4 || !zoneAhead(rest) {
			return 0, bad
		}
		offset, err := parseZone(rest)
		if err != nil {
			return 0, err
		}
		zone = time.FixedZone("", offset)
	}
	if roundUp {
		nanos = roundUpFields(fields, given, nanos)
	}
	t := time.Date(fields[0], time.Month(fields[1]), fields[2], fields[3], fields[4], fields[5], nanos, zone)
	if int(t.Month()) != fields[1] || t.Day() != fields[2] {
		return 0, &NoSuchDateError{text}
	}
	return t.UnixMilli(), nil
}

// digits takes a number of exactly n digits.
func digits(s string, n int) (int, string, bool) {
	if len(s) < n || strings.Trim(s[:n], "0123456789") != "" {
		return 0, s, false
	}
	v, err := strconv.Atoi(s[:n])
	return v, s[n:], err == nil
}

// fraction takes up to nine digits behind a dot or a comma, which must follow
// seconds.
func fraction(s string, allowed bool) (nanos int, rest string, ok bool) {
	if s == "" || s[0] != '.' && s[0] != ',' {
		return 0, s, true
	}
	n := 1
	for n < len(s) && n < 10 && isDigit(s[n]) {
		n++
	}
	if !allowed || n == 1 {
		return 0, s, false
	}
	nanos, err := strconv.Atoi(s[1:n] + strings.Repeat("0", 10-n))
	return nanos, s[n:], err == nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// roundUpFields fills the parts of the time that are not given with their
// greatest values; a month and a day that are not given stay the first (measured).
func roundUpFields(fields []int, given, nanos int) int {
	for i := max(given, 3); i < len(fields); i++ {
		fields[i] = parts[i-1].most
	}
	if nanos == 0 {
		return 999_999_999
	}
	return nanos
}

func zoneAhead(s string) bool {
	return s[0] == '+' || s[0] == '-' || s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z'
}

// parseZone gives the offset of a zone in seconds. A Z may follow a zone without
// offset. The names of regions are not known here.
func parseZone(s string) (int, error) {
	bad := badValue("%q is no time zone", s)
	if s == "Z" {
		return 0, nil
	}
	if s[0] == '+' || s[0] == '-' {
		if offset, ok := parseOffset(s, false); ok {
			return offset, nil
		}
	}
	for _, prefix := range []string{"UTC", "GMT", "UT"} {
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			if rest == "" || rest == "Z" {
				return 0, nil
			}
			if offset, ok := parseOffset(rest, true); ok {
				return offset, nil
			}
		}
	}
	if head, ok := strings.CutSuffix(s, "Z"); ok && head != "" {
		if offset, err := parseZone(head); err == nil && offset == 0 {
			return 0, nil
		}
	}
	if strings.Contains(s, "/") || strings.Contains(regions, " "+s+" ") {
		return 0, unknown("the time zone %q", s)
	}
	return 0, bad
}

// regions are the names in the time zone database without a slash.
const regions = " CET CST6CDT Cuba EET EST EST5EDT Egypt Eire GB GB-Eire GMT0 Greenwich HST Hongkong Iceland Iran Israel Jamaica " +
	"Japan Kwajalein Libya MET MST MST7MDT NZ NZ-CHAT Navajo PRC PST8PDT Poland Portugal ROC ROK Singapore Turkey UCT Universal W-SU WET Zulu "

// parseOffset reads +hh, +hh:mm, +hhmm, +hh:mm:ss and +hhmmss, up to 18 hours;
// short allows +h.
func parseOffset(s string, short bool) (seconds int, ok bool) {
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	rest := s[1:]
	if short && len(rest) == 1 && isDigit(rest[0]) {
		rest = "0" + rest
	}
	colon := len(rest) > 2 && rest[2] == ':'
	for unit := 3600; ; unit /= 60 {
		n, more, ok := digits(rest, 2)
		if !ok || unit == 0 || unit < 3600 && n > 59 {
			return 0, false
		}
		seconds += n * unit
		if more == "" {
			break
		}
		if colon {
			if more[0] != ':' {
				return 0, false
			}
			more = more[1:]
		}
		rest = more
	}
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, seconds >= -18*3600 && seconds <= 18*3600
}
