package esql

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"sigmatic/evaluator/dialect/elastic"
)

// functions is the table of functions ("ES|QL functions and operators" of the
// reference), by their names in lower case. Aggregates are in stats.go, searches
// in search.go.
var functions = sync.OnceValue(func() map[string]function {
	anyKind := []kind{keyword, text, integer, long, double, boolean, date, ip}
	return map[string]function{
		"case":     {2, -1, caseOf},
		"coalesce": {1, -1, coalesce},

		"to_lower":    changeCase(lower),
		"to_upper":    changeCase(upper),
		"concat":      {1, -1, concat},
		"starts_with": condition(strings.HasPrefix),
		"ends_with":   condition(strings.HasSuffix),
		"locate":      {2, 2, texts(integer, locate)},
		"length":      {1, 1, texts(integer, func(v []string) []any { return []any{int64(utf8.RuneCountInString(v[0]))} })},
		"trim":        trim(strings.TrimFunc),
		"ltrim":       trim(strings.TrimLeftFunc),
		"rtrim":       trim(strings.TrimRightFunc),
		"replace":     {3, 3, replace},

		"to_string":   each(anyKind, keyword, toText),
		"to_double":   each(anyKind, double, toDouble),
		"to_long":     each(anyKind, long, toLong),
		"to_integer":  each(anyKind, integer, toInteger),
		"to_boolean":  each([]kind{boolean, keyword, text, double, long, integer}, boolean, toBoolean),
		"to_ip":       each([]kind{ip, keyword, text}, ip, toIP),
		"to_datetime": each([]kind{date, keyword, text, double, long, integer}, date, toDate),

		"cidr_match": {2, -1, cidrMatch},

		"mv_count":  fromValues(integer, func(v []any) []any { return []any{int64(len(v))} }),
		"mv_dedupe": fromValues(null, distinct),
		"mv_min":    fromValues(null, func(v []any) []any { return []any{slices.MinFunc(v, elastic.Compare)} }),
		"mv_max":    fromValues(null, func(v []any) []any { return []any{slices.MaxFunc(v, elastic.Compare)} }),
		"mv_first":  fromValues(null, func(v []any) []any { return v[:1] }),
		"mv_last":   fromValues(null, func(v []any) []any { return v[len(v)-1:] }),
		"mv_append": {2, 2, mvAppend},
		"mv_concat": {2, 2, mvConcat},

		"date_extract": {2, 2, dateExtract},
		"date_trunc":   {2, 2, dateTrunc},
	}
})
