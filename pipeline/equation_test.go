package pipeline_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/evaluator"
	"sigmatic/parser"
	"sigmatic/pipeline"
)

// shared gives a path of the shared test data; the test skips without it.
func shared(t testing.TB, path string) string {
	t.Helper()
	root := os.Getenv("SIGMATIC_SHARED")
	if root == "" {
		t.Skip("SIGMATIC_SHARED is not set: the shared test data is not here")
	}
	return filepath.Join(root, "data", path)
}

// lines gives the lines of a file, which may be compressed.
func lines(t testing.TB, name string) [][]byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	var out [][]byte
	s := bufio.NewScanner(r)
	s.Buffer(nil, 64<<20)
	for s.Scan() {
		if line := bytes.TrimSpace(s.Bytes()); len(line) > 0 {
			out = append(out, slices.Clone(line))
		}
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return out
}

// cloudTrailEvents are the records of the public collections, without the
// envelopes that some of them have.
func cloudTrailEvents(t testing.TB) [][]byte {
	t.Helper()
	var out [][]byte
	for _, name := range []string{
		"invictus/events.ndjson.gz", "stratus/events.ndjson", "traildiscover/events.ndjson", "opensearch-catalog/events.ndjson.gz",
		"otrf/events.ndjson", "cloud-custodian/events.ndjson", "trailscraper/events.ndjson", "cloudgrep/events.ndjson",
	} {
		for _, line := range lines(t, shared(t, "cloudtrail/"+name)) {
			var envelope struct {
				Detail json.RawMessage `json:"detail"`
			}
			if json.Unmarshal(line, &envelope) == nil && len(envelope.Detail) > 0 {
				line = envelope.Detail
			}
			out = append(out, line)
		}
	}
	return out
}

