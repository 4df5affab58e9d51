package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/backends/all"
	"sigmatic/evaluator"
	"sigmatic/evaluator/cloudtrail"
	"sigmatic/pipeline"
)

// fieldsRun is one run of the command fields.
type fieldsRun struct {
	*app
	targets  []string
	schema   schemaFlags
	format   string
	sample   []string
	filter   filterFlags
	selected selection

	backends []backends.Backend
}

func (a *app) fieldsCommand() *cobra.Command {
	x := &fieldsRun{app: a}
	cmd := &cobra.Command{
		Use:   "fields [flags] [RULES...]",
		Short: "List the fields that rules ask for, and what each target calls them",
		Long: `fields lists, for each log source, the fields that its rules ask for, how many
rules do, and the names that the targets' schemas have for them. A name with ?
is the rule's own, of which the schema knows nothing; - is a field that the store
does not keep. Without RULES it is about the rules embedded in the program.

--sample EVENTS counts the events that have each field: one that none has is
probably misspelled, or of another log source.`,
		Example: `  sigmatic fields
  sigmatic fields -t esql,splunk rules/cloudtrail
  sigmatic fields -f json --sample testdata/sample rules/cloudtrail/aws_ssm_command_sent.yml`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return x.run(cmd, args) },
	}
	f := cmd.Flags()
	f.StringSliceVarP(&x.targets, "target", "t", nil, "targets, as a list or repeated; all when not given")
	f.StringVarP(&x.format, "format", "f", "text", "output format: text or json")
	f.StringArrayVar(&x.sample, "sample", nil, "count the events of this log that have the field; repeatable")
	x.schema.flags(cmd)
	x.filter.flags(cmd)
	x.selected.flags(cmd)
	x.selected.logSourceFlag(cmd)
	return cmd
}

func (x *fieldsRun) run(cmd *cobra.Command, args []string) error {
	if x.format != "text" && x.format != "json" {
		return usagef("fields has no format %q, the formats are text, json", x.format)
	}
	if err := x.chooseBackends(); err != nil {
		return err
	}
	if err := x.schema.read(x.app); err != nil {
		return err
	}
	keep, err := x.selected.filter()
	if err != nil {
		return err
	}
	set, err := x.load(args, x.filter)
	if err != nil {
		return err
	}
	table := fieldTable{run: x, rows: map[string]*fieldRow{}}
	for _, r := range set.rules {
		if keep(r.Rule) {
			table.add(r.Rule)
		}
	}
	if len(table.rows) == 0 && x.status == statusOK {
		x.errorf("no field to list: no rule asks for one")
	}
	if len(x.sample) > 0 {
		if err := x.count(cmd, table.sorted()); err != nil {
			return err
		}
	}
	return x.write(table.sorted())
}

func (x *fieldsRun) chooseBackends() error {
	registry := all.Registry()
	if len(x.targets) == 0 {
		x.targets = registry.Names()
	}
	for _, name := range x.targets {
		b := registry.Find(name)
		if b == nil {
			return usagef("unknown target %q, the targets are %s", name, strings.Join(registry.Names(), ", "))
		}
		x.backends = append(x.backends, b)
	}
	return nil
}

// fieldRow is one field of the rules of one log source.
type fieldRow struct {
	LogSource string        `json:"logsource"`
	Field     string        `json:"field"`
	Rules     int           `json:"rules"`
	Targets   []fieldTarget `json:"targets"`
	// Events are those of the sample that have the field; of no sample, nothing.
	Events *int `json:"events,omitempty"`

	has *evaluator.Reference
}

// fieldTarget is what one target makes of a field.
type fieldTarget struct {
	Target string   `json:"target"`
	Schema string   `json:"schema"`
	Known  bool     `json:"known"` // to the schema
	Stored []string `json:"stored"`
	Lost   string   `json:"lost,omitempty"` // why the store does not keep it
}

// fieldTable gathers the rows.
type fieldTable struct {
	run  *fieldsRun
	rows map[string]*fieldRow
}

