package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// LogsQL runs LogsQL on VictoriaLogs.
type LogsQL struct {
	remote
	options LogsQLOptions
	run     string   // "" until Load
	kept    []string // runs that could not be deleted
}

var _ Engine = (*LogsQL)(nil)

// LogsQLOptions say how events are stored, and who asks.
type LogsQLOptions struct {
	Login Login
	// MessageField is the field of the event that becomes the message, and is
	// then no field of its own name. By default it is "_msg".
	//
	// An event without it gets a text of the server's, "missing _msg field;
	// see …", which filters on the message find.
	MessageField string
	// Apart stores each event in a log stream of its own. Events of one stream are
	// stored together, by column, and how a column is stored shows in what some
	// filters find.
	Apart bool
}

// NewLogsQL returns a client of the VictoriaLogs at a base address.
func NewLogsQL(address string, options LogsQLOptions) *LogsQL {
	return &LogsQL{remote: newRemote("logsql", address, options.Login), options: options}
}

// Name returns "logsql".
func (l *LogsQL) Name() string { return l.name }

// Load stores the events in log streams of their own. VictoriaLogs keeps text
// alone, so the mapping is not used.
func (l *LogsQL) Load(ctx context.Context, events []Event, _ Mapping) error {
	if err := checkEvents(events); err != nil {
		return err
	}
	if err := l.Close(ctx); err != nil {
		return err
	}
	run, now := newRun(), time.Now()
	var body []byte
	for _, e := range events {
		at := e.Time
		if at.IsZero() {
			at = now
		}
		line, err := withFields(e,
			[2]string{idField, e.ID}, [2]string{runField, run}, [2]string{timeField, at.UTC().Format(time.RFC3339Nano)})
		if err != nil {
			return err
		}
		body = append(append(body, line...), '\n')
	}
	l.run = run
	if len(events) == 0 {
		return nil
	}
	parameters := url.Values{"_time_field": {timeField}, "_stream_fields": {runField}}
	if l.options.Apart {
		parameters.Set("_stream_fields", runField+","+idField)
	}
	if l.options.MessageField != "" {
		parameters.Set("_msg_field", l.options.MessageField)
	}
	// With another content type the server answers 200 and stores nothing.
	if _, err := l.do(ctx, http.MethodPost, "/insert/jsonline?"+parameters.Encode(), "application/stream+json", body); err != nil {
		return err
	}
	if _, err := l.do(ctx, http.MethodGet, "/internal/force_flush", "", nil); err != nil {
		return err
	}
	return l.checkCount(ctx, len(events))
}

// checkCount sees to it that the server, which drops what it does not like,
// has stored all events.
func (l *LogsQL) checkCount(ctx context.Context, want int) error {
	ids, err := l.Select(ctx, "*")
	if err == nil && len(ids) != want {
		err = fmt.Errorf("logsql: %d of %d events were stored", len(ids), want)
	}
	return err
}

// Select runs a query on the loaded events. Its filter may be followed by
// pipes that keep the event: one that loses the added field is for Rows.
func (l *LogsQL) Select(ctx context.Context, query string) ([]string, error) {
	// The newline ends a comment that the query may end with.
	rows, err := l.Rows(ctx, query+"\n| fields "+idField)
	if err != nil {
		return nil, err
	}
	return idsOf(rows)
}

// Rows runs a query on the loaded events and returns its rows as they are,
// with all values as strings. Columns whose value is empty are absent.
func (l *LogsQL) Rows(ctx context.Context, query string) ([]Row, error) {
	if l.run == "" {
		return nil, fmt.Errorf("logsql: %w", errNotLoaded)
	}
	filter, pipes := splitPipes(query)
	// OR binds weaker than AND, so the filter stands in parentheses; on lines
	// of its own, because it may end with a comment.
	text := fmt.Sprintf("{%s=%q} (\n%s\n)%s", runField, l.run, filter, pipes)
	form := url.Values{"query": {text}}
	answer, err := l.do(ctx, http.MethodPost, "/select/logsql/query", "application/x-www-form-urlencoded", []byte(form.Encode()))
	if err != nil {
		return nil, err
	}
	rows := []Row{}
	for d := json.NewDecoder(bytes.NewReader(answer)); ; {
		var r Row
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return nil, fmt.Errorf("logsql: cannot read the answer: %w", err)
		}
		rows = append(rows, r)
	}
}

// Close deletes the stream, where the server allows it: newer ones do with
// -delete.enable (https://docs.victoriametrics.com/victorialogs/#how-to-delete-logs).
// Kept tells of what stays.
func (l *LogsQL) Close(ctx context.Context) error {
	if l.run == "" {
		return nil
	}
	filter := url.Values{"filter": {fmt.Sprintf("{%s=%q}", runField, l.run)}}
	_, err := l.do(ctx, http.MethodPost, "/delete/run_task?"+filter.Encode(), "", nil)
	var refused *QueryError
	switch {
	case errors.As(err, &refused):
		l.kept = append(l.kept, l.run)
	case err != nil:
		return err
	}
	l.run = ""
	return nil
}

// Keeper is an engine that may not be able to remove what it has loaded.
type Keeper interface {
	// Kept says what stays on the server and why, or "".
	Kept() string
}

// Kept implements Keeper.
func (l *LogsQL) Kept() string {
	if len(l.kept) == 0 {
		return ""
	}
	return fmt.Sprintf("%d log streams stay until the server's retention ends, {%s=%q} the first: it does not allow to delete (VictoriaLogs does with -delete.enable)",
		len(l.kept), runField, l.kept[0])
}

// splitPipes cuts a query in front of its first pipe: the first bar that
// stands in no string, comment or parentheses.
func splitPipes(query string) (filter, pipes string) {
	depth := 0
	for i := 0; i < len(query); i++ {
		switch query[i] {
		case '"', '\'', '`':
			i = skipLogsQLString(query, i) - 1
		case '#':
			i = endOf(query, i, "\n") - 1
		case '(', '{', '[':
			depth++
		case ')', '}', ']':
			depth--
		case '|':
			if depth <= 0 {
				return query[:i], query[i:]
			}
		}
	}
	return query, ""
}

// skipLogsQLString returns the index behind the string that opens at i.
func skipLogsQLString(s string, i int) int {
	quote := s[i]
	if quote == '`' {
		return endOf(s, i+1, "`")
	}
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		}
	}
	return len(s)
}
