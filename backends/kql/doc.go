// Package kql prints queries in KQL, the language of Kibana's query bar. It is
// not Microsoft's Kusto, which goes by the same three letters.
//
// The target is Kibana: it parses KQL in the browser (kbn-es-query: grammar.peggy)
// and sends Elasticsearch the query DSL that is.ts, range.ts and wildcard.ts of
// that package build. Elasticsearch has a second reader, the kql query, which
// differs. Where one text means the same to both, that text is printed: groups
// always in parentheses, no lists of values, no not of a not. Claims below are
// from that source, from the reference
// (https://www.elastic.co/docs/explore-analyze/query-filter/languages/kql), or
// measured on Elasticsearch 8.19.21: by its kql query, and by the DSL that the
// rules of Kibana's grammar give.
//
// # What the language can say
//
// A query selects documents by predicates of two values: a leaf over a missing
// field is false, not makes it true, and one member of an array suffices
// (measured). So there is one form for both polarities, and no note on arrays.
//
//	exact string        f: "val"            list: (f: "a" or f: "b")
//	prefix, suffix, …   f: val*             unquoted; inside quotes a * is a *
//	dash class          up to three, opened into (f: *-x* or f: */x* or …)
//	lone *, exists      f: *                null: not f: *
//	empty string        f: ""
//	number              f: 12               comparison: f >= 12
//	bool                f: true
//	network             f: "10.0.0.0/8"
//	keyword             message: *val*
//	always, never       *: *                not *: *
//
// Refused: ? (there is no sign for one character; in an unquoted value it is a
// question mark), a pattern that begins or ends with a blank (both ends of an
// unquoted value are trimmed, whatever way the blank is spelled), regular
// expressions, field references, parts of a time, field names with a * (the
// server always takes it for a wildcard), and text that is not UTF-8.
//
// A keyword is looked for in the field message, which is taken to hold the
// values of the event, one a line. A * inside a keyword, or a line break, would
// reach from one value into the next, and is refused.
//
// # Field types
//
// What a predicate does depends on the mapping, which a rule does not know.
// Whole values and wildcards need a keyword field (text fields are searched by
// words, and Kibana builds a query_string for anything but a keyword, which
// splits patterns at blanks); < and > need a number (a keyword field orders
// text); a network needs an ip field (a keyword field only compares its text).
// Some leaves are right on two types: 12 on numbers and keywords, true on
// booleans and keywords, an address on ip and keyword fields. The types that
// every leaf over a field can live with are gathered, and said in a note
// (field-type) when no schema knows the type. If none is left the query is
// refused: a name beside a network in one field would be an error of the whole
// query if the field is ip, and the network silently empty if it is keyword.
//
// A typed field holds typed values: an ip field does not tell 10.0.0.1 from
// ::ffff:10.0.0.1, nor two spellings of one address, a double has 53 bits, a
// long drops fractions, and a value longer than ignore_above is not indexed.
// IPv6 networks that hold the mapped IPv4 addresses are therefore refused.
// Elasticsearch does not index an empty object: it counts as a missing field.
//
// # Letter case
//
// Keyword fields are compared as stored, unless the application asks to ignore
// case (is.ts: caseInsensitive; case_insensitive of the kql query) or the field
// has a normalizer. Every leaf that ignores case and has cased letters says so
// in a note (letter-case); the option folds ASCII only, so letters beyond it
// say that too (ascii-folding). A cased leaf is exact when the search does not
// ignore case, and its field-type note says that the field keeps letter case. A
// query with both kinds could rest on neither assumption alone, and is refused
// unless a schema settles the case of the fields.
//
// # Read by Kibana only
//
// The kql query of Elasticsearch 8.19.21 reads these forms differently, and no
// form is right in both: a wildcard value with a \ or a literal * (the server
// unescapes twice) or with a literal ? (live there); a wildcard value whose first
// word with a * has an escape before it (C\:*: no wildcard there), also \u0020
// for the second of two blanks; a value or field name that begins with a blank
// and ends with a backslash (quoted, where the server misses the closing quote);
// f: * on an object, which the server takes for a field that does not exist.
package kql
