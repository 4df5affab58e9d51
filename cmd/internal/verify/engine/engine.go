package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"

	"sigmatic/evaluator/dialect"
)

// The fields that Load adds to each event. A query that names them is not a
// query about the event.
const (
	idField   = "_sigmatic_id"
	runField  = "_sigmatic_run"
	timeField = "_sigmatic_time"
)

// MaxEvents is how many events one Load takes: the most rows that
// Elasticsearch returns at once, so that no result is cut.
const MaxEvents = 10000

// An Engine holds one set of events at a time and selects among them. Load
// replaces what was loaded before. After Load, Select may be called from
// several goroutines.
type Engine interface {
	// Name is the short name of the query language: "esql", "kql", "logsql".
	Name() string
	// Load makes the events selectable, and no others.
	Load(ctx context.Context, events []Event, m Mapping) error
	// Select returns the identifiers of the events that the query selects,
	// sorted, each once.
	Select(ctx context.Context, query string) (ids []string, err error)
	// Close drops what was loaded.
	Close(ctx context.Context) error
}

// What engines and interpreters share. Events without a time are stored with
// that of loading.
type (
	Event     = dialect.Document
	FieldType = dialect.FieldType
	Mapping   = dialect.Mapping
	Row       = dialect.Row
)

// The types of fields.
const (
	Keyword = dialect.Keyword
	Text    = dialect.Text
	IP      = dialect.IP
	Long    = dialect.Long
	Double  = dialect.Double
	Boolean = dialect.Boolean
	Date    = dialect.Date
)

// WithKeywords returns a copy of a mapping in which the given fields are
// keywords unless they have a type already. It serves for fields that a query
// names and no event has: ES|QL rejects a query with a field that has no mapping.
func WithKeywords(m Mapping, fields ...string) Mapping {
	out := maps.Clone(m)
	if out == nil {
		out = Mapping{}
	}
	for _, f := range fields {
		if _, ok := out[f]; !ok {
			out[f] = Keyword
		}
	}
	return out
}

// A QueryError is an engine's rejection of a query, or of a request about it.
type QueryError struct {
	Engine string
	Status int    // the HTTP status
	Body   string // the whole answer
}

// Error gives the engine's own reason, shortened.
func (e *QueryError) Error() string {
	return fmt.Sprintf("%s: the engine answered with status %d: %s", e.Engine, e.Status, e.reason())
}

// reason finds the sentence in Elasticsearch's JSON; others answer in text.
func (e *QueryError) reason() string {
	var answer struct {
		Error struct {
			Reason    string `json:"reason"`
			RootCause []struct {
				Reason string `json:"reason"`
			} `json:"root_cause"`
		} `json:"error"`
	}
	text := e.Body
	if json.Unmarshal([]byte(e.Body), &answer) == nil && answer.Error.Reason != "" {
		text = answer.Error.Reason
		if root := answer.Error.RootCause; len(root) > 0 && root[0].Reason != "" && root[0].Reason != text {
			text += ": " + root[0].Reason
		}
	}
	const limit = 500
	if len(text) > limit {
		text = text[:limit] + "…"
	}
	return text
}

// Engines tells where the engines are. A field is empty when there is none.
type Engines struct {
	ESQL   string // base address of Elasticsearch
	KQL    string // base address of Elasticsearch
	LogsQL string // base address of VictoriaLogs
	SPL    string // path of the program that judges SPL
}

// The environment variables that FromEnv reads.
const (
	EnvESQL   = "SIGMATIC_ENGINE_ESQL"
	EnvKQL    = "SIGMATIC_ENGINE_KQL"
	EnvLogsQL = "SIGMATIC_ENGINE_LOGSQL"
	EnvSPL    = "SIGMATIC_ENGINE_SPL"
)

// FromEnv reads where the engines are from the environment, and returns the
// names of the variables that are not set.
func FromEnv() (e Engines, missing []string) {
	for _, v := range []struct {
		name string
		to   *string
	}{{EnvESQL, &e.ESQL}, {EnvKQL, &e.KQL}, {EnvLogsQL, &e.LogsQL}, {EnvSPL, &e.SPL}} {
		*v.to = os.Getenv(v.name)
		if *v.to == "" {
			missing = append(missing, v.name)
		}
	}
	return e, missing
}

// checkEvents rejects what no engine could load truthfully.
func checkEvents(events []Event) error {
	if len(events) > MaxEvents {
		return fmt.Errorf("engine: %d events, expected at most %d", len(events), MaxEvents)
	}
	seen := make(map[string]bool, len(events))
	for i, e := range events {
		if e.ID == "" || seen[e.ID] {
			return fmt.Errorf("engine: event %d has the identifier %q, expected one of its own", i, e.ID)
		}
		seen[e.ID] = true
	}
	return nil
}

// withFields returns an event's object on one line with string fields put in
// front. The text of its values is left alone, as engines tell "a/b" from
// "a\/b" in an array.
func withFields(e Event, fields ...[2]string) ([]byte, error) {
	var body bytes.Buffer
	if err := json.Compact(&body, e.Body); err != nil {
		return nil, fmt.Errorf("engine: event %q: %w", e.ID, err)
	}
	rest, ok := bytes.CutPrefix(body.Bytes(), []byte("{"))
	if !ok {
		return nil, fmt.Errorf("engine: event %q: expected a JSON object", e.ID)
	}
	line := []byte("{")
	for i, f := range fields {
		if i > 0 {
			line = append(line, ',')
		}
		line = appendJSON(line, f[0])
		line = append(line, ':')
		line = appendJSON(line, f[1])
	}
	if len(fields) > 0 && !bytes.Equal(rest, []byte("}")) {
		line = append(line, ',')
	}
	return append(line, rest...), nil
}

// appendJSON appends s as a JSON string.
func appendJSON(to []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return append(to, text...)
}

// idsOf gathers the identifiers of rows.
func idsOf(rows []Row) ([]string, error) {
	ids := make([]string, 0, len(rows))
	for _, r := range rows {
		id, ok := r[idField].(string)
		if !ok {
			return nil, fmt.Errorf("engine: a row without an identifier: %v", r)
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}
