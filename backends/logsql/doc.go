// Package logsql prints LogsQL, the query language of VictoriaLogs
// (https://docs.victoriametrics.com/victorialogs/logsql/).
//
// # The store
//
// VictoriaLogs keeps text (https://docs.victoriametrics.com/victorialogs/keyconcepts/#data-model):
// numbers and booleans in the source's spelling, a list as its JSON text, the
// members of an object as fields with dotted names. Null, the empty text and a
// missing field are one. In a block of numbers with fractions it changes 12.0
// to 12 and 0.3 to 0.30000000000000004. A filter on a field that an event lacks
// sees the empty text, so there is no third truth value: NOT, in front of any
// group, is the complement, and a clause is the same in both polarities. (This
// and what follows: measured on VictoriaLogs 1.121.0 with the events of
// emissions.md §3, and on columns of one kind, which it stores as integers,
// floats, addresses, times or a dictionary.)
//
// # Leaf by leaf
//
//   - A pattern without cased letters, or that compares case: f:="v", several
//     f:in("a", "b"), a prefix f:="v"*; else an expression, f:~"(?i)^v$",
//     several f:~"(?i)^(?:a|b)$". RE2 folds letters by simple-fold orbits, as
//     Sigma does here; "i(…)" and phrases compare tokens. Texts that look like
//     numbers or addresses are compared as such by = and =*, hence an
//     expression for what is not in canonical spelling, and for prefixes.
//   - A lone *: f:*, and the empty text: f:="", with the note that a missing
//     field is empty. Null: f:in("", "[]", "[null]").
//   - exists: f:*, which null and the empty text do not satisfy.
//   - A number: its canonical text. A boolean: f:~"(?i)^true$".
//   - An order relation: f:>=12, which compares 64-bit floats and accepts units,
//     durations and addresses, AND an expression for decimals. Bounds that a
//     float cannot tell from their neighbours are refused; that the field holds
//     no such numbers is noted.
//   - An IPv4 network: ipv4_range, which accepts 010.1.2.3, AND an expression
//     for plain addresses. An IPv6 network: an expression of all spellings that
//     net/netip takes for its addresses, as 1.121.0 has no filter for it.
//   - A regular expression: f:~, RE2 as Go's. A dot matches line breaks unless
//     (?-s) says otherwise. An expression that is found in the empty text is
//     found in events without the field: AND f:*. What the server's shortcuts
//     misread gets .* in front (shortcut.go).
//   - A field reference: f:eq_field(g) where letter case is known on both
//     sides; otherwise pipes that add both texts in lower case, and a filter
//     behind them for the parts of the rule that ask about those. What one
//     field's text holds of another's, no filter asks.
//   - A time part: refused.
//   - A keyword: _msg:~"(?i)v", the message taken to hold the event's values,
//     one a line. An event that is sent without a message gets the text of the
//     server's flag -defaultMsgValue, "missing _msg field; see https://…", which
//     keywords such as "missing" find; set it to something that no rule seeks.
//
// # Lists
//
// Where it is not known that a field holds one value, that is assumed and
// noted. The assumption also says that no list stands in the field's path
// ({"a":[{"b":1}]} has no field a.b in the store) and that the field is no
// object. Where a field is known to be a list, an expression for JSON text
// stands beside the one for text. It does not know \u escapes of characters
// that no encoder needs to escape.
//
// # Strings and names
//
// Literals are Go's, in double quotes. A bad literal is no error in every
// place, it may silently match nothing, so all are made by strconv.Quote. Field
// names are quoted unless they are plain identifiers that mean nothing to
// LogsQL. The fields _time, _stream and _stream_id have a syntax of their own
// and are refused, as are names of more than 128 bytes, which are not stored.
//
// # Limits
//
// Servers newer than 1.121.0 reject queries of more bytes than their flag
// -search.maxQueryLen, by default 16384
// (https://docs.victoriametrics.com/victorialogs/#list-of-command-line-flags):
// longer queries are noted. Repeats above 1,000 are rejected by RE2 itself.
package logsql
