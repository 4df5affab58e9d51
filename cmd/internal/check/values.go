package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
)

var valueChecks = []Validator{
	{
		Doc: Doc{
			ID: "double_wildcard", Code: diag.DoubleWildcard, Severity: diag.Info, Since: "0.1",
			Means:  "A value holds two stars in a row.",
			Why:    "They mean what one means; perhaps a character got lost between them.",
			Mend:   "Remove one, or write what was to stand between them.",
			Before: "detection:\n  selection:\n    CommandLine: 'cmd**echo'\n  condition: selection\n",
			After:  "detection:\n  selection:\n    CommandLine: 'cmd*echo'\n  condition: selection\n",
		},
		document: func(f *finder, s *subject) {
			eachString(s, func(_ *ast.Item, w ast.Data) {
				if single := singleStars(w.Text); single != w.Text {
					d := f.report(w.Span, "write one", "two stars in a row mean what one means")
					d.Fix = replaced(w, single)
				}
			})
		},
	},
	{
		Doc: Doc{
			ID: "number_as_string", Code: diag.QuotedNumber, Severity: diag.Info, Since: "0.1",
			Means:  "A value is a number in quotes.",
			Why:    "Some targets store the field as a number and compare it with text, which is never equal.",
			Mend:   "Remove the quotes where the field holds a number. Identifiers that merely consist of digits are text: leave them.",
			Before: "detection:\n  selection:\n    EventID: '4104'\n  condition: selection\n",
			After:  "detection:\n  selection:\n    EventID: 4104\n  condition: selection\n",
		},
		document: func(f *finder, s *subject) {
			eachString(s, func(item *ast.Item, w ast.Data) {
				if len(item.Modifiers) == 0 && !item.IsKeyword && isQuotedNumber(w) && !slices.ContainsFunc(item.Written, isText) {
					f.report(w.Span, "remove the quotes if the field holds a number", "the number %s stands in quotes and is text", w.Text)
				}
			})
		},
	},
	{
		Doc: Doc{
			ID: "control_character", Code: diag.ControlCharacter, Severity: diag.Warning, Since: "0.1",
			Means:  "A value holds a control character, such as a tab or a line break.",
			Why:    "Mostly it was a path: in double quotes \\t is a tab and \\n a line break, so that the value never occurs.",
			Mend:   "Write the value in single quotes, or double the backslash.",
			Before: "detection:\n  selection:\n    Image: \"C:\\temp\\nc.exe\"\n  condition: selection\n",
			After:  "detection:\n  selection:\n    Image: 'C:\\temp\\nc.exe'\n  condition: selection\n",
		},
		document: func(f *finder, s *subject) {
			eachString(s, func(_ *ast.Item, w ast.Data) {
				if c, found := controlCharacter(w); found {
					f.report(w.Span, "write the value in single quotes, where a backslash stands for itself", "the value holds the control character %U", c)
				}
			})
		},
	},
	{
		Doc: Doc{
			ID: "wildcards_instead_of_modifiers", Code: diag.WildcardsForModifiers, Severity: diag.Info, Since: "0.1",
			Means:  "Every value of an item begins or ends with a star, and there is a modifier for it.",
			Why:    "A reader sees contains, startswith and endswith at once, and a star at the end of a long value not.",
			Mend:   "Put the modifier behind the field and remove the stars.",
			Before: "detection:\n  selection:\n    Image: '*\\whoami.exe'\n  condition: selection\n",
			After:  "detection:\n  selection:\n    Image|endswith: '\\whoami.exe'\n  condition: selection\n",
		},
		document: wildcardsForModifiers,
	},
	{
		Doc: Doc{
			ID: "escaped_wildcard", Code: diag.EscapedWildcard, Severity: diag.Info, Since: "0.1",
			Means:  "A value holds \\* or \\?, which stand for the characters themselves.",
			Why:    "In a path before a wildcard, C:\\Users\\*, the backslash is lost and the star is no wildcard.",
			Mend:   "Where the wildcard is meant, double the backslash. Where the character is meant, suppress the finding.",
			Before: "detection:\n  selection:\n    Image|startswith: 'C:\\Users\\*'\n  condition: selection\n",
			After:  "detection:\n  selection:\n    Image|startswith: 'C:\\Users\\\\*'\n  condition: selection\n",
		},
		document: func(f *finder, s *subject) {
			eachString(s, func(_ *ast.Item, w ast.Data) {
				for _, p := range ast.ParsePattern(w.Text) {
					if lit, ok := p.(ast.Literal); ok && strings.ContainsAny(string(lit), "*?") {
						f.report(w.Span, `write \\* or \\? where the wildcard is meant`, "the value holds an escaped wildcard")
						return
					}
				}
			})
		},
	},
}

