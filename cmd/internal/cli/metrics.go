package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sigmatic/cmd/internal/report"
	"sigmatic/cmd/internal/summary"
	"sigmatic/evaluator/cloudtrail"
)

// metricsRun is one run of the command metrics.
type metricsRun struct {
	*app
	logFlags
	times     timelineFlags
	fields    []string
	format    string
	outPath   string
	top       int
	maxValues int
	noDedup   bool
}

func (a *app) metricsCommand() *cobra.Command {
	m := &metricsRun{app: a}
	cmd := &cobra.Command{
		Use:   "metrics [flags] LOGS...",
		Short: "Count the values of a field in CloudTrail logs",
		Long: `metrics counts how often each value of a field occurs, with its share of the events that
have the field and the first and the last time. Several fields count together. LOGS are
as in scan; a field that is an array has a value for each of its members.`,
		Example: `  sigmatic metrics testdata/sample
  sigmatic metrics -F sourceIPAddress --top 5 testdata/sample
  sigmatic metrics -F eventSource,errorCode --format csv testdata/sample`,
		Args: arguments(0, 1<<30, "logs: files, directories, globs or -"),
		RunE: func(cmd *cobra.Command, args []string) error { return m.run(cmd.Context(), args) },
	}
	m.logFlags.flags(cmd)
	m.times.flags(cmd)
	f := cmd.Flags()
	f.StringSliceVarP(&m.fields, "field", "F", []string{"eventName"}, "the field to count, a dotted path; several count together")
	f.StringVar(&m.format, "format", "", "output format: "+join(report.TableFormats())+"; a table on standard output, else by the file's name")
	f.StringVarP(&m.outPath, "output", "o", "", "write to this file")
	f.IntVar(&m.top, "top", 0, "only the most frequent values")
	f.IntVar(&m.maxValues, "max-values", summary.DefaultMaxValues, "distinct values held in memory; others are counted, not listed")
	f.BoolVar(&m.noDedup, "no-dedup", false, "count an event that was delivered twice twice")
	return cmd
}

func (m *metricsRun) run(ctx context.Context, args []string) error {
	paths, err := m.paths(args)
	if err != nil {
		return err
	}
	if m.format, err = formatNamed(m.format, m.outPath, report.TableFormats()); err != nil {
		return err
	}
	if m.top < 0 || m.maxValues < 1 {
		return usagef("--top takes 0 or more and --max-values 1 or more, found %d and %d", m.top, m.maxValues)
	}
	t, err := m.times.events(m.Now())
	if err != nil {
		return err
	}
	wanted, err := m.times.deliveries(m.Now())
	if err != nil {
		return err
	}
	metrics := summary.NewMetrics(summary.MetricsOptions{Fields: m.fields, Start: t.start, End: t.end, NoDedup: m.noDedup, MaxValues: m.maxValues})
	stats, err := readLogs(ctx, m.app, wanted, paths,
		func() cloudtrail.Worker[*summary.MetricsBatch] { return metrics.NewReader() },
		func(b cloudtrail.Batch[*summary.MetricsBatch]) error { metrics.Add(b.Result); return nil })
	if errors.Is(err, context.Canceled) {
		m.errorf("interrupted: the counts are of the part that was read")
		err = nil
	}
	if err != nil {
		return err
	}
	result := metrics.Metrics()
	if err := m.write(result); err != nil {
		return fmt.Errorf("cannot write the counts: %w", err)
	}
	m.account(stats, metrics, len(result))
	return nil
}

func (m *metricsRun) write(result []summary.Metric) error {
	out, closeOut, err := m.output(m.outPath)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(out, 1<<16)
	return errors.Join(m.writeTable(buffered, result), buffered.Flush(), closeOut())
}

func (m *metricsRun) writeTable(w io.Writer, result []summary.Metric) error {
	table, err := report.NewTable(w, m.format, append(append([]string{}, m.fields...), "count", "percent", "first", "last"), report.SpreadsheetCell)
	if err != nil {
		return err
	}
	if m.top > 0 && len(result) > m.top {
		result = result[:m.top]
	}
	for _, r := range result {
		var cells []any
		for _, v := range r.Values {
			cells = append(cells, v)
		}
		if err := table.Row(append(cells, r.Count, r.Percent, r.First, r.Last)...); err != nil {
			return err
		}
	}
	return table.Close()
}

func (m *metricsRun) account(stats cloudtrail.Stats, metrics *summary.Metrics, listed int) {
	acc := metrics.Accounting()
	read, skipped := readAccount(stats)
	distinct := plural(listed, "distinct value")
	if n := metrics.Unlisted(); n > 0 {
		distinct = fmt.Sprintf("≥ %s, %s beyond --max-values not listed", distinct, plural(int(n), "event"))
	}
	m.infof("%s: %s counted, %s; %s without %s, %s duplicate, %s, %s outside the time range", read, grouped(acc.Counted), distinct,
		grouped(acc.WithoutField), strings.Join(m.fields, ", "), grouped(acc.Duplicates), skipped, grouped(acc.OutsideTime))
	if acc.Broken > 0 {
		m.errorf("%s cannot be evaluated", plural(acc.Broken, "record"))
	}
	if acc.Unremembered > 0 {
		m.infof("note: the ids of %s were not kept for want of memory: if they were delivered twice they count twice", plural(acc.Unremembered, "event"))
	}
}
