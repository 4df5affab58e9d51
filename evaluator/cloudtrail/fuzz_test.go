package cloudtrail

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// FuzzRead holds the package's invariants for any bytes, any limits and any sizes in which the bytes arrive.
func FuzzRead(f *testing.F) {
	for _, table := range [][]damaged{damagedLines, damagedLists, damagedEnds, damagedWholes} {
		for _, test := range table {
			f.Add([]byte(test.text), uint8(120), uint8(10), uint8(3))
		}
	}
	f.Add([]byte(`{"Records":[`+recX+","+recY+`],"x":[{}]}`), uint8(0), uint8(0), uint8(7))
	f.Add([]byte("\ufeff"+recA+"\n["+recB+",7]\n"+recC), uint8(0), uint8(0), uint8(1))
	for _, e := range enveloped {
		f.Add([]byte(e.text), uint8(0), uint8(0), uint8(5))
	}
	f.Fuzz(func(t *testing.T, data []byte, maxRecord, maxDepth, chunk uint8) {
		opts := Options{MaxRecord: int(maxRecord), MaxDepth: int(maxDepth), MaxProblems: 1 << 30}
		whole := read(t, bytes.NewReader(data), opts)
		pieces := read(t, &chunked{bytes.NewReader(data), int(chunk) + 1}, opts)
		bytewise := read(t, iotest.DataErrReader(iotest.OneByteReader(bytes.NewReader(data))), opts)
		whole.Stats.SourceBytes, pieces.Stats.SourceBytes, bytewise.Stats.SourceBytes = 0, 0, 0 // reading ahead differs
		if diff := cmp.Diff(whole, pieces); diff != "" {
			t.Errorf("in pieces of %d (-whole +pieces):\n%s", chunk, diff)
		}
		if diff := cmp.Diff(whole, bytewise); diff != "" {
			t.Errorf("byte by byte (-whole +bytes):\n%s", diff)
		}
		checkAccount(t, whole)
		for _, c := range compressions() {
			if bytes.HasPrefix(data, c.magic) {
				return
			}
		}
		if archiveOf(bufio.NewReader(bytes.NewReader(data)).Peek) != noArchive {
			return // the places are those in the members, or in rows
		}
		if utf16Order(bufio.NewReader(bytes.NewReader(data))) != nil {
			return // the places are those in UTF-8
		}
		checkPlaces(t, data, whole)
		if maxRecord == 0 && maxDepth == 0 {
			checkAgainstDecoder(t, data, whole)
		}
	})
}

// chunked gives at most n bytes at a time.
type chunked struct {
	io.Reader
	n int
}

func (c *chunked) Read(p []byte) (int, error) { return c.Reader.Read(p[:min(len(p), c.n)]) }

// checkAccount holds that the sums are those of what was delivered, and that every record is a valid object.
func checkAccount(t *testing.T, got outcome) {
	want := Stats{Inputs: 1, TextBytes: got.Stats.TextBytes, Records: len(got.Records)}
	for _, r := range got.Records {
		want.RecordBytes += int64(r.size())
		if !json.Valid(r.Raw) || r.Raw[0] != '{' || r.Raw[len(r.Raw)-1] != '}' {
			t.Errorf("not an object: %q", r.Raw)
		}
	}
	for _, p := range got.Problems {
		want.AddProblem(p)
	}
	if diff := cmp.Diff(want, got.Stats); diff != "" {
		t.Errorf("account (-sums +stats):\n%s", diff)
	}
}

// checkPlaces holds that records and problems point at what they speak of, that they follow one another, and that nothing but framing is
// outside of all of them.
func checkPlaces(t *testing.T, text []byte, got outcome) {
	type reach struct {
		from, to int64
		line     int
		index    int
	}
	var all []reach
	refused := false
	for _, r := range got.Records {
		all = append(all, reach{r.Offset, r.Offset + int64(r.size()), r.Line, r.Index})
		if r.Envelope == 0 && !bytes.HasPrefix(text[r.Offset:], r.Raw) {
			t.Errorf("offset %d is wrong for %q", r.Offset, r.Raw)
		}
	}
	for _, p := range got.Problems {
		switch p.Reason {
		case Empty:
			continue
		case Binary, UnsupportedCompression, UnsupportedEncoding:
			refused = true
		}
		all = append(all, reach{p.Offset, p.Offset + p.Bytes, p.Line, p.Index})
	}
	slices.SortStableFunc(all, func(a, b reach) int {
		if a.from == b.from {
			return int(a.to - b.to)
		}
		return int(a.from - b.from)
	})
	var end int64
	index := 0
	for _, r := range all {
		if line := 1 + bytes.Count(text[:r.from], newline); r.line != line {
			t.Errorf("offset %d is in line %d, not %d", r.from, line, r.line)
		}
		if r.from < end {
			t.Errorf("the reach at %d begins before the end of the one before, %d", r.from, end)
		}
		if r.index != 0 {
			if index++; r.index != index {
				t.Errorf("index %d at offset %d, want %d", r.index, r.from, index)
			}
		}
		checkFraming(t, text, end, r.from)
		end = r.to
	}
	if refused {
		return
	}
	checkFraming(t, text, end, int64(len(text)))
	if got.Stats.TextBytes != int64(len(text)) {
		t.Errorf("%d bytes of text, want %d", got.Stats.TextBytes, len(text))
	}
}

