package jsontext

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzValue holds that what is passed over is what encoding/json takes for valid, but for the depth.
func FuzzValue(f *testing.F) {
	for _, s := range []string{`{}`, ` `, `{"a":[1,-0.5e+3,true,false,null,"\u00e9\n"]}`, `[01]`, `[1.]`, `["` + "\x01" + `"]`, `["\x"]`, `["\u12g4"]`,
		`[1 2]`, `[,]`, `{"a":1,}`, `{"a" : { "b":[ ] } }`, `[tru]`, `[-]`, `[1e]`, `["\ud800"]`, "[\"\xff\"]", `[[[]]`, `{"a"}`, `[0e0 , 1E-1]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		i := Blank(b, 0)
		end := Value(b, i, 10000)
		if valid := end >= 0 && Blank(b, end) == len(b); valid != json.Valid(b) {
			t.Errorf("%q: valid %v, want %v", b, valid, !valid)
		}
	})
}

func TestDepth(t *testing.T) {
	nested := []byte(`{"a":[{}]}`)
	if got := Value(nested, 0, 3); got != len(nested) {
		t.Errorf("three levels of three: %d", got)
	}
	if got := Value(nested, 0, 2); got != -1 {
		t.Errorf("three levels of two: %d", got)
	}
}

// TestString puts the end at each distance from the word in which it is looked for.
func TestString(t *testing.T) {
	for n := range 40 {
		for _, c := range []struct {
			end     string
			want    int
			escaped bool
		}{{`"`, n, false}, {`\""`, n + 2, true}, {`\u00e9"`, n + 6, true}, {"\x1f\"", -1, false}, {`\q"`, -1, false}, {`\`, -1, false}, {``, -1, false}} {
			text := strings.Repeat("é", n/2) + strings.Repeat("x", n%2) + c.end
			if end, escaped := String([]byte(text), 0); end != c.want || escaped != c.escaped {
				t.Errorf("%q: %d, %v, want %d, %v", text, end, escaped, c.want, c.escaped)
			}
		}
	}
}

// BenchmarkPlain is the part that passes over strings.
func BenchmarkPlain(b *testing.B) {
	text := []byte(strings.Repeat("x", 64<<10))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if Plain(text, 0) != len(text) {
			b.Fatal("stopped")
		}
	}
}
