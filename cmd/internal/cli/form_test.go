package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"sigmatic/backends/all"
)

// shapes check that a file has the form that its product publishes.
var shapes = map[string]func(*testing.T, string){
	"splunk.savedsearches":    checkSavedSearches,
	"esql.siem_rule_ndjson":   func(t *testing.T, text string) { checkDetectionRules(t, text, "esql", "esql") },
	"kql.siem_rule_ndjson":    func(t *testing.T, text string) { checkDetectionRules(t, text, "query", "kuery") },
	"esql.kibana_ndjson":      checkSavedObjects,
	"kql.kibana_ndjson":       checkSavedObjects,
	"logsql.vmalert":          checkVMAlert,
	"logsql.grafana_alerting": checkGrafana,
}

// customary are schemas of the targets.
var customary = map[string]string{"splunk": "cloudtrail-splunk", "esql": "cloudtrail-ecs", "kql": "cloudtrail-ecs", "logsql": "cloudtrail-victorialogs"}

// TestGoldenFormats writes the rules of testdata/formats in every format of
// every target, and one of them in the terms of a schema. The bytes stand in files
// there, and each has its product's form.
func TestGoldenFormats(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "testdata", "formats")
	for _, b := range all.Registry() {
		for _, f := range b.Formats() {
			name := b.Name() + "." + f.Name
			check := shapes[name]
			if check == nil {
				t.Fatalf("no test knows the form of %s", name)
			}
			t.Run(name, func(t *testing.T) {
				golden := filepath.Join(dir, name+f.Extension)
				check(t, goldenFormat(t, golden, "-t", b.Name(), "-f", f.Name, "--schema", "none", filepath.Join(dir, "rules")))
			})
			t.Run(name+".schema", func(t *testing.T) {
				golden := filepath.Join(dir, name+".schema"+f.Extension)
				check(t, goldenFormat(t, golden, "-t", b.Name(), "-f", f.Name, "--schema", customary[b.Name()], filepath.Join(dir, "rules", "full.yml")))
			})
		}
	}
}

// TestGoldenAggregatingRules: threshold rules and rules for new terms have the
// keys of their types beside those of all (threshold_attributes.schema.yaml and
// new_terms_attributes.schema.yaml of elastic/kibana).
func TestGoldenAggregatingRules(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "testdata", "formats")
	golden := filepath.Join(dir, "kql.siem_rule_ndjson.correlations.ndjson")
	text := goldenFormat(t, golden, "-t", "kql", "-f", "siem_rule_ndjson", "--schema", "none", filepath.Join(dir, "correlations", "kibana.yml"))
	var kinds []string
	for line := range strings.Lines(text) {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		kind := fmt.Sprint(r["type"])
		kinds = append(kinds, kind)
		checkDetectionRules(t, line, kind, "kuery")
		if th := object(r["threshold"]); kind == "threshold" {
			keys(t, kind, th, "field value", "cardinality")
			demand(t, kind, th["field"] != nil && th["value"].(float64) >= 1, "threshold %v", th)
			for _, c := range array(th["cardinality"]) {
				keys(t, kind, object(c), "field value", "")
			}
		}
		if n := len(array(r["new_terms_fields"])); kind == "new_terms" {
			demand(t, kind, n >= 1 && n <= 3, "%d fields", n)
		}
	}
	if got := strings.Join(kinds, " "); got != "query threshold threshold new_terms" {
		t.Errorf("types %s", got)
	}
}

// goldenFormat converts, and compares what is written with a golden file.
func goldenFormat(t *testing.T, golden string, args ...string) string {
	t.Helper()
	status, out, report := run(t, append([]string{"convert"}, args...)...)
	if status != statusOK {
		t.Fatalf("exit status %d\n%s", status, report)
	}
	if *record {
		if err := os.WriteFile(golden, []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}
	return out
}

// TestFormatsOfCorpus demands the products' forms for hundreds of rules of
// SigmaHQ.
func TestFormatsOfCorpus(t *testing.T) {
	cloud := filepath.Join(shared(t), "data", "rules", "sigma", "rules", "cloud")
	linux := filepath.Join(shared(t), "data", "rules", "sigma", "rules", "linux")
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		t.Run(name, func(t *testing.T) {
			target, format, _ := strings.Cut(name, ".")
			status, out, report := run(t, "convert", "-q", "--allow-refused", "-t", target, "-f", format, cloud, linux)
			if status != statusOK {
				t.Fatalf("exit status %d\n%s", status, report)
			}
			shapes[name](t, out)
		})
	}
}

