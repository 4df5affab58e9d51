package parser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
	"sigmatic/parser"
)

// The mark § names a section of the project's semantics tables, which the
// expectations below were copied from, not from what the code prints.

// leaves parses a rule whose search identifier has one item and gives its
// expression and the codes of all that the parser said.
func leaves(t testing.TB, item string) (expr string, codes []string) {
	t.Helper()
	return expressions(t, "  sel:\n    "+item+"\n  condition: sel\n")
}

type leafCase struct{ item, want string }

const tables = "../testdata/tables"

// tableRow is a block of a file in testdata/tables; README.md there describes
// the format.
type tableRow struct {
	title  string
	pieces []leafCase
}

// readTable gives the rows of a file, and what its pieces are.
func readTable(t testing.TB, file string) (reads string, rows []tableRow) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	piece, open := "", false
	for i, line := range strings.Split(string(data), "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || word == "#":
		case word == "reads" && reads == "":
			reads = rest
		case word == "==":
			rows = append(rows, tableRow{title: rest})
		case len(rows) == 0 || (word == "=>") != open:
			t.Fatalf("%s:%d: unexpected %q", file, i+1, line)
		case open:
			row := &rows[len(rows)-1]
			row.pieces, open = append(row.pieces, leafCase{piece, rest}), false
		default:
			piece, open = line, true
			if text, err := strconv.Unquote(line); err == nil && line[0] == '"' {
				piece = text
			}
		}
	}
	return reads, rows
}

// tableReaders give the outcome of a piece, by what a file says its pieces are.
var tableReaders = map[string]func(t testing.TB, piece string) string{
	"item": func(t testing.TB, piece string) string {
		expr, codes := leaves(t, piece)
		return outcome(expr, codes)
	},
	"identifier": func(t testing.TB, piece string) string {
		expr, codes := expressions(t, "  sel: "+piece+"\n  condition: sel\n")
		return outcome(expr, codes)
	},
	"selection": func(t testing.TB, piece string) string {
		expr, codes := expressions(t, "  sel_a: {a: x}\n  sel_b: {b: y}\n  _hid: {h: z}\n  other: {o: w}\n  condition: "+piece+"\n")
		return outcome(expr, codes)
	},
	"text": func(t testing.TB, piece string) string {
		p := &ast.Pattern{Parts: ast.ParsePattern(piece)}
		if diff := cmp.Diff(p.Parts, ast.ParsePattern(p.SigmaText())); diff != "" {
			t.Errorf("%s written back as %s (-first +again):\n%s", piece, p.SigmaText(), diff)
		}
		return p.String()
	},
	"condition": func(_ testing.TB, piece string) string {
		c, fault := parseCondition(piece)
		if fault != nil {
			return "refused"
		}
		return c.String()
	},
}

// outcome is an expression with the warnings behind it, or the codes alone.
func outcome(expr string, codes []string) string {
	said := strings.Join(codes, ", ")
	switch {
	case expr == "":
		return said
	case said == "":
		return expr
	}
	return expr + " (" + said + ")"
}

// expressions parses a rule of a detection and gives the expression of each
// condition, and the codes of all that the parser said.
func expressions(t testing.TB, detection string) (exprs string, codes []string) {
	t.Helper()
	res := parser.Parse(source.NewFile("rule.yml", []byte(ruleWith(detection))))
	codes = codesOf(res.Diagnostics)
	if len(res.Documents) == 0 {
		return "", codes
	}
	queries, _ := ast.Resolve(res.Documents[0].(*ast.Rule))
	var out []string
	for _, q := range queries {
		out = append(out, ast.Simplify(q.Expr).String())
	}
	return strings.Join(out, "; "), codes
}

func tableFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(tables + "/[0-9]*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	return files
}

// TestTables reads every piece of every row.
func TestTables(t *testing.T) {
	for _, file := range tableFiles(t) {
		reads, rows := readTable(t, file)
		read := tableReaders[reads]
		if read == nil {
			t.Fatalf("%s reads %q", file, reads)
		}
		for _, row := range rows {
			t.Run(row.title, func(t *testing.T) {
				for _, p := range row.pieces {
					if got := read(t, p.item); got != p.want {
						t.Errorf("%s\n got %s\nwant %s", p.item, got, p.want)
					}
				}
			})
		}
	}
}

// parseCondition reads a condition that stands nowhere.
func parseCondition(text string) (ast.Condition, *diag.Diagnostic) {
	return parser.ParseCondition(text, func(int, int) source.Span { return source.Span{} })
}

