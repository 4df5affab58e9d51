package processing_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser"
	"sigmatic/pipeline/processing"
)

var record = flag.Bool("record", false, "write the files want.txt of testdata/pipelines anew")

const cases = "../../testdata/pipelines"

// TestGolden holds what pipelines make of rules against want.txt.
func TestGolden(t *testing.T) {
	dirs, err := os.ReadDir(cases)
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, d := range dirs {
		if !d.IsDir() {
			continue // README.md
		}
		dir := filepath.Join(cases, d.Name())
		t.Run(d.Name(), func(t *testing.T) {
			got := runCase(t, dir)
			path := filepath.Join(dir, "want.txt")
			if *record {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", dir, diff)
			}
		})
	}
}

// runCase reads the pipelines of a folder, merged, and applies them to its rules.
func runCase(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	p := readPipelines(t, dir, &out)
	_, err := os.Stat(filepath.Join(dir, "rule.yml"))
	switch {
	case p == nil && err == nil:
		t.Errorf("the pipeline has errors:\n%s", &out)
		return out.String()
	case p == nil:
		return out.String()
	case err != nil:
		t.Error("the pipeline has no errors, and there is no rule")
		return out.String()
	}
	var queries []string
	for _, doc := range readRules(t, filepath.Join(dir, "rule.yml")) {
		before := describe(doc)
		res, diags := p.Apply(doc)
		fmt.Fprintf(&out, "# %s\n%s", doc.Meta().Title.Value, listing(diags))
		if after := describe(doc); after != before {
			t.Errorf("the rule was changed in place:\n%s", cmp.Diff(before, after))
		}
		if res == nil {
			continue
		}
		wellFormed(t, res.Document)
		out.WriteString(changes(doc, res.Document))
		for _, key := range slices.Sorted(maps.Keys(res.State)) {
			fmt.Fprintf(&out, "state %s: %s\n", key, dataText(res.State[key]))
		}
		if p.Postprocesses() || p.Finalizes() {
			query, err := res.Postprocess("QUERY OF " + strings.ToUpper(doc.Meta().Title.Value))
			if err != nil {
				query = "error: " + err.Error()
			}
			queries = append(queries, query)
			fmt.Fprintf(&out, "query %s\n", query)
		}
	}
	if p.Finalizes() {
		text, err := p.Finalize(queries)
		if err != nil {
			text = "error: " + err.Error()
		}
		fmt.Fprintf(&out, "# finalized\n%s\n", text)
	}
	return out.String()
}

func readPipelines(t *testing.T, dir string, out *strings.Builder) *processing.Pipeline {
	t.Helper()
	files, _ := filepath.Glob(dir + "/pipeline*.yml")
	var list []*processing.Pipeline
	failed := false
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, diags := processing.Read(source.NewFile(filepath.Base(file), data), options(dir))
		out.WriteString(listing(diags))
		failed = failed || p == nil
		list = append(list, p)
	}
	if failed {
		return nil
	}
	return processing.Merge(list)
}

// options allow the files of the case that are named values.*.
func options(dir string) processing.Options {
	o := processing.Options{Detection: parser.Detection}
	if files, _ := filepath.Glob(dir + "/values.*"); len(files) > 0 {
		o.ReadFile = func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, filepath.Base(name))) }
	}
	return o
}

func readRules(t *testing.T, path string) []ast.Document {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	res := parser.Parse(source.NewFile("rule.yml", data))
	docs, diags := parser.Link(res.Documents)
	if diags = append(res.Diagnostics, diags...); diag.HasErrors(diags) {
		t.Fatalf("the rule has errors:\n%s", listing(diags))
	}
	return docs
}

