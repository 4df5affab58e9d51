// Package esql reads ES|QL, the piped language of Elasticsearch, into a typed
// tree, and prints it.
//
// It knows the commands FROM, ROW, WHERE, EVAL, STATS, SORT, LIMIT, KEEP, DROP,
// RENAME and MV_EXPAND, and all expressions but parameters (?name). It follows
// the grammar of Elasticsearch 8.19 (pages "ES|QL syntax", "ES|QL commands",
// "ES|QL functions and operators" of the reference).
//
// The tree keeps the parentheses that were written; String adds those that a
// tree of one's own needs for precedence. Query.String of what was parsed parses
// to an equal tree, offsets apart.
package esql

import "fmt"

// SyntaxError says where a text is not ES|QL.
type SyntaxError struct {
	Offset int // of a byte in the text
	// Unknown says that the engine may know what stands there: a command that this
	// package does not read.
	Unknown bool
	Detail  string
}

// Error gives the place and the reason.
func (e *SyntaxError) Error() string { return fmt.Sprintf("esql: at byte %d: %s", e.Offset, e.Detail) }
