package summary

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"
)

// The names are those of Suzaku's JSON where it has the like.

type jsonAPI struct {
	API         string    `json:"api"`
	Description string    `json:"description,omitempty"`
	Count       int64     `json:"count"`
	Denied      int64     `json:"denied,omitempty"`
	Throttled   int64     `json:"throttled,omitempty"`
	OtherErrors int64     `json:"other_errors,omitempty"`
	First       time.Time `json:"first_seen,omitzero"`
	Last        time.Time `json:"last_seen,omitzero"`
	New         bool      `json:"new,omitempty"`
}

type jsonValue struct {
	Value string    `json:"value"`
	Count int64     `json:"count"`
	First time.Time `json:"first_seen,omitzero"`
	Last  time.Time `json:"last_seen,omitzero"`
	New   bool      `json:"new,omitempty"`

	ASN     uint   `json:"asn,omitempty"`
	Network string `json:"network,omitempty"`
	City    string `json:"city,omitempty"`
	Country string `json:"country,omitempty"`
}

type jsonTravel struct {
	Identity   string    `json:"identity"`
	From       jsonValue `json:"from"`
	To         jsonValue `json:"to"`
	Kilometres float64   `json:"kilometres"`
}

type jsonRow struct {
	Identity      string           `json:"identity"`
	Events        int64            `json:"num_of_events"`
	First         time.Time        `json:"first_timestamp,omitzero"`
	Last          time.Time        `json:"last_timestamp,omitzero"`
	Success       int64            `json:"success"`
	Denied        int64            `json:"denied"`
	Throttled     int64            `json:"throttled"`
	OtherErrors   int64            `json:"other_errors"`
	ErrorRatio    float64          `json:"error_ratio"`
	AbusedSuccess []jsonAPI        `json:"abused_apis_success"`
	AbusedFailed  []jsonAPI        `json:"abused_apis_failed"`
	OtherSuccess  []jsonAPI        `json:"other_apis_success"`
	OtherFailed   []jsonAPI        `json:"other_apis_failed"`
	Regions       []jsonValue      `json:"aws_regions"`
	Addresses     []jsonValue      `json:"src_ips"`
	Types         []jsonValue      `json:"user_types"`
	Keys          []jsonValue      `json:"user_access_key_ids"`
	Agents        []jsonValue      `json:"user_agents"`
	Accounts      []jsonValue      `json:"accounts"`
	Members       []jsonValue      `json:"members"`
	ErrorCodes    []jsonValue      `json:"error_codes"`
	Countries     []jsonValue      `json:"countries,omitempty"`
	Hours         [24]int64        `json:"hours_utc"`
	MFA           int64            `json:"mfa_events"`
	NoMFA         int64            `json:"no_mfa_events"`
	TemporaryKeys int64            `json:"temporary_key_events"`
	Root          int64            `json:"root_events"`
	New           bool             `json:"new,omitempty"`
	Unlisted      map[string]int64 `json:"unlisted,omitempty"`
}

type jsonKey struct {
	Key       string      `json:"access_key_id"`
	Addresses []jsonValue `json:"src_ips"`
	Countries []string    `json:"countries,omitempty"`
}

type jsonStep struct {
	From  string    `json:"from"`
	To    string    `json:"to"`
	Count int64     `json:"count"`
	First time.Time `json:"first_seen,omitzero"`
	Last  time.Time `json:"last_seen,omitzero"`
}

type jsonSummary struct {
	By         By           `json:"by"`
	NewSince   time.Time    `json:"new_since,omitzero"`
	Identities []jsonRow    `json:"identities"`
	Keys       []jsonKey    `json:"keys_with_several_addresses"`
	Steps      []jsonStep   `json:"assumed_roles"`
	Travels    []jsonTravel `json:"impossible_travel,omitempty"`
}

// WriteJSON writes the summary as one document.
func (s *Summary) WriteJSON(w io.Writer, f Format) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if s.Compat {
		rows := make([]compatRow, 0, len(s.Rows))
		for _, r := range s.Rows {
			rows = append(rows, newCompatRow(r, f))
		}
		return out.Encode(rows)
	}
	return out.Encode(s.document(f))
}

