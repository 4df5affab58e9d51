package verify

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/cmd/internal/verify/engine/enginetest"
	"sigmatic/evaluator/dialect/esql"
)

// The fields of the nasty events, by type; z is in few events, nope in none.
var elasticMapping = engine.Mapping{
	"s": engine.Keyword, "r": engine.Keyword, "z": engine.Keyword, "o.p": engine.Keyword,
	"n": engine.Long, "d": engine.Double, "b": engine.Boolean, "i": engine.IP, "t": engine.Date,
}

var elasticValues = map[string][]string{
	"s": {`"a"`, `"A"`, `"ab"`, `"aB"`, `"abc"`, `""`, `null`, `[]`, `[null]`, `["a","b"]`, `["a","A"]`, `["ab",""]`, `["x",null]`, `"b"`, `"*"`, `"?"`, `"a*"`, `"a?b"`,
		`"\\"`, `"a\\b"`, `"\""`, `"a\"b"`, `"/"`, `"a/b"`, `" "`, `" a"`, `"a "`, `"a b"`, `"a\nb"`, `"\n"`, `"\t"`, `"ß"`, `"SS"`, `"İ"`, `"i"`, `"ı"`, `"I"`, `"\u212a"`, `"k"`, `"K"`,
		`"ſ"`, `"Σ"`, `"σ"`, `"ς"`, `"ΑΣ"`, `"ας"`, `"µ"`, `"é"`, `"É"`, `"Ж"`, `"ж"`, `"😀"`, `"a😀b"`, `"12"`, `"12.0"`, `"012"`, `12`, `12.50`, `1e3`, `true`, `"true"`, `"TRUE"`,
		`"10.1.2.3"`, `"::1"`, `"a-b"`, `"a.b"`, `"(a)"`, `"[a]"`, `"{a}"`, `"a&b"`, `"a|b"`, `"~a"`, `"a@b"`, `"#"`, `"<1-2>"`, `"^a$"`, `"a+b"`, `"AND"`, `"OR"`, `"NOT"`, `"null"`, `"a:b"`, `">a"`,
		`"2024-03-13"`, `"aa"`, `"aaa"`, `"ba"`, `"bab"`, `"1"`, `"_"`, `"ab12"`, `"5"`, `"05"`, `"a1"`},
	"r":   {`"a"`, `"b"`, `"A"`, `"ab"`, `["a","c"]`, `""`, `"*"`, `"12"`, `"É"`},
	"z":   {`"a"`, `["a","b"]`},
	"n":   {`12`, `"12"`, `12.5`, `"12.7"`, `" 12 "`, `-12`, `-0.5`, `[1,12]`, `[12,12]`, `0`, `"x"`, `""`, `true`, `9007199254740993`, `9007199254740992`, `9223372036854775807`, `18446744073709551615`, `1e3`, `"1e3"`, `null`, `[]`, `"0x10"`, `"+7"`, `-9223372036854775808`},
	"d":   {`12`, `12.5`, `"12d"`, `" 12 "`, `"x"`, `[1,12]`, `-0.0`, `0`, `"-0"`, `1e400`, `"NaN"`, `"Infinity"`, `9007199254740993`, `0.1`, `"1e3"`, `"0x1p4"`, `1e-7`, `12345678.9`, `"12f"`, `true`, `""`},
	"b":   {`true`, `false`, `"true"`, `"false"`, `""`, `"TRUE"`, `1`, `[true,false]`, `[true,true]`, `null`},
	"i":   {`"10.1.2.3"`, `"10.1.2."`, `"::ffff:10.1.2.3"`, `"::1"`, `["10.1.2.3","1.1.1.1"]`, `"010.1.2.3"`, `"2001:DB8::A"`, `"2001:0db8::0000A"`, `"x"`, `""`, `"fe80::1%eth0"`, `"0.0.0.0"`, `"255.255.255.255"`, `12`, `["10.1.2.3","10.1.2.3"]`, `"::"`},
	"t":   {`"2024-03-13T22:20:30Z"`, `"2024-12-31"`, `"2024"`, `1710368430000`, `"1710368430000"`, `"x"`, `["2024","2025"]`, `"2024-03-13T22:20:30.123456+05:30"`, `"1969-12-31T23:59:59.999Z"`, `"2021-01-03T12:00:00Z"`, `"2024-02-30"`, `"2024-03-13T22:20:30ZZ"`, `-1`, `12.5`},
	"o.p": {`"a"`, `["a","b"]`},
}

