package evaluator

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/parser"
)

// semanticsBlock is one block of a file in testdata/semantics; README.md there
// describes the format.
type semanticsBlock struct {
	title  string
	detect []string
	yaml   []string // detect with its indentation
	negate bool
	events []semanticsEvent
}

type semanticsEvent struct {
	line  int
	json  string
	match bool
}

// TestSemantics runs every case, and on each of them that the explanation
// agrees and that negation negates.
func TestSemantics(t *testing.T) {
	files, err := filepath.Glob("../testdata/semantics/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases found: %v", err)
	}
	for _, file := range files {
		blocks, err := readSemantics(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			for _, b := range blocks {
				t.Run(b.title, func(t *testing.T) { runBlock(t, b) })
			}
		})
	}
}

// TestParsedSemantics runs the cases whose YAML only the parser reads.
func TestParsedSemantics(t *testing.T) {
	files, err := filepath.Glob("../testdata/semantics/yaml/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases found: %v", err)
	}
	for _, file := range files {
		blocks, err := readSemantics(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range blocks {
			t.Run(b.title, func(t *testing.T) { judge(t, b, parsed(t, b)) })
		}
	}
}

func parsed(t *testing.T, b *semanticsBlock) ast.Expr {
	t.Helper()
	rule := "title: T\nlogsource: {product: p}\ndetection:\n  sel:\n    " + strings.Join(b.yaml, "\n    ") + "\n  condition: sel\nsigma-version: 3\n"
	res := parser.Parse(source.NewFile("rule.yml", []byte(rule)))
	if len(res.Diagnostics) > 0 {
		t.Fatalf("%v\n%s", res.Diagnostics, rule)
	}
	queries, _ := ast.Resolve(res.Documents[0].(*ast.Rule))
	return queries[0].Expr
}

func runBlock(t *testing.T, b *semanticsBlock) {
	expr, err := lowerDetect(b.detect)
	if err != nil {
		t.Fatal(err)
	}
	judge(t, b, expr)
}

func judge(t *testing.T, b *semanticsBlock, expr ast.Expr) {
	if b.negate {
		expr = &ast.Not{Term: expr}
	}
	ref, not := mustNew(t, expr), mustNew(t, &ast.Not{Term: expr})
	engine := NewEngine([]*Reference{ref, not}).Matcher()
	for _, c := range b.events {
		ev, err := ParseEvent([]byte(c.json))
		if err != nil {
			t.Errorf("line %d: %v", c.line, err)
			continue
		}
		if got := ref.Match(ev); got != c.match {
			t.Errorf("line %d: Match(%s) = %t, want %t\n%s", c.line, c.json, got, c.match, ref.Explain(ev))
		}
		if not.Match(ev) == c.match {
			t.Errorf("line %d: not does not negate on %s", c.line, c.json)
		}
		checkExplanation(t, ref.Explain(ev), c.match)
		if err := engine.Load([]byte(c.json)); err != nil {
			t.Errorf("line %d: %v", c.line, err)
		}
		if got := engine.Matches(); len(got) != 1 || (got[0] == 0) != c.match {
			t.Errorf("line %d: the engine selects %v of the query and its negation on %s", c.line, got, c.json)
		}
	}
}

func readSemantics(file string) ([]*semanticsBlock, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var blocks []*semanticsBlock
	b := &semanticsBlock{}
	titles := map[string]bool{}
	for i, line := range strings.Split(string(data), "\n") {
		word, written, _ := strings.Cut(line, " ")
		rest := strings.TrimLeft(written, " ")
		switch word {
		case "", "#":
		case "==":
			if titles[rest] {
				return nil, fmt.Errorf("%s:%d: %q stands twice", file, i+1, rest)
			}
			titles[rest] = true
			b = &semanticsBlock{title: rest}
			blocks = append(blocks, b)
		case "detect":
			b.detect = append(b.detect, rest)
			b.yaml = append(b.yaml, written)
		case "condition":
			if rest != "not sel" {
				return nil, fmt.Errorf("%s:%d: condition %q", file, i+1, rest)
			}
			b.negate = true
		case "match", "miss":
			b.events = append(b.events, semanticsEvent{line: i + 1, json: rest, match: word == "match"})
		default:
			return nil, fmt.Errorf("%s:%d: unknown word %q", file, i+1, word)
		}
	}
	return blocks, nil
}

// TestSemanticsComplete holds the files to what they claim: every block has
// cases, is named by the section of its file, and the truth table of 2.5 is there
// whole.
func TestSemanticsComplete(t *testing.T) {
	files, _ := filepath.Glob("../testdata/semantics/*.txt")
	for _, file := range files {
		section, _, _ := strings.Cut(filepath.Base(file), "-")
		blocks, err := readSemantics(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range blocks {
			if !strings.HasPrefix(b.title, section+" ") {
				t.Errorf("%s: block %q is of another section", file, b.title)
			}
			if len(b.detect) == 0 || len(b.events) == 0 {
				t.Errorf("%s: block %q is empty", file, b.title)
			}
		}
	}
	table := map[string]bool{
		"f: null": true, "f: ''": true, "f: '*'": true, "f|exists: true": true,
		"f|exists: false": true, "f: x": true, "not f: x": true, "f|neq: x": true,
	}
	rows := []string{`{"g":"y"}`, `{"f":null}`, `{"f":""}`, `{"f":[]}`, `{"f":"x"}`, `{"f":["y","x"]}`, `{"f":[null]}`}
	blocks, err := readSemantics("../testdata/semantics/2.5-null.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		column := strings.TrimPrefix(b.title, "2.5 ")
		if !table[column] {
			continue
		}
		delete(table, column)
		for i, row := range rows {
			if i >= len(b.events) || b.events[i].json != row {
				t.Errorf("column %q lacks row %s", column, row)
			}
		}
	}
	if len(table) > 0 {
		t.Errorf("columns of 2.5 without cases: %v", table)
	}
}

func mustNew(t testing.TB, e ast.Expr) *Reference {
	t.Helper()
	ref, err := New(&ast.Query{Expr: e})
	if err != nil {
		t.Fatalf("New(%s): %v", e, err)
	}
	return ref
}

func mustEvent(t testing.TB, json string) *Event {
	t.Helper()
	ev, err := ParseEvent([]byte(json))
	if err != nil {
		t.Fatalf("ParseEvent(%s): %v", json, err)
	}
	return ev
}
