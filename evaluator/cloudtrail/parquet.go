package cloudtrail

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/tidwall/gjson"
)

// parquet reads a Parquet file as a text of one record a line. The file's rows are read page by page, so that memory is that of a page for
// each column.
func (u *unpacker) parquet(source string, t *text) (Stats, error) {
	refused := func(err error) (Stats, error) {
		stats := Stats{Inputs: 1, SourceBytes: t.stored.n}
		u.refuse(&stats, source, err)
		return stats, u.ctx.Err()
	}
	file, size, done, err := t.seekable()
	if err != nil {
		return refused(err)
	}
	defer done()
	rows, err := openParquet(file, size)
	if err != nil {
		return refused(err)
	}
	defer rows.close()
	return u.read(source, &text{Reader: &rowReader{next: rows.next}, stored: counter{n: t.stored.n}})
}

// parquetRows reads a file's rows, and gives each as a line of JSON.
type parquetRows struct {
	groups []parquet.RowGroup
	rows   parquet.Rows // of the group that is read, nil between two
	plan   []*parquetNode
	held   [parquetBatch]parquet.Row
	values [][]parquet.Value // of one row, by column
	cells  []cell
	read   int64
}

// parquetBatch is how many rows are read at once. Records are large, so it need not be many.
const parquetBatch = 64

func openParquet(file io.ReaderAt, size int64) (rows *parquetRows, err error) {
	defer recovered(&err, "nothing was read")
	head := make([]byte, 4)
	if _, err := file.ReadAt(head, 0); err == nil && string(head) == "PARE" {
		return nil, &damage{Encrypted, "the Parquet file is encrypted; decrypt it first, nothing was read"}
	}
	f, err := parquet.OpenFile(file, size, parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return nil, &damage{CorruptParquet, "the Parquet file cannot be read (" + cause(err) + "); nothing was read"}
	}
	rows = &parquetRows{groups: f.RowGroups()}
	columns, spell := 0, spelling(nil)
	for _, field := range f.Root().Columns() {
		if field.Name() == "eventname" {
			spell = recordMembers()
		}
	}
	for _, field := range f.Root().Columns() {
		rows.plan = append(rows.plan, planParquet(field, spell, &columns))
	}
	rows.values = make([][]parquet.Value, columns)
	return rows, nil
}

func (p *parquetRows) close() {
	if p.rows != nil {
		_ = p.rows.Close()
	}
}

// next appends the lines of some rows.
func (p *parquetRows) next(b []byte) (lines []byte, err error) {
	lines = b
	defer recovered(&err, p.position())
	if p.rows == nil {
		if len(p.groups) == 0 {
			return lines, io.EOF
		}
		p.rows, p.groups = p.groups[0].Rows(), p.groups[1:]
	}
	n, err := p.rows.ReadRows(p.held[:])
	for _, row := range p.held[:n] {
		lines = p.line(lines, row)
		p.read++
	}
	switch {
	case err == nil && n > 0:
		return lines, nil
	case err != nil && err != io.EOF:
		return lines, &damage{CorruptParquet, "the Parquet file is damaged (" + cause(err) + ") " + p.position()}
	}
	err = p.rows.Close()
	p.rows = nil
	return lines, err
}

func (p *parquetRows) position() string { return "after " + count(p.read, "row") }

// recovered makes an error of what the library panics with when a damaged file leads it astray.
func recovered(err *error, where string) {
	if r := recover(); r != nil {
		*err = &damage{CorruptParquet, fmt.Sprintf("the Parquet file is damaged (%v) %s", r, where)}
	}
}

// line appends a row.
func (p *parquetRows) line(b []byte, row parquet.Row) []byte {
	row.Range(func(column int, values []parquet.Value) bool {
		p.values[column] = values
		return true
	})
	p.cells = p.cells[:0]
	for _, n := range p.plan {
		if value, ok := n.append(nil, p.values[n.first:n.first+n.columns], 0, 0); ok {
			p.cells = append(p.cells, cell{n.name, string(value)})
		}
	}
	return append(appendRow(b, p.cells), '\n')
}

// parquetNode is a node of a file's schema. Its values stand in a row of columns, with the levels of Dremel: how many of the optional and
// repeated nodes on the way are there, and which repeated one begins another element.
type parquetNode struct {
	name               string
	first, columns     int
	optional, repeated bool
	kind               parquetKind
	members            []*parquetNode
	leaf               func(b []byte, v parquet.Value) []byte
}

type parquetKind uint8

const (
	parquetLeaf parquetKind = iota
	parquetGroup
	parquetList // a group with one repeated member, whose elements it has
	parquetMap  // a group with one repeated member of a key and a value
)

