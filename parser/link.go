package parser

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sigmatic/ast"
	"sigmatic/ast/diag"
)

// maxChain bounds correlations over correlations.
const maxChain = 10

// Link resolves the references between documents, which may stand in any order
// and in different files: by id, by name, or, with a warning, by title. It returns the documents that can
// be used, those that are referred to before those that refer to them, and what
// is wrong with the others.
func Link(docs []ast.Document) ([]ast.Document, []diag.Diagnostic) {
	l := linker{docs: docs, index: map[string]ast.Document{}, state: map[ast.Document]linkState{}, depth: map[ast.Document]int{}}
	var names Names
	for _, d := range docs {
		if fault := names.Claim(d); fault != nil {
			l.diags = append(l.diags, *fault)
			l.state[d] = unusable
		}
		l.add(d)
	}
	var out []ast.Document
	for _, d := range docs {
		l.visit(d, &out, nil)
	}
	return out, l.diags
}

func silent(d ast.Document) bool {
	r, ok := d.(*ast.Rule)
	return ok && r.Silent
}

type linkState uint8

const (
	unvisited linkState = iota
	visiting
	usable
	unusable
)

type linker struct {
	docs  []ast.Document
	index map[string]ast.Document // by id, and by name
	state map[ast.Document]linkState
	depth map[ast.Document]int // of a chain of correlations; 0 for a rule
	diags []diag.Diagnostic
}

func (l *linker) report(code diag.Code, sev diag.Severity, at ast.Text, help, format string, args ...any) {
	l.diags = append(l.diags, diag.Diagnostic{Code: code, Severity: sev, Span: at.Span, Help: help, Summary: fmt.Sprintf(format, args...)})
}

// add indexes a document.
func (l *linker) add(d ast.Document) {
	if silent(d) {
		return
	}
	for _, key := range []string{d.Meta().ID.Value, d.Meta().Name.Value} {
		if _, taken := l.index[key]; !taken && key != "" {
			l.index[key] = d
		}
	}
}

// Names tell which names are taken, of documents that come one after another. A
// name that two documents have would silently mean one of them. The zero value
// is ready to use.
type Names struct {
	taken map[string]ast.Text // ids, and names, to the name of the document that has them
}

// Claim takes the document's name and id, or says what is wrong with the name:
// such a document cannot be used. Silent rules have those of the correlation
// they are for, and claim nothing.
func (n *Names) Claim(d ast.Document) *diag.Diagnostic {
	if silent(d) {
		return nil
	}
	if n.taken == nil {
		n.taken = map[string]ast.Text{}
	}
	m := d.Meta()
	first, taken := n.taken[m.Name.Value]
	for _, key := range []string{m.ID.Value, m.Name.Value} {
		if _, has := n.taken[key]; !has && key != "" {
			n.taken[key] = m.Name
		}
	}
	if !taken || m.Name.Value == "" {
		return nil
	}
	return &diag.Diagnostic{
		Code: diag.DuplicateName, Severity: diag.Error, Span: m.Name.Span,
		Summary: fmt.Sprintf("the name %q is taken", m.Name.Value), Help: "give one of them another name",
		Related: []diag.Related{{Span: first.Span, Text: "first here"}},
	}
}

func (l *linker) find(name string) ast.Document {
	if d := l.index[name]; d != nil {
		return d
	}
	if id, ok := parseUUID(name); ok {
		return l.index[id]
	}
	return nil
}

// References are the ids and names that a document may refer to others by: each
// as written, and as an id in dashed form where it is one.
func References(d ast.Document) []string {
	var list []ast.Reference
	switch d := d.(type) {
	case *ast.Correlation:
		list = d.Rules
	case *ast.Filter:
		list = d.Rules
	case *ast.Rule:
	}
	var keys []string
	for _, r := range list {
		keys = append(keys, r.Text.Value)
		if id, ok := parseUUID(r.Text.Value); ok && id != r.Text.Value {
			keys = append(keys, id)
		}
	}
	return keys
}

// visit appends d behind all that it refers to. path is the way to it, to tell
// cycles.
func (l *linker) visit(d ast.Document, out *[]ast.Document, path []string) bool {
	switch l.state[d] {
	case visiting, unusable:
		return false
	case usable:
		return true
	}
	ok := true
	if c, isCorrelation := d.(*ast.Correlation); isCorrelation {
		l.state[d] = visiting
		ok = l.correlation(c, out, append(path, c.Title.Value))
	}
	if f, isFilter := d.(*ast.Filter); isFilter {
		l.filter(f)
	}
	if !ok {
		l.state[d] = unusable
		return false
	}
	l.state[d] = usable
	*out = append(*out, d)
	return true
}

