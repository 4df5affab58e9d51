package cloudtrail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// The records of the tests below. The first three have nothing by which CloudTrail could be told, the others have.
const (
	recA = `{"a":1}`
	recB = `{"b":2}`
	recC = `{"c":3}`
	recX = `{"eventVersion":"1.08","x":[{"y":1}]}`
	recY = `{"eventVersion":"1.09","y":{"z":2}}`
)

// damaged is one way in which a text can be wrong: what is read from it all the same, and what is said. Read with a depth of at most 10 and
// records of at most 120 bytes.
type damaged struct {
	name, text string
	records    []string
	problems   []string
}

var damagedLines = []damaged{
	{"no closing brace", recA + "\n{\"b\":2\n" + recC + "\n", []string{recA, recC}, []string{
		`in:2: unexpected '{' at line 3, column 1, expected ',' or '}'; skipped 7 bytes, reading goes on at line 3, column 1 [invalid-json]`}},
	{"cut behind a colon", recA + "\n{\"b\":\n" + recC + "\n" + recA, []string{recA, recC, recA}, []string{
		`in:2: unexpected '{' at line 4, column 1, expected ',' or '}'; skipped 6 bytes, reading goes on at line 3, column 1 [invalid-json]`}},
	{"cut behind a colon in the last line but one", "{\"b\":\n" + recC, []string{recC}, []string{
		`in:1: the text ends inside a record, expected ',' or '}'; skipped 6 bytes, reading goes on at line 2, column 1 [truncated-json]`}},
	{"cut in a list", "{\"b\":[1,\n" + recC + "\n" + recA, []string{recC, recA}, []string{
		`in:1: unexpected '{' at line 3, column 1, expected ',' or ']'; skipped 9 bytes, reading goes on at line 2, column 1 [invalid-json]`}},
	{"cut in a string", recA + "\n{\"b\":\"xy\n" + recC + "\n", []string{recA, recC}, []string{
		`in:2: unexpected '\n' at line 2, column 9, expected the rest of a string and its '"'; skipped 9 bytes, reading goes on at line 3, column 1 [invalid-json]`}},
	{"two cut lines", "{\"b\":\n{\"b\":\n" + recC, []string{recC}, []string{
		`in:1: the text ends inside a record, expected ',' or '}'; skipped 6 bytes, reading goes on at line 2, column 1 [truncated-json]`,
		`in:2: the text ends inside a record, expected ',' or '}'; skipped 6 bytes, reading goes on at line 3, column 1 [truncated-json]`}},
	{"not a number", recA + "\n{\"b\":NaN}\n" + recC, []string{recA, recC}, []string{
		`in:2: unexpected 'NaN' at line 2, column 6, expected a value; skipped 9 bytes, reading goes on at line 2, column 10 [invalid-json]`}},
	{"printed by Python", "{'b': {'c': \"d}\"}}\n" + recC, []string{recC}, []string{
		`in:1: unexpected "'" at line 1, column 2, expected a name in '"' or '}'; skipped 18 bytes, reading goes on at line 1, column 19 [invalid-json]`}},
	{"comma too many", "{\"b\":2,}\n" + recC, []string{recC}, []string{
		`in:1: unexpected '}' at line 1, column 8, expected a name in '"'; skipped 8 bytes, reading goes on at line 1, column 9 [invalid-json]`}},
	{"brace too many", recA + "}\n" + recC, []string{recA, recC}, []string{
		`in:1: unexpected '}' at line 1, column 8, expected an object or a list of objects; skipped 1 byte [invalid-json]`}},
	{"leading zero", "{\"b\":012}\n" + recC, []string{recC}, []string{
		`in:1: unexpected '12' at line 1, column 7, expected the end of a number; skipped 9 bytes, reading goes on at line 1, column 10 [invalid-json]`}},
	{"number without digits", "{\"b\":-}{\"b\":1.}{\"b\":1e+}" + recC, []string{recC}, []string{
		`in:1: unexpected '}' at line 1, column 7, expected a digit; skipped 7 bytes, reading goes on at line 1, column 8 [invalid-json]`,
		`in:1: unexpected '}' at line 1, column 15, expected a digit; skipped 8 bytes, reading goes on at line 1, column 16 [invalid-json]`,
		`in:1: unexpected '}' at line 1, column 24, expected a digit; skipped 9 bytes, reading goes on at line 1, column 25 [invalid-json]`}},
	{"escape", `{"b":"\q}"}{"b":"\u00g0"}` + recC, []string{recC}, []string{
		`in:1: unexpected 'q' at line 1, column 8, expected one of "\/bfnrtu behind '\'; skipped 11 bytes, reading goes on at line 1, column 12 [invalid-json]`,
		`in:1: unexpected 'g0' at line 1, column 22, expected four hexadecimal digits behind '\u'; skipped 14 bytes, reading goes on at line 1, column 26 [invalid-json]`}},
	{"tab in a string", "{\"b\":\"x\ty\"}" + recC, []string{recC}, []string{
		`in:1: unexpected '\t' at line 1, column 8, expected the rest of a string and its '"'; skipped 11 bytes, reading goes on at line 1, column 12 [invalid-json]`}},
	{"laid out, local", "{\n  \"a\": {\n    \"b\": 1\n  },\n  \"c\" 2\n}\n" + recC, []string{recC}, []string{
		`in:1: unexpected '2' at line 5, column 7, expected ':'; skipped 36 bytes, reading goes on at line 6, column 2 [invalid-json]`}},
	{"laid out, brace missing", "{\n  \"a\": [\n    {\n      \"b\": 1\n    }\n  ]\n{\n  \"c\": 2\n}", []string{"{\n  \"c\": 2\n}"}, []string{
		`in:1: unexpected '{' at line 7, column 1, expected ',' or '}'; skipped 40 bytes, reading goes on at line 7, column 1 [invalid-json]`}},
	{"text", recA + "\nNov 22 host app: {hello}\n" + recC, []string{recA, recC}, []string{
		`in:2: unexpected 'Nov' at line 2, column 1, expected an object or a list of objects; skipped 24 bytes, reading goes on at line 2, column 25 [invalid-json]`}},
	{"text that begins like a value", "2026-01-02 hello\n12 monkeys\n\"x\" y\n" + recC, []string{recC}, []string{
		`in:1: unexpected '2026' at line 1, column 1, expected an object or a list of objects; skipped 16 bytes, reading goes on at line 1, column 17 [invalid-json]`,
		`in:2: unexpected '12' at line 2, column 1, expected an object or a list of objects; skipped 10 bytes, reading goes on at line 2, column 11 [invalid-json]`,
		`in:3: unexpected '"' at line 3, column 1, expected an object or a list of objects; skipped 5 bytes, reading goes on at line 3, column 6 [invalid-json]`}},
	{"text before a record of CloudTrail", "<13> trail: " + recX + "\n" + recC, []string{recX, recC}, []string{
		`in:1: unexpected '<' at line 1, column 1, expected an object or a list of objects; skipped 12 bytes, reading goes on at line 1, column 13 [invalid-json]`}},
	{"text behind a record", recA + " trailing\n" + recC, []string{recA, recC}, []string{
		`in:1: unexpected 'trailing' at line 1, column 9, expected an object or a list of objects; skipped 8 bytes, reading goes on at line 1, column 17 [invalid-json]`}},
	{"values of another kind", "12\n\"" + strings.Repeat("s", 50) + "\"\nnull " + recC, []string{recC}, []string{
		`in:1: found '12', expected an object; skipped 2 bytes [not-an-object]`,
		`in:2: found '"` + strings.Repeat("s", 39) + `'…, expected an object; skipped 52 bytes [not-an-object]`,
		`in:3: found 'null', expected an object; skipped 4 bytes [not-an-object]`}},
	{"commas between objects", recA + "," + recB + ",\n" + recC, []string{recA, recB, recC}, []string{
		`in:1: unexpected ',' at line 1, column 8, expected an object or a list of objects; skipped 1 byte [invalid-json]`,
		`in:1: unexpected ',' at line 1, column 16, expected an object or a list of objects; skipped 1 byte [invalid-json]`}},
	{"binary in between", recA + "\n\x00\x01\xff\n" + recC, []string{recA, recC}, []string{
		`in:2: unexpected '\x00' at line 2, column 1, expected an object or a list of objects; skipped 3 bytes, reading goes on at line 2, column 4 [invalid-json]`}},
	{"too deep", recA + "\n{\"d\":" + strings.Repeat("[", 20) + "\"]\"" + strings.Repeat("]", 20) + "}\n" + recC, []string{recA, recC}, []string{
		`in:2: '[' at line 2, column 15 nests deeper than 10 levels, the limit; skipped 49 bytes, reading goes on at line 2, column 50 [too-deep]`}},
	{"too deep and cut", "{\"d\":" + strings.Repeat("[", 20) + "\n" + recC, []string{recC}, []string{
		`in:1: '[' at line 1, column 15 nests deeper than 10 levels, the limit; skipped 26 bytes, reading goes on at line 2, column 1 [too-deep]`}},
	{"too large", recA + "\n{\"l\":\"" + strings.Repeat("x", 500) + "\\\"}\"}\n" + recC, []string{recA, recC}, []string{
		`in:2: no end of the record within 120 bytes, the limit; skipped 511 bytes, reading goes on at line 2, column 512 [too-large]`}},
	{"too large string", "\"" + strings.Repeat("x", 500) + "\"\n" + recC, []string{recC}, []string{
		`in:1: no end of the record within 120 bytes, the limit; skipped 502 bytes, reading goes on at line 1, column 503 [too-large]`}},
	{"too large number", strings.Repeat("1", 500) + "\n" + recC, []string{recC}, []string{
		`in:1: unexpected '11111111111111111111' at line 1, column 1, expected an object or a list of objects; skipped 500 bytes, reading goes on at line 1, column 501 [invalid-json]`}},
}

