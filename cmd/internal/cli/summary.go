package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sigmatic/ast/diag"
	"sigmatic/cmd/internal/geoip"
	"sigmatic/cmd/internal/report"
	"sigmatic/cmd/internal/summary"
	"sigmatic/evaluator/cloudtrail"
	"sigmatic/rules"
)

// summaryRun is one run of the command summary.
type summaryRun struct {
	*app
	logFlags
	times             timelineFlags
	by                string
	stsKeys           bool
	compat            bool
	format            string
	outPath           string
	hide              bool
	maxCell           int
	maxValues         int
	top, lines        int
	noColor           bool
	abusedPath        string
	newSince, geoPath string
	noDedup           bool
}

func (a *app) summaryCommand() *cobra.Command {
	s := &summaryRun{app: a}
	cmd := &cobra.Command{
		Use:   "summary [flags] LOGS...",
		Short: "Tell who did what, with which keys and from where",
		Long: `summary tells of each identity in CloudTrail logs what it did: the API calls that
attackers are known to make and all others, those that succeeded and those that failed,
regions, addresses, user types, access keys and user agents, with counts and times.

LOGS are as in scan. A call failed if its record has an error code or message, or a
response that says so. The sessions of a role are one row with the role's ARN; --by says
what else a row can stand for. Identities without an ARN are kept under what names them:
a service, an account, a federated user. An event delivered twice is counted once.

Temporary access keys (ASIA...) are not listed without -s; their events always count.
With -o the format follows the file's name; the default is CSV.`,
		Example: `  sigmatic summary testdata/sample
  sigmatic summary --by key -s --top 5 testdata/sample
  sigmatic summary --format csv -d testdata/sample
  sigmatic summary --format jsonl --timeline-start 2026-11-20T09:00:00Z testdata/sample`,
		Args: arguments(0, 1<<30, "logs: files, directories, globs or -"),
		RunE: func(cmd *cobra.Command, args []string) error { return s.run(cmd.Context(), args) },
	}
	s.logFlags.flags(cmd)
	s.times.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&s.by, "by", string(summary.ByRole), "what a row stands for: "+join(summary.Bys()))
	f.BoolVarP(&s.stsKeys, "include-sts-keys", "s", false, "list temporary access keys too")
	f.StringVar(&s.format, "format", "", "output format: "+join(summaryFormats())+"; cards on standard output, else by the file's name")
	f.StringVarP(&s.outPath, "output", "o", "", "write to this file")
	f.BoolVarP(&s.hide, "hide-descriptions", "D", false, "leave out what abused API calls are good for")
	f.BoolVarP(&s.noColor, "no-color", "K", false, "the same as --color never")
	f.IntVar(&s.maxCell, "max-cell", report.SpreadsheetCell, "csv: the longest cell, in characters; 0 for no limit")
	f.IntVar(&s.maxValues, "max-values", summary.DefaultMaxValues, "distinct values held in memory; others are counted, not listed")
	f.IntVar(&s.top, "top", 20, "cards: how many rows are shown; 0 for all")
	f.IntVar(&s.lines, "lines", 5, "cards: how many values of a kind are shown; 0 for all")
	f.StringVar(&s.abusedPath, "abused-apis", "", "a list of abused API calls of your own (CSV: EventName,Description)")
	f.StringVarP(&s.geoPath, "GeoIP", "G", "", "a directory with MaxMind databases (ASN, City, Country; any of them), to tell where addresses are")
	f.StringVar(&s.newSince, "new-since", "", "tell what a row had not had before this time (2026-11-27, 7d); what is older is the baseline")
	f.BoolVar(&s.noDedup, "no-dedup", false, "count an event that was delivered twice twice")
	f.BoolVar(&s.compat, "suzaku-compat", false, "the columns and rules of Suzaku's aws-ct-summary, its omissions included")
	return cmd
}

// summaryFormats are the values of --format.
func summaryFormats() []string { return []string{"cards", "csv", "json", "jsonl", "parquet", "html"} }

// join is a list for people.
func join[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, item := range list {
		words[i] = string(item)
	}
	return strings.Join(words, ", ")
}

func (s *summaryRun) run(ctx context.Context, args []string) error {
	paths, err := s.paths(args)
	if err != nil {
		return err
	}
	opts, err := s.options()
	if err != nil {
		return err
	}
	wanted, err := s.times.deliveries(s.Now())
	if err != nil {
		return err
	}
	if s.format, err = formatNamed(s.format, s.outPath, summaryFormats()); err != nil {
		return err
	}
	if s.noColor {
		s.color = "never"
	}
	if s.geoPath != "" {
		databases, err := geoip.Open(s.geoPath)
		if err != nil {
			return fmt.Errorf("--GeoIP: %w", err)
		}
		defer databases.Close()
		opts.Locate = databases.Lookup
	}
	// Most of what the reading leaves behind is garbage at once; the memory is for
	// the values.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	agg := summary.New(opts)
	stats, err := readLogs(ctx, s.app, wanted, paths,
		func() cloudtrail.Worker[*summary.Batch] { return agg.NewReader() },
		func(b cloudtrail.Batch[*summary.Batch]) error { agg.Add(b.Result); return nil })
	if errors.Is(err, context.Canceled) {
		s.errorf("interrupted: the summary is of the part that was read")
		err = nil
	}
	if err != nil {
		return err
	}
	result, err := agg.Summary()
	if err != nil {
		return err
	}
	if err := s.write(result); err != nil {
		return err
	}
	s.account(stats, result)
	return nil
}

