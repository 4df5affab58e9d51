package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sigmatic/ast"
	"sigmatic/ast/diag"
	"sigmatic/evaluator"
	"sigmatic/evaluator/cloudtrail"
)

// scanRun is one run of the command scan.
type scanRun struct {
	*app
	rulePaths    []string
	format       string
	outPath      string
	raw          bool
	failOn       string
	anyLogSource bool
	noDedup      bool
	selection    selection
	filter       filterFlags
	vars         varsFlags
	pipelines    pipelineFlags
	times        timelineFlags
	schema       schemaFlags
	correlate    correlateFlags
	timeField    string
	idField      string

	profile     string
	tuningPaths []string
	groupBy     []string

	timeline    timeline
	cellPaths   [][]string
	tunings     []*tuning
	columns     []column
	groups      []column // by which findings are counted, instead of being listed
	detectors   []detector
	correlator  *correlator // nil without correlations
	dedupMemory string
	findings    *collector
	stats       scanStats
	progress    progress
}

// detector is a rule ready to run, all of its conditions.
type detector struct {
	rule       *ast.Rule
	origin     ast.Document // the rule as it was read
	silent     bool         // its findings are not wanted
	correlated bool         // correlations need its matches
	references []*evaluator.Reference
	finding    finding // what all of its findings have in common
	tunings    []*tuning
}

// scanStats accounts for every record.
type scanStats struct {
	cloudtrail.Stats
	baseline                                   cloudtrail.Stats
	matched, unmatched, duplicates, unreadable int
	outside                                    int // of the time range
	timeless                                   int // kept, because it cannot be told whether they are outside
	findings                                   map[ast.Level]int
	rules, correlations                        map[*ast.Rule]int
	first, last                                string // times of findings
	suppressed, releveled                      int    // by tuning
	undescribed                                int    // warnings of the schema
	otherSource, refused                       int    // rules
}

func (a *app) scanCommand() *cobra.Command {
	s := &scanRun{app: a}
	cmd := &cobra.Command{
		Use:   "scan [flags] LOGS...",
		Short: "Run rules on CloudTrail logs",
		Long: `scan runs rules on logs and prints a line for each rule that an event matches.

LOGS are files, directories (searched through), globs, or - for standard input.
CloudTrail delivery files, arrays, one object a line and single objects are told
apart by their content, and so are gzip, zstd, bzip2, zip and tar around them.
What EventBridge, LookupEvents, CloudWatch Logs, CloudTrail Lake or a search of
Elasticsearch put around a record is taken off. Without -r the embedded rules run.

Correlations run as well, with windows that slide; first-seen ones know what the
logs, --baseline and --state tell them. docs/correlations.md says what they mean.

Findings come in the order of their time. An event delivered twice (the same
eventID) is counted once. What does not fit into memory goes to temporary files.
The report on standard error accounts for every record; what could not be read is
named there.`,
		Example: `  sigmatic scan testdata/sample
  sigmatic scan -r rules/cloudtrail --min-level high -f csv testdata/sample
  sigmatic scan -f jsonl --raw testdata/sample/AWSLogs
  sigmatic scan -f csv --group-by rule,identity testdata/sample
  sigmatic scan --timeline-start 2025-01-01 --region us-east-1 testdata/sample/AWSLogs`,
		Args: arguments(1, math.MaxInt, "logs: files, directories, globs or -"),
		RunE: func(cmd *cobra.Command, args []string) error { return s.run(cmd, args) },
	}
	f := cmd.Flags()
	f.StringArrayVarP(&s.rulePaths, "rules", "r", nil, "rules to run: a file, directory or glob; repeatable")
	f.StringVarP(&s.format, "format", "f", "table", "output format: "+strings.Join(scanFormats, ", "))
	f.StringVarP(&s.outPath, "output", "o", "", "write the findings to this file")
	f.BoolVar(&s.raw, "raw", false, "add the event as it was delivered (csv, json, jsonl, parquet, html)")
	f.StringArrayVar(&s.tuningPaths, "tuning", nil, "suppress findings, or change their level, by this file (see docs/tuning.md); repeatable")
	f.StringVar(&s.profile, "profile", "", "a file that chooses the columns (see docs/scan.md)")
	f.StringSliceVar(&s.groupBy, "group-by", nil, "count the findings by rule, identity or other columns, instead of listing them")
	f.StringVar(&s.failOn, "fail-on", "", "exit with 1 when a finding has this level or a higher one")
	f.StringVar(&s.selection.logsource, "logsource", "product=aws,service=cloudtrail", "what the logs are; rules for other log sources do not run")
	f.BoolVar(&s.anyLogSource, "any-logsource", false, "run every rule, whatever its log source")
	f.BoolVar(&s.noDedup, "no-dedup", false, "count an event that was delivered twice twice")
	f.StringVar(&s.dedupMemory, "dedup-memory", "256MB", "how much memory to spend on the ids of events; beyond it they go to temporary files")
	f.StringVar(&s.schema.name, "schema", "none", "the logs are documents of a store that names fields by this schema: a name of list schemas, or a file")
	f.StringVar(&s.timeField, "time-field", "", "where an event has its time, of logs that are not CloudTrail's")
	f.StringVar(&s.idField, "id-field", "", "where an event has its id, by which duplicates are told")
	s.times.flags(cmd)
	s.correlate.flags(cmd)
	s.selection.flags(cmd)
	s.filter.flags(cmd)
	s.vars.flags(cmd)
	s.pipelines.flags(cmd)
	return cmd
}