var damagedLists = []damaged{
	{"values of another kind", "[" + recA + `,1,"x,y",null,true,` + recC + "]", []string{recA, recC}, []string{
		`in:1: found '1', expected an object; skipped 1 byte [not-an-object]`,
		`in:1: found '"x,y"', expected an object; skipped 5 bytes [not-an-object]`,
		`in:1: found 'null', expected an object; skipped 4 bytes [not-an-object]`,
		`in:1: found 'true', expected an object; skipped 4 bytes [not-an-object]`}},
	{"value missing", "[" + recA + `,{"b":,},` + recC + "]", []string{recA, recC}, []string{
		`in:1: unexpected ',' at line 1, column 15, expected a value; skipped 7 bytes, reading goes on at line 1, column 17 [invalid-json]`}},
	{"value missing, numbers behind", "[" + recA + `,{"b":,},1,[` + recC + "]]", []string{recA, recC}, []string{
		`in:1: unexpected ',' at line 1, column 15, expected a value; skipped 7 bytes, reading goes on at line 1, column 17 [invalid-json]`,
		`in:1: found '1', expected an object; skipped 1 byte [not-an-object]`}},
	{"quote missing", "[" + recA + `,{"b":"},` + recC + "," + recA + "," + recB + "]", []string{recA, recA, recB}, []string{
		`in:1: unexpected 'c' at line 1, column 20, expected ',' or '}'; skipped 15 bytes, reading goes on at line 1, column 25 [invalid-json]`}},
	{"bracket missing", "[" + recA + `,{"b":[{"x":1},2},` + recC + "]", []string{recA, recC}, []string{
		`in:1: unexpected '}' at line 1, column 25, expected ',' or ']'; skipped 16 bytes, reading goes on at line 1, column 26 [invalid-json]`}},
	{"brace missing", "[" + recA + `,{"b":2,` + recC + "," + recB + "]", []string{recA, recC, recB}, []string{
		`in:1: unexpected '{' at line 1, column 17, expected a name in '"'; skipped 7 bytes, reading goes on at line 1, column 17 [invalid-json]`}},
	{"inner brace missing", "[" + recA + `,{"b":{"x":1},` + recC + "," + recB + "]", []string{recA, recC, recB}, []string{
		`in:1: unexpected '{' at line 1, column 23, expected a name in '"'; skipped 13 bytes, reading goes on at line 1, column 23 [invalid-json]`}},
	{"brace and comma missing", "[" + recA + `,{"b":2` + recC + "," + recB + "]", []string{recA, recC, recB}, []string{
		`in:1: unexpected '{' at line 1, column 16, expected the end of a number; skipped 6 bytes, reading goes on at line 1, column 16 [invalid-json]`}},
	{"brace too many", "[" + recA + "}," + recC + "]", []string{recA, recC}, []string{
		`in:1: unexpected '}' at line 1, column 9, expected ',' or ']'; skipped 1 byte [invalid-json]`}},
	{"comma missing", "[" + recA + " " + recC + "]", []string{recA, recC}, []string{
		`in:1: unexpected '{' at line 1, column 10, expected ',' or ']'; nothing skipped [invalid-json]`}},
	{"commas too many", "[," + recA + ",," + recC + ",]", []string{recA, recC}, []string{
		`in:1: unexpected ',' at line 1, column 2, expected an object or ']'; skipped 1 byte [invalid-json]`,
		`in:1: unexpected ',' at line 1, column 11, expected an object; skipped 1 byte [invalid-json]`,
		`in:1: unexpected ']' at line 1, column 20, expected an object; nothing skipped [invalid-json]`}},
	{"text", "[" + recA + ",undefined," + recC + ", None]", []string{recA, recC}, []string{
		`in:1: unexpected 'undefined' at line 1, column 10, expected an object; skipped 9 bytes, reading goes on at line 1, column 19 [invalid-json]`,
		`in:1: unexpected 'None' at line 1, column 29, expected an object; skipped 4 bytes, reading goes on at line 1, column 33 [invalid-json]`}},
	{"laid out, local", "[\n  {\n    \"b\": \n  },\n  {\n    \"d\": 1\n  }\n]", []string{"{\n    \"d\": 1\n  }"}, []string{
		`in:2: unexpected '}' at line 4, column 3, expected a value; skipped 15 bytes, reading goes on at line 4, column 4 [invalid-json]`}},
	{"laid out, brackets missing", "[\n  {\n    \"b\": [\n      {\n  {\n    \"d\": 1\n  }\n]", []string{"{\n    \"d\": 1\n  }"}, []string{
		`in:2: unexpected '{' at line 5, column 3, expected a name in '"' or '}'; skipped 23 bytes, reading goes on at line 5, column 3 [invalid-json]`}},
	{"bytes gone from the middle", `{"Records":[` + recX + `,{"eventVersion":"1.08","r":[{"x` + recY + "," + recX + "]}", []string{recX, recY, recX}, []string{
		`in:1: unexpected 'eventVersion' at line 1, column 84, expected ':'; skipped 31 bytes, reading goes on at line 1, column 82 [invalid-json]`}},
	{"bytes gone, and the rest looks right", `{"Records":[` + recX + `,{"eventVersion":"1.08","r":[[` + recY + "]}", []string{recX, recY}, []string{
		`in:1: unexpected '}' at line 1, column 116, expected ',' or ']'; skipped 29 bytes, reading goes on at line 1, column 80 [invalid-json]`}},
	{"bytes gone, and the rest is too long", `{"Records":[` + recX + `,{"eventVersion":"1.08","r":[` + recY + "," + recX + "," + recY + "]}", []string{recX, recY, recX, recY}, []string{
		`in:1: no end of the record within 120 bytes, the limit; skipped 28 bytes, reading goes on at line 1, column 79 [too-large]`}},
	{"another delivery file behind a cut one", `{"Records":[` + recA + `,{"ua":"aws-c{"Records": [` + recC + "]}\n" + recB, []string{recA, recC, recB}, []string{
		`in:1: unexpected 'Records' at line 1, column 35, expected ',' or '}'; skipped 12 bytes, reading goes on at line 1, column 33 [invalid-json]`}},
	{"too deep", strings.Repeat("[", 12) + recA + strings.Repeat("]", 12) + recC, []string{recC}, []string{
		`in:1: '[' at line 1, column 11 nests deeper than 10 levels, the limit; skipped 11 bytes, reading goes on at line 1, column 22 [too-deep]`}},
	{"delivery file too deep", strings.Repeat("[", 10) + `{"Records":[` + recA + "]}" + strings.Repeat("]", 10) + recC, []string{recC}, []string{
		`in:1: '[' at line 1, column 22 nests deeper than 10 levels, the limit; skipped 21 bytes, reading goes on at line 1, column 32 [too-deep]`}},
	{"too large", "[" + recA + ",{\"l\":\"" + strings.Repeat("x", 500) + "\"}," + recC + "]", []string{recA, recC}, []string{
		`in:1: no end of the record within 120 bytes, the limit; skipped 508 bytes, reading goes on at line 1, column 518 [too-large]`}},
	{"delivery file, broken behind the records", `{"Records":[` + recA + `],"x":tru}` + "\n" + recC, []string{recA, recC}, []string{
		`in:1: unexpected '}' at line 1, column 29, expected the rest of true, false or null; skipped 9 bytes, reading goes on at line 1, column 30 [invalid-json]`}},
	{"delivery file, followed at once by another", `{"Records":[` + recA + `]{"Records":[` + recC + "]}", []string{recA, recC}, []string{
		`in:1: unexpected '{' at line 1, column 21, expected ',' or '}'; skipped 0 bytes, reading goes on at line 1, column 21 [invalid-json]`}},
}

