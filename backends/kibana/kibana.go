// Package kibana makes the objects that Kibana imports, for the two languages
// that it runs: detection rules of Elastic Security and saved searches of
// Discover, as NDJSON.
package kibana

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"sigmatic/ast"
	"sigmatic/backends"
)

// Language is how Kibana names a query language.
type Language string

// The languages.
const (
	KQL  Language = "kuery"
	ESQL Language = "esql"
)

// DetectionRules is the format that POST /api/detection_engine/rules/_import
// takes, and the import of the rules page. The keys are those of Kibana's
// published schema (RuleToImport: rule_schemas.schema.yaml and
// common_attributes.schema.yaml of the detection engine's API;
// https://www.elastic.co/docs/api/doc/kibana/operation/operation-importrules).
func DetectionRules(l Language) backends.Format {
	return backends.Format{
		Name: "siem_rule_ndjson", Summary: "detection rules of Elastic Security, to import in Kibana", Extension: ".ndjson",
		Alert: true,
		Settings: []backends.Setting{
			backends.Interval(),
			backends.Flag("enabled", true, "run the rules once they are imported"),
		},
		Keys: func(i backends.Item) []string { return []string{i.ID()} },
		Print: func(i backends.Item) (string, error) {
			r, err := detectionRule(l, i)
			if err != nil {
				return "", err
			}
			return line(r)
		},
	}
}

// SavedSearches is the format that the import of saved objects takes
// (https://www.elastic.co/docs/api/doc/kibana/operation/operation-post-saved-objects-import).
func SavedSearches(l Language) backends.Format {
	return backends.Format{
		Name: "kibana_ndjson", Summary: "saved searches of Discover, to import in Kibana", Extension: ".ndjson",
		Keys:  func(i backends.Item) []string { return []string{i.ID()} },
		Print: func(i backends.Item) (string, error) { return savedSearch(l, i) },
	}
}

// rule has the keys in the order in which people look for them.
type rule struct {
	RuleID             string     `json:"rule_id"`
	Name               string     `json:"name"`
	Description        string     `json:"description"`
	Author             []string   `json:"author"`
	License            string     `json:"license,omitempty"`
	Severity           string     `json:"severity"`
	RiskScore          int        `json:"risk_score"`
	Type               string     `json:"type"`
	Language           Language   `json:"language"`
	Query              string     `json:"query"`
	Threshold          *Threshold `json:"threshold,omitempty"`
	NewTermsFields     []string   `json:"new_terms_fields,omitempty"`
	HistoryWindowStart string     `json:"history_window_start,omitempty"`
	Index              []string   `json:"index,omitempty"`
	Interval           string     `json:"interval"`
	From               string     `json:"from"`
	To                 string     `json:"to"`
	Enabled            bool       `json:"enabled"`
	Version            int        `json:"version"`
	Tags               []string   `json:"tags"`
	Threat             []threat   `json:"threat"`
	References         []string   `json:"references"`
	FalsePositives     []string   `json:"false_positives"`
	Fields             *fields    `json:"investigation_fields,omitempty"`
	Note               string     `json:"note,omitempty"`
	Setup              string     `json:"setup,omitempty"`
}

type fields struct {
	Names []string `json:"field_names"`
}

type threat struct {
	Framework string      `json:"framework"`
	Tactic    attack      `json:"tactic"`
	Technique []technique `json:"technique"`
}

type attack struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Reference string `json:"reference"`
}

type technique struct {
	attack
	Subtechnique []attack `json:"subtechnique,omitempty"`
}

// lateness is how far a run looks back beyond the last one.
const lateness = time.Minute

func detectionRule(l Language, i backends.Item) (rule, error) {
	minutes := i.Settings.Minutes("interval")
	r := rule{
		RuleID: i.ID(), Name: i.Title(), Description: i.Description(), Author: list(i.Authors()), License: i.Rule.License.Value,
		Severity: i.Severity(), RiskScore: i.RiskScore(),
		Type: "query", Language: l, Query: i.Query,
		// A run looks back one minute beyond the last one, for events that come
		// late; an event that two runs see is one alert.
		Interval: fmt.Sprintf("%dm", minutes), From: fmt.Sprintf("now-%dm", minutes+int(lateness/time.Minute)), To: "now",
		Enabled: i.Settings["enabled"] == "true", Version: 1,
		Tags: list(i.Tags()), Threat: threats(i.Rule.Tags), References: backends.Values(i.Rule.References),
		FalsePositives: backends.Values(i.Rule.FalsePositives), Note: note(i), Setup: setup(i),
	}
	switch {
	case l == ESQL:
		r.Type = "esql" // whose indices stand in the query
	case i.Source.Index != "":
		r.Index = strings.Split(i.Source.Index, ",")
	}
	if len(i.Fields) > 0 {
		r.Fields = &fields{i.Fields}
	}
	if i.Correlation == nil || l == ESQL { // whose query counts by itself
		return r, nil
	}
	a, err := Aggregation(i.Correlation)
	if err == nil {
		err = r.aggregate(a, time.Duration(minutes)*time.Minute)
	}
	if err != nil {
		return r, &backends.Unsupported{Backend: "kql", Feature: backends.FeatureCorrelation, Span: i.Rule.Title.Span, Detail: err.Error()}
	}
	return r, nil
}

