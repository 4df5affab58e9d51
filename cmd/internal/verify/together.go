package verify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/cmd/internal/verify/engine"
)

// Case is a query and the events to try it on.
type Case struct {
	Query  *ast.Query
	Sample *Sample
}

// What one load of events is for, at most. Elasticsearch gives back 10,000 rows.
const (
	batchQueries = 24
	batchEvents  = 9000
	batchTime    = 5 * time.Minute
)

// Together runs many cases on an engine on which loading is what costs: cases
// that fit one store share a load, and each query is tried on the events of all
// of them. The reports come in an order of their own.
func (c Comparison) Together(ctx context.Context, cases []Case, each func(*Report)) error {
	for _, batch := range c.batches(cases) {
		if err := c.batch(ctx, batch, each); err != nil {
			return err
		}
	}
	return nil
}

// batch halves a batch whose queries ask for different types of a field, or that
// has too many events.
func (c Comparison) batch(ctx context.Context, batch []Case, each func(*Report)) error {
	sample, err := merged(batch)
	if err != nil {
		return err
	}
	var conflict *ConflictError
	if len(sample.Events) > batchEvents && len(batch) > 1 {
		err = &ConflictError{}
	} else {
		var reports []*Report
		reports, err = c.one(ctx, batch, sample)
		for _, r := range reports {
			each(r)
		}
	}
	if errors.As(err, &conflict) && len(batch) > 1 {
		middle := len(batch) / 2
		return errors.Join(c.batch(ctx, batch[:middle], each), c.batch(ctx, batch[middle:], each))
	}
	return err
}

func (c Comparison) one(ctx context.Context, batch []Case, sample *Sample) ([]*Report, error) {
	ctx, cancel := context.WithTimeout(ctx, batchTime)
	defer cancel()
	queries := make([]*ast.Query, len(batch))
	for i, k := range batch {
		queries[i] = k.Query
	}
	reports, err := c.Run(ctx, queries, sample)
	if err != nil {
		return nil, err
	}
	return reports, nil
}

// batches puts queries together that store their fields in the same ways.
func (c Comparison) batches(cases []Case) [][]Case {
	var out [][]Case
	open := map[string][]Case{}
	for _, k := range cases {
		key := ""
		if o, err := c.Backend.Convert(k.Query, backends.Options{}); err == nil {
			types := assumedTypes(o.Notes, fieldsOf(k.Query.Expr))
			maps.DeleteFunc(types, func(_ string, t []engine.FieldType) bool { return slices.Equal(t, []engine.FieldType{engine.Keyword}) })
			key = fmt.Sprint(types)
		}
		if open[key] = append(open[key], k); len(open[key]) == batchQueries {
			out = append(out, open[key])
			delete(open, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(open)) {
		out = append(out, open[key])
	}
	return out
}

// merged are the events of all cases, each once, with identifiers of their own.
func merged(batch []Case) (*Sample, error) {
	seen := map[string]bool{}
	out := &Sample{}
	for _, k := range batch {
		for _, e := range k.Sample.Events {
			if seen[string(e.Body)] {
				continue
			}
			seen[string(e.Body)] = true
			id := fmt.Sprintf("e%06d", len(out.Events))
			for _, code := range k.Sample.breaches[e.ID] {
				out.Breach(id, code)
			}
			e.ID = id
			out.Events = append(out.Events, e)
		}
	}
	sample, err := NewSample(out.Events)
	if err == nil {
		sample.breaches = out.breaches
	}
	return sample, err
}
