package check

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// corpusNames lists the files of rules below folders of the third-party data, or
// skips the test.
func corpusNames(t testing.TB, folders ...string) []string {
	t.Helper()
	dir := os.Getenv("SIGMATIC_SHARED")
	if dir == "" {
		t.Skip("SIGMATIC_SHARED is not set: tests on third-party data are skipped")
	}
	var names []string
	for _, folder := range folders {
		matches, err := filepath.Glob(filepath.Join(dir, "data", "rules", folder))
		if err != nil || len(matches) == 0 {
			t.Fatalf("%s: nothing there (%v)", folder, err)
		}
		for _, root := range matches {
			err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() && (strings.HasSuffix(name, ".yml") || strings.HasSuffix(name, ".yaml")) {
					names = append(names, name)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return names
}

// corpus parses the rules below folders of the third-party data.
func corpus(t testing.TB, folders ...string) []File {
	t.Helper()
	var files []File
	for _, name := range corpusNames(t, folders...) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, Parse(source.NewFile(name, data)))
	}
	return files
}

// TestSigmaHQ holds the checks to rules that are reviewed with the same ones: no
// error, and hardly a warning.
func TestSigmaHQ(t *testing.T) {
	files := corpus(t, "sigma/rules*")
	rep := Run(files, Options{})
	if len(files) < 3700 || rep.Documents < len(files) {
		t.Fatalf("%d files, %d documents", len(files), rep.Documents)
	}
	if n := rep.Count(diag.Error); n > 0 {
		t.Errorf("%d errors", n)
	}
	if n := rep.Count(diag.Warning); n > 10 {
		t.Errorf("%d warnings", n)
	}
}

// TestMendCorpus mends all rules there are, in memory: a mended file has no
// error that it had not, and mending it again changes nothing.
func TestMendCorpus(t *testing.T) {
	folders := []string{"mdecrevoisier", "hayabusa", "suzaku", "loldrivers"}
	if !testing.Short() {
		folders = append(folders, "sigma/deprecated", "sigma/unsupported")
	}
	mended := 0
	for _, f := range corpus(t, folders...) {
		after, n := Mend(f, Options{})
		if n == 0 {
			continue
		}
		mended++
		if len(after.Documents) < len(f.Documents) || after.Broken > f.Broken {
			t.Errorf("%s is worse than before", f.Source.Name)
		}
		if again, n := Mend(after, Options{}); n != 0 || string(again.Source.Data) != string(after.Source.Data) {
			t.Errorf("%s is mended twice", f.Source.Name)
		}
	}
	if mended < 100 {
		t.Errorf("%d files mended", mended)
	}
}

// BenchmarkRun is the time of the checks alone, over all rules of SigmaHQ.
func BenchmarkRun(b *testing.B) {
	files := corpus(b, "sigma/rules*")
	for b.Loop() {
		Run(files, Options{})
	}
}
