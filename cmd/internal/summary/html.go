package summary

import (
	_ "embed"
	"encoding/json"
	"io"
	"strings"
)

//go:embed page.html
var page string

// htmlValues bounds the values of a cell in the page; beyond it their number is
// told.
const htmlValues = 200

// htmlRow is a row, with the sizes of its cells, which the page may not have as a
// whole.
type htmlRow struct {
	jsonRow
	Sizes map[string]htmlSize `json:"sizes"`
}

type htmlSize struct {
	Values int   `json:"values"`
	Events int64 `json:"events"`
}

// WriteHTML writes a page that needs nothing beside itself.
func (s *Summary) WriteHTML(w io.Writer, f Format) error {
	doc := s.document(f)
	rows := make([]htmlRow, 0, len(s.Rows))
	for i, r := range s.Rows {
		rows = append(rows, newHTMLRow(doc.Identities[i], r))
	}
	data, err := json.Marshal(struct {
		jsonSummary
		Identities []htmlRow `json:"identities"`
	}{doc, rows}) // with <, > and & as escapes, so that nothing ends the script
	if err != nil {
		return err
	}
	before, after, _ := strings.Cut(page, "{{.}}")
	for _, part := range []string{before, string(data), after} {
		if _, err := io.WriteString(w, part); err != nil {
			return err
		}
	}
	return nil
}

func newHTMLRow(j jsonRow, r *Row) htmlRow {
	row := htmlRow{j, map[string]htmlSize{}}
	for name, cell := range map[string]struct {
		list  *[]jsonAPI
		whole APIs
	}{
		"abused_apis_success": {&row.AbusedSuccess, r.AbusedSuccess}, "abused_apis_failed": {&row.AbusedFailed, r.AbusedFailed},
		"other_apis_success": {&row.OtherSuccess, r.OtherSuccess}, "other_apis_failed": {&row.OtherFailed, r.OtherFailed},
	} {
		row.Sizes[name] = htmlSize{len(cell.whole.List), cell.whole.Total()}
		*cell.list = (*cell.list)[:min(htmlValues, len(*cell.list))]
	}
	for name, cell := range map[string]struct {
		list  *[]jsonValue
		whole Values
	}{
		"aws_regions": {&row.Regions, r.Regions}, "src_ips": {&row.Addresses, r.Addresses}, "user_types": {&row.Types, r.Types},
		"user_access_key_ids": {&row.Keys, r.Keys}, "user_agents": {&row.Agents, r.Agents}, "accounts": {&row.Accounts, r.Accounts},
		"members": {&row.Members, r.Members}, "error_codes": {&row.ErrorCodes, r.ErrorCodes}, "countries": {&row.Countries, r.Countries},
	} {
		row.Sizes[name] = htmlSize{len(cell.whole.List), cell.whole.Total()}
		*cell.list = (*cell.list)[:min(htmlValues, len(*cell.list))]
	}
	return row
}
