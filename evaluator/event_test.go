package evaluator

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseEventText(t *testing.T) {
	tests := []struct{ in, want string }{
		{` { } `, `{}`},
		{"{\"b\" :\t[1.50 , -0,1E+2,12345678901234567890.123],\r\n\"a\":{\"x\":null,\"y\":[true,false]}}",
			`{"b":[1.50,-0,1E+2,12345678901234567890.123],"a":{"x":null,"y":[true,false]}}`},
		{`{"s":"\u00e9\/\"\\\b\f\n\r\t\u0001<>&\u2028"}`, `{"s":"é/\"\\\b\f\n\r\t\u0001<>&` + "\u2028" + `"}`},
		{`{"s":"\ud83d\ude00"}`, `{"s":"😀"}`},
		{`{"s":"\ud83d","t":"\ude00x","u":"\ud83d\u0041","v":"\ude00\ud83d"}`, `{"s":"` + "\ufffd" + `","t":"` + "\ufffd" + `x","u":"` + "\ufffd" + `A","v":"` + "\ufffd\ufffd" + `"}`},
		{"{\"s\":\"a\xff\xc3b\"}", "{\"s\":\"a\xff\xc3b\"}"},
		{`{"a":1,"b":2,"a":{"c":3}}`, `{"a":{"c":3},"b":2}`},
		{`{"":{"":1}}`, `{"":{"":1}}`},
	}
	for _, tt := range tests {
		ev, err := ParseEvent([]byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		if got := ev.root.json(); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.in, got, tt.want)
		}
	}
}

func TestParseEventErrors(t *testing.T) {
	tests := []struct {
		in     string
		offset int
		reason string
	}{
		{``, 0, "object"},
		{`[]`, 0, "object"},
		{`null`, 0, "object"},
		{`{`, 1, "key"},
		{`{"a"`, 4, ":"},
		{`{"a":`, 5, "JSON value"},
		{`{"a":1`, 6, ", or }"},
		{`{"a":1,}`, 7, "key"},
		{`{"a":[1,]}`, 8, "JSON value"},
		{`{"a":[1}`, 7, ", or ]"},
		{`{"a":01}`, 6, ", or }"},
		{`{"a":-}`, 6, "digit"},
		{`{"a":1.}`, 7, "after the point"},
		{`{"a":1e}`, 7, "exponent"},
		{`{"a":+1}`, 5, "JSON value"},
		{`{"a":.5}`, 5, "JSON value"},
		{`{"a":nul}`, 5, "JSON value"},
		{`{"a":NaN}`, 5, "JSON value"},
		{`{"a":"x`, 7, "closing quote"},
		{"{\"a\":\"x\ny\"}", 7, "control"},
		{`{"a":"\x"}`, 7, "after a backslash"},
		{`{"a":"\u12"}`, 8, "hexadecimal"},
		{`{"a":"\u+123"}`, 8, "hexadecimal"},
		{`{"a":"\ud800\u12"}`, 14, "hexadecimal"},
		{`{"a":"\`, 7, "after a backslash"},
		{`{} x`, 3, "nothing after"},
		{`{}{}`, 2, "nothing after"},
		{"\ufeff{}", 0, "object"},
		{`{"a":` + strings.Repeat("[", 20000), 5 + maxNesting - 1, "deep"},
	}
	for _, tt := range tests {
		_, err := ParseEvent([]byte(tt.in))
		var bad *EventError
		if !errors.As(err, &bad) {
			t.Errorf("%.40q: error %v, want an *EventError", tt.in, err)
			continue
		}
		if bad.Offset != tt.offset || !strings.Contains(bad.Error(), tt.reason) {
			t.Errorf("%.40q: %v, want %q at %d", tt.in, err, tt.reason, tt.offset)
		}
	}
}

func TestParseEventDoesNotRetain(t *testing.T) {
	raw := []byte(`{"a":"xyz"}`)
	ev, err := ParseEvent(raw)
	if err != nil {
		t.Fatal(err)
	}
	copy(raw, bytes.Repeat([]byte{'!'}, len(raw)))
	if got := ev.root.json(); got != `{"a":"xyz"}` {
		t.Errorf("the event changed to %s", got)
	}
}

func TestPath(t *testing.T) {
	ev := mustEvent(t, `{"a":{"b c":[[1],{"d.e":2,"":3}]},"x.y":{"z":4}}`)
	want := []string{`a.b c[0][0]`, `a.b c[1]["d.e"]`, `a.b c[1][""]`, `["x.y"].z`}
	var got []string
	for v := range ev.root.scalars() {
		got = append(got, v.path())
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzParseEvent holds the reader to encoding/json: it takes the same texts, and
// what it read means the same.
func FuzzParseEvent(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` {"a":[1,-0.5e+3,true,false,null,"x"]} `, `{"a":{"b":{"c":"\u00e9\ud83d\ude00\n"}}}`,
		`{"a":1,"a":2}`, `{"a":"\ud800"}`, "{\"a\":\"\xff\"}", `{"a":01}`, `{"a":1,}`, `[1]`, `{"a":tru}`, `{"":""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var want map[string]any
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		wantErr := d.Decode(&want)
		valid := wantErr == nil && want != nil && json.Valid(raw)
		ev, err := ParseEvent(raw)
		if (err == nil) != valid {
			t.Fatalf("error %v, encoding/json %v", err, wantErr)
		}
		if err != nil {
			return
		}
		text := ev.root.json()
		again, err := ParseEvent([]byte(text))
		if err != nil || again.root.json() != text {
			t.Fatalf("own text is not read back: %s: %v", text, err)
		}
		if !utf8.Valid(raw) {
			return // encoding/json replaces the bytes, we keep them
		}
		var got map[string]any
		d = json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&got); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("read as %s", text)
		}
	})
}
