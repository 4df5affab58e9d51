package parser

import (
	"encoding/base64"
	"fmt"
	"math/big"
	"net/netip"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/ast/diag"
)

// What each modifier does to one value. The rules and the worked examples are
// in the Sigma specification, "Value modifiers"; where it is silent the
// project's rulings (docs/rulings.md) stand.

type valueFunc = func(operand) (ast.Alternatives, *fault)

func one(v ast.Value) (ast.Alternatives, *fault) { return ast.Alternatives{v}, nil }

// affix is contains, startswith and endswith: wildcards before and after.
func affix(name string, before, after bool) valueFunc {
	return func(o operand) (ast.Alternatives, *fault) {
		switch v := o.value.(type) {
		case *ast.Pattern:
			c := *v
			parts := make([]ast.Part, 0, len(v.Parts)+2)
			if before {
				parts = append(parts, ast.AnyRun{})
			}
			parts = append(parts, v.Parts...)
			if after {
				parts = append(parts, ast.AnyRun{})
			}
			c.Parts = ast.JoinParts(parts)
			return one(&c)
		case *ast.Regex:
			// A regular expression is a search already; an affix can only anchor it.
			switch {
			case before && after:
				return one(v)
			case after:
				return one(wrapRegex(v, `\A(?:`, `)`))
			}
			return one(wrapRegex(v, `(?:`, `)\z`))
		case *ast.FieldRef:
			c := *v
			switch {
			case before && after:
				c.Mode = ast.RefContains
			case after:
				c.Mode = ast.RefStartsWith
			default:
				c.Mode = ast.RefEndsWith
			}
			return one(&c)
		}
		f := wrongType(name, "a string", o.value)
		if n, ok := o.value.(*ast.Number); ok {
			f.help = "quote the number to search for its text"
			f.replacement = "'" + n.Lexeme + "'"
		}
		return nil, f
	}
}

// wrapRegex puts text around an expression. One that ends inside of \Q is closed
// first, as it would take the text behind it for its own.
func wrapRegex(v *ast.Regex, head, tail string) *ast.Regex {
	c := *v
	c.Source = head + v.Source + tail
	c.Holes = slices.Clone(v.Holes)
	for i := range c.Holes {
		c.Holes[i].At += len(head)
	}
	if c.Check() != nil {
		c.Source = head + v.Source + `\E` + tail
	}
	return &c
}

func cased(o operand) (ast.Alternatives, *fault) {
	v, ok := o.value.(*ast.Pattern)
	if !ok {
		f := wrongType("cased", "a string", o.value)
		if _, re := o.value.(*ast.Regex); re {
			f.help = "a regular expression minds letter case unless i stands behind re"
		}
		return nil, f
	}
	c := *v
	c.Cased = true
	return one(&c)
}

func exists(o operand) (ast.Alternatives, *fault) {
	v, ok := o.value.(*ast.Bool)
	if !ok {
		return nil, faultf(diag.ModifierType, "write true or false without quotes", "exists takes true or false, not %s", describe(o.value))
	}
	return one(&ast.Exists{Want: v.Value, Span: v.Span})
}

// regex compiles the text as written. Flags at its head are taken off and kept
// apart, so that every dialect can say them its own way.
func regex(o operand) (ast.Alternatives, *fault) {
	if _, text := o.value.(*ast.Pattern); !text {
		return nil, wrongType("re", "a string", o.value)
	}
	r := &ast.Regex{Source: o.raw, Span: o.node.Span}
	for {
		rest, ok := strings.CutPrefix(r.Source, "(?")
		if !ok {
			break
		}
		flags, tail, ok := strings.Cut(rest, ")")
		if !ok || flags == "" || strings.Trim(flags, "ims") != "" {
			break
		}
		r.IgnoreCase = r.IgnoreCase || strings.Contains(flags, "i")
		r.Multiline = r.Multiline || strings.Contains(flags, "m")
		r.DotAll = r.DotAll || strings.Contains(flags, "s")
		r.Source = tail
	}
	if err := r.Check(); err != nil {
		return nil, regexFault(err)
	}
	return one(r)
}