// demand reports where a value is not what a schema wants of it.
func demand(t *testing.T, where string, ok bool, format string, args ...any) {
	t.Helper()
	if !ok {
		t.Errorf("%s: %s", where, fmt.Sprintf(format, args...))
	}
}

// keys demands that a map has all of required, and nothing beside them but optional.
func keys(t *testing.T, where string, m map[string]any, required, optional string) {
	t.Helper()
	all := strings.Fields(required + " " + optional)
	for _, k := range strings.Fields(required) {
		_, ok := m[k]
		demand(t, where, ok, "%s is missing", k)
	}
	for k := range m {
		demand(t, where, slices.Contains(all, k), "%s is not known", k)
	}
}

func object(v any) map[string]any { m, _ := v.(map[string]any); return m }
func array(v any) []any           { l, _ := v.([]any); return l }

var (
	uuidForm     = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	intervalForm = regexp.MustCompile(`^\d+[smhd]$`)
	metadataForm = regexp.MustCompile(`^FROM .* METADATA _id, _index, _version\n`)
	countForm    = regexp.MustCompile(`\| stats count\(\) as matches\s\| filter matches:>0$`)
	uidForm      = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)
	headerForm   = regexp.MustCompile(`^\[[^\[\]]+\]$`)
)

// checkDetectionRules holds lines to RuleToImport of Kibana's detection engine:
// BaseRequiredFields, BaseDefaultableFields and the fields of the type, in
// rule_schemas.schema.yaml and common_attributes.schema.yaml of elastic/kibana.
func checkDetectionRules(t *testing.T, text, kind, language string) {
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		where := fmt.Sprint(r["name"])
		optional := "license investigation_fields note setup"
		if kind == "query" {
			optional += " index" // "This field is not supported for ES|QL rules"
		}
		switch kind {
		case "threshold":
			optional += " index threshold"
		case "new_terms":
			optional += " index new_terms_fields history_window_start"
		}
		keys(t, where, r, "name description risk_score severity rule_id type language query interval from to enabled version tags author threat references false_positives", optional)
		score, _ := r["risk_score"].(float64)
		demand(t, where, r["type"] == kind && r["language"] == language, "type %v, language %v", r["type"], r["language"])
		demand(t, where, r["name"] != "" && r["description"] != "" && r["query"] != "", "an empty name, description or query")
		demand(t, where, slices.Contains([]any{"low", "medium", "high", "critical"}, r["severity"]), "severity %v", r["severity"])
		demand(t, where, score >= 0 && score <= 100 && score == float64(int(score)), "risk score %v", score)
		demand(t, where, intervalForm.MatchString(fmt.Sprint(r["interval"])), "interval %v", r["interval"])
		id := fmt.Sprint(r["rule_id"])
		demand(t, where, uuidForm.MatchString(id) && !seen[id], "rule_id %s", id)
		seen[id] = true
		for _, threat := range array(r["threat"]) {
			th := object(threat)
			keys(t, where, th, "framework tactic technique", "")
			keys(t, where, object(th["tactic"]), "id name reference", "")
			for _, technique := range array(th["technique"]) {
				keys(t, where, object(technique), "id name reference", "subtechnique")
				for _, sub := range array(object(technique)["subtechnique"]) {
					keys(t, where, object(sub), "id name reference", "")
				}
			}
		}
		if kind == "esql" {
			// Without STATS, alerts are told apart by the metadata field _id.
			demand(t, where, metadataForm.MatchString(fmt.Sprint(r["query"])), "the query has no metadata: %v", r["query"])
		}
	}
}

