package sigmatic_test

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// goPackage is what go list tells of a package.
type goPackage struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

// TestImportDirections holds the code to ARCHITECTURE.md, "Directions".
func TestImportDirections(t *testing.T) {
	packages := listPackages(t)
	if len(packages) < 10 {
		t.Fatalf("go list found %d packages", len(packages))
	}
	for _, p := range packages {
		for _, imp := range p.Imports {
			if why := forbidden(p.ImportPath, imp); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, imp, why)
			}
		}
		if !under(p.ImportPath, "cmd") && importsUnder(p, "backends") && importsUnder(p, "evaluator") {
			t.Errorf("%s imports both backends and evaluator; only cmd compares the two", p.ImportPath)
		}
	}
}

// TestForbidden shows that the rules of TestImportDirections can fail.
func TestForbidden(t *testing.T) {
	for _, c := range []struct {
		pkg, imp string
		bad      bool
	}{
		{"sigmatic/ast", "strings", false},
		{"sigmatic/ast", "sigmatic/parser", true},
		{"sigmatic/ast", "github.com/tidwall/gjson", true},
		{"sigmatic/ast/diag", "sigmatic/ast/source", false},
		{"sigmatic/parser", "sigmatic/ast", false},
		{"sigmatic/parser", "sigmatic/backends", true},
		{"sigmatic/parser", "gopkg.in/yaml.v3", true},
		{"sigmatic/parser/yamldoc", "gopkg.in/yaml.v3", false},
		{"sigmatic/pipeline", "sigmatic/parser/yamldoc", false},
		{"sigmatic/pipeline", "sigmatic/parser", true},
		{"sigmatic/backends/esql", "sigmatic/backends/kql", true},
		{"sigmatic/backends/esql", "sigmatic/backends", false},
		{"sigmatic/backends/esql", "sigmatic/backends/kibana", false},
		{"sigmatic/backends/all", "sigmatic/backends/kql", false},
		{"sigmatic/backends/logsql", "gopkg.in/yaml.v3", false},
		{"sigmatic/backends/kql", "gopkg.in/yaml.v3", true},
		{"sigmatic/evaluator", "sigmatic/backends", true},
		{"sigmatic/evaluator/dialect/esql", "sigmatic/parser/query/esql", false},
		{"sigmatic/evaluator", "sigmatic/parser", true},
		{"sigmatic/evaluator", "sigmatic/evaluator/dialect", true},
		{"sigmatic/evaluator/cloudtrail", "github.com/klauspost/compress/zstd", false},
		{"sigmatic/evaluator/dialect/esql", "sigmatic/evaluator", true},
		{"sigmatic/evaluator/dialect/esql", "sigmatic/evaluator/dialect/elastic", false},
		{"sigmatic/evaluator/dialect/esql", "sigmatic/evaluator/dialect/kql", true},
		{"sigmatic/evaluator/dialect/esql", "sigmatic/ast", true},
		{"sigmatic/parser/query/esql", "sigmatic/ast", true},
		{"sigmatic/parser/query/esql", "sigmatic/parser/query/lucene", false},
		{"sigmatic/ast/source", "sigmatic/ast", true},
		{"sigmatic/cmd/internal/verify", "github.com/spf13/cobra", true},
		{"sigmatic/cmd/internal/cli", "github.com/spf13/cobra", false},
		{"sigmatic/backends", "log", true},
		{"sigmatic/evaluator", "net/http", true},
	} {
		if got := forbidden(c.pkg, c.imp) != ""; got != c.bad {
			t.Errorf("%s importing %s: forbidden = %v, want %v", c.pkg, c.imp, got, c.bad)
		}
	}
}

