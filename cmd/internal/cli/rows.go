package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/cmd/internal/report"
)

// findingWriter prints findings one after another.
type findingWriter interface {
	// write writes a finding. Its texts stay; its cells are used again when write has returned.
	write(finding) error
	close() error
}

// scanFormats are the formats of findings.
var scanFormats = []string{"table", "csv", "json", "jsonl", "parquet", "html"}

func (s *scanRun) newFindingWriter(w io.Writer) findingWriter {
	switch rows := s.newRowWriter(w); {
	case len(s.groups) > 0:
		return &grouper{columns: s.groups, rows: rows, groups: map[string]*group{}}
	case s.format == "html":
		return s.newHTMLWriter(w)
	case s.profile == "" && (s.format == "jsonl" || s.format == "json"):
		return &objectWriter{objects: objects{w: w, document: s.format == "json"}, raw: s.raw}
	default:
		columns := s.columns
		if s.format == "table" {
			columns = inTable(columns)
		}
		return &columnWriter{columns: columns, rows: rows, raw: s.raw}
	}
}

// rowColumn is the head of a column of rows.
type rowColumn struct {
	name   string
	width  int
	number bool
}

// rowWriter prints rows of cells. The slice of cells is the caller's, and changes after the call.
type rowWriter interface {
	head(columns []rowColumn) error
	row(level string, cells []string) error
	close() error
}

func (s *scanRun) newRowWriter(w io.Writer) rowWriter {
	switch s.format {
	case "csv":
		return &csvRows{w: w}
	case "json", "jsonl":
		return &objectRows{objects: objects{w: w, document: s.format == "json"}}
	case "parquet":
		return &parquetRows{w: w}
	}
	return &tableRows{w: w, color: s.colored(s.StdoutTerminal && s.outPath == "")}
}

// objectWriter prints findings as objects with all that is known of them.
type objectWriter struct {
	objects
	raw bool
}

func (o *objectWriter) write(f finding) error {
	if o.raw {
		f.Event = eventJSON(f.raw)
	}
	return o.object(f)
}

// eventJSON is an event as it was delivered, with U+FFFD for bytes that are no UTF-8.
func eventJSON(raw []byte) json.RawMessage {
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return []byte(strings.ToValidUTF8(string(raw), "\uFFFD"))
	}
	return raw
}

// objects prints objects in JSON: one a line, or all as one document, a list.
type objects struct {
	w        io.Writer
	document bool
	n        int
	buffer   bytes.Buffer
}

func (o *objects) object(v any) error {
	o.buffer.Reset()
	if o.document {
		o.buffer.WriteString(map[bool]string{true: "[\n", false: ",\n"}[o.n == 0])
	}
	o.n++
	enc := json.NewEncoder(&o.buffer)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	text := o.buffer.Bytes()
	if o.document {
		text = text[:len(text)-1] // the newline comes behind the comma
	}
	_, err := o.w.Write(text)
	return err
}

func (o *objects) close() error {
	if !o.document {
		return nil
	}
	end := "\n]\n"
	if o.n == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(o.w, end)
	return err
}

// objectRows prints rows as objects, their members in the order of the columns.
type objectRows struct {
	objects
	columns []rowColumn
}

func (o *objectRows) head(columns []rowColumn) error {
	o.columns = columns
	return nil
}

