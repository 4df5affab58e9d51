package diag

import (
	"io"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sigmatic/ast/source"
)

// SARIFRun is what a report in SARIF says beside its findings.
type SARIFRun struct {
	Version string // of the program
	Pages   []Page // of the codes; those that have findings become rules
	Root    string // absolute paths below it are given relative to it; "" for none
}

// WriteSARIF writes diagnostics as a log of the Static Analysis Results
// Interchange Format 2.1.0
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html):
// columns count code points (3.14.17), a region's end column is the first
// behind it (3.30.8), paths are relative URIs (3.4.3), and a fix is a
// replacement of a region (3.55).
func WriteSARIF(w io.Writer, list []Diagnostic, run SARIFRun) error {
	log := sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
	}
	rules, index := sarifRules(list, run.Pages)
	results := make([]sarifResult, len(list))
	for i, d := range list {
		results[i] = run.result(d, index[d.Code])
	}
	log.Runs = []sarifRun{{
		Tool: sarifTool{sarifDriver{
			Name: "sigmatic", Version: run.Version, Rules: rules,
		}},
		ColumnKind: "unicodeCodePoints",
		Results:    results,
	}}
	return encode(w, log)
}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool       sarifTool     `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID    Code         `json:"id"`
	Short sarifMessage `json:"shortDescription"`
	Full  sarifMessage `json:"fullDescription"`
	Help  sarifMessage `json:"help"`
}

type sarifMessage struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifResult struct {
	RuleID    Code            `json:"ruleId"`
	RuleIndex int             `json:"ruleIndex"`
	Level     string          `json:"level"`
	Message   sarifMessage    `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
	Related   []sarifLocation `json:"relatedLocations,omitempty"`
	Fixes     []sarifFix      `json:"fixes,omitempty"`
}

type sarifLocation struct {
	ID       *int          `json:"id,omitempty"`
	Physical sarifPhysical `json:"physicalLocation"`
	Message  *sarifMessage `json:"message,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
	EndLine     int `json:"endLine"`
	EndColumn   int `json:"endColumn"`
}

type sarifFix struct {
	Description sarifMessage  `json:"description"`
	Changes     []sarifChange `json:"artifactChanges"`
}

type sarifChange struct {
	Artifact     sarifArtifact      `json:"artifactLocation"`
	Replacements []sarifReplacement `json:"replacements"`
}

type sarifReplacement struct {
	Deleted  sarifRegion  `json:"deletedRegion"`
	Inserted sarifMessage `json:"insertedContent"`
}

// sarifRules gives the rules of the codes that occur, ascending, and the index
// of each.
func sarifRules(list []Diagnostic, pages []Page) ([]sarifRule, map[Code]int) {
	index := map[Code]int{}
	rules := []sarifRule{}
	var codes []Code
	for _, d := range list {
		codes = append(codes, d.Code)
	}
	slices.Sort(codes)
	for _, code := range slices.Compact(codes) {
		index[code] = len(rules)
		rule := sarifRule{ID: code, Short: sarifMessage{Text: string(code)}, Full: sarifMessage{Text: string(code)}, Help: sarifMessage{Text: string(code)}}
		if i := slices.IndexFunc(pages, func(p Page) bool { return p.Code == code }); i >= 0 {
			p := pages[i]
			rule.Short = sarifMessage{Text: sentence(p.Title)}
			rule.Full = sarifMessage{Text: p.Means + " " + p.Why}
			rule.Help = sarifMessage{Text: p.Mend, Markdown: p.Mend + "\n\nwrong:\n\n" + indented(p.Wrong) + "\nright:\n\n" + indented(p.Right)}
		}
		rules = append(rules, rule)
	}
	return rules, index
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// indented makes a code block of Markdown.
func indented(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString("    " + strings.TrimRight(line, "\n") + "\n")
	}
	return b.String()
}

func (r SARIFRun) result(d Diagnostic, rule int) sarifResult {
	message := d.Summary
	if d.Help != "" {
		message += "; " + d.Help
	}
	out := sarifResult{RuleID: d.Code, RuleIndex: rule, Level: sarifLevel(d.Severity), Message: sarifMessage{Text: message}}
	if !d.Span.IsZero() {
		out.Locations = []sarifLocation{{Physical: r.physical(d.Span)}}
	}
	for i, rel := range d.Related {
		if !rel.Span.IsZero() {
			id := i
			out.Related = append(out.Related, sarifLocation{ID: &id, Physical: r.physical(rel.Span), Message: &sarifMessage{Text: rel.Text}})
		}
	}
	if d.Fix != nil && !d.Fix.Span.IsZero() {
		place := r.physical(d.Fix.Span)
		out.Fixes = []sarifFix{{
			Description: sarifMessage{Text: "replace the text"},
			Changes: []sarifChange{{place.Artifact, []sarifReplacement{{
				Deleted: place.Region, Inserted: sarifMessage{Text: d.Fix.Replacement},
			}}}},
		}}
	}
	return out
}

// sarifLevel is the level of SARIF (3.27.10).
func sarifLevel(s Severity) string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	case Info:
		return "note"
	}
	return "none"
}

func (r SARIFRun) physical(s source.Span) sarifPhysical {
	p := jsonPlace(s)
	return sarifPhysical{sarifArtifact{r.uri(p.File)}, sarifRegion{p.Line, p.Column, p.EndLine, p.EndColumn}}
}

// uri is a relative reference where the file lies below the root or was named
// relatively, and a file URI elsewhere (RFC 3986, RFC 8089).
func (r SARIFRun) uri(name string) string {
	if filepath.IsAbs(name) && r.Root != "" {
		if rel, err := filepath.Rel(r.Root, name); err == nil && filepath.IsLocal(rel) {
			name = rel
		}
	}
	absolute := filepath.IsAbs(name)
	name = path.Clean(filepath.ToSlash(name))
	u := url.URL{Path: name}
	if absolute {
		u.Scheme = "file"
		u.Path = "/" + strings.TrimPrefix(name, "/")
	}
	return u.String()
}
