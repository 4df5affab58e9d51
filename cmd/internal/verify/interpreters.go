package verify

import (
	"sigmatic/evaluator/dialect"
	"sigmatic/evaluator/dialect/esql"
	"sigmatic/evaluator/dialect/kql"
	"sigmatic/evaluator/dialect/logsql"
)

// Interpreters gives the interpreters of a target, by its name: one for each
// choice of what the vendor's documents leave open. There are none for a target
// that this program cannot run.
func Interpreters(target string) []dialect.Interpreter {
	return interpreters[target]
}

// interpreters are those of the targets. They hold no state.
var interpreters = map[string][]dialect.Interpreter{
	"esql":   {esql.New()},
	"kql":    {kql.NewIgnoringCase(), kql.New()},
	"logsql": logsql.Interpreters(),
}
