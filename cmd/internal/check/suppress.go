package check

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// suppressions are the findings that the comments of a file keep back:
//
//	# sigmatic: ignore S0803, filename_length -- why      on the line, or the line before
//	# sigmatic: ignore-file S0821                         anywhere in the file
//
// A comment that names nothing is no suppression: what is kept back unseen is
// never seen again.
type suppressions struct {
	file  Codes
	lines map[int]Codes // by line, from 1
}

func (s suppressions) any() bool { return len(s.file) > 0 || len(s.lines) > 0 }

// has reports whether the finding is kept back.
func (s suppressions) has(d diag.Diagnostic) bool {
	if s.file.Has(d.Code) {
		return true
	}
	return len(s.lines) > 0 && s.lines[d.Span.Position().Line].Has(d.Code)
}

// suppression is a comment of ours: the directive, and what it names.
var suppression = regexp.MustCompile(`(?:^|[ \t])#[ \t]*sigmatic:[ \t]*([^\r\n]*)`)

// readSuppressions finds the comments of a file, and what is wrong with them.
func readSuppressions(f *source.File) (suppressions, []diag.Diagnostic) {
	s := suppressions{lines: map[int]Codes{}}
	if !bytes.Contains(f.Data, []byte("sigmatic:")) {
		return s, nil
	}
	var faults []diag.Diagnostic
	var pending Codes // of comments that wait for their line
	start := 0
	for number, line := range bytes.SplitAfter(f.Data, []byte("\n")) {
		at := suppression.FindSubmatchIndex(line)
		text := bytes.TrimSpace(line)
		alone := len(text) > 0 && text[0] == '#'
		var codes Codes
		if at != nil {
			wholeFile, named, err := parseSuppression(string(line[at[2]:at[3]]))
			if err != nil {
				faults = append(faults, badSuppression(f, start+at[2], start+at[3], err))
			} else if wholeFile {
				s.file = append(s.file, named...)
			} else {
				codes = named
			}
		}
		start += len(line)
		switch {
		case alone:
			pending = append(pending, codes...)
		case len(text) > 0:
			if codes = append(codes, pending...); len(codes) > 0 {
				s.lines[number+1] = codes
			}
			pending = nil
		}
	}
	return s, faults
}

// parseSuppression reads what stands behind "sigmatic:".
func parseSuppression(text string) (wholeFile bool, codes Codes, err error) {
	text, _, _ = strings.Cut(text, "--") // the reason
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' })
	if len(words) == 0 || words[0] != "ignore" && words[0] != "ignore-file" {
		return false, nil, fmt.Errorf("expected ignore or ignore-file, found %q", strings.TrimSpace(text))
	}
	if len(words) == 1 {
		return false, nil, fmt.Errorf("%s names no code", words[0])
	}
	codes, err = ParseCodes(words[1:])
	return words[0] == "ignore-file", codes, err
}

func badSuppression(f *source.File, from, to int, err error) diag.Diagnostic {
	return diag.Diagnostic{
		Code: diag.BadSuppression, Severity: diag.Warning, Span: source.Span{File: f, Start: from, End: to},
		Summary: "the comment suppresses nothing: " + err.Error(),
		Help:    "write: # sigmatic: ignore S0803, or ignore-file, and behind -- the reason",
	}
}

// suppressionPage is the page of its own code.
var suppressionPage = diag.Page{
	Code: diag.BadSuppression, Since: "0.1",
	Means: "A comment that begins with \"sigmatic:\" is no suppression that can be read, or names a code that does not exist.",
	Why:   "The finding that it was to keep back is reported, or, when the code was misspelled, the wrong one is not.",
	Mend:  "Write # sigmatic: ignore and the codes, on the line of the finding or the line before it; or ignore-file for the whole file. A reason may follow behind --.",
	Wrong: "title: Trail deleted # sigmatic: ignore\n",
	Right: "title: Trail deleted # sigmatic: ignore S0821 -- the pipeline gives ids\n",
}
