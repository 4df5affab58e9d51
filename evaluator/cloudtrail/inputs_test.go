package cloudtrail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// logs makes a folder with files of all kinds and makes it the working directory.
func logs(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for path, text := range map[string]string{
		"logs/b.json": recA, "logs/a.ndjson": recB, "logs/2026/01/x.JSON.gz": pack(recC), "logs/2026/01/y.log": recA, "logs/2026/z.jsonl": recA,
		"logs/q.zst": packZstd(recA), "logs/README": "", "logs/notes.txt": "", "logs/2026/more.TXT": "", "logs/all.tar.gz": pack(recA),
		"logs/._b.json": "", "logs/.cache/c.json": recA, "other/events.txt": recA, "other/[1].json": recB, "none/photo.jpg": "",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func names(inputs []Input) []string {
	var list []string
	for _, in := range inputs {
		list = append(list, in.Name)
	}
	return list
}

const wantedExtensions = "expected one of .json .jsonl .ndjson .log .gz .zst .bz2 .zip .tar .tgz .parquet; name a file to have it read"

func TestInputs(t *testing.T) {
	logs(t)
	inLogs := []string{"logs/2026/01/x.JSON.gz", "logs/2026/01/y.log", "logs/2026/z.jsonl", "logs/a.ndjson", "logs/all.tar.gz", "logs/b.json", "logs/q.zst"}
	leftOut := []string{
		"logs: ignored 2 files with a name with a leading dot, " + wantedExtensions + " [ignored-file]",
		"logs: ignored 2 files with extension .txt, " + wantedExtensions + " [ignored-file]",
		"logs: ignored 1 file with no extension, " + wantedExtensions + " [ignored-file]",
	}
	for _, test := range []struct {
		name     string
		paths    []string
		inputs   []string
		problems []string
	}{
		{"directory", []string{"logs"}, inLogs, leftOut},
		{"files in the order given", []string{"logs/b.json", "other/events.txt", "-", "logs/a.ndjson"},
			[]string{"logs/b.json", "other/events.txt", "-", "logs/a.ndjson"}, nil},
		{"pattern", []string{"logs/*.*json", "logs/.*json"}, []string{"logs/a.ndjson", "logs/b.json", "logs/._b.json"}, nil},
		{"name that looks like a pattern", []string{"other/[1].json"}, []string{"other/[1].json"}, nil},
		{"pattern for a directory", []string{"no*"}, nil, []string{
			"none: ignored 1 file with extension .jpg, " + wantedExtensions + " [ignored-file]",
			"none: no log in the directory, expected files with one of .json .jsonl .ndjson .log .gz .zst .bz2 .zip .tar .tgz .parquet [empty-directory]"}},
		{"named twice", []string{"logs/b.json", "./logs/b.json", "-", "-"}, []string{"logs/b.json", "-"}, []string{
			"./logs/b.json: named before, read only once [duplicate-input]", "-: named before, read only once [duplicate-input]"}},
		{"missing", []string{"gone.json", "logs/b.json", "gone/*.json", "gone/[", "logs/**/x.json"}, []string{"logs/b.json"}, []string{
			"gone.json: no such file or directory; the other inputs are read [not-found]",
			"gone/*.json: no such file, and nothing matches it as a pattern; the other inputs are read [not-found]",
			"gone/[: no such file, and not a pattern either: syntax error in pattern; the other inputs are read [not-found]",
			"logs/**/x.json: '**' is not understood in a pattern, name the directory to have everything below it; the other inputs are read [not-found]"}},
		{"below a file", []string{"logs/b.json/c.json"}, nil, []string{"logs/b.json/c.json: cannot be opened: not a directory [unreadable]"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inputs, problems := Inputs(test.paths, strings.NewReader(""))
			if diff := cmp.Diff(test.inputs, names(inputs)); diff != "" {
				t.Errorf("inputs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.problems, outcome{Problems: problems}.told()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			for _, p := range problems {
				if p.Count == 0 || p.Lost != (p.Severity() == Error) {
					t.Errorf("%+v", p)
				}
			}
		})
	}
}

func TestInputsRead(t *testing.T) {
	logs(t)
	inputs, _ := Inputs([]string{"logs", Stdin}, strings.NewReader(recC))
	var total Stats
	var got []string
	for _, in := range inputs {
		stats, err := Read(t.Context(), in, Options{}, func(r Record) error {
			got = append(got, r.Source+" "+string(r.Raw))
			return nil
		}, func(p Problem) { t.Errorf("unexpected problem %v", p) })
		if err != nil {
			t.Fatal(err)
		}
		if in.Size >= 0 && in.Size != stats.SourceBytes {
			t.Errorf("%s: read %d bytes of %d", in.Name, stats.SourceBytes, in.Size)
		}
		total.Add(stats)
	}
	want := []string{"logs/2026/01/x.JSON.gz " + recC, "logs/2026/01/y.log " + recA, "logs/2026/z.jsonl " + recA, "logs/a.ndjson " + recB,
		"logs/all.tar.gz " + recA, "logs/b.json " + recA, "logs/q.zst " + recA, "- " + recC}
	if diff := cmp.Diff(want, got); diff != "" || total.Inputs != 8 || total.Records != 8 || total.RecordBytes != 56 {
		t.Errorf("account %+v, records (-want +got):\n%s", total, diff)
	}
}

// TestLinks holds that a link is followed when named, and never inside a directory.
func TestLinks(t *testing.T) {
	logs(t)
	for link, target := range map[string]string{"logs/circle": "..", "logs/linked.json": "b.json", "latest": "logs/2026"} {
		if err := os.Symlink(target, link); err != nil {
			t.Skipf("symbolic links cannot be made here: %v", err)
		}
	}
	inputs, problems := Inputs([]string{"latest", "logs/linked.json", "logs"}, nil)
	want := []string{"latest/01/x.JSON.gz", "latest/01/y.log", "latest/z.jsonl", "logs/linked.json",
		"logs/2026/01/x.JSON.gz", "logs/2026/01/y.log", "logs/2026/z.jsonl", "logs/a.ndjson", "logs/all.tar.gz", "logs/b.json", "logs/q.zst"}
	if diff := cmp.Diff(want, names(inputs)); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
	var links []string
	for _, p := range problems {
		if p.Reason == IgnoredLink {
			links = append(links, p.String())
		}
	}
	told := ": a symbolic link inside a directory is not followed; name it to have it read [ignored-link]"
	if diff := cmp.Diff([]string{"logs/circle" + told, "logs/linked.json" + told}, links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

// TestGone reads files that cannot be read.
func TestGone(t *testing.T) {
	logs(t)
	for in, want := range map[string]string{
		"logs/gone.json": "logs/gone.json: cannot be opened: no such file or directory; nothing was read [unreadable]",
		"logs/2026":      "logs/2026:1: cannot be read further: is a directory; everything before it was read [unreadable]",
	} {
		var got []string
		stats, err := Read(t.Context(), File(in), Options{}, nil, func(p Problem) { got = append(got, p.String()) })
		if diff := cmp.Diff([]string{want}, got); diff != "" || err != nil || stats.Lost != 1 || stats.Inputs != 1 {
			t.Errorf("%v, account %+v, problems (-want +got):\n%s", err, stats, diff)
		}
	}
}
