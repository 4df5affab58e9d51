package backends

import (
	"errors"
	"slices"

	"sigmatic/ast"
)

// Registry is an ordered set of backends. backends/all holds the one that the
// program uses.
type Registry []Backend

// Find returns the backend of that name or alias, or nil.
func (r Registry) Find(name string) Backend {
	for _, b := range r {
		if b.Name() == name || slices.Contains(b.Aliases(), name) {
			return b
		}
	}
	return nil
}

// Index is the place of a backend of the registry.
func (r Registry) Index(b Backend) int { return slices.Index(r, b) }

// Names lists the backends' names in order.
func (r Registry) Names() []string {
	names := make([]string, len(r))
	for i, b := range r {
		names[i] = b.Name()
	}
	return names
}

// Result is a target's answer for a query: an Output, or the *Unsupported that
// refuses it.
type Result struct {
	Output *Output
	Err    error
}

// Convert prints a query in the languages of targets. A refusal names the other
// backends of the registry that can say the query; those that were not asked
// for are tried.
func (r Registry) Convert(q *ast.Query, targets []Backend, opts Options) []Result {
	q = q.Simplified()
	return r.ConvertEach(targets, func(Backend) (*ast.Query, Options, error) { return q, opts, nil })
}

// ConvertEach is Convert for a query that each target has in terms of its own:
// in gives them, at most once for each backend. An error of in is the answer.
func (r Registry) ConvertEach(targets []Backend, in func(Backend) (*ast.Query, Options, error)) []Result {
	answers := make([]*Result, len(r))
	ask := func(i int) *Result {
		if answers[i] == nil {
			var res Result
			q, opts, err := in(r[i])
			if err == nil {
				res.Output, err = r[i].Convert(q, opts)
			}
			res.Err = err
			answers[i] = &res
		}
		return answers[i]
	}
	results := make([]Result, len(targets))
	for i, b := range targets {
		results[i] = *ask(r.Index(b))
	}
	for _, res := range results {
		var refusal *Unsupported
		if !errors.As(res.Err, &refusal) || refusal.Feature == FeaturePlaceholder {
			continue
		}
		for i, other := range r {
			if ask(i).Err == nil {
				refusal.Alternatives = append(refusal.Alternatives, other.Name())
			}
		}
	}
	return results
}
