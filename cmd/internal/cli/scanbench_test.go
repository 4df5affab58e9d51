//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	kgzip "github.com/klauspost/compress/gzip"
	"github.com/tidwall/gjson"
)

var (
	scanEvents = flag.Int("scan-events", 50_000, "how many events BenchmarkScan generates")
	scanLogs   = flag.String("scan-logs", "", "a folder of gzip delivery files that BenchmarkScan reads instead of generated ones")
)

// BenchmarkScan runs the whole program on gzip delivery files and on one file of lines, and compares its processor time with that of a program
// that only decompresses the same files, and of one that also passes over the text once, with gjson; all take turns. With SIGMATIC_SHARED
// the rules are SigmaHQ's and Suzaku's for AWS, then all of SigmaHQ's, of which those for other logs do not run, then all of them whatever
// they are for; without it those that are embedded.
func BenchmarkScan(b *testing.B) {
	logs, lines, events := benchLogs(b)
	program := filepath.Join(b.TempDir(), "sigmatic")
	if out, err := exec.Command("go", "build", "-o", program, "../../sigmatic").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	scan := []string{"sigmatic", "scan", "-q", "-f", "csv", "-o", filepath.Join(b.TempDir(), "findings.csv")}
	aws, all, anyLogs := scan, scan, scan
	if rules := filepath.Join(os.Getenv("SIGMATIC_SHARED"), "data", "rules"); os.Getenv("SIGMATIC_SHARED") != "" {
		aws = append(scan[:len(scan):len(scan)], "-r", filepath.Join(rules, "sigma", "rules", "cloud", "aws"), "-r", filepath.Join(rules, "suzaku", "aws"))
		all = append(scan[:len(scan):len(scan)], "-r", filepath.Join(rules, "sigma", "rules"))
		anyLogs = append(all[:len(all):len(all)], "--any-logsource")
	}
	for _, c := range []struct {
		name, logs string
		args       []string
	}{{"aws", logs, aws}, {"all", logs, all}, {"any-logsource", logs, anyLogs}, {"lines", lines, aws}} {
		b.Run(c.name, func(b *testing.B) {
			var gunzip, pass usage
			scan := usage{mayRefuse: true}
			for b.Loop() {
				gunzip.run(b, os.Args[0], "gunzip", logs)
				pass.run(b, os.Args[0], "gunzip", logs, "gjson")
				scan.run(b, program, append(c.args[:len(c.args):len(c.args)], c.logs)...)
			}
			b.ReportMetric(float64(scan.cpu)/float64(gunzip.cpu), "x-gunzip")
			b.ReportMetric(float64(scan.cpu)/float64(pass.cpu), "x-gunzip+gjson")
			b.ReportMetric(float64(events)*float64(b.N)/scan.cpu.Seconds(), "events/cpu-s")
			b.ReportMetric(float64(scan.cpu)/float64(scan.wall), "cores")
			b.ReportMetric(scan.peak, "MiB-peak")
			b.ReportMetric(0, "ns/op") // which adds the three up
		})
	}
}

// benchLogs gives a folder of delivery files, the same events as one file of lines, and their number.
func benchLogs(b *testing.B) (logs, lines string, events int) {
	dir := b.TempDir()
	lines = filepath.Join(dir, "events.ndjson")
	out, err := os.Create(lines)
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	w := bufio.NewWriter(out)
	defer w.Flush()
	if *scanLogs != "" {
		_ = filepath.WalkDir(*scanLogs, func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				events += linesOf(b, name, w)
			}
			return nil
		})
		return *scanLogs, lines, events
	}
	logs = filepath.Join(dir, "logs")
	const perFile = 5000
	r := rand.New(rand.NewPCG(1, 1))
	for from := 0; from < *scanEvents; from += perFile {
		name := filepath.Join(logs, fmt.Sprintf("%06d.json.gz", from))
		if err := os.MkdirAll(logs, 0o755); err != nil {
			b.Fatal(err)
		}
		var text bytes.Buffer
		z := gzip.NewWriter(&text)
		for i := range min(perFile, *scanEvents-from) {
			event := generatedEvent(r, from+i)
			fmt.Fprintln(w, event)
			fmt.Fprint(z, map[bool]string{true: `{"Records":[`, false: ","}[i == 0], event)
		}
		fmt.Fprint(z, "]}")
		if err := z.Close(); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(name, text.Bytes(), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	return logs, lines, *scanEvents
}

// linesOf writes the records of a delivery file as lines.
func linesOf(b *testing.B, name string, w io.Writer) (events int) {
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z, err := kgzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		b.Fatal(err)
	}
	gjson.GetBytes(text, "Records").ForEach(func(_, r gjson.Result) bool {
		events++
		fmt.Fprintln(w, r.Raw)
		return true
	})
	return events
}

// generatedEvent is an event of about the length and the members that CloudTrail's have; a few calls make most of them.
func generatedEvent(r *rand.Rand, i int) string {
	calls := []struct{ source, name string }{
		{"sts", "AssumeRole"}, {"s3", "GetObject"}, {"ec2", "DescribeInstances"}, {"kms", "Decrypt"}, {"logs", "CreateLogStream"},
		{"s3", "PutObject"}, {"ec2", "DescribeVolumes"}, {"iam", "GetUser"}, {"lambda", "Invoke"}, {"ssm", "UpdateInstanceInformation"},
		{"iam", "CreateUser"}, {"cloudtrail", "StopLogging"}, {"secretsmanager", "GetSecretValue"}, {"iam", "AttachUserPolicy"},
	}
	call := calls[int(float64(len(calls))*r.Float64()*r.Float64()*r.Float64())]
	role, host := fmt.Sprintf("role-%02d", r.IntN(60)), fmt.Sprintf("i-%016x", r.IntN(400))
	at := time.Date(2026, 1, 2, 0, 0, i, 0, time.UTC).Format(time.RFC3339)
	id := fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<16), r.IntN(1<<16), r.Int64N(1<<48))
	return fmt.Sprintf(`{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE%[1]s:%[2]s","arn":`+
		`"arn:aws:sts::111122223333:assumed-role/%[1]s/%[2]s","accountId":"111122223333","accessKeyId":"ASIA%016[3]X","sessionContext":{"sessionIssuer":`+
		`{"type":"Role","principalId":"AROAEXAMPLE%[1]s","arn":"arn:aws:iam::111122223333:role/%[1]s","accountId":"111122223333","userName":"%[1]s"},`+
		`"attributes":{"creationDate":"%[4]s","mfaAuthenticated":"false"}}},"eventTime":"%[4]s","eventSource":"%[5]s.amazonaws.com","eventName":"%[6]s",`+
		`"awsRegion":"eu-central-1","sourceIPAddress":"192.0.2.%[7]d","userAgent":"Boto3/1.%[7]d.0 Python/3.11.6 Linux/5.10.%[7]d Botocore/1.%[7]d.0",`+
		`"requestParameters":{"bucketName":"bucket-%[7]d","key":"logs/%[2]s/%016[3]x.parquet","policy":"{\"Version\":\"2012-10-17\"}"},`+
		`"responseElements":null,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredOut":%[7]d},`+
		`"requestID":"%[8]s","eventID":"%[8]s","readOnly":true,"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::bucket-%[7]d/x"},`+
		`{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::bucket-%[7]d"}],"eventType":"AwsApiCall","managementEvent":true,`+
		`"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","clientProvidedHostHeader":"%[5]s.eu-central-1.amazonaws.com"}}`,
		role, host, r.Uint64(), at, call.source, call.name, r.IntN(250), id)
}
