package yamldoc

import "strings"

// Doubt says why a plain scalar may not mean what its author thinks.
type Doubt uint8

// The doubts. Readers of YAML 1.1 and 1.2 type these scalars differently.
const (
	NoDoubt     Doubt = iota
	YesNo             // yes, no, on, off: read as a boolean
	Hexadecimal       // 0x17: read as a number
	LeadingZero       // 0017: read as a string
	Sexagesimal       // 1:30: read as a string
	Timestamp         // 2020-01-01: read as a string
	Underscores       // 1_000: read as a string
)

// PlainKind tells how a scalar without quotes is read, for whoever writes YAML.
func PlainKind(s string) (Kind, Doubt) { return plainKind(s) }

// plainKind types a scalar without quotes. The table stands in the project's
// semantics, section "YAML scalar typing"; whatever it does not name is a string.
func plainKind(s string) (Kind, Doubt) {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return Null, NoDoubt
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return Bool, NoDoubt
	}
	switch c := s[0]; {
	case c >= '0' && c <= '9' || c == '+' || c == '-':
		return numberKind(s)
	case len(s) <= 3 && isYesNo(s):
		return Bool, YesNo
	}
	return String, NoDoubt
}

func isYesNo(s string) bool {
	switch s {
	case "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF":
		return true
	}
	return false
}

// TruthOf is the value of a Bool node.
func (n *Node) TruthOf() bool { return n.Data().Truth() }

func numberKind(s string) (Kind, Doubt) {
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 || digits == "" {
		return String, NoDoubt
	}
	if rest, ok := strings.CutPrefix(digits, "0x"); ok && allIn(rest, "0123456789abcdefABCDEF") {
		return Int, Hexadecimal
	}
	whole, frac, point := strings.Cut(digits, ".")
	if !allIn(whole, "0123456789") {
		return String, oddDigits(digits)
	}
	if len(whole) > 1 && whole[0] == '0' {
		return String, LeadingZero
	}
	if !point {
		return Int, NoDoubt
	}
	mantissa, exponent := frac, ""
	if i := strings.IndexAny(frac, "eE"); i >= 0 {
		mantissa, exponent = frac[:i], frac[i+1:]
		if exponent = strings.TrimLeft(exponent, "+-"); !allIn(exponent, "0123456789") {
			return String, NoDoubt
		}
	}
	if mantissa != "" && !allIn(mantissa, "0123456789") {
		return String, NoDoubt // an address, a version
	}
	return Float, NoDoubt
}

// oddDigits finds the spellings that YAML 1.1 takes for numbers or times.
func oddDigits(s string) Doubt {
	switch {
	case len(s) >= 10 && s[4] == '-' && s[7] == '-' && allIn(s[:4]+s[5:7]+s[8:10], "0123456789"):
		return Timestamp
	case strings.Contains(s, "_") && allIn(strings.ReplaceAll(s, "_", ""), "0123456789"):
		return Underscores
	case strings.Count(s, ":") > 0 && allSexagesimal(strings.Split(s, ":")):
		return Sexagesimal
	}
	return NoDoubt
}

func allSexagesimal(parts []string) bool {
	for i, p := range parts {
		if !allIn(p, "0123456789") || i > 0 && (len(p) > 2 || len(p) == 2 && p[0] > '5') {
			return false
		}
	}
	return true
}

func allIn(s, set string) bool {
	return s != "" && strings.Trim(s, set) == ""
}

// taggedKind is the kind that an explicit tag (!!str 12) asks for.
func taggedKind(tag string) Kind {
	switch tag {
	case "!!null":
		return Null
	case "!!bool":
		return Bool
	case "!!int":
		return Int
	case "!!float":
		return Float
	}
	return String
}
