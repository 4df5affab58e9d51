package esql

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
)

// canonicalIP is the type of an ip field whose text matters: the engine keeps
// the address and not its spelling.
const canonicalIP = "ip in canonical spelling"

// messageField is where keywords are searched.
const messageField = "message"

// leaf prints one leaf.
func (c *converter) leaf(m *ast.Match, negated bool) (backends.Clause, error) {
	return c.leaves([]*ast.Match{m}, negated)
}

// leaves prints alternatives over one field. The polarity makes no difference:
// a search is never null, and twoValued cares for the rest.
func (c *converter) leaves(ms []*ast.Match, _ bool) (backends.Clause, error) {
	l := list{field: ms[0].Field}
	if _, ok := ms[0].Value.(*ast.Keyword); ok {
		l.field = ast.Field{Name: messageField, Span: ms[0].Field.Span}
	}
	if !addressable(l.field.Name) {
		return nil, unsupported(backends.FeatureFieldName, ms[0].Span, fmt.Sprintf("a query string cannot address %q", l.field.Name))
	}
	l.search.field = l.field
	for _, m := range ms {
		if err := c.value(&l, m.Value); err != nil {
			return nil, err
		}
	}
	return c.print(&l)
}

// addressable reports whether the query string can name the field: * in a name
// is a wildcard however it is written, and _exists_ is no field.
func addressable(name string) bool {
	return name != "" && name != "_exists_" && utf8.ValidString(name) && !strings.Contains(name, "*")
}

// list gathers what is printed for alternatives over one field.
type list struct {
	field    ast.Field
	search   search
	in       []string       // members of IN
	heads    []string       // members of LIKE without a * in front or inside
	tails    []string       // and with one in front only
	likes    []string       // the others
	networks []string       // of CIDR_MATCH
	spelled  []netip.Prefix // to be found in text
	other    backends.Any
}

// print puts the parts of a list together.
func (c *converter) print(l *list) (backends.Clause, error) {
	for _, rx := range backends.NetworkExpressions(l.spelled, maxRegex-len("()")) {
		// There is no run in them, so the automaton is small.
		l.search.terms = append(l.search.terms, &term{expression: rx, join: true, plain: true, span: l.field.Span})
	}
	out, err := c.clauses(&l.search)
	if err != nil {
		return nil, err
	}
	column := quoteColumn(l.field.Name)
	out = append(out, c.operator(column+" == ", column+" IN (", l.in)...)
	out = append(out, c.operator(column+" LIKE ", column+" LIKE (", l.heads)...)
	for _, part := range affordable(l.tails) {
		out = append(out, c.operator(column+" LIKE ", column+" LIKE (", part)...)
	}
	for _, like := range l.likes {
		out = append(out, c.nullable(column+" LIKE "+like))
	}
	if len(l.networks) > 0 {
		out = append(out, c.nullableList("CIDR_MATCH("+column+", ", l.networks))
	}
	return append(out, l.other...), nil
}

// operator prints one operand, or several as a list.
func (c *converter) operator(one, several string, operands []string) backends.Any {
	switch len(operands) {
	case 0:
		return nil
	case 1:
		return backends.Any{c.nullable(one + operands[0])}
	}
	return backends.Any{c.nullableList(several, operands)}
}

// value adds one alternative to a list.
func (c *converter) value(l *list, v ast.Value) error {
	if backends.NeverStored(l.field.Type, v) {
		l.other = append(l.other, backends.Const(false))
		return nil
	}
	if l.field.Type == ast.TypeFlattened {
		return c.flattened(l, v)
	}
	switch v := v.(type) {
	case *ast.Pattern:
		return c.pattern(l, v)
	case *ast.Number:
		return c.number(l, v)
	case *ast.Bool:
		return c.boolean(l, v)
	case *ast.Null:
		l.other = append(l.other, backends.Neg{Of: c.exists(l)})
		return nil
	case *ast.Regex:
		return c.regex(l, v)
	case *ast.CIDR:
		return c.cidr(l, v)
	case *ast.Comparison:
		return c.comparison(l, v)
	case *ast.TimePart:
		return c.timePart(l, v)
	case *ast.Exists:
		c.notes.Add(backends.NoteNullNotIndexed, l.field.Name)
		clause := c.exists(l)
		if !v.Want {
			clause = backends.Neg{Of: clause}
		}
		l.other = append(l.other, clause)
		return nil
	case *ast.FieldRef:
		return c.fieldRef(l, v)
	case *ast.Keyword:
		return c.keyword(l, v)
	}
	panic(fmt.Sprintf("esql: unknown value %T", v))
}

