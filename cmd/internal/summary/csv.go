package summary

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"sigmatic/cmd/internal/report"
)

// Format says how a summary is written.
type Format struct {
	// Descriptions adds what an abused call is good for.
	Descriptions bool
	// MaxCell bounds the cells of CSV, in UTF-16 code units; 0 for no bound.
	MaxCell int
}

// WriteCSV writes a row for each identity. It returns how many cells were cut.
func (s *Summary) WriteCSV(w io.Writer, f Format) (cut int, err error) {
	out := report.NewCSV(w, f.MaxCell)
	columns := s.csvColumns(cellText{descriptions: f.Descriptions})
	var head []string
	for _, c := range columns {
		head = append(head, c.name)
	}
	if err := out.Write(head); err != nil {
		return 0, err
	}
	for _, r := range s.Rows {
		var cells []string
		for _, c := range columns {
			cells = append(cells, c.text(r))
		}
		if err := out.Write(cells); err != nil {
			return 0, err
		}
	}
	return out.Cut(), out.Flush()
}

type csvColumn struct {
	name string
	text func(*Row) string
}

// csvColumns are Suzaku's, and behind them our own.
func (s *Summary) csvColumns(c cellText) []csvColumn {
	columns := []csvColumn{
		{s.By.column(), func(r *Row) string { return r.Identity }},
		{"NumOfEvents", func(r *Row) string { return grouped(r.Events) }},
		{"FirstTimestamp", func(r *Row) string { return timeText(r.First) }},
		{"LastTimestamp", func(r *Row) string { return timeText(r.Last) }},
		{"AbusedAPIs-Success", func(r *Row) string { return c.apis(r.AbusedSuccess) }},
		{"AbusedAPIs-Failed", func(r *Row) string { return c.apis(r.AbusedFailed) }},
		{"OtherAPIs-Success", func(r *Row) string { return c.apis(r.OtherSuccess) }},
		{"OtherAPIs-Failed", func(r *Row) string { return c.apis(r.OtherFailed) }},
		{"AWS-Regions", func(r *Row) string { return c.values("regions", r.Regions) }},
		{"SrcIPs", func(r *Row) string { return c.values("source IPs", r.Addresses) }},
		{"UserTypes", func(r *Row) string {
			if s.Compat {
				return r.lastType
			}
			return r.Types.names()
		}},
		{"UserAccessKeyIDs", func(r *Row) string { return c.values("access key IDs", r.Keys) }},
		{"UserAgents", func(r *Row) string { return c.values("user agents", r.Agents) }},
	}
	if s.Compat {
		return columns
	}
	columns = append(columns,
		csvColumn{"Accounts", func(r *Row) string { return c.values("accounts", r.Accounts) }},
		csvColumn{s.By.memberColumn(), func(r *Row) string { return c.values(s.By.memberWord(), r.Members) }},
		csvColumn{"Denied", func(r *Row) string { return grouped(r.Denied) }},
		csvColumn{"Throttled", func(r *Row) string { return grouped(r.Throttled) }},
		csvColumn{"OtherErrors", func(r *Row) string { return grouped(r.OtherErrors) }},
		csvColumn{"ErrorPercent", func(r *Row) string { return strconv.FormatFloat(100*r.ErrorRatio(), 'f', 1, 64) }},
		csvColumn{"ErrorCodes", func(r *Row) string { return c.values("error codes", r.ErrorCodes) }},
		csvColumn{"HoursUTC", func(r *Row) string { return hoursText(r.Hours) }},
		csvColumn{"MFA", func(r *Row) string { return grouped(r.MFA) }},
		csvColumn{"NoMFA", func(r *Row) string { return grouped(r.NoMFA) }},
		csvColumn{"TemporaryKeyEvents", func(r *Row) string { return grouped(r.TemporaryKeys) }},
		csvColumn{"RootEvents", func(r *Row) string { return grouped(r.Root) }},
	)
	if s.Located {
		columns = append(columns, csvColumn{"Countries", func(r *Row) string { return c.values("countries", r.Countries) }})
	}
	if !s.NewSince.IsZero() {
		columns = append(columns, csvColumn{"New", func(r *Row) string { return strings.Join(r.news(), "\n") }})
	}
	return columns
}

// memberColumn and memberWord name what rows are made of.
func (b By) memberColumn() string {
	if b == ByRole || b == ByARN {
		return "Sessions"
	}
	return "Identities"
}

func (b By) memberWord() string { return strings.ToLower(b.memberColumn()) }

// hoursText names the hours with events: "09:12 10:3".
func hoursText(hours [24]int64) string {
	var parts []string
	for h, n := range hours {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%02d:%d", h, n))
		}
	}
	return strings.Join(parts, " ")
}

// news are the things that a row did not have before NewSince.
func (r *Row) news() []string {
	if r.IsNew {
		return []string{"the identity"}
	}
	var out []string
	for _, c := range []APIs{r.AbusedSuccess, r.AbusedFailed, r.OtherSuccess, r.OtherFailed} {
		for _, api := range c.List {
			if api.New {
				out = append(out, fmt.Sprintf("API %s (%s)", api.Name, api.Source))
			}
		}
	}
	for _, c := range []struct {
		what string
		Values
	}{{"region", r.Regions}, {"address", r.Addresses}, {"access key", r.Keys}, {"user agent", r.Agents}} {
		for _, v := range c.List {
			if v.New {
				out = append(out, c.what+" "+v.Value)
			}
		}
	}
	return out
}
