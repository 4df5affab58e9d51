package cloudtrail

import (
	"archive/tar"
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// An archive holds texts of its own. Each of its members is read like an input, under the archive's name, MemberMark and its own.

// MemberMark stands between the name of an archive and that of a member.
const MemberMark = "!"

// maxArchives bounds how often an archive may stand in an archive. One that was made to hold itself would never end.
const maxArchives = 4

// archive is a format that holds members.
type archive uint8

const (
	noArchive archive = iota
	tarArchive
	zipArchive
	parquetFile // one text, whose records are rows
	tableText   // the same, in CSV
)

// archiveOf tells an archive from its first bytes. The text of a log is told from its first byte, so that more of a live stream is not
// waited for.
func archiveOf(peek func(int) ([]byte, error)) archive {
	const tarMagic, tarMagicAt = "ustar", 257
	if head, _ := peek(1); len(head) == 0 || isSpace(head[0]) || head[0] == '{' || head[0] == '[' {
		return noArchive
	}
	if head, _ := peek(4); string(head) == "PK\x03\x04" || string(head) == "PK\x05\x06" { // the latter is an archive without members
		return zipArchive
	}
	if head, _ := peek(4); string(head) == "PAR1" || string(head) == "PARE" {
		return parquetFile
	}
	if head, _ := peek(tarMagicAt + len(tarMagic)); strings.HasSuffix(string(head), tarMagic) && len(head) == tarMagicAt+len(tarMagic) {
		return tarArchive
	}
	if head, _ := peek(sniffed); isTable(head) {
		return tableText
	}
	return noArchive
}

// unpacker gives the texts of an input.
type unpacker struct {
	ctx    context.Context
	report func(Problem)
	read   func(source string, t *text) (Stats, error)
}

// texts opens an input and has read read each text in it: the input's own, or those of the members if it is an archive.
func (u *unpacker) texts(in Input, archives int) (Stats, error) {
	t, err := openText(in)
	if err != nil {
		stats := Stats{Inputs: 1}
		u.refuse(&stats, in.Name, err)
		return stats, u.ctx.Err()
	}
	defer t.close()
	switch t.archive {
	case noArchive:
		return u.read(in.Name, t)
	case parquetFile:
		return u.parquet(in.Name, t)
	case tableText:
		t.Reader = newTableText(t.Reader)
		return u.read(in.Name, t)
	case tarArchive, zipArchive:
	}
	m := members{unpacker: u, archive: in.Name, depth: archives, ignored: map[string]int{}}
	switch {
	case archives == maxArchives:
		u.refuse(&m.stats, in.Name, &damage{UnsupportedCompression,
			fmt.Sprintf("the archive stands inside %s, the limit; nothing was read", count(maxArchives, "other archive"))})
	case t.archive == tarArchive:
		err = m.tar(t)
	default:
		err = m.zip(t)
	}
	m.close()
	m.stats.SourceBytes = t.stored.n
	return m.stats, err
}

// refuse reports that something could not be read at all.
func (u *unpacker) refuse(stats *Stats, source string, err error) {
	p := Problem{Source: source, Reason: Unreadable, Lost: true, Count: 1, Detail: err.Error()}
	if d, ok := errors.AsType[*damage](err); ok {
		p.Reason = d.reason
	}
	stats.AddProblem(p)
	u.report(p)
}

// members reads the members of one archive.
type members struct {
	*unpacker
	archive string
	depth   int
	stats   Stats
	ignored map[string]int
}

// tar reads a tar file from its beginning to its end.
func (m *members) tar(t *text) error {
	f := &failing{Reader: t.Reader, stored: &t.stored, compression: compression{name: "tar", truncated: TruncatedTar, corrupt: CorruptTar}}
	r := tar.NewReader(t.Reader)
	for {
		header, err := r.Next()
		if err == io.EOF || m.ctx.Err() != nil {
			return m.ctx.Err()
		}
		if err != nil {
			d := f.damage(err)
			m.refuse(&m.stats, m.archive, &damage{d.reason, d.text + "; the members before it were read"})
			return nil
		}
		switch header.Typeflag {
		case tar.TypeReg, tar.TypeGNUSparse:
		case tar.TypeDir:
			continue
		default:
			m.ignored["a kind that is neither file nor directory"]++
			continue
		}
		member := &failing{Reader: r, stored: &t.stored, compression: f.compression}
		if err := m.member(header.Name, func() (io.ReadCloser, error) { return io.NopCloser(member), nil }); err != nil {
			return err
		}
	}
}

// zip reads a zip file, in the order of its directory.
func (m *members) zip(t *text) error {
	file, size, done, err := t.seekable()
	if err != nil {
		m.refuse(&m.stats, m.archive, err)
		return nil
	}
	defer done()
	r, err := zip.NewReader(file, size)
	if err != nil {
		m.refuse(&m.stats, m.archive, &damage{CorruptZip,
			"the zip archive cannot be read (" + cause(err) + "): its end, where its directory stands, is missing or damaged; nothing was read"})
		return nil
	}
	r.RegisterDecompressor(zstd.ZipMethodWinZip, zstd.ZipDecompressor())
	for _, f := range r.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		if err := m.member(f.Name, func() (io.ReadCloser, error) { return openZipped(f) }); err != nil {
			return err
		}
	}
	return m.ctx.Err()
}

