package cli

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sigmatic/ast"
	"sigmatic/pipeline/processing"
	"sigmatic/rules"
)

// loadedRule is a rule and where its file stands below what the user named.
type loadedRule struct {
	*ast.Rule
	relative string // slash-separated path below the root that was named
	// shared says that the answers for other documents, which come later, may go
	// to the same place below -o DIR: from a file of the same relative name, or
	// correlations of the same file.
	shared bool
	// origin is the document as it was read, which correlations refer to.
	origin ast.Document
	// adapted is what pipelines made of the rule; nil without any.
	adapted *processing.Result
}

// ruleSet is what was loaded, and the account of what was not.
type ruleSet struct {
	rules []loadedRule // narrowed by the filters that apply; only load keeps them
	found int          // rules that can be used, before any selection
	// correlations stand here as rules that have only what all documents have.
	// origin is the correlation.
	correlations []loadedRule
	searches     []loadedRule // the silent rules of correlations, narrowed as well
	broken       int          // Sigma documents with errors
	foreign      int          // YAML documents that are not Sigma
	tests        int          // files with tests of rules, beside them
}

// filterFlags are the filters that a command applies beside those that lie
// among its rules.
type filterFlags struct {
	paths []string
	mode  string
}

func (f *filterFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.paths, "filter", nil, "narrow the rules by these Sigma filters: a file, directory or glob; repeatable")
	cmd.Flags().StringVar(&f.mode, "filter-mode", "", "what the condition of a filter without not selects: and (what stays) or and-not (what goes)")
}

func (f *filterFlags) parsedMode() (ast.FilterMode, error) {
	switch f.mode {
	case "":
		return ast.FilterByCondition, nil
	case "and":
		return ast.FilterAnd, nil
	case "and-not":
		return ast.FilterAndNot, nil
	}
	return 0, usagef("--filter-mode takes and or and-not, not %q", f.mode)
}

// ruleFile is a file of rules that may be read.
type ruleFile struct {
	name     string // as shown
	relative string
	explicit bool // named itself, not found in a directory
	read     func() ([]byte, error)
}

// stem is the relative name without its extension.
func (f ruleFile) stem() string { return strings.TrimSuffix(f.relative, path.Ext(f.relative)) }

// load reads rules from files, directories, globs and "-"; without any, the
// embedded ones. Findings go to standard error.
func (a *app) load(paths []string, filter filterFlags) (ruleSet, error) {
	var rules []loadedRule
	keep := func(r loadedRule) loadedRule { return r }
	opened, err := openRules(a, paths, filter)
	if err != nil {
		return ruleSet{}, err
	}
	set, err := streamRules(opened, keep, func(r loadedRule) error {
		rules = append(rules, r)
		return nil
	})
	set.rules = rules
	return set, err
}

// embedded gives the rules that are in the program. They have no faults; a test
// sees to it.
func (a *app) embedded() []loadedRule {
	set, _ := a.load(nil, filterFlags{})
	return set.rules
}

func embeddedRules() []ruleFile {
	var files []ruleFile
	// The embedded file system is complete at build time; it has no errors.
	_ = fs.WalkDir(rules.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && isRuleName(name) && !isTestName(name) {
			files = append(files, ruleFile{
				name: path.Join("rules", name), relative: name,
				read: func() ([]byte, error) { return fs.ReadFile(rules.FS, name) },
			})
		}
		return nil
	})
	return files
}

// isRuleName tells rule files by their names.
func isRuleName(name string) bool {
	ext := filepath.Ext(name)
	return (ext == ".yml" || ext == ".yaml") && filepath.Base(name)[0] != '.'
}

// isTestName tells the tests that live beside rules, and are none.
func isTestName(name string) bool {
	return isRuleName(name) && strings.HasSuffix(strings.TrimSuffix(name, filepath.Ext(name)), ".test")
}

