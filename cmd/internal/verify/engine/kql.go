package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// KQL runs Kibana's query language by the kql query of Elasticsearch. Kibana
// itself parses in the browser, and the two disagree about precedence, value
// lists and backslashes: what Kibana makes of a query is for SelectDSL.
type KQL struct {
	elastic
	options KQLOptions
}

var _ Engine = (*KQL)(nil)

// KQLOptions are the options of Elasticsearch's kql query, and who asks.
type KQLOptions struct {
	Login Login
	// CaseInsensitive folds the case of ASCII letters in keyword fields.
	CaseInsensitive bool
	// DefaultField is searched for values without a field; "" is all fields,
	// the added identifier too.
	DefaultField string
}

// NewKQL returns a client of the Elasticsearch at a base address.
func NewKQL(address string, options KQLOptions) *KQL {
	return &KQL{elastic: newElastic("kql", address, options.Login), options: options}
}

// Select runs a KQL query on the loaded events.
func (k *KQL) Select(ctx context.Context, query string) ([]string, error) {
	kql := map[string]any{"query": query}
	if k.options.CaseInsensitive {
		kql["case_insensitive"] = true
	}
	if k.options.DefaultField != "" {
		kql["default_field"] = k.options.DefaultField
	}
	return k.search(ctx, map[string]any{"kql": kql})
}

// SelectDSL runs a query of Elasticsearch's query DSL, such as
// {"term":{"f":"v"}}, on the loaded events.
func (k *KQL) SelectDSL(ctx context.Context, dsl json.RawMessage) ([]string, error) {
	return k.search(ctx, dsl)
}

func (k *KQL) search(ctx context.Context, query any) ([]string, error) {
	if k.index == "" {
		return nil, fmt.Errorf("kql: %w", errNotLoaded)
	}
	in := map[string]any{
		"query":           query,
		"size":            MaxEvents,
		"_source":         false,
		"docvalue_fields": []string{idField},
	}
	var answer struct {
		TimedOut bool `json:"timed_out"`
		Shards   struct{ Failed int }
		Hits     struct {
			Hits []struct {
				Fields map[string][]any `json:"fields"`
			} `json:"hits"`
		} `json:"hits"`
	}
	path := "/" + k.index + "/_search?allow_partial_search_results=false"
	if err := k.doJSON(ctx, http.MethodPost, path, in, &answer); err != nil {
		return nil, err
	}
	if answer.TimedOut || answer.Shards.Failed > 0 {
		return nil, fmt.Errorf("kql: the result is partial")
	}
	rows := make([]Row, len(answer.Hits.Hits))
	for i, hit := range answer.Hits.Hits {
		rows[i] = Row{}
		if v := hit.Fields[idField]; len(v) == 1 {
			rows[i][idField] = v[0]
		}
	}
	return idsOf(rows)
}
