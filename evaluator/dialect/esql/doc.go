// Package esql interprets ES|QL on documents in memory, as Elasticsearch 8.19
// does.
//
// It is written from the reference ("ES|QL functions and operators", "ES|QL
// commands", "Use ES|QL multivalued fields", "ES|QL search functions") and from
// what was measured on Elasticsearch 8.19.21 (emissions §1, engines §3); the live
// tests of cmd/internal/verify hold it to that engine.
//
// # Values
//
// An expression has a type, which is known before any row is read, and in each
// row a list of values: none is null, several are a multi-value. Operators and
// most functions want one value of each operand and are null otherwise. WHERE
// keeps a row only when its condition is true.
//
// # Searches
//
// QSTR, MATCH, MATCH_PHRASE and the operator : ask the index. They are true or
// false and never null, an array matches by any of its members, and they stand
// only in conditions, under AND, OR and NOT. QSTR does so only before a command
// that changes the columns.
//
// # Letter case
//
// TO_LOWER folds as Java does, except beside a constant: the optimizer turns
// TO_LOWER(f) == "v", and LIKE or RLIKE with a pattern that matches one text only,
// into a comparison that folds the letters of ASCII and no others (emissions §6.2).
//
// # Not known
//
// Commands and functions that are not listed here, date math, words in text
// fields, KQL(…), and everything that depends on the order of rows or on the
// clock are errors marked as unknown.
package esql
