package elastic

import (
	"bytes"
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"sigmatic/evaluator/dialect"
)

// Index holds documents as Elasticsearch indexes them with subobjects: false: a
// field, and another below it, can stand side by side (measured on Elasticsearch
// 8.19.21). After New it is only read, and may be used by several goroutines.
type Index struct {
	ids    []string
	fields map[string]*Field
}

// Field is a mapped field and its values in every document.
type Field struct {
	Name string
	Type dialect.FieldType
	// values are, by document, of the Go type of the field's type: string for
	// keyword and text, netip.Addr for ip (of 16 bytes), int64 for long and, in
	// milliseconds, date, float64 for double, bool for boolean.
	values [][]any
	terms  map[string][]int // of keyword: the documents of each term
}

// New indexes documents. A document that Elasticsearch would refuse is an error.
func New(docs []dialect.Document, m dialect.Mapping) (*Index, error) {
	ix := &Index{ids: make([]string, len(docs)), fields: map[string]*Field{}}
	for name, t := range m {
		if err := ix.addField(name, t, len(docs)); err != nil {
			return nil, err
		}
	}
	for i, d := range docs {
		ix.ids[i] = d.ID
		if !gjson.ValidBytes(d.Body) {
			return nil, fmt.Errorf("elastic: document %q is no JSON", d.ID)
		}
		body := gjson.ParseBytes(bytes.TrimSpace(d.Body))
		if !body.IsObject() {
			return nil, fmt.Errorf("elastic: document %q: expected an object", d.ID)
		}
		if err := ix.object(i, "", body); err != nil {
			return nil, fmt.Errorf("elastic: document %q: %w", d.ID, err)
		}
	}
	for _, f := range ix.fields {
		f.settle()
	}
	return ix, nil
}

// Len counts the documents.
func (ix *Index) Len() int { return len(ix.ids) }

// ID is the identifier of a document.
func (ix *Index) ID(doc int) string { return ix.ids[doc] }

// IDs gives the identifiers of a set of documents, sorted, each once.
func (ix *Index) IDs(b Bits) []string {
	out := []string{}
	for i, id := range ix.ids {
		if b.Has(i) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Field finds a mapped field; nil if there is none.
func (ix *Index) Field(name string) *Field { return ix.fields[name] }

// Fields gives the names of all mapped fields, sorted.
func (ix *Index) Fields() []string {
	out := make([]string, 0, len(ix.fields))
	for name := range ix.fields {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Values are those of the field in a document, in the order in which ES|QL reads
// them; none if the document does not have the field.
func (f *Field) Values(doc int) []any { return f.values[doc] }

// addField maps a field.
func (ix *Index) addField(name string, t dialect.FieldType, docs int) error {
	switch t {
	case dialect.Keyword, dialect.Text, dialect.IP, dialect.Long, dialect.Double, dialect.Boolean, dialect.Date:
	default:
		return fmt.Errorf("elastic: the field %q has the unknown type %q", name, t)
	}
	ix.fields[name] = &Field{Name: name, Type: t, values: make([][]any, docs)}
	return nil
}

// object indexes the members of an object. Dots in names make objects as
// nesting does.
func (ix *Index) object(doc int, prefix string, o gjson.Result) (err error) {
	o.ForEach(func(key, value gjson.Result) bool {
		err = ix.value(doc, prefix+key.String(), value)
		return err == nil
	})
	return err
}

func (ix *Index) value(doc int, name string, v gjson.Result) error {
	switch {
	case v.IsObject():
		return ix.object(doc, name+".", v)
	case v.IsArray():
		var err error
		v.ForEach(func(_, member gjson.Result) bool {
			err = ix.value(doc, name, member)
			return err == nil
		})
		return err
	case v.Type == gjson.Null:
		return nil
	}
	f := ix.fields[name]
	if f == nil {
		if err := ix.addField(name, dialect.Keyword, len(ix.ids)); err != nil {
			return err
		}
		f = ix.fields[name]
	}
	if value, ok := indexed(f.Type, v); ok {
		f.values[doc] = append(f.values[doc], value)
	}
	return nil
}

// settle brings the values into the order of doc values.
func (f *Field) settle() {
	for doc, values := range f.values {
		switch f.Type {
		case dialect.Keyword, dialect.IP:
			slices.SortFunc(values, Compare)
			f.values[doc] = slices.CompactFunc(values, func(a, b any) bool { return a == b })
		case dialect.Long, dialect.Double, dialect.Date, dialect.Boolean:
			slices.SortFunc(values, Compare)
		case dialect.Text:
		}
	}
	if f.Type != dialect.Keyword {
		return
	}
	f.terms = map[string][]int{}
	for doc, values := range f.values {
		for _, v := range values {
			f.terms[v.(string)] = append(f.terms[v.(string)], doc)
		}
	}
}

// Compare orders two values of one type as the engine sorts them.
func Compare(a, b any) int {
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case int64:
		return cmp.Compare(a, b.(int64))
	case float64:
		return cmp.Compare(a, b.(float64))
	case bool:
		switch {
		case a == b.(bool):
			return 0
		case a:
			return 1
		}
		return -1
	case netip.Addr:
		return a.Compare(b.(netip.Addr))
	}
	panic(fmt.Sprintf("elastic: a value of type %T", a))
}
