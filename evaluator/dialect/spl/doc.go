// Package spl runs SPL, the Search Processing Language of Splunk, as Splunk's
// documents say it runs. No engine of SPL can be had for tests: this is an
// interpreter only, and what it says was not checked against Splunk. Sections below
// are those of the design notes on SPL ("spl"), which name the document behind each
// fact.
//
// # What the documents leave open
//
// Some answers are not documented, or reports contradict each other. Every
// interpreter takes one answer to each; a query that is right must select the same
// under all (Interpreters):
//
//   - A comparison with null, as match, like, cidrmatch and IN with one, is false,
//     and NOT makes it true (TwoValued); or it is null, as is NOT of null, and AND
//     and OR are Kleene's (Kleene). §2.1.
//   - A JSON null is the text null, or nothing (NullText, NullMissing). §3, row 6.
//   - The first search finds what it looks for in the index, or it misses what may be
//     spelled or cut otherwise there: a value with punctuation for a pattern with a
//     wildcard inside, and values beyond plain ASCII. f=* finds an empty value or
//     does not. §1.2, §1.4, §1.7. These go together with the logic of null, with
//     which they cannot meet: the sure answers with two values, the others with
//     Kleene's. So do the edges of time windows. §4.
//
// Where no answer can be built, the query is refused as unknown: f="", networks in
// IN, TERM, functions of one value on several, and more.
//
// # What is stored
//
// An event is a map from names to lists of texts, as automatic extraction of JSON
// gives them (§3): names of objects with dots, of arrays with {}, leaves as text,
// nothing for objects and arrays themselves. _raw is the event's text, _time its
// time. The terms index=… and sourcetype=… of the first search say where events
// are; documents are taken to be there unless one has a field of that name.
//
// # Regular expressions
//
// PCRE (§2.4) is brought to Go's expressions piece by piece. Letter case is ignored
// for ASCII letters only; that Splunk ignores more is not documented. What Go lacks
// is refused, except for the two looks at line breaks that stand for ^ and $ of
// lines.
package spl
