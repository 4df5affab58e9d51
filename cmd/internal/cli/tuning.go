package cli

import (
	"fmt"
	"os"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/evaluator"
	"sigmatic/parser"
	"sigmatic/parser/yamldoc"
)

// tuning is one entry of a tuning file: what is to become of the findings of some rules on some events.
type tuning struct {
	rules    []string             // ids, names or titles; * is every rule
	when     *evaluator.Reference // nil for every event
	suppress bool
	level    ast.Level
	place    string
	used     bool // some rule of this scan is meant
}

// What a finding becomes by tuning, as hits carry it: nothing, gone, or the level that comes behind tunedLevel.
const (
	tunedNot = iota
	tunedAway
	tunedLevel
)

// readTunings reads the files that --tuning names. A file that cannot be used is an error: findings that should be gone, or that should
// not, would be so silently.
func (s *scanRun) readTunings() error {
	for _, name := range s.tuningPaths {
		data, err := os.ReadFile(name)
		if err != nil {
			return usagef("--tuning %s: %v", name, plainError(err))
		}
		docs, diags := yamldoc.Parse(source.NewFile(name, data))
		s.diagnostics(diags)
		if diag.HasErrors(diags) || len(docs) != 1 || docs[0].Kind != yamldoc.List {
			return usagef("--tuning %s: expected a list of entries with rules, when, and suppress or level", name)
		}
		for _, entry := range docs[0].Items {
			t, err := s.tuningEntry(entry)
			if err != nil {
				return err
			}
			s.tunings = append(s.tunings, t)
		}
	}
	return nil
}

// tuningEntry reads one entry.
func (s *scanRun) tuningEntry(n *yamldoc.Node) (*tuning, error) {
	t := &tuning{place: fmt.Sprintf("%s:%d", n.Span.File.Name, n.Span.Position().Line)}
	if n.Kind != yamldoc.Map {
		return nil, placed(n, "expected a map with rules, when, and suppress or level")
	}
	leveled := false
	for _, p := range n.Pairs {
		var err error
		switch p.Key.Text {
		case "rules":
			t.rules, err = tuningRules(p.Value)
		case "when":
			t.when, err = s.tuningCondition(p)
		case "suppress":
			if p.Value.Text != "true" {
				return nil, placed(p.Value, "suppress: expected true, found %q", p.Value.Text)
			}
			t.suppress = true
		case "level":
			leveled = true
			if t.level, err = levelNamed("level", p.Value.Text); err != nil {
				return nil, placed(p.Value, "%v", err)
			}
		case "reason":
		default:
			return nil, placed(p.Key, "unknown key %q, expected rules, when, suppress, level or reason", p.Key.Text)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(t.rules) == 0 {
		return nil, placed(n, `expected rules: ids, names or titles of rules, or "*" for all`)
	}
	if t.suppress == leveled {
		return nil, placed(n, "expected either suppress or level")
	}
	return t, nil
}

func tuningRules(n *yamldoc.Node) ([]string, error) {
	items := []*yamldoc.Node{n}
	if n.Kind == yamldoc.List {
		items = n.Items
	}
	var names []string
	for _, item := range items {
		if !item.IsScalar() || item.Text == "" {
			return nil, placed(item, "rules: expected the id, name or title of a rule")
		}
		names = append(names, item.Text)
	}
	return names, nil
}

// tuningCondition reads a detection as Sigma's rules have it below a search identifier.
func (s *scanRun) tuningCondition(p yamldoc.Pair) (*evaluator.Reference, error) {
	body, diags := parser.Detection(p.Key, p.Value)
	s.diagnostics(diags)
	if diag.HasErrors(diags) {
		return nil, placed(p.Key, "the condition cannot be used")
	}
	name := ast.Text{Value: "when", Span: p.Key.Span}
	condition, d := parser.ParseCondition(name.Value, func(int, int) source.Span { return p.Key.Span })
	if d != nil {
		return nil, d
	}
	qs, err := queries(&ast.Rule{
		Detections: []*ast.NamedDetection{{Name: name, Body: body}},
		Conditions: []*ast.RuleCondition{{Text: name, Expr: condition}},
		Span:       p.Key.Span,
	})
	if err != nil {
		return nil, placed(p.Key, "%v", err)
	}
	if missing := unresolved(qs[0]); missing != nil {
		return nil, placed(p.Key, "%v", missing)
	}
	return evaluator.New(qs[0])
}

// means reports whether an entry is about a rule.
func (t *tuning) means(r *ast.Rule) bool {
	for _, name := range t.rules {
		if name == "*" || name == r.Title.Value || isNamed(r, []string{name}) {
			return true
		}
	}
	return false
}

// tuneDetectors gives each rule the entries about it, and says which entries are about none.
func (s *scanRun) tuneDetectors() {
	for _, t := range s.tunings {
		for i := range s.detectors {
			if d := &s.detectors[i]; t.means(d.rule) {
				d.tunings, t.used = append(d.tunings, t), true
			}
		}
		if s.correlator != nil {
			s.correlator.tune(t)
		}
		if !t.used {
			s.infof("note: %s: no rule of this scan is called %s", t.place, strings.Join(t.rules, ", "))
		}
	}
}

// outcome is what the first entry that applies makes of a finding.
func (d *detector) outcome(event func() *evaluator.Event) int {
	for _, t := range d.tunings {
		switch {
		case t.when != nil && !t.when.Match(event()):
		case t.suppress:
			return tunedAway
		default:
			return tunedLevel + int(t.level)
		}
	}
	return tunedNot
}