// list is never null.
func list(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

func threats(tags []ast.Tag) []threat {
	out := []threat{}
	for _, t := range backends.Threats(tags) {
		techniques := []technique{}
		for _, q := range t.Techniques {
			var subs []attack
			for _, s := range q.Subtechniques {
				subs = append(subs, attack{s.ID, s.Name, s.Reference})
			}
			techniques = append(techniques, technique{attack{q.ID, q.Name, q.Reference}, subs})
		}
		out = append(out, threat{"MITRE ATT&CK", attack{t.Tactic.ID, t.Tactic.Name, t.Tactic.Reference}, techniques})
	}
	return out
}

// note is the guide for those who look into an alert.
func note(i backends.Item) string {
	var b strings.Builder
	b.WriteString("## Sigma rule\n\n")
	for _, line := range []struct{ name, value string }{
		{"Title", i.Rule.Title.Value}, {"Id", i.Rule.ID.Value}, {"Status", i.Rule.Status.String()}, {"Level", i.Rule.Level.String()},
		{"Log source", i.LogSource()}, {"Date", i.Rule.Date.Value}, {"Modified", i.Rule.Modified.Value},
	} {
		if line.value != "" {
			fmt.Fprintf(&b, "- %s: %s\n", line.name, backends.OneLine(line.value))
		}
	}
	return b.String()
}

// setup says what must hold for the rule to work: its log source's definition,
// and what the query takes for granted.
func setup(i backends.Item) string {
	var b strings.Builder
	if d := i.Rule.LogSource.Definition.Value; d != "" {
		fmt.Fprintf(&b, "## Log source\n\n%s\n", strings.TrimSpace(d))
	}
	if len(i.Notes) > 0 {
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		b.WriteString("## What the query takes for granted\n\n")
		for _, n := range i.Notes {
			fmt.Fprintf(&b, "- %s (%s)\n", n.Text, n.Code)
		}
	}
	return b.String()
}

// savedObject is one line of an export of saved objects.
type savedObject struct {
	ID         string     `json:"id"`
	Type       string     `json:"type"`
	Attributes attributes `json:"attributes"`
	References []struct{} `json:"references"`
}

type attributes struct {
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Columns     []string    `json:"columns"`
	Sort        [][2]string `json:"sort"`
	TextBased   bool        `json:"isTextBasedQuery,omitempty"`
	Meta        searchMeta  `json:"kibanaSavedObjectMeta"`
	Grid        struct{}    `json:"grid"`
	Hits        int         `json:"hits"`
}

type searchMeta struct {
	Source string `json:"searchSourceJSON"`
}

// dataView is given in the search itself, so that nothing else must be there
// when it is imported.
type dataView struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	TimeField string `json:"timeFieldName"`
	AllowNone bool   `json:"allowNoIndex"`
}

func savedSearch(l Language, i backends.Item) (string, error) {
	index := i.Source.Index
	if index == "" {
		index = "*"
	}
	source := struct {
		Query  any        `json:"query"`
		Filter []struct{} `json:"filter"`
		Index  dataView   `json:"index"`
	}{
		Query: struct {
			Query    string   `json:"query"`
			Language Language `json:"language"`
		}{i.Query, l},
		Filter: []struct{}{},
		Index:  dataView{"sigmatic-" + index, index, "@timestamp", true},
	}
	if l == ESQL {
		source.Query = map[Language]string{ESQL: i.Query}
	}
	text, err := line(source)
	if err != nil {
		return "", err
	}
	return line(savedObject{
		ID: i.ID(), Type: "search", References: []struct{}{},
		Attributes: attributes{
			Title: i.Title(), Description: i.Description(), Columns: list(i.Fields), Sort: [][2]string{{"@timestamp", "desc"}},
			TextBased: l == ESQL, Meta: searchMeta{strings.TrimSuffix(text, "\n")},
		},
	})
}

// line is a value as one line of JSON.
func line(v any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.String(), err
}
