package spl

import (
	"cmp"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"sigmatic/evaluator/dialect"
)

// event is an event, or a row of a result.
type event struct {
	id     string
	time   float64 // seconds since 1970
	fields map[string]value
}

func (e *event) get(name string) value { return e.fields[name] }

func (e *event) set(name string, v value) {
	if v.kind == isNull {
		delete(e.fields, name)
		return
	}
	e.fields[name] = v
}

// clone copies the event for a command that changes it.
func (e *event) clone() *event {
	c := &event{e.id, e.time, make(map[string]value, len(e.fields)+1)}
	for name, v := range e.fields {
		c.fields[name] = v
	}
	return c
}

// newEvent extracts the fields of a JSON object (§3).
func newEvent(d dialect.Document, null JSONNull) (*event, error) {
	if !json.Valid(d.Body) {
		return nil, errors.New("expected valid JSON")
	}
	object := gjson.ParseBytes(d.Body)
	if !object.IsObject() {
		return nil, errors.New("expected a JSON object")
	}
	lists := map[string][]string{}
	extract(lists, "", object, null)
	e := &event{id: d.ID, fields: map[string]value{}}
	for name, texts := range lists {
		e.fields[name] = listValue(texts)
	}
	e.fields["_raw"] = textValue(string(d.Body))
	if !d.Time.IsZero() {
		e.time = float64(d.Time.UnixMicro()) / float64(time.Second/time.Microsecond)
		e.fields["_time"] = numberValue(e.time)
	}
	return e, nil
}

// extract gathers the leaves below a value by their names.
func extract(lists map[string][]string, name string, v gjson.Result, null JSONNull) {
	switch {
	case v.IsObject():
		v.ForEach(func(key, member gjson.Result) bool {
			below := key.String()
			if name != "" {
				below = name + "." + below
			}
			extract(lists, below, member, null)
			return true
		})
	case v.IsArray():
		v.ForEach(func(_, member gjson.Result) bool {
			extract(lists, name+"{}", member, null)
			return true
		})
	default:
		if text, ok := leafText(v, null); ok {
			lists[name] = append(lists[name], text)
		}
	}
}

// leafText gives a leaf as text: numbers as written.
func leafText(v gjson.Result, null JSONNull) (string, bool) {
	switch v.Type {
	case gjson.String:
		return v.String(), true
	case gjson.Null:
		return "null", null == NullText
	}
	return v.Raw, true
}

// kind is the kind of a value.
type kind uint8

const (
	isNull kind = iota
	isBool
	isNumber
	isText
	isMulti
)

// value is what an expression gives, or a field holds. The zero value is null.
type value struct {
	kind   kind
	truth  bool
	number float64
	texts  []string // one of isText, several of isMulti
}

var null = value{}

func boolValue(b bool) value      { return value{kind: isBool, truth: b} }
func numberValue(f float64) value { return value{kind: isNumber, number: f} }
func textValue(s string) value    { return value{kind: isText, texts: []string{s}} }

func listValue(texts []string) value {
	switch len(texts) {
	case 0:
		return null
	case 1:
		return value{kind: isText, texts: texts}
	}
	return value{kind: isMulti, texts: texts}
}

// isTrue reports whether the value is true: null is not.
func (v value) isTrue() bool { return v.kind == isBool && v.truth }

// text gives a single value as text.
func (v value) text() string {
	switch v.kind {
	case isNumber:
		return strconv.FormatFloat(v.number, 'f', -1, 64)
	case isText, isMulti:
		return v.texts[0]
	case isBool:
		return strconv.FormatBool(v.truth)
	case isNull:
	}
	return ""
}

// list gives all values as texts.
func (v value) list() []string {
	switch v.kind {
	case isNull:
		return nil
	case isNumber, isBool:
		return []string{v.text()}
	case isText, isMulti:
	}
	return v.texts
}

// asNumber reads a number, or a text that is one.
func (v value) asNumber() (float64, bool) {
	switch v.kind {
	case isNumber:
		return v.number, true
	case isText:
		return readNumber(v.texts[0])
	case isNull, isBool, isMulti:
	}
	return 0, false
}

// readNumber reads decimals. Whether Splunk reads hexadecimal digits, infinities
// or blanks is not documented; they are no numbers here.
func readNumber(s string) (float64, bool) {
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9', c == '.', c == '-', c == '+', c == 'e', c == 'E':
		default:
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if errors.Is(err, strconv.ErrRange) {
		return f, true // infinity, or 0
	}
	return f, err == nil
}

func compareFloats(a, b float64) int { return cmp.Compare(a, b) }
