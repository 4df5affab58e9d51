package cli

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/backends"
	"sigmatic/backends/all"
)

// convertRun is one run of the command convert.
type convertRun struct {
	*app
	targets      []string
	form         formFlags
	schema       schemaFlags
	outPath      string
	manifest     bool
	prune        bool
	watching     bool
	allowRefused bool
	verified     bool
	selection    selection
	filter       filterFlags
	varsFlags    varsFlags
	pipelines    pipelineFlags

	registry backends.Registry
	backends []backends.Backend
	forms    []*form           // of the backends
	keys     map[string]string // names in the products, to the places of the rules that have them
	vars     ast.Vars
	selected func(*ast.Rule) bool
	changes  *changes // of a run that watches
}

func (a *app) convertCommand() *cobra.Command {
	c := &convertRun{app: a, registry: all.Registry()}
	cmd := &cobra.Command{
		Use:   "convert [flags] [RULES...]",
		Short: "Print the queries that mean the same as the rules",
		Long: `convert prints, for each rule and target, the query that selects what the rule
selects. RULES are files, directories (searched through), globs, or - for
standard input; without any, the rules embedded in the program are converted.

A rule that a target cannot express is refused, with the place in the rule and
the targets that can. What a query takes for granted about the data is said in
notes: in full for a single query, by count for many, always in -f jsonl.

Targets: ` + strings.Join(c.registry.Names(), ", ") + `. Beside text and jsonl, targets have formats
that their products import; list formats shows them.`,
		Example: `  sigmatic convert -t splunk,esql,kql,logsql
  sigmatic convert -t splunk --compact rules/cloudtrail/aws_ssm_command_sent.yml
  sigmatic convert -t esql -f jsonl --level high,critical rules
  sigmatic convert -t splunk -p docs/examples/pipeline.yml rules/cloudtrail/aws_ssm_command_sent.yml
  sigmatic convert -f savedsearches --set interval=15m rules`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if c.watching {
				return c.watch(cmd.Context(), args)
			}
			return c.run(args)
		},
	}
	f := cmd.Flags()
	f.StringSliceVarP(&c.targets, "target", "t", nil, "targets, as a list or repeated; all when not given")
	f.StringVarP(&c.form.format, "format", "f", formText, "what is written: text, jsonl, or a format of the target (list formats)")
	f.StringVar(&c.form.template, "template", "", "write each query through this template of Go's text/template (docs/templates.md)")
	f.StringArrayVar(&c.form.settings, "set", nil, "NAME=VALUE: a setting of the format (list formats); repeatable")
	c.schema.flags(cmd)
	f.BoolVar(&c.form.compact, "compact", false, "print each query on one line")
	f.StringVarP(&c.outPath, "output", "o", "", "write to this file, or to a directory (existing, or with a trailing slash) one file for each rule and target")
	f.BoolVar(&c.manifest, "manifest", false, "write an index of the files below -o DIR, with their hashes: DIR/"+manifestName)
	f.BoolVar(&c.prune, "prune", false, "remove the files below -o DIR that the last manifest lists and no rule produces any more; with --manifest")
	f.BoolVar(&c.watching, "watch", false, "convert again whenever a file has changed, and print what is new or different; an interrupt ends it")
	f.BoolVar(&c.allowRefused, "allow-refused", false, "exit with 0 although a target refused a rule")
	f.BoolVar(&c.verified, "verified", false, "hold each query to its rule on the interpreters, as verify does, and refuse one that differs")
	c.selection.flags(cmd)
	c.selection.logSourceFlag(cmd)
	c.filter.flags(cmd)
	c.varsFlags.flags(cmd)
	c.pipelines.flags(cmd)
	return cmd
}

func (c *convertRun) run(args []string) error {
	if err := c.check(); err != nil {
		return err
	}
	var err error
	if c.vars, err = c.varsFlags.read(c.app); err != nil {
		return err
	}
	if err := c.pipelines.read(c.app, c.backends, c.registry); err != nil {
		return err
	}
	c.pipelines.withTarget(c.backends, c.form.format)
	if c.selected, err = c.selection.filter(); err != nil {
		return err
	}
	c.keys = map[string]string{}
	out, err := c.openSink()
	if err != nil {
		return err
	}
	var count tally
	rules, err := openRules(c.app, args, c.filter)
	if err != nil {
		return err
	}
	defer boundMemory(rules.size())()
	set, err := streamRules(rules, c.answer, func(a answer) error {
		return c.take(a, out, &count)
	})
	if err != nil {
		return err
	}
	for _, r := range set.correlations {
		if c.selected(r.Rule) {
			if err := c.take(c.correlate(r, rules), out, &count); err != nil {
				return err
			}
		}
	}
	if err := out.close(); err != nil {
		return err
	}
	c.report(count, set)
	return c.finishTree(out)
}

