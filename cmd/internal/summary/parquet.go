package summary

import (
	"io"
	"time"

	"sigmatic/cmd/internal/report"
)

// The columns are named as the members in JSON.

type parquetAPI struct {
	API         string     `parquet:"api"`
	Description string     `parquet:"description"`
	Count       int64      `parquet:"count"`
	Denied      int64      `parquet:"denied"`
	Throttled   int64      `parquet:"throttled"`
	OtherErrors int64      `parquet:"other_errors"`
	First       *time.Time `parquet:"first_seen,optional,timestamp(microsecond)"`
	Last        *time.Time `parquet:"last_seen,optional,timestamp(microsecond)"`
	New         bool       `parquet:"new"`
}

type parquetValue struct {
	Value   string     `parquet:"value"`
	Count   int64      `parquet:"count"`
	First   *time.Time `parquet:"first_seen,optional,timestamp(microsecond)"`
	Last    *time.Time `parquet:"last_seen,optional,timestamp(microsecond)"`
	New     bool       `parquet:"new"`
	ASN     int64      `parquet:"asn"`
	Network string     `parquet:"network"`
	City    string     `parquet:"city"`
	Country string     `parquet:"country"`
}

type parquetRow struct {
	Identity      string           `parquet:"identity"`
	Events        int64            `parquet:"num_of_events"`
	First         *time.Time       `parquet:"first_timestamp,optional,timestamp(microsecond)"`
	Last          *time.Time       `parquet:"last_timestamp,optional,timestamp(microsecond)"`
	Success       int64            `parquet:"success"`
	Denied        int64            `parquet:"denied"`
	Throttled     int64            `parquet:"throttled"`
	OtherErrors   int64            `parquet:"other_errors"`
	AbusedSuccess []parquetAPI     `parquet:"abused_apis_success,list"`
	AbusedFailed  []parquetAPI     `parquet:"abused_apis_failed,list"`
	OtherSuccess  []parquetAPI     `parquet:"other_apis_success,list"`
	OtherFailed   []parquetAPI     `parquet:"other_apis_failed,list"`
	Regions       []parquetValue   `parquet:"aws_regions,list"`
	Addresses     []parquetValue   `parquet:"src_ips,list"`
	Types         []parquetValue   `parquet:"user_types,list"`
	Keys          []parquetValue   `parquet:"user_access_key_ids,list"`
	Agents        []parquetValue   `parquet:"user_agents,list"`
	Accounts      []parquetValue   `parquet:"accounts,list"`
	Members       []parquetValue   `parquet:"members,list"`
	ErrorCodes    []parquetValue   `parquet:"error_codes,list"`
	Countries     []parquetValue   `parquet:"countries,list"`
	Hours         []int64          `parquet:"hours_utc,list"`
	MFA           int64            `parquet:"mfa_events"`
	NoMFA         int64            `parquet:"no_mfa_events"`
	TemporaryKeys int64            `parquet:"temporary_key_events"`
	Root          int64            `parquet:"root_events"`
	New           bool             `parquet:"new"`
	Unlisted      map[string]int64 `parquet:"unlisted"`
}

// WriteParquet writes a row for each identity.
func (s *Summary) WriteParquet(w io.Writer, f Format) error {
	rows := make([]parquetRow, 0, len(s.Rows))
	for _, r := range s.Rows {
		j := newJSONRow(r, f)
		rows = append(rows, parquetRow{
			Identity: j.Identity, Events: j.Events, First: optional(j.First), Last: optional(j.Last),
			Success: j.Success, Denied: j.Denied, Throttled: j.Throttled, OtherErrors: j.OtherErrors,
			AbusedSuccess: parquetAPIs(j.AbusedSuccess), AbusedFailed: parquetAPIs(j.AbusedFailed),
			OtherSuccess: parquetAPIs(j.OtherSuccess), OtherFailed: parquetAPIs(j.OtherFailed),
			Regions: parquetValues(j.Regions), Addresses: parquetValues(j.Addresses), Types: parquetValues(j.Types),
			Keys: parquetValues(j.Keys), Agents: parquetValues(j.Agents), Accounts: parquetValues(j.Accounts),
			Members: parquetValues(j.Members), ErrorCodes: parquetValues(j.ErrorCodes), Countries: parquetValues(j.Countries),
			Hours: j.Hours[:], MFA: j.MFA, NoMFA: j.NoMFA, TemporaryKeys: j.TemporaryKeys, Root: j.Root, New: j.New, Unlisted: j.Unlisted,
		})
	}
	return report.WriteParquet(w, rows)
}

// optional is nothing for the zero time.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func parquetAPIs(list []jsonAPI) []parquetAPI {
	var out []parquetAPI
	for _, a := range list {
		out = append(out, parquetAPI{a.API, a.Description, a.Count, a.Denied, a.Throttled, a.OtherErrors, optional(a.First), optional(a.Last), a.New})
	}
	return out
}

func parquetValues(list []jsonValue) []parquetValue {
	var out []parquetValue
	for _, v := range list {
		out = append(out, parquetValue{v.Value, v.Count, optional(v.First), optional(v.Last), v.New, int64(v.ASN), v.Network, v.City, v.Country})
	}
	return out
}
