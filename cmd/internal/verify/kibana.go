package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigmatic/backends"
	"sigmatic/cmd/internal/verify/engine"
)

// Kibana runs KQL as Kibana does: it reads the text by the rules of Kibana's
// grammar (kbn-es-query, grammar.peggy) and asks Elasticsearch in the query DSL
// that Kibana builds for fields of a known type (is.ts, range.ts). It shares no
// code with the backend. Nor does it with parser/query/kql and the interpreter,
// though it reads the same language: on an engine it judges them too, and a
// misreading that judge and judged had in common would be seen by neither.
type Kibana struct {
	*engine.KQL
	mapping engine.Mapping
}

// NewKibana wraps a client whose options are the defaults.
func NewKibana(k *engine.KQL) *Kibana { return &Kibana{KQL: k} }

// Load makes the events selectable and remembers the types of the fields.
func (k *Kibana) Load(ctx context.Context, events []engine.Event, m engine.Mapping) error {
	k.mapping = m
	return k.KQL.Load(ctx, events, m)
}

// Select runs a query as Kibana does with its default, minding letter case.
func (k *Kibana) Select(ctx context.Context, query string) ([]string, error) {
	return k.selectKibana(ctx, query, false)
}

// readings gives the ways to run a query. Kibana and Elasticsearch read KQL each
// in their own way; where the query assumes that letter case is ignored, it runs
// with that and without.
func (k *Kibana) readings(out *backends.Output) ([]reading, error) {
	tree, err := readKQL(out.Query)
	if err != nil {
		return nil, err
	}
	noted := slices.ContainsFunc(out.Notes, func(n backends.Note) bool { return n.Code == backends.NoteLetterCase })
	var list []reading
	add := func(name string, ignoreCase bool, run func(context.Context, string, bool) ([]string, error)) {
		list = append(list, reading{
			name: name, ignoresCase: ignoreCase, again: noted && !ignoreCase,
			run: func(ctx context.Context, q string) ([]string, error) { return run(ctx, q, ignoreCase) },
		})
	}
	add("kibana", noted, k.selectKibana)
	if noted {
		add("kibana minding case", false, k.selectKibana)
	}
	if serverAgrees(tree) {
		add("server", noted, k.selectServer)
	}
	return list, nil
}

func (k *Kibana) selectKibana(ctx context.Context, query string, ignoreCase bool) ([]string, error) {
	tree, err := readKQL(query)
	if err != nil {
		return nil, err
	}
	dsl, err := tree.dsl(dslContext{k.mapping, ignoreCase})
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(dsl)
	if err != nil {
		return nil, err
	}
	return k.SelectDSL(ctx, raw)
}

// selectServer runs a query by the kql query of Elasticsearch.
func (k *Kibana) selectServer(ctx context.Context, query string, ignoreCase bool) ([]string, error) {
	raw, err := json.Marshal(map[string]any{"kql": map[string]any{"query": query, "case_insensitive": ignoreCase}})
	if err != nil {
		return nil, err
	}
	return k.SelectDSL(ctx, raw)
}

// kqlNode is a node of Kibana's syntax tree.
type kqlNode interface {
	dsl(dslContext) (any, error)
}

type dslContext struct {
	mapping    engine.Mapping
	ignoreCase bool
}

type (
	kqlBool  struct{ kind, operands any } // kind is must_not, filter or should
	kqlRange struct {
		field, operator string
		value           kqlValue
	}
	kqlIs struct {
		field string
		value kqlValue
	}
	// kqlValue is a literal, or with wildcard set a pattern whose pieces stand
	// between stars.
	kqlValue struct {
		pieces   []string
		wildcard bool
		quoted   bool
		raw      string
	}
)

func (v kqlValue) text() string { return strings.Join(v.pieces, "*") }

