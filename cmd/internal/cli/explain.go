package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sigmatic/ast"
	"sigmatic/evaluator"
	"sigmatic/evaluator/cloudtrail"
)

// explainRun is one run of the command explain.
type explainRun struct {
	*app
	eventID   string
	limit     int
	asJSON    bool
	filter    filterFlags
	vars      varsFlags
	pipelines pipelineFlags
}

func (a *app) explainCommand() *cobra.Command {
	x := &explainRun{app: a}
	cmd := &cobra.Command{
		Use:   "explain [flags] RULE EVENTS",
		Short: "Show why a rule matches an event, or does not",
		Long: `explain prints, for each event, the rule's condition as a tree: true, false or
absent at each leaf, the line of the rule it stands in, and the values found.

RULE is a file with rules, or - ; EVENTS is a file, directory or glob of logs, or - .`,
		Example: `  sigmatic explain rules/cloudtrail/aws_ssm_command_sent.yml testdata/sample --limit 1`,
		Args:    arguments(2, 2, "a file of rules and logs"),
		RunE:    func(cmd *cobra.Command, args []string) error { return x.run(cmd, args) },
	}
	x.filter.flags(cmd)
	x.vars.flags(cmd)
	x.pipelines.flags(cmd)
	cmd.Flags().StringVar(&x.eventID, "event", "", "only the event with this eventID")
	cmd.Flags().IntVar(&x.limit, "limit", 10, "explain at most this many events; 0 means all")
	cmd.Flags().BoolVar(&x.asJSON, "json", false, "print one JSON object for each event and condition")
	return cmd
}

var errEnough = errors.New("enough events")

func (x *explainRun) run(cmd *cobra.Command, args []string) error {
	if args[0] == "-" && args[1] == "-" {
		return usagef("only one of RULE and EVENTS can be standard input")
	}
	detectors, err := x.detectors(args[0])
	if err != nil {
		return err
	}
	if len(detectors) == 0 {
		x.raise(statusUnusable)
		return nil
	}
	shown := 0
	emit := func(rec cloudtrail.Record) error {
		if x.eventID != "" && cloudtrail.Text(rec.Raw, "eventID") != x.eventID {
			return nil
		}
		if x.limit > 0 && shown == x.limit {
			return errEnough
		}
		shown++
		return x.record(detectors, rec)
	}
	inputs, problems := cloudtrail.Inputs(args[1:], x.Stdin)
	for _, p := range problems {
		x.problem(p)
	}
	for _, in := range inputs {
		_, err := cloudtrail.Read(cmd.Context(), in, cloudtrail.Options{}, emit, x.problem)
		if errors.Is(err, errEnough) {
			x.infof("stopped after %s, see --limit", plural(shown, "event"))
			return nil
		}
		if err != nil {
			return err
		}
	}
	if shown == 0 {
		if x.eventID != "" {
			x.errorf("no event has the eventID %q", x.eventID)
			return nil
		}
		x.errorf("no event to explain")
	}
	return nil
}

// detectors compiles the rules of one argument.
func (x *explainRun) detectors(path string) ([]detector, error) {
	vars, err := x.vars.read(x.app)
	if err != nil {
		return nil, err
	}
	set, err := x.load([]string{path}, x.filter)
	if err != nil {
		return nil, err
	}
	x.expand(&set, vars)
	if err := x.pipelines.read(x.app, nil, nil); err != nil {
		return nil, err
	}
	x.pipelines.adaptAll(x.app, &set)
	for _, r := range set.correlations {
		x.errorf("%s: the correlation %q is not explained: correlations are read and not yet evaluated", r.Span.File.Name, r.Title.Value)
	}
	var out []detector
	for _, r := range set.rules {
		d, err := newDetector(r.Rule)
		if err != nil {
			x.errorf("%v", err)
			continue
		}
		out = append(out, d)
	}
	return out, nil
}

