// Package logsql reads LogsQL, the query language of VictoriaLogs
// (https://docs.victoriametrics.com/victorialogs/logsql/), into a syntax tree.
//
// It reads what VictoriaLogs 1.121.0 reads, also where that is odd: the reader
// there is lenient, so that a bad string literal is no error but a text with a
// quote in it, and a word that is no filter's name is a phrase. The grammar, with
// the page of the reference that each rule is described on (#anchor):
//
//	query   = filter { "|" pipe }                         #query-syntax
//	filter  = and { "or" and }                            #logical-filter
//	and     = unary { ["and"] unary }
//	unary   = ("not" | "!" | "-") unary | "(" filter ")" | "{" stream "}" | [name ":"] leaf
//	leaf    = "*"                                         #any-value-filter
//	        | text                                        #phrase-filter, #word-filter
//	        | text "*"                                    #prefix-filter
//	        | "i(" text ["*"] ")"                         #case-insensitive-filter
//	        | ("=" | "!=") text ["*"] | "exact(" text ["*"] ")"  #exact-filter, #exact-prefix-filter
//	        | ("~" | "!~") text | "re(" text ")"          #regexp-filter
//	        | "in(" texts ")"                             #multi-exact-filter
//	        | "contains_all(" texts ")" | "contains_any(" texts ")"
//	        | "seq(" texts ")"                            #sequence-filter
//	        | (">" | ">=" | "<" | "<=") text              #range-comparison-filter
//	        | "range" ("(" | "[") number "," number (")" | "]")  #range-filter
//	        | "string_range(" text "," text ")"           #string-range-filter
//	        | "ipv4_range(" text ["," text] ")"           #ipv4-range-filter
//	        | "len_range(" number "," number ")"          #length-range-filter
//	        | ("eq_field" | "le_field" | "lt_field") "(" name ")"  #eq_field-filter
//	pipe    = see pipes.go
//
// A filter on a field may also be in parentheses, f:(a or b). Words are compared
// without regard to letter case where they are operators or names of functions.
//
// What VictoriaLogs knows and this package does not — filters on _time,
// _stream: and _stream_id, subqueries in in(), most pipes — is a *SyntaxError that is marked
// Unknown.
//
// Query.String gives text that parses to an equal tree, places apart.
package logsql
