package evaluator

import (
	"encoding/json"
	"iter"
	"slices"
	"strconv"
	"strings"

	"sigmatic/ast"
)

// maxDepth is the number of levels below the event at which values are still
// seen: by a field's path, inside arrays and maps, and by keywords (§2.6, §2.9).
// The members of the event itself are at level 1.
const maxDepth = 64

// Event is one decoded JSON object. ParseEvent makes it; it does not change. To
// the leaves under an array selector, a member is an event as well (§2.8), of any
// kind, and without a root where there is no such member.
type Event struct{ root *value }

// valueKind is the JSON type of a value.
type valueKind uint8

const (
	kindNull valueKind = iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindMap
)

// value is a node of the event. Every node knows its place, so that an
// explanation can name it.
type value struct {
	kind valueKind
	// text is a string's contents (they may hold any bytes), a number as it was
	// written, or true or false.
	text    string
	items   []*value          // the members of an array or map, in source order
	members map[string]*value // of a map

	parent *value // nil for the event itself
	name   string // the key in a parent that is a map
	index  int    // the place in a parent that is an array
	depth  int
}

// tooDeep reports whether v lies below the levels that anything looks at.
func (v *value) tooDeep() bool { return v.depth > maxDepth }

// decimal is the value of a number, exactly.
func (v *value) decimal() ast.Decimal {
	d, _ := ast.ParseDecimal(v.text) // every JSON number is one
	return d
}

// scalarText is the text in which a value is compared with text (§2.7): a
// string's contents, true or false, and a number in canonical form, so that 12,
// 12.0 and 1.2e1 in an event are all the text 12. Null, arrays and maps have
// no such text.
func (v *value) scalarText() (string, bool) {
	switch v.kind {
	case kindBool, kindString:
		return v.text, true
	case kindNumber:
		return v.decimal().String(), true
	case kindNull, kindArray, kindMap:
	}
	return "", false
}

// fieldPath is a field's name, split once.
type fieldPath struct {
	name  string
	steps []string // nil for the event itself
}

// scope is what a name is looked up in.
type scope uint8

const (
	ofEvent  scope = iota
	ofMember       // of an array, where ast.Self is the member
)

func (s scope) path(name string) fieldPath {
	if s == ofMember && name == ast.Self {
		return fieldPath{name: name}
	}
	return fieldPath{name: name, steps: strings.Split(name, ".")}
}

// lookup finds what a field holds (§2.9). A top-level key that is spelled like
// the whole name wins, and then nothing else is looked at. Otherwise the name is
// split at its dots; maps are entered by key, arrays are crossed, and all ends
// are collected. Keys further down that hold dots themselves are out of reach:
// in {"a.b":{"c":1}} there is no field a.b.c.
//
// No result means that the field is absent.
func (ev *Event) lookup(p fieldPath) []*value {
	if ev.root == nil {
		return nil
	}
	if v, ok := ev.root.members[p.name]; ok && p.steps != nil {
		return []*value{v}
	}
	return follow(nil, ev.root, p.steps)
}

func follow(found []*value, v *value, steps []string) []*value {
	if v.tooDeep() {
		return found
	}
	if len(steps) == 0 {
		return append(found, v)
	}
	switch v.kind {
	case kindMap:
		if m, ok := v.members[steps[0]]; ok {
			return follow(found, m, steps[1:])
		}
	case kindArray:
		for _, item := range v.items {
			found = follow(found, item, steps)
		}
	case kindNull, kindBool, kindNumber, kindString:
	}
	return found
}

// opened gives the values that a leaf compares (§2.7, "any member"): what
// lookup found, with every array replaced by its members, and arrays among
// those by theirs. An empty array gives nothing.
func opened(found []*value) iter.Seq[*value] {
	return func(yield func(*value) bool) {
		for _, v := range found {
			if !openInto(v, yield) {
				return
			}
		}
	}
}

func openInto(v *value, yield func(*value) bool) bool {
	if v.tooDeep() {
		return true
	}
	if v.kind != kindArray {
		return yield(v)
	}
	for _, item := range v.items {
		if !openInto(item, yield) {
			return false
		}
	}
	return true
}

// scalars gives the strings, numbers and booleans at or below v, in source order;
// none where there is no v.
func (v *value) scalars() iter.Seq[*value] {
	return func(yield func(*value) bool) {
		if v != nil {
			scalarsInto(v, yield)
		}
	}
}

func scalarsInto(v *value, yield func(*value) bool) bool {
	if v.tooDeep() {
		return true
	}
	switch v.kind {
	case kindBool, kindNumber, kindString:
		return yield(v)
	case kindArray, kindMap:
		for _, item := range v.items {
			if !scalarsInto(item, yield) {
				return false
			}
		}
	case kindNull:
	}
	return true
}

// json is the compact JSON text of v: no blanks, members in source order,
// numbers as they were written, and in strings only what JSON demands is
// escaped, however the source had spelled it.
func (v *value) json() string {
	var b strings.Builder
	writeJSON(&b, v)
	return b.String()
}

func writeJSON(b *strings.Builder, v *value) {
	switch v.kind {
	case kindNull:
		b.WriteString("null")
	case kindBool, kindNumber:
		b.WriteString(v.text)
	case kindString:
		writeJSONString(b, v.text)
	case kindArray:
		b.WriteByte('[')
		for i, item := range v.items {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, item)
		}
		b.WriteByte(']')
	case kindMap:
		b.WriteByte('{')
		for i, item := range v.items {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSONString(b, item.name)
			b.WriteByte(':')
			writeJSON(b, item)
		}
		b.WriteByte('}')
	}
}

// writeJSONString is by hand because encoding/json escapes <, > and & and
// replaces bytes that are not UTF-8.
func writeJSONString(b *strings.Builder, s string) {
	const hex = "0123456789abcdef"
	b.WriteByte('"')
	for i := range len(s) {
		c := s[i]
		if short := strings.IndexByte("\"\\\b\f\n\r\t", c); short >= 0 {
			b.WriteByte('\\')
			b.WriteByte(`"\bfnrt`[short])
			continue
		}
		if c < ' ' {
			b.WriteString(`\u00`)
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&0xf])
			continue
		}
		b.WriteByte(c)
	}
	b.WriteByte('"')
}

// path is the place of v in the event, for people: userIdentity.arn,
// resources[0].ARN, or ["a.b"] where a key would read as something else.
func (v *value) path() string {
	if v.parent == nil {
		return ""
	}
	before := v.parent.path()
	switch {
	case v.parent.kind == kindArray:
		return before + "[" + strconv.Itoa(v.index) + "]"
	case v.name == "" || strings.ContainsAny(v.name, `.[]"`):
		quoted, _ := json.Marshal(v.name) // a string always can be
		return before + "[" + string(quoted) + "]"
	case before == "":
		return v.name
	}
	return before + "." + v.name
}

// hasValue reports whether there is anything but null in v.
func (v *value) hasValue() bool {
	switch v.kind {
	case kindNull:
		return false
	case kindArray, kindMap:
		return slices.ContainsFunc(v.items, (*value).hasValue)
	case kindBool, kindNumber, kindString:
	}
	return true
}
