package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"sigmatic/ast"
	"sigmatic/cmd/internal/report"
	"sigmatic/cmd/internal/spill"
	"sigmatic/evaluator"
	"sigmatic/evaluator/cloudtrail"
)

// searchRun is one run of the command search.
type searchRun struct {
	*app
	logFlags
	times         timelineFlags
	keywords      []string
	caseSensitive bool
	regex         string
	fieldTests    []string
	rulePath      string
	kql           string
	format        string
	outPath       string
	raw           bool
	noDedup       bool

	timeline timeline
	pattern  *regexp.Regexp
	words    [][]byte
	rules    [][2]int // of each rule, its queries
	engine   *evaluator.Engine
	found    *spill.Sorter
	seen     *spill.Set

	records, matched, duplicates, outside, timeless, broken int
}

func (a *app) searchCommand() *cobra.Command {
	s := &searchRun{app: a}
	cmd := &cobra.Command{
		Use:   "search [flags] LOGS...",
		Short: "Find events in CloudTrail logs by words, patterns, fields, a rule or KQL",
		Long: `search prints the events for which all that is asked for holds: one of the keywords, the
regular expression, every field, the Sigma rule, the KQL text. LOGS are as in scan.

Keywords and the regular expression are looked for in the record as it was delivered. A
field takes Sigma's wildcards and modifiers (userAgent|contains:kali); letters of either
case are the same, in KQL too.`,
		Example: `  sigmatic search -k kali testdata/sample
  sigmatic search -F eventName:Delete* -F 'userAgent|contains:kali' --format jsonl testdata/sample
  sigmatic search --kql 'eventSource: iam* and not userIdentity.type: Root' testdata/sample`,
		Args: arguments(0, 1<<30, "logs: files, directories, globs or -"),
		RunE: func(cmd *cobra.Command, args []string) error { return s.run(cmd.Context(), args) },
	}
	s.logFlags.flags(cmd)
	s.times.flags(cmd)
	f := cmd.Flags()
	f.StringArrayVarP(&s.keywords, "keyword", "k", nil, "a text in the record; of several one is enough")
	f.BoolVarP(&s.caseSensitive, "case-sensitive", "c", false, "mind the case of keywords")
	f.StringVarP(&s.regex, "regex", "r", "", "a regular expression (RE2) that the record matches")
	f.StringArrayVarP(&s.fieldTests, "field", "F", nil, "FIELD:VALUE; repeatable, all must hold")
	f.StringVar(&s.rulePath, "rule", "", "a file with a Sigma rule; of several one is enough")
	f.StringVar(&s.kql, "kql", "", "a text of Kibana's query language over the fields of the record")
	f.StringVar(&s.format, "format", "", "output format: "+join(report.TableFormats())+"; a table on standard output, else by the file's name")
	f.StringVarP(&s.outPath, "output", "o", "", "write to this file")
	f.BoolVar(&s.raw, "raw", false, "add the event as it was delivered")
	f.BoolVar(&s.noDedup, "no-dedup", false, "show an event that was delivered twice twice")
	return cmd
}

func (s *searchRun) run(ctx context.Context, args []string) error {
	paths, err := s.paths(args)
	if err != nil {
		return err
	}
	if s.format, err = formatNamed(s.format, s.outPath, report.TableFormats()); err != nil {
		return err
	}
	if s.timeline, err = s.times.events(s.Now()); err != nil {
		return err
	}
	wanted, err := s.times.deliveries(s.Now())
	if err != nil {
		return err
	}
	if err := s.compile(); err != nil {
		return err
	}
	s.seen, s.found = spill.NewSet(256<<20), spill.NewSorter(sortMemory, "")
	defer s.found.Close()
	stats, err := readLogs(ctx, s.app, wanted, paths, s.worker, s.take)
	if errors.Is(err, context.Canceled) {
		s.errorf("interrupted: the events are of the part that was read")
		err = nil
	}
	if err == nil {
		err = s.write()
	}
	if err != nil {
		return err
	}
	read, skipped := readAccount(stats)
	s.infof("%s: %s found, %s duplicate, %s, %s outside the time range", read, grouped(s.matched), grouped(s.duplicates), skipped, grouped(s.outside))
	if s.timeless > 0 {
		s.infof("note: %s without a time, not left out", plural(s.timeless, "record"))
	}
	if s.broken > 0 {
		s.errorf("%s cannot be evaluated", plural(s.broken, "record"))
	}
	return nil
}

