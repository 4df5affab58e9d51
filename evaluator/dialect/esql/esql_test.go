package esql

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sigmatic/evaluator/dialect"
	"sigmatic/evaluator/dialect/internal/dialecttest"
)

// load indexes bodies, whose identifiers are their numbers.
func load(t testing.TB, m dialect.Mapping, bodies ...string) dialect.Store {
	t.Helper()
	return dialecttest.Load(t, New(), m, dialecttest.Numbered(bodies...))
}

// selected runs a condition.
func selected(s dialect.Store, condition string) string {
	return dialecttest.Answer(s, "FROM x | WHERE "+condition)
}

// TestStrings: a string field that is missing, null, empty, an array, and the
// forms of emissions §1.1 over it.
func TestStrings(t *testing.T) {
	s := load(t, nil,
		`{"f":"val"}`,         // 0
		`{"f":"VAL"}`,         // 1
		`{"f":["val","x"]}`,   // 2
		`{"f":null,"g":"x"}`,  // 3
		`{"g":"y"}`,           // 4
		`{"f":""}`,            // 5
		`{"f":[]}`,            // 6
		`{"f":"a\nb"}`,        // 7
		`{"f":"C:\\a*b?c"}`,   // 8
		`{"f":"\u212Aelvin"}`, // 9, with the Kelvin sign
		`{"f":"ÜNI"}`,         // 10
		`{"f":["val","val"]}`, // 11, one value: doc values hold it once
	)
	for condition, want := range map[string]string{
		`f == "val"`:                        "0 11", // null on several values: engines §3
		`NOT f == "val"`:                    "1 10 5 7 8 9",
		`NOT COALESCE(f == "val", false)`:   "1 10 2 3 4 5 6 7 8 9",
		`f != "val"`:                        "1 10 5 7 8 9",
		`f : "val"`:                         "0 11 2",
		`NOT (f : "val")`:                   "1 10 3 4 5 6 7 8 9",
		`MATCH(f, "val")`:                   "0 11 2",
		`QSTR("f:val")`:                     "0 11 2",
		`QSTR("f:/[Vv][Aa][Ll]/")`:          "0 1 11 2",
		`NOT QSTR("f:/[Vv][Aa][Ll]/")`:      "10 3 4 5 6 7 8 9",
		`f IN ("val", "VAL")`:               "0 1 11",
		`f NOT IN ("val", "VAL")`:           "10 5 7 8 9",
		`f IN ("val", null)`:                "0 11",
		`f NOT IN ("val", null)`:            "",
		`f LIKE "v*"`:                       "0 11",
		`f LIKE "*"`:                        "0 1 10 11 2 5 7 8 9", // as IS NOT NULL: emissions §1.2
		`f LIKE ("v*", "V?L")`:              "0 1 11",
		`f LIKE "a?b"`:                      "7",
		`f LIKE "C:\\\\a\\*b\\?c"`:          "8",
		`f LIKE "C:\\a*"`:                   "error", // an escape that is none
		`f RLIKE "[vV].l"`:                  "0 11",
		`f RLIKE "\\bval"`:                  "error", // emissions §1.3
		`QSTR("f:/\\bval/")`:                "",      // silent
		`QSTR("f:/(?i)val/")`:               "",
		`QSTR("f:\"\"")`:                    "5",
		`f == ""`:                           "5",
		`f IS NULL`:                         "3 4 6",
		`f IS NOT NULL`:                     "0 1 10 11 2 5 7 8 9",
		`QSTR("f:*")`:                       "0 1 10 11 2 5 7 8 9",
		`TO_LOWER(f) == "val"`:              "0 1 11",
		`TO_LOWER(f) == "Val"`:              "",
		`TO_LOWER(f) == "kelvin"`:           "",  // ASCII only beside a constant: emissions §6.2
		`TO_LOWER(f) LIKE "kelvin"`:         "",  // no wildcard: the same
		`TO_LOWER(f) LIKE "kelvi*"`:         "9", // computed
		`TO_LOWER(f) == "üni"`:              "",
		`TO_LOWER(f) LIKE "ün*"`:            "10",
		`MV_CONCAT(f, "|") == "val|x"`:      "2",
		`CONCAT(f, "x") == "valx"`:          "0 11",
		`STARTS_WITH(f, "v")`:               "0 11",
		`ENDS_WITH(f, "L")`:                 "1",
		`LOCATE(f, "A") == 2`:               "1",
		`MV_COUNT(f) == 2`:                  "2",
		`MV_MIN(f) == "val"`:                "0 11 2",
		`REPLACE(f, "(?is)val|b", "") != f`: "0 1 11 7 8",
		`f == 12`:                           "error",
		`nope == "x"`:                       "error",
		`QSTR("nope:x")`:                    "",
		`NOT QSTR("nope:x") AND g == "y"`:   "4",
		`COALESCE(QSTR("f:val"), false)`:    "error", // emissions §1.4
		`(f : "val") IS NULL`:               "error",
		`KQL("f: val")`:                     "unknown",
		`NOSUCH(f)`:                         "unknown",
		`f`:                                 "error",
		`f == "val" OR g == "y"`:            "0 11 4",
		`NOT (f == "val" AND g == "x")`:     "1 10 4 5 7 8 9",
		`CASE(f == "val", "a", f IS NULL, "b", "c") == "b"`: "3 4 6",
	} {
		if got := selected(s, condition); got != want {
			t.Errorf("%s: %q, want %q", condition, got, want)
		}
	}
}