func (s *scanRun) run(cmd *cobra.Command, paths []string) (err error) {
	failOn := ast.Level(255)
	if s.failOn != "" {
		if failOn, err = levelNamed("--fail-on", s.failOn); err != nil {
			return err
		}
	}
	if !slices.Contains(scanFormats, s.format) {
		return usagef("unknown format %q, the formats are %s", s.format, strings.Join(scanFormats, ", "))
	}
	if s.format == "html" && len(s.groupBy) > 0 {
		return usagef("--group-by counts findings in %s; the html page counts by itself", strings.Join(scanFormats[:len(scanFormats)-1], ", "))
	}
	if s.raw && (s.format == "table" || len(s.groupBy) > 0) && cmd.Flags().Changed("raw") {
		return usagef("--raw adds the event to findings in csv, json, jsonl, parquet or html, the format is %s", map[bool]string{true: "a count", false: s.format}[len(s.groupBy) > 0])
	}
	dedupMemory, err := byteCount("--dedup-memory", s.dedupMemory)
	if err != nil {
		return err
	}
	if s.timeline, err = s.times.events(s.Now()); err != nil {
		return err
	}
	deliveries, err := s.times.deliveries(s.Now())
	if err != nil {
		return err
	}
	if s.schema.name == "auto" {
		return usagef("--schema: expected the name of a schema or a file, since documents do not say what stores them")
	}
	if err := s.schema.read(s.app); err != nil {
		return err
	}
	s.cellPaths = s.paths()
	if err := s.readTunings(); err != nil {
		return err
	}
	if err := s.readProfile(); err != nil {
		return err
	}
	if err := s.groupColumns(s.groupBy); err != nil {
		return err
	}
	if err := s.loadDetectors(); err != nil || len(s.detectors) == 0 {
		return err
	}
	out, closeOut, err := s.output(s.outPath)
	if err != nil {
		return err
	}
	s.stats.findings, s.stats.rules, s.stats.correlations = map[ast.Level]int{}, map[*ast.Rule]int{}, map[*ast.Rule]int{}
	s.findings = newCollector(s, dedupMemory)
	defer s.findings.close()
	// Nearly all that is alive is the memory of ids, which is no work for the collector of garbage: it can come more often.
	defer debug.SetGCPercent(debug.SetGCPercent(scanGCPercent))
	err = s.readAll(cmd.Context(), deliveries, paths)
	buffered := bufio.NewWriterSize(out, 1<<16)
	err = errors.Join(err, s.findings.write(s.newFindingWriter(buffered)), buffered.Flush(), closeOut())
	s.progress.clear(s.app)
	if err == nil && s.correlator != nil {
		err = s.correlator.save()
	}
	if errors.Is(err, context.Canceled) {
		err = nil
		s.errorf("interrupted: the findings are those of the part that was read")
	}
	s.report()
	for level, n := range s.stats.findings {
		if level >= failOn && n > 0 {
			s.raise(statusNo)
		}
	}
	return err
}

