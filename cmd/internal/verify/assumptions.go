package verify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/evaluator"
)

// A note says what a query takes for granted. Most notes can be turned into a
// model: the rule and the event as the store sees them if the assumption does
// not hold. A difference is excused by notes exactly if the reference, asked
// about the models of some of them, gives the engine's verdict. Only for
// single-value, where ES|QL says null, there is no model; there it must do that
// the event has a field of several values.

// view is a rule and an event, as one of them or a model has it.
type view struct {
	rewrites []rewrite // of the rule
	body     object
	raw      string   // the event's text
	message  []string // the lines
}

// rewrite is a change of the rule that many events share, and its name, by which
// the changed rule is kept.
type rewrite struct {
	name string
	leaf func(ast.Match) ast.Expr
}

func (v *view) rewrite(name string, leaf func(ast.Match) ast.Expr) {
	v.rewrites = append(v.rewrites, rewrite{name, leaf})
}

// model is one way in which an assumption may fail.
type model struct {
	code  backends.NoteCode
	apply func(*view)
}

// models gives those of the notes of an output. fields are the query's.
func models(target string, notes []backends.Note, fields []string, mapping engine.Mapping) []model {
	var out []model
	for _, n := range notes {
		var noted []string
		for _, f := range fields {
			if says(n, f) {
				noted = append(noted, f)
			}
		}
		out = append(out, modelsOf(target, n, noted, mapping)...)
	}
	return out
}

// says reports whether a note is about a field. The names stand behind the
// note's last colon and blank, those of types around them.
func says(n backends.Note, field string) bool {
	subjects := n.Text
	if i := strings.LastIndex(subjects, ": "); i >= 0 && !strings.Contains(field, ": ") {
		subjects = subjects[i+2:]
	}
	for at := 0; ; {
		i := strings.Index(subjects[at:], field)
		if i < 0 {
			return false
		}
		start, end := at+i, at+i+len(field)
		before := start == 0 || strings.IndexByte(" (", subjects[start-1]) >= 0
		after := end == len(subjects) || strings.IndexByte(" ),", subjects[end]) >= 0
		if before && after {
			return true
		}
		at = start + 1
	}
}

func modelsOf(target string, n backends.Note, fields []string, mapping engine.Mapping) []model {
	each := func(change func(raw string) string) model {
		return model{n.Code, func(v *view) { v.change(fields, change) }}
	}
	switch n.Code {
	case backends.NoteSingleValue:
		if target == "splunk" {
			return []model{{n.Code, func(v *view) {
				v.body.hoist(fields)
				for _, f := range fields {
					v.body.dropLists(f)
				}
			}}}
		}
		if target == "logsql" {
			return []model{{n.Code, func(v *view) {
				v.body.hoist(fields)
				for _, f := range fields {
					v.body.closeLists(f)
					v.body.dropObject(f)
				}
				v.change(fields, listAsText)
			}}}
		}
	case backends.NoteLetterCase:
		return []model{{n.Code, (*view).mindCase}, {n.Code, (*view).foldASCII}}
	case backends.NoteFolding:
		return []model{{n.Code, (*view).foldASCII}}
	case backends.NoteMissingEmpty:
		return []model{each(dropEmpty), {n.Code, func(v *view) { v.fillEmpty(fields) }}}
	case backends.NoteNullNotIndexed:
		if target == "splunk" {
			return []model{each(dropNull), each(nullAsText)}
		}
		return []model{each(dropNull)}
	case backends.NoteMessageField:
		if target == "splunk" { // whose message is the event's JSON, keys and escapes too
			return []model{
				{n.Code, func(v *view) { v.useMessage(quoteJSON(v.raw)) }},
				{n.Code, func(v *view) { v.useMessage(quoteJSON(jsonEscapes.Replace(v.raw))) }},
			}
		}
		return []model{
			{n.Code, func(v *view) { v.useMessage(quoteJSON(strings.Join(v.message, "\n"))) }},
			{n.Code, func(v *view) { v.useMessage(list(quoteAll(splitLines(v.message))...)) }},
		}
	case backends.NoteNumberSpelling:
		return []model{each(numberAsText)}
	case backends.NoteFieldType:
		return typeModels(n, fields, mapping)
	case backends.NoteWindowBuckets, backends.NoteEngineVersion:
	}
	return nil
}

