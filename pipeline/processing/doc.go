// Package processing reads and runs processing pipelines: the YAML files that
// pySigma and its relatives have for adapting rules to an environment. They
// rename fields, change values, add conditions, and wrap the finished queries.
//
// A pipeline works on the tree of package ast, whose modifiers have been
// applied; what comes out is a rule like any other, so that backends and
// evaluator see no difference. Where pySigma would change what a rule means
// without saying so, this package does not; docs/pipelines.md lists the places.
//
// Invariants: a pipeline with an error is never returned; rules are copied and
// never changed; a rule that a pipeline cannot adapt gives diagnostics and no
// rule. Nothing is executed, fetched or read from disk, but for files that the
// caller hands out (Options.ReadFile).
package processing
