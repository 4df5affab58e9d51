package cloudtrail

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// outcome is all that a reading gives.
type outcome struct {
	Records  []Record
	Problems []Problem
	Stats    Stats
}

// expect compares the records and the problems, as they are told.
func (o outcome) expect(t testing.TB, records, problems []string) {
	t.Helper()
	if diff := cmp.Diff(records, o.raws()); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(problems, o.told()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// read reads r and fails the test if the account does not hold.
func read(t testing.TB, r io.Reader, opts Options) outcome {
	t.Helper()
	var got outcome
	emit := func(r Record) error {
		r.Raw = bytes.Clone(r.Raw)
		got.Records = append(got.Records, r)
		return nil
	}
	report := func(p Problem) { got.Problems = append(got.Problems, p) }
	stats, err := Read(t.Context(), Stream("in", r), opts, emit, report)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	got.Stats = stats
	return got
}

// raws returns the records' own text.
func (o outcome) raws() []string {
	var list []string
	for _, r := range o.Records {
		list = append(list, string(r.Raw))
	}
	return list
}

// told returns the problems as text.
func (o outcome) told() []string {
	var list []string
	for _, p := range o.Problems {
		list = append(list, p.String())
	}
	return list
}

func TestForms(t *testing.T) {
	a, b, c := `{"a":1}`, `{"b":[{"x":"}]\"{"}]}`, `{}`
	abc := []string{a, b, c}
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"delivery file", `{"Records":[` + a + "," + b + "," + c + `]}`, abc},
		{"delivery file, laid out", "{\n \"Records\" : [\n  " + a + " ,\n  " + b + ",\r\n  " + c + "\n ]\n}\n", abc},
		{"delivery file, other members before", `{"@x":1,"y":{"Records":[1]},"z":["Records"],"Records":[` + a + "," + b + "," + c + `]}`, abc},
		{"delivery file, other members after", `{"Records":[` + a + "," + b + "," + c + `],"x":{"Records":[1]},"y":"]}"}`, abc},
		{"delivery file, Records twice", `{"Records":[` + a + "," + b + `],"Records":[` + c + `]}`, abc},
		{"array", "[" + a + "," + b + "," + c + "]", abc},
		{"array, one element a line", "[\n" + a + ",\n" + b + ",\n" + c + "\n]\n", abc},
		{"NDJSON", a + "\n" + b + "\n" + c + "\n", abc},
		{"NDJSON without the last newline", a + "\n" + b + "\n" + c, abc},
		{"NDJSON with CRLF", a + "\r\n" + b + "\r\n" + c + "\r\n", abc},
		{"NDJSON with empty lines", "\n\n" + a + "\n\n" + b + "\n \n" + c + "\n\n", abc},
		{"objects without anything between", a + b + c, abc},
		{"objects laid out", "{\n \"a\": {\n  \"b\": 1\n }\n}\n{\n \"c\": 2\n}\n", []string{"{\n \"a\": {\n  \"b\": 1\n }\n}", "{\n \"c\": 2\n}"}},
		{"single object", a, []string{a}},
		{"byte order mark", "\ufeff" + a, []string{a}},
		{"byte order marks of joined files", "\ufeff" + a + "\n\ufeff" + b + "\ufeff" + c, abc},
		{"joined delivery files", `{"Records":[` + a + `]}{"Records":[` + b + "]}\n" + `{"Records":[` + c + `]}`, abc},
		{"delivery files in an array", `[{"Records":[` + a + "," + b + `]},{"Records":[` + c + `]}]`, abc},
		{"arrays in an array", "[[" + a + "],[[" + b + "," + c + "]]]", abc},
		{"arrays one after another", "[" + a + "]\n[" + b + "," + c + "]", abc},
		{"all mixed", a + "\n[" + b + "]\n" + `{"Records":[` + c + `]}`, abc},
		{"Records that is no list", `{"Records":{"a":[]}}` + "\n" + `{"Records":"[1]"}`, []string{`{"Records":{"a":[]}}`, `{"Records":"[1]"}`}},
		{"Records deeper in a record", `{"x":{"Records":[{}]}}`, []string{`{"x":{"Records":[{}]}}`}},
		{"names that only end in Records", `{"\"Records":[1]}{"xRecords":[1]}`, []string{`{"\"Records":[1]}`, `{"xRecords":[1]}`}},
		{"bytes that are no UTF-8", "{\"user\":\"M\xfcller\"}", []string{"{\"user\":\"M\xfcller\"}"}},
		{"numbers and words", `{"a":[-0,0.5,1e9,12E-3,1.50e+7,true,false,null]}`, []string{`{"a":[-0,0.5,1e9,12E-3,1.50e+7,true,false,null]}`}},
		{"escapes", `{"a\u00e9\n":"\ud83d\"\\\/\b\f\r\t"}`, []string{`{"a\u00e9\n":"\ud83d\"\\\/\b\f\r\t"}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := read(t, strings.NewReader(test.text), Options{})
			if diff := cmp.Diff(test.want, got.raws()); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if len(got.Problems) > 0 {
				t.Errorf("problems: %q", got.told())
			}
			if want := int64(len(test.text)); got.Stats.TextBytes != want || got.Stats.SourceBytes != want {
				t.Errorf("%d and %d bytes, want %d", got.Stats.SourceBytes, got.Stats.TextBytes, want)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	text := "\ufeff{\"Records\":[\n {\"a\":1},\n\n {\"b\":\n2}, {\"c\":3}, 7,\n{}]}\n{\"d\":4}"
	got := read(t, strings.NewReader(text), Options{})
	want := []Record{
		{Source: "in", Index: 1, Line: 2, Offset: 17, Raw: []byte(`{"a":1}`)},
		{Source: "in", Index: 2, Line: 4, Offset: 28, Raw: []byte("{\"b\":\n2}")},
		{Source: "in", Index: 3, Line: 5, Offset: 38, Raw: []byte(`{"c":3}`)},
		{Source: "in", Index: 5, Line: 6, Offset: 50, Raw: []byte(`{}`)},
		{Source: "in", Index: 6, Line: 7, Offset: 55, Raw: []byte(`{"d":4}`)},
	}
	if diff := cmp.Diff(want, got.Records); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	for _, r := range want {
		if !strings.HasPrefix(text[r.Offset:], string(r.Raw)) {
			t.Errorf("offset %d is wrong for %s", r.Offset, r.Raw)
		}
	}
	problems := []Problem{{Source: "in", Index: 4, Line: 5, Offset: 47, Bytes: 1, Reason: NotAnObject, Lost: true, Count: 1,
		Detail: "found '7', expected an object; skipped 1 byte"}}
	if diff := cmp.Diff(problems, got.Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	stats := Stats{Inputs: 1, SourceBytes: int64(len(text)), TextBytes: int64(len(text)), Records: 5, RecordBytes: 31, SkippedBytes: 1,
		Problems: map[Reason]int{NotAnObject: 1}, Lost: 1}
	if diff := cmp.Diff(stats, got.Stats); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

// pack returns text as gzip. Writing to memory cannot fail.
func pack(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return b.String()
}

// packZstd returns text as zstd.
func packZstd(text string) string {
	z, _ := zstd.NewWriter(nil)
	return string(z.EncodeAll([]byte(text), nil))
}

func TestCompressed(t *testing.T) {
	want := []string{`{"a":1}`, `{"b":2}`}
	for name, data := range map[string]string{
		"gzip":               pack("{\"a\":1}\n{\"b\":2}\n"),
		"gzip members":       pack("{\"a\":1}\n") + pack("{\"b\":2}\n"),
		"member in a record": pack(`{"a":1}{"b"`) + pack("") + pack(`:2}`),
		"zstd":               packZstd(`{"Records":[{"a":1},{"b":2}]}`),
		"zstd frames":        packZstd(`{"a":1}{"b"`) + packZstd(`:2}`),
		"mark inside":        pack("\ufeff[{\"a\":1},{\"b\":2}]"),
	} {
		t.Run(name, func(t *testing.T) {
			got := read(t, iotest.OneByteReader(strings.NewReader(data)), Options{})
			if diff := cmp.Diff(want, got.raws()); diff != "" || len(got.Problems) > 0 {
				t.Errorf("problems %q, records (-want +got):\n%s", got.told(), diff)
			}
			if got.Stats.SourceBytes != int64(len(data)) {
				t.Errorf("%d bytes as stored, want %d", got.Stats.SourceBytes, len(data))
			}
		})
	}
}

func TestEmitError(t *testing.T) {
	stop := errors.New("enough")
	n := 0
	stats, err := Read(t.Context(), Stream("in", strings.NewReader("{}{}{}")), Options{}, func(Record) error {
		if n++; n == 2 {
			return stop
		}
		return nil
	}, func(p Problem) { t.Errorf("unexpected problem %v", p) })
	if !errors.Is(err, stop) || n != 2 || stats.Records != 2 || stats.Inputs != 1 || stats.TextBytes != 4 {
		t.Errorf("got %v after %d records, %+v", err, n, stats)
	}
}

// endless gives lines for ever, so that only the context can end a reading.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	return copy(p, "{\"a\":1}\n"), nil
}

func TestCancel(t *testing.T) {
	for name, r := range map[string]io.Reader{"many reads": endless{}, "one read": strings.NewReader(strings.Repeat("{\"a\":1}", 30_000) + `{"cut`)} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			n := 0
			_, err := Read(ctx, Stream("in", r), Options{}, func(Record) error {
				if n++; n == 10_000 {
					cancel()
				}
				return nil
			}, func(p Problem) { t.Errorf("unexpected problem %v", p) })
			if !errors.Is(err, context.Canceled) || n > 10_100 {
				t.Errorf("got %v after %d records", err, n)
			}
		})
	}
}

// TestLive holds that a record is emitted when its last byte has arrived, without waiting for more.
func TestLive(t *testing.T) {
	r, w := io.Pipe()
	seen := make(chan string)
	finished := make(chan error)
	go func() {
		_, err := Read(t.Context(), Stream("in", r), Options{}, func(r Record) error { seen <- string(r.Raw); return nil }, func(Problem) {})
		finished <- err
	}()
	for _, text := range []string{`{"a":1}`, "\n{\"b\":2}", "\n{\"c\":3}\n"} {
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if got := <-seen; got != strings.TrimSpace(text) {
			t.Errorf("got %s, want %s", got, text)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-finished; err != nil {
		t.Error(err)
	}
}

// TestLong reads records longer than the window is at first, at all offsets that the window's growth can meet, and up to the limit.
func TestLong(t *testing.T) {
	var want []string
	for _, n := range []int{10, firstWindow, 100, 3 * firstWindow, firstWindow - 7, 5 * firstWindow, 1} {
		want = append(want, `{"l":"`+strings.Repeat("x", n)+`"}`)
	}
	limit := len(want[5])
	for _, sep := range []string{"\n", ",", " , \n"} {
		text := "[" + strings.Join(want, sep) + "]"
		if sep == "\n" {
			text = strings.Join(want, sep)
		}
		got := read(t, &chunked{strings.NewReader(text), 10_007}, Options{MaxRecord: limit})
		if diff := cmp.Diff(want, got.raws()); diff != "" || len(got.Problems) > 0 {
			t.Errorf("problems %q, records differ: %t", got.told(), diff != "")
		}
		got = read(t, &chunked{strings.NewReader(text), 10_007}, Options{MaxRecord: limit - 1})
		if len(got.Records) != len(want)-1 || got.Stats.Problems[TooLarge] != 1 || got.Stats.SkippedBytes != int64(limit) {
			t.Errorf("a record of one byte too many: %d records, problems %q", len(got.Records), got.told())
		}
	}
}

func TestStatsAdd(t *testing.T) {
	one := Stats{Inputs: 1, SourceBytes: 2, TextBytes: 3, Records: 4, RecordBytes: 5, SkippedBytes: 6, Lost: 7, Problems: map[Reason]int{Empty: 8}}
	var sum Stats
	sum.Add(one)
	sum.Add(one)
	want := Stats{Inputs: 2, SourceBytes: 4, TextBytes: 6, Records: 8, RecordBytes: 10, SkippedBytes: 12, Lost: 14, Problems: map[Reason]int{Empty: 16}}
	if diff := cmp.Diff(want, sum); diff != "" || one.Problems[Empty] != 8 {
		t.Errorf("sum (-want +got):\n%s", diff)
	}
}

// TestMemory holds that memory does not grow with the input, nor with a record that is skipped.
func TestMemory(t *testing.T) {
	many := strings.Repeat(`{"a":"`+strings.Repeat("x", 1000)+"\"}\n", 4000)
	huge := `{"a":"` + strings.Repeat("x", 4<<20) + `"}` + "\n{}"
	for name, text := range map[string]string{"many": many, "huge": huge} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		read := func(Record) error { return nil }
		if _, err := Read(t.Context(), Stream("in", strings.NewReader(text)), Options{MaxRecord: 100_000}, read, func(Problem) {}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 500_000 {
			t.Errorf("%s: %d bytes allocated", name, allocated)
		}
	}
}
