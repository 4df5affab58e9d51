package yamldoc

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sigmatic/ast/source"
)

// compare holds the nodes of the plain reader against those that come from the
// YAML library, of each document of a text that the plain reader takes.
func compare(t testing.TB, f *source.File) (plain, all int) {
	t.Helper()
	if checkText(f) != nil {
		return 0, 0
	}
	for _, c := range split(f.Data) {
		all++
		got := readPlain(f, c)
		if got == nil {
			continue
		}
		plain++
		want, diags := readLibrary(f, c)
		if len(diags) > 0 {
			t.Errorf("%s: the plain reader takes what is wrong: %v\n%s", f.Name, diags[0].Error(), f.Data[c.start:c.end])
			continue
		}
		if diff := difference(want, got, ""); diff != "" {
			t.Errorf("%s: the library and the plain reader differ in %s", f.Name, diff)
		}
	}
	return plain, all
}

// difference says where the first of two trees differs from the second.
func difference(a, b *Node, path string) string {
	x, y := *a, *b
	x.Items, x.Pairs, y.Items, y.Pairs = nil, nil, nil, nil
	if !reflect.DeepEqual(x, y) || len(a.Items) != len(b.Items) || len(a.Pairs) != len(b.Pairs) {
		return fmt.Sprintf("%s: %s %q %d-%d, %s %q %d-%d", path, a.Kind, a.Text, a.Span.Start, a.Span.End, b.Kind, b.Text, b.Span.Start, b.Span.End)
	}
	for i := range a.Items {
		if d := difference(a.Items[i], b.Items[i], fmt.Sprintf("%s[%d]", path, i)); d != "" {
			return d
		}
	}
	for i := range a.Pairs {
		at := path + "/" + a.Pairs[i].Key.Text
		if d := difference(a.Pairs[i].Key, b.Pairs[i].Key, at+" (key)"); d != "" {
			return d
		}
		if d := difference(a.Pairs[i].Value, b.Pairs[i].Value, at); d != "" {
			return d
		}
	}
	return ""
}

func TestPlain(t *testing.T) {
	for _, c := range []struct {
		text  string
		plain bool
	}{
		{"a: b\n", true},
		{"---\na: b\n", true},
		{"# c\n\na: b # c\n  # c\nc: d#e\n", true},
		{"a:\n- b\n- c\nd: e\n", true},
		{"a:\n  - b: c\n    d: e\n  - - f\n    - g\n  -\n  - 'h: i'\n", true},
		{"- a\n-\n  b: c\n-\n", true},
		{"a:\nb:\n  c:\n    d:\n", true},
		{"a: # c\n  b: c\n", true},
		{"'a b': 'it''s' # c\n\"c\": \"x: y \\\"z\\\" \\\\\"\n", true},
		{"a: |\n  b\n   c\n\n  # d\n\n\ne: f\n", true},
		{"a: |-\n    b\n  \n    c\n      \nd:\n  - |\n    e\n", true},
		{"a: http://x/y#z\nb: -1\nc: ?x\nd: :y\ne: a - b\nf: 1:30\n", true},
		{"a|re: x\n'': y\n1: z\nö ü: ß\n", true},
		{"a: b\n  c\n", false},
		{"a: 'b\n  c'\n", false},
		{"a: b: c\n", false},
		{"a: [b, c]\n", false},
		{"a: &x b\n", false},
		{"a: *x\n", false},
		{"a: >\n  b\n", false},
		{"a: |2\n   b\n", false},
		{"a: |\n\n  b\n", false},
		{"a: b\na: c\n", false},
		{"<<: b\n", false},
		{"a:\tb\n", false},
		{"a: b\r\n", false},
		{"a: b", false},
		{"a: \"\\x41\"\n", false},
		{"a:\n  b\n", false},
		{"a\n", false},
		{"? a\n: b\n", false},
		{"a:\n    b: c\n  d: e\n", false},
		{"a: b\n...\n", false},
		{"%YAML 1.1\n---\na: b\n", false},
		{"--- a\n", false},
		{"", false},
		{"\n", false},
		{"# c\n", false},
	} {
		plain, _ := compare(t, source.NewFile("x.yml", []byte(c.text)))
		if (plain > 0) != c.plain {
			t.Errorf("%q: plain is %t", c.text, plain > 0)
		}
	}
}

// TestPlainDepth: what is nested too deep is said by the other reader.
func TestPlainDepth(t *testing.T) {
	for n := maxDepth - 3; n < maxDepth+3; n++ {
		var maps, lists strings.Builder
		for i := range n {
			maps.WriteString(strings.Repeat(" ", i) + "a:\n")
			lists.WriteString("- ")
		}
		for _, end := range []string{"b:\n" + strings.Repeat(" ", n) + "- c\n", "b:\n", "'': |\n" + strings.Repeat(" ", n+1) + "c\n"} {
			compare(t, source.NewFile("maps.yml", []byte(maps.String()+strings.Repeat(" ", n)+end)))
		}
		maps.WriteString(strings.Repeat(" ", n) + "b: c\n")
		lists.WriteString("d\n")
		compare(t, source.NewFile("maps.yml", []byte(maps.String())))
		compare(t, source.NewFile("lists.yml", []byte(lists.String())))
	}
}

// TestPlainCorpus compares on all rules there are, and demands that nearly all
// need no library.
func TestPlainCorpus(t *testing.T) {
	roots := []string{"../../testdata", "../../rules"}
	if dir := os.Getenv("SIGMATIC_SHARED"); dir != "" {
		roots = append(roots, filepath.Join(dir, "data", "rules"))
	}
	plain, all := 0, 0
	for _, root := range roots {
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".yml") && !strings.HasSuffix(name, ".yaml") {
				return err
			}
			data, err := os.ReadFile(name)
			p, n := compare(t, source.NewFile(name, data))
			plain, all = plain+p, all+n
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d documents are plain", plain, all)
	if all < 300 || plain*2 < all {
		t.Errorf("%d of %d documents are plain", plain, all)
	}
}

// FuzzPlain looks for a text of which the two readers give different nodes.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{
		"a: b\n", "a:\n- b\n- c: d\n  e: |\n    f\n\n  g: 'h'\n", "- - a\n  - b\n", "a: |-\n  b\n\nc: \"d\" # e\n", "a:\n  b:\n # c\n  d: e\n",
		"a: b #c\n", "a: b\n\n# c\n  d\n", "-\n - a\n", "a:\n-\n-\nb:\n", "'a' : b\n", "a : b\n", "a: 'b' 'c'\n", "a: - b\n", "- a: b\n c: d\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) { compare(t, source.NewFile("x.yml", []byte(text))) })
}
