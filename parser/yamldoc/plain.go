package yamldoc

import (
	"bytes"
	"strings"

	"sigmatic/ast/source"
)

// plainReader reads the part of YAML that rules are written in: maps and lists
// in block style, scalars on one line, literal blocks, comments. It gives the
// nodes that the YAML library would give, in a fraction of the time, or gives up:
// whatever it is not sure of is left to the library, errors above all. Tests hold
// the two against each other.
type plainReader struct {
	builder
	data   []byte // of the file, up to the end of the document
	at     int    // the first byte of the next token
	column int    // of that byte, from 0; -1 at the end of the document
	failed bool
}

// readPlain gives the root of a document, or nil.
func readPlain(f *source.File, c chunk) *Node {
	text := f.Data[c.start:c.end]
	if !plainText(text) {
		return nil
	}
	r := plainReader{builder: builder{file: f}, data: f.Data[:c.end], at: c.start}
	r.nextLine()
	if r.column == 0 && bytes.HasPrefix(r.data[r.at:], []byte("---\n")) {
		r.at += len("---")
		r.nextLine()
	}
	if r.column < 0 {
		return nil
	}
	root := r.block(0)
	if r.failed || r.column >= 0 {
		return nil
	}
	return root
}

// plainText reports whether a text has nothing that changes what a line is:
// other line breaks than \n, tabs, and characters that YAML forbids. The last
// line must end in a line break.
func plainText(text []byte) bool {
	if len(text) == 0 || text[len(text)-1] != '\n' {
		return false
	}
	for i, c := range text {
		switch {
		case c < ' ' && c != '\n', c == 0x7f:
			return false
		case c == 0xc2 && text[i+1] < 0xa0: // U+0080 to U+009F
			return false
		case c == 0xe2 && text[i+1] == 0x80 && text[i+2]&0xfe == 0xa8: // U+2028, U+2029
			return false
		case c == 0xef && (text[i+1] == 0xbb && text[i+2] == 0xbf || text[i+1] == 0xbf && text[i+2] >= 0xbe): // U+FEFF, U+FFFE, U+FFFF
			return false
		}
	}
	return true
}

func (r *plainReader) fail() *Node {
	r.failed = true
	r.at, r.column = len(r.data), -1
	return &Node{}
}

// nextLine goes to the next line that holds more than blanks and a comment. What
// is left of the present line must be no more than that.
func (r *plainReader) nextLine() {
	for {
		r.column = 0
		for r.at < len(r.data) && r.data[r.at] == ' ' {
			r.at++
			r.column++
		}
		if r.at >= len(r.data) {
			r.column = -1
			return
		}
		switch r.data[r.at] {
		case '\n':
			r.at++
		case '#':
			r.at += bytes.IndexByte(r.data[r.at:], '\n') + 1
		default:
			return
		}
	}
}

// endLine steps over blanks and a comment to the end of the line, and goes to the
// next one. It gives up where anything else follows.
func (r *plainReader) endLine() {
	start := r.at
	r.skipBlanks()
	switch c := r.data[r.at]; {
	case c == '\n', c == '#' && r.at > start:
		r.nextLine()
	default:
		r.fail()
	}
}

func (r *plainReader) skipBlanks() {
	for r.data[r.at] == ' ' {
		r.at++
	}
}

// lineEnds reports whether nothing but a comment is left of the line.
func (r *plainReader) lineEnds() bool {
	c := r.data[r.at]
	return c == '\n' || c == '#' && r.data[r.at-1] == ' '
}

// dash reports whether the next token begins an item of a list.
func (r *plainReader) dash() bool {
	return r.data[r.at] == '-' && (r.data[r.at+1] == ' ' || r.data[r.at+1] == '\n')
}

// block reads the map or list that begins at the next token.
func (r *plainReader) block(depth int) *Node {
	if depth >= maxDepth { // what it holds would be deeper
		return r.fail()
	}
	if r.dash() {
		return r.list(depth)
	}
	return r.mapping(depth)
}

