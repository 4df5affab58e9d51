package ruletest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"sigmatic/ast"
	"sigmatic/cmd/internal/verify"
	"sigmatic/evaluator"
)

// maxScaffold is how many tests a scaffold has at most, of each kind.
const maxScaffold = 40

// Scaffold makes a file of tests for a rule: for each value the smallest event
// that matches for it, and the smallest that does not for the lack of it. They
// are what the rule says, not what it should say: a person must look.
func Scaffold(r *ast.Rule, queries []*ast.Query, seed uint64) ([]byte, error) {
	s := scaffold{seen: map[string]bool{}}
	for _, q := range queries {
		ref, err := evaluator.New(q)
		if err != nil {
			return nil, err
		}
		events := verify.Generate(q, verify.Seed(seed, q), verify.DefaultEvents)
		for _, l := range NewCoverage(r, queries) {
			for _, match := range []bool{true, false} {
				if err := s.look(ref, l, match, events); err != nil {
					return nil, err
				}
			}
		}
	}
	if len(s.match)+len(s.miss) == 0 {
		return nil, fmt.Errorf("no event was found that the rule tells from another")
	}
	var b bytes.Buffer
	if r.ID.IsSet() {
		fmt.Fprintf(&b, "rule: %s\n", r.ID.Value)
	} else {
		fmt.Fprintf(&b, "rule: %s\n", quote(r.Title.Value))
	}
	writeTests(&b, "match", s.match)
	writeTests(&b, "no-match", s.miss)
	return b.Bytes(), nil
}

type scaffold struct {
	match, miss []Test
	seen        map[string]bool
}

// look finds an event whose verdict hangs on a leaf, and makes it small.
func (s *scaffold) look(ref *evaluator.Reference, l *Leaf, match bool, events []verify.Event) error {
	list, verb := &s.match, "matches by"
	if !match {
		list, verb = &s.miss, "turns on"
	}
	fits := func(e verify.Event) bool {
		ev, err := evaluator.ParseEvent(e.Body)
		if err != nil {
			return false
		}
		x := ref.Explain(ev)
		_, decides := l.on(x)
		return x.Matched == match && decides
	}
	for _, e := range events {
		if len(*list) >= maxScaffold || !fits(e) {
			continue
		}
		small, err := verify.Shrink(e, func(tries []verify.Event) ([]bool, error) {
			ok := make([]bool, len(tries))
			for i, t := range tries {
				ok[i] = fits(t)
			}
			return ok, nil
		})
		if err != nil {
			return err
		}
		if !s.seen[string(small.Body)] {
			s.seen[string(small.Body)] = true
			*list = append(*list, Test{Name: verb + " " + l.String(), Event: small.Body})
		}
		return nil
	}
	return nil
}

func writeTests(b *bytes.Buffer, key string, tests []Test) {
	if len(tests) == 0 {
		return
	}
	fmt.Fprintf(b, "%s:\n", key)
	for _, t := range tests {
		fmt.Fprintf(b, "    - name: %s\n      event:", quote(t.Name))
		writeFields(b, t.Event, 10)
	}
}

// writeFields writes a JSON object as a YAML map, its values in JSON, which YAML
// reads as it is.
func writeFields(b *bytes.Buffer, raw json.RawMessage, indent int) {
	fields := members(raw)
	if len(fields) == 0 {
		b.WriteString(" {}\n")
		return
	}
	b.WriteByte('\n')
	for _, f := range fields {
		fmt.Fprintf(b, "%s%s:", strings.Repeat(" ", indent), key(f.name))
		if f.value[0] == '{' {
			writeFields(b, f.value, indent+4)
			continue
		}
		fmt.Fprintf(b, " %s\n", f.value)
	}
}

type member struct {
	name  string
	value json.RawMessage
}

// members gives the members of an object in their order, or nothing.
func members(raw json.RawMessage) []member {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return nil
	}
	var out []member
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil
		}
		out = append(out, member{fmt.Sprint(name), value})
	}
	return out
}

// plainKey are names that YAML takes for text without quotes.
var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// yamlWords are those that are no text without quotes.
var yamlWords = regexp.MustCompile(`(?i)^(null|true|false|yes|no|on|off|y|n)$`)

func key(name string) string {
	if plainKey.MatchString(name) && !yamlWords.MatchString(name) {
		return name
	}
	return string(quote(name))
}
