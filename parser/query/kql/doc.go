// Package kql reads KQL, the language of Kibana's query bar, as Kibana does, into
// a typed tree, and prints it.
//
// It follows grammar.peggy of Kibana's package kbn-es-query: and binds tighter
// than or, not takes one operand and no second not, a field may stand before a
// list of values (f: (a or b)), quoted text is literal, a * outside of quotes is a
// wildcard, and the blanks at both ends of unquoted text do not count. The page
// is "Kibana Query Language" of the reference. Elasticsearch's own kql query
// reads some texts differently (emissions §2.1).
//
// A list of values is read as Kibana reads it, as a predicate for each value, so
// it is printed as those. String of a tree parses to an equal tree, offsets apart.
package kql

import "fmt"

// SyntaxError says where a text is not KQL.
type SyntaxError struct {
	Offset int // of a byte in the text
	Detail string
}

// Error gives the place and the reason.
func (e *SyntaxError) Error() string { return fmt.Sprintf("kql: at byte %d: %s", e.Offset, e.Detail) }
