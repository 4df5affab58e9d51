package backends

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"sigmatic/ast"
)

// Tactic is one of MITRE ATT&CK (https://attack.mitre.org/tactics/enterprise/).
type Tactic struct {
	ID        string // TA0001
	Name      string // Initial Access
	Reference string // its page
}

// Technique is one of MITRE ATT&CK, with those of its sub-techniques that a rule
// is tagged with.
type Technique struct {
	ID            string // T1078, or T1078.004
	Name          string
	Reference     string // its page
	Subtechniques []Technique
}

// Threat is a tactic and the techniques that serve it.
type Threat struct {
	Tactic     Tactic
	Techniques []Technique
}

// tactics are in the order of the matrix. Version 19 of ATT&CK parted Defense
// Evasion into Stealth, which has kept its number, and Defense Impairment.
var tactics = []struct{ tag, id, name string }{
	{"reconnaissance", "TA0043", "Reconnaissance"},
	{"resource-development", "TA0042", "Resource Development"},
	{"initial-access", "TA0001", "Initial Access"},
	{"execution", "TA0002", "Execution"},
	{"persistence", "TA0003", "Persistence"},
	{"privilege-escalation", "TA0004", "Privilege Escalation"},
	{"stealth", "TA0005", "Stealth"},
	{defenseEvasion, "TA0005", "Defense Evasion"},
	{"defense-impairment", "TA0112", "Defense Impairment"},
	{"credential-access", "TA0006", "Credential Access"},
	{"discovery", "TA0007", "Discovery"},
	{"lateral-movement", "TA0008", "Lateral Movement"},
	{"collection", "TA0009", "Collection"},
	{"command-and-control", "TA0011", "Command and Control"},
	{"exfiltration", "TA0010", "Exfiltration"},
	{"impact", "TA0040", "Impact"},
}

const defenseEvasion = "defense-evasion"

//go:embed attack.tsv
var attackTable string

type attackRow struct {
	name    string
	tactics []string
}

var attackRows = sync.OnceValue(func() map[string]attackRow {
	rows := map[string]attackRow{}
	for line := range strings.Lines(attackTable) {
		if cells := strings.Split(strings.TrimSpace(line), "\t"); len(cells) == 3 {
			rows[cells[0]] = attackRow{cells[1], strings.Split(cells[2], ",")}
		}
	}
	return rows
})

// Techniques lists the techniques of ATT&CK that a rule is tagged with, in the
// order of its tags; tags that ATT&CK does not know are left out.
func Techniques(tags []ast.Tag) []Technique {
	var out []Technique
	for _, t := range tags {
		if id, ok := techniqueID(t); ok {
			out = append(out, technique(id))
		}
	}
	return out
}

// Threats gives what a rule is tagged with as ATT&CK orders it: each technique
// below those tactics of the rule that it serves; below all that it serves, where
// the rule names none of them.
func Threats(tags []ast.Tag) []Threat {
	var tagged []string
	for _, t := range tags {
		if name := strings.ReplaceAll(t.Name, "_", "-"); t.Namespace == "attack" {
			tagged = append(tagged, name)
		}
	}
	byTactic := map[string][]Technique{}
	for _, t := range tags {
		id, ok := techniqueID(t)
		if !ok {
			continue
		}
		for _, tactic := range servedTactics(attackRows()[id].tactics, tagged) {
			byTactic[tactic] = withTechnique(byTactic[tactic], id)
		}
	}
	var out []Threat
	for _, t := range tactics {
		if techniques := byTactic[t.tag]; techniques != nil || slices.Contains(tagged, t.tag) {
			out = append(out, Threat{Tactic{t.id, t.name, "https://attack.mitre.org/tactics/" + t.id + "/"}, techniques})
		}
	}
	return out
}

// servedTactics are those of a technique's tactics that the rule names. A rule
// may still say defense-evasion for the two that it became.
func servedTactics(serves, tagged []string) []string {
	var out []string
	for _, tactic := range serves {
		parted := tactic == "stealth" || tactic == "defense-impairment"
		switch {
		case slices.Contains(tagged, tactic):
			out = append(out, tactic)
		case parted && slices.Contains(tagged, defenseEvasion):
			out = append(out, defenseEvasion)
		}
	}
	if out == nil {
		return serves
	}
	return slices.Compact(out)
}

// withTechnique adds a technique, or a sub-technique below its technique.
func withTechnique(list []Technique, id string) []Technique {
	parent, _, isSub := strings.Cut(id, ".")
	i := slices.IndexFunc(list, func(t Technique) bool { return t.ID == parent })
	if i < 0 {
		list = append(list, technique(parent))
		i = len(list) - 1
	}
	if isSub && !slices.ContainsFunc(list[i].Subtechniques, func(t Technique) bool { return t.ID == id }) {
		list[i].Subtechniques = append(list[i].Subtechniques, technique(id))
	}
	return list
}

func technique(id string) Technique {
	return Technique{ID: id, Name: attackRows()[id].name, Reference: "https://attack.mitre.org/techniques/" + strings.ReplaceAll(id, ".", "/") + "/"}
}

func techniqueID(t ast.Tag) (string, bool) {
	id := strings.ToUpper(t.Name)
	if t.Namespace != "attack" || attackRows()[id].name == "" {
		return "", false
	}
	return id, true
}
