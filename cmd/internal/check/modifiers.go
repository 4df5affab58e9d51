package check

import (
	"fmt"
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
)

var modifierChecks = []Validator{
	{
		Doc: Doc{
			ID: "invalid_modifier_combinations", Code: diag.ModifierCombination, Severity: diag.Warning, Since: "0.1",
			Means: "The modifiers of an item hardly make sense together: all over values that are compared whole, base64offset without contains, or one modifier twice. " +
				"(sigma-cli also reports windash beside all; here each value may be any of its spellings, and the combination means what it says.)",
			Why: "No single value is equal to two different ones, and the Base64 of a part is always a part of a longer text: the item would never match.",
			Mend: "Put contains behind the field, or, where one of the values is meant, remove all. Put contains behind base64offset. " +
				"Where the field is a list, and each value must be one of its members, keep it and suppress the finding.",
			Before: "detection:\n  selection:\n    CommandLine|base64offset: 'http://'\n  condition: selection\n",
			After:  "detection:\n  selection:\n    CommandLine|base64offset|contains: 'http://'\n  condition: selection\n",
		},
		document: modifierCombinations,
	},
}

func modifierCombinations(f *finder, s *subject) {
	for _, item := range s.items {
		if len(item.Modifiers) == 0 {
			continue
		}
		if m := findModifier(item, "all"); m != nil && !item.IsKeyword && wholeValues(item) {
			f.report(m.Span, "put contains before all, or remove all to match one of the values",
				"no single value of %q is equal to all of these; only a list could hold them", item.Field.Name)
		}
		if m := findModifier(item, "base64offset"); m != nil && !hasModifier(item, "contains") {
			f.report(m.Span, "write base64offset|contains", "base64offset gives a part of a longer text, which is never the whole value")
		}
		repeatedModifiers(f, item)
	}
}

func findModifier(item *ast.Item, name string) *ast.Text {
	for i := range item.Modifiers {
		if item.Modifiers[i].Value == name {
			return &item.Modifiers[i]
		}
	}
	return nil
}

// wholeValues reports whether the values are several, different, and compared
// as a whole.
func wholeValues(item *ast.Item) bool {
	different := map[string]bool{}
	for _, alternatives := range item.Values {
		for _, v := range alternatives {
			switch v := v.(type) {
			case *ast.Pattern:
				text, literal := v.Literal()
				if !literal {
					return false
				}
				different[strings.ToLower(text)] = true
			case *ast.Number, *ast.Bool:
				different[v.String()] = true
			default:
				return false
			}
		}
	}
	return len(item.Values) > 1 && len(different) > 1
}

// sameModifier are the names that mean one modifier.
var sameModifier = map[string]string{"wide": "utf16le", "ignorecase": "i", "multiline": "m", "dotall": "s"}

// repeatedModifiers finds a modifier that stands twice. base64 may: what was
// encoded can be encoded again.
func repeatedModifiers(f *finder, item *ast.Item) {
	var seen []string
	for _, m := range item.Modifiers {
		name := m.Value
		if other := sameModifier[name]; other != "" {
			name = other
		}
		if slices.Contains(seen, name) && name != "base64" {
			f.report(m.Span, "remove one", "%s", fmt.Sprintf("the modifier %s stands twice", m.Value))
		}
		seen = append(seen, name)
	}
}
