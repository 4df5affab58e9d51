package logsql

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// This file reads texts as VictoriaLogs reads them: as numbers that columns are
// stored as, and as numbers that filters compare. All of it was measured on
// VictoriaLogs 1.121.0; TestLiveLogsQL holds it there.

// maxDigits are the longest texts of integers and of decimals.
const (
	maxUintText  = len("18_446_744_073_709_551_615")
	maxFloatText = len("-18_446_744_073_709_551_615")
)

// parseUint reads a canonical unsigned integer. Underscores are skipped wherever
// they stand, so that "_" is 0.
func parseUint(s string) (uint64, bool) {
	if s == "" || len(s) > maxUintText || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	digits := strings.ReplaceAll(s, "_", "")
	if digits == "" {
		return 0, true
	}
	if !allDigits(digits) {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil
}

// parseInt reads an integer with an optional minus.
func parseInt(s string) (int64, bool) {
	digits, minus := strings.CutPrefix(s, "-")
	n, ok := parseUint(digits)
	switch {
	case !ok:
		return 0, false
	case minus && n <= 1<<63:
		return -int64(n), true // the least integer is its own negative
	case n >= 1<<63:
		return 0, false
	}
	return int64(n), true
}

// parseFloat reads a decimal without an exponent, digits on both sides of its
// point. An exact one is stored as a float, which whole numbers from 2^53 on are
// not.
func parseFloat(s string, exact bool) (float64, bool) {
	if s == "" || len(s) > maxFloatText {
		return 0, false
	}
	digits, minus := strings.CutPrefix(s, "-")
	whole, fraction, hasPoint := strings.Cut(digits, ".")
	n, ok := parseUint(whole)
	if !ok || !hasPoint && exact && n >= 1<<53 {
		return 0, false
	}
	f := float64(n)
	if hasPoint {
		significant := strings.TrimLeft(fraction, "0")
		if significant == "" && fraction != "" {
			significant = "0"
		}
		part, ok := parseUint(significant)
		if !ok {
			return 0, false
		}
		places := len(fraction) - strings.Count(fraction, "_")
		f = math.FMA(float64(part), math.Pow10(-places), f) // the server's rounding: 0.3 is 0.30000000000000004
	}
	if minus {
		f = -f
	}
	return f, true
}

// amount is a number with a unit behind it.
type amount struct {
	number float64
	unit   string // up to the next digit
}

// amounts takes "1h30m" apart.
func amounts(s string) ([]amount, bool) {
	isNumeric := func(c byte) bool { return '0' <= c && c <= '9' || c == '.' || c == '_' }
	var list []amount
	for s != "" {
		n := 0
		for n < len(s) && isNumeric(s[n]) {
			n++
		}
		f, ok := parseFloat(s[:n], false)
		if !ok {
			return nil, false
		}
		end := n
		for end < len(s) && !isNumeric(s[end]) {
			end++
		}
		list = append(list, amount{f, s[n:end]})
		s = s[end:]
	}
	return list, true
}

var durationUnits = map[string]float64{
	"ns": 1, "µs": float64(time.Microsecond), "ms": float64(time.Millisecond), "s": float64(time.Second),
	"m": float64(time.Minute), "h": float64(time.Hour), "d": 24 * float64(time.Hour), "w": 7 * 24 * float64(time.Hour),
	"y": 365 * 24 * float64(time.Hour),
}

var byteUnits = map[string]float64{
	"": 1, "B": 1, "K": 1e3, "KB": 1e3, "M": 1e6, "MB": 1e6, "G": 1e9, "GB": 1e9, "T": 1e12, "TB": 1e12,
	"Ki": 1 << 10, "KiB": 1 << 10, "Mi": 1 << 20, "MiB": 1 << 20, "Gi": 1 << 30, "GiB": 1 << 30, "Ti": 1 << 40, "TiB": 1 << 40,
}

// sum adds amounts in integers that stop at the largest.
func sum(s string, units map[string]float64) (int64, bool) {
	digits, minus := strings.CutPrefix(s, "-")
	list, ok := amounts(digits) // a lone minus is 0
	if !ok || s == "" {
		return 0, false
	}
	total := int64(0)
	for _, a := range list {
		unit, ok := units[a.unit]
		if !ok || a.unit == "" && a.number != math.Trunc(a.number) {
			return 0, false
		}
		total = addSaturating(total, a.number*unit)
	}
	if minus {
		total = -total
	}
	return total, true
}

func addSaturating(n int64, f float64) int64 {
	x := int64(f)
	if n < 0 || x < 0 || x > math.MaxInt64-n {
		return math.MaxInt64
	}
	return n + x
}

// parseDuration reads "1h30m" in nanoseconds.
func parseDuration(s string) (int64, bool) { return sum(s, durationUnits) }

// parseBytes reads "1.5KiB".
func parseBytes(s string) (int64, bool) { return sum(s, byteUnits) }

// parseNumber reads what a comparison takes for a number: a decimal, a duration,
// an amount of bytes, a number of Go's, a time, an address. Anything else is not
// a number.
func parseNumber(s string) float64 {
	if f, ok := parseFloat(s, false); ok {
		return f
	}
	if n, ok := parseDuration(s); ok {
		return float64(n)
	}
	if n, ok := parseBytes(s); ok {
		return float64(n)
	}
	if looksNumeric(s) {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f
		}
		if n, err := strconv.ParseInt(s, 0, 64); err == nil {
			return float64(n)
		}
	}
	if n, ok := parseTime(s); ok {
		return float64(n)
	}
	if n, ok := parseIPv4(s); ok {
		return float64(n)
	}
	return math.NaN()
}

