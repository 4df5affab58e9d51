// Package ast is what a Sigma document means. The parser builds it, the
// pipeline copies and rewrites it, backends print it, the evaluator runs it.
//
// Invariants:
//   - The tree is sealed: Document, Condition, Detection, Expr, Value and Part
//     are closed sets, each kept closed by an unexported marker method.
//   - It is immutable after parsing. Whoever changes a tree makes a new one.
//   - Every node knows where it was written (source.Span); a node that a
//     rewrite invented carries the span of what it came from.
//   - No YAML, no modifiers and no selectors survive Resolve: a backend and the
//     evaluator see And, Or, Not and Match over typed values, nothing else.
//   - Only the standard library is imported.
package ast
