// Package logsql runs LogsQL as VictoriaLogs 1.121.0 does.
//
// # Evidence
//
// The documents are the LogsQL reference
// (https://docs.victoriametrics.com/victorialogs/logsql/), the data model
// (https://docs.victoriametrics.com/victorialogs/keyconcepts/#data-model) and the
// server's published sources. What counts is the server: testdata/engine holds its
// answers, and the tests named TestLiveDialect ask it again, on those, on every query
// of the golden cases, and on random ones.
//
// # What is stored
//
// Text: numbers and booleans as written, arrays as their JSON without blanks, the
// members of objects as fields with dotted names. Null, the empty text and a
// missing field are one. An event without a message gets the server's default text.
//
// Rows that are stored together form a block, and a column of a block is stored as
// numbers, addresses or times if all its values are one: 12.0 is read back as 12
// there, and exact values and prefixes compare numbers. Which rows are stored
// together is chance, so there is an interpreter for each extreme (Layout); a query
// should select the same under both.
//
// A filter on the stream says where events are; documents are taken to be there.
//
// # What is not
//
// Filters on _time, lengths, and le_field; in() with a query; most pipes.
// They are refused as unknown. The server's block filter of words gives a false
// alarm now and then, which can only show on columns of numbers; this one never
// does.
package logsql
