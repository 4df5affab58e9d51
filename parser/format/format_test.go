package format_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/parser"
	"sigmatic/parser/format"
)

// dump writes a value of the tree without its places, and without what only
// points at other documents; null is null however it was spelled.
func dump(b *strings.Builder, v reflect.Value, depth int) {
	if depth > 3000 {
		panic("format_test: the tree is circular")
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		dump(b, v.Elem(), depth+1)
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			dump(b, v.Index(i), depth+1)
			b.WriteByte('\n')
		}
		b.WriteByte(']')
	case reflect.Struct:
		b.WriteString(v.Type().Name() + "{")
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if v.Field(i).Type() == reflect.TypeFor[source.Span]() || name == "Target" || name == "Legacy" {
				continue
			}
			b.WriteString(name + ":")
			dump(b, v.Field(i), depth+1)
			b.WriteByte(' ')
		}
		b.WriteByte('}')
	case reflect.String:
		b.WriteString(strconv.Quote(v.String()))
	default:
		fmt.Fprintf(b, "%v", v)
	}
}

func dumped(docs []ast.Document) string {
	var b strings.Builder
	dump(&b, reflect.ValueOf(docs), 0)
	return b.String()
}

// roundTrip prints what a file holds, reads it back and compares; then prints
// that again. It returns what is wrong, or "".
func roundTrip(f *source.File) string {
	docs := parser.Parse(f).Documents
	if len(docs) == 0 {
		return ""
	}
	printed := format.Documents(docs)
	again := parser.Parse(source.NewFile("printed.yml", []byte(printed)))
	if before, after := dumped(docs), dumped(again.Documents); before != after {
		var said strings.Builder
		for _, d := range again.Diagnostics {
			said.WriteString(d.Error() + "\n")
		}
		return "reads differently (-written +printed):\n" + firstDifference(before, after) + said.String() + printed
	}
	if twice := format.Documents(again.Documents); twice != printed {
		return "prints differently:\n" + firstDifference(printed, twice)
	}
	return ""
}

func firstDifference(a, b string) string {
	la, lb := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(la), len(lb)) {
		if la[i] != lb[i] {
			return "- " + la[i] + "\n+ " + lb[i] + "\n"
		}
	}
	return fmt.Sprintf("%d lines and %d\n", len(la), len(lb))
}