// exists prints that a field has a value. The column form fails the whole query
// where no index maps the field, or where it is an object.
func (c *converter) exists(l *list) backends.Clause {
	switch l.field.Type {
	case ast.TypeUnknown, ast.TypeObject, ast.TypeFlattened:
		return searches(l.field.Name, []string{"*"})[0]
	}
	column := quoteColumn(l.field.Name)
	return c.presence(column+" IS NOT NULL", column+" IS NULL")
}

// pattern adds a string. One that reads as a number or a boolean is the same
// as that value, and then right for a field of that type too.
func (c *converter) pattern(l *list, v *ast.Pattern) error {
	if !validText(v) {
		return unsupported(backends.FeatureBytes, v.Span, "ES|QL is written in UTF-8")
	}
	shape, text := v.Shape()
	if shape == ast.ShapeAny {
		l.other = append(l.other, c.exists(l))
		return nil
	}
	exact := shape == ast.ShapeExact
	if d, ok := ast.ParseDecimal(text); exact && ok && d.String() == text && !backends.HasCase(text) {
		return c.number(l, &ast.Number{Decimal: d, Lexeme: text, Span: v.Span})
	}
	if exact && !v.Cased && (strings.EqualFold(text, "true") || strings.EqualFold(text, "false")) {
		return c.boolean(l, &ast.Bool{Value: strings.EqualFold(text, "true"), Span: v.Span})
	}
	if exact && l.field.Type == ast.TypeIP {
		c.address(l, v, text)
		return nil
	}
	v, err := spelled(l.field, v)
	if err != nil {
		return err
	}
	caseless := v.Cased || !patternHasCase(v)
	if caseless && l.field.Multi == ast.SingleValued && isStored(l.field.Type) && c.plain(l, v) {
		return nil
	}
	ok, err := c.text(l, "string pattern", v.Span)
	if err != nil || !ok {
		return err
	}
	if patternMayBeNumber(v) {
		c.spelling(l.field)
	}
	if text, exact := v.Literal(); exact && caseless {
		l.search.terms = append(l.search.terms, &term{text: text, match: quoteString(text), span: v.Span})
		return nil
	}
	l.search.terms = append(l.search.terms, patternTerm(v))
	return nil
}

// isStored reports whether the plain operators compare the text that an event had.
func isStored(t ast.FieldType) bool { return t == ast.TypeKeyword || t == ast.TypeText }

// isLowered reports whether a normalizer lowers what is stored.
func isLowered(f ast.Field) bool { return f.Case == ast.CaseFolded && f.Type == ast.TypeKeyword }

// spelled is a pattern in the letter case that the field is known to have, if
// any. A normalizer works on what is stored and on what the index is asked for,
// but not on what is compared outside of the index, so the text is lowered here
// as it lowers. A text field's values are compared as they came.
func spelled(f ast.Field, v *ast.Pattern) (*ast.Pattern, error) {
	if !patternHasCase(v) || f.Case == ast.CaseUnknown || f.Case == ast.CaseFolded && !isLowered(f) {
		return v, nil
	}
	if isLowered(f) && v.Cased {
		return nil, unsupported(backends.FeatureCased, v.Span, fmt.Sprintf("%q is stored in one letter case", f.Name))
	}
	s := *v
	s.Cased = true
	if isLowered(f) {
		s.Parts = slices.Clone(v.Parts)
		for i, p := range s.Parts {
			if lit, ok := p.(ast.Literal); ok {
				s.Parts[i] = ast.Literal(strings.ToLower(string(lit)))
			}
		}
	}
	return &s, nil
}

// address adds a whole value over an ip field, which keeps the address and not
// its spelling.
func (c *converter) address(l *list, v *ast.Pattern, text string) {
	c.assume(canonicalIP, l.field)
	addr, err := netip.ParseAddr(text)
	if text = strings.ToLower(text); err != nil || addr.String() != text || addr.Zone() != "" || addr.Is4In6() {
		l.other = append(l.other, backends.Const(false))
		return
	}
	if l.field.Multi == ast.SingleValued {
		l.in = append(l.in, quoteString(text))
		return
	}
	l.search.terms = append(l.search.terms, &term{text: text, typed: true, match: quoteString(text), span: v.Span})
}

// maxLikes bounds the patterns of a list that get an operator of their own;
// more than that are cheaper as regular expressions.
const maxLikes = 50

