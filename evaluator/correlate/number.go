package correlate

import (
	"math/big"
	"strings"

	"sigmatic/ast"
)

// threshold is a comparison with a number.
type threshold struct {
	ast.Threshold
	number *big.Rat
}

func (t threshold) holds(v *big.Rat) bool {
	var c int
	if v.IsInt() && t.number.IsInt() {
		c = v.Num().Cmp(t.number.Num()) // as nearly all are; Rat.Cmp multiplies first
	} else {
		c = v.Cmp(t.number)
	}
	switch t.Op {
	case ast.Less:
		return c < 0
	case ast.LessOrEqual:
		return c <= 0
	case ast.Greater:
		return c > 0
	case ast.GreaterOrEqual:
		return c >= 0
	case ast.Equal:
		return (c == 0) != t.NotEqual
	}
	panic("correlate: unknown comparison")
}

// satisfied reports whether a value is within all thresholds.
func satisfied(thresholds []threshold, v *big.Rat) bool {
	for _, t := range thresholds {
		if !t.holds(v) {
			return false
		}
	}
	return true
}

// The numbers that are measured lie between these, and have no more digits than that: what is beyond is no quantity, and exact arithmetic on
// it would take all memory.
const (
	maxDigits = 400
	largest   = "1e300"
	smallest  = "1e-300"
)

// rational reads the text of a field as a number.
func rational(text string) (*big.Rat, bool) {
	d, ok := ast.ParseDecimal(text)
	if !ok || len(text) > maxDigits {
		return nil, false
	}
	size, _ := ast.ParseDecimal(strings.TrimLeft(text, "+-"))
	high, _ := ast.ParseDecimal(largest)
	low, _ := ast.ParseDecimal(smallest)
	if zero := (ast.Decimal{}); d.Cmp(zero) != 0 && (size.Cmp(high) > 0 || size.Cmp(low) < 0) {
		return nil, false
	}
	return new(big.Rat).SetString(d.String())
}

// decimalText writes a number for people: exactly where it has few digits, else rounded to six.
func decimalText(v *big.Rat) string {
	if v.IsInt() {
		return v.Num().String()
	}
	return strings.TrimRight(v.FloatString(6), "0")
}

// percentile of sorted values, of which there is at least one: between two of them in proportion.
func percentile(sorted []*big.Rat, percent int) *big.Rat {
	rank := percent * (len(sorted) - 1)
	at, rest := rank/100, rank%100
	v := new(big.Rat).Set(sorted[at])
	if rest == 0 {
		return v
	}
	step := new(big.Rat).Sub(sorted[at+1], sorted[at])
	return v.Add(v, step.Mul(step, big.NewRat(int64(rest), 100)))
}