func (t *fieldTable) add(r *ast.Rule) {
	source := logSourceName(r.LogSource)
	for _, f := range pipeline.FieldsOf(r) {
		key := source + "\x00" + f.Name
		row := t.rows[key]
		if row == nil {
			row = &fieldRow{LogSource: source, Field: f.Name}
			for _, b := range t.run.backends {
				row.Targets = append(row.Targets, t.run.of(r.LogSource, f.Name, b))
			}
			t.rows[key] = row
		}
		row.Rules++
	}
}

// of is what a target makes of a field.
func (x *fieldsRun) of(ls ast.LogSource, name string, b backends.Backend) fieldTarget {
	s := x.schema.of(ls, b.Name()).For(ls)
	out := fieldTarget{Target: b.Name(), Schema: s.Name, Stored: []string{}}
	if !s.Describes(ls) {
		out.Known, out.Stored = true, append(out.Stored, name)
		return out
	}
	stored, known := s.Stored(name)
	if out.Known, out.Lost = known, s.Lost(name); out.Lost != "" {
		return out
	}
	for _, f := range stored {
		out.Stored = append(out.Stored, f.Name)
	}
	if !known {
		out.Stored = append(out.Stored, name)
		if x.schema.strict {
			x.raise(statusNo)
		}
	}
	return out
}

func (t fieldTarget) cell() string {
	switch {
	case t.Lost != "":
		return "-"
	case !t.Known:
		return t.Stored[0] + " ?"
	}
	return strings.Join(t.Stored, " ")
}

func (t *fieldTable) sorted() []*fieldRow {
	var out []*fieldRow
	for _, row := range t.rows {
		out = append(out, row)
	}
	slices.SortFunc(out, func(a, b *fieldRow) int {
		return cmp.Or(cmp.Compare(a.LogSource, b.LogSource), cmp.Compare(b.Rules, a.Rules), cmp.Compare(a.Field, b.Field))
	})
	return out
}

// logSourceName is a log source as its three dimensions, those that are set.
func logSourceName(l ast.LogSource) string {
	var parts []string
	for _, t := range []ast.Text{l.Product, l.Category, l.Service} {
		if t.Value != "" {
			parts = append(parts, t.Value)
		}
	}
	return strings.Join(parts, "/")
}

// count reads the sample and counts the events that have each field.
func (x *fieldsRun) count(cmd *cobra.Command, rows []*fieldRow) error {
	for _, row := range rows {
		exists := &ast.Match{Field: ast.Field{Name: row.Field}, Value: &ast.Exists{Want: true}}
		ref, err := evaluator.New(&ast.Query{Expr: exists})
		if err != nil {
			return err
		}
		row.has, row.Events = ref, new(int)
	}
	inputs, problems := cloudtrail.Inputs(x.sample, x.Stdin)
	for _, p := range problems {
		x.problem(p)
	}
	events := 0
	for _, in := range inputs {
		_, err := cloudtrail.Read(cmd.Context(), in, cloudtrail.Options{}, func(rec cloudtrail.Record) error {
			event, err := evaluator.ParseEvent(rec.Raw)
			if err != nil {
				x.errorf("%s:%d: the record cannot be read: %v", rec.Source, rec.Line, err)
				return nil
			}
			events++
			for _, row := range rows {
				if row.has.Match(event) {
					*row.Events++
				}
			}
			return nil
		}, x.problem)
		if err != nil {
			return err
		}
	}
	never := 0
	for _, row := range rows {
		if *row.Events == 0 {
			never++
		}
	}
	x.infof("%s read, %s of %d never there", plural(events, "event"), plural(never, "field"), len(rows))
	return nil
}

func (x *fieldsRun) write(rows []*fieldRow) error {
	if x.format == "json" {
		if rows == nil {
			rows = []*fieldRow{}
		}
		return writeJSON(x.Stdout, rows)
	}
	l := listing{columns: []string{"logsource", "field", "rules"}}
	if len(x.sample) > 0 {
		l.columns = append(l.columns, "events")
	}
	for _, b := range x.backends {
		l.columns = append(l.columns, b.Name())
	}
	for _, row := range rows {
		cells := []string{row.LogSource, row.Field, fmt.Sprint(row.Rules)}
		if row.Events != nil {
			cells = append(cells, fmt.Sprint(*row.Events))
		}
		for _, t := range row.Targets {
			cells = append(cells, t.cell())
		}
		l.rows = append(l.rows, cells)
	}
	return l.write(x.Stdout, false)
}