// plain adds a string over a field of which all is known that the plain
// operators assume. It reports whether there is one for it. A list of patterns
// becomes one automaton, which must not be too large: the work grows with the
// patterns' number and length where there is a * in front, and beyond measure
// where there is another (measured: 20 patterns *x* of 45 characters each are
// an error).
func (c *converter) plain(l *list, v *ast.Pattern) bool {
	shape, text := v.Shape()
	like := func() string { return quoteString(quoteLike(v)) }
	switch {
	case shape == ast.ShapeExact:
		l.in = append(l.in, quoteString(text))
		return true
	case hasDash(v) || len(l.heads)+len(l.tails)+len(l.likes) >= maxLikes:
		return false
	case shape == ast.ShapePrefix:
		l.heads = append(l.heads, like())
	case shape == ast.ShapeSuffix:
		l.tails = append(l.tails, like())
	default:
		l.likes = append(l.likes, like())
	}
	return true
}

// patternTerm writes a pattern as an expression, with the runs at its ends as
// head and tail.
func patternTerm(v *ast.Pattern) *term {
	t := &term{plain: true, join: true, span: v.Span}
	parts := v.Parts
	if len(parts) > 0 && parts[0] == (ast.AnyRun{}) {
		t.head, parts = padAny, parts[1:]
	}
	if n := len(parts); n > 0 && parts[n-1] == (ast.AnyRun{}) {
		t.tail, parts = padAny, parts[:n-1]
	}
	t.write(parts, v.Cased, ".")
	return t
}

// write writes parts of a pattern as the term's expression; one matches any
// one character.
func (t *term) write(parts []ast.Part, cased bool, one string) {
	t.pattern = &pattern{parts: parts, cased: cased, one: one}
	var b strings.Builder
	for _, part := range parts {
		switch part := part.(type) {
		case ast.Literal:
			b.Grow(4*len(part) + 4) // a letter in two cases, in brackets
			writeLiteral(&b, string(part), cased)
		case ast.AnyRun:
			b.WriteString(one + "*")
			t.plain, t.join = false, false
		case ast.AnyOne:
			b.WriteString(one)
			t.plain = false
			// Behind a run, each doubles the states of all that share the expression.
			t.join = t.join && t.head == ""
		case ast.Dash:
			b.WriteString(dashClass)
			t.plain = false
		}
	}
	t.expression = b.String()
}

// dashClass is ast.DashRunes as a class.
const dashClass = "[\\-\\/\u2013\u2014\u2015]"

func writeLiteral(b *strings.Builder, s string, cased bool) {
	for _, r := range s {
		if cased {
			writeRune(b, r)
		} else {
			writeFolded(b, r)
		}
	}
}

// text prepares a list for a leaf that reads the field's text. It reports false
// when no value of the field's type has a text that such a leaf could match.
func (c *converter) text(l *list, what string, span source.Span) (bool, error) {
	column := quoteColumn(l.field.Name)
	switch l.field.Type {
	case ast.TypeUnknown:
		c.assume("keyword", l.field)
		return true, nil
	case ast.TypeKeyword:
		return true, nil
	case ast.TypeText:
		l.search.computed = column
	case ast.TypeIP:
		c.assume(canonicalIP, l.field)
		l.search.computed = "TO_STRING(" + column + ")"
	case ast.TypeLong, ast.TypeBoolean:
		l.search.computed = "TO_STRING(" + column + ")"
	default:
		return false, unsupported(backends.FeatureWildcard, span, fmt.Sprintf("a %s over %q, which is not stored as text", what, l.field.Name))
	}
	return true, c.oneValueOf(l.field, backends.FeatureWildcard, span)
}

// number adds a number. As a term it is right for a keyword and for a number.
func (c *converter) number(l *list, v *ast.Number) error {
	text, match := v.Decimal.String(), ""
	switch l.field.Type {
	case ast.TypeUnknown:
		c.assumeOr(equalTypes[rangeOf(v)], l.field)
		c.spelling(l.field)
	case ast.TypeKeyword:
		if match = quoteString(text); l.field.Multi == ast.SingleValued {
			l.in = append(l.in, match)
			return nil
		}
	case ast.TypeLong, ast.TypeDouble:
		switch size := rangeOf(v); {
		case l.field.Type == ast.TypeLong && size == beyondLong:
			l.other = append(l.other, backends.Const(false))
			return nil
		case l.field.Type == ast.TypeDouble && size != everyNumber:
			return unsupported(backends.FeatureComparison, v.Span, "a double does not tell this number from its neighbours")
		}
		if n, ok := numberLiteral(v); ok {
			if match = n; l.field.Multi == ast.SingleValued {
				l.in = append(l.in, n)
				return nil
			}
		}
	case ast.TypeText:
		if _, err := c.text(l, "number", v.Span); err != nil {
			return err
		}
	default:
		return unsupported(backends.FeatureComparison, v.Span, fmt.Sprintf("a number over %q, which is stored as something else", l.field.Name))
	}
	l.search.terms = append(l.search.terms, &term{text: text, typed: true, match: match, span: v.Span})
	return nil
}

