package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sigmatic/ast/diag"
)

// Codes is a set of codes, as codes and beginnings of codes (S01).
type Codes []string

// Has reports whether the code is in the set.
func (c Codes) Has(code diag.Code) bool {
	return slices.ContainsFunc(c, func(prefix string) bool { return strings.HasPrefix(string(code), prefix) })
}

var codeForm = regexp.MustCompile(`^[Ss][0-9]{1,4}$`)

// ParseCodes reads codes (S0803), beginnings of codes (S08), and the names of
// validators (all_of_them_condition).
func ParseCodes(names []string) (Codes, error) {
	var out Codes
	for _, name := range names {
		codes, err := parseCode(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		out = append(out, codes...)
	}
	return out, nil
}

func parseCode(name string) (Codes, error) {
	if v := named(name); v != nil {
		codes := Codes{}
		if v.Code != "" {
			codes = append(codes, string(v.Code))
		}
		for _, c := range v.Covers {
			codes = append(codes, string(c))
		}
		return codes, nil
	}
	prefix := strings.ToUpper(name)
	if codeForm.MatchString(name) && slices.ContainsFunc(diag.Codes(), func(c diag.CodeInfo) bool { return strings.HasPrefix(string(c.Code), prefix) }) {
		return Codes{prefix}, nil
	}
	return nil, fmt.Errorf("%q is neither a code nor a validator%s", name, nearCodes(name))
}

func codeNames() []string {
	var out []string
	for _, c := range diag.Codes() {
		out = append(out, string(c.Code))
	}
	return out
}

func didYouMean(name string, candidates []string) string {
	if near := diag.Nearest(name, candidates); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	return ""
}
