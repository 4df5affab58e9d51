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
	clause, late, err := p.split(expr)
	if err != nil {
		return nil, err
	}
	stages := []string{style(opts).Print(within(opts.Source, clause), "")}
	if len(p.lowered) > 0 {
		for _, f := range p.lowered {
			stages = append(stages, "| format "+quoteString("<lc:"+f+">")+" as "+lowered(f))
		}
		stages = append(stages, "| filter "+style(opts).Print(late, "  "))
	}
	switch pipe := fieldsPipe(q.Rule); {
	case opts.Alert: // which counts, and shows no field
	case pipe != "":
		stages = append(stages, pipe)
	case len(p.lowered) > 0:
		stages = append(stages, p.deletePipe())
	}
	separator := "\n"
	if opts.Compact {
		separator = " "
	}
	text := strings.Join(stages, separator)
	if len(text) > maxQueryLen {
		p.notes.Add(backends.NoteEngineVersion, fmt.Sprintf("a server whose -search.maxQueryLen, where it has the flag, is at least %d", len(text)))
	}
	return &backends.Output{Query: text, Notes: p.notes.List()}, nil
}

// split prints the parts of a conjunction that filters can say about the event,
// and those that ask about fields which pipes add to it.
func (p *printer) split(e ast.Expr) (first, late backends.Clause, err error) {
	terms := []ast.Expr{e}
	if and, ok := e.(*ast.And); ok {
		terms = and.Terms
	}
	var firsts, lates backends.All
	for _, t := range terms {
		p.late = false
		c, err := backends.Translate(t, p.leaf, p.list)
		switch {
		case err != nil:
			return nil, nil, err
		case p.late:
			lates = append(lates, c)
		default:
			firsts = append(firsts, c)
		}
	}
	return backends.Fold(firsts), backends.Fold(lates), nil
}

// lowered names the field that holds another's text in lower case.
func lowered(field string) string { return quoteString("lower(" + field + ")") }

func (p *printer) deletePipe() string {
	names := make([]string, len(p.lowered))
	for i, f := range p.lowered {
		names[i] = lowered(f)
	}
	return "| delete " + strings.Join(names, ", ")
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
