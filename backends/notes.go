package backends

import (
	"slices"
	"strings"
)

// NoteCode names an assumption about the user's store for ever. The list is
// closed; a new code needs a measurement on an engine (ARCHITECTURE.md,
// "Exactness").
type NoteCode string

// The assumptions.
const (
	// NoteSingleValue: the field holds one plain value, neither a list nor an object.
	NoteSingleValue NoteCode = "single-value"
	// NoteLetterCase: the target compares letter case as it is stored, unless
	// the mapping or a query option folds it.
	NoteLetterCase NoteCode = "letter-case"
	// NoteFolding: the target folds ASCII letters only.
	NoteFolding NoteCode = "ascii-folding"
	// NoteMissingEmpty: the target cannot tell a missing field from an empty one.
	NoteMissingEmpty NoteCode = "missing-is-empty"
	// NoteNullNotIndexed: null, [] and a missing field are one to the target.
	NoteNullNotIndexed NoteCode = "null-not-indexed"
	// NoteMessageField: keywords are searched in one field that holds the event's text.
	NoteMessageField NoteCode = "message-field"
	// NoteWindowBuckets: windows are aligned buckets.
	NoteWindowBuckets NoteCode = "window-buckets"
	// NoteLookBack: windows are what each run of a detection rule looks back on.
	NoteLookBack NoteCode = "look-back"
	// NoteEngineVersion: the text needs a certain version of the engine.
	NoteEngineVersion NoteCode = "engine-version"
	// NoteFieldType: the field is stored with a certain type.
	NoteFieldType NoteCode = "field-type"
	// NoteNumberSpelling: numbers are stored as they are written in decimal, 12 and not 12.0.
	NoteNumberSpelling NoteCode = "number-spelling"
	// NoteSchema: the events are stored as a schema says.
	NoteSchema NoteCode = "schema"
	// NoteUnmapped: a field that the schema does not describe has the rule's name.
	NoteUnmapped NoteCode = "unmapped-field"
)

// noteInfo is the closed table: what each code says, with its subjects put in
// place of %s, and what the claim rests on.
var noteInfo = []struct {
	Code     NoteCode
	Text     string
	Evidence string
}{
	{NoteSingleValue, "taken to hold one plain value, neither a list nor an object: %s", "ES|QL compares a multi-valued field to null, LogsQL stores arrays as JSON text (measured: Elasticsearch 8.19.21, VictoriaLogs 1.121.0); SPL names array members field{} (documented)"},
	{NoteLetterCase, "compared in the letter case in which it is stored unless the search ignores case or the field is normalised: %s", "KQL on keyword fields (measured: Elasticsearch 8.19.21)"},
	{NoteFolding, "letter case is ignored for ASCII letters only (É is not é, and ſ not s): %s", "case_insensitive folds ASCII only (measured: Elasticsearch 8.19.21); SPL documents no Unicode folding"},
	{NoteMissingEmpty, "an empty string counts as no value: %s", "LogsQL (measured: VictoriaLogs 1.121.0)"},
	{NoteNullNotIndexed, "null, an empty list and an empty object count as no value: %s", "no index keeps them (measured: Elasticsearch 8.19.21, VictoriaLogs 1.121.0); in SPL a JSON null may be the text null (undocumented)"},
	{NoteMessageField, "keywords are searched in the field %s, taken to hold the event's text", "no language searches all fields for a substring (measured: Elasticsearch 8.19.21, VictoriaLogs 1.121.0)"},
	{NoteWindowBuckets, "windows are aligned buckets: a burst across a border may be missed", "DATE_TRUNC, stats by _time (measured)"},
	{NoteLookBack, "windows are what each run of the rule looks back on: a burst longer than the timespan less the interval may be missed, and a history begins the timespan before the run", "Kibana's executors aggregate what lies between from and to (documented), and such aggregations count so (measured: Elasticsearch 8.19.21)"},
	{NoteEngineVersion, "needs %s", "measured per construct"},
	{NoteFieldType, "field types assumed: %s", "a text field is searched by tokens, a keyword field orders numbers as text, a network needs an ip field (measured: Elasticsearch 8.19.21)"},
	{NoteNumberSpelling, "numbers are taken to be stored in plain spelling, 12 and not 12.0: %s", "stores keep the source's text (measured: VictoriaLogs 1.121.0, Elasticsearch 8.19.21 keyword fields)"},
	{NoteSchema, "events are taken to be stored as the schema %s says", "the vendor's mapping that the schema cites; documents of its shape (pipeline, TestProjection)"},
	{NoteUnmapped, "taken to be stored under the rule's own name: %s", "the schema does not describe it"},
}

// Note is one assumption, said of this query.
type Note struct {
	Code NoteCode `json:"code"`
	Text string   `json:"text"`
}

// NoteCodes lists the closed set in its order.
func NoteCodes() []NoteCode {
	codes := make([]NoteCode, len(noteInfo))
	for i, n := range noteInfo {
		codes[i] = n.Code
	}
	return codes
}

// Notes collects the assumptions of one query. The zero value is ready to use.
type Notes struct {
	noted []noted
}

type noted struct {
	code     NoteCode
	subjects []string
}

// Add records that the query assumes code of subject, usually a field's name.
func (n *Notes) Add(code NoteCode, subject string) {
	i := n.find(code)
	if i < 0 {
		i = len(n.noted)
		n.noted = append(n.noted, noted{code: code})
	}
	if of := &n.noted[i]; !slices.Contains(of.subjects, subject) {
		of.subjects = append(of.subjects, subject)
	}
}

func (n *Notes) find(code NoteCode) int {
	return slices.IndexFunc(n.noted, func(of noted) bool { return of.code == code })
}

// List gives the notes in the order of the table.
func (n *Notes) List() []Note {
	if n.noted == nil {
		return nil
	}
	out := make([]Note, 0, len(n.noted))
	for _, info := range noteInfo {
		if i := n.find(info.Code); i >= 0 {
			out = append(out, Note{info.Code, strings.Replace(info.Text, "%s", strings.Join(n.noted[i].subjects, ", "), 1)})
		}
	}
	return out
}
