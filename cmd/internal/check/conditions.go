package check

import (
	"fmt"

	"sigmatic/ast"
	"sigmatic/ast/diag"
)

var conditionChecks = []Validator{
	{
		Doc: Doc{
			ID: "dangling_detection", Code: diag.UnusedIdentifier, Severity: diag.Warning, Since: "0.1",
			Means:  "The detection defines a search identifier that no condition uses.",
			Why:    "It looks as if it took part and does not: a filter that filters nothing, or a selection that was forgotten.",
			Mend:   "Name it in the condition, or remove it.",
			Before: "detection:\n  selection:\n    eventName: StopLogging\n  filter_backup:\n    userName: backup\n  condition: selection\n",
			After:  "detection:\n  selection:\n    eventName: StopLogging\n  filter_backup:\n    userName: backup\n  condition: selection and not filter_backup\n",
		},
		document: unusedIdentifiers,
	},
	{
		Doc: Doc{
			ID: "dangling_condition", Covers: []diag.Code{diag.UnknownIdentifier, diag.EmptySelector}, Severity: diag.Error, Since: "0.1",
		},
	},
	{
		Doc: Doc{
			ID: "them_condition_with_single_detection", Code: diag.ThemOfOne, Severity: diag.Info, Since: "0.1",
			Means:  "The condition says 1 of them or all of them, and there is only one search identifier.",
			Why:    "It means the same as the name of the identifier, and makes a reader look for others.",
			Mend:   "Write the name.",
			Before: "detection:\n  selection:\n    eventName: StopLogging\n  condition: 1 of them\n",
			After:  "detection:\n  selection:\n    eventName: StopLogging\n  condition: selection\n",
		},
		document: themOfOne,
	},
	{
		Doc: Doc{
			ID: "all_of_them_condition", Code: diag.AllOfThem, Severity: diag.Warning, Since: "0.1",
			Means:  "The condition says all of them.",
			Why:    "An identifier that is added later, a filter above all, is then demanded as well, and the rule stops matching without a word.",
			Mend:   "Give the identifiers a common beginning and write all of selection_*.",
			Before: "detection:\n  selection_event:\n    eventName: StopLogging\n  selection_user:\n    userName: admin\n  condition: all of them\n",
			After:  "detection:\n  selection_event:\n    eventName: StopLogging\n  selection_user:\n    userName: admin\n  condition: all of selection_*\n",
		},
		document: allOfThem,
	},
}

func unusedIdentifiers(f *finder, s *subject) {
	for _, within := range s.scopes() {
		used := make(map[string]bool, len(within.detections))
		for _, c := range within.conditions {
			eachOperand(c.Expr, func(c ast.Condition) {
				switch c := c.(type) {
				case *ast.CondRef:
					used[c.Name] = true
				case *ast.CondSelector:
					for _, d := range within.detections {
						if c.Selects(d.Name.Value) {
							used[d.Name.Value] = true
						}
					}
				}
			})
		}
		for _, d := range within.detections {
			if !used[d.Name.Value] {
				f.report(d.Name.Span, "name it in the condition, or remove it", "no condition uses the search identifier %q", d.Name.Value)
			}
		}
	}
}

// eachOperand calls visit for the names and selectors of a condition.
func eachOperand(c ast.Condition, visit func(ast.Condition)) {
	switch c := c.(type) {
	case *ast.CondOr:
		for _, o := range c.Operands {
			eachOperand(o, visit)
		}
	case *ast.CondAnd:
		for _, o := range c.Operands {
			eachOperand(o, visit)
		}
	case *ast.CondNot:
		eachOperand(c.Operand, visit)
	case *ast.CondRef, *ast.CondSelector:
		visit(c)
	}
}

// eachThem calls visit for the selectors over conditions that are about them.
func eachThem(conditions []*ast.RuleCondition, visit func(*ast.CondSelector)) {
	for _, c := range conditions {
		eachOperand(c.Expr, func(c ast.Condition) {
			if sel, ok := c.(*ast.CondSelector); ok && sel.Pattern == "them" {
				visit(sel)
			}
		})
	}
}

func themOfOne(f *finder, s *subject) {
	for _, within := range s.scopes() {
		if len(within.detections) != 1 {
			continue
		}
		name := within.detections[0].Name.Value
		eachThem(within.conditions, func(sel *ast.CondSelector) {
			f.report(sel.Span, fmt.Sprintf("write %q", name), "%q is the only search identifier, %q means no other", name, sel)
		})
	}
}

func allOfThem(f *finder, s *subject) {
	for _, within := range s.scopes() {
		if len(within.detections) < 2 {
			continue // themOfOne has a better word for it
		}
		eachThem(within.conditions, func(sel *ast.CondSelector) {
			if sel.All {
				f.report(sel.Span, "give the identifiers a common beginning, and write: all of selection_*",
					"%q takes in every search identifier that is added later, filters too", sel)
			}
		})
	}
}
