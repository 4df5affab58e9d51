package cloudtrail

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Input is one stream of bytes to read, not yet opened.
type Input struct {
	Name string // Source of its records
	Size int64  // bytes as stored, for showing progress; -1 if not known
	open func() (io.ReadCloser, error)
}

// File returns the file at path as an input. Its name is the path as given.
func File(path string) Input {
	in := Input{Name: path, Size: -1, open: func() (io.ReadCloser, error) { return os.Open(path) }}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		in.Size = info.Size()
	}
	return in
}

// Stream returns r as an input that can be read once.
func Stream(name string, r io.Reader) Input {
	return Input{Name: name, Size: -1, open: func() (io.ReadCloser, error) { return io.NopCloser(r), nil }}
}

// Stdin is the name of standard input among paths and records.
const Stdin = "-"

// Inputs finds the inputs that paths name, in the order of the paths: files, which are taken whatever they are called; directories, of
// which everything below that looks like a log is taken in lexical order; patterns in the syntax of filepath.Match, where no file has that
// very name; and "-" for stdin. Nothing is opened yet.
//
// What a path names and is not taken is a problem: an error if the path leads nowhere, a note if a file of a directory is left out.
// Symbolic links are followed when named, but not inside a directory, where they can lead in circles or to the same log twice.
func Inputs(paths []string, stdin io.Reader) ([]Input, []Problem) {
	return Deliveries{}.Inputs(paths, stdin)
}

// Inputs finds the inputs that paths name, as the function does, but for those that are not wanted by what their paths say. A file whose
// path does not say it is taken.
func (w Deliveries) Inputs(paths []string, stdin io.Reader) ([]Input, []Problem) {
	f := finder{stdin: stdin, wanted: w, taken: map[string]bool{}}
	for _, path := range paths {
		f.path(path)
	}
	return f.inputs, append(f.problems, f.pruned.problems()...)
}

type finder struct {
	stdin    io.Reader
	inputs   []Input
	problems []Problem
	taken    map[string]bool // by absolute path
	wanted   Deliveries
	pruned   pruned
}

func (f *finder) path(path string) {
	if path == Stdin {
		f.take(Stream(Stdin, f.stdin), Stdin)
		return
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		f.directory(path)
	case err == nil:
		f.file(path)
	case !errors.Is(err, fs.ErrNotExist):
		f.problem(path, Unreadable, "cannot be opened: "+cause(err))
	case strings.ContainsAny(path, "*?["):
		f.pattern(path)
	default:
		f.problem(path, NotFound, "no such file or directory; the other inputs are read")
	}
}

// pattern takes what matches. "**" would silently match less than its writer means.
func (f *finder) pattern(pattern string) {
	if strings.Contains(pattern, "**") {
		f.problem(pattern, NotFound,
			"'**' is not understood in a pattern, name the directory to have everything below it; the other inputs are read")
		return
	}
	matches, err := filepath.Glob(pattern)
	if err != nil {
		f.problem(pattern, NotFound, "no such file, and not a pattern either: "+err.Error()+"; the other inputs are read")
		return
	}
	// As in a shell, a leading dot must be matched by one: the resource files of macOS are no logs.
	matches = slices.DeleteFunc(matches, func(match string) bool {
		return strings.HasPrefix(filepath.Base(match), ".") && !strings.HasPrefix(filepath.Base(pattern), ".")
	})
	if len(matches) == 0 {
		f.problem(pattern, NotFound, "no such file, and nothing matches it as a pattern; the other inputs are read")
	}
	for _, match := range matches {
		if info, err := os.Stat(match); err == nil && info.IsDir() {
			f.directory(match)
			continue
		}
		f.file(match)
	}
}

func (f *finder) file(path string) {
	if !f.wanted.any() {
		d := DeliveryOf(path)
		if f.wanted.excludes(d) {
			f.pruned.files++
			return
		}
		if f.wanted.silent(d) {
			f.pruned.unnamed++
		}
	}
	name, err := filepath.Abs(path)
	if err != nil {
		name = filepath.Clean(path)
	}
	f.take(File(path), name)
}

func (f *finder) take(in Input, name string) {
	if f.taken[name] {
		f.problem(in.Name, DuplicateInput, "named before, read only once")
		return
	}
	f.taken[name] = true
	f.inputs = append(f.inputs, in)
}

// directory takes the logs below a directory and sums up what it leaves out.
func (f *finder) directory(root string) {
	ignored := map[string]int{}
	found := false
	// A symbolic link that was named is followed by its trailing separator.
	start := root
	if info, err := os.Lstat(root); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		start = root + string(filepath.Separator)
	}
	_ = filepath.WalkDir(start, func(path string, entry fs.DirEntry, err error) error {
		name := filepath.Base(path)
		switch {
		case err != nil:
			f.problem(path, Unreadable, "cannot be read: "+cause(err)+"; the rest of the directory is read")
		case path == start:
		case strings.HasPrefix(name, "."):
			ignored["a name with a leading dot"]++
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.IsDir():
			if f.wanted.excludes(DeliveryOf(path)) {
				f.pruned.directories++
				return fs.SkipDir
			}
		case entry.Type()&fs.ModeSymlink != 0:
			f.problem(path, IgnoredLink, "a symbolic link inside a directory is not followed; name it to have it read")
		case !entry.Type().IsRegular():
			ignored["a kind that is neither file nor directory"]++
		case !isLog(name):
			ignored[extension(name)]++
		case DeliveryOf(path).Kind == digests:
			f.pruned.digests++
		default:
			found = true
			f.file(path)
		}
		return nil
	})
	for _, kind := range slices.Sorted(maps.Keys(ignored)) {
		f.problem(root, IgnoredFile, fmt.Sprintf("ignored %s with %s, expected one of %s; name a file to have it read",
			count(ignored[kind], "file"), kind, strings.Join(logExtensions(), " ")))
		f.problems[len(f.problems)-1].Count = ignored[kind]
	}
	if !found && f.pruned == (pruned{}) {
		f.problem(root, EmptyDirectory, "no log in the directory, expected files with one of "+strings.Join(logExtensions(), " "))
	}
}

func logExtensions() []string {
	return []string{".json", ".jsonl", ".ndjson", ".log", ".gz", ".zst", ".bz2", ".zip", ".tar", ".tgz", ".parquet"}
}

func isLog(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(logExtensions(), filepath.Ext(name))
}

func extension(name string) string {
	if ext := filepath.Ext(name); ext != "" {
		return "extension " + strings.ToLower(ext)
	}
	return "no extension"
}

// problem adds one about an input as a whole. Only errors lose events.
func (f *finder) problem(source string, reason Reason, detail string) {
	f.problems = append(f.problems, Problem{Source: source, Reason: reason, Detail: detail, Count: 1, Lost: reason.Severity() == Error})
}

// cause is an error's text without the path, which stands in Source already.
func cause(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}
