// Package verify compares what a backend's query selects, on a real engine,
// with what the rule selects by the reference evaluator.
//
// Generate makes events that lie close to a rule's borders; Compare loads them
// in the shape that the query's notes assume, runs the query, and holds each
// event's fate against the reference. A difference is only excused by a note:
// if the event breaks an assumption that the query's notes state, it is counted
// under that note's code and told apart; every other difference is a failure.
//
// This is the one package beside the command line that knows both backends and
// evaluator.
package verify
