package splunk

import (
	"math/rand"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	sigma "sigmatic/ast"
)

func TestRequired(t *testing.T) {
	for source, want := range map[string]string{
		`foo`:                    "foo",
		`fo`:                     "",
		`foo.*longer`:            "longer",
		`(?i)PowerShell\s+-enc`:  "powershell",
		`(?:curl|wget) http`:     " http",
		`(?:curls|wget1) http`:   "curls wget1",
		`(?:curl|[a-z]+)x`:       "",
		`(?:abc)?def`:            "def",
		`(?:abc){2,}`:            "abc",
		`(?:abc){0,2}`:           "",
		`a"bcd<efgh`:             "efgh",
		`Z\x{e9}ro\*five`:        "five",
		`^C:\\Windows\\`:         `C:\Windows\`,
		`[Ww]in`:                 "",
		`.+:assumed-role/aws:.+`: ":assumed-role/aws:",
		`(abc|abd|xyz1)(q|r)`:    "", // the parser takes ab out in front of c and d
		`a{3}|bcd`:               "",
	} {
		tree, err := syntax.Parse(source, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(required(tree, isSearchable), " "); got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}

// What an expression matches holds a required text.
func TestRequiredIsSound(t *testing.T) {
	r := rand.New(rand.NewSource(11))
	pieces := []string{"abc", "abcd", "x", "(?i:abc)", ".*", ".", "[abc]+", "(abc|cab)", "(?:bca|abcabc)?", "(abca){1,2}", "b*", `\*`}
	matched := 0
	for range 4000 {
		var source strings.Builder
		for range 1 + r.Intn(3) {
			source.WriteString(pieces[r.Intn(len(pieces))])
		}
		tree, err := syntax.Parse(source.String(), syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		texts := required(tree, isSearchable)
		re := regexp.MustCompile(source.String())
		for range 5 {
			var b strings.Builder
			for range 1 + r.Intn(4) {
				b.WriteString([]string{"abc", "ABC", "x", "cab", "abca", "d", "*", "abcabc"}[r.Intn(8)])
			}
			s := b.String()
			if texts == nil || !re.MatchString(s) {
				continue
			}
			matched++
			if !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(text)) }) {
				t.Fatalf("%s matches %q, which holds none of %q", source.String(), s, texts)
			}
		}
	}
	if matched < 500 {
		t.Errorf("%d matches only", matched)
	}
}

// The search stage asks for what an expression requires, and where checks it.
func TestRegexSearch(t *testing.T) {
	for _, c := range []struct {
		e    sigma.Expr
		want string
	}{
		{leaf("f", &sigma.Regex{Source: "foo[0-9]+bars"}), `f="*bars*" | where isnotnull(mvfind('f',"foo[0-9]+bars"))`},
		{leaf("f", &sigma.Regex{Source: "curl|wget"}), `f IN ("*curl*", "*wget*") | where isnotnull(mvfind('f',"curl|wget"))`},
		{not(leaf("f", &sigma.Regex{Source: "curl"})), `* | where NOT isnotnull(mvfind('f',"curl"))`},
		{leaf("", &sigma.Keyword{Value: &sigma.Regex{Source: `rm -rf /home_x`}}), `*home* | where if(match(_raw,"rm -rf /home_x"),1,0)=1`},
	} {
		got, _, err := convert(c.e, true)
		if err != nil || got != c.want {
			t.Errorf("got  %s\nwant %s (%v)", got, c.want, err)
		}
	}
}
