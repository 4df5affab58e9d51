package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// bulkBytes is how much one bulk request holds at most, well under the
// server's limit of 100 MB.
const bulkBytes = 4 << 20

var errNotLoaded = errors.New("nothing was loaded")

// An elastic is an Elasticsearch with an index of our own: what ES|QL and KQL
// share.
type elastic struct {
	remote
	index  string   // "" until Load
	folded []string // keyword fields with a normalizer
}

func newElastic(name, address string, login Login) elastic {
	return elastic{remote: newRemote(name, address, login)}
}

// Name returns the short name of the query language.
func (x *elastic) Name() string { return x.name }

// FoldKeywords says which fields, where they are keywords, are loaded with the
// normalizer lowercase, which lowers what is stored and what the index is asked
// for (https://www.elastic.co/docs/reference/text-analysis/normalizers).
func (x *elastic) FoldKeywords(fields ...string) { x.folded = fields }

// Load makes a new index of the events and drops the one before it.
func (x *elastic) Load(ctx context.Context, events []Event, m Mapping) error {
	if err := checkEvents(events); err != nil {
		return err
	}
	if err := x.Close(ctx); err != nil {
		return err
	}
	name := "sigmatic-verify-" + newRun()
	if err := x.doJSON(ctx, http.MethodPut, "/"+name, indexBody(m, x.folded), nil); err != nil {
		return err
	}
	x.index = name
	var batch []byte
	first := 0 // of the batch
	for i, e := range events {
		line, err := withFields(e, [2]string{idField, e.ID})
		if err != nil {
			return err
		}
		batch = append(append(batch, "{\"index\":{}}\n"...), line...)
		batch = append(batch, '\n')
		if len(batch) > bulkBytes || i == len(events)-1 {
			if err := x.bulk(ctx, batch, events[first:i+1]); err != nil {
				return err
			}
			batch, first = nil, i+1
		}
	}
	return nil
}

// bulk sends one batch of events and reports the first that was not stored.
func (x *elastic) bulk(ctx context.Context, batch []byte, events []Event) error {
	answer, err := x.do(ctx, http.MethodPost, "/"+x.index+"/_bulk?refresh=true", "application/x-ndjson", batch)
	if err != nil {
		return err
	}
	var result struct {
		Errors bool `json:"errors"`
		Items  []map[string]struct {
			Error json.RawMessage `json:"error"`
		} `json:"items"`
	}
	if err := json.Unmarshal(answer, &result); err != nil {
		return fmt.Errorf("%s: cannot read the answer: %w", x.name, err)
	}
	if !result.Errors {
		return nil
	}
	for i, item := range result.Items {
		if e := item["index"].Error; e != nil && i < len(events) {
			return fmt.Errorf("%s: event %q was not stored: %s", x.name, events[i].ID, e)
		}
	}
	return fmt.Errorf("%s: an event was not stored: %s", x.name, answer)
}

// Close deletes the index.
func (x *elastic) Close(ctx context.Context) error {
	if x.index == "" {
		return nil
	}
	_, err := x.do(ctx, http.MethodDelete, "/"+x.index, "", nil)
	var gone *QueryError
	if errors.As(err, &gone) && gone.Status == http.StatusNotFound {
		err = nil
	}
	if err == nil {
		x.index = ""
	}
	return err
}

// indexBody is the request that creates an index for a mapping.
//
// Every value that the mapping does not name becomes a keyword in the spelling
// that it has in JSON. There is no ignore_above: a value longer than that reads
// as null and matches nothing. Objects are flattened, so that a name can have a
// value in one event and an object in another, as in CloudTrail.
func indexBody(m Mapping, folded []string) map[string]any {
	keyword := map[string]any{"type": Keyword}
	properties := map[string]any{}
	for field, t := range m {
		p := map[string]any{"type": t}
		if slices.Contains([]FieldType{IP, Long, Double, Boolean, Date}, t) {
			p["ignore_malformed"] = true
		}
		if t == Keyword && slices.Contains(folded, field) {
			p["normalizer"] = "lowercase"
		}
		properties[field] = p
	}
	properties[idField] = keyword
	var templates []any
	for _, t := range []string{"string", "long", "double", "boolean", "date"} {
		templates = append(templates, map[string]any{t: map[string]any{"match_mapping_type": t, "mapping": keyword}})
	}
	return map[string]any{
		"settings": map[string]any{
			"index.number_of_shards":           1,
			"index.number_of_replicas":         0,
			"index.mapping.total_fields.limit": 20000,
		},
		"mappings": map[string]any{
			"date_detection":    false,
			"dynamic_templates": templates,
			"properties":        properties,
			"subobjects":        false,
		},
	}
}