// TestTypes: fields of other types (emissions §1.2).
func TestTypes(t *testing.T) {
	s := load(t, dialect.Mapping{"n": dialect.Long, "d": dialect.Double, "b": dialect.Boolean, "i": dialect.IP, "t": dialect.Date},
		`{"n":12,"d":12,"b":true,"i":"10.1.2.3","t":"2024-03-13T22:20:30Z"}`,               // 0
		`{"n":"12","d":"12d","b":"false","i":"::ffff:10.9.9.9","t":1710368430000}`,         // 1
		`{"n":12.5,"d":12.5,"b":"","i":["1.1.1.1","10.0.0.1"],"t":"2024-12-31"}`,           // 2
		`{"n":" 12 ","d":" 12 ","b":"TRUE","i":" 10.1.2.3","t":"x"}`,                       // 3
		`{"n":[12,13],"d":[1,12],"b":[true,false],"i":"AWS Internal","t":["2024","2025"]}`, // 4
		`{"n":18446744073709551615,"d":1e400,"b":1,"i":"2001:db8::1"}`,                     // 5
	)
	for condition, want := range map[string]string{
		`n == 12`:                              "0 1 2",
		`n : 12`:                               "0 1 2 4",
		`QSTR("n:12")`:                         "0 1 2 4",
		`QSTR("n:12.5")`:                       "",
		`n == "12"`:                            "error",
		`n == 12.5`:                            "",
		`QSTR("n:>12")`:                        "4",
		`n >= 12`:                              "0 1 2",
		`MV_MAX(n) >= 13`:                      "4",
		`d == 12`:                              "0 1 3",
		`QSTR("d:>=12.5")`:                     "2",
		`NOT COALESCE(d >= 12, false)`:         "4 5",
		`b == true`:                            "0",
		`b == "true"`:                          "0",
		`b : false`:                            "1 2 4",
		`QSTR("b:(true OR /[Tt]rue/)")`:        "0 4",
		`CIDR_MATCH(i, "10.0.0.0/8")`:          "0 1",
		`i : "10.0.0.0/8"`:                     "0 1 2",
		`QSTR("i:\"10.0.0.0/8\"")`:             "0 1 2",
		`i == "10.1.2.3"`:                      "0",
		`TO_STRING(i) == "10.9.9.9"`:           "1",
		`QSTR("i:foo")`:                        "",
		`DATE_EXTRACT("HOUR_OF_DAY", t) == 22`: "0 1",
		`(DATE_EXTRACT("DAY_OF_YEAR", DATE_TRUNC(1 week, t) + 3 days) + 6) / 7 == 1`: "2",
		`t > "2024-06-01"`: "2",
	} {
		if got := selected(s, condition); got != want {
			t.Errorf("%s: %q, want %q", condition, got, want)
		}
	}
}

// TestPlacement: where a search may stand (emissions §1.1, §1.5).
func TestPlacement(t *testing.T) {
	s := load(t, nil, `{"f":"a","g":"b"}`)
	for query, want := range map[string]string{
		`FROM x | WHERE QSTR("f:a")`:                                        "0",
		`FROM x | WHERE g == "b" | SORT f | WHERE QSTR("f:a")`:              "0",
		`FROM x | EVAL h = f | WHERE QSTR("f:a")`:                           "error",
		`FROM x | KEEP f | WHERE QSTR("f:a")`:                               "error",
		`FROM x | EVAL h = f | WHERE h : "a"`:                               "error",
		`FROM x | EVAL q = QSTR("f:a")`:                                     "error",
		`FROM x | LIMIT 1 | WHERE QSTR("f:a")`:                              "error",
		`FROM x | WHERE f == "a" | KEEP g`:                                  "0",
		`FROM x | EVAL h = TO_UPPER(f) | WHERE h == "A" | DROP f | LIMIT 5`: "0",
		`FROM x | DROP f | WHERE f == "a"`:                                  "error",
	} {
		ids, err := s.Select(query)
		got := strings.Join(ids, " ")
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: %q (%v), want %q", query, got, err, want)
		}
	}
}

