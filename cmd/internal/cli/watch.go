package cli

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"
)

// watchInterval is how often files are looked at. No notification of changes
// works on every file system and on every platform.
const watchInterval = 300 * time.Millisecond

// watch converts, and again whenever a file has changed that the conversion
// reads, until the context ends. It prints what is new or different.
func (c *convertRun) watch(ctx context.Context, args []string) error {
	if len(args) == 0 || slices.Contains(args, "-") {
		return usagef("--watch needs files, directories or globs of rules")
	}
	printed := &changes{}
	for first := true; ; first = false {
		seen := c.inputs(args)
		// Each run starts with the flags as they were given.
		app := *c.app
		app.status = statusOK
		once := *c
		once.app, once.changes = &app, printed
		err := once.run(args)
		c.status = app.status
		var usage usageError
		switch {
		case err == nil:
		case first && errors.As(err, &usage):
			return err
		default:
			c.errorf("%v", err)
		}
		c.infof("watching; interrupt to end")
		changed := c.wait(ctx, args, seen)
		if changed == nil {
			return nil
		}
		for _, name := range changed {
			c.infof("changed: %s", name)
		}
	}
}

// wait returns the names of files that have changed, sorted; nil once the
// context has ended.
func (c *convertRun) wait(ctx context.Context, args []string, before map[string]fileState) []string {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		now := c.inputs(args)
		names := map[string]bool{}
		for name, s := range now {
			if before[name] != s {
				names[name] = true
			}
		}
		for name := range before {
			if _, there := now[name]; !there {
				names[name] = true
			}
		}
		if len(names) > 0 {
			return slices.Sorted(maps.Keys(names))
		}
	}
}

type fileState struct {
	modified time.Time
	size     int64
}

// inputs are the states of all files that a conversion reads.
func (c *convertRun) inputs(args []string) map[string]fileState {
	quiet := app{Environment: c.Environment}
	quiet.Stderr = io.Discard
	files, _ := quiet.findAll(slices.Concat(args, c.filter.paths))
	names := []string{c.form.template, c.varsFlags.path, c.schema.name} // the schema may be a file
	for _, f := range files {
		names = append(names, f.name)
	}
	for _, p := range c.pipelines.paths {
		if list, err := pipelineFiles(p); err == nil {
			names = append(names, list...)
		}
	}
	states := map[string]fileState{}
	for _, name := range append(names, c.pipelines.allowed...) {
		if info, err := os.Stat(name); err == nil {
			states[name] = fileState{info.ModTime(), info.Size()}
		}
	}
	return states
}

// changes are what was printed on standard output in the runs before, to print
// only what is new or different.
type changes struct {
	before, now map[string][sha256.Size]byte
}

// begin starts a run.
func (c *changes) begin() { c.before, c.now = c.now, map[string][sha256.Size]byte{} }

// isNew takes a conversion of this run, and reports whether the last one had it
// in the same words.
func (c *changes) isNew(v conversion) bool {
	key := fmt.Sprintf("%s %s %s %d", v.target.Name(), v.rule.Span.File.Name, v.rule.Title.Value, v.query.Index)
	sum := sha256.Sum256(v.text)
	c.now[key] = sum
	return c.before == nil || c.before[key] != sum
}

// changesSink passes on what is new or different.
type changesSink struct {
	sink
	changes *changes
}

func (s changesSink) add(v conversion) error {
	if v.err != nil || s.changes.isNew(v) {
		return s.sink.add(v)
	}
	return nil
}
