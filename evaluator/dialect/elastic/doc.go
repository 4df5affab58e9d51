// Package elastic is what ES|QL and KQL share: an index as Elasticsearch makes
// it of documents, and the queries of its query DSL over the index.
//
// It imitates Elasticsearch 8.19: what a mapping indexes of a value
// (ignore_malformed and coerce as in the reference, "Field data types"), which
// terms a document has, and which documents term, wildcard, regexp, range,
// exists and query_string queries select. Every rule was run on Elasticsearch
// 8.19.21 by the live tests of cmd/internal/verify; tests here name the section
// of the project's notes that they rest on.
//
// # Invariants
//
// A document has a field when the field has at least one indexed value: null,
// an empty list and values that do not fit the type leave none. Values of
// keyword, ip, number, date and boolean fields come back in the order of doc
// values: sorted, and, for keyword and ip, each once. Values of text fields come
// back as they were written.
package elastic
