package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sigmatic/backends"
	"sigmatic/backends/all"
	"sigmatic/cmd/internal/verify"
	"sigmatic/cmd/internal/verify/engine"
	"sigmatic/evaluator/cloudtrail"
)

// verifyRun is one run of the command verify. The targets and their terms are
// those of convert.
type verifyRun struct {
	proofRun
	format     string
	seed       uint64
	perRule    int
	eventPaths []string
	engineList []string

	engines map[string]string // address by target
	user    userEvents        // of --events
}

func (a *app) verifyCommand() *cobra.Command {
	v := &verifyRun{proofRun: proofRun{convertRun{app: a, registry: all.Registry()}}}
	cmd := &cobra.Command{
		Use:   "verify [flags] [RULES...]",
		Short: "Prove on events that queries mean their rules",
		Long: `verify runs each query on events and compares what it selects with what the rule
selects. The events lie around the rule's borders: hits of each leaf and near
misses, letter case, missing fields, null, empty texts and lists, numbers as
text, wildcards and escapes as data. The same --seed gives the same events.

Queries run on interpreters of their languages, which are part of this program,
and with --engine on a test server of yours. There verify makes an index (or a
log stream) of its own name, loads the events, asks, compares and removes it; it
touches no other. Credentials come from the environment alone, for each language
of its own: SIGMATIC_ENGINE_ESQL_API_KEY, or _TOKEN, or _USER and _PASSWORD
(likewise SIGMATIC_ENGINE_KQL_… and SIGMATIC_ENGINE_LOGSQL_…). For SPL there is
no engine to be had: it runs on the interpreter only.

An event that breaks what a note of the query takes for granted is counted under
that note's code. Every other difference is shown with the smallest event that
shows it, and the exit status is 1.

Formats: ` + strings.Join(verify.Formats(), ", ") + `.`,
		Example: `  sigmatic verify rules/cloudtrail/aws_ssm_command_sent.yml
  sigmatic verify -t splunk,esql --level high -f jsonl rules
  sigmatic verify --events testdata/sample --seed 7 rules/cloudtrail/aws_iam_user_created.yml`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return v.run(cmd.Context(), args) },
	}
	f := cmd.Flags()
	f.StringVarP(&v.format, "format", "f", "table", "output format: "+strings.Join(verify.Formats(), ", "))
	f.StringVarP(&v.outPath, "output", "o", "", "write the results to this file")
	f.Uint64Var(&v.seed, "seed", 1, "another seed makes other events")
	f.IntVar(&v.perRule, "per-rule", verify.DefaultEvents, "make about this many events for each condition, beside those for each leaf")
	f.StringArrayVar(&v.eventPaths, "events", nil, "try the events of these logs too: a file, directory or glob; repeatable")
	f.StringSliceVar(&v.engineList, "engine", nil, "run on this server as well: esql=URL, kql=URL, logsql=URL")
	f.BoolVar(&v.user.asStored, "as-stored", false, "the events of --events have the shape in which the store keeps them, not that of the rules")
	v.termsFlags(cmd)
	v.pipelines.flags(cmd)
	return cmd
}

func (v *verifyRun) run(ctx context.Context, args []string) error {
	if err := v.check(); err != nil {
		return err
	}
	rules, err := v.rules(args, "verify")
	if err != nil || len(rules) == 0 {
		return err
	}
	if err := v.readEvents(ctx); err != nil {
		return err
	}
	out, closeOut, err := v.output(v.outPath)
	if err != nil {
		return err
	}
	results, err := v.results(ctx, rules)
	if err != nil {
		return errors.Join(err, closeOut())
	}
	if err := errors.Join(verify.Write(out, v.format, results, v.seed), closeOut()); err != nil {
		return err
	}
	s := verify.Summarize(results)
	if s.Verdicts[verify.Differs] > 0 {
		v.raise(statusNo)
	}
	for _, r := range results {
		if r.Err != nil {
			v.errorf("%s: %s: %v", r.Place(), r.Target, r.Err)
		}
	}
	v.infof("%s of %s: %s; seed %d", plural(len(results), "result"), plural(len(rules), "rule"), s, v.seed)
	return nil
}

