package verify

import (
	"fmt"
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/backends"
	"sigmatic/backends/all"
)

// planted is a bug that converters have had, put into a backend: into the rule
// before it is printed, or into the text after.
type planted struct {
	says    string
	target  string
	traits  string // of the fields f and g, as the folders of testdata/traits say; "" for none
	detect  string // the detection of the rule
	rewrite func(ast.Expr) ast.Expr
	old     string // replaced in the text …
	new     string // … by this
	want    string // part of what the harness prints
}

var plantedBugs = []planted{
	{says: "a dropped COALESCE", target: "esql", traits: "keyword-single-canonical",
		detect: "{a: {f: Val}, condition: not a}",
		old:    `COALESCE(f == "Val", false)`, new: `(f == "Val")`, want: "selects it"},
	{says: "a LIKE that is escaped once", target: "esql", traits: "keyword-single-canonical",
		detect: `{a: {f|contains: '\Temp\'}, condition: a}`,
		old:    `\\\\`, new: `\\`, want: "does not run it"},
	{says: "a lost case fold", target: "logsql",
		detect: "{a: {f: Val}, condition: a}",
		old:    "(?i)", new: "", want: "does not select it"},
	{says: "a lost case fold", target: "splunk",
		detect: "{a: {f|re|i: 'va[lk]'}, condition: a}",
		old:    "(?i)", new: "", want: "does not select it"},
	{says: "a lost case fold", target: "esql",
		detect: "{a: {f: Val}, condition: a}",
		old:    "[Vv]", new: "V", want: "does not select it"},
	{says: "a lost anchor", target: "logsql",
		detect: "{a: {f: Val}, condition: a}",
		old:    `$"`, new: `"`, want: "engine  logsql (interpreter) selects it"},
	{says: "a lost anchor", target: "splunk",
		detect: "{a: {f: 'a?c'}, condition: a}",
		old:    `\z`, new: "", want: "selects it"},
	{says: "AND and OR without parentheses", target: "splunk",
		detect: "{a: {f: Val, g: x}, b: {h: y}, condition: a or b}",
		old:    `(f="Val" g="x")`, new: `f="Val" g="x"`, want: "does not select it"},
	{says: "IN with mixed types", target: "esql", traits: "long-single",
		detect: "{a: {f: [1, 2]}, condition: a}",
		old:    "IN (1, 2)", new: `IN (1, "2")`, want: "does not run it"},
	{says: "several values compared with ==", target: "esql", traits: "keyword-multi-canonical",
		detect: "{a: {f: Val}, condition: a}",
		old:    `f : "Val"`, new: `f == "Val"`, want: `event   {"f":["`},
	{says: "a prefix turned phrase", target: "logsql", traits: "keyword-single-canonical",
		detect: "{a: {f|startswith: Val}, condition: a}",
		old:    `f:="Val"*`, new: `f:"Val"*`, want: "selects it"},
	{says: "empty taken for missing", target: "splunk",
		detect: "{a: {f: null}, condition: a}",
		old:    "isnull('f')", new: `(isnull('f') OR 'f'="")`, want: `event   {"f":""}`},
	{says: "empty taken for missing", target: "esql", traits: "keyword-single",
		detect: "{a: {f: null}, condition: a}",
		old:    "f IS NULL", new: `(f IS NULL OR f == "")`, want: `event   {"f":""}`},
	{says: "NOT pushed through AND", target: "splunk", rewrite: notThroughAnd,
		detect: "{a: {f: Val, g: x}, condition: not a}", want: "does not select it"},
	{says: "NOT pushed through AND", target: "esql", rewrite: notThroughAnd,
		detect: "{a: {f: Val, g: x}, condition: not a}", want: "does not select it"},
	{says: "NOT pushed through AND", target: "kql", rewrite: notThroughAnd,
		detect: "{a: {f: Val, g: x}, condition: not a}", want: "does not select it"},
	{says: "NOT pushed through AND", target: "logsql", rewrite: notThroughAnd,
		detect: "{a: {f: Val, g: x}, condition: not a}", want: "does not select it"},
	{says: "a wildcard in quotes", target: "kql",
		detect: "{a: {f|startswith: Val}, condition: a}",
		old:    "Val*", new: `"Val*"`, want: "does not select it"},
}

// notThroughAnd makes not (a and b) into not a and not b.
func notThroughAnd(e ast.Expr) ast.Expr {
	not, ok := e.(*ast.Not)
	if !ok {
		return e
	}
	and, ok := not.Term.(*ast.And)
	if !ok {
		return e
	}
	out := &ast.And{}
	for _, t := range and.Terms {
		out.Terms = append(out.Terms, &ast.Not{Term: t})
	}
	return out
}

// broken is a backend with a bug.
type broken struct {
	backends.Backend
	bug planted
}

func (b broken) Convert(q *ast.Query, opts backends.Options) (*backends.Output, error) {
	if b.bug.rewrite != nil {
		changed := *q
		changed.Expr = b.bug.rewrite(q.Expr)
		q = &changed
	}
	out, err := b.Backend.Convert(q, opts)
	if err != nil || b.bug.old == "" {
		return out, err
	}
	return &backends.Output{Query: strings.ReplaceAll(out.Query, b.bug.old, b.bug.new), Notes: out.Notes}, nil
}

// TestPlantedBugs plants bugs, one at a time, and demands that the comparison
// finds each, on the interpreters alone, and says where it is; without the bug
// it must find nothing.
func TestPlantedBugs(t *testing.T) {
	for _, bug := range plantedBugs {
		t.Run(bug.says+" in "+bug.target, func(t *testing.T) {
			text := fmt.Sprintf("title: Planted\nlogsource: {product: x}\ndetection:\n  %s\n", bug.detect)
			q := queriesOf(t, "planted.yml", []byte(text))[0].Query
			if bug.traits != "" {
				q = withTraits(t, q, bug.traits)
			}
			q = q.Simplified()
			sound := all.Registry().Find(bug.target)
			if r := tryOne(t, sound, q); len(r.Differences) > 0 {
				t.Fatalf("without the bug: %s", r.Differences[0])
			}
			out, err := sound.Convert(q, backends.Options{})
			if err != nil {
				t.Fatal(err)
			}
			wrong, err := broken{sound, bug}.Convert(q, backends.Options{})
			if err != nil || wrong.Query == out.Query {
				t.Fatalf("the bug does not change the text (%v):\n%s", err, out.Query)
			}
			r := tryOne(t, broken{sound, bug}, q)
			if r.Verdict() != Differs {
				t.Fatalf("not found in\n%s", wrong.Query)
			}
			var lines strings.Builder
			for _, l := range r.Differences[0].Block(q) {
				fmt.Fprintf(&lines, "%-6s  %s\n", l.Word, l.Text)
			}
			if !strings.Contains(lines.String(), bug.want) {
				t.Errorf("want %q in\n%s", bug.want, lines.String())
			}
			t.Logf("%s\n%s", wrong.Query, lines.String())
		})
	}
}

func tryOne(t *testing.T, b backends.Backend, q *ast.Query) *Report {
	t.Helper()
	sample, err := NewSample(Generate(q, 1, DefaultEvents))
	if err != nil {
		t.Fatal(err)
	}
	res := Trial{Backend: b, Query: q, Sample: sample}.OnInterpreters(t.Context())
	if res.Err != nil {
		t.Fatal(res.Err)
	}
	return res.Report
}
