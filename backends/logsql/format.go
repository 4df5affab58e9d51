package logsql

import (
	"bytes"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"sigmatic/backends"
)

// Formats implements backends.Backend.
func (Backend) Formats() []backends.Format {
	return []backends.Format{
		{
			Name: "vmalert", Summary: "alerting rules of vmalert", Extension: ".yml",
			Alert: true, Head: "groups:\n",
			Settings: []backends.Setting{backends.Interval()},
			Keys:     func(i backends.Item) []string { return []string{groupName(i)} }, Print: vmalertGroup,
		},
		{
			Name: "grafana_alerting", Summary: "alert rules of Grafana, to provision from a file", Extension: ".yml",
			Alert: true, Head: "apiVersion: 1\ngroups:\n",
			Settings: []backends.Setting{
				backends.Interval(),
				{Name: "datasource", Default: "victorialogs", Summary: "the UID of the VictoriaLogs data source"},
				{Name: "folder", Default: "Sigma", Summary: "the folder of the rules"},
			},
			// A UID is unique, and so is a title in its folder.
			Keys: func(i backends.Item) []string { return []string{i.ID(), i.Title()} }, Print: grafanaGroup,
		},
	}
}

// groupName is unique for each rule: vmalert refuses a file that has a name twice.
func groupName(i backends.Item) string { return i.Title() + " " + i.ID() }

// vmalertGroup prints a group of one rule
// (https://docs.victoriametrics.com/victoriametrics/vmalert/#groups, and for
// type: vlogs https://docs.victoriametrics.com/victorialogs/vmalert/). The query
// has no time filter: vmalert adds one of the group's interval.
func vmalertGroup(i backends.Item) (string, error) {
	if err := backends.CheckTitle(name, i); err != nil {
		return "", err
	}
	type alert struct {
		Alert       text        `yaml:"alert"`
		Expr        text        `yaml:"expr"`
		Labels      labels      `yaml:"labels"`
		Annotations annotations `yaml:"annotations"`
	}
	type group struct {
		Name     text    `yaml:"name"`
		Type     string  `yaml:"type"`
		Interval string  `yaml:"interval"`
		Rules    []alert `yaml:"rules"`
	}
	return entry(group{
		Name: text(groupName(i)), Type: "vlogs", Interval: minutes(i),
		Rules: []alert{{
			Alert:  text(i.Title()),
			Expr:   text(counted(i) + separator(i) + "| filter matches:>0"),
			Labels: labelsOf(i), Annotations: annotationsOf(i, func(s string) text { return text(plainTemplate(s)) }),
		}},
	})
}

// grafanaGroup prints a group of one rule, as file provisioning reads it
// (https://grafana.com/docs/grafana/latest/alerting/set-up/provision-alerting-resources/file-provisioning/).
// A counts, B takes the last count, C compares: server-side expressions want
// the three apart. The data source answers with a series for queryType stats
// only (https://github.com/VictoriaMetrics/victorialogs-datasource).
func grafanaGroup(i backends.Item) (string, error) {
	if err := backends.CheckTitle(name, i); err != nil {
		return "", err
	}
	// Whoever provisions puts variables of the environment in place of $name.
	plain := func(s string) text { return text(strings.ReplaceAll(s, "$", "$$")) }
	templated := func(s string) text {
		return text(strings.ReplaceAll(plainTemplate(s), "$", `{{ "\u0024" }}`))
	}
	seconds := 60 * i.Settings.Minutes("interval")
	// One minute behind the clock, for events that come late.
	window := timeRange{From: seconds + 60, To: 60}
	return entry(grafanaRules{
		OrgID: 1, Name: plain(groupName(i)), Folder: plain(i.Settings["folder"]), Interval: minutes(i),
		Rules: []grafanaRule{{
			UID: i.ID(), Title: plain(i.Title()), Condition: "C", NoData: "OK", Error: "Error", For: "0s",
			Data: []grafanaData{
				{RefID: "A", Range: window, Datasource: plain(i.Settings["datasource"]), Model: model{
					RefID: "A", Datasource: datasource{"victoriametrics-logs-datasource", text(i.Settings["datasource"])},
					Expr: text(counted(i)), QueryType: "stats", EditorMode: "code",
				}},
				{RefID: "B", Range: window, Datasource: "__expr__", Model: model{
					RefID: "B", Datasource: datasource{"__expr__", "__expr__"}, Type: "reduce", Expression: "A", Reducer: "last",
				}},
				{RefID: "C", Range: window, Datasource: "__expr__", Model: model{
					RefID: "C", Datasource: datasource{"__expr__", "__expr__"}, Type: "threshold", Expression: "B",
					Conditions: []condition{{evaluator{"gt", []int{0}}}},
				}},
			},
			Labels: labelsOf(i), Annotations: annotationsOf(i, templated),
		}},
	})
}