func (o *objectRows) row(_ string, cells []string) error {
	b := []byte{'{'}
	for i, text := range cells {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := marshal(o.columns[i].name)
		if err != nil {
			return err
		}
		value := []byte(text)
		if !o.columns[i].number {
			if value, err = marshal(text); err != nil {
				return err
			}
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return o.object(json.RawMessage(append(b, '}')))
}

// marshal is json.Marshal without the escapes that only HTML needs.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// csvRows prints rows for spreadsheets as encoding/csv does, but for its cost: it looks at each cell once.
type csvRows struct {
	w    io.Writer
	line []byte
}

func (c *csvRows) head(columns []rowColumn) error {
	for i, col := range columns {
		c.cell(i, col.name)
	}
	return c.end()
}

func (c *csvRows) row(_ string, cells []string) error {
	for i, text := range cells {
		c.cell(i, guardFormula(text))
	}
	return c.end()
}

func (c *csvRows) close() error { return nil }

func (c *csvRows) cell(i int, s string) {
	if i > 0 {
		c.line = append(c.line, ',')
	}
	if !needsQuotes(s) {
		c.line = append(c.line, s...)
		return
	}
	c.line = append(c.line, '"')
	for i := range len(s) {
		if s[i] == '"' {
			c.line = append(c.line, '"')
		}
		c.line = append(c.line, s[i])
	}
	c.line = append(c.line, '"')
}

// needsQuotes follows RFC 4180, and quotes what readers would trim as well.
func needsQuotes(s string) bool {
	if s == "" {
		return false
	}
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if hasSpecial(s[i : i+8]) {
			return true
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c == ',' || c == '"' || c == '\n' || c == '\r' {
			return true
		}
	}
	if s[0] >= '0' && s[0] < utf8.RuneSelf {
		return s == `\.`
	}
	first, _ := utf8.DecodeRuneInString(s)
	return unicode.IsSpace(first)
}

// hasSpecial looks at eight bytes at once for one that needs quotes: x - ones borrows from the bytes of x that are zero.
func hasSpecial(s string) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	word := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	comma, quote, feed, back := word^ones*',', word^ones*'"', word^ones*'\n', word^ones*'\r'
	return ((comma-ones)&^comma|(quote-ones)&^quote|(feed-ones)&^feed|(back-ones)&^back)&highs != 0
}

func (c *csvRows) end() error {
	_, err := c.w.Write(append(c.line, '\n'))
	c.line = c.line[:0]
	return err
}

// guardFormula keeps a spreadsheet from taking a cell of an attacker's making,
// such as a user agent, for a formula.
//
// https://owasp.org/www-community/attacks/CSV_Injection
func guardFormula(s string) string {
	if len(s) > 1 {
		switch s[0] {
		case '=', '+', '-', '@', '\t', '\r':
			return "'" + s
		}
	}
	return s
}

// tableRows prints rows for people.
type tableRows struct {
	w       io.Writer
	color   bool
	columns []rowColumn
	headed  bool
}

// head comes with the first row: a table without rows is nothing at all.
func (t *tableRows) head(columns []rowColumn) error {
	t.columns = columns
	return nil
}

func (t *tableRows) row(level string, cells []string) error {
	var b strings.Builder
	if !t.headed {
		t.headed = true
		var names []string
		for _, c := range t.columns {
			names = append(names, strings.ToUpper(c.name))
		}
		t.line(&b, "", names)
	}
	t.line(&b, level, cells)
	_, err := io.WriteString(t.w, b.String())
	return err
}

func (t *tableRows) close() error { return nil }

// levelColors mean severity, nothing else.
var levelColors = map[string]string{"critical": "1;31", "high": "31", "medium": "33", "low": "32"}

func (t *tableRows) line(b *strings.Builder, level string, cells []string) {
	var line strings.Builder
	for i, text := range cells {
		text = printable(text)
		if t.columns[i].name == "level" && text == "informational" {
			text = "info"
		}
		padded := fit(text, t.columns[i].width)
		if style := levelColors[level]; t.color && t.columns[i].name == "level" && style != "" {
			padded = "\x1b[" + style + "m" + padded + "\x1b[0m"
		}
		line.WriteString(padded + "  ")
	}
	b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}

// fit cuts or pads a text to a width in code points.
func fit(s string, width int) string {
	n := utf8.RuneCountInString(s)
	if n > width {
		return string([]rune(s)[:width-1]) + "…"
	}
	return s + strings.Repeat(" ", width-n)
}

// printable keeps control characters of an event from reaching the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, s)
}

// parquetRows prints rows for tools such as DuckDB: times and numbers have types of their own, all else is text.
type parquetRows struct {
	w       io.Writer
	columns []rowColumn
	table   report.Table
	cells   []any
}

func (p *parquetRows) head(columns []rowColumn) (err error) {
	p.columns = columns
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	p.table, err = report.NewTable(p.w, "parquet", names, 0)
	return err
}

// isTime reports whether a column holds times.
func (c rowColumn) isTime() bool { return c.name == "time" || c.name == "first" || c.name == "last" }

