package cli

import (
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sigmatic/ast"
)

// selection narrows a set of rules by their attributes.
type selection struct {
	levels, statuses, tags, ids, excludeIDs []string
	minLevel                                string
	logsource                               string
}

func (s *selection) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&s.levels, "level", nil, "only rules of these levels ("+strings.Join(ast.LevelNames(), ", ")+")")
	f.StringVar(&s.minLevel, "min-level", "", "only rules of this level or above")
	f.StringSliceVar(&s.statuses, "status", nil, "only rules of these states ("+strings.Join(ast.StatusNames(), ", ")+")")
	f.StringSliceVar(&s.tags, "tag", nil, "only rules with one of these tags; * stands for any run (attack.t1078*)")
	f.StringSliceVar(&s.ids, "id", nil, "only rules with these ids or names")
	f.StringSliceVar(&s.excludeIDs, "exclude-id", nil, "leave out the rules with these ids or names")
}

// logSourceFlag adds the selection by log source, whose meaning differs for
// commands that read events.
func (s *selection) logSourceFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.logsource, "logsource", "", "only rules of this log source: product=aws,service=cloudtrail")
}

// apply returns the rules that the user selected.
func (s *selection) apply(in []loadedRule) ([]loadedRule, error) {
	keep, err := s.filter()
	if err != nil {
		return nil, err
	}
	out := in[:0:0]
	for _, r := range in {
		if keep(r.Rule) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (s *selection) filter() (func(*ast.Rule) bool, error) {
	var levels []ast.Level
	for _, name := range s.levels {
		l, err := levelNamed("--level", name)
		if err != nil {
			return nil, err
		}
		levels = append(levels, l)
	}
	minLevel := ast.LevelUnset
	if s.minLevel != "" {
		var err error
		if minLevel, err = levelNamed("--min-level", s.minLevel); err != nil {
			return nil, err
		}
	}
	var statuses []ast.Status
	for _, name := range s.statuses {
		st, ok := ast.ParseStatus(strings.ToLower(name))
		if !ok {
			return nil, usagef("--status: unknown status %q, expected one of %s", name, strings.Join(ast.StatusNames(), ", "))
		}
		statuses = append(statuses, st)
	}
	for _, pattern := range s.tags {
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, usagef("--tag: %q is not a pattern", pattern)
		}
	}
	source, err := logSourceNamed(s.logsource)
	if err != nil {
		return nil, err
	}
	return func(r *ast.Rule) bool {
		return (len(levels) == 0 || slices.Contains(levels, r.Level)) &&
			r.Level >= minLevel &&
			(len(statuses) == 0 || slices.Contains(statuses, r.Status)) &&
			(len(s.tags) == 0 || hasTag(r, s.tags)) &&
			(len(s.ids) == 0 || isNamed(r, s.ids)) &&
			!isNamed(r, s.excludeIDs) &&
			source.Contains(r.LogSource)
	}, nil
}

func levelNamed(flag, name string) (ast.Level, error) {
	l, ok := ast.ParseLevel(strings.ToLower(name))
	if !ok {
		return l, usagef("%s: unknown level %q, expected one of %s", flag, name, strings.Join(ast.LevelNames(), ", "))
	}
	return l, nil
}

func hasTag(r *ast.Rule, patterns []string) bool {
	return slices.ContainsFunc(r.Tags, func(t ast.Tag) bool {
		return slices.ContainsFunc(patterns, func(p string) bool {
			ok, _ := path.Match(strings.ToLower(p), t.String())
			return ok
		})
	})
}

func isNamed(r *ast.Rule, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool {
		return n != "" && (strings.EqualFold(n, r.ID.Value) || n == r.Name.Value)
	})
}

// logSourceNamed reads k=v,… as a log source.
func logSourceNamed(text string) (ast.LogSource, error) {
	var l ast.LogSource
	if text == "" {
		return l, nil
	}
	for _, part := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || value == "" {
			return l, usagef("--logsource: expected key=value, found %q", part)
		}
		switch key {
		case "category":
			l.Category.Value = value
		case "product":
			l.Product.Value = value
		case "service":
			l.Service.Value = value
		default:
			return l, usagef("--logsource: unknown key %q, expected category, product or service", key)
		}
	}
	return l, nil
}