type (
	grafanaRules struct {
		OrgID    int           `yaml:"orgId"`
		Name     text          `yaml:"name"`
		Folder   text          `yaml:"folder"`
		Interval string        `yaml:"interval"`
		Rules    []grafanaRule `yaml:"rules"`
	}
	grafanaRule struct {
		UID         string        `yaml:"uid"`
		Title       text          `yaml:"title"`
		Condition   string        `yaml:"condition"`
		Data        []grafanaData `yaml:"data"`
		NoData      string        `yaml:"noDataState"`
		Error       string        `yaml:"execErrState"`
		For         string        `yaml:"for"`
		Labels      labels        `yaml:"labels"`
		Annotations annotations   `yaml:"annotations"`
	}
	grafanaData struct {
		RefID      string    `yaml:"refId"`
		Range      timeRange `yaml:"relativeTimeRange"`
		Datasource text      `yaml:"datasourceUid"`
		Model      model     `yaml:"model"`
	}
	timeRange struct {
		From int `yaml:"from"`
		To   int `yaml:"to"`
	}
	model struct {
		RefID      string      `yaml:"refId"`
		Datasource datasource  `yaml:"datasource"`
		Expr       text        `yaml:"expr,omitempty"`
		QueryType  string      `yaml:"queryType,omitempty"`
		EditorMode string      `yaml:"editorMode,omitempty"`
		Type       string      `yaml:"type,omitempty"`
		Expression string      `yaml:"expression,omitempty"`
		Reducer    string      `yaml:"reducer,omitempty"`
		Conditions []condition `yaml:"conditions,omitempty"`
	}
	datasource struct {
		Type string `yaml:"type"`
		UID  text   `yaml:"uid"`
	}
	condition struct {
		Evaluator evaluator `yaml:"evaluator"`
	}
	evaluator struct {
		Type   string `yaml:"type"`
		Params []int  `yaml:"params,flow"`
	}
)

// labels go with an alert wherever it is sent, and are what it is routed by.
type labels struct {
	Severity  string `yaml:"severity"`
	Level     string `yaml:"level,omitempty"`
	RiskScore string `yaml:"risk_score"`
	RuleID    string `yaml:"rule_id"`
}

func labelsOf(i backends.Item) labels {
	return labels{i.Severity(), i.Rule.Level.String(), fmt.Sprint(i.RiskScore()), i.ID()}
}

type annotations struct {
	Summary        text `yaml:"summary"`
	Description    text `yaml:"description"`
	Author         text `yaml:"author,omitempty"`
	References     text `yaml:"references,omitempty"`
	FalsePositives text `yaml:"falsepositives,omitempty"`
	Tags           text `yaml:"tags,omitempty"`
	Attack         text `yaml:"mitre_attack,omitempty"`
	LogSource      text `yaml:"logsource,omitempty"`
	Assumptions    text `yaml:"assumptions,omitempty"`
}

func annotationsOf(i backends.Item, escape func(string) text) annotations {
	lines := func(list []string) text { return escape(strings.Join(list, "\n")) }
	var attack, assumptions []string
	for _, t := range backends.Threats(i.Rule.Tags) {
		attack = append(attack, fmt.Sprintf("%s (%s)", t.Tactic.Name, t.Tactic.ID))
		for _, q := range t.Techniques {
			attack = append(attack, fmt.Sprintf("%s (%s)", q.Name, q.ID))
			for _, s := range q.Subtechniques {
				attack = append(attack, fmt.Sprintf("%s: %s (%s)", q.Name, s.Name, s.ID))
			}
		}
	}
	for _, n := range i.Notes {
		assumptions = append(assumptions, fmt.Sprintf("%s (%s)", n.Text, n.Code))
	}
	return annotations{
		Summary: escape(i.Title()), Description: escape(strings.TrimSpace(i.Description())),
		Author: escape(strings.Join(i.Authors(), ", ")), References: lines(backends.Values(i.Rule.References)),
		FalsePositives: lines(backends.Values(i.Rule.FalsePositives)), Tags: escape(strings.Join(i.Tags(), ", ")),
		Attack: lines(attack), LogSource: escape(i.LogSource()), Assumptions: lines(assumptions),
	}
}

// counted counts the events that the query selects.
func counted(i backends.Item) string { return i.Query + separator(i) + "| stats count() as matches" }

// separator stands before a pipe: on a line of its own below a query of several.
func separator(i backends.Item) string {
	if strings.Contains(i.Query, "\n") {
		return "\n"
	}
	return " "
}

func minutes(i backends.Item) string { return fmt.Sprintf("%dm", i.Settings.Minutes("interval")) }

// plainTemplate keeps text from being taken for a template of Go, as annotations
// are.
func plainTemplate(s string) string { return strings.ReplaceAll(s, "{{", `{{ "{{" }}`) }

// text is a string in YAML. vmalert puts variables of the environment in place
// of %{NAME} before it reads the YAML, so that this never stands in the file.
type text string

// MarshalYAML implements yaml.Marshaler.
func (t text) MarshalYAML() (any, error) {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: string(t)}
	switch {
	case strings.Contains(string(t), "%{"):
		n.Style = yaml.DoubleQuotedStyle
	case strings.Contains(string(t), "\n"):
		n.Style = yaml.LiteralStyle
	}
	return n, nil
}

// entry is a value as one entry of a list.
func entry(v any) (string, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode([]any{v}); err != nil {
		return "", err
	}
	// Only text in double quotes holds %{, where \x25 is a percent sign.
	return strings.ReplaceAll(b.String(), "%{", `\x25{`), enc.Close()
}