// compile makes queries of all that is asked for.
func (s *searchRun) compile() (err error) {
	if len(s.keywords)+len(s.fieldTests) == 0 && s.regex+s.rulePath+s.kql == "" {
		return usagef("nothing to search for: give --keyword, --regex, --field, --rule or --kql")
	}
	if s.pattern, err = regexp.Compile(s.regex); err != nil {
		return usagef("--regex: %v", err)
	}
	for _, k := range s.keywords {
		word := []byte(k)
		if !s.caseSensitive {
			word = bytes.ToLower(word)
		}
		s.words = append(s.words, word)
	}
	var queries []*evaluator.Reference
	add := func(rules ...*ast.Rule) error {
		from := len(queries)
		for _, r := range rules {
			d, err := newDetector(r)
			if err != nil {
				return err
			}
			queries = append(queries, d.references...)
		}
		s.rules = append(s.rules, [2]int{from, len(queries)})
		return nil
	}
	if err := s.compileRules(add); err != nil {
		return err
	}
	var fields []string
	for _, c := range searchColumns() {
		fields = append(fields, c.paths...)
	}
	s.engine = evaluator.NewEngine(queries, append(fields, cloudtrail.EnvelopeMembers()...)...)
	return nil
}

func (s *searchRun) compileRules(add func(...*ast.Rule) error) error {
	if len(s.fieldTests) > 0 {
		rule, err := fieldRule(s.fieldTests)
		if err != nil {
			return err
		}
		if err := add(rule); err != nil {
			return err
		}
	}
	if s.kql != "" {
		rule, err := kqlRule(s.kql)
		if err != nil {
			return err
		}
		if err := add(rule); err != nil {
			return err
		}
	}
	if s.rulePath == "" {
		return nil
	}
	set, err := s.load([]string{s.rulePath}, filterFlags{})
	if err != nil {
		return err
	}
	var rules []*ast.Rule
	for _, r := range set.rules {
		rules = append(rules, r.Rule)
	}
	if len(rules) == 0 {
		return fmt.Errorf("--rule: no rule in %s", s.rulePath)
	}
	return add(rules...)
}

// searchColumn is a column of what was found: the first of the paths that has a
// text.
type searchColumn struct {
	name  string
	paths []string
}

func searchColumns() []searchColumn {
	return []searchColumn{
		{"time", cellPaths[cellTime]}, {"event", cellPaths[cellName]}, {"source", cellPaths[cellSource]}, {"region", cellPaths[cellRegion]},
		{"address", cellPaths[cellAddress]}, {"identity", cellPaths[cellIdentity]}, {"access_key", cellPaths[cellAccessKey]},
		{"error", []string{"errorCode", "errorMessage"}}, {"user_agent", cellPaths[cellUserAgent]}, {"id", cellPaths[cellID]},
	}
}

// searchBatch is what was found in some records.
type searchBatch struct {
	records []searchRecord
	data    []byte
	broken  int
}

// searchRecord is a record; its texts are in the batch's data if it was found.
type searchRecord struct {
	id         spill.ID
	key        spill.Key
	outside    bool
	timeless   bool
	start, end int
}

// searchWorker implements cloudtrail.Worker.
type searchWorker struct {
	*searchRun
	matcher *evaluator.Matcher
	columns []searchColumn
	fields  int
	batch   *searchBatch
}

func (s *searchRun) worker() cloudtrail.Worker[*searchBatch] {
	w := &searchWorker{searchRun: s, matcher: s.engine.Matcher(), columns: searchColumns(), batch: &searchBatch{}}
	for _, c := range w.columns {
		w.fields += len(c.paths)
	}
	return w
}