var damagedEnds = []damaged{
	{"in a record", recA + `{"b":2`, []string{recA}, []string{
		`in:1: the text ends inside a record, expected the end of a number; skipped 6 bytes up to the end [truncated-json]`}},
	{"in a record's string", recA + `{"b":"x\`, []string{recA}, []string{
		`in:1: the text ends inside a record, expected one of "\/bfnrtu behind '\'; skipped 8 bytes up to the end [truncated-json]`}},
	{"in a record laid out", "{\"Records\": [{\n    \"a\": {\n        \"b\": {\n", nil, []string{
		`in:1: the text ends inside a record, expected a name in '"' or '}'; skipped 28 bytes up to the end [truncated-json]`}},
	{"in a record of a list", "[" + recA + `,{"b":2`, []string{recA}, []string{
		`in:1: the text ends inside a record, expected the end of a number; skipped 6 bytes up to the end [truncated-json]`}},
	{"in a list", "[" + recA, []string{recA}, []string{
		`in:1: the text ends inside a list, expected ',' or ']'; everything before it was read [truncated-json]`}},
	{"in a list, behind the comma", "[" + recA + ",\n", []string{recA}, []string{
		`in:2: the text ends inside a list, expected an object; everything before it was read [truncated-json]`}},
	{"in an empty list", "[", nil, []string{
		`in:1: the text ends inside a list, expected an object or ']'; everything before it was read [truncated-json]`}},
	{"behind the records", `{"Records":[` + recA + "]", []string{recA}, []string{
		`in:1: the text ends behind the records of a delivery file, expected ',' or '}'; skipped 0 bytes up to the end [truncated-json]`}},
	{"in a word", recA + "\ntru", []string{recA}, []string{
		`in:2: the text ends inside a record, expected the rest of true, false or null; skipped 3 bytes up to the end [truncated-json]`}},
	{"in text of a list", "[" + recA + ",xyz", []string{recA}, []string{
		`in:1: unexpected 'xyz' at line 1, column 10, expected an object; skipped 3 bytes up to the end [invalid-json]`}},
	{"in a broken record", "[" + recA + ",{\"b\":[nul]", []string{recA}, []string{
		`in:1: unexpected ']' at line 1, column 19, expected the rest of true, false or null; skipped 10 bytes up to the end [invalid-json]`}},
}

// damagedWholes are inputs of which nothing is read.
var damagedWholes = []damaged{
	{"no byte", "", nil, []string{`in: the input is empty [empty]`}},
	{"white space", " \r\n\t\n", nil, []string{`in: the input holds nothing but 5 bytes of white space [empty]`}},
	{"byte order mark", "\ufeff", nil, []string{`in: the input holds nothing but 3 bytes of white space [empty]`}},
	{"empty gzip", pack(""), nil, []string{`in: the input is empty [empty]`}},
	{"empty list", "\n[ ]", nil, []string{`in:2: the list ends without an element: nothing to read in it [empty-records]`}},
	{"empty delivery file", `{"Records":[]}`, nil, []string{`in:1: the list ends without an element: nothing to read in it [empty-records]`}},
	{"binary", "\x7fELF\x02\x01" + strings.Repeat("\x00\n", 1000), nil, []string{
		`in:1: the input is no text: byte 0x02 at offset 4 of it, expected JSON; nothing was read [binary]`}},
	{"UTF-16, cut off in a character", "\xff\xfe{\x00}\x00 ", []string{"{}"}, []string{
		`in:1: the UTF-16 text ends in the middle of a character; everything before it was read [unsupported-encoding]`}},
	{"UTF-16 without a mark", "{\x00}\x00", nil, []string{
		`in:1: every second byte is zero, as in UTF-16, expected UTF-8; convert it first, nothing was read [unsupported-encoding]`}},
}

func TestDamage(t *testing.T) {
	for group, table := range map[string][]damaged{"lines": damagedLines, "lists": damagedLists, "ends": damagedEnds, "wholes": damagedWholes} {
		for _, test := range table {
			t.Run(group+"/"+test.name, func(t *testing.T) {
				opts := Options{MaxDepth: 10, MaxRecord: 120}
				got := read(t, strings.NewReader(test.text), opts)
				got.expect(t, test.records, test.problems)
				bytewise := read(t, iotest.OneByteReader(strings.NewReader(test.text)), opts)
				got.Stats.SourceBytes, bytewise.Stats.SourceBytes = 0, 0 // reading ahead differs
				if diff := cmp.Diff(got, bytewise); diff != "" {
					t.Errorf("read byte by byte (-whole +bytes):\n%s", diff)
				}
			})
		}
	}
}

// TestLost holds which problems count as a loss: what is only odd, or empty, does not.
func TestLost(t *testing.T) {
	for text, want := range map[string]int{
		"[" + recA + "}," + recC + "]": 0, "[" + recA + " " + recC + ",]": 0, recA + "," + recC: 0, "[]": 0, "": 0,
		"[" + recA: 1, "[1," + recA + "]": 1, "text\n{": 2, "\x00": 1,
	} {
		if got := read(t, strings.NewReader(text), Options{}); got.Stats.Lost != want {
			t.Errorf("%q: %d lost, want %d: %q", text, got.Stats.Lost, want, got.told())
		}
	}
}

func TestMaxProblems(t *testing.T) {
	text := strings.Repeat("no json\n", 1000) + strings.Repeat("1\n", 4) + recA
	got := read(t, strings.NewReader(text), Options{MaxProblems: 3})
	if diff := cmp.Diff([]string{recA}, got.raws()); diff != "" {
		t.Error(diff)
	}
	if len(got.Problems) != 8 {
		t.Fatalf("%d problems told, want 8: %q", len(got.Problems), got.told())
	}
	want := []Problem{
		{Source: "in", Line: 4, Offset: 24, Bytes: 997 * 7, Reason: InvalidJSON, Lost: true, Count: 997,
			Detail: "997 more of the same from here on, 6979 bytes in all; counted, not listed"},
		{Source: "in", Line: 1004, Offset: 8006, Bytes: 1, Reason: NotAnObject, Lost: true, Count: 1,
			Detail: "1 more of the same from here on, 1 byte in all; counted, not listed"},
	}
	if diff := cmp.Diff(want, got.Problems[6:]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[Reason]int{InvalidJSON: 1000, NotAnObject: 4}, got.Stats.Problems); diff != "" {
		t.Error(diff)
	}
	if got.Stats.SkippedBytes != 7004 || got.Stats.Lost != 1004 || got.Records[0].Index != 1005 {
		t.Errorf("account %+v, record %+v", got.Stats, got.Records[0])
	}
}

// TestCutCompressed cuts compressed data at every byte: what was read stays a prefix, and the damage is told once, in the same words.
func TestCutCompressed(t *testing.T) {
	var text strings.Builder
	for i := range 50 {
		fmt.Fprintf(&text, "{\"n\":%d,\"x\":\"%x\"}\n", i, i*i*7919)
	}
	all := append(read(t, strings.NewReader(text.String()), Options{}).raws(), recA)
	for _, c := range []struct {
		data   string
		reason Reason
		magic  int
	}{{pack(text.String()), TruncatedGzip, 2}, {pack(text.String()) + pack(recA), TruncatedGzip, 2}, {packZstd(text.String()), TruncatedZstd, 4}} {
		whole := 0
		for n := c.magic; n < len(c.data); n++ {
			got := read(t, strings.NewReader(c.data[:n]), Options{})
			if m := len(got.Records); m > len(all) || m > 0 && !cmp.Equal(all[:m], got.raws()) {
				t.Fatalf("%s cut at %d: the records are no prefix: %q", c.reason, n, got.raws())
			}
			if len(got.Problems) == 0 && len(got.Records) == len(all)-1 {
				whole++ // between two members
				continue
			}
			if len(got.Problems) != 1 || got.Problems[0].Reason != c.reason || !got.Problems[0].Lost {
				t.Fatalf("%s cut at %d: %q", c.reason, n, got.told())
			}
		}
		if want := strings.Count(c.data, "\x1f\x8b") - 1; c.reason == TruncatedGzip && whole != want {
			t.Errorf("%d cuts were taken for no cut, want %d", whole, want)
		}
	}
	data := pack(text.String())
	got := read(t, strings.NewReader(data[:len(data)/2]), Options{})
	n := len(got.Records)
	if n == 0 || n == len(all) {
		t.Fatalf("%d of %d records read from half of the data", n, len(all))
	}
	want := fmt.Sprintf("in:%d: the gzip data ends too early, after %d bytes, inside a record; skipped %d bytes up to the end [truncated-gzip]",
		n+1, len(data)/2, got.Stats.SkippedBytes)
	if diff := cmp.Diff([]string{want}, got.told()); diff != "" {
		t.Error(diff)
	}
}

func TestCorruptCompressed(t *testing.T) {
	flip := func(s string, i int) string {
		b := []byte(s)
		b[(i+len(b))%len(b)] ^= 0x40
		return string(b)
	}
	plain := recA + "\n" + recB + "\n" + recC + "\n"
	for _, test := range []damaged{
		{"gzip followed by gzip's magic", pack(plain) + "\x1f\x8b", []string{recA, recB, recC}, []string{
			`in:4: the gzip data ends too early, after 51 bytes; everything before it was read [truncated-gzip]`}},
		{"zstd followed by text", packZstd(plain) + "0123456789", []string{recA, recB, recC}, []string{
			`in:4: the zstd data is complete, but followed by bytes that are no zstd; everything before it was read [corrupt-zstd]`}},
		{"gzip checksum", flip(pack(plain), -6), []string{recA, recB, recC}, []string{
			`in:4: the gzip data is damaged: gzip: invalid checksum; everything before it was read [corrupt-gzip]`}},
		{"gzip header", flip(pack(plain), 2), nil, []string{
			`in: the gzip data is damaged: gzip: invalid header [corrupt-gzip]`}},
		{"gzip followed by text", pack(plain) + "0123456789", []string{recA, recB, recC}, []string{
			`in:4: the gzip data is complete, but followed by bytes that are no gzip; everything before it was read [corrupt-gzip]`}},
		{"gzip of one byte more than its magic", "\x1f\x8b\x08", nil, []string{
			`in: the gzip data ends too early, after 3 bytes [truncated-gzip]`}},
		{"gzip cut behind a broken line", pack(recA + "\n{\"b\":\n" + recC + "\n")[:45], []string{recA, recC}, []string{
			`in:2: the text ends inside a record, expected ',' or '}'; skipped 6 bytes, reading goes on at line 3, column 1 [truncated-json]`,
			`in:4: the gzip data ends too early, after 45 bytes; everything before it was read [truncated-gzip]`}},
		{"zstd checksum", flip(packZstd(plain), -1), []string{recA, recB, recC}, []string{
			`in:4: the zstd data is damaged: CRC check failed; everything before it was read [corrupt-zstd]`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			read(t, strings.NewReader(test.text), Options{}).expect(t, test.records, test.problems)
		})
	}
}

func TestUnreadable(t *testing.T) {
	gone := iotest.ErrReader(errors.New("the disk is gone"))
	for _, test := range []struct {
		name    string
		r       io.Reader
		records []string
		problem string
	}{
		{"at once", gone, nil, `in:1: cannot be read further: the disk is gone; everything before it was read [unreadable]`},
		{"between records", io.MultiReader(strings.NewReader(recA+"\n"), gone), []string{recA},
			`in:2: cannot be read further: the disk is gone; everything before it was read [unreadable]`},
		{"in a record", io.MultiReader(strings.NewReader(recA+recB[:4]), gone), []string{recA},
			`in:1: cannot be read further: the disk is gone, inside a record; skipped 4 bytes up to the end [unreadable]`},
		{"in a list", io.MultiReader(strings.NewReader("["+recA), gone), []string{recA},
			`in:1: cannot be read further: the disk is gone; everything before it was read [unreadable]`},
		{"a reader that gives nothing", stuck{}, nil,
			`in:1: cannot be read further: multiple Read calls return no data or error; everything before it was read [unreadable]`},
		{"in gzip", io.MultiReader(bytes.NewReader([]byte(pack(recA))[:12]), gone), nil,
			`in:1: cannot be read further: the disk is gone; everything before it was read [unreadable]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			read(t, test.r, Options{}).expect(t, test.records, []string{test.problem})
		})
	}
}

// stuck gives neither bytes nor an error.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestSeverity(t *testing.T) {
	for reason, want := range map[Reason]string{Empty: "note", EmptyRecords: "note", IgnoredFile: "note", IgnoredLink: "note", DuplicateInput: "note",
		EmptyDirectory: "note", NotFound: "error", Unreadable: "error", InvalidJSON: "error", TruncatedGzip: "error", TooLarge: "error"} {
		if got := (Problem{Reason: reason}).Severity().String(); got != want {
			t.Errorf("%s is a %s, want %s", reason, got, want)
		}
	}
}

// TestLinear reads texts made to be looked at again and again. The limit is far above what linear time takes.
func TestLinear(t *testing.T) {
	for name, text := range map[string]string{
		"lines cut behind a colon":   strings.Repeat("{\"a\":\n", 300_000),
		"lists never closed":         strings.Repeat("[\n", 300_000) + strings.Repeat("{\"a\":[\n", 100_000),
		"records cut in a list":      `{"Records":[` + strings.Repeat(`{"eventVersion":[`, 100_000),
		"delivery files in a record": strings.Repeat(`{"a":{"Records":[`, 100_000),
		"quotes and braces":          strings.Repeat(`{"`, 100_000),
		"open braces":                strings.Repeat(`{`, 100_000),
		"names without end":          `{"a":` + strings.Repeat(`"Records" `, 200_000),
	} {
		t.Run(name, func(t *testing.T) {
			got := read(t, strings.NewReader(text), Options{})
			if got.Stats.TextBytes != int64(len(text)) {
				t.Errorf("read %d bytes of %d", got.Stats.TextBytes, len(text))
			}
		})
	}
}