func looksNumeric(s string) bool {
	if strings.Count(s, ".") > 1 || strings.Contains(s, ":") || strings.Count(s, "-") > 2 {
		return false
	}
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	s, _ = strings.CutPrefix(s, ".")
	return strings.EqualFold(s, "inf") || s != "" && '0' <= s[0] && s[0] <= '9'
}

// parseIPv4 reads four octets. In one of two characters the second may be any:
// "10.1.2.3x" is an address, 10.1.2.102.
func parseIPv4(s string) (uint32, bool) {
	octets := strings.Split(s, ".")
	if len(octets) != 4 || len(s) > len("255.255.255.255") {
		return 0, false
	}
	address := uint32(0)
	for i, o := range octets {
		n, ok := parseDatePart(o)
		if !ok || n > 255 || i < 3 && len(o) > 3 {
			return 0, false
		}
		address = address<<8 | uint32(n)
	}
	return address, true
}

// parseDatePart reads up to nine digits. Of two characters the second is not
// looked at.
func parseDatePart(s string) (uint64, bool) {
	if len(s) == 2 {
		if s[0] < '0' || s[0] > '9' {
			return 0, false
		}
		return uint64(s[0]-'0')*10 + uint64(s[1]-'0'), true
	}
	if s == "" || len(s) > 9 || !allDigits(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// parseSeconds reads the 19 characters 2006-01-02T15:04:05, also with a blank for
// the T, in nanoseconds. Parts may be out of range: 61 seconds are a minute and
// one.
func parseSeconds(s string) (int64, bool) {
	if s[4] != '-' || s[7] != '-' || s[10] != 'T' && s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	var part [6]int
	for i, text := range []string{s[:4], s[5:7], s[8:10], s[11:13], s[14:16], s[17:19]} {
		n, ok := parseDatePart(text)
		if !ok {
			return 0, false
		}
		part[i] = int(n)
	}
	if part[0] < 1677 || part[0] > 2262 {
		return 0, false
	}
	at := time.Date(part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], 0, time.UTC).Unix()
	const limit = math.MaxInt64 / int64(time.Second)
	return at * int64(time.Second), -limit <= at && at < limit
}

const lenSeconds = len("2006-01-02T15:04:05")

// storedTime is the form of times that columns are stored as.
const storedTime = "2006-01-02T15:04:05.000Z"

// parseStoredTime reads that form, in nanoseconds.
func parseStoredTime(s string) (int64, bool) {
	if len(s) != len(storedTime) || s[lenSeconds] != '.' || s[len(s)-1] != 'Z' {
		return 0, false
	}
	n, ok := parseSeconds(s)
	if !ok {
		return 0, false
	}
	ms, ok := parseDatePart(s[lenSeconds+1 : len(s)-1])
	return n + int64(ms)*int64(time.Millisecond), ok
}

// parseTime reads RFC 3339 in nanoseconds. Without a zone it is local time, which
// is taken to be UTC, as in the server's containers.
func parseTime(s string) (int64, bool) {
	if len(s) < lenSeconds {
		return 0, false
	}
	n, ok := parseSeconds(s)
	if !ok {
		return 0, false
	}
	rest := s[lenSeconds:]
	if tail, isUTC := strings.CutSuffix(rest, "Z"); isUTC {
		rest = tail
	} else if i := strings.LastIndexAny(rest, "+-"); i >= 0 {
		offset, ok := parseZone(rest[i+1:])
		if !ok {
			return 0, false
		}
		if rest[i] == '-' {
			offset = -offset
		}
		n -= offset
		rest = rest[:i]
	}
	if rest == "" {
		return n, true
	}
	rest, _ = strings.CutPrefix(rest, ".")
	fraction, ok := parseDatePart(rest)
	if !ok {
		return 0, false
	}
	return n + int64(float64(fraction)*math.Pow10(9-len(rest))), true
}

func parseZone(s string) (int64, bool) {
	if len(s) != len("07:00") || s[2] != ':' {
		return 0, false
	}
	hours, ok1 := parseDatePart(s[:2])
	minutes, ok2 := parseDatePart(s[3:])
	return int64(hours)*int64(time.Hour) + int64(minutes)*int64(time.Minute), ok1 && ok2 && hours <= 24 && minutes <= 60
}

// clampUint and clampInt bring a bound to integers.
func clampUint(f float64, limit uint64) uint64 {
	switch {
	case f < 0:
		return 0
	case f >= float64(limit):
		return limit
	}
	return uint64(f)
}

func clampInt(f float64) int64 {
	switch {
	case f < math.MinInt64:
		return math.MinInt64
	case f >= math.MaxInt64:
		return math.MaxInt64
	}
	return int64(f)
}

func ipv4Text(n uint32) string {
	var b []byte
	for shift := 24; shift >= 0; shift -= 8 {
		b = strconv.AppendUint(b, uint64(n>>shift&0xff), 10)
		if shift > 0 {
			b = append(b, '.')
		}
	}
	return string(b)
}
