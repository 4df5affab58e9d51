package pipeline

import (
	_ "embed" // for the list of operations
	"slices"
	"strings"
	"unicode"

	"sigmatic/ast"
)

// spelling says how a store spells the values of a field. Sigma ignores letter
// case and stores mostly do not, so a plain comparison is right only with the
// spelling that the store has. A leaf whose values cannot be spelled so for
// certain keeps the case as not known, and a backend then prints the form that
// ignores it.
type spelling struct {
	rule  spellingRule
	names []string    // those of spelledNames, sorted by their lower-case text
	lists []*nameList // of more names
}

type spellingRule uint8

const (
	// spelledNames: a value that is one of the names, but for letter case, is
	// spelled like it. Nothing is said of other values.
	spelledNames  spellingRule = iota
	spelledLower               // ASCII, without upper-case letters
	spelledUpper               // ASCII, without lower-case letters
	spelledFolded              // the store itself ignores letter case
)

// of gives the spellings that the store may have of a value: nil if that is not
// known.
func (s *spelling) of(text string) []string {
	switch s.rule {
	case spelledLower, spelledUpper:
		return []string{s.respell(text)}
	case spelledNames:
		var found []string
		for i := foldIndex(s.names, text); i < len(s.names) && strings.EqualFold(s.names[i], text); i++ {
			found = append(found, s.names[i])
		}
		for _, list := range s.lists {
			for _, name := range list.find(text) {
				if !slices.Contains(found, name) {
					found = append(found, name)
				}
			}
		}
		return found
	case spelledFolded:
	}
	return nil
}

// keeps reports whether a stored text has the spelling that s promises.
func (s *spelling) keeps(text string) bool {
	switch s.rule {
	case spelledLower, spelledUpper:
		return s.respell(text) == text && isASCII(text)
	case spelledNames:
		known := s.of(text)
		return len(known) == 0 || slices.Contains(known, text)
	case spelledFolded:
	}
	return true
}

// respell gives each letter the one of its cases that the store has. A letter
// without such a case is in no stored value, and may stay as it is.
func (s *spelling) respell(text string) string {
	return strings.Map(func(r rune) rune {
		for c := r; ; {
			if c < unicode.MaxASCII && (s.rule == spelledLower && !unicode.IsUpper(c) || s.rule == spelledUpper && !unicode.IsLower(c)) {
				return c
			}
			if c = unicode.SimpleFold(c); c == r {
				return r
			}
		}
	}, text)
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// alike reports whether equal values of two fields are always spelled alike.
func alike(a, b *spelling) bool {
	return a != nil && b != nil && a.rule == b.rule && a.rule != spelledNames
}

// letterCase is the trait of a field whose store ignores case by itself.
func (s *spelling) letterCase() ast.LetterCase {
	if s != nil && s.rule == spelledFolded {
		return ast.CaseFolded
	}
	return ast.CaseUnknown
}

// foldIndex is where the texts that equal text but for letter case begin in a
// list that is sorted by lower-case text.
func foldIndex(sorted []string, text string) int {
	i, _ := slices.BinarySearchFunc(sorted, strings.ToLower(text), func(s, t string) int {
		return strings.Compare(strings.ToLower(s), t)
	})
	return i
}

// nameList is a text of names, one a line, sorted by their lower-case text. It
// is searched as it is embedded: most runs look up a few of its many names.
type nameList struct{ text string }

// awsOperations are the operations of AWS's services. CloudTrail's eventName is
// the operation as the service's API spells it (CloudTrail user guide, "CloudTrail
// record contents": eventName).
//
//go:embed schemas/aws_operations.txt
var awsOperations string

// cloudTrailNames are what CloudTrail logs beside the names of operations: events
// of sign-in (CloudTrail user guide, "AWS Management Console sign-in events"),
// Lambda's operations with the date of their API (Lambda developer guide, "Logging
// Lambda API calls using CloudTrail"), and others that public logs have.
//
//go:embed schemas/cloudtrail_names.txt
var cloudTrailNames string

// nameLists are the lists that a schema can name with an @.
var nameLists = map[string]*nameList{"aws-operations": {awsOperations}, "cloudtrail-names": {cloudTrailNames}}

// find gives the names that equal text but for letter case.
func (l *nameList) find(text string) []string {
	if text == "" || strings.ContainsRune(text, '\n') {
		return nil
	}
	want := strings.ToLower(text)
	low, high := 0, len(l.text) // the byte offsets of lines
	for low < high {
		start := strings.LastIndexByte(l.text[:(low+high)/2], '\n') + 1
		line, _, _ := strings.Cut(l.text[start:], "\n")
		if strings.ToLower(line) < want {
			low = start + len(line) + 1
		} else {
			high = start
		}
	}
	var found []string
	for low < len(l.text) {
		line, _, _ := strings.Cut(l.text[low:], "\n")
		if !strings.EqualFold(line, text) {
			break
		}
		found = append(found, line)
		low += len(line) + 1
	}
	return found
}