// Scan implements cloudtrail.Worker.
func (w *searchWorker) Scan(b []byte) int {
	n := w.matcher.Scan(b)
	if n > 0 && cloudtrail.MayHoldRecords(b[:n], func(member int) string { return w.matcher.Text(w.fields + member) }) {
		return 0
	}
	return n
}

// Take implements cloudtrail.Worker.
func (w *searchWorker) Take(r cloudtrail.Record) {
	b := w.batch
	if r.Source != "" && w.matcher.Load(r.Raw) != nil {
		b.broken++
		return
	}
	texts := w.texts()
	rec := searchRecord{key: timeKey(texts[0])}
	if w.timeline.bounded() {
		at, ok := eventTime(texts[0])
		rec.timeless, rec.outside = !ok, ok && !w.timeline.contains(at)
	}
	if !w.noDedup {
		rec.id = spill.IDOf(texts[len(texts)-1])
	}
	if !rec.outside && w.matches(r.Raw) {
		rec.start = len(b.data)
		for _, text := range texts {
			b.data = appendText(b.data, text)
		}
		b.data = appendText(b.data, string(r.Raw))
		rec.end = len(b.data)
	}
	b.records = append(b.records, rec)
}

// texts are the columns of the event.
func (w *searchWorker) texts() []string {
	texts := make([]string, len(w.columns))
	field := 0
	for i, c := range w.columns {
		for range c.paths {
			if texts[i] == "" {
				texts[i] = w.matcher.Text(field)
			}
			field++
		}
	}
	return texts
}

// matches reports whether all that is asked for holds.
func (w *searchWorker) matches(raw []byte) bool {
	if len(w.words) > 0 && !w.hasWord(raw) || w.regex != "" && !w.pattern.Match(raw) {
		return false
	}
	if len(w.rules) == 0 {
		return true
	}
	selected := w.matcher.Matches()
	for _, rule := range w.rules {
		holds := false
		for _, query := range selected {
			holds = holds || query >= rule[0] && query < rule[1]
		}
		if !holds {
			return false
		}
	}
	return true
}

func (w *searchWorker) hasWord(raw []byte) bool {
	if !w.caseSensitive {
		raw = bytes.ToLower(raw)
	}
	for _, word := range w.words {
		if bytes.Contains(raw, word) {
			return true
		}
	}
	return false
}

// Batch implements cloudtrail.Worker.
func (w *searchWorker) Batch() *searchBatch {
	b := w.batch
	w.batch = &searchBatch{}
	return b
}

// take keeps what was found, by its time.
func (s *searchRun) take(b cloudtrail.Batch[*searchBatch]) error {
	s.broken += b.Result.broken
	for _, r := range b.Result.records {
		s.records++
		if r.timeless {
			s.timeless++
		}
		if r.outside {
			s.outside++
			continue
		}
		if r.id != (spill.ID{}) {
			if known, _ := s.seen.Add(r.id); known {
				s.duplicates++
				continue
			}
		}
		if r.end == 0 {
			continue
		}
		s.matched++
		r.key[2] = uint64(s.records)
		if err := s.found.Add(r.key, b.Result.data[r.start:r.end]); err != nil {
			return err
		}
	}
	return nil
}

// write writes what was found, in the order of time.
func (s *searchRun) write() error {
	out, closeOut, err := s.output(s.outPath)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(out, 1<<16)
	var names []string
	for _, c := range searchColumns() {
		names = append(names, c.name)
	}
	columns := len(names)
	if s.raw {
		names = append(names, "raw")
	}
	table, err := report.NewTable(buffered, s.format, names, report.SpreadsheetCell)
	if err != nil {
		return err
	}
	for _, data := range s.found.All() {
		r := newHitReader(data)
		var cells []any
		for range columns {
			cells = append(cells, r.text())
		}
		if s.raw {
			cells = append(cells, json.RawMessage(r.text()))
		}
		if err := table.Row(cells...); err != nil {
			return errors.Join(fmt.Errorf("cannot write the events: %w", err), closeOut())
		}
	}
	return errors.Join(s.found.Err(), table.Close(), buffered.Flush(), closeOut())
}
