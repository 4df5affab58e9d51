package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// commands are all that a user can call.
func commands() []*cobra.Command {
	a := &app{Environment: Environment{
		Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard,
		Getenv: func(string) string { return "" }, Now: time.Now,
	}}
	root := a.root()
	root.InitDefaultHelpCmd()
	var all []*cobra.Command
	var add func(*cobra.Command)
	add = func(c *cobra.Command) {
		all = append(all, c)
		for _, child := range c.Commands() {
			add(child)
		}
	}
	add(root)
	return all
}

// TestHelp demands an example of every command, and runs each line of it where
// the repository's own rules and logs are.
func TestHelp(t *testing.T) {
	inCheckout(t)
	for _, c := range commands() {
		if c.Short == "" || c.Example == "" {
			t.Errorf("%s: a command needs a summary and an example", c.CommandPath())
		}
		for line := range strings.Lines(c.Example) {
			if !strings.HasPrefix(line, "  "+c.CommandPath()) {
				t.Errorf("%s: the example line %q is not of this command, or not indented by two", c.CommandPath(), line)
			}
			args := words(t, line)
			status, stdout, stderr := run(t, args[1:]...)
			if status > statusNo || stdout == "" && c.Name() != "man" {
				t.Errorf("%s\nexit status %d, %d bytes of output\n%s", strings.TrimSpace(line), status, len(stdout), stderr)
			}
		}
	}
}

// TestHelpText holds the pages to what a terminal shows without wrapping.
func TestHelpText(t *testing.T) {
	for _, c := range commands() {
		for line := range strings.Lines(c.Long + "\n" + c.Example) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 100 {
				t.Errorf("%s: a line of help is %d long: %s", c.CommandPath(), n, line)
			}
		}
	}
}

// inCheckout makes a copy of what documentation speaks of, and goes there:
// examples may write files.
func inCheckout(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for _, part := range []string{"rules", "testdata/sample", "docs/examples"} {
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join("../../..", part))); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

// words splits a command line as a shell does that knows blanks and quotes. What
// else a shell would interpret fails the test.
func words(t *testing.T, line string) []string {
	t.Helper()
	var out []string
	var word strings.Builder
	inWord, quote := false, rune(0)
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, inWord = r, true
		case quote == 0 && strings.ContainsRune("|<>&;$`()", r):
			t.Fatalf("%q: the tests do not know the shell's %q", line, r)
		case quote == 0 && (r == ' ' || r == '\n'):
			if inWord {
				out = append(out, word.String())
			}
			word.Reset()
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if inWord {
		out = append(out, word.String())
	}
	if quote != 0 || len(out) == 0 {
		t.Fatalf("%q is no command line", line)
	}
	return out
}
