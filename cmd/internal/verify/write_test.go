package verify

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"sigmatic/backends"
	"sigmatic/backends/all"
)

// TestWrite shows every verdict in every form.
func TestWrite(t *testing.T) {
	q := queriesOf(t, "dir/planted.yml", []byte("title: Stopped <b>\nlogsource: {product: x}\ndetection:\n  a: {f: Val}\n  condition: a\n"))[0].Query
	bug := planted{old: "(?i)", new: ""}
	differing := tryOne(t, broken{all.Registry().Find("logsql"), bug}, q)
	sound := tryOne(t, all.Registry().Find("splunk"), q)
	refused := &Report{Query: q, Refused: &backends.Unsupported{Backend: "kql", Feature: backends.FeatureRegex, Detail: "KQL has none"}}
	list := []Result{
		{Report: differing, Target: "logsql", Language: "LogsQL", Engine: InterpreterName, Schema: "none"},
		{Report: sound, Target: "splunk", Language: "SPL", Engine: InterpreterName, Schema: "none"},
		{Report: refused, Target: "kql", Language: "KQL", Engine: InterpreterName},
		{Report: &Report{Query: q}, Target: "esql", Language: "ES|QL", Engine: "http://127.0.0.1:1", Err: errors.New("out of reach")},
	}
	for _, c := range []struct {
		format string
		want   []string
	}{
		{"table", []string{
			"DIFFERS            logsql  interpreter         dir/planted.yml:1  Stopped <b>: ",
			"\n  leaf    line 4: \"f\" is \"Val\"\n  query   f:~\"^Val$\"\n  event   {\"f\":\"VAL\"}\n  rule    selects it\n  engine  logsql (interpreter) does not select it; ",
			"\nexact under notes  splunk  interpreter only    dir/planted.yml:1",
			"\nrefused            kql     -                   dir/planted.yml:1  Stopped <b>: regular expression (KQL has none)\n",
			"\nNOT TRIED          esql    http://127.0.0.1:1  dir/planted.yml:1  Stopped <b>: out of reach\n",
		}},
		{"jsonl", []string{
			`"verdict":"differs"`, `"event":{"f":"VAL"},"count":`, `"rule":true,"engine":false,"leaf":"\"f\" is \"Val\"","line":4,"fragment":"f:~\"^Val$\""`,
			`"engine":"interpreter only"`, `"feature":"regular expression"`, `"verdict":"not tried"`, `"seed":7`,
		}},
		{"junit", []string{
			`<testsuite name="logsql, interpreter" tests="1" failures="1" errors="0" skipped="0">`, `<failure message="query and rule differ">`,
			`<skipped message="refused: regular expression (KQL has none)">`, `<error message="out of reach">`, "Stopped &lt;b&gt;",
		}},
		{"html", []string{"Stopped &lt;b&gt;", "DIFFERS", "{&#34;f&#34;:&#34;VAL&#34;}", "interpreter only", "Seed 7"}},
	} {
		var b bytes.Buffer
		if err := Write(&b, c.format, list, 7); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: want %q in\n%s", c.format, want, b.String())
			}
		}
		checkForm(t, c.format, b.Bytes())
	}
	if err := Write(io.Discard, "csv", list, 7); err == nil {
		t.Error("a form that is none was written")
	}
	want := "exact 0, exact under notes 1"
	if s := Summarize(list).String(); !strings.HasPrefix(s, want) || !strings.Contains(s, "refused 1 (regular expression: 1), DIFFERS 1, not tried 1") {
		t.Errorf("the summary is %q", s)
	}
}

// checkForm parses what claims to be JSON or XML.
func checkForm(t *testing.T, format string, data []byte) {
	t.Helper()
	switch format {
	case "jsonl":
		for line := range bytes.Lines(data) {
			if !json.Valid(line) {
				t.Errorf("no JSON: %s", line)
			}
		}
	case "junit":
		if err := xml.Unmarshal(data, new(struct{})); err != nil {
			t.Errorf("no XML: %v", err)
		}
	case "html":
		if bytes.Contains(data, []byte("<b>")) || bytes.Contains(data, []byte("http://www")) {
			t.Error("the page has text that was not escaped, or speaks to the network")
		}
	}
}
