package spl

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	syntax "sigmatic/parser/query/spl"
)

// compileSpath: the values at a path of a JSON text; of an object or array its JSON
// text (§2.3).
func compileSpath(e *syntax.Call) (expr, error) {
	text, err := compileExpr(e.Args[0])
	if err != nil {
		return nil, err
	}
	path, err := literalText(e, 1)
	if err != nil {
		return nil, err
	}
	steps := strings.Split(path, ".")
	for _, s := range steps {
		if name := strings.TrimSuffix(s, "{}"); name == "" || strings.ContainsAny(name, "{}@") {
			return nil, unknownAt(e, "the path %q", path)
		}
	}
	return func(s scope) value {
		v := text(s)
		if v.kind != isText || !gjson.Valid(v.text()) {
			return null
		}
		return listValue(walk(gjson.Parse(v.text()), steps, s.store.null))
	}, nil
}

// walk gives the texts at a path.
func walk(v gjson.Result, steps []string, jsonNull JSONNull) []string {
	if len(steps) == 0 {
		if v.IsObject() || v.IsArray() {
			return []string{v.Raw}
		}
		if text, ok := leafText(v, jsonNull); ok {
			return []string{text}
		}
		return nil
	}
	if !v.IsObject() {
		return nil
	}
	name, all := strings.CutSuffix(steps[0], "{}")
	var member gjson.Result
	v.ForEach(func(key, value gjson.Result) bool {
		if key.String() == name {
			member = value
		}
		return true
	})
	switch {
	case !member.Exists() || all && !member.IsArray():
		return nil
	case !all:
		return walk(member, steps[1:], jsonNull)
	}
	var texts []string
	for _, m := range member.Array() {
		texts = append(texts, walk(m, steps[1:], jsonNull)...)
	}
	return texts
}

// timeLetters are the variables of time formats that are known, as layouts of Go.
var timeLetters = map[byte]string{
	'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'F': "2006-01-02", 'T': "15:04:05", 'y': "06", 'b': "Jan", 'a': "Mon",
}

// timeLayout reads a format such as %Y-%m-%d. Other letters, which Go might take
// for pieces of a time, are refused.
func timeLayout(format string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		c := format[i]
		switch {
		case c == '%' && i+1 < len(format):
			i++
			layout, ok := timeLetters[format[i]]
			if !ok {
				return "", fmt.Errorf("the variable %%%c", format[i])
			}
			b.WriteString(layout)
		case strings.IndexByte("-:/ T,Z", c) >= 0:
			b.WriteByte(c)
		default:
			return "", fmt.Errorf("the format %q", format)
		}
	}
	return b.String(), nil
}

// compileTime compiles strftime and strptime. Times are taken to be shown in UTC.
func compileTime(e *syntax.Call) (expr, error) {
	arg, err := compileExpr(e.Args[0])
	if err != nil {
		return nil, err
	}
	format, err := literalText(e, 1)
	if err != nil {
		return nil, err
	}
	layout, err := timeLayout(format)
	if err != nil {
		return nil, errorAt(e, err)
	}
	if e.Name == "strptime" {
		return func(s scope) value {
			v := arg(s)
			at, err := time.Parse(layout, v.text())
			if v.kind != isText || err != nil {
				return null
			}
			return numberValue(float64(at.Unix()))
		}, nil
	}
	return func(s scope) value {
		f, ok := arg(s).asNumber()
		if !ok || math.Abs(f) > 1e11 {
			return null
		}
		whole := math.Floor(f)
		return textValue(time.Unix(int64(whole), int64((f-whole)*1e9)).UTC().Format(layout))
	}, nil
}
