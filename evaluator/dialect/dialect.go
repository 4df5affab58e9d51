// Package dialect is what the interpreters of query languages share: documents
// as a store holds them, and the question which of them a query selects. Each
// language has a package of its own below, written from its vendor's documents
// and from what was measured on its engine.
//
// An interpreter is a judge of the backends: it shares no code with them, nor
// with the reference evaluator's leaves. What it cannot parse or does not know is
// a *QueryError, never a guess.
package dialect

import (
	"encoding/json"
	"fmt"
	"time"
)

// Document is one event as it is sent to a store.
type Document struct {
	ID string
	// Time is when the event happened. The zero time is none.
	Time time.Time
	// Body is a JSON object in its own spelling, which some stores keep.
	Body json.RawMessage
}

// FieldType is how a store with a schema keeps a field.
type FieldType string

// The types of fields. Values that do not fit are kept in the document but not
// indexed, as with Elasticsearch's ignore_malformed.
const (
	Keyword FieldType = "keyword"
	Text    FieldType = "text"
	IP      FieldType = "ip"
	Long    FieldType = "long"
	Double  FieldType = "double"
	Boolean FieldType = "boolean"
	Date    FieldType = "date"
)

// A Mapping gives the types of fields by their dotted names. Fields that it does
// not name are keywords. Languages whose store has no schema ignore it.
type Mapping map[string]FieldType

// Interpreter runs one language, under one choice of what its documents leave
// open.
type Interpreter interface {
	// Name is the target's name: splunk, esql, kql, logsql.
	Name() string
	// Variant tells interpreters of one language apart: what is assumed where the
	// vendor's documents are silent. It is "" where there is nothing to choose.
	Variant() string
	// Load indexes documents as the engine would.
	Load(docs []Document, m Mapping) (Store, error)
}

// Store answers queries on the documents that were loaded. It may be used by
// several goroutines.
type Store interface {
	// Select gives the identifiers of the documents that the query selects, sorted,
	// each once. Commands that only shape the output do not matter. The error is a
	// *QueryError; if it names Documents, ids tells the truth of all others.
	Select(query string) (ids []string, err error)
	// Rows gives the result of a query that aggregates, in its order. The error is
	// a *QueryError.
	Rows(query string) ([]Row, error)
}

// Row is one row of a result, by column: nil, bool, string, json.Number, or a
// []any of these.
type Row map[string]any

// QueryError says why a query does not run: the engine would reject it, or this
// interpreter does not know the construct.
type QueryError struct {
	Language string // as people know it: SPL, ES|QL, KQL, LogsQL
	Offset   int    // of the byte in the query at which it fails; -1 if it has no place
	// Unknown marks a construct outside the subset: nothing is said about the engine.
	Unknown bool
	// Documents are those of which alone the interpreter cannot say whether the
	// query selects them, sorted; nil if it can say nothing of any.
	Documents []string
	Detail    string // lower case
}

// Error gives the language, the place and the reason.
func (e *QueryError) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("%s: %s", e.Language, e.Detail)
	}
	return fmt.Sprintf("%s: at byte %d: %s", e.Language, e.Offset, e.Detail)
}
