package logsql

import (
	"strconv"
	"strings"
)

// String gives the query in one spelling: all names and texts are quoted.
func (q *Query) String() string {
	var p printer
	q.Filter.print(&p)
	for _, pipe := range q.Pipes {
		p.WriteString(" | ")
		pipe.print(&p)
	}
	return p.String()
}

type printer struct{ strings.Builder }

func (p *printer) text(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}

// leaf writes a filter on a field.
func (p *printer) leaf(field string, parts ...string) {
	p.text(strconv.Quote(field), ":")
	p.text(parts...)
}

// call writes a filter that is a function.
func (p *printer) call(field, name string, args ...string) {
	p.leaf(field, name, "(", quoteAll(args), ")")
}

func quoteAll(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = strconv.Quote(s)
	}
	return strings.Join(quoted, ", ")
}

// open is the sign behind a text that a value may go on after.
func open(is bool) string {
	if is {
		return "*"
	}
	return ""
}

func (p *printer) list(list []Filter, word string) {
	for i, f := range list {
		if i > 0 {
			p.WriteString(word)
		}
		p.group(f)
	}
}

// group writes a filter that binds at least as tight as a negation.
func (p *printer) group(f Filter) {
	switch f.(type) {
	case *And, *Or:
		p.WriteString("(")
		f.print(p)
		p.WriteString(")")
	default:
		f.print(p)
	}
}

func (f *Stream) print(p *printer) { p.WriteString(f.Text) }

func (f *And) print(p *printer) { p.list(f.List, " and ") }
func (f *Or) print(p *printer)  { p.list(f.List, " or ") }
func (f *Not) print(p *printer) {
	p.WriteString("not ")
	p.group(f.Of)
}

func (f *Phrase) print(p *printer) {
	if f.AnyCase {
		p.call(f.Field, "i", f.Text)
		return
	}
	p.leaf(f.Field, strconv.Quote(f.Text))
}

func (f *Prefix) print(p *printer) {
	switch {
	case f.AnyCase:
		p.leaf(f.Field, "i(", strconv.Quote(f.Text), "*)")
	default:
		p.leaf(f.Field, strconv.Quote(f.Text), "*")
	}
}

func (f *Exact) print(p *printer)     { p.leaf(f.Field, "=", strconv.Quote(f.Text), open(f.Open)) }
func (f *Regexp) print(p *printer)    { p.leaf(f.Field, "~", strconv.Quote(f.Source)) }
func (f *In) print(p *printer)        { p.call(f.Field, "in", f.Values...) }
func (f *Sequence) print(p *printer)  { p.call(f.Field, "seq", f.Phrases...) }
func (f *Compare) print(p *printer)   { p.leaf(f.Field, string(f.Op), strconv.Quote(f.Bound)) }
func (f *LenRange) print(p *printer)  { p.call(f.Field, "len_range", f.Low, f.High) }
func (f *IPv4Range) print(p *printer) { p.call(f.Field, "ipv4_range", nonEmpty(f.Low, f.High)...) }

// nonEmpty drops a second argument that is "".
func nonEmpty(low, high string) []string {
	if high == "" {
		return []string{low}
	}
	return []string{low, high}
}

func (f *StringRange) print(p *printer)  { p.call(f.Field, "string_range", f.Low, f.High) }
func (f *FieldCompare) print(p *printer) { p.call(f.Field, string(f.Relation), f.Other) }

func (f *Contains) print(p *printer) {
	name := "contains_all"
	if f.Any {
		name = "contains_any"
	}
	p.call(f.Field, name, f.Phrases...)
}

func (f *Range) print(p *printer) {
	brackets := [2]string{"[", "]"}
	if f.Above {
		brackets[0] = "("
	}
	if f.Below {
		brackets[1] = ")"
	}
	p.leaf(f.Field, "range", brackets[0], quoteAll([]string{f.Low, f.High}), brackets[1])
}

func (s *FilterPipe) print(p *printer) {
	p.WriteString("filter ")
	s.Filter.print(p)
}

func (s *FieldsPipe) print(p *printer) { p.text("fields ", quoteAll(s.Names)) }
func (s *DeletePipe) print(p *printer) { p.text("delete ", quoteAll(s.Names)) }
func (s *LimitPipe) print(p *printer)  { p.text("limit ", strconv.FormatUint(s.N, 10)) }
func (s *OffsetPipe) print(p *printer) { p.text("offset ", strconv.FormatUint(s.N, 10)) }
func (s *UniqPipe) print(p *printer)   { p.text("uniq by (", quoteAll(s.Fields), ")") }

func (s *RenamePipe) print(p *printer) {
	word := "rename "
	if s.Copy {
		word = "copy "
	}
	for i, pair := range s.Pairs {
		if i > 0 {
			word = ", "
		}
		p.text(word, strconv.Quote(pair[0]), " as ", strconv.Quote(pair[1]))
	}
}

func (s *SortPipe) print(p *printer) {
	p.WriteString("sort")
	for i, k := range s.By {
		sign := ", "
		if i == 0 {
			sign = " by ("
		}
		p.text(sign, strconv.Quote(k.Field), descending(k.Desc))
	}
	if len(s.By) > 0 {
		p.WriteString(")")
	}
	p.text(descending(s.Desc))
	if s.Offset > 0 {
		p.text(" offset ", strconv.FormatUint(s.Offset, 10))
	}
	if s.Limit > 0 {
		p.text(" limit ", strconv.FormatUint(s.Limit, 10))
	}
}

func descending(is bool) string {
	if is {
		return " desc"
	}
	return ""
}

func (s *StatsPipe) print(p *printer) {
	p.WriteString("stats")
	for i, b := range s.By {
		sign := ", "
		if i == 0 {
			sign = " by ("
		}
		p.text(sign, strconv.Quote(b.Field))
		if b.Size != "" {
			p.text(":", strconv.Quote(b.Size))
		}
		if b.Offset != "" {
			p.text(" offset ", strconv.Quote(b.Offset))
		}
	}
	if len(s.By) > 0 {
		p.WriteString(")")
	}
	for i, f := range s.Funcs {
		if i > 0 {
			p.WriteString(",")
		}
		p.text(" ", f.Name, "(", quoteAll(f.Fields), ")")
		if f.Limit > 0 {
			p.text(" limit ", strconv.FormatUint(f.Limit, 10))
		}
		p.condition(f.If)
		p.text(" as ", strconv.Quote(f.As))
	}
}

func (p *printer) condition(f Filter) {
	if f != nil {
		p.WriteString(" if (")
		f.print(p)
		p.WriteString(")")
	}
}

func (s *FormatPipe) print(p *printer) {
	p.WriteString("format")
	p.condition(s.If)
	p.text(" ", strconv.Quote(s.Text), " as ", strconv.Quote(s.As))
	if s.Keep != KeepNever {
		p.text(" ", string(s.Keep))
	}
}
