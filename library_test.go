package sigmatic_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// libraryBlock is a program of the page on the library, and what it prints.
var libraryBlock = regexp.MustCompile("(?s)```go\n(package main\n.*?)```\n\n```text\n(.*?)```\n")

// TestLibraryPage runs the programs of docs/library.md in a module of their own,
// as somebody who embeds the packages does. In what they print, a line … stands
// for any lines.
func TestLibraryPage(t *testing.T) {
	page, err := os.ReadFile("docs/library.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := libraryBlock.FindAllSubmatch(page, -1)
	if n := strings.Count(string(page), "```go\n"); len(blocks) != n || n == 0 {
		t.Fatalf("%d of %d programs have what they print below them", len(blocks), n)
	}
	module := outsideModule(t)
	for _, b := range blocks {
		if err := os.WriteFile(filepath.Join(module, "main.go"), b[1], 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("go", "run", ".")
		cmd.Dir = module
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		want := strings.Split(regexp.QuoteMeta(string(b[2])), "\n…\n")
		if err != nil || !regexp.MustCompile(`(?s)^`+strings.Join(want, `\n.*\n`)+`$`).Match(out) {
			t.Errorf("%v\n%s\nthe page says\n%s", err, out, b[2])
		}
	}
}

// outsideModule makes a module that requires this one.
func outsideModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	// The versions that this module was tested with.
	_, rest, _ := strings.Cut(string(mod), "\n")
	text := "module example\n" + rest + "\nrequire sigmatic v0.0.0\n\nreplace sigmatic => " + here + "\n"
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"go.mod": []byte(text), "go.sum": sums} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
