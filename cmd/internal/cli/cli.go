// Package cli is the command line: it wires parser, backends, evaluator and
// readers together, and holds no logic of its own about rules or events.
//
// Every command follows one contract: results on standard output, all else on
// standard error, and an exit status that is the highest of what happened.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"sigmatic/ast/diag"
)

// The exit statuses; the highest that applies is returned.
const (
	statusOK       = 0
	statusNo       = 1 // the answer is no: a rule was refused, a finding under --fail-on
	statusUnusable = 2 // something given could not be used; the rest was processed
	statusUsage    = 3 // the command line itself is wrong
)

// Environment is the world that a command runs in. Tests give it another.
type Environment struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time
	// StdoutTerminal and StderrTerminal report whether a person is looking.
	StdoutTerminal, StderrTerminal bool
}

// System is the environment of the process.
func System() Environment {
	return Environment{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Now: time.Now,
		StdoutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		StderrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
}

// app is one run of the program.
type app struct {
	Environment
	status int
	quiet  bool
	color  string
}

// raise brings the exit status up to at least status.
func (a *app) raise(status int) { a.status = max(a.status, status) }

// Main runs one command line and returns the exit status.
func Main(args []string, env Environment) int {
	a := &app{Environment: env}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := a.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return a.status
	}
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(a.Stderr, "sigmatic: %v\nsee: %s --help\n", err, cmd.CommandPath())
		a.raise(statusUsage)
		return a.status
	}
	fmt.Fprintf(a.Stderr, "sigmatic: %v\n", err)
	a.raise(statusUnusable)
	return a.status
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "sigmatic",
		Short: "Compile Sigma rules to queries that mean the same, and scan CloudTrail with them",
		Long: `sigmatic compiles Sigma detection rules to Splunk SPL, Elastic ES|QL, Kibana KQL
and VictoriaLogs LogsQL, and runs the same rules on CloudTrail logs.

A query selects what its rule selects: exactly, or with an exact filter behind a
wider search. What a language cannot say is refused, never approximated. What a
query takes for granted about your data is said in notes.

Exit status: 0 done; 1 the answer is no (a rule was refused, a finding under
--fail-on); 2 something given could not be used, the rest was processed; 3 usage.`,
		Example: `  sigmatic convert -t esql rules/cloudtrail/aws_sts_get_caller_identity.yml
  sigmatic scan testdata/sample`,
		SilenceErrors:         true,
		SilenceUsage:          true,
		DisableFlagsInUseLine: true,
		Args:                  noCommand,
		RunE:                  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.applyProjectFile(cmd); err != nil {
				return err
			}
			if a.color != "auto" && a.color != "always" && a.color != "never" {
				return usagef("--color takes auto, always or never, not %q", a.color)
			}
			return nil
		},
	}
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, "print only errors on standard error")
	root.PersistentFlags().StringVar(&a.color, "color", "auto", "colour output: auto, always or never")
	root.SetIn(a.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(a.convertCommand(), a.scanCommand(), a.explainCommand(), a.fieldsCommand(), a.checkCommand(), a.explainCodeCommand(), a.fmtCommand(), a.verifyCommand(), a.testCommand(), a.listCommand(), a.schemaCommand(), a.versionCommand(), a.manCommand())
	root.AddCommand(a.summaryCommand(), a.metricsCommand(), a.searchCommand())
	root.SetHelpCommand(helpCommand())
	addCompletion(root)
	return root
}

// colored reports whether output to a terminal or not is coloured.
func (a *app) colored(terminal bool) bool {
	switch a.color {
	case "always":
		return true
	case "never":
		return false
	}
	return terminal && a.Getenv("NO_COLOR") == "" && a.Getenv("TERM") != "dumb"
}

// infof writes a line of information, which -q silences.
func (a *app) infof(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.Stderr, format+"\n", args...)
	}
}

// errorf writes a line about something that could not be used.
func (a *app) errorf(format string, args ...any) {
	fmt.Fprintf(a.Stderr, "error: "+format+"\n", args...)
	a.raise(statusUnusable)
}

// diagnostics writes findings about rules; -q leaves the errors.
func (a *app) diagnostics(list []diag.Diagnostic) {
	shown := list
	if a.quiet {
		shown = nil
		for _, d := range list {
			if d.Severity == diag.Error {
				shown = append(shown, d)
			}
		}
	}
	if diag.HasErrors(list) {
		a.raise(statusUnusable)
	}
	// A broken standard error leaves nobody to tell.
	_ = diag.WritePretty(a.Stderr, shown, a.colored(a.StderrTerminal))
}

// output opens the destination of results: a file, or standard output for "".
func (a *app) output(path string) (io.Writer, func() error, error) {
	if path == "" {
		return a.Stdout, func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot write the output: %w", err)
	}
	return f, f.Close, nil
}