// checkSavedObjects holds lines to the export of saved objects, and the search
// source to SerializedSearchSourceFields of elastic/kibana: a data view that is
// given in place needs no other object.
func checkSavedObjects(t *testing.T, text string) {
	for line := range strings.Lines(text) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		a := object(o["attributes"])
		where := fmt.Sprint(a["title"])
		keys(t, where, o, "id type attributes references", "")
		demand(t, where, o["type"] == "search" && o["references"] != nil && len(array(o["references"])) == 0, "type %v, references %v", o["type"], o["references"])
		keys(t, where, a, "title description columns sort kibanaSavedObjectMeta grid hits", "isTextBasedQuery")
		var source map[string]any
		if err := json.Unmarshal([]byte(fmt.Sprint(object(a["kibanaSavedObjectMeta"])["searchSourceJSON"])), &source); err != nil {
			t.Fatal(err)
		}
		keys(t, where, source, "query filter index", "")
		query := object(source["query"])
		if a["isTextBasedQuery"] == true {
			keys(t, where, query, "esql", "")
		} else {
			keys(t, where, query, "query language", "")
			demand(t, where, query["language"] == "kuery", "language %v", query["language"])
		}
		keys(t, where, object(source["index"]), "id title timeFieldName allowNoIndex", "")
	}
}

var (
	savedSearchKeys = strings.Fields(`description search enableSched cron_schedule dispatch.earliest_time dispatch.latest_time realtime_schedule
		counttype relation quantity alert.track alert.digest_mode alert.suppress alert.severity`)
	cronForm = regexp.MustCompile(`^[\d*/]+( [\d*/]+){4}$`)
)

