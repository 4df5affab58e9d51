package summary

import "fmt"

// compatRow is a row of Suzaku's JSON.
type compatRow struct {
	ARN           string        `json:"user_arn"`
	Events        int64         `json:"num_of_events"`
	First         string        `json:"first_timestamp"`
	Last          string        `json:"last_timestamp"`
	AbusedSuccess []compatAPI   `json:"abused_apis_success"`
	AbusedFailed  []compatAPI   `json:"abused_apis_failed"`
	OtherSuccess  []compatAPI   `json:"other_apis_success"`
	OtherFailed   []compatAPI   `json:"other_apis_failed"`
	Regions       []compatValue `json:"aws_regions"`
	Addresses     []compatValue `json:"src_ips"`
	Types         string        `json:"user_types"`
	Keys          []compatValue `json:"user_access_key_ids"`
	Agents        []compatValue `json:"user_agents"`
}

type compatAPI struct {
	API         string `json:"api"`
	Description string `json:"description"`
	Count       int64  `json:"count"`
	First       string `json:"first_seen"`
	Last        string `json:"last_seen"`
}

type compatValue struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
	First string `json:"first_seen"`
	Last  string `json:"last_seen"`
}

func newCompatRow(r *Row, f Format) compatRow {
	return compatRow{
		ARN: r.Identity, Events: r.Events, First: timeText(r.First), Last: timeText(r.Last),
		AbusedSuccess: compatAPIs(r.AbusedSuccess, f), AbusedFailed: compatAPIs(r.AbusedFailed, f),
		OtherSuccess: compatAPIs(r.OtherSuccess, f), OtherFailed: compatAPIs(r.OtherFailed, f),
		Regions: compatValues(r.Regions), Addresses: compatValues(r.Addresses), Types: r.lastType,
		Keys: compatValues(r.Keys), Agents: compatValues(r.Agents),
	}
}

func compatAPIs(a APIs, f Format) []compatAPI {
	out := make([]compatAPI, 0, len(a.List))
	for _, api := range a.List {
		c := compatAPI{fmt.Sprintf("%s (%s)", or(api.Name, "-"), or(api.Source, "-")), "", api.Count, timeText(api.First), timeText(api.Last)}
		if f.Descriptions {
			c.Description = api.Description
		}
		out = append(out, c)
	}
	return out
}

func compatValues(v Values) []compatValue {
	out := make([]compatValue, 0, len(v.List))
	for _, value := range v.List {
		out = append(out, compatValue{value.text(), value.Count, timeText(value.First), timeText(value.Last)})
	}
	return out
}
