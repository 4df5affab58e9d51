package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The documentation is run. Its convention:
//
//   - a block fenced as sh holds command lines, with or without "$ " before them;
//     blank lines and lines that begin with # are comments;
//   - a block fenced as console holds lines "$ command", each followed by what it
//     prints on standard output; a line of just … stands for any lines, and a
//     command that nothing follows may print anything; behind 2>&1 it is standard
//     error, and the command may fail;
//   - a command line may go on behind a backslash at the end of a line.
//
// Commands sigmatic and go run ./cmd/sigmatic are run in a copy of the
// repository's rules and sample, and exit with 0 or 1. Of make, the target must
// exist; of a script, the file; of all else, the name must be one of those that a
// reader is told to have.
type docCommand struct {
	file   string
	line   int
	text   string
	output []string // nil when any will do
	errors bool     // the output is standard error
}

// readersTools are what a reader is expected to have, or gets from a shell.
var readersTools = []string{"go", "git", "make", "cd", "export", "diff", "jq", "uuidgen"}

func TestDocs(t *testing.T) {
	files := []string{"README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"}
	more, err := filepath.Glob("../../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range more {
		files = append(files, filepath.Join("docs", filepath.Base(name)))
	}
	repository, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	inCheckout(t)
	ran := 0
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join(repository, name))
		if err != nil {
			t.Log(err)
			continue
		}
		for _, c := range docCommands(t, name, string(data)) {
			ran++
			t.Run(fmt.Sprintf("%s:%d", c.file, c.line), func(t *testing.T) { c.check(t, repository) })
		}
	}
	if ran == 0 {
		t.Skip("there is no documentation yet")
	}
}

// docCommands reads the command lines of the blocks of a page.
func docCommands(t *testing.T, file, page string) []docCommand {
	t.Helper()
	var list []docCommand
	language, continued := "", false
	for i, line := range strings.Split(page, "\n") {
		fence, isFence := strings.CutPrefix(strings.TrimLeft(line, " "), "```")
		last := len(list) - 1
		command, prompted := strings.CutPrefix(line, "$ ")
		switch {
		case isFence && language == "":
			language = strings.TrimSpace(fence) + "."
		case isFence:
			language, continued = "", false
		case language != "sh." && language != "console.":
		case continued:
			list[last].text = strings.TrimSuffix(list[last].text, "\\") + strings.TrimSpace(line)
			continued = strings.HasSuffix(line, "\\")
		case prompted || language == "sh." && line != "" && line[0] != '#':
			list = append(list, docCommand{file: file, line: i + 1, text: command})
			continued = strings.HasSuffix(line, "\\")
		case language == "console." && last < 0:
			t.Errorf("%s:%d: a console block must begin with a command line", file, i+1)
		case language == "console.":
			list[last].output = append(list[last].output, line)
		}
	}
	return list
}

func (c docCommand) check(t *testing.T, repository string) {
	text, errors := strings.CutSuffix(c.text, " 2>&1")
	c.errors = errors
	args := words(t, text)
	for strings.Contains(args[0], "=") && len(args) > 1 {
		args = args[1:] // a variable that is set for the command
	}
	if len(args) > 2 && slices.Equal(args[:3], []string{"go", "run", "./cmd/sigmatic"}) {
		args = append([]string{"sigmatic"}, args[3:]...)
	}
	switch {
	case args[0] == "sigmatic" || args[0] == "bin/sigmatic" || args[0] == "./sigmatic":
		c.run(t, args[1:])
	case args[0] == "make":
		data, err := os.ReadFile(filepath.Join(repository, "Makefile"))
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range args[1:] {
			if !strings.Contains(target, "=") && !regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(target)+`:`).Match(data) {
				t.Errorf("%s: the Makefile has no target %s", c.text, target)
			}
		}
	case strings.Contains(args[0], "/"):
		if _, err := os.Stat(filepath.Join(repository, args[0])); err != nil {
			t.Errorf("%s: %v", c.text, err)
		}
	case !slices.Contains(readersTools, args[0]):
		t.Errorf("%s: %s is none of %v", c.text, args[0], readersTools)
	}
}

func (c docCommand) run(t *testing.T, args []string) {
	status, stdout, stderr := run(t, args...)
	if c.errors {
		stdout = stderr
	} else if status > statusNo {
		t.Errorf("%s: exit status %d\n%s", c.text, status, stderr)
	}
	want := slices.Clone(c.output)
	for len(want) > 0 && want[len(want)-1] == "" {
		want = want[:len(want)-1]
	}
	got := strings.Split(strings.TrimRight(stdout, "\n"), "\n")
	if len(want) > 0 && !matchLines(want, got) {
		t.Errorf("%s prints\n%s\nthe page says\n%s", c.text, stdout, strings.Join(want, "\n"))
	}
}

// matchLines compares line by line; a wanted line … matches any number of lines.
func matchLines(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if want[0] == "…" {
		for i := range len(got) + 1 {
			if matchLines(want[1:], got[i:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && strings.TrimRight(want[0], " ") == strings.TrimRight(got[0], " ") && matchLines(want[1:], got[1:])
}

// TestDocCommands shows that the convention is read as it says.
func TestDocCommands(t *testing.T) {
	page := "text\n```sh\n# a comment\n\n$ make test\nsigmatic list \\\n  rules\n```\n```console\n$ sigmatic version\n…\nlast\n```\n```yaml\n$ no\n```\n"
	var got []string
	for _, c := range docCommands(t, "page.md", page) {
		got = append(got, fmt.Sprintf("%d %s %q", c.line, c.text, c.output))
	}
	want := []string{`5 make test []`, `6 sigmatic list rules []`, `10 sigmatic version ["…" "last"]`}
	if !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
	for _, c := range []struct {
		want, got string
		match     bool
	}{
		{"a b", "a b", true}, {"a b", "a", false}, {"…", "a b", true}, {"a …", "a b c", true},
		{"a … c", "a b b c", true}, {"a … c", "a b b", false}, {"… c", "c", true}, {"a", "a b", false},
	} {
		if matchLines(strings.Fields(c.want), strings.Fields(c.got)) != c.match {
			t.Errorf("%q against %q: not %v", c.got, c.want, c.match)
		}
	}
}