// checkSavedSearches reads a file as savedsearches.conf.spec describes it:
// stanzas of attributes, one line each unless it ends in a backslash; five fields
// in a schedule; severities from 1 to 6.
func checkSavedSearches(t *testing.T, text string) {
	seen := map[string]bool{}
	for stanza := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n\n") {
		header, body, _ := strings.Cut(stanza, "\n")
		demand(t, header, headerForm.MatchString(header) && !seen[header], "no name of a stanza, or one that is taken")
		seen[header] = true
		values := map[string]string{}
		for line := range strings.SplitSeq(body, "\n") {
			key, value, ok := strings.Cut(line, " = ")
			demand(t, header, ok && slices.Contains(savedSearchKeys, key), "the line %q", line)
			demand(t, header, !strings.HasSuffix(line, `\`), "the line %q goes on", line)
			values[key] = value
		}
		demand(t, header, len(values) == len(savedSearchKeys), "%d attributes, want %d", len(values), len(savedSearchKeys))
		demand(t, header, cronForm.MatchString(values["cron_schedule"]), "schedule %q", values["cron_schedule"])
		demand(t, header, len(values["alert.severity"]) == 1 && strings.Contains("123456", values["alert.severity"]), "severity %q", values["alert.severity"])
	}
}

// expand runs a text as the template of Go that it is to vmalert and Grafana.
func expand(t *testing.T, where, text string) string {
	t.Helper()
	tmpl, err := template.New(where).Parse(text)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return ""
	}
	var b strings.Builder
	if err := tmpl.Execute(&b, nil); err != nil {
		t.Errorf("%s: %v", where, err)
	}
	return b.String()
}

// trap is the description of testdata/formats/rules/traps.yml.
const trap = "- \"quoted\" start: with {{ template }} and $dollar, ${braced}, $$, %{ENV}\n# a comment, and a trailing backslash \\"

// checkVMAlert holds a file to the documented fields of groups and alerting
// rules (https://docs.victoriametrics.com/victoriametrics/vmalert/#groups).
// vmalert refuses fields that it does not know, a name of a group that stands
// twice, and annotations that are no templates; before all that it expands
// %{NAME} in the bytes.
func checkVMAlert(t *testing.T, text string) {
	demand(t, "the file", !strings.Contains(text, "%{"), "%%{ is left to be expanded")
	var file map[string]any
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	keys(t, "the file", file, "groups", "")
	seen := map[any]bool{}
	for _, g := range array(file["groups"]) {
		group := object(g)
		where := fmt.Sprint(group["name"])
		keys(t, where, group, "name type interval rules", "")
		demand(t, where, !seen[where], "the name is taken")
		seen[where] = true
		demand(t, where, group["type"] == "vlogs" && intervalForm.MatchString(fmt.Sprint(group["interval"])), "type %v, interval %v", group["type"], group["interval"])
		for _, r := range array(group["rules"]) {
			rule := object(r)
			keys(t, where, rule, "alert expr labels annotations", "")
			demand(t, where, countForm.MatchString(fmt.Sprint(rule["expr"])), "expr %v", rule["expr"])
			checkTemplates(t, where, rule, func(s string) string { return s })
		}
	}
}

// checkTemplates runs labels and annotations, and looks whether the trap comes
// out as it went in.
func checkTemplates(t *testing.T, where string, rule map[string]any, environment func(string) string) {
	for _, of := range []string{"labels", "annotations"} {
		for k, v := range object(rule[of]) {
			text, ok := v.(string)
			demand(t, where, ok, "%s is no string: %v", k, v)
			shown := expand(t, where, environment(text))
			if k == "description" && strings.HasPrefix(where, "Costs ") {
				demand(t, where, shown == trap, "the description is shown as %q", shown)
			}
		}
	}
}

// checkGrafana holds a file to what file provisioning demands
// (AlertRuleGroupV1 and AlertRuleV1 in pkg/services/provisioning/alerting of
// grafana/grafana): orgId, name, folder and interval of a group; uid, title,
// condition and data of a rule; states of a closed set. It expands $NAME in texts,
// and $$ is a dollar sign.
func checkGrafana(t *testing.T, text string) {
	environment := func(s string) string {
		parts := strings.Split(s, "$$")
		for i := range parts {
			parts[i] = os.Expand(parts[i], func(string) string { return "" })
		}
		return strings.Join(parts, "$")
	}
	var file map[string]any
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	keys(t, "the file", file, "apiVersion groups", "")
	seen := map[any]bool{}
	for _, g := range array(file["groups"]) {
		group := object(g)
		where := fmt.Sprint(group["name"])
		keys(t, where, group, "orgId name folder interval rules", "")
		for _, r := range array(group["rules"]) {
			rule := object(r)
			keys(t, where, rule, "uid title condition data noDataState execErrState for labels annotations", "")
			demand(t, where, uidForm.MatchString(fmt.Sprint(rule["uid"])) && !seen[rule["uid"]], "uid %v", rule["uid"])
			seen[rule["uid"]] = true
			if strings.HasPrefix(where, "Costs ") {
				title := environment(fmt.Sprint(rule["title"]))
				demand(t, where, title == `Costs $HOME {{ .Values }} %{ENV} ${x} <b> & "q" # no comment`, "the title is %q", title)
			}
			demand(t, where, rule["noDataState"] == "OK" && rule["execErrState"] == "Error", "states %v, %v", rule["noDataState"], rule["execErrState"])
			refs := map[any]bool{}
			for _, d := range array(rule["data"]) {
				keys(t, where, object(d), "refId relativeTimeRange datasourceUid model", "")
				refs[object(d)["refId"]] = true
			}
			demand(t, where, refs[rule["condition"]], "condition %v is none of the queries", rule["condition"])
			checkTemplates(t, where, rule, environment)
			checkTemplates(t, where, rule, func(s string) string { return s }) // other versions expand less
		}
	}
}

// TestTemplatePage demands that the page on templates names all data, and shows
// the example as it is.
func TestTemplatePage(t *testing.T) {
	page, err := os.ReadFile("../../../docs/templates.md")
	if err != nil {
		t.Fatal(err)
	}
	for i := range reflect.TypeFor[templateData]().NumField() {
		name := reflect.TypeFor[templateData]().Field(i).Name
		demand(t, "templates.md", strings.Contains(string(page), "`."+name+"`"), ".%s is missing", name)
	}
	for name := range templateFuncs {
		demand(t, "templates.md", strings.Contains(string(page), "`"+name), "%s is missing", name)
	}
	example, err := os.ReadFile("../../../docs/examples/alert.yml.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	demand(t, "templates.md", strings.Contains(string(page), string(example)), "the example differs from its file")
}
