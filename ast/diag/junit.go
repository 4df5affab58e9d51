package diag

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// WriteJUnit writes diagnostics as a report of tests: one testsuite, in which
// each file is a testcase that fails when it has a finding of failOn or above.
// Other findings stand in its system-out. A file that a finding names and files
// does not is added; findings about no place make a testcase of their own.
//
// The format has no owner; this is the part of it that the schema of the
// Jenkins xUnit plugin (https://github.com/jenkinsci/xunit-plugin, junit-10.xsd)
// and the description at https://github.com/testmoapp/junitxml agree on, and of
// which GitLab (https://docs.gitlab.com/ci/testing/unit_test_reports/) reads the
// first failure of a testcase only, so that there is never a second.
func WriteJUnit(w io.Writer, list []Diagnostic, files []string, failOn Severity) error {
	suite := junitSuite{Name: "sigmatic check"}
	at := map[string]int{}
	add := func(name string) int {
		i, known := at[name]
		if !known {
			i = len(suite.Cases)
			at[name] = i
			suite.Cases = append(suite.Cases, &junitCase{Class: "sigmatic", Name: name, File: name})
		}
		return i
	}
	for _, name := range files {
		add(name)
	}
	byCase := make(map[int][]Diagnostic, len(files))
	for _, d := range list {
		name := fileName(d)
		if name == "" {
			name = "documents"
		}
		i := add(name)
		byCase[i] = append(byCase[i], d)
	}
	for i, c := range suite.Cases {
		c.fill(byCase[i], failOn)
		if c.Failure != nil {
			suite.Failures++
		}
	}
	suite.Tests = len(suite.Cases)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(junitSuites{Suites: []junitSuite{suite}}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Cases    []*junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// fill gives the testcase its findings.
func (c *junitCase) fill(list []Diagnostic, failOn Severity) {
	var failed, other strings.Builder
	for _, d := range list {
		out := &other
		if d.Severity >= failOn {
			out = &failed
			if c.Failure == nil {
				c.Failure = &junitFailure{Message: fmt.Sprintf("%s [%s]", d.Summary, d.Code), Type: d.Severity.String()}
			}
		}
		text := d // an error value prints without its severity
		fmt.Fprintf(out, "%s: %v\n", d.Severity, &text)
		if d.Help != "" {
			fmt.Fprintf(out, "  help: %s\n", d.Help)
		}
	}
	if c.Failure != nil {
		c.Failure.Text = failed.String()
	}
	c.Out = other.String()
}
