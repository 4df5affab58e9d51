package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"sigmatic/parser"
)

func (a *app) schemaCommand() *cobra.Command {
	kinds := parser.SchemaKinds()
	return &cobra.Command{
		Use:   "schema {" + strings.Join(kinds, "|") + "}",
		Short: "Print the JSON Schema of Sigma documents, for editors",
		Long: `schema prints the JSON Schema (draft 2020-12) of a kind of document. An editor
that has it completes attributes and modifiers and marks what is misspelled.
What a schema cannot say, such as whether a condition is right, check says.`,
		Example:   "  sigmatic schema all\n  sigmatic schema rule",
		ValidArgs: kinds,
		Args:      arguments(1, 1, "one of "+strings.Join(kinds, ", ")),
		RunE: func(_ *cobra.Command, args []string) error {
			text, ok := parser.JSONSchema(args[0])
			if !ok {
				return usagef("nothing is called %q, schema takes one of %s", args[0], strings.Join(kinds, ", "))
			}
			_, err := a.Stdout.Write(text)
			return err
		},
	}
}
