package verify

import (
	"context"
	"fmt"
	"slices"

	"sigmatic/backends"
	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/evaluator/dialect"
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

// readings gives one for each variant.
func (x *Interpreted) readings(*backends.Output) ([]reading, error) {
	var list []reading
	for i, v := range x.variants {
		list = append(list, reading{
			name: readingName(v),
			run:  func(_ context.Context, query string) ([]string, error) { return x.stores[i].Select(query) },
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
