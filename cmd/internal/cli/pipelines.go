package cli

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/backends"
	"sigmatic/parser"
	"sigmatic/pipeline/processing"
)

// pipelineFlags are the processing pipelines that rules go through.
type pipelineFlags struct {
	paths   []string
	allowed []string // files that pipelines may read
	merged  *processing.Pipeline
}

func (f *pipelineFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&f.paths, "pipeline", "p", nil, "adapt the rules by this processing pipeline (pySigma's YAML): a file, or all in a directory; repeatable")
	cmd.Flags().StringArrayVar(&f.allowed, "pipeline-file", nil, "a file of values that pipelines may read (file_placeholders); repeatable")
}

// foreignPipelines are names that sigma-cli's plugins bring, and what does their
// job here.
var foreignPipelines = map[string]string{
	"splunk_windows": fieldSchemas, "splunk_sysmon_acceleration": fieldSchemas, "splunk_cim": fieldSchemas,
	"ecs_windows": fieldSchemas, "ecs_windows_old": fieldSchemas, "ecs_zeek_beats": fieldSchemas, "ecs_zeek_corelight": fieldSchemas,
	"ecs_kubernetes": fieldSchemas, "ecs_macos_esf": fieldSchemas, "zeek": fieldSchemas, "zeek_raw": fieldSchemas,
	"sysmon": fieldSchemas, "windows-logsources": fieldSchemas, "windows-audit": fieldSchemas, "windows": fieldSchemas,
}

const fieldSchemas = "names of fields and places of events are schemas here; --schema auto, the default, takes the one of target and log source, and sigmatic list schemas prints all"

// read reads and merges the pipelines, for these targets.
func (f *pipelineFlags) read(a *app, targets []backends.Backend, registry backends.Registry) error {
	var list []*processing.Pipeline
	for _, path := range f.paths {
		files, err := pipelineFiles(path)
		if err != nil {
			return err
		}
		for _, name := range files {
			p, err := f.load(a, name)
			if err != nil {
				return err
			}
			if err := allows(p, name, targets, registry); err != nil {
				return err
			}
			list = append(list, p)
		}
	}
	if len(list) > 0 {
		f.merged = processing.Merge(list)
	}
	return nil
}

func (f *pipelineFlags) load(a *app, name string) (*processing.Pipeline, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, usagef("--pipeline %s: %v", name, plainError(err))
	}
	opts := processing.Options{Detection: parser.Detection}
	if len(f.allowed) > 0 {
		opts.ReadFile = f.reader(filepath.Dir(name))
	}
	p, diags := processing.Read(source.NewFile(name, data), opts)
	a.diagnostics(diags)
	if p == nil {
		return nil, fmt.Errorf("the pipeline %s cannot be used", name)
	}
	return p, nil
}

// reader reads the files that were allowed. A pipeline names them from where it
// lies, or from the working directory.
func (f *pipelineFlags) reader(dir string) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		candidates := []string{path}
		if !filepath.IsAbs(path) {
			candidates = append(candidates, filepath.Join(dir, path))
		}
		for _, candidate := range candidates {
			if slices.ContainsFunc(f.allowed, func(allowed string) bool { return sameFile(allowed, candidate) }) {
				return os.ReadFile(candidate)
			}
		}
		return nil, fmt.Errorf("the file is not among those that --pipeline-file allows")
	}
}

func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// pipelineFiles lists the files that one -p names.
func pipelineFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	switch base := filepath.Base(path); {
	case err != nil && foreignPipelines[base] != "":
		return nil, usagef("no pipeline %s ships: %s", base, foreignPipelines[base])
	case err != nil:
		return nil, usagef("--pipeline %s: %v; -p takes a file or a directory", path, plainError(err))
	case !info.IsDir():
		return []string{path}, nil
	}
	var files []string
	err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != path && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.IsDir() && isRuleName(d.Name()):
			files = append(files, name)
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		return nil, usagef("--pipeline %s: the directory holds no .yml file", path)
	}
	return files, err
}

// allows refuses targets that a pipeline is not for.
func allows(p *processing.Pipeline, name string, targets []backends.Backend, registry backends.Registry) error {
	if len(p.AllowedBackends) == 0 {
		return nil
	}
	var names, known []string
	for _, t := range p.AllowedBackends {
		names = append(names, t.Value)
		if b := registry.Find(t.Value); b != nil {
			known = append(known, b.Name())
		}
	}
	for _, b := range targets {
		if slices.Contains(known, b.Name()) {
			continue
		}
		help := ", which are none of " + strings.Join(registry.Names(), ", ")
		if len(known) > 0 {
			help = "; say -t " + strings.Join(known, ",")
		}
		return usagef("the pipeline %s is for the targets %s and not for %s%s", name, strings.Join(names, ", "), b.Name(), help)
	}
	return nil
}

// withTarget gives pipelines the variables that say what they run for. Of
// several targets none is said, as all have the adapted rule in common.
func (f *pipelineFlags) withTarget(targets []backends.Backend, format string) {
	if f.merged == nil {
		return
	}
	vars := map[string]string{"output_format": format}
	if len(targets) == 1 {
		vars["backend"] = targets[0].Name()
	}
	f.merged = f.merged.WithVars(vars)
}

