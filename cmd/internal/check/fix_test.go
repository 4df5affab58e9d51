package check

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

const mendTail = "logsource: {product: aws}\ndetection:\n  selection: {a: b}\n  condition: selection\n"

func TestMend(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing to do", "title: x\n" + mendTail, ""},
		{"layout and comments stay", "title: x # kept\nlevel:   hihg   # kept, too\n\ntags:\n    - attack.T1078 # kept\n" + mendTail,
			"title: x # kept\nlevel:   high   # kept, too\n\ntags:\n    - attack.t1078 # kept\n" + mendTail},
		{"windows line ends", strings.ReplaceAll("title: x\ndate: 2024/3/9\n"+mendTail, "\n", "\r\n"), strings.ReplaceAll("title: x\ndate: 2024-03-09\n"+mendTail, "\n", "\r\n")},
		{"byte order mark", "\xef\xbb\xbftitle: x\ndate: 2024/3/9\n" + mendTail, "\xef\xbb\xbftitle: x\ndate: 2024-03-09\n" + mendTail},
		{"one mend brings out the next", "title: x\ntags:\n  - attack.T1078\n  - attack.t1078\n" + mendTail, "title: x\ntags:\n  - attack.t1078\n" + mendTail},
		{"a line of a list", "title: x\n" + mendTail + "references:\n  - a\n  - b\n  - a\n  - c\n", "title: x\n" + mendTail + "references:\n  - a\n  - b\n  - c\n"},
		{"the last line, without a line break", "title: x\n" + mendTail + "references:\n  - a\n  - a", "title: x\n" + mendTail + "references:\n  - a"},
		{"not in a flow list", "title: x\n" + mendTail + "references: [a, a]\n", ""},
		{"not with a comment behind it", "title: x\n" + mendTail + "references:\n  - a\n  - a # twice\n", ""},
		{"stars", "title: x\nlogsource: {product: aws}\ndetection:\n  selection: {a: 'b**c***', d: '\\**'}\n  condition: selection\n",
			"title: x\nlogsource: {product: aws}\ndetection:\n  selection: {a: 'b*c*', d: '\\**'}\n  condition: selection\n"},
		{"several documents", "title: x\nlevel: hihg\n" + mendTail + "---\ntitle: y\nlevel: lwo\n" + mendTail, "title: x\nlevel: high\n" + mendTail + "---\ntitle: y\nlevel: low\n" + mendTail},
		{"suppressed", "title: x\nlevel: hihg # sigmatic: ignore S0106\n" + mendTail, ""},
		{"a mend that would do harm", "title: x\nfalsepositive: a string\n" + mendTail, ""},
		{"harm beside good", "title: x\nfalsepositive: a string\nlevel: hihg\n" + mendTail, "title: x\nfalsepositive: a string\nlevel: high\n" + mendTail},
		{"quotes that change nothing", "title: x\nlogsource: {product: aws}\ndetection:\n  s: {a: 0017}\n  condition: s\n", "title: x\nlogsource: {product: aws}\ndetection:\n  s: {a: '0017'}\n  condition: s\n"},
		{"quotes that make text of a number", "title: x\nlogsource: {product: aws}\ndetection:\n  s: {a: 0x17, b: yes}\n  condition: s\n", ""},
		{"quotes that make a broken rule sound", "title: x\nlogsource: {product: aws}\ndetection:\n  s: {a|contains: 17}\n  condition: s\n",
			"title: x\nlogsource: {product: aws}\ndetection:\n  s: {a|contains: '17'}\n  condition: s\n"},
		{"places in a text that was changed", "title: x\nlevel:\u00a0hihg\n" + mendTail, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := c.want
			if want == "" {
				want = c.text
			}
			options := Options{Settings: Defaults()}
			got, n := Mend(Parse(source.NewFile("example_rule.yml", []byte(c.text))), options)
			if string(got.Source.Data) != want || (n > 0) != (c.want != "") {
				t.Errorf("%d fixes give\n%q\nwant\n%q", n, got.Source.Data, want)
			}
			again, n := Mend(got, options)
			if n != 0 || string(again.Source.Data) != string(got.Source.Data) {
				t.Errorf("mended once more (%d):\n%q", n, again.Source.Data)
			}
		})
	}
}

