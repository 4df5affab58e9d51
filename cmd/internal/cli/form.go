package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"sigmatic/ast"
	"sigmatic/backends"
)

// The forms that all targets have.
const (
	formText     = "text"
	formJSONL    = "jsonl"
	formTemplate = "template"
)

// form is what becomes of the queries of one target: text, jsonl, the user's
// template, or a format of the target's own.
type form struct {
	name string
	layout
	options  backends.Options
	settings backends.Settings
	format   *backends.Format   // of the target's own
	template *template.Template // of the user
}

// layout is how a form puts several conversions into one text.
type layout struct {
	headers               bool // a line above each, unless it stands alone
	head, separator, foot string
	extension             string // of a file, with its dot
}

// formFlags choose the form of what is written.
type formFlags struct {
	format, template string
	settings         []string
	compact          bool
}

// chooseTargets gives the targets that were named; without any, those that have
// the format.
func (c *convertRun) chooseTargets() error {
	if len(c.targets) == 0 {
		for _, b := range c.registry {
			if c.form.shared() || findFormat(b, c.form.format) != nil {
				c.backends = append(c.backends, b)
			}
		}
		if c.backends == nil {
			return usagef("unknown format %q, the formats are %s; see: sigmatic list formats", c.form.format, strings.Join(allFormats(c.registry), ", "))
		}
		return nil
	}
	for _, name := range c.targets {
		b := c.registry.Find(name)
		if b == nil {
			return usagef("unknown target %q, the targets are %s", name, strings.Join(c.registry.Names(), ", "))
		}
		if !slices.Contains(c.backends, b) {
			c.backends = append(c.backends, b)
		}
	}
	return nil
}

// shared reports whether all targets have the form.
func (f formFlags) shared() bool {
	return f.template != "" || f.format == formText || f.format == formJSONL
}

// chooseForms finds the form for each target.
func (c *convertRun) chooseForms() error {
	values := map[string]string{}
	for _, s := range c.form.settings {
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			return usagef("--set: expected NAME=VALUE, found %q", s)
		}
		values[key] = value
	}
	if c.form.shared() && len(values) > 0 {
		return usagef("--set is for the formats of targets; text, jsonl and templates have no settings")
	}
	for _, b := range c.backends {
		f, err := c.form.of(b, values)
		if err != nil {
			return err
		}
		c.forms = append(c.forms, f)
	}
	if c.form.shared() || len(c.backends) < 2 || c.writesTree() {
		return nil
	}
	return usagef("a file of the format %s is of one target: give one with -t, or a directory with -o DIR/", c.form.format)
}

func (f formFlags) of(b backends.Backend, values map[string]string) (*form, error) {
	if f.template != "" {
		return f.ofTemplate()
	}
	out := &form{name: f.format, options: backends.Options{Compact: f.compact}}
	switch f.format {
	case formText:
		out.layout = layout{headers: true, separator: "\n", extension: b.Extension()}
		return out, nil
	case formJSONL:
		out.layout = layout{extension: ".jsonl"}
		return out, nil
	}
	out.format = findFormat(b, f.format)
	if out.format == nil {
		return nil, usagef("unknown format %q, the formats of %s are %s; see: sigmatic list formats", f.format, b.Name(), strings.Join(formatsOf(b), ", "))
	}
	var err error
	if out.settings, err = out.format.Choose(values); err != nil {
		return nil, usagef("--set: %w", err)
	}
	out.options = backends.Options{Compact: f.compact || out.format.OneLine, Alert: out.format.Alert}
	out.layout = layout{head: out.format.Head, separator: out.format.Separator, extension: out.format.Extension}
	return out, nil
}

func findFormat(b backends.Backend, name string) *backends.Format {
	for _, f := range b.Formats() {
		if f.Name == name {
			return &f
		}
	}
	return nil
}

// formatsOf names all formats of a target.
func formatsOf(b backends.Backend) []string {
	names := []string{formText, formJSONL}
	for _, f := range b.Formats() {
		names = append(names, f.Name)
	}
	return names
}

