package splunk

import (
	"errors"
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/backends"
)

// TestCron demands schedules that never take a shorter step, as */7 would at the
// end of each hour.
func TestCron(t *testing.T) {
	for minutes, want := range map[int]string{
		1: "* * * * *", 5: "*/5 * * * *", 30: "*/30 * * * *", 60: "0 * * * *", 120: "0 */2 * * *", 720: "0 */12 * * *", 1440: "0 0 * * *",
		7: "", 45: "", 90: "", 300: "", 2880: "",
	} {
		got, ok := cron(minutes)
		if got != want || ok != (want != "") {
			t.Errorf("%d minutes: %q, %v; want %q", minutes, got, ok, want)
		}
	}
}

// TestSearchIsOneLine: a line break would end the value, a backslash go on with
// the next attribute.
func TestSearchIsOneLine(t *testing.T) {
	f := New().Formats()[0]
	settings, err := f.Choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	item := backends.Item{Rule: &ast.Rule{}, Of: 1, Settings: settings}
	item.Rule.Title.Value = "T"
	for query, refused := range map[string]bool{`a="b  c"`: false, "a=\"b\nc\"": true, "a=\"b\rc\"": true, `a=b\`: true} {
		item.Query = query
		text, err := f.Print(item)
		var u *backends.Unsupported
		if errors.As(err, &u) != refused {
			t.Errorf("%q: %v", query, err)
		}
		if !refused && !strings.Contains(text, "\nsearch = "+query+"\n") {
			t.Errorf("%q became %s", query, text)
		}
	}
}