func yamlFiles(t testing.TB, root string) []*source.File {
	t.Helper()
	var files []*source.File
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yml") && !strings.HasSuffix(path, ".yaml") {
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, source.NewFile(path, data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestRoundTrip holds for every rule of our own and of the tests.
func TestRoundTrip(t *testing.T) {
	files := yamlFiles(t, "../../testdata")
	files = append(files, yamlFiles(t, "../../rules")...)
	if len(files) < 100 {
		t.Fatalf("found %d files", len(files))
	}
	for _, f := range files {
		if wrong := roundTrip(f); wrong != "" {
			t.Errorf("%s: %s", f.Name, wrong)
		}
	}
}

// TestRoundTripCorpus holds for every document of the public rule sets.
func TestRoundTripCorpus(t *testing.T) {
	dir := os.Getenv("SIGMATIC_SHARED")
	if dir == "" {
		t.Skip("SIGMATIC_SHARED is not set: tests on third-party data are skipped")
	}
	files := yamlFiles(t, filepath.Join(dir, "data", "rules"))
	if len(files) < 5000 {
		t.Fatalf("found %d files", len(files))
	}
	for _, f := range files {
		if wrong := roundTrip(f); wrong != "" {
			t.Errorf("%s: %s", f.Name, wrong)
		}
	}
}

// FuzzRoundTrip demands of any bytes that what they hold is printed as the same.
func FuzzRoundTrip(f *testing.F) {
	files, _ := filepath.Glob("../../testdata/*/*/rule.yml")
	for _, path := range files {
		if data, err := os.ReadFile(path); err == nil && len(data) < 4096 {
			f.Add(data)
		}
	}
	for _, value := range awkward {
		f.Add([]byte("title: T\nlogsource: {product: p}\ndetection:\n  s:\n    f: " + strconv.Quote(value) + "\n  condition: s\nx: {y: [" + strconv.Quote(value) + "]}\n"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if wrong := roundTrip(source.NewFile("rule.yml", data)); wrong != "" {
			t.Fatal(wrong)
		}
	})
}

// awkward are strings that YAML reads as something else without care.
var awkward = []string{
	"", " ", "  a", "a ", "~", "null", "Null", "true", "no", "on", "y", "N", "12", "-1", "1.5", "0x1f", "017", "1e3", ".5", ".inf", "1:30", "1_000",
	"2020-01-01", "a: b", "a:", "a #b", "#a", "- a", "-", "-a", "? a", "[a]", "{a}", "&a", "*a", "!a", "|", ">", "'", "''", `"`, "%a", "@a", "`a`", "=", "<<",
	"---", "--- a", "...", "a'b", `a"b`, `a\b`, "a\tb", "a\nb", "a\nb\n", "a\n\nb\n", "a\n b\n", " a\nb", "\na", "a\n", "a\n\n", "a\nb\n\n", "a \nb \n", "a\n \nb", "a\n  ",
	"a\r\nb", "\u00a0", "a\u00a0b", "x:\u00a0y", "\ufeff", "\u2028", "\u0085", "\x7f", "\u0001", "é", "日本", "\U0001f600", "\ufffe", "\ufffd",
	"a,b", "a]", "http://x/y", "C:\\Windows\\*", "key|re", "\x00",
}

// TestAwkwardStrings puts each string where a document can have one.
func TestAwkwardStrings(t *testing.T) {
	for _, s := range awkward {
		q := strconv.Quote(s)
		if strings.ContainsAny(s, "\ufeff\u2028\u0085\u00a0\ufffe") {
			q = strings.NewReplacer("\ufeff", `\ufeff`, "\u2028", `\u2028`, "\u0085", `\u0085`, "\u00a0", `\u00a0`, "\ufffe", `\ufffe`).Replace(q)
		}
		text := fmt.Sprintf("title: %s\ndescription: %[1]s\nreferences: [%[1]s, %[1]s]\nlogsource: {product: p, %[1]s: %[1]s}\ndetection:\n  s:\n    f: [%[1]s, x]\n  condition: s\nx: {%[1]s: [%[1]s, [%[1]s], {a: %[1]s, b: {}, c: []}]}\n", q)
		f := source.NewFile("rule.yml", []byte(text))
		if res := parser.Parse(f); len(res.Documents) != 1 {
			t.Errorf("%q: the test's document does not parse: %v", s, res.Diagnostics)
			continue
		}
		if wrong := roundTrip(f); wrong != "" {
			t.Errorf("%q: %s", s, wrong)
		}
	}
}

// TestLongKey sees that a key too long for one line with its colon is written.
func TestLongKey(t *testing.T) {
	key := strings.Repeat("k", 2000)
	text := "title: T\nlogsource: {product: p}\ndetection:\n  s:\n    ? " + key + "\n    : [a, b]\n  condition: s\n? " + key + "\n: v\n"
	f := source.NewFile("rule.yml", []byte(text))
	if len(parser.Parse(f).Documents) != 1 {
		t.Fatal("the test's document does not parse")
	}
	if wrong := roundTrip(f); wrong != "" {
		t.Error(wrong)
	}
}

// TestDocument holds the form to what it should be.
func TestDocument(t *testing.T) {
	const in = `x-own: {b: 1, a: [yes, "12", ~]}
level: HIGH
tags: [Attack.T1078]
title: "All of it"
detection:
  condition: >
    1 of sel*
    and not filter
  filter: {ip|cidr: 10.0.0.0/8, 'user|endswith|all': [a, b]}
  sel1:
    - a
    - 12
  sel2:
    - k|contains: 'x*y'
      m: [null, true, '5']
    - bare
  sel3: [[p, q], [r]]
  sel4: {'': word, '|re': '^a'}
logsource: {service: s, product: p, definition: "two\nlines\n"}
date: 2024/03/09
modified: '2024-03-10'
id: 5638F7C0-AC70-491D-8465-000000000001
description: |
  one

  two
author: O'Neil
related: [{type: similar, id: 5638f7c0-ac70-491d-8465-000000000002}]
status: Test
`
	const want = `title: All of it
id: 5638f7c0-ac70-491d-8465-000000000001
related:
    - id: 5638f7c0-ac70-491d-8465-000000000002
      type: similar
status: test
description: |
    one

    two
author: O'Neil
date: 2024-03-09
modified: 2024-03-10
logsource:
    product: p
    service: s
    definition: |
        two
        lines
detection:
    filter:
        ip|cidr: 10.0.0.0/8
        user|endswith|all:
            - a
            - b
    sel1:
        - a
        - 12
    sel2:
        - k|contains: 'x*y'
          m:
              - null
              - true
              - '5'
        - bare
    sel3:
        - - p
          - q
        - - r
    sel4:
        '': word
        '|re': ^a
    condition: 1 of sel* and not filter
level: high
tags:
    - attack.t1078
x-own:
    b: 1
    a:
        - yes
        - '12'
        - null
`
	res := parser.Parse(source.NewFile("rule.yml", []byte(in)))
	if len(res.Documents) != 1 {
		t.Fatal(res.Diagnostics)
	}
	if got := format.Document(res.Documents[0]); got != want {
		t.Errorf("%s\n%s", firstDifference(want, got), got)
	}
}
