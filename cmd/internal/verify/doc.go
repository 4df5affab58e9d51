// Package verify compares what a backend's query selects with what the rule
// selects by the reference evaluator: on the interpreters of the query languages,
// and on real engines.
//
// Generate makes events that lie close to a rule's borders. A Comparison loads
// them in the shape that the query's notes assume, runs the query, and holds each
// event's fate against the reference. A difference is only excused by a note: if
// the event breaks an assumption that the query's notes state, or one that a
// schema states of its fields, it is counted under that code and told apart;
// every other difference is a failure. Shrink makes its event as small as can be,
// and a Cause is the smallest part of the rule that shows it.
//
// This is the one package beside the command line that knows both backends and
// evaluator.
package verify
