package check

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"sigmatic/ast/diag"
)

// Pages are those of all codes, the parser's and the validators', ascending.
func Pages() []diag.Page {
	pages := diag.Pages()
	for _, v := range validators {
		if v.Code != "" {
			pages = append(pages, v.Page())
		}
	}
	own := suppressionPage
	own.Title = own.Code.Title()
	pages = append(pages, own)
	slices.SortFunc(pages, func(a, b diag.Page) int { return cmp.Compare(a.Code, b.Code) })
	return pages
}

// FindPages gives the pages of a code, or of a validator.
func FindPages(name string) ([]diag.Page, error) {
	var out []diag.Page
	v := named(name)
	for _, p := range Pages() {
		if strings.EqualFold(name, string(p.Code)) || v != nil && (p.Code == v.Code || slices.Contains(v.Covers, p.Code)) {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("there is no code %q%s", name, nearCodes(name))
	}
	return out, nil
}

// nearCodes names what a code or validator that does not exist may mean: the
// nearest validator, or the codes of the same group that are next to it.
func nearCodes(name string) string {
	upper := strings.ToUpper(name)
	if !codeForm.MatchString(upper) {
		if near := didYouMean(name, append(Names(), codeNames()...)); near != "" {
			return near
		}
		return "; sigmatic list checks prints all"
	}
	codes := codeNames()
	slices.Sort(codes)
	i, _ := slices.BinarySearch(codes, upper)
	near := codes[max(0, i-2):min(len(codes), i+2)]
	return "; the nearest are " + strings.Join(near, ", ")
}

// IDOf is the name of the validator that has the code, or covers it; "" for
// most codes of the parser.
func IDOf(code diag.Code) string {
	for _, v := range validators {
		if v.Code == code || slices.Contains(v.Covers, code) {
			return v.ID
		}
	}
	return ""
}

// WriteText prints a page for a terminal.
func WriteText(w io.Writer, p diag.Page) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", p.Code, p.Title)
	if id := IDOf(p.Code); id != "" {
		fmt.Fprintf(&b, "validator: %s\n", id)
	}
	fmt.Fprintf(&b, "since: %s\n", p.Since)
	for _, part := range []struct{ head, text string }{{"", p.Means}, {"why: ", p.Why}, {"mend: ", p.Mend}} {
		b.WriteString("\n" + wrap(part.head+part.text, 80) + "\n")
	}
	for _, part := range []struct{ head, text string }{{"wrong", p.Wrong}, {"right", p.Right}} {
		fmt.Fprintf(&b, "\n%s:\n\n", part.head)
		for line := range strings.Lines(part.text) {
			b.WriteString("    " + line)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// wrap breaks a text at blanks into lines of at most width code points.
func wrap(text string, width int) string {
	var b strings.Builder
	length := 0
	for word := range strings.FieldsSeq(text) {
		n := len([]rune(word))
		switch {
		case length == 0:
		case length+1+n > width:
			b.WriteByte('\n')
			length = 0
		default:
			b.WriteByte(' ')
			length++
		}
		b.WriteString(word)
		length += n
	}
	return b.String()
}

// groups are the hundreds of codes, for the page of all of them.
var groups = []struct{ prefix, title string }{
	{"S00", "File and YAML"}, {"S01", "Attributes"}, {"S02", "Log source"}, {"S03", "Detections and values"}, {"S04", "Modifiers"},
	{"S05", "Conditions"}, {"S06", "Correlations and filters"}, {"S07", "Placeholders"}, {"S08", "Checks"}, {"S09", "Schemas"}, {"S10", "Processing pipelines"},
}

// WriteMarkdown prints all pages as one document.
func WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Codes\n\nWhat each finding means, why it matters, and how to mend it. `sigmatic explain-code S0401` prints one of these pages.\n" +
		"This file is made from the program's own table: `go test ./cmd/internal/check -run Golden -record` writes it.\n")
	pages := Pages()
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s: %s\n", g.prefix, g.title)
		for _, p := range pages {
			if strings.HasPrefix(string(p.Code), g.prefix) {
				writeMarkdownPage(&b, p)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeMarkdownPage(b *strings.Builder, p diag.Page) {
	fmt.Fprintf(b, "\n### %s: %s\n\n%s\n\n**Why.** %s\n\n**Mend.** %s\n\n", p.Code, p.Title, escapeMarkdown(p.Means), escapeMarkdown(p.Why), escapeMarkdown(p.Mend))
	if id := IDOf(p.Code); id != "" {
		fmt.Fprintf(b, "Validator `%s`. ", id)
	}
	fmt.Fprintf(b, "Since %s.\n\nWrong:\n\n```yaml\n%s```\n\nRight:\n\n```yaml\n%s```\n", p.Since, p.Wrong, p.Right)
}

// markdownEscapes keep text from being taken for markup.
var markdownEscapes = strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "<", `\<`, "`", "\\`")

func escapeMarkdown(s string) string { return markdownEscapes.Replace(s) }
