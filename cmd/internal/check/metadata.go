package check

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

var metadataChecks = []Validator{
	{
		Doc: Doc{
			ID: "identifier_existence", Code: diag.NoID, Severity: diag.Warning, Since: "0.1",
			Means:  "The document has no id.",
			Why:    "Matches, exclusions, filters and correlations refer to rules by id; titles change.",
			Mend:   "Give it a fresh UUID, for example from uuidgen.",
			Before: "title: Trail deleted\n",
			After:  "title: Trail deleted\nid: 7ae9ea21-067e-4656-9454-d88ee9295f24\n",
		},
		document: func(f *finder, s *subject) {
			if !s.meta.ID.IsSet() {
				f.report(s.head(), "give it a fresh UUID, for example from uuidgen", "the document has no id")
			}
		},
	},
	{
		Doc: Doc{
			ID: "identifier_uniqueness", Code: diag.SharedID, Severity: diag.Warning, Since: "0.1",
			Means:  "Two documents have the same id.",
			Why:    "A reference by that id means one of them, and nobody knows which. It is usually a copy that was changed.",
			Mend:   "Give one of them a fresh UUID.",
			Before: two("id: 7ae9ea21-067e-4656-9454-d88ee9295f24", "id: 7ae9ea21-067e-4656-9454-d88ee9295f24"),
			After:  two("id: 7ae9ea21-067e-4656-9454-d88ee9295f24", "id: 0c8a3c8e-5a0e-4b0a-9d3c-2f5a6a1f3b77"),
		},
		collection: func(f *finder, all []*subject) {
			unique(f, all, func(s *subject) ast.Text { return s.meta.ID }, "give one of them a fresh UUID", "the id %s is that of %q as well")
		},
	},
	{
		Doc: Doc{
			ID: "duplicate_title", Code: diag.SharedTitle, Severity: diag.Warning, Since: "0.1",
			Means:  "Two documents have the same title.",
			Why:    "An analyst who reads it in an alert cannot tell which rule has fired.",
			Mend:   "Say in one of the titles what makes it different.",
			Before: "title: Trail deleted\nlogsource:\n  product: aws\ndetection:\n  selection:\n    eventName: DeleteTrail\n  condition: selection\n---\ntitle: Trail deleted\nlogsource:\n  product: aws\ndetection:\n  selection:\n    eventName: StopLogging\n  condition: selection\n",
			After:  "title: Trail deleted\nlogsource:\n  product: aws\ndetection:\n  selection:\n    eventName: DeleteTrail\n  condition: selection\n---\ntitle: Trail stopped\nlogsource:\n  product: aws\ndetection:\n  selection:\n    eventName: StopLogging\n  condition: selection\n",
		},
		collection: func(f *finder, all []*subject) {
			unique(f, all, func(s *subject) ast.Text { return s.meta.Title }, "say in one of them what makes it different", "the title %q is that of another document as well")
		},
	},
	{
		Doc: Doc{
			ID: "duplicate_references", Code: diag.RepeatedReference, Severity: diag.Warning, Since: "0.1",
			Means:  "The list of references holds the same entry twice.",
			Why:    "One of the two was probably to be another.",
			Mend:   "Remove one, or correct it.",
			Before: "references:\n  - https://example.org/advisory\n  - https://example.org/advisory\n",
			After:  "references:\n  - https://example.org/advisory\n",
		},
		document: func(f *finder, s *subject) {
			seen := make(map[string]source.Span, len(s.meta.References))
			for _, r := range s.meta.References {
				first, again := seen[r.Value]
				if !again {
					seen[r.Value] = r.Span
					continue
				}
				d := f.report(r.Span, "remove one", "the reference %q stands twice", r.Value)
				d.Related = []diag.Related{{Span: first, Text: "first here"}}
				d.Fix = withoutLine(r.Span)
			}
		},
	},
	{
		Doc: Doc{
			ID: "duplicate_filename", Code: diag.SharedFileName, Severity: diag.Warning, Since: "0.1",
			Means:  "Two files in different folders have the same name.",
			Why:    "Where rules are deployed into one folder, one of them overwrites the other.",
			Mend:   "Rename one of them.",
			Before: "# file: cloud/trail_deleted.yml\ntitle: Trail deleted\n---\n# file: aws/trail_deleted.yml\ntitle: Trail removed\n",
			After:  "# file: cloud/trail_deleted.yml\ntitle: Trail deleted\n---\n# file: aws/trail_removed.yml\ntitle: Trail removed\n",
		},
		collection: sharedFileNames,
	},
	{
		Doc: Doc{
			ID: "filename_length", Code: diag.FileNameLength, Severity: diag.Info, Since: "0.1",
			Means:  "The name of the file has fewer than 10 or more than 90 characters.",
			Why:    "It is a convention of rule repositories: a short name says nothing, a long one is cut off by some tools. It changes nothing of the rule.",
			Mend:   "Rename the file. The parameters min_size and max_size set other limits.",
			Before: "# file: a.yml\ntitle: Trail deleted\n",
			After:  "# file: aws_trail_deleted.yml\ntitle: Trail deleted\n",
			Params: []Param{{"min_size", 10}, {"max_size", 90}},
		},
		collection: fileNameLength,
	},
	{
		Doc: Doc{
			ID: "custom_attributes", Covers: []diag.Code{diag.MisspelledKey}, Severity: diag.Warning, Since: "0.1",
		},
	},
}

