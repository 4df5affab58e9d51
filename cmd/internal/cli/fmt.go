package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser"
	"sigmatic/parser/format"
)

// fmtRun is one run of the command fmt.
type fmtRun struct {
	*app
	write, list bool

	formatted, changed, foreign, broken int
}

func (a *app) fmtCommand() *cobra.Command {
	f := &fmtRun{app: a}
	cmd := &cobra.Command{
		Use:   "fmt [flags] [FILES...]",
		Short: "Print rules, correlations and filters in canonical form",
		Long: `fmt prints Sigma documents in one form: attributes in the order of the
specification, custom ones behind them, four blanks of indentation, quotes where
they are needed. Values, modifiers and conditions stay as they were written; what
is printed means the same, which the program checks by reading it back.

COMMENTS ARE NOT KEPT: they are no part of a document. So are anchors, and the
shared attributes of an old collection (action: global), which are written out.

FILES are files, directories (searched through), globs, or - for standard input,
which is also read when none is given. A file with an error stays as it is.`,
		Example: `  sigmatic fmt rules/cloudtrail/aws_sts_get_caller_identity.yml
  sigmatic fmt -l rules`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return f.run(args) },
	}
	cmd.Flags().BoolVarP(&f.write, "write", "w", false, "write the result to the file instead of printing it")
	cmd.Flags().BoolVarP(&f.list, "list", "l", false, "print the names of the files that differ, and exit with 1 if any does")
	return cmd
}

func (f *fmtRun) run(args []string) error {
	if len(args) == 0 {
		args = []string{"-"}
	}
	files, _ := f.findAll(args)
	for _, file := range files {
		if file.name == "-" && f.write {
			return usagef("-w writes to files, and standard input is none")
		}
	}
	for _, file := range files {
		if err := f.file(file); err != nil {
			return err
		}
	}
	if f.write || f.list {
		summary := fmt.Sprintf("%s in canonical form, %d not", plural(f.formatted-f.changed, "file"), f.changed)
		if f.write {
			summary = fmt.Sprintf("%s written, %d in canonical form before", plural(f.changed, "file"), f.formatted-f.changed)
		}
		if f.broken > 0 {
			summary += fmt.Sprintf(", broken %d", f.broken)
		}
		if f.foreign > 0 {
			summary += fmt.Sprintf(", other YAML skipped %d", f.foreign)
		}
		f.infof("%s", summary)
	}
	if f.list && !f.write && f.changed > 0 {
		f.raise(statusNo)
	}
	return nil
}

func (f *fmtRun) file(file ruleFile) error {
	data, err := file.read()
	if err != nil {
		f.errorf("%s: cannot be read: %v", file.name, plainError(err))
		return nil
	}
	res := parser.Parse(source.NewFile(file.name, data))
	if len(res.Documents)+res.Broken == 0 && !file.explicit {
		f.foreign++
		return nil
	}
	if res.Broken+res.Foreign > 0 || len(res.Documents) == 0 {
		f.broken++
		f.faults(file, res)
		return nil
	}
	text, err := f.canonical(res)
	if err != nil {
		f.errorf("%s: %v", file.name, err)
		return nil
	}
	f.formatted++
	differs := !bytes.Equal(data, []byte(text))
	if differs {
		f.changed++
	}
	if f.list && differs {
		if _, err := fmt.Fprintln(f.Stdout, file.name); err != nil {
			return err
		}
	}
	switch {
	case f.write && differs:
		return replaceFile(file.name, text)
	case f.write || f.list:
		return nil
	}
	if f.formatted > 1 {
		text = "---\n" + text
	}
	_, err = io.WriteString(f.Stdout, text)
	return err
}

// faults says why a file stays as it is.
func (f *fmtRun) faults(file ruleFile, res parser.Result) {
	var faults []diag.Diagnostic
	for _, d := range res.Diagnostics {
		if d.Severity == diag.Error {
			faults = append(faults, d)
		}
	}
	f.diagnostics(faults)
	if len(faults) == 0 {
		f.errorf("%s: holds no document to print", file.name)
	}
}

// canonical prints the documents of a file, and reads them back: a fault of the
// printer must not reach a file.
func (f *fmtRun) canonical(res parser.Result) (string, error) {
	text := format.Documents(res.Documents)
	again := parser.Parse(source.NewFile("", []byte(text)))
	if again.Broken+again.Foreign > 0 || len(again.Documents) != len(res.Documents) || format.Documents(again.Documents) != text {
		return "", fmt.Errorf("the canonical form is not read back as the same, which is a fault of this program; nothing was printed")
	}
	return text, nil
}

// replaceFile writes a file in place, keeping its permissions. A new file takes
// the place of the old one at once, so that an interruption cannot halve it.
func replaceFile(name, text string) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text)
	err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