func listing(list []diag.Diagnostic) string {
	var b strings.Builder
	for _, d := range list {
		p := d.Span.Position()
		fmt.Fprintf(&b, "%s:%d:%d %s %s: %s", d.Span.File.Name, p.Line, p.Column, d.Code, d.Severity, d.Summary)
		if d.Help != "" {
			fmt.Fprintf(&b, " | %s", d.Help)
		}
		for _, r := range d.Related {
			at := r.Span.Position()
			fmt.Fprintf(&b, " | %s:%d:%d %s", r.Span.File.Name, at.Line, at.Column, r.Text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// changes are the lines of a description that the pipeline changed, and what a
// rule searches for in any case.
func changes(before, after ast.Document) string {
	old := strings.Split(describe(before), "\n")
	var b strings.Builder
	for _, line := range strings.Split(describe(after), "\n") {
		if line != "" && (strings.HasPrefix(line, "search ") || !slices.Contains(old, line)) {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// describe writes what a document means, a line for each part.
func describe(doc ast.Document) string {
	var b strings.Builder
	meta := doc.Meta()
	fmt.Fprintf(&b, "fields %s\n", texts(meta.Fields))
	for _, a := range meta.Custom {
		fmt.Fprintf(&b, "attribute %s: %s\n", a.Name.Value, dataText(a.Value))
	}
	switch doc := doc.(type) {
	case *ast.Rule:
		fmt.Fprintf(&b, "logsource %s/%s/%s\n", doc.LogSource.Category.Value, doc.LogSource.Product.Value, doc.LogSource.Service.Value)
		for _, c := range doc.Conditions {
			fmt.Fprintf(&b, "condition %s\n", c.Expr)
		}
		queries, diags := ast.Resolve(doc)
		b.WriteString(listing(diags))
		for _, q := range queries {
			fmt.Fprintf(&b, "search %s\n", ast.Simplify(q.Expr))
		}
	case *ast.Correlation:
		fmt.Fprintf(&b, "group-by %s\n", texts(doc.GroupBy))
		for _, a := range doc.Aliases {
			for _, f := range a.Fields {
				fmt.Fprintf(&b, "alias %s: %s %s\n", a.Name.Value, f.Rule.Text.Value, f.Field.Value)
			}
		}
		for _, a := range doc.Aggregates {
			fmt.Fprintf(&b, "counts %s\n", texts(a.Fields))
		}
		for _, ref := range doc.Rules {
			fmt.Fprintf(&b, "rule %s: %s\n", ref.Text.Value, strings.ReplaceAll(strings.TrimSpace(describe(ref.Target)), "\n", "; "))
		}
	}
	return b.String()
}

// wellFormed holds what came out to what the tree promises.
func wellFormed(t *testing.T, doc ast.Document) {
	t.Helper()
	r, ok := doc.(*ast.Rule)
	if !ok {
		return
	}
	var body func(ast.Detection)
	body = func(d ast.Detection) {
		switch d := d.(type) {
		case *ast.AllOf:
			for _, m := range d.Members {
				body(m)
			}
		case *ast.AnyOf:
			for _, m := range d.Members {
				body(m)
			}
		case *ast.Item:
			if len(d.Values) == 0 {
				t.Errorf("the item of %q has no value", d.Field.Name)
			}
			for _, list := range d.Values {
				if len(list) == 0 {
					t.Errorf("a value of %q has no alternative", d.Field.Name)
				}
				for _, v := range list {
					wellFormedValue(t, d, v)
				}
			}
		}
	}
	for _, d := range r.Detections {
		body(d.Body)
	}
}

func wellFormedValue(t *testing.T, d *ast.Item, v ast.Value) {
	t.Helper()
	k, isKeyword := v.(*ast.Keyword)
	if isKeyword != d.IsKeyword || d.IsKeyword != (d.Field.Name == "") {
		t.Errorf("the value %s stands in an item of %q, keyword %v", v, d.Field.Name, d.IsKeyword)
	}
	if isKeyword {
		v = k.Value
	}
	switch v := v.(type) {
	case *ast.Pattern:
		if !slices.Equal(ast.JoinParts(v.Parts), v.Parts) {
			t.Errorf("the parts of %s are not joined", v)
		}
	case *ast.Regex:
		if err := v.Check(); err != nil {
			t.Errorf("%s: %v", v, err)
		}
	}
}

func texts(list []ast.Text) string {
	var out []string
	for _, t := range list {
		out = append(out, t.Value)
	}
	return strings.Join(out, ", ")
}

func dataText(d ast.Data) string {
	switch d.Kind {
	case ast.DataList:
		var out []string
		for _, item := range d.Items {
			out = append(out, dataText(item))
		}
		return "[" + strings.Join(out, ", ") + "]"
	case ast.DataMap:
		var out []string
		for _, p := range d.Pairs {
			out = append(out, p.Name.Value+": "+dataText(p.Value))
		}
		return "{" + strings.Join(out, ", ") + "}"
	case ast.DataScalar:
		return fmt.Sprintf("%q", d.Text)
	}
	return d.Text
}