// two are a pair of documents, for examples.
func two(first, second string) string {
	doc := func(title, attribute, event string) string {
		return fmt.Sprintf("title: %s\n%s\nlogsource:\n  product: aws\ndetection:\n  selection:\n    eventName: %s\n  condition: selection\n", title, attribute, event)
	}
	return doc("Trail deleted", first, "DeleteTrail") + "---\n" + doc("Trail stopped", second, "StopLogging")
}

// unique reports the documents that share a text with an earlier one. Documents
// that were made from one text share it by nature.
func unique(f *finder, all []*subject, get func(*subject) ast.Text, help, format string) {
	seen := make(map[string]*subject, len(all))
	for _, s := range all {
		text := get(s)
		if text.Value == "" {
			continue
		}
		first := seen[text.Value]
		if first == nil {
			seen[text.Value] = s
			continue
		}
		if get(first).Span == text.Span {
			continue
		}
		args := []any{text.Value}
		if strings.Count(format, "%") > 1 {
			args = append(args, first.meta.Title.Value)
		}
		d := f.report(text.Span, help, format, args...)
		d.Related = []diag.Related{{Span: get(first).Span, Text: "first here"}}
	}
}

// eachFile calls visit for the first document of each file.
func eachFile(all []*subject, visit func(s *subject, base string)) {
	seen := make(map[string]bool, len(all))
	for _, s := range all {
		if name := s.fileName(); name != "" && !seen[name] {
			seen[name] = true
			visit(s, filepath.Base(name))
		}
	}
}

func sharedFileNames(f *finder, all []*subject) {
	first := make(map[string]*subject, len(all))
	eachFile(all, func(s *subject, base string) {
		if earlier := first[base]; earlier != nil {
			d := f.report(s.head(), "rename one of them", "the file name %q is that of another file as well", base)
			d.Related = []diag.Related{{Span: earlier.head(), Text: "first here"}}
			return
		}
		first[base] = s
	})
}

func fileNameLength(f *finder, all []*subject) {
	least, most := f.param("min_size"), f.param("max_size")
	eachFile(all, func(s *subject, base string) {
		if n := utf8.RuneCountInString(base); n < least || n > most {
			f.report(s.head(), "rename the file", "the file name %q has %d characters, %d to %d are usual", base, n, least, most)
		}
	})
}

// withoutLine is the fix that removes an item of a list, where it has a line
// for itself; nil where it has not.
func withoutLine(s source.Span) *diag.Fix {
	if s.IsZero() {
		return nil
	}
	data := string(s.File.Data)
	start := strings.LastIndexByte(data[:s.Start], '\n') + 1
	end := len(data)
	if i := strings.IndexByte(data[s.End:], '\n'); i >= 0 {
		end = s.End + i + 1
	} else { // the last line, which has no line break: the one before it goes
		start = len(strings.TrimSuffix(strings.TrimSuffix(data[:start], "\n"), "\r"))
	}
	before := strings.TrimLeft(data[start:s.Start], "\r\n ")
	if rest, isItem := strings.CutPrefix(before, "-"); !isItem || strings.Trim(rest, " ") != "" || strings.TrimSpace(data[s.End:end]) != "" {
		return nil
	}
	return &diag.Fix{Span: source.Span{File: s.File, Start: start, End: end}}
}
