package logsql

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/tidwall/gjson"

	"sigmatic/evaluator/dialect"
	syntax "sigmatic/parser/query/logsql"
)

// Layout says which rows VictoriaLogs happens to store together. Some filters see
// it: a column of numbers is stored and searched as such.
type Layout string

// The extremes among layouts.
const (
	OneBlock  Layout = ""            // all rows, as when one request brings them
	RowBlocks Layout = "row-a-block" // each on its own, as when they trickle in
)

// Interpreter runs LogsQL as VictoriaLogs 1.121.0 does.
type Interpreter struct {
	layout Layout
	cache  *cache
}

var _ dialect.Interpreter = Interpreter{}

// New returns the interpreter for rows that are stored together.
func New() Interpreter { return Interpreter{OneBlock, &cache{}} }

// Interpreters gives one interpreter for each layout. They share what they compile.
func Interpreters() []dialect.Interpreter {
	shared := &cache{}
	return []dialect.Interpreter{Interpreter{OneBlock, shared}, Interpreter{RowBlocks, shared}}
}

// Name returns "logsql".
func (Interpreter) Name() string { return "logsql" }

// Variant returns the layout.
func (i Interpreter) Variant() string { return string(i.layout) }

// Load stores documents. The mapping is not used: the store keeps text.
func (i Interpreter) Load(docs []dialect.Document, _ dialect.Mapping) (dialect.Store, error) {
	s := &store{cache: i.cache}
	var ids []string
	var times []int64
	var fields []map[string]string
	flush := func() {
		if len(ids) > 0 {
			s.blocks = append(s.blocks, newBlock(ids, times, fields))
			ids, times, fields = nil, nil, nil
		}
	}
	for _, d := range docs {
		row, err := flatten(d.Body)
		if err != nil {
			return nil, fmt.Errorf("logsql: document %q: %w", d.ID, err)
		}
		ids, times, fields = append(ids, d.ID), append(times, d.Time.UnixNano()), append(fields, row)
		if i.layout == RowBlocks {
			flush()
		}
	}
	flush()
	return s, nil
}

// defaultMessage is what an event without a message gets (the server's flag
// -defaultMsgValue).
const defaultMessage = "missing _msg field; see https://docs.victoriametrics.com/victorialogs/keyconcepts/#message-field"

// maxName is the longest name of a field in bytes. An object with a longer one
// below is kept as its JSON text (lib/logstorage/consts.go).
const maxName = 128

// flatten gives the fields of a JSON object
// (https://docs.victoriametrics.com/victorialogs/keyconcepts/#data-model): those
// of inner objects with dotted names, arrays as text in their own spelling but for
// blanks, numbers and booleans as written. Null and the empty text are no field.
func flatten(body json.RawMessage) (map[string]string, error) {
	if !json.Valid(body) {
		return nil, errors.New("expected valid JSON")
	}
	object := gjson.ParseBytes(body)
	if !object.IsObject() {
		return nil, errors.New("expected a JSON object")
	}
	fields := map[string]string{}
	flattenInto(fields, "", object)
	if fields[syntax.MessageField] == "" {
		fields[syntax.MessageField] = defaultMessage
	}
	return fields, nil
}

func flattenInto(fields map[string]string, prefix string, object gjson.Result) {
	longest := 0
	object.ForEach(func(key, _ gjson.Result) bool {
		longest = max(longest, len(key.String()))
		return true
	})
	set := func(name, value string) {
		if name == "" {
			name = syntax.MessageField
		}
		if value != "" {
			fields[name] = value
		}
	}
	if len(prefix)+longest > maxName {
		set(prefix[:max(0, len(prefix)-1)], compact(object.Raw))
		return
	}
	object.ForEach(func(key, value gjson.Result) bool {
		name := prefix + key.String()
		switch {
		case value.Type == gjson.Null:
		case value.IsObject():
			flattenInto(fields, name+".", value)
		case value.Type == gjson.String:
			set(name, value.String())
		default:
			set(name, compact(value.Raw))
		}
		return true
	})
}

// compact drops the blanks of a valid JSON text.
func compact(raw string) string {
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(raw)); err != nil {
		panic("logsql: " + err.Error()) // it was checked
	}
	return b.String()
}

// store holds blocks.
type store struct {
	blocks []*block
	cache  *cache
}

// Select runs a query and gives the events that are left.
func (s *store) Select(query string) ([]string, error) {
	p, err := s.cache.plan(query)
	if err != nil {
		return nil, err
	}
	if p.aggregates {
		return nil, &dialect.QueryError{Language: "LogsQL", Offset: -1, Unknown: true, Detail: "the query makes rows that are no events"}
	}
	ids := []string{}
	if len(p.pipes) == 0 {
		for _, b := range s.blocks {
			ids = append(ids, pick(b.ids, p.filter.apply(b))...)
		}
	} else {
		for _, b := range p.run(s.blocks) {
			ids = append(ids, b.ids...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// Rows runs a query. All values are texts; a column without a value is absent.
func (s *store) Rows(query string) ([]dialect.Row, error) {
	p, err := s.cache.plan(query)
	if err != nil {
		return nil, err
	}
	out := []dialect.Row{}
	for _, b := range p.run(s.blocks) {
		for i := range b.rows() {
			row := dialect.Row{}
			for name, c := range b.columns {
				if v := c.values[i]; v != "" {
					row[name] = v
				}
			}
			if len(row) > 0 { // a row without a value is not given back
				out = append(out, row)
			}
		}
	}
	return out, nil
}

// queryError brings a parser's error to the one of all languages.
func queryError(err error) error {
	var e *syntax.SyntaxError
	if !errors.As(err, &e) {
		return err
	}
	return &dialect.QueryError{Language: "LogsQL", Offset: e.Offset, Unknown: e.Unknown, Detail: e.Detail}
}
