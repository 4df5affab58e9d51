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

// Names lists the backends' names in order.
func (r Registry) Names() []string {
	names := make([]string, len(r))
	for i, b := range r {
		names[i] = b.Name()
	}
	return names
}

// Convert prints a query in one language. A refusal names the other languages
// of the registry that can say the query, by trying them.
func (r Registry) Convert(b Backend, q *ast.Query, opts Options) (*Output, error) {
	out, err := b.Convert(q, opts)
	var refusal *Unsupported
	if errors.As(err, &refusal) && refusal.Feature != FeaturePlaceholder {
		for _, other := range r {
			if other.Name() == b.Name() {
				continue
			}
			if _, err := other.Convert(q, opts); err == nil {
				refusal.Alternatives = append(refusal.Alternatives, other.Name())
			}
		}
	}
	return out, err
}
