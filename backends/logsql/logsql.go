package logsql

import (
	"fmt"
	"strings"

	"sigmatic/ast"
	"sigmatic/backends"
)

// name is the target's name on the command line and in refusals.
const name = "logsql"

// maxQueryLen is the length in bytes from which a server of today may reject a
// query: the default of its flag -search.maxQueryLen
// (https://docs.victoriametrics.com/victorialogs/#list-of-command-line-flags).
// VictoriaLogs 1.121.0 has no such flag; 100,000 characters ran there.
const maxQueryLen = 16 * 1024

// Backend prints LogsQL, the language of VictoriaLogs.
type Backend struct{}

var _ backends.Backend = Backend{}

// New returns the LogsQL backend.
func New() Backend { return Backend{} }

// Name returns "logsql".
func (Backend) Name() string { return name }

// Aliases returns the product's name.
func (Backend) Aliases() []string { return []string{"victorialogs"} }

// Language returns "LogsQL".
func (Backend) Language() string { return "LogsQL" }

// Extension returns ".logsql".
func (Backend) Extension() string { return ".logsql" }

// Convert prints a query as a filter and, where the rule lists fields, a pipe
// that keeps those.
func (Backend) Convert(q *ast.Query, opts backends.Options) (*backends.Output, error) {
	expr, err := backends.Prepare(name, q)
	if err != nil {
		return nil, err
	}
	var p printer
	clause, err := backends.Translate(expr, p.leaf, p.list)
	if err != nil {
		return nil, err
	}
	text := style(opts).Print(within(opts.Source, clause), "")
	if pipe := fieldsPipe(q.Rule); pipe != "" {
		if opts.Compact {
			text += " " + pipe
		} else {
			text += "\n" + pipe
		}
	}
	if len(text) > maxQueryLen {
		p.notes.Add(backends.NoteEngineVersion, fmt.Sprintf("a server whose -search.maxQueryLen, where it has the flag, is at least %d", len(text)))
	}
	return &backends.Output{Query: text, Notes: p.notes.List()}, nil
}

// within adds the stream that the events are in.
func within(s backends.Source, clause backends.Clause) backends.Clause {
	if s.Stream != "" {
		clause = backends.All{backends.Atom("{" + s.Stream + "}"), clause}
	}
	return backends.Fold(clause)
}

// style spells the operators as the LogsQL reference does. AND may be left out
// there; it is not, as a line that begins with it is easier to read.
func style(opts backends.Options) backends.Style {
	return backends.Style{
		And: " AND ", Or: " OR ", Not: "NOT ",
		True: "*", False: "NOT *",
		Compact: opts.Compact,
	}
}

// fieldsPipe is the pipe that keeps the time and the fields which the rule wants
// to see, or "". A name that ends in * keeps all fields that begin so.
func fieldsPipe(r *ast.Rule) string {
	if r == nil {
		return ""
	}
	// VictoriaLogs gives back no row that is left without a value (measured on
	// 1.121.0), and every event has a time.
	names, seen := []string{"_time"}, map[string]bool{"_time": true}
	for _, f := range r.Fields {
		if f.Value != "" && !seen[f.Value] {
			seen[f.Value] = true
			names = append(names, quoteField(f.Value))
		}
	}
	if len(names) == 1 {
		return ""
	}
	return "| fields " + strings.Join(names, ", ")
}
