package verify

import (
	"sync"

	"sigmatic/evaluator/dialect"
	"sigmatic/evaluator/dialect/esql"
	"sigmatic/evaluator/dialect/kql"
	"sigmatic/evaluator/dialect/logsql"
	"sigmatic/evaluator/dialect/spl"
)

// Interpreters gives the interpreters of a target, by its name: one for each
// choice of what the vendor's documents leave open. There are none for a target
// that this program cannot run.
func Interpreters(target string) []dialect.Interpreter {
	return interpreters()[target]
}

var interpreters = sync.OnceValue(func() map[string][]dialect.Interpreter {
	return map[string][]dialect.Interpreter{
		"splunk": spl.Interpreters(),
		"esql":   {esql.New()},
		"kql":    {kql.NewIgnoringCase(), kql.New()},
		"logsql": logsql.Interpreters(),
	}
})
