package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// varsFlags give placeholders their values.
type varsFlags struct{ path string }

func (v *varsFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&v.path, "vars", "", "values of placeholders (modifier expand): a YAML or JSON file with a map of names to a value or a list")
}

// read gives the values of the file, or none without one.
func (v varsFlags) read(a *app) (ast.Vars, error) {
	if v.path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(v.path)
	if err != nil {
		return nil, fmt.Errorf("--vars: %s: %w", v.path, plainError(err))
	}
	docs, diags := yamldoc.Parse(source.NewFile(v.path, data))
	a.diagnostics(diags)
	switch {
	case diag.HasErrors(diags):
		return nil, fmt.Errorf("--vars: %s cannot be used", v.path)
	case len(docs) != 1 || docs[0].Kind != yamldoc.Map:
		return nil, fmt.Errorf("--vars: %s must hold one map of names to values", v.path)
	}
	vars := ast.Vars{}
	for _, pair := range docs[0].Pairs {
		values := []*yamldoc.Node{pair.Value}
		if pair.Value.Kind == yamldoc.List {
			values = pair.Value.Items
		}
		if len(values) == 0 {
			return nil, varsError(pair.Key, "%q has no value", pair.Key.Text)
		}
		for _, n := range values {
			if n.Kind != yamldoc.String && n.Kind != yamldoc.Int && n.Kind != yamldoc.Float {
				return nil, varsError(n, "the value of a placeholder must be a string or a number, found %s", n.Kind)
			}
			vars[pair.Key.Text] = append(vars[pair.Key.Text], n.Text)
		}
	}
	return vars, nil
}

func varsError(n *yamldoc.Node, format string, args ...any) error {
	p := n.Span.Position()
	return fmt.Errorf("--vars: %s:%d:%d: %s", n.Span.File.Name, p.Line, p.Column, fmt.Sprintf(format, args...))
}

// expand puts values in the place of the placeholders of the rules. A rule that
// cannot have them is broken.
func (a *app) expand(set *ruleSet, vars ast.Vars) {
	if len(vars) == 0 {
		return
	}
	kept := set.rules[:0:0]
	for _, r := range set.rules {
		expanded, diags := ast.ExpandPlaceholders(r.Rule, vars)
		a.diagnostics(diags)
		if diag.HasErrors(diags) {
			set.broken++
			continue
		}
		r.Rule = expanded
		kept = append(kept, r)
	}
	set.rules = kept
}

// unresolved says which placeholders of a query have no value, or nil.
func unresolved(q *ast.Query) *diag.Diagnostic {
	missing := ast.Placeholders(q.Expr)
	if len(missing) == 0 {
		return nil
	}
	names := make([]string, len(missing))
	for i, m := range missing {
		names[i] = fmt.Sprintf("%q", m.Value)
	}
	what := "placeholder "
	if len(names) > 1 {
		what = "placeholders "
	}
	return &diag.Diagnostic{Code: diag.UnresolvedPlaceholder, Severity: diag.Error, Span: missing[0].Span,
		Summary: "--vars FILE must give a value to the " + what + strings.Join(names, ", ")}
}
