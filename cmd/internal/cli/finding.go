package cli

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/evaluator"
)

// finding is a rule that an event matched, in the form of -f jsonl.
type finding struct {
	RuleID  string          `json:"rule_id"`
	Title   string          `json:"title"`
	Level   string          `json:"level"`
	Tags    []string        `json:"tags"`
	Time    string          `json:"time"`
	EventID string          `json:"event_id"`
	Source  string          `json:"source"`
	Record  int             `json:"record"`
	Matched []matchedValue  `json:"matched"`
	Event   json.RawMessage `json:"event,omitempty"`

	tags  string   // all Tags
	cells []string // of the event, by their numbers
	raw   []byte   // the event, where the format wants it
}

// matchedValue is a value in the event that made a leaf of the rule true.
type matchedValue struct {
	Field string `json:"field"`
	Value string `json:"value"`
	Line  int    `json:"line"` // of the leaf, in the rule
}

// The cells of an event that a finding can show.
const (
	cellID = iota
	cellTime
	cellName
	cellSource
	cellRegion
	cellAddress
	cellIdentity
	cellAccount
	cellAccessKey
	cellUserAgent
	cellErrorCode
)

// cellPaths say where a cell is in a record of CloudTrail: in the first of the fields that has a text.
var cellPaths = [...][]string{
	cellID:        {"eventID"},
	cellTime:      {"eventTime", "@timestamp"},
	cellName:      {"eventName"},
	cellSource:    {"eventSource"},
	cellRegion:    {"awsRegion"},
	cellAddress:   {"sourceIPAddress"},
	cellIdentity:  {"userIdentity.arn", "userIdentity.invokedBy", "userIdentity.principalId", "userIdentity.userName", "userIdentity.accountId", "userIdentity.type"},
	cellAccount:   {"recipientAccountId", "userIdentity.accountId"},
	cellAccessKey: {"userIdentity.accessKeyId"},
	cellUserAgent: {"userAgent"},
	cellErrorCode: {"errorCode"},
}

// paths say where the cells are in the events of this scan.
func (s *scanRun) paths() [][]string {
	paths := slices.Clone(cellPaths[:])
	if s.timeField != "" {
		paths[cellTime] = []string{s.timeField}
	}
	if s.idField != "" {
		paths[cellID] = []string{s.idField}
	}
	return paths
}

// findingOf is what all findings of a rule have in common.
func findingOf(r *ast.Rule) finding {
	f := finding{RuleID: r.ID.Value, Title: r.Title.Value, Level: r.Level.String(), Tags: []string{}, Matched: []matchedValue{}}
	for _, t := range r.Tags {
		f.Tags = append(f.Tags, t.String())
	}
	f.tags = strings.Join(f.Tags, " ")
	return f
}

// explains reports whether the format shows the values that made a rule match.
func (s *scanRun) explains() bool { return s.format == "jsonl" }

// collectMatched gathers the values behind the leaves that count towards the
// verdict: those that hold and are not negated, in alternatives that hold.
func collectMatched(x *evaluator.Explanation, negated bool, out *[]matchedValue) {
	switch e := x.Expr.(type) {
	case *ast.Match:
		if !x.Matched || negated {
			return
		}
		for _, v := range x.Values {
			if v.Hit {
				m := matchedValue{Field: cmp.Or(e.Field.Name, v.Path), Value: unquoted(v), Line: x.Expr.Range().Position().Line}
				*out = append(*out, m)
			}
		}
	case *ast.Not:
		for _, t := range x.Terms {
			collectMatched(t, !negated, out)
		}
	default:
		for _, t := range x.Terms {
			if t.Matched != negated {
				collectMatched(t, negated, out)
			}
		}
	}
}

// unquoted is a value's text without the quotes of JSON.
func unquoted(v evaluator.Found) string {
	var s string
	if !v.Cut && json.Unmarshal([]byte(v.Text), &s) == nil {
		return s
	}
	return v.Text
}

// findingWriter prints findings one after another.
type findingWriter interface {
	write(finding) error
	close() error
}

func (s *scanRun) newFindingWriter(w io.Writer) findingWriter {
	switch s.format {
	case "jsonl":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return &jsonlWriter{enc, s.raw}
	case "csv":
		return &csvWriter{w: w}
	}
	return &tableWriter{w: w, color: s.colored(s.StdoutTerminal && s.outPath == "")}
}

type jsonlWriter struct {
	enc *json.Encoder
	raw bool
}

