package esql

import (
	"encoding/json"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"sigmatic/evaluator/dialect"
	"sigmatic/evaluator/dialect/elastic"
)

// kind is the type of an expression.
type kind uint8

const (
	null kind = iota
	keyword
	text
	integer
	long
	double
	boolean
	date
	ip
	span // a time span, which only stands in constants
)

var kindNames = [...]string{"null", "keyword", "text", "integer", "long", "double", "boolean", "date", "ip", "time span"}

func (k kind) String() string { return kindNames[k] }

func (k kind) isString() bool { return k == keyword || k == text }
func (k kind) isWhole() bool  { return k == integer || k == long }
func (k kind) isNumber() bool { return k == integer || k == long || k == double }

// fieldKinds are the types of columns by those of fields.
var fieldKinds = map[dialect.FieldType]kind{
	dialect.Keyword: keyword, dialect.Text: text, dialect.Long: long, dialect.Double: double, dialect.Boolean: boolean, dialect.Date: date, dialect.IP: ip,
}

// row is one row of a table on its way through the commands.
type row struct {
	doc   int
	slots [][]any // the columns that commands made
	err   error   // what stopped an expression in this row
}

// expr is a compiled expression. Its values are, by type: string for keyword and
// text, int64 for integer, long and date (milliseconds), float64, bool,
// netip.Addr, and timeSpan. None is null.
type expr struct {
	kind kind
	eval func(*row) []any
	// constant holds the values if they are the same in every row.
	isConstant bool
	constant   []any
	field      *elastic.Field // if the expression is a column of the index
	pushable   bool           // a condition that the optimizer can take to the index
	folds      *caseChange    // if the expression is TO_LOWER or TO_UPPER
	operands   []expr         // if the expression is arithmetic
}

func constant(k kind, values ...any) expr {
	return expr{kind: k, isConstant: true, constant: values, eval: func(*row) []any { return values }}
}

// The values of conditions.
var (
	yes = []any{true}
	no  = []any{false}
)

func boolValue(b bool) []any {
	if b {
		return yes
	}
	return no
}

// one gives the only value; false if there is none, or several.
func one(values []any) (any, bool) {
	if len(values) != 1 {
		return nil, false
	}
	return values[0], true
}

// text is the only value of a constant string.
func (e expr) text() (string, bool) {
	if !e.isConstant || !e.kind.isString() || len(e.constant) != 1 {
		return "", false
	}
	return e.constant[0].(string), true
}

// number gives a numeric value as a float.
func number(v any) float64 {
	if n, ok := v.(int64); ok {
		return float64(n)
	}
	return v.(float64)
}

// timeSpan is months and days of the calendar, or milliseconds.
type timeSpan struct {
	months, days int
	millis       int64
}

// units are those of time spans ("ES|QL time spans" of the reference).
var units = sync.OnceValue(func() map[string]timeSpan {
	out := map[string]timeSpan{}
	for _, u := range []struct {
		names string
		span  timeSpan
	}{
		{"millisecond milliseconds ms", timeSpan{millis: 1}},
		{"second seconds sec s", timeSpan{millis: 1000}},
		{"minute minutes min m", timeSpan{millis: 60_000}},
		{"hour hours h", timeSpan{millis: 3_600_000}},
		{"day days d", timeSpan{days: 1}},
		{"week weeks w", timeSpan{days: 7}},
		{"month months mo", timeSpan{months: 1}},
		{"quarter quarters q", timeSpan{months: 3}},
		{"year years yr y", timeSpan{months: 12}},
	} {
		for _, name := range strings.Fields(u.names) {
			out[name] = u.span
		}
	}
	return out
})

// present gives values as a result has them.
func present(k kind, values []any) any {
	out := make([]any, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case int64:
			if out[i] = json.Number(strconv.FormatInt(v, 10)); k == date {
				out[i] = elastic.FormatDate(v)
			}
		case float64:
			out[i] = json.Number(formatDouble(v))
		case netip.Addr:
			out[i] = elastic.FormatIP(v)
		default:
			out[i] = v
		}
	}
	switch len(out) {
	case 0:
		return nil
	case 1:
		return out[0]
	}
	return out
}

// formatDouble prints a double as Java does: with a fraction, and with an
// exponent below 10^-3 and from 10^7 on.
func formatDouble(d float64) string {
	abs := math.Abs(d)
	switch {
	case math.IsNaN(d):
		return "NaN"
	case math.IsInf(d, 0):
		return strings.TrimPrefix(strconv.FormatFloat(d, 'g', -1, 64), "+") + "inity"
	case abs == 0 || abs >= 1e-3 && abs < 1e7:
		s := strconv.FormatFloat(d, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(d, 'e', -1, 64), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	n, _ := strconv.Atoi(exponent)
	return mantissa + "E" + strconv.Itoa(n)
}