// checkFraming holds that nothing is lost silently. What else stands in a delivery file's object is out of its sight.
func checkFraming(t *testing.T, text []byte, from, to int64) {
	for _, l := range listNames[ofDelivery:] {
		if bytes.Contains(text, []byte(`"`+l.name+`"`)) {
			return
		}
	}
	if from < to {
		framing := strings.ReplaceAll(string(text[from:to]), "\ufeff", " ")
		if int(to) < len(text) && stamped().MatchString(strings.TrimLeft(framing, " \t\r\n")+"{") {
			return
		}
		if rest := strings.Trim(framing, " \t\r\n,[]"); rest != "" {
			t.Errorf("nobody speaks of %q at offset %d", rest, from)
		}
	}
}

// checkAgainstDecoder holds that a text which encoding/json takes for a sequence of objects, or for a list of them, gives these objects.
func checkAgainstDecoder(t *testing.T, text []byte, got outcome) {
	var want []string
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, bom)))
	for {
		var v json.RawMessage
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return
		}
		var list []json.RawMessage
		if json.Unmarshal(v, &list) != nil {
			list = append(list, v)
		}
		for _, v := range list {
			var members map[string]json.RawMessage
			if json.Unmarshal(v, &members) != nil || members == nil || members["Records"] != nil {
				return
			}
			for _, name := range EnvelopeMembers() {
				if members[name] != nil {
					return
				}
			}
			want = append(want, string(v))
		}
	}
	for _, p := range got.Problems {
		if p.Reason != Empty && p.Reason != EmptyRecords && p.Reason != TooDeep {
			t.Errorf("a problem with a valid text: %v", p)
		}
	}
	if diff := cmp.Diff(want, got.raws()); diff != "" && got.Stats.Problems[TooDeep] == 0 {
		t.Errorf("records (-encoding/json +got):\n%s", diff)
	}
}

// FuzzMachine holds that the machine and encoding/json agree on what is a valid object, and on where it ends.
func FuzzMachine(f *testing.F) {
	for _, table := range [][]damaged{damagedLines, damagedLists, damagedEnds} {
		for _, test := range table {
			f.Add([]byte(test.text))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 || data[0] != '{' {
			data = append([]byte(`{"a":`), data...)
		}
		m := machine{maxDepth: 1 << 20}
		end, v := 0, more
		for end < len(data) && v == more {
			if end, v = m.run(data[:end+1], end); v == envelope {
				return
			}
		}
		if v == done != json.Valid(data[:end]) {
			t.Errorf("%q: verdict %d, valid %t", data[:end], v, json.Valid(data[:end]))
		}
		if v != done && json.Valid(bytes.TrimSpace(data)) {
			t.Errorf("%q is valid, but the verdict is %d", data, v)
		}
	})
}

// randomObject makes a valid object of about the given size, with everything in its strings that could be taken for structure.
func randomObject(r *rand.Rand, size int) string {
	strs := []string{`""`, `"x"`, `"}{][,:"`, `"\"{\""`, `"\\"`, `"ü€😀"`, `"\u007b\n"`, `"{\"eventVersion\":1}"`, `" Records "`}
	var value func(n int) string
	object := func(n int) string {
		var members []string
		for n > 0 {
			k := 1 + r.IntN(n)
			members = append(members, strs[r.IntN(len(strs))]+": "[:1+r.IntN(2)]+value(k-1))
			n -= k
		}
		return "{" + strings.Join(members, [...]string{",", ", "}[r.IntN(2)]) + "}"
	}
	value = func(n int) string {
		switch r.IntN(6) {
		case 0:
			return strs[r.IntN(len(strs))]
		case 1:
			return [...]string{"0", "-1.5e+3", "true", "null", "1E9", "false"}[r.IntN(6)]
		case 2:
			var list []string
			for n > 0 {
				k := 1 + r.IntN(n)
				list = append(list, value(k-1))
				n -= k
			}
			return "[" + strings.Join(list, ",") + "]"
		}
		return object(n)
	}
	return object(size)
}

