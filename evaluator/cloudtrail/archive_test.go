package cloudtrail

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// member is a file in an archive.
type member struct{ name, text string }

// packTar returns members as a tar file. Writing to memory cannot fail.
func packTar(members ...member) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		_ = w.WriteHeader(&tar.Header{Name: m.name, Size: int64(len(m.text)), Mode: 0o644, Typeflag: tar.TypeReg})
		_, _ = io.WriteString(w, m.text)
	}
	_ = w.Close()
	return b.String()
}

// packZip returns members as a zip file.
func packZip(members ...member) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		f, _ := w.Create(m.name)
		_, _ = io.WriteString(f, m.text)
	}
	_ = w.Close()
	return b.String()
}

// packBzip2 is recA and recB, a line each, as bzip2 packs them.
func packBzip2(t testing.TB) string {
	b, err := hex.DecodeString(bzip2Hex)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const bzip2Hex = "425a68393141592653590fe5f56100000659800010100030103000000a200031064c40949a1e9ea24c448105d1772453850900fe5f5610"

// withFlag sets the bits of the general purpose flag in all headers of a zip file.
func withFlag(packed string, bits byte) string {
	b := []byte(packed)
	for magic, at := range map[string]int{"PK\x03\x04": 6, "PK\x01\x02": 8} {
		for i := 0; ; i += len(magic) {
			k := bytes.Index(b[i:], []byte(magic))
			if k < 0 {
				break
			}
			i += k
			b[i+at] |= bits
		}
	}
	return string(b)
}

func TestArchives(t *testing.T) {
	members := []member{{"a.json", recA}, {"logs/b.json.gz", pack(recB)}, {"logs/", ""}, {"README", "-"}, {"logs/.c.json", recC}}
	ab := []string{"in!a.json " + recA, "in!logs/b.json.gz " + recB}
	leftOut := []string{
		"in: ignored 1 member of the archive with a name with a leading dot, expected one of .json .jsonl .ndjson .log .gz .zst .bz2 .zip .tar .tgz .parquet [ignored-file]",
		"in: ignored 1 member of the archive with no extension, expected one of .json .jsonl .ndjson .log .gz .zst .bz2 .zip .tar .tgz .parquet [ignored-file]"}
	long := strings.Repeat(recA+"\n", 1000)
	for _, test := range []struct {
		name, data string
		records    []string
		problems   []string
	}{
		{"zip", packZip(members...), ab, leftOut},
		{"tar", packTar(members[0], members[1], members[3], members[4]), ab, leftOut},
		{"tar in gzip", pack(packTar(members[:2]...)), ab, nil},
		{"zip in gzip", pack(packZip(members[:2]...)), ab, nil},
		{"zip in tar in zip", packZip(member{"x.tar", packTar(member{"y.zip", packZip(member{"z.json", recC})})}),
			[]string{"in!x.tar!y.zip!z.json " + recC}, nil},
		{"bzip2", packBzip2(t), []string{"in " + recA, "in " + recB}, nil},
		{"bzip2, two streams in gzip", pack(packBzip2(t) + packBzip2(t)), []string{"in " + recA, "in " + recB, "in " + recA, "in " + recB}, nil},
		{"gzip in gzip", pack(pack(recA)), []string{"in " + recA}, nil},
		{"gzip too often", pack(pack(pack(pack(pack(recA))))), nil, []string{
			`in:1: the input is gzip inside compressed data or behind other bytes, expected JSON or Parquet, plain or in gzip, zstd, bzip2, zip or tar; convert it first, nothing was read [unsupported-compression]`}},
		{"bzip2, cut off", packBzip2(t)[:50], []string{"in " + recA, "in " + recB}, []string{"in:3: the bzip2 data ends too early, after 50 bytes; everything before it was read [truncated-bzip2]"}},
		{"bzip2, cut off in a block", packBzip2(t)[:40], nil, []string{
			"in:1: the bzip2 data is damaged: bzip2 data invalid: block checksum mismatch; everything before it was read [corrupt-bzip2]"}},
		{"bzip2, followed by text", packBzip2(t) + "xyz", []string{"in " + recA, "in " + recB}, []string{
			"in:3: the bzip2 data is complete, but followed by bytes that are no bzip2; everything before it was read [corrupt-bzip2]"}},
		{"zip with a password", withFlag(packZip(members[:2]...), 1), nil, []string{
			"in!a.json: the member is encrypted, expected one without a password; decrypt it first, nothing was read [encrypted]",
			"in!logs/b.json.gz: the member is encrypted, expected one without a password; decrypt it first, nothing was read [encrypted]"}},
		{"zip without its end", packZip(members...)[:100], nil, []string{
			"in: the zip archive cannot be read (zip: not a valid zip file): its end, where its directory stands, is missing or damaged; nothing was read [corrupt-zip]"}},
		{"zip with a wrong checksum", strings.ReplaceAll(packZip(member{"a.json", recA}), "PK\x07\x08", "PK\x07\x09"), []string{"in!a.json " + recA}, []string{
			"in!a.json:1: the zip data is damaged: zip: checksum error; everything before it was read [corrupt-zip]"}},
		{"zip with nothing in it", packZip(), nil, []string{
			"in: no log in the archive, expected members with one of .json .jsonl .ndjson .log .gz .zst .bz2 .zip .tar .tgz .parquet [empty]"}},
		{"tar, cut off in a member", packTar(member{"a.json", recA}, member{"b.json", long})[:2000], append([]string{"in!a.json " + recA}, repeated("in!b.json "+recA, 58)...), []string{
			"in!b.json:59: the tar data ends too early, after 2000 bytes; everything before it was read [truncated-tar]",
			"in: the tar data ends too early, after 2000 bytes; the members before it were read [truncated-tar]"}},
		{"tar in gzip, cut off", pack(packTar(member{"a.json", recA}, member{"b.json", recB}))[:60], nil, []string{
			"in: the gzip data ends too early, after 60 bytes; the members before it were read [truncated-gzip]"}},
		{"archives without end", packZip(member{"1.zip", packZip(member{"2.zip", packZip(member{"3.zip", packZip(member{"4.zip", packZip(member{"5.json", recA})})})})}), nil, []string{
			"in!1.zip!2.zip!3.zip!4.zip: the archive stands inside 4 other archives, the limit; nothing was read [unsupported-compression]"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			check := func(how string, got outcome) {
				var records []string
				for _, r := range got.Records {
					records = append(records, r.Source+" "+string(r.Raw))
				}
				if diff := cmp.Diff(test.records, records); diff != "" {
					t.Errorf("%s: records (-want +got):\n%s", how, diff)
				}
				if diff := cmp.Diff(test.problems, got.told()); diff != "" {
					t.Errorf("%s: problems (-want +got):\n%s", how, diff)
				}
				if got.Stats.Records != len(test.records) || got.Stats.SourceBytes != int64(len(test.data)) && len(test.problems) == 0 {
					t.Errorf("%s: account %+v", how, got.Stats)
				}
			}
			check("read", read(t, strings.NewReader(test.data), Options{}))
			check("read at once", readAll(t, Options{}, 2, test.data))
			path := filepath.Join(t.TempDir(), "in")
			if err := os.WriteFile(path, []byte(test.data), 0o644); err != nil {
				t.Fatal(err)
			}
			var got outcome
			in := File(path)
			in.Name = "in"
			got.Stats, _ = Read(t.Context(), in, Options{}, func(r Record) error {
				r.Raw = bytes.Clone(r.Raw)
				got.Records = append(got.Records, r)
				return nil
			}, func(p Problem) { got.Problems = append(got.Problems, p) })
			check("from a file", got)
		})
	}
}

func repeated(s string, n int) []string {
	var list []string
	for range n {
		list = append(list, s)
	}
	return list
}
