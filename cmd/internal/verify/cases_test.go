package verify

import (
	"errors"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	goast "go/ast"

	"github.com/google/go-cmp/cmp"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends"
	"sigmatic/backends/all"
	sigma "sigmatic/parser"
)

var record = flag.Bool("record", false, "write the files <target>.txt of testdata/cases anew")

const casesDir = "../../../testdata/cases"

// goldenCase is one directory of testdata/cases: rules, and for each target a
// file with what it prints for each of their conditions.
type goldenCase struct {
	name    string
	dir     string
	queries []goldenQuery
}

// goldenQuery is one condition of one rule of a case.
type goldenQuery struct {
	title string // of the rule, and the condition where the rule has several
	*ast.Query
}

func readCases(t testing.TB) []goldenCase {
	t.Helper()
	dirs, err := os.ReadDir(casesDir)
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var cases []goldenCase
	for _, d := range dirs {
		if !d.IsDir() {
			continue // README.md
		}
		c := goldenCase{name: d.Name(), dir: filepath.Join(casesDir, d.Name())}
		data, err := os.ReadFile(filepath.Join(c.dir, "rule.yml"))
		if err != nil {
			t.Fatal(err)
		}
		c.queries = queriesOf(t, d.Name()+"/rule.yml", data)
		cases = append(cases, c)
	}
	return cases
}

func queriesOf(t testing.TB, name string, data []byte) []goldenQuery {
	t.Helper()
	res := sigma.Parse(source.NewFile(name, data))
	if res.Broken > 0 || res.Foreign > 0 {
		t.Fatalf("%s: %v", name, res.Diagnostics)
	}
	var out []goldenQuery
	for _, doc := range res.Documents {
		r, ok := doc.(*ast.Rule)
		if !ok {
			continue
		}
		queries, diags := ast.Resolve(r)
		if len(diags) > 0 {
			t.Fatalf("%s: %v", name, diags)
		}
		for _, q := range queries {
			title := r.Title.Value
			if len(queries) > 1 {
				title += ": " + q.Condition.Text.Value
			}
			out = append(out, goldenQuery{title, q})
		}
	}
	return out
}

// TestGoldenCases holds what every backend prints for every case against the
// files of the case. A new backend fails until each case has its output or its
// reason; -record writes them, and a person then reads them.
func TestGoldenCases(t *testing.T) {
	cases := readCases(t)
	for _, b := range all.Registry() {
		t.Run(b.Name(), func(t *testing.T) {
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) { checkGolden(t, b, c) })
			}
		})
	}
}

