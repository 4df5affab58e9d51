package verify

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/cmd/internal/verify/engine"
)

// typeModels gives what a store makes of values that are not of a field's type.
func typeModels(n backends.Note, fields []string, mapping engine.Mapping) []model {
	typed := model{n.Code, func(v *view) {
		v.body.hoist(fields)
		for _, f := range fields {
			v.body.dropObject(f)
			if t := mapping[f]; t != "" && t != engine.Keyword {
				v.change([]string{f}, func(raw string) string {
					stored := storedAs(t, raw)
					if t == engine.Double && !slices.Equal(exactNumbers(raw), exactNumbers(stored)) {
						v.roundBounds(f)
					}
					return stored
				})
			}
		}
	}}
	out := []model{typed}
	for f, types := range assumedTypes([]backends.Note{n}, fields) {
		if slices.Contains(types, engine.Date) && mapping[f] != engine.Date {
			out = append(out, model{n.Code, func(v *view) { v.change([]string{f}, writtenDate) }})
		}
	}
	for _, m := range []struct {
		says   string
		change func(string) string
	}{
		{"the texts [] and [null] are lists", textAsList},
		{"64-bit float", numberAsFloat},
		{"ip in canonical spelling", canonicalAddress},
		{"as a time in text", writtenTime},
	} {
		if strings.Contains(n.Text, m.says) {
			out = append(out, model{n.Code, func(v *view) { v.change(fields, m.change) }})
		}
	}
	return out
}

// exactNumbers gives the numbers of a value in canonical spelling.
func exactNumbers(raw string) []string {
	var out []string
	for _, m := range members(raw) {
		if text, ok := isText(m); ok {
			m = text
		}
		if d, ok := ast.ParseDecimal(m); ok {
			out = append(out, d.String())
		}
	}
	return out
}

// roundBounds brings the rule's numbers to what a double holds, as the engine
// does. An event whose own number a double holds exactly is not excused so.
func (v *view) roundBounds(field string) {
	round := func(n *ast.Number) *ast.Number {
		d, _ := ast.ParseDecimal(numberAsFloat(n.Decimal.String()))
		return &ast.Number{Decimal: d}
	}
	v.rewrite("round "+field, func(m ast.Match) ast.Expr {
		switch value := m.Value.(type) {
		case *ast.Number:
			if m.Field.Name == field {
				m.Value = round(value)
			}
		case *ast.Comparison:
			if m.Field.Name == field {
				m.Value = &ast.Comparison{Op: value.Op, Number: round(value.Number)}
			}
		}
		return &m
	})
}

func textAsList(raw string) string {
	if s, ok := isText(raw); ok && (s == "[]" || s == "[null]") {
		return s
	}
	return raw
}

// numberAsFloat rounds numbers, and texts of numbers, to 64-bit floats.
func numberAsFloat(raw string) string {
	s := raw
	if text, ok := isText(raw); ok {
		s = text
	}
	if _, ok := ast.ParseDecimal(s); !ok {
		return raw
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return raw
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// canonicalAddress drops addresses in another than the usual spelling.
func canonicalAddress(raw string) string {
	return eachMember(raw, func(m string) string {
		if s, ok := isText(m); ok {
			if a, err := netip.ParseAddr(s); err == nil && a.String() != s {
				return ""
			}
		}
		return m
	})
}

// storedAs is a value as a field of that type keeps it; what does not fit is
// not indexed (ignore_malformed), and null and empty lists never are.
func storedAs(t engine.FieldType, raw string) string {
	return dropNull(eachMember(raw, func(m string) string {
		s, isString := isText(m)
		switch t {
		case engine.Double, engine.Long:
			return storedNumber(t, m, s)
		case engine.Boolean:
			switch {
			case m == "true" || s == "true" && isString:
				return "true"
			case m == "false" || isString && (s == "false" || s == ""):
				return "false"
			}
			return ""
		case engine.IP:
			if a, err := netip.ParseAddr(lenientAddress(s)); err == nil && isString {
				return quoteJSON(a.WithZone("").Unmap().String())
			}
			return ""
		case engine.Date:
			return storedDate(m, s)
		case engine.Keyword, engine.Text:
		}
		return m
	}))
}

// lenientAddress mends what an ip field takes and netip does not (measured on
// Elasticsearch 8.19.21): an empty octet is 0, one of four digits overflows, and
// a group of IPv6 may have more zeros in front.
func lenientAddress(s string) string {
	if octets := strings.Split(s, "."); len(octets) == 4 && !strings.Contains(s, ":") {
		for i, o := range octets {
			if o == "" {
				octets[i] = "0"
			}
			if n, err := strconv.Atoi(o); err == nil && len(o) == 4 {
				octets[i] = strconv.Itoa(n % 256)
			}
		}
		return strings.Join(octets, ".")
	}
	groups := strings.Split(s, ":")
	for i, g := range groups {
		if len(g) > 4 && !strings.Contains(g, ".") {
			groups[i] = strings.TrimLeft(g[:len(g)-4], "0") + g[len(g)-4:]
		}
	}
	return strings.Join(groups, ":")
}

// storedNumber reads as Java's Double.parseDouble does, which takes a suffix.
func storedNumber(t engine.FieldType, raw, text string) string {
	s := raw
	if !isNumber(raw) {
		s = strings.TrimRight(strings.TrimSpace(text), "dDfF")
	}
	d, ok := ast.ParseDecimal(s)
	if !ok {
		return ""
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return ""
	}
	if t == engine.Long {
		if isNumber(raw) && strings.ContainsAny(raw, ".eE") { // read as a double first (measured)
			d, _ = ast.ParseDecimal(strconv.FormatFloat(f, 'f', -1, 64))
		}
		return d.Truncate().String()
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// timeForm is how text must begin of which a query takes parts of the time.
var timeForm = regexp.MustCompile(`^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d`)

// writtenTime drops what is no time in text.
func writtenTime(raw string) string {
	return eachMember(raw, func(m string) string {
		if text, ok := isText(m); ok && timeForm.MatchString(text) {
			return m
		}
		return ""
	})
}

// writtenDate is what a date in a keyword field is read as: text in the form of
// a date, and no number.
func writtenDate(raw string) string {
	return dropNull(eachMember(raw, func(m string) string {
		if text, ok := isText(m); ok && dateForm.MatchString(text) {
			return storedDate(m, text)
		}
		return ""
	}))
}

// dateForm is strict_date_optional_time, as far as the probes go.
var dateForm = regexp.MustCompile(`^\d{4}(-\d{2}(-\d{2}(T(\d{2}(:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?)?$`)

// storedDate reads as the default format of a date field does.
func storedDate(raw, text string) string {
	s := text
	if isNumber(raw) {
		s = raw
	}
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) != 4 {
		return quoteJSON(time.UnixMilli(ms).UTC().Format(time.RFC3339Nano))
	}
	if strings.HasSuffix(s, "ZZ") { // taken as well (measured on Elasticsearch 8.19.21)
		s = strings.TrimRight(s, "Z") + "Z"
	}
	s = strings.TrimPrefix(s, "-") // a year before 0 (measured)
	if !dateForm.MatchString(s) {
		return ""
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02", "2006-01", "2006"} {
		if at, err := time.Parse(form, s); err == nil {
			return quoteJSON(at.UTC().Format(time.RFC3339Nano))
		}
	}
	return ""
}
