// Package evtxtest gives tests the events of Windows as rules see them.
package evtxtest

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"sigmatic/evaluator/cloudtrail"
)

// Events reads events in the shape of EVTX, as JSON, and makes them flat.
func Events(t testing.TB, path string) [][]byte {
	t.Helper()
	var out [][]byte
	_, err := cloudtrail.Read(context.Background(), cloudtrail.File(path), cloudtrail.Options{}, func(r cloudtrail.Record) error {
		var doc struct{ Event map[string]map[string]any }
		if err := json.Unmarshal(r.Raw, &doc); err != nil {
			return err
		}
		flat, err := json.Marshal(flatten(doc.Event))
		out = append(out, flat)
		return err
	}, func(p cloudtrail.Problem) { t.Errorf("%s", p) })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// flatten gives the fields the names that rules use: Event.System.X and
// Event.EventData.X are X, as is Event.UserData.TEMPLATE.X; an attribute Y of X is X_Y, names lose their blanks.
func flatten(event map[string]map[string]any) map[string]any {
	out := map[string]any{}
	for name, section := range event {
		if name == "UserData" { // one map, named after the event's template
			for _, template := range section {
				if m, ok := template.(map[string]any); ok {
					section = m
				}
			}
		}
		for name, value := range section {
			if m, ok := value.(map[string]any); ok {
				if attributes, ok := m["#attributes"].(map[string]any); ok {
					for k, v := range attributes {
						out[name+"_"+k] = v
					}
				}
				if text, ok := m["#text"]; ok {
					out[name] = text
				}
				continue
			}
			out[strings.ReplaceAll(name, " ", "")] = value
		}
	}
	return out
}
