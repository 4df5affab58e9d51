package backends

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigmatic/ast"
)

func tags(names ...string) []ast.Tag {
	var out []ast.Tag
	for _, n := range names {
		out = append(out, ast.Tag{Namespace: "attack", Name: n})
	}
	return out
}

// TestThreats pairs techniques with tactics as ATT&CK does, never by position.
func TestThreats(t *testing.T) {
	for _, c := range []struct{ name, tags, want string }{
		{"below the tactic that the rule names", "persistence t1098.001", "Persistence: T1098[T1098.001]"},
		{"below all that it serves", "t1078", "Initial Access: T1078; Persistence: T1078; Privilege Escalation: T1078; Stealth: T1078"},
		{"not below a tactic that it does not serve", "impact t1003", "Credential Access: T1003; Impact: "},
		{"a tactic alone", "discovery", "Discovery: "},
		{"in underscores", "credential_access t1003.001", "Credential Access: T1003[T1003.001]"},
		{"what Defense Evasion became", "defense-evasion t1055", "Defense Evasion: T1055"},
		{"a number that is gone", "t1562.001", "Defense Evasion: T1562[T1562.001]"},
		{"software and groups", "s0002 g0010", ""},
		{"unknown", "t9999", ""},
		{"technique and sub-technique, twice", "execution t1059 t1059.001 t1059.001", "Execution: T1059[T1059.001]"},
	} {
		var got []string
		for _, th := range Threats(tags(strings.Fields(c.tags)...)) {
			var ids []string
			for _, q := range th.Techniques {
				id := q.ID
				for _, s := range q.Subtechniques {
					id += "[" + s.ID + "]"
				}
				ids = append(ids, id)
			}
			got = append(got, th.Tactic.Name+": "+strings.Join(ids, " "))
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s: %s, want %s", c.name, text, c.want)
		}
	}
}

// TestAttackTable demands sound rows, and a row for each technique that
// SigmaHQ's rules are tagged with.
func TestAttackTable(t *testing.T) {
	rows := attackRows()
	if len(rows) < 700 {
		t.Fatalf("%d rows", len(rows))
	}
	known := map[string]bool{}
	for _, tactic := range tactics {
		known[tactic.tag] = true
	}
	for id, row := range rows {
		parent, _, _ := strings.Cut(id, ".")
		if rows[parent].name == "" || row.name == "" || !regexp.MustCompile(`^T\d{4}(\.\d{3})?$`).MatchString(id) {
			t.Errorf("the row of %s: %q", id, row.name)
		}
		for _, tactic := range row.tactics {
			if !known[tactic] {
				t.Errorf("%s serves %q, which is no tactic", id, tactic)
			}
		}
	}
	root := os.Getenv("SIGMATIC_SHARED")
	if root == "" {
		t.Skip("SIGMATIC_SHARED is not set: the tags of SigmaHQ's rules are not looked at")
	}
	tag := regexp.MustCompile(`(?m)^\s*-\s*attack\.(t\d{4}(?:\.\d{3})?)\s*$`)
	seen := map[string]bool{}
	err := filepath.WalkDir(filepath.Join(root, "data", "rules", "sigma"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, m := range tag.FindAllSubmatch(data, -1) {
			id := strings.ToUpper(string(m[1]))
			if rows[id].name == "" && !seen[id] {
				t.Errorf("%s has the tag %s, which the table does not", path, m[1])
			}
			seen[id] = true
		}
		return err
	})
	if err != nil || len(seen) < 400 {
		t.Fatalf("%d techniques: %v", len(seen), err)
	}
}