// TestOptimizer: mistakes of the optimizer of 8.19.21, as they were measured (see
// optimizer.go). Every query here ran on the engine.
func TestOptimizer(t *testing.T) {
	s := load(t, dialect.Mapping{"d": dialect.Double, "n": dialect.Long},
		`{"s":"a"}`, `{"s":"b","d":3}`, `{"d":4,"r":"a"}`, `{"s":["a","c"],"n":9223372036854775807}`, `{"d":-0.0}`)
	for condition, want := range map[string]string{
		`d IS NULL AND (s == "a" OR d == 3)`:                      "", // and not 0
		`d IS NULL AND NOT COALESCE(d == 3, false)`:               "", // and not 0 3
		`d IS NULL AND (NOT s : "a" OR d : 3)`:                    "",
		`d IS NULL AND NOT QSTR("d:3")`:                           "0 3",
		`NOT COALESCE(d IS NULL AND (s == "a" OR d == 3), false)`: "0 1 2 3 4", // and not 1 2 3 4
		`d IS NOT NULL AND (s == "b" OR d == 4)`:                  "1 2",
		`d IS NULL AND (s == "a" OR d IS NULL)`:                   "unknown",
		`NOT (d IS NULL AND (s == "a" OR d == 3))`:                "unknown",
		`(s == "a" OR r == "a") IS NOT NULL`:                      "unknown",
		`(s == "a") IS NOT NULL`:                                  "0 1",
		`COALESCE(s, r) IS NOT NULL`:                              "0 1 2 3",
		`r NOT IN (null, "x")`:                                    "",
		`s IN (null)`:                                             "error",
		`NOT TO_LOWER(s) == "A"`:                                  "0 1 3",   // a constant in the other case: IS NOT NULL
		`n + 1 == 12`:                                             "unknown", // overflows in a row
		`d >= 0`:                                                  "1 2",     // the index puts -0 before 0
		`COALESCE(d >= 0, false)`:                                 "1 2 4",   // and Java does not
		`s RLIKE "??"`:                                            "",
		`CONCAT(s, "") RLIKE "a??b??"`:                            "0 1",
		`s LIKE "**"`:                                             "0 1 3",
	} {
		if got := selected(s, condition); got != want {
			t.Errorf("%s: %q, want %q", condition, got, want)
		}
	}
}

// TestLimits: emissions §4, and the formula that was fitted to the engine.
func TestLimits(t *testing.T) {
	s := load(t, nil, `{"f":"a"}`)
	chain := func(n int) string { return strings.TrimSuffix(strings.Repeat(`f == "a" OR `, n), " OR ") }
	nest := func(open, close string, n int) string {
		return strings.Repeat(open, n) + `f == "a"` + strings.Repeat(close, n)
	}
	for name, c := range map[string]struct{ pass, fail string }{
		"chain":        {chain(298), chain(299)},
		"parentheses":  {nest("(", ")", 148), nest("(", ")", 149)},
		"not":          {nest("NOT ", "", 296), nest("NOT ", "", 298)},
		"not (":        {nest("NOT (", ")", 98), nest("NOT (", ")", 100)},
		"not coalesce": {nest("NOT COALESCE(", ", false)", 148), nest("NOT COALESCE(", ", false)", 149)},
	} {
		if got := selected(s, c.pass); got != "0" {
			t.Errorf("%s: %q at the limit", name, got)
		}
		if got := selected(s, c.fail); got != "error" {
			t.Errorf("%s: %q beyond the limit", name, got)
		}
	}
	if got := selected(s, `QSTR("f:/`+strings.Repeat("(a)?", 251)+`/")`); got != "" {
		t.Errorf("a long expression: %q, want a silent nothing", got)
	}
}

// TestRows runs the ES|QL rule of the Elastic rule set that looks for
// DescribeInstances in many regions.
func TestRows(t *testing.T) {
	var bodies []string
	for i := range 12 {
		bodies = append(bodies, fmt.Sprintf(`{"@timestamp":"2024-03-13T22:20:%02dZ","event.action":"DescribeInstances","user":"alice","cloud.region":"r%d"}`, i, i))
	}
	bodies = append(bodies, `{"@timestamp":"2024-03-13T22:25:00Z","event.action":"DescribeInstances","user":"bob","cloud.region":"r1"}`)
	s := load(t, dialect.Mapping{"@timestamp": dialect.Date}, bodies...)
	rows, err := s.Rows(`from logs-aws.cloudtrail-*
		// only these
		| where event.action == "DescribeInstances"
		| eval target_time_window = DATE_TRUNC(30 seconds, @timestamp)
		| keep target_time_window, user, cloud.region
		| stats region_count = count_distinct(cloud.region), window_count = count(*) by target_time_window, user
		| where region_count >= 10 and window_count >= 10
		| sort target_time_window desc`)
	if err != nil {
		t.Fatal(err)
	}
	want := []dialect.Row{{"region_count": json.Number("12"), "window_count": json.Number("12"), "target_time_window": "2024-03-13T22:20:00.000Z", "user": "alice"}}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("%v, want %v", rows, want)
	}
}

