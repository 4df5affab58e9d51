package cli

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"sigmatic/evaluator/cloudtrail"
)

// logFlags name logs as Suzaku does, beside plain paths.
type logFlags struct{ directories, files []string }

func (l *logFlags) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVarP(&l.directories, "directory", "d", nil, "a directory of logs, searched through; repeatable")
	f.StringArrayVarP(&l.files, "file", "f", nil, "a log; repeatable")
}

// paths are all that was named.
func (l *logFlags) paths(args []string) ([]string, error) {
	paths := slices.Concat(args, l.directories, l.files)
	if len(paths) == 0 {
		return nil, usagef("no logs: name files, directories, globs or -")
	}
	return paths, nil
}

// readLogs reads logs on all processors, and gives what the workers made of them
// to take in the order of the records, on the caller's goroutine.
func readLogs[B any](ctx context.Context, a *app, wanted cloudtrail.Deliveries, paths []string, worker func() cloudtrail.Worker[B], take func(cloudtrail.Batch[B]) error) (cloudtrail.Stats, error) {
	var total cloudtrail.Stats
	inputs, problems := wanted.Inputs(paths, a.Stdin)
	for _, p := range problems {
		total.AddProblem(p)
		a.problem(p)
	}
	stats, err := cloudtrail.ReadAll(ctx, inputs, cloudtrail.Job[B]{
		Workers: runtime.GOMAXPROCS(0), NewWorker: worker, Take: take, Report: a.problem,
	})
	total.Add(stats)
	return total, err
}

// readAccount is "read 10 records from 2 inputs", and what was skipped.
func readAccount(stats cloudtrail.Stats) (read, skipped string) {
	lost, damaged := map[cloudtrail.Reason]int{}, map[cloudtrail.Reason]int{}
	for reason, n := range stats.Problems {
		switch {
		case reason.Severity() == cloudtrail.Note:
		case slices.Contains(recordReasons, reason):
			lost[reason] = n
		default:
			damaged[reason] = n
		}
	}
	read = fmt.Sprintf("read %s from %s", plural(stats.Records+sum(lost), "record"), plural(stats.Inputs, "input"))
	skipped = fmt.Sprintf("%s skipped%s", grouped(sum(lost)), reasonCounts(lost))
	if n := sum(damaged); n > 0 {
		skipped += fmt.Sprintf("; %s missing or damaged%s", plural(n, "input"), reasonCounts(damaged))
	}
	return read, skipped
}
