package verify

import (
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/backends/all"
	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/cmd/internal/verify/engine/enginetest"
)

// traitsDir has a folder for each combination of what a schema may know of a
// field. The folder's name says it, and holds for every target what it prints
// for the leaves of the cases leaf-… over such fields.
const traitsDir = "../../../testdata/traits"

// traitWords are the words in the names of the folders.
var traitWords = map[string]func(*ast.Field){
	"keyword":   func(f *ast.Field) { f.Type = ast.TypeKeyword },
	"text":      func(f *ast.Field) { f.Type = ast.TypeText },
	"ip":        func(f *ast.Field) { f.Type = ast.TypeIP },
	"long":      func(f *ast.Field) { f.Type = ast.TypeLong },
	"double":    func(f *ast.Field) { f.Type = ast.TypeDouble },
	"boolean":   func(f *ast.Field) { f.Type = ast.TypeBoolean },
	"date":      func(f *ast.Field) { f.Type = ast.TypeDate },
	"object":    func(f *ast.Field) { f.Type = ast.TypeObject },
	"flattened": func(f *ast.Field) { f.Type = ast.TypeFlattened },
	"single":    func(f *ast.Field) { f.Multi = ast.SingleValued },
	"multi":     func(f *ast.Field) { f.Multi = ast.MultiValued },
	"canonical": func(f *ast.Field) { f.Case = ast.CaseCanonical },
	"folded":    func(f *ast.Field) { f.Case = ast.CaseFolded },
}

// traitCase is a folder of traitsDir.
type traitCase struct {
	dir    string
	leaves []goldenCase // the cases leaf-…, their fields as the folder says
}

func readTraitCases(t testing.TB) []traitCase {
	t.Helper()
	dirs, err := os.ReadDir(traitsDir)
	if err != nil {
		t.Fatal(err)
	}
	var out []traitCase
	for _, d := range dirs {
		if !d.IsDir() {
			continue // README.md
		}
		tc := traitCase{dir: d.Name()}
		for _, c := range readCases(t) {
			if strings.HasPrefix(c.name, "leaf-") {
				for i, q := range c.queries {
					c.queries[i].Query = withTraits(t, q.Query, d.Name())
				}
				tc.leaves = append(tc.leaves, c)
			}
		}
		out = append(out, tc)
	}
	return out
}

// withTraits gives the fields f and g of a query the traits that the words say,
// none for no words.
// The fields beside them are keywords of one value in canonical case.
func withTraits(t testing.TB, q *ast.Query, words string) *ast.Query {
	t.Helper()
	known := func(f ast.Field) ast.Field {
		name := words
		if f.Name == "" {
			return f
		}
		if f.Name != "f" && f.Name != "g" {
			name = "keyword-single-canonical"
		}
		for w := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '-' }) {
			set := traitWords[w]
			if set == nil {
				t.Fatalf("%s: %q is no trait", words, w)
			}
			set(&f)
		}
		return f
	}
	out := *q
	out.Expr = mapLeaves(q.Expr, func(m ast.Match) ast.Expr {
		m.Field = known(m.Field)
		if ref, ok := m.Value.(*ast.FieldRef); ok {
			r := *ref
			r.Field = known(r.Field)
			m.Value = &r
		}
		return &m
	})
	return &out
}

// TestGoldenTraits holds what every backend prints for every kind of leaf, in
// every polarity, over every kind of field. A new kind of leaf has its case
// leaf-…, and fails here until each backend has an answer to it.
func TestGoldenTraits(t *testing.T) {
	for _, tc := range readTraitCases(t) {
		for _, b := range all.Registry() {
			var text strings.Builder
			for _, c := range tc.leaves {
				text.WriteString("=== " + c.name + "\n" + traitText(t, b, c))
			}
			path := filepath.Join(traitsDir, tc.dir, b.Name()+".txt")
			if *record {
				if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Error(err)
				continue
			}
			if diff := cmp.Diff(string(want), text.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		}
	}
}

// traitText is what a target gives for the conditions of a case, one a line, and
// the codes of the notes that any of them has. A refusal of all stands once.
func traitText(t *testing.T, b backends.Backend, c goldenCase) string {
	t.Helper()
	var lines, codes []string
	for _, q := range c.queries {
		out, err := b.Convert(q.Query, backends.Options{Compact: true})
		var u *backends.Unsupported
		if err != nil && !errors.As(err, &u) {
			t.Fatalf("%s: the error is no refusal: %v", q.title, err)
		}
		if err != nil {
			lines = append(lines, fmt.Sprintf("refused: %s: %s", u.Feature, u.Detail))
			continue
		}
		lines = append(lines, abridged(out.Query))
		for _, n := range out.Notes {
			if !slices.Contains(codes, string(n.Code)) {
				codes = append(codes, string(n.Code))
			}
		}
	}
	if lines = slices.Compact(lines); codes != nil {
		lines = append(lines, "notes: "+strings.Join(codes, " "))
	}
	return strings.Join(lines, "\n") + "\n"
}

// abridged cuts a long text, and keeps what tells it from others.
func abridged(text string) string {
	const limit = 400
	if len(text) <= limit {
		return text
	}
	h := fnv.New32a()
	h.Write([]byte(text))
	return fmt.Sprintf("%s… (%d bytes, FNV-1a %08x)", strings.ToValidUTF8(text[:limit], ""), len(text), h.Sum32())
}

// TestLiveTraitsSPL puts the SPL for fields of which something is known through
// the grammar.
func TestLiveTraitsSPL(t *testing.T) {
	gate := enginetest.SPL(t)
	b := all.Registry().Find("splunk")
	var texts []string
	for _, tc := range readTraitCases(t) {
		for _, c := range tc.leaves {
			for _, q := range c.queries {
				out, err := b.Convert(q.Query, backends.Options{Compact: true, Source: backends.Source{Index: "main", Sourcetype: "aws:cloudtrail"}})
				if err == nil && !slices.Contains(texts, out.Query) {
					texts = append(texts, out.Query)
				}
			}
		}
	}
	results, err := gate.Parse(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if !r.OK {
			t.Errorf("%s\n%s", r.Error, texts[i])
		}
	}
	t.Logf("%d texts", len(texts))
}

// TestLiveTraits runs every leaf over every kind of field on its engine, with
// events that are what the schema says.
func TestLiveTraits(t *testing.T) {
	eachEngine(t, func(t *testing.T, b backends.Backend, e engine.Engine) {
		for _, tc := range readTraitCases(t) {
			t.Run(tc.dir, func(t *testing.T) {
				if folder, ok := e.(interface{ FoldKeywords(...string) }); ok {
					var folded []string
					if strings.Contains(tc.dir, "folded") {
						folded = []string{"f", "g"} // as withTraits has it
					}
					folder.FoldKeywords(folded...)
				}
				var queries []goldenQuery
				for _, c := range tc.leaves {
					for _, q := range c.queries {
						queries = append(queries, goldenQuery{c.name + ", " + q.title, q.Query})
					}
				}
				differential(t, Comparison{Backend: b, Engine: e, Once: true, Minimize: true}, queries, MinEvents)
			})
		}
	})
}
