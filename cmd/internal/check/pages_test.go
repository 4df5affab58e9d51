package check

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

var record = flag.Bool("record", false, "write docs/codes.md anew")

// TestGoldenCodes holds docs/codes.md to the table.
func TestGoldenCodes(t *testing.T) {
	var b bytes.Buffer
	if err := WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	const path = "../../../docs/codes.md"
	if *record {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(want, b.Bytes()) {
		t.Errorf("docs/codes.md is stale (%v): run go test ./cmd/internal/check -run Golden -record", err)
	}
}

// TestPages demands a page of every code, with all of its parts, and runs both
// examples.
func TestPages(t *testing.T) {
	pages := map[diag.Code]diag.Page{}
	for _, p := range Pages() {
		if pages[p.Code].Code != "" {
			t.Errorf("%s has two pages", p.Code)
		}
		pages[p.Code] = p
	}
	reported := reportedCodes(t)
	reported[diag.UnresolvedPlaceholder] = true // by what gives the placeholders their values
	for _, info := range diag.Codes() {
		t.Run(string(info.Code), func(t *testing.T) {
			p := pages[info.Code]
			if p.Title != info.Title || p.Means == "" || p.Why == "" || p.Mend == "" || p.Since == "" || p.Wrong == "" || p.Right == "" {
				t.Fatalf("%s has no page, or one with a part missing: write it in ast/diag/pages_*.go", info.Code)
			}
			if !reported[info.Code] {
				t.Skipf("nothing that reads rules reports %s", info.Code)
			}
			got := slices.DeleteFunc(codesIn(p, p.Wrong), func(c diag.Code) bool { return c == companions[p.Code] })
			if !slices.Equal(got, []diag.Code{p.Code}) {
				t.Errorf("the wrong example gives %v, want %s alone\n%s", got, p.Code, p.Wrong)
			}
			if got := codesIn(p, p.Right); slices.Contains(got, p.Code) || slices.ContainsFunc(got, func(c diag.Code) bool { return c < firstCheck }) {
				t.Errorf("the right example gives %v\n%s", got, p.Right)
			}
			delete(pages, info.Code)
		})
	}
}

// companions are codes that come with another by nature: a repeat is an action.
var companions = map[diag.Code]diag.Code{diag.RepeatWithoutRule: diag.LegacyAction}

// reportedCodes are those that the sources of parser, ast and this package name.
// The others belong to what comes after reading: placeholders, for one.
func reportedCodes(t *testing.T) map[diag.Code]bool {
	t.Helper()
	var sources strings.Builder
	for _, pattern := range []string{"../../../parser/*.go", "../../../parser/yamldoc/*.go", "../../../ast/*.go", "*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			sources.Write(data)
		}
	}
	table, err := os.ReadFile("../../../ast/diag/codes.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[diag.Code]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\t(\w+) +Code = "(S\d{4})"$`).FindAllStringSubmatch(string(table), -1) {
		out[diag.Code(m[2])] = regexp.MustCompile(`\bdiag\.` + m[1] + `\b`).MatchString(sources.String())
	}
	return out
}

// codesIn are the codes that an example gives, each once. Findings that every
// short document has, because it has no id and no proper file name, count only
// on their own pages, as do those of other checks on a page of the parser's.
func codesIn(p diag.Page, example string) []diag.Code {
	isCheck := p.Code >= firstCheck
	options := Options{Settings: Defaults()}
	if isCheck {
		options.Select = Codes{string(p.Code)} // which also enables those that are off
	}
	var files []File
	for _, f := range exampleFiles(p, example) {
		files = append(files, Parse(f))
	}
	var out []diag.Code
	for _, d := range append(Run(files, options).Findings, placeholderFindings(p, files)...) {
		if !slices.Contains(out, d.Code) && (isCheck || d.Code < firstCheck) {
			out = append(out, d.Code)
		}
	}
	return out
}

