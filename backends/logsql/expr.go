package logsql

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
)

// messageField is where VictoriaLogs keeps the text of an event
// (https://docs.victoriametrics.com/victorialogs/keyconcepts/#message-field).
const messageField = "_msg"

// maxFieldName is the longest field name in bytes that VictoriaLogs stores
// (lib/logstorage/consts.go, maxFieldNameSize).
const maxFieldName = 128

// printer turns leaves into clauses and gathers what they assume.
type printer struct {
	notes backends.Notes
	// lowered are the fields of which pipes add the text in lower case, and late
	// tells that a leaf asks about one.
	lowered []string
	late    bool
}

// leaf prints one leaf. LogsQL is two-valued and a filter on a field that an
// event lacks sees the empty text, so the polarity does not matter: every
// clause is exact, or none is printed.
func (p *printer) leaf(m *ast.Match, _ bool) (backends.Clause, error) {
	if k, ok := m.Value.(*ast.Keyword); ok {
		return p.keywords([]*ast.Keyword{k})
	}
	f, err := p.field(m.Field, m.Value.Range())
	if err != nil {
		return nil, err
	}
	switch v := m.Value.(type) {
	case *ast.Pattern, *ast.Number, *ast.Bool:
		return p.texts(f, []ast.Value{v})
	case *ast.Null:
		return p.null(f), nil
	case *ast.Regex:
		return p.regex(f, v)
	case *ast.CIDR:
		return p.networks(f, []*ast.CIDR{v})
	case *ast.Comparison:
		return p.comparison(f, v)
	case *ast.TimePart:
		return nil, refuse(backends.FeatureTimePart, v.Span, "no filter takes a field of text apart as a time")
	case *ast.Exists:
		return p.exists(f, v), nil
	case *ast.FieldRef:
		return p.fieldRef(f, v)
	}
	return nil, refuse(backends.FeatureKeyword, m.Value.Range(), fmt.Sprintf("a value of type %T", m.Value))
}

