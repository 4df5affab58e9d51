package backends

import (
	"strings"
	"testing"

	"sigmatic/ast"
)

func TestItemID(t *testing.T) {
	own := &ast.Rule{}
	own.ID.Value = "0c3f7a52-8a4e-4d0a-9f39-5d6a6a1c7e11"
	bare := func(title, product string) *ast.Rule {
		r := &ast.Rule{}
		r.Title.Value, r.LogSource.Product.Value = title, product
		return r
	}
	ids := []string{
		Item{Rule: own}.ID(), Item{Rule: own, Index: 1}.ID(), Item{Rule: own, Index: 2}.ID(),
		Item{Rule: bare("a", "aws")}.ID(), Item{Rule: bare("b", "aws")}.ID(), Item{Rule: bare("a", "gcp")}.ID(), Item{Rule: bare("a", "aws"), Index: 1}.ID(),
	}
	if ids[0] != own.ID.Value {
		t.Errorf("the first condition has the id %s", ids[0])
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id] {
			t.Errorf("%s twice in %v", id, ids)
		}
		seen[id] = true
	}
	// uuid5 of Python gives these; products have been given them, and they must stay.
	if ids[1] != "f238b3bf-b878-5e96-8df1-7e06192fb4d4" || ids[3] != "7c54cda1-5c76-52b5-94b2-312a563a7d55" {
		t.Errorf("ids have changed: %v", ids)
	}
}

func TestAuthors(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"A":                              "A",
		"A, B (C, D),E":                  "A|B (C, D)|E",
		" , A ,":                         "A",
		"Jürgen (x), Ñandú":              "Jürgen (x)|Ñandú",
		"A (unclosed, B":                 "A (unclosed, B",
		"Florian Roth (Nextron), Łukasz": "Florian Roth (Nextron)|Łukasz",
	} {
		r := &ast.Rule{}
		r.Author.Value = text
		if got := strings.Join((Item{Rule: r}).Authors(), "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestChoose(t *testing.T) {
	f := Format{Name: "x", Settings: []Setting{Interval(), Flag("on", true, "")}}
	for _, c := range []struct{ name, value, want string }{
		{"interval", "1h", ""}, {"on", "false", ""},
		{"interval", "90s", `interval: expected whole minutes such as 5m or 1h, found "90s"`},
		{"interval", "0m", `interval: expected whole minutes such as 5m or 1h, found "0m"`},
		{"on", "1", `on: expected true or false, found "1"`},
		{"color", "red", `the format x has no setting "color", its settings are: interval, on`},
	} {
		s, err := f.Choose(map[string]string{c.name: c.value})
		switch {
		case err != nil && err.Error() != c.want:
			t.Errorf("%s=%s: %v, want %s", c.name, c.value, err, c.want)
		case err == nil && (c.want != "" || s[c.name] != c.value):
			t.Errorf("%s=%s: %v", c.name, c.value, s)
		}
	}
	if s, err := f.Choose(nil); err != nil || s.Minutes("interval") != 5 || s["on"] != "true" {
		t.Errorf("without values: %v, %v", s, err)
	}
}
