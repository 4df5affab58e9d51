package check

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigmatic/ast/source"
)

func TestReadSettings(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "30"},
		{"all", "validators: [all]", "32"},
		{"all but", "validators:\n  - all\n  - -tlptag\n  - -tlpv1_tag\n", "30"},
		{"one", "validators: [tlpv2_tag]", "1"},
		{"added after all", "validators: [-attacktag, attacktag]", "1"},
		{"plugin", "validators: [all, -sigmahq_title_end, sigmahq_title_case]\nexclusions:\n  x: sigmahq_title_case\n", "32 skipped sigmahq_title_case"},
		{"unknown", "validators: [all_of_then_condition]", `v.yml:1:14: unknown validator "all_of_then_condition", did you mean "all_of_them_condition"?`},
		{"unknown, taken out", "validators: [all, -nothing]", `v.yml:1:19: unknown validator "nothing"`},
		{"unknown exclusion", "exclusions:\n  x: [attacktag, bad]\n", `v.yml:2:18: unknown validator "bad"`},
		{"unknown key", "validator: [all]", `v.yml:1:1: unknown key "validator", did you mean "validators"?`},
		{"a list", "- all", "v.yml: expected one map with validators, exclusions and config"},
		{"a string", "validators: all", "v.yml:1:13: validators must be a list, found a string"},
		{"a map in the list", "validators: [{a: b}]", "v.yml:1:14: validators must be a list of names, found a map in it"},
		{"exclusions as a list", "exclusions: [a]", "v.yml:1:13: exclusions must be a map from ids to validators, found a list"},
		{"config as a string", "config: a", "v.yml:1:9: config must be a map from validators to parameters, found a string"},
		{"parameter", "config:\n  filename_length:\n    min_sise: 3\n", `v.yml:3:5: filename_length has no parameter "min_sise", did you mean "min_size"?`},
		{"parameter value", "config:\n  filename_length:\n    min_size: few\n", `v.yml:3:15: min_size must be a whole number, found "few"`},
		{"parameters as a list", "config:\n  attacktag: []\n", "v.yml:2:14: the parameters of attacktag must be a map, found a list"},
		{"no YAML", "a: [", "v.yml:1:1: the YAML cannot be read: did not find expected node content [S0001]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := ReadSettings(source.NewFile("v.yml", []byte(c.text)))
			if err != nil {
				if !strings.HasPrefix(err.Error(), c.want) {
					t.Errorf("error %v, want %s", err, c.want)
				}
				return
			}
			n := 0
			for _, on := range s.enabled {
				if on {
					n++
				}
			}
			if got := strings.Join(append([]string{strconv.Itoa(n)}, s.Skipped...), " skipped "); got != c.want {
				t.Errorf("%s validators, want %s", got, c.want)
			}
		})
	}
}

// TestSettings shows what a configuration does to the findings: of validators,
// and of the parser where it does a validator's work. Errors stay.
func TestSettings(t *testing.T) {
	const id = "7ae9ea21-067e-4656-9454-d88ee9295f24"
	text := "title: x\nid: " + strings.ToUpper(id) + "\nrealted: []\nlogsource: {product: aws}\ndetection:\n  a: {b: c}\n  d: {e: '**'}\n  condition: all of them\n" +
		"---\ntitle: y\nlogsource: {product: aws}\ndetection:\n  a: {b: c}\n  condition: nothing\n"
	for _, c := range []struct{ name, config, want string }{
		{"defaults", "", "S0111 S0803 S0841 S0502"},
		{"all but", "validators: [all, -all_of_them_condition, -custom_attributes, -dangling_condition]", "S0841 S0502"},
		{"one", "validators: [double_wildcard]", "S0841 S0502"},
		{"excluded", "exclusions:\n  " + id + ": [all_of_them_condition, custom_attributes]\n", "S0841 S0502"},
		{"excluded, one", "exclusions:\n  " + strings.ToUpper(id) + ": double_wildcard\n", "S0111 S0803 S0502"},
		{"excluded, another", "exclusions:\n  0c8a3c8e-5a0e-4b0a-9d3c-2f5a6a1f3b77: double_wildcard\n", "S0111 S0803 S0841 S0502"},
		{"parameter", "validators: [filename_length]\nconfig:\n  filename_length: {max_size: 12}\n", "S0826 S0502"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := ReadSettings(source.NewFile("v.yml", []byte(c.config)))
			if err != nil {
				t.Fatal(err)
			}
			rep := Run([]File{Parse(source.NewFile("example_rule.yml", []byte(text)))}, Options{Settings: s})
			var got []string
			for _, d := range rep.Findings {
				got = append(got, string(d.Code))
			}
			slices.Sort(got)
			want := strings.Fields(c.want)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("findings %v, want %v", got, want)
			}
		})
	}
}
