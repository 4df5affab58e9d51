package logsql_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigmatic/evaluator/dialect"
	"sigmatic/evaluator/dialect/internal/dialecttest"
	"sigmatic/evaluator/dialect/logsql"
)

// TestAnswers holds the interpreter to what the server answered.
func TestAnswers(t *testing.T) {
	files, err := filepath.Glob("testdata/engine/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no answers: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			parts := strings.SplitN(string(data), "\n---\n", 3)
			store, err := logsql.New().Load(documents(parts[1]), nil)
			if err != nil {
				t.Fatal(err)
			}
			asked := 0
			for question := range strings.SplitSeq("\n"+parts[2], "\n?") {
				query, want, ok := strings.Cut(question, "\n=")
				if !ok {
					continue
				}
				rows := strings.HasPrefix(query, "?")
				query = strings.TrimPrefix(strings.TrimPrefix(query, "?"), " ")
				if got := answer(store, query, rows); got != strings.TrimSpace(want) {
					t.Errorf("%s\n got %s\nwant %s", query, got, strings.TrimSpace(want))
				}
				asked++
			}
			if asked == 0 {
				t.Error("no question has an answer")
			}
		})
	}
}

// documents reads lines of an identifier and JSON. The events are a second apart.
func documents(lines string) []dialect.Document { return dialecttest.Documents(lines, time.Second) }

func answer(s dialect.Store, query string, asRows bool) string {
	var rows []dialect.Row
	ids, err := []string(nil), error(nil)
	if asRows {
		rows, err = s.Rows(query)
	} else {
		ids, err = s.Select(query)
	}
	var q *dialect.QueryError
	switch {
	case errors.As(err, &q) && !q.Unknown:
		return "error"
	case err != nil:
		return err.Error()
	case !asRows:
		return strings.Join(ids, " ")
	}
	var lines []string
	for _, r := range rows {
		line, _ := json.Marshal(r)
		lines = append(lines, string(line))
	}
	if !strings.Contains(query, "sort") {
		slices.Sort(lines)
	}
	return strings.Join(lines, " ")
}
