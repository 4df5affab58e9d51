package kql

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
)

// types is a set of the ways in which a field may be stored.
type types uint8

const (
	keyword types = 1 << iota
	long
	double
	ip
	boolean
	anyType = keyword | long | double | ip | boolean
)

// String names the set for a note: "keyword or number".
func (t types) String() string {
	var words []string
	for _, n := range []struct {
		types types
		word  string
	}{{keyword, "keyword"}, {long | double, "number"}, {long, "long"}, {double, "double"}, {ip, "ip"}, {boolean, "boolean"}} {
		if t&n.types == n.types {
			words = append(words, n.word)
			t &^= n.types
		}
	}
	return strings.Join(words, " or ")
}

// storedTypes is what is known of a field's type. Text is searched by words, a
// date by instants and an object not at all, so no value is exact on them.
func storedTypes(t ast.FieldType) types {
	switch t {
	case ast.TypeUnknown:
		return anyType
	case ast.TypeKeyword, ast.TypeFlattened:
		return keyword
	case ast.TypeIP:
		return ip
	case ast.TypeLong:
		return long
	case ast.TypeDouble:
		return double
	case ast.TypeBoolean:
		return boolean
	case ast.TypeText, ast.TypeDate, ast.TypeObject:
	}
	return 0
}

var typeNames = [...]string{
	ast.TypeUnknown: "unknown", ast.TypeKeyword: "keyword", ast.TypeText: "text", ast.TypeIP: "ip",
	ast.TypeLong: "long", ast.TypeDouble: "double", ast.TypeBoolean: "boolean", ast.TypeDate: "date", ast.TypeObject: "object",
	ast.TypeFlattened: "flattened",
}

// use is what the leaves of a query demand of one field.
type use struct {
	name    string
	types   types // that every leaf so far is right on
	unknown bool  // no schema tells the type
	numbers bool  // the field may hold numbers, as the source spells them
	span    source.Span

	letters  bool // a leaf ignores the case of letters
	folding  bool // of letters beyond ASCII
	word     bool // a leaf ignores the case of true or false
	cased    bool // a leaf minds the case of letters, and no schema tells how they are stored
	spelling bool // a leaf may meet numbers, whose text in a keyword field is that of the source
}

// demand narrows a field's types to those on which one more leaf is right.
func (c *converter) demand(f ast.Field, want types, span source.Span) (*use, error) {
	stored := storedTypes(f.Type)
	u := c.uses[f.Name]
	if u == nil {
		u = &use{name: f.Name, types: anyType, unknown: true, numbers: true, span: span}
		c.uses[f.Name] = u
		c.order = append(c.order, u)
	}
	u.unknown = u.unknown && f.Type == ast.TypeUnknown
	u.numbers = u.numbers && (f.Type == ast.TypeUnknown || f.Type == ast.TypeFlattened)
	rest := u.types & stored & want
	if rest == 0 {
		return nil, u.conflict(f, want, span)
	}
	u.types = rest
	return u, nil
}

func (u *use) conflict(f ast.Field, want types, span source.Span) error {
	feature := backends.FeatureFieldName // the nearest: another name, f.keyword, may serve
	switch {
	case want == ip || u.types == ip:
		feature = backends.FeatureCIDR
	case want&^(long|double) == 0 || u.types&^(long|double) == 0:
		feature = backends.FeatureComparison
	}
	detail := fmt.Sprintf("the field %s is %s in another part of the rule and would have to be %s here", f.Name, u.types, want)
	if storedTypes(f.Type)&want == 0 && int(f.Type) < len(typeNames) {
		detail = fmt.Sprintf("the field %s is %s and would have to be %s", f.Name, typeNames[f.Type], want)
	}
	return unsupported(feature, span, detail)
}

