package verify

import (
	"context"
	"strings"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/evaluator"
)

// Cause is the smallest part of a rule whose query, asked alone, says something
// else of the event than the rule does.
type Cause struct {
	Expr        ast.Expr
	Explanation *evaluator.Explanation // of Expr on the event
	Query       string                 // of Expr alone, compact
	// Fragment is what that query and the whole one have in common, "" if too
	// little.
	Fragment string
}

// minimize shrinks the events of the differences of a report, and finds their
// causes. It leaves other events loaded than those of the sample.
func (c *comparison) minimize(ctx context.Context, r *Report) error {
	if !c.Minimize || len(r.Differences) == 0 {
		return nil
	}
	list, err := readings(c.Engine, r.Output)
	if err != nil {
		return nil // said by run
	}
	for i := range r.Differences {
		d := &r.Differences[i]
		for _, how := range list {
			if d.Err == nil && strings.HasPrefix(d.Reading, how.name) && d.Cause == nil {
				if err := c.minimizeOne(ctx, r, d, how); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

func (c *comparison) minimizeOne(ctx context.Context, r *Report, d *Difference, how reading) error {
	ref, err := evaluator.New(r.Query)
	if err != nil {
		return err
	}
	j := c.judgeOf(r, how)
	d.Event, err = Shrink(d.Event, func(tries []Event) ([]bool, error) {
		failed := make([]bool, len(tries))
		got, err := c.askAbout(ctx, how, d.Text, tries)
		if err != nil {
			return failed, nil // such an event cannot be stored: no counter-example
		}
		for i, e := range tries {
			ev, err := evaluator.ParseEvent(e.Body)
			selected, told := got.verdict(e.ID)
			if err != nil || !told || ref.Match(ev) == selected || ref.Match(ev) != d.Want {
				continue
			}
			codes, err := j.excuses(e, selected)
			if err != nil {
				return nil, err
			}
			failed[i] = codes == nil
		}
		return failed, nil
	})
	if err != nil {
		return err
	}
	d.Cause, err = c.cause(ctx, r, d, how)
	return err
}

// askAbout loads events and tells which of them a query selects.
func (c *comparison) askAbout(ctx context.Context, how reading, text string, events []Event) (answer, error) {
	if err := c.load(ctx, events); err != nil {
		return answer{}, err
	}
	return ask(ctx, how, text)
}

// cause asks about each part of the rule, the smallest first.
func (c *comparison) cause(ctx context.Context, r *Report, d *Difference, how reading) (*Cause, error) {
	ev, err := evaluator.ParseEvent(d.Event.Body)
	if err != nil {
		return nil, err
	}
	if err := c.load(ctx, []Event{d.Event}); err != nil {
		return nil, err
	}
	for _, part := range parts(r.Query.Expr, false, nil) {
		q := &ast.Query{Rule: r.Query.Rule, Condition: r.Query.Condition, Expr: part}
		out, err := c.Backend.Convert(withoutFields(q), backends.Options{Compact: true})
		if err != nil {
			continue // refused alone
		}
		ref, err := evaluator.New(q)
		if err != nil {
			continue
		}
		ids, err := how.run(ctx, out.Query)
		if err != nil || (len(ids) > 0) == ref.Match(ev) {
			continue
		}
		return &Cause{part, ref.Explain(ev), out.Query, fragment(d.Text, out.Query)}, nil
	}
	return nil, nil
}

// parts lists an expression's leaves, first as they stand under its negations,
// then the groups above them.
func parts(e ast.Expr, negated bool, out []ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.And:
		for _, t := range e.Terms {
			out = parts(t, negated, out)
		}
	case *ast.Or:
		for _, t := range e.Terms {
			out = parts(t, negated, out)
		}
	case *ast.Not:
		out = parts(e.Term, !negated, out)
	case *ast.Match:
		if negated {
			out = append(out, e, &ast.Not{Term: e, Span: e.Span})
			return out
		}
	}
	return append(out, e)
}

// fragment is the longest text that two queries share, if it is more than the
// words that all queries have.
func fragment(whole, part string) string {
	best := ""
	for start := range part {
		if len(part)-start <= len(best) {
			break
		}
		if start > 0 && isWordByte(part[start]) && isWordByte(part[start-1]) {
			continue
		}
		length := len(best)
		for start+length < len(part) && strings.Contains(whole, part[start:start+length+1]) {
			length++
		}
		if length > len(best) {
			best = part[start : start+length]
		}
	}
	best = strings.ToValidUTF8(strings.TrimSpace(best), "")
	if utf8.RuneCountInString(best) < 5 {
		return ""
	}
	return best
}

func isWordByte(c byte) bool {
	return c == '_' || c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