func planParquet(c *parquet.Column, spell spelling, columns *int) *parquetNode {
	name, below := spell.member(c.Name())
	n := &parquetNode{name: name, first: *columns, optional: c.Optional(), repeated: c.Repeated()}
	if c.Leaf() {
		*columns++
		n.columns, n.leaf = 1, leafWriter(c.Type())
		return n
	}
	switch {
	case len(c.Columns()) == 1 && c.Columns()[0].Repeated() && isParquetList(c):
		n.kind = parquetList
	case len(c.Columns()) == 1 && c.Columns()[0].Repeated() && isParquetMap(c):
		n.kind = parquetMap
	default:
		n.kind = parquetGroup
	}
	for _, member := range c.Columns() {
		if n.kind == parquetList { // its elements have the members
			n.members = append(n.members, planParquetElements(member, below, columns))
			continue
		}
		n.members = append(n.members, planParquet(member, below, columns))
	}
	n.columns = *columns - n.first
	return n
}

// planParquetElements plans the repeated member of a list. It wraps each element in a group of its own, but in old files it is the element.
// https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists
func planParquetElements(c *parquet.Column, spell spelling, columns *int) *parquetNode {
	wraps := !c.Leaf() && len(c.Columns()) == 1 && c.Name() != "array" && !strings.HasSuffix(c.Name(), "_tuple")
	if !wraps {
		plain := spelling{c.Name(): {c.Name(), spell}}
		return planParquet(c, plain, columns)
	}
	n := &parquetNode{first: *columns, repeated: true, kind: parquetList}
	element := c.Columns()[0]
	n.members = []*parquetNode{planParquet(element, spelling{element.Name(): {element.Name(), spell}}, columns)}
	n.columns = *columns - n.first
	return n
}

func isParquetList(c *parquet.Column) bool {
	t := c.Type().LogicalType()
	return t != nil && is[*format.ListType](t)
}

func isParquetMap(c *parquet.Column) bool {
	t := c.Type().LogicalType()
	return t != nil && is[*format.MapType](t) && !c.Columns()[0].Leaf() && len(c.Columns()[0].Columns()) == 2
}

func is[T format.LogicalTypeValue](t *format.LogicalType) bool {
	_, ok := t.Value.(T)
	return ok
}

// append appends the node's value as JSON; false if it is not there. Row has the values of the node's columns, below an element of the
// repetition level rep and with def of the optional nodes present.
func (n *parquetNode) append(b []byte, row [][]parquet.Value, rep, def int) ([]byte, bool) {
	switch {
	case n.repeated:
		b = append(b, '[')
		b = n.elements(b, row, rep+1, def)
		return append(b, ']'), true
	case n.optional && row[0][0].DefinitionLevel() <= def:
		return b, false
	case n.optional:
		def++
	}
	return n.value(b, row, rep, def)
}

// elements appends the elements of a repeated node, with commas.
func (n *parquetNode) elements(b []byte, row [][]parquet.Value, rep, def int) []byte {
	from := len(b)
	n.each(row, rep, def, func(element [][]parquet.Value) {
		if len(b) > from {
			b = append(b, ',')
		}
		var ok bool
		if b, ok = n.value(b, element, rep, def+1); !ok {
			b = append(b, "null"...)
		}
	})
	return b
}

// each calls f with the values of each element of a repeated node.
func (n *parquetNode) each(row [][]parquet.Value, rep, def int, f func([][]parquet.Value)) {
	if row[0][0].DefinitionLevel() <= def {
		return
	}
	rest := slices.Clone(row)
	element := make([][]parquet.Value, len(row))
	for len(rest[0]) > 0 {
		for i, values := range rest {
			end := 1
			for end < len(values) && values[end].RepetitionLevel() > rep {
				end++
			}
			element[i], rest[i] = values[:end], values[end:]
		}
		f(element)
	}
}

func (n *parquetNode) value(b []byte, row [][]parquet.Value, rep, def int) ([]byte, bool) {
	switch n.kind {
	case parquetLeaf:
		from := len(b)
		b = n.leaf(b, row[0][0])
		return b, len(b) > from
	case parquetList:
		return n.members[0].append(b, row, rep, def)
	case parquetMap:
		return n.pairs(b, row, rep, def), true
	}
	b = append(b, '{')
	from := len(b)
	for _, m := range n.members {
		start := len(b)
		if start > from {
			b = append(b, ',')
		}
		b = append(gjson.AppendJSONString(b, m.name), ':')
		var ok bool
		if b, ok = m.append(b, row[m.first-n.first:m.first-n.first+m.columns], rep, def); !ok {
			b = b[:start]
		}
	}
	return append(b, '}'), true
}

// pairs appends a map. Keys with dots, as OCSF's unmapped has them, are the paths that they look like.
func (n *parquetNode) pairs(b []byte, row [][]parquet.Value, rep, def int) []byte {
	entries := n.members[0]
	key, value := entries.members[0], entries.members[1]
	var paths pathTree
	entries.each(row, rep+1, def, func(e [][]parquet.Value) {
		k, _ := key.append(nil, e[:key.columns], rep+1, def+1)
		v, ok := value.append(nil, e[key.columns:], rep+1, def+1)
		name := gjson.ParseBytes(k).String()
		if !ok {
			return
		}
		if n.name == "unmapped" {
			paths.set(strings.Split(name, "."), string(v))
		} else {
			paths.set([]string{name}, string(v))
		}
	})
	return paths.append(b)
}

