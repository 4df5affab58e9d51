// Package dialecttest holds what the tests of every interpreter do: they load
// documents and put queries to them.
package dialecttest

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"sigmatic/evaluator/dialect"
)

// Documents reads lines of an identifier, a blank and JSON. Between one event and
// the next passes the time that is given.
func Documents(lines string, step time.Duration) []dialect.Document {
	var docs []dialect.Document
	at := time.Date(2024, 1, 15, 12, 0, 0, 0, time.UTC)
	for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
		id, body, _ := strings.Cut(strings.TrimSpace(line), " ")
		docs = append(docs, dialect.Document{ID: id, Time: at, Body: json.RawMessage(body)})
		at = at.Add(step)
	}
	return docs
}

// Numbered makes documents of bodies; their identifiers are their numbers, from 0.
func Numbered(bodies ...string) []dialect.Document {
	docs := make([]dialect.Document, len(bodies))
	for i, b := range bodies {
		docs[i] = dialect.Document{ID: strconv.Itoa(i), Time: time.Unix(int64(i), 0), Body: json.RawMessage(b)}
	}
	return docs
}

// Load gives a store of documents.
func Load(t testing.TB, i dialect.Interpreter, m dialect.Mapping, docs []dialect.Document) dialect.Store {
	t.Helper()
	s, err := i.Load(docs, m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Answer gives the identifiers that a query selects in one text, or how it failed:
// "error", or "unknown".
func Answer(s dialect.Store, query string) string {
	ids, err := s.Select(query)
	var q *dialect.QueryError
	switch {
	case errors.As(err, &q) && q.Unknown:
		return "unknown"
	case err != nil:
		return "error"
	}
	return strings.Join(ids, " ")
}
