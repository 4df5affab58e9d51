package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// projectFile holds defaults for flags, found upwards from the working
// directory. Its keys are the long names of flags; a map under a command's name
// holds those of that command alone.
const projectFile = ".sigmatic.yml"

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
	docs, diags := yamldoc.Parse(source.NewFile(name, data))
	if len(diags) > 0 {
		a.diagnostics(diags)
		return usagef("%s cannot be used", name)
	}
	if len(docs) == 0 {
		return nil
	}
	if len(docs) > 1 || docs[0].Kind != yamldoc.Map {
		return usagef("%s must hold one map of flags", name)
	}
	own := cmd.Name()
	for _, pair := range docs[0].Pairs {
		if pair.Value.Kind == yamldoc.Map {
			if other, _, err := cmd.Root().Find([]string{pair.Key.Text}); err != nil || other == cmd.Root() {
				return placed(pair.Key, "unknown command %q", pair.Key.Text)
			}
			if pair.Key.Text != own {
				continue
			}
			for _, p := range pair.Value.Pairs {
				if err := setFlag(cmd, p, true); err != nil {
					return err
				}
			}
			continue
		}
		if err := setFlag(cmd, pair, false); err != nil {
			return err
		}
	}
	return nil
}

func placed(n *yamldoc.Node, format string, args ...any) error {
	p := n.Span.Position()
	return usagef("%s:%d:%d: %s", n.Span.File.Name, p.Line, p.Column, fmt.Sprintf(format, args...))
}

// setFlag gives one flag the file's default. A flag that only other commands
// have is left alone, unless it stands under the command's own name.
func setFlag(cmd *cobra.Command, p yamldoc.Pair, own bool) error {
	f := cmd.Flags().Lookup(p.Key.Text)
	if f == nil {
		if !own && flagOfAny(cmd.Root(), p.Key.Text) {
			return nil
		}
		return placed(p.Key, "unknown flag %q", p.Key.Text)
	}
	if f.Changed {
		return nil
	}
	values := []*yamldoc.Node{p.Value}
	if p.Value.Kind == yamldoc.List {
		values = p.Value.Items
	}
	var texts []string
	for _, v := range values {
		if !v.IsScalar() {
			return placed(v, "%s takes plain values, found %s", p.Key.Text, v.Kind)
		}
		texts = append(texts, v.Text)
	}
	if list, ok := f.Value.(pflag.SliceValue); ok {
		if err := list.Replace(texts); err != nil {
			return placed(p.Value, "%s: %v", p.Key.Text, err)
		}
		return nil
	}
	if err := f.Value.Set(strings.Join(texts, ",")); err != nil {
		return placed(p.Value, "%s: %v", p.Key.Text, err)
	}
	return nil
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
