package esql

import (
	"sigmatic/backends"
	"sigmatic/backends/kibana"
)

// Formats implements backends.Backend.
func (Backend) Formats() []backends.Format {
	return []backends.Format{kibana.DetectionRules(kibana.ESQL), kibana.SavedSearches(kibana.ESQL)}
}
