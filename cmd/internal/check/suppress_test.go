package check

import (
	"fmt"
	"strings"
	"testing"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

func TestSuppressions(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"none", "title: x\n", ""},
		{"on the line", "title: x # sigmatic: ignore S0821\n", "1 S0821"},
		{"without blanks", "title: x #sigmatic:ignore S0821\n", "1 S0821"},
		{"several, with a reason", "a: b # sigmatic: ignore S0821,filename_length S01 -- they said S0401\n", "1 S01 1 S0821 1 S0826"},
		{"a name of two codes", "a: b # sigmatic: ignore dangling_condition\n", "1 S0502 1 S0503"},
		{"the line before", "# sigmatic: ignore S0821\ntitle: x\nb: c\n", "2 S0821"},
		{"before comments and empty lines", "  # sigmatic: ignore S0821\n\n# more\r\n# sigmatic: ignore S0803\r\ntitle: x\r\n", "5 S0803 5 S0821"},
		{"both", "# sigmatic: ignore S0821\ntitle: x # sigmatic: ignore S0803\n", "2 S0803 2 S0821"},
		{"the file", "a: b\n# sigmatic: ignore-file S08 -- generated\n", "file S08"},
		{"at the end", "a: b\n# sigmatic: ignore S0803", ""},
		{"no comment", "a: b#sigmatic: ignore S0821\n", ""},
		{"no code", "a: b # sigmatic: ignore\n", `1:18 the comment suppresses nothing: ignore names no code`},
		{"only a reason", "a: b # sigmatic: ignore -- S0821\n", `1:18 the comment suppresses nothing: ignore names no code`},
		{"another directive", "a: b # sigmatic: disable S0821\n", `1:18 the comment suppresses nothing: expected ignore or ignore-file, found "disable S0821"`},
		{"an unknown code", "a: b # sigmatic: ignore S0899\n", `1:18 the comment suppresses nothing: "S0899" is neither a code nor a validator; the nearest are S0862, S0891, S0901, S0902`},
		{"a misspelled validator", "a: b # sigmatic: ignore duplicat_tag\n", `1:18 the comment suppresses nothing: "duplicat_tag" is neither a code nor a validator, did you mean "duplicate_tag"?`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := source.NewFile("r.yml", []byte(c.text))
			s, faults := readSuppressions(f)
			if got := shownSuppressions(f, s, faults); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// shownSuppressions lists what is kept back where, in terms of the codes that the
// test names, and the faults.
func shownSuppressions(f *source.File, s suppressions, faults []diag.Diagnostic) string {
	var out []string
	for _, c := range []string{"S08", "S01"} {
		if s.file.Has(diag.Code(c + "00")) {
			out = append(out, "file "+c)
		}
	}
	for line := range strings.Count(string(f.Data), "\n") + 2 {
		for _, c := range []string{"S01", "S0502", "S0503", "S0803", "S0821", "S0826"} {
			if s.lines[line].Has(diag.Code((c + "00")[:5])) {
				out = append(out, fmt.Sprintf("%d %s", line, c))
			}
		}
	}
	for _, d := range faults {
		p := d.Span.Position()
		out = append(out, fmt.Sprintf("%d:%d %s", p.Line, p.Column, d.Summary))
	}
	return strings.Join(out, " ")
}

func TestSuppressed(t *testing.T) {
	text := "title: x # sigmatic: ignore S0821 -- none needed\nlogsource: {product: aws}\ndetection:\n  a: {b: c}\n  d: {e: f}\n" +
		"  # sigmatic: ignore all_of_them_condition\n  condition: all of them\n"
	rep := Run([]File{Parse(source.NewFile("example_rule.yml", []byte(text)))}, Options{})
	if len(rep.Findings) != 0 || rep.Suppressed != 2 {
		t.Errorf("findings %v, suppressed %d", rep.Findings, rep.Suppressed)
	}
}

// FuzzSuppressions reads comments in any text: it must not fail, and the places
// of its findings lie in the file.
func FuzzSuppressions(f *testing.F) {
	f.Add("title: x # sigmatic: ignore S0821, filename_length -- why\n")
	f.Add("# sigmatic: ignore-file S08\n\r\n#sigmatic:\n# sigmatic: ignore \xff")
	f.Fuzz(func(t *testing.T, text string) {
		file := source.NewFile("r.yml", []byte(text))
		s, faults := readSuppressions(file)
		for _, d := range faults {
			if d.Span.Start < 0 || d.Span.End < d.Span.Start || d.Span.End > len(text) {
				t.Errorf("a place outside of the file: %d to %d of %d", d.Span.Start, d.Span.End, len(text))
			}
		}
		for line := range s.lines {
			if line < 1 || line > strings.Count(text, "\n")+1 {
				t.Errorf("line %d of %d", line, strings.Count(text, "\n")+1)
			}
		}
	})
}