// jsonEscapes undoes the escapes of JSON that a query allows for.
var jsonEscapes = strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\/`, `/`)

func splitLines(values []string) []string {
	return strings.Split(strings.Join(values, "\n"), "\n")
}

// change puts the values of fields through a function; "" is no value.
func (v *view) change(fields []string, change func(raw string) string) {
	for _, f := range fields {
		if raw, ok := v.body.at(f); ok {
			text, isScalar := raw.(string)
			if !isScalar {
				continue
			}
			if _, whole := v.body[f]; whole && change(text) != "" {
				v.body[f] = change(text)
			} else {
				delete(v.body, f)
				v.body.set(f, change(text))
			}
		}
	}
}

// hoist gives fields that lie in an object the keys of their whole names, so that
// they stay when another field, which is that object, goes.
func (o object) hoist(fields []string) {
	for _, f := range fields {
		if v, ok := o.at(f); ok {
			if raw, isScalar := v.(string); isScalar {
				o[f] = raw
			}
		}
	}
}

// closeLists makes a list above a field one text, as a store does that keeps
// lists as JSON: the field below it is missing.
func (o object) closeLists(field string) {
	if _, ok := o[field]; ok {
		return
	}
	head, rest, dotted := strings.Cut(field, ".")
	if !dotted {
		return
	}
	switch v := o[head].(type) {
	case object:
		v.closeLists(rest)
	case string:
		o[head] = listAsText(v)
	}
}

func listAsText(raw string) string {
	if strings.HasPrefix(raw, "[") {
		return quoteJSON(raw)
	}
	return raw
}

// dropLists removes a field that holds a list or an object, or lies below a list,
// as a store does that has other names for what is in lists.
func (o object) dropLists(field string) {
	if v, ok := o[field]; ok {
		if raw, isScalar := v.(string); isScalar && !strings.HasPrefix(raw, "[") {
			return
		}
		delete(o, field)
	}
	head, rest, dotted := strings.Cut(field, ".")
	if !dotted {
		return
	}
	switch v := o[head].(type) {
	case object:
		v.dropLists(rest)
	case string:
		if strings.HasPrefix(v, "[") {
			delete(o, head)
		}
	}
}

// dropObject removes an object where a field is taken for a value: stores keep
// what is in it under names of their own.
func (o object) dropObject(field string) {
	if v, ok := o.at(field); ok {
		if _, isObject := v.(object); isObject {
			o.set(field, "")
			delete(o, field)
		}
	}
}

// nullAsText is what a store makes of null, by itself and in lists, that has no
// other values than texts.
func nullAsText(raw string) string {
	return eachMember(raw, func(m string) string {
		if m == "null" {
			return `"null"`
		}
		return m
	})
}

func dropEmpty(raw string) string {
	if raw == `""` {
		return ""
	}
	return raw
}

// dropNull drops null, and lists without a value: no index keeps them.
func dropNull(raw string) string {
	kept := eachMember(raw, func(m string) string {
		if m == "null" {
			return ""
		}
		return m
	})
	if kept == "[]" {
		return ""
	}
	return kept
}

func (v *view) fillEmpty(fields []string) {
	for _, f := range fields {
		raw, ok := v.body.at(f)
		if text, isScalar := raw.(string); !ok || isScalar && dropNull(text) == "" {
			v.body.set(f, `""`)
		}
	}
}

// numberAsText gives numbers the text that the source has for them.
func numberAsText(raw string) string {
	return eachMember(raw, func(m string) string {
		if isNumber(m) {
			return quoteJSON(m)
		}
		return m
	})
}

// mindCase compares as if the rule asked for its letter case.
func (v *view) mindCase() {
	v.rewrite("mind case", minding)
}

// casedValue minds letter case, texts put through a function.
func casedValue(value ast.Value, text func(string) string) ast.Value {
	switch v := value.(type) {
	case *ast.Pattern:
		c := *v
		c.Cased, c.Parts = true, slices.Clone(v.Parts)
		for i, p := range c.Parts {
			if lit, ok := p.(ast.Literal); ok {
				c.Parts[i] = ast.Literal(text(string(lit)))
			}
		}
		return &c
	case *ast.Regex:
		c := *v
		c.IgnoreCase = false
		return &c
	case *ast.Keyword:
		return &ast.Keyword{Value: casedValue(v.Value, text), Span: v.Span}
	case *ast.Bool:
		return &ast.Pattern{Parts: []ast.Part{ast.Literal(text(fmt.Sprint(v.Value)))}, Cased: true}
	}
	return value
}

// foldASCII compares as if only ASCII letters had two cases.
func (v *view) foldASCII() {
	v.rewrite("fold ascii", func(m ast.Match) ast.Expr {
		m.Value = casedValue(m.Value, lowerASCII)
		return &m
	})
	v.body = v.body.mapTexts(lowerASCII)
	for i := range v.message {
		v.message[i] = lowerASCII(v.message[i])
	}
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// mapTexts copies the object with its texts put through a function.
func (o object) mapTexts(text func(string) string) object {
	out := make(object, len(o))
	for k, v := range o {
		switch v := v.(type) {
		case object:
			out[k] = v.mapTexts(text)
		case string:
			out[k] = eachMember(v, func(m string) string {
				if s, ok := isText(m); ok {
					return quoteJSON(text(s))
				}
				return m
			})
		}
	}
	return out
}

// modelMessage is where the model of a message stands.
const modelMessage = "\x01message"

// useMessage looks for keywords in one field.
func (v *view) useMessage(raw string) {
	v.body[modelMessage] = raw
	v.rewrite("message", func(m ast.Match) ast.Expr {
		if k, ok := m.Value.(*ast.Keyword); ok {
			m.Field, m.Value = ast.Field{Name: modelMessage}, k.Value
		}
		return &m
	})
}

func mapLeaves(e ast.Expr, leaf func(ast.Match) ast.Expr) ast.Expr {
	terms := func(list []ast.Expr) []ast.Expr {
		out := make([]ast.Expr, len(list))
		for i, t := range list {
			out[i] = mapLeaves(t, leaf)
		}
		return out
	}
	switch e := e.(type) {
	case *ast.And:
		return &ast.And{Terms: terms(e.Terms)}
	case *ast.Or:
		return &ast.Or{Terms: terms(e.Terms)}
	case *ast.Not:
		return &ast.Not{Term: mapLeaves(e.Term, leaf)}
	case *ast.Match:
		return leaf(*e)
	}
	panic(fmt.Sprintf("verify: unknown expression %T", e))
}

// excuser looks for the notes that explain a verdict.
type excuser struct {
	models []model
	expr   ast.Expr
	rules  map[string]*evaluator.Reference // the rewritten ones, by the names
}

func newExcuser(models []model, expr ast.Expr) excuser {
	return excuser{models, expr, map[string]*evaluator.Reference{}}
}

// explain finds the codes whose models give the engine's verdict, the fewest
// that do. It returns nil if the notes do not explain it.
func (x *excuser) explain(e Event, verdict bool) ([]backends.NoteCode, error) {
	if len(x.models) == 0 {
		return nil, nil
	}
	body, err := decodeObject(e.Body)
	if err != nil {
		return nil, err
	}
	lines, err := scalarsOf(e.Body)
	if err != nil {
		return nil, err
	}
	for size := 1; size <= min(4, len(x.models)); size++ {
		for chosen := range subsets(len(x.models), size) {
			v := view{body: body.clone(), raw: string(e.Body), message: slices.Clone(lines)}
			var codes []backends.NoteCode
			for _, i := range chosen {
				x.models[i].apply(&v)
				codes = append(codes, x.models[i].code)
			}
			got, err := x.verdict(v)
			if err != nil {
				return nil, err
			}
			if got == verdict {
				return slices.Compact(codes), nil
			}
		}
	}
	return nil, nil
}

func (x *excuser) verdict(v view) (bool, error) {
	ref, err := x.rewritten(v.rewrites)
	if err != nil {
		return false, err
	}
	ev, err := evaluator.ParseEvent(v.body.encode())
	if err != nil {
		return false, err
	}
	return ref.Match(ev), nil
}

func (x *excuser) rewritten(list []rewrite) (*evaluator.Reference, error) {
	var names strings.Builder
	for _, r := range list {
		names.WriteString(r.name + "\x00")
	}
	if known := x.rules[names.String()]; known != nil {
		return known, nil
	}
	expr := x.expr
	for _, r := range list {
		expr = mapLeaves(expr, r.leaf)
	}
	ref, err := evaluator.New(&ast.Query{Expr: expr})
	if err == nil {
		x.rules[names.String()] = ref
	}
	return ref, err
}

// subsets gives the ascending choices of k out of n.
func subsets(n, k int) func(yield func([]int) bool) {
	return func(yield func([]int) bool) {
		chosen := make([]int, k)
		var choose func(at, from int) bool
		choose = func(at, from int) bool {
			if at == k {
				return yield(chosen)
			}
			for i := from; i < n; i++ {
				chosen[at] = i
				if !choose(at+1, i+1) {
					return false
				}
			}
			return true
		}
		choose(0, 0)
	}
}

// hasSeveral reports whether one of the fields holds other than one plain value
// in the event: a list or an object, or lies below a list.
func hasSeveral(e Event, fields []string) bool {
	var body map[string]any
	if json.Unmarshal(e.Body, &body) != nil {
		return false
	}
	return slices.ContainsFunc(fields, func(f string) bool {
		if v, ok := body[f]; ok {
			return isSeveral(v)
		}
		at := any(body)
		for _, step := range strings.Split(f, ".") {
			inner, ok := at.(map[string]any)
			if !ok {
				return false
			}
			at = inner[step]
			if list, ok := at.([]any); ok {
				return len(list) > 1
			}
		}
		return isSeveral(at)
	})
}

func isSeveral(v any) bool {
	switch v := v.(type) {
	case []any:
		return len(v) > 1
	case map[string]any:
		return len(v) > 0
	}
	return false
}
