// Package junit writes the XML that build servers read test results from: the
// part that they all share, suites of cases with a failure, an error or a reason
// to skip.
package junit

import (
	"encoding/xml"
	"io"
)

// Suite is a group of cases. Add keeps its counts.
type Suite struct {
	XMLName  xml.Name `xml:"testsuite"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Cases    []Case
}

// Case is one test. It passed if it has none of Failure, Error and Skipped.
type Case struct {
	XMLName xml.Name `xml:"testcase"`
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Failure *Reason  `xml:"failure"`
	Error   *Reason  `xml:"error"`
	Skipped *Reason  `xml:"skipped"`
	Output  string   `xml:"system-out,omitempty"`
}

// Reason says in a line, and at length, why a case did not pass.
type Reason struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// Add puts a case into the suite and counts it.
func (s *Suite) Add(c Case) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

// Write writes a document of suites. Characters that XML has no place for are
// replaced.
func Write(w io.Writer, suites []Suite) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	doc := struct {
		XMLName xml.Name `xml:"testsuites"`
		Suites  []Suite
	}{Suites: suites}
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
