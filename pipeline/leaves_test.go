package pipeline_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/evaluator"
	"sigmatic/pipeline"
)

// TestEquationOfLeaves holds the schemas of nested stores to their promise leaf by
// leaf, in both directions: for values that events have, each kind of leaf over
// the event's field and, restored, over the store's.
func TestEquationOfLeaves(t *testing.T) {
	var events [][]byte
	for i, e := range distinct(t, cloudTrailEvents(t)) {
		if i%6 == 0 {
			events = append(events, e)
		}
	}
	for _, name := range []string{"cloudtrail-ecs", "cloudtrail-ocsf"} {
		s := schema(t, name)
		projected := project(t, s, events)
		raw, stored := map[string][]any{}, map[string][]any{}
		for _, e := range projected {
			collect(raw, "", e.decoded)
			collect(stored, "", e.document)
		}
		t.Run(name+" forward", func(t *testing.T) {
			forward := func(r *ast.Rule) (*ast.Rule, []diag.Diagnostic) {
				out, _, diags := s.Apply(r)
				return out, diags
			}
			compareLeaves(t, raw, projected, forward, func(e storedEvent) (before, after *evaluator.Event) { return e.event, e.stored })
		})
		t.Run(name+" back", func(t *testing.T) {
			compareLeaves(t, stored, projected, s.Restore, func(e storedEvent) (before, after *evaluator.Event) { return e.stored, e.event })
		})
	}
}

// collect gathers up to two distinct scalars at each path.
func collect(at map[string][]any, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			if strings.ContainsAny(k, ".*") {
				continue // no path
			}
			collect(at, strings.TrimPrefix(path+"."+k, "."), inner)
		}
	case []any:
		for _, inner := range v {
			collect(at, path, inner)
		}
	case nil:
	default:
		if !slices.Contains(at[path], v) && len(at[path]) < 2 {
			at[path] = append(at[path], v)
		}
	}
}

// leafValues are leaves of every kind that a value satisfies, or nearly does.
func leafValues(v any) []ast.Value {
	text := func(s string, cased bool) *ast.Pattern { return &ast.Pattern{Parts: ast.ParsePattern(s), Cased: cased} }
	out := []ast.Value{&ast.Null{}, text("*", false)}
	switch v := v.(type) {
	case string:
		plain := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(v)
		half := plain[:len(plain)/2]
		out = append(out, text(plain, false), text(strings.ToUpper(plain), false), text(plain, true), &ast.Pattern{Parts: []ast.Part{ast.Literal(v), ast.AnyRun{}}})
		if half != "" && !strings.HasSuffix(half, `\`) {
			out = append(out, text(half+"*", false), text("*"+half+"*", false))
		}
		out = append(out, &ast.Regex{Source: "^[A-Z]"})
	case bool:
		out = append(out, &ast.Bool{Value: v}, &ast.Bool{Value: !v}, text("TRUE", false), text("f*", false))
	case float64:
		text, _ := json.Marshal(v)
		if d, ok := ast.ParseDecimal(string(text)); ok {
			out = append(out, &ast.Number{Decimal: d, Lexeme: string(text)}, &ast.Comparison{Op: ast.Greater, Number: &ast.Number{Decimal: d}})
		}
	}
	return out
}

func compareLeaves(t *testing.T, values map[string][]any, events []storedEvent,
	rewrite func(*ast.Rule) (*ast.Rule, []diag.Diagnostic), sides func(storedEvent) (before, after *evaluator.Event)) {
	compared, matched, refused := 0, 0, 0
	for _, path := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[path] {
			for _, v := range leafValues(value) {
				r := leafRule(path, v)
				rewritten, diags := rewrite(r)
				if rewritten == nil || len(diags) > 0 {
					refused++
					continue
				}
				before, after := compiled(t, r), compiled(t, rewritten)
				for _, e := range events {
					if concerns(e.breaches, append(pipeline.FieldsOf(r), pipeline.FieldsOf(rewritten)...)) {
						continue
					}
					b, a := sides(e)
					want, got := before[0].Match(b), after[0].Match(a)
					compared++
					if want {
						matched++
					}
					if got != want {
						qs, _ := ast.Resolve(rewritten)
						t.Fatalf("%s %s is %v, rewritten as %s it is %v\nevent %v\nstored %v", path, v, want, qs[0].Expr, got, e.decoded, e.document)
					}
				}
			}
		}
	}
	t.Logf("%d fields, %d verdicts, %d matches, %d leaves that cannot be rewritten", len(values), compared, matched, refused)
	if matched < 1000 {
		t.Errorf("%d matches are too few to tell", matched)
	}
}

// leafRule is a rule of one leaf.
func leafRule(field string, v ast.Value) *ast.Rule {
	name := ast.Text{Value: "selection"}
	item := &ast.Item{Field: ast.Field{Name: field}, Values: []ast.Alternatives{{v}}}
	return &ast.Rule{
		LogSource:  ast.LogSource{Product: ast.Text{Value: "aws"}, Service: ast.Text{Value: "cloudtrail"}},
		Detections: []*ast.NamedDetection{{Name: name, Body: item}},
		Conditions: []*ast.RuleCondition{{Expr: &ast.CondRef{Name: "selection"}}},
	}
}
