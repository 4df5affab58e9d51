package processing_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser"
	"sigmatic/pipeline/processing"
)

// TestPages runs the examples on the pages of the codes of pipelines. Where a
// pipeline can be read, it is applied to a rule.
func TestPages(t *testing.T) {
	for _, page := range diag.Pages() {
		if !strings.HasPrefix(string(page.Code), "S10") {
			continue
		}
		t.Run(string(page.Code), func(t *testing.T) {
			if got := findings(page.Wrong); !slices.Equal(got, []diag.Code{page.Code}) {
				t.Errorf("the wrong example gives %v, want %s alone", got, page.Code)
			}
			if got := findings(page.Right); len(got) > 0 {
				t.Errorf("the right example gives %v", got)
			}
		})
	}
}

const pageRule = "title: A rule\nlogsource:\n  product: windows\ndetection:\n  selection:\n    Image: a\n  condition: selection\n"

// findings are the codes that a pipeline gives when it is read and applied.
func findings(text string) []diag.Code {
	p, diags := processing.Read(source.NewFile("pipeline.yml", []byte(text)), processing.Options{Detection: parser.Detection})
	if p != nil {
		_, more := p.Apply(parser.Parse(source.NewFile("rule.yml", []byte(pageRule))).Documents[0])
		diags = append(diags, more...)
	}
	var out []diag.Code
	for _, d := range diags {
		out = append(out, d.Code)
	}
	return out
}

// TestTypesHaveCases demands a golden case for each type that the tables name.
// Names are found in the sources, so that a new row comes with its case.
func TestTypesHaveCases(t *testing.T) {
	var cases strings.Builder
	files, _ := filepath.Glob("../../testdata/pipelines/*/pipeline*.yml")
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		cases.Write(data)
	}
	docs, err := os.ReadFile("../../docs/pipelines.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^\t+"([a-z_]+)":\s+\{`)
	n := 0
	for _, f := range []string{"transformations.go", "conditions.go", "postprocess.go", "finalize.go"} {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range row.FindAllStringSubmatch(string(data), -1) {
			n++
			if !regexp.MustCompile(`type: ` + m[1] + `\b`).MatchString(cases.String()) {
				t.Errorf("no case has the type %s of %s", m[1], f)
			}
			if !strings.Contains(string(docs), "`"+m[1]+"`") {
				t.Errorf("docs/pipelines.md does not name the type %s of %s", m[1], f)
			}
		}
	}
	// 31 transformations, 19 conditions, 6 of postprocessing, 5 finalizers.
	if n != 61 {
		t.Errorf("the tables have %d rows, want 61", n)
	}
}

// TestWithVars: what a caller says outranks the pipeline's own variables, and
// leaves the pipeline as it was.
func TestWithVars(t *testing.T) {
	const text = "vars:\n  backend: none\ntransformations:\n  - type: value_placeholders\n"
	p, _ := processing.Read(source.NewFile("p.yml", []byte(text)), processing.Options{})
	rule := parser.Parse(source.NewFile("r.yml", []byte(strings.Replace(pageRule, "Image: a", "Image|expand: '%backend%'", 1)))).Documents[0]
	for _, c := range []struct {
		p    *processing.Pipeline
		want string
	}{{p.WithVars(map[string]string{"backend": "esql"}), `"Image" is "esql"`}, {p, `"Image" is "none"`}} {
		res, diags := c.p.Apply(rule)
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		qs, _ := ast.Resolve(res.Document.(*ast.Rule))
		if got := qs[0].Expr.String(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestMergePriorities: lower first, then by path, whatever order they come in.
func TestMergePriorities(t *testing.T) {
	var list []*processing.Pipeline
	for _, c := range []struct{ path, priority string }{{"c.yml", "30"}, {"b.yml", "10"}, {"a.yml", "10"}, {"d.yml", "-5"}} {
		text := "priority: " + c.priority + "\ntransformations:\n  - type: field_name_suffix\n    suffix: ." + c.path[:1] + "\n"
		p, diags := processing.Read(source.NewFile(c.path, []byte(text)), processing.Options{})
		if p == nil {
			t.Fatal(diags)
		}
		list = append(list, p)
	}
	res, _ := processing.Merge(list).Apply(parser.Parse(source.NewFile("r.yml", []byte(pageRule))).Documents[0])
	qs, _ := ast.Resolve(res.Document.(*ast.Rule))
	if got, want := qs[0].Expr.String(), `"Image.d.a.b.c" is "a"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestConcurrent: one pipeline adapts many rules at a time, which the race
// detector watches.
func TestConcurrent(t *testing.T) {
	var list []*processing.Pipeline
	var docs []ast.Document
	for _, name := range []string{"field-name-mapping", "add-condition-template", "nest", "postprocessing-template", "file-placeholders", "hashes-fields"} {
		dir := filepath.Join(cases, name)
		data, err := os.ReadFile(filepath.Join(dir, "pipeline.yml"))
		if err != nil {
			t.Fatal(err)
		}
		p, _ := processing.Read(source.NewFile(name, data), options(dir))
		list = append(list, p)
		docs = append(docs, readRules(t, filepath.Join(dir, "rule.yml"))...)
	}
	p := processing.Merge(list)
	var wg sync.WaitGroup
	texts := make([]string, 8)
	for i := range texts {
		wg.Go(func() {
			for _, doc := range docs {
				res, diags := p.Apply(doc)
				texts[i] += listing(diags)
				if res != nil {
					query, err := res.Postprocess("q")
					texts[i] += describe(res.Document) + query + fmt.Sprint(err)
				}
			}
		})
	}
	wg.Wait()
	for i, text := range texts {
		if text != texts[0] || text == "" {
			t.Errorf("run %d gives something else than the first", i)
		}
	}
}

// FuzzRead: whatever a file holds, reading and applying it ends without a
// panic, a pipeline with an error is not returned, the rule stays as it was, and
// what comes out resolves.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("../../testdata/pipelines/*/pipeline*.yml")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	const rule = "title: A rule\nlogsource:\n  category: c\n  product: windows\nfields: [Image, b]\ndetection:\n" +
		"  selection:\n    Image|endswith: ['\\a', 'b*']\n    Hashes: MD5=00\n    c|windash: ' -x'\n    d|expand: '%a%'\n    e|fieldref: Image\n    g|neq: 1\n" +
		"  keywords: [x, 5]\n  condition: 1 of sel* or not keywords\n"
	doc := parser.Parse(source.NewFile("rule.yml", []byte(rule))).Documents[0]
	before := describe(doc)
	f.Fuzz(func(t *testing.T, text string) {
		p, diags := processing.Read(source.NewFile("pipeline.yml", []byte(text)), processing.Options{Detection: parser.Detection})
		if (p == nil) != diag.HasErrors(diags) {
			t.Fatalf("a pipeline %v with the findings %v", p, diags)
		}
		if p == nil {
			return
		}
		res, diags := processing.Merge([]*processing.Pipeline{p}).Apply(doc)
		if (res == nil) != diag.HasErrors(diags) {
			t.Fatalf("a result %v with the findings %v", res, diags)
		}
		if after := describe(doc); after != before {
			t.Fatalf("the rule was changed in place:\n%s", after)
		}
		if res == nil {
			return
		}
		wellFormed(t, res.Document)
		if _, diags := ast.Resolve(res.Document.(*ast.Rule)); len(diags) > 0 {
			t.Fatalf("the adapted rule does not resolve: %v", diags)
		}
		_, _ = res.Postprocess("query")
		_, _ = p.Finalize([]string{"query"})
	})
}
