package parser_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser"
	"sigmatic/parser/yamldoc"
)

// validator knows as much of JSON Schema as our schemas use; another keyword
// fails the test.
type validator struct {
	t    testing.TB
	root map[string]any
}

func schemaOf(t testing.TB, kind string) validator {
	t.Helper()
	text, ok := parser.JSONSchema(kind)
	if !ok {
		t.Fatalf("there is no schema of %s", kind)
	}
	v := validator{t: t}
	if err := json.Unmarshal(text, &v.root); err != nil {
		t.Fatal(err)
	}
	return v
}

// faults says what is wrong with a document.
func (v validator) faults(n *yamldoc.Node) []string { return v.check(v.root, n, "") }

func (v validator) check(s map[string]any, n *yamldoc.Node, path string) []string {
	var out []string
	fail := func(format string, args ...any) { out = append(out, path+": "+fmt.Sprintf(format, args...)) }
	sub := func(key string) map[string]any { m, _ := s[key].(map[string]any); return m }
	holds := func(s map[string]any) bool { return len(v.check(s, n, path)) == 0 }
	for key, value := range s {
		switch key {
		case "$schema", "title", "description", "deprecated", "format", "$defs", "then", "else":
		case "$ref":
			name := strings.TrimPrefix(value.(string), "#/$defs/")
			target, ok := v.root["$defs"].(map[string]any)[name].(map[string]any)
			if !ok {
				v.t.Fatalf("%s refers to nothing", value)
			}
			out = append(out, v.check(target, n, path)...)
		case "type":
			if !slices.ContainsFunc(words(value), func(t string) bool { return hasType(n, t) }) {
				fail("%s is not %v", n.Kind, value)
			}
		case "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "minProperties", "required":
			out = append(out, plainFaults(key, value, n, path)...)
		case "items":
			for i, item := range n.Items {
				out = append(out, v.check(sub(key), item, path+"/"+strconv.Itoa(i))...)
			}
		case "properties", "patternProperties", "additionalProperties":
			// below, once
		case "anyOf":
			if !slices.ContainsFunc(value.([]any), func(s any) bool { return holds(s.(map[string]any)) }) {
				fail("no alternative fits")
			}
		case "not":
			if holds(sub(key)) {
				fail("not allowed")
			}
		case "if":
			if branch := map[bool]string{true: "then", false: "else"}[holds(sub(key))]; s[branch] != nil {
				out = append(out, v.check(sub(branch), n, path)...)
			}
		default:
			v.t.Fatalf("the validator does not know %s", key)
		}
	}
	return append(out, v.members(s, n, path)...)
}

// members checks the entries of a map.
func (v validator) members(s map[string]any, n *yamldoc.Node, path string) (out []string) {
	sub := func(key string) map[string]any { m, _ := s[key].(map[string]any); return m }
	for _, pair := range n.Pairs {
		known := false
		at := path + "/" + pair.Key.Text
		if s, ok := sub("properties")[pair.Key.Text].(map[string]any); ok {
			known = true
			out = append(out, v.check(s, pair.Value, at)...)
		}
		for pattern, s := range sub("patternProperties") {
			if regexp.MustCompile(pattern).MatchString(pair.Key.Text) {
				known = true
				out = append(out, v.check(s.(map[string]any), pair.Value, at)...)
			}
		}
		if more := sub("additionalProperties"); more != nil && !known {
			out = append(out, v.check(more, pair.Value, at)...)
		}
	}
	return out
}

// plainFaults checks the keywords that look at one node alone.
func plainFaults(key string, value any, n *yamldoc.Node, path string) []string {
	limit, _ := value.(float64)
	length := float64(utf8.RuneCountInString(n.Text))
	number, notNumber := strconv.ParseFloat(n.Text, 64)
	wrong := false
	switch key {
	case "enum":
		wrong = !slices.Contains(words(value), n.Text)
	case "pattern":
		wrong = n.Kind == yamldoc.String && !regexp.MustCompile(value.(string)).MatchString(n.Text)
	case "minLength":
		wrong = n.Kind == yamldoc.String && length < limit
	case "maxLength":
		wrong = n.Kind == yamldoc.String && length > limit
	case "minimum":
		wrong = notNumber == nil && number < limit
	case "maximum":
		wrong = notNumber == nil && number > limit
	case "minItems":
		wrong = n.Kind == yamldoc.List && len(n.Items) < int(limit)
	case "minProperties":
		wrong = n.Kind == yamldoc.Map && len(n.Pairs) < int(limit)
	case "required":
		wrong = n.Kind == yamldoc.Map && slices.ContainsFunc(words(value), func(name string) bool { return n.Get(name) == nil })
	}
	if wrong {
		return []string{fmt.Sprintf("%s: %q against %s %v", path, n.Text, key, value)}
	}
	return nil
}

func words(v any) []string {
	if s, ok := v.(string); ok {
		return []string{s}
	}
	var out []string
	for _, w := range v.([]any) {
		out = append(out, w.(string))
	}
	return out
}

