package parser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/parser"
)

// described is a correlation and what its rules search for, on one line.
func described(c *ast.Correlation) string {
	names := []string{"event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg"}
	var b strings.Builder
	b.WriteString(names[c.Type])
	for _, a := range c.Aggregates {
		for _, f := range a.Fields {
			b.WriteString(" of " + f.Value)
		}
		for _, t := range a.Thresholds {
			not := ""
			if t.NotEqual {
				not = "not "
			}
			fmt.Fprintf(&b, " %s%s %s", not, t.Op, t.Number.Decimal)
		}
	}
	if c.Extended != nil {
		fmt.Fprintf(&b, " [%s]", c.Extended.Expr)
	}
	for _, g := range c.GroupBy {
		b.WriteString(" by " + g.Value)
	}
	fmt.Fprintf(&b, " in %s:", c.Window.Span)
	for _, r := range c.Rules {
		qs, _ := ast.Resolve(r.Target.(*ast.Rule))
		fmt.Fprintf(&b, " %s {%s}", r.Text.Value, ast.Simplify(qs[0].Expr))
	}
	return b.String()
}

// TestAggregations is §3.2: which correlation an aggregation of Sigma 1 means.
func TestAggregations(t *testing.T) {
	for _, c := range []struct{ condition, want string }{
		{"s | count() > 5", `event_count > 5 in 5m0s: base {"a" = 1}`},
		{"s|count()>5", `event_count > 5 in 5m0s: base {"a" = 1}`},
		{"s | count(*) >= 5", `event_count >= 5 in 5m0s: base {"a" = 1}`},
		{"s | count() by user < 5", `event_count < 5 by user in 5m0s: base {"a" = 1}`},
		{"s | count() by user, host.name <= 5", `event_count <= 5 by user by host.name in 5m0s: base {"a" = 1}`},
		{"s | count(dst-ip) by src@ip == 5", `value_count of dst-ip = 5 by src@ip in 5m0s: base {"a" = 1}`},
		{"s | count(f) = 5", `value_count of f = 5 in 5m0s: base {"a" = 1}`},
		{"s | count(f) != 5", `value_count of f not = 5 in 5m0s: base {"a" = 1}`},
		{"s | sum(size) by user > 1.5", `value_sum of size > 1.5 by user in 5m0s: base {"a" = 1}`},
		{"s | avg(size) > 10", `value_avg of size > 10 in 5m0s: base {"a" = 1}`},
		{"s and not x | count() > 5", `event_count > 5 in 5m0s: base {and("a" = 1, not("b" = 2))}`},
		{"1 of them\n\n | count()\n > 5", `event_count > 5 in 5m0s: base {or("a" = 1, "b" = 2, "c" = 3)}`},
		{"s | near x", `temporal >= 2 in 5m0s: s {"a" = 1} x {"b" = 2}`},
		{"s | near x and y", `temporal >= 3 in 5m0s: s {"a" = 1} x {"b" = 2} y {"c" = 3}`},
		{"s | near x and not y", `temporal [s and (x and not y)] in 5m0s: s {"a" = 1} x {"b" = 2} y {"c" = 3}`},
		{"s | near x or y", `temporal [s and (x or y)] in 5m0s: s {"a" = 1} x {"b" = 2} y {"c" = 3}`},
		{"s | near x and x", `temporal >= 2 in 5m0s: s {"a" = 1} x {"b" = 2}`},
		{"s or y | near x", `temporal >= 2 in 5m0s: condition {or("a" = 1, "c" = 3)} x {"b" = 2}`},
		{"s | near 1 of x*", `temporal >= 2 in 5m0s: s {"a" = 1} 1 of x* {"b" = 2}`},
		{"s | near (x)", `temporal >= 2 in 5m0s: s {"a" = 1} x {"b" = 2}`},
	} {
		text := fmt.Sprintf("title: R\nname: base\nlevel: high\nlogsource: {product: p}\ndetection:\n  s: {a: 1}\n  x: {b: 2}\n  y: {c: 3}\n  timeframe: 5m\n  condition: %q\n", c.condition)
		res := parser.Parse(source.NewFile("r.yml", []byte(text)))
		if len(res.Documents) < 2 || len(res.Diagnostics) != 1 {
			t.Errorf("%s: %d documents\n%s", c.condition, len(res.Documents), listing(res.Diagnostics))
			continue
		}
		correlation := res.Documents[len(res.Documents)-1].(*ast.Correlation)
		if got := described(correlation); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.condition, got, c.want)
		}
		if correlation.Level != ast.High || correlation.Generate || correlation.Legacy == nil {
			t.Errorf("%s: the correlation does not stand for the rule: %+v", c.condition, correlation)
		}
		linked, diags := parser.Link(res.Documents)
		if len(linked) != len(res.Documents) || len(diags) > 0 {
			t.Errorf("%s: %d of %d documents linked: %v", c.condition, len(linked), len(res.Documents), diags)
		}
		for _, d := range linked[:len(linked)-1] {
			if r := d.(*ast.Rule); !r.Silent || len(r.Conditions) != 1 {
				t.Errorf("%s: a search of a correlation is not silent, or has %d conditions", c.condition, len(r.Conditions))
			}
		}
	}
}

// TestLegacyCorpus reads what SigmaHQ took out of force, and rules of others that
// still aggregate: each becomes a correlation, or is broken and says why.
func TestLegacyCorpus(t *testing.T) {
	root := filepath.Join(shared(t), "data", "rules")
	piped, lowered, refused := 0, 0, 0
	for _, f := range ruleFiles(t, filepath.Join(root, "sigma"), filepath.Join(root, "mdecrevoisier")) {
		if !slices.ContainsFunc(strings.Split(string(f.Data), "\n"), func(line string) bool {
			return strings.HasPrefix(strings.TrimSpace(line), "condition:") && strings.Contains(line, "|")
		}) {
			continue
		}
		piped++
		res := parser.Parse(f)
		for _, d := range res.Documents {
			if c, ok := d.(*ast.Correlation); ok && c.Legacy != nil {
				lowered++
			}
		}
		if res.Broken > 0 {
			refused++
			if testing.Verbose() {
				fmt.Fprintf(os.Stderr, "%s\n%s", f.Name, listing(res.Diagnostics))
			}
		}
	}
	if lowered+refused != piped || lowered == 0 {
		t.Errorf("%d files aggregate: %d are read as correlations, %d are refused", piped, lowered, refused)
	}
	t.Logf("%d files aggregate: %d are read as correlations, %d are refused", piped, lowered, refused)
}
