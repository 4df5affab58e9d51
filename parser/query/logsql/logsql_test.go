package logsql

import (
	"errors"
	"testing"

	"sigmatic/parser/query/internal/querytest"
)

// TestParse gives the one spelling of queries, or the error.
func TestParse(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{`*`, `"_msg":""*`},
		{`foo`, `"_msg":"foo"`},
		{`f:foo-bar:baz`, `"f":"foo-bar:baz"`},
		{`f:="a b" AND not g:* or h:in(a,"b c")`, `("f":="a b" and not "g":""*) or "h":in("a", "b c")`},
		{`a b`, `"_msg":"a" and "_msg":"b"`},
		{`f:(a or =b*)`, `"f":"a" or "f":="b"*`},
		{`!!f:x`, `"f":"x"`},
		{`-f:!=x`, `"f":="x"`},
		{`f:!~x`, `not "f":~"x"`},
		{`f:>= 5`, `"f":>="5"`},
		{`f:<-5`, `"f":<"-5"`},
		{`f:range(1, 2]`, `"f":range("1", "2"]`},
		{`in:=x`, `"in":="x"`},
		{`range:=x`, `"range":="x"`},
		{`f:i(x*)`, `"f":i("x"*)`},
		{`f:i`, `"f":"i"`},
		{`f:exact(x)`, `"f":="x"`},
		{`f:ipv4_range("10.0.0.0/8")`, `"f":ipv4_range("10.0.0.0/8")`},
		{`f:eq_field(g)`, `"f":eq_field("g")`},
		// A bad string is a text with a quote in it, or an error (emissions §3.2).
		{`f:="a`, `"f":="\"a"`},
		{`f:="\q"`, `"f":="\"\\q\""`},
		{`f:"a`, `at byte 2: a string that does not end, or with a bad escape`},
		{"f:='it\\'s'", `"f":="it's"`},
		{`f:x # y`, `"f":"x"`},
		// Names of pipes cannot begin a query (emissions §5).
		{`stats:=x`, `at byte 0: a filter cannot begin with "stats", the name of a pipe`},
		{`"stats":=x`, `"stats":="x"`},
		{`sort`, `at byte 0: a filter cannot begin with "sort", the name of a pipe`},
		{``, `at byte 0: expected a filter`},
		{`f:`, `at byte 2: expected a filter behind "f:"`},
		{`(f:x`, `at byte 4: expected ")", found ""`},
		{`f:x)`, `at byte 3: unexpected ")"`},
		{`f(x)`, `at byte 1: expected a blank between "f" and "("`},
		{`f*:x`, `at byte 2: expected the name of a field, found "f"*`},
		{`f:x | nope`, `"f":"x" | filter "_msg":"nope"`},
		{`_time:5m`, `at byte 6: a filter on _time`},
		{`{a="b",c=~"d}"} x`, `{a="b",c=~"d}"} and "_msg":"x"`},
		{`{a="b" | x`, `at byte 7: expected "}", found "|"`},
		{`* | unroll (f)`, `at byte 4: the pipe "unroll"`},
		{
			`* | stats by (_time:5m offset 1h, f) count() if (g:=1) c, count_uniq(a, b) limit 3 d | filter c:>2`,
			`"_msg":""* | stats by ("_time":"5m" offset "1h", "f") count("*") if ("g":="1") as "c", count_uniq("a", "b") limit 3 as "d" | filter "c":>"2"`,
		},
		{`* | count() | head 3`, `"_msg":""* | stats count("*") as "count(*)" | limit 3`},
		{`* | sort by (a desc, b) desc limit 5`, `"_msg":""* | sort by ("a" desc, "b") desc limit 5`},
		{`* | format "<lc:f>-x" as k skip_empty_results`, `"_msg":""* | format "<lc:f>-x" as "k" skip_empty_results`},
		{`* | fields f, a*`, `"_msg":""* | fields "f", "a*"`},
	} {
		q, err := Parse(c.src)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = q.String()
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.src, got, c.want)
		}
	}
}

// TestUnknown tells what the server may know from what it rejects.
func TestUnknown(t *testing.T) {
	for src, want := range map[string]bool{
		`_time:5m`: true, `_stream:{a="b"}`: true, `f:in(x | fields y)`: true, `* | unroll (f)`: true, `* | stats median(f) m`: true,
		`f:`: false, `(`: false, `* | sort by f`: false,
	} {
		var e *SyntaxError
		if _, err := Parse(src); !errors.As(err, &e) || e.Unknown != want {
			t.Errorf("%s: %v, want unknown %t", src, err, want)
		}
	}
}

// TestRoundTrip prints the queries of the golden cases and reads them again.
func TestRoundTrip(t *testing.T) { querytest.Golden(t, Parse, "logsql") }

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`f:="x" or not (g:~"y" and h:in(a,b))`, `f:range(1, 2] | stats by (_time:5m, f) count() c | filter c:>1`,
		`a:'b' "c" # d`, `f:i(x*) -f:>=5`, `* | format if (f:*) "<lc:f>" as k`, `f:"é\x00"`, `* | sort by (a desc) limit 3`, `:`, `f::=a`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if _, err := Parse(src); err == nil {
			querytest.RoundTrip(t, Parse, src)
		}
	})
}