func regexFault(err error) *fault {
	help := "Sigma's regular expressions are a common subset of the dialects: literals, classes, groups, alternation, repetition, anchors"
	if e, ok := err.(*syntax.Error); ok {
		lookbehind := strings.HasPrefix(e.Expr, "(?<!") || strings.HasPrefix(e.Expr, "(?<=")
		switch {
		case e.Code == syntax.ErrInvalidPerlOp || lookbehind:
			help = "lookaround and other assertions are not portable; say it with a second search identifier and the condition"
		case e.Code == syntax.ErrInvalidRepeatSize:
			help = "a repetition count is at most 1000"
		case e.Code == syntax.ErrInvalidEscape && len(e.Expr) > 1 && e.Expr[1] >= '1' && e.Expr[1] <= '9':
			help = "references back to a group are not portable"
		case e.Code == syntax.ErrInvalidEscape:
			help = "a backslash before a letter has a meaning of its own; write \\\\ for a literal backslash"
		}
		return faultf(diag.BadRegex, help, "the regular expression is not valid: %s: %q", e.Code, e.Expr)
	}
	return faultf(diag.BadRegex, help, "the regular expression is not valid: %v", err)
}

func regexFlag(name string, set func(*ast.Regex)) valueFunc {
	return func(o operand) (ast.Alternatives, *fault) {
		v, ok := o.value.(*ast.Regex)
		if !ok {
			return nil, faultf(diag.ModifierOrder, "write re|"+name, "%s is a flag of a regular expression and must follow re", name)
		}
		c := *v
		set(&c)
		if err := c.Check(); err != nil {
			return nil, regexFault(err)
		}
		return one(&c)
	}
}

// bytesOf is the literal text of a value for an encoder.
func bytesOf(name string, o operand) (string, *ast.Pattern, *fault) {
	v, ok := o.value.(*ast.Pattern)
	if !ok {
		return "", nil, wrongType(name, "a string", o.value)
	}
	if f := unknownValue(name, v); f != nil {
		return "", nil, f
	}
	text, ok := v.Literal()
	if !ok {
		return "", nil, faultf(diag.ModifierValue, `put contains, startswith or endswith behind it; \* and \? stand for the characters`,
			"%s cannot encode a wildcard", name)
	}
	return text, v, nil
}

// unknownValue is the fault of encoding a placeholder: its value comes when the
// modifiers have been applied.
func unknownValue(name string, v *ast.Pattern) *fault {
	names := v.Placeholders()
	if len(names) == 0 {
		return nil
	}
	return faultf(diag.ModifierValue, "write the values out", "%s cannot encode the placeholder %%%s%%, whose value is not known yet", name, names[0])
}

func encoded(v *ast.Pattern, text string) *ast.Pattern {
	c := *v
	c.Parts = nil
	if text != "" {
		c.Parts = []ast.Part{ast.Literal(text)}
	}
	return &c
}

func base64Whole(o operand) (ast.Alternatives, *fault) {
	text, v, f := bytesOf("base64", o)
	if f != nil {
		return nil, f
	}
	return one(encoded(v, base64.StdEncoding.EncodeToString([]byte(text))))
}

// base64Offset gives the three spellings that the bytes have inside a longer
// Base64 text, without the characters that also depend on their neighbours.
func base64Offset(o operand) (ast.Alternatives, *fault) {
	text, v, f := bytesOf("base64offset", o)
	if f != nil {
		return nil, f
	}
	dropHead, dropTail := [3]int{0, 2, 3}, [3]int{0, 3, 2}
	var out ast.Alternatives
	for i := range 3 {
		s := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", i) + text))
		end := len(s) - dropTail[(len(text)+i)%3]
		out = append(out, encoded(v, s[min(dropHead[i], end):end]))
	}
	return out, nil
}

// utf16Encode encodes the literal parts; wildcards stay.
func utf16Encode(name string, bigEndian, mark bool) valueFunc {
	return func(o operand) (ast.Alternatives, *fault) {
		v, ok := o.value.(*ast.Pattern)
		if !ok {
			return nil, wrongType(name, "a string", o.value)
		}
		if f := unknownValue(name, v); f != nil {
			return nil, f
		}
		c := *v
		c.Parts = make([]ast.Part, 0, len(v.Parts)+1)
		if mark {
			c.Parts = append(c.Parts, ast.Literal("\xff\xfe"))
		}
		for _, part := range v.Parts {
			if lit, ok := part.(ast.Literal); ok {
				part = ast.Literal(utf16Bytes(string(lit), bigEndian))
			}
			c.Parts = append(c.Parts, part)
		}
		c.Parts = ast.JoinParts(c.Parts)
		return one(&c)
	}
}

