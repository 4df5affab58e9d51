package kql

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// This is a reader of KQL after Kibana's grammar (kbn-es-query, grammar.peggy),
// so that tests can ask what Kibana makes of a text. It shares nothing with the
// printer. A rule of the grammar is a method of the same name; what the grammar
// tries twice from the same place is tried once, which gives the same tree.

// node is a node of the tree: op is or, and, not, is, nested, or a range
// operator; field and value are those of a leaf.
type node struct {
	op    string
	kids  []node
	field literal
	value literal
}

// literal is a value or a field's name. A star of a wildcard is the rune star.
type literal struct {
	text   string
	quoted bool
	wild   bool
	typed  bool // null, true or false
}

// star stands for a wildcard in a literal's text; no Go string that is valid
// UTF-8 holds it, since it is a byte that UTF-8 never has.
const star = "\xff"

func (n node) String() string {
	switch n.op {
	case "or", "and", "not":
		parts := make([]string, len(n.kids))
		for i, k := range n.kids {
			parts[i] = k.String()
		}
		return n.op + "(" + strings.Join(parts, ", ") + ")"
	}
	return n.field.String() + " " + n.op + " " + n.value.String()
}

func (l literal) String() string {
	s := strings.ReplaceAll(strconv.QuoteToASCII(l.text), `\xff`, "*")
	if l.typed {
		return l.text
	}
	return s
}

type reader struct {
	in string
	at int
}

// readKibana reads a whole query. The empty text, which Kibana takes for
// everything, is an error here: the backend never prints it.
func readKibana(query string) (n node, err error) {
	r := &reader{in: query}
	r.spaces()
	n, ok := r.orQuery()
	r.spaces()
	if !ok || r.at != len(r.in) {
		return node{}, fmt.Errorf("kibana cannot read %q at %d: %.20q", query, r.at, r.in[min(r.at, len(r.in)):])
	}
	return n, nil
}

func isSpace(r rune) bool { return strings.ContainsRune(" \t\r\n\u00A0", r) }

func (r *reader) spaces() int {
	n := 0
	for r.at < len(r.in) {
		c, w := utf8.DecodeRuneInString(r.in[r.at:])
		if !isSpace(c) {
			break
		}
		r.at += w
		n++
	}
	return n
}

func (r *reader) take(s string) bool {
	if strings.HasPrefix(r.in[r.at:], s) {
		r.at += len(s)
		return true
	}
	return false
}

func (r *reader) takeFold(word string) bool {
	if len(r.in)-r.at >= len(word) && strings.EqualFold(r.in[r.at:r.at+len(word)], word) {
		r.at += len(word)
		return true
	}
	return false
}

// operator is Or and And: blanks, the word, blanks.
func (r *reader) operator(word string) bool {
	start := r.at
	if r.spaces() > 0 && r.takeFold(word) && r.spaces() > 0 {
		return true
	}
	r.at = start
	return false
}

func (r *reader) group(op string, member func() (node, bool)) (node, bool) {
	head, ok := member()
	if !ok {
		return node{}, false
	}
	kids := []node{head}
	for {
		start := r.at
		if !r.operator(op) {
			break
		}
		next, ok := member()
		if !ok {
			r.at = start
			break
		}
		kids = append(kids, next)
	}
	if len(kids) == 1 {
		return head, true
	}
	return node{op: op, kids: kids}, true
}

func (r *reader) orQuery() (node, bool)  { return r.group("or", r.andQuery) }
func (r *reader) andQuery() (node, bool) { return r.group("and", r.notQuery) }

func (r *reader) notQuery() (node, bool) {
	start := r.at
	if r.takeFold("not") && r.spaces() > 0 {
		if n, ok := r.subQuery(); ok {
			return node{op: "not", kids: []node{n}}, true
		}
	}
	r.at = start
	return r.subQuery()
}

func (r *reader) subQuery() (node, bool) {
	start := r.at
	if r.take("(") {
		r.spaces()
		if n, ok := r.orQuery(); ok {
			r.spaces()
			if r.take(")") {
				return n, true
			}
		}
	}
	r.at = start
	return r.expression()
}

func (r *reader) expression() (node, bool) {
	field, ok := r.literal()
	if !ok {
		return node{}, false
	}
	after := r.at
	r.spaces()
	for _, op := range []string{"<=", ">=", "<", ">"} {
		if r.take(op) {
			r.spaces()
			if v, ok := r.literal(); ok {
				return node{op: op, field: field, value: v}, true
			}
		}
	}
	if r.take(":") {
		r.spaces()
		if strings.HasPrefix(r.in[r.at:], "{") || strings.HasPrefix(r.in[r.at:], "(") {
			return node{op: "nested or a list"}, true // which the backend never prints
		}
		if v, ok := r.literal(); ok {
			return node{op: "is", field: field, value: v}, true
		}
	}
	r.at = after
	return node{op: "is", value: field}, true // a value without a field
}

