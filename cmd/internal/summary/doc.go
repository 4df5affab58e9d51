// Package summary tells who did what, with which keys and from where: a row for
// each identity in a log, made in one pass.
//
// Invariants:
//
//   - Every event that is given to an Aggregator is in exactly one row, or in one
//     of the counts of Accounting; the sums of each row's cells are its events.
//   - The rows do not depend on the order of events, but for what the limit of
//     values leaves unlisted: those that come first are listed.
//   - Memory is bounded by Options.MaxValues, not by the log, but for 16 bytes an
//     event by which events delivered twice are told.
//
// Options.Compat gives the columns and the rules of Suzaku's aws-ct-summary, its
// errors included, for those who compare.
package summary