func utf16Bytes(s string, bigEndian bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		hi, lo := byte(u>>8), byte(u)
		if bigEndian {
			hi, lo = lo, hi
		}
		b.WriteByte(lo)
		b.WriteByte(hi)
	}
	return b.String()
}

// windash turns a dash or slash that begins a command-line option into a class:
// one that follows no word character (or begins the text) and precedes one.
func windash(o operand) (ast.Alternatives, *fault) {
	v, ok := o.value.(*ast.Pattern)
	if !ok {
		return nil, wrongType("windash", "a string", o.value)
	}
	c := *v
	c.Parts = nil
	for _, part := range v.Parts {
		lit, ok := part.(ast.Literal)
		if !ok {
			c.Parts = append(c.Parts, part)
			continue
		}
		c.Parts = append(c.Parts, dashes(string(lit))...)
	}
	c.Parts = ast.JoinParts(c.Parts)
	return one(&c)
}

func dashes(s string) []ast.Part {
	var parts []ast.Part
	start, previous := 0, ' '
	for i, r := range s {
		size := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(s[i:])
		}
		next, _ := utf8.DecodeRuneInString(s[i+size:])
		if strings.ContainsRune(ast.DashRunes, r) && !isWord(previous) && i+size < len(s) && isWord(next) {
			parts = append(parts, ast.Literal(s[start:i]), ast.Dash{})
			start = i + size
		}
		previous = r
	}
	return append(parts, ast.Literal(s[start:]))
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

