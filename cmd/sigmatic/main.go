// Command sigmatic converts Sigma detection rules to query languages and runs
// them on CloudTrail logs.
package main

import (
	"os"

	"sigmatic/cmd/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], cli.System()))
}