// finishTree writes the manifest of a directory, and says what has changed there.
func (c *convertRun) finishTree(out sink) error {
	t, ok := out.(*treeSink)
	if !ok || !c.manifest && c.changes == nil {
		return nil
	}
	if c.manifest {
		if err := c.finish(t); err != nil {
			return err
		}
	}
	if c.changes != nil {
		for _, name := range t.written {
			c.infof("wrote %s", filepath.Join(t.root, name))
		}
		for _, name := range t.removed {
			c.infof("removed %s", filepath.Join(t.root, name))
		}
	}
	c.infof("%s: %s written, %d removed", t.root, plural(len(t.written), "file"), len(t.removed))
	return nil
}

// take writes the answer for one rule and counts it.
func (c *convertRun) take(a answer, out sink, count *tally) error {
	if a.left {
		return nil
	}
	count.rules++
	c.diagnostics(a.diags)
	count.broken += a.broken
	count.schema = append(count.schema, a.schema...)
	for _, v := range a.conversions {
		c.claim(&v)
		count.add(v)
		if err := out.add(v); err != nil {
			return err
		}
	}
	return nil
}

func (c *convertRun) check() error {
	if err := c.chooseTargets(); err != nil {
		return err
	}
	if err := c.chooseForms(); err != nil {
		return err
	}
	if c.schema.name == "auto" && len(c.pipelines.paths) > 0 {
		c.schema.name = "none" // the pipelines give fields names of their own
	}
	c.manifest = c.manifest || c.prune
	if c.manifest && !c.writesTree() {
		return usagef("--manifest and --prune are for a directory: give one with -o DIR/")
	}
	if err := c.schema.read(c.app); err != nil {
		return err
	}
	_, err := c.filter.parsedMode()
	return err
}

// claim takes the names that a conversion has in the product, or refuses the
// conversion where another has one of them: the product would keep one of the two.
func (c *convertRun) claim(v *conversion) {
	for _, k := range v.keys {
		if first, taken := c.keys[v.target.Name()+" "+k]; taken {
			v.err = refusal(v.target, backends.FeatureSameKey, v.rule.Title.Span, fmt.Sprintf("%q is the name of %s", k, first))
			v.out, v.text = nil, nil
			return
		}
	}
	for _, k := range v.keys {
		c.keys[v.target.Name()+" "+k] = v.place()
	}
}

// otherFeature counts refusals that are not of a language.
const otherFeature = "other"

// tally counts what became of the rules.
type tally struct {
	rules, broken      int // of those selected
	converted, refused int
	features           map[string]int
	notes              map[backends.NoteCode]int
	refusals           []string
	first              []backends.Note   // of the first query
	schema             []diag.Diagnostic // what the schemas say of the rules
}

func (t *tally) add(v conversion) {
	if v.err == nil {
		t.converted++
		if t.converted == 1 {
			t.first = v.out.Notes
		}
		for _, n := range v.out.Notes {
			if t.notes == nil {
				t.notes = map[backends.NoteCode]int{}
			}
			t.notes[n.Code]++
		}
		return
	}
	t.refused++
	feature := otherFeature
	var u *backends.Unsupported
	if errors.As(v.err, &u) {
		feature = string(u.Feature)
	}
	if t.features == nil {
		t.features = map[string]int{}
	}
	t.features[feature]++
	t.refusals = append(t.refusals, v.err.Error())
}

// report says on standard error what became of the rules.
func (c *convertRun) report(t tally, set ruleSet) {
	set.broken += t.broken
	loaded := set.found + len(set.correlations)
	switch {
	case loaded > 0 && t.rules == 0:
		c.errorf("no rule to convert: the selection leaves none of %s", plural(loaded, "rule"))
	case loaded == 0 && c.status == statusOK:
		c.errorf("no rule to convert: none was found")
	}
	c.schemaReport(t.schema, t.rules)
	for _, text := range t.refusals {
		fmt.Fprintln(c.Stderr, text)
	}
	if t.refused > 0 && !c.allowRefused {
		c.raise(statusNo)
	}
	if t.converted == 1 && t.refused == 0 {
		for _, n := range t.first {
			c.infof("note: %s [%s]", n.Text, n.Code)
		}
		if set.account() == (ruleSet{}).account() {
			return
		}
	} else if len(t.notes) > 0 {
		c.infof("notes: %s (each in full with -f jsonl)", counts(t.notes, backends.NoteCodes()))
	}
	summary := fmt.Sprintf("converted %d, refused %d", t.converted, t.refused)
	if t.refused > 0 {
		summary += " (" + counts(t.features, slices.Sorted(maps.Keys(t.features))) + ")"
	}
	c.infof("%s%s", summary, set.account())
}

// account says what was loaded and is no rule to convert.
func (s ruleSet) account() string {
	text := fmt.Sprintf(", broken %d", s.broken)
	for _, part := range []struct {
		what string
		n    int
	}{{"other YAML skipped", s.foreign}, {"tests skipped", s.tests}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %s %d", part.what, part.n)
		}
	}
	return text
}

// counts lists "key: n, …" in the order of keys.
func counts[K ~string](m map[K]int, order []K) string {
	var parts []string
	for _, k := range order {
		if m[k] > 0 {
			parts = append(parts, fmt.Sprintf("%s: %d", k, m[k]))
		}
	}
	return strings.Join(parts, ", ")
}