func (r *reader) literal() (literal, bool) {
	start := r.at
	if r.take(`"`) {
		var b strings.Builder
		for r.at < len(r.in) {
			if r.take(`"`) {
				return literal{text: b.String(), quoted: true}, true
			}
			switch {
			case r.escape(&b):
			case r.take(`\\`):
				b.WriteByte('\\')
			case r.take(`\"`):
				b.WriteByte('"')
			default:
				b.WriteByte(r.in[r.at])
				r.at++
			}
		}
		r.at = start
	}
	return r.unquotedLiteral()
}

// escape is EscapedWhitespace and EscapedUnicodeSequence.
func (r *reader) escape(b *strings.Builder) bool {
	for _, e := range []struct{ in, out string }{{`\t`, "\t"}, {`\r`, "\r"}, {`\n`, "\n"}} {
		if r.take(e.in) {
			b.WriteString(e.out)
			return true
		}
	}
	if rest := r.in[r.at:]; strings.HasPrefix(rest, `\u`) && len(rest) >= 6 {
		if code, err := strconv.ParseUint(rest[2:6], 16, 16); err == nil {
			b.WriteRune(rune(code))
			r.at += 6
			return true
		}
	}
	return false
}

const special = `\():<>"*{}`

func (r *reader) unquotedLiteral() (literal, bool) {
	var b strings.Builder
	start, wild := r.at, false
	for r.at < len(r.in) {
		rest := r.in[r.at:]
		switch {
		// The grammar tries \t, \r and \n first: \not is a line break and "ot".
		case strings.HasPrefix(rest, `\t`), strings.HasPrefix(rest, `\r`), strings.HasPrefix(rest, `\n`):
			r.escape(&b)
			continue
		case len(rest) > 1 && rest[0] == '\\' && strings.IndexByte(special, rest[1]) >= 0:
			b.WriteByte(rest[1])
			r.at += 2
			continue
		case r.escape(&b):
			continue
		}
		if word := escapedKeyword(rest); word != "" {
			b.WriteString(word)
			r.at += 1 + len(word)
			continue
		}
		if rest[0] == '*' {
			b.WriteString(star)
			wild = true
			r.at++
			continue
		}
		if strings.IndexByte(special, rest[0]) >= 0 || isKeyword(rest) {
			break
		}
		_, w := utf8.DecodeRuneInString(rest)
		b.WriteString(rest[:w])
		r.at += w
	}
	if r.at == start {
		return literal{}, false
	}
	text := strings.TrimFunc(b.String(), func(c rune) bool { return c == '\uFEFF' || unicode.IsSpace(c) && c != '\u0085' })
	switch text {
	case "null", "true", "false":
		return literal{text: text, typed: true}, true
	}
	return literal{text: text, wild: wild}, true
}

func escapedKeyword(rest string) string {
	for _, word := range []string{"or", "and", "not"} {
		if len(rest) > len(word) && rest[0] == '\\' && strings.EqualFold(rest[1:1+len(word)], word) {
			return rest[1 : 1+len(word)]
		}
	}
	return ""
}

// isKeyword is Keyword: blank or blank, blank and blank, not blank.
func isKeyword(rest string) bool {
	for _, word := range []string{"or", "and", "not"} {
		r := reader{in: rest}
		if word != "not" {
			c, w := utf8.DecodeRuneInString(rest)
			if !isSpace(c) {
				continue
			}
			r.at = w
		}
		if r.takeFold(word) && r.spaces() > 0 {
			return true
		}
	}
	return false
}

// TestReadKibana pins what the reader makes of texts whose reading is known
// from Kibana's grammar, run by the parser generator that Kibana uses.
func TestReadKibana(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{`f: "v"`, `"f" is "v"`},
		{`a: b or c: d and e: f`, `or("a" is "b", and("c" is "d", "e" is "f"))`},
		{`not (a: b or c: d)`, `not(or("a" is "b", "c" is "d"))`},
		{`f: *b and not g: x*y`, `and("f" is "*b", not("g" is "x*y"))`},
		{`f: * or *`, `or("f" is "*", "" is "*")`},
		{`f: *\not x*`, `"f" is "*\not x*"`},
		{"f: *a\n  or g: *\n", `or("f" is "*a", "g" is "*")`},
		{`f: \u0020x*`, `"f" is "x*"`},
		{`f: "\u0020x*"`, `"f" is " x*"`},
		{`f: true`, `"f" is true`},
		{`f: "true"`, `"f" is "true"`},
		{`f >= 12`, `"f" >= "12"`},
		{`C\:\\x*: 1`, `"C:\\x*" is "1"`},
	} {
		got, err := readKibana(tt.in)
		if err != nil || got.String() != tt.want {
			t.Errorf("readKibana(%q) = %v, %v; want %s", tt.in, got, err, tt.want)
		}
	}
	for _, in := range []string{`f: `, `f: "x`, `knot > 5`, `f: *knot and g: 1`, `not not f: 1`, `f: (`, `f: x) or (g: y`} {
		if got, err := readKibana(in); err == nil {
			t.Errorf("readKibana(%q) = %v, want an error", in, got)
		}
	}
}