// letters records how a string leaf takes letter case.
func (c *converter) letters(u *use, f ast.Field, v *ast.Pattern, span source.Span) error {
	var has, beyond bool
	for _, part := range v.Parts {
		if lit, ok := part.(ast.Literal); ok {
			has = has || backends.HasCase(string(lit))
			beyond = beyond || backends.FoldsBeyondASCII(string(lit))
		}
	}
	switch {
	case !has || f.Case == ast.CaseCanonical:
	case v.Cased:
		if f.Case == ast.CaseFolded {
			return unsupported(backends.FeatureCased, span, "the field "+f.Name+" is stored and searched in one letter case")
		}
		u.cased = u.cased || f.Case == ast.CaseUnknown
		if !c.hasCased {
			c.hasCased, c.cased = true, span
		}
	case f.Case == ast.CaseUnknown:
		u.letters = true
		u.folding = u.folding || beyond
	}
	return nil
}

// assumptions gives the notes, or refuses what they cannot say together.
func (c *converter) assumptions() ([]backends.Note, error) {
	for _, u := range c.order {
		if err := c.assume(u); err != nil {
			return nil, err
		}
	}
	return c.notes.List(), nil
}

func (c *converter) assume(u *use) error {
	if c.hasCased && u.word && u.types&boolean != 0 {
		u.types = boolean // has no letter case to ignore
	}
	subject := u.name + " " + u.types.String()
	if u.types&keyword != 0 {
		if (u.letters || u.word) && c.hasCased {
			return unsupported(backends.FeatureCased, c.cased,
				"the query also ignores case in "+u.name+", and a search either ignores case or does not")
		}
		if u.letters || u.word {
			c.notes.Add(backends.NoteLetterCase, u.name)
		}
		if u.folding {
			c.notes.Add(backends.NoteFolding, u.name)
		}
		if u.spelling && u.numbers {
			c.notes.Add(backends.NoteNumberSpelling, u.name)
		}
		if u.cased {
			subject += " that keeps letter case"
		}
	}
	if u.unknown || u.cased {
		c.notes.Add(backends.NoteFieldType, subject)
	}
	return nil
}

// literalTypes are the types on which an exact string is right: a text that is
// also the canonical form of a typed value is that value on a typed field.
// Anything else is an error of the whole query there (measured).
func literalTypes(text string) types {
	t := keyword
	if d, ok := ast.ParseDecimal(text); ok && d.String() == text {
		t |= numberTypes(d)
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" && !a.Is4In6() && a.String() == text {
		t |= ip
	}
	if text == "true" || text == "false" {
		t |= boolean
	}
	return t
}

// maxExact is the number up to which a double tells integers apart.
const maxExact = 1 << 53

// numberTypes are the types of number that hold d without becoming another
// number that is stored the same.
func numberTypes(d ast.Decimal) types {
	n, ok := d.Truncate().Int()
	if !ok {
		return 0
	}
	t := long
	if -maxExact < n && n < maxExact && isDouble(d) {
		t |= double
	}
	return t
}

// isDouble reports whether d is the number that a double prints.
func isDouble(d ast.Decimal) bool {
	f, err := strconv.ParseFloat(d.String(), 64)
	if err != nil {
		return false
	}
	back, ok := ast.ParseDecimal(strconv.FormatFloat(f, 'g', -1, 64))
	return ok && back.Cmp(d) == 0
}

// matchesNumbers reports whether a pattern with wildcards can match the text of
// a number, of which a keyword field keeps the source's spelling.
func matchesNumbers(v *ast.Pattern) bool {
	for _, part := range v.Parts {
		if lit, ok := part.(ast.Literal); ok && !inNumber(string(lit)) {
			return false
		}
	}
	return true
}

// inNumber reports whether text may be a piece of a number's text.
func inNumber(text string) bool {
	points, exponents := 0, 0
	for i := range len(text) {
		var before byte
		if i > 0 {
			before = text[i-1] | 0x20
		}
		switch c := text[i] | 0x20; {
		case isDigit(text[i]):
		case text[i] == '.':
			points++
			if before != 0 && !isDigit(text[i-1]) {
				return false
			}
		case text[i] == '-' || text[i] == '+':
			if before != 0 && before != 'e' {
				return false
			}
		case c == 'e':
			exponents++
			if before != 0 && !isDigit(text[i-1]) {
				return false
			}
		default:
			return false
		}
	}
	return points <= 1 && exponents <= 1
}