func (r *plainReader) mapping(depth int) *Node {
	column := r.column
	n := r.alloc()
	n.Kind, n.Span = Map, r.place(r.at, r.at)
	n.Pairs = make([]Pair, 0, 8)
	for r.column == column && !r.dash() {
		key := r.key()
		if r.failed || n.Pair(key.Text) != nil || len(n.Pairs) == 4*smallMap {
			return r.fail()
		}
		value := r.value(column, depth)
		n.Pairs = append(n.Pairs, Pair{key, value})
		n.Span.End = max(n.Span.End, key.Span.End, value.Span.End)
	}
	if r.column > column {
		return r.fail()
	}
	return n
}

// key reads the key of an entry, and the colon behind it.
func (r *plainReader) key() *Node {
	if rest := r.data[r.at:]; r.column == 0 && (bytes.HasPrefix(rest, []byte("---")) || bytes.HasPrefix(rest, []byte("..."))) {
		return r.fail() // a marker of the document's begin or end
	}
	key := r.scalar(true)
	if r.failed || key.Plain && key.Text == "<<" || len(key.Text) > 1000 {
		return r.fail()
	}
	if !r.colon(r.at) {
		return r.fail()
	}
	r.skipBlanks()
	r.at++
	return key
}

// value reads what stands behind the colon of a key in the given column.
func (r *plainReader) value(column, depth int) *Node {
	colon := r.at
	r.skipBlanks()
	if !r.lineEnds() {
		return r.inline(column)
	}
	r.nextLine()
	if r.column > column || r.column == column && r.dash() {
		return r.block(depth + 1)
	}
	return r.empty(colon)
}

func (r *plainReader) list(depth int) *Node {
	column := r.column
	n := r.alloc()
	n.Kind, n.Span = List, r.place(r.at, r.at)
	for r.column == column && r.dash() {
		item := r.item(column, depth)
		n.Items = append(n.Items, item)
		n.Span.End = max(n.Span.End, item.Span.End)
	}
	if r.column > column {
		return r.fail()
	}
	return n
}

// item reads what stands behind a dash in the given column.
func (r *plainReader) item(column, depth int) *Node {
	r.at++
	dash := r.at
	r.skipBlanks()
	if r.lineEnds() {
		r.nextLine()
		if r.column > column {
			return r.block(depth + 1)
		}
		return r.empty(dash)
	}
	r.column = column + 1 + r.at - dash
	if r.dash() || r.keyAhead() {
		return r.block(depth + 1)
	}
	return r.inline(column)
}

// keyAhead reports whether the rest of the line is an entry of a map.
func (r *plainReader) keyAhead() bool {
	end, ok := r.scan(true)
	return ok && r.colon(end)
}

// colon reports whether the colon of a key follows, blanks apart.
func (r *plainReader) colon(at int) bool {
	for r.data[at] == ' ' {
		at++
	}
	return r.data[at] == ':' && (r.data[at+1] == ' ' || r.data[at+1] == '\n')
}

// inline reads a scalar that begins on the line of its key or dash, which stands
// in the given column. A deeper line behind it would be a part of it.
func (r *plainReader) inline(column int) *Node {
	if r.data[r.at] == '|' {
		return r.literal(column)
	}
	n := r.scalar(false)
	if r.failed {
		return n
	}
	r.endLine()
	if r.column > column {
		return r.fail()
	}
	return n
}

func (r *plainReader) place(start, end int) source.Span {
	return source.Span{File: r.file, Start: start, End: end}
}

// empty is the value that is not there, behind a colon or a dash.
func (r *plainReader) empty(at int) *Node {
	n := r.alloc()
	n.Plain, n.Span = true, r.place(at, at)
	return n
}