// scanGCPercent is how much garbage there may be for what is alive.
const scanGCPercent = 30

// loadDetectors compiles the rules that are for these logs.
func (s *scanRun) loadDetectors() error {
	logs, err := logSourceNamed(s.selection.logsource)
	if err != nil {
		return err
	}
	sel := s.selection
	sel.logsource = "" // here it says what the logs are, it selects no rules
	vars, err := s.vars.read(s.app)
	if err != nil {
		return err
	}
	set, err := s.load(s.rulePaths, s.filter)
	if err != nil {
		return err
	}
	rules := len(set.rules)
	set.rules = append(set.rules, set.searches...)
	s.expand(&set, vars)
	if err := s.pipelines.read(s.app, nil, nil); err != nil {
		return err
	}
	s.pipelines.adaptAll(s.app, &set)
	selected, err := sel.apply(set.rules)
	if err != nil {
		return err
	}
	selected = slices.DeleteFunc(selected, func(r loadedRule) bool { return r.Silent })
	for _, r := range selected {
		if !s.anyLogSource && !runsOn(r.LogSource, logs) {
			s.stats.otherSource++
			continue
		}
		d, err := s.detectorFor(r.Rule)
		if err != nil {
			s.stats.refused++
			s.errorf("%v", err)
			continue
		}
		d.origin = r.origin
		s.detectors = append(s.detectors, d)
	}
	if err := s.newCorrelator(set, logs); err != nil {
		return err
	}
	s.tuneDetectors()
	if n := s.stats.undescribed; n > 0 {
		s.infof("note: the schema %s does not describe %s of the rules; they keep their names", s.schema.one.Name, plural(n, "field"))
	}
	if len(s.detectors) == 0 {
		s.errorf("no rule to run: %s", s.whyNone(rules, len(selected)))
	}
	return nil
}

// whyNone says where the rules went, when none is left to run.
func (s *scanRun) whyNone(loaded, selected int) string {
	switch {
	case loaded == 0:
		return "none was found"
	case selected == 0:
		return fmt.Sprintf("the selection leaves none of %s", plural(loaded, "rule"))
	}
	var parts []string
	if n := s.stats.otherSource; n > 0 {
		parts = append(parts, fmt.Sprintf("%s for other log sources (see --logsource and --any-logsource)", plural(n, "rule")))
	}
	if n := s.stats.refused; n > 0 {
		parts = append(parts, fmt.Sprintf("%s that cannot be evaluated", plural(n, "rule")))
	}
	return strings.Join(parts, ", ")
}

// runsOn reports whether a rule is for logs whose source is fully known: every
// dimension that the rule sets must be that of the logs.
func runsOn(rule, logs ast.LogSource) bool { return rule.Contains(logs) }

// detectorFor compiles a rule, in the terms of the schema that the logs have.
func (s *scanRun) detectorFor(r *ast.Rule) (detector, error) {
	adapted, _, diags := s.schema.one.Apply(r)
	for i, d := range diags {
		if d.Severity == diag.Error {
			return detector{}, &diags[i]
		}
		s.stats.undescribed++
	}
	return newDetector(adapted)
}

func newDetector(r *ast.Rule) (detector, error) {
	qs, err := queries(r)
	if err != nil {
		return detector{}, err
	}
	d := detector{rule: r, finding: findingOf(r)}
	for _, q := range qs {
		if missing := unresolved(q); missing != nil {
			return d, missing
		}
		ref, err := evaluator.New(q)
		if err != nil {
			return d, err
		}
		d.references = append(d.references, ref)
	}
	return d, nil
}

