package cli

import "runtime/debug"

// How much memory converting many rules may take before garbage is
// collected. What is in use is little (the texts of the files, and the rules at
// work), so a limit on all of it costs less time than a percentage of what is in
// use, which is different at each collection: SigmaHQ's rules to four targets
// take 20 collections and 55 MiB; with a limit of 16 MiB it is 29, 50 MiB, and a
// tenth more time.
const (
	gcPercent   = 400
	memoryLimit = 22 << 20
	// memoryPerByte of the rules' texts is added, so that collecting never
	// becomes all that is done.
	memoryPerByte = 4
)

// boundMemory sets the limit for rules of so many bytes. The user's own, GOMEMLIMIT,
// holds where it is lower. restore brings back what was set before.
func boundMemory(bytes int64) (restore func()) {
	percent, limit := debug.SetGCPercent(gcPercent), debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(limit, memoryLimit+memoryPerByte*bytes))
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}
