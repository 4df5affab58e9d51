package logsql

import (
	"fmt"
	"math"
	"strings"

	syntax "sigmatic/parser/query/logsql"
)

// What a filter asks of an order: bounds of numbers, of texts, of addresses.

func compareFilter(f *syntax.Compare) filter {
	bound := parseNumber(f.Bound)
	if math.IsNaN(bound) && !strings.EqualFold(f.Bound, "nan") {
		switch f.Op {
		case syntax.Greater:
			return stringRangeFilter(f.Field, f.Bound+"\x00", lastText)
		case syntax.GreaterOrEqual:
			return stringRangeFilter(f.Field, f.Bound, lastText)
		case syntax.Less:
			return stringRangeFilter(f.Field, "", f.Bound)
		case syntax.LessOrEqual:
			return stringRangeFilter(f.Field, "", f.Bound+"\x00")
		}
	}
	low, high := math.Inf(-1), math.Inf(1)
	switch f.Op {
	case syntax.Greater:
		low = above(bound)
	case syntax.GreaterOrEqual:
		low = bound
	case syntax.Less:
		high = below(bound)
	case syntax.LessOrEqual:
		high = bound
	}
	return numberRangeFilter(f.Field, low, high)
}

func above(f float64) float64 {
	if math.IsInf(f, 0) {
		return f
	}
	return math.Nextafter(f, math.Inf(1))
}

func below(f float64) float64 { return -above(-f) }

func rangeFilter(f *syntax.Range) (filter, error) {
	low, high := parseNumber(f.Low), parseNumber(f.High)
	for text, n := range map[string]float64{f.Low: low, f.High: high} {
		if math.IsNaN(n) && !strings.EqualFold(text, "nan") {
			return nil, &syntax.SyntaxError{Offset: f.Offset(), Detail: fmt.Sprintf("expected a number in a range, found %q", text)}
		}
	}
	if f.Above {
		low = above(low)
	}
	if f.Below {
		high = below(high)
	}
	return numberRangeFilter(f.Field, low, high), nil
}

func numberRangeFilter(field string, low, high float64) filter {
	return &leaf{field: field, test: func(c *column) rows {
		if low > high {
			return c.none()
		}
		return c.numbers(low, high)
	}}
}

// numbers marks the rows with a number from low to high. Bounds become whole
// where the column is.
func (c *column) numbers(low, high float64) rows {
	first, last := math.Ceil(low), math.Floor(high)
	switch c.kind {
	case kindUint:
		if high < 0 {
			return c.none()
		}
		return within(c.uints, clampUint(first, math.MaxUint64), clampUint(last, math.MaxUint64))
	case kindIPv4:
		if high < 0 && c.isResult() {
			return c.none()
		}
		return within(c.uints, clampUint(first, math.MaxUint32), clampUint(last, math.MaxUint32))
	case kindInt:
		return within(c.ints, clampInt(first), clampInt(last))
	case kindTime:
		if high < 0 {
			return c.none()
		}
		return within(c.ints, clampInt(first), clampInt(last))
	case kindFloat:
		return within(c.floats, low, high)
	case kindText, kindConst, kindDict:
	}
	return c.each(func(v string) bool {
		n := parseNumber(v)
		return low <= n && n <= high
	})
}

// lastText is behind all texts.
const lastText = "\xff\xff\xff\xff"

// stringRangeFilter compares texts byte by byte. A column of numbers is not looked
// at if the bounds are beyond their first characters.
func stringRangeFilter(field, low, high string) filter {
	in := func(v string) bool { return low <= v && v < high }
	return &leaf{field: field, missing: low <= high && in(""), test: func(c *column) rows {
		switch {
		case low > high:
			return c.none()
		case c.isResult():
			return c.search("", in)
		}
		switch c.kind {
		case kindUint, kindIPv4, kindTime:
			if low > "9" || high < "0" {
				return c.none()
			}
		case kindFloat:
			if low > "9" || high < "+" {
				return c.none()
			}
		case kindInt:
			if low != "-" && low > "9" || high != "-" && high < "0" {
				return c.none()
			}
		case kindText, kindConst, kindDict:
		}
		return c.each(in)
	}}
}

func ipv4Filter(f *syntax.IPv4Range) (filter, error) {
	low, ok := parseIPv4(f.Low)
	high := low
	if f.High != "" {
		var okHigh bool
		high, okHigh = parseIPv4(f.High)
		ok = ok && okHigh
	} else if address, bits, isNetwork := strings.Cut(f.Low, "/"); isNetwork {
		n, okBits := parseUint(bits)
		if low, ok = parseIPv4(address); ok && okBits && n <= 32 {
			hosts := uint32(uint64(1)<<(32-n) - 1)
			low, high = low&^hosts, low|hosts
		} else {
			ok = false
		}
	}
	if !ok {
		return nil, &syntax.SyntaxError{Offset: f.Offset(), Detail: fmt.Sprintf("expected an IPv4 address or network, found %q", strings.Trim(f.Low+", "+f.High, ", "))}
	}
	return &leaf{field: f.Field, test: func(c *column) rows {
		switch c.kind {
		case kindIPv4:
			return within(c.uints, uint64(low), uint64(high))
		case kindUint, kindInt, kindFloat, kindTime:
			return c.none()
		case kindText, kindConst, kindDict:
		}
		return c.each(func(v string) bool {
			n, ok := parseIPv4(v)
			return ok && low <= n && n <= high
		})
	}}, nil
}