func (v *verifyRun) check() error {
	if !slices.Contains(verify.Formats(), v.format) {
		return usagef("unknown format %q, the formats are %s", v.format, strings.Join(verify.Formats(), ", "))
	}
	if len(v.pipelines.paths) > 0 && len(v.eventPaths) > 0 && !v.user.asStored {
		return usagef("--events: a pipeline renames the fields of rules and says nothing of events; give events as the store keeps them, and --as-stored")
	}
	if v.perRule < 1 {
		return usagef("--per-rule takes a number from 1 on, not %d", v.perRule)
	}
	if err := v.checkTerms(); err != nil {
		return err
	}
	return v.parseEngines()
}

// engineTargets are the targets that have an engine to be had.
var engineTargets = []string{"esql", "kql", "logsql"}

// parseEngines reads --engine. An address with credentials in it would end up in
// a shell's history and in lists of processes.
func (v *verifyRun) parseEngines() error {
	v.engines = map[string]string{}
	for _, text := range v.engineList {
		name, address, _ := strings.Cut(text, "=")
		b := v.registry.Find(name)
		u, err := url.Parse(address)
		switch {
		case b == nil || !slices.Contains(engineTargets, b.Name()):
			return usagef("--engine: no engine is known for %q, expected one of %s as NAME=URL", name, strings.Join(engineTargets, ", "))
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			return usagef("--engine: expected %s=http://… or https://…, found %q", name, text)
		case u.User != nil:
			return usagef("--engine: the address of %s holds credentials, which come from the environment alone (see verify --help)", name)
		case !slices.Contains(v.backends, b):
			return usagef("--engine: %s is none of the targets that were asked for", name)
		}
		v.engines[b.Name()] = strings.TrimRight(address, "/")
	}
	return nil
}

// readEvents reads --events.
func (v *verifyRun) readEvents(ctx context.Context) error {
	if len(v.eventPaths) == 0 {
		return nil
	}
	inputs, problems := cloudtrail.Inputs(v.eventPaths, v.Stdin)
	for _, p := range problems {
		v.problem(p)
	}
	for _, in := range inputs {
		_, err := cloudtrail.Read(ctx, in, cloudtrail.Options{}, func(rec cloudtrail.Record) error {
			v.user.list = append(v.user.list, verify.Event{ID: fmt.Sprintf("u%05d", len(v.user.list)), Body: slices.Clone(rec.Raw)})
			return nil
		}, v.problem)
		if err != nil {
			return err
		}
	}
	if len(v.user.list) > engine.MaxEvents/2 {
		return usagef("--events: %s, one comparison takes at most %d", plural(len(v.user.list), "event"), engine.MaxEvents/2)
	}
	return nil
}

// results tries all rules, on the interpreters and then on the engines.
func (v *verifyRun) results(ctx context.Context, rules []proofRule) ([]verify.Result, error) {
	results := make([][]verify.Result, len(rules))
	trials := make([][]verify.Trial, len(rules))
	parallel(len(rules), func(i int) {
		list := v.trials(rules[i], eventSource{v.seed, v.perRule, &v.user})
		for _, t := range list {
			results[i] = append(results[i], t.OnInterpreters(ctx))
		}
		if len(v.engines) > 0 { // the events of all rules are much to keep
			trials[i] = list
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	list, all := slices.Concat(results...), slices.Concat(trials...)
	for _, b := range v.backends {
		if address := v.engines[b.Name()]; address != "" {
			more, err := v.onEngine(ctx, b, address, all)
			if err != nil {
				return nil, err
			}
			list = append(list, more...)
		}
	}
	return list, nil
}

// onEngine tries the queries of a target on a server.
func (v *verifyRun) onEngine(ctx context.Context, b backends.Backend, address string, all []verify.Trial) ([]verify.Result, error) {
	e := v.engineFor(b.Name(), address)
	of := slices.DeleteFunc(slices.Clone(all), func(t verify.Trial) bool { return t.Backend != b })
	results, err := verify.OnEngine(ctx, b, e, address, of)
	// What was interrupted is removed too.
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if closeErr := e.Close(closing); closeErr != nil {
		v.errorf("%s: what was loaded may still be there: %v", address, closeErr)
	}
	if k, ok := e.(engine.Keeper); ok && k.Kept() != "" {
		v.infof("note: %s: %s", address, k.Kept())
	}
	return results, err
}

func (v *verifyRun) engineFor(target, address string) engine.Engine {
	login := engine.LoginFromEnv(target, v.Getenv)
	switch target {
	case "esql":
		return engine.NewESQL(address, login)
	case "kql":
		return verify.NewKibana(engine.NewKQL(address, engine.KQLOptions{Login: login}))
	}
	return engine.NewLogsQL(address, engine.LogsQLOptions{Login: login})
}