func hasType(n *yamldoc.Node, t string) bool {
	switch n.Kind {
	case yamldoc.Null:
		return t == "null"
	case yamldoc.Bool:
		return t == "boolean"
	case yamldoc.Int:
		return t == "number" || t == "integer"
	case yamldoc.Float:
		return t == "number"
	case yamldoc.String:
		return t == "string"
	case yamldoc.List:
		return t == "array"
	case yamldoc.Map:
		return t == "object"
	}
	return false
}

func kindOf(n *yamldoc.Node) string {
	switch {
	case n.Get("correlation") != nil:
		return "correlation"
	case n.Get("filter") != nil && n.Get("detection") == nil:
		return "filter"
	}
	return "rule"
}

// TestSchemaAccepts demands that every document of which the parser finds nothing
// to say satisfies the schema of its kind and that of all kinds.
func TestSchemaAccepts(t *testing.T) {
	roots := []string{"../testdata/cases", "../testdata/errors", "../rules"}
	if dir := os.Getenv("SIGMATIC_SHARED"); dir != "" {
		roots = append(roots, filepath.Join(dir, "data", "rules"))
	}
	schemas := map[string]validator{}
	for _, kind := range parser.SchemaKinds() {
		schemas[kind] = schemaOf(t, kind)
	}
	seen := map[string]int{}
	for _, f := range ruleFiles(t, roots...) {
		if len(parser.Parse(f).Diagnostics) > 0 || strings.Contains(f.Name, "id-spellings") || strings.Contains(f.Name, "-upper-case") {
			continue
		}
		docs, _ := yamldoc.Parse(f)
		for _, n := range docs {
			kind := kindOf(n)
			seen[kind]++
			for _, fault := range append(schemas[kind].faults(n), schemas["all"].faults(n)...) {
				t.Errorf("%s: as a %s: %s", f.Name, kind, fault)
			}
		}
	}
	if seen["rule"] < 50 || seen["correlation"] < 2 || seen["filter"] < 1 {
		t.Errorf("too little was seen: %v", seen)
	}
}

// TestSchemaRefuses shows that the schemas see the commonest faults: those of
// testdata/errors with these codes.
func TestSchemaRefuses(t *testing.T) {
	// Not of a schema: what YAML forbids, what concerns a text's inside.
	seen := map[diag.Code]bool{
		diag.BadTitle: true, diag.BadID: true, diag.BadStatus: true, diag.BadLevel: true, diag.BadList: true, diag.BadTag: true,
		diag.UnknownModifier: true, diag.BadTimespan: true, diag.BadCorrelationType: true, diag.EmptyValueList: true, diag.BadName: true,
		diag.BadRelated: true, diag.EmptyDetection: true, diag.BadCorrelationRules: true,
	}
	all := schemaOf(t, "all")
	checked := map[diag.Code]int{}
	for _, f := range ruleFiles(t, "../testdata/errors") {
		errors := slices.DeleteFunc(parser.Parse(f).Diagnostics, func(d diag.Diagnostic) bool { return d.Severity != diag.Error })
		docs, broken := yamldoc.Parse(f)
		if len(errors) != 1 || !seen[errors[0].Code] || len(docs) != 1 || len(broken) > 0 || docs[0].Get("action") != nil {
			continue
		}
		checked[errors[0].Code]++
		if len(all.faults(docs[0])) == 0 {
			t.Errorf("%s: the schema accepts it; the parser says %v", f.Name, errors[0].Error())
		}
	}
	for code := range seen {
		if checked[code] == 0 {
			t.Errorf("no case shows %s", code)
		}
	}
}

// TestSchemaAttributes holds the schema to the attributes that the parser knows:
// a document with all of them has no custom one.
func TestSchemaAttributes(t *testing.T) {
	for _, kind := range []string{"rule", "correlation", "filter"} {
		v := schemaOf(t, kind)
		if v.root["$id"] != nil || v.root["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
			t.Errorf("%s: $id %v, $schema %v", kind, v.root["$id"], v.root["$schema"])
		}
		section := map[string]string{
			"rule": "detection: {s: {a: b}, condition: s}\n", "filter": "filter: {rules: any, s: {a: b}, condition: not s}\n",
			"correlation": "correlation: {type: temporal, rules: a, timespan: 5m}\n",
		}[kind]
		var names []string
		for name, s := range v.root["properties"].(map[string]any) {
			if s.(map[string]any)["description"] == nil {
				t.Errorf("%s: %s is not described", kind, name)
			}
			names = append(names, name)
		}
		slices.Sort(names)
		var text strings.Builder
		for _, name := range names {
			if name != "title" && name != kind && name != "detection" && name != "logsource" {
				text.WriteString(name + ": x\n")
			}
		}
		text.WriteString("title: T\nlogsource: {product: p}\n" + section)
		res := parser.Parse(source.NewFile("r.yml", []byte(text.String())))
		for _, d := range res.Diagnostics {
			if d.Code == diag.MisspelledKey {
				t.Errorf("%s: %v", kind, d.Error())
			}
		}
		if want := 19; len(names) < want {
			t.Errorf("%s has %d attributes, want at least %d", kind, len(names), want)
		}
	}
}
