package logsql

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"sigmatic/ast"
)

// quoteString writes s as a string literal. VictoriaLogs reads literals in
// double quotes with Go's strconv.QuotedPrefix and strconv.Unquote
// (lib/logstorage/parser.go), so Go's own quoting is the inverse by
// construction: no byte of s can end the literal. What does not print, line
// breaks included, becomes an escape; a raw line break would turn the filter
// into one that silently matches nothing (measured on VictoriaLogs 1.121.0).
func quoteString(s string) string { return strconv.Quote(s) }

// quoteField writes a field name: bare where that is safe in every position,
// quoted otherwise. A bare "not" or a name with a blank is no error but
// another query, and a bare pipe name an error (measured on VictoriaLogs
// 1.121.0), hence a list of what is safe and not of what must be quoted.
func quoteField(name string) string {
	if isBareField(name) {
		return name
	}
	return quoteString(name)
}

func isBareField(name string) bool {
	if name == "" {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c == '_', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		case i > 0 && (c == '.' || '0' <= c && c <= '9'):
		default:
			return false
		}
	}
	return !reserved[strings.ToLower(name)]
}

// reserved holds the words that mean something to LogsQL in front of a colon or
// at the start of a query, in any letter case: operators, filter functions,
// pipes and statistics. The functions would be safe; quoting them costs nothing
// and survives a grammar that grows.
var reserved = words(`
	and or not
	contains_all contains_any eq_field exact i in ipv4_range le_field len_range lt_field range re seq
	string_range value_type now offset options day_range week_range
	contains_common_case equals_common_case ipv6_range pattern_match pattern_match_full pattern_match_prefix
	block_stats blocks_count collapse_nums copy cp decolorize delete del rm drop drop_empty_fields
	extract extract_regexp facets field_names field_values fields keep filter where first format join
	json_array_len hash last len limit head math eval offset skip pack_json pack_logmft pack_logfmt
	rename mv replace replace_regexp sample sort order stats stats_remote by stream_context top union
	uniq unpack_json unpack_logfmt unpack_syslog unpack_words unroll
	generate_sequence json_array_concat query_stats running_stats set_stream_fields split time_add total_stats
	avg count count_empty count_uniq count_uniq_hash histogram json_values max median min quantile
	rate rate_sum row_any row_max row_min sum sum_len uniq_values values stddev
	inf nan true false`)

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// quoteRegex writes literal text so that it stands for itself in a regular
// expression (RE2, as VictoriaLogs takes it).
func quoteRegex(s string) string { return regexp.QuoteMeta(s) }

// dashClass is the regular expression of ast.Dash.
const dashClass = "[-/\u2013\u2014\u2015]"

// writeParts writes the regular expression of pattern parts. dots tells whether
// it has a dot, which must match line breaks too.
func writeParts(b *strings.Builder, parts []ast.Part) (dots bool) {
	for _, part := range parts {
		switch part := part.(type) {
		case ast.Literal:
			b.WriteString(quoteRegex(string(part)))
		case ast.AnyRun:
			b.WriteString(".*")
			dots = true
		case ast.AnyOne:
			b.WriteByte('.')
			dots = true
		case ast.Dash:
			b.WriteString(dashClass)
		}
	}
	return dots
}

// isText reports whether every literal of a pattern is valid UTF-8. JSON and
// regular expressions know no other bytes.
func isText(parts []ast.Part) bool {
	for _, part := range parts {
		if lit, ok := part.(ast.Literal); ok && !utf8.ValidString(string(lit)) {
			return false
		}
	}
	return true
}
