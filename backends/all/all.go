// Package all is the one list of backends.
package all

import (
	"sigmatic/backends"
	"sigmatic/backends/esql"
	"sigmatic/backends/kql"
	"sigmatic/backends/logsql"
	"sigmatic/backends/splunk"
)

// Registry gives the backends in the order in which they are listed.
func Registry() backends.Registry {
	return backends.Registry{splunk.New(), esql.New(), kql.New(), logsql.New()}
}
