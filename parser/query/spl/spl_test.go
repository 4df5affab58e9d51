package spl

import (
	"errors"
	"testing"

	"sigmatic/parser/query/internal/querytest"
)

// TestParse gives the one spelling of queries, or the error. Sections are those of
// the design notes on SPL.
func TestParse(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		// §1.1: OR before AND, NOT one term.
		{`x=1 y=2 OR z=3`, `search "x"="1" AND ("y"="2" OR "z"="3")`},
		{`search x=1 AND y=2 OR z=3`, `search "x"="1" AND ("y"="2" OR "z"="3")`},
		{`NOT a=1 b=2`, `search NOT "a"="1" AND "b"="2"`},
		{`NOT (a=1 b=2)`, `search NOT ("a"="1" AND "b"="2")`},
		{`a=1 or b=2`, `search "a"="1" AND or AND "b"="2"`},
		{`*`, `search *`},
		{`NOT *`, `search NOT *`},
		// §1.3 to §1.7.
		{`a.items{}.userId = *`, `search "a.items{}.userId"="*"`},
		{`"odd name"="x" f!=y f<=5`, `search "odd name"="x" AND "f"!="y" AND "f"<="5"`},
		{`f IN (a, "b c", 40*)`, `search "f" IN ("a", "b c", "40*")`},
		{`host=CASE(LOCALHOST) CASE(x)`, `search "host"=CASE("LOCALHOST") AND CASE("x")`},
		{`TERM(10.1.2.3)`, `search TERM("10.1.2.3")`},
		{`f="\\\\*\\ADMIN$"`, `search "f"="\\\\*\\ADMIN$"`},
		{`f="a\\"`, `search "f"="a\\"`},
		{`*\\lsass.exe`, `search *\\lsass.exe`},
		{`"web error" foo`, `search "web error" AND foo`},
		{`f="\d"`, `at byte 3: a single backslash`},
		{`f=[x]`, "at byte 2: a subsearch"},
		{"`m`", "at byte 0: a macro"},
		{`earliest=-1d`, `at byte 0: "earliest" is an instruction to search`},
		{`a*=x`, `at byte 0: the name "a*" in a comparison`},
		{`f=`, `at byte 2: expected a value, found the end`},
		{`(f=x`, `at byte 4: expected ")", found the end`},
		{`f=x)`, `at byte 3: expected the end or "|", found ")"`},
		{``, `at byte 0: expected a search term, found the end`},
		// §1.1 and §2: where has the other order.
		{`* | where x=1 AND y=2 OR z=3`, `search * | where (('x' = 1) AND ('y' = 2)) OR ('z' = 3)`},
		{`* | where x=1 OR y=2 XOR z=3`, `search * | where (('x' = 1) OR ('y' = 2)) XOR ('z' = 3)`},
		{`* | where NOT isnull('a{}.b')`, `search * | where NOT isnull('a{}.b')`},
		{`* | where NOT (a=b)`, `search * | where NOT ('a' = 'b')`},
		{`* | where NOT a=b`, `at byte 10: NOT in front of a comparison without parentheses`},
		{`* | where a.b == "x"`, `search * | where ('a' . 'b') = "x"`},
		{`* | where match(f,"\A\d\\.\"x")`, `search * | where match('f', "\\A\\d\\.\"x")`},
		{`* | where f IN ("a", g) OR f LIKE "a%"`, `search * | where ('f' IN ("a", 'g')) OR ('f' LIKE "a%")`},
		{`* | where 1+2*3-4=f`, `search * | where ((1 + (2 * 3)) - 4) = 'f'`},
		{`* | where -5<f`, `search * | where (- 5) < 'f'`},
		{`* | where substr(x,0-len(y))==z`, `search * | where substr('x', 0 - len('y')) = 'z'`},
		{`* | where`, `at byte 9: expected an expression, found the end`},
		{`* | where a=`, `at byte 12: expected an expression, found the end`},
		{`* | where 'a|b'="x"`, `at byte 10: the name "a|b" in quotes`},
		// §4.
		{
			`* | eval k=mvdedup('u'), n=1 | sort 0 _time | streamstats time_window=5m global=f count as n by k | where n>=10`,
			`search * | eval "k" = mvdedup('u'), "n" = 1 | sort 0 "_time" | streamstats time_window="5m" global="f" count as "n" by "k" | where 'n' >= 10`,
		},
		{
			`* | bin _time span=5m | stats count as n, dc(eventName) values(f) as v by _time, k`,
			`search * | bin span="5m" "_time" | stats count as "n", dc("eventName") as "dc(eventName)", values("f") as "v" by "_time", "k"`,
		},
		{`* | bin span=5m _time as t`, `search * | bin span="5m" "_time" as "t"`},
		{`* | stats count(eval(a="x")) as n`, `search * | stats count(eval('a' = "x")) as "n"`},
		{`* | sort - a, +b`, `search * | sort 10000 -"a", "b"`},
		{`* | table a b,"odd name" | fields - x*`, `search * | table "a", "b", "odd name" | fields - "x*"`},
		{`* | rename a as b, "c d" AS e`, `search * | rename "a" as "b", "c d" as "e"`},
		{`* | lookup x`, `at byte 4: the command "lookup"`},
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

// TestUnknown tells what no document says from what is wrong.
func TestUnknown(t *testing.T) {
	for src, want := range map[string]bool{
		`f="\d"`: true, `* | lookup x`: true, `* | where NOT a=b`: true, `earliest=1`: true,
		`f=`: false, `(`: false, `* | where (`: false, `* | table`: false, `f="x`: false,
	} {
		var e *SyntaxError
		if _, err := Parse(src); !errors.As(err, &e) || e.Unknown != want {
			t.Errorf("%s: %v, want unknown %t", src, err, want)
		}
	}
}

// TestRoundTrip prints the queries of the golden cases and reads them again.
func TestRoundTrip(t *testing.T) { querytest.Golden(t, Parse, "splunk") }

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`f="x" OR NOT (g IN (a, "b*") *k*)`, `* | where NOT isnotnull(mvfind('f',"(?i)\A\x5c\z")) AND if(a==1,1,0)=1`,
		`* | eval k=mvdedup('u') | sort 0 -_time | streamstats time_window=5m global=f count as n by k`,
		`* | stats count(eval(a="x")) as n dc(b) by c, d | table a*`, `search TERM(x) CASE("y")`, `* | bin span=1h _time`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if _, err := Parse(src); err == nil {
			querytest.RoundTrip(t, Parse, src)
		}
	})
}