func (j *jsonlWriter) write(f finding) error {
	if j.raw {
		f.Event = f.raw
		if !utf8.Valid(f.raw) || !json.Valid(f.raw) {
			f.Event = []byte(strings.ToValidUTF8(string(f.raw), "\uFFFD"))
		}
	}
	return j.enc.Encode(f)
}

func (j *jsonlWriter) close() error { return nil }

// column is one of the columns of table and CSV.
type column struct {
	name  string
	width int // in the table; 0 leaves it out there
	get   func(f *finding) string
}

func cell(number int) func(*finding) string {
	return func(f *finding) string { return f.cells[number] }
}

var columns = []column{
	{"time", 20, func(f *finding) string { return f.Time }},
	{"level", 8, func(f *finding) string { return f.Level }},
	{"title", 44, func(f *finding) string { return f.Title }},
	{"event_name", 26, cell(cellName)},
	{"event_source", 0, cell(cellSource)},
	{"region", 14, cell(cellRegion)},
	{"source_ip", 20, cell(cellAddress)},
	{"identity", 60, cell(cellIdentity)},
	{"account", 0, cell(cellAccount)},
	{"access_key", 0, cell(cellAccessKey)},
	{"user_agent", 0, cell(cellUserAgent)},
	{"error_code", 0, cell(cellErrorCode)},
	{"tags", 0, func(f *finding) string { return f.tags }},
	{"rule_id", 0, func(f *finding) string { return f.RuleID }},
	{"event_id", 0, func(f *finding) string { return f.EventID }},
	{"source", 0, func(f *finding) string { return f.Source }},
	{"record", 0, func(f *finding) string { return strconv.Itoa(f.Record) }},
}

// csvWriter writes as encoding/csv does, but for its cost: it looks at each cell once.
type csvWriter struct {
	w      io.Writer
	row    []byte
	headed bool
}

func (c *csvWriter) head() error {
	if c.headed {
		return nil
	}
	c.headed = true
	for i, col := range columns {
		c.cell(i, col.name)
	}
	return c.end()
}

func (c *csvWriter) write(f finding) error {
	if err := c.head(); err != nil {
		return err
	}
	for i := range columns {
		c.cell(i, guardFormula(columns[i].get(&f)))
	}
	return c.end()
}

func (c *csvWriter) cell(i int, s string) {
	if i > 0 {
		c.row = append(c.row, ',')
	}
	if !needsQuotes(s) {
		c.row = append(c.row, s...)
		return
	}
	c.row = append(c.row, '"')
	for i := range len(s) {
		if s[i] == '"' {
			c.row = append(c.row, '"')
		}
		c.row = append(c.row, s[i])
	}
	c.row = append(c.row, '"')
}

// needsQuotes follows RFC 4180, and quotes what readers would trim as well.
func needsQuotes(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c == ',' || c == '"' || c == '\n' || c == '\r' {
			return true
		}
	}
	first, _ := utf8.DecodeRuneInString(s)
	return unicode.IsSpace(first) || s == `\.`
}

func (c *csvWriter) end() error {
	_, err := c.w.Write(append(c.row, '\n'))
	c.row = c.row[:0]
	return err
}

// guardFormula keeps a spreadsheet from taking a cell of an attacker's making,
// such as a user agent, for a formula.
func guardFormula(s string) string {
	if len(s) > 1 && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

func (c *csvWriter) close() error { return c.head() }

type tableWriter struct {
	w      io.Writer
	color  bool
	headed bool
}

func (t *tableWriter) write(f finding) error {
	var b strings.Builder
	if !t.headed {
		t.headed = true
		t.row(&b, "", func(c column) string { return strings.ToUpper(c.name) })
	}
	t.row(&b, f.Level, func(c column) string { return c.get(&f) })
	_, err := io.WriteString(t.w, b.String())
	return err
}

// levelColors mean severity, nothing else.
var levelColors = map[string]string{"critical": "1;31", "high": "31", "medium": "33", "low": "32"}

func (t *tableWriter) row(b *strings.Builder, level string, cell func(column) string) {
	var line strings.Builder
	for _, c := range columns {
		if c.width == 0 {
			continue
		}
		text := printable(cell(c))
		if c.name == "level" && text == "informational" {
			text = "info"
		}
		padded := fit(text, c.width)
		if style := levelColors[level]; t.color && c.name == "level" && style != "" {
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

func (t *tableWriter) close() error { return nil }