// readAll reads what is only history, then the logs.
func (s *scanRun) readAll(ctx context.Context, wanted cloudtrail.Deliveries, paths []string) error {
	engine := newScanEngine(s)
	if len(s.correlate.baseline) > 0 && s.correlator != nil {
		history := *engine
		history.timeline, history.dedup = timeline{}, false
		s.findings.history = true
		err := s.read(ctx, &history, cloudtrail.Deliveries{}, s.correlate.baseline, &s.stats.baseline)
		s.findings.history, s.correlator.baseline = false, len(s.findings.sources)
		if err != nil {
			return err
		}
	}
	return s.read(ctx, engine, wanted, paths, &s.stats.Stats)
}

// read runs the detectors over inputs.
func (s *scanRun) read(ctx context.Context, engine *scanEngine, wanted cloudtrail.Deliveries, paths []string, account *cloudtrail.Stats) error {
	inputs, problems := wanted.Inputs(paths, s.Stdin)
	for _, p := range problems {
		account.AddProblem(p)
		s.problem(p)
	}
	stats, err := cloudtrail.ReadAll(ctx, inputs, cloudtrail.Job[*scanBatch]{
		Workers:   runtime.GOMAXPROCS(0),
		NewWorker: engine.worker,
		Take: func(b cloudtrail.Batch[*scanBatch]) error {
			defer engine.reuse(b.Result)
			return s.findings.take(b)
		},
		Report: s.problem,
	})
	account.Add(stats)
	return err
}

// problem reports what could not be read.
func (a *app) problem(p cloudtrail.Problem) {
	if p.Severity() == cloudtrail.Note {
		a.infof("note: %s", p)
		return
	}
	a.errorf("%s", p)
}

// report accounts for what was read, then for the findings.
func (s *scanRun) report() {
	for _, line := range s.accounts() {
		s.infof("%s", line)
	}
	s.reportTop()
}

// accounts are the accounts of records and of findings.
func (s *scanRun) accounts() []string {
	lines := []string{s.recordAccount()}
	if n := s.stats.baseline; n.Inputs > 0 {
		lines = append(lines, fmt.Sprintf("baseline: read %s from %s", plural(n.Records, "record"), plural(n.Inputs, "input")))
	}
	if s.correlator != nil {
		lines = append(lines, s.correlator.accounts()...)
	}
	return append(lines, s.findingAccount())
}

func (s *scanRun) recordAccount() string {
	st := &s.stats
	skipped, inputs := map[cloudtrail.Reason]int{}, map[cloudtrail.Reason]int{}
	for reason, n := range st.Problems {
		switch {
		case reason.Severity() == cloudtrail.Note:
		case slices.Contains(recordReasons, reason):
			skipped[reason] = n
		default:
			inputs[reason] = n
		}
	}
	if st.unreadable > 0 {
		skipped["unreadable-record"] = st.unreadable
	}
	lost, damaged := sum(skipped), sum(inputs)
	// What cannot be evaluated was emitted by the reader, the rest was not.
	read := st.Records + lost - st.unreadable
	text := fmt.Sprintf("read %s from %s: %s matched, %s unmatched, %s duplicate, %s skipped%s, %s outside the time range",
		plural(read, "record"), plural(st.Inputs, "input"), grouped(st.matched), grouped(st.unmatched), grouped(st.duplicates), grouped(lost), reasonCounts(skipped), grouped(st.outside))
	if st.timeless > 0 {
		text += fmt.Sprintf("; %s without a time, not left out", plural(st.timeless, "record"))
	}
	if damaged > 0 {
		text += fmt.Sprintf("; %s missing or damaged%s", plural(damaged, "input"), reasonCounts(inputs))
	}
	return text
}

// recordReasons are the problems that concern a record; all others concern an
// input as a whole, or the rest of it.
var recordReasons = []cloudtrail.Reason{
	cloudtrail.InvalidJSON, cloudtrail.TruncatedJSON, cloudtrail.NotAnObject, cloudtrail.TooLarge, cloudtrail.TooDeep,
}

func sum(m map[cloudtrail.Reason]int) (total int) {
	for _, n := range m {
		total += n
	}
	return total
}

