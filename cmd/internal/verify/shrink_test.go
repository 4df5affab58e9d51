package verify

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// TestShrink demands the smallest event that still fails, for failures of
// several kinds.
func TestShrink(t *testing.T) {
	for _, c := range []struct {
		says, event string
		fails       string // an expression that the event's text matches
		want        string
	}{
		{"fields go", `{"a":"x","b":{"c":1,"d":"y"},"e":[1,2]}`, `"d":"y"`, `{"b":{"d":"y"}}`},
		{"objects that become empty go", `{"a":{"b":{"c":"x"}},"d":"z"}`, `"d"`, `{"d":""}`},
		{"members go", `{"f":["a","b","c","d"]}`, `\[.*"c".*\]`, `{"f":["c"]}`},
		{"a list opens", `{"f":["a",["b","needle"]]}`, `needle`, `{"f":"needle"}`},
		{"text is cut", `{"f":"a long text with a needle in it"}`, `needle`, `{"f":"needle"}`},
		{"two things far apart stay", `{"f":"a long < text with > it"}`, `<.*>`, `{"f":"<>"}`},
		{"numbers are cut", `{"f":123456}`, `"f":\d`, `{"f":0}`},
		{"a key with a dot is no path", `{"a.b":"x","a":{"b":"y"}}`, `"a\.b":"x"`, `{"a.b":"x"}`},
		{"an escape is one character", `{"f":"xx\"yy\n"}`, `\\n`, `{"f":"\n"}`},
		{"nothing to do", `{}`, `\{`, `{}`},
	} {
		re := regexp.MustCompile(c.fails)
		rounds := 0
		got, err := Shrink(Event{ID: "x", Body: json.RawMessage(c.event)}, func(tries []Event) ([]bool, error) {
			rounds++
			out := make([]bool, len(tries))
			for i, e := range tries {
				if !json.Valid(e.Body) {
					t.Errorf("%s: %s is not JSON", c.says, e.Body)
				}
				out[i] = re.Match(e.Body)
			}
			return out, nil
		})
		if err != nil || string(got.Body) != c.want {
			t.Errorf("%s: got %s (%v), want %s", c.says, got.Body, err, c.want)
		}
		if rounds > 60 {
			t.Errorf("%s: %d rounds", c.says, rounds)
		}
	}
}

// TestFragment finds what a part's query and the whole one share, in whole words.
func TestFragment(t *testing.T) {
	for _, c := range []struct{ whole, part, want string }{
		{`FROM * | WHERE a == "x" AND NOT b LIKE "*needle*"`, `FROM * | WHERE b LIKE "*needle*"`, `b LIKE "*needle*"`},
		{`a:="x" AND field:~"needle"`, `field:~"needle"`, `field:~"needle"`},
		{`abc`, `xyz`, ``},
	} {
		if got := fragment(c.whole, c.part); got != c.want {
			t.Errorf("%q in %q: got %q, want %q", c.part, c.whole, got, c.want)
		}
	}
	if got := fragment(strings.Repeat("é", 50)+"needle", "éneedle"); got != "éneedle" {
		t.Errorf("got %q", got)
	}
}
