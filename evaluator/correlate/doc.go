// Package correlate evaluates correlations: what the matches of rules mean together, over time and by group (§5).
//
// Plan says what a set of correlations needs of an event. Reference evaluates them on a list of events, window by window, in the way
// that is easiest to believe. Engine comes to the same findings in one pass, and keeps no more than the windows hold. Tests with random
// sequences hold the one to the other.
//
// Semantics, where §5.3 leaves a choice (docs/correlations.md says it for users):
//   - A correlation is asked at each instant at which its group has an event. The window of the instant t is [t-timespan, t], both ends
//     included, and all events of the instant t are in it, in whatever order they came.
//   - An event that several of the rules matched is one event. Under temporal types it counts for each of the rules.
//   - A correlation holds at an instant. A finding is a run of instants at which it holds, each within the timespan of the one before;
//     its time is that of the first, which is when it was complete. A correlation over this one sees an event at every instant.
//   - Sums, means and percentiles are exact. A percentile between two values lies between them in proportion, so that the 50th is the
//     median.
//
// Invariants: a verdict depends on the events and their times alone, on no clock; a Plan never changes once made, an Engine belongs to one
// goroutine; New refuses what it could not answer truly.
package correlate
