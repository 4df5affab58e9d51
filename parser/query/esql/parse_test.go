package esql

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sigmatic/parser/query/internal/querytest"
)

// ignorePos leaves offsets out of a comparison.
var ignorePos = cmp.FilterValues(func(a, b Pos) bool { return true }, cmp.Comparer(func(a, b Pos) bool { return true }))

// TestPrecedence holds the shapes of expressions to the reference ("ES|QL
// operators") and to the grammar of 8.19.
func TestPrecedence(t *testing.T) {
	col := func(n string) Expr { return &Column{Name: n} }
	num := func(n string) Expr { return &Number{Text: n} }
	for text, want := range map[string]Expr{
		"a OR b AND c":                          &Or{Terms: []Expr{col("a"), &And{Terms: []Expr{col("b"), col("c")}}}},
		"NOT a AND b":                           &And{Terms: []Expr{&Not{Of: col("a")}, col("b")}},
		"NOT a == 1":                            &Not{Of: &Binary{Op: Eq, Left: col("a"), Right: num("1")}},
		"a + 1 * 2 == b":                        &Binary{Op: Eq, Left: &Binary{Op: Add, Left: col("a"), Right: &Binary{Op: Mul, Left: num("1"), Right: num("2")}}, Right: col("b")},
		"a - b - c":                             &Binary{Op: Sub, Left: &Binary{Op: Sub, Left: col("a"), Right: col("b")}, Right: col("c")},
		"-a * b":                                &Binary{Op: Mul, Left: &Sign{Minus: true, Of: col("a")}, Right: col("b")},
		"a == b IS NULL":                        &IsNull{Of: &Binary{Op: Eq, Left: col("a"), Right: col("b")}},
		"a.b.`c d` NOT IN (1, 2)":               &In{Of: col("a.b.c d"), List: []Expr{num("1"), num("2")}, Negated: true},
		"`a``b` LIKE (\"x*\", \"\"\"y\\\"\"\")": &Like{Of: col("a`b"), Patterns: []string{"x*", `y\`}, List: true},
		"a NOT RLIKE \"x\\\\.\"":                &Like{Of: col("a"), Patterns: []string{`x\.`}, Regexp: true, Negated: true},
		"a : \"b\"":                             &Match{Column: "a", Value: &String{Value: "b"}},
		"QSTR(\"a\", {\"lenient\": false})":     &Call{Name: "qstr", Args: []Expr{&String{Value: "a"}}, Options: []Option{{"lenient", &Bool{}}}},
		"d + 3 days":                            &Binary{Op: Add, Left: col("d"), Right: &Span{N: "3", Unit: "days"}},
		"count(*)":                              &Call{Name: "count", Star: true},
		"a::long::string":                       &Cast{Of: &Cast{Of: col("a"), Type: "long"}, Type: "string"},
		"[1, -2]":                               &List{Values: []Expr{num("1"), &Sign{Minus: true, Of: num("2")}}},
		"@timestamp > 1.5e3":                    &Binary{Op: Gt, Left: col("@timestamp"), Right: &Number{Text: "1.5e3", Decimal: true}},
	} {
		q, err := Parse("FROM x | WHERE " + text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, q.Commands[0].(*Where).Condition, ignorePos); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

// TestRoundTrip prints the queries of the golden cases and reads them again.
func TestRoundTrip(t *testing.T) { querytest.Golden(t, Parse, "esql") }

func TestPrintParses(t *testing.T) {
	for _, text := range []string{
		`FROM logs-aws.cloudtrail-*, "b c", remote:x METADATA _id, _index | WHERE a`,
		"FROM * // comment | WHERE\n| WHERE /* a /* b */ c */ (a OR b) AND NOT (NOT c) // end",
		`from x | where event.dataset == "aws.cloudtrail" and event.action == "DescribeInstances" | eval w = DATE_TRUNC(30 seconds, @timestamp) | keep w, aws.*, ` + "`a b`" + ` | stats n = count_distinct(cloud.region), c = count(*) where a > 1 by w, arn | where n >= 10 and c >= 10 | sort w desc nulls first, n | limit 10`,
		"ROW a = 1, b = [\"x\", \"y\"] | MV_EXPAND b | RENAME a AS c, d = b | DROP `x*y`",
		"FROM x | WHERE a - (b - c) == -(d + e) AND (a OR b) IS NOT NULL AND (a == b) == c",
		"FROM x | STATS BY a | WHERE `where` == 1 AND `true`.`a.b` == 2",
	} {
		querytest.RoundTrip(t, Parse, text)
	}
}

// TestErrors: the place is that of the byte that is wrong.
func TestErrors(t *testing.T) {
	for text, want := range map[string]SyntaxError{
		"":                            {Offset: 0},
		"FROM":                        {Offset: 4},
		"FROM x | WHERE":              {Offset: 14},
		"FROM x | WHERE a =":          {Offset: 17},
		"FROM x | WHERE a == \"b":     {Offset: 20},
		"FROM x | WHERE f == \"\\q\"": {Offset: 20},
		"FROM x | DISSECT a \"%{b}\"": {Offset: 9, Unknown: true},
		"FROM x | NOSUCH":             {Offset: 9},
		"FROM x | WHERE a == ?b":      {Offset: 20, Unknown: true},
		"FROM x | WHERE by == 1":      {Offset: 15},
		"FROM x | EVAL a + b = 1":     {Offset: 14},
	} {
		_, err := Parse(text)
		got, ok := err.(*SyntaxError)
		if !ok || got.Offset != want.Offset || got.Unknown != want.Unknown {
			t.Errorf("%q: %v (%v), want offset %d, unknown %t", text, err, reflect.TypeOf(err), want.Offset, want.Unknown)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"FROM * | WHERE QSTR(\"f:/a/\") AND NOT COALESCE(a == \"b\", false)", "from x | stats c = count(*) by d = date_trunc(1 hour, t)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := Parse(text); err == nil {
			querytest.RoundTrip(t, Parse, text)
		}
	})
}
