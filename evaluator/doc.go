// Package evaluator runs a resolved query on an event. Reference is what a
// Sigma rule means in this project: every backend's text, and every faster way
// of evaluating, is right when it selects the events that Reference selects.
// It is written to be read; where it is slow, it is slow for that reason.
//
// The mark § names a section of the semantics tables; the cases under
// testdata/semantics carry the same numbers.
//
// Invariants:
//   - Logic is two-valued. A leaf over an absent field is false, never unknown,
//     and Not makes it true (§2.5).
//   - A verdict depends on the query and on the event alone: no clock, no
//     locale, no hint of a schema (ast.Field has Type, Multi and Case for the
//     backends; nothing here reads them).
//   - Numbers are decimal and exact. Nothing passes through a float64.
//   - New refuses, with an *UnsupportedError, whatever Match could not answer
//     truly; Match itself cannot fail.
//   - Match and Explain share the code of the leaves, and so cannot disagree.
//   - An Event and a Reference never change once made. Both may be used by any
//     number of goroutines at once.
//
// What a leaf sees of an event (§2.7, §2.9): the values of its field, arrays
// opened at every depth, so that a leaf holds when one member satisfies it. No
// value more than 64 levels below the event is seen by anything.
package evaluator