// eachString calls visit for each written value that is read as a string with
// wildcards.
func eachString(s *subject, visit func(*ast.Item, ast.Data)) {
	for _, item := range s.items {
		if hasModifier(item, unequal...) {
			continue
		}
		for i, w := range item.Written {
			if w.Kind == ast.DataScalar && i < len(item.Values) && isString(item.Values[i]) {
				visit(item, w)
			}
		}
	}
}

func isString(alternatives ast.Alternatives) bool {
	if len(alternatives) == 0 {
		return false
	}
	v := alternatives[0]
	if k, ok := v.(*ast.Keyword); ok {
		v = k.Value
	}
	_, ok := v.(*ast.Pattern)
	return ok
}

// isQuotedNumber reports whether a value is a whole number in quotes, spelled as
// a number is printed.
func isQuotedNumber(w ast.Data) bool {
	text := w.Span.Text()
	if text == "" || text[0] != '\'' && text[0] != '"' {
		return false
	}
	n, err := strconv.ParseInt(w.Text, 10, 64)
	return err == nil && strconv.FormatInt(n, 10) == w.Text
}

// isText reports whether a value is certainly no number: beside it, a number in
// quotes is text as well.
func isText(w ast.Data) bool {
	_, isNumber := ast.ParseDecimal(w.Text)
	return w.Kind == ast.DataScalar && !isNumber
}

// singleStars makes one star of several in a row.
func singleStars(s string) string {
	if !strings.Contains(s, "**") {
		return s
	}
	var b strings.Builder
	star := false // the byte before is a wildcard
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`*?\`, s[i+1]) >= 0 {
			b.WriteString(s[i : i+2])
			i++
			star = false
			continue
		}
		if s[i] != '*' || !star {
			b.WriteByte(s[i])
		}
		star = s[i] == '*'
	}
	return b.String()
}

// replaced is the fix that gives a scalar another text, where its source holds
// the text as it is; nil where quoting hides it.
func replaced(w ast.Data, text string) *diag.Fix {
	at := strings.Index(w.Span.Text(), w.Text)
	if at < 0 || strings.ContainsRune(text, '\'') || strings.Contains(w.Span.Text(), "\"") && strings.Contains(text, `\`) {
		return nil
	}
	return &diag.Fix{Span: w.Span.Sub(at, len(w.Text)), Replacement: text}
}

// controlCharacter finds the first control character of a value. The line breaks
// of a block of several lines were written on purpose.
func controlCharacter(w ast.Data) (rune, bool) {
	text := w.Span.Text()
	block := text != "" && (text[0] == '|' || text[0] == '>')
	for _, r := range w.Text {
		if r < 0x20 && !(block && (r == '\n' || r == '\r')) {
			return r, true
		}
	}
	return 0, false
}

// affixModifiers say where wildcards stand.
var affixModifiers = []string{"contains", "startswith", "endswith", "base64", "base64offset", "expand"}

func wildcardsForModifiers(f *finder, s *subject) {
	for _, item := range s.items {
		if item.IsKeyword || hasModifier(item, unequal...) || hasModifier(item, affixModifiers...) {
			continue
		}
		name := commonAffix(item)
		if name != "" {
			f.report(item.Field.Span, fmt.Sprintf("write %q, without the stars", item.Field.Name+"|"+name),
				"the stars of all values of %q say what the modifier %s says", item.Field.Name, name)
		}
	}
}

// commonAffix is the modifier that the wildcards of every value of the item
// stand for, or "".
func commonAffix(item *ast.Item) string {
	common := ""
	for i, w := range item.Written {
		if w.Kind != ast.DataScalar || i >= len(item.Values) || !isString(item.Values[i]) {
			return ""
		}
		shape, _ := (&ast.Pattern{Parts: ast.ParsePattern(w.Text)}).Shape()
		name := ""
		switch shape {
		case ast.ShapeContains:
			name = "contains"
		case ast.ShapePrefix:
			name = "startswith"
		case ast.ShapeSuffix:
			name = "endswith"
		case ast.ShapeExact, ast.ShapeAny, ast.ShapeComplex:
		}
		if name == "" || common != "" && common != name {
			return ""
		}
		common = name
	}
	return common
}