// adapt runs a rule through the pipelines. The diagnostic says why they refuse
// it.
func (f *pipelineFlags) adapt(r loadedRule) (loadedRule, []diag.Diagnostic, *diag.Diagnostic) {
	if f.merged == nil {
		return r, nil, nil
	}
	res, diags := f.merged.Apply(r.Rule)
	if res == nil {
		for i := range diags {
			if diags[i].Severity == diag.Error {
				refusal := diags[i]
				return r, slices.Delete(diags, i, i+1), &refusal
			}
		}
	}
	r.Rule, r.adapted = res.Document.(*ast.Rule), res
	return r, diags, nil
}

// adaptAll runs rules through the pipelines, for those who convert nothing. A
// rule that they refuse is broken.
func (f *pipelineFlags) adaptAll(a *app, set *ruleSet) {
	if f.merged == nil {
		return
	}
	kept := set.rules[:0:0]
	for _, r := range set.rules {
		adapted, diags, refusal := f.adapt(r)
		if refusal != nil {
			set.broken++
			a.diagnostics(append(diags, *refusal))
			continue
		}
		a.diagnostics(diags)
		kept = append(kept, adapted)
	}
	set.rules = kept
}

// refused is the answer of all targets for a rule that the pipelines refuse.
func (c *convertRun) refused(r loadedRule, why *diag.Diagnostic) []conversion {
	var out []conversion
	none := &ast.Query{Rule: r.Rule, Condition: &ast.RuleCondition{}}
	detail := why.Summary
	for _, item := range why.Related {
		detail += fmt.Sprintf(", %s:%d", item.Span.File.Name, item.Span.Position().Line)
	}
	for i, b := range c.backends {
		out = append(out, conversion{rule: r, query: none, target: b, terms: &prepared{schema: "none"}, form: c.forms[i], err: refusal(b, backends.FeaturePipeline, why.Span, detail)})
	}
	return out
}

// placed is where a pipeline says that the events are, and otherwise the schema.
// Several indexes in one name are what Elasticsearch has; elsewhere they are
// refused.
func (r loadedRule) placed(of backends.Source, b backends.Backend) (backends.Source, error) {
	if r.adapted == nil {
		return of, nil
	}
	for key, to := range map[string]*string{"index": &of.Index, "sourcetype": &of.Sourcetype, "stream": &of.Stream} {
		d, ok := r.adapted.State[key]
		switch {
		case !ok:
		case d.Kind == ast.DataList && len(d.Items) > 1 && (key != "index" || b.Name() == "splunk"):
			detail := fmt.Sprintf("its state %q holds %d names, and one was expected; add_condition can demand one of several", key, len(d.Items))
			return of, refusal(b, backends.FeaturePipeline, d.Span, detail)
		case d.Kind == ast.DataList:
			var names []string
			for _, item := range d.Items {
				names = append(names, item.Text)
			}
			*to = strings.Join(names, ",")
		default:
			*to = d.Text
		}
	}
	return of, nil
}

// postprocess gives a conversion the text that the pipelines make of its query.
func (v *conversion) postprocess() {
	if v.rule.adapted == nil || v.err != nil {
		return
	}
	text, err := v.rule.adapted.Postprocess(v.out.Query)
	if err != nil {
		v.out, v.err = nil, err
		return
	}
	v.out = &backends.Output{Query: text, Notes: v.out.Notes}
}

// finalSink holds all queries until the pipelines make one text of them.
type finalSink struct {
	pipeline  *processing.Pipeline
	w         io.Writer
	closeFile func() error
	queries   []string
}

func (s *finalSink) add(v conversion) error {
	if v.err == nil {
		s.queries = append(s.queries, v.out.Query)
	}
	return nil
}

func (s *finalSink) close() error {
	text, err := s.pipeline.Finalize(s.queries)
	if err == nil {
		_, err = io.WriteString(s.w, strings.TrimSuffix(text, "\n")+"\n")
	}
	if closeErr := s.closeFile(); err == nil {
		err = closeErr
	}
	return err
}

// finalizing opens the sink of pipelines with finalizers, nil without any.
func (c *convertRun) finalizing() (sink, error) {
	p := c.pipelines.merged
	switch {
	case p == nil || !p.Finalizes():
		return nil, nil
	case len(c.backends) > 1:
		return nil, usagef("the finalizers of the pipelines make one text of all queries; say one target with -t")
	case c.form.format != formText:
		return nil, usagef("the finalizers of the pipelines make one text of all queries, which -f %s has no place for", c.form.format)
	case c.form.template != "":
		return nil, usagef("the finalizers of the pipelines make one text of all queries, which a template has no place for")
	case c.writesTree():
		return nil, usagef("the finalizers of the pipelines make one text of all queries; say a file with -o, not a directory")
	}
	w, closeFile, err := c.output(c.outPath)
	if err != nil {
		return nil, err
	}
	return &finalSink{pipeline: p, w: w, closeFile: closeFile}, nil
}

// listPipelines lists what ships: none, as stores are described by schemas.
func listPipelines(a *app) listing {
	a.infof("no pipeline ships; -p takes files and directories (docs/pipelines.md), and stores are described by schemas: sigmatic list schemas")
	return listing{columns: []string{"pipeline", "summary"}}
}
