package check

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sigmatic/ast/diag"
	"sigmatic/ast/source"
)

// core are the validators that sigma-cli has without plugins.
var core = []string{
	"all_of_them_condition", "attacktag", "cartag", "control_character", "custom_attributes", "cvetag", "d3_fendtag",
	"dangling_condition", "dangling_detection", "detection_tag", "double_wildcard", "duplicate_filename", "duplicate_references",
	"duplicate_tag", "duplicate_title", "escaped_wildcard", "fieldname_logsource", "filename_length", "identifier_existence",
	"identifier_uniqueness", "invalid_modifier_combinations", "namespace_tag", "number_as_string", "specific_instead_of_generic_logsource",
	"stptag", "tag_format", "them_condition_with_single_detection", "tlptag", "tlpv1_tag", "tlpv2_tag", "wildcards_instead_of_modifiers",
}

// own are validators that sigma-cli does not have.
var own = []string{"misspelled_field"}

const checkCases = "../../../testdata/checks"

func TestCoreValidators(t *testing.T) {
	names := Names()
	slices.Sort(names)
	all := slices.Sorted(slices.Values(slices.Concat(core, own)))
	if diff := cmp.Diff(all, names); diff != "" {
		t.Errorf("validators (-want +got):\n%s", diff)
	}
	dirs, err := filepath.Glob(checkCases + "/*/bad.yml")
	if err != nil || len(dirs) != len(all) {
		t.Errorf("%d folders of cases for %d validators (%v)", len(dirs), len(all), err)
	}
	codes := map[diag.Code]string{}
	for _, d := range Docs() {
		if d.Code == "" && len(d.Covers) == 0 || d.Since == "" {
			t.Errorf("%s has no code, or does not say since when", d.ID)
		}
		if d.Code != "" && codes[d.Code] != "" {
			t.Errorf("%s and %s have one code", d.ID, codes[d.Code])
		}
		if d.Severity == diag.Error && d.Code != "" {
			t.Errorf("%s reports errors", d.ID)
		}
		codes[d.Code] = d.ID
	}
}

// TestValidators runs the cases: bad.yml gives findings on the lines that say so
// and no others, good.yml none.
func TestValidators(t *testing.T) {
	for _, v := range validators {
		t.Run(v.ID, func(t *testing.T) {
			bad := lineFindings(t, v, "bad.yml")
			var want []string
			for name, text := range caseFiles(t, v, "bad.yml") {
				for i, line := range strings.Split(text, "\n") {
					if strings.Contains(line, "# finding") {
						want = append(want, fmt.Sprintf("%s:%d", name, i+1))
					}
				}
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, bad); diff != "" || len(want) == 0 {
				t.Errorf("findings of bad.yml (-want +got):\n%s", diff)
			}
			if good := lineFindings(t, v, "good.yml"); len(good) > 0 {
				t.Errorf("good.yml has findings at %v", good)
			}
		})
	}
}

// caseFiles are the files of a case by name.
func caseFiles(t *testing.T, v Validator, name string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(checkCases, v.ID, name))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), "# file: ") {
		return map[string]string{"example_rule.yml": string(data)}
	}
	out := map[string]string{}
	for doc := range strings.SplitSeq(string(data), "---\n") {
		head, _, _ := strings.Cut(strings.TrimPrefix(doc, "# file: "), "\n")
		out[head] = doc
	}
	return out
}

func lineFindings(t *testing.T, v Validator, name string) []string {
	t.Helper()
	var files []File
	texts := caseFiles(t, v, name)
	for _, file := range sortedKeys(texts) {
		files = append(files, Parse(source.NewFile(file, []byte(texts[file]))))
	}
	codes, err := ParseCodes([]string{v.ID})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range Run(files, Options{Select: codes}).Findings {
		if !codes.Has(d.Code) {
			t.Errorf("%s: %v", name, &d)
			continue
		}
		out = append(out, fmt.Sprintf("%s:%d", d.Span.File.Name, d.Span.Position().Line))
		if d.Severity != v.Severity || d.Help == "" {
			t.Errorf("%v is of severity %v, want %v; help %q", &d, d.Severity, v.Severity, d.Help)
		}
	}
	slices.Sort(out)
	return out
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
