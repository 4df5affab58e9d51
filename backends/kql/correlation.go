package kql

import (
	"sigmatic/backends"
	"sigmatic/backends/kibana"
)

var _ backends.Correlator = Backend{}

// ConvertCorrelation implements backends.Correlator. KQL selects events and does
// nothing else with them: what counts them is a detection rule, so that only the
// format of detection rules has a place for a correlation.
func (b Backend) ConvertCorrelation(c *backends.Correlation, opts backends.Options) (*backends.Output, error) {
	at := c.Document.Title.Span
	if !opts.Alert {
		return nil, unsupported(backends.FeatureCorrelation, at, "KQL selects events; thresholds and new terms are rules of the format siem_rule_ndjson")
	}
	if !c.SameFields() {
		return nil, unsupported(backends.FeatureCorrelation, at, "a detection rule groups and counts all events by the same fields")
	}
	if _, err := kibana.Aggregation(c); err != nil {
		return nil, unsupported(backends.FeatureCorrelation, at, err.Error())
	}
	out, err := b.Convert(backends.AnyOf(c.Inputs), opts)
	if err != nil {
		return nil, err
	}
	var own backends.Notes
	own.Add(backends.NoteLookBack, "")
	out.Notes = append(own.List(), out.Notes...)
	return out, nil
}
