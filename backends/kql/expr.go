package kql

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
)

// messageField is searched for keywords: the field that ECS and Beats put the
// text of an event into.
const messageField = "message"

// maxDashes bounds the dash classes of a pattern, which is printed once for
// each of their spellings: 5, 25 or 125 times.
const maxDashes = 3

// converter prints the leaves of one query.
type converter struct {
	uses  map[string]*use
	order []*use
	notes backends.Notes
	// cased is the place of the first leaf that minds letter case.
	cased    source.Span
	hasCased bool
}

// leaf prints a leaf. KQL is two-valued, so the polarity changes nothing.
func (c *converter) leaf(m *ast.Match, _ bool) (backends.Clause, error) {
	if k, ok := m.Value.(*ast.Keyword); ok {
		return c.keyword(k, m.Span)
	}
	field, ok := quoteField(m.Field.Name)
	if !ok || m.Field.Name == "" {
		return nil, unsupported(backends.FeatureFieldName, m.Span, fmt.Sprintf("the field %q cannot be addressed", m.Field.Name))
	}
	if backends.NeverStored(m.Field.Type, m.Value) { // an error of the whole query in Kibana
		return backends.Const(false), nil
	}
	if m.Field.Type == ast.TypeFlattened && m.Field.Multi == ast.MultiUnknown {
		c.notes.Add(backends.NoteSingleValue, m.Field.Name) // a key that holds an object has no value of its own
	}
	switch v := m.Value.(type) {
	case *ast.Pattern:
		return c.pattern(m.Field, field, v, m.Span)
	case *ast.Number:
		if err := c.number(m.Field, v, m.Span); err != nil {
			return nil, err
		}
		return backends.Atom(field + ": " + v.Decimal.String()), nil
	case *ast.Bool:
		return c.boolean(m.Field, field, v, m.Span)
	case *ast.Null:
		return backends.Neg{Of: backends.Atom(field + ": *")}, nil
	case *ast.Regex:
		return nil, unsupported(backends.FeatureRegex, v.Span, "KQL has none")
	case *ast.CIDR:
		return c.cidr(m.Field, field, v, m.Span)
	case *ast.Comparison:
		return c.comparison(m.Field, field, v, m.Span)
	case *ast.TimePart:
		return nil, unsupported(backends.FeatureTimePart, v.Span, "KQL cannot take a date apart")
	case *ast.Exists:
		c.notes.Add(backends.NoteNullNotIndexed, m.Field.Name)
		exists := backends.Atom(field + ": *")
		if v.Want {
			return exists, nil
		}
		return backends.Neg{Of: exists}, nil
	case *ast.FieldRef:
		return nil, unsupported(backends.FeatureFieldRef, v.Span, "KQL compares a field with a value only")
	}
	panic(fmt.Sprintf("kql: unknown value %T", m.Value))
}

// pattern prints a string leaf.
func (c *converter) pattern(f ast.Field, field string, v *ast.Pattern, span source.Span) (backends.Clause, error) {
	v = &ast.Pattern{Parts: ast.JoinParts(v.Parts), Cased: v.Cased, Span: v.Span}
	shape, text := v.Shape()
	if shape == ast.ShapeAny {
		return backends.Atom(field + ": *"), nil
	}
	if shape == ast.ShapeExact {
		return c.exact(f, field, v, text, span)
	}
	if f.Type == ast.TypeFlattened && shape != ast.ShapePrefix {
		// The server compares such a pattern with key and value as one text, and does not say so (measured).
		return nil, unsupported(backends.FeatureWildcard, v.Span, fmt.Sprintf("%q is a key of a flattened field, in which only whole texts and their beginnings are found", f.Name))
	}
	values, err := wildcards(v)
	if err != nil {
		return nil, err
	}
	u, err := c.demand(f, keyword, span)
	if err != nil {
		return nil, err
	}
	if err := c.letters(u, f, v, span); err != nil {
		return nil, err
	}
	u.spelling = u.spelling || matchesNumbers(v)
	spellings := make(backends.Any, len(values))
	for i, value := range values {
		spellings[i] = backends.Atom(field + ": " + value)
	}
	return spellings, nil
}

// exact prints a string without wildcards.
func (c *converter) exact(f ast.Field, field string, v *ast.Pattern, text string, span source.Span) (backends.Clause, error) {
	if !utf8.ValidString(text) {
		return nil, notText(v.Span)
	}
	if f.Type == ast.TypeBoolean && !v.Cased && (strings.EqualFold(text, "true") || strings.EqualFold(text, "false")) {
		text = strings.ToLower(text) // the one spelling that a boolean field takes (measured)
	}
	u, err := c.demand(f, literalTypes(text), span)
	if err != nil {
		return nil, err
	}
	if err := c.letters(u, f, v, span); err != nil {
		return nil, err
	}
	if _, isNumber := ast.ParseDecimal(text); isNumber {
		u.spelling = true
	}
	return backends.Atom(field + ": " + quote(text)), nil
}

