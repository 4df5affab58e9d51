// Package esql prints ES|QL, the piped language of Elasticsearch.
//
// All claims here were measured on Elasticsearch 8.19.21 unless a page is
// named. Pages: "ES|QL syntax", "ES|QL functions and operators", "Query string
// query", "Regular expression syntax" of the Elasticsearch reference.
//
// # Shape
//
//	FROM * (FROM <index> METADATA _id, _index where a schema names the index)
//	| WHERE <condition>
//
// KEEP, and every leaf below that names a column, fails the whole query where
// no index maps the field, or where indices map it to types that do not go
// together. QSTR does neither: to it such a field is absent. So where nothing
// is known of a field, everything that QSTR can say is said with QSTR, also that
// a field exists. For the same reason the rule's fields are not printed as KEEP:
// a detection must not fail for want of a column that is only to be shown.
//
// # Three-valued logic
//
// Operators and functions over columns are null when the field is missing or
// holds several values, and NOT null is null. Null is as good as false at the
// top and under AND and OR; a negation gets one COALESCE(…, false) around its
// operand. QSTR and the match operator are never null and are no operand of any
// function; where they are mixed with the others, only the others are wrapped.
//
// # Leaves, nothing known of the field
//
//	string, wildcards      QSTR("f:/rx/"): a whole-value regular expression in which each letter is a
//	                       class of its case-folding orbit; exact for lists, line breaks and all
//	                       letters. A list shares expressions up to index.max_regex_length.
//	string, no case        QSTR("f:value"), QSTR("f:\"any value\""): one term
//	number; "12"           QSTR("n:12"): right for a keyword and for a number
//	true, false            QSTR("b:(true OR /[Tt][Rr][Uu][Ee]/)"): right for a boolean and for a keyword
//	lone *, null, exists   QSTR("f:*") and its negation: right for every type, also for objects
//	comparison             QSTR("n:>=12"), for numbers; over a field that another leaf takes for text,
//	                       TO_DOUBLE(n) >= 12 behind a guard that the text is a number of ours (Java's 12d is not)
//	network                a regular expression of all spellings that net/netip takes for its addresses
//	regular expression     the same tree in Lucene's dialect, padded where it was not anchored
//	time part              DATE_EXTRACT over TO_DATETIME; ISO weeks by their Thursday
//	field reference        an intersection by counting distinct values; STARTS_WITH, ENDS_WITH, LOCATE
//	keyword                QSTR("message:/.*rx.*/"), the leaves of the event being lines
//
// Where a schema knows the type, that there is one value, and the letter case,
// the plain operators ==, IN, LIKE, >=, CIDR_MATCH stand instead; where there may
// be several values, the match operator f : "v". Over a field with a lowercase
// normalizer the text is lowered, for only the index lowers it by itself.
//
// # Silence
//
// QSTR is lenient: a clause that it cannot build matches nothing and nobody is
// told. Seen for an invalid expression, for one too complex to determinize
// (.*a.{13}), and for all clauses after the memory of the request ended (3,600
// hashes under contains). So the printer keeps to what was seen to pass: cost.go
// estimates the automaton, search.go bounds the text, and replace.go has the
// form for the rest, REPLACE(f, "…", "") != f.
//
// # Not said
//
// Bytes that are not UTF-8; field names with * (a wildcard to QSTR however it is
// written) and _exists_; anchors and word boundaries inside an expression;
// expressions that the engine cannot run; groups deeper than its parser; the
// text of doubles and dates; IPv6 networks that hold the IPv4-mapped addresses,
// over an ip field.
package esql
