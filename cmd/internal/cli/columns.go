package cli

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// column is a column of findings.
type column struct {
	name  string
	width int // in the table; 0 leaves it out there
	get   func(f *finding) string
}

func cell(number int) func(*finding) string {
	return func(f *finding) string { return f.cells[number] }
}

// findingColumns are those that findings have without a profile.
var findingColumns = []column{
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
	{"correlated_by", 0, whereCorrelated((*correlated).group)},
	{"events", 0, whereCorrelated(func(c *correlated) string { return strconv.Itoa(c.Count) })},
	{"first_time", 0, whereCorrelated(func(c *correlated) string { return c.First })},
	{"last_time", 0, whereCorrelated(func(c *correlated) string { return c.Last })},
	{"tags", 0, func(f *finding) string { return f.tags }},
	{"rule_id", 0, func(f *finding) string { return f.RuleID }},
	{"event_id", 0, func(f *finding) string { return f.EventID }},
	{"source", 0, func(f *finding) string { return f.Source }},
	{"record", 0, func(f *finding) string { return strconv.Itoa(f.Record) }},
}

// whereCorrelated is a column that only findings of correlations fill.
func whereCorrelated(get func(*correlated) string) func(*finding) string {
	return func(f *finding) string {
		if f.Correlation == nil {
			return ""
		}
		return get(f.Correlation)
	}
}

// inTable has the columns that a table shows. Of a correlation it shows how many events it was in place of the name of one of them.
func inTable(columns []column) (shown []column) {
	for _, c := range columns {
		if get := c.get; c.name == "event_name" {
			c.get = func(f *finding) string {
				if f.Correlation != nil {
					return f.Correlation.summary(get(f))
				}
				return get(f)
			}
		}
		if c.width > 0 {
			shown = append(shown, c)
		}
	}
	return shown
}

// defaultWidth is the width in the table of a column that has none of its own.
const defaultWidth = 24

// readProfile reads the columns that a profile file chooses: a list under columns, of names of columns and of fields of events.
//
//	columns:
//	  - time
//	  - level
//	  - name: bucket
//	    field: requestParameters.bucketName
//	    width: 30
func (s *scanRun) readProfile() error {
	s.columns = slices.Clone(findingColumns)
	if s.profile == "" {
		return nil
	}
	data, err := os.ReadFile(s.profile)
	if err != nil {
		return usagef("--profile %s: %v", s.profile, plainError(err))
	}
	docs, diags := yamldoc.Parse(source.NewFile(s.profile, data))
	s.diagnostics(diags)
	if diag.HasErrors(diags) || len(docs) != 1 || docs[0].Kind != yamldoc.Map {
		return usagef("--profile %s: expected a map with the key columns", s.profile)
	}
	s.columns = nil
	for _, p := range docs[0].Pairs {
		if p.Key.Text != "columns" || p.Value.Kind != yamldoc.List || len(p.Value.Items) == 0 {
			return placed(p.Key, "unexpected %q, expected the key columns with a list of columns", p.Key.Text)
		}
		for _, item := range p.Value.Items {
			c, err := s.profileColumn(item)
			if err != nil {
				return err
			}
			s.columns = append(s.columns, c)
		}
	}
	if len(s.columns) == 0 {
		return usagef("--profile %s: expected a map with the key columns", s.profile)
	}
	return nil
}

// profileColumn reads one column of a profile.
func (s *scanRun) profileColumn(n *yamldoc.Node) (column, error) {
	if n.IsScalar() {
		c, ok := columnNamed(n.Text)
		if !ok {
			return c, placed(n, "unknown column %q, the columns are %s; a field of events is written as a map with name and field", n.Text, columnNames())
		}
		return c, nil
	}
	var c column
	field := ""
	c.width = defaultWidth
	for _, p := range n.Pairs {
		var err error
		switch text := p.Value.Text; p.Key.Text {
		case "name":
			c.name = text
		case "field":
			field = text
		case "width":
			if c.width, err = strconv.Atoi(text); err != nil || c.width < 1 {
				return c, placed(p.Value, "width: expected a number of characters, found %q", text)
			}
		default:
			return c, placed(p.Key, "unknown key %q, expected name, field or width", p.Key.Text)
		}
	}
	if c.name == "" {
		c.name = field
	}
	switch known, ok := columnNamed(c.name); {
	case field != "":
		c.get = cell(len(s.cellPaths))
		s.cellPaths = append(s.cellPaths, []string{field})
	case ok:
		c.get = known.get
	default:
		return c, placed(n, "expected a column with a name and the field of events that it shows")
	}
	return c, nil
}

// columnNamed finds a column that findings have by themselves. In a table that asks for it, it is shown.
func columnNamed(name string) (column, bool) {
	for _, c := range findingColumns {
		if c.name == name {
			if c.width == 0 {
				c.width = defaultWidth
			}
			return c, true
		}
	}
	return column{}, false
}

func columnNames() string {
	var names []string
	for _, c := range findingColumns {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}
