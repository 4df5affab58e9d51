package check

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// maxRounds bounds how often a mended file is looked at again: a mend can bring
// another finding to light, whose mend brings the next.
const maxRounds = 10

// Mend applies the certain fixes of a file's findings, all else of the text left
// as it is, and returns the file as it then is and how many were applied. A fix
// that overlaps another waits for the next round; one after which the file has
// an error that it had not, fewer documents or the same finding still, or after
// which a sound document searches for something else, is not applied. Mending the
// result again changes nothing.
func Mend(f File, o Options) (File, int) {
	applied := 0
	before := look(f, o)
	for range maxRounds {
		fixes := before.fixes()
		if len(fixes) == 0 {
			break
		}
		after := look(Parse(apply(before.file.Source, fixes)), o)
		if after.better(before, fixes) {
			applied += len(fixes)
			before = after
			continue
		}
		// Together they do harm; from the last to the first, so that the places
		// of those to come stay true.
		mended := false
		for _, d := range slices.Backward(fixes) {
			one := []diag.Diagnostic{d}
			if after := look(Parse(apply(before.file.Source, one)), o); after.better(before, one) {
				applied++
				before, mended = after, true
			}
		}
		if !mended {
			break
		}
	}
	return before.file, applied
}

// view is a file and what is found in it alone.
type view struct {
	file     File
	findings []diag.Diagnostic
	counts   map[diag.Code]int
	errors   map[diag.Code]int // of the parser, reported or not
}

func look(f File, o Options) view {
	v := view{file: f, counts: map[diag.Code]int{}, errors: map[diag.Code]int{}}
	v.findings = Run([]File{v.file}, o).Findings
	for _, d := range v.findings {
		v.counts[d.Code]++
	}
	for _, d := range v.file.Diagnostics {
		if d.Severity == diag.Error {
			v.errors[d.Code]++
		}
	}
	return v
}

// fixes are the findings that have a fix in this text, in order, none over
// another. A finding in a text that the parser had to change first has none: its
// places are not those of the file.
func (v view) fixes() []diag.Diagnostic {
	var out []diag.Diagnostic
	for _, d := range v.findings {
		if d.Fix != nil && d.Fix.Span.File != nil && bytes.Equal(d.Fix.Span.File.Data, v.file.Source.Data) {
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b diag.Diagnostic) int { return a.Fix.Span.Start - b.Fix.Span.Start })
	end := -1
	return slices.DeleteFunc(out, func(d diag.Diagnostic) bool {
		if d.Fix.Span.Start < end || d.Fix.Span.Start == end && d.Fix.Span.End == end {
			return true
		}
		end = d.Fix.Span.End
		return false
	})
}

// better reports whether the mended text is one that the fixes have mended.
func (v view) better(before view, fixes []diag.Diagnostic) bool {
	if len(v.file.Documents) < len(before.file.Documents) {
		return false
	}
	for code, n := range v.errors {
		if n > before.errors[code] {
			return false
		}
	}
	if slices.ContainsFunc(fixes, func(d diag.Diagnostic) bool { return v.counts[d.Code] >= before.counts[d.Code] }) {
		return false
	}
	searches := v.searches()
	for text, n := range before.searches() {
		if searches[text] < n {
			return false
		}
	}
	return true
}

// searches counts what the sound documents search for. A mend may make a broken
// document sound; a sound one must search for the same as before.
func (v view) searches() map[string]int {
	out := map[string]int{}
	for _, d := range v.file.Documents {
		var rule *ast.Rule
		switch d := d.(type) {
		case *ast.Rule:
			rule = d
		case *ast.Filter:
			rule = &ast.Rule{Detections: d.Detections, Conditions: []*ast.RuleCondition{d.Condition}}
		case *ast.Correlation:
			continue
		}
		queries, _ := ast.Resolve(rule)
		for _, q := range queries {
			out[q.Expr.String()]++
		}
	}
	return out
}

// apply gives the text with fixes that are in order and do not overlap.
func apply(f *source.File, fixes []diag.Diagnostic) *source.File {
	var b bytes.Buffer
	at := 0
	for _, d := range fixes {
		b.Write(f.Data[at:d.Fix.Span.Start])
		b.WriteString(d.Fix.Replacement)
		at = d.Fix.Span.End
	}
	b.Write(f.Data[at:])
	return source.NewFile(f.Name, b.Bytes())
}

// Replace writes a mended file in one step: whoever reads it sees the old text
// or the new one. It refuses when the file is no longer what was mended.
func Replace(name string, before, after []byte) (err error) {
	if name, err = filepath.EvalSymlinks(name); err != nil {
		return err
	}
	now, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, before) {
		return errors.New("the file has changed while it was checked")
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	_, err = temp.Write(after)
	if err = errors.Join(err, temp.Chmod(info.Mode().Perm()), temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("cannot write the mended file: %w", err)
	}
	return os.Rename(temp.Name(), name)
}
