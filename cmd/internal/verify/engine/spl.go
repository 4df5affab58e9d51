package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
)

// A Gate asks a grammar that others wrote (pth_03, of Teragrep) whether texts
// are SPL. It judges syntax alone: no engine of SPL can be had, so what a
// search selects is not verified here.
type Gate struct {
	command string
}

// NewGate returns the gate whose program stands at a path.
func NewGate(command string) *Gate { return &Gate{command: command} }

// Name returns "spl".
func (g *Gate) Name() string { return "spl" }

// A GateResult is the verdict on one query.
type GateResult struct {
	// OK says that the grammar accepts the query, if need be with the known
	// false alarms spelt in a way that it knows.
	OK bool
	// Error is the first syntax error, as "LINE:COLUMN MESSAGE".
	Error string
	// Excused holds the reasons why false alarms were set aside.
	Excused []string
}

// A falseAlarm is SPL that Splunk documents and the grammar rejects. It is
// written in another way, and the rest of the query is judged all the same.
type falseAlarm struct {
	reason string
	find   *regexp.Regexp
	put    string
}

var falseAlarms = []falseAlarm{
	{
		reason: "field=CASE(value), which compares with case, is documented by Splunk and not in the grammar",
		find:   regexp.MustCompile(`(=\s*)CASE\(("(?:[^"\\]|\\.)*"|[^\s()"]+)\)`),
		put:    "$1$2",
	},
	{
		reason: "bin FIELD span=SPAN is the order of Splunk's manual; the grammar wants bin span=SPAN FIELD",
		find:   regexp.MustCompile(`(\|\s*bin\s+)([\w.]+)\s+(span=\w+)`),
		put:    "$1$3 $2",
	},
	{
		reason: "FIELD IN (VALUE, ...) takes any field in Splunk's manual; the grammar knows host, source, eventtype and tag before = only",
		find:   regexp.MustCompile(`\b(?:host|source|eventtype|tag)(\s+IN\s*\()`),
		put:    "field$1",
	},
}

// excuse rewrites the known false alarms in a query.
func excuse(query string) (text string, reasons []string) {
	for _, f := range falseAlarms {
		if f.find.MatchString(query) {
			query = f.find.ReplaceAllString(query, f.put)
			reasons = append(reasons, f.reason)
		}
	}
	return query, reasons
}

// Parse judges all queries in one run of the program, which takes most of a
// second to start.
func (g *Gate) Parse(ctx context.Context, queries []string) ([]GateResult, error) {
	// A query with a known false alarm is asked twice, the second time rewritten.
	var asked []string
	for _, q := range queries {
		asked = append(asked, q)
		if text, reasons := excuse(q); reasons != nil {
			asked = append(asked, text)
		}
	}
	answers, err := g.ask(ctx, asked)
	if err != nil {
		return nil, err
	}
	results := make([]GateResult, len(queries))
	for i, q := range queries {
		results[i], answers = answers[0], answers[1:]
		if _, reasons := excuse(q); reasons != nil {
			rewritten := answers[0]
			answers = answers[1:]
			if !results[i].OK {
				results[i] = rewritten
				results[i].Excused = reasons
			}
		}
	}
	return results, nil
}

// ask runs the program on queries and returns its answers in their order.
func (g *Gate) ask(ctx context.Context, queries []string) ([]GateResult, error) {
	if len(queries) == 0 {
		return nil, nil
	}
	var in, messages bytes.Buffer
	for _, q := range queries {
		in.Write(append(appendJSON(nil, q), '\n'))
	}
	cmd := exec.CommandContext(ctx, g.command)
	cmd.Stdin, cmd.Stderr = &in, &messages
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("spl: the gate failed: %w: %s", err, strings.TrimSpace(messages.String()))
	}
	var results []GateResult
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var r GateResult
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("spl: cannot read the gate's answer: %w", err)
		}
		results = append(results, r)
	}
	if len(results) != len(queries) {
		return nil, fmt.Errorf("spl: the gate gave %d answers to %d queries", len(results), len(queries))
	}
	return results, nil
}
