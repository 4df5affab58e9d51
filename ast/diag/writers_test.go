package diag

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigmatic/ast/source"
)

var record = flag.Bool("record", false, "write the golden files anew")

// sampleFindings have what a writer can stumble over: letters beyond ASCII before the
// place, a span over lines, characters that formats escape, no place at all.
func sampleFindings() []Diagnostic {
	f := source.NewFile("rules/a b,100%.yml", []byte("title: Grüße\nlevel: hihg # 50%, really: yes\ntags:\n  - attack.T1\n  - x\n"))
	g := source.NewFile("rules/other.yml", []byte("title: \"<&>\x01\"\r\n"))
	at := func(f *source.File, text string) source.Span {
		i := bytes.Index(f.Data, []byte(text))
		return source.Span{File: f, Start: i, End: i + len(text)}
	}
	return []Diagnostic{
		{Code: BadTitle, Severity: Info, Span: at(f, "üße"), Summary: `the title "Grüße" is short`},
		{Code: BadLevel, Severity: Error, Span: at(f, "hihg"), Summary: `unknown level "hihg"`, Help: "did you mean \"high\"?\nlevels: low, high (100%)",
			Related: []Related{{at(f, "title"), "title here"}, {source.Span{}, "nowhere"}}, Fix: &Fix{at(f, "hihg"), "high"}},
		{Code: BadTag, Severity: Warning, Span: at(f, "attack.T1\n  - x"), Summary: "two tags: one, two"},
		{Code: YAMLSyntax, Severity: Error, Span: at(g, "<&>"), Summary: "found <&> and \x01 in \"a]]>b\""},
		{Code: UnknownReference, Severity: Error, Summary: "without a place"},
	}
}

func golden(t *testing.T, name string, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *record {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, b.Bytes(), want)
	}
	return b.Bytes()
}

func TestGoldenJSON(t *testing.T) {
	out := golden(t, "findings.json", func(w io.Writer) error { return WriteJSON(w, sampleFindings()) })
	var list []map[string]any
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 5 || list[0]["column"] != 10.0 || list[0]["end_column"] != 13.0 {
		t.Errorf("columns do not count code points: %v", list[0])
	}
	var b strings.Builder
	if err := WriteJSON(&b, nil); err != nil || b.String() != "[]\n" {
		t.Errorf("no findings give %q, want an empty array", b.String())
	}
}

func TestGoldenSARIF(t *testing.T) {
	run := SARIFRun{Version: "1.0.0", Pages: Pages()}
	out := golden(t, "findings.sarif", func(w io.Writer) error { return WriteSARIF(w, sampleFindings(), run) })
	checkSARIF(t, out)
	for _, c := range []struct{ root, name, want string }{
		{"", "a/b.yml", "a/b.yml"}, {"", "./a.yml", "a.yml"}, {"/repo", "/repo/x y.yml", "x%20y.yml"},
		{"/repo", "/else/x.yml", "file:///else/x.yml"}, {"", "a:b.yml", "./a:b.yml"}, {"/repo", "../x.yml", "../x.yml"},
	} {
		if got := (SARIFRun{Root: c.root}).uri(c.name); got != c.want {
			t.Errorf("%s below %q is %s, want %s", c.name, c.root, got, c.want)
		}
	}
	var b bytes.Buffer
	if err := WriteSARIF(&b, nil, SARIFRun{}); err != nil {
		t.Fatal(err)
	}
	checkSARIF(t, b.Bytes())
}

// checkSARIF demands what the specification marks as required (3.13, 3.14,
// 3.18, 3.19, 3.27, 3.30, 3.49, 3.55 to 3.57), of the properties that are used.
func checkSARIF(t *testing.T, data []byte) {
	t.Helper()
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct{ ID string }
				}
			}
			ColumnKind string
			Results    *[]struct {
				RuleID    string
				RuleIndex *int
				Level     string
				Message   struct{ Text string }
				Locations []struct{ PhysicalLocation sarifPhysical }
				Fixes     []struct {
					ArtifactChanges []struct {
						ArtifactLocation struct{ URI string }
						Replacements     []struct{ DeletedRegion *sarifRegion }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(data, &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 || log.Runs[0].Results == nil || log.Runs[0].Tool.Driver.Name == "" || log.Runs[0].Tool.Driver.Rules == nil {
		t.Fatalf("a required property is missing in %s", data)
	}
	run := log.Runs[0]
	for i, r := range *run.Results {
		if r.Message.Text == "" || r.RuleIndex == nil || run.Tool.Driver.Rules[*r.RuleIndex].ID != r.RuleID {
			t.Errorf("result %d lacks its message, or its rule is another: %+v", i, r)
		}
		if r.Level != "error" && r.Level != "warning" && r.Level != "note" {
			t.Errorf("result %d has the level %q", i, r.Level)
		}
		for _, l := range r.Locations {
			g := l.PhysicalLocation.Region
			if g.StartLine < 1 || g.StartColumn < 1 || g.EndLine < g.StartLine || g.EndLine == g.StartLine && g.EndColumn < g.StartColumn {
				t.Errorf("result %d: region %+v", i, g)
			}
			if strings.ContainsAny(l.PhysicalLocation.Artifact.URI, " \\") {
				t.Errorf("result %d: %q is no URI", i, l.PhysicalLocation.Artifact.URI)
			}
		}
		for _, f := range r.Fixes {
			if len(f.ArtifactChanges) == 0 || f.ArtifactChanges[0].ArtifactLocation.URI == "" ||
				len(f.ArtifactChanges[0].Replacements) == 0 || f.ArtifactChanges[0].Replacements[0].DeletedRegion == nil {
				t.Errorf("result %d: a fix is incomplete", i)
			}
		}
	}
	if run.ColumnKind != "unicodeCodePoints" {
		t.Errorf("columns are of the kind %q", run.ColumnKind)
	}
}

func TestGoldenGitHub(t *testing.T) {
	out := golden(t, "findings.github", func(w io.Writer) error { return WriteGitHub(w, sampleFindings()) })
	if n := bytes.Count(out, []byte("\n")); n != 5 {
		t.Errorf("%d lines for 5 findings: a line break got through", n)
	}
}

func TestGoldenJUnit(t *testing.T) {
	files := []string{"rules/a b,100%.yml", "rules/clean.yml", "rules/other.yml"}
	out := golden(t, "findings.xml", func(w io.Writer) error { return WriteJUnit(w, sampleFindings(), files, Error) })
	var suites struct {
		Suites []struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Cases    []struct {
				Name    string    `xml:"name,attr"`
				Failure *struct{} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(out, &suites); err != nil {
		t.Fatal(err)
	}
	s := suites.Suites[0]
	if len(suites.Suites) != 1 || s.Tests != 4 || s.Failures != 3 || len(s.Cases) != 4 || s.Cases[1].Failure != nil {
		t.Errorf("the counts are wrong: %+v", suites)
	}
	var strict bytes.Buffer
	if err := WriteJUnit(&strict, sampleFindings()[:1], nil, Info); err != nil || !strings.Contains(strict.String(), `failures="1"`) {
		t.Errorf("an info does not fail under info: %s", strict.String())
	}
}
