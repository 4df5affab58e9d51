package logsql

import (
	"slices"
	"strconv"
	"strings"
)

// The pipes, each with its page: #fields-pipe and so on, by the first name.
//
//	pipe   = ("filter" | "where") filter | ("fields" | "keep") names | ("delete" | "del" | "rm" | "drop") names
//	       | ("copy" | "cp" | "rename" | "mv") name ["as"] name { "," … }
//	       | ("limit" | "head") [number] | ("offset" | "skip") number
//	       | ("sort" | "order") ["by"] ["(" name ["desc" | "asc"] { "," … } ")"] ["desc" | "asc"] { ("limit" | "offset") number }
//	       | "stats" ["by"] ["(" name [":" size ["offset" size]] { "," … } ")"] stat { "," stat }
//	       | "uniq" ["by"] "(" names ")"
//	       | "format" ["if (" filter ")"] text ["as" name] ["keep_original_fields" | "skip_empty_results"]
//	stat   = function "(" names ")" ["limit" number] ["if (" filter ")"] ["as"] [name]

// pipeNames are the words that a pipe may begin with.
var pipeNames = wordSet(`block_stats blocks_count collapse_nums copy cp decolorize delete del rm drop
	drop_empty_fields extract extract_regexp facets field_names field_values fields keep filter where first
	format join json_array_len hash last len limit head math eval offset skip pack_json pack_logmft rename mv
	replace replace_regexp sample sort order stats stats_remote by stream_context top union uniq unpack_json
	unpack_logfmt unpack_syslog unpack_words unroll
	avg count count_empty count_uniq count_uniq_hash histogram json_values max median min quantile rate
	rate_sum row_any row_max row_min sum sum_len uniq_values values`)

func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

// statNames are the functions of a StatsPipe, and whether this package knows
// them. They begin a pipe too, as "stats" may be left out.
var statNames = map[string]bool{
	"avg": true, "count": true, "count_empty": true, "count_uniq": true, "max": true, "min": true, "sum": true,
	"uniq_values": true, "values": true,
	"count_uniq_hash": false, "histogram": false, "json_values": false, "median": false, "quantile": false, "rate": false,
	"rate_sum": false, "row_any": false, "row_max": false, "row_min": false, "sum_len": false,
}

// pipe reads one pipe, from its name.
func (p *parser) pipe() (Pipe, error) {
	switch {
	case p.take("filter", "where"):
		f, err := p.firstFilter()
		return &FilterPipe{f}, err
	case p.take("fields", "keep"):
		names, err := p.names()
		return &FieldsPipe{names}, err
	case p.take("delete", "del", "rm", "drop"):
		names, err := p.names()
		return &DeletePipe{names}, err
	case p.take("copy", "cp"):
		return p.rename(true)
	case p.take("rename", "mv"):
		return p.rename(false)
	case p.take("limit", "head"):
		if p.tok.is("|", ")", "") {
			return &LimitPipe{10}, nil
		}
		n, err := p.number()
		return &LimitPipe{n}, err
	case p.take("offset", "skip"):
		n, err := p.number()
		return &OffsetPipe{n}, err
	case p.take("sort", "order"):
		return p.sort()
	case p.take("stats"):
		return p.stats()
	case p.take("uniq"):
		return p.uniq()
	case p.take("format"):
		return p.format()
	}
	name := strings.ToLower(p.tok.text)
	if _, isStat := statNames[name]; (isStat || name == "by") && !p.tok.isQuoted() || p.tok.is("(") {
		return p.stats() // "stats" may be left out
	}
	if pipeNames[name] && !p.tok.isQuoted() {
		return nil, p.unknown("the pipe %q", name)
	}
	f, err := p.firstFilter() // so may "filter"
	return &FilterPipe{f}, err
}

