package verify

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sigmatic/parser/query/logsql"
)

// randomQueries is how many queries TestLiveDialectRandom asks.
const randomQueries = 1500

// TestLiveDialectRandom holds the interpreter of LogsQL to VictoriaLogs on random
// queries. SIGMATIC_SEED, any text, gives others than the usual ones.
func TestLiveDialectRandom(t *testing.T) {
	for _, layout := range logsqlLayouts {
		g := &queryGenerator{rand.New(rand.NewPCG(seedOf("LogsQL"), 0x10c5))}
		d := loadBoth(t, layout, nastyEvents())
		for i := range randomQueries {
			q := &logsql.Query{Filter: g.filter(3)}
			switch i % 10 {
			case 0:
				q.Pipes = []logsql.Pipe{&logsql.FilterPipe{Filter: g.filter(1)}}
			case 1: // a pipe between them makes the second another filter than the first
				q.Pipes = []logsql.Pipe{&logsql.RenamePipe{Copy: true, Pairs: [][2]string{{"f", "k"}}}, &logsql.FilterPipe{Filter: g.filter(1)}}
			}
			d.compare(t, fmt.Sprintf("%s, query %d", layout.name, i), q.String())
		}
	}
}

// TestLiveDialectSpelling asks queries made of tokens at random, most of which are
// none: the reader of LogsQL takes what VictoriaLogs takes, and in the same sense.
func TestLiveDialectSpelling(t *testing.T) {
	g := &queryGenerator{rand.New(rand.NewPCG(seedOf("spelling"), 0x10c5))}
	d := loadBoth(t, logsqlLayouts[0], nastyEvents())
	tokens := strings.Fields("f f f g u a b ab 12 10.1 : : : := = != ~ !~ > >= < * * ( ) ( ) and or not ! - AND Or NOT in i exact range re seq eq_field " +
		"(a,b) (a) [1,20] (\"a\"*) \"a\" 'a' `a` \"a|b\" \"\" , . _ \"(?i)a\" ipv4_range(10.0.0.0/8) string_range(a,c) é \"\\q\" a-b a.b =~ _msg")
	asked := 0
	for i := range 3 * randomQueries {
		var b strings.Builder
		for range 1 + g.IntN(8) {
			b.WriteString(pickOne(g, tokens...))
			if g.IntN(2) == 0 {
				b.WriteByte(' ')
			}
		}
		query := b.String()
		q, err := logsql.Parse(query)
		var e *logsql.SyntaxError
		if closesMore(query) || strings.HasSuffix(strings.TrimSpace(query), "=") || errors.As(err, &e) && e.Unknown {
			continue // the engine gets the query in parentheses of its own
		}
		if err == nil && len(q.Pipes) > 0 {
			continue
		}
		d.compare(t, fmt.Sprintf("query %d", i), query)
		asked++
	}
	t.Logf("%d queries", asked)
}

// closesMore reports whether a parenthesis closes what the query has not opened.
func closesMore(query string) bool {
	depth := 0
	for _, c := range query {
		switch c {
		case '(', '[':
			depth++
		case ')', ']':
			if depth--; depth < 0 {
				return true
			}
		}
	}
	return depth != 0
}

