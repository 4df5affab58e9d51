package elastic

import (
	"math"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"sigmatic/evaluator/dialect"
)

// indexed gives what an index keeps of a value in a field of a type; false if
// the value is malformed and ignored, or stands for none.
func indexed(t dialect.FieldType, v gjson.Result) (any, bool) {
	text := v.Raw
	if v.Type == gjson.String {
		text = v.String()
	}
	switch t {
	case dialect.Keyword, dialect.Text:
		return text, true
	case dialect.IP:
		return ParseIP(text)
	case dialect.Long:
		if v.IsBool() || text == "" {
			return nil, false
		}
		if v.Type == gjson.Number && strings.ContainsAny(text, ".eE") {
			return truncate(v.Num) // JSON's fractions go through a double
		}
		return coerceLong(text)
	case dialect.Double:
		if v.IsBool() || text == "" {
			return nil, false
		}
		d, ok := ParseDouble(text)
		return d, ok && !math.IsInf(d, 0) && !math.IsNaN(d)
	case dialect.Boolean:
		switch {
		case v.Type == gjson.Number:
			return nil, false
		case text == "":
			return false, true
		}
		b, ok := ParseBoolean(text)
		return b, ok
	case dialect.Date:
		if v.IsBool() {
			return nil, false
		}
		d, err := ParseDate(text, false)
		return d, err == nil
	}
	return nil, false
}

// truncate drops the fraction of a double that a long holds without it.
func truncate(d float64) (any, bool) {
	if d < -1<<63 || d >= 1<<63 {
		return nil, false
	}
	return int64(d), true
}

// FormatIP prints an address as Elasticsearch does.
func FormatIP(a netip.Addr) string { return a.Unmap().String() }

// ParseNetwork reads a network as the range of its addresses.
func ParseNetwork(text string) (lo, hi netip.Addr, ok bool) {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return lo, hi, false
	}
	first, ones := p.Masked().Addr().As16(), p.Bits()
	if p.Addr().Is4() {
		ones += 96
	}
	last := first
	for i := ones; i < 128; i++ {
		last[i/8] |= 0x80 >> (i % 8)
	}
	return netip.AddrFrom16(first), netip.AddrFrom16(last), true
}

// coerceLong reads a number as a long field does with coerce: the fraction is
// dropped.
func coerceLong(text string) (any, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	r, ok := parseDecimal(text)
	if !ok {
		return nil, false
	}
	n := new(big.Int).Quo(r.Num(), r.Denom())
	if !n.IsInt64() {
		return nil, false
	}
	return n.Int64(), true
}

// maxExponent bounds the size of numbers that are computed exactly.
const maxExponent = 400

// parseDecimal reads a number exactly, in the spelling of Java's BigDecimal.
func parseDecimal(text string) (*big.Rat, bool) {
	if strings.Trim(text, "0123456789+-.eE") != "" || strings.ContainsAny(text, "_/") {
		return nil, false
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		if n, err := strconv.Atoi(text[i+1:]); err != nil || n > maxExponent || n < -maxExponent {
			return nil, false
		}
	}
	return new(big.Rat).SetString(text)
}

// ParseDouble reads a number as Java's Double.parseDouble: blanks around and a
// suffix f or d are allowed, so are NaN, Infinity and hexadecimal numbers.
func ParseDouble(text string) (float64, bool) {
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	body := strings.TrimLeft(text, "+-")
	if len(text)-len(body) > 1 || body == "" {
		return 0, false
	}
	switch body {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		if text[0] == '-' {
			return math.Inf(-1), true
		}
		return math.Inf(1), true
	}
	hex := len(body) > 1 && (body[1] == 'x' || body[1] == 'X')
	if c := body[len(body)-1] | 0x20; (c == 'd' || c == 'f') && len(body) > 1 {
		text = text[:len(text)-1]
	}
	allowed := "0123456789.eE+-"
	if hex {
		if !strings.ContainsAny(text, "pP") {
			return 0, false
		}
		allowed = "0123456789abcdefABCDEFxXpP.+-"
	}
	if strings.Trim(text, allowed) != "" {
		return 0, false
	}
	d, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(d, 0) && d != 0 {
		return 0, false
	}
	if ne, isRange := err.(*strconv.NumError); isRange && ne.Err != strconv.ErrRange {
		return 0, false
	}
	return d, true
}

// ParseBoolean reads true and false.
func ParseBoolean(text string) (value, ok bool) {
	return text == "true", text == "true" || text == "false"
}

// FormatDate prints milliseconds as Elasticsearch does.
func FormatDate(millis int64) string {
	return time.UnixMilli(millis).UTC().Format("2006-01-02T15:04:05.000Z")
}
