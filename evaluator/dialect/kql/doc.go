// Package kql interprets KQL as Kibana and Elasticsearch 8.19 do together: the
// text is read by Kibana's grammar, each predicate becomes the query that Kibana
// builds for a field of that type (is.ts, range.ts of kbn-es-query), and that
// query selects documents.
//
//	keyword               term, wildcard
//	ip, number, boolean   match, match_phrase: a term; range
//	date                  a range from the value to the value
//	f: *                  exists
//
// A query selects or not, there is no null: a predicate over a missing field is
// false, an array matches by any of its members.
//
// Whether letters fold is the application's choice: Kibana passes
// case_insensitive on where an application sets it. So there are two variants,
// and neither is Kibana's default for all applications (emissions §2.2). The
// option folds the letters of ASCII in keyword fields, and nothing in ranges.
//
// # Not known
//
// Values without a field, patterns over fields that are no keywords, words in
// text fields, nested objects, date math.
package kql
