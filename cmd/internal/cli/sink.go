package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigmatic/ast/source"
)

// sink is where conversions go, in their order.
type sink interface {
	add(conversion) error
	close() error
}

// openSink opens what -o names.
func (c *convertRun) openSink() (sink, error) {
	if final, err := c.finalizing(); final != nil || err != nil {
		return final, err
	}
	if c.writesTree() {
		return &treeSink{root: c.outPath, open: map[string]*document{}}, nil
	}
	w, closeFile, err := c.output(c.outPath)
	if err != nil {
		return nil, err
	}
	buffered := bufio.NewWriterSize(w, 1<<16)
	return &streamSink{document: document{w: buffered, layout: c.forms[0].layout}, flush: buffered.Flush, closeFile: closeFile}, nil
}

// writesTree reports whether -o names a directory.
func (c *convertRun) writesTree() bool {
	info, err := os.Stat(c.outPath)
	return strings.HasSuffix(c.outPath, "/") || err == nil && info.IsDir()
}

// document is one text of conversions.
type document struct {
	w io.Writer
	layout
	n      int         // conversions, those without a text as well
	held   *conversion // the first, until it is known whether it stands alone
	some   bool        // something was written
	shared bool        // more may come after that of other files
}

func (d *document) add(v conversion) error {
	d.n++
	if d.n == 1 && d.headers {
		d.held = &v
		return nil
	}
	return errors.Join(d.release(), d.write(v, d.headers))
}

// release writes the first conversion.
func (d *document) release() error {
	if d.held == nil {
		return nil
	}
	v := *d.held
	d.held = nil
	return d.write(v, d.n > 1)
}

func (d *document) write(v conversion, headed bool) error {
	if v.text == nil {
		return nil
	}
	above := d.head
	if d.some {
		above = d.separator
	}
	d.some = true
	if headed {
		above += v.header() + "\n"
	}
	_, err := io.WriteString(d.w, above)
	_, textErr := d.w.Write(v.text)
	return errors.Join(err, textErr)
}

// end writes what stands below the last conversion.
func (d *document) end() error {
	err := d.release()
	if d.some {
		_, footErr := io.WriteString(d.w, d.foot)
		err = errors.Join(err, footErr)
	}
	return err
}

// streamSink writes all conversions to one file, or to standard output.
type streamSink struct {
	document
	flush, closeFile func() error
}

func (s *streamSink) close() error { return errors.Join(s.end(), s.flush(), s.closeFile()) }

// treeSink writes a file for each rule file and target, in folders as the rules
// have them.
type treeSink struct {
	root   string
	source *source.File
	open   map[string]*document // those that more may go to, by path
}

func (t *treeSink) add(v conversion) error {
	if v.rule.Span.File != t.source {
		if err := t.flush(false); err != nil {
			return err
		}
		t.source = v.rule.Span.File
	}
	name := t.path(v)
	d := t.open[name]
	if d == nil {
		d = &document{w: &bytes.Buffer{}, layout: v.form.layout}
		t.open[name] = d
	}
	d.shared = d.shared || v.rule.shared
	return d.add(v)
}

func (t *treeSink) path(v conversion) string {
	return filepath.Join(t.root, v.target.Name(), filepath.FromSlash(ruleFile{relative: v.rule.relative}.stem()+v.form.extension))
}

func (t *treeSink) close() error { return t.flush(true) }

// flush writes the files that nothing more goes to, or all.
func (t *treeSink) flush(all bool) error {
	for _, name := range slices.Sorted(maps.Keys(t.open)) {
		d := t.open[name]
		if d.shared && !all {
			continue
		}
		delete(t.open, name)
		if err := d.end(); err != nil {
			return err
		}
		if !d.some {
			continue
		}
		if err := writeChanged(name, d.w.(*bytes.Buffer).Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// writeChanged writes a file, and leaves one alone that holds the same.
func writeChanged(name string, data []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}
