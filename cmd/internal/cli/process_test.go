//go:build unix

package cli

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// usage is what a process took.
type usage struct {
	wall, cpu time.Duration
	peak      float64 // MiB
	mayRefuse bool    // rules that others wrote may be refused, with that exit status
}

func (u *usage) run(tb testing.TB, path string, args ...string) {
	tb.Helper()
	cmd := exec.Command(path)
	cmd.Args = args
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	start := time.Now()
	if err := cmd.Run(); err != nil && !(u.mayRefuse && cmd.ProcessState.ExitCode() == statusUnusable) {
		tb.Fatalf("%v: %v", args, err)
	}
	u.wall += time.Since(start)
	u.cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	resident := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	if runtime.GOOS == "darwin" {
		resident /= 1024
	}
	u.peak = max(u.peak, float64(resident)/1024)
}

// BenchmarkProcess runs the whole program on all of SigmaHQ's rules/ and all
// targets, and compares the time with that of a program that only reads the same
// YAML into nodes; both take turns. It also runs the program on one rule.
//
// What is compared to is the library yaml.v3, into its Node, on all processors
// (readYAML), with Go's own setting of when garbage is collected. The program
// itself reads nearly all rules with a reader of its own, which is faster
// (parser/yamldoc), and collects later. The ratio x-cpu is of the times of the
// processors, x-wall of the clock: the second is of little worth on a machine
// that does other work.
func BenchmarkProcess(b *testing.B) {
	rules := filepath.Join(shared(b), "data", "rules", "sigma", "rules")
	program := filepath.Join(b.TempDir(), "sigmatic")
	if out, err := exec.Command("go", "build", "-o", program, "../../sigmatic").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	var convert, read, one usage
	for b.Loop() {
		convert.run(b, program, "sigmatic", "convert", "-q", "--allow-refused", "-t", "splunk,esql,kql,logsql", rules)
		read.run(b, os.Args[0], "read-yaml", rules)
		one.run(b, program, "sigmatic", "convert", "-q", "-t", "splunk,esql,kql,logsql", "../../../rules/cloudtrail/aws_ssm_command_sent.yml")
	}
	n := float64(b.N)
	b.ReportMetric(float64(convert.wall)/float64(read.wall), "x-wall")
	b.ReportMetric(float64(convert.cpu)/float64(read.cpu), "x-cpu")
	b.ReportMetric(convert.wall.Seconds()/n, "s/rules")
	b.ReportMetric(read.wall.Seconds()/n, "s/yaml")
	b.ReportMetric(convert.peak, "MiB-peak")
	b.ReportMetric(one.wall.Seconds()*1000/n, "ms/one-rule")
	b.ReportMetric(0, "ns/op") // which adds the three up
}
