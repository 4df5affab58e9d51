package verify

import (
	"os"
	"testing"

	"sigmatic/backends"
	"sigmatic/backends/all"
)

// BenchmarkConvert prints a large public rule set in each language; the rules
// are parsed and resolved before.
func BenchmarkConvert(b *testing.B) {
	if os.Getenv("SIGMATIC_SHARED") == "" {
		b.Skip("SIGMATIC_SHARED is not set: tests on third-party data are skipped")
	}
	rules, err := corpusRules()
	if err != nil {
		b.Fatal(err)
	}
	for i := range rules {
		rules[i].Query = rules[i].Simplified()
	}
	for _, target := range all.Registry() {
		b.Run(target.Name(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, q := range rules {
					if _, err := target.Convert(q.Query, backends.Options{}); err != nil {
						continue // refusals are part of the work
					}
				}
			}
		})
	}
}