// scalar reads a scalar on one line.
func (r *plainReader) scalar(key bool) *Node {
	start := r.at
	end, ok := r.scan(key)
	if !ok {
		return r.fail()
	}
	r.at = end
	n := r.alloc()
	n.Kind, n.Span = String, r.place(start, end)
	switch r.data[start] {
	case '\'':
		n.Text = strings.ReplaceAll(string(r.data[start+1:end-1]), "''", "'")
	case '"':
		n.Text = string(r.data[start+1 : end-1])
		if strings.IndexByte(n.Text, '\\') >= 0 {
			n.Text = quoteEscapes.Replace(n.Text)
		}
	default:
		n.Text, n.Plain = string(r.data[start:end]), true
		n.Kind, n.Doubt = plainKind(n.Text)
	}
	return n
}

// quoteEscapes are the escapes of double quotes that scan lets pass.
var quoteEscapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`)

// scan finds the end of a scalar that begins at the present place.
func (r *plainReader) scan(key bool) (end int, ok bool) {
	switch r.data[r.at] {
	case '\'':
		for i := r.at + 1; r.data[i] != '\n'; i++ {
			if r.data[i] != '\'' {
				continue
			}
			if r.data[i+1] != '\'' {
				return i + 1, true
			}
			i++
		}
		return 0, false
	case '"':
		for i := r.at + 1; r.data[i] != '\n'; i++ {
			switch r.data[i] {
			case '\\':
				if i++; r.data[i] != '\\' && r.data[i] != '"' {
					return 0, false
				}
			case '"':
				return i + 1, true
			}
		}
		return 0, false
	}
	return r.scanPlain(key)
}

// scanPlain is scan without quotes: up to the end of the line, a comment, or a
// colon with a blank behind it, which only a key may have.
func (r *plainReader) scanPlain(key bool) (end int, ok bool) {
	switch r.data[r.at] {
	case ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '%', '@', '`':
		return 0, false
	case '-', '?', ':':
		if next := r.data[r.at+1]; next == ' ' || next == '\n' {
			return 0, false
		}
	}
	for i := r.at; ; i++ {
		switch c := r.data[i]; {
		case c == ' ':
		case c == '\n', c == '#' && r.data[i-1] == ' ':
			return end, !key
		case c == ':' && (r.data[i+1] == ' ' || r.data[i+1] == '\n'):
			return end, key
		default:
			end = i + 1
		}
	}
}

// literal reads a block behind | or |-. Its lines are indented as deep as the
// first of them, and deeper than the column of its key.
func (r *plainReader) literal(column int) *Node {
	start := r.at
	r.at++
	strip := r.data[r.at] == '-'
	if strip {
		r.at++
	}
	if r.data[r.at] != '\n' {
		return r.fail()
	}
	r.at++
	indent := len(r.line()) - len(bytes.TrimLeft(r.line(), " "))
	if indent <= column || len(bytes.TrimSpace(r.line())) == 0 {
		return r.fail()
	}
	var b strings.Builder
	end, blank := start, 0
	for r.at < len(r.data) {
		line := r.line()
		text := bytes.TrimLeft(line, " ")
		switch {
		case len(text) == 0 && len(line) <= indent:
			blank++
		case len(line)-len(text) < indent:
			return r.endLiteral(&b, start, end, strip)
		default:
			for ; blank > 0; blank-- {
				b.WriteByte('\n')
			}
			b.Write(line[indent:])
			b.WriteByte('\n')
			if len(text) > 0 {
				end = r.at + len(line)
			}
		}
		r.at += len(line) + 1
	}
	return r.endLiteral(&b, start, end, strip)
}

func (r *plainReader) endLiteral(b *strings.Builder, start, end int, strip bool) *Node {
	text := b.String()
	if strip {
		text = strings.TrimSuffix(text, "\n")
	}
	r.nextLine()
	n := r.alloc()
	n.Kind, n.Text, n.Span = String, text, r.place(start, end)
	return n
}

// line is the line that begins at the present place, without its line break.
func (r *plainReader) line() []byte {
	rest := r.data[r.at:]
	return rest[:max(0, bytes.IndexByte(rest, '\n'))]
}
