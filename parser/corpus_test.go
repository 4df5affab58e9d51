package parser_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser"
)

// shared is the folder of third-party test data, or skips the test.
func shared(t testing.TB) string {
	dir := os.Getenv("SIGMATIC_SHARED")
	if dir == "" {
		t.Skip("SIGMATIC_SHARED is not set: tests on third-party data are skipped")
	}
	return dir
}

func ruleFiles(t testing.TB, roots ...string) []*source.File {
	var files []*source.File
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() || !strings.HasSuffix(path, ".yml") && !strings.HasSuffix(path, ".yaml") {
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files = append(files, source.NewFile(path, data))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// TestSigmaHQ reads every rule in force of the SigmaHQ rule set: 3,780
// documents, none with an error (count from the data's own description).
func TestSigmaHQ(t *testing.T) {
	root := filepath.Join(shared(t), "data", "rules", "sigma")
	roots, err := filepath.Glob(filepath.Join(root, "rules*"))
	if err != nil {
		t.Fatal(err)
	}
	rules := 0
	for _, f := range ruleFiles(t, roots...) {
		res := parser.Parse(f)
		rules += len(res.Documents)
		for _, d := range res.Diagnostics {
			if d.Severity == diag.Error {
				t.Errorf("%v", d.Error())
			}
		}
	}
	if rules != 3780 {
		t.Errorf("read %d rules, want 3780", rules)
	}
}

// TestEverything reads whatever lies in the folders of rules: six rule sets, sound
// and malformed, the specification's examples, its text, and its JSON Schemas; and
// each file once more, cut off in the middle. Nothing may panic, and of every
// file that is no rule something must be said.
func TestEverything(t *testing.T) {
	seen := map[string]int{}
	err := filepath.WalkDir(filepath.Join(shared(t), "data", "rules"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen[filepath.Ext(path)]++
		for _, text := range [][]byte{data, data[:len(data)/2]} {
			res := parser.Parse(source.NewFile(path, text))
			docs, diags := parser.Link(res.Documents)
			if len(docs)+len(diags)+len(res.Diagnostics) == 0 && strings.TrimSpace(string(text)) != "" {
				t.Errorf("%s: %d bytes of it give neither a document nor a finding", path, len(text))
			}
			checkSpans(t, text, res.Diagnostics)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen[".yml"] < 5000 || seen[".yaml"] < 300 || seen[".json"] < 3 {
		t.Errorf("too little was seen: %v", seen)
	}
}

func BenchmarkSigmaHQ(b *testing.B) {
	files := ruleFiles(b, filepath.Join(shared(b), "data", "rules", "sigma", "rules"))
	b.ResetTimer()
	for b.Loop() {
		for _, f := range files {
			parser.Parse(f)
		}
	}
}