func randomObjects(r *rand.Rand) []string {
	var list []string
	for range 1 + r.IntN(8) {
		list = append(list, randomObject(r, r.IntN(12)))
	}
	return list
}

// forms render a list of objects in every form that the package knows.
var forms = map[string]func([]string) string{
	"records":           func(l []string) string { return `{"Records":[` + strings.Join(l, ",") + "]}" },
	"records with more": func(l []string) string { return `{"a":"[","Records" : [` + strings.Join(l, " ,\n") + `],"b":[{}]}` },
	"list":              func(l []string) string { return "[" + strings.Join(l, ",") + "]" },
	"list, laid out":    func(l []string) string { return "[\n  " + strings.Join(l, ",\n  ") + "\n]\n" },
	"lines":             func(l []string) string { return strings.Join(l, "\n") },
	"lines with CRLF":   func(l []string) string { return "\ufeff" + strings.Join(l, "\r\n") + "\r\n" },
	"one after another": func(l []string) string { return strings.Join(l, "") },
	"joined files":      func(l []string) string { return `{"Records":[` + strings.Join(l, `]}{"Records":[`) + "]}" },
	"list of files":     func(l []string) string { return `[{"Records":[` + strings.Join(l, `]},{"Records":[`) + "]}]" },
	"gzip":              func(l []string) string { return pack(strings.Join(l, "\n")) },
	"gzip members":      func(l []string) string { return pack(strings.Join(l[:1], "\n")) + pack(strings.Join(l[1:], "\n")) },
	"zstd":              func(l []string) string { return packZstd("[" + strings.Join(l, ",") + "]") },
}

func TestRandomForms(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		objects := randomObjects(r)
		for name, render := range forms {
			text := render(objects)
			got := read(t, &chunked{strings.NewReader(text), 1 + r.IntN(50)}, Options{})
			if diff := cmp.Diff(objects, got.raws()); diff != "" || len(got.Problems) > 0 {
				t.Fatalf("%s: %q\nproblems %q\nrecords (-want +got):\n%s", name, text, got.told(), diff)
			}
		}
	}
}

// TestRandomCutLines cuts one line of several at every byte: all the others must come back, and the cut one be told, once.
func TestRandomCutLines(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		objects := randomObjects(r)
		k := r.IntN(len(objects))
		for n := 1; n < len(objects[k]); n += 1 + r.IntN(5) {
			lines := slices.Clone(objects)
			lines[k] = lines[k][:n]
			want := slices.Delete(slices.Clone(objects), k, k+1)
			for form, text := range map[string]string{"lines": strings.Join(lines, "\n"), "list": "[\n" + strings.Join(lines, ",\n") + "\n]"} {
				got := read(t, strings.NewReader(text), Options{})
				if diff := cmp.Diff(want, got.raws(), equateEmpty); diff != "" || got.Stats.Lost == 0 {
					t.Fatalf("%s, line %d cut: %s\nproblems %q\nrecords (-want +got):\n%s", form, k+1, text, got.told(), diff)
				}
				if form == "lines" && len(got.Problems) != 1 {
					t.Fatalf("line %d cut: %s\nproblems %q", k+1, text, got.told())
				}
			}
		}
	}
}

var equateEmpty = cmp.Transformer("empty", func(l []string) string { return fmt.Sprintf("%q", l) })

// TestRandomByte breaks one byte of one record in a list without line breaks. What the damage makes of that record cannot be foreseen, and
// it may stay valid. But all the others must come back, if CloudTrail wrote them; and if not, at most a few in a hundred may be lost, and that is told.
func TestRandomByte(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for format, most := range map[string]int{`{"eventVersion":"1.08","n":%d,"x":%s}`: 0, `{"awsRegion":"eu-west-1","n":%d,"x":%s}`: 300} {
		lost := 0
		for range 2000 {
			var objects []string
			for i := range 5 {
				objects = append(objects, fmt.Sprintf(format, i, randomObject(r, 8)))
			}
			broken := slices.Clone(objects)
			at := r.IntN(len(broken[2]))
			broken[2] = broken[2][:at] + string(`{}[]",:\x`[r.IntN(9)]) + broken[2][at+r.IntN(2):]
			text := `{"Records":[` + strings.Join(broken, ",") + "]}"
			got := read(t, strings.NewReader(text), Options{})
			for i, o := range objects {
				if i == 2 || slices.Contains(got.raws(), o) {
					continue
				}
				if lost++; lost > most || got.Stats.Lost == 0 {
					t.Fatalf("record %d is lost: %s\nproblems %q\nrecords %q", i+1, text, got.told(), got.raws())
				}
			}
		}
		t.Logf("%s: %d neighbours lost", format, lost)
	}
}