// take passes a token that is one of the words.
func (p *parser) take(words ...string) bool {
	if !p.tok.is(words...) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(sign string) error {
	if !p.take(sign) {
		return p.fail("expected %q, found %q", sign, p.tok.raw)
	}
	return nil
}

// names reads a list of names. One that ends in * is a beginning of names.
func (p *parser) names() ([]string, error) {
	var names []string
	for {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		if !p.take(",") {
			return names, nil
		}
	}
}

func (p *parser) name() (string, error) {
	name, err := p.operand()
	return canonical(name), err
}

// plainName reads a name that stands for one field.
func (p *parser) plainName() (string, error) {
	at := p.tok
	name, err := p.name()
	if err == nil && strings.HasSuffix(name, "*") {
		return "", &SyntaxError{Offset: at.offset, Detail: strconv.Quote(name) + " stands for several fields"}
	}
	return name, err
}

// namesInParens reads (a, b). The list may be empty.
func (p *parser) namesInParens() ([]string, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var names []string
	for !p.take(")") {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		if !p.tok.is(",", ")") {
			return nil, p.fail("expected \",\" or \")\", found %q", p.tok.raw)
		}
		p.take(",")
	}
	return names, nil
}

// number reads digits. The server also reads 1_000, 0x10 and 1K, and is asked to
// say what they are.
func (p *parser) number() (uint64, error) {
	n, err := strconv.ParseUint(p.tok.text, 10, 63)
	if err != nil || len(p.tok.text) > 1 && p.tok.text[0] == '0' {
		return 0, p.unknown("expected a plain number, found %q", p.tok.raw)
	}
	p.advance()
	return n, nil
}

func (p *parser) rename(isCopy bool) (Pipe, error) {
	r := &RenamePipe{Copy: isCopy}
	for {
		from, err := p.plainName()
		if err != nil {
			return nil, err
		}
		p.take("as")
		to, err := p.plainName()
		if err != nil {
			return nil, err
		}
		r.Pairs = append(r.Pairs, [2]string{from, to})
		if !p.take(",") {
			return r, nil
		}
	}
}

func (p *parser) sort() (Pipe, error) {
	s := &SortPipe{}
	if p.take("by") && !p.tok.is("(") {
		return nil, p.fail("expected \"(\", found %q", p.tok.raw)
	}
	if p.take("(") {
		for !p.take(")") {
			name, err := p.plainName()
			if err != nil {
				return nil, err
			}
			s.By = append(s.By, SortKey{name, p.descending()})
			if !p.tok.is(",", ")") {
				return nil, p.fail("expected \",\" or \")\", found %q", p.tok.raw)
			}
			p.take(",")
		}
	}
	s.Desc = p.descending()
	for {
		var to *uint64
		switch {
		case p.take("limit"):
			to = &s.Limit
		case p.take("offset"):
			to = &s.Offset
		case p.tok.is("rank", "partition"):
			return nil, p.unknown("%s in the pipe sort", p.tok.text)
		default:
			return s, nil
		}
		n, err := p.number()
		if err != nil {
			return nil, err
		}
		if *to > 0 {
			return nil, p.fail("a second limit or offset in the pipe sort")
		}
		*to = n
	}
}

func (p *parser) descending() bool {
	return !p.take("asc") && p.take("desc")
}

func (p *parser) stats() (Pipe, error) {
	s := &StatsPipe{}
	if p.take("by") && !p.tok.is("(") {
		return nil, p.fail("expected \"(\", found %q", p.tok.raw)
	}
	var err error
	if p.take("(") {
		if s.By, err = p.buckets(); err != nil {
			return nil, err
		}
	}
	for {
		f, err := p.stat()
		if err != nil {
			return nil, err
		}
		taken := slices.ContainsFunc(s.By, func(b Bucket) bool { return b.Field == f.As }) ||
			slices.ContainsFunc(s.Funcs, func(g StatsFunc) bool { return g.As == f.As })
		if taken {
			return nil, p.fail("%q names two columns", f.As)
		}
		s.Funcs = append(s.Funcs, f)
		if p.tok.is("|", ")", "") {
			return s, nil
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
}

// buckets reads name:size offset size, up to the closing parenthesis.
func (p *parser) buckets() ([]Bucket, error) {
	var list []Bucket
	for !p.take(")") {
		name, err := p.compound(false)
		if err != nil {
			return nil, err
		}
		b := Bucket{Field: canonical(name)}
		if p.take(":") {
			b.Size = p.signed("/")
			if p.take("offset") {
				b.Offset = p.signed("-")
			}
		}
		list = append(list, b)
		if !p.tok.is(",", ")") {
			return nil, p.fail("expected \",\" or \")\", found %q", p.tok.raw)
		}
		p.take(",")
	}
	return list, nil
}

// signed reads one token, and a sign that may stand before it.
func (p *parser) signed(sign string) string {
	text := p.tok.text
	p.advance()
	if text == sign {
		text += p.tok.text
		p.advance()
	}
	return text
}

// stat reads one column: a function with its fields, a filter, a name.
func (p *parser) stat() (StatsFunc, error) {
	f := StatsFunc{Name: strings.ToLower(p.tok.text)}
	known, isStat := statNames[f.Name]
	switch {
	case !isStat || p.tok.isQuoted():
		return f, p.fail("expected a function such as count, found %q", p.tok.raw)
	case !known:
		return f, p.unknown("the function %s", f.Name)
	}
	p.advance()
	var err error
	if f.Fields, err = p.namesInParens(); err != nil {
		return f, err
	}
	if len(f.Fields) == 0 {
		if f.Name == "count_uniq" {
			return f, p.fail("count_uniq takes at least one field")
		}
		f.Fields = []string{"*"}
	}
	if slices.Contains([]string{"count_uniq", "values", "uniq_values"}, f.Name) && p.take("limit") {
		if f.Limit, err = p.number(); err != nil {
			return f, err
		}
	}
	if f.If, err = p.condition(); err != nil {
		return f, err
	}
	if p.tok.is(",", "|", ")", "") {
		if f.If != nil {
			return f, p.unknown("a column without a name that has a condition")
		}
		f.As = f.Name + "(" + strings.Join(f.Fields, ", ") + ")"
		return f, nil
	}
	p.take("as")
	f.As, err = p.plainName()
	return f, err
}

// condition reads "if (filter)", nil if there is none.
func (p *parser) condition() (Filter, error) {
	if !p.take("if") {
		return nil, nil
	}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	if p.take(")") {
		return nil, nil
	}
	f, err := p.firstFilter()
	if err != nil {
		return nil, err
	}
	return f, p.expect(")")
}

func (p *parser) uniq() (Pipe, error) {
	p.take("by")
	names, err := p.namesInParens()
	switch {
	case err != nil:
		return nil, err
	case len(names) == 0 || !p.tok.is("|", ")", ""):
		return nil, p.unknown("the pipe uniq with more than the names of fields")
	}
	return &UniqPipe{names}, nil
}

// formatOptions are what may stand before a name in a format's text
// (#format-pipe). The server knows more.
var formatOptions = []string{"lc", "uc"}

func (p *parser) format() (Pipe, error) {
	f := &FormatPipe{As: MessageField}
	var err error
	if f.If, err = p.condition(); err != nil {
		return nil, err
	}
	at := p.tok
	if f.Text, err = p.operand(); err != nil {
		return nil, err
	}
	if f.Steps, err = formatSteps(f.Text, at.offset); err != nil {
		return nil, err
	}
	if p.take("as") {
		if f.As, err = p.plainName(); err != nil {
			return nil, err
		}
	}
	switch {
	case p.take(string(KeepOriginal)):
		f.Keep = KeepOriginal
	case p.take(string(SkipEmpty)):
		f.Keep = SkipEmpty
	}
	return f, nil
}

// formatSteps takes the text of a format apart.
func formatSteps(text string, offset int) ([]FormatStep, error) {
	var steps []FormatStep
	for {
		before, rest, found := strings.Cut(text, "<")
		if !found {
			if text != "" {
				steps = append(steps, FormatStep{Text: text})
			}
			return steps, nil
		}
		name, rest, closed := strings.Cut(rest, ">")
		if !closed {
			return nil, &SyntaxError{Offset: offset, Detail: "expected \">\" behind \"<\" in a format"}
		}
		step := FormatStep{Text: before, Field: name}
		if option, field, ok := strings.Cut(name, ":"); ok {
			step.Option, step.Field = option, field
			if !slices.Contains(formatOptions, option) {
				return nil, &SyntaxError{Offset: offset, Unknown: true, Detail: "the option " + strconv.Quote(option) + " in a format"}
			}
		}
		if strings.ContainsAny(before+name, "&*") || step.Field == "_" || step.Field == "" {
			return nil, &SyntaxError{Offset: offset, Unknown: true, Detail: "a format with &, *, or without a field's name"}
		}
		steps = append(steps, step)
		text = rest
	}
}