// document is what WriteJSON writes.
func (s *Summary) document(f Format) jsonSummary {
	doc := jsonSummary{By: s.By, NewSince: s.NewSince, Identities: []jsonRow{}, Keys: []jsonKey{}, Steps: []jsonStep{}}
	for _, r := range s.Rows {
		doc.Identities = append(doc.Identities, newJSONRow(r, f))
	}
	for _, k := range s.Keys {
		doc.Keys = append(doc.Keys, jsonKey{k.Key, jsonValues(k.Addresses), k.Countries})
	}
	for _, step := range s.Steps {
		doc.Steps = append(doc.Steps, jsonStep(step))
	}
	for _, t := range s.Travels {
		doc.Travels = append(doc.Travels, jsonTravel{t.Identity, newJSONValue(t.From), newJSONValue(t.To), math.Round(t.Kilometres)})
	}
	return doc
}

// WriteJSONL writes a line for each identity.
func (s *Summary) WriteJSONL(w io.Writer, f Format) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, r := range s.Rows {
		var row any = newJSONRow(r, f)
		if s.Compat {
			row = newCompatRow(r, f)
		}
		if err := out.Encode(row); err != nil {
			return err
		}
	}
	return nil
}

func newJSONRow(r *Row, f Format) jsonRow {
	row := jsonRow{
		Identity: r.Identity, Events: r.Events, First: r.First, Last: r.Last,
		Success: r.Success, Denied: r.Denied, Throttled: r.Throttled, OtherErrors: r.OtherErrors, ErrorRatio: r.ErrorRatio(),
		AbusedSuccess: jsonAPIs(r.AbusedSuccess, f), AbusedFailed: jsonAPIs(r.AbusedFailed, f),
		OtherSuccess: jsonAPIs(r.OtherSuccess, f), OtherFailed: jsonAPIs(r.OtherFailed, f),
		Regions: jsonValues(r.Regions), Addresses: jsonValues(r.Addresses), Types: jsonValues(r.Types), Keys: jsonValues(r.Keys),
		Agents: jsonValues(r.Agents), Accounts: jsonValues(r.Accounts), Members: jsonValues(r.Members), ErrorCodes: jsonValues(r.ErrorCodes), Countries: jsonValues(r.Countries),
		Hours: r.Hours, MFA: r.MFA, NoMFA: r.NoMFA, TemporaryKeys: r.TemporaryKeys, Root: r.Root, New: r.IsNew,
		Unlisted: map[string]int64{},
	}
	for name, n := range map[string]int64{
		"other_apis_success": r.OtherSuccess.Unlisted, "other_apis_failed": r.OtherFailed.Unlisted, "aws_regions": r.Regions.Unlisted,
		"src_ips": r.Addresses.Unlisted, "user_types": r.Types.Unlisted, "user_access_key_ids": r.Keys.Unlisted, "user_agents": r.Agents.Unlisted,
		"accounts": r.Accounts.Unlisted, "members": r.Members.Unlisted, "error_codes": r.ErrorCodes.Unlisted,
	} {
		if n > 0 {
			row.Unlisted[name] = n
		}
	}
	return row
}

func jsonAPIs(a APIs, f Format) []jsonAPI {
	out := make([]jsonAPI, 0, len(a.List))
	for _, api := range a.List {
		j := jsonAPI{Count: api.Count, Denied: api.Denied, Throttled: api.Throttled, OtherErrors: api.OtherFail, First: api.First, Last: api.Last, New: api.New}
		j.API = fmt.Sprintf("%s (%s)", or(api.Name, "-"), or(api.Source, "-"))
		if f.Descriptions {
			j.Description = api.Description
		}
		out = append(out, j)
	}
	return out
}

func jsonValues(v Values) []jsonValue {
	out := make([]jsonValue, 0, len(v.List))
	for _, value := range v.List {
		out = append(out, newJSONValue(value))
	}
	return out
}

func newJSONValue(v Value) jsonValue {
	return jsonValue{v.Value, v.Count, v.First, v.Last, v.New, v.Place.ASN, v.Place.Network, v.Place.City, v.Place.Country}
}