// findAll lists the rule files that the arguments name, each once, and counts
// the tests that lie between them.
func (a *app) findAll(paths []string) (files []ruleFile, tests int) {
	taken := map[string]bool{}
	for _, arg := range paths {
		for _, f := range a.find(arg) {
			key, err := filepath.Abs(f.name)
			if err != nil || f.name == "-" {
				key = f.name
			}
			switch {
			case taken[key]:
			case isTestName(f.name):
				tests++
			default:
				files = append(files, f)
			}
			taken[key] = true
		}
	}
	return files, tests
}

// find lists the rule files that one argument names.
func (a *app) find(arg string) []ruleFile {
	if arg == "-" {
		return []ruleFile{{name: "-", relative: "stdin.yml", explicit: true, read: func() ([]byte, error) { return io.ReadAll(a.Stdin) }}}
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return a.findBelow(arg)
	case err == nil:
		return []ruleFile{diskFile(arg, filepath.Base(arg), true)}
	case strings.ContainsAny(arg, "*?["):
		return a.findMatching(arg)
	}
	a.errorf("%s: %v", arg, plainError(err))
	return nil
}

// findMatching lists the rule files that match a pattern, and those below the
// directories that do.
func (a *app) findMatching(pattern string) []ruleFile {
	if strings.Contains(pattern, "**") {
		a.errorf("%s: ** is not understood in a pattern, name the directory to have everything below it", pattern)
		return nil
	}
	matches, err := filepath.Glob(pattern)
	if err != nil {
		a.errorf("%s: no such file, and not a pattern either: %v", pattern, err)
		return nil
	}
	if len(matches) == 0 {
		a.errorf("%s: no such file, and nothing matches it as a pattern", pattern)
	}
	var files []ruleFile
	for _, m := range matches {
		if info, err := os.Stat(m); err == nil && info.IsDir() {
			files = append(files, a.findBelow(m)...)
		} else if isRuleName(m) {
			files = append(files, diskFile(m, "", false))
		}
	}
	root := patternRoot(pattern)
	for i := range files {
		if rel, err := filepath.Rel(root, files[i].name); err == nil {
			files[i].relative = filepath.ToSlash(rel)
		}
	}
	return files
}

// patternRoot is the directory that all matches of a pattern share.
func patternRoot(pattern string) string {
	for strings.ContainsAny(pattern, "*?[") {
		pattern = filepath.Dir(pattern)
	}
	return pattern
}

// findBelow lists the rule files of a directory, hidden folders left out.
func (a *app) findBelow(arg string) []ruleFile {
	// A symbolic link that was named is followed by its trailing separator.
	root := arg
	if info, err := os.Lstat(arg); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		root += string(filepath.Separator)
	}
	var files []ruleFile
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			a.errorf("%s: %v", p, plainError(err))
			return nil
		case d.IsDir() && p != root && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() || !isRuleName(d.Name()):
			return nil
		}
		rel, err := filepath.Rel(arg, p)
		if err != nil {
			rel = d.Name()
		}
		files = append(files, diskFile(p, filepath.ToSlash(rel), false))
		return nil
	})
	if err != nil {
		a.errorf("%s: %v", arg, plainError(err))
	}
	return files
}

func diskFile(name, relative string, explicit bool) ruleFile {
	return ruleFile{name: name, relative: relative, explicit: explicit, read: func() ([]byte, error) { return os.ReadFile(name) }}
}

// plainError is a file error without the path, which the caller has printed.
func plainError(err error) error {
	if pe, ok := err.(*fs.PathError); ok {
		return pe.Err
	}
	return err
}

// queries resolves a rule. The parser has resolved it once, so that faults are
// the program's own.
func queries(r *ast.Rule) ([]*ast.Query, error) {
	qs, diags := ast.Resolve(r)
	if len(diags) > 0 {
		return nil, fmt.Errorf("a parsed rule does not resolve: %w", &diags[0])
	}
	return qs, nil
}
