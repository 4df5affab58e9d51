package ast

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// Decimal is an exact decimal number: 0.d1d2d3… times ten to the power exp. No
// digit is lost, however many there are, and comparing never builds a number of
// the exponent's size. The zero value is 0.
type Decimal struct {
	neg    bool
	digits string // no leading and no trailing zero; "" for 0
	exp    int
}

// ParseDecimal reads [+-] digits [. digits] [e [+-] digits], or the form with
// no digit before the point. Anything else, also blanks around, is no number.
func ParseDecimal(s string) (Decimal, bool) {
	var d Decimal
	if s != "" && (s[0] == '-' || s[0] == '+') {
		d.neg = s[0] == '-'
		s = s[1:]
	}
	mantissa, exponent, hasExp := s, "", false
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent, hasExp = s[:i], s[i+1:], true
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	if !allDigits(whole) || !allDigits(frac) || whole+frac == "" {
		return Decimal{}, false
	}
	shift := 0
	if hasExp {
		var ok bool
		if shift, ok = parseExponent(exponent); !ok {
			return Decimal{}, false
		}
	}
	digits := whole + frac
	trimmed := strings.TrimLeft(digits, "0")
	d.exp = len(whole) - (len(digits) - len(trimmed)) + shift
	d.digits = strings.TrimRight(trimmed, "0")
	if d.digits == "" {
		return Decimal{}, true
	}
	return d, true
}

// parseExponent reads a signed integer; one beyond 2^31 is brought to that
// bound. Numbers that large compare as equal to each other, and as larger than
// all others, which is all that can matter of them.
func parseExponent(s string) (int, bool) {
	sign := 1
	if s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	if s == "" || !allDigits(s) {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	if err != nil || n > math.MaxInt32 {
		n = math.MaxInt32
	}
	return sign * n, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Cmp is -1, 0 or 1 as d is less than, equal to or greater than e.
func (d Decimal) Cmp(e Decimal) int {
	if c := cmp.Compare(d.sign(), e.sign()); c != 0 {
		return c
	}
	c := cmp.Or(cmp.Compare(d.exp, e.exp), strings.Compare(d.digits, e.digits))
	if d.neg {
		return -c
	}
	return c
}

func (d Decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.neg:
		return -1
	}
	return 1
}

// IsInteger reports whether d has no fraction.
func (d Decimal) IsInteger() bool { return d.digits == "" || d.exp >= len(d.digits) }

// Int gives d as an int64 where it is an integer that fits.
func (d Decimal) Int() (int64, bool) {
	if !d.IsInteger() || d.exp > 19 {
		return 0, false
	}
	n, err := strconv.ParseInt(d.String(), 10, 64)
	if err != nil {
		return 0, false
	}
	return n, true
}

// Truncate drops the fraction.
func (d Decimal) Truncate() Decimal {
	if d.IsInteger() {
		return d
	}
	if d.exp <= 0 {
		return Decimal{}
	}
	return Decimal{neg: d.neg, digits: strings.TrimRight(d.digits[:d.exp], "0"), exp: d.exp}
}

// plainDigits bounds the length of a number that String writes without an
// exponent; longer ones would be mostly zeros.
const plainDigits = 40

// String is the canonical text: plain decimal notation without superfluous
// zeros or signs (12, -0.5), scientific (1e+300) where that would be very long.
func (d Decimal) String() string {
	if d.digits == "" {
		return "0"
	}
	var b strings.Builder
	if d.neg {
		b.WriteByte('-')
	}
	n := len(d.digits)
	switch {
	case d.exp > max(n, plainDigits) || d.exp < -plainDigits:
		b.WriteString(d.digits[:1])
		if n > 1 {
			b.WriteByte('.')
			b.WriteString(d.digits[1:])
		}
		b.WriteByte('e')
		if d.exp > 0 {
			b.WriteByte('+')
		}
		b.WriteString(strconv.Itoa(d.exp - 1))
	case d.exp >= n:
		b.WriteString(d.digits)
		b.WriteString(strings.Repeat("0", d.exp-n))
	case d.exp > 0:
		b.WriteString(d.digits[:d.exp])
		b.WriteByte('.')
		b.WriteString(d.digits[d.exp:])
	default:
		b.WriteString("0.")
		b.WriteString(strings.Repeat("0", -d.exp))
		b.WriteString(d.digits)
	}
	return b.String()
}
