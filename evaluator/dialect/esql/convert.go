package esql

import (
	"errors"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"sigmatic/evaluator/dialect/elastic"
)

// The conversions give nil for a value that they cannot convert: the engine
// warns and drops it ("ES|QL type conversion functions").

func toText(v any, k kind) any {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		if k == date {
			return elastic.FormatDate(v)
		}
		return strconv.FormatInt(v, 10)
	case float64:
		return formatDouble(v)
	case bool:
		return strconv.FormatBool(v)
	case netip.Addr:
		return elastic.FormatIP(v)
	}
	return nil
}

func toDouble(v any, _ kind) any {
	switch v := v.(type) {
	case string:
		d, ok := elastic.ParseDouble(v)
		if !ok {
			return nil
		}
		return d
	case int64:
		return float64(v)
	case float64:
		return v
	case bool:
		return number(toLong(v, boolean))
	}
	return nil
}

func toLong(v any, _ kind) any {
	switch v := v.(type) {
	case string:
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return n
		}
		d, ok := elastic.ParseDouble(v)
		if !ok {
			return nil
		}
		return roundToLong(d)
	case int64:
		return v
	case float64:
		return roundToLong(v)
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	}
	return nil
}

// roundToLong rounds half up, as Java's Math.round.
func roundToLong(d float64) any {
	if n := math.Floor(d + 0.5); n >= -1<<63 && n < 1<<63 {
		return int64(n)
	}
	return nil
}

func toInteger(v any, k kind) any {
	n, ok := toLong(v, k).(int64)
	if !ok || n != int64(int32(n)) {
		return nil
	}
	return n
}

func parseBoolean(s string) bool { return strings.EqualFold(s, "true") }

func toBoolean(v any, _ kind) any {
	switch v := v.(type) {
	case string:
		return parseBoolean(v)
	case bool:
		return v
	}
	return number(v) != 0
}

func toIP(v any, _ kind) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	a, ok := elastic.ConvertIP(s)
	if !ok {
		return nil
	}
	return a
}

func toDate(v any, _ kind) any {
	switch v := v.(type) {
	case string:
		d, err := elastic.ParseDateText(v)
		var none *elastic.NoSuchDateError
		var unknown *elastic.UnknownError
		switch {
		case errors.As(err, &none), errors.As(err, &unknown):
			return located(-1, err) // a day that does not exist stops the query (measured)
		case err != nil:
			return nil
		}
		return d
	case float64:
		return roundToLong(v)
	}
	return v
}
