// Package spl reads a part of SPL, the Search Processing Language of Splunk, into
// a syntax tree. No engine of SPL can be had for tests: all here rests on
// documents. Those are the Search Manual (SM), the Search Reference (SR) and the
// files that Splunk ships (BNF: searchbnf.conf), as "spl" of the design notes gives
// them. Where they are silent, the text is a *SyntaxError that is marked Unknown, never a
// guess.
//
//	query     = search { "|" command }
//	search    = and                               SR, "search"; SM, "Boolean expressions"
//	and       = or { ["AND"] or }                 OR binds tighter than AND here
//	or        = term { "OR" term }
//	term      = "NOT" term | "(" search ")" | name op value | name "IN" "(" value { "," value } ")" | value
//	op        = "=" | "!=" | "<" | "<=" | ">" | ">="
//	value     = word | string | "CASE(" value ")" | "TERM(" word ")"      SM, "Use CASE and TERM"
//
//	expr      = orE { "XOR" orE }                 SR, "where", "eval": NOT, AND, OR, XOR
//	orE       = andE { "OR" andE }
//	andE      = notE { "AND" notE }
//	notE      = "NOT" notE | comparison
//	comparison= sum [ ("=" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE") sum | "IN" "(" list ")" ]
//	sum       = product { ("+" | "-" | ".") product }
//	product   = unary { ("*" | "/" | "%") unary }
//	unary     = "-" unary | number | string | name | 'name' | function "(" [list] ")" | "(" expr ")"
//
//	command   = "search" search | "where" expr | "eval" name "=" expr { "," name "=" expr }
//	          | ("bin" | "bucket") name and options | ("stats" | "eventstats" | "streamstats") options aggregations ["by" names]
//	          | "sort" [count] { ["-" | "+"] name } | ("table" | "fields") ["-" | "+"] names | "rename" name "as" name { "," … }
//
// AND, OR, NOT and IN are operators in upper case only in search; in expressions
// letter case does not matter (BNF). NOT in front of a comparison without
// parentheses is refused: the manual ranks NOT among AND and OR and does not say
// whether NOT a=b negates a.
//
// # Strings
//
// In a string of search \\ is a backslash and \" a quote; another backslash is not
// documented there and refused. * is a wildcard and has no escape (SM,
// "Backslashes"). In a string of an expression \\ and \" mean the same, and every
// other backslash stays with what follows it, on its way to the regular expression
// (BNF's and Splunk's own searches can be read in no other way).
//
// Query.String gives text that parses to an equal tree, places apart.
package spl
