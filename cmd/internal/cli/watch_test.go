package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// syncBuffer is what a command that goes on writes to.
type syncBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// await waits until the text stands in the buffer n times.
func (b *syncBuffer) await(t *testing.T, text string, n int) {
	t.Helper()
	for range 200 {
		if strings.Count(b.String(), text) >= n {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%q does not stand %d times in\n%s", text, n, b)
}

// startWatch starts a command line that watches; end interrupts it and gives its
// exit status.
func startWatch(t *testing.T, args ...string) (stdout, stderr *syncBuffer, end func() int) {
	ctx, cancel := context.WithCancel(t.Context())
	stdout, stderr = &syncBuffer{}, &syncBuffer{}
	a := &app{Environment: Environment{Stdin: strings.NewReader(""), Stdout: stdout, Stderr: stderr, Getenv: func(string) string { return "" }, Now: time.Now}}
	root := a.root()
	root.SetArgs(append([]string{"convert", "--watch"}, args...))
	done := make(chan error, 1)
	go func() { done <- root.ExecuteContext(ctx) }()
	return stdout, stderr, func() int {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		return a.status
	}
}

func writeRule(t *testing.T, dir, name, event string) {
	t.Helper()
	text := "title: " + name + "\nlogsource: {product: aws}\ndetection: {s: {eventName: " + event + "}, condition: s}\n"
	if err := os.WriteFile(filepath.Join(dir, name+".yml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestWatch prints all queries, then those that are different.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	writeRule(t, dir, "one", "A")
	writeRule(t, dir, "two", "B")
	stdout, stderr, end := startWatch(t, "-t", "kql", dir)
	stderr.await(t, "watching", 1)
	writeRule(t, dir, "one", "Changed")
	stderr.await(t, "watching", 2)
	if err := os.WriteFile(filepath.Join(dir, "two.yml"), []byte("title: two\ndetection: none\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	stderr.await(t, "watching", 3)
	if status := end(); status != statusUnusable {
		t.Errorf("the last run had a broken rule, and the status is %d", status)
	}
	head := func(name string) string { return "# kql " + filepath.Join(dir, name+".yml") + ":1 " + name + "\n" }
	want := head("one") + "eventName: \"A\"\n\n" + head("two") + "eventName: \"B\"\n" + head("one") + "eventName: \"Changed\"\n"
	if stdout.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", stdout, want)
	}
}

// TestWatchDirectory says what it writes and removes.
func TestWatchDirectory(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	writeRule(t, dir, "one", "A")
	writeRule(t, dir, "two", "B")
	_, stderr, end := startWatch(t, "--prune", "-t", "kql", "-o", out, dir)
	stderr.await(t, "watching", 1)
	if err := os.Remove(filepath.Join(dir, "two.yml")); err != nil {
		t.Fatal(err)
	}
	stderr.await(t, "removed "+filepath.Join(out, "kql", "two.kql"), 1)
	writeRule(t, dir, "three", "C")
	stderr.await(t, "wrote "+filepath.Join(out, "kql", "three.kql"), 1)
	if status := end(); status != statusOK {
		t.Errorf("exit status %d\n%s", status, stderr)
	}
}