// placeholderFindings does on the pages of placeholders what comes after reading.
func placeholderFindings(p diag.Page, files []File) []diag.Diagnostic {
	var out []diag.Diagnostic
	if !strings.HasPrefix(string(p.Code), "S07") {
		return nil
	}
	fifteen := strings.Split("a b c d e f g h i j k l m n o", " ")
	for _, f := range files {
		for _, d := range f.Documents {
			r, diags := ast.ExpandPlaceholders(d.(*ast.Rule), ast.Vars{"host": fifteen, "share": fifteen})
			out = append(out, diags...)
			queries, _ := ast.Resolve(r)
			if len(diags) == 0 && len(ast.Placeholders(queries[0].Expr)) > 0 {
				out = append(out, diag.Diagnostic{Code: diag.UnresolvedPlaceholder})
			}
		}
	}
	return out
}

// exampleFiles are the files of an example: one, or, where comments "# file: "
// stand at the head of its documents, one for each document.
func exampleFiles(p diag.Page, example string) []*source.File {
	var files []*source.File
	docs := strings.Split(example, "---\n")
	for i, doc := range docs {
		if !p.Whole {
			docs[i] = completed(doc)
		}
		if rest, ok := strings.CutPrefix(doc, "# file: "); ok {
			name, _, _ := strings.Cut(rest, "\n")
			files = append(files, source.NewFile(name, []byte(docs[i])))
		}
	}
	if len(files) > 0 {
		return files
	}
	return []*source.File{source.NewFile("example_rule.yml", []byte(expanded(strings.Join(docs, "---\n"))))}
}

// completed gives a part of a document what is missing to a whole one.
func completed(doc string) string {
	has := func(key string) bool {
		return strings.HasPrefix(doc, key+":") || strings.Contains(doc, "\n"+key+":")
	}
	var head, tail string
	if !has("title") {
		head = "title: Example\n"
	}
	if !has("logsource") && !has("correlation") && !strings.Contains(doc, "⟨nbsp⟩") {
		tail += "logsource:\n  product: aws\n  service: cloudtrail\n"
	}
	if strings.Contains(doc, "⟨nbsp⟩") { // all of the document is from the web page
		tail += "logsource:\n⟨nbsp⟩⟨nbsp⟩product: aws\n"
	}
	if !has("detection") && !has("correlation") && !has("filter") {
		tail += "detection:\n  selection:\n    eventName: StopLogging\n  condition: selection\n"
	}
	return head + doc + tail
}

var notation = regexp.MustCompile(`⟨(?:nbsp|byte ([0-9A-F]{2})|(.+?)×(\d+))⟩`)

// expanded writes out the notation of diag.Page.
func expanded(s string) string {
	return notation.ReplaceAllStringFunc(s, func(m string) string {
		parts := notation.FindStringSubmatch(m)
		switch {
		case parts[1] != "":
			n, _ := strconv.ParseUint(parts[1], 16, 8)
			return string([]byte{byte(n)})
		case parts[3] != "":
			n, _ := strconv.Atoi(parts[3])
			return strings.Repeat(parts[2], n)
		}
		return "\u00a0"
	})
}

func TestFindPages(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"S0401", "S0401"}, {"s0401", "S0401"}, {"all_of_them_condition", "S0803"}, {"dangling_condition", "S0502 S0503"}, {"fieldname_logsource", "S0203 S0812"},
		{"S0199", `there is no code "S0199"; the nearest are S0115, S0116, S0201, S0202`},
		{"all_of_them", `there is no code "all_of_them"; sigmatic list checks prints all`},
		{"all_of_them_conditon", `there is no code "all_of_them_conditon", did you mean "all_of_them_condition"?`},
		{"S9999", `there is no code "S9999"; the nearest are S1007, S1011`},
	} {
		pages, err := FindPages(c.name)
		var codes []string
		for _, p := range pages {
			codes = append(codes, string(p.Code))
		}
		got := strings.Join(codes, " ")
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for _, p := range Pages() {
		var b strings.Builder
		if err := WriteText(&b, p); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if n := len([]rune(line)); n > 100 {
				t.Errorf("%s: a line is %d long: %s", p.Code, n, line)
			}
		}
		if want := fmt.Sprintf("%s: %s\n", p.Code, p.Title); !strings.HasPrefix(b.String(), want) {
			t.Errorf("%s begins with %.40q", p.Code, b.String())
		}
	}
}