// elasticEvents hold each value alone, and then mixtures.
func elasticEvents(rng *rand.Rand) []Event {
	var bodies []string
	names := []string{"s", "r", "z", "n", "d", "b", "i", "t", "o.p"}
	for _, f := range names {
		for _, v := range elasticValues[f] {
			bodies = append(bodies, fmt.Sprintf(`{%q:%s}`, f, v))
		}
	}
	for range 250 {
		var members []string
		for _, f := range names {
			if rng.IntN(3) > 0 {
				values := elasticValues[f]
				members = append(members, fmt.Sprintf(`%q:%s`, f, values[rng.IntN(len(values))]))
			}
		}
		bodies = append(bodies, "{"+strings.Join(members, ",")+"}")
	}
	events := make([]Event, len(bodies))
	for i, b := range bodies {
		events[i] = Event{ID: fmt.Sprintf("e%04d", i), Body: []byte(b)}
	}
	return events
}

// chooser makes random texts of a grammar.
type chooser struct{ *rand.Rand }

func (c chooser) of(choices ...string) string { return choices[c.IntN(len(choices))] }

func (c chooser) times(least, most int, write func() string) []string {
	out := make([]string, least+c.IntN(most-least+1))
	for i := range out {
		out[i] = write()
	}
	return out
}

// noise is a text of pieces.
func (c chooser) noise(most int, pieces ...string) string {
	return strings.Join(c.times(1, most, func() string { return c.of(pieces...) }), "")
}

// esqlString writes a string literal.
func esqlString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + `"`
}

var elasticTexts = []string{"a", "A", "ab", "abc", "", "*", "a*", "?", `\`, `a\b`, `"`, "/", " ", "a b", "a\nb", "ß", "İ", "i", "k", "K", "\u212a", "ſ", "s", "σ", "ς", "é", "É", "ж", "😀",
	"12", "12.0", "true", "10.1.2.3", "10.0.0.0/8", "AND", "null", "a:b", "aa", "2024-03-13", "x"}

func (c chooser) text() string { return c.of(elasticTexts...) }

