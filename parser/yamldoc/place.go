package yamldoc

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// chunk is the byte range of one YAML document in its file.
type chunk struct{ start, end int }

// split cuts a file at its document markers. A line that begins with --- ends a
// document wherever it stands, even inside a block scalar (YAML 1.2.2, 9.1.2),
// so no parsing is needed; and a document that does not parse is then alone.
func split(data []byte) []chunk {
	if !bytes.Contains(data, []byte("---")) {
		return []chunk{{skipBOM(data), len(data)}}
	}
	var out []chunk
	start, content := skipBOM(data), false
	for i := start; i < len(data); {
		end := len(data)
		if n := bytes.IndexByte(data[i:], '\n'); n >= 0 {
			end = i + n + 1
		}
		line := bytes.TrimRight(data[i:end], " \t\r\n")
		if isMarker(line) && content {
			out = append(out, chunk{start, i})
			start, content = i, false
		}
		if rest := bytes.TrimPrefix(line, []byte("---")); len(rest) > 0 && rest[0] != '#' && rest[0] != '%' {
			content = true
		} else if len(rest) != len(line) {
			content = true // a marker: what follows it is a document, be it empty
		}
		i = end
	}
	return append(out, chunk{start, len(data)})
}

func isMarker(line []byte) bool {
	return bytes.HasPrefix(line, []byte("---")) && (len(line) == 3 || line[3] == ' ' || line[3] == '\t')
}

func skipBOM(data []byte) int {
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return 3
	}
	return 0
}