// numberRange says which fields can hold a number and its neighbours.
type numberRange uint8

const (
	everyNumber numberRange = iota
	onlyLong                // an integer of more than 53 bits
	beyondLong              // an integer of more than 63 bits
)

func rangeOf(v *ast.Number) numberRange {
	if !v.Decimal.IsInteger() {
		return everyNumber
	}
	switch n, ok := v.Decimal.Int(); {
	case !ok:
		return beyondLong
	case n >= 1<<53 || n <= -1<<53:
		return onlyLong
	}
	return everyNumber
}

// The types that a field of unknown type is taken to have beside a number, by
// its range: where it is compared for equality, and for order.
var (
	equalTypes = [...]string{everyNumber: "number", onlyLong: "long", beyondLong: ""}
	orderTypes = [...]string{everyNumber: "number", onlyLong: "long", beyondLong: "double"}
)

// numberLiteral writes a number that every operator takes beside a long or a
// double.
func numberLiteral(v *ast.Number) (string, bool) {
	if v.Decimal.IsInteger() {
		n, ok := v.Decimal.Int()
		return strconv.FormatInt(n, 10), ok
	}
	text := v.Decimal.String()
	return text, !strings.Contains(text, "e")
}

// boolean adds true or false. The word is a term of a boolean field; text may
// hold it in any letter case.
func (c *converter) boolean(l *list, v *ast.Bool) error {
	word := strconv.FormatBool(v.Value)
	anyCase := patternTerm(&ast.Pattern{Parts: []ast.Part{ast.Literal(word)}, Span: v.Span})
	switch l.field.Type {
	case ast.TypeUnknown:
		c.assumeOr("boolean", l.field)
		l.search.terms = append(l.search.terms, &term{text: word, native: true, span: v.Span}, anyCase)
	case ast.TypeKeyword, ast.TypeText:
		if l.field.Case == ast.CaseCanonical || isLowered(l.field) {
			if l.field.Multi == ast.SingleValued {
				l.in = append(l.in, quoteString(word))
				return nil
			}
			anyCase = &term{text: word, match: quoteString(word), span: v.Span}
		}
		if _, err := c.text(l, "boolean", v.Span); err != nil {
			return err
		}
		l.search.terms = append(l.search.terms, anyCase)
	case ast.TypeBoolean:
		if l.field.Multi == ast.SingleValued {
			l.in = append(l.in, word)
			return nil
		}
		l.search.terms = append(l.search.terms, &term{text: word, native: true, match: word, span: v.Span})
	default:
		return unsupported(backends.FeatureComparison, v.Span, fmt.Sprintf("a boolean over %q, which is stored as something else", l.field.Name))
	}
	return nil
}

// regex adds a search with a regular expression.
func (c *converter) regex(l *list, v *ast.Regex) error {
	re, err := v.Parse()
	if err != nil {
		return unsupported(backends.FeatureRegexSyntax, v.Span, err.Error())
	}
	p, err := translator{}.search(re)
	if err != nil {
		return unsupported(backends.FeatureRegexSyntax, v.Span, err.Error())
	}
	if p.never {
		l.other = append(l.other, backends.Const(false))
		return nil
	}
	if isLowered(l.field) && regexMindsCase(re) {
		return unsupported(backends.FeatureCased, v.Span, fmt.Sprintf("%q is stored in one letter case", l.field.Name))
	}
	if ok, err := c.text(l, "regular expression", v.Span); err != nil || !ok {
		return err
	}
	if regexMayBeNumber(re) {
		c.spelling(l.field)
	}
	l.search.terms = append(l.search.terms, regexTerm(p, v))
	return nil
}

func regexTerm(p piece, v *ast.Regex) *term {
	if p.text == "" {
		return &term{span: v.Span} // the empty value
	}
	return &term{expression: p.text, regex: v, span: v.Span}
}

