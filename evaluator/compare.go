package evaluator

import (
	"net/netip"
	"regexp"
	"strings"

	"sigmatic/ast"
)

// valueTest is what a leaf demands of one value of its field: a column of the
// table in §2.7. The value is never an array; those have been opened.
type valueTest interface{ holds(v *value) bool }

type (
	patternTest    struct{ pattern *refPattern }
	numberTest     struct{ number ast.Decimal }
	boolTest       struct{ want bool }
	regexTest      struct{ regex *regexp.Regexp }
	cidrTest       struct{ prefix netip.Prefix }
	comparisonTest struct {
		op     ast.CompareOp
		number ast.Decimal
	}
	timePartTest struct {
		unit ast.TimeUnit
		op   ast.CompareOp
		n    int
	}
)

// A map satisfies a pattern when a scalar below it does, or its whole JSON text
// (§2.7: requestParameters|contains in CloudTrail rules). Null never does, not
// even a lone * (§2.5).
func (t patternTest) holds(v *value) bool {
	if v.kind == kindMap {
		if !v.hasValue() {
			return false
		}
		for scalar := range v.scalars() {
			if t.holds(scalar) {
				return true
			}
		}
		return t.pattern.matches(v.json())
	}
	text, ok := v.scalarText()
	return ok && t.pattern.matches(text)
}

// Text equals a number only in the number's canonical spelling (§2.7): "12" is
// 12, "12.0" and "012" are not.
func (t numberTest) holds(v *value) bool {
	switch v.kind {
	case kindNumber:
		return v.decimal().Cmp(t.number) == 0
	case kindString:
		return v.text == t.number.String()
	case kindNull, kindBool, kindArray, kindMap:
	}
	return false
}

// Of text, only the words count: neither yes nor 1 is true (§2.7).
func (t boolTest) holds(v *value) bool {
	switch v.kind {
	case kindBool:
		return (v.text == "true") == t.want
	case kindString:
		if t.want {
			return strings.EqualFold(v.text, "true")
		}
		return strings.EqualFold(v.text, "false")
	case kindNull, kindNumber, kindArray, kindMap:
	}
	return false
}

func (t regexTest) holds(v *value) bool {
	text, ok := v.scalarText()
	return ok && t.regex.MatchString(text)
}

// The text must be an address as it stands: blanks, ports and zones make it
// none, and an IPv4 address mapped into IPv6 is an IPv6 address (§2.7).
func (t cidrTest) holds(v *value) bool {
	if v.kind != kindString {
		return false
	}
	addr, err := netip.ParseAddr(v.text)
	return err == nil && addr.Zone() == "" && t.prefix.Contains(addr)
}

func (t comparisonTest) holds(v *value) bool {
	d, ok := numeric(v)
	return ok && t.op.Holds(d.Cmp(t.number))
}

// numeric reads a number, or text that is wholly a decimal number (§2.7).
func numeric(v *value) (ast.Decimal, bool) {
	switch v.kind {
	case kindNumber, kindString:
		return ast.ParseDecimal(v.text)
	case kindNull, kindBool, kindArray, kindMap:
	}
	return ast.Decimal{}, false
}