func (p *parquetRows) row(_ string, cells []string) error {
	p.cells = p.cells[:0]
	for i, text := range cells {
		switch c := p.columns[i]; {
		case c.number:
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return err
			}
			p.cells = append(p.cells, n)
		case c.isTime():
			at, _ := eventTime(text)
			p.cells = append(p.cells, at)
		default:
			p.cells = append(p.cells, strings.ToValidUTF8(text, "\uFFFD"))
		}
	}
	return p.table.Row(p.cells...)
}

func (p *parquetRows) close() error { return p.table.Close() }

// columnWriter prints the chosen columns of findings.
type columnWriter struct {
	columns []column
	rows    rowWriter
	raw     bool
	headed  bool
	cells   []string
}

func (c *columnWriter) head() error {
	if c.headed {
		return nil
	}
	c.headed = true
	var head []rowColumn
	for _, col := range c.columns {
		head = append(head, rowColumn{name: col.name, width: col.width, number: col.name == "record"})
	}
	if c.raw {
		head = append(head, rowColumn{name: "event"})
	}
	return c.rows.head(head)
}

func (c *columnWriter) write(f finding) error {
	if err := c.head(); err != nil {
		return err
	}
	c.cells = c.cells[:0]
	for i := range c.columns {
		c.cells = append(c.cells, c.columns[i].get(&f))
	}
	if c.raw {
		c.cells = append(c.cells, string(eventJSON(f.raw)))
	}
	return c.rows.row(f.Level, c.cells)
}

func (c *columnWriter) close() error {
	if err := c.head(); err != nil {
		return err
	}
	return c.rows.close()
}

// grouper counts the findings that have the same values in some columns. It holds a few numbers for each group.
type grouper struct {
	columns []column
	rows    rowWriter
	groups  map[string]*group
}

type group struct {
	values      []string
	findings    int
	levels      map[string]int
	first, last string
}

// groupColumns finds the columns that --group-by names.
func (s *scanRun) groupColumns(names []string) error {
	for _, name := range names {
		if name == "rule" {
			name = "title"
		}
		i := slices.IndexFunc(s.columns, func(c column) bool { return c.name == name })
		if i >= 0 {
			s.groups = append(s.groups, s.columns[i])
			continue
		}
		c, ok := columnNamed(name)
		if !ok {
			return usagef("--group-by: unknown column %q, the columns are rule, %s, and those of --profile", name, columnNames())
		}
		s.groups = append(s.groups, c)
	}
	return nil
}

func (g *grouper) write(f finding) error {
	var values []string
	for _, c := range g.columns {
		values = append(values, c.get(&f))
	}
	key := strings.Join(values, "\x00")
	of := g.groups[key]
	if of == nil {
		of = &group{values: values, levels: map[string]int{}, first: f.Time}
		g.groups[key] = of
	}
	of.findings++
	of.levels[f.Level]++
	if f.Time != "" {
		of.last = f.Time // findings come in the order of their time
	}
	return nil
}

// close prints the groups, those with the most findings first.
func (g *grouper) close() error {
	var head []rowColumn
	for _, c := range g.columns {
		head = append(head, rowColumn{name: c.name, width: max(c.width, defaultWidth)})
	}
	levels := ast.LevelNames()
	slices.Reverse(levels)
	head = append(head, rowColumn{"findings", 8, true})
	for _, level := range levels {
		head = append(head, rowColumn{level, max(6, len(level)), true})
	}
	head = append(head, rowColumn{name: "first", width: 20}, rowColumn{name: "last", width: 20})
	if err := g.rows.head(head); err != nil {
		return err
	}
	all := slices.SortedFunc(maps.Values(g.groups), func(a, b *group) int {
		return cmp.Or(b.findings-a.findings, slices.Compare(a.values, b.values))
	})
	for _, of := range all {
		cells := append(slices.Clone(of.values), strconv.Itoa(of.findings))
		for _, level := range levels {
			cells = append(cells, strconv.Itoa(of.levels[level]))
		}
		if err := g.rows.row("", append(cells, of.first, of.last)); err != nil {
			return err
		}
	}
	return g.rows.close()
}