// TestModifierTable holds the list of modifiers against the specification's
// (§4.2): none is missing, none is without a sentence.
func TestModifierTable(t *testing.T) {
	want := strings.Fields(`all base64 base64offset cased cidr contains day dotall endswith exists expand fieldref gt gte hour i
		ignorecase lt lte m minute month multiline neq re s startswith utf16 utf16be utf16le week wide windash year`)
	var got []string
	for _, m := range parser.Modifiers() {
		got = append(append(got, m.Name), m.Aliases...)
		if m.Summary == "" {
			t.Errorf("%s has no summary", m.Name)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("modifiers (-want +got):\n%s", diff)
	}
}

// ruleWith is a rule with a detection of its own, for fuzzing.
func ruleWith(detection string) string {
	return fmt.Sprintf("title: T\nlogsource: {product: aws}\ndetection:\n%s", detection)
}

// tableSection is a section of testdata/tables/rows.txt.
type tableSection struct {
	number string
	want   int // rows
	rows   []string
}

func readSections(t *testing.T) []tableSection {
	t.Helper()
	data, err := os.ReadFile(tables + "/rows.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []tableSection
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		title, isSection := strings.CutPrefix(line, "== ")
		switch {
		case line == "" || line[0] == '#':
		case isSection:
			var s tableSection
			at := strings.LastIndex(title, ", ")
			if _, err := fmt.Sscanf(title[at+1:], "%d rows", &s.want); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			s.number, _, _ = strings.Cut(title, " ")
			out = append(out, s)
		default:
			out[len(out)-1].rows = append(out[len(out)-1].rows, line)
		}
	}
	return out
}

// tableBlocks are the blocks of testdata/tables and testdata/semantics, as
// "SECTION TITLE".
func tableBlocks(t *testing.T) map[string]bool {
	t.Helper()
	files := tableFiles(t)
	for _, pattern := range []string{"../testdata/semantics/*.txt", "../testdata/semantics/yaml/*.txt"} {
		more, _ := filepath.Glob(pattern)
		files = append(files, more...)
	}
	blocks := map[string]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for block := range strings.SplitSeq("\n"+string(data), "\n== ") {
			title, content, _ := strings.Cut(block, "\n")
			blocks[title] = strings.Contains(content, "=> ") || strings.Contains(content, "match ") || strings.Contains(content, "miss ")
		}
	}
	return blocks
}

// TestEveryRowHasACase holds testdata/tables/rows.txt to its word, and demands
// that no block of testdata/tables is missing in it.
func TestEveryRowHasACase(t *testing.T) {
	blocks := tableBlocks(t)
	listed := map[string]bool{}
	for _, s := range readSections(t) {
		if len(s.rows) != s.want {
			t.Errorf("section %s has %d rows, want %d", s.number, len(s.rows), s.want)
		}
		for _, row := range s.rows {
			name, cases, _ := strings.Cut(row, " | ")
			if cases == "" {
				cases = name
			}
			for ref := range strings.SplitSeq(cases, "; ") {
				if fault := caseFault(blocks, s.number, ref); fault != "" {
					t.Errorf("%s %s: %s", s.number, name, fault)
				}
				listed[s.number+" "+ref] = true
			}
		}
	}
	for _, file := range tableFiles(t) {
		_, rows := readTable(t, file)
		for _, row := range rows {
			if !listed[row.title] {
				t.Errorf("%s: %q is no row of rows.txt", file, row.title)
			}
		}
	}
}

// caseFault says what is wrong with a reference to a case, or "".
func caseFault(blocks map[string]bool, section, ref string) string {
	folder, _, _ := strings.Cut(ref, "/")
	switch folder {
	case "pipelines":
		want, err := os.ReadFile("../testdata/" + ref + "/want.txt")
		if err == nil && !strings.Contains(string(want), " error: ") {
			return ref + " has no error"
		}
		return errorText(err)
	case "script":
		_, err := os.Stat("../testdata/" + ref)
		return errorText(err)
	}
	if folder == "errors" || folder == "cases" {
		data, err := os.ReadFile("../testdata/" + ref + "/rule.yml")
		switch {
		case err != nil:
			return err.Error()
		case folder == "errors" && !strings.Contains(string(data), "# wants: "):
			return ref + " does not say what it wants"
		case folder == "errors" && !caseSection.Match(data):
			return ref + " does not name its section"
		}
		return ""
	}
	if !blocks[section+" "+ref] && !blocks[ref] {
		return fmt.Sprintf("there is no block %q, or it is empty", ref)
	}
	return ""
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// caseSection finds the section that a case of testdata/errors names in its
// first lines: "… (4.2, unknown modifier)." or "5.1: …".
var caseSection = regexp.MustCompile(`(?m)^# (.*\(\d(\.\d+)?[,)]|\d(\.\d+)?: )`)
