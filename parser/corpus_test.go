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

func BenchmarkSigmaHQ(b *testing.B) {
	files := ruleFiles(b, filepath.Join(shared(b), "data", "rules", "sigma", "rules"))
	b.ResetTimer()
	for b.Loop() {
		for _, f := range files {
			parser.Parse(f)
		}
	}
}