func (x *explainRun) record(detectors []detector, rec cloudtrail.Record) error {
	event, err := evaluator.ParseEvent(rec.Raw)
	if err != nil {
		x.errorf("%s:%d: the record cannot be evaluated: %v", rec.Source, rec.Line, err)
		return nil
	}
	for _, d := range detectors {
		for _, ref := range d.references {
			tree := ref.Explain(event)
			if x.asJSON {
				if err := writeJSON(x.Stdout, explained(d.rule, tree, rec)); err != nil {
					return err
				}
				continue
			}
			if err := x.print(d.rule, tree, rec); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *explainRun) print(r *ast.Rule, tree *evaluator.Explanation, rec cloudtrail.Record) error {
	var b strings.Builder
	verdict := "no match"
	if tree.Matched {
		verdict = "match"
	}
	fmt.Fprintf(&b, "%s: %s\n  event %s  %s  (%s record %d)\n", verdict, r.Title.Value,
		cloudtrail.Text(rec.Raw, "eventID"), cloudtrail.Text(rec.Raw, "eventName"), rec.Source, rec.Index)
	p := treePrinter{b: &b, color: x.colored(x.StdoutTerminal)}
	p.node(tree, "  ")
	b.WriteByte('\n')
	_, err := io.WriteString(x.Stdout, b.String())
	return err
}

// treePrinter draws an explanation, a line for each node.
type treePrinter struct {
	b     *strings.Builder
	color bool
}

func (p treePrinter) node(x *evaluator.Explanation, indent string) {
	state := stateOf(x)
	p.b.WriteString(indent + p.paint(x.Matched, fmt.Sprintf("%-6s", state)) + " ")
	switch e := x.Expr.(type) {
	case *ast.And:
		p.b.WriteString("all of\n")
	case *ast.Or:
		p.b.WriteString("one of\n")
	case *ast.Not:
		p.b.WriteString("not\n")
	case *ast.Match:
		fmt.Fprintf(p.b, "line %d: %s%s\n", e.Span.Position().Line, e, foundText(x))
	}
	for _, t := range x.Terms {
		p.node(t, indent+"  ")
	}
}

func (p treePrinter) paint(good bool, s string) string {
	switch {
	case !p.color:
		return s
	case good:
		return "\x1b[32m" + s + "\x1b[0m"
	}
	return "\x1b[31m" + s + "\x1b[0m"
}

// stateOf is the word for a node: absent is a leaf without the field.
func stateOf(x *evaluator.Explanation) string {
	switch {
	case x.Matched:
		return "true"
	case x.State == evaluator.Absent:
		return "absent"
	}
	return "false"
}

func foundText(x *evaluator.Explanation) string {
	list := func(found []evaluator.Found) string {
		var parts []string
		for _, v := range found {
			parts = append(parts, printable(v.Text))
		}
		if x.Omitted > 0 {
			parts = append(parts, fmt.Sprintf("and %d more", x.Omitted))
		}
		return strings.Join(parts, ", ")
	}
	text := ""
	if len(x.Values) > 0 {
		text += "   found " + list(x.Values)
	}
	if len(x.Referenced) > 0 {
		text += "   compared with " + list(x.Referenced)
	}
	return text
}

// explainedNode is the JSON form of a node.
type explainedNode struct {
	Op     string          `json:"op"` // and, or, not, match
	State  string          `json:"state"`
	Line   int             `json:"line,omitempty"`
	Column int             `json:"column,omitempty"`
	Leaf   string          `json:"leaf,omitempty"`
	Found  []string        `json:"found,omitempty"`
	Terms  []explainedNode `json:"terms,omitempty"`
}

type explainedEvent struct {
	RuleID  string        `json:"rule_id"`
	Title   string        `json:"title"`
	EventID string        `json:"event_id"`
	Source  string        `json:"source"`
	Record  int           `json:"record"`
	Matched bool          `json:"matched"`
	Tree    explainedNode `json:"tree"`
}

func explained(r *ast.Rule, tree *evaluator.Explanation, rec cloudtrail.Record) explainedEvent {
	return explainedEvent{r.ID.Value, r.Title.Value, cloudtrail.Text(rec.Raw, "eventID"), rec.Source, rec.Index, tree.Matched, explainNode(tree)}
}

func explainNode(x *evaluator.Explanation) explainedNode {
	n := explainedNode{State: stateOf(x)}
	switch e := x.Expr.(type) {
	case *ast.And:
		n.Op = "and"
	case *ast.Or:
		n.Op = "or"
	case *ast.Not:
		n.Op = "not"
	case *ast.Match:
		p := e.Span.Position()
		n.Op, n.Leaf, n.Line, n.Column = "match", e.String(), p.Line, p.Column
	}
	for _, v := range x.Values {
		n.Found = append(n.Found, v.Text)
	}
	for _, t := range x.Terms {
		n.Terms = append(n.Terms, explainNode(t))
	}
	return n
}
