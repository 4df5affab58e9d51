package format

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"sigmatic/ast"
	"sigmatic/parser/yamldoc"
)

// node is a piece of YAML to write. A node of no kind is not written.
type node struct {
	kind  nodeKind
	text  string // scalars
	items []node
	pairs []pair
}

type nodeKind uint8

const (
	none    nodeKind = iota
	text             // a string, quoted where it has to be
	pattern          // a string in a detection: one with wildcards or backslashes is quoted
	bare             // a scalar that stands as it is: null, a number, a boolean, a date
	list
	mapping
)

type pair struct {
	key   string
	value node
}

func (n *node) add(key string, value node) {
	if value.kind != none {
		n.pairs = append(n.pairs, pair{key, value})
	}
}

const indent = 4

// writer prints nodes in block style.
type writer struct{ strings.Builder }

func (w *writer) blanks(n int) {
	for range n {
		w.WriteByte(' ')
	}
}

// mapping writes the entries of a map, each on lines of its own. The first
// follows what stands on the line already when inline is set.
func (w *writer) mapping(pairs []pair, column int, inline bool) {
	for i, p := range pairs {
		if i > 0 || !inline {
			w.blanks(column)
		}
		key := quote(p.key, true)
		if len(key) > maxSimpleKey {
			w.WriteString("? " + key + "\n")
			w.blanks(column)
			w.WriteByte(':')
		} else {
			w.WriteString(key + ":")
		}
		w.value(p.value, column)
	}
}

// maxSimpleKey bounds a key that stands on a line with its colon (YAML 1.2.2,
// 8.2.2: 1024 characters).
const maxSimpleKey = 1000

// value writes what stands behind a colon; column is that of the key.
func (w *writer) value(n node, column int) {
	switch {
	case n.kind == list && len(n.items) > 0:
		w.WriteByte('\n')
		w.list(n.items, column+indent, false)
	case n.kind == mapping && len(n.pairs) > 0:
		w.WriteByte('\n')
		w.mapping(n.pairs, column+indent, false)
	default:
		w.WriteByte(' ')
		w.scalar(n, column)
	}
}

// list writes items behind dashes.
func (w *writer) list(items []node, column int, inline bool) {
	for i, item := range items {
		if i > 0 || !inline {
			w.blanks(column)
		}
		w.WriteString("- ")
		switch {
		case item.kind == list && len(item.items) > 0:
			w.list(item.items, column+2, true)
		case item.kind == mapping && len(item.pairs) > 0:
			w.mapping(item.pairs, column+2, true)
		default:
			w.scalar(item, column)
		}
	}
}

// scalar writes a scalar or an empty collection, and ends the line. column is
// that of the map or list around it.
func (w *writer) scalar(n node, column int) {
	switch n.kind {
	case list:
		w.WriteString("[]")
	case mapping:
		w.WriteString("{}")
	case bare:
		w.WriteString(n.text)
	default:
		if body, head, ok := block(n.text); ok {
			w.WriteString(head)
			for _, line := range body {
				w.WriteByte('\n')
				if line != "" {
					w.blanks(column + indent)
					w.WriteString(line)
				}
			}
			break
		}
		quoted := quote(n.text, false)
		if n.kind == pattern && quoted == n.text && strings.ContainsAny(n.text, `\*?%`) {
			quoted = singleQuoted(n.text)
		}
		w.WriteString(quoted)
	}
	w.WriteByte('\n')
}

// block gives a text of several lines as a literal block, where one can hold it
// byte for byte and without an indicator of indentation.
func block(s string) (lines []string, head string, ok bool) {
	body, ends := strings.CutSuffix(s, "\n")
	if !strings.Contains(body, "\n") || s[0] == ' ' || s[0] == '\t' || s[0] == '\n' || strings.HasSuffix(body, "\n") {
		return nil, "", false
	}
	for _, r := range body {
		if r != '\n' && !plainRune(r) {
			return nil, "", false
		}
	}
	lines = strings.Split(body, "\n")
	// A last line of nothing but blanks would be taken for the end.
	if strings.Trim(lines[len(lines)-1], " ") == "" {
		return nil, "", false
	}
	if ends {
		return lines, "|", true
	}
	return lines, "|-", true
}

