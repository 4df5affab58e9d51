package cli

import (
	"bufio"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"
	"github.com/tidwall/gjson"
)

// readGzip decompresses all files below a folder; with gjson it also passes over the records of each.
func readGzip(dir string, pass bool) {
	var text bytes.Buffer // used again: what is compared to must not lose time on memory
	_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			os.Exit(1)
		}
		defer f.Close()
		z, err := gzip.NewReader(bufio.NewReaderSize(f, 64<<10))
		if err != nil {
			os.Exit(1)
		}
		if !pass {
			_, err = io.Copy(io.Discard, z)
			return err
		}
		text.Reset()
		if _, err := text.ReadFrom(z); err != nil {
			os.Exit(1)
		}
		records := 0
		gjson.GetBytes(text.Bytes(), "Records").ForEach(func(_, _ gjson.Result) bool {
			records++
			return true
		})
		if records == 0 {
			os.Exit(1)
		}
		return nil
	})
}