func allFormats(r backends.Registry) []string {
	var names []string
	for _, b := range r {
		for _, name := range formatsOf(b) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// ofTemplate reads the user's template. Beside the text for a query it may
// define "head", "between" and "foot".
func (f formFlags) ofTemplate() (*form, error) {
	if f.format != formText {
		return nil, usagef("--template says what is written, and -f %s does: give one of them", f.format)
	}
	data, err := os.ReadFile(f.template)
	if err != nil {
		return nil, usagef("--template: %s: %w", f.template, plainError(err))
	}
	name := filepath.Base(f.template)
	t, err := template.New(name).Funcs(templateFuncs).Option("missingkey=error").Parse(string(data))
	if err != nil {
		return nil, usagef("--template: %w", err)
	}
	out := &form{name: formTemplate, template: t, options: backends.Options{Compact: f.compact}}
	for part, to := range map[string]*string{"head": &out.head, "between": &out.separator, "foot": &out.foot} {
		if t.Lookup(part) == nil {
			continue
		}
		var b strings.Builder
		if err := t.ExecuteTemplate(&b, part, nil); err != nil {
			return nil, usagef("--template: %w", err)
		}
		*to = b.String()
	}
	out.extension = ".txt"
	for _, suffix := range []string{".tmpl", ".gotmpl", ".tpl"} {
		name = strings.TrimSuffix(name, suffix)
	}
	if ext := filepath.Ext(name); ext != "" {
		out.extension = ext
	}
	return out, nil
}

// templateFuncs are what a template can call beside those of text/template.
var templateFuncs = template.FuncMap{
	"json": func(v any) (string, error) {
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		err := enc.Encode(v)
		return strings.TrimSuffix(b.String(), "\n"), err
	},
	"join":    func(separator string, list []string) string { return strings.Join(list, separator) },
	"lower":   strings.ToLower,
	"upper":   strings.ToUpper,
	"oneline": backends.OneLine,
	"replace": func(old, new, text string) string { return strings.ReplaceAll(text, old, new) },
	"indent": func(n int, text string) string {
		return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", n))
	},
}

// templateData is what a template prints: docs/templates.md lists it.
type templateData struct {
	Query  string
	Notes  []backends.Note
	Target string
	Schema string
	Index  string // where the events are, as far as the schema knows

	ID, Title, Description, License         string
	Status, Level, Severity, Date, Modified string
	RiskScore                               int
	Authors, References, FalsePositives     []string
	Tags, Fields                            []string
	Category, Product, Service              string
	Techniques                              []backends.Technique
	Threats                                 []backends.Threat
	Custom                                  map[string]string // attributes that Sigma does not define

	File      string
	Line      int
	Condition string
}

func (v conversion) templateData() templateData {
	i, r := v.item(), v.rule
	custom := map[string]string{}
	for _, a := range r.Custom {
		if a.Value.Kind != ast.DataList && a.Value.Kind != ast.DataMap {
			custom[a.Name.Value] = a.Value.Text
		}
	}
	return templateData{
		Query: i.Query, Notes: i.Notes, Target: v.target.Name(), Schema: v.terms.schema, Index: i.Source.Index,
		ID: i.ID(), Title: i.Title(), Description: i.Description(), License: r.License.Value,
		Status: r.Status.String(), Level: r.Level.String(), Severity: i.Severity(), Date: r.Date.Value, Modified: r.Modified.Value,
		RiskScore: i.RiskScore(), Authors: i.Authors(), References: backends.Values(r.References),
		FalsePositives: backends.Values(r.FalsePositives), Tags: i.Tags(), Fields: i.Fields,
		Category: r.LogSource.Category.Value, Product: r.LogSource.Product.Value, Service: r.LogSource.Service.Value,
		Techniques: backends.Techniques(r.Tags), Threats: backends.Threats(r.Tags), Custom: custom,
		File: r.Span.File.Name, Line: r.Title.Span.Position().Line, Condition: v.query.Condition.Text.Value,
	}
}

// item is the query as a format sees it.
func (v conversion) item() backends.Item {
	return backends.Item{
		Rule: v.rule.Rule, Index: v.query.Index, Of: len(v.rule.Conditions), Fields: backends.Values(v.terms.rule.Fields),
		Query: v.out.Query, Notes: v.out.Notes, Source: v.terms.source, Settings: v.form.settings,
		Correlation: v.correlation,
	}
}

// render writes a conversion in its form. What the form cannot say becomes a
// refusal.
func (v *conversion) render() {
	switch {
	case v.form.name == formJSONL:
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		// A record of strings and numbers always encodes.
		_ = enc.Encode(v.record())
		v.text = b.Bytes()
	case v.err != nil:
	case v.form.name == formText:
		v.text = []byte(v.out.Query + "\n")
	case v.form.template != nil:
		var b bytes.Buffer
		if err := v.form.template.Execute(&b, v.templateData()); err != nil {
			v.out, v.err = nil, fmt.Errorf("--template: %w", err)
			return
		}
		v.text = b.Bytes()
	default:
		i := v.item()
		text, err := v.form.format.Print(i)
		if err != nil {
			v.out, v.err = nil, err
			return
		}
		v.text = []byte(text)
		v.keys = v.form.format.Keys(i)
	}
}