func listPackages(t *testing.T) []goPackage {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Standard", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		if err := dec.Decode(&p); err == io.EOF {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// fences say where a third-party module may be imported.
var fences = []struct {
	module string
	homes  []string
}{
	{"gopkg.in/yaml.v3", []string{"parser/yamldoc", "backends/logsql"}}, // read in the one, written in the other
	{"github.com/alecthomas/participle", []string{"parser"}},
	{"github.com/tidwall/gjson", []string{"evaluator"}},
	{"github.com/klauspost/compress", []string{"evaluator/cloudtrail"}},
	{"github.com/oschwald/maxminddb-golang", []string{"cmd/internal/geoip"}},
	{"github.com/parquet-go/parquet-go", []string{"cmd/internal/report", "evaluator/cloudtrail"}}, // written in the one, read in the other
	{"github.com/spf13", []string{"cmd/internal/cli"}},
	{"golang.org/x/term", []string{"cmd/internal/cli"}},
}

// directions say what of the module a part may import, the part itself apart.
var directions = []struct {
	part    string
	allowed []string
}{
	{"ast/source", nil},
	{"ast", nil},
	{"parser/query", nil},
	{"parser", []string{"ast"}},
	{"pipeline", []string{"ast", "parser/yamldoc"}},
	{"backends", []string{"ast"}},
	{"evaluator/dialect", []string{"parser/query"}},
	{"evaluator", []string{"ast"}},
	{"rules", nil},
}

// forbidden says why pkg must not import imp, or "".
func forbidden(pkg, imp string) string {
	local := strings.HasPrefix(imp, "sigmatic/")
	switch {
	case !local && !strings.Contains(strings.Split(imp, "/")[0], "."):
		return forbiddenStandard(pkg, imp)
	case !local:
		for _, f := range fences {
			if strings.HasPrefix(imp, f.module) {
				if slices.ContainsFunc(f.homes, func(h string) bool { return under(pkg, h) }) {
					return ""
				}
				return "the module is fenced to " + strings.Join(f.homes, ", ")
			}
		}
		return "the module has no fence: add one, with the reason in the commit"
	}
	shared := imp == "sigmatic/backends" || imp == "sigmatic/backends/kibana"
	if under(pkg, "backends") && pkg != "sigmatic/backends" && pkg != "sigmatic/backends/all" &&
		under(imp, "backends") && !shared && !strings.HasPrefix(imp, pkg+"/") {
		return "no backend imports another"
	}
	if under(imp, "evaluator/dialect") && under(pkg, "evaluator") && !under(pkg, "evaluator/dialect") {
		return "an interpreter is evidence about the evaluator, not a part of it"
	}
	if a, b := language(pkg), language(imp); a != "" && b != "" && a != b {
		return "no interpreter imports another"
	}
	for _, d := range directions {
		if !under(pkg, d.part) {
			continue
		}
		if under(imp, d.part) || slices.ContainsFunc(d.allowed, func(a string) bool { return under(imp, a) }) {
			return ""
		}
		return d.part + " may import only " + strings.Join(append([]string{"itself"}, d.allowed...), ", ")
	}
	return ""
}

// language names the language that a package interprets, or "".
func language(pkg string) string {
	name, ok := strings.CutPrefix(pkg, "sigmatic/evaluator/dialect/")
	name, _, _ = strings.Cut(name, "/")
	if !ok || name == "elastic" || name == "internal" {
		return ""
	}
	return name
}

// forbiddenStandard keeps logging and the network above: only cmd speaks to the
// world.
func forbiddenStandard(pkg, imp string) string {
	if under(pkg, "cmd") {
		return ""
	}
	switch imp {
	case "log", "log/slog", "net", "net/http":
		return "no log and no network below cmd"
	}
	return ""
}

func under(path, part string) bool {
	path = strings.TrimPrefix(path, "sigmatic/")
	return path == part || strings.HasPrefix(path, part+"/")
}

func importsUnder(p goPackage, part string) bool {
	return slices.ContainsFunc(p.Imports, func(i string) bool { return strings.HasPrefix(i, "sigmatic/") && under(i, part) })
}
