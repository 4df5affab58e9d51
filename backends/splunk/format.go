package splunk

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/backends"
)

// Formats implements backends.Backend.
func (*Backend) Formats() []backends.Format {
	interval := backends.Interval()
	whole := interval.Check
	interval.Check = func(value string) error {
		if err := whole(value); err != nil {
			return err
		}
		if _, ok := cron(backends.Settings{interval.Name: value}.Minutes(interval.Name)); !ok {
			return fmt.Errorf("a schedule repeats by the hour or the day: expected minutes that divide an hour or hours that divide a day, found %q", value)
		}
		return nil
	}
	return []backends.Format{{
		Name: "savedsearches", Summary: "savedsearches.conf: scheduled searches that raise alerts", Extension: ".conf",
		OneLine: true, Alert: true, Separator: "\n",
		Settings: []backends.Setting{
			interval,
			backends.Flag("enabled", true, "schedule the searches"),
			backends.Flag("es", false, "also make them correlation searches of Enterprise Security"),
		},
		Keys: func(i backends.Item) []string { return []string{stanzaName(i)} }, Print: savedSearch,
	}}
}

// maxESName is the number of characters that Enterprise Security allows in a
// stored name, decoration included.
const maxESName = 99

func stanzaName(i backends.Item) string {
	if i.Settings["es"] == "true" {
		return "Threat - " + i.Title() + " - Rule"
	}
	return i.Title()
}

// savedSearch prints a stanza of savedsearches.conf
// (https://docs.splunk.com/Documentation/Splunk/latest/Admin/Savedsearchesconf).
// Values are one line each: a backslash at a line's end would continue it.
func savedSearch(i backends.Item) (string, error) {
	header := stanzaName(i)
	if err := checkName(i, header); err != nil {
		return "", err
	}
	if strings.ContainsAny(i.Query, "\r\n") || strings.HasSuffix(i.Query, `\`) {
		return "", &backends.Unsupported{Backend: name, Feature: backends.FeatureLineBreak, Span: i.Rule.Title.Span, Detail: "a search in savedsearches.conf is one line that ends in no backslash"}
	}
	n := i.Settings.Minutes("interval")
	schedule, _ := cron(n)
	var s stanza
	fmt.Fprintf(&s, "[%s]\n", header)
	s.set("description", describe(i))
	fmt.Fprintf(&s, "search = %s\n", i.Query)
	s.set("enableSched", bit(i.Settings["enabled"] == "true"))
	s.set("cron_schedule", schedule)
	// The windows of two runs meet, one minute behind the clock for events that
	// come late; a run that was skipped is made up for (realtime_schedule).
	s.set("dispatch.earliest_time", fmt.Sprintf("-%dm@m", n+1))
	s.set("dispatch.latest_time", "-1m@m")
	s.set("realtime_schedule", "0")
	s.set("counttype", "number of events")
	s.set("relation", "greater than")
	s.set("quantity", "0")
	s.set("alert.track", "1")
	s.set("alert.digest_mode", "1")
	s.set("alert.suppress", "0")
	s.set("alert.severity", strconv.Itoa(alertSeverity(i.Rule.Level)))
	if i.Settings["es"] == "true" {
		s.correlationSearch(i)
	}
	return s.String(), nil
}

type stanza struct{ strings.Builder }

// set writes one attribute for people. A trailing backslash would swallow the
// next line.
func (s *stanza) set(key, value string) {
	fmt.Fprintf(s, "%s = %s\n", key, strings.TrimRight(backends.OneLine(value), `\ `))
}

// correlationSearch writes what Enterprise Security reads: the search raises a
// notable event, annotated with the techniques of ATT&CK.
func (s *stanza) correlationSearch(i backends.Item) {
	var ids []string
	for _, t := range backends.Techniques(i.Rule.Tags) {
		ids = append(ids, t.ID)
	}
	annotations := map[string][]string{}
	if ids != nil {
		annotations["mitre_attack"] = ids
	}
	// A map of strings always encodes.
	text, _ := json.Marshal(annotations)
	s.set("action.correlationsearch.enabled", "1")
	s.set("action.correlationsearch.label", i.Title())
	s.set("action.correlationsearch.annotations", string(text))
	s.set("action.notable", "1")
	s.set("action.notable.param.rule_title", plainTokens(i.Title()))
	s.set("action.notable.param.rule_description", plainTokens(backends.OneLine(i.Description())))
	s.set("action.notable.param.security_domain", "threat")
	s.set("action.notable.param.severity", notableSeverity(i.Rule.Level))
}

// plainTokens keeps $…$ from being taken for a token, which Enterprise Security
// replaces by a field of the event.
func plainTokens(text string) string { return strings.ReplaceAll(text, "$", "$$") }

func checkName(i backends.Item, stanza string) error {
	if err := backends.CheckTitle(name, i); err != nil {
		return err
	}
	refuse := func(detail string) error {
		return &backends.Unsupported{Backend: name, Feature: backends.FeatureTitle, Span: i.Rule.Title.Span, Detail: detail}
	}
	switch {
	case strings.ContainsAny(stanza, "[]"):
		return refuse("the name of a stanza cannot hold [ or ]")
	case i.Settings["es"] == "true" && utf8.RuneCountInString(stanza) > maxESName:
		return refuse(fmt.Sprintf("Enterprise Security allows %d characters in a name, %q has %d", maxESName, stanza, utf8.RuneCountInString(stanza)))
	}
	return nil
}

// describe is the description with what savedsearches.conf has no place for.
func describe(i backends.Item) string {
	text := backends.OneLine(i.Description())
	for _, part := range []struct {
		name   string
		values []string
	}{
		{"Author", i.Authors()}, {"False positives", backends.Values(i.Rule.FalsePositives)},
		{"References", backends.Values(i.Rule.References)}, {"Tags", i.Tags()},
		{"Level", []string{i.Rule.Level.String()}}, {"Risk score", []string{strconv.Itoa(i.RiskScore())}}, {"Sigma rule", []string{i.ID()}},
	} {
		if joined := strings.Join(part.values, ", "); joined != "" {
			text += " | " + part.name + ": " + joined
		}
	}
	return text
}

// cron is the schedule that repeats every so many minutes, if there is one that
// never takes a shorter step. The names of months and days are not understood.
func cron(minutes int) (string, bool) {
	hours := minutes / 60
	switch {
	case minutes == 1:
		return "* * * * *", true
	case minutes < 60 && 60%minutes == 0:
		return fmt.Sprintf("*/%d * * * *", minutes), true
	case minutes == 60:
		return "0 * * * *", true
	case minutes%60 == 0 && hours < 24 && 24%hours == 0:
		return fmt.Sprintf("0 */%d * * *", hours), true
	case minutes == 24*60:
		return "0 0 * * *", true
	}
	return "", false
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// alertSeverity is what Splunk Web shows as Info, Low, Medium, High, Critical.
func alertSeverity(l ast.Level) int {
	if l == ast.LevelUnset {
		l = ast.Low
	}
	return int(l)
}

func notableSeverity(l ast.Level) string {
	if l == ast.LevelUnset {
		return ast.Low.String()
	}
	return l.String()
}
