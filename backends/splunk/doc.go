// Package splunk prints SPL, the Search Processing Language of Splunk.
//
// No engine of SPL can be had for tests, so that everything here rests on
// documents: the Search Manual (SM), the Search Reference (SR), the files
// searchbnf.conf and limits.conf that Splunk ships (BNF, LIM), and on detections
// that Splunk publishes (ESCU). Where these leave a question open, the text is
// chosen so that it means the same under every answer, or a note names the
// assumption. The syntax is held against a grammar that others wrote.
//
// # Stages
//
//	eventName="ConsoleLogin" userIdentity.type IN ("Root", "IAMUser")
//	| where isnotnull(mvfind('userAgent',"(?i)python[.]requests/2[.]\d+"))
//	| table eventTime,sourceIPAddress
//
// The search stage is what indexes serve. It may select too much, but never too
// little, and what it cannot say exactly is said again in full in the where
// stage. What holds together with the rest and is exact stands in the search
// stage alone. If nothing is left for the search stage it is *, since where can
// only follow a command that brings events; a lone * is every event (SM,
// "Wildcards"). NOT * is none.
//
// # The search stage
//
// A blank is AND, OR binds tighter than AND, NOT takes one term; where has
// another order, so that groups always stand in parentheses (SM, "Boolean
// expressions"). != is never written: it drops events without the field, NOT
// f="x" keeps them (SM, "Difference between != and NOT"). Values are compared
// without regard to letter case, names with (SM, "CASE and TERM"); only ASCII
// letters are taken to be folded.
//
// Exact are: strings of printable ASCII, whole or with a wildcard at their ends,
// booleans, and numbers. Not exact, and therefore said in the where stage:
//   - * in a value has no escape (SM, "Backslashes"); ? is a plain character.
//   - A wildcard inside a value can lose events, because values are first looked
//     up as index segments (SM, "Wildcards"). Of such a pattern the search stage
//     has the longest piece, with wildcards at its ends only.
//   - " and characters that JSON may spell \u003c or \u00eb: the index knows the
//     spelling of the event's text. Patterns are cut there, too.
//   - Text that looks like a network is compared as one (SR, "search").
//   - A backslash is written twice, but nothing documents one before the closing
//     quote; a value that ends in one is searched with a * behind it.
//   - Whether f=* finds an empty value is not documented, so that f=* only
//     stands where the leaf demands a value that is not empty.
//   - Whether = compares text or numbers. Reports say text. For a number in its
//     plain spelling both agree as long as the field's numbers are spelled
//     plainly, and that is what number-spelling says, with which the text
//     comparison of the where stage could not dispense either. So EventID=4624
//     stands alone. Of 12.0 or 007 the search stage is a superset.
//   - Names that search takes for a range of time, such as earliest.
//   - Regular expressions: the search stage has the texts that every match holds.
//
// # The where stage
//
// What comparisons with null give is reported in two ways, false and null, and
// of null NOT makes null. So every leaf is true or false by construction:
// isnotnull(…), isnull(…), or if(…,1,0)=1, for if takes null as false (BNF).
//   - Strings, numbers, booleans: isnotnull(mvfind('f',"regex")), which is true
//     if some value of f matches, also with several values (BNF). Numbers and
//     booleans are text in Splunk.
//     Over a field of one value in known letter case, whole text that is no number
//     and needs no escape is coalesce('f',"")="text", which people read at once.
//   - Regular expressions: the same, translated from RE2 to PCRE.
//   - Comparisons and networks: isnotnull(mvfilter(…)), which may name one field.
//     A guard keeps tonumber from reading 0x10 or " 5 ", of which the manual says
//     nothing. Thresholds that a double cannot surely hold are refused.
//   - null and exists: isnull and isnotnull. A JSON null may be the text null
//     in Splunk, or nothing; null-not-indexed takes it for nothing. The other way,
//     to take the text null for a null as well, would be wrong about the text. The
//     note is also on every other leaf that the text null would satisfy.
//   - Field references: lower() of both sides and substr, or split for contains,
//     whose separator is literal, unlike the pattern of like or match.
//   - Time parts: places in ISO text. For fields known to be numbers, strftime.
//     The week is refused: %V counts from 1, but the manual does not say which
//     week is the first.
//   - Keywords: _raw, in their own or their JSON spelling. An anchored regular
//     expression is refused, since a value has no border there.
//   - Objects, if a schema knows them: spath(_raw,"f"), since only leaves are
//     fields. Otherwise the field is taken for a leaf (single-value).
//
// # Names and strings
//
// Field names of arrays have braces (f{}, a{}.b); a plain name is right under the
// note single-value, or if a schema says how many values there are. In eval a name
// stands in single quotes: "name" would be a string and a.b a concatenation (SR,
// "where"). No escape is documented in either kind of quotes, so names that
// would need one are refused.
//
// In strings of eval \\ is a backslash, \" a quote, and every other sequence with
// a backslash goes on to the regular expression as it is; but one page speaks of
// four backslashes for one. The regular expressions here mean the same whoever is
// right: \x5c for a backslash, \x22 for a quote, [.] for a full stop.
//
// PCRE differs from RE2 in what is translated: $ is \z, as PCRE's also stands
// before a last line break; under the flag m, ^ and $ become looks to either side;
// \s leaves out the vertical tab; names of groups go. Unicode classes under the
// flag i are refused, for PCRE does not fold them.
package splunk
