package check

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"sigmatic/ast/source"
)

// BenchmarkCheck is the time from the bytes of all rules of SigmaHQ to the
// findings, on all processors, and how it compares with reading the same bytes
// into the nodes of the YAML library and nothing else. The ratio says more than
// the time on a machine that has other work.
func BenchmarkCheck(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(300)) // as the command does
	texts := corpusTexts(b, "sigma/rules*")
	var checking, reading time.Duration
	for b.Loop() {
		start := time.Now()
		each(len(texts), func(i int) {
			var n yaml.Node
			if err := yaml.Unmarshal(texts[i].Data, &n); err != nil {
				b.Error(err)
			}
		})
		middle := time.Now()
		files := make([]File, len(texts))
		each(len(texts), func(i int) { files[i] = Parse(texts[i]) })
		Run(files, Options{})
		reading += middle.Sub(start)
		checking += time.Since(middle)
	}
	b.ReportMetric(float64(len(texts)), "files")
	b.ReportMetric(checking.Seconds()*1000/float64(b.N), "ms/check")
	b.ReportMetric(checking.Seconds()/reading.Seconds(), "check/yaml")
	b.ReportMetric(0, "ns/op") // of both together, which means nothing
}

func corpusTexts(t testing.TB, pattern string) []*source.File {
	t.Helper()
	var texts []*source.File
	for _, name := range corpusNames(t, pattern) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, source.NewFile(filepath.Base(name), data))
	}
	return texts
}

// each calls work for 0 to n-1 on all processors.
func each(n int, work func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	wg.Wait()
}
