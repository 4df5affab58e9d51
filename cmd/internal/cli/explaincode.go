package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"sigmatic/ast/diag"
	"sigmatic/cmd/internal/check"
)

// codePage is a page of explain-code in JSON.
type codePage struct {
	Code      diag.Code `json:"code"`
	Title     string    `json:"title"`
	Validator string    `json:"validator,omitempty"`
	Since     string    `json:"since"`
	Means     string    `json:"means"`
	Why       string    `json:"why"`
	Mend      string    `json:"mend"`
	Wrong     string    `json:"wrong"`
	Right     string    `json:"right"`
}

func (a *app) explainCodeCommand() *cobra.Command {
	var all bool
	var format string
	cmd := &cobra.Command{
		Use:   "explain-code [flags] CODES...",
		Short: "Print what a code of check means, and how to mend it",
		Long: `explain-code prints the page of a code: what the finding says, why it matters, how
to mend it, and an example of each. CODES are codes (S0401) or names of
validators (all_of_them_condition).`,
		Example: `  sigmatic explain-code S0401
  sigmatic explain-code all_of_them_condition
  sigmatic explain-code --all -f json`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			pages, err := codePages(args, all)
			switch {
			case err != nil:
				return err
			case format == "json":
				return a.writePagesJSON(pages)
			case format != "text":
				return usagef("explain-code has no format %q, the formats are text, json", format)
			}
			for i, p := range pages {
				if i > 0 {
					fmt.Fprintln(a.Stdout)
				}
				if err := check.WriteText(a.Stdout, p); err != nil {
					return err
				}
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, p := range check.Pages() {
				names = append(names, string(p.Code))
			}
			return append(names, check.Names()...), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "print the pages of all codes")
	cmd.Flags().StringVarP(&format, "format", "f", "text", "output format: text or json")
	return cmd
}

func codePages(names []string, all bool) ([]diag.Page, error) {
	if all == (len(names) > 0) {
		return nil, usagef("explain-code takes codes or names of validators, or --all")
	}
	if all {
		return check.Pages(), nil
	}
	var out []diag.Page
	for _, name := range names {
		pages, err := check.FindPages(name)
		if err != nil {
			return nil, usageError{err}
		}
		out = append(out, pages...)
	}
	return out, nil
}

func (a *app) writePagesJSON(pages []diag.Page) error {
	out := make([]codePage, len(pages))
	for i, p := range pages {
		out[i] = codePage{p.Code, p.Title, check.IDOf(p.Code), p.Since, p.Means, p.Why, p.Mend, p.Wrong, p.Right}
	}
	return writeJSON(a.Stdout, out)
}
