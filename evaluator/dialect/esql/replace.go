package esql

import (
	"regexp"
	"strings"

	"sigmatic/parser/query/esql"
	"sigmatic/parser/query/java"
)

// replace compiles REPLACE(string, expression, text). The expression is one of
// Java's, and its matches are those of Java's Matcher.replaceAll.
func replace(c *compiler, e *esql.Call, args []expr) (expr, error) {
	if err := allStrings(e, args); err != nil {
		return expr{}, err
	}
	source, ok := args[1].text()
	if !ok {
		return expr{}, unknownf(e.Args[1].Offset(), "REPLACE with an expression that is no constant")
	}
	with, ok := args[2].text()
	if !ok || strings.ContainsAny(with, `$\`) {
		return expr{}, unknownf(e.Args[2].Offset(), "REPLACE by a text with references, or by one that is no constant")
	}
	translated, err := java.Translate(source)
	if err != nil {
		return expr{}, unknownf(e.Args[1].Offset(), "%v", err)
	}
	re, err := regexp.Compile(translated)
	if err != nil {
		return expr{}, unknownf(e.Args[1].Offset(), "the expression %q: %v", source, err)
	}
	return c.single(keyword, args[:1], func(r *row, v []any) []any {
		s := v[0].(string)
		var b strings.Builder
		done := 0 // what of s has been written
		for _, m := range re.FindAllStringIndex(s, -1) {
			if m[0] == m[1] {
				// Java finds the empty text also right behind another match, Go does not.
				r.err = unknownf(e.Offset(), "REPLACE of the empty text")
				return nil
			}
			b.WriteString(s[done:m[0]])
			b.WriteString(with)
			done = m[1]
		}
		b.WriteString(s[done:])
		return []any{b.String()}
	})
}
