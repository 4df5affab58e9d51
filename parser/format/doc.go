// Package format writes Sigma documents in one canonical form: attributes in the
// specification's order and the custom ones behind them, four blanks of
// indentation, plain scalars where YAML reads them as text, single quotes where
// it would not, a literal block for text of several lines. Values, modifiers and
// conditions stand as they were written.
//
// Invariants: parsing what is written gives an equal document, places apart; and
// writing that again gives the same bytes. Comments and layout are not part of a
// document and are lost.
package format
