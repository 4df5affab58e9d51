package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sigmatic/ast"
	"sigmatic/ast/source"
	"sigmatic/backends/all"
	"sigmatic/cmd/internal/ruletest"
	"sigmatic/evaluator/cloudtrail"
	"sigmatic/rules"
)

// testRun is one run of the command test. The targets and their terms are those
// of convert.
type testRun struct {
	proofRun
	format       string
	init         bool
	seed         uint64
	requireTests bool
	minCoverage  int
}

func (a *app) testCommand() *cobra.Command {
	t := &testRun{proofRun: proofRun{convertRun{app: a, registry: all.Registry()}}}
	cmd := &cobra.Command{
		Use:   "test [flags] [RULES...]",
		Short: "Run the tests that live with rules",
		Long: `test runs the tests of rules: events that a rule must match, and events that it
must not. They stand in RULE.test.yml beside RULE.yml, or in the rule's attribute
tests; docs/testing.md has the form.

Each event is judged by the rule, and by the query of every target on the
interpreter of its language (of SPL there is no engine to hold it to). Which
values of the rule no test exercises is listed: a value is exercised if the
verdict on some event hangs on it.

--init writes a first file of tests for each rule that has none: the smallest
events that match, and that narrowly do not. Read them; they say what the rule
does, not what it should do.

The exit status is 1 when a test fails. Formats: ` + strings.Join(ruletest.Formats(), ", ") + `.`,
		Example: `  sigmatic test rules/cloudtrail/aws_ssm_command_sent.yml
  sigmatic test -t esql,logsql -f junit rules
  sigmatic test --init docs/examples/new_rule.yml`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return t.run(cmd.Context(), args) },
	}
	f := cmd.Flags()
	f.StringVarP(&t.format, "format", "f", "table", "output format: "+strings.Join(ruletest.Formats(), ", "))
	f.StringVarP(&t.outPath, "output", "o", "", "write the results to this file")
	f.BoolVar(&t.init, "init", false, "write tests for rules that have none")
	f.Uint64Var(&t.seed, "seed", 1, "another seed makes other events for --init")
	f.BoolVar(&t.requireTests, "require-tests", false, "exit with 1 when a rule has no tests")
	f.IntVar(&t.minCoverage, "min-coverage", 0, "exit with 1 when the tests of a rule exercise less than this share of its values, in percent")
	t.termsFlags(cmd)
	return cmd
}

func (t *testRun) run(ctx context.Context, args []string) error {
	if !slices.Contains(ruletest.Formats(), t.format) {
		return usagef("unknown format %q, the formats are %s", t.format, strings.Join(ruletest.Formats(), ", "))
	}
	if t.minCoverage < 0 || t.minCoverage > 100 {
		return usagef("--min-coverage takes a percentage from 0 to 100, not %d", t.minCoverage)
	}
	if err := t.checkTerms(); err != nil {
		return err
	}
	rules, err := t.rules(args, "test")
	if err != nil || len(rules) == 0 {
		return err
	}
	if t.init {
		if len(args) == 0 {
			return usagef("--init writes files beside rules: name the rules")
		}
		return t.scaffold(rules)
	}
	done := t.outcomes(ctx, rules)
	out, closeOut, err := t.output(t.outPath)
	if err != nil {
		return err
	}
	if err := errors.Join(ruletest.Write(out, t.format, done), closeOut()); err != nil {
		return err
	}
	t.sum(done)
	return nil
}

// outcomes runs the tests of all rules; of one that cannot be run, it says why.
func (t *testRun) outcomes(ctx context.Context, rules []proofRule) []*ruletest.Outcome {
	outcomes := make([]*ruletest.Outcome, len(rules))
	errs := make([]error, len(rules))
	tests := make([][]ruletest.Test, len(rules))
	suites := newSuites(rules)
	for i, r := range rules {
		tests[i], errs[i] = suites.of(r.Rule)
	}
	parallel(len(rules), func(i int) {
		if errs[i] == nil {
			outcomes[i], errs[i] = t.try(ctx, rules[i], tests[i])
		}
	})
	var done []*ruletest.Outcome
	for i, err := range errs {
		if err != nil {
			t.errorf("%s: %v", placeOf(rules[i].Rule), err)
			continue
		}
		done = append(done, outcomes[i])
	}
	for _, err := range suites.unused() {
		t.errorf("%v", err)
	}
	return done
}

// sum says what became of all, and sets the exit status.
func (t *testRun) sum(list []*ruletest.Outcome) {
	counts := map[ruletest.Verdict]int{}
	events := 0
	for _, o := range list {
		counts[o.Verdict()]++
		events += len(o.Tests)
		if p := o.Coverage.Percent(); len(o.Tests) > 0 && p < t.minCoverage {
			t.infof("%s: the tests exercise %d %% of the values, --min-coverage is %d", o.Place, p, t.minCoverage)
			t.raise(statusNo)
		}
	}
	if counts[ruletest.Failed] > 0 || t.requireTests && counts[ruletest.Untested] > 0 {
		t.raise(statusNo)
	}
	t.infof("%s with tests: ok %d, failed %d; without tests %d; %s", plural(counts[ruletest.OK]+counts[ruletest.Failed], "rule"),
		counts[ruletest.OK], counts[ruletest.Failed], counts[ruletest.Untested], plural(events, "event"))
}

