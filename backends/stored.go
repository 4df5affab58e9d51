package backends

import (
	"net/netip"
	"strings"

	"sigmatic/ast"
)

// NeverStored reports whether no value that Elasticsearch keeps in a field of
// type t satisfies v, be it for certain: an address field holds no name, a long
// no fraction. Of a type that keeps text, or of none that is known, it is false.
func NeverStored(t ast.FieldType, v ast.Value) bool {
	switch t {
	case ast.TypeIP, ast.TypeLong, ast.TypeDouble, ast.TypeBoolean:
	default:
		return false
	}
	number := t == ast.TypeLong || t == ast.TypeDouble
	switch v := v.(type) {
	case *ast.Pattern:
		text, exact := v.Literal()
		if !exact {
			return false
		}
		_, isNumber := ast.ParseDecimal(text)
		_, err := netip.ParseAddr(text)
		isBool := strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
		return number && !isNumber || t == ast.TypeIP && err != nil || t == ast.TypeBoolean && !isBool
	case *ast.Number:
		return t == ast.TypeIP || t == ast.TypeBoolean || t == ast.TypeLong && !v.Decimal.IsInteger()
	case *ast.Bool:
		return t == ast.TypeIP || number
	case *ast.CIDR:
		return t == ast.TypeBoolean || number
	case *ast.Comparison:
		return t == ast.TypeIP || t == ast.TypeBoolean
	}
	return false
}
