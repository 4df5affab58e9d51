package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/backends/esql"
	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/cmd/internal/verify/engine/enginetest"
)

// TestLiveFlattened puts leaves over a key of a flattened field to the engine, in
// the letter case in which the values are stored, which is what the query's note
// says. The index of the other live tests maps such a key as a keyword.
func TestLiveFlattened(t *testing.T) {
	enginetest.ESQL(t)
	engines, _ := engine.FromEnv()
	index := fmt.Sprintf("sigmatic-flattened-%d", time.Now().UnixNano())
	call := func(method, path string, body any) map[string]any {
		t.Helper()
		return elasticCall(t, method, engines.ESQL+path, body)
	}
	call(http.MethodPut, "/"+index, map[string]any{"mappings": map[string]any{"properties": map[string]any{
		"id": map[string]any{"type": "keyword"}, "p": map[string]any{"type": "flattened"},
	}}})
	t.Cleanup(func() { call(http.MethodDelete, "/"+index, nil) })
	for i, p := range []any{
		map[string]any{"k": "Admin"}, map[string]any{"k": "a: b*c"}, map[string]any{"k": []string{"x", "Adm"}}, map[string]any{"k": 12, "other": "Admin"},
		map[string]any{"k": true}, map[string]any{"other": "Admin"}, map[string]any{"k": map[string]any{"below": "Admin"}},
	} {
		call(http.MethodPut, fmt.Sprintf("/%s/_doc/%d?refresh=true", index, i), map[string]any{"id": fmt.Sprint(i), "p": p})
	}
	pattern := func(s string) *ast.Pattern { return &ast.Pattern{Parts: ast.ParsePattern(s), Cased: true} }
	twelve, _ := ast.ParseDecimal("12")
	for _, c := range []struct {
		value ast.Value
		want  string
	}{
		{pattern("Admin"), "0"},
		{pattern("Adm*"), "0 2"},
		{pattern(`a: b\*c`), "1"},
		{pattern(`a: b\**`), "1"},
		{pattern("a: *"), "1"},
		{pattern("*"), "0 1 2 3 4"},
		{pattern("nothing"), ""},
		{&ast.Number{Decimal: twelve, Lexeme: "12"}, "3"},
		{&ast.Bool{Value: true}, "4"},
		{&ast.Null{}, "5 6"},
		{&ast.Exists{Want: true}, "0 1 2 3 4"},
	} {
		leaf := &ast.Match{Field: ast.Field{Name: "p.k", Type: ast.TypeFlattened}, Value: c.value}
		for _, negated := range []bool{false, true} {
			var e ast.Expr = leaf
			want := strings.Fields(c.want)
			if negated {
				e = &ast.Not{Term: leaf}
				want = slices.DeleteFunc(strings.Split("0123456", ""), func(id string) bool { return slices.Contains(want, id) })
			}
			out, err := esql.New().Convert(&ast.Query{Rule: &ast.Rule{}, Expr: e}, backends.Options{Compact: true, Source: backends.Source{Index: index}})
			if err != nil {
				t.Fatal(err)
			}
			answer := call(http.MethodPost, "/_query", map[string]any{"query": out.Query + " | KEEP id | SORT id"})
			got := []string{}
			for _, row := range answer["values"].([]any) {
				got = append(got, row.([]any)[0].(string))
			}
			if strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%s selects %v, want %v", out.Query, got, want)
			}
		}
	}
}

// elasticCall sends JSON and reads JSON.
func elasticCall(t *testing.T, method, url string, body any) map[string]any {
	t.Helper()
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, url, reader)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer := map[string]any{}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode >= 300 {
		t.Fatalf("%s %s: %s, %v, %v", method, url, res.Status, answer, err)
	}
	return answer
}