// plainRune reports whether a character can stand in a line of YAML as itself. A
// tab can, and is escaped all the same; a no-break space is escaped because it
// looks like a blank.
func plainRune(r rune) bool {
	switch {
	case r < 0x20, r == 0x7f, r == utf8.RuneError, r == 0xfeff:
		return false
	case r > 0x7f && r < 0xa1, unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp) && r != ' ':
		return false
	}
	return r < 0xfdd0 || r > 0xfdef && r&0xfffe != 0xfffe
}

// quote writes a string on one line: plain where YAML reads that as the same
// string, else in single quotes, in double quotes where it needs escapes.
func quote(s string, key bool) string {
	for _, r := range s {
		if !plainRune(r) {
			return doubleQuoted(s)
		}
	}
	if isPlain(s) && (!key || s != "<<") {
		return s
	}
	return singleQuoted(s)
}

func singleQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// isPlain reports whether a string of plain runes needs no quotes: our table
// reads it as text beyond doubt, and YAML takes none of it for syntax.
func isPlain(s string) bool {
	if kind, doubt := yamldoc.PlainKind(s); kind != yamldoc.String || doubt != yamldoc.NoDoubt {
		return false
	}
	if strings.IndexByte("-?:,[]{}#&*!|>'\"%@`=<~", s[0]) >= 0 || s[0] == ' ' || s[len(s)-1] == ' ' || s[len(s)-1] == ':' {
		return false
	}
	if numberElsewhere(s) {
		return false
	}
	return !strings.Contains(s, ": ") && !strings.Contains(s, " #")
}

// numberElsewhere reports whether another reader of YAML may take a string for a
// number, a time or a boolean; it is quoted for their sake.
func numberElsewhere(s string) bool {
	switch strings.ToLower(s) {
	case "y", "n", ".inf", ".nan":
		return true
	}
	digits := "0123456789"
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "+0x") {
		digits += "abcdefABCDEF"
	}
	return strings.IndexByte(".0123456789+", s[0]) >= 0 && strings.Count(s, ".") < 2 && strings.Trim(s, digits+"+-._:eExo") == ""
}

func doubleQuoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == utf8.RuneError && s[i] != 0xef:
			fmt.Fprintf(&b, `\x%02x`, s[i]) // no YAML holds it; shown rather than lost
		case plainRune(r):
			b.WriteRune(r)
		case r <= 0xff:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// dataNode writes what only travels through a document.
func dataNode(d ast.Data) node {
	switch d.Kind {
	case ast.DataNull:
		return node{kind: bare, text: "null"}
	case ast.DataScalar:
		return node{kind: text, text: d.Text}
	case ast.DataBool:
		return typed(d.Text, "!!bool", yamldoc.Bool)
	case ast.DataNumber:
		return typed(d.Text, "!!float", yamldoc.Int, yamldoc.Float)
	case ast.DataList:
		n := node{kind: list}
		for _, item := range d.Items {
			n.items = append(n.items, dataNode(item))
		}
		return n
	case ast.DataMap:
		n := node{kind: mapping}
		for _, p := range d.Pairs {
			n.add(p.Name.Value, dataNode(p.Value))
		}
		return n
	}
	panic(fmt.Sprintf("format: unknown kind of data %d", d.Kind))
}

// typed writes a scalar that is no text, as it was written; behind a tag where
// the type comes from a tag and not from the spelling.
func typed(s, tag string, kinds ...yamldoc.Kind) node {
	kind, _ := yamldoc.PlainKind(s)
	for _, k := range kinds {
		if k == kind && s != "" {
			return node{kind: bare, text: s}
		}
	}
	return node{kind: bare, text: tag + " " + quote(s, false)}
}
