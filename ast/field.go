package ast

import "sigmatic/ast/source"

// Field is what a leaf knows of the field it looks at. The parser sets Name and
// Span; a schema in the pipeline fills the rest. The zero value of each trait
// means "not known", and a backend must then choose a form that is right for
// every trait, or say which one it assumes.
type Field struct {
	Name  string
	Type  FieldType
	Multi Multi
	Case  LetterCase
	Span  source.Span
}

// FieldType is how the target stores a field.
type FieldType uint8

// The field types.
const (
	TypeUnknown FieldType = iota
	TypeKeyword           // the whole text, not analysed
	TypeText              // analysed into tokens
	TypeIP
	TypeLong
	TypeDouble
	TypeBoolean
	TypeDate
	TypeObject // a sub-tree that is searched as text
	// TypeFlattened is a key below a field of Elasticsearch's type flattened: its
	// values are kept as whole texts, and only a whole text or the beginning of
	// one can be asked for.
	TypeFlattened
)

// Multi says how many values a field of one event can hold.
type Multi uint8

// The multiplicities.
const (
	MultiUnknown Multi = iota
	SingleValued
	MultiValued
)

// LetterCase says what is known of the letter case of stored values.
type LetterCase uint8

// The letter cases. CaseCanonical: the store always spells the value one way,
// the way rules spell it. CaseFolded: the store folds case on both sides.
const (
	CaseUnknown LetterCase = iota
	CaseCanonical
	CaseFolded
)