func (n kqlBool) dsl(c dslContext) (any, error) {
	var out []any
	for _, o := range n.operands.([]kqlNode) {
		d, err := o.dsl(c)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	b := map[string]any{n.kind.(string): out}
	if n.kind == "should" {
		b["minimum_should_match"] = 1
	}
	return map[string]any{"bool": b}, nil
}

var rangeNames = map[string]string{"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}

func (n kqlRange) dsl(dslContext) (any, error) {
	if n.value.wildcard {
		return nil, fmt.Errorf("kibana: a range with a wildcard: %s", n.value.raw)
	}
	return map[string]any{"range": map[string]any{n.field: map[string]any{rangeNames[n.operator]: n.value.text()}}}, nil
}

func (n kqlIs) dsl(c dslContext) (any, error) {
	if n.value.wildcard && n.value.text() == "*" {
		if n.field == "*" {
			return map[string]any{"match_all": map[string]any{}}, nil
		}
		return map[string]any{"exists": map[string]any{"field": n.field}}, nil
	}
	if n.field == "" || strings.Contains(n.field, "*") {
		return nil, fmt.Errorf("kibana: no single field before the value %s", n.value.raw)
	}
	keyword := c.mapping[n.field] == "" || c.mapping[n.field] == engine.Keyword
	clause := map[string]any{"value": n.value.text()}
	if keyword && c.ignoreCase {
		clause["case_insensitive"] = true
	}
	kind := "term"
	if n.value.wildcard {
		if !keyword {
			return nil, fmt.Errorf("kibana: wildcards on %q, which is no keyword", n.field)
		}
		kind = "wildcard"
		escaped := make([]string, len(n.value.pieces))
		for i, p := range n.value.pieces {
			escaped[i] = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(p)
		}
		clause["value"] = strings.Join(escaped, "*")
	}
	if !n.value.quoted && !n.value.wildcard && n.value.text() == "null" {
		return nil, fmt.Errorf("kibana: the value null")
	}
	return map[string]any{kind: map[string]any{n.field: clause}}, nil
}

// serverAgrees reports whether Elasticsearch's own reader takes the query for
// what Kibana takes it: no wildcard value with an escape or a ?, and no quoted
// text that ends with a backslash.
func serverAgrees(n kqlNode) bool {
	switch n := n.(type) {
	case kqlBool:
		for _, o := range n.operands.([]kqlNode) {
			if !serverAgrees(o) {
				return false
			}
		}
		return true
	case kqlIs:
		if n.value.wildcard && strings.ContainsAny(n.value.raw, `\?`) {
			return false
		}
		return !n.value.quoted || !strings.HasSuffix(n.value.text(), `\`)
	}
	return true
}

// kqlReader is a recursive-descent reader of Kibana's grammar.
type kqlReader struct {
	text string
	at   int
}

// readKQL gives the tree of a query.
func readKQL(text string) (kqlNode, error) {
	r := &kqlReader{text: text}
	r.blanks()
	n, err := r.or()
	if err != nil {
		return nil, err
	}
	r.blanks()
	if r.at < len(text) {
		return nil, r.fail("the end")
	}
	return n, nil
}

func (r *kqlReader) fail(want string) error {
	return fmt.Errorf("kibana: expected %s at byte %d of %s", want, r.at, r.text)
}

const kqlBlanks = " \t\r\n\u00a0"

func (r *kqlReader) blanks() bool {
	start := r.at
	r.at = len(r.text) - len(strings.TrimLeft(r.text[r.at:], kqlBlanks))
	return r.at > start
}

// operator takes blanks, the word and blanks, or nothing.
func (r *kqlReader) operator(word string) bool {
	start := r.at
	if r.blanks() && len(r.text)-r.at > len(word) && strings.EqualFold(r.text[r.at:r.at+len(word)], word) {
		r.at += len(word)
		if r.blanks() {
			return true
		}
	}
	r.at = start
	return false
}

func (r *kqlReader) or() (kqlNode, error)  { return r.group("or", "should", r.and) }
func (r *kqlReader) and() (kqlNode, error) { return r.group("and", "filter", r.not) }

func (r *kqlReader) group(word, kind string, operand func() (kqlNode, error)) (kqlNode, error) {
	first, err := operand()
	if err != nil {
		return nil, err
	}
	all := []kqlNode{first}
	for r.operator(word) {
		next, err := operand()
		if err != nil {
			return nil, err
		}
		all = append(all, next)
	}
	if len(all) == 1 {
		return first, nil
	}
	return kqlBool{kind, all}, nil
}

// not takes one "not" at most: the grammar knows no not of a not.
func (r *kqlReader) not() (kqlNode, error) {
	if r.notWord() {
		n, err := r.sub()
		if err != nil {
			return nil, err
		}
		return kqlBool{"must_not", []kqlNode{n}}, nil
	}
	return r.sub()
}

func (r *kqlReader) notWord() bool {
	start := r.at
	if len(r.text)-r.at > 3 && strings.EqualFold(r.text[r.at:r.at+3], "not") {
		r.at += 3
		if r.blanks() {
			return true
		}
	}
	r.at = start
	return false
}

func (r *kqlReader) sub() (kqlNode, error) {
	if !r.take("(") {
		return r.expression()
	}
	r.blanks()
	n, err := r.or()
	if err != nil {
		return nil, err
	}
	r.blanks()
	if !r.take(")") {
		return nil, r.fail(")")
	}
	return n, nil
}

func (r *kqlReader) take(s string) bool {
	if strings.HasPrefix(r.text[r.at:], s) {
		r.at += len(s)
		return true
	}
	return false
}

func (r *kqlReader) expression() (kqlNode, error) {
	field, err := r.literal()
	if err != nil {
		return nil, err
	}
	r.blanks()
	for _, op := range []string{"<=", ">=", "<", ">"} {
		if r.take(op) {
			r.blanks()
			v, err := r.literal()
			return kqlRange{field.text(), op, v}, err
		}
	}
	if !r.take(":") {
		return nil, r.fail(": after the field")
	}
	r.blanks()
	v, err := r.literal()
	if err == nil && field.wildcard && field.text() != "*" {
		err = r.fail("a field without wildcards")
	}
	return kqlIs{field.text(), v}, err
}

func (r *kqlReader) literal() (kqlValue, error) {
	start := r.at
	v := kqlValue{}
	var err error
	if r.take(`"`) {
		v.quoted = true
		v.pieces, err = r.quoted()
	} else {
		v.pieces, err = r.bare()
		v.wildcard = len(v.pieces) > 1
	}
	v.raw = r.text[start:r.at]
	return v, err
}

func (r *kqlReader) quoted() ([]string, error) {
	var b strings.Builder
	for r.at < len(r.text) {
		if r.take(`"`) {
			return []string{b.String()}, nil
		}
		if s, ok := r.escape(`\"`); ok {
			b.WriteString(s)
			continue
		}
		b.WriteByte(r.text[r.at])
		r.at++
	}
	return nil, r.fail("a closing quote")
}

// bare reads until a character or a word with a meaning. Blanks at both ends do
// not count, however they were written.
func (r *kqlReader) bare() ([]string, error) {
	pieces := []string{""}
	add := func(s string) { pieces[len(pieces)-1] += s }
	start := r.at
	for r.at < len(r.text) {
		if s, ok := r.escape(`\():<>"*{}`); ok {
			add(s)
			continue
		}
		if s, ok := r.escapedWord(); ok {
			add(s)
			continue
		}
		if r.take("*") {
			pieces = append(pieces, "")
			continue
		}
		if strings.IndexByte(`\():<>"{}`, r.text[r.at]) >= 0 || r.keywordAhead() {
			break
		}
		add(r.text[r.at : r.at+1])
		r.at++
	}
	if r.at == start {
		return nil, r.fail("a value")
	}
	last := len(pieces) - 1
	pieces[0] = strings.TrimLeft(pieces[0], kqlBlanks)
	pieces[last] = strings.TrimRight(pieces[last], kqlBlanks)
	return pieces, nil
}

// keywordAhead reports whether an operator begins here: or and and with blanks
// around, not with blanks behind, wherever it stands.
func (r *kqlReader) keywordAhead() bool {
	start := r.at
	ahead := r.operator("or") || r.operator("and") || r.notWord()
	r.at = start
	return ahead
}

func (r *kqlReader) escapedWord() (string, bool) {
	for _, word := range []string{"or", "and", "not"} {
		if n := len(word) + 1; len(r.text)-r.at >= n && r.text[r.at] == '\\' && strings.EqualFold(r.text[r.at+1:r.at+n], word) {
			s := r.text[r.at+1 : r.at+n]
			r.at += n
			return s, true
		}
	}
	return "", false
}

// escape reads a backslash and what it escapes: white space, one of the special
// characters, or a code of four digits.
func (r *kqlReader) escape(special string) (string, bool) {
	rest := r.text[r.at:]
	if len(rest) < 2 || rest[0] != '\\' {
		return "", false
	}
	if i := strings.IndexByte("trn", rest[1]); i >= 0 {
		r.at += 2
		return "\t\r\n"[i : i+1], true
	}
	if strings.IndexByte(special, rest[1]) >= 0 {
		r.at += 2
		return rest[1:2], true
	}
	if rest[1] == 'u' && len(rest) >= 6 {
		if n, err := strconv.ParseUint(rest[2:6], 16, 16); err == nil {
			r.at += 6
			return string(rune(n)), true
		}
	}
	return "", false
}
