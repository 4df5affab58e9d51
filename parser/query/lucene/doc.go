// Package lucene reads the languages of Lucene that stand inside other query
// languages: its regular expressions (class RegExp with all operators, as
// Elasticsearch uses it in query_string, regexp and RLIKE), its wildcard
// patterns, and the classic query parser's text (Elasticsearch's query_string).
//
// Pages: "Regular expression syntax" and "Query string query" of the
// Elasticsearch reference; the grammars in the documentation of Lucene's
// org.apache.lucene.util.automaton.RegExp and
// org.apache.lucene.queryparser.classic.
//
// Trees are printable: String of a tree is read as an equal tree.
package lucene

import "fmt"

// SyntaxError says where a text is not of the language.
type SyntaxError struct {
	Offset int // of a byte in the text
	Detail string
}

// Error gives the place and the reason.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("lucene: at byte %d: %s", e.Offset, e.Detail)
}