func (l *linker) correlation(c *ast.Correlation, out *[]ast.Document, path []string) bool {
	ok := true
	for i := range c.Rules {
		r := &c.Rules[i]
		ok = l.reference(r, c.Title.Value, out, path) && ok
		l.depth[c] = max(l.depth[c], l.depth[r.Target]+1)
	}
	if ok && l.depth[c] > maxChain {
		l.report(diag.CorrelationCycle, diag.Error, c.Title, "", "more than %d correlations stand upon each other", maxChain)
		return false
	}
	for i := range c.Aliases {
		for j := range c.Aliases[i].Fields {
			f := &c.Aliases[i].Fields[j]
			f.Rule.Target = l.find(f.Rule.Text.Value)
			if !slices.ContainsFunc(c.Rules, func(r ast.Reference) bool { return r.Target != nil && r.Target == f.Rule.Target }) {
				l.report(diag.BadAlias, diag.Error, f.Rule.Text, "name one of the correlation's rules", "the alias names %q, which is none of the correlation's rules", f.Rule.Text.Value)
				ok = false
			}
		}
	}
	return ok
}

func (l *linker) reference(r *ast.Reference, from string, out *[]ast.Document, path []string) bool {
	target := r.Target
	if !silent(target) {
		target = l.find(r.Text.Value)
	}
	if target == nil {
		target = l.byTitle(r.Text, from)
	}
	switch target.(type) {
	case nil:
		l.missing(r.Text, from)
		return false
	case *ast.Filter:
		l.report(diag.UnknownReference, diag.Error, r.Text, "", "%q is a filter; a correlation is over rules and correlations", r.Text.Value)
		return false
	}
	r.Target = target
	if l.state[target] == visiting {
		l.report(diag.CorrelationCycle, diag.Error, r.Text, "", "the correlations refer to each other in a circle: %s", strings.Join(append(path, target.Meta().Title.Value), " → "))
		return false
	}
	if !l.visit(target, out, path) {
		l.report(diag.UnknownReference, diag.Error, r.Text, "", "%q refers to %q, which cannot be used", from, r.Text.Value)
		return false
	}
	return true
}

// byTitle finds the one document of a title, which the specification does not
// allow to refer to others by, and some of its tools do.
func (l *linker) byTitle(at ast.Text, from string) ast.Document {
	found, _ := l.titled(at.Value)
	if found == nil {
		return nil
	}
	l.report(diag.UnknownReference, diag.Warning, at, "", "%q refers to the rule %q by its title", from, at.Value)
	d := &l.diags[len(l.diags)-1]
	d.Related = []diag.Related{{Span: found.Meta().Title.Span, Text: "the rule of that title"}}
	key := cmp.Or(found.Meta().Name.Value, found.Meta().ID.Value)
	if key == "" {
		d.Help = "a rule has that title; give it an id or a name, and refer to it by that"
		return found
	}
	d.Help = fmt.Sprintf("a rule has that title; refer to it as %s, as other tools know ids and names only", key)
	d.Fix = &diag.Fix{Span: at.Span, Replacement: key}
	return found
}

// missing reports a reference to nothing, or a misspelled one.
func (l *linker) missing(at ast.Text, from string) {
	l.report(diag.UnknownReference, diag.Error, at, "give the file that holds it as well; rules are referred to by id or name",
		"%q refers to the rule %q, which is not there", from, at.Value)
	d := &l.diags[len(l.diags)-1]
	_, names := l.titled(at.Value)
	if near := diag.Nearest(at.Value, names); near != "" {
		d.Help = fmt.Sprintf("did you mean %q? ", near) + d.Help
	}
}

// titled gives the one document of a title, and the names of all.
func (l *linker) titled(title string) (found ast.Document, names []string) {
	count := 0
	for _, d := range l.docs {
		m := d.Meta()
		if _, isFilter := d.(*ast.Filter); m.Title.Value == title && !silent(d) && !isFilter {
			found = d
			count++
		}
		if m.Name.Value != "" {
			names = append(names, m.Name.Value)
		}
	}
	if count != 1 {
		found = nil
	}
	return found, names
}

// filter resolves the rules that a filter lists. One that is not there is no
// error, as a filter often lies beside a part of its rules only.
func (l *linker) filter(f *ast.Filter) {
	for i := range f.Rules {
		r := &f.Rules[i]
		if r.Target = l.find(r.Text.Value); r.Target == nil {
			l.report(diag.UnknownReference, diag.Warning, r.Text, "rules are referred to by id or name", "the filter lists the rule %q, which is not there", r.Text.Value)
		}
	}
}
