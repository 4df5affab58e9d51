package cli

import (
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/cmd/internal/check"
)

// checkRun is one run of the command check.
type checkRun struct {
	*app
	format, failOn, config string
	selected, ignored      []string
	fix, diff              bool
	filter                 filterFlags
	options                check.Options
	failing                diag.Severity
	names                  []string // of the files that were read
	mended                 int
}

// checkFormats are the forms of the findings, in the order of the help.
var checkFormats = []string{"pretty", "json", "sarif", "github", "junit"}

// checkSeverities are the values of --fail-on.
var checkSeverities = []diag.Severity{diag.Error, diag.Warning, diag.Info}

func (a *app) checkCommand() *cobra.Command {
	c := &checkRun{app: a}
	cmd := &cobra.Command{
		Use:   "check [flags] PATHS...",
		Short: "Find faults and doubts in rules, and mend those that can be",
		Long: `check reads rules and reports what is wrong with them: all diagnostics of the
parser, references between the files, and the validators that sigma-cli has,
under its names. PATHS are files, directories, globs, or - for standard input.

Findings are errors (the document cannot be used), warnings and infos. Each has
a code; "sigmatic explain-code CODE" says what it means and how to mend it.
--select and --ignore take codes (S0803), beginnings of codes (S08) and names
of validators (all_of_them_condition). An error of the parser is reported
whatever was selected: of such a document nothing else can be said.

A comment keeps findings back, on their line, the line before, or in all of the
file: # sigmatic: ignore S0803 -- why, # sigmatic: ignore-file S0821

--fix applies the fixes that are certain, and leaves all else of the text as it
is: what a sound rule searches for does not change. --diff shows them instead.

Exit status: 1 when there is a finding of --fail-on or above, 2 when something
could not be read.`,
		Example: `  sigmatic check -f json rules
  sigmatic check -f sarif --fail-on warning rules/cloudtrail
  sigmatic check -f junit --ignore filename_length,S0842 rules`,
		Args: func(cmd *cobra.Command, args []string) error {
			return arguments(1, max(1, len(args)), "files of rules, directories, globs or -")(cmd, args)
		},
		RunE: func(_ *cobra.Command, args []string) error { return c.run(args) },
	}
	f := cmd.Flags()
	f.StringVarP(&c.format, "format", "f", "pretty", "form of the findings: "+strings.Join(checkFormats, ", "))
	f.StringVar(&c.failOn, "fail-on", "error", "exit with 1 on findings of this severity or above: error, warning, info")
	f.StringSliceVar(&c.selected, "select", nil, "report only these codes, beginnings of codes or validators")
	f.StringSliceVar(&c.ignored, "ignore", nil, "do not report these codes, beginnings of codes or validators")
	f.StringVar(&c.config, "config", "", "configuration of validators, in the form of sigma-cli")
	f.BoolVar(&c.fix, "fix", false, "apply the fixes that are certain")
	f.BoolVar(&c.diff, "diff", false, "print what --fix would change, and change nothing")
	f.StringVar(&c.filter.mode, "filter-mode", "", "what the condition of a filter without not selects: and (what stays) or and-not (what goes)")
	return cmd
}

func (c *checkRun) run(args []string) error {
	defer debug.SetGCPercent(debug.SetGCPercent(150)) // the documents of all rules are kept
	if err := c.prepare(args); err != nil {
		return err
	}
	files, _ := c.findAll(args)
	var checked []check.File
	var failed error
	foreign := c.parseFiles(files, func(f ruleFile, parsed check.File) {
		c.names = append(c.names, f.name)
		if c.fix || c.diff {
			mended, err := c.mend(f, parsed)
			if err != nil && failed == nil {
				failed = err
			}
			parsed = mended
		}
		checked = append(checked, parsed)
	})
	if failed != nil {
		return failed
	}
	rep := check.Run(checked, c.options)
	if slices.ContainsFunc(rep.Findings, func(d diag.Diagnostic) bool { return d.Severity >= c.failing }) {
		c.raise(statusNo)
	}
	if !c.diff {
		if err := c.write(rep.Findings); err != nil {
			return err
		}
	}
	c.summary(rep, foreign)
	return nil
}