// wildcards writes the value of a pattern with wildcards, once for each
// spelling of its dash classes.
func wildcards(v *ast.Pattern) ([]string, error) {
	var dashes []int
	for i, part := range v.Parts {
		switch part := part.(type) {
		case ast.Literal:
			if !utf8.ValidString(string(part)) {
				return nil, notText(v.Span)
			}
		case ast.AnyOne:
			return nil, unsupported(backends.FeatureAnyOne, v.Span, "there is no wildcard for one character")
		case ast.Dash:
			dashes = append(dashes, i)
		}
	}
	if len(dashes) > maxDashes {
		return nil, unsupported(backends.FeatureSize, v.Span, fmt.Sprintf("%d dashes, each of which may be any of five", len(dashes)))
	}
	var values []string
	err := eachSpelling(v.Parts, dashes, func(parts []ast.Part) error {
		if lit, ok := parts[0].(ast.Literal); ok && len(parts) == 1 {
			values = append(values, quote(string(lit))) // dashes and text, no wildcard
			return nil
		}
		value, ok := unquoted(parts)
		if !ok {
			return unsupported(backends.FeatureWildcard, v.Span, "a value with wildcards cannot begin or end with a blank")
		}
		values = append(values, value)
		return nil
	})
	return values, err
}

func eachSpelling(parts []ast.Part, dashes []int, visit func([]ast.Part) error) error {
	if len(dashes) == 0 {
		return visit(ast.JoinParts(parts))
	}
	spelling := append([]ast.Part(nil), parts...)
	for _, dash := range ast.DashRunes {
		spelling[dashes[0]] = ast.Literal(string(dash))
		if err := eachSpelling(spelling, dashes[1:], visit); err != nil {
			return err
		}
	}
	return nil
}

func notText(span source.Span) error {
	return unsupported(backends.FeatureBytes, span, "the value is not valid UTF-8")
}

// boolean prints a bool leaf. A boolean field has no letter case; a keyword
// field may hold the word in another.
func (c *converter) boolean(f ast.Field, field string, v *ast.Bool, span source.Span) (backends.Clause, error) {
	u, err := c.demand(f, boolean|keyword, span)
	if err != nil {
		return nil, err
	}
	u.word = u.word || f.Case == ast.CaseUnknown
	return backends.Atom(field + ": " + strconv.FormatBool(v.Value)), nil
}

// number demands what a number leaf needs of its field.
func (c *converter) number(f ast.Field, v *ast.Number, span source.Span) error {
	u, err := c.demand(f, keyword|numberTypes(v.Decimal), span)
	if err != nil {
		return err
	}
	u.spelling = true
	return nil
}

// comparison prints an order relation. A bound beyond the range of a long is an
// error of the whole query on a long field (measured).
func (c *converter) comparison(f ast.Field, field string, v *ast.Comparison, span source.Span) (backends.Clause, error) {
	if v.Op == ast.Equal || v.Op > ast.GreaterOrEqual {
		return nil, unsupported(backends.FeatureComparison, v.Span, "it is no order relation")
	}
	types := numberTypes(v.Number.Decimal)
	if types == 0 && isDouble(v.Number.Decimal) {
		types = double
	}
	if types == 0 {
		return nil, unsupported(backends.FeatureComparison, v.Span, "no type of field holds "+v.Number.Decimal.String()+" exactly")
	}
	if _, err := c.demand(f, types, span); err != nil {
		return nil, err
	}
	return backends.Atom(field + " " + v.Op.String() + " " + v.Number.Decimal.String()), nil
}

// mappedIPv4 holds the IPv4 addresses as an ip field keeps them.
var mappedIPv4 = netip.PrefixFrom(netip.AddrFrom16([16]byte{10: 0xff, 11: 0xff}), 96)

// cidr prints a network.
func (c *converter) cidr(f ast.Field, field string, v *ast.CIDR, span source.Span) (backends.Clause, error) {
	if !v.Prefix.IsValid() {
		return nil, unsupported(backends.FeatureCIDR, v.Span, "the network is not valid")
	}
	if v.Prefix.Overlaps(mappedIPv4) {
		return nil, unsupported(backends.FeatureIPv6, v.Span, "an ip field cannot tell IPv4 addresses from those mapped into IPv6")
	}
	if _, err := c.demand(f, ip, span); err != nil {
		return nil, err
	}
	return backends.Atom(field + ": " + quote(v.Prefix.Masked().String())), nil
}

// keyword prints a keyword. It is sought in each value of the event by itself,
// so nothing may reach over the line breaks between values in the message.
func (c *converter) keyword(k *ast.Keyword, span source.Span) (backends.Clause, error) {
	var pattern *ast.Pattern
	switch v := k.Value.(type) {
	case *ast.Pattern:
		pattern = v.Contains()
	case *ast.Number:
		text := v.Lexeme // as the event's text has it
		if text == "" {
			text = v.Decimal.String()
		}
		pattern = (&ast.Pattern{Parts: []ast.Part{ast.Literal(text)}, Span: v.Span}).Contains()
	case *ast.Regex:
		return nil, unsupported(backends.FeatureRegex, k.Span, "KQL has none")
	default:
		return nil, unsupported(backends.FeatureKeyword, k.Span, fmt.Sprintf("a keyword cannot be a %T", v))
	}
	for i, part := range pattern.Parts {
		if _, star := part.(ast.AnyRun); star && i > 0 && i < len(pattern.Parts)-1 {
			return nil, unsupported(backends.FeatureKeyword, k.Span, "a * inside would reach from one value of the event into the next")
		}
		if lit, ok := part.(ast.Literal); ok && strings.Contains(string(lit), "\n") {
			return nil, unsupported(backends.FeatureKeyword, k.Span, "a line break also stands between two values of the event")
		}
	}
	c.notes.Add(backends.NoteMessageField, messageField)
	before := c.uses[messageField] != nil && c.uses[messageField].spelling
	clause, err := c.pattern(ast.Field{Name: messageField}, messageField, pattern, span)
	if u := c.uses[messageField]; u != nil {
		u.spelling = before // the text of the event has numbers as they were written
	}
	return clause, err
}