// TestCounts: STATS with conditions, and with a key of several values (emissions
// §1.5).
func TestCounts(t *testing.T) {
	s := load(t, nil, `{"u":["a","b"],"f":"x"}`, `{"u":"a","f":["x","y"]}`, `{"f":"z"}`)
	rows, err := s.Rows(`FROM x | STATS c = COUNT(*) WHERE QSTR("f:x"), m = COUNT(f), n = COUNT(*) WHERE NOT COALESCE(f == "x", false) BY u | SORT u`)
	if err != nil {
		t.Fatal(err)
	}
	n := func(s string) json.Number { return json.Number(s) }
	want := []dialect.Row{{"u": "a", "c": n("2"), "m": n("3"), "n": n("1")}, {"u": "b", "c": n("1"), "m": n("1"), "n": n("0")}, {"u": nil, "c": n("0"), "m": n("1"), "n": n("1")}}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("%v, want %v", rows, want)
	}
}

// TestWindows holds the buckets, and what is aggregated in them, to what Elasticsearch 8.19.21 answered for these documents: weeks that are
// written in days begin on Monday, those in seconds are counted from 1970 as any fixed length, also before it; a value that a document has
// twice counts once as a key and for VALUES of a keyword, but twice for a sum; what has no value is null, and only COUNT is zero.
func TestWindows(t *testing.T) {
	s := load(t, dialect.Mapping{"@timestamp": dialect.Date, "n": dialect.Long},
		`{"@timestamp":"2026-11-27T00:00:01.000Z","k":"a","v":["x","y","x"],"n":[1,1,2],"r":"p"}`,
		`{"@timestamp":"2026-11-27T00:00:29.999Z","k":["a","b","a"],"v":"x","n":5,"r":"q"}`,
		`{"@timestamp":"2026-11-27T00:00:30.000Z","v":"z","n":[7,7],"r":"q"}`,
		`{"@timestamp":"2026-11-27T00:01:31.000Z","k":"","n":[],"r":"p"}`,
		`{"@timestamp":"1969-12-31T23:59:31.000Z","k":"c","v":[],"r":"p"}`)
	for _, c := range []struct{ query, want string }{
		{`STATS c = COUNT(*), s = SUM(n), m = COUNT(n) BY b = DATE_TRUNC(30 seconds, @timestamp), k | SORT b, k`,
			`1969-12-31T23:59:30.000Z 1 c 0 <nil>; 2026-11-27T00:00:00.000Z 2 a 4 9; 2026-11-27T00:00:00.000Z 1 b 1 5; 2026-11-27T00:00:30.000Z 1 <nil> 2 14; 2026-11-27T00:01:30.000Z 1  0 <nil>`},
		{`STATS c = COUNT(*) BY b = DATE_TRUNC(7 days, @timestamp) | SORT b`, `1969-12-29T00:00:00.000Z 1; 2026-11-23T00:00:00.000Z 4`},
		{`STATS c = COUNT(*) BY b = DATE_TRUNC(604800 seconds, @timestamp) | SORT b`, `1969-12-25T00:00:00.000Z 1; 2026-11-26T00:00:00.000Z 4`},
		{`STATS c = COUNT(*) BY b = DATE_TRUNC(36 hours, @timestamp) | SORT b`, `1969-12-30T12:00:00.000Z 1; 2026-11-27T00:00:00.000Z 4`},
		{`STATS c = COUNT(*) BY b = DATE_TRUNC(2629746 seconds, @timestamp) | SORT b`, `1969-12-01T13:30:54.000Z 1; 2026-10-31T22:46:12.000Z 4`},
		{`STATS v = VALUES(v) BY k | EVAL n = COALESCE(MV_COUNT(v), 0) | DROP v | SORT k`, ` 0; a 2; b 1; c 0; <nil> 1`},
		{`STATS f = MIN(@timestamp) WHERE r == "p", l = MAX(@timestamp) WHERE r == "q" BY k | WHERE f <= l`, `2026-11-27T00:00:01.000Z a 2026-11-27T00:00:29.999Z`},
		{`WHERE r == "none" | STATS c = COUNT(*)`, `0`},
		{`WHERE r == "none" | STATS c = COUNT(*) BY k`, ``},
	} {
		rows, err := s.Rows("FROM x | " + c.query)
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		var got []string
		for _, r := range rows {
			var cells []string
			for _, name := range slices.Sorted(maps.Keys(r)) {
				cells = append(cells, fmt.Sprint(r[name]))
			}
			got = append(got, strings.Join(cells, " "))
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.query, text, c.want)
		}
	}
}
