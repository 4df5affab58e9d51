package cloudtrail

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sigmatic/evaluator/internal/jsontext"
)

// copier is a worker that keeps copies of the records.
type copier struct {
	depth   int
	records []Record
}

func (c *copier) Scan(b []byte) int {
	n := jsontext.Value(b, 0, c.depth)
	if n < 0 || b[0] != '{' || bytes.Contains(b[:n], []byte(recordsName)) {
		return 0
	}
	return n
}

func (c *copier) Take(r Record) {
	r.Raw = bytes.Clone(r.Raw)
	c.records = append(c.records, r)
}

func (c *copier) Batch() []Record {
	records := c.records
	c.records = nil
	return records
}

// readAll reads texts with ReadAll. What a run does not know of its records is left out of all.
func readAll(t testing.TB, opts Options, workers int, texts ...string) outcome {
	t.Helper()
	var inputs []Input
	for _, text := range texts {
		inputs = append(inputs, Stream("in", strings.NewReader(text)))
	}
	var out outcome
	stats, err := ReadAll(context.Background(), inputs, Job[[]Record]{
		Options: opts, Workers: workers,
		NewWorker: func() Worker[[]Record] { return &copier{depth: opts.withDefaults().MaxDepth} },
		Take: func(b Batch[[]Record]) error {
			for _, r := range b.Result {
				r.Source, r.Index, r.Line, r.Offset = b.Source, r.Index+b.First, 0, 0
				out.Records = append(out.Records, r)
			}
			return nil
		},
		Report: func(p Problem) { out.Problems = append(out.Problems, p) },
	})
	if err != nil {
		t.Fatal(err)
	}
	out.Stats = stats
	return out
}

// readEach is the same by Read.
func readEach(t testing.TB, opts Options, texts ...string) outcome {
	var out outcome
	for _, text := range texts {
		one := read(t, strings.NewReader(text), opts)
		out.Problems = append(out.Problems, one.Problems...)
		for _, r := range one.Records {
			r.Line, r.Offset = 0, 0
			out.Records = append(out.Records, r)
		}
		out.Stats.Add(one.Stats)
	}
	return out
}

func compareReadAll(t testing.TB, opts Options, texts ...string) {
	t.Helper()
	want := readEach(t, opts, texts...)
	for _, workers := range []int{1, 3} {
		got := readAll(t, opts, workers, texts...)
		want.Stats.SourceBytes, got.Stats.SourceBytes = 0, 0 // reading ahead differs
		if diff := cmp.Diff(want.Stats, got.Stats) + cmp.Diff(want.Problems, got.Problems); diff != "" {
			t.Fatalf("%d workers (-Read +ReadAll):\n%.4000s", workers, diff)
		}
		if len(want.Records) != len(got.Records) {
			t.Fatalf("%d workers: %d records, want %d", workers, len(got.Records), len(want.Records))
		}
		for i, r := range got.Records {
			if w := want.Records[i]; r.Index != w.Index || r.Source != w.Source || !bytes.Equal(r.Raw, w.Raw) {
				t.Fatalf("%d workers: record %d is %s:%d %.200q, want %s:%d %.200q", workers, i, r.Source, r.Index, r.Raw, w.Source, w.Index, w.Raw)
			}
		}
	}
}

func FuzzReadAll(f *testing.F) {
	for _, table := range [][]damaged{damagedLines, damagedLists, damagedEnds, damagedWholes} {
		for _, test := range table {
			f.Add([]byte(test.text), uint8(120), uint8(10))
		}
	}
	f.Add([]byte(`{"Records":[`+recX+","+recY+`],"x":[{}]}`+"\n"+`{"Records" : [`+recX+"\n"+recY+`]}`), uint8(0), uint8(0))
	f.Add([]byte("\ufeff"+recA+"\n["+recB+",7]\n"+recC+","+recA), uint8(0), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, maxRecord, maxDepth uint8) {
		opts := Options{MaxRecord: int(maxRecord), MaxDepth: int(maxDepth), MaxProblems: 1 << 30}
		compareReadAll(t, opts, string(data), recA+"\n"+string(data))
	})
}

// TestReadAll reads texts of many blocks, whole and damaged: the same records, problems and accounts come out, in the same order.
func TestReadAll(t *testing.T) {
	lines := benchText("", "\n", "\n")[:1<<20]
	list := benchText(`{"Records":[`, ",", "]}")[:1<<20]
	hole := func(s string, at int) string { return s[:at] + `"}{` + s[at+40:] }
	inner := strings.Repeat(`{"a":[`+strings.Repeat(`{"a":1},`, 50)+`{"a":2}]},`, 3000)
	for name, texts := range map[string][]string{
		"lines":    {lines, lines[:1000], "", lines},
		"list":     {list + "]}", list, "x", list + "]}" + "\n" + list},
		"gzip":     {pack(lines), pack(list) + pack(lines), pack(lines)[:15_000]},
		"holes":    {hole(lines, 300_000), hole(hole(list, 260_000), 900_000)},
		"inner":    {"[" + inner + "{}]"},
		"long":     {`{"a":"` + strings.Repeat("x", 3*blockSize) + `"}` + "\n" + lines[:3000], strings.Repeat(" ", 2*blockSize) + lines},
		"crlf":     {strings.ReplaceAll(lines, "\n", "\r\n")},
		"one line": {strings.ReplaceAll(lines, "\n", "")},
		"laid out": {strings.ReplaceAll(lines, `,"`, ",\n  \"")},
	} {
		t.Run(name, func(t *testing.T) { compareReadAll(t, Options{}, texts...) })
	}
}

// TestReadAllEnds ends the reading by an error of Take's and by the context.
func TestReadAllEnds(t *testing.T) {
	lines := benchText("", "\n", "\n")
	inputs := func() (in []Input) {
		for range 20 {
			in = append(in, Stream("in", strings.NewReader(lines)))
		}
		return in
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	full := errors.New("full")
	for _, c := range []struct {
		take func() error
		want error
	}{{func() error { return full }, full}, {func() error { cancel(); return nil }, context.Canceled}} {
		taken := 0
		_, err := ReadAll(ctx, inputs(), Job[[]Record]{
			Workers: 2, NewWorker: func() Worker[[]Record] { return &copier{depth: 100} }, Report: func(Problem) {},
			Take: func(b Batch[[]Record]) error { taken += len(b.Result); return c.take() },
		})
		if !errors.Is(err, c.want) || taken == 0 || taken > 150_000 {
			t.Errorf("error %v after %d records, want %v early", err, taken, c.want)
		}
	}
}