func (c chooser) regexp() string {
	return c.noise(6, "a", "b", "A", ".", "*", "?", "+", "|", "(", ")", "[ab]", "[^a]", "{2}", "{1,}", "{0,2}", `\`, "&", "~", "<1-12>", "@", "#", `"`, "/", "^", "$", `\d`, `\w`, `\S`, "-", "(a|b)", "(ab)", ".*", "é", "😀", `\.`, "[", "]", "[a-c]", `[\w-]`)
}

func (c chooser) pattern() string {
	return c.noise(5, "a", "b", "A", "*", "?", `\*`, `\?`, `\\`, " ", "é", "/", `"`, "c", "12")
}

// queryString is one of Lucene's.
func (c chooser) queryString(depth int) string {
	if depth > 0 && c.IntN(2) == 0 {
		op := c.of(" AND ", " OR ", " ", " && ", " OR NOT ", " AND NOT ", " -", " +")
		text := c.queryString(depth-1) + op + c.queryString(depth-1)
		switch c.IntN(4) {
		case 0:
			return c.of("NOT ", "-", "+", "") + "(" + text + ")"
		case 1:
			return "(" + text + ")"
		}
		return text
	}
	field := c.of("s", "s", "s", "r", "z", "n", "d", "b", "i", "t", `o.p`, "nope", "o")
	value := c.text()
	switch c.IntN(9) {
	case 0:
		value = "/" + strings.ReplaceAll(c.regexp(), "/", `\/`) + "/"
	case 1:
		value = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
	case 2:
		value = c.of(">", ">=", "<", "<=") + c.of("12", "a", "0", "12.5", "-1", "2024-03-13", "2024", "10.1.2.3")
	case 3:
		value = c.noise(4, "a", "b", "*", "?", `\*`, `\\`, `\ `, "é")
	case 4:
		value = c.of("[", "{") + c.of("a", "12", "*", "2024", `"a b"`, "10.1.2.3", "0") + " TO " + c.of("b", "13", "*", "2025", "10.2.0.0", "1e3") + c.of("]", "}")
	case 5:
		value = c.of("12", "12.0", "true", "false", "10.1.2.3", `"10.0.0.0/8"`, "*", `"::1"`, "2024-03-13", "x", "-0", "9007199254740993", `"2024-03-13T22:20:30Z"`)
	case 6:
		return field + ":(" + c.of("a", "12", "true", `"a b"`) + " OR " + c.of("b", `/[ab]+/`, "13", "*") + ")"
	default:
		value = c.noise(3, "a", "b", `\ `, `\/`, `\:`, `\\`, "12", "é", "-", "&", "|", `\*`)
	}
	return field + ":" + value
}

// condition is one of ES|QL.
func (c chooser) condition(depth int) string {
	if depth > 0 {
		switch c.IntN(9) {
		case 0, 1:
			return c.condition(depth-1) + c.of(" AND ", " OR ") + c.condition(depth-1)
		case 2:
			return "(" + c.condition(depth-1) + c.of(" AND ", " OR ") + c.condition(depth-1) + ")"
		case 3:
			return "NOT " + c.condition(0)
		case 4:
			return "NOT (" + c.condition(depth-1) + ")"
		case 5:
			return c.of("COALESCE(", "NOT COALESCE(") + c.condition(depth-1) + c.of(", false)", ", true)")
		case 6:
			return "(" + c.condition(depth-1) + c.of(") IS NULL", ") IS NOT NULL")
		case 7:
			return "CASE(" + c.condition(depth-1) + ", " + c.of("true, false", "false, true", "null, true", "true") + ")"
		}
	}
	switch c.IntN(12) {
	case 0:
		return "QSTR(" + esqlString(c.queryString(2)) + ")"
	case 1:
		return c.of("s", "r", "n", "d", "b", "i", "t", "z") + " : " + c.of(esqlString(c.text()), "12", "true", "12.5")
	case 2, 3:
		return c.stringExpr(2) + c.of(" ", " NOT ") + "LIKE " + esqlString(c.pattern())
	case 4:
		return c.stringExpr(1) + c.of(" ", " NOT ") + "RLIKE " + esqlString(c.regexp())
	case 5:
		return c.stringExpr(1) + c.of(" ", " NOT ") + "IN (" + strings.Join(c.times(1, 1+c.IntN(3), func() string { return c.of(esqlString(c.text()), "null", esqlString("a")) }), ", ") + ")"
	case 6:
		return c.stringExpr(2) + c.of(" == ", " != ", " < ", " >= ") + c.of(esqlString(c.text()), c.stringExpr(1))
	case 7, 8:
		return c.numberExpr(2) + c.of(" == ", " != ", " < ", " <= ", " > ", " >= ") + c.of("12", "12.5", "0", "1", "-12", "9007199254740993", c.numberExpr(1), "12.0")
	case 9:
		return c.of("STARTS_WITH", "ENDS_WITH") + "(" + c.stringExpr(1) + ", " + c.of(esqlString(c.text()), c.stringExpr(0)) + ")"
	case 10:
		return c.of("s", "r", "n", "d", "b", "i", "t", "z", "o.p", "nope", "TO_IP(s)", "TO_DOUBLE(s)", "TO_LONG(s)", "TO_BOOLEAN(s)") + c.of(" IS NULL", " IS NOT NULL")
	}
	return c.of(`CIDR_MATCH(i, "10.0.0.0/8")`, `CIDR_MATCH(TO_IP(s), "10.0.0.0/8", "::/0")`, `i == "10.1.2.3"`, `b == true`, `b != "false"`, `b`, `t > "2024-03-01"`, `t == "2024-12-31"`,
		`DATE_EXTRACT("`+c.of("YEAR", "MONTH_OF_YEAR", "DAY_OF_MONTH", "DAY_OF_YEAR", "DAY_OF_WEEK", "HOUR_OF_DAY", "MINUTE_OF_HOUR", "SECOND_OF_MINUTE", "MILLI_OF_SECOND", "MINUTE_OF_DAY")+`", t) `+c.of("==", ">", "<=")+" "+c.of("3", "13", "22", "2024", "1230"),
		`DATE_TRUNC(`+c.of("1 week", "1 day", "3 hours", "30 seconds", "1 month", "1 year", "1 quarter", "5 days", "36 hours")+`, t) `+c.of("==", "<", ">=")+` "`+c.of("2024-03-11", "2024-03-13T22:20:30Z", "2024-01-01", "2020-12-28")+`"`,
		`t + `+c.of("3 days", "1 month", "1 year", "2 hours")+` > "2024-03-13"`, "TO_DATETIME(n) < t", `TO_BOOLEAN(s)`, `TO_STRING(i) == "10.1.2.3"`, `MV_COUNT(MV_APPEND(s, r)) > 2`,
		`MV_COUNT(MV_DEDUPE(MV_APPEND(TO_LOWER(s), TO_LOWER(r)))) < MV_COUNT(MV_DEDUPE(TO_LOWER(s))) + MV_COUNT(MV_DEDUPE(TO_LOWER(r)))`, `REPLACE(s, "(?i)a|b+", "") != s`, `s == n`, `n == "12"`, `d IN (12, 12.5)`, `n IN (12, 13)`, `n IN (12, 12.5)`)
}

func (c chooser) stringExpr(depth int) string {
	if depth == 0 || c.IntN(2) == 0 {
		return c.of("s", "s", "s", "r", "z", "o.p")
	}
	in := c.stringExpr(depth - 1)
	return c.of("TO_LOWER("+in+")", "TO_LOWER("+in+")", "CONCAT("+in+", \"x\")", "CONCAT("+in+", r)", "MV_CONCAT("+in+", \"|\")", "MV_MIN("+in+")", "MV_MAX("+in+")", "TO_STRING(n)", "TO_STRING(d)", "TO_STRING(b)",
		"COALESCE("+in+", \"none\")", "TRIM("+in+")", "MV_FIRST("+in+")", "MV_DEDUPE("+in+")", "TO_STRING(t)", "TO_STRING(i)", "TO_UPPER(z)", `CASE(b, s, r)`, `REPLACE(`+in+`, "a", "")`)
}

func (c chooser) numberExpr(depth int) string {
	if depth == 0 || c.IntN(2) == 0 {
		return c.of("n", "d")
	}
	in := c.numberExpr(depth - 1)
	return c.of("TO_DOUBLE(s)", "TO_LONG(s)", "TO_INTEGER(s)", "MV_MAX("+in+")", "MV_MIN("+in+")", "LENGTH(s)", "LOCATE(s, \"b\")", "MV_COUNT("+c.of("s", "n", "i", "b", "d")+")", in+" + 1", in+" - 0.5", in+" * 2", in+" / 2", in+" % 5",
		"-"+in, "("+in+" + "+c.numberExpr(0)+")", "TO_LONG(d)", "TO_DOUBLE(n)", "COALESCE("+in+", "+in+")", "TO_LONG(b)", "TO_LONG(t)")
}

// elasticQueries is how many queries a run tries of each kind.
func elasticQueries(t *testing.T) (int, uint64) {
	n, seed := 250, uint64(1)
	if text := os.Getenv("SIGMATIC_SEED"); text != "" {
		seed = seedOf(text)
	}
	if text := os.Getenv("SIGMATIC_QUERIES"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	return n, seed
}

// TestLiveInterpretersRandom runs random queries on nasty events. SIGMATIC_SEED
// gives others than the usual ones, SIGMATIC_QUERIES says how many.
func TestLiveInterpretersRandom(t *testing.T) {
	n, seed := elasticQueries(t)
	twins := elasticTwins(t)
	events := elasticEvents(rand.New(rand.NewPCG(1, 1)))
	kinds := map[string]map[string]func(c chooser) string{
		"esql": {
			"conditions":    func(c chooser) string { return "FROM x | WHERE " + c.condition(3) },
			"query strings": func(c chooser) string { return "FROM x | WHERE QSTR(" + esqlString(c.queryString(2)) + ")" },
			"expressions": func(c chooser) string {
				return "FROM x | WHERE QSTR(" + esqlString("s:/"+strings.ReplaceAll(c.regexp(), "/", `\/`)+"/") + ")"
			},
			"RLIKE":    func(c chooser) string { return "FROM x | WHERE s RLIKE " + esqlString(c.regexp()) },
			"commands": func(c chooser) string { return c.commands() },
		},
		"kql": {
			"queries": func(c chooser) string { return c.kql(3) },
			"noise": func(c chooser) string {
				return c.noise(12, "s", ":", " ", "a", "b", " or ", " and ", "not ", "(", ")", `"`, "*", `\`, "{", "}", "<", ">=", "r:", "s: a", `\"`, `\*`, "null", "true", `\u0061`, "\t", "é", `\and`, "n > 1", "not s: b")
			},
		},
	}
	for name, list := range twins {
		for _, w := range list {
			w.load(t, events, elasticMapping)
			for kind, write := range kinds[name] {
				t.Run(name+" "+w.interpreter.Variant()+" "+kind, func(t *testing.T) {
					c := chooser{rand.New(rand.NewPCG(seed, 7))}
					o := &outcome{unknown: map[string]int{}}
					for range n {
						w.compare(t, o, write(c), events)
					}
					t.Log(o)
				})
			}
		}
	}
}

// commands is a pipeline that lets documents through.
func (c chooser) commands() string {
	text := "FROM x"
	for range 1 + c.IntN(4) {
		text += " | " + c.of(
			"WHERE "+c.condition(1), "WHERE "+c.condition(1), "WHERE h == \"a\"", "WHERE h : \"a\"", "EVAL h = "+c.stringExpr(1), "EVAL s = "+c.stringExpr(1), "EVAL k = "+c.numberExpr(1)+", h = TO_STRING(k)",
			"DROP r", "DROP q*", "RENAME s AS h", "RENAME h AS s, r AS h", "SORT s", "SORT n DESC, s", "LIMIT 10000", "MV_EXPAND s", "WHERE k > 1", "KEEP *", "DROP s")
	}
	return text
}

// kql is a query in Kibana's language.
func (c chooser) kql(depth int) string {
	if depth > 0 {
		switch c.IntN(7) {
		case 0, 1:
			return c.kql(depth-1) + c.of(" and ", " or ", " AND ", " Or ") + c.kql(depth-1)
		case 2:
			return "(" + c.kql(depth-1) + c.of(" and ", " or ") + c.kql(depth-1) + ")"
		case 3:
			return "not " + c.kql(0)
		case 4:
			return "not (" + c.kql(depth-1) + ")"
		}
	}
	switch c.IntN(8) {
	case 0:
		return c.of("n", "d", "s", "t", "i") + c.of(" > ", " >= ", "<", "<= ") + c.of("12", "12.5", "a", "0", "-1", "2024-03-13", "10.1.2.3", `"12"`, "9223372036854775808", "2024")
	case 1:
		return c.of("n", "d", "b", "i", "t") + ": " + c.of("12", "12.5", "true", `"false"`, "10.1.2.3", `"10.0.0.0/8"`, "2024-03-13", "x", "*", "2024", "1710368430000", "12.0", `"2024-03-13T22:20:30Z"`)
	case 2:
		return c.of("s", "r") + `: "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(c.text()) + `"`
	case 3:
		return c.of("s", "r", "nope", "o", "o.p", "z", "n", "b") + ": *"
	}
	return c.of("s", "s", "r", "nope", `"s"`, "o.p") + c.of(": ", ":", " : ") + c.noise(4, "a", "b", "*", "?", `\*`, `\\`, `\:`, `\(`, "é", "A", " ", "12", `\u0061`, `\"`, "/")
}

// TestLiveInterpretersRows runs queries that aggregate.
func TestLiveInterpretersRows(t *testing.T) {
	e := enginetest.ESQL(t)
	w := &twin{interpreter: esql.New(), engine: e}
	w.load(t, elasticEvents(rand.New(rand.NewPCG(1, 1))), elasticMapping)
	for _, query := range []string{
		"FROM x | STATS c = COUNT(*)",
		"FROM x | STATS COUNT(s), n = COUNT_DISTINCT(s), COUNT(*) BY b | SORT b",
		"FROM x | STATS c = COUNT(*) BY s | SORT s",
		"FROM x | STATS c = COUNT(*) BY s, r | SORT s, r NULLS FIRST",
		"FROM x | STATS lo = MIN(n), hi = MAX(n) BY r | SORT r DESC",
		"FROM x | STATS lo = MIN(t), hi = MAX(t), v = VALUES(b) BY z | SORT z",
		`FROM x | STATS c = COUNT(*) WHERE QSTR("s:/[ab]+/"), d = COUNT(*) WHERE NOT COALESCE(s == "a", false) BY w = DATE_TRUNC(1 week, t) | WHERE d > 1 | SORT w`,
		`FROM x | WHERE s == "nothing" | STATS c = COUNT(*), m = MAX(n)`,
		`FROM x | WHERE s == "nothing" | STATS c = COUNT(*) BY r`,
		"FROM x | EVAL k = CONCAT(s, \"|\", r) | STATS c = COUNT_DISTINCT(k) BY i | SORT i | LIMIT 5",
		"FROM x | STATS BY b | SORT b DESC NULLS LAST",
		"FROM x | WHERE n IS NOT NULL | STATS c = COUNT(*) BY n | WHERE c > 1 | SORT c DESC, n | KEEP n, c",
		"FROM x | STATS c = COUNT(*) BY d | SORT d",
		"FROM x | STATS n = MAX(n) | EVAL a = [1, 2, 2], b = \"x\", c = MV_COUNT(a), d = MV_DEDUPE(a), e = TO_STRING(a) | MV_EXPAND d",
		"FROM x | STATS n = MAX(n) | EVAL a = 1.0, b = 1e7, c = 1e-5, d = 123456.789, e = -0.001, a = TO_STRING(a), b = TO_STRING(b), c = TO_STRING(c), d = TO_STRING(d), e = TO_STRING(e)",
		`FROM x | STATS n = MAX(n) | EVAL t = TO_DATETIME("2024-01-31T10:11:12.345Z"), m = t + 1 month, y = t - 1 year, w = DATE_TRUNC(1 week, t), q = DATE_TRUNC(1 quarter, t), f = DATE_TRUNC(5 days, t), h = DATE_TRUNC(36 hours, t), x = t + 3 days`,
	} {
		live, err := e.Rows(t.Context(), query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		mine, err := w.store.Rows(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if a, b := rowsText(mine), rowsText(live); a != b {
			t.Errorf("%s\ninterpreter:\n%s\nengine:\n%s", query, a, b)
		}
	}
}

// rowsText writes rows one a line; numbers by their value.
func rowsText[R ~map[string]any](rows []R) string {
	var b strings.Builder
	for _, r := range rows {
		for _, column := range slices.Sorted(maps.Keys(r)) {
			fmt.Fprintf(&b, "%s=%s ", column, valueText(r[column]))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func valueText(v any) string {
	switch v := v.(type) {
	case json.Number:
		if d, err := v.Float64(); err == nil && strings.ContainsAny(v.String(), ".eE") {
			return fmt.Sprint(d)
		}
		return v.String()
	case []any:
		texts := make([]string, len(v))
		for i, m := range v {
			texts[i] = valueText(m)
		}
		return "[" + strings.Join(texts, " ") + "]"
	}
	return fmt.Sprintf("%#v", v)
}
