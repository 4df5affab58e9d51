package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// projectFile holds defaults for flags, found upwards from the working
// directory. Its keys are the long names of flags; a map under a command's name
// holds those of that command alone, and outranks them. Paths in it start where
// the file lies.
const projectFile = ".sigmatic.yml"

// pathFlags are the flags whose values are paths.
var pathFlags = []string{"rules", "output", "filter", "vars", "config", "sample", "pipeline", "pipeline-file", "template", "profile", "tuning"}

// projectDefaults are the flags of one project file.
type projectDefaults struct {
	cmd *cobra.Command
	dir string // where the file lies
}

// applyProjectFile sets the flags that the command line leaves alone.
func (a *app) applyProjectFile(cmd *cobra.Command) error {
	name := findUpwards(projectFile)
	if name == "" {
		return nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	docs, diags := yamldoc.Parse(source.NewFile(shortest(name), data))
	a.diagnostics(diags)
	if diag.HasErrors(diags) {
		return usagef("%s cannot be used", shortest(name))
	}
	if len(docs) == 0 || len(docs) == 1 && docs[0].Kind == yamldoc.Null {
		return nil
	}
	if len(docs) > 1 || docs[0].Kind != yamldoc.Map {
		return usagef("%s must hold one map of flags", shortest(name))
	}
	p := projectDefaults{cmd, filepath.Dir(name)}
	var own []yamldoc.Pair
	for _, pair := range docs[0].Pairs {
		if pair.Value.Kind != yamldoc.Map {
			if err := p.set(pair, false); err != nil {
				return err
			}
			continue
		}
		command, rest, err := cmd.Root().Find([]string{pair.Key.Text})
		if err != nil || command == cmd.Root() || len(rest) > 0 {
			return placed(pair.Key, "unknown command %q, the commands are %s", pair.Key.Text, strings.Join(commandNames(cmd.Root()), ", "))
		}
		if command == cmd {
			own = pair.Value.Pairs
		}
	}
	for _, pair := range own {
		if err := p.set(pair, true); err != nil {
			return err
		}
	}
	return nil
}

func placed(n *yamldoc.Node, format string, args ...any) error {
	p := n.Span.Position()
	return usagef("%s:%d:%d: %s", n.Span.File.Name, p.Line, p.Column, fmt.Sprintf(format, args...))
}

// set gives one flag the file's default. A flag that only other commands have
// is left alone, unless it stands under the command's own name.
func (d projectDefaults) set(p yamldoc.Pair, own bool) error {
	name := p.Key.Text
	f := d.cmd.Flags().Lookup(name)
	if f == nil && !own && flagOfAny(d.cmd.Root(), name) {
		return nil
	}
	if f == nil {
		return placed(p.Key, "unknown flag %q%s", name, strings.Replace(flagHint(d.cmd, name), "--", "", 1))
	}
	if f.Changed {
		return nil
	}
	texts, err := d.values(f, p)
	if err != nil {
		return err
	}
	if list, ok := f.Value.(pflag.SliceValue); ok {
		if err := list.Replace(texts); err != nil {
			return placed(p.Value, "%s: %v", name, err)
		}
		return nil
	}
	if len(texts) != 1 {
		return placed(p.Value, "%s takes one value, found %d", name, len(texts))
	}
	if f.Value.Set(texts[0]) != nil {
		return placed(p.Value, "%s: %v", name, valueError(f, texts[0]))
	}
	return nil
}

// values are the texts of a flag's default, as its type wants them.
func (d projectDefaults) values(f *pflag.Flag, p yamldoc.Pair) ([]string, error) {
	nodes := []*yamldoc.Node{p.Value}
	if p.Value.Kind == yamldoc.List {
		nodes = p.Value.Items
	}
	var texts []string
	for _, v := range nodes {
		if !v.IsScalar() || v.Kind == yamldoc.Null {
			return nil, placed(v, "%s takes a plain value, found %s", f.Name, v.Kind)
		}
		switch {
		case slices.Contains(pathFlags, f.Name), f.Name == "schema" && namesFile(v.Text):
			texts = append(texts, d.fromHere(v.Text))
		case f.Value.Type() == "stringSlice":
			texts = append(texts, strings.Split(v.Text, ",")...)
		default:
			texts = append(texts, v.Text)
		}
	}
	return texts, nil
}

// fromHere makes a path that starts at the file's folder one that starts at the
// working directory.
func (d projectDefaults) fromHere(path string) string {
	if path == "-" || filepath.IsAbs(path) {
		return path
	}
	joined := shortest(filepath.Join(d.dir, path))
	if strings.HasSuffix(path, "/") {
		joined += "/" // for --output it means a directory
	}
	return joined
}

// shortest is a path relative to the working directory, where there is one.
func shortest(path string) string {
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(dir, path); err == nil {
		return rel
	}
	return path
}

func flagOfAny(root *cobra.Command, name string) bool {
	if root.PersistentFlags().Lookup(name) != nil {
		return true
	}
	for _, c := range root.Commands() {
		if c.Flags().Lookup(name) != nil {
			return true
		}
	}
	return false
}

func findUpwards(name string) string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		candidate := filepath.Join(dir, name)
		if info, err := os.Stat(candidate); err == nil && !info.IsDir() {
			return candidate
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}