// cidr adds a network.
func (c *converter) cidr(l *list, v *ast.CIDR) error {
	switch l.field.Type {
	case ast.TypeUnknown, ast.TypeKeyword, ast.TypeText:
		if _, err := c.text(l, "network", v.Span); err != nil {
			return err
		}
	case ast.TypeIP:
		return c.cidrOfIP(l, v)
	default:
		return unsupported(backends.FeatureCIDR, v.Span, fmt.Sprintf("%q is stored as something else than an address", l.field.Name))
	}
	if !v.Prefix.IsValid() {
		return unsupported(backends.FeatureCIDR, v.Span, "no network")
	}
	if addr := v.Prefix.Addr(); addr.Is4() && v.Prefix.IsSingleIP() {
		l.search.terms = append(l.search.terms, &term{text: addr.String(), span: v.Span})
		return nil
	}
	l.spelled = append(l.spelled, v.Prefix)
	return nil
}

// cidrOfIP adds a network over an ip field, which stores IPv4 as the IPv6
// addresses ::ffff:0:0/96 and cannot tell the one from the other.
func (c *converter) cidrOfIP(l *list, v *ast.CIDR) error {
	if addr := v.Prefix.Masked().Addr(); !addr.Is4() {
		if bits := v.Prefix.Bits(); addr.Is4In6() || bits < 96 && !v.Prefix.IsSingleIP() && v.Prefix.Contains(mappedZero) {
			return unsupported(backends.FeatureIPv6, v.Span, "an ip field cannot tell IPv4 from IPv4-mapped IPv6 addresses, and the network holds them")
		}
	}
	if l.field.Multi == ast.SingleValued {
		l.networks = append(l.networks, quoteString(v.Prefix.Masked().String()))
		return nil
	}
	network := v.Prefix.String()
	l.search.terms = append(l.search.terms, &term{text: network, typed: true, match: quoteString(network), span: v.Span})
	return nil
}

// decimalGuard is the text that counts as a number. The conversion would also
// take 12d, 0x1p4 and blanks around.
const decimalGuard = `[\-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][\-+]?[0-9]+)?`

// comparison adds an order relation. A query string orders numbers as numbers
// in a numeric field, and as text in any other.
func (c *converter) comparison(l *list, v *ast.Comparison) error {
	if v.Op == ast.Equal {
		return c.number(l, v.Number)
	}
	size := rangeOf(v.Number)
	switch l.field.Type {
	case ast.TypeUnknown:
		if c.asText[l.field.Name] {
			return c.compareText(l, v)
		}
		c.assume(orderTypes[size], l.field)
	case ast.TypeKeyword, ast.TypeText:
		return c.compareText(l, v)
	case ast.TypeLong, ast.TypeDouble:
		switch {
		case l.field.Type == ast.TypeLong && size == beyondLong:
			// Every long lies on the same side of the number.
			if v.Op.Holds(zero.Cmp(v.Number.Decimal)) {
				l.other = append(l.other, c.exists(l))
			} else {
				l.other = append(l.other, backends.Const(false))
			}
			return nil
		case l.field.Type == ast.TypeDouble && size == onlyLong:
			return unsupported(backends.FeatureComparison, v.Span, "a double does not tell this number from its neighbours")
		}
		if literal, ok := numberLiteral(v.Number); ok && l.field.Multi == ast.SingleValued {
			l.other = append(l.other, c.nullable(quoteColumn(l.field.Name)+" "+v.Op.String()+" "+literal))
			return nil
		}
	default:
		return unsupported(backends.FeatureComparison, v.Span, fmt.Sprintf("%q is not stored as a number", l.field.Name))
	}
	l.search.terms = append(l.search.terms, &term{text: v.Op.String() + v.Number.Decimal.String(), native: true, span: v.Span})
	return nil
}

// zero stands for all longs beside a number that none of them reaches.
var zero ast.Decimal

// compareText compares the number that a text reads as.
func (c *converter) compareText(l *list, v *ast.Comparison) error {
	literal, ok := numberLiteral(v.Number)
	if !ok {
		return unsupported(backends.FeatureComparison, v.Span, "the number is beyond what the engine can write")
	}
	if err := c.oneValueOf(l.field, backends.FeatureComparison, v.Span); err != nil {
		return err
	}
	c.notes.Add(backends.NoteNumberSpelling, l.field.Name)
	column := quoteColumn(l.field.Name)
	var guard backends.Clause
	if l.field.Type == ast.TypeText {
		guard = c.nullable(column + " RLIKE " + quoteString(decimalGuard))
	} else {
		if l.field.Type == ast.TypeUnknown {
			c.assume("keyword", l.field)
		}
		guard = searches(l.field.Name, []string{"/" + decimalGuard + "/"})[0]
	}
	l.other = append(l.other, backends.All{guard, c.nullable("TO_DOUBLE(" + column + ") " + v.Op.String() + " " + literal)})
	return nil
}

