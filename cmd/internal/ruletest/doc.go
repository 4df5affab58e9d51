// Package ruletest reads and runs the tests that live with a rule: events that
// it must match, and events that it must not. docs/testing.md has the form.
//
// A test that cannot be understood is an error with its place, never left out.
package ruletest