// rulesUnder are the Sigma rules of a directory that want chooses.
func rulesUnder(t testing.TB, dir string, want func(*ast.Rule) bool) []*ast.Rule {
	t.Helper()
	var out []*ast.Rule
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".yml" {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, doc := range parser.Parse(source.NewFile(name, data)).Documents {
			if r, ok := doc.(*ast.Rule); ok && want(r) {
				out = append(out, r)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func ofCloudTrail(r *ast.Rule) bool {
	return r.LogSource.Product.Value == "aws" && r.LogSource.Service.Value == "cloudtrail"
}

// compiled gives the conditions of a rule; nil if it has a leaf that the comparison cannot ask.
func compiled(t *testing.T, r *ast.Rule) []*evaluator.Reference {
	t.Helper()
	qs, diags := ast.Resolve(r)
	if len(diags) > 0 {
		t.Fatal(diags[0].Error())
	}
	var out []*evaluator.Reference
	for _, q := range qs {
		unasked := false
		ast.Leaves(q.Expr, func(m *ast.Match, _ bool) {
			_, keyword := m.Value.(*ast.Keyword) // a keyword is looked for in the event's own text
			unasked = unasked || keyword || m.Field.Type == ast.TypeObject
		})
		if unasked || len(ast.Placeholders(q.Expr)) > 0 {
			return nil
		}
		ref, err := evaluator.New(q)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, ref)
	}
	return out
}

// TestEquation holds every schema of CloudTrail to its promise: a rule selects an
// event exactly if the rewritten rule selects the rewritten event. An event that
// breaks a stated trait is out, and counted.
func TestEquation(t *testing.T) {
	events := distinct(t, cloudTrailEvents(t))
	rules := rulesUnder(t, shared(t, "rules/sigma"), ofCloudTrail)
	rules = append(rules, rulesUnder(t, shared(t, "rules/suzaku"), ofCloudTrail)...)
	rules = append(rules, rulesUnder(t, "../rules/cloudtrail", ofCloudTrail)...)
	for _, s := range pipeline.Schemas() {
		if !strings.HasPrefix(s.Name, "cloudtrail-") {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			compared, matched, refused, unasked, noted, broken := 0, 0, 0, 0, 0, 0
			projected := project(t, s, events)
			for _, r := range rules {
				applied, _, _ := s.Apply(r)
				if applied == nil {
					refused++
					continue
				}
				before, after := compiled(t, r), compiled(t, applied)
				if before == nil || after == nil {
					unasked++
					continue
				}
				open, asked := unstated(s, r), pipeline.FieldsOf(r)
				for i, e := range projected {
					if concerns(e.breaches, asked) {
						broken++
						continue
					}
					if slices.ContainsFunc(open, func(f string) bool { return crossesList(e.decoded, f) }) {
						noted++
						continue
					}
					for j := range before {
						want := before[j].Match(e.event)
						compared++
						if want {
							matched++
						}
						if got := after[j].Match(e.stored); got != want {
							stored, _ := s.Project(events[i])
							t.Fatalf("%s, condition %d: the rule says %v, under the schema it says %v\nevent  %s\nstored %s", r.Span.File.Name, j, want, got, events[i], stored)
						}
					}
				}
			}
			t.Logf("%d rules, %d of them refused, %d not comparable; %d events; %d verdicts, %d matches; out: %d for a broken trait, %d for the note single-value",
				len(rules), refused, unasked, len(events), compared, matched, broken, noted)
			if matched < 1000 {
				t.Errorf("%d matches are too few to tell", matched)
			}
		})
	}
}

// distinct keeps one event of those that have what rules mostly ask for in
// common, and some of the others.
func distinct(t *testing.T, events [][]byte) [][]byte {
	t.Helper()
	seen := map[string]int{}
	var out [][]byte
	for i, raw := range events {
		var e struct {
			EventName, ErrorCode string
			UserIdentity         struct{ Type string }
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		key := e.EventName + " " + e.ErrorCode + " " + e.UserIdentity.Type
		if seen[key]++; seen[key] == 1 || seen[key] <= 3 && i%3 == 0 {
			out = append(out, raw)
		}
	}
	return out
}

type storedEvent struct {
	event, stored *evaluator.Event
	decoded       any // the event
	document      any // as it is stored
	breaches      []pipeline.Breach
}

// unstated are the fields of a rule of which a flat store does not say how many
// values they have: a query over them carries the note single-value.
func unstated(s *pipeline.Schema, r *ast.Rule) []string {
	if s.Name != "cloudtrail-splunk" && s.Name != "cloudtrail-victorialogs" {
		return nil
	}
	var out []string
	for _, f := range pipeline.FieldsOf(r) {
		if stored, ok := s.Stored(f.Name); !ok || slices.ContainsFunc(stored, func(f ast.Field) bool { return f.Multi == ast.MultiUnknown }) {
			out = append(out, f.Name)
		}
	}
	return out
}

// crossesList reports whether a list stands on the way to a field or at its end.
func crossesList(v any, field string) bool {
	for _, step := range strings.Split(field, ".") {
		tree, ok := v.(map[string]any)
		if !ok {
			return v != nil
		}
		v = tree[step]
	}
	_, list := v.([]any)
	return list
}

// concerns reports whether a rule asks for a field of which an event breaks a
// stated trait.
func concerns(breaches []pipeline.Breach, asked []ast.Field) bool {
	return slices.ContainsFunc(breaches, func(b pipeline.Breach) bool {
		return slices.ContainsFunc(asked, func(f ast.Field) bool {
			return f.Name == b.Field || strings.HasPrefix(b.Field, f.Name+".") || strings.HasPrefix(f.Name, b.Field+".")
		})
	})
}

// project gives the events as the schema stores them.
func project(t *testing.T, s *pipeline.Schema, events [][]byte) []storedEvent {
	t.Helper()
	var out []storedEvent
	for _, raw := range events {
		var e storedEvent
		doc, err := s.Project(raw)
		if err != nil {
			t.Fatal(err)
		}
		if e.breaches, err = s.Breaches(raw); err != nil {
			t.Fatal(err)
		}
		if e.event, err = evaluator.ParseEvent(raw); err != nil {
			t.Fatal(err)
		}
		if e.stored, err = evaluator.ParseEvent(doc); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &e.decoded); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(doc, &e.document); err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}
