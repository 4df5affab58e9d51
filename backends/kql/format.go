package kql

import (
	"sigmatic/backends"
	"sigmatic/backends/kibana"
)

// Formats implements backends.Backend.
func (Backend) Formats() []backends.Format {
	return []backends.Format{kibana.DetectionRules(kibana.KQL), kibana.SavedSearches(kibana.KQL)}
}