// TestOverlap shows that of two fixes over each other one is applied.
func TestOverlap(t *testing.T) {
	f := source.NewFile("r.yml", []byte("0123456789"))
	fix := func(from, to int) diag.Diagnostic {
		return diag.Diagnostic{Fix: &diag.Fix{Span: source.Span{File: f, Start: from, End: to}, Replacement: "x"}}
	}
	v := view{file: File{Source: f}, findings: []diag.Diagnostic{fix(7, 7), fix(3, 5), fix(0, 2), fix(1, 4), fix(4, 6), fix(7, 7), {}}}
	if got := string(apply(f, v.fixes()).Data); got != "x2x56x789" {
		t.Errorf("applied: %s", got)
	}
}

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	name, link := filepath.Join(dir, "r.yml"), filepath.Join(dir, "link.yml")
	if err := os.WriteFile(name, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := Replace(name, []byte("other"), []byte("new")); err == nil {
		t.Error("a file that has changed is overwritten")
	}
	if err := Replace(filepath.Join(dir, "none.yml"), nil, nil); err == nil {
		t.Error("a file that is not there is written")
	}
	if runtime.GOOS == "windows" {
		link = name // links need a privilege there
	} else if err := os.Symlink("r.yml", link); err != nil {
		t.Fatal(err)
	}
	if err := Replace(link, []byte("old"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	info, _ := os.Stat(name)
	entries, _ := os.ReadDir(dir)
	if err != nil || string(data) != "new" || runtime.GOOS != "windows" && (info.Mode().Perm() != 0o640 || len(entries) != 2) {
		t.Errorf("%q %v, mode %v, %d entries", data, err, info.Mode(), len(entries))
	}
}

func TestWriteDiff(t *testing.T) {
	number := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(string(rune('a'+i)) + "\n")
		}
		return b.String()
	}
	for _, c := range []struct{ name, before, after, want string }{
		{"same", "a\n", "a\n", ""},
		{"one line", "a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
		{"removed", "a\nb\n", "a\n", "@@ -1,2 +1 @@\n a\n-b\n"},
		{"added to nothing", "", "a\n", "@@ -0,0 +1 @@\n+a\n"},
		{"no line break", "a", "b", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"},
		{"two hunks", number(20), strings.NewReplacer("b\n", "B\n", "q\n", "").Replace(number(20)),
			"@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n@@ -14,7 +14,6 @@\n n\n o\n p\n-q\n r\n s\n t\n"},
		{"near hunks are one", number(9), strings.NewReplacer("b\n", "B\n", "h\n", "H\n").Replace(number(9)),
			"@@ -1,9 +1,9 @@\n a\n-b\n+B\n c\n d\n e\n f\n g\n-h\n+H\n i\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			if err := WriteDiff(&b, "r.yml", []byte(c.before), []byte(c.after)); err != nil {
				t.Fatal(err)
			}
			if want := "--- r.yml\n+++ r.yml\n" + c.want; b.String() != want {
				t.Errorf("got\n%s\nwant\n%s", b.String(), want)
			}
		})
	}
}

// FuzzMend mends any text: what comes out has no fewer documents, and mending it
// again changes nothing.
func FuzzMend(f *testing.F) {
	f.Add("title: x\nlevel: hihg\ntags:\n  - attack.T1\n  - attack.t1\n" + mendTail)
	f.Add("title: x\nreferences: [a,\n  a]\ndate: 2024/3/9\nlogsource: {product: aws, servce: x}\ndetection:\n  s:\n    a|contians: '**'\n    b: 0x17\n  condition: s AND s\n")
	f.Fuzz(func(t *testing.T, text string) {
		before := Parse(source.NewFile("example_rule.yml", []byte(text)))
		after, n := Mend(before, Options{})
		if n == 0 && string(after.Source.Data) != text || len(after.Documents) < len(before.Documents) {
			t.Fatalf("%d fixes make %q of %q", n, after.Source.Data, text)
		}
		if again, n := Mend(after, Options{}); n != 0 {
			t.Fatalf("%q becomes %q, and then %q", text, after.Source.Data, again.Source.Data)
		}
	})
}