// pathTree is an object whose members are set by their paths, in the order in which they come.
type pathTree struct {
	names   []string
	members map[string]*pathTree
	value   string // of one without members
}

func (t *pathTree) set(path []string, value string) {
	if len(path) == 0 {
		t.value = value
		return
	}
	m := t.members[path[0]]
	if m == nil {
		if t.members == nil {
			t.members = map[string]*pathTree{}
		}
		m = &pathTree{}
		t.members[path[0]] = m
		t.names = append(t.names, path[0])
	}
	m.set(path[1:], value)
}

func (t *pathTree) append(b []byte) []byte {
	if t.value != "" {
		return append(b, t.value...)
	}
	b = append(b, '{')
	for i, name := range t.names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(gjson.AppendJSONString(b, name), ':')
		b = t.members[name].append(b)
	}
	return append(b, '}')
}

// leafWriter says how the values of a column are written in JSON: nothing for what is no value there.
func leafWriter(t parquet.Type) func([]byte, parquet.Value) []byte {
	if logical := t.LogicalType(); logical != nil {
		switch l := logical.Value.(type) {
		case *format.TimestampType:
			unit := l.Unit.Value.Duration()
			return func(b []byte, v parquet.Value) []byte { return appendTime(b, v.Int64(), unit) }
		case *format.DateType:
			return func(b []byte, v parquet.Value) []byte {
				return append(time.Unix(int64(v.Int32())*86400, 0).UTC().AppendFormat(append(b, '"'), time.DateOnly), '"')
			}
		case *format.DecimalType:
			return func(b []byte, v parquet.Value) []byte { return appendDecimal(b, v, int(l.Scale)) }
		case *format.IntType:
			if !l.IsSigned {
				return func(b []byte, v parquet.Value) []byte {
					if v.Kind() == parquet.Int32 {
						return strconv.AppendUint(b, uint64(v.Uint32()), 10)
					}
					return strconv.AppendUint(b, v.Uint64(), 10)
				}
			}
		case *format.JsonType:
			return func(b []byte, v parquet.Value) []byte {
				if text := string(v.ByteArray()); gjson.Valid(text) {
					return append(b, gjson.Get(text, "@ugly").Raw...)
				}
				return gjson.AppendJSONString(b, string(v.ByteArray()))
			}
		}
	}
	return appendPlain
}

func appendPlain(b []byte, v parquet.Value) []byte {
	switch v.Kind() {
	case parquet.Boolean:
		return strconv.AppendBool(b, v.Boolean())
	case parquet.Int32:
		return strconv.AppendInt(b, int64(v.Int32()), 10)
	case parquet.Int64:
		return strconv.AppendInt(b, v.Int64(), 10)
	case parquet.Int96: // nanoseconds of a day and a Julian day, as Impala and Spark once wrote times
		const julianEpoch = 2440588
		i := v.Int96()
		day := int64(i[2]) - julianEpoch
		return appendTime(b, day*86400e9+int64(uint64(i[1])<<32|uint64(i[0])), time.Nanosecond)
	case parquet.Float:
		return appendFloat(b, float64(v.Float()), 32)
	case parquet.Double:
		return appendFloat(b, v.Double(), 64)
	}
	return gjson.AppendJSONString(b, string(v.ByteArray()))
}

// appendTime appends a time since 1970 in RFC 3339.
func appendTime(b []byte, n int64, unit time.Duration) []byte {
	per := int64(time.Second / unit)
	at := time.Unix(n/per, n%per*int64(unit)).UTC()
	return append(at.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

func appendFloat(b []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return b // JSON has no such numbers
	}
	return strconv.AppendFloat(b, f, 'g', -1, bits)
}

// appendDecimal appends a number that is stored without its point.
func appendDecimal(b []byte, v parquet.Value, scale int) []byte {
	var n int64
	switch v.Kind() {
	case parquet.Int32:
		n = int64(v.Int32())
	case parquet.Int64:
		n = v.Int64()
	default: // big endian
		raw := v.ByteArray()
		if len(raw) == 0 || len(raw) > 8 {
			return b
		}
		var wide [8]byte
		if raw[0]&0x80 != 0 {
			binary.BigEndian.PutUint64(wide[:], math.MaxUint64)
		}
		copy(wide[8-len(raw):], raw)
		n = int64(binary.BigEndian.Uint64(wide[:]))
	}
	if n < 0 {
		b = append(b, '-')
	}
	digits := strconv.FormatUint(uint64(max(n, -n)), 10)
	if scale <= 0 {
		return append(append(b, digits...), strings.Repeat("0", -scale)...)
	}
	digits = strings.Repeat("0", max(0, scale+1-len(digits))) + digits
	return append(append(append(b, digits[:len(digits)-scale]...), '.'), digits[len(digits)-scale:]...)
}