// reasonCounts is " (reason: n, …)", or nothing.
func reasonCounts(m map[cloudtrail.Reason]int) string {
	if len(m) == 0 {
		return ""
	}
	return " (" + counts(m, slices.Sorted(maps.Keys(m))) + ")"
}

func (s *scanRun) findingAccount() string {
	st := &s.stats
	total := 0
	var levels []string
	for _, level := range slices.Backward(slices.Sorted(maps.Keys(st.findings))) {
		total += st.findings[level]
		levels = append(levels, fmt.Sprintf("%s %s", cmp.Or(level.String(), "no level"), grouped(st.findings[level])))
	}
	rules := 0
	for _, d := range s.detectors {
		if !d.silent {
			rules++
		}
	}
	var by []string
	if rules > 0 || s.correlator == nil {
		by = append(by, fmt.Sprintf("%s of %s", grouped(len(st.rules)), plural(rules, "rule")))
	}
	if s.correlator != nil {
		by = append(by, fmt.Sprintf("%s of %s", grouped(len(st.correlations)), plural(len(s.correlator.reported()), "correlation")))
	}
	text := fmt.Sprintf("%s by %s", plural(total, "finding"), strings.Join(by, " and "))
	if total > 0 {
		text += ": " + strings.Join(levels, ", ")
	}
	if st.suppressed+st.releveled > 0 {
		text += fmt.Sprintf("; %s suppressed and %s with another level by --tuning", grouped(st.suppressed), grouped(st.releveled))
	}
	if st.otherSource > 0 {
		text += fmt.Sprintf("; %s for other log sources", plural(st.otherSource, "rule"))
	}
	if st.refused > 0 {
		text += fmt.Sprintf("; %s that cannot be evaluated", plural(st.refused, "rule"))
	}
	return text
}

// reportTop says when the findings were, and which rules have the most.
func (s *scanRun) reportTop() {
	const longest = 5
	st := &s.stats
	if st.first != "" {
		s.infof("first %s, last %s", st.first, st.last)
	}
	counts := maps.Clone(st.rules)
	maps.Copy(counts, st.correlations)
	if len(counts) < 2 {
		return
	}
	top := slices.SortedFunc(maps.Keys(counts), func(a, b *ast.Rule) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(b.Level, a.Level), cmp.Compare(a.Title.Value, b.Title.Value))
	})
	for _, r := range top[:min(longest, len(top))] {
		s.infof("%7s  %s", grouped(counts[r]), cmp.Or(r.Title.Value, r.ID.Value))
	}
	if more := len(top) - longest; more > 0 {
		s.infof("         and %s (--group-by rule lists all)", plural(more, "other rule"))
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + "s"
}

// grouped writes a count with a comma between thousands.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// progress shows a count while a person waits.
type progress struct {
	records int
	last    time.Time
	shown   bool
}

func (p *progress) add(a *app, records int, st *scanStats) {
	p.records += records
	if !a.StderrTerminal || a.quiet {
		return
	}
	if now := a.Now(); now.Sub(p.last) > 200*time.Millisecond {
		p.last, p.shown = now, true
		fmt.Fprintf(a.Stderr, "\rread %s records, %s matched", grouped(p.records), grouped(st.matched))
	}
}

func (p *progress) clear(a *app) {
	if p.shown {
		io.WriteString(a.Stderr, "\r\x1b[K")
	}
}

// byteCount reads a size such as 64MB; the units are powers of 1,024.
func byteCount(flag, text string) (int, error) {
	digits := strings.TrimRight(strings.ToUpper(text), "KMGIB")
	units := map[string]int{"": 0, "B": 0, "K": 10, "KB": 10, "KIB": 10, "M": 20, "MB": 20, "MIB": 20, "G": 30, "GB": 30, "GIB": 30}
	shift, known := units[strings.ToUpper(text)[len(digits):]]
	n, err := strconv.Atoi(digits)
	if !known || err != nil || n < 0 || n > math.MaxInt>>shift {
		return 0, usagef("%s: expected a size such as 64MB, found %q", flag, text)
	}
	return n << shift, nil
}
