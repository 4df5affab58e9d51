package processing

import (
	"cmp"
	"maps"
	"slices"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser/yamldoc"
)

// Pipeline is a processing pipeline, or several merged ones. It can be applied
// from several goroutines at once.
type Pipeline struct {
	Name     string
	Priority int // lower runs first
	// AllowedBackends are the targets that the pipeline is for; empty for all.
	AllowedBackends []ast.Text
	Span            source.Span

	vars       map[string]ast.Data
	items      []*item
	post       []*postItem
	finalizers []*finalizer
}

// Options give what a pipeline may need from outside.
type Options struct {
	// Detection reads detection items written as in a rule, for the conditions
	// that a pipeline adds.
	Detection func(name, items *yamldoc.Node) (ast.Detection, []diag.Diagnostic)
	// ReadFile gives the content of a file that a pipeline names. It is for the
	// caller to say which files may be read; nil allows none.
	ReadFile func(path string) ([]byte, error)
}

// item is one entry of transformations.
type item struct {
	id    string
	do    transformation
	rule  gate[ruleCondition]
	item  gate[itemCondition]
	field gate[fieldCondition]
	span  source.Span
}

// Merge joins pipelines into one that runs those of a lower priority first, and
// among equals in the order of their paths. Variables of later ones win.
func Merge(list []*Pipeline) *Pipeline {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b *Pipeline) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.path(), b.path()))
	})
	out := &Pipeline{vars: map[string]ast.Data{}}
	for _, p := range sorted {
		out.items = append(out.items, p.items...)
		out.post = append(out.post, p.post...)
		out.finalizers = append(out.finalizers, p.finalizers...)
		maps.Copy(out.vars, p.vars)
	}
	return out
}

func (p *Pipeline) path() string {
	if p.Span.File == nil {
		return ""
	}
	return p.Span.File.Name
}

// WithVars is the pipeline with more variables, which outrank its own.
func (p *Pipeline) WithVars(vars map[string]string) *Pipeline {
	out := *p
	out.vars = maps.Clone(p.vars)
	if out.vars == nil {
		out.vars = map[string]ast.Data{}
	}
	for name, value := range vars {
		out.vars[name] = ast.Data{Kind: ast.DataScalar, Text: value}
	}
	return &out
}

// Result is what a pipeline made of a document.
type Result struct {
	Document ast.Document
	// State is what the pipeline's items have set, by key: index, for one, says
	// where the events are.
	State map[string]ast.Data

	run *run
}

// Apply adapts a rule or a correlation; of a correlation also the rules that it
// refers to. The document is nil when a diagnostic is an error.
func (p *Pipeline) Apply(doc ast.Document) (*Result, []diag.Diagnostic) {
	r := newRun(p, doc)
	r.apply(p.items)
	if r.failed {
		return nil, r.diags
	}
	out := r.finish()
	if r.failed {
		return nil, r.diags
	}
	return &Result{Document: out, State: r.state, run: r}, r.diags
}
