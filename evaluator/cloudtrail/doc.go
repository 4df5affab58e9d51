// Package cloudtrail reads logs as a stream of JSON records. It finds the records, says where each one stands, and accounts for
// everything it could not use. It evaluates nothing and knows nothing of rules.
//
// # Forms
//
// The form is told from the content, never from a file's name: a CloudTrail delivery file {"Records":[…]} (with other members before or
// after Records too), an array of objects, one object a line (NDJSON), objects one after another in any layout, a single object, and
// any sequence or nesting of these, such as delivery files written one behind the other or gathered in an array. gzip (all members), zstd
// and bzip2 are recognised by their magic bytes, also inside one another, and so are zip and tar, whose members are read like files. A UTF-8
// byte order mark is skipped, UTF-16 with one is decoded. Parquet and CSV are read as texts of one record a line, made of a row (row.go).
//
// An object is taken for a delivery file when one of its own members is spelled "Records" and holds an array. What services put around
// records is taken off (envelope.go). Every other object is one record, whatever is in it.
//
// # Invariants
//
//   - Every emitted record is one valid JSON object (RFC 8259, at most [Options].MaxDepth deep). One exception is made on purpose:
//     bytes that are not UTF-8 are let through inside strings, because a log with one Latin-1 user name is better read than refused.
//     encoding/json's Valid makes the same exception.
//   - Records come in the order in which they stand, and Index, Line and Offset point at them.
//   - Memory does not grow with the log: one window, never larger than [Options].MaxRecord and a few bytes. A zip archive that is no file
//     is copied to a temporary one.
//   - Every byte of the text is in a record, in the reach of a reported [Problem], or framing: white space, commas, the brackets of
//     lists, and the other members of a delivery file's object.
//   - The result does not depend on the sizes in which the bytes arrive.
//   - Time is linear in the input, damaged or not.
//   - Problems come in order of detection; the Counts of all problems with a reason add up to [Stats].Problems of that reason.
//
// # Damage
//
// A record that is broken does not cost its neighbours. The reader looks for the next place where a record can begin, first inside
// what it had taken for the broken record (a line cut off behind a colon swallows the line below it), then behind the error:
//
//   - a line that begins with '{' and is not indented deeper than the line in which the broken record began;
//   - the text {"Records":[ , the beginning of another delivery file;
//   - the text {"eventVersion" , as CloudTrail itself opens a record, if the broken record began so; or if another one did, and this is
//     not a member's value, as it is in an envelope;
//   - the error itself, if it is a '{' in the place of a member's name: a closing brace is missing before it;
//   - behind the error the end of the broken record, told by its brackets and by what follows.
//
// The bytes from the beginning of the broken record to that place are the reach of the problem. Two things are out of reach: damage that
// leaves valid JSON is not seen, and in a list written in one line, of records that CloudTrail did not write, damage that upsets quotes
// or brackets can cost records behind it. That too is told, with the bytes it cost.
package cloudtrail
