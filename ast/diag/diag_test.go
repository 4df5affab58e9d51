package diag

import (
	"strings"
	"testing"

	"sigmatic/ast/source"
)

func TestPretty(t *testing.T) {
	f := source.NewFile("r.yml", []byte("title: x\nlevel:\thigh\x1b[31m\n"))
	var b strings.Builder
	err := WritePretty(&b, []Diagnostic{
		{Code: BadLevel, Severity: Error, Span: source.Span{File: f, Start: 16, End: 20}, Summary: "unknown level", Help: "use another",
			Related: []Related{{Span: source.Span{File: f, Start: 0, End: 5}, Text: "title here"}}},
		{Code: BadID, Severity: Warning, Summary: "without a place"},
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	want := `r.yml:2:8: error: unknown level [S0106]
    2 | level: high` + "\uFFFD" + `[31m
      |        ^^^^
      r.yml:1:1: title here
    1 | title: x
      | ^^^^^
      help: use another
warning: without a place [S0102]
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestNearest(t *testing.T) {
	words := []string{"contains", "startswith", "endswith", "cidr"}
	for _, c := range []struct{ in, want string }{
		{"contians", "contains"}, {"Contains", "contains"}, {"start_with", "startswith"}, {"cdir", "cidr"}, {"regex", ""}, {"", ""},
	} {
		if got := Nearest(c.in, words); got != c.want {
			t.Errorf("%q is near %q, want %q", c.in, got, c.want)
		}
	}
}

func TestCodes(t *testing.T) {
	seen := map[Code]bool{}
	last := Code("")
	for _, c := range Codes() {
		if c.Code < last {
			t.Errorf("%s stands behind %s", c.Code, last)
		}
		last = c.Code
		if seen[c.Code] || len(c.Code) != 5 || c.Title == "" {
			t.Errorf("code %q stands twice or is incomplete", c.Code)
		}
		seen[c.Code] = true
	}
}

func TestSort(t *testing.T) {
	f, g := source.NewFile("b", []byte("xx")), source.NewFile("a", []byte("xx"))
	list := []Diagnostic{{Code: "2", Span: source.Span{File: f, Start: 1}}, {Code: "3", Span: source.Span{File: f}}, {Code: "1", Span: source.Span{File: g}}}
	Sort(list)
	if list[0].Code != "1" || list[1].Code != "3" || list[2].Code != "2" {
		t.Errorf("order %v", list)
	}
}
