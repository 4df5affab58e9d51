package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"sigmatic/ast/diag"
	"sigmatic/backends/all"
	"sigmatic/parser"
	"sigmatic/pipeline"
)

// listing is a table that prints as text or JSON.
type listing struct {
	columns []string
	rows    [][]string
}

// listings are the things that list knows, in the order of its help.
var listings = []struct {
	name, summary string
	table         func(*app) listing
}{
	{"targets", "query languages", listTargets},
	{"formats", "output formats of each target", listFormats},
	{"schemas", "field names and types that ship", listSchemas},
	{"pipelines", "processing pipelines that ship", listPipelines},
	{"modifiers", "modifiers of Sigma", listModifiers},
	{"checks", "codes of diagnostics", listChecks},
	{"rules", "rules embedded in the program", listRules},
}

func (a *app) listCommand() *cobra.Command {
	var names, lines []string
	for _, l := range listings {
		names = append(names, l.name)
		lines = append(lines, fmt.Sprintf("  %-10s %s", l.name, l.summary))
	}
	var asJSON bool
	cmd := &cobra.Command{
		Use:       "list {" + strings.Join(names, "|") + "}",
		Short:     "List what the program knows",
		Long:      "list prints one of these:\n\n" + strings.Join(lines, "\n"),
		Example:   "  sigmatic list rules\n  sigmatic list targets --json",
		ValidArgs: names,
		Args:      arguments(1, 1, "one of "+strings.Join(names, ", ")),
		RunE: func(_ *cobra.Command, args []string) error {
			for _, l := range listings {
				if l.name == args[0] {
					return l.table(a).write(a.Stdout, asJSON)
				}
			}
			return usagef("nothing is called %q, list takes one of %s", args[0], strings.Join(names, ", "))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array of objects")
	return cmd
}

func (l listing) write(w io.Writer, asJSON bool) error {
	if asJSON {
		out := make([]map[string]string, len(l.rows))
		for i, row := range l.rows {
			out[i] = make(map[string]string, len(row))
			for j, cell := range row {
				out[i][l.columns[j]] = cell
			}
		}
		return writeJSON(w, out)
	}
	var table strings.Builder
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.ToUpper(strings.Join(l.columns, "\t")))
	for _, row := range l.rows {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(table.String()) {
		// An empty cell at the end leaves blanks.
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func listTargets(*app) listing {
	l := listing{columns: []string{"target", "language", "aliases"}}
	for _, b := range all.Registry() {
		l.rows = append(l.rows, []string{b.Name(), b.Language(), strings.Join(b.Aliases(), ",")})
	}
	return l
}

func listFormats(*app) listing {
	l := listing{columns: []string{"target", "format", "extension", "summary", "settings"}}
	for _, b := range all.Registry() {
		l.rows = append(l.rows,
			[]string{b.Name(), formText, b.Extension(), "the query", ""},
			[]string{b.Name(), formJSONL, ".jsonl", "query, notes and place, one JSON object a line", ""})
		for _, f := range b.Formats() {
			var settings []string
			for _, s := range f.Settings {
				settings = append(settings, s.Name+"="+s.Default)
			}
			l.rows = append(l.rows, []string{b.Name(), f.Name, f.Extension, f.Summary, strings.Join(settings, " ")})
		}
	}
	return l
}

func listSchemas(*app) listing {
	l := listing{columns: []string{"schema", "customary", "logsources", "summary"}}
	for _, s := range pipeline.Schemas() {
		l.rows = append(l.rows, []string{s.Name, strings.Join(s.Targets, ","), strings.Join(s.LogSources(), ","), s.Summary})
	}
	return l
}

func listModifiers(*app) listing {
	l := listing{columns: []string{"modifier", "aliases", "summary"}}
	for _, m := range parser.Modifiers() {
		l.rows = append(l.rows, []string{m.Name, strings.Join(m.Aliases, ","), m.Summary})
	}
	return l
}

func listChecks(*app) listing {
	l := listing{columns: []string{"code", "title"}}
	for _, c := range diag.Codes() {
		l.rows = append(l.rows, []string{string(c.Code), c.Title})
	}
	return l
}

func listRules(a *app) listing {
	l := listing{columns: []string{"level", "id", "title", "file"}}
	for _, r := range a.embedded() {
		l.rows = append(l.rows, []string{r.Level.String(), r.ID.Value, r.Title.Value, r.Span.File.Name})
	}
	return l
}

// build is what the program knows of itself.
type build struct {
	Version  string   `json:"version"`
	Revision string   `json:"revision,omitempty"`
	Go       string   `json:"go"`
	Platform string   `json:"platform"`
	Backends []string `json:"backends"`
	Schemas  []string `json:"schemas"`
	Rules    int      `json:"rules"`
}

// version is set when a release is built.
var version = "dev"

func (a *app) build() build {
	b := build{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Backends: all.Registry().Names(), Rules: len(a.embedded())}
	for _, s := range pipeline.Schemas() {
		b.Schemas = append(b.Schemas, s.Name)
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Revision = s.Value
			}
		}
	}
	return b
}

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version, the backends and the schemas",
		Example: "  sigmatic version --json",
		Args:    arguments(0, 0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			b := a.build()
			if asJSON {
				return writeJSON(a.Stdout, b)
			}
			_, err := fmt.Fprintf(a.Stdout, "sigmatic %s (%s, %s)\nbackends: %s\nschemas: %s\nembedded rules: %d\n",
				b.Version, b.Go, b.Platform, strings.Join(b.Backends, ", "), strings.Join(b.Schemas, ", "), b.Rules)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) manCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the manual pages into a directory",
		Example: "  sigmatic man .",
		Args:    arguments(1, 1, "a directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("cannot write the pages: %w", err)
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			date := a.Now()
			return doc.GenManTree(root, &doc.GenManHeader{Title: "SIGMATIC", Section: "1", Source: "sigmatic " + version, Date: &date}, args[0])
		},
	}
	return cmd
}
