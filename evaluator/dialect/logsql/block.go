package logsql

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	syntax "sigmatic/parser/query/logsql"
)

// block is what VictoriaLogs stores together: the rows of a stream, by column. A
// column of numbers, addresses or times is stored as such, which filters show.
type block struct {
	ids     []string
	times   []int64 // nanoseconds
	columns map[string]*column
}

func (b *block) rows() int { return len(b.times) }

// kind is how a column is stored.
type kind uint8

const (
	kindText  kind = iota
	kindConst      // one value in all rows
	kindDict       // few values
	kindUint
	kindInt
	kindFloat
	kindIPv4
	kindTime
)

// What columns of few values hold at most (lib/logstorage/consts.go).
const (
	maxConstValue = 256
	maxDictValues = 8
	maxDictBytes  = 256
)

// column holds the values of a field in the rows of a block.
type column struct {
	kind   kind
	values []string // as they are read back
	ints   []int64  // of kindInt and kindTime
	uints  []uint64 // of kindUint and kindIPv4
	floats []float64

	bits  int                    // of the largest number of kindUint: 8, 16, 32 or 64
	words func() map[string]bool // of the values as they came; nil in results
}

// isResult tells columns that pipes see from stored ones. Some filters do
// something else on them, and there are no filters of words.
func (c *column) isResult() bool { return c.words == nil }

func (c *column) none() rows { return make(rows, len(c.values)) }

// newColumn chooses how to store values. A row without the field has "".
func newColumn(values []string) *column {
	c := &column{values: values}
	original := values
	c.words = sync.OnceValue(func() map[string]bool {
		set := map[string]bool{}
		for i, v := range original {
			if i == 0 || v != original[i-1] {
				for _, w := range words(v) {
					set[w] = true
				}
			}
		}
		return set
	})
	switch {
	case isConst(values):
		c.kind = kindConst
	case isDict(values):
		c.kind = kindDict
	default:
		for _, store := range []func(*column) bool{(*column).asUint, (*column).asInt, (*column).asFloat, (*column).asIPv4, (*column).asTime} {
			if store(c) {
				break
			}
		}
	}
	return c
}

func isConst(values []string) bool {
	return len(values[0]) <= maxConstValue && !slices.ContainsFunc(values, func(v string) bool { return v != values[0] })
}

func isDict(values []string) bool {
	seen, size := map[string]bool{}, 0
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			if size += len(v); len(seen) > maxDictValues || size > maxDictBytes {
				return false
			}
		}
	}
	return true
}

// parseAll reads all values, or none.
func parseAll[T any](values []string, parse func(string) (T, bool)) []T {
	out := make([]T, len(values))
	for i, v := range values {
		n, ok := parse(v)
		if !ok {
			return nil
		}
		out[i] = n
	}
	return out
}

// writeAll gives numbers as texts.
func writeAll[T any](numbers []T, write func(T) string) []string {
	out := make([]string, len(numbers))
	for i, n := range numbers {
		out[i] = write(n)
	}
	return out
}

func (c *column) asUint() bool {
	if c.uints = parseAll(c.values, parseUint); c.uints == nil {
		return false
	}
	c.kind, c.values = kindUint, writeAll(c.uints, func(n uint64) string { return strconv.FormatUint(n, 10) })
	c.bits = 8
	for largest := slices.Max(c.uints); c.bits < 64 && largest>>c.bits > 0; {
		c.bits *= 2
	}
	return true
}

func (c *column) asInt() bool {
	if c.ints = parseAll(c.values, parseInt); c.ints == nil {
		return false
	}
	c.kind, c.values = kindInt, writeAll(c.ints, func(n int64) string { return strconv.FormatInt(n, 10) })
	return true
}

func (c *column) asFloat() bool {
	c.floats = parseAll(c.values, func(s string) (float64, bool) { return parseFloat(s, true) })
	if c.floats == nil {
		return false
	}
	c.kind, c.values = kindFloat, writeAll(c.floats, formatFloat)
	return true
}

func formatFloat(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (c *column) asIPv4() bool {
	c.uints = parseAll(c.values, func(s string) (uint64, bool) {
		n, ok := parseIPv4(s)
		return uint64(n), ok
	})
	if c.uints == nil {
		return false
	}
	c.kind, c.values = kindIPv4, writeAll(c.uints, func(n uint64) string { return ipv4Text(uint32(n)) })
	return true
}

func (c *column) asTime() bool {
	if c.ints = parseAll(c.values, parseStoredTime); c.ints == nil {
		return false
	}
	c.kind = kindTime
	c.values = writeAll(c.ints, func(n int64) string { return time.Unix(0, n).UTC().Format(storedTime) })
	return true
}

// words gives the words of a text.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !syntax.IsWordRune(r) })
}

// mayHave reports whether the block's filter of words lets a search pass. It is
// made of the values as they came, so that it also stops searches that would find
// what the column makes of them. The server's filter errs in one of some hundred
// cases; this one does not.
func (c *column) mayHave(list []string) bool {
	if len(list) == 0 || c.isResult() {
		return true
	}
	set := c.words()
	return !slices.ContainsFunc(list, func(w string) bool { return !set[w] })
}

// each marks the rows whose text matches.
func (c *column) each(match func(string) bool) rows {
	out := make(rows, len(c.values))
	if c.kind != kindConst && c.kind != kindDict {
		for i, v := range c.values {
			out[i] = match(v)
		}
		return out
	}
	known := map[string]bool{}
	for i, v := range c.values {
		is, ok := known[v]
		if !ok {
			is = match(v)
			known[v] = is
		}
		out[i] = is
	}
	return out
}

// search is each in a result. There a column of integers is searched only for what
// is such an integer itself, so that nothing but a lone number is found in it.
func (c *column) search(text string, match func(string) bool) rows {
	switch c.kind {
	case kindUint:
		if n, ok := parseUint(text); !ok || c.bits < 64 && n>>c.bits > 0 {
			return c.none()
		}
	case kindInt:
		if _, ok := parseInt(text); !ok {
			return c.none()
		}
	case kindText, kindConst, kindDict, kindFloat, kindIPv4, kindTime:
	}
	return c.each(match)
}

// equal marks the rows with one number.
func equal[T comparable](values []T, want T) rows {
	out := make(rows, len(values))
	for i, v := range values {
		out[i] = v == want
	}
	return out
}

// between marks the rows with a number from low to high.
func within[T int64 | uint64 | float64](values []T, low, high T) rows {
	out := make(rows, len(values))
	for i, v := range values {
		out[i] = low <= v && v <= high
	}
	return out
}

// rows tells which rows of a block a filter selects.
type rows []bool

func (b *block) all(is bool) rows {
	out := make(rows, b.rows())
	if is {
		for i := range out {
			out[i] = true
		}
	}
	return out
}

// newBlock stores rows of fields.
func newBlock(ids []string, times []int64, fields []map[string]string) *block {
	b := &block{ids: ids, times: times, columns: map[string]*column{}}
	names := map[string]bool{}
	for _, f := range fields {
		for name := range f {
			names[name] = true
		}
	}
	for name := range maps.Keys(names) {
		values := make([]string, len(fields))
		for i, f := range fields {
			values[i] = f[name]
		}
		b.columns[name] = newColumn(values)
	}
	return b
}