// checkText refuses what is no UTF-8 text, saying where.
func checkText(f *source.File) *diag.Diagnostic {
	if bytes.HasPrefix(f.Data, []byte("\xff\xfe")) || bytes.HasPrefix(f.Data, []byte("\xfe\xff")) {
		return &diag.Diagnostic{Code: diag.NotUTF8, Severity: diag.Error, Span: source.Span{File: f, End: 2},
			Summary: "the file is UTF-16, expected UTF-8", Help: "save it as UTF-8"}
	}
	if utf8.Valid(f.Data) {
		return nil
	}
	at := 0
	for at < len(f.Data) {
		r, n := utf8.DecodeRune(f.Data[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return &diag.Diagnostic{Code: diag.NotUTF8, Severity: diag.Error, Span: source.Span{File: f, Start: at, End: at + 1},
		Summary: fmt.Sprintf("the byte 0x%02x is not UTF-8 text", f.Data[at]), Help: "save the file as UTF-8"}
}

// structuralNBSP finds a no-break space that stands where only the layout of a
// document can be meant: in an indentation, after a colon or after a dash.
var structuralNBSP = regexp.MustCompile(`(?m)(?:^[ \t]*|^[^'"#\n]*:|^[ \x{A0}]*-)\x{A0}`)

// plainBlanks mends text that was copied from a web page, whose blanks are
// no-break spaces that YAML takes for letters. The file that it returns has the
// same lines and columns.
func plainBlanks(f *source.File) (*source.File, *diag.Diagnostic) {
	nbsp := []byte("\u00a0")
	if !bytes.Contains(f.Data, nbsp) {
		return f, nil
	}
	at := structuralNBSP.FindIndex(f.Data)
	if at == nil {
		return f, nil
	}
	plain := source.NewFile(f.Name, bytes.ReplaceAll(f.Data, nbsp, []byte{' '}))
	return plain, &diag.Diagnostic{
		Code: diag.NoBreakSpaces, Severity: diag.Warning, Span: source.Span{File: f, Start: at[1] - len(nbsp), End: at[1]},
		Summary: fmt.Sprintf("%d no-break spaces (U+00A0), as text copied from a web page has them, are read as plain spaces", bytes.Count(f.Data, nbsp)),
		Help:    "replace them with plain spaces",
	}
}

// lineIndex finds byte offsets from the library's lines and columns, both of
// which count from the start of the chunk; columns count code points.
type lineIndex struct {
	data   []byte
	starts []int
	end    int
}

func newLineIndex(data []byte, c chunk) lineIndex {
	starts := make([]int, 1, 64)
	starts[0] = c.start
	for i := c.start; i < c.end; {
		n := bytes.IndexByte(data[i:c.end], '\n')
		if n < 0 {
			break
		}
		i += n + 1
		starts = append(starts, i)
	}
	return lineIndex{data: data, starts: starts, end: c.end}
}

func (x lineIndex) offset(line, column int) int {
	if line < 1 {
		return x.starts[0]
	}
	if line > len(x.starts) {
		return x.end
	}
	at := x.starts[line-1]
	for ; column > 1 && at < x.end; column-- {
		_, n := utf8.DecodeRune(x.data[at:])
		at += n
	}
	return min(at, x.end)
}

// spanOf is the place of a node's own text. For lists and maps it is the first
// byte; the builder widens it over their members.
func (b *builder) spanOf(y *yaml.Node) source.Span {
	start := b.lines.offset(y.Line, y.Column)
	s := source.Span{File: b.file, Start: start, End: start}
	switch y.Kind {
	case yaml.ScalarNode:
		s.Start = b.skipProperties(start)
		s.End = b.scalarEnd(y, s.Start)
	case yaml.AliasNode:
		s.End = min(start+1+len(y.Value), b.lines.end)
	}
	return s
}

// skipProperties steps over an anchor and a tag before a scalar.
func (b *builder) skipProperties(at int) int {
	data := b.file.Data[:b.lines.end]
	for at < len(data) && (data[at] == '&' || data[at] == '!') {
		for at < len(data) && !unicode.IsSpace(rune(data[at])) {
			at++
		}
		for at < len(data) && unicode.IsSpace(rune(data[at])) {
			at++
		}
	}
	return at
}

func (b *builder) scalarEnd(y *yaml.Node, at int) int {
	data := b.file.Data[:b.lines.end]
	if y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return blockEnd(data, at)
	}
	if at >= len(data) {
		return at
	}
	switch data[at] {
	case '\'':
		for i := at + 1; i < len(data); i++ {
			if data[i] != '\'' {
				continue
			}
			if i+1 >= len(data) || data[i+1] != '\'' {
				return i + 1
			}
			i++
		}
		return len(data)
	case '"':
		for i := at + 1; i < len(data); i++ {
			if data[i] == '\\' {
				i++
			} else if data[i] == '"' {
				return i + 1
			}
		}
		return len(data)
	}
	// A plain scalar: its characters but for white space stand in the source as
	// they are, and lines are folded.
	return at + followText(data[at:], y.Value, len(y.Value))
}

// followText walks source and text together, white space apart, until n bytes
// of the text are passed, and returns how far it came in the source.
func followText(src []byte, text string, n int) int {
	i, end := 0, 0
	for j := 0; j < min(n, len(text)); j++ {
		if isSpace(text[j]) {
			continue
		}
		for i < len(src) && src[i] != text[j] {
			if !isSpace(src[i]) {
				return end
			}
			i++
		}
		if i < len(src) {
			i++
		}
		end = i
	}
	return end
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// blockEnd finds the end of a block scalar: the last line that is indented as
// much as its first line of text.
func blockEnd(data []byte, at int) int {
	next := func(i int) int {
		if n := bytes.IndexByte(data[i:], '\n'); n >= 0 {
			return i + n + 1
		}
		return len(data)
	}
	indent, end := -1, at
	for i := next(at); i < len(data); {
		lineEnd := next(i)
		line := data[i:lineEnd]
		text := bytes.TrimLeft(line, " ")
		if strings.TrimSpace(string(text)) != "" {
			if indent < 0 {
				indent = len(line) - len(text)
			}
			if len(line)-len(text) < indent || indent == 0 {
				break
			}
			end = i + len(bytes.TrimRight(line, "\r\n"))
		}
		i = lineEnd
	}
	return end
}

// Sub is the place of text[from:to] of a scalar, as exactly as it can be told:
// where escapes or folding hide it, the whole scalar.
func (n *Node) Sub(from, to int) source.Span {
	if !n.IsScalar() || n.Span.File == nil || from > to || to > len(n.Text) {
		return n.Span
	}
	src := n.Span.File.Data[n.Span.Start:min(n.Span.End, len(n.Span.File.Data))]
	skip := 0
	if !n.Plain && len(src) > 0 {
		switch src[0] {
		case '"':
			if bytes.IndexByte(src, '\\') >= 0 {
				return n.Span
			}
			skip = 1
		case '\'':
			if bytes.Contains(src[1:], []byte("''")) && strings.Contains(n.Text, "'") {
				return n.Span
			}
			skip = 1
		case '|', '>':
			if nl := bytes.IndexByte(src, '\n'); nl >= 0 {
				skip = nl + 1
			}
		}
	}
	body := src[skip:]
	// Where the token begins is where the text before it and the blanks after
	// that text end.
	start := followText(body, n.Text, from)
	for start < len(body) && isSpace(body[start]) && from < len(n.Text) && !isSpace(n.Text[from]) {
		start++
	}
	end := followText(body, n.Text, to)
	base := n.Span.Start + skip
	return source.Span{File: n.Span.File, Start: base + start, End: base + max(start, end)}
}

var libraryError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// unknownAnchor is a message without a line; the place is that of the alias.
var unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)

// hints explain what the library's message leaves open.
var hints = []struct{ message, help string }{
	{"cannot start any token", "quote the value: @, `, % and a tab cannot begin one, and YAML indents with spaces only"},
	{"mapping values are not allowed", "a value that holds a colon and a blank must be quoted; or the line before is indented wrongly"},
	{"did not find expected key", "the line is indented differently from its neighbours, or a quote is missing on a line before it"},
	{"could not find expected ':'", "a key needs a colon and a blank after it; a text of several lines needs | or more indentation"},
	{"did not find expected '-' indicator", "the items of one list must all begin in the same column"},
	{"unexpected end of stream", "a quote or a bracket is not closed"},
	{"did not find expected alphabetic or numeric character", "a value that begins with * or & must be quoted"},
	{"unknown anchor", "a value that begins with * must be quoted"},
	{"unknown escape character", "inside double quotes a backslash escapes; use single quotes for paths and patterns"},
	{"control characters are not allowed", "remove the control character, or write it as an escape in double quotes"},
}

func syntaxError(f *source.File, c chunk, err error) diag.Diagnostic {
	message, line := err.Error(), 0
	if m := libraryError.FindStringSubmatch(message); m != nil {
		message = m[2]
		line, _ = strconv.Atoi(m[1])
	}
	d := diag.Diagnostic{Code: diag.YAMLSyntax, Severity: diag.Error, Summary: "the YAML cannot be read: " + message}
	for _, h := range hints {
		if strings.Contains(message, h.message) {
			d.Help = h.help
			break
		}
	}
	x := newLineIndex(f.Data, c)
	start := x.offset(line, 1)
	if m := unknownAnchor.FindStringSubmatch(message); m != nil {
		start = max(start, c.start+bytes.Index(f.Data[c.start:c.end], []byte("*"+m[1])))
	} else if line == 0 {
		start = firstControl(f.Data, c)
	}
	for start < c.end && (f.Data[start] == ' ' || f.Data[start] == '\t') {
		if f.Data[start] == '\t' && strings.Contains(message, "cannot start any token") {
			d.Summary, d.Help = "the YAML cannot be read: a tab stands in the indentation", "indent with spaces only, as deep as the lines around it"
			d.Span = source.Span{File: f, Start: start, End: start + 1}
			return d
		}
		start++
	}
	end := start
	for end < c.end && f.Data[end] != '\n' && f.Data[end] != '\r' {
		end++
	}
	d.Span = source.Span{File: f, Start: start, End: end}
	return d
}

// firstControl is the place of the first control character that YAML forbids,
// which the library reports without its line.
func firstControl(data []byte, c chunk) int {
	for i := c.start; i < c.end; i++ {
		if ch := data[i]; ch < 0x20 && ch != '\t' && ch != '\n' && ch != '\r' || ch == 0x7f {
			return i
		}
	}
	return c.start
}