// TestLiveDialectRows compares what pipes make of random selections.
func TestLiveDialectRows(t *testing.T) {
	g := &queryGenerator{rand.New(rand.NewPCG(seedOf("rows"), 0x10c5))}
	d := loadBoth(t, logsqlLayouts[0], nastyEvents())
	for range randomQueries / 5 {
		q := &logsql.Query{Filter: g.filter(1), Pipes: []logsql.Pipe{g.stats()}}
		if g.IntN(2) == 0 {
			q.Pipes = append(q.Pipes, &logsql.FilterPipe{Filter: &logsql.Compare{Field: "n", Op: logsql.Greater, Bound: strconv.Itoa(g.IntN(3))}})
		}
		query := q.String()
		want := logsqlAnswer(t, d.engine, query, true)
		rows, err := d.store.Rows(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		lines := rowLines(t, rows)
		slices.Sort(lines)
		if got := strings.Join(lines, " "); got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}
}

func (g *queryGenerator) stats() *logsql.StatsPipe {
	s := &logsql.StatsPipe{Funcs: []logsql.StatsFunc{{Name: "count", Fields: []string{"*"}, As: "n"}}}
	for range g.IntN(3) {
		s.By = append(s.By, logsql.Bucket{Field: pickOne(g, "f", "g", "w", "c", "u", "d", "nope")})
	}
	if len(s.By) == 2 && s.By[0].Field == s.By[1].Field {
		s.By = s.By[:1]
	}
	if g.IntN(3) == 0 {
		s.By = append(s.By, logsql.Bucket{Field: "_time", Size: pickOne(g, "1s", "7s", "1m", "1h", "minute", "1d"), Offset: pickOne(g, "", "", "3s")})
	}
	for i := range g.IntN(3) {
		f := logsql.StatsFunc{Name: pickOne(g, "count", "count_uniq", "count_empty", "min", "max", "uniq_values", "sum"), Fields: []string{g.field()}, As: "s" + strconv.Itoa(i)}
		switch f.Name {
		case "sum":
			f.Fields = []string{pickOne(g, "u", "i", "w")}
		case "uniq_values", "min", "max": // the order of mixed values depends on chance
			f.Fields = []string{pickOne(g, "u", "i", "d", "p", "w", "c", "z", "nope")}
		}
		if f.Name == "count_uniq" && g.IntN(2) == 0 {
			f.Fields = append(f.Fields, g.field())
		}
		if g.IntN(3) == 0 {
			f.If = &logsql.Exact{Field: g.field(), Text: g.text()}
		}
		s.Funcs = append(s.Funcs, f)
	}
	return s
}

// nastyTexts are values around every border that filters have.
var nastyTexts = []string{
	`""`, `"a"`, `"A"`, `"ab"`, `"a b"`, `"b a"`, `"a-b"`, `"a_b"`, `"a.b"`, `"aXb"`, `"a\nb"`, `"b\na"`, `"ä"`, `"Ä"`, `"ß"`, `"K"`, `"k"`, `"K"`,
	`"ſ"`, `"s"`, `"İ"`, `"Σ"`, `"ς"`, `"aäb"`, `"ä b"`, `"a*b"`, `"a?b"`, `"a\\b"`, `"a\"b"`, `"[a]"`, `"(a)"`, `"{a}"`, `"a|b"`, `"a+b"`, `"^a$"`, `" a "`,
	`"12"`, `"12.0"`, `"012"`, `"+12"`, `"-12"`, `" 12"`, `"1e1"`, `"0x0c"`, `"1_2"`, `"12d"`, `"12KB"`, `"5m"`, `"-"`, `"_"`, `"."`, `"inf"`, `"NaN"`, `"9007199254740993"`,
	`"10.1.2.3"`, `"10.1.2.3x"`, `"010.1.2.3"`, `"10.1.2"`, `"10.1.2.3.4"`, `"::1"`, `"10.0.0.0/8"`, `"2024-01-15T12:00:00Z"`, `"2024-01-15 12:00:00+02:00"`, `"2024-01-15"`,
	`null`, `true`, `12`, `12.0`, `1.50`, `1e3`, `-0`, `[]`, `[null]`, `["a"]`, `["a", "b"]`, `[1,2]`, `{}`, `{"x":"a"}`, `[{"x":"a"}]`, `"\u0041"`, `["\u0041","a\/b"]`, `"😀a"`, `"a😀"`,
}

// nastyEvents give the field f every value, and other fields columns of one kind.
func nastyEvents() []Event {
	var events []Event
	for i, text := range nastyTexts {
		body := fmt.Sprintf(`{"f":%s,"g":%s,"u":%d,"i":%d,"d":%s,"p":"10.%d.%d.1","z":"2024-01-15T12:%02d:%02d.%03dZ","w":"%d","c":"one"`,
			text, nastyTexts[(i*7)%len(nastyTexts)], i*i, 40-i, strconv.FormatFloat(float64(i)/4-3, 'f', -1, 64), i%3, i*2, i%60, i%7, i*11, i%5)
		if i%4 == 0 {
			body += fmt.Sprintf(`,"_msg":"a b %d"`, i)
		}
		at := time.Date(2024, 1, 15, 12, 0, i, 0, time.UTC)
		events = append(events, Event{ID: fmt.Sprintf("e%03d", i), Time: at, Body: []byte(body + "}")})
	}
	return events
}

type queryGenerator struct{ *rand.Rand }

func pickOne[T any](g *queryGenerator, list ...T) T { return list[g.IntN(len(list))] }

func (g *queryGenerator) field() string {
	return pickOne(g, "f", "f", "f", "f", "g", "g", "u", "i", "d", "p", "z", "w", "c", "nope", "f.x", "_msg")
}

// text is a value of an event, a piece of one, or a number.
func (g *queryGenerator) text() string {
	raw := pickOne(g, nastyTexts...)
	text, ok := isText(raw)
	if !ok {
		text = raw
	}
	switch r := []rune(text); {
	case len(r) > 1 && g.IntN(4) == 0:
		return string(r[:1+g.IntN(len(r)-1)])
	case g.IntN(4) == 0:
		return pickOne(g, strconv.Itoa(g.IntN(100)), "10.1.2.1", "10.1", "12", "-3", "2.5", "0.25", "2024-01-15T12:01:01.011Z", "one", "on", "1", "9", "missing", "")
	}
	return text
}

func (g *queryGenerator) texts() []string {
	list := make([]string, 1+g.IntN(4))
	for i := range list {
		list[i] = g.text()
	}
	return list
}

// filter makes a filter, at most so deep.
func (g *queryGenerator) filter(depth int) logsql.Filter {
	if depth > 0 && g.IntN(2) == 0 {
		switch g.IntN(3) {
		case 0:
			return &logsql.And{List: []logsql.Filter{g.filter(depth - 1), g.filter(depth - 1)}}
		case 1:
			return &logsql.Or{List: []logsql.Filter{g.filter(depth - 1), g.filter(depth - 1)}}
		}
		return &logsql.Not{Of: g.filter(depth - 1)}
	}
	f := g.field()
	switch g.IntN(14) {
	case 0:
		return &logsql.Phrase{Field: f, Text: g.text(), AnyCase: g.IntN(3) == 0}
	case 1:
		return &logsql.Prefix{Field: f, Text: g.text(), AnyCase: g.IntN(3) == 0}
	case 2:
		return &logsql.Prefix{Field: f}
	case 3:
		return &logsql.Exact{Field: f, Text: g.text()}
	case 4:
		return &logsql.Exact{Field: f, Text: g.text(), Open: true}
	case 5:
		return &logsql.In{Field: f, Values: g.texts()}
	case 6:
		return &logsql.Sequence{Field: f, Phrases: g.texts()}
	case 7:
		return &logsql.Compare{Field: f, Op: pickOne(g, logsql.Less, logsql.LessOrEqual, logsql.Greater, logsql.GreaterOrEqual), Bound: pickOne(g, g.text(), strconv.Itoa(g.IntN(50)-10))}
	case 8:
		low := g.IntN(40) - 10
		return &logsql.Range{Field: f, Low: strconv.Itoa(low), High: strconv.Itoa(low + g.IntN(30) - 2), Above: g.IntN(2) == 0, Below: g.IntN(2) == 0}
	case 9:
		return &logsql.StringRange{Field: f, Low: g.text(), High: g.text()}
	case 10:
		return &logsql.IPv4Range{Field: f, Low: pickOne(g, "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/0")}
	case 11:
		return &logsql.FieldCompare{Field: f, Relation: logsql.EqField, Other: g.field()}
	}
	return &logsql.Regexp{Field: f, Source: g.expression()}
}

// expression makes a regular expression of few pieces, with what the server has
// shortcuts for.
func (g *queryGenerator) expression() string {
	var b strings.Builder
	if g.IntN(3) == 0 {
		b.WriteString(pickOne(g, "(?i)", "(?s)", "(?-s)", "(?is)", "(?m)", "(?i-s)"))
	}
	for range 1 + g.IntN(4) {
		b.WriteString(pickOne(g, "a", "b", "a b", "ab", "12", "10", "ä", "k", "s", "\\.", "\\*", ".", ".*", ".+", "^", "$", "\\b", "\\B", "[ab]", "[^a]", "(a|b)", "(?:a|)", "a?",
			"\\d+", "\\w", "\\s", "x*", "{2}x"[3:], "one", "-", " ", "(?:\\n)", "\\x{1F600}", "(12|10)", "[0-9]", "missing"))
	}
	return b.String()
}
