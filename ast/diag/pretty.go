package diag

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"sigmatic/ast/source"
)

// WritePretty writes diagnostics for people: the place and the finding on one
// line, as compilers do, then the source line with the spot marked, then help.
func WritePretty(w io.Writer, list []Diagnostic, color bool) error {
	var b strings.Builder
	p := pretty{&b, color}
	for _, d := range list {
		p.diagnostic(d)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

type pretty struct {
	*strings.Builder
	color bool
}

const (
	bold  = "1"
	red   = "1;31"
	amber = "1;33"
	blue  = "1;34"
	cyan  = "36"
)

func (p pretty) paint(style, text string) string {
	if !p.color {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

func (p pretty) diagnostic(d Diagnostic) {
	style := map[Severity]string{Error: red, Warning: amber, Info: blue}[d.Severity]
	if !d.Span.IsZero() {
		p.WriteString(p.paint(bold, place(d.Span)) + ": ")
	}
	fmt.Fprintf(p, "%s: %s [%s]\n", p.paint(style, d.Severity.String()), d.Summary, d.Code)
	p.excerpt(d.Span, style)
	for _, r := range d.Related {
		fmt.Fprintf(p, "      %s: %s\n", p.paint(bold, place(r.Span)), r.Text)
		p.excerpt(r.Span, blue)
	}
	if d.Help != "" {
		fmt.Fprintf(p, "      %s %s\n", p.paint(cyan, "help:"), d.Help)
	}
}

func place(s source.Span) string {
	pos := s.Position()
	return fmt.Sprintf("%s:%d:%d", s.File.Name, pos.Line, pos.Column)
}

// excerptWidth bounds the source text that is shown, in code points.
const excerptWidth = 120

// excerpt shows the span's first line with carets under the span.
func (p pretty) excerpt(s source.Span, style string) {
	if s.IsZero() || len(s.File.Data) == 0 {
		return
	}
	pos := s.Position()
	line := []rune(strings.ReplaceAll(s.File.Line(s.Start), "\t", " "))
	start := min(pos.Column-1, len(line))
	first, _, _ := strings.Cut(s.Text(), "\n")
	width := max(1, min(utf8.RuneCountInString(strings.TrimRight(first, "\r")), len(line)-start))
	if start+width > excerptWidth {
		cut := max(0, min(start-20, len(line)))
		line, start = append([]rune("…"), line[cut:]...), start-cut+1
	}
	if len(line) > excerptWidth {
		line = append(line[:excerptWidth:excerptWidth], '…')
		width = max(1, min(width, excerptWidth-start))
	}
	fmt.Fprintf(p, "%5d | %s\n", pos.Line, visible(line))
	fmt.Fprintf(p, "      | %s%s\n", strings.Repeat(" ", start), p.paint(style, strings.Repeat("^", width)))
}

// visible keeps control characters of a hostile file from reaching the terminal.
func visible(line []rune) string {
	out := make([]rune, len(line))
	for i, r := range line {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 {
			r = '\uFFFD'
		}
		out[i] = r
	}
	return string(out)
}
