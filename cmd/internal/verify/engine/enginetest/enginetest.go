// Package enginetest gives tests the engines that are running.
//
// A test that asks for an engine that is not there is skipped, and says so;
// with SIGMATIC_ENGINES=require in the environment it fails instead, so that
// a run that is to prove something cannot pass by skipping.
package enginetest

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"sigmatic/cmd/internal/verify/engine"
)

// ESQL returns an engine for ES|QL, closed when the test ends.
func ESQL(t testing.TB) *engine.ESQL {
	t.Helper()
	return closed(t, engine.NewESQL(need(t, engine.EnvESQL).ESQL, engine.Login{}))
}

// KQL returns an engine for Kibana's KQL, closed when the test ends.
func KQL(t testing.TB, options engine.KQLOptions) *engine.KQL {
	t.Helper()
	return closed(t, engine.NewKQL(need(t, engine.EnvKQL).KQL, options))
}

// LogsQL returns an engine for LogsQL, closed when the test ends.
func LogsQL(t testing.TB, options engine.LogsQLOptions) *engine.LogsQL {
	t.Helper()
	return closed(t, engine.NewLogsQL(need(t, engine.EnvLogsQL).LogsQL, options))
}

// SPL returns the gate for SPL.
func SPL(t testing.TB) *engine.Gate {
	t.Helper()
	return engine.NewGate(need(t, engine.EnvSPL).SPL)
}

// need skips the test, or fails it, unless the variable names an engine.
func need(t testing.TB, variable string) engine.Engines {
	t.Helper()
	engines, missing := engine.FromEnv()
	if !slices.Contains(missing, variable) {
		return engines
	}
	const advice = "%s is not set: start the engines with testdata/engines/start.sh and read the file env that it writes"
	if os.Getenv("SIGMATIC_ENGINES") == "require" {
		t.Fatalf(advice, variable)
	}
	t.Skipf(advice, variable)
	return engines
}

func closed[E engine.Engine](t testing.TB, e E) E {
	t.Helper()
	t.Cleanup(func() {
		// The test's own context has ended by now.
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := e.Close(ctx); err != nil {
			t.Errorf("closing the engine: %v", err)
		}
	})
	return e
}