func checkGolden(t *testing.T, b backends.Backend, c goldenCase) {
	var text strings.Builder
	for _, q := range c.queries {
		fmt.Fprintf(&text, "=== %s\n%s", q.title, goldenText(t, b, q.Query))
	}
	got, path := text.String(), filepath.Join(c.dir, b.Name()+".txt")
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
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// goldenText is what a target gives for one query: the text, the compact text
// and the notes, or the refusal.
func goldenText(t *testing.T, b backends.Backend, q *ast.Query) string {
	t.Helper()
	pretty, err := b.Convert(q, backends.Options{})
	compact, compactErr := b.Convert(q, backends.Options{Compact: true})
	if (err == nil) != (compactErr == nil) {
		t.Fatalf("pretty gives the error %v, compact %v", err, compactErr)
	}
	if err != nil {
		var u *backends.Unsupported
		if !errors.As(err, &u) {
			t.Fatalf("the error is no refusal: %v", err)
		}
		return fmt.Sprintf("refused: %s: %s\n", u.Feature, u.Detail)
	}
	if diff := cmp.Diff(lengthless(pretty.Notes), lengthless(compact.Notes)); diff != "" {
		t.Errorf("notes (-pretty +compact):\n%s", diff)
	}
	if strings.Contains(compact.Query, "\n") {
		t.Errorf("the compact text has several lines:\n%s", compact.Query)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n--- compact\n%s\n--- notes\n", pretty.Query, compact.Query)
	for _, n := range pretty.Notes {
		fmt.Fprintf(&out, "%s: %s\n", n.Code, n.Text)
	}
	return out.String()
}

// lengthless leaves out the one note that may depend on the length of the text.
func lengthless(notes []backends.Note) []backends.Note {
	return slices.DeleteFunc(slices.Clone(notes), func(n backends.Note) bool { return n.Code == backends.NoteEngineVersion })
}

// TestGoldenFiles demands that the cases hold nothing but rules and outputs of
// targets that exist.
func TestGoldenFiles(t *testing.T) {
	names := append(all.Registry().Names(), "rule")
	files, err := filepath.Glob(casesDir + "/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		base := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(f), ".txt"), ".yml")
		if !slices.Contains(names, base) {
			t.Errorf("%s belongs to no target", f)
		}
	}
}

// TestCasesAreComplete demands that some case has each kind of value, each kind
// of part of a pattern, and each mode, operator and unit that these have.
func TestCasesAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range readCases(t) {
		for _, q := range c.queries {
			ast.Leaves(q.Expr, func(m *ast.Match, _ bool) { seeValue(seen, m.Value) })
		}
	}
	for _, marker := range []string{"value", "part"} {
		for _, name := range sealedTypes(t, marker) {
			if !seen[name] {
				t.Errorf("no case has an ast.%s", name)
			}
		}
	}
	for _, want := range []string{
		"Cased", "IgnoreCase", "Multiline", "DotAll", "<", "<=", ">", ">=", "hour >=",
		"minute", "hour", "day", "week", "month", "year", "=", "startswith", "endswith", "contains", "IPv4", "IPv6",
	} {
		if !seen[want] {
			t.Errorf("no case has %s", want)
		}
	}
}

func seeValue(seen map[string]bool, v ast.Value) {
	seen[reflect.TypeOf(v).Elem().Name()] = true
	switch v := v.(type) {
	case *ast.Pattern:
		for _, p := range v.Parts {
			seen[reflect.TypeOf(p).Name()] = true
		}
		seen["Cased"] = seen["Cased"] || v.Cased
	case *ast.Regex:
		seen["IgnoreCase"] = seen["IgnoreCase"] || v.IgnoreCase
		seen["Multiline"] = seen["Multiline"] || v.Multiline
		seen["DotAll"] = seen["DotAll"] || v.DotAll
	case *ast.CIDR:
		seen[map[bool]string{true: "IPv4", false: "IPv6"}[v.Prefix.Addr().Is4()]] = true
	case *ast.Comparison:
		seen[v.Op.String()] = true
	case *ast.TimePart:
		seen[v.Unit.String()] = true
		seen[v.Unit.String()+" "+v.Op.String()] = true
	case *ast.FieldRef:
		seen[v.Mode.String()] = true
	case *ast.Keyword:
		seeValue(seen, v.Value)
	}
}

// sealedTypes lists the types of package ast that have a marker method.
func sealedTypes(t *testing.T, marker string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../../ast/value.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range file.Decls {
		f, ok := d.(*goast.FuncDecl)
		if !ok || f.Recv == nil || f.Name.Name != marker {
			continue
		}
		typ := f.Recv.List[0].Type
		if star, ok := typ.(*goast.StarExpr); ok {
			typ = star.X
		}
		names = append(names, typ.(*goast.Ident).Name)
	}
	if len(names) == 0 {
		t.Fatalf("no type has the method %s", marker)
	}
	return names
}

// TestCodesHaveCases demands that each refusal and each note that a backend's
// sources name is shown by a case of that backend.
func TestCodesHaveCases(t *testing.T) {
	constants := backendConstants(t)
	cases := readCases(t)
	for _, tc := range readTraitCases(t) {
		cases = append(cases, tc.leaves...)
	}
	for _, b := range all.Registry() {
		shown := map[string]bool{}
		for _, c := range cases {
			for _, q := range c.queries {
				out, err := b.Convert(q.Query, backends.Options{})
				var u *backends.Unsupported
				if errors.As(err, &u) {
					shown[string(u.Feature)] = true
					continue
				}
				for _, n := range out.Notes {
					shown[string(n.Code)] = true
				}
			}
		}
		sources := backendSources(t, b.Name())
		for name, value := range constants {
			if regexp.MustCompile(`\bbackends\.`+name+`\b`).MatchString(sources) && !shown[value] && unreachable[b.Name()+" "+name] == "" {
				t.Errorf("%s: no case shows backends.%s (%q)", b.Name(), name, value)
			}
		}
	}
}

// unreachable are the codes of a backend that no case leads to, and why. Tests of
// the backend show them.
var unreachable = map[string]string{
	"splunk FeatureKeyword":   parserNever,
	"splunk FeatureTitle":     formatOnly,
	"splunk FeatureLineBreak": formatOnly,
	"esql FeatureIPv6":        "only over an ip field, of a network that holds the mapped IPv4 addresses",
	"esql FeatureKeyword":     parserNever,
	"logsql FeatureCIDR":      parserNever,
	"logsql FeatureKeyword":   parserNever,
	"kql FeatureCorrelation":  correlationOnly,
	"kql NoteLookBack":        correlationOnly,
}

const (
	parserNever = "the parser makes no such value"
	formatOnly  = "a format refuses it, not the language"
	// TestThresholds of the backend, and TestGoldenAggregatingRules, show them.
	correlationOnly = "said of correlations only"
)

// backendConstants gives the constants of type Feature and NoteCode by name.
func backendConstants(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, path := range []string{"../../../backends/unsupported.go", "../../../backends/notes.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		goast.Inspect(file, func(n goast.Node) bool {
			spec, ok := n.(*goast.ValueSpec)
			if !ok {
				return true
			}
			if typ, ok := spec.Type.(*goast.Ident); ok && (typ.Name == "Feature" || typ.Name == "NoteCode") {
				if lit, ok := spec.Values[0].(*goast.BasicLit); ok {
					out[spec.Names[0].Name] = strings.Trim(lit.Value, `"`)
				}
			}
			return true
		})
	}
	if len(out) == 0 {
		t.Fatal("found no features and notes")
	}
	return out
}

// backendSources is the text of a backend's package, tests apart.
func backendSources(t *testing.T, name string) string {
	t.Helper()
	files, err := filepath.Glob("../../../backends/" + name + "/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources of %s: %v", name, err)
	}
	var b strings.Builder
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(data)
	}
	return b.String()
}