// prepare reads the flags.
func (c *checkRun) prepare(args []string) error {
	if !slices.Contains(checkFormats, c.format) {
		return usagef("check has no format %q, the formats are %s", c.format, strings.Join(checkFormats, ", "))
	}
	i := slices.IndexFunc(checkSeverities, func(s diag.Severity) bool { return s.String() == c.failOn })
	if i < 0 {
		return usagef("--fail-on takes error, warning or info, not %q", c.failOn)
	}
	c.failing = checkSeverities[i]
	if c.fix && !c.diff && slices.Contains(args, "-") {
		return usagef("standard input cannot be mended; --diff shows what would change")
	}
	var err error
	if c.options.Mode, err = c.filter.parsedMode(); err != nil {
		return err
	}
	if c.options.Select, err = check.ParseCodes(c.selected); err != nil {
		return usagef("--select: %w", err)
	}
	if c.options.Ignore, err = check.ParseCodes(c.ignored); err != nil {
		return usagef("--ignore: %w", err)
	}
	return c.readConfig()
}

func (c *checkRun) readConfig() error {
	if c.config == "" {
		c.options.Settings = check.Defaults()
		return nil
	}
	data, err := os.ReadFile(c.config)
	if err != nil {
		return usagef("--config: %s: %w", c.config, plainError(err))
	}
	if c.options.Settings, err = check.ReadSettings(source.NewFile(c.config, data)); err != nil {
		return usagef("--config: %w", err)
	}
	if skipped := c.options.Settings.Skipped; len(skipped) > 0 {
		c.infof("%s: validators of the SigmaHQ plugin are not in this program, and do not run: %s", c.config, strings.Join(skipped, ", "))
	}
	return nil
}

// mend applies the fixes of a file, or shows them, and gives the file that is to
// be checked.
func (c *checkRun) mend(f ruleFile, parsed check.File) (check.File, error) {
	after, fixes := check.Mend(parsed, c.options)
	if fixes == 0 {
		return parsed, nil
	}
	c.mended += fixes
	if c.diff {
		return parsed, check.WriteDiff(c.Stdout, f.name, parsed.Source.Data, after.Source.Data)
	}
	if err := check.Replace(f.name, parsed.Source.Data, after.Source.Data); err != nil {
		c.mended -= fixes
		c.errorf("%s: cannot be mended: %v", f.name, plainError(err))
		return parsed, nil
	}
	return after, nil
}

func (c *checkRun) write(findings []diag.Diagnostic) error {
	return c.writers()[c.format](c.Stdout, findings)
}

func (c *checkRun) writers() map[string]func(io.Writer, []diag.Diagnostic) error {
	return map[string]func(io.Writer, []diag.Diagnostic) error{
		"pretty": func(w io.Writer, list []diag.Diagnostic) error {
			return diag.WritePretty(w, list, c.colored(c.StdoutTerminal))
		},
		"json":   diag.WriteJSON,
		"github": diag.WriteGitHub,
		"junit": func(w io.Writer, list []diag.Diagnostic) error {
			return diag.WriteJUnit(w, list, c.names, c.failing)
		},
		"sarif": func(w io.Writer, list []diag.Diagnostic) error {
			// Without a working directory absolute paths stay what they are.
			root, _ := os.Getwd()
			return diag.WriteSARIF(w, list, diag.SARIFRun{Version: version, Pages: check.Pages(), Root: root})
		},
	}
}

func (c *checkRun) summary(rep check.Report, foreign int) {
	more := ""
	switch {
	case c.diff:
		more = ", could mend " + grouped(c.mended)
	case c.fix:
		more = ", mended " + grouped(c.mended)
	}
	if foreign > 0 {
		more += ", skipped " + plural(foreign, "document") + " of other YAML"
	}
	c.infof("checked %s in %s: %s, %s, %s, suppressed %s%s", plural(rep.Documents, "document"), plural(len(c.names), "file"),
		plural(rep.Count(diag.Error), "error"), plural(rep.Count(diag.Warning), "warning"), plural(rep.Count(diag.Info), "info"),
		grouped(rep.Suppressed), more)
}
