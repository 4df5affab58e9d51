package verify

import (
	"context"
	"fmt"
	"slices"

	"sigmatic/backends"
	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/evaluator/dialect"
	"sigmatic/evaluator/dialect/kql"
)

// Interpreted runs queries on the interpreters of one language: one for each
// choice of what the vendor's documents leave open. A comparison holds each of
// them to the reference, so that they agree with one another too.
type Interpreted struct {
	variants []dialect.Interpreter
	stores   []dialect.Store // of the variants; nil until Load
}

var _ engine.Engine = (*Interpreted)(nil)

// NewInterpreted takes the variants of one interpreter, at least one.
func NewInterpreted(variants []dialect.Interpreter) *Interpreted {
	return &Interpreted{variants: slices.Clone(variants)}
}

// Name is the target's name.
func (x *Interpreted) Name() string { return x.variants[0].Name() }

// Load indexes the events in every variant.
func (x *Interpreted) Load(_ context.Context, events []Event, m engine.Mapping) error {
	x.stores = nil
	var stores []dialect.Store
	for _, v := range x.variants {
		store, err := v.Load(events, m)
		if err != nil {
			return fmt.Errorf("%s: %w", readingName(v), err)
		}
		stores = append(stores, store)
	}
	x.stores = stores
	return nil
}

// Select gives what the first variant selects.
func (x *Interpreted) Select(_ context.Context, query string) ([]string, error) {
	return x.stores[0].Select(query)
}

// Close drops the events.
func (x *Interpreted) Close(context.Context) error {
	x.stores = nil
	return nil
}

// readings gives one for each variant. A search that ignores letter case is tried
// only where the query says in a note that this is up to the user.
func (x *Interpreted) readings(out *backends.Output) ([]reading, error) {
	noted := slices.ContainsFunc(out.Notes, func(n backends.Note) bool { return n.Code == backends.NoteLetterCase })
	var list []reading
	for i, v := range x.variants {
		ignoresCase := v.Variant() == kql.IgnoringCase
		if ignoresCase && !noted {
			continue
		}
		list = append(list, reading{
			name: readingName(v), ignoresCase: ignoresCase,
			run: func(_ context.Context, query string) ([]string, error) { return x.stores[i].Select(query) },
		})
	}
	return list, nil
}

func readingName(v dialect.Interpreter) string {
	name := v.Name() + " (interpreter"
	if v.Variant() != "" {
		name += ", " + v.Variant()
	}
	return name + ")"
}
