package diag

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// WriteGitHub writes diagnostics as workflow commands, which GitHub Actions
// shows as annotations beside the lines (GitHub Docs, "Workflow commands for
// GitHub Actions", setting a notice, warning or error message:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands).
// Columns are given for findings within one line only, as GitHub refuses them
// for others; endColumn is the last column of the finding.
func WriteGitHub(w io.Writer, list []Diagnostic) error {
	var b strings.Builder
	for _, d := range list {
		b.WriteString("::" + githubCommand(d.Severity) + " ")
		if p := jsonPlace(d.Span); p.File != "" {
			fmt.Fprintf(&b, "file=%s,line=%d,endLine=%d,", githubProperty(filepath.ToSlash(p.File)), p.Line, p.EndLine)
			if p.Line == p.EndLine {
				fmt.Fprintf(&b, "col=%d,endColumn=%d,", p.Column, max(p.Column, p.EndColumn-1))
			}
		}
		message := d.Summary
		if d.Help != "" {
			message += "\nhelp: " + d.Help
		}
		fmt.Fprintf(&b, "title=%s::%s\n", githubProperty("sigmatic "+string(d.Code)), githubData(message))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func githubCommand(s Severity) string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	case Info:
		return "notice"
	}
	return "notice"
}

// The escapes are those of the toolkit that GitHub offers for such commands
// (https://github.com/actions/toolkit, packages/core/src/command.ts,
// escapeData and escapeProperty): a message keeps colons and commas, a
// property does not.
var (
	githubDataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubPropertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func githubData(s string) string     { return githubDataEscapes.Replace(s) }
func githubProperty(s string) string { return githubPropertyEscapes.Replace(s) }
