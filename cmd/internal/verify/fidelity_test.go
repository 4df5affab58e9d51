package verify

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/backends/all"
	"sigmatic/pipeline"
)

const fidelityPage = "../../../docs/fidelity.md"

// TestGoldenFidelity holds docs/fidelity.md to what the backends do; -record
// writes it. The part on the public rule set needs SIGMATIC_SHARED.
func TestGoldenFidelity(t *testing.T) {
	old, err := os.ReadFile(fidelityPage)
	if err != nil && !*record {
		t.Fatal(err)
	}
	leaves := fidelityHead + fidelityMatrix(t)
	page := leaves
	if os.Getenv("SIGMATIC_SHARED") != "" {
		page += fidelityCorpus(t)
	} else {
		t.Log("SIGMATIC_SHARED is not set: the part on third-party rules is not compared")
		_, rest, _ := strings.Cut(string(old), corpusTitle)
		page += corpusTitle + rest
	}
	if *record {
		if err := os.WriteFile(fidelityPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(old), page); diff != "" {
		t.Errorf("%s (-want +got), see make record:\n%s", fidelityPage, diff)
	}
}

const fidelityHead = `# What each language can say

This page is written by a test (` + "`make record`" + `) from what the backends print. The proof that it holds is ` + "`make proof`" + `: every query below runs on
events around its rule's borders, on the interpreter of its language, and each event's fate is compared with the reference
evaluator's. ES|QL and KQL are held to Elasticsearch 8.19.21 and LogsQL to VictoriaLogs 1.121.0 as well (` + "`make engines-test`" + `).
For SPL there is no engine to be had: what is said of it is **interpreter only**, written from Splunk's documents, under every answer
to what they leave open.

An answer is one of

- **exact**: the text selects what the leaf selects; with note codes behind it, as far as these assumptions about the store hold
  (` + "`sigmatic convert -f jsonl`" + ` prints them in full);
- **filter**: a wider search that an index serves, or none, and an exact filter behind it (` + "`| where`, `| filter`" + `);
- **refused**: a typed error, never something else.

`

const corpusTitle = "## A public rule set\n"

// fidelityMatrix is a table of every kind of leaf and target, for fields of which
// nothing is known, and for the fields that schemas know best.
func fidelityMatrix(t *testing.T) string {
	var b strings.Builder
	b.WriteString("## Kinds of leaves\n\nEach kind is printed plain, under NOT, under OR, and under NOT over AND. Where the answers differ they stand in that order.\n\n")
	for _, part := range []struct{ title, traits string }{
		{"Fields of which nothing is known (`--schema none`)", ""},
		{"Fields that a schema knows to be keywords of one value in canonical case", "keyword-single-canonical"},
	} {
		fmt.Fprintf(&b, "### %s\n\n| leaf |", part.title)
		for _, target := range all.Registry() {
			fmt.Fprintf(&b, " %s |", tableText(target.Language()))
		}
		b.WriteString("\n|---|" + strings.Repeat("---|", len(all.Registry())) + "\n")
		for _, c := range readCases(t) {
			if !strings.HasPrefix(c.name, "leaf-") {
				continue
			}
			title, _, _ := strings.Cut(c.queries[0].title, ":")
			fmt.Fprintf(&b, "| %s |", title)
			for _, target := range all.Registry() {
				var answers []string
				for _, q := range c.queries {
					answers = append(answers, answerOf(t, target, withTraits(t, q.Query, part.traits)))
				}
				fmt.Fprintf(&b, " %s |", strings.Join(slices.Compact(answers), " / "))
			}
			b.WriteByte('\n')
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// tableText escapes the bar, which ends a cell.
func tableText(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// answerOf is what a target answers for a query, in a word and codes.
func answerOf(t *testing.T, b backends.Backend, q *ast.Query) string {
	t.Helper()
	out, err := b.Convert(q, backends.Options{Compact: true})
	var refusal *backends.Unsupported
	switch {
	case errors.As(err, &refusal):
		return "refused"
	case err != nil:
		t.Fatal(err)
	}
	word := "exact"
	if strings.Contains(out.Query, "| where ") || strings.Contains(out.Query, "| filter ") {
		word = "filter"
	}
	var codes []string
	for _, n := range out.Notes {
		codes = append(codes, string(n.Code))
	}
	if len(codes) > 0 {
		word += " (" + strings.Join(codes, ", ") + ")"
	}
	return word
}

// fidelityCount counts the answers of a target for the rule set.
type fidelityCount struct {
	queries, plain, noted, refused int
	notes                          map[backends.NoteCode]int
	features                       map[backends.Feature]int
}

// fidelityCorpus counts the answers for the rule set of SigmaHQ, with fields as
// rules have them and with the customary schema of each target.
func fidelityCorpus(t *testing.T) string {
	rules, err := corpusRules()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(corpusTitle + "\nThe rules of SigmaHQ in force, placeholders left out; a query for each condition. *Exact* counts queries\nwithout a note, *under notes* those with one; the codes count queries, and a query may have several.\n")
	for _, part := range []struct {
		title string
		of    func(target string, ls ast.LogSource) *pipeline.Schema
	}{
		{"Fields as rules have them (`--schema none`)", func(string, ast.LogSource) *pipeline.Schema { return pipeline.None() }},
		{"With the customary schema of target and log source (`--schema auto`)", pipeline.Auto},
	} {
		fmt.Fprintf(&b, "\n### %s\n\n| target | proved on | queries | exact | under notes | refused |\n|---|---|---|---|---|---|\n", part.title)
		var details strings.Builder
		for _, target := range all.Registry() {
			c := countAnswers(t, target, rules, part.of)
			fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d |\n", tableText(target.Language()), provedOn[target.Name()], c.queries, c.plain, c.noted, c.refused)
			fmt.Fprintf(&details, "- %s: notes %s; refused %s\n", target.Language(), byCount(c.notes), byCount(c.features))
		}
		b.WriteString("\n" + details.String())
	}
	return b.String()
}

var provedOn = map[string]string{
	"splunk": "interpreter only", "esql": "interpreter; a sample on Elasticsearch", "kql": "interpreter; a sample on Elasticsearch", "logsql": "interpreter; a sample on VictoriaLogs",
}

func countAnswers(t *testing.T, target backends.Backend, rules []goldenQuery, schemaOf func(string, ast.LogSource) *pipeline.Schema) fidelityCount {
	t.Helper()
	c := fidelityCount{notes: map[backends.NoteCode]int{}, features: map[backends.Feature]int{}}
	for _, q := range rules {
		if placeholders(q.Expr) {
			continue
		}
		c.queries++
		query, lost := inSchema(t, schemaOf(target.Name(), q.Rule.LogSource), q)
		var out *backends.Output
		var refusal *backends.Unsupported
		if lost {
			refusal = &backends.Unsupported{Feature: backends.FeatureSchema}
		} else {
			var err error
			if out, err = target.Convert(query, backends.Options{}); err != nil && !errors.As(err, &refusal) {
				t.Fatal(err)
			}
		}
		switch {
		case refusal != nil:
			c.refused++
			c.features[refusal.Feature]++
		case len(out.Notes) == 0:
			c.plain++
		default:
			c.noted++
			for _, n := range out.Notes {
				c.notes[n.Code]++
			}
		}
	}
	return c
}

// inSchema gives a query in the terms of a schema, or reports that it has none.
func inSchema(t *testing.T, s *pipeline.Schema, q goldenQuery) (*ast.Query, bool) {
	t.Helper()
	if s == pipeline.None() {
		return q.Query, false
	}
	rule, _, _ := s.Apply(q.Rule)
	if rule == nil {
		return nil, true
	}
	queries, diags := ast.Resolve(rule)
	if len(diags) > 0 {
		t.Fatalf("%s: %v", q.title, diags)
	}
	return queries[q.Index], false
}

// byCount lists counts, the largest first.
func byCount[K ~string](m map[K]int) string {
	if len(m) == 0 {
		return "none"
	}
	keys := slices.Sorted(maps.Keys(m))
	slices.SortStableFunc(keys, func(a, b K) int { return m[b] - m[a] })
	var parts []string
	for _, k := range keys {
		parts = append(parts, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(parts, ", ")
}
