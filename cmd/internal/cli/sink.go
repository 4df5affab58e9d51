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
		return &treeSink{root: c.outPath, open: map[string]*document{}, indexed: c.manifest}, nil
	}
	w, closeFile, err := c.output(c.outPath)
	if err != nil {
		return nil, err
	}
	buffered := bufio.NewWriterSize(w, 1<<16)
	s := &streamSink{document: document{w: buffered, layout: c.forms[0].layout}, flush: buffered.Flush, closeFile: closeFile}
	if c.changes != nil && c.outPath == "" {
		c.changes.begin()
		s.n = 1 // so that a query never stands alone, but has its place above it
		return changesSink{s, c.changes}, nil
	}
	return s, nil
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
	index  manifestFile
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
	// indexed makes the tree keep account of what it wrote.
	indexed          bool
	files            []manifestFile
	refused          []manifestRefusal
	written, removed []string // names that have changed
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
		d.index = manifestFile{Path: filepath.ToSlash(name), Target: v.target.Name(), Format: v.form.name}
		t.open[name] = d
	}
	d.shared = d.shared || v.rule.shared
	switch {
	case !t.indexed:
	case v.err != nil:
		t.refused = append(t.refused, v.manifestRefusal())
	default:
		d.index.Rules = append(d.index.Rules, v.manifestRule())
	}
	return d.add(v)
}

// path is below the root.
func (t *treeSink) path(v conversion) string {
	return filepath.Join(v.target.Name(), filepath.FromSlash(ruleFile{relative: v.rule.relative}.stem()+v.form.extension))
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
		data := d.w.(*bytes.Buffer).Bytes()
		changed, err := writeChanged(filepath.Join(t.root, name), data)
		if err != nil {
			return err
		}
		if changed {
			t.written = append(t.written, filepath.ToSlash(name))
		}
		if t.indexed {
			d.index.SHA256 = hexSum(data)
			t.files = append(t.files, d.index)
		}
	}
	return nil
}

// writeChanged writes a file, and leaves one alone that holds the same.
func writeChanged(name string, data []byte) (changed bool, err error) {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, data) {
		return false, nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return false, err
	}
	return true, os.WriteFile(name, data, 0o644)
}
