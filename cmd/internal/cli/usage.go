package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sigmatic/ast/diag"
)

// usageError is a command line that cannot be understood.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// arguments demands between least and most arguments; what says which they are.
func arguments(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && len(args) <= most {
			return nil
		}
		got := "got none"
		if len(args) > 0 {
			got = "got " + strings.Join(args, " ")
		}
		return usagef("%s takes %s, %s", strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" "), what, got)
	}
}

// noCommand refuses what stands in the place of a command and is none.
func noCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	names := commandNames(root)
	if near := diag.Nearest(args[0], names); near != "" {
		return usagef("unknown command %q, did you mean %q?", args[0], near)
	}
	return usagef("unknown command %q, the commands are %s", args[0], strings.Join(names, ", "))
}

func commandNames(parent *cobra.Command) []string {
	var names []string
	for _, c := range parent.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// flagError says in our words what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var valueless *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		return usagef("unknown flag --%s%s", unknown.GetSpecifiedName(), flagHint(cmd, unknown.GetSpecifiedName()))
	case errors.As(err, &unknown):
		return usagef("unknown flag -%s", unknown.GetSpecifiedName())
	case errors.As(err, &valueless):
		return usagef("--%s needs a value", valueless.GetFlag().Name)
	case errors.As(err, &invalid):
		return usagef("--%s: %v", invalid.GetFlag().Name, valueError(invalid.GetFlag(), invalid.GetValue()))
	}
	return usageError{err}
}

func flagHint(cmd *cobra.Command, name string) string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := diag.Nearest(name, names); near != "" {
		return ", did you mean --" + near + "?"
	}
	return ""
}

// valueError says what a flag expects in place of text.
func valueError(f *pflag.Flag, text string) error {
	switch f.Value.Type() {
	case "bool":
		return fmt.Errorf("expected true or false, found %q", text)
	case "int":
		return fmt.Errorf("expected a whole number, found %q", text)
	}
	return fmt.Errorf("%q cannot be read", text)
}

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Show the help of a command",
		Example: "  sigmatic help convert",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return commandNames(cmd.Root()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			target, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return noCommand(cmd.Root(), args)
			}
			target.InitDefaultHelpFlag()
			return target.Help()
		},
	}
}

// addCompletion adds the command that cobra makes, with examples, and refusing
// shells that it does not know.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		c.Short = "Print the script that completes command lines in a shell"
		c.Example = "  sigmatic completion bash"
		shells := strings.Join(commandNames(c), ", ")
		refuse := func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("completion takes the name of a shell: %s", shells)
			}
			return usagef("unknown shell %q, the shells are %s", args[0], shells)
		}
		c.Args, c.RunE = refuse, refuse
		for _, shell := range c.Commands() {
			shell.Example = "  sigmatic completion " + shell.Name()
			shell.Args = arguments(0, 0, "no argument")
		}
	}
}