// try runs the tests of one rule.
func (t *testRun) try(ctx context.Context, r proofRule, tests []ruletest.Test) (*ruletest.Outcome, error) {
	o := &ruletest.Outcome{Rule: r.Rule, Place: placeOf(r.Rule), Tests: tests}
	qs, err := queries(r.Rule)
	if err != nil || len(o.Tests) == 0 {
		return o, err
	}
	for _, q := range qs {
		if d := unresolved(q); d != nil {
			return nil, d
		}
	}
	if err := o.Run(qs); err != nil {
		return nil, err
	}
	for _, trial := range t.trials(r, eventSource{user: &userEvents{list: o.Events()}}) {
		o.Targets = append(o.Targets, trial.OnInterpreters(ctx))
	}
	return o, nil
}

// testSuites finds the tests of rules: each file of them is read once.
type testSuites struct {
	rulesIn map[string]int // rules of each file
	files   map[string]*suiteFile
}

type suiteFile struct {
	suites []ruletest.Suite
	used   []bool
	err    error
}

// newSuites reads the tests beside the files of rules.
func newSuites(list []proofRule) *testSuites {
	s := &testSuites{map[string]int{}, map[string]*suiteFile{}}
	for _, r := range list {
		name := r.Span.File.Name
		s.rulesIn[name]++
		if s.files[name] == nil {
			s.files[name] = s.read(ruletest.FileName(name))
		}
	}
	return s
}

func (s *testSuites) read(name string) *suiteFile {
	data, err := readBeside(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &suiteFile{}
	}
	if err != nil {
		return &suiteFile{err: fmt.Errorf("%s: cannot be read: %w", name, plainError(err))}
	}
	suites, err := ruletest.Read(source.NewFile(name, data), eventsBeside(name))
	return &suiteFile{suites, make([]bool, len(suites)), err}
}

// readBeside reads a file that lies beside rules, on disk or in the program.
func readBeside(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if inside, ok := strings.CutPrefix(name, "rules/"); ok && errors.Is(err, fs.ErrNotExist) {
		return fs.ReadFile(rules.FS, inside)
	}
	return data, err
}

// eventsBeside finds files of events by their names relative to a file of tests.
func eventsBeside(tests string) func(string) (cloudtrail.Input, error) {
	return func(name string) (cloudtrail.Input, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(tests), filepath.FromSlash(name))
		}
		if _, err := os.Stat(name); err != nil {
			return cloudtrail.Input{}, fmt.Errorf("%s: %w", name, plainError(err))
		}
		return cloudtrail.File(name), nil
	}
}

// of gives the tests of a rule: those of its file, and those of its attribute.
func (s *testSuites) of(r *ast.Rule) ([]ruletest.Test, error) {
	var tests []ruletest.Test
	name := r.Span.File.Name
	f := s.files[name]
	if f.err != nil {
		return nil, f.err
	}
	for i, suite := range f.suites {
		if suite.Of(r) || !suite.Rule.IsSet() && s.rulesIn[name] == 1 {
			f.used[i] = true
			tests = append(tests, suite.Tests...)
		}
	}
	within, err := ruletest.Within(r, eventsBeside(name))
	if within != nil {
		tests = append(tests, within.Tests...)
	}
	return tests, err
}

// unused says which tests are for no rule.
func (s *testSuites) unused() []error {
	var out []error
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		f := s.files[name]
		for i, used := range f.used {
			if suite := f.suites[i]; !used && s.rulesIn[name] > 0 {
				why := "it must name its rule, as the file holds several"
				at := suite.Span
				if suite.Rule.IsSet() {
					at, why = suite.Rule.Span, fmt.Sprintf("no rule of %s that was selected has the id, name or title %q", name, suite.Rule.Value)
				}
				out = append(out, &ruletest.Error{Span: at, Detail: why})
			}
		}
	}
	return out
}

// scaffold writes tests for rules that have none.
func (t *testRun) scaffold(list []proofRule) error {
	written := map[string][][]byte{}
	suites := newSuites(list)
	for _, r := range list {
		tests, err := suites.of(r.Rule)
		name := ruletest.FileName(r.Span.File.Name)
		_, exists := os.Stat(name)
		switch {
		case err != nil:
			t.errorf("%v", err)
			continue
		case len(tests) > 0:
			t.infof("%s: %q has tests already", r.Span.File.Name, r.Title.Value)
			continue
		case exists == nil:
			t.errorf("%s exists, and has no tests of %q: nothing is written over it", name, r.Title.Value)
			continue
		}
		text, err := t.scaffoldOf(r.Rule)
		if err != nil {
			t.errorf("%s: %v", r.Span.File.Name, err)
			continue
		}
		written[name] = append(written[name], text)
	}
	for _, name := range slices.Sorted(maps.Keys(written)) {
		text := slices.Concat([]byte("# Made by sigmatic test --init: what the rule does. Read it, and keep what it should do.\n"), bytes.Join(written[name], []byte("---\n")))
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return err
		}
		fmt.Fprintln(t.Stdout, name)
	}
	return nil
}

func (t *testRun) scaffoldOf(r *ast.Rule) ([]byte, error) {
	qs, err := queries(r)
	if err != nil {
		return nil, err
	}
	for _, q := range qs {
		if d := unresolved(q); d != nil {
			return nil, d
		}
	}
	return ruletest.Scaffold(r, qs, t.seed)
}