// openZipped opens a member of a zip file.
func openZipped(f *zip.File) (io.ReadCloser, error) {
	const encrypted = 1 << 0 // of the general purpose bits, APPNOTE.TXT 4.4.4
	if f.Flags&encrypted != 0 {
		return nil, &damage{Encrypted, "the member is encrypted, expected one without a password; decrypt it first, nothing was read"}
	}
	file, err := f.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return nil, &damage{UnsupportedCompression, fmt.Sprintf("the member is compressed with method %d of zip, expected 0 (stored), 8 (deflate) or 93 (zstd); nothing was read", f.Method)}
	}
	if err != nil {
		return nil, &damage{CorruptZip, "the member cannot be read: " + cause(err) + "; nothing was read"}
	}
	kind := compression{name: "zip", truncated: CorruptZip, corrupt: CorruptZip}
	return struct {
		io.Reader
		io.Closer
	}{&failing{Reader: file, stored: &counter{}, compression: kind}, file}, nil
}

// member reads one member, unless it is no log.
func (m *members) member(name string, open func() (io.ReadCloser, error)) error {
	base := name[strings.LastIndexByte(name, '/')+1:]
	switch {
	case strings.HasPrefix(base, "."):
		m.ignored["a name with a leading dot"]++
		return nil
	case !isLog(base):
		m.ignored[extension(base)]++
		return nil
	}
	stats, err := m.texts(Input{Name: m.archive + MemberMark + name, Size: -1, open: open}, m.depth+1)
	stats.SourceBytes = 0 // the archive's bytes count
	m.stats.Add(stats)
	return err
}

// close sums up what was left out.
func (m *members) close() {
	for _, kind := range slices.Sorted(maps.Keys(m.ignored)) {
		p := Problem{Source: m.archive, Reason: IgnoredFile, Count: m.ignored[kind], Detail: fmt.Sprintf(
			"ignored %s of the archive with %s, expected one of %s", count(m.ignored[kind], "member"), kind, strings.Join(logExtensions(), " "))}
		m.stats.AddProblem(p)
		m.report(p)
	}
	if m.stats.Inputs == 0 {
		m.stats.Inputs = 1
		if len(m.stats.Problems) == 0 || m.stats.Problems[IgnoredFile] > 0 {
			p := Problem{Source: m.archive, Reason: Empty, Count: 1, Detail: "no log in the archive, expected members with one of " + strings.Join(logExtensions(), " ")}
			m.stats.AddProblem(p)
			m.report(p)
		}
	}
}

// seekable gives the input as a file of which every part can be read: itself, or a temporary copy, which done removes.
func (t *text) seekable() (file io.ReaderAt, size int64, done func(), err error) {
	if f, ok := t.file.(*os.File); ok && t.layers == 0 {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			t.stored.n = info.Size()
			return f, info.Size(), func() {}, nil
		}
	}
	temporary, err := os.CreateTemp("", "sigmatic-*")
	if err != nil {
		return nil, 0, nil, &damage{Unreadable, "cannot be copied to a temporary file: " + cause(err) + "; nothing was read"}
	}
	done = func() {
		_ = temporary.Close()
		_ = os.Remove(temporary.Name())
	}
	size, err = io.Copy(temporary, t.Reader)
	if err != nil {
		done()
		if _, ok := errors.AsType[*damage](err); !ok {
			err = &damage{Unreadable, "cannot be copied to a temporary file: " + cause(err)}
		}
		return nil, 0, nil, err
	}
	return temporary, size, done, nil
}
