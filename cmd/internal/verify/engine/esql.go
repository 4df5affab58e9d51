package engine

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ESQL runs ES|QL on Elasticsearch.
type ESQL struct{ elastic }

var _ Engine = (*ESQL)(nil)

// NewESQL returns a client of the Elasticsearch at a base address.
func NewESQL(address string, login Login) *ESQL {
	return &ESQL{newElastic("esql", address, login)}
}

// Select runs a query on the loaded events, whatever source its FROM command
// names. The query must let the event through to its end: one with STATS, or
// with a KEEP or DROP that loses the added field, is for Rows.
func (e *ESQL) Select(ctx context.Context, query string) ([]string, error) {
	// The newline ends a comment that the query may end with.
	rows, err := e.Rows(ctx, fmt.Sprintf("%s\n| KEEP %s | LIMIT %d", query, idField, MaxEvents))
	if err != nil {
		return nil, err
	}
	return idsOf(rows)
}

// Rows runs a query on the loaded events and returns its rows as they are.
func (e *ESQL) Rows(ctx context.Context, query string) ([]Row, error) {
	if e.index == "" {
		return nil, fmt.Errorf("esql: %w", errNotLoaded)
	}
	text, err := replaceSource(query, e.index)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Partial bool                    `json:"is_partial"`
		Columns []struct{ Name string } `json:"columns"`
		Values  [][]any                 `json:"values"`
	}
	in := map[string]any{"query": text}
	if err := e.doJSON(ctx, http.MethodPost, "/_query?format=json&allow_partial_results=false", in, &answer); err != nil {
		return nil, err
	}
	if answer.Partial {
		return nil, fmt.Errorf("esql: the result is partial")
	}
	rows := make([]Row, len(answer.Values))
	for i, values := range answer.Values {
		rows[i] = make(Row, len(values))
		for j, v := range values {
			rows[i][answer.Columns[j].Name] = v
		}
	}
	return rows, nil
}

// replaceSource puts source in the place of what the query's FROM names, and
// keeps a METADATA part and all commands behind it.
func replaceSource(query, source string) (string, error) {
	from := skipBlank(query, 0)
	word, i := wordAt(query, from)
	if !strings.EqualFold(word, "from") {
		return "", fmt.Errorf("esql: the query starts with %q, expected FROM", word)
	}
	for i < len(query) && query[i] != '|' {
		if j := skipBlank(query, i); j > i {
			i = j
			continue
		}
		if query[i] == '"' {
			i = skipQuoted(query, i)
			continue
		}
		word, j := wordAt(query, i)
		if strings.EqualFold(word, "metadata") {
			break
		}
		i = max(j, i+1)
	}
	return query[:from] + "FROM " + source + " " + query[i:], nil
}

// wordAt returns the letters of ES|QL's keywords and names from i on.
func wordAt(s string, i int) (string, int) {
	end := i
	for end < len(s) {
		r, n := utf8.DecodeRuneInString(s[end:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.*@", r) {
			break
		}
		end += n
	}
	return s[i:end], end
}

// skipBlank returns the index behind the blanks and comments at i.
func skipBlank(s string, i int) int {
	for i < len(s) {
		switch rest := s[i:]; {
		case strings.IndexByte(" \t\r\n", s[i]) >= 0:
			i++
		case strings.HasPrefix(rest, "//"):
			i = endOf(s, i, "\n")
		case strings.HasPrefix(rest, "/*"):
			i = endOf(s, i+2, "*/")
		default:
			return i
		}
	}
	return i
}

// skipQuoted returns the index behind the string that opens at i.
func skipQuoted(s string, i int) int {
	if strings.HasPrefix(s[i:], `"""`) {
		return endOf(s, i+3, `"""`)
	}
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// endOf returns the index behind the next mark from i on, or the end of s.
func endOf(s string, i int, mark string) int {
	if n := strings.Index(s[i:], mark); n >= 0 {
		return i + n + len(mark)
	}
	return len(s)
}
