package cli

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"gopkg.in/yaml.v3"
)

var record = flag.Bool("record", false, "write what the commands print into the scripts")

// TestMain lets the scripts run the program as a command, which is this test
// binary once more, and BenchmarkProcess what it is compared to.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"sigmatic":  func() { os.Exit(Main(os.Args[1:], System())) },
		"read-yaml": func() { readYAML(os.Args[1]) },
		"gunzip":    func() { readGzip(os.Args[1], len(os.Args) > 2) },
	})
}

// readYAML reads all YAML below a directory into nodes, on all processors.
func readYAML(dir string) {
	var names []string
	_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && isRuleName(name) {
			names = append(names, name)
		}
		return nil
	})
	parallel(len(names), func(i int) {
		data, err := os.ReadFile(names[i])
		var node yaml.Node
		if err != nil || yaml.Unmarshal(data, &node) != nil {
			os.Exit(1)
		}
	})
}

// TestGoldenScripts runs testdata/script. Beside the commands of testscript, a
// script has those of scriptCommands. With -record, a cmp that fails writes the
// output into the script; read the difference before you keep it.
func TestGoldenScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "../../../testdata/script",
		UpdateScripts:       *record,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                scriptCommands,
	})
}

// scriptCommands are the commands of our own:
//
//	exits N sigmatic ARG...   runs the program and demands the exit status N
//	empty stdout|stderr|FILE  demands that nothing was written
//	gz FILE                   writes FILE.gz
//	cut FILE N                keeps the first N bytes; with a minus, all but the last N
//	nbsp FILE                 makes each · a no-break space (U+00A0)
//	tar ARCHIVE FILE...       writes an archive of files
//	zip ARCHIVE FILE...       likewise; with -e, its members are marked as encrypted
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"exits": func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < 2 {
			ts.Fatalf("usage: exits N command [args...]")
		}
		want, err := strconv.Atoi(args[0])
		ts.Check(err)
		got := 0
		var failed *exec.ExitError
		if err := ts.Exec(args[1], args[2:]...); errors.As(err, &failed) {
			got = failed.ExitCode()
		} else {
			ts.Check(err)
		}
		if got != want {
			ts.Fatalf("exit status %d, want %d", got, want)
		}
	},
	"empty": func(ts *testscript.TestScript, neg bool, args []string) {
		if text := ts.ReadFile(args[0]); (text == "") == neg {
			ts.Fatalf("%s: %q", args[0], text)
		}
	},
	"gz": func(ts *testscript.TestScript, _ bool, args []string) {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := w.Write([]byte(ts.ReadFile(args[0])))
		ts.Check(errors.Join(err, w.Close(), os.WriteFile(ts.MkAbs(args[0]+".gz"), b.Bytes(), 0o666)))
	},
	"cut": func(ts *testscript.TestScript, _ bool, args []string) {
		data := ts.ReadFile(args[0])
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		if n < 0 {
			n += len(data)
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(data[:n]), 0o666))
	},
	"tar": func(ts *testscript.TestScript, _ bool, args []string) {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, name := range args[1:] {
			text := ts.ReadFile(name)
			ts.Check(w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644, Typeflag: tar.TypeReg}))
			_, err := w.Write([]byte(text))
			ts.Check(err)
		}
		ts.Check(errors.Join(w.Close(), os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o666)))
	},
	"zip": func(ts *testscript.TestScript, _ bool, args []string) {
		flags := uint16(0)
		if args[0] == "-e" {
			flags, args = 1, args[1:]
		}
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, name := range args[1:] {
			f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Flags: flags})
			ts.Check(err)
			_, err = f.Write([]byte(ts.ReadFile(name)))
			ts.Check(err)
		}
		ts.Check(errors.Join(w.Close(), os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o666)))
	},
	"nbsp": func(ts *testscript.TestScript, _ bool, args []string) {
		data := bytes.ReplaceAll([]byte(ts.ReadFile(args[0])), []byte("·"), []byte("\u00a0"))
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o666))
	},
}
