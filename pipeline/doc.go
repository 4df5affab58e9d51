// Package pipeline rewrites rules for a target: ast to ast. It copies and never
// mutates.
//
// A schema says how a store keeps the events of a log source: what a field is
// called there, which type it has, whether it can hold several values, in which
// spelling values stand, and where the events lie. Schemas are data, in
// schemas/*.yml; a user's own has the same form (docs/schemas.md).
//
// The promise of a schema is an equation. Apply rewrites a rule, Project
// rewrites an event; for every rule and every event that keeps the schema's
// stated traits,
//
//	rule selects event  ==  Apply(rule) selects Project(event)
//
// A trait that an event breaks is found by Breaches, so that a comparison can
// count it. What a schema cannot say exactly is an error of Apply, never a
// query that means something else.
package pipeline