// timeParts are the functions that give a part of a date.
var timeParts = [...]string{
	ast.Minute: `DATE_EXTRACT("MINUTE_OF_HOUR", %s)`,
	ast.Hour:   `DATE_EXTRACT("HOUR_OF_DAY", %s)`,
	ast.Day:    `DATE_EXTRACT("DAY_OF_MONTH", %s)`,
	// The ISO week is counted by its Thursday.
	ast.Week:  `(DATE_EXTRACT("DAY_OF_YEAR", DATE_TRUNC(1 week, %s) + 3 days) + 6) / 7`,
	ast.Month: `DATE_EXTRACT("MONTH_OF_YEAR", %s)`,
	ast.Year:  `DATE_EXTRACT("YEAR", %s)`,
}

// timePart adds a part of a time. The engine keeps instants and no wall clock,
// so the two are the same only where times were written in UTC.
func (c *converter) timePart(l *list, v *ast.TimePart) error {
	date := quoteColumn(l.field.Name)
	switch l.field.Type {
	case ast.TypeDate:
	case ast.TypeUnknown, ast.TypeKeyword, ast.TypeText:
		if isLowered(l.field) { // TO_DATETIME reads T and Z, and no t and z
			return unsupported(backends.FeatureTimePart, v.Span, fmt.Sprintf("%q is stored in lower case", l.field.Name))
		}
		date = "TO_DATETIME(" + date + ")"
	default:
		return unsupported(backends.FeatureTimePart, v.Span, fmt.Sprintf("%q is not stored as a date", l.field.Name))
	}
	if err := c.oneValueOf(l.field, backends.FeatureTimePart, v.Span); err != nil {
		return err
	}
	c.assume("date and time in UTC", l.field)
	op := v.Op.String()
	if v.Op == ast.Equal {
		op = "=="
	}
	part := fmt.Sprintf(timeParts[v.Unit], date)
	l.other = append(l.other, c.nullable(part+" "+op+" "+strconv.Itoa(v.N)))
	return nil
}

// keyword adds what is searched in the field that holds the event's leaves,
// one a line.
func (c *converter) keyword(l *list, v *ast.Keyword) error {
	c.notes.Add(backends.NoteMessageField, messageField)
	c.assume("keyword", l.field)
	switch k := v.Value.(type) {
	case *ast.Pattern:
		return c.keywordPattern(l, k)
	case *ast.Number:
		text := k.Lexeme
		if text == "" {
			text = k.Decimal.String()
		}
		return c.keywordPattern(l, &ast.Pattern{Parts: []ast.Part{ast.Literal(text)}, Span: k.Span})
	case *ast.Regex:
		re, err := k.Parse()
		if err != nil {
			return unsupported(backends.FeatureRegexSyntax, k.Span, err.Error())
		}
		p, err := translator{lines: true}.search(re)
		switch {
		case err != nil:
			return unsupported(backends.FeatureRegexSyntax, k.Span, err.Error())
		case p.never:
			l.other = append(l.other, backends.Const(false))
		case p.text == padAny:
			l.other = append(l.other, c.exists(l))
		default:
			l.search.terms = append(l.search.terms, regexTerm(p, k))
		}
		return nil
	}
	return unsupported(backends.FeatureKeyword, v.Span, "neither a string, a number nor a regular expression")
}

// keywordPattern adds a string that lies in one line of the message.
func (c *converter) keywordPattern(l *list, v *ast.Pattern) error {
	v = v.Contains()
	if !validText(v) {
		return unsupported(backends.FeatureBytes, v.Span, "ES|QL is written in UTF-8")
	}
	if shape, _ := v.Shape(); shape == ast.ShapeAny {
		l.other = append(l.other, c.exists(l))
		return nil
	}
	t := &term{head: padAny, tail: padAny, join: true, plain: true, span: v.Span}
	t.write(v.Parts[1:len(v.Parts)-1], v.Cased, "[^\n]")
	l.search.terms = append(l.search.terms, t)
	return nil
}