// options turns the flags into what is to be counted.
func (s *summaryRun) options() (summary.Options, error) {
	opts := summary.Options{By: summary.By(s.by), STSKeys: s.stsKeys, Compat: s.compat, NoDedup: s.noDedup, MaxValues: s.maxValues}
	if !slices.Contains(summary.Bys(), opts.By) {
		return opts, usagef("--by: unknown %q%s, expected one of %s", s.by, nearest(s.by, summary.Bys()), join(summary.Bys()))
	}
	for name, n := range map[string]int{"--max-cell": s.maxCell, "--max-values": s.maxValues, "--top": s.top, "--lines": s.lines} {
		if n < 0 {
			return opts, usagef("%s: expected 0 or more, found %d", name, n)
		}
	}
	t, err := s.times.events(s.Now())
	if err != nil {
		return opts, err
	}
	opts.Start, opts.End = t.start, t.end
	if s.newSince != "" {
		if opts.NewSince, _, err = moment("--new-since", s.newSince, s.Now()); err != nil {
			return opts, err
		}
	}
	opts.Abused, err = s.abused()
	return opts, err
}

func nearest[T ~string](text string, list []T) string {
	words := make([]string, len(list))
	for i, item := range list {
		words[i] = string(item)
	}
	if near := diag.Nearest(text, words); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	return ""
}

// abused reads the list of abused calls: our own, or the user's.
func (s *summaryRun) abused() (*summary.Abused, error) {
	if s.abusedPath == "" {
		return summary.ReadAbused(bytes.NewReader(rules.AbusedAPIs))
	}
	f, err := os.Open(s.abusedPath)
	if err != nil {
		return nil, fmt.Errorf("cannot read the list of abused calls: %w", err)
	}
	defer f.Close()
	list, err := summary.ReadAbused(f)
	if err != nil {
		return nil, fmt.Errorf("cannot read the list of abused calls: %s: %w", s.abusedPath, err)
	}
	return list, nil
}

// formatNamed is the format that is asked for, by name or by that of the file. The
// first of the formats is for standard output, the second for files.
func formatNamed(format, path string, formats []string) (string, error) {
	switch {
	case format != "" && !slices.Contains(formats, format):
		return "", usagef("unknown format %q%s, the formats are %s", format, nearest(format, formats), join(formats))
	case format != "":
		return format, nil
	case path == "":
		return formats[0], nil
	}
	if ext := strings.TrimPrefix(filepath.Ext(path), "."); slices.Contains(formats, ext) {
		return ext, nil
	}
	return formats[1], nil
}

func (s *summaryRun) write(result *summary.Summary) error {
	out, closeOut, err := s.output(s.outPath)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(out, 1<<16)
	err = errors.Join(s.writeFormat(buffered, result), buffered.Flush(), closeOut())
	if err != nil {
		return fmt.Errorf("cannot write the summary: %w", err)
	}
	return nil
}

func (s *summaryRun) writeFormat(w io.Writer, result *summary.Summary) error {
	f := summary.Format{Descriptions: !s.hide, MaxCell: s.maxCell}
	switch s.format {
	case "csv":
		cut, err := result.WriteCSV(w, f)
		if cut > 0 {
			s.infof("note: %s cut at %s characters, each says so (--max-cell)", plural(cut, "cell"), grouped(s.maxCell))
		}
		return err
	case "json":
		return result.WriteJSON(w, f)
	case "jsonl":
		return result.WriteJSONL(w, f)
	case "parquet":
		return result.WriteParquet(w, f)
	case "html":
		return result.WriteHTML(w, f)
	}
	return result.WriteCards(w, summary.Cards{
		Top: s.top, Lines: s.lines, Descriptions: !s.hide, Color: s.colored(s.StdoutTerminal && s.outPath == ""),
	})
}

// account says where every record went.
func (s *summaryRun) account(stats cloudtrail.Stats, r *summary.Summary) {
	read, skipped := readAccount(stats)
	parts := []string{
		fmt.Sprintf("%s counted in %s", grouped(r.Counted), plural(len(r.Rows), "row")),
		grouped(r.Duplicates) + " duplicate", skipped, grouped(r.OutsideTime) + " outside the time range",
	}
	switch {
	case r.WithoutTime > 0 && s.compat:
		parts = append(parts, grouped(r.WithoutTime)+" without a time dropped")
	case r.WithoutTime > 0:
		parts = append(parts, grouped(r.WithoutTime)+" without a time, not left out")
	}
	if r.Broken > 0 {
		s.raise(statusUnusable)
		parts = append(parts, grouped(r.Broken)+" that cannot be evaluated")
	}
	if s.compat {
		parts = append(parts, grouped(r.NoARN)+" without an ARN and "+grouped(r.STS)+" with temporary keys dropped, as Suzaku does")
	}
	s.infof("%s: %s", read, strings.Join(parts, ", "))
	if r.Unremembered > 0 {
		s.infof("note: the ids of %s were not kept for want of memory: if they were delivered twice they count twice", plural(r.Unremembered, "event"))
	}
	if r.UnfollowedKeys+r.UnlistedSteps > 0 {
		s.infof("note: more values than --max-values %s: %s with access keys whose addresses were not followed, %s of assumed roles not listed",
			grouped(s.maxValues), plural(r.UnfollowedKeys, "event"), plural(r.UnlistedSteps, "event"))
	}
}