// list prints alternatives over one field. Those that are looked for in the
// field's text become as few filters as possible: one alternation of 500
// values ran ten times faster than 500 filters (measured on VictoriaLogs
// 1.121.0).
func (p *printer) list(ms []*ast.Match, negated bool) (backends.Clause, error) {
	var out backends.Any
	var texts []ast.Value
	var networks []*ast.CIDR
	var keywords []*ast.Keyword
	var others []*ast.Match
	for _, m := range ms {
		switch v := m.Value.(type) {
		case *ast.Pattern, *ast.Number, *ast.Bool:
			texts = append(texts, v)
		case *ast.CIDR:
			networks = append(networks, v)
		case *ast.Keyword:
			keywords = append(keywords, v)
		default:
			others = append(others, m)
		}
	}
	add := func(c backends.Clause, err error) error {
		out = append(out, c)
		return err
	}
	if len(keywords) > 0 {
		if err := add(p.keywords(keywords)); err != nil {
			return nil, err
		}
	}
	if len(texts)+len(networks) > 0 {
		f, err := p.field(ms[0].Field, ms[0].Value.Range())
		if err != nil {
			return nil, err
		}
		if len(texts) > 0 {
			if err := add(p.texts(f, texts)); err != nil {
				return nil, err
			}
		}
		if len(networks) > 0 {
			if err := add(p.networks(f, networks)); err != nil {
				return nil, err
			}
		}
	}
	for _, m := range others {
		if err := add(p.leaf(m, negated)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// field is a field that filters can look at.
type field struct {
	ast.Field
	quoted string
}

// has is the filter on a value of any text but the empty one. "_msg:*" is
// special, it matches every event.
func (f field) has() backends.Clause {
	if f.Name == messageField {
		return backends.Neg{Of: backends.Atom(f.quoted + `:=""`)}
	}
	return backends.Atom(f.quoted + ":*")
}

// matches is the filter on a regular expression.
func (f field) matches(regex string) backends.Atom {
	return backends.Atom(f.quoted + ":~" + quoteString(regex))
}

// field checks that a field can be looked at, and notes what every filter on
// it takes for granted.
func (p *printer) field(f ast.Field, span source.Span) (field, error) {
	if f.Span.File != nil {
		span = f.Span
	}
	switch {
	case f.Name == "":
		return field{}, refuse(backends.FeatureFieldName, span, "the empty name stands for the message")
	case f.Name == "_time" || f.Name == "_stream" || f.Name == "_stream_id":
		return field{}, refuse(backends.FeatureFieldName, span, fmt.Sprintf("%q is not a field of the event, and has filters of its own", f.Name))
	case !utf8.ValidString(f.Name):
		return field{}, refuse(backends.FeatureBytes, span, fmt.Sprintf("the field name %q", f.Name))
	case len(f.Name) > maxFieldName:
		return field{}, refuse(backends.FeatureFieldName, span, fmt.Sprintf("names of more than %d bytes are not stored", maxFieldName))
	case f.Type == ast.TypeObject:
		return field{}, refuse(backends.FeatureFieldName, span, fmt.Sprintf("what is below %q is stored in fields of its own, and no filter searches all of them", f.Name))
	}
	switch f.Multi {
	case ast.MultiUnknown:
		p.notes.Add(backends.NoteSingleValue, f.Name)
	case ast.MultiValued:
		p.notes.Add(backends.NoteFieldType, f.Name+` (a list of plain values, as JSON text without \u escapes of what prints)`)
	}
	return field{f, quoteField(f.Name)}, nil
}

// null prints the leaf for a field without a value. A missing field and null
// read as the empty text; an empty list and [null] are kept as such.
func (p *printer) null(f field) backends.Clause {
	p.notes.Add(backends.NoteMissingEmpty, f.Name)
	if f.Multi == ast.SingleValued {
		return backends.Atom(f.quoted + `:=""`)
	}
	if f.Multi == ast.MultiUnknown {
		p.notes.Add(backends.NoteFieldType, f.Name+" (the texts [] and [null] are lists)")
	}
	return backends.Atom(f.quoted + `:in("", "[]", "[null]")`)
}

// exists prints the test of presence. Null and the empty text are no presence
// to the store.
func (p *printer) exists(f field, v *ast.Exists) backends.Clause {
	p.notes.Add(backends.NoteMissingEmpty, f.Name)
	p.notes.Add(backends.NoteNullNotIndexed, f.Name)
	if v.Want {
		return f.has()
	}
	return backends.Neg{Of: f.has()}
}

// decimal is what ast.ParseDecimal accepts. Without it, the engine's
// comparison also takes 12d for half a fortnight, 0x0c and 1_2 for twelve,
// and addresses and times for numbers (measured on VictoriaLogs 1.121.0).
const decimal = `^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$`

// comparison prints an order relation. The engine compares 64-bit floats, in
// which two different numbers of up to 15 digits, or integers below 2^53, never
// meet; a bound beyond that is refused, and what the field holds is noted.
func (p *printer) comparison(f field, v *ast.Comparison) (backends.Clause, error) {
	n := v.Number.Decimal
	bound := n.String()
	value, err := strconv.ParseFloat(bound, 64)
	if err != nil || !safeFloat(n, value) {
		return nil, refuse(backends.FeatureComparison, v.Span, fmt.Sprintf("numbers are compared as 64-bit floats, which cannot tell %s from its neighbours", bound))
	}
	if v.Op == ast.Equal {
		return nil, refuse(backends.FeatureComparison, v.Span, "an order relation is expected")
	}
	if f.Multi == ast.MultiValued {
		return nil, refuse(backends.FeatureComparison, v.Span, fmt.Sprintf("%q is a list, which is stored as text", f.Name))
	}
	atom := backends.Atom(f.quoted + ":" + v.Op.String() + bound)
	switch f.Type {
	case ast.TypeLong:
		return atom, nil
	case ast.TypeDouble:
		p.notes.Add(backends.NoteNumberSpelling, f.Name)
		return atom, nil
	}
	p.notes.Add(backends.NoteNumberSpelling, f.Name)
	p.notes.Add(backends.NoteFieldType, f.Name+" (its numbers are told apart by a 64-bit float)")
	return backends.All{atom, f.matches(decimal)}, nil
}

// safeFloat reports whether no other decimal of at most 15 digits, and no
// integer if d is a small one, has the same 64-bit float.
func safeFloat(d ast.Decimal, f float64) bool {
	const maxExact = 1 << 53
	if f != 0 && (math.Abs(f) > 1e300 || math.Abs(f) < 1e-300) {
		return false
	}
	if n, ok := d.Int(); ok && -maxExact < n && n < maxExact {
		return true
	}
	mantissa, _, _ := strings.Cut(d.String(), "e")
	digits := strings.Trim(strings.Replace(strings.TrimPrefix(mantissa, "-"), ".", "", 1), "0")
	return len(digits) <= 15
}

// plainAddress is an IPv4 address as netip.ParseAddr takes it, if the engine's
// ipv4_range takes it too: that one also reads 010.1.2.3 and 10.1.2.3x
// (measured on VictoriaLogs 1.121.0).
const plainAddress = `^(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){3}$`

// networks prints membership in one of several networks.
func (p *printer) networks(f field, vs []*ast.CIDR) (backends.Clause, error) {
	var ranges, out backends.Any
	var all, six []netip.Prefix
	for _, v := range vs {
		if !v.Prefix.IsValid() {
			return nil, refuse(backends.FeatureCIDR, v.Span, "not a network")
		}
		all = append(all, v.Prefix)
		if v.Prefix.Addr().Is4() {
			ranges = append(ranges, backends.Atom(f.quoted+":ipv4_range("+quoteString(v.Prefix.Masked().String())+")"))
		} else {
			six = append(six, v.Prefix)
		}
	}
	switch {
	case ranges == nil:
	case f.Type == ast.TypeIP && f.Multi != ast.MultiValued:
		out = append(out, ranges)
	default:
		out = append(out, backends.All{ranges, f.matches(plainAddress)})
	}
	if six != nil {
		out = append(out, f.matches("^(?:"+strings.Join(backends.NetworkExpressions(six, 0), "|")+")$"))
	}
	if f.Multi == ast.MultiValued {
		members := backends.NetworkExpressions(all, 0)
		for i, m := range members {
			members[i] = `"` + m + `"`
		}
		out = append(out, f.matches(arrayRegex("", members)))
	}
	return out, nil
}

// fieldRef prints the comparison of two fields. eq_field compares the texts as
// they are, and also holds when both fields are missing. Where letter case is not
// known, pipes put both texts in lower case, which is not quite folding.
func (p *printer) fieldRef(f field, v *ast.FieldRef) (backends.Clause, error) {
	if v.Mode != ast.RefEqual {
		return nil, refuse(backends.FeatureFieldRef, v.Span, fmt.Sprintf("no filter asks for one field's text %s of another", refPlace(v.Mode)))
	}
	other, err := p.field(v.Field, v.Span)
	if err != nil {
		return nil, err
	}
	if f.Multi == ast.MultiValued || other.Multi == ast.MultiValued {
		return nil, refuse(backends.FeatureFieldRef, v.Span, "a list is stored as text")
	}
	p.notes.Add(backends.NoteMissingEmpty, f.Name)
	p.noteSpelling(f)
	p.noteSpelling(other)
	has, left, right := f.has(), f.quoted, other.quoted
	if !caseKnown(f) || !caseKnown(other) {
		for _, side := range []field{f, other} {
			if !p.lower(side) {
				return nil, refuse(backends.FeatureFieldRef, v.Span, fmt.Sprintf("the pipe format has no way to name %q", side.Name))
			}
		}
		left, right = lowered(f.Name), lowered(other.Name)
		has = backends.Atom(left + ":*")
	}
	return backends.All{has, backends.Atom(left + ":eq_field(" + right + ")")}, nil
}

// lower has pipes add a field's text in lower case, if they can name the field.
func (p *printer) lower(f field) bool {
	plain := func(r rune) bool {
		return r < utf8.RuneSelf && (isDigit(byte(r)) || 'a' <= r|0x20 && r|0x20 <= 'z' || strings.ContainsRune("_.@-", r))
	}
	if strings.ContainsFunc(f.Name, func(r rune) bool { return !plain(r) }) {
		return false
	}
	p.late = true
	p.notes.Add(backends.NoteFolding, f.Name)
	if !slices.Contains(p.lowered, f.Name) {
		p.lowered = append(p.lowered, f.Name)
	}
	return true
}

func refPlace(m ast.RefMode) string {
	switch m {
	case ast.RefStartsWith:
		return "at the start"
	case ast.RefEndsWith:
		return "at the end"
	}
	return "inside"
}

// caseKnown reports whether equal texts are spelled equally in a field.
func caseKnown(f field) bool {
	switch f.Type {
	case ast.TypeLong, ast.TypeDouble, ast.TypeBoolean:
		return true
	}
	return f.Case == ast.CaseCanonical
}

// noteSpelling notes that numbers are taken to be stored in canonical text, if
// the field may hold numbers that are not.
func (p *printer) noteSpelling(f field) {
	if f.Type == ast.TypeUnknown || f.Type == ast.TypeFlattened || f.Type == ast.TypeDouble {
		p.notes.Add(backends.NoteNumberSpelling, f.Name)
	}
}

func refuse(feature backends.Feature, span source.Span, detail string) error {
	return &backends.Unsupported{Backend: name, Feature: feature, Span: span, Detail: detail}
}