func cidr(o operand) (ast.Alternatives, *fault) {
	if _, text := o.value.(*ast.Pattern); !text {
		return nil, wrongType("cidr", "a network", o.value)
	}
	prefix, err := netip.ParsePrefix(o.raw)
	if err != nil {
		addr, addrErr := netip.ParseAddr(o.raw)
		if addrErr != nil || addr.Zone() != "" {
			return nil, faultf(diag.BadCIDR, "write an address and a prefix length, such as 10.0.0.0/8 or 2001:db8::/32", "%q is not an IP network", o.raw)
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	if masked := prefix.Masked(); masked != prefix {
		f := faultf(diag.BadCIDR, fmt.Sprintf("the network is %s", masked), "%q has bits set beyond its prefix length", o.raw)
		f.replacement = "'" + masked.String() + "'"
		return nil, f
	}
	return one(&ast.CIDR{Prefix: prefix, Span: o.node.Span})
}

// expand finds the placeholders: %name%, the name neither empty nor holding a
// backslash. \% is a percent sign.
func expand(o operand) (ast.Alternatives, *fault) {
	if r, ok := o.value.(*ast.Regex); ok {
		return expandRegex(r)
	}
	v, ok := o.value.(*ast.Pattern)
	if !ok {
		return nil, wrongType("expand", "a string", o.value)
	}
	c := *v
	c.Parts = nil
	for _, part := range v.Parts {
		if lit, ok := part.(ast.Literal); ok {
			c.Parts = append(c.Parts, placeholders(string(lit))...)
			continue
		}
		c.Parts = append(c.Parts, part)
	}
	c.Parts = ast.JoinParts(c.Parts)
	return one(&c)
}

func placeholders(s string) []ast.Part {
	var parts []ast.Part
	var lit strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '%':
			lit.WriteByte('%')
			i++
			continue
		case s[i] == '%':
			if end := strings.IndexByte(s[i+1:], '%'); end > 0 && !strings.Contains(s[i+1:i+1+end], `\`) {
				parts = append(parts, ast.Literal(lit.String()), ast.Placeholder{Name: s[i+1 : i+1+end]})
				lit.Reset()
				i += end + 1
				continue
			}
		}
		lit.WriteByte(s[i])
	}
	return append(parts, ast.Literal(lit.String()))
}

// expandRegex finds the placeholders of a regular expression. Their names are
// words here, so that two percent signs far apart are just that.
func expandRegex(r *ast.Regex) (ast.Alternatives, *fault) {
	c := *r
	c.Holes = nil
	var source strings.Builder
	class := false
	for text := r.Source; text != ""; {
		n := 1 // bytes to copy
		name := placeholderWord(text)
		switch {
		case name != "" && class:
			return nil, faultf(diag.ModifierValue, "write the alternatives outside of [ ]", "the placeholder %%%s%% stands in a class of characters", name)
		case name != "":
			c.Holes = append(c.Holes, ast.Hole{Name: name, At: source.Len()})
			text = text[len(name)+2:]
			continue
		default:
			n, class = regexToken(text, class)
		}
		source.WriteString(text[:n])
		text = text[n:]
	}
	c.Source = source.String()
	if err := c.Check(); err != nil {
		return nil, regexFault(err)
	}
	return one(&c)
}

// regexToken is the length of what begins an expression, as far as it matters
// for finding classes of characters, and whether one is open behind it.
func regexToken(s string, class bool) (n int, open bool) {
	through := func(end string) int {
		if i := strings.Index(s, end); i >= 0 {
			return i + len(end)
		}
		return len(s)
	}
	switch {
	case strings.HasPrefix(s, `\Q`) && !class:
		return through(`\E`), false
	case s[0] == '\\':
		return min(2, len(s)), class
	case class && strings.HasPrefix(s, "[:"):
		return through(":]"), true
	case class:
		return 1, s[0] != ']'
	}
	for _, head := range []string{"[^]", "[]", "[^", "["} { // a ] comes first in a class as itself
		if strings.HasPrefix(s, head) {
			return len(head), true
		}
	}
	return 1, false
}

// placeholderWord is the name in a text that begins with %name%, or "".
func placeholderWord(s string) string {
	if s[0] != '%' {
		return ""
	}
	name, _, ok := strings.Cut(s[1:], "%")
	if !ok || strings.ContainsFunc(name, func(r rune) bool { return !isWord(r) && r != '-' && r != '.' }) {
		return ""
	}
	return name
}

func fieldRef(o operand) (ast.Alternatives, *fault) {
	v, ok := o.value.(*ast.Pattern)
	if !ok {
		return nil, wrongType("fieldref", "the name of a field", o.value)
	}
	name, ok := v.Literal()
	if !ok || name == "" {
		return nil, faultf(diag.ModifierValue, "to compare a part, write fieldref|startswith, fieldref|endswith or fieldref|contains",
			"fieldref takes the name of a field, not a pattern")
	}
	return one(&ast.FieldRef{Field: ast.Field{Name: name, Span: v.Span}, Span: v.Span})
}

func compare(name string, op ast.CompareOp) valueFunc {
	return func(o operand) (ast.Alternatives, *fault) {
		switch v := o.value.(type) {
		case *ast.Number:
			return one(&ast.Comparison{Op: op, Number: v, Span: v.Span})
		case *ast.TimePart:
			c := *v
			c.Op = op
			return one(&c)
		}
		f := wrongType(name, "a number", o.value)
		if p, ok := o.value.(*ast.Pattern); ok {
			if text, _ := p.Literal(); text != "" {
				if _, isNumber := ast.ParseDecimal(text); isNumber {
					f.help, f.replacement = "write the number without quotes", text
				}
			}
		}
		return nil, f
	}
}

func timePart(unit ast.TimeUnit) valueFunc {
	return func(o operand) (ast.Alternatives, *fault) {
		v, ok := o.value.(*ast.Number)
		if !ok {
			f := wrongType(unit.String(), "a number", o.value)
			if _, cmp := o.value.(*ast.Comparison); cmp {
				f.help = fmt.Sprintf("write %s before the comparison", unit)
			}
			return nil, f
		}
		n, ok := v.Decimal.Truncate().Int()
		if !ok || n > 9999 || n < -9999 {
			return nil, faultf(diag.ModifierValue, "", "%s is no %s", v.Lexeme, unit)
		}
		return one(&ast.TimePart{Unit: unit, N: int(n), Span: v.Span})
	}
}

// numberOf reads a YAML number of our table: decimal, or 0x hexadecimal.
func numberOf(s string) (ast.Decimal, bool) {
	if i := strings.Index(s, "0x"); i >= 0 {
		n, ok := new(big.Int).SetString(s, 0)
		if !ok {
			return ast.Decimal{}, false
		}
		s = n.String()
	}
	return ast.ParseDecimal(s)
}
