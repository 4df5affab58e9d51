package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
	"sigmatic/backends/all"
	"sigmatic/pipeline"
)

// convertRun is one run of the command convert.
type convertRun struct {
	*app
	targets      []string
	format       string
	schema       string
	compact      bool
	outPath      string
	allowRefused bool
	selection    selection
	filter       filterFlags
	vars         varsFlags

	registry backends.Registry
	backends []backends.Backend
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

Targets: ` + strings.Join(c.registry.Names(), ", ") + `. Formats: text, jsonl.`,
		Example: `  sigmatic convert -t splunk,esql,kql,logsql
  sigmatic convert -t splunk --compact rules/cloudtrail/aws_ssm_command_sent.yml
  sigmatic convert -t esql -f jsonl --level high,critical rules`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return c.run(args) },
	}
	f := cmd.Flags()
	f.StringSliceVarP(&c.targets, "target", "t", nil, "targets, as a list or repeated; all when not given")
	f.StringVarP(&c.format, "format", "f", "text", "output format: text or jsonl")
	f.StringVar(&c.schema, "schema", "auto", "names and types of the fields: auto, none")
	f.BoolVar(&c.compact, "compact", false, "print each query on one line")
	f.StringVarP(&c.outPath, "output", "o", "", "write to this file, or to a directory (existing, or with a trailing slash) one file for each rule and target")
	f.BoolVar(&c.allowRefused, "allow-refused", false, "exit with 0 although a target refused a rule")
	c.selection.flags(cmd)
	c.selection.logSourceFlag(cmd)
	c.filter.flags(cmd)
	c.vars.flags(cmd)
	return cmd
}

func (c *convertRun) run(args []string) error {
	// Thousands of rules make much garbage in less than a second, and then the
	// program ends: collecting less often takes a quarter off the time.
	defer debug.SetGCPercent(debug.SetGCPercent(300))
	if err := c.check(); err != nil {
		return err
	}
	schema, _ := pipeline.Find(c.schema)
	vars, err := c.vars.read(c.app)
	if err != nil {
		return err
	}
	set, err := c.load(args, c.filter)
	if err != nil {
		return err
	}
	c.expand(&set, vars)
	selected, err := c.selection.apply(set.rules)
	if err != nil {
		return err
	}
	correlations, err := c.selection.apply(set.correlations)
	if err != nil {
		return err
	}
	loaded := len(set.rules) + len(set.correlations)
	switch {
	case loaded > 0 && len(selected)+len(correlations) == 0:
		c.errorf("no rule to convert: the selection leaves none of %s", plural(loaded, "rule"))
	case loaded == 0 && c.status == statusOK:
		c.errorf("no rule to convert: none was found")
	}
	converted := make([][]conversion, len(selected))
	parallel(len(selected), func(i int) { converted[i] = c.convert(selected[i], schema) })
	var flat []conversion
	for _, list := range converted {
		for _, v := range list {
			if v.target == nil {
				c.errorf("%v", v.err)
				continue
			}
			flat = append(flat, v)
		}
	}
	for _, r := range correlations {
		flat = append(flat, c.refuse(r, schema)...)
	}
	if err := c.write(flat); err != nil {
		return err
	}
	c.report(flat, set)
	return nil
}

func (c *convertRun) check() error {
	if len(c.targets) == 0 {
		c.targets = c.registry.Names()
	}
	for _, name := range c.targets {
		b := c.registry.Find(name)
		if b == nil {
			return usagef("unknown target %q, the targets are %s", name, strings.Join(c.registry.Names(), ", "))
		}
		if !slices.Contains(c.backends, b) {
			c.backends = append(c.backends, b)
		}
	}
	if c.format != "text" && c.format != "jsonl" {
		return usagef("unknown format %q, the formats are text, jsonl", c.format)
	}
	if _, ok := pipeline.Find(c.schema); !ok {
		return usagef("unknown schema %q, the schemas are auto, none", c.schema)
	}
	return nil
}

// conversion is the answer for one query and target; without a target, err is a
// fault that concerns all of them.
type conversion struct {
	rule   loadedRule
	query  *ast.Query
	target backends.Backend
	schema string
	out    *backends.Output
	err    error
}

func (c *convertRun) convert(r loadedRule, schema pipeline.Schema) []conversion {
	qs, err := queries(schema.Apply(r.Rule))
	if err != nil {
		return []conversion{{rule: r, err: err}}
	}
	results := make([][]backends.Result, len(qs))
	for i, q := range qs {
		if d := unresolved(q); d != nil {
			results[i] = c.refuseAll(backends.FeaturePlaceholder, d.Span, d.Summary)
			continue
		}
		results[i] = c.registry.Convert(q, c.backends, backends.Options{Compact: c.compact})
	}
	out := make([]conversion, 0, len(qs)*len(c.backends))
	for j, b := range c.backends {
		for i, q := range qs {
			out = append(out, conversion{r, q, b, schema.Name, results[i][j].Output, results[i][j].Err})
		}
	}
	return out
}

// refuse answers for a correlation, which no target takes yet.
func (c *convertRun) refuse(r loadedRule, schema pipeline.Schema) []conversion {
	out := make([]conversion, len(c.backends))
	none := &ast.Query{Rule: r.Rule, Condition: &ast.RuleCondition{}}
	for i, res := range c.refuseAll(backends.FeatureCorrelation, r.Title.Span, "correlations are read and not yet converted") {
		out[i] = conversion{r, none, c.backends[i], schema.Name, nil, res.Err}
	}
	return out
}

// refuseAll is the answer of all targets to what none of them is asked.
func (c *convertRun) refuseAll(feature backends.Feature, at source.Span, detail string) []backends.Result {
	out := make([]backends.Result, len(c.backends))
	for i, b := range c.backends {
		out[i].Err = &backends.Unsupported{Backend: b.Name(), Feature: feature, Span: at, Detail: detail}
	}
	return out
}

// header is the line above a query in a text of several.
func (v conversion) header() string {
	return fmt.Sprintf("# %s %s %s", v.target.Name(), v.place(), v.rule.Title.Value)
}

func (v conversion) place() string {
	return fmt.Sprintf("%s:%d", v.rule.Span.File.Name, v.rule.Title.Span.Position().Line)
}

func (c *convertRun) write(list []conversion) error {
	if c.outPath == "" {
		return c.writeTo(c.Stdout, list)
	}
	info, err := os.Stat(c.outPath)
	if strings.HasSuffix(c.outPath, "/") || err == nil && info.IsDir() {
		return c.writeTree(list)
	}
	w, closeFile, err := c.output(c.outPath)
	if err != nil {
		return err
	}
	return errors.Join(c.writeTo(w, list), closeFile())
}

func (c *convertRun) writeTo(w io.Writer, list []conversion) error {
	b := bufio.NewWriter(w)
	if c.format == "jsonl" {
		enc := json.NewEncoder(b)
		enc.SetEscapeHTML(false)
		for _, v := range list {
			if err := enc.Encode(v.record()); err != nil {
				return err
			}
		}
		return b.Flush()
	}
	bare := len(list) == 1
	first := true
	for _, v := range list {
		if v.err != nil {
			continue
		}
		if !first {
			fmt.Fprintln(b)
		}
		first = false
		if !bare {
			fmt.Fprintln(b, v.header())
		}
		fmt.Fprintln(b, v.out.Query)
	}
	return b.Flush()
}

// writeTree writes a file for each rule and target, in folders as the rules
// have them.
func (c *convertRun) writeTree(list []conversion) error {
	files := map[string][]conversion{}
	for _, v := range list {
		if v.err != nil && c.format == "text" {
			continue
		}
		ext := v.target.Extension()
		if c.format == "jsonl" {
			ext = ".jsonl"
		}
		name := strings.TrimSuffix(v.rule.relative, path.Ext(v.rule.relative)) + ext
		name = filepath.Join(c.outPath, v.target.Name(), filepath.FromSlash(name))
		files[name] = append(files[name], v)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		if err := errors.Join(c.writeTo(f, files[name]), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// conversionRecord is the form of -f jsonl, one for each query and target.
type conversionRecord struct {
	File      string             `json:"file"`
	Line      int                `json:"line"`
	RuleID    string             `json:"rule_id"`
	Title     string             `json:"title"`
	Condition string             `json:"condition"`
	Target    string             `json:"target"`
	Format    string             `json:"format"`
	Schema    string             `json:"schema"`
	Query     string             `json:"query,omitempty"`
	Notes     []backends.Note    `json:"notes"`
	Error     *conversionRefusal `json:"error,omitempty"`
}

type conversionRefusal struct {
	Code         string   `json:"code"`
	Message      string   `json:"message"`
	Feature      string   `json:"feature,omitempty"`
	Line         int      `json:"line,omitempty"`
	Column       int      `json:"column,omitempty"`
	Alternatives []string `json:"alternatives,omitempty"`
}

func (v conversion) record() conversionRecord {
	r := conversionRecord{
		File: v.rule.Span.File.Name, Line: v.rule.Title.Span.Position().Line,
		RuleID: v.rule.ID.Value, Title: v.rule.Title.Value, Condition: v.query.Condition.Text.Value,
		Target: v.target.Name(), Format: "text", Schema: v.schema, Notes: []backends.Note{},
	}
	if v.err == nil {
		r.Query = v.out.Query
		r.Notes = append(r.Notes, v.out.Notes...)
		return r
	}
	r.Error = &conversionRefusal{Code: "failed", Message: v.err.Error()}
	var refusal *backends.Unsupported
	if errors.As(v.err, &refusal) {
		p := refusal.Span.Position()
		r.Error = &conversionRefusal{"unsupported", refusal.Message(), string(refusal.Feature), p.Line, p.Column, refusal.Alternatives}
	}
	return r
}

// report says on standard error what became of the rules.
func (c *convertRun) report(list []conversion, set ruleSet) {
	converted, features, notes := 0, map[string]int{}, map[backends.NoteCode]int{}
	refused := 0
	for _, v := range list {
		if v.err == nil {
			converted++
			for _, n := range v.out.Notes {
				notes[n.Code]++
			}
			continue
		}
		refused++
		feature := "other"
		var u *backends.Unsupported
		if errors.As(v.err, &u) {
			feature = string(u.Feature)
		}
		features[feature]++
		fmt.Fprintf(c.Stderr, "%v\n", v.err)
	}
	if refused > 0 && !c.allowRefused {
		c.raise(statusNo)
	}
	if len(list) == 1 && converted == 1 {
		for _, n := range list[0].out.Notes {
			c.infof("note: %s [%s]", n.Text, n.Code)
		}
		if set.account() == (ruleSet{}).account() {
			return
		}
	} else if len(notes) > 0 {
		c.infof("notes: %s (each in full with -f jsonl)", counts(notes, backends.NoteCodes()))
	}
	summary := fmt.Sprintf("converted %d, refused %d", converted, refused)
	if refused > 0 {
		summary += " (" + counts(features, slices.Sorted(maps.Keys(features))) + ")"
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
