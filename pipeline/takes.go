package pipeline

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"sigmatic/ast"
)

// takes reports whether a leaf is true of a field that holds this one text.
func takes(v ast.Value, text string) bool {
	switch v := v.(type) {
	case *ast.Pattern:
		re, err := regexp.Compile(patternRegexp(v))
		return err == nil && re.MatchString(text)
	case *ast.Number:
		return text == v.Decimal.String()
	case *ast.Bool:
		return strings.EqualFold(text, fmt.Sprint(v.Value))
	case *ast.Regex:
		re, err := regexp.Compile(regexSource(v))
		return err == nil && re.MatchString(text)
	case *ast.CIDR:
		addr, err := netip.ParseAddr(text)
		return err == nil && addr.Zone() == "" && v.Prefix.Contains(addr)
	case *ast.Comparison:
		n, ok := ast.ParseDecimal(text)
		return ok && v.Op.Holds(n.Cmp(v.Number.Decimal))
	case *ast.Exists:
		return v.Want
	case *ast.Null, *ast.TimePart, *ast.FieldRef, *ast.Members, *ast.Keyword:
	}
	return false
}

// patternRegexp is a pattern as a regular expression: RE2's (?i) is Sigma's
// letter case.
func patternRegexp(p *ast.Pattern) string {
	var b strings.Builder
	b.WriteString("(?s")
	if !p.Cased {
		b.WriteByte('i')
	}
	b.WriteString(`)\A`)
	for _, part := range p.Parts {
		switch part := part.(type) {
		case ast.Literal:
			b.WriteString(regexp.QuoteMeta(string(part)))
		case ast.AnyRun:
			b.WriteString(".*")
		case ast.AnyOne:
			b.WriteByte('.')
		case ast.Dash:
			b.WriteString("[" + regexp.QuoteMeta(ast.DashRunes) + "]")
		case ast.Placeholder:
			b.WriteString(`[^\x00-\x{10FFFF}]`) // without a value it takes nothing
		}
	}
	return b.String() + `\z`
}

func regexSource(r *ast.Regex) string {
	flags := ""
	for _, f := range []struct {
		set  bool
		flag string
	}{{r.IgnoreCase, "i"}, {r.Multiline, "m"}, {r.DotAll, "s"}} {
		if f.set {
			flags += f.flag
		}
	}
	if flags == "" {
		return r.Source
	}
	return "(?" + flags + ")" + r.Source
}
