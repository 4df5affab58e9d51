package kql

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/backends/kibana"
)

func counted(kind ast.CorrelationType, op ast.CompareOp, n string, fields ...string) *backends.Correlation {
	a := ast.Aggregate{Type: kind, Thresholds: []ast.Threshold{{Op: op, Number: number(n)}}}
	return &backends.Correlation{
		Document: &ast.Correlation{Type: kind, Window: ast.Window{Span: time.Hour}, Aggregates: []ast.Aggregate{a}},
		Inputs:   []backends.CorrelationInput{{Queries: []*ast.Query{{Expr: match("a", str("1"))}}, Keys: []string{"u"}, Measured: [][]string{fields}}},
	}
}

// TestThresholds: a threshold rule compares with >= only (threshold_attributes.schema.yaml: value is 1 at least).
func TestThresholds(t *testing.T) {
	for _, c := range []struct {
		in     *backends.Correlation
		events int64
		values int64 // 0: not asked
		why    string
	}{
		{in: counted(ast.EventCount, ast.GreaterOrEqual, "5"), events: 5},
		{in: counted(ast.EventCount, ast.Greater, "5"), events: 6},
		{in: counted(ast.EventCount, ast.GreaterOrEqual, "0"), events: 1},
		{in: counted(ast.EventCount, ast.Less, "5"), why: "least number"},
		{in: counted(ast.EventCount, ast.LessOrEqual, "5"), why: "least number"},
		{in: counted(ast.EventCount, ast.Equal, "5"), why: "least number"},
		{in: counted(ast.EventCount, ast.GreaterOrEqual, "2.5"), why: "2.5"},
		{in: counted(ast.ValueCount, ast.GreaterOrEqual, "5", "r"), events: 1, values: 5},
		{in: counted(ast.ValueCount, ast.Greater, "5", "r"), events: 1, values: 6},
		{in: counted(ast.ValueCount, ast.GreaterOrEqual, "3500", "r"), why: "estimate"},
		{in: counted(ast.ValueCount, ast.GreaterOrEqual, "5", "r", "s"), why: "one field"},
		{in: counted(ast.ValueSum, ast.GreaterOrEqual, "5", "r"), why: "counts events"},
		{in: counted(ast.Temporal, ast.GreaterOrEqual, "2"), why: "counts events"},
		{in: counted(ast.TemporalOrdered, ast.GreaterOrEqual, "2"), why: "counts events"},
	} {
		_, err := New().ConvertCorrelation(c.in, backends.Options{Alert: true})
		var refused *backends.Unsupported
		if c.why != "" {
			if !errors.As(err, &refused) || refused.Feature != backends.FeatureCorrelation || !strings.Contains(refused.Detail, c.why) {
				t.Errorf("%+v: %v, want a refusal about %q", c.in.Document.Aggregates, err, c.why)
			}
			continue
		}
		a, aggErr := kibana.Aggregation(c.in)
		if err != nil || aggErr != nil {
			t.Errorf("%+v: %v, %v", c.in.Document.Aggregates, err, aggErr)
			continue
		}
		var values int64
		for _, v := range a.Threshold.Cardinality {
			values = v.Value
		}
		if a.Threshold.Value != c.events || values != c.values {
			t.Errorf("%+v: %+v", c.in.Document.Aggregates, a.Threshold)
		}
	}
}

// TestAggregationRefused: what would be another question than the correlation's.
func TestAggregationRefused(t *testing.T) {
	for name, change := range map[string]func(*backends.Correlation){
		"absent keys are a group": func(c *backends.Correlation) { c.Document.MissingKey = ast.GroupMissing },
		"aligned windows":         func(c *backends.Correlation) { c.Document.Window.Tumbling = true },
		"two bounds": func(c *backends.Correlation) {
			a := &c.Document.Aggregates[0]
			a.Thresholds = append(a.Thresholds, ast.Threshold{Op: ast.Less, Number: number("9")})
		},
		"more events than are counted without a group": func(c *backends.Correlation) {
			c.Inputs[0].Keys = nil
			c.Document.Aggregates[0].Thresholds[0].Number = number("10001")
		},
		"not equal": func(c *backends.Correlation) { c.Document.Aggregates[0].Thresholds[0].NotEqual = true },
		"groups in other fields": func(c *backends.Correlation) {
			other := c.Inputs[0]
			other.Keys = []string{"v"}
			c.Inputs = append(c.Inputs, other)
		},
		"four new terms": func(c *backends.Correlation) {
			c.Document.NewTerms = &ast.NewTerms{History: time.Hour}
			c.Inputs[0].Keys = []string{"a", "b", "c", "d"}
		},
	} {
		c := counted(ast.EventCount, ast.GreaterOrEqual, "5")
		change(c)
		if out, err := New().ConvertCorrelation(c, backends.Options{Alert: true}); err == nil {
			t.Errorf("%s: %s", name, out.Query)
		}
	}
	if _, err := New().ConvertCorrelation(counted(ast.EventCount, ast.GreaterOrEqual, "5"), backends.Options{}); err == nil {
		t.Error("plain KQL counts nothing")
	}
}
